"""Lists of modules that all do the same, as one block that is repeated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import groupby
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, shape_text
from symderive.errors import SymderiveError
from symderive.imports.torch_modules.blocks import nested
from symderive.imports.torch_modules.record import Scope
from symderive.layers.layer import free_dims
from symderive.networks import Step
from symderive.networks.block import Array, Block, Loop
from symderive.networks.shapes import same_shape

Placed = tuple[Block | Step, Scope]


@dataclass(frozen=True)
class Listed:
    """A list of modules whose length is a symbol.

    Attributes:
        path: where it stands; "" for the model itself.
        names: what its modules are called, in order.
        times: how often they come.
    """

    path: str
    names: list[str]
    times: Size


def with_depths(placed: Sequence[Placed], lists: Iterable[Listed], gives: Collection[Array]) -> list[Placed]:
    """The steps of a model, those of some lists of modules as one repeated block each.

    Args:
        placed: all steps in order, each with the modules around it.
        lists: the lists.
        gives: the arrays that the model gives.

    Raises:
        SymderiveError: the modules of a list do not do the same, or not one behind the other.
    """
    found = list(placed)
    for one in lists:
        for front in ((), ("kept",), ("not used",)):
            found = _List(found, one, front, gives).repeated()
    return found


class _List:
    """The steps of one list of modules, or the arrays of it that are in no step that is computed."""

    def __init__(
        self, placed: list[Placed], listed: Listed, front: tuple[str, ...], gives: Collection[Array]
    ) -> None:
        self.placed, self.listed, self.gives = placed, listed, gives
        self.is_kept = bool(front)
        self.path = listed.path or "the model"
        names = (*front, *(listed.path.split(".") if listed.path else ()))
        self.depth = len(names)
        inside = [
            at
            for at, (_, scope) in enumerate(placed)
            if len(scope) > self.depth and tuple(name for name, _ in scope[: self.depth]) == names
        ]
        self.start, self.stop = (inside[0], inside[-1] + 1) if inside else (0, 0)
        if self.stop - self.start != len(inside):
            raise self.refused(f"between the modules of {self.path} other things are computed")
        keys = groupby((placed[at] for at in inside), key=lambda one: one[1][self.depth])
        self.parts = [
            (key[0], [(step, scope[self.depth + 1 :]) for step, scope in group]) for key, group in keys
        ]

    def repeated(self) -> list[Placed]:
        """All steps, those of the list as one block that comes so often.

        Raises:
            SymderiveError: the modules differ.
        """
        if not self.parts:
            return self.placed
        self.check_alike()
        name, steps = self.parts[0]
        scopes = [scope for _, scope in steps]
        scope = self.placed[self.start][1][: self.depth]
        loop, first = (None, [step for step, _ in steps]) if self.is_kept else self.looped()
        block = nested(name, first, scopes, self.steps(0)[-1].shape)
        title = self.listed.path.rpartition(".")[2] or "modules"
        made: Placed = (replace(block, name=title, times=self.listed.times, loop=loop), scope[:-1])
        return [*self.placed[: self.start], made, *self.placed[self.stop :]]

    def refused(self, reason: str) -> SymderiveError:
        """The error about a list that cannot have a symbol for its length."""
        return SymderiveError(
            f"symbols: {reason}; leave out the length of {self.path}, which stays a number."
        )

    def steps(self, part: int) -> list[Step]:
        """What a module computes.

        Raises:
            SymderiveError: there is a repeated block in it.
        """
        steps = [step for step, _ in self.parts[part][1]]
        plain = [step for step in steps if isinstance(step, Step)]
        if len(plain) < len(steps):
            raise self.refused(f"{self.path} and a list of modules in it cannot both have a length")
        return plain

    def check_alike(self) -> None:
        """Check that the modules do the same, each to what the one before it gives.

        Raises:
            SymderiveError: they do not.
        """
        first_name, first = self.parts[0]
        if len(self.parts) < 2:
            raise self.refused(
                f"{self.path} computes in one module only, which does not say what a next one is given"
            )
        if [name for name, _ in self.parts] != self.listed.names:
            raise self.refused(f"the modules of {self.path} do not each run once, one behind the other")
        for at, (name, part) in enumerate(self.parts):
            difference = _difference(first, part, self.steps(0), self.steps(at))
            if difference is not None:
                where = f"{self.path}.{name} differs from {self.path}.{first_name}"
                raise self.refused(f"{where} in {difference}")
            if at and not self.is_kept:
                self.check_given(at)

    def check_given(self, at: int) -> None:
        """Check that a module reads what the one before it gives where that one reads what it is given.

        Raises:
            SymderiveError: it does not.
        """
        given, before = self.given(), self.steps(at - 1)[-1].writes
        own: dict[Array, Array] = {}
        for one, other in zip(self.steps(0), self.steps(at), strict=True):
            for mine, its in zip(one.reads, other.reads, strict=True):
                is_right = its is before if mine is given else its is own.get(mine, mine)
                is_known = mine.is_known and its.is_known and mine.shape == its.shape
                if not is_right and not is_known:
                    name = f"{self.path}.{self.parts[at][0]}"
                    raise self.refused(f"{name} is given something else than what the module before it gives")
            own[one.writes] = other.writes

    def given(self) -> Array:
        """What the first module is given: what it reads where the second one reads the first one's result.

        Raises:
            SymderiveError: the second one does not read it, or a module gives another shape than it is given.
        """
        result = self.steps(0)[-1].writes
        steps = zip(self.steps(0), self.steps(1), strict=True)
        read = [pair for one, other in steps for pair in zip(one.reads, other.reads, strict=True)]
        found = next((mine for mine, its in read if its is result), None)
        if found is None:
            raise self.refused(f"the second module of {self.path} does not read what the first one gives")
        if not same_shape(found.shape, result.shape):
            shapes = f"{shape_text(found.shape)} becomes {shape_text(result.shape)}"
            raise self.refused(f"in a module of {self.path} {shapes}")
        return found

    def looped(self) -> tuple[Loop, list[Block | Step]]:
        """How the array goes round, and the steps of one repetition.

        Raises:
            SymderiveError: something behind the list reads what is inside of it.
        """
        given, leave, end = self.given(), self.steps(0)[-1].writes, self.steps(-1)[-1].writes
        inside = {step.writes for part in range(len(self.parts)) for step in self.steps(part)} - {end}
        behind = [array for step, _ in self.placed[self.stop :] for array in _reads(step)]
        if not inside.isdisjoint((*behind, *self.gives)):
            raise self.refused(f"what is computed inside of {self.path} is read behind it")
        enter = Array(given.shape)
        steps: list[Block | Step] = [
            replace(step, reads=tuple(enter if one is given else one for one in step.reads))
            for step in self.steps(0)
        ]
        return Loop(given, enter, leave, end), steps


def symbols_of(value: Any) -> Iterator[Dim]:
    """All sizes of a step or a block: of its layers, and how often it comes."""
    if isinstance(value, sympy.Basic):
        yield from free_dims(value)
    elif isinstance(value, Block):
        for one in (value.times, *value.children):
            yield from symbols_of(one)
    elif isinstance(value, Step):
        yield from symbols_of((value.shape, value.layer))
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from symbols_of(one)
    elif is_dataclass(value):
        yield from symbols_of([getattr(value, one.name) for one in fields(value)])


def _difference(
    first: Sequence[Placed], second: Sequence[Placed], one: Sequence[Step], other: Sequence[Step]
) -> str | None:
    """What is different in two modules; None where they do the same."""
    if len(one) != len(other):
        return f"the number of its steps, {len(other)} and {len(one)}"
    for (_, scope), (_, other_scope), mine, its in zip(first, second, one, other, strict=True):
        names, other_names = ([name for name, _ in part] for part in (scope, other_scope))
        if _said(mine) != _said(its) or names != other_names:
            return ".".join(other_names) or f"its {type(its.layer).__name__}"
    return None


def _said(step: Step) -> tuple[Any, ...]:
    return step.layer, step.shape, step.is_trained, step.is_run


def _reads(step: Block | Step) -> tuple[Array, ...]:
    return step.reads if isinstance(step, Step) else () if step.loop is None else (step.loop.start,)
