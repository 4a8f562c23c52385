"""What generated code returns or raises, and whether a check says what it should about a planted error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

IN_CODE = (ArithmeticError, LookupError, NameError, RuntimeWarning, TypeError, ValueError)
"""What Python and NumPy raise where generated code is wrong; warnings are errors in the tests."""


def results(run: Callable[[], object]) -> list[np.ndarray] | str:
    """What code returns, as a list; where it raises something, that in words."""
    try:
        made = run()
    except IN_CODE as error:
        return f"{type(error).__name__}: {error}"
    return [np.asarray(one) for one in (made if isinstance(made, tuple) else (made,))]


def is_noticed(check: Callable[[int], str], seeds: Iterable[int], words: str = ".") -> bool:
    """Whether a check says such words about one of the random programs."""
    return any(re.search(words, check(seed)) for seed in seeds)
