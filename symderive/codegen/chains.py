"""Products of three matrices and more, bracketed in the order that costs least for usual sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sympy

from symderive.codegen.contraction_order import chain_order
from symderive.notation.forms import (
    Apply,
    Chain,
    Form,
    Inverse,
    Leaf,
    Outer,
    Plus,
    Power,
    Softmax,
    Times,
    Transposed,
)

_SAME = (Plus, Times, Apply, Power, Softmax)  # their axes are those of a part of the same rank


def extents(form: Form) -> tuple[sympy.Expr, ...] | None:
    """The sizes of the axes of a form; None where they are not seen."""
    if isinstance(form, Leaf):
        return tuple(form.tensor.shape)
    if isinstance(form, (Transposed, Inverse)):
        inner = extents(form.inner)
        return None if inner is None else inner[::-1]
    if isinstance(form, (Chain, Outer)):
        ends = [extents(form.parts[0]), extents(form.parts[-1])]
        sizes = [end for end in ends if end]
        if len(sizes) < 2:
            return None
        if isinstance(form, Outer):
            return (sizes[0][0], sizes[1][0])
        return sizes[0][:-1] + sizes[1][1:]
    if isinstance(form, _SAME):
        return next((extents(part) for part in form.parts if part.rank == form.rank), None)
    return None


def bracketed(factors: Sequence[Form], written: Callable[[Form], str]) -> str | None:
    """The product with brackets where another order than from the left costs less; None for that order.

    Args:
        factors: matrices.
        written: the code of one of them, in brackets of its own.
    """
    shapes = [extents(factor) for factor in factors]
    if len(factors) < 3 or any(shape is None or len(shape) != 2 for shape in shapes):
        return None
    known = [shape for shape in shapes if shape is not None]
    splits = chain_order([known[0][0], *(shape[1] for shape in known)])
    if all(splits[0, last] == last - 1 for last in range(1, len(factors))):
        return None
    return _text(0, len(factors) - 1, splits, [written(factor) for factor in factors])


def _text(first: int, last: int, splits: Mapping[tuple[int, int], int], pieces: list[str]) -> str:
    if first == last:
        return pieces[first]
    cut = splits[first, last]
    left, right = _text(first, cut, splits, pieces), _text(cut + 1, last, splits, pieces)
    return f"{left} @ {right if cut + 1 == last else f'({right})'}"
