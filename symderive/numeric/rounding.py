r"""How inexact one floating-point evaluation of a function is.

A difference quotient divides the error of evaluating f by the step ε, so its noise can only be stated if
that error is known. ulp(f)/2 is the error of a perfect evaluation; a real one accumulates more. It is
measured here with a difference table: over a few points so close together that f is a straight line, every
difference of high order is nothing but rounding (Hamming 1973, ch. 6; Moré & Wild, "Estimating computational
noise", SIAM J. Sci. Comput. 33, 2011, eq. 2.4).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symderive.errors import SymderiveError

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], ArrayLike]

UNIT_ROUNDOFF = 2.0**-53
_POINTS = 12
_ORDERS = range(4, 8)
_SHIFTS = range(-52, -36, 2)  # exponents of the spacing, which also has 15 random bits


def evaluate(f: Function, point: FloatArray) -> FloatArray:
    """Evaluate f and insist on real numbers.

    Args:
        f: The function, any shape to any shape.
        point: Where.

    Returns:
        The value as a float64 array of its own shape.

    Raises:
        SymderiveError: if f returns complex numbers.

    >>> evaluate(np.sum, np.ones(3))
    array(3.)
    """
    value = np.asarray(f(point))
    if np.iscomplexobj(value):
        raise SymderiveError(
            "difference quotient: the function returns complex numbers for a real argument; "
            "return its real part."
        )
    return value.astype(np.float64)


def evaluation_noise(f: Function, point: ArrayLike, *, seed: int = 0) -> FloatArray:
    r"""Standard deviation of the rounding error in evaluating f near a point.

    σ_k² = (k!)²/(2k)! · mean_i (Δ^k f_i)², the largest over k = 4 … 7 (Moré & Wild 2011, eq. 2.4), over 12
    equispaced points whose coordinates are exact in float64, so that only the rounding inside f is seen.
    Eight spacings between 2⁻³⁷ and 2⁻²¹ are used: over a short one a rounded intermediate may not change at
    all, and at an unlucky one it changes by whole units, both of which would look like no error.

    Args:
        f: The function, any shape to any shape.
        point: Where, any shape.
        seed: Chooses the direction of the points; the same seed gives the same estimate.

    Returns:
        σ for every entry of the output, in the shape of the output. NaN where f is not finite.

    >>> one = evaluation_noise(lambda x: np.exp(x), 0.5)  # about a third of an ulp
    >>> bool(0.1 < one / np.spacing(np.exp(0.5)) < 2)
    True
    >>> float(evaluation_noise(lambda x: 2 * x, 0.5))  # exact
    0.0
    """
    where = np.asarray(point, dtype=np.float64)
    rng = np.random.default_rng(seed)
    _, exponents = np.frexp(np.maximum(np.abs(where), 1.0))
    spreads = []
    with np.errstate(all="ignore"):
        for shift in _SHIFTS:
            odd = (2 * rng.integers(2**14, 2**15, size=where.shape) + 1).astype(np.float64)
            spreads.append(_table_noise(f, where, np.ldexp(odd, exponents + shift)))
    return np.asarray(np.max(spreads, axis=0))


def _table_noise(f: Function, where: FloatArray, direction: FloatArray) -> FloatArray:
    """The largest σ_k of one difference table."""
    rows = np.stack([evaluate(f, np.asarray(where + k * direction)) for k in range(_POINTS)])
    sigmas = []
    for order in _ORDERS:
        gamma = math.factorial(order) ** 2 / math.factorial(2 * order)
        sigmas.append(np.sqrt(gamma * np.mean(np.diff(rows, n=order, axis=0) ** 2, axis=0)))
    return np.asarray(np.max(sigmas, axis=0))


def granularity(values: ArrayLike) -> FloatArray:
    """Largest power of two of which all values are integer multiples.

    The values of 1 − p with p in [½, 1) lie on the grid of p, 2⁻⁵³, however small they are: this grid, not
    the spacing of the result, is what a difference of two of them can resolve.

    Args:
        values: Shape (k, …): k evaluations.

    Returns:
        The grid of the k evaluations of each entry, in the shape of one evaluation; 0 where all are zero,
        NaN where one is not finite.

    >>> float(granularity([0.75, 1.5])), float(granularity([1 - 0.7, 1 - 0.6])) == 2.0**-53
    (0.25, True)
    """
    samples = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(samples)
    mantissas, exponents = np.frexp(np.where(finite, samples, 0.0))
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    lowest = (integers & -integers).astype(np.float64)
    grids = np.where(samples == 0.0, np.inf, np.ldexp(lowest, exponents - 53))
    smallest = np.min(grids, axis=0)
    return np.asarray(np.where(finite.all(axis=0), np.where(np.isinf(smallest), 0.0, smallest), np.nan))


def reported_resolution(text: str) -> float:
    """Half a unit in the last place that a report prints.

    Args:
        text: A number as printed, such as `-0.16504242` or `1.20e-3`; a Unicode minus sign is accepted.

    Returns:
        The largest rounding error that printing can have caused. An integer without a point counts as
        printed to units.

    Raises:
        SymderiveError: if the text is not one number.

    >>> reported_resolution("-0.16504242"), reported_resolution("1.20e-3"), reported_resolution("42")
    (5e-09, 5e-06, 0.5)
    """
    plain = text.strip().replace("−", "-")
    mantissa, _, exponent = plain.lower().partition("e")
    try:
        float(plain)
        power = int(exponent or "0")
    except ValueError as error:
        raise SymderiveError(
            f"reading a reported value: {text!r} is not a number in decimal digits; "
            "write it as printed, for example -0.16504242."
        ) from error
    decimals = len(mantissa.partition(".")[2].replace("_", ""))
    return float(f"5e{power - decimals - 1}")
