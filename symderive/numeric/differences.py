r"""Difference quotients of a function with respect to every entry of an array, each with its noise.

One-sided: (f(x+ε) − f(x))/ε,      noise ε/2·|L″| + ε²/6·|L‴| + e/ε.
Central:   (f(x+ε) − f(x−ε))/(2ε), noise ε²/6·|L‴| + e/(2ε).
(Nocedal & Wright, Numerical Optimization, 2nd ed., §8.1.) e bounds the evaluation error of a difference of
two values: not ulp(f), which is for a perfect f, but what a difference table measures
(`rounding.evaluation_noise`). L″ and L‴ come from five-point stencils with another step (`smoothness.bend`).
To the round-off is added what the rounding of x + ε does. Complex step: Im f(x + iε)/ε, no subtraction
(Squire & Trapp, SIAM Review 40, 1998; Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 1, on why the
first two lose half and a third of the digits).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symderive.errors import SymderiveError
from symderive.numeric.rounding import FloatArray, Function, evaluate, evaluation_noise, granularity
from symderive.numeric.smoothness import Triple, bend
from symderive.numeric.steps import Method, default_epsilon, noise_quantum

_DEVIATIONS = 6.0
_LEAST_ULPS = 4.0  # a value that seldom jumps shows no spread in a few points
_MARGIN = 1.25  # for the terms of next order
_MEASURED_MORE_THAN_GRID = 4.0


@dataclass(frozen=True)
class Difference:
    """Difference quotients of f with respect to every entry of an array.

    Attributes:
        value: The quotients, shape output.shape + wrt.shape.
        noise: Bound of |value − derivative|, entry by entry; infinite where nothing can be said (a kink, a
            value that is not finite), so that no comparison passes there.
        truncation: The part of the noise that grows with ε.
        round_off: The part of the noise that shrinks with ε.
        quantum: Smallest step in which the quotient can change: one grid step of f over ε.
        method: "one-sided", "central" or "complex-step".
        epsilon: The step ε.
    """

    value: FloatArray
    noise: FloatArray
    truncation: FloatArray
    round_off: FloatArray
    quantum: FloatArray
    method: Method
    epsilon: float

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """Where the quotient says nothing: a kink within ε, or values that are not finite."""
        return ~np.isfinite(self.noise)


def one_sided(
    f: Function, at: ArrayLike, *, epsilon: float | None = None, evaluation_error: ArrayLike | None = None
) -> Difference:
    """Forward difference quotient (f(x+ε) − f(x))/ε with respect to every entry.

    Args:
        f: Takes an array of the shape of `at`, returns an array of any shape.
        at: The point x, any shape.
        epsilon: The step, the same for every entry; by default √u · max(1, max|x|).
        evaluation_error: Bound of |fl(f) − f|, a number or of the shape of the output; by default it is
            measured.

    Returns:
        Quotients of shape output.shape + at.shape with their noise.

    Raises:
        SymderiveError: if f returns complex numbers or ε is not a positive number.

    >>> quotient = one_sided(lambda x: x @ x, [1.0, 2.0, 3.0], epsilon=1e-6)
    >>> quotient.value.round(4), bool(np.all(abs(quotient.value - [2, 4, 6]) <= quotient.noise))
    (array([2., 4., 6.]), True)
    """
    return _real_step(f, at, "one-sided", epsilon, evaluation_error)


def central(
    f: Function,
    at: ArrayLike,
    *,
    epsilon: float | None = None,
    evaluation_error: ArrayLike | None = None,
    least_error: ArrayLike = 0.0,
) -> Difference:
    """Central difference quotient (f(x+ε) − f(x−ε))/(2ε) with respect to every entry.

    Args:
        f: Takes an array of the shape of `at`, returns an array of any shape.
        at: The point x, any shape.
        epsilon: The step, the same for every entry; by default u^(1/3) · max(1, max|x|).
        evaluation_error: Bound of |fl(f) − f|, a number or of the shape of the output; by default it is
            measured.
        least_error: What is known about |fl(f) − f| otherwise (`rounded.rounding_noise`); the larger of it
            and of what is measured is taken.

    Returns:
        Quotients of shape output.shape + at.shape with their noise.

    Raises:
        SymderiveError: if f returns complex numbers or ε is not a positive number.

    >>> jacobian = central(lambda x: np.array([x[0] * x[1], x[1]]), [2.0, 3.0])
    >>> jacobian.value.round(6), bool(jacobian.noise.max() < 1e-8)
    (array([[3., 2.],
           [0., 1.]]), True)
    >>> central(lambda x: np.maximum(x, 0).sum(), [1.0, 0.0]).undecided
    array([False,  True])
    """
    return _real_step(f, at, "central", epsilon, evaluation_error, least_error)


def complex_step(
    f: Callable[[NDArray[np.complex128]], ArrayLike], at: ArrayLike, *, epsilon: float | None = None
) -> Difference:
    """Complex-step quotient Im f(x + iε)/ε with respect to every entry, exact to rounding for analytic f.

    Every entry is compared with the central quotient; where the two disagree f is not analytic (an absolute
    value, a comparison, a conjugate), and the entry is undecided.

    Args:
        f: Takes a complex array of the shape of `at` (and a real one), returns an array of any shape.
        at: The point x, any shape.
        epsilon: The step; by default 1e-30.

    Returns:
        Quotients of shape output.shape + at.shape with their noise.

    Raises:
        SymderiveError: if f drops the imaginary part, or ε is not a positive number.

    >>> quotient = complex_step(lambda x: np.exp(x).sum(), [0.0, 1.0])
    >>> (
    ...     bool(np.all(abs(quotient.value - np.exp([0.0, 1.0])) <= quotient.noise)),
    ...     bool(quotient.noise.max() < 1e-13),
    ... )
    (True, True)
    >>> complex_step(lambda x: (x * np.conj(x)).sum() + 0j, [1.0, 2.0]).undecided
    array([ True,  True])
    """
    where = np.asarray(at, dtype=np.float64)
    size = default_epsilon("complex-step") if epsilon is None else epsilon
    noise_quantum(size)  # refuses a step that is not a positive number
    reference = _real_step(
        lambda point: np.real(f(np.asarray(point, dtype=np.complex128))), where, "central", None, None
    )
    value, spread = np.empty_like(reference.value), np.empty_like(reference.value)
    with np.errstate(all="ignore"):
        for index in np.ndindex(where.shape):
            quotient = _imaginary_quotient(f, index, size)
            value[(..., *index)] = quotient(where)
            spread[(..., *index)] = evaluation_noise(quotient, where)
    round_off = np.maximum(_DEVIATIONS * spread, 4 * np.spacing(np.abs(value)))
    truncation = reference.truncation * (size / reference.epsilon) ** 2  # both are ε²/6·|L‴|
    noise = round_off + truncation
    agrees = np.abs(value - reference.value) <= noise + 2 * reference.noise
    noise = np.where(agrees & np.isfinite(value) & ~reference.undecided, noise, np.inf)
    return Difference(value, noise, truncation, round_off, np.zeros_like(value), "complex-step", size)


def _imaginary_quotient(
    f: Callable[[NDArray[np.complex128]], ArrayLike], index: tuple[int, ...], size: float
) -> Callable[[FloatArray], FloatArray]:
    """Im f(x + iε)/ε with respect to one entry, as a function of x."""

    def quotient(point: FloatArray) -> FloatArray:
        moved = np.array(point, dtype=np.complex128)
        moved[index] += 1j * size
        output = np.asarray(f(moved))
        if not np.iscomplexobj(output):
            raise SymderiveError(
                "complex-step quotient: the function returns real numbers for a complex argument, "
                "so its derivative is lost; use central differences."
            )
        return np.asarray(output.imag / size, dtype=np.float64)

    return quotient


def _real_step(
    f: Function,
    at: ArrayLike,
    method: Method,
    epsilon: float | None,
    evaluation_error: ArrayLike | None,
    least_error: ArrayLike = 0.0,
) -> Difference:
    """Quotient and noise for every entry, one coordinate after the other."""
    where = np.asarray(at, dtype=np.float64)
    size = (
        default_epsilon(method, max(1.0, float(np.max(np.abs(where), initial=0.0))))
        if epsilon is None
        else epsilon
    )
    noise_quantum(size)  # refuses a step that is not a positive number
    with np.errstate(all="ignore"):
        centre = evaluate(f, where)
        spread = evaluation_noise(f, where)
        pair_error = _pair_error(centre, spread, evaluation_error)
        pair_error = np.maximum(pair_error, 2 * np.asarray(least_error, dtype=np.float64))
        columns, samples = [], [centre]
        for index in np.ndindex(where.shape):
            line = _line_through(f, where, index, centre.shape)
            triple = Triple(line, size, line(-size), centre, line(size), pair_error)
            samples += [triple.ahead] if method == "one-sided" else [triple.ahead, triple.behind]
            columns.append(_quotient(triple, method, float(where[index])))
    shape = centre.shape + where.shape
    stacked = np.stack(columns, axis=-1) if columns else np.empty((3, *centre.shape, 0))
    value, truncation, round_off = stacked.reshape((3, *shape))
    grid = _grid(np.stack(samples), centre, spread)
    quantum = np.broadcast_to(
        (grid * noise_quantum(size, 1.0, method)).reshape(centre.shape + (1,) * where.ndim), shape
    ).copy()
    return Difference(value, truncation + round_off, truncation, round_off, quantum, method, size)


def _quotient(triple: Triple, method: Method, x: float) -> FloatArray:
    """Quotient, truncation and round-off of one coordinate, stacked: shape (3, *output)."""
    epsilon, pair_error = triple.epsilon, triple.pair_error
    found = bend(triple, abs(x))
    forward_error, backward_error = abs((x + epsilon) - x - epsilon), abs(x - (x - epsilon) - epsilon)
    if method == "one-sided":
        value = (triple.ahead - triple.centre) / epsilon
        truncation = epsilon / 2 * found.second + epsilon**2 / 6 * found.third
        round_off = (pair_error + np.abs(found.slope) * forward_error) / epsilon
    else:
        value = (triple.ahead - triple.behind) / (2 * epsilon)
        truncation = epsilon**2 / 6 * found.third
        round_off = (pair_error + np.abs(found.slope) * (forward_error + backward_error)) / (2 * epsilon)
    # A stencil narrower than ε knows the derivative better than the quotient and shows its truncation.
    truncation = np.where(found.inside, np.maximum(truncation, np.abs(value - found.slope)), truncation)
    truncation = _MARGIN * truncation
    decided = found.smooth & np.isfinite(value) & np.isfinite(pair_error)
    round_off = np.where(decided, round_off + 2 * np.spacing(np.abs(value)), np.inf)
    return np.stack([value, np.where(decided, truncation, np.inf), round_off])


def _pair_error(centre: FloatArray, spread: FloatArray, evaluation_error: ArrayLike | None) -> FloatArray:
    """Bound of the evaluation error of a difference of two values; NaN where f is not finite."""
    if evaluation_error is not None:
        return np.asarray(2 * np.broadcast_to(np.asarray(evaluation_error, dtype=np.float64), centre.shape))
    return np.asarray(np.maximum(_DEVIATIONS * spread, _LEAST_ULPS * np.spacing(np.abs(centre))))


def _grid(samples: FloatArray, centre: FloatArray, spread: FloatArray) -> FloatArray:
    """Grid on which the values of f lie, if the measured noise shows that rounding puts them there."""
    seen = granularity(samples)
    return np.asarray(np.where(seen <= _MEASURED_MORE_THAN_GRID * spread, seen, np.spacing(np.abs(centre))))


def _line_through(
    f: Function, where: FloatArray, index: tuple[int, ...], shape: tuple[int, ...]
) -> Callable[[float], FloatArray]:
    """T ↦ f at the point whose entry `index` is moved by t; NaN where f cannot be computed."""

    def line(t: float) -> FloatArray:
        moved = where.copy()
        moved[index] += t
        try:
            return evaluate(f, moved)
        except np.linalg.LinAlgError:
            return np.full(shape, np.nan)

    return line
