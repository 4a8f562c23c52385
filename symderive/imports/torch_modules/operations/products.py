"""Matrix products: linear layers, products of matrices in batches, einsum."""

from __future__ import annotations

from collections.abc import Mapping

from symderive.core.dims import Size
from symderive.imports.torch_modules.call import Call, Operation, number
from symderive.layers import Bilinear, Dense, Einsum
from symderive.networks import Feature
from symderive.networks.operations import argument


def _linear(call: Call) -> Feature:
    x, (d_out, d_in) = call.feature("input"), _two(call, "weight")
    weights, has_bias = (call["weight"], call["bias"]), call["bias"] is not None
    return call.step([x], Dense, d_in, d_out, bias=has_bias, batch=x.shape[:-1], weights=weights)


def _addmm(call: Call) -> Feature:
    """`bias + x @ weight`, a linear layer where the weight is one array of the model."""
    bias, weight = call["self"], call["mat2"]
    is_plain = call["beta"] == 1 and call["alpha"] == 1 and len(bias.shape) == 1
    if is_plain and call.record.arrays.of(weight) is not None and call.record.arrays.of(bias) is not None:
        x, (d_in, d_out) = call.feature("mat1"), _two(call, "mat2")
        return call.step([x], Dense, d_in, d_out, batch=x.shape[:-1], weights=(weight, bias), name="linear")
    return _added(call, _product(call, "mat1", "mat2"))


def _added(call: Call, product: Feature) -> Feature:
    """`beta · self + alpha · product`."""
    beta, alpha = number(call["beta"]), number(call["alpha"])
    if beta == 0:
        return product if alpha == 1 else call.pointwise(alpha * argument(1), product, name="mul")
    return call.pointwise(beta * argument(1) + alpha * argument(2), call.feature("self"), product, name="add")


def _product(call: Call, left: str, right: str) -> Feature:
    weight = call.record.arrays.of(call[right])
    one = call.feature(left)
    if weight is not None and weight.is_parameter and len(call[right].shape) == 2:
        d_in, d_out = _two(call, right)
        options = {"bias": False, "batch": one.shape[:-1]}
        return call.step([one], Dense, d_in, d_out, **options, weights=(call[right],), name="linear")
    other = call.feature(right)
    made = Einsum.matmul(one.shape, other.shape)
    return call.step([one, other], Einsum, made.subscripts, made.sizes, name="matmul")


def _mm(call: Call) -> Feature:
    left, right, *_ = call.arguments
    return _product(call, left, right)


def _dot(call: Call) -> Feature:
    one, other = call.feature("self"), call.feature("tensor")
    return call.step([one, other], Einsum, "i,i->", one.shape, name="dot")


def _einsum(call: Call) -> Feature:
    reads = [call.record.feature(one) for one in call["tensors"]]
    made = Einsum.of(call["equation"], *(one.shape for one in reads))
    order = "left" if call["path"] is None else _pairs(call["path"], len(reads))
    return call.step(reads, Einsum, made.subscripts, made.sizes, order)


def _pairs(path: list[int], count: int) -> tuple[tuple[int, int], ...]:
    """A path of torch, whose results go to the end of the operands that are left, in our numbers."""
    left, made = list(range(count)), []
    for step, (one, other) in enumerate(zip(path[::2], path[1::2], strict=True)):
        pair = (left[one], left[other])
        left = [place for place in left if place not in pair] + [count + step]
        made.append(pair)
    return tuple(made)


def _bilinear(call: Call) -> Feature:
    one, other = call.feature("input1"), call.feature("input2")
    d_out, d_one, d_other = call.record.sizes.shape(call["weight"])
    weights, has_bias = (call["weight"], call["bias"]), call["bias"] is not None
    reads, batch = [one, other], one.shape[:-1]
    return call.step(reads, Bilinear, d_one, d_other, d_out, bias=has_bias, batch=batch, weights=weights)


def _grouped(call: Call) -> Feature | None:
    """Each row times the matrix of one expert: `y[n, m] = Σ_k x[n, k] · weight[e(n), k, m]`."""
    x, weight = call.feature("self"), call.feature("mat2")
    if len(x.shape) != 2 or len(weight.shape) != 3 or call["bias"] is not None:
        return None
    sizes = (*x.shape, weight.shape[2])
    return call.step([x, weight], Einsum, "nk,nkm->nm", sizes, name="experts")


def _two(call: Call, name: str) -> tuple[Size, Size]:
    one, other = call.record.sizes.shape(call[name])
    return one, other


OPERATIONS: Mapping[str, Operation] = {
    "linear": _linear,
    "addmm": _addmm,
    "mm": _mm,
    "bmm": _mm,
    "mv": _mm,
    "baddbmm": lambda call: _added(call, _product(call, "batch1", "batch2")),
    "dot": _dot,
    "einsum": _einsum,
    "_grouped_mm": _grouped,
    "bilinear": _bilinear,
}
