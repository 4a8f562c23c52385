"""Normalisations and softmax."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from symderive.imports.torch_modules.call import Call, Operation
from symderive.layers import BatchNorm1d, BatchNorm2d, BatchNorm3d, GroupNorm, LayerNorm, RMSNorm, Softmax
from symderive.networks import Feature
from symderive.networks.operations import Reduction, argument

_BATCH_NORMS = {0: BatchNorm1d, 1: BatchNorm1d, 2: BatchNorm2d, 3: BatchNorm3d}


def _batch_norm(call: Call) -> Feature | None:
    """As at inference, or with the statistics of the input, as instance normalisation is computed."""
    x = call.feature("input")
    batch, channels, *extents = x.shape
    if len(extents) not in _BATCH_NORMS:
        return None
    weights = (call["weight"], call["bias"], call["running_mean"], call["running_var"])
    is_training = bool(call["training"]) or call["running_mean"] is None
    return call.step(
        [x],
        _BATCH_NORMS[len(extents)],
        channels,
        *extents,
        batch=batch,
        training=is_training,
        affine=call["weight"] is not None,
        eps=call["eps"],
        weights=weights,
        name="norm",
    )


def _layer_norm(call: Call) -> Feature:
    x, count = call.feature("input"), len(call["normalized_shape"])
    own, batch = x.shape[len(x.shape) - count :], x.shape[: len(x.shape) - count]
    weight, bias = call["weight"], call["bias"]
    options = {"affine": weight is not None, "bias": bias is not None, "eps": call["eps"]}
    return call.step([x], LayerNorm, own, batch, **options, weights=(weight, bias), name="norm")


def _rms_norm(call: Call) -> Feature:
    x, count = call.feature("input"), len(call["normalized_shape"])
    own, batch = x.shape[len(x.shape) - count :], x.shape[: len(x.shape) - count]
    weight, eps = call["weight"], call["eps"]
    options = {"affine": weight is not None, **({} if eps is None else {"eps": eps})}
    return call.step([x], RMSNorm, own, batch, **options, weights=(weight,), name="norm")


def _group_norm(call: Call) -> Feature:
    x, weight = call.feature("input"), call["weight"]
    batch, channels, *extents = x.shape
    options = {"batch": batch, "affine": weight is not None, "eps": call["eps"]}
    weights = (weight, call["bias"])
    return call.step([x], GroupNorm, call["num_groups"], channels, tuple(extents), **options, weights=weights)


def _flat_group_norm(call: Call) -> Feature:
    """As group normalisation, of positions in a row."""
    weight = call["weight"]
    batch, channels, positions = (call.size(call[name]) for name in ("N", "C", "HxW"))
    options = {"batch": batch, "affine": weight is not None, "eps": call["eps"]}
    weights, groups = (weight, call["bias"]), call.size(call["group"])
    reads = [call.feature("input")]
    return call.step(
        reads, GroupNorm, groups, channels, (positions,), **options, weights=weights, name="norm"
    )


def _weight_norm(call: Call) -> tuple[Feature, ...]:
    """`v · g / ‖v‖`, with a norm for each position along an axis, and these norms."""
    v, g, axis = call.feature("v"), call.feature("g"), int(call["dim"])
    over = tuple(place for place in range(len(v.shape)) if place != axis % len(v.shape))
    norms = call.step([v], Reduction, v.shape, over, "norm2", name="norms").with_shape(g.shape)
    scale = call.pointwise(argument(1) / argument(2), g, norms, name="scale")
    return call.pointwise(argument(1) * argument(2), v, scale, name="weight"), norms


def _softmax(call: Call) -> Feature:
    x = call.feature("self")
    (axis,) = call.axes("dim", len(x.shape))
    return call.step([x], Softmax, x.shape[axis], x.shape[:axis], x.shape[axis + 1 :], name="softmax")


def _log_softmax(call: Call) -> Feature:
    """`x − log Σ exp x`."""
    x = call.feature("self")
    (axis,) = call.axes("dim", len(x.shape))
    total = call.step([x], Reduction, x.shape, (axis,), "logsumexp", name="logsumexp")
    kept = total.with_shape((*x.shape[:axis], sympy.S.One, *x.shape[axis + 1 :]))
    return call.pointwise(argument(1) - argument(2), x, kept, name="log_softmax")


OPERATIONS: Mapping[str, Operation] = {
    "native_batch_norm": _batch_norm,
    "_native_batch_norm_legit": _batch_norm,
    "_native_batch_norm_legit_no_training": _batch_norm,
    "native_layer_norm": _layer_norm,
    "_fused_rms_norm": _rms_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "native_group_norm": _flat_group_norm,
    "_weight_norm_interface": _weight_norm,
    "_softmax": _softmax,
    "_safe_softmax": _softmax,
    "_log_softmax": _log_softmax,
}
