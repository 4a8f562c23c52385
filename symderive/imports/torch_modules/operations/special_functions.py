"""Functions of each entry that are rarer than activations: rounding, logic, special functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.functions import by_call
from symderive.functions.choice import where
from symderive.functions.comparisons import either, equal, less, not_equal
from symderive.functions.kinked import absolute, larger, signum, smaller
from symderive.imports.torch_modules.call import Call, Made, Operation, number
from symderive.imports.torch_modules.operations.pointwise import of_entries
from symderive.networks import Feature
from symderive.networks.operations import argument

LIMIT = sympy.Symbol("limit", positive=True)
ONE = {
    "digamma": "scipy.special.digamma", "erfc": "scipy.special.erfc", "erfinv": "scipy.special.erfinv",
    "lgamma": "scipy.special.gammaln", "i0": "scipy.special.i0", "special_i0e": "scipy.special.i0e",
    "special_i1": "scipy.special.i1", "special_i1e": "scipy.special.i1e",
    "special_entr": "scipy.special.entr", "special_erfcx": "scipy.special.erfcx",
    "special_ndtri": "scipy.special.ndtri", "special_log_ndtr": "scipy.special.log_ndtr",
    "deg2rad": "numpy.deg2rad", "rad2deg": "numpy.rad2deg",
}  # fmt: skip
TWO = {
    "atan2": "numpy.arctan2", "copysign": "numpy.copysign", "fmax": "numpy.fmax", "fmin": "numpy.fmin",
    "hypot": "numpy.hypot", "logaddexp": "numpy.logaddexp", "logaddexp2": "numpy.logaddexp2",
    "xlogy": "scipy.special.xlogy", "special_xlog1py": "scipy.special.xlog1py",
}  # fmt: skip
"""The functions of NumPy and SciPy that functions of torch are."""


def _named(names: Mapping[str, str], *arguments: str) -> dict[str, Operation]:
    known = by_call()
    return {name: of_entries(known[call].make, *arguments) for name, call in names.items()}


def truncated(x: Any) -> Any:
    """A number without what is behind its point."""
    return signum(x) * sympy.floor(absolute(x))


def rounded(x: Any) -> Any:
    """The nearest whole number."""
    return sympy.floor(x + sympy.S.Half)


_ROUNDINGS: Mapping[Any, Callable[[Any], Any]] = {"floor": sympy.floor, "trunc": truncated}


def _quotient(rounding: Callable[[Any], Any]) -> Operation:
    """A function of a quotient."""
    return of_entries(lambda x, y: rounding(x / y), "self", "other")


def _rounded_quotient(call: Call) -> Made:
    """A quotient, perhaps rounded."""
    return _quotient(_ROUNDINGS.get(call["rounding_mode"], lambda x: x))(call)


def _logit(x: Any, least: Any) -> Any:
    bounded = x if least is None else smaller(larger(x, least), 1 - least)
    return sympy.log(bounded / (1 - bounded))


def _without_nan(x: Any) -> Any:
    """Other numbers in place of what is none and of what is infinite."""
    none, high, low = (sympy.Symbol(name, real=True) for name in ("none", "high", "low"))
    finite = where(equal(x, sympy.Symbol("highest")), high, where(equal(x, sympy.Symbol("lowest")), low, x))
    return where(not_equal(x, x), none, finite)


def _leaky(call: Call) -> Feature | None:
    """As at inference: the mean of the two slopes below 0."""
    if call["training"]:
        return None
    x, slope = argument(1), (number(call["lower"]) + number(call["upper"])) / 2
    return call.pointwise(where(less(x, sympy.S.Zero), slope * x, x), call.feature("self"))


def _is_true(x: Any) -> Any:
    return not_equal(x, sympy.S.Zero)


def _quantised(x: Any, scale: Any, zero: Any, low: Any, high: Any) -> Any:
    """The number that a whole number within bounds stands for."""
    return (smaller(larger(rounded(x / scale) + zero, low), high) - zero) * scale


OPERATIONS: Mapping[str, Operation] = {
    **_named(ONE, "self"),
    **_named(TWO, "self", "other"),
    "ceil": of_entries(sympy.ceiling, "self"),
    "floor": of_entries(sympy.floor, "self"),
    "round": of_entries(rounded, "self"),
    "trunc": of_entries(truncated, "self"),
    "frac": of_entries(lambda x: x - truncated(x), "self"),
    "div": _rounded_quotient,
    "floor_divide": _quotient(sympy.floor),
    "remainder": of_entries(lambda x, y: x - y * sympy.floor(x / y), "self", "other"),
    "fmod": of_entries(lambda x, y: x - y * truncated(x / y), "self", "other"),
    "ldexp": of_entries(lambda x, y: x * 2**y, "self", "other"),
    "logit": of_entries(_logit, "self", "eps"),
    "nan_to_num": of_entries(_without_nan, "self"),
    "isnan": of_entries(lambda x: not_equal(x, x), "self"),
    "isinf": of_entries(lambda x: equal(absolute(x), LIMIT), "self"),
    "isposinf": of_entries(lambda x: equal(x, LIMIT), "self"),
    "isneginf": of_entries(lambda x: equal(x, -LIMIT), "self"),
    "sgn": of_entries(signum, "self"),
    "signbit": of_entries(lambda x: less(x, sympy.S.Zero), "self"),
    "heaviside": of_entries(
        lambda x, at: where(equal(x, sympy.S.Zero), at, less(sympy.S.Zero, x)), "self", "values"
    ),
    "logical_not": of_entries(lambda x: equal(x, sympy.S.Zero), "self"),
    "logical_and": of_entries(lambda x, y: smaller(_is_true(x), _is_true(y)), "self", "other"),
    "logical_or": of_entries(lambda x, y: either(_is_true(x), _is_true(y)), "self", "other"),
    "logical_xor": of_entries(lambda x, y: not_equal(_is_true(x), _is_true(y)), "self", "other"),
    "polygamma": of_entries(lambda order, x: sympy.polygamma(order, x), "n", "self"),
    "rrelu_with_noise": _leaky,
    "fake_quantize_per_tensor_affine": of_entries(
        _quantised, "self", "scale", "zero_point", "quant_min", "quant_max"
    ),
}
