"""Distances of all pairs of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from symderive.functions.kinked import larger
from symderive.imports.torch_modules.call import Call, Operation, number
from symderive.imports.torch_modules.operations.reductions import norm_of
from symderive.layers import Einsum
from symderive.networks import Feature
from symderive.networks.operations import Reduction, argument


def _pairwise(call: Call) -> Feature:
    """`(Σ_m |x[p, m] − y[r, m]|^o)^(1/o)`: a norm of each difference."""
    one, other = call.feature("x1"), call.feature("x2")
    *_, rows, width = one.shape
    columns = other.shape[-2]
    shape = (*call.shape[:-2], rows, columns, width)
    left = one.with_shape((*one.shape[:-2], rows, sympy.S.One, width))
    right = other.with_shape((*other.shape[:-2], sympy.S.One, columns, width))
    far = call.pointwise(argument(1) - argument(2), left, right, name="difference")
    return norm_of(call, far, (len(shape) - 1,), number(call["p"]))


def _by_products(call: Call) -> Feature:
    """`√(‖x‖² + ‖y‖² − 2 xᵀy)`, with a matrix product for all xᵀy."""
    one, other = call.feature("x1"), call.feature("x2")
    squares = [
        call.step([x], Reduction, x.shape, (len(x.shape) - 1,), "sumsquare", name="squares")
        for x in (one, other)
    ]
    turned = (*other.shape[:-2], other.shape[-1], other.shape[-2])
    made = Einsum.matmul(one.shape, turned)
    product = call.step([one, other], Einsum, made.subscripts, made.sizes, name="products")
    left = squares[0].with_shape((*one.shape[:-1], sympy.S.One))
    right = squares[1].with_shape((*other.shape[:-2], sympy.S.One, other.shape[-2]))
    x, y, xy = map(argument, (1, 2, 3))
    body = sympy.sqrt(larger(x + y - 2 * xy, sympy.S.Zero))
    return call.pointwise(body, left, right, product, name="distance")


def _within(call: Call) -> Feature:
    """The distances of the rows of one array, each pair once."""
    rows, width = call.feature("self").shape
    x = call.feature("self").with_shape((rows * (rows - 1) / 2, width))
    far = call.pointwise(argument(1) - argument(2), x, x, name="difference")
    return norm_of(call, far, (1,), number(call["p"]))


def _distance(call: Call) -> Feature:
    """The norm of one difference."""
    far = call.pointwise(
        argument(1) - argument(2), call.feature("self"), call.feature("other"), name="difference"
    )
    order: Any = call["p"]
    return norm_of(call, far, tuple(range(len(far.shape))), number(2 if order is None else order))


OPERATIONS: Mapping[str, Operation] = {
    "_cdist_forward": _pairwise,
    "_euclidean_dist": _by_products,
    "_pdist_forward": _within,
    "dist": _distance,
}
