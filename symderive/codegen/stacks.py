"""Products of arrays with many axes as matrix products: axes that stand side by side become one.

`Σ_cuv F[k, c, u, v] C[b, c, u, v, i, j]` is `F` as a matrix times a stack of matrices, one for each b, whose
entries stay where they are. `np.tensordot` would copy the larger array with its axes in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy

from symderive.codegen.axes import Labelled, Labels, spread, within
from symderive.codegen.contraction_order import extent
from symderive.codegen.from_forms import ATOM, PRODUCT, UNARY, Code, length
from symderive.core.nodes import Index

_SMALLEST = 2_000  # multiplications of one matrix product of a stack, below which a stack is slow
_LEAST_RANK = 4


@dataclass(frozen=True)
class _Blocks:
    """The axes of the larger array: those of the stack, then rows and columns.

    Attributes:
        stack: one matrix product for each of their positions.
        inner: the axes that are summed in a matrix product.
        own: those that only the larger array has.
        inner_first: whether the summed ones stand in front.
    """

    stack: Labels
    inner: Labels
    own: Labels
    inner_first: bool


def stacked_product(
    left: Labelled, right: Labelled, summed: frozenset[Index], order: Labels
) -> Labelled | None:
    """The product of two pieces, summed over indices that both have; None where another way is as good.

    Args:
        left: a piece of code and the labels of its axes, each once.
        right: the same.
        summed: the indices that are summed.
        order: the order in which the axes are wanted, if it costs nothing.
    """
    small, wide = sorted((left, right), key=lambda one: extent(frozenset(one[1])))
    batch = frozenset(small[1]) & frozenset(wide[1]) - summed
    blocks = _blocks(wide[1], frozenset(small[1]), summed, batch)
    if blocks is None or not _is_worth_it(blocks, small[1], wide[1]):
        return None
    flat = not blocks.stack and blocks.inner_first and len(small[1]) == 2 and len(blocks.inner) == 1
    if not flat and (not blocks.stack or len(wide[1]) < _LEAST_RANK):
        return None
    rows = tuple(label for label in small[1] if label not in (*blocks.stack, *blocks.inner))
    shared = [place for place, label in enumerate(blocks.stack) if label in small[1]]
    needed = blocks.stack[shared[0] :] if shared else ()
    first = _shaped(small, (*((one,) for one in needed), rows, blocks.inner))
    sides = (blocks.inner, blocks.own) if blocks.inner_first else (blocks.own, blocks.inner)
    second = _shaped(wide, (*((one,) for one in blocks.stack), *sides))
    if not blocks.inner_first:
        second = f"{within(second, ATOM)}.mT", ATOM
    made = f"{within(first, PRODUCT)} @ {within(second, UNARY)}", PRODUCT
    heads = [place for place, label in enumerate(blocks.stack) if label in summed]
    if heads:
        made = f"({made[0]}).sum(axis={heads[0] if len(heads) == 1 else tuple(heads)})", ATOM
    kept = tuple(label for label in blocks.stack if label not in summed)
    labels = (*kept, *rows, *blocks.own)
    if len(rows) == len(blocks.own) == 1:
        return made, labels
    return (_reshaped(made[0], [(one,) for one in labels]), ATOM), labels


def _blocks(
    labels: Labels, others: frozenset[Index], summed: frozenset[Index], batch: frozenset[Index]
) -> _Blocks | None:
    """The axes of the larger array with as few as possible in the stack; None where they are mixed."""
    for count in range(len(labels)):
        stack, rest = labels[:count], labels[count:]
        if not batch <= set(stack):
            continue
        kinds = [label in summed for label in rest]
        turns = sum(one != other for one, other in pairwise(kinds))
        if turns == 1:
            inner = tuple(label for label in rest if label in summed)
            own = tuple(label for label in rest if label not in summed)
            return _Blocks(stack, inner, own, kinds[0])
    return None


def _is_worth_it(blocks: _Blocks, small: Labels, wide: Labels) -> bool:
    """Whether the single matrix products are large, and what is summed afterwards is not."""
    rows = frozenset(small) - set(blocks.stack) - set(blocks.inner)
    single = extent(rows) * extent(frozenset(blocks.inner)) * extent(frozenset(blocks.own))
    made = extent(frozenset((*blocks.stack, *rows, *blocks.own)))
    heads = any(label in blocks.stack and label in small for label in wide) and not rows
    return single >= _SMALLEST and not heads and made <= 4 * extent(frozenset(wide))


def _shaped(piece: Labelled, groups: Sequence[Labels]) -> Code:
    """The code with one axis for each group of labels; of length 1 for a label that it has not."""
    labels = tuple(label for group in groups for label in group)
    if all(len(group) == 1 for group in groups):
        return spread(*piece, labels)
    written = spread(*piece, tuple(label for label in labels if label in piece[1]))
    return _reshaped(written[0], [tuple(one for one in group if one in piece[1]) for group in groups]), ATOM


def _reshaped(written: str, groups: Sequence[Labels]) -> str:
    """The code with one axis for each group of labels; of length 1 for an empty group."""
    sizes = [length(sympy.Mul(*(label.dim for label in group))) for group in groups]
    return f"np.reshape({written}, ({', '.join(sizes)}))"
