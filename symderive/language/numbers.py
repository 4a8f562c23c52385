"""Numbers beside symbolic arrays: what counts as one, and the functions that read nothing else."""

from __future__ import annotations

import math
import sys
from typing import Any

import sympy

from symderive.errors import SymderiveError
from symderive.language.constants import exact

_NUMBERS_ONLY = ("softmax", "log_softmax", "logsumexp")
_FRAMES = 12


def refuse_numbers_only() -> None:
    """Raise inside those functions of SciPy that read numbers, with the word to use instead.

    Raises:
        SymderiveError: names the function and its counterpart.
    """
    frame = sys._getframe(2)
    for _ in range(_FRAMES):
        name = frame.f_code.co_name
        if name in _NUMBERS_ONLY and str(frame.f_globals.get("__name__", "")).startswith("scipy."):
            raise SymderiveError(
                f"scipy.special.{name}: SciPy's function takes numbers only; call symderive.{name}, or give "
                "the formula as text to symderive.parse."
            )
        if frame.f_back is None:
            return
        frame = frame.f_back


def divide(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    """`x / y`.

    Raises:
        SymderiveError: `y` is the number 0.
    """
    if y == 0:
        raise SymderiveError("dividing by the number 0; the expression has no value.")
    return x / y


def refuse(keywords: dict[str, Any], what: str) -> None:
    """Raise for keyword arguments that are set and not supported."""
    loose = [key for key, value in keywords.items() if value is not None and key != "subok"]
    if loose:
        raise SymderiveError(f"{what}: the argument {loose[0]} is not supported on symbolic arrays.")


def number(value: Any) -> sympy.Expr | None:
    """A number of Python or NumPy, or a SymPy expression in sizes, as a SymPy expression; None for others."""
    if isinstance(value, sympy.Expr):
        if value.has(sympy.oo, -sympy.oo, sympy.zoo, sympy.nan, sympy.I):
            raise SymderiveError(f"using {value}: only finite real numbers can stand in an expression.")
        # A size times a float is a SymPy float, which would spread through exact algebra: 0.1 means 1/10.
        return value.xreplace({one: exact(float(one)) for one in value.atoms(sympy.Float)})
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return sympy.Integer(value)
    if not math.isfinite(value):
        raise SymderiveError(f"using the number {value}: only finite numbers can stand in an expression.")
    return exact(value)
