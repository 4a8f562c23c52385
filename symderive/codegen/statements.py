"""The statements of a function: a line for each equation, more for blocks on diagonals and of rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import sympy

from symderive.codegen.from_forms import code, constant
from symderive.codegen.from_indices import code_of
from symderive.codegen.lifetimes import with_short_lives
from symderive.codegen.offsets import offset_lines, offsets_of
from symderive.codegen.own_outputs import with_own_outputs
from symderive.codegen.placing import placed
from symderive.codegen.planning import has_form
from symderive.codegen.row_blocks import RowBlocks
from symderive.codegen.spaced import spaced_lines, spaced_of
from symderive.core.nodes import Tensor
from symderive.core.program import Definition, Program
from symderive.notation.recover import matrix_form

_LARGE = 3  # axes of an array that is deleted when it is not needed any more


def statements(program: Program, in_place: bool) -> list[str]:
    """The lines that compute a program and return its outputs.

    Args:
        program: the equations, in order.
        in_place: whether one may assign to parts of an array.
    """
    return with_own_outputs(_straight(program, in_place), program.inputs, program.outputs)


def _straight(program: Program, in_place: bool) -> list[str]:
    """The lines, one equation after the other."""
    offsets = offsets_of(program) if in_place else {}
    dropped = {tensor for one in offsets.values() for tensor in one.dropped}
    taken = {str(one) for one in program.names} | {str(symbol) for symbol in _sizes(program)}

    def written(one: Definition) -> list[str]:
        found = offsets.get(one.tensor)
        if found is not None:
            return offset_lines(found, taken)
        spaced = spaced_of(one) if in_place else None
        return _lines(one, in_place) if spaced is None else spaced_lines(spaced, taken)

    *made, last = [one for one in program.definitions if one.tensor not in dropped] or (None,)
    rows = [line for one in made if one is not None for line in written(one)]
    made_by = {str(one.tensor.name): one.tensor for one in made if one is not None}
    large = {name for name, one in made_by.items() if one.rank >= _LARGE and one not in program.outputs}
    if last is not None:
        lines = written(last)
        if program.outputs == (last.tensor,) and len(lines) == 1:
            *rows, final = with_short_lives([*rows, lines[0]], large)
            return [*rows, f"return {final.partition(' = ')[2]}"]
        rows += lines
    return [*with_short_lives(rows, large), f"return {', '.join(_names(program.outputs))}"]


def blocked_statements(program: Program, blocks: RowBlocks, step: str, in_place: bool) -> list[str]:
    """The same with a loop over blocks of rows.

    Args:
        program: the equations, in order.
        blocks: the same by when they are computed.
        step: code of the number of rows in a block.
        in_place: whether one may assign to parts of an array.
    """
    rows = [line for made in blocks.before for line in _lines(made, in_place)]
    rows.append(f"{blocks.step_name} = {step}")
    for made in blocks.sums:
        shape = ", ".join(constant(size)[0] for size in made.tensor.shape)
        zero = f"np.zeros({shape if made.tensor.rank == 1 else f'({shape})'})" if shape else "0.0"
        rows.append(f"{made.tensor.name} = {zero}")
    start, part = blocks.start_name, blocks.rows_name
    rows.append(f"for {start} in range(0, {blocks.rows}, {blocks.step_name}):")
    inside = [line for made in blocks.inside for line in _lines(made, in_place)]
    inside += [f"{made.tensor.name} += {right_side(made)}" for made in blocks.sums]
    if re.search(rf"\b{blocks.height}\b", "\n".join(inside)):
        inside.insert(0, f"{blocks.height} = min({blocks.step_name}, {blocks.rows} - {start})")
    inside.insert(0, f"{part} = slice({start}, {start} + {blocks.step_name})")
    rows += [f"    {line}" for line in inside]
    owned = blocks.owned(program.outputs)
    rows += [line for made in blocks.behind for line in _lines(made, in_place, owned)]
    return [*rows, f"return {', '.join(_names(program.outputs))}"]


def right_side(made: Definition) -> str:
    """The NumPy expression of one equation: from its matrix notation where it has one."""
    form = matrix_form(made)
    return code_of(made) if form is None or form.rank != made.tensor.rank else code(form)


def _lines(made: Definition, in_place: bool, owned: Collection[str] = ()) -> list[str]:
    """The statements that compute one array."""
    blocks = placed(made, owned) if in_place and not has_form(made) else None
    return blocks if blocks is not None else [f"{made.tensor.name} = {right_side(made)}"]


def _sizes(program: Program) -> set[sympy.Symbol]:
    """The symbols of the sizes of all arrays."""
    tensors = (*program.inputs, *(made.tensor for made in program.definitions))
    return {symbol for tensor in tensors for size in tensor.shape for symbol in size.free_symbols}


def _names(tensors: Iterable[Tensor]) -> list[str]:
    return [str(tensor.name) for tensor in tensors]
