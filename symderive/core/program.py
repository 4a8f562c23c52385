"""Definitions `T[i, j] = body` and programs: inputs, definitions in order, outputs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy

from symderive.core.dims import same_size, shape_text
from symderive.core.identity import free_indices, substitute, tensors_of
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.recurrence import check_recurrences, run_of
from symderive.errors import ShapeError, SymderiveError


@dataclass(frozen=True)
class Definition:
    """`tensor[indices] = body`, for all values of the indices.

    Attributes:
        tensor: what is defined.
        indices: one free index per axis, all different.
        body: a SymPy expression over entries, sums and deltas.
        rule: the law that produced it, for the derivation's steps; empty for what a user wrote.
        why: the reason in words.
        pinned: whether the name was chosen by a person and must stay.
        along: the index along which it is computed step by step, and may read what was defined at earlier
            steps; see `symderive.core.recurrence`.
        accumulates: whether its products are those of a contraction also where nothing is summed.

    Raises:
        ShapeError: the indices do not fit the axes of the tensor.
        SymderiveError: an index that stands only on the right-hand side.

    >>> x, y, i = Tensor("x", (3,)), Tensor("y", (3,)), Index("i", 3)
    >>> print(Definition(y, (i,), 2 * x[i]))
    y[i] = 2*x[i]
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    body: sympy.Expr
    rule: str = ""
    why: str = ""
    pinned: bool = False
    along: Index | None = None
    accumulates: bool = False

    def __post_init__(self) -> None:
        if not len(set(self.indices)) == len(self.indices) == len(self.tensor.shape):
            raise ShapeError(
                f"defining {self.tensor.name}: {len(set(self.indices))} indices for shape "
                f"{shape_text(self.tensor.shape)}."
            )
        for index, size in zip(self.indices, self.tensor.shape, strict=True):
            if not (index.dim is size or same_size(index.dim, size)):
                raise ShapeError(
                    f"defining {self.tensor.name}: index {index.name} runs over {index.dim}, "
                    f"the axis has {size}."
                )
        if not free_indices(self.body).issubset(self.indices):
            loose = free_indices(self.body).difference(self.indices)
            names = ", ".join(sorted(index.name for index in loose))
            raise SymderiveError(
                f"defining {self.tensor.name}: index {names} occurs on the right-hand side only."
            )

    def at(self, axes: Iterable[sympy.Expr]) -> sympy.Expr:
        """The right-hand side at the given positions.

        It says nothing of positions outside the tensor's shape, where the entry is 0.
        """
        return substitute(self.body, dict(zip(self.indices, axes, strict=True)))

    def with_body(self, body: sympy.Expr) -> Definition:
        """The same definition with another right-hand side."""
        if body is self.body or body == self.body:
            return self
        law = (self.rule, self.why)
        return Definition(self.tensor, self.indices, body, *law, self.pinned, self.along, self.accumulates)

    def __str__(self) -> str:
        left = str(Entry(self.tensor, *self.indices))
        return f"{left} = {self.body}"


@dataclass(frozen=True)
class Program:
    """Equations in an order in which each uses only inputs and what stands before it.

    Equations of a recurrence use, besides, what they defined themselves at earlier steps.

    Attributes:
        inputs: arrays that are given.
        definitions: the equations.
        outputs: the arrays asked for.

    Raises:
        SymderiveError: an equation that uses what is not defined before it, a name that is taken, or an
        unknown
            output.

    >>> x, y, i = Tensor("x", (3,)), Tensor("y", (3,)), Index("i", 3)
    >>> Program((x,), (Definition(y, (i,), 2 * x[i]),), (y,)).names == {"x", "y"}
    True
    """

    inputs: tuple[Tensor, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[Tensor, ...]

    def __post_init__(self) -> None:
        known: set[sympy.Basic] = set(self.inputs)
        names: set[str] = {tensor.name for tensor in self.inputs}
        for definition in self.definitions:
            if not tensors_of(definition.body) <= known:
                missing = tensors_of(definition.body) - known - self._stepped(definition)
                unknown = ", ".join(sorted(tensor.name for tensor in missing))
                if missing:
                    raise SymderiveError(
                        f"defining {definition.tensor.name}: {unknown} is used before it is defined."
                    )
            if definition.tensor.name in names:
                raise SymderiveError(
                    f"defining {definition.tensor.name}: that name is taken; choose another."
                )
            known.add(definition.tensor)
            names.add(definition.tensor.name)
        for tensor in self.outputs:
            if tensor not in known:
                raise SymderiveError(f"output {tensor.name} is neither an input nor defined.")

        check_recurrences(self.definitions)

    def _stepped(self, definition: Definition) -> set[Tensor]:
        """What the recurrence of an equation defines, of which it may read earlier steps."""
        if definition.along is None:
            return set()
        return {made.tensor for made in run_of(definition, self.definitions)}

    @cached_property
    def _by_tensor(self) -> Mapping[Tensor, Definition]:
        return {made.tensor: made for made in self.definitions}

    def definition(self, tensor: Tensor) -> Definition | None:
        """The equation that defines `tensor`, or None for an input."""
        return self._by_tensor.get(tensor)

    @property
    def names(self) -> frozenset[str]:
        """All names in use."""
        return frozenset(
            [tensor.name for tensor in self.inputs] + [made.tensor.name for made in self.definitions]
        )

    def mapped(self, change: Callable[[sympy.Expr], sympy.Expr]) -> Program:
        """The program with every right-hand side changed."""
        return self.with_definitions([made.with_body(change(made.body)) for made in self.definitions])

    def with_definitions(self, definitions: Sequence[Definition]) -> Program:
        """The program with these equations in place of its own; itself where they are its own."""
        same = len(definitions) == len(self.definitions)
        if same and all(map(operator.is_, definitions, self.definitions)):
            return self
        return Program(self.inputs, tuple(definitions), self.outputs)

    def needed(self, outputs: Iterable[Tensor]) -> Program:
        """The part of the program that `outputs` depend on; inputs are kept in order."""
        wanted = tuple(outputs)
        alive: set[sympy.Basic] = set(wanted)
        kept = []
        for definition in reversed(self.definitions):
            if definition.tensor in alive or (definition.along and self._stepped(definition) & alive):
                kept.append(definition)
                alive |= tensors_of(definition.body)
        inputs = tuple([tensor for tensor in self.inputs if tensor in alive])
        if len(kept) == len(self.definitions) and (inputs, wanted) == (self.inputs, self.outputs):
            return self
        return Program(inputs, tuple(reversed(kept)), wanted)

    def __str__(self) -> str:
        return "\n".join(str(definition) for definition in self.definitions)
