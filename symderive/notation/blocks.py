"""Arrays with more than two axes in matrix notation: one matrix for each position of the other axes.

`S_b = Q_b K_bᵀ` says of a batch what `S_bij = Σ_p Q_bip K_bjp` says entry by entry. The positions that are
held stand as subscripts; a sum over such a position stays a sum, of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy

from symderive.core.identity import substitute
from symderive.core.program import Definition
from symderive.notation.factoring import factored
from symderive.notation.forms import BigSum, Component, Form, Kronecker, Slice, walk
from symderive.notation.index_notation import index_form
from symderive.notation.labelled import Labels, NoMatrixNotationError, laid_out
from symderive.notation.recover import held_position, recover


@dataclass(frozen=True)
class Block:
    """A right-hand side for fixed positions on some axes.

    Attributes:
        form: the form of the block: a matrix or a vector.
        axes: for each axis of the left-hand side the position that is held, or None for a whole axis.
    """

    form: Form
    axes: tuple[sympy.Expr | None, ...]


def block_form(definition: Definition) -> Block | None:
    """The right-hand side in matrix notation for fixed positions of the fewest axes, or None.

    Use it where `matrix_form` finds none. Index notation is kept where nothing is summed.
    """
    if not definition.tensor.rank or not _has_sum(definition.body):
        return None
    found = _block_form(definition.body, definition.indices)
    return replace(found, form=factored(found.form)) if found is not None and definition.rule else found


@lru_cache(maxsize=10_000)
def _block_form(body: sympy.Expr, indices: Labels) -> Block | None:
    for held in _choices(len(indices)):
        positions = {indices[place]: held_position(indices[place]) for place in held}
        whole = tuple(index for index in indices if index not in positions)
        try:
            form = laid_out(recover(substitute(body, positions)), whole)
        except NoMatrixNotationError:
            continue
        if _says_more(form) and (len(indices) > 2 or _is_leading(form)):
            return Block(form, tuple(positions.get(index) for index in indices))
    return None


def _has_sum(body: sympy.Expr) -> bool:
    """Whether index notation of a right-hand side needs a sign Σ."""
    return any(isinstance(part, BigSum) for part in walk(index_form(body)))


def _choices(rank: int) -> Iterator[tuple[int, ...]]:
    """Which axes to hold, the best first: none, the leading ones, for Hessians one of each variable's."""
    if rank <= 2:
        yield ()
    if rank == 4:
        yield (1, 3)
        yield (0, 2)
    if rank >= 3:
        yield tuple(range(rank - 2))
    if rank >= 2:
        yield tuple(range(rank - 1))


def _says_more(form: Form) -> bool:
    """Whether the form has a product of whole arrays, and does not only rewrite entries."""
    plain = (Slice, Component, Kronecker, BigSum)
    return any(part.rank and not isinstance(part, plain) for part in walk(form))


def _is_leading(form: Form) -> bool:
    """Whether every array is held at its first axes only, so that it reads `Q_i`."""
    slices = [part for part in walk(form) if isinstance(part, Slice)]
    return all(None not in one.axes[: sum(axis is not None for axis in one.axes)] for one in slices)


def held_subscript(axes: tuple[sympy.Expr | None, ...], kind: str) -> str:
    """The positions behind a left-hand side in `latex` or `text`: `[b]`, `[:, j, :, l]`; nothing if none."""
    if all(axis is None for axis in axes):
        return ""
    trailing = not any(axis is not None for axis in axes[axes.index(None) :])
    shown = axes[: axes.index(None)] if trailing else axes
    written = [":" if axis is None else str(axis) for axis in shown]
    return f"_{{{''.join(written)}}}" if kind == "latex" else f"[{','.join(written)}]"
