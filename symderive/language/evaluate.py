"""The slow obvious evaluator: what a program means, number by number.

All other ways to compute a program (generated code, other array libraries) are tested against this one, so it
stays plain: one float at a time, one loop per index, every definition computed once and in order, those of a
recurrence step by step.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from symderive.core.dims import Dim
from symderive.core.nodes import Tensor
from symderive.core.program import Definition, Program
from symderive.core.recurrence import direction, runs
from symderive.errors import SymderiveError
from symderive.language.closures import Reading
from symderive.language.tables import Sizes, Table, given_numbers, known_size, sizes_of, table_of


def evaluate(
    program: Program,
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[Dim, int] | None = None,
    outputs: Iterable[Tensor | str] | None = None,
) -> dict[str, npt.NDArray[np.float64]]:
    """Compute the outputs of a program in floating point.

    Args:
        program: the equations.
        arrays: a value for each input by name; further names are ignored.
        sizes: values of sizes that no array shows.
        outputs: what to compute, tensors or names; by default the program's outputs.

    Returns:
        name to array of float64, for each output; a scalar has shape ().

    Raises:
        ShapeError: an array does not have the declared shape, or two arrays disagree about a size.
        SymderiveError: an array is missing or not real, a size or output is unknown, a function has no
            scalar value.

    >>> from symderive.language.declaring import array
    >>> from symderive.language.programs import program_of
    >>> x = array("x", Dim("n"))
    >>> program = program_of((x * x).sum())
    >>> [float(value) for value in evaluate(program, {"x": [1.0, 2.0, 3.0]}).values()]
    [14.0]
    """
    wanted = _wanted(program, outputs)
    needed = program.needed(wanted)
    # Arrays that no value depends on still show sizes.
    shown = [tensor for tensor in program.inputs if tensor in needed.inputs or tensor.name in arrays]
    given = {tensor: given_numbers(tensor, arrays) for tensor in shown}
    known = sizes_of(given, sizes or {})
    tables = {tensor: table_of(array) for tensor, array in given.items()}
    for run in runs(needed.definitions):
        _compute(run, tables, known)
    return {tensor.name: np.array(tables[tensor].entries).reshape(tables[tensor].shape) for tensor in wanted}


def _wanted(program: Program, outputs: Iterable[Tensor | str] | None) -> list[Tensor]:
    by_name = {tensor.name: tensor for tensor in program.inputs}
    by_name |= {made.tensor.name: made.tensor for made in program.definitions}
    wanted = []
    for output in program.outputs if outputs is None else outputs:
        name = output if isinstance(output, str) else output.name
        if name not in by_name:
            raise SymderiveError(f"evaluating: the program has no array {name}.")
        wanted.append(by_name[name])
    return wanted


def _compute(run: Sequence[Definition], tables: dict[Tensor, Table], sizes: Sizes) -> None:
    """Compute one equation, or the equations of a recurrence step by step."""
    shapes = [tuple(known_size(index.dim, sizes) for index in made.indices) for made in run]
    for made, shape in zip(run, shapes, strict=True):
        tables[made.tensor] = Table([0.0] * math.prod(shape), shape)
    fills = [_filling(made, shape, tables, sizes) for made, shape in zip(run, shapes, strict=True)]
    along = run[0].along
    if along is None:
        fills[0](map(range, shapes[0]))
        return
    axes = [made.indices.index(along) for made in run]
    for step in range(known_size(along.dim, sizes))[:: direction(run)]:
        for fill, shape, axis in zip(fills, shapes, axes, strict=True):
            fill(range(step, step + 1) if place == axis else range(size) for place, size in enumerate(shape))


def _filling(
    definition: Definition, shape: tuple[int, ...], tables: Mapping[Tensor, Table], sizes: Sizes
) -> Callable[[Iterable[range]], None]:
    """What computes the entries of one array at the positions in some ranges."""
    scope = {index: slot for slot, index in enumerate(definition.indices)}
    reading = Reading(tables, sizes, definition.tensor.name)
    value = reading.value(definition.body, scope)
    room, entries = [0] * reading.slots, tables[definition.tensor].entries

    def fill(ranges: Iterable[range]) -> None:
        for position in itertools.product(*ranges):
            room[: len(position)] = position
            entries[_offset(position, shape)] = value(room)

    return fill


def _offset(position: Sequence[int], shape: Sequence[int]) -> int:
    """Where an entry stands in row-major order."""
    offset = 0
    for place, size in zip(position, shape, strict=True):
        offset = offset * size + place
    return offset
