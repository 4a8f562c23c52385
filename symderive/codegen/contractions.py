"""Sums of products as NumPy code: pairwise matrix products in the cheapest order."""

from __future__ import annotations

from symderive.codegen.axes import Labelled, Labels, arranged, within
from symderive.codegen.contraction_order import Pair, best_order
from symderive.codegen.from_forms import ATOM, PRODUCT, UNARY
from symderive.codegen.pairs import einsum, multiplied
from symderive.core.nodes import Index


def contracted(arrays: list[Labelled], summed: Labels, order: Labels) -> Labelled:
    """The product of labelled pieces of code, summed over some of the labels.

    Args:
        arrays: at least one, each with labels, no label twice in one.
        summed: the indices that are summed; each is a label of a piece.
        order: the order in which axes are wanted, if it costs nothing.
    """
    groups = _grouped(arrays)
    if len(groups) == 1:
        return _reduced(groups[0], summed, order)
    pieces = []
    for group in groups:
        others = {label for other in groups if other is not group for label in other[0][1]}
        alone = tuple(label for label in group[0][1] if label in summed and label not in others)
        pieces.append(_reduced(group, alone, order) if alone else _product(group))
    scalars = [piece for piece in pieces if not piece[1]]
    pieces = [piece for piece in pieces if piece[1]]
    if not pieces:
        return (" * ".join(within(piece, UNARY) for piece, _ in scalars), PRODUCT), ()
    tree = best_order([frozenset(labels) for _, labels in pieces], frozenset(summed))
    made = _written(tree, pieces, order)
    if not scalars:
        return made
    factors = [within(piece, UNARY) for piece, _ in scalars]
    return (" * ".join([*factors, within(made[0], UNARY if "@" in made[0][0] else PRODUCT)]), PRODUCT), made[
        1
    ]


def _written(tree: int | Pair, pieces: list[Labelled], order: Labels) -> Labelled:
    if isinstance(tree, int):
        return pieces[tree]
    left, right = (_written(part, pieces, order) for part in (tree.left, tree.right))
    return multiplied(left, right, tree.summed, order)


def _grouped(arrays: list[Labelled]) -> list[list[Labelled]]:
    """The pieces by the set of their labels, in the order in which these first occur."""
    groups: dict[frozenset[Index], list[Labelled]] = {}
    for piece in arrays:
        groups.setdefault(frozenset(piece[1]), []).append(piece)
    return list(groups.values())


def _product(group: list[Labelled]) -> Labelled:
    made = group[0]
    for piece in group[1:]:
        made = multiplied(made, piece, frozenset(), made[1])
    return made


def _reduced(group: list[Labelled], summed: Labels, order: Labels) -> Labelled:
    """Pieces with the same labels, multiplied and summed."""
    labels = group[0][1]
    out = arranged((label for label in labels if label not in summed), order)
    if len(group) > 1:
        return einsum(group, out)
    (written, level), _ = group[0]
    left = tuple(label for label in labels if label not in summed)
    if not left:
        return (f"np.sum({written})", ATOM), ()
    axes = tuple(place for place, label in enumerate(labels) if label in summed)
    read = written if level == ATOM else f"({written})"
    return (f"{read}.sum(axis={axes[0] if len(axes) == 1 else axes})", ATOM), left
