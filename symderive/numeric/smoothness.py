r"""How a function bends along one coordinate: its second and third derivative, or that it has a kink there.

A five-point stencil of half-width 2t gives |L''| and |L'''|. The step t is chosen far from the step ε of the
quotient that is being judged, and the two must tell the same story: for a smooth function the gap between
the forward and the backward quotient shrinks in proportion to the step, at a kink it does not shrink at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symderive.numeric.rounding import UNIT_ROUNDOFF, FloatArray

Line = Callable[[float], FloatArray]
_WIDEST = UNIT_ROUNDOFF ** (1 / 5)
_SHRINK = 8.0
_FAR = 16.0
_TOLERANCE = 4.0


@dataclass(frozen=True)
class Bend:
    """Derivatives along a line at its origin, each with the shape of the function's value.

    Attributes:
        slope: L′, from the five-point formula.
        second: Bound of |L″|.
        third: Bound of |L‴|.
        smooth: Where the values found are those of a smooth function; elsewhere the other attributes mean
            nothing.
        inside: Where the stencil is narrower than the step of the quotient.
    """

    slope: FloatArray
    second: FloatArray
    third: FloatArray
    smooth: NDArray[np.bool_]
    inside: NDArray[np.bool_]


@dataclass(frozen=True)
class Triple:
    """A function at −ε, 0 and ε along one coordinate, as a quotient uses it.

    Attributes:
        line: t ↦ f at distance t along the coordinate.
        epsilon: The step ε.
        behind: line(−ε).
        centre: line(0).
        ahead: line(ε).
        pair_error: Bound of the evaluation error of a difference of two values, in the shape of `centre`.
    """

    line: Line
    epsilon: float
    behind: FloatArray
    centre: FloatArray
    ahead: FloatArray
    pair_error: FloatArray


def bend(triple: Triple, magnitude: float) -> Bend:
    """Measure L′, L″, L‴ at the origin of a line and look for a kink within ε of it.

    Stencils are tried from wide to narrow until one is finite and fits the values at ±ε, for every output
    separately.

    Args:
        triple: The values that the quotient uses.
        magnitude: |x| of the coordinate.

    Returns:
        The measured bend.

    >>> def measured(f, x, epsilon):
    ...     line = lambda t: np.asarray(f(x + t))
    ...     values = line(-epsilon), line(0.0), line(epsilon)
    ...     return bend(Triple(line, epsilon, *values, np.asarray(4e-16)), abs(x))
    >>> wave = measured(np.sin, 1.0, 1e-8)
    >>> bool(wave.smooth), round(float(wave.second), 4), round(float(wave.third), 4)
    (True, 0.8415, 0.5403)
    >>> bool(measured(np.abs, 0.0, 1e-8).smooth)
    False
    """
    shape = triple.centre.shape
    slope, second, third = (np.full(shape, np.nan) for _ in range(3))
    smooth, inside = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    # The step that float64 can take from x differs from ε by up to ulp(x): that counts as round-off of f.
    shift = 2 * float(np.spacing(max(magnitude, triple.epsilon)))
    for t in _companions(triple.epsilon, magnitude):
        trial = _stencil(triple, t)
        slack = 2 * (triple.pair_error + shift * np.abs(trial[0]))
        fits = (
            _narrow_fits(triple, t, *trial, slack)
            if t < triple.epsilon
            else _wide_fits(triple, trial[1], slack)
        )
        chosen = fits & ~smooth & np.isfinite(trial[0] + trial[1] + trial[2])
        slope, second, third = (
            np.where(chosen, new, old) for new, old in zip(trial, (slope, second, third), strict=True)
        )
        inside = np.where(chosen, t < triple.epsilon, inside)
        smooth = smooth | chosen
        if smooth.all():
            break
    return Bend(slope, second, third, smooth, inside)


def _wide_fits(triple: Triple, second: FloatArray, slack: FloatArray) -> NDArray[np.bool_]:
    """The gap at ±ε is as small as the second derivative, measured far outside ±ε, foretells."""
    gap = np.abs(triple.ahead - 2 * triple.centre + triple.behind)
    return np.asarray(gap <= _TOLERANCE * triple.epsilon**2 * second + slack)


def _narrow_fits(
    triple: Triple, t: float, slope: FloatArray, second: FloatArray, third: FloatArray, slack: FloatArray
) -> NDArray[np.bool_]:
    """The gap at ±t has shrunk in proportion, and the derivatives at the origin foretell both quotients."""
    line, centre, epsilon = triple.line, triple.centre, triple.epsilon
    gap = np.abs(triple.ahead - 2 * centre + triple.behind)
    own_gap = np.abs(line(t) - 2 * centre + line(-t))
    reach = _TOLERANCE * (epsilon * second / 2 + epsilon**2 * third / 6) + slack / epsilon
    fits = own_gap <= _TOLERANCE * gap * (t / epsilon) ** 2 + slack
    fits &= np.abs((triple.ahead - centre) / epsilon - slope) <= reach
    fits &= np.abs((centre - triple.behind) / epsilon - slope) <= reach
    return np.asarray(fits)


def _companions(epsilon: float, magnitude: float) -> Iterator[float]:
    """Steps of the stencil: first those far above ε, then two below it."""
    t = _WIDEST * max(1.0, magnitude)
    while t >= _FAR * epsilon:
        yield t
        t /= _SHRINK
    yield epsilon / _SHRINK
    yield epsilon / _SHRINK**2


def _stencil(triple: Triple, t: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Five-point L′, |L″|, |L‴| (Abramowitz & Stegun, table 25.2), the last two with their round-off."""
    line = triple.line
    back2, back1, ahead1, ahead2 = line(-2 * t), line(-t), line(t), line(2 * t)
    slope = (8 * (ahead1 - back1) - (ahead2 - back2)) / (12 * t)
    second = np.abs(16 * (ahead1 + back1) - (ahead2 + back2) - 30 * triple.centre) / (12 * t**2)
    third = np.abs((ahead2 - back2) - 2 * (ahead1 - back1)) / (2 * t**3)
    return slope, second + 3 * triple.pair_error / t**2, third + 2 * triple.pair_error / t**3
