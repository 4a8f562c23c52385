"""Sums, means, extrema, norms over axes, and results that run along an axis."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from symderive.functions.choice import where
from symderive.functions.comparisons import not_equal
from symderive.functions.kinked import absolute
from symderive.imports.torch_modules.call import Call, Operation, number
from symderive.networks import Feature
from symderive.networks.operations import Reduction, Running, argument


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


_NORMS = {2: "norm2", 1: "norm1"}
X = argument(1)


def norm_of(call: Call, x: Feature, axes: tuple[int, ...], order: sympy.Expr) -> Feature:
    """`(Σ |x|^p)^(1/p)`; the largest or smallest |x| for an infinite p, how many are not 0 for p = 0."""
    kind = _NORMS.get(order)
    if kind is not None:
        return call.step([x], Reduction, x.shape, axes, kind, name="norm")
    if order == 0:
        each, kind = not_equal(X, sympy.S.Zero), "sum"
    elif order in (sympy.oo, -sympy.oo):
        each, kind = absolute(X), "max" if order > 0 else "min"
    else:
        each, kind = absolute(X) ** order, "sum"
    made = call.step([call.pointwise(each, x, name="each")], Reduction, x.shape, axes, kind, name="norm")
    return call.pointwise(X ** (1 / order), made, name="root") if order.is_finite and order != 0 else made


def _norm(call: Call) -> Feature:
    given = call["ord"] if "ord" in call.arguments else call["p"]
    order = number(2 if given is None else given)
    return norm_of(call, call.first, call.axes("dim", len(call.first.shape)), order)


def _not_zero(kind: str) -> Operation:
    """A reduction of whether entries are not 0."""

    def reduced(call: Call) -> Feature:
        x = call.first
        true = call.pointwise(not_equal(X, sympy.S.Zero), x, name="not_zero")
        return call.step([true], Reduction, x.shape, call.axes("dim", len(x.shape)), kind)

    return reduced


def _without_nan(call: Call) -> Feature:
    """A sum of the entries that are numbers."""
    numbers = call.pointwise(where(not_equal(X, X), sympy.S.Zero, X), call.first, name="numbers")
    return call.step([numbers], Reduction, numbers.shape, call.axes("dim", len(numbers.shape)), "sum")


def _ends(call: Call) -> tuple[Feature, ...]:
    """The smallest and the largest entry."""
    x, axes = call.first, call.axes("dim", len(call.first.shape))
    return tuple(call.step([x], Reduction, x.shape, axes, kind, name=kind) for kind in ("min", "max"))


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


def _running_place(kind: str) -> Operation:
    def running(call: Call) -> tuple[Feature, ...]:
        """The entries, and their places."""
        made = _running(kind)(call)
        return (made, made) if isinstance(made, Feature) else ()

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
    "logcumsumexp": _running("logsumexp"),
    "cummax": _running_place("max"),
    "cummin": _running_place("min"),
    "all": _not_zero("min"),
    "any": _not_zero("max"),
    "count_nonzero": _not_zero("sum"),
    "nansum": _without_nan,
    "aminmax": _ends,
}
