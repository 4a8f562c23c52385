"""Two labelled pieces of code multiplied, some of their axes summed: `@`, `tensordot` or broadcasting."""

from __future__ import annotations

from symderive.codegen.axes import Labelled, Labels, arranged, spread, within
from symderive.codegen.from_forms import ATOM, PRODUCT, UNARY
from symderive.codegen.stacks import stacked_product
from symderive.core.nodes import Index
from symderive.errors import SymderiveError


def letters_of(labels: Labels) -> dict[Index, str]:
    """A letter for each label, its own name where that is a letter."""
    unique = tuple(dict.fromkeys(labels))
    if len(unique) > 26:
        raise SymderiveError("writing code: more than 26 indices in one product.")
    own = [label.name for label in unique]
    if len(set(own)) == len(own) and all(len(name) == 1 and name.isascii() for name in own):
        return dict(zip(unique, own, strict=True))
    return {label: chr(ord("a") + place) for place, label in enumerate(unique)}


def einsum(pieces: list[Labelled], out: Labels) -> Labelled:
    """The product by `np.einsum`, which serves where no matrix product does."""
    letters = letters_of(tuple(label for _, own in pieces for label in own))
    spec = ",".join("".join(letters[label] for label in own) for _, own in pieces)
    target = "".join(letters[label] for label in out)
    return (f'np.einsum("{spec}->{target}", {", ".join(piece for (piece, _), _ in pieces)})', ATOM), out


def multiplied(left: Labelled, right: Labelled, summed: frozenset[Index], order: Labels) -> Labelled:
    """The product of two pieces, summed over indices that both have.

    Args:
        left: a piece of code and the labels of its axes, each once.
        right: the same.
        summed: the indices that are summed.
        order: the order in which the axes are wanted, if it costs nothing.
    """
    both = [label for label in left[1] if label in right[1]]
    inner = tuple(label for label in both if label in summed)
    batch = tuple(label for label in both if label not in summed)
    if not inner:
        labels = arranged((*left[1], *right[1]), order)
        first, second = spread(*left, labels), spread(*right, labels)
        written = f"{within(first, UNARY if '@' in first[0] else PRODUCT)} * {within(second, UNARY)}"
        return (written, PRODUCT), labels
    own = [tuple(label for label in labels if label not in both) for labels in (left[1], right[1])]
    if _place(own[1], order) < _place(own[0], order):
        left, right, own = right, left, own[::-1]
    if max(len(left[1]), len(right[1])) > 2:
        stacked = stacked_product(left, right, frozenset(inner), order)
        if stacked is not None:
            return stacked
    if batch:
        return _batched(left, right, inner, batch, order)
    if len(left[1]) <= 2 and len(right[1]) <= 2 and len(inner) == 1:
        first, second = spread(*left, (*own[0], *inner)), spread(*right, (*inner, *own[1]))
        return (f"{within(first, PRODUCT)} @ {within(second, UNARY)}", PRODUCT), (*own[0], *own[1])
    if not own[0] and not own[1]:
        return einsum([left, right], ())
    axes = [_axes(labels, inner) for _, labels in (left, right)]
    written = f"np.tensordot({left[0][0]}, {right[0][0]}, axes=({axes[0]}, {axes[1]}))"
    return (written, ATOM), (*own[0], *own[1])


def _place(labels: Labels, order: Labels) -> int:
    return min((order.index(label) for label in labels if label in order), default=len(order))


def _axes(labels: Labels, inner: Labels) -> str:
    places = [labels.index(label) for label in inner]
    return str(places[0]) if len(places) == 1 else str(tuple(places))


def _batched(left: Labelled, right: Labelled, inner: Labels, batch: Labels, order: Labels) -> Labelled:
    """A matrix product for each position of the shared axes, where each side has one axis of its own."""
    own = [tuple(label for label in labels if label not in (*inner, *batch)) for _, labels in (left, right)]
    lead = arranged(batch, order)
    out = (*lead, *own[0], *own[1])
    if len(inner) > 1 or len(own[0]) != 1 or len(own[1]) != 1:
        return einsum([left, right], arranged(out, order))
    first, second = spread(*left, (*lead, *own[0], *inner)), spread(*right, (*lead, *inner, *own[1]))
    return (f"{within(first, PRODUCT)} @ {within(second, UNARY)}", PRODUCT), out
