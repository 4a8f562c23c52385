r"""How inexact a piece of NumPy code is at one point, by carrying it out with other roundings.

Every operation is given operands and returns a result that are wrong by the unit round-off, up or down at
random; what the value of the whole does then is what rounding can do to it (Monte Carlo arithmetic: Parker,
"Monte Carlo Arithmetic", UCLA CSD-970002, 1997). Equal numbers are wrong by the same, as in real rounding. A
difference table (`rounding.evaluation_noise`) does not see an intermediate value that is rounded to the same
number over a wide range: `1 − tanh(z)²` for large z. Operations without rounding (comparisons, maxima, moves
of entries, adding 0, multiplying by 1) stay exact, so that `z == max(z)` holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symderive.numeric.rounding import UNIT_ROUNDOFF, FloatArray

_RUNS = 4
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_HALF_THE_DIGITS = 1e-7
_MARGIN = 3.0  # a few runs do not show the worst
_EXACT_UFUNCS = frozenset({
    "negative", "positive", "absolute", "fabs", "sign", "maximum", "minimum", "fmax", "fmin", "greater",
    "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not",
    "isfinite", "isnan", "isinf", "floor", "ceil", "rint", "trunc", "heaviside", "bitwise_and", "bitwise_or",
    "invert", "signbit", "copysign", "conjugate",
})  # fmt: skip
_EXACT_FUNCTIONS = frozenset({
    "where", "pad", "concatenate", "stack", "vstack", "hstack", "diag", "diagonal", "tril", "triu",
    "transpose", "reshape", "ravel", "roll", "flip", "repeat", "tile", "max", "min", "amax", "amin",
    "clip", "take", "sort", "broadcast_to", "expand_dims", "squeeze", "swapaxes", "moveaxis",
    "zeros_like", "ones_like", "full_like", "copy", "argmax", "argmin", "shape", "ndim", "size", "any",
    "all", "append", "fill_diagonal", "atleast_1d", "atleast_2d", "sign", "delete", "insert", "block",
    "array_equal", "count_nonzero", "empty_like", "flatnonzero",
})  # fmt: skip


class Rounded(np.ndarray):
    """An array of which every operation makes a small random error."""

    seed: int

    def __array_finalize__(self, parent: Any) -> None:
        """Views and copies make the same errors."""
        self.seed = getattr(parent, "seed", 0)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Carry out with the errors that rounding may make; sums and products of many, operands too."""
        exact = ufunc.__name__ in _EXACT_UFUNCS
        inner = not exact and (method != "__call__" or ufunc.signature is not None)
        operands = [self._disturbed(one) if inner else _plain(one) for one in inputs]
        kwargs = {name: _plain(value) for name, value in kwargs.items()}
        made = getattr(ufunc, method)(*operands, **kwargs)
        if method == "__call__" and ufunc.__name__ in _NEUTRAL:
            return self._wrapped(made, _NEUTRAL[ufunc.__name__](*operands))
        return self._wrapped(made, exact)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Functions that only move entries stay exact; others make errors in operands and results."""
        exact = getattr(func, "__name__", "") in _EXACT_FUNCTIONS
        if exact or (func is np.einsum and len(args) == 2):
            moved = func(
                *_mapped(args, _plain), **{name: _mapped(one, _plain) for name, one in kwargs.items()}
            )
            if isinstance(moved, np.ndarray) and np.may_share_memory(moved, _plain(self)):
                return rounded(moved, self.seed)  # a view, through which entries may be written
            if exact:
                return self._wrapped(moved, exact)
        words = {name: _mapped(one, self._disturbed) for name, one in kwargs.items()}
        return self._wrapped(func(*_mapped(args, self._disturbed), **words), exact)

    def _disturbed(self, value: Any) -> Any:
        """The value with relative errors of two units of round-off, the same for equal numbers."""
        given = _plain(value)
        if not isinstance(value, Rounded) or given.dtype.kind != "f":
            return given
        return np.asarray(given * (1 + 2 * UNIT_ROUNDOFF * _signs(given, self.seed)))

    def _wrapped(self, value: Any, exact: Any) -> Any:
        if isinstance(value, tuple):
            parts = [self._wrapped(one, exact) for one in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        if not isinstance(value, (np.ndarray, np.floating)) or value.dtype.kind != "f":
            return value
        made = rounded(value, self.seed)
        return rounded(np.where(exact, _plain(made), self._disturbed(made)), self.seed)


def rounded(value: Any, seed: int) -> Rounded:
    """The array as one whose operations make errors; another seed, other errors."""
    made: Rounded = np.asarray(value, dtype=np.float64).view(Rounded)
    made.seed = seed
    return made


def _is_power_of_two(value: Any) -> Any:
    """Whether a factor changes the exponent only, or makes the product 0."""
    mantissa = np.abs(np.frexp(value)[0])
    return (mantissa == 0.5) | (mantissa == 0)


# Where a sum or product of two numbers is exact: adding 0, multiplying by 1.
_NEUTRAL: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: (np.equal(x, 0)) | (np.equal(y, 0)),
    "subtract": lambda x, y: (np.equal(x, 0)) | (np.equal(y, 0)) | np.equal(x, y),
    "multiply": lambda x, y: _is_power_of_two(x) | _is_power_of_two(y),
    "divide": lambda x, y: _is_power_of_two(y),
}


def _signs(values: FloatArray, seed: int) -> FloatArray:
    """−1 or 1 for every number, mixed from its bits and the seed (SplitMix64: Steele, Lea & Flood, 2014)."""
    with np.errstate(over="ignore"):
        mixed = np.asarray(values, dtype=np.float64).view(np.uint64) + np.uint64(seed + 1) * _STEP
        for shift, factor in _MIX:
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return np.where(mixed >> np.uint64(63), 1.0, -1.0)


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return _mapped(value, _plain)
    return value.view(np.ndarray) if isinstance(value, Rounded) else value


def _mapped(value: Any, treat: Callable[[Any], Any]) -> Any:
    """`treat` applied to the arrays in nested tuples and lists."""
    if isinstance(value, (tuple, list)):
        return type(value)(_mapped(one, treat) for one in value)
    return treat(value) if isinstance(value, Rounded) else value


def rounding_noise(
    function: Callable[[Mapping[str, Any]], Any], arrays: Mapping[str, Any], *, seed: int = 0
) -> tuple[FloatArray, ...]:
    """What rounding can do to the results of a function of arrays.

    Args:
        function: takes arrays by name, returns an array or a tuple of arrays.
        arrays: where; they are taken as exact.
        seed: of the errors; the same seed gives the same estimate.

    Returns:
        for each result an estimate of the largest error, in its shape; 0 where the function cannot be carried
        out with other roundings, and infinite where rounding decides half of the digits: the result jumps
        there, as `np.where(x > y, …)` does at x = y.

    >>> def slope(arrays):
    ...     return 1 - np.tanh(arrays["x"]) ** 2
    >>> (noise,) = rounding_noise(slope, {"x": np.array([0.5, 17.0])})
    >>> bool(noise[0] < 1e-14), bool(1e-16 < noise[1] < 1e-14)  # of the value 7e-15
    (True, True)
    >>> at_jump = {"x": np.array([0.1, 2.0]), "y": np.array([0.3, 1.0])}
    >>> rounding_noise(lambda a: np.where(3 * a["x"] > a["y"], 1.0, 2.0), at_jump)
    (array([inf,  0.]),)
    """
    with np.errstate(all="ignore"):
        right = _tuple(function(arrays))
        worst = [np.zeros(np.shape(one)) for one in right]
        for run in range(_RUNS):
            try:
                given = {name: rounded(value, _RUNS * seed + run) for name, value in arrays.items()}
                found = _tuple(function(given))
            except (np.linalg.LinAlgError, TypeError, ValueError):
                continue
            for place, (one, other) in enumerate(zip(right, found, strict=True)):
                apart = np.abs(np.asarray(one, dtype=np.float64) - np.asarray(_plain(other)))
                worst[place] = np.maximum(worst[place], np.where(np.isfinite(apart), apart, np.inf))
    return tuple(_jumps_apart(one, _MARGIN * error) for one, error in zip(right, worst, strict=True))


def _jumps_apart(value: Any, error: FloatArray) -> FloatArray:
    """The errors, infinite where they are larger than rounding alone makes them."""
    largest = max(1.0, float(np.max(np.abs(np.nan_to_num(value)), initial=0.0)))
    return np.asarray(np.where(error > _HALF_THE_DIGITS * largest, np.inf, error))


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
