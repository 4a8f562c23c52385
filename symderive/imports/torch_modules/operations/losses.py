"""Losses that torch computes as one operation: a function of each entry, then their mean or sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy

from symderive.functions.choice import where
from symderive.functions.comparisons import less, less_equal
from symderive.functions.kinked import absolute, larger
from symderive.functions.sigmoid import softplus
from symderive.imports.torch_modules.call import Call, Operation, number
from symderive.networks import Feature
from symderive.networks.operations import Reduction, argument

X, Y, W, V = map(argument, (1, 2, 3, 4))
_REDUCTIONS = {1: "mean", 2: "sum"}
_LEAST = sympy.Integer(-100)
"""Torch takes no logarithm to be below this in a cross-entropy of probabilities."""


def _together(call: Call, each: Feature) -> Feature:
    """The mean or the sum of all entries, or the entries, as `reduction` says."""
    kind = _REDUCTIONS.get(int(call["reduction"]))
    if kind is None:
        return each
    return call.step([each], Reduction, each.shape, tuple(range(len(each.shape))), kind, name=kind)


def _of_difference(body: Callable[[Call], sympy.Expr | None]) -> Operation:
    """A function of how far an entry is from its target, which is worked out once."""

    def loss(call: Call) -> Feature:
        far = call.pointwise(absolute(X - Y), call.feature("self"), call.feature("target"), name="distance")
        each = body(call)
        return _together(call, far if each is None else call.pointwise(each, far))

    return loss


def _smooth(call: Call) -> sympy.Expr | None:
    """`d²/(2β)` up to β, then `d − β/2`."""
    beta = number(call["beta"])
    return where(less(X, beta), X**2 / (2 * beta), X - beta / 2) if beta else None


def _huber(call: Call) -> sympy.Expr:
    """`d²/2` up to δ, then `δ(d − δ/2)`."""
    delta = number(call["delta"])
    return where(less_equal(X, delta), X**2 / 2, delta * (X - delta / 2))


def _squared(call: Call) -> Feature:
    return _together(call, call.pointwise((X - Y) ** 2, call.feature("self"), call.feature("target")))


def _weighted(call: Call, each: Feature) -> Feature:
    weight = call["weight"]
    return (
        each if weight is None else call.pointwise(X * Y, each, call.record.feature(weight), name="weighted")
    )


def _cross_entropy(call: Call) -> Feature:
    """`−y log x − (1 − y) log(1 − x)`."""
    body = -Y * larger(sympy.log(X), _LEAST) - (1 - Y) * larger(sympy.log(1 - X), _LEAST)
    each = call.pointwise(body, call.feature("self"), call.feature("target"))
    return _together(call, _weighted(call, each))


def _of_logits(call: Call) -> Feature:
    """`(1 − y) x + (1 + (w − 1) y) log(1 + exp(−x))`, where w weights the positive ones."""
    x, y, positive = call.feature("self"), call.feature("target"), call["pos_weight"]
    low = call.pointwise(softplus(-X), x, name="softplus")
    if positive is None:
        each = call.pointwise((1 - Y) * X + W, x, y, low)
    else:
        weight = call.record.feature(positive)
        each = call.pointwise((1 - Y) * X + (1 + (V - 1) * Y) * W, x, y, low, weight)
    return _together(call, _weighted(call, each))


def _margin(call: Call) -> Feature:
    """`log(1 + exp(−y x))`."""
    each = call.pointwise(softplus(-X * Y), call.feature("self"), call.feature("target"))
    return _together(call, each)


def _chosen(call: Call) -> tuple[Feature, ...]:
    """`−x[n, target[n]]`, perhaps weighted; the mean is over the sum of the weights of what was chosen."""
    y, weight = call.feature("target"), call["weight"]
    x = call.feature("self").with_shape(y.shape)
    if weight is None:
        made = _together(call, call.pointwise(-X, x, name="chosen"))
        return (made,) * len(call.tensors)
    of_each = call.record.feature(weight).with_shape(y.shape)
    each = call.pointwise(-X * Y, x, of_each, name="chosen")
    if int(call["reduction"]) != 1:
        return (_together(call, each),) * len(call.tensors)
    over = tuple(range(len(y.shape)))
    total, weights = (
        call.step([one], Reduction, y.shape, over, "sum", name="sum") for one in (each, of_each)
    )
    return call.pointwise(X / Y, total, weights, name="mean"), weights


OPERATIONS: Mapping[str, Operation] = {
    "mse_loss": _squared,
    "smooth_l1_loss": _of_difference(_smooth),
    "huber_loss": _of_difference(_huber),
    "binary_cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _of_logits,
    "soft_margin_loss": _margin,
    "nll_loss_forward": _chosen,
    "nll_loss2d_forward": _chosen,
}
