"""Products and traces: matmul, dot, inner, outer, einsum, trace, diag."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import same_size, shape_text
from symderive.core.identity import fresh
from symderive.core.nodes import Entry, Index, IndexSum
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, as_array, define
from symderive.language.axes import broadcast, free_axes, stretched


def matmul(left: Any, right: Any) -> Array:
    """The matrix product `left @ right` with NumPy's rules for vectors, matrices and batches.

    Raises:
        ShapeError: the inner sizes differ, or an operand is a scalar.
    """
    a, b = as_array(left, "@"), as_array(right, "@")
    names = f"{_name(a, 'left side')} @ {_name(b, 'right side')}"
    if not a.ndim or not b.ndim:
        raise ShapeError(f"{names}: one side is a scalar; use * to multiply by a number.")
    inner_left, inner_right = a.shape[-1], b.shape[max(b.ndim - 2, 0)]
    if not same_size(inner_left, inner_right):
        raise ShapeError(
            f"{names}: inner dimensions differ: {inner_left} (last axis of {_name(a, 'the left side')}: "
            f"{shape_text(a.shape)}) against {inner_right} "
            f"({_name(b, 'the right side')}: {shape_text(b.shape)}); "
            f"{_advice(a, b)}."
        )
    batch = broadcast([a.shape[:-2], b.shape[:-2]], "@")
    rows = a.shape[-2:-1] if a.ndim > 1 else ()
    columns = b.shape[-1:] if b.ndim > 1 else ()
    indices = free_axes((*batch, *rows, *columns))
    (p,) = fresh((inner_left,), ())
    lead, row, column = (
        indices[: len(batch)],
        indices[len(batch) : len(batch) + len(rows)],
        indices[len(indices) - len(columns) :],
    )
    entry_a = _batched(a, lead, (*row, p))
    entry_b = _batched(b, lead, (p, *column) if b.ndim > 1 else (p,))
    return define(indices, IndexSum(entry_a * entry_b, p), (a, b))


def _batched(value: Array, lead: tuple[Index, ...], own: tuple[Index, ...]) -> Entry:
    count = value.ndim - len(own)
    own_lead = lead[len(lead) - count :]
    batch = [stretched(index, size) for index, size in zip(own_lead, value.shape[:count], strict=True)]
    return Entry(value.tensor, *batch, *own)


def _name(value: Array, otherwise: str) -> str:
    return value.name if value.definition is None or value.definition.pinned else otherwise


def _advice(a: Array, b: Array) -> str:
    for side, value in ((a, "left"), (b, "right")):
        turned = tuple(reversed(side.shape))
        inner = (
            (turned[-1], b.shape[max(b.ndim - 2, 0)])
            if value == "left"
            else (a.shape[-1], turned[max(len(turned) - 2, 0)])
        )
        if side.ndim == 2 and same_size(*inner):
            return f"transpose {_name(side, f'the {value} side')}"
    return f"declare {_name(b, 'the right side')} with size {a.shape[-1]} there"


def outer(left: Any, right: Any) -> Array:
    """`left[i] * right[j]`; both are vectors."""
    a, b = as_array(left, "outer"), as_array(right, "outer")
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"outer: takes two vectors, not {shape_text(a.shape)} and {shape_text(b.shape)}.")
    i, j = free_axes((*a.shape, *b.shape))
    return define((i, j), a.tensor[i] * b.tensor[j], (a, b))


def dot(left: Any, right: Any) -> Array:
    """`numpy.dot`: a product with a scalar, or the matrix product."""
    a, b = as_array(left, "dot"), as_array(right, "dot")
    if not a.ndim or not b.ndim:
        return a * b
    if a.ndim > 2 or b.ndim > 2:
        raise SymderiveError("dot: more than two axes are not supported; use einsum or @.")
    return matmul(a, b)


def inner(left: Any, right: Any) -> Array:
    """`numpy.inner`: the sum over the last axes of both.

    Raises:
        ShapeError: the last sizes differ.
        SymderiveError: more than two axes.
    """
    a, b = as_array(left, "inner"), as_array(right, "inner")
    if not a.ndim or not b.ndim:
        return a * b
    if a.ndim > 2 or b.ndim > 2:
        raise SymderiveError("inner: more than two axes are not supported; use einsum or @.")
    return matmul(a, b.T)


def vdot(left: Any, right: Any) -> Array:
    """`numpy.vdot`: the sum of the products of all entries of two arrays of one shape.

    Raises:
        ShapeError: the shapes differ.
    """
    a, b = as_array(left, "vdot"), as_array(right, "vdot")
    if a.ndim != b.ndim or not all(same_size(*sizes) for sizes in zip(a.shape, b.shape, strict=True)):
        raise ShapeError(f"vdot: the shapes {shape_text(a.shape)} and {shape_text(b.shape)} differ.")
    return (a * b).sum()
