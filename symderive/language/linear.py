"""Products and traces: matmul, dot, inner, outer, einsum, trace, diag, norm."""

from __future__ import annotations

from typing import Any

import sympy

from symderive.core.dims import same_size, shape_text
from symderive.core.identity import fresh
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, aligned, as_array, broadcast, define, free_axes, stretched


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


def trace(value: Any, **unsupported: Any) -> Array:
    """`Σ_i A[i, i]` of a square matrix."""
    a = as_array(value, "trace")
    loose = {key: given for key, given in unsupported.items() if (key, given) not in _MAIN_DIAGONAL}
    if a.ndim != 2 or not same_size(*a.shape) or any(given is not None for given in loose.values()):
        raise ShapeError(f"trace: takes a square matrix, not {shape_text(a.shape)}.")
    (p,) = fresh(a.shape[:1], ())
    return define((), IndexSum(a.tensor[p, p], p), (a,))


def diagonal(value: Any, **unsupported: Any) -> Array:
    """The diagonal of a square matrix, as `numpy.diagonal`.

    Raises:
        ShapeError: not a square matrix.
        SymderiveError: another diagonal or other axes.
    """
    a = as_array(value, "diagonal")
    if any(unsupported.get(key) not in (None, usual) for key, usual in _MAIN_DIAGONAL) or a.ndim != 2:
        raise ShapeError(f"diagonal: takes the main diagonal of a square matrix, not {shape_text(a.shape)}.")
    return diag(a)


_MAIN_DIAGONAL = (("offset", 0), ("axis1", 0), ("axis2", 1))


def diag(value: Any, k: int = 0) -> Array:
    """The diagonal of a square matrix, or the diagonal matrix of a vector."""
    a = as_array(value, "diag")
    if k != 0 or a.ndim not in (1, 2):
        raise SymderiveError("diag: only the main diagonal of a vector or a square matrix is supported.")
    if a.ndim == 2:
        if not same_size(*a.shape):
            raise ShapeError(f"diag: takes the diagonal of a square matrix, not {shape_text(a.shape)}.")
        (i,) = free_axes(a.shape[:1])
        return define((i,), a.tensor[i, i], (a,))
    i, j = free_axes((*a.shape, *a.shape))
    return define((i, j), a.tensor[i] * Delta(i, j), (a,))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """The Euclidean (Frobenius) norm; the arguments are called as in `numpy.linalg.norm`.

    Raises:
        SymderiveError: another norm.
    """
    a = as_array(x, "norm")
    count = a.ndim if axis is None else len(axis) if isinstance(axis, (tuple, list)) else 1
    if not (ord is None or (ord == 2 and count == 1) or (ord == "fro" and count == 2)):
        raise SymderiveError(
            "linalg.norm: only the Euclidean norm of vectors and the Frobenius norm are supported."
        )
    squares = (a * a).sum(axis, keepdims)
    indices = free_axes(squares.shape)
    return define(indices, sympy.sqrt(aligned(squares, indices)), (squares,))
