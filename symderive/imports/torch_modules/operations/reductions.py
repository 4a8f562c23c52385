"""Sums, means, extrema, norms over axes, and results that run along an axis."""

from __future__ import annotations

from collections.abc import Mapping

from symderive.imports.torch_modules.call import Call, Operation
from symderive.networks import Feature
from symderive.networks.operations import Reduction, Running


def _reduction(kind: str, dims: str = "dim") -> Operation:
    def reduced(call: Call) -> Feature:
        x = call.first
        return call.step([x], Reduction, x.shape, call.axes(dims, len(x.shape)), kind)

    return reduced


def _variance(call: Call) -> tuple[Feature, ...]:
    """With the mean behind it where that is a result too; the variance needs the mean anyway."""
    x = call.first
    axes = call.axes("dim", len(x.shape))
    given = call["correction"] if "correction" in call.arguments else call["unbiased"]
    correction = 1 if given is None else int(given)
    kind = "std" if call.name.startswith("std") else "var"
    made = call.step([x], Reduction, x.shape, axes, kind, correction)
    return (made,) * len(call.tensors)


_NORMS = {2.0: "norm2", 1.0: "norm1"}


def _norm(call: Call) -> Feature | None:
    order = call["ord"] if "ord" in call.arguments else call["p"]
    kind = _NORMS.get(float(2 if order is None else order))
    if kind is None:
        return None
    x = call.first
    return call.step([x], Reduction, x.shape, call.axes("dim", len(x.shape)), kind, name="norm")


def _extremum(kind: str) -> Operation:
    def extremum(call: Call) -> tuple[Feature, ...]:
        """The entries, and their places."""
        made = _reduction(kind)(call)
        return (made, made) if isinstance(made, Feature) else ()

    return extremum


def _running(kind: str) -> Operation:
    def running(call: Call) -> Feature:
        x = call.first
        return call.step([x], Running, x.shape, call.axes("dim", len(x.shape))[0], kind)

    return running


OPERATIONS: Mapping[str, Operation] = {
    "sum": _reduction("sum"),
    "mean": _reduction("mean"),
    "amax": _reduction("max"),
    "amin": _reduction("min"),
    "prod": _reduction("prod"),
    "argmax": _reduction("argmax"),
    "argmin": _reduction("argmin"),
    "logsumexp": _reduction("logsumexp"),
    "max": _extremum("max"),
    "min": _extremum("min"),
    "var": _variance,
    "var_mean": _variance,
    "std": _variance,
    "std_mean": _variance,
    "linalg_vector_norm": _norm,
    "norm": _norm,
    "cumsum": _running("sum"),
    "cumprod": _running("prod"),
}
