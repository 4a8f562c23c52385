"""Matrix products: linear layers, products of matrices in batches, einsum."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from string import ascii_lowercase as LETTERS

import sympy

from symderive.core.dims import Size
from symderive.imports.torch_modules.call import Call, Operation, number
from symderive.layers import Bilinear, Dense, Einsum
from symderive.layers.orders import Path
from symderive.networks import Feature
from symderive.networks.operations import Reduction, argument


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


def _scaled(call: Call) -> Feature:
    """A product of matrices of short numbers, scaled back and perhaps with a bias."""
    product, scales = _product(call, "self", "mat2"), [argument(2), argument(3)]
    reads = [product, call.feature("scale_a"), call.feature("scale_b")]
    body = argument(1) * sympy.Mul(*scales)
    if call["bias"] is not None:
        reads.append(call.feature("bias"))
        body += argument(4)
    return call.pointwise(body, *reads, name="scaled")


def _short_weight(call: Call) -> Feature:
    """`y[n, m] = scales[m] · Σ_k x[n, k] · weight[m, k]`, with a weight of short whole numbers."""
    x, weight, scales = (call.feature(name) for name in ("self", "mat2", "scales"))
    sizes = (*x.shape, weight.shape[0])
    product = call.step([x, weight], Einsum, "nk,mk->nm", sizes, name="matmul")
    return call.pointwise(argument(1) * argument(2), product, scales, name="scaled")


def _dot(call: Call) -> Feature:
    one, other = (call.record.feature(value) for value in call.given())
    return call.step([one, other], Einsum, "i,i->", one.shape, name="dot")


def _of_rows(call: Call) -> Feature | None:
    """`y[n] = Σ_i x[n, i] · y[n, i]` for arrays of one shape."""
    one, other = call.feature("x"), call.feature("y")
    if one.shape != other.shape:
        return None
    (axis,), letters = call.axes("dim", len(one.shape)), LETTERS[: len(one.shape)]
    subscripts = f"{letters},{letters}->{letters.replace(letters[axis], '')}"
    return call.step([one, other], Einsum, subscripts, one.shape, name="dot")


def _outer(call: Call) -> Feature:
    """`beta · self + alpha · vec1 vec2ᵀ`."""
    one, other = call.feature("vec1"), call.feature("vec2")
    product = call.step([one, other], Einsum, "i,j->ij", (*one.shape, *other.shape), name="outer")
    return _added(call, product)


def _over_batches(call: Call) -> Feature:
    """`beta · self + alpha · Σ_b batch1[b] batch2[b]`."""
    one, other = call.feature("batch1"), call.feature("batch2")
    product = call.step([one, other], Einsum, "bij,bjk->ik", (*one.shape, other.shape[-1]), name="matmul")
    return _added(call, product)


def _kron(call: Call) -> Feature:
    """`y[i, k, j, l] = x1[i, j] · x2[k, l]`, with two axes of the result for each of an operand."""
    one, other = call.feature("self"), call.feature("other")
    rank = max(len(one.shape), len(other.shape))
    shapes = [(*(sympy.S.One,) * (rank - len(x.shape)), *x.shape) for x in (one, other)]
    first, second = LETTERS[:rank], LETTERS[rank : 2 * rank]
    result = "".join(pair for both in zip(first, second, strict=True) for pair in both)
    made = Einsum.of(f"{first},{second}->{result}", *shapes)
    return call.step([one, other], Einsum, made.subscripts, made.sizes, name="kron")


def _chain(call: Call) -> Feature:
    """A product of several matrices, in the order that takes the fewest multiplications."""
    reads = [call.record.feature(one) for one in call["tensors"]]
    front, back = (len(one.shape) == 1 for one in (reads[0], reads[-1]))
    parts = ["".join(pair) for pair in pairwise(LETTERS[: len(reads) + 1])]
    result = parts[0][:1] * (not front) + parts[-1][1:] * (not back)
    parts[0], parts[-1] = parts[0][front:], parts[-1][: 2 - back]
    subscripts = f"{','.join(parts)}->{result}"
    made = Einsum.of(subscripts, *(one.shape for one in reads))
    order = _fewest(call, made)
    return call.step(reads, Einsum, made.subscripts, made.sizes, order, name="matmul")


def _fewest(call: Call, made: Einsum) -> Path:
    """The order that takes the fewest products where the model runs; a condition says so of other sizes."""
    costs = made.macs_by_order()
    order = min(costs, key=lambda path: call.record.sizes.value(costs[path]))
    for other in costs.values():
        if other != costs[order]:
            sentence = f"a product of matrices: another order takes {other} multiplications."
            call.record.trace.require(sympy.Le(costs[order], other), sentence)
    return order


def _cross(call: Call) -> Feature:
    """`y[i] = x1[i + 1] · x2[i + 2] − x1[i + 2] · x2[i + 1]`, positions taken round."""
    one, other = call.feature("self"), call.feature("other")
    body = argument(1) * argument(4) - argument(2) * argument(3)
    return call.pointwise(body, one, one, other, other, name="cross")


def _trace(call: Call) -> Feature:
    """The sum of the entries of the diagonal."""
    x = call.feature("self")
    size = sympy.Min(*x.shape) if x.shape[0] != x.shape[1] else x.shape[0]
    return call.step([x.with_shape((size,))], Reduction, (size,), (0,), "sum", name="trace")


def _trilinear(call: Call) -> Feature:
    """A product of three arrays, each of them stretched along some axes, summed over others."""
    reads = [call.feature(name) for name in ("i1", "i2", "i3")]
    stretched = [set(call[name]) for name in ("expand1", "expand2", "expand3")]
    rank = len(reads[0].shape) + len(stretched[0])
    parts = [
        "".join(one for axis, one in enumerate(LETTERS[:rank]) if axis not in gone) for gone in stretched
    ]
    result = "".join(one for axis, one in enumerate(LETTERS[:rank]) if axis not in call["sumdim"])
    made = Einsum.of(f"{','.join(parts)}->{result}", *(one.shape for one in reads))
    return call.step(reads, Einsum, made.subscripts, made.sizes, made.order, name="bilinear")


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
    "_int_mm": _mm,
    "_scaled_mm": _scaled,
    "_weight_int8pack_mm": _short_weight,
    "bmm": _mm,
    "mv": _mm,
    "baddbmm": lambda call: _added(call, _product(call, "batch1", "batch2")),
    "dot": _dot,
    "vdot": _dot,
    "linalg_vecdot": _of_rows,
    "addmv": lambda call: _added(call, _product(call, "mat", "vec")),
    "addr": _outer,
    "addbmm": _over_batches,
    "kron": _kron,
    "linalg_multi_dot": _chain,
    "linalg_cross": _cross,
    "trace": _trace,
    "_trilinear": _trilinear,
    "einsum": _einsum,
    "_grouped_mm": _grouped,
    "bilinear": _bilinear,
}
CONTRACTIONS = tuple(OPERATIONS)
