"""Recurrences: equations along one index that use what they defined themselves at earlier steps.

A run of equations in a program that name the same index t as the one they go `along` is one recurrence. It is
computed step by step: each of them at t, in order, before any of them at t + 1. So an equation may read, of
what its run defines, the entries at t of those before it, and the entries at t − 1, t − 2, … of all of them,
its own included. If they read t + 1, t + 2, … instead, it begins with the last step. An entry outside of its
array is 0, as always.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import sympy

from symderive.core.identity import substitute
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.positions import Inside, bare
from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.core.program import Definition, Program


def runs(definitions: Iterable[Definition]) -> list[tuple[Definition, ...]]:
    """The equations in order: those of one recurrence together, every other one alone."""
    found: list[tuple[Definition, ...]] = []
    for along, group in groupby(definitions, key=lambda made: made.along):
        some = tuple(group)
        found += [some] if along is not None else [(made,) for made in some]
    return found


def run_of(definition: Definition, definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """The recurrence that an equation belongs to; itself alone if to none."""
    (found,) = (run for run in runs(definitions) if any(made is definition for made in run))
    return found


def check_recurrences(definitions: Sequence[Definition]) -> None:
    """Check that every read of a recurrence is of a step that is computed by then.

    Raises:
        SymderiveError: one is not, or the time axis is missing; says which.
    """
    if any(made.along is not None for made in definitions):
        for run in runs(definitions):
            if run[0].along is not None:
                _check_steps(run)


def _check_steps(run: Sequence[Definition]) -> None:
    axes: dict[Tensor, int] = {}
    for made in run:
        if made.along not in made.indices:
            raise SymderiveError(
                f"defining {made.tensor.name}: it goes along {made.along}, which is none of its indices."
            )
        axes[made.tensor] = made.indices.index(made.along)
    ready: set[Tensor] = set()
    forward = direction(run)
    for made in run:
        for read in _reads(made, axes):
            lag = _lag(read, made, axes[read.tensor])
            if lag is None or forward * lag < (0 if read.tensor in ready else 1):
                raise SymderiveError(
                    f"defining {made.tensor.name}: {read} is not there yet at step {made.along}; read it at "
                    f"{made.along} - {forward} or before.".replace("- -1 or before", "+ 1 or behind")
                )
        ready.add(made.tensor)


def direction(run: Sequence[Definition]) -> int:
    """1 for a recurrence that begins with the first step, −1 for one that begins with the last.

    It begins with the last step if all reads of other steps than its own are of later ones.
    """
    axes = {made.tensor: made.indices.index(_time(made)) for made in run}
    lags = {_lag(read, made, axes[read.tensor]) for made in run for read in _reads(made, axes)}
    moved = [lag for lag in lags if lag]
    return -1 if moved and all(lag < 0 for lag in moved) else 1


def refuse(program: Program, doing: str) -> None:
    """Refuse to do with a recurrence what can only be done with equations that do not refer to themselves.

    Raises:
        SymderiveError: the program has a recurrence.
    """
    for made in program.definitions:
        if made.along is not None:
            raise SymderiveError(
                f"{doing}: {made.tensor.name} belongs to a recurrence along {made.along}, which this does "
                "not know yet; write its steps out with symderive.core.recurrence.unrolled."
            )


def unrolled(program: Program) -> Program:
    """The program with every step of its recurrences as equations of their own, `h_0`, `h_1` and so on.

    What they define stays defined: `h[t, …] = [t = 0]·h_0[…] + [t = 1]·h_1[…] + ⋯`.

    Raises:
        SymderiveError: the number of steps is a symbol.
    """
    made: list[Definition] = []
    for run in runs(program.definitions):
        made += run if run[0].along is None else _steps(run, program.names)
    return type(program)(program.inputs, tuple(made), program.outputs)


def _steps(run: Sequence[Definition], taken: Iterable[str]) -> list[Definition]:
    along = _time(run[0])
    if not along.dim.is_Integer:
        raise SymderiveError(
            f"writing out the recurrence of {run[0].tensor.name}: the number of steps is {along.dim}; give a "
            "number."
        )
    steps, axes = int(along.dim), {made.tensor: made.indices.index(along) for made in run}
    names = _unused({made.tensor.name for made in run}, set(taken), steps)
    single = {
        (made.tensor, step): Tensor(
            names[made.tensor.name, step],
            tuple(size for place, size in enumerate(made.tensor.shape) if place != axes[made.tensor]),
            made.tensor.domain,
        )
        for made in run
        for step in range(steps)
    }
    written = [_written(made, step, single, axes) for step in range(steps)[:: direction(run)] for made in run]
    return [*written, *(_joined(made, single, steps) for made in run)]


def _written(
    made: Definition, step: int, single: dict[tuple[Tensor, int], Tensor], axes: dict[Tensor, int]
) -> Definition:
    """One equation at one step."""
    reads = {}
    for read in _reads(made, axes):
        axis = axes[read.tensor]
        at = step - (_lag(read, made, axis) or 0)
        rest = (*read.axes[:axis], *read.axes[axis + 1 :])
        reads[read] = Entry(single[read.tensor, at], *rest) if (read.tensor, at) in single else sympy.S.Zero
    body = substitute(made.body.xreplace(reads), {_time(made): sympy.Integer(step)})
    free = tuple(index for index in made.indices if index != made.along)
    return type(made)(single[made.tensor, step], free, body, pinned=made.pinned)


def _joined(made: Definition, single: dict[tuple[Tensor, int], Tensor], steps: int) -> Definition:
    """What the recurrence defined, out of its steps."""
    rest = tuple(index for index in made.indices if index != made.along)
    terms = (Inside(_time(made) - step, 1) * Entry(single[made.tensor, step], *rest) for step in range(steps))
    return type(made)(made.tensor, made.indices, sympy.Add(*terms), pinned=made.pinned)


def _unused(names: Iterable[str], taken: set[str], steps: int) -> dict[tuple[str, int], str]:
    found = {}
    for name in sorted(names):
        for step in range(steps):
            new = f"{name}_{step}"
            while new in taken:
                new += "_"
            taken.add(new)
            found[name, step] = new
    return found


def _time(made: Definition) -> Index:
    """The index along which an equation of a recurrence goes."""
    if made.along is None:
        raise SymderiveError(f"{made.tensor.name} belongs to no recurrence.")
    return made.along


def _reads(made: Definition, defined: Iterable[Tensor]) -> list[Entry]:
    """The entries in an equation of what its recurrence defines."""
    of = set(defined)
    found = (read for read in made.body.atoms(Entry) if read.tensor in of)
    return sorted(found, key=sympy.default_sort_key)


def _lag(read: Entry, made: Definition, axis: int) -> int | None:
    """How many steps before its own an equation reads an entry; None if that is not a fixed number."""
    lag = sympy.expand(_time(made) - bare(read.axes[axis]))
    return int(lag) if lag.is_Integer else None
