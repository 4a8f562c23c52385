"""Functions of NumPy that have no derivative, or whose derivative depends on the order of the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from symderive.errors import SymderiveError

_NO_NAN = (
    "symbolic arrays hold numbers and no NaN; select what counts with np.where, and use the function "
    "without nan in its name"
)
_STEPS = "it is constant between jumps, so that its derivative is 0 wherever there is one"
_REMAINDER = "it jumps, and is a multiple of the divisor away from x; subtract that multiple if it is known"
_ORDER = (
    "which entry stands where depends on the numbers, and there is no formula in the entries; of order "
    "statistics np.max and np.min can be differentiated"
)
_TRUTH = "symbolic arrays hold finite numbers only, so that the answer is always the same"
_FLOATS = "it is a property of floating-point numbers"
_REASONS: dict[str, str] = {
    "nan_to_num": _NO_NAN, "nansum": _NO_NAN, "nanmean": _NO_NAN, "nanmax": _NO_NAN, "nanmin": _NO_NAN,
    "nanprod": _NO_NAN, "nanstd": _NO_NAN, "nanvar": _NO_NAN, "nancumsum": _NO_NAN, "nancumprod": _NO_NAN,
    "nanmedian": _NO_NAN, "nanpercentile": _NO_NAN, "nanquantile": _NO_NAN, "nanargmax": _NO_NAN,
    "nanargmin": _NO_NAN,
    "sort": _ORDER, "argsort": _ORDER, "partition": _ORDER, "argpartition": _ORDER, "lexsort": _ORDER,
    "median": _ORDER, "percentile": _ORDER, "quantile": _ORDER, "unique": _ORDER, "searchsorted": _ORDER,
    "interp": "between which samples a point lies depends on the numbers; write the pieces with np.where",
    "digitize": _STEPS, "histogram": _STEPS, "bincount": _STEPS, "round": _STEPS, "around": _STEPS,
    "fix": _STEPS,
    "nonzero": "how many entries are not 0 depends on the numbers; use np.where with three arguments",
    "corrcoef": "divide np.cov by the standard deviations, np.sqrt of its diagonal",
    "gradient": "it treats the two ends in another way; use np.diff, or differences of slices",
    "polyfit": "write the solution, np.linalg.solve(V.T @ V, V.T @ y) with V = np.vander(x, N)",
}  # fmt: skip
_UFUNCS: dict[str, str] = {
    "floor": _STEPS, "ceil": _STEPS, "trunc": _STEPS, "rint": _STEPS, "floor_divide": _STEPS,
    "remainder": _REMAINDER, "mod": _REMAINDER, "fmod": _REMAINDER, "divmod": _REMAINDER, "modf": _STEPS,
    "isnan": _TRUTH, "isinf": _TRUTH, "isfinite": _TRUTH, "signbit": "write the comparison, x < 0",
    "spacing": _FLOATS, "nextafter": _FLOATS, "frexp": _FLOATS,
}  # fmt: skip


def reason(name: str) -> str | None:
    """Why a function cannot be applied to symbolic arrays; None for those without an entry."""
    return _REASONS.get(name) or _UFUNCS.get(name)


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise SymderiveError(f"{name}: not supported on symbolic arrays: {reason(name)}.")

    return refused


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    getattr(np, name): _refusing(name) for name in _REASONS if hasattr(np, name)
}
UFUNCS: dict[str, Callable[..., NoReturn]] = {name: _refusing(name) for name in _UFUNCS}

__all__ = ["FUNCTIONS", "UFUNCS", "reason"]
