"""Functions of SciPy that take no symbolic arrays in Python, for formulas as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symderive.language.array import Array, Axis, as_array
from symderive.language.dispatch import call_ufunc


def logsumexp(a: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """`log Σ exp(a)` over `axis` (all axes by default), as `scipy.special.logsumexp`.

    >>> from symderive.language.array import array
    >>> logsumexp(array("x", 3)).shape
    ()
    """
    given = as_array(a, "logsumexp")
    return call_ufunc("log", (call_ufunc("exp", (given,)).sum(axis, keepdims),))


def softmax(x: Any, axis: Axis = None) -> Array:
    """`exp(x) / Σ exp(x)` over `axis` (all axes by default), as `scipy.special.softmax`.

    >>> from symderive.language.array import array
    >>> softmax(array("x", 3)).shape
    (3,)
    """
    raised = call_ufunc("exp", (as_array(x, "softmax"),))
    return raised / raised.sum(axis, keepdims=True)


def log_softmax(x: Any, axis: Axis = None) -> Array:
    """`x − log Σ exp(x)` over `axis` (all axes by default), as `scipy.special.log_softmax`.

    >>> from symderive.language.array import array
    >>> log_softmax(array("x", 3)).shape
    (3,)
    """
    given = as_array(x, "log_softmax")
    return given - logsumexp(given, axis, keepdims=True)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
