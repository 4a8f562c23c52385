"""Which interval lies in which: by their ends, as SymPy says."""

from itertools import product

import pytest
import sympy

from symderive.derive.intervals import is_within
from symderive.functions.record import NONZERO

ENDS = (-sympy.oo, -1, sympy.S.Zero, sympy.Rational(1, 3), sympy.sqrt(2), sympy.pi, sympy.oo)
SETS = tuple(
    dict.fromkeys(
        sympy.Interval(low, high, left, right)
        for low, high in product(ENDS, repeat=2)
        for left, right in product((True, False), repeat=2)
        if bool(low <= high)
    )
)


@pytest.mark.parametrize("outer", [*SETS[::5], NONZERO, sympy.S.Reals, sympy.FiniteSet(0)], ids=str)
def test_what_sympy_says(outer):
    for inner in (
        *SETS,
        NONZERO,
        sympy.S.Reals,
        sympy.EmptySet,
        sympy.FiniteSet(2, 3),
        sympy.FiniteSet(0, sympy.sqrt(2)),
    ):
        assert is_within(inner, outer) is bool(inner.is_subset(outer)), (inner, outer)


def test_what_is_not_known_is_not_said():
    n, m = sympy.symbols("n m", real=True)
    assert not is_within(sympy.Interval(0, n), sympy.Interval(0, m))
    assert is_within(sympy.Interval(0, n), sympy.Interval(0, n))
