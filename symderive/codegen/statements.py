"""The statements of a function: a line for each equation, more for blocks on diagonals and of rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from symderive.codegen.from_forms import code, constant
from symderive.codegen.from_indices import code_of
from symderive.codegen.own_outputs import with_own_outputs
from symderive.codegen.placing import placed
from symderive.codegen.planning import has_form
from symderive.codegen.row_blocks import RowBlocks
from symderive.core.nodes import Tensor
from symderive.core.program import Definition, Program
from symderive.notation.recover import matrix_form


def statements(program: Program, in_place: bool) -> list[str]:
    """The lines that compute a program and return its outputs.

    Args:
        program: the equations, in order.
        in_place: whether one may assign to parts of an array.
    """
    return with_own_outputs(_straight(program, in_place), program.inputs, program.outputs)


def _straight(program: Program, in_place: bool) -> list[str]:
    """The lines, one equation after the other."""
    *made, last = program.definitions or (None,)
    rows = [line for one in made if one is not None for line in _lines(one, in_place)]
    if last is not None:
        lines = _lines(last, in_place)
        if program.outputs == (last.tensor,) and len(lines) == 1:
            return [*rows, f"return {lines[0].partition(' = ')[2]}"]
        rows += lines
    return [*rows, f"return {', '.join(_names(program.outputs))}"]


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


def _names(tensors: Iterable[Tensor]) -> list[str]:
    return [str(tensor.name) for tensor in tensors]
