"""Step lengths of difference quotients: which is best, and what is wrong with another.

Truncation grows with the step and round-off shrinks with it; their sum is least at ε = √u for a one-sided
quotient and at ε = u^(1/3) for a central one, u = 2⁻⁵³ (Nocedal & Wright, Numerical Optimization, 2nd ed.,
§8.1). The complex step subtracts nothing and has no round-off side (Squire & Trapp, SIAM Review 40, 1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from symderive.errors import SymderiveError
from symderive.numeric.rounding import UNIT_ROUNDOFF
from symderive.numeric.wording import step

Method = Literal["one-sided", "central", "complex-step"]
METHODS: tuple[Method, ...] = ("one-sided", "central", "complex-step")
_COMPLEX_STEP = 1e-30
_BALANCED = 10.0


@dataclass(frozen=True)
class Regime:
    """Which error dominates a difference quotient.

    Attributes:
        name: "round-off regime", "truncation regime" or "balanced".
        best: The step at which the two errors balance for a function of the stated scale.
        sentence: The same in words.
    """

    name: Literal["round-off regime", "truncation regime", "balanced"]
    best: float
    sentence: str


def default_epsilon(method: Method, scale: float = 1.0) -> float:
    """Step that balances truncation against round-off.

    ε = √u · scale (one-sided), u^(1/3) · scale (central), 1e-30 · scale (complex step), rounded to a power
    of two so that adding it to a variable of that scale is as exact as can be.

    Args:
        method: "one-sided", "central" or "complex-step".
        scale: Length over which the function changes, usually max(1, |x|).

    Returns:
        The step.

    Raises:
        SymderiveError: if the method is unknown or the scale is not a positive number.

    >>> default_epsilon("one-sided") == 2.0**-26, default_epsilon("central") == 2.0**-18
    (True, True)
    """
    _require_positive("scale", scale)
    exponents = {"one-sided": 1 / 2, "central": 1 / 3}
    if method == "complex-step":
        return 2.0 ** round(math.log2(_COMPLEX_STEP * scale))
    if method not in exponents:
        raise SymderiveError(
            f"difference quotient: unknown method {method!r}; use one of {', '.join(METHODS)}."
        )
    return 2.0 ** round(math.log2(UNIT_ROUNDOFF ** exponents[method] * scale))


def noise_quantum(epsilon: float, spacing: float = UNIT_ROUNDOFF, method: Method = "one-sided") -> float:
    """Smallest amount by which a difference quotient can change.

    spacing/ε for a one-sided quotient, spacing/(2ε) for a central one, 0 for the complex step, which
    subtracts nothing.

    Args:
        epsilon: The step ε.
        spacing: Distance of neighbouring values of the function; 2⁻⁵³ is that of numbers in [½, 1).
        method: The quotient.

    Returns:
        The quantum.

    Raises:
        SymderiveError: if ε is not a positive number.

    >>> f"{noise_quantum(1e-10):.3e}"
    '1.110e-06'
    """
    _require_positive("ε", epsilon)
    if method == "complex-step":
        return 0.0
    return spacing / (2 * epsilon if method == "central" else epsilon)


def regime(method: Method, epsilon: float, scale: float = 1.0) -> Regime:
    """Say which error dominates at a step; within a factor 10 of the best step counts as balanced.

    Args:
        method: The quotient.
        epsilon: The step ε.
        scale: Length over which the function changes, usually max(1, |x|).

    Returns:
        The regime with one sentence.

    Raises:
        SymderiveError: if the method is unknown, or ε or the scale is not a positive number.

    >>> print(regime("one-sided", 1e-10).sentence)
    ε = 1e-10 is in the round-off regime: a one-sided difference is most exact near ε = 1.5e-08.
    """
    _require_positive("ε", epsilon)
    best = default_epsilon(method, scale)
    if method == "complex-step":
        return _complex_regime(epsilon, scale, best)
    advice = f"a {method} difference is most exact near ε = {step(best)}."
    if epsilon < best / _BALANCED:
        return Regime("round-off regime", best, f"ε = {step(epsilon)} is in the round-off regime: {advice}")
    if epsilon > best * _BALANCED:
        return Regime("truncation regime", best, f"ε = {step(epsilon)} is in the truncation regime: {advice}")
    return Regime("balanced", best, f"ε = {step(epsilon)} balances truncation and round-off: {advice}")


def _complex_regime(epsilon: float, scale: float, best: float) -> Regime:
    if (epsilon / scale) ** 2 > UNIT_ROUNDOFF:
        return Regime(
            "truncation regime",
            best,
            f"ε = {step(epsilon)} is in the truncation regime: "
            f"the complex step has no round-off, use ε = {step(best)}.",
        )
    return Regime(
        "balanced", best, f"ε = {step(epsilon)} is small enough: the complex step subtracts nothing."
    )


def _require_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise SymderiveError(f"difference quotient: {name} is {value}; it must be a positive finite number.")
