"""How numbers are written in the sentences of the numeric checks."""

from __future__ import annotations

import math


def signed(value: float, digits: int = 8) -> str:
    """Write a number with `digits` significant digits and a true minus sign.

    Args:
        value: The number.
        digits: Significant digits.

    Returns:
        The text, `nan` and `∞` included.

    >>> signed(-0.16504242)
    '−0.16504242'
    >>> signed(float("-inf"))
    '−∞'
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}g}".replace("-", "−")


def step(epsilon: float) -> str:
    """Write a step length without trailing zeros.

    >>> step(1e-10), step(0.01), step(2.0**-26)
    ('1e-10', '0.01', '1.5e-08')
    """
    return f"{epsilon:.2g}"


def multiple(value: float) -> str:
    """Write a large multiple with three significant digits and thousands separators.

    >>> multiple(3671.9), multiple(12.34), multiple(2.0), multiple(3.2e9)
    ('3,670', '12.3', '2', '3.2e+09')
    """
    if not math.isfinite(value) or value >= 1e7:
        return signed(value, 3)
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


def percent(fraction: float) -> str:
    """Write a relative deviation in per cent with two significant digits.

    >>> percent(0.02532), percent(1.0), percent(3.0), percent(1e-5)
    ('2.5 %', '100 %', '300 %', '0.001 %')
    """
    if not math.isfinite(fraction) or fraction >= 1e4:
        return f"{signed(100 * fraction, 2)} %"
    rounded = float(f"{100 * fraction:.2g}")
    return f"{rounded:,.0f} %" if rounded >= 100 else f"{rounded:.10g} %"


def entry_name(name: str, index: tuple[int, ...]) -> str:
    """Write one entry of a named array as in Python.

    >>> entry_name("W2", (0,)), entry_name("W1", (0, 1)), entry_name("b", ())
    ('W2[0]', 'W1[0, 1]', 'b')
    """
    return f"{name}[{', '.join(map(str, index))}]" if index else name
