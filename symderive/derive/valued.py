"""Formulas that have no value, whatever the arrays are, are refused where that is seen."""

from __future__ import annotations

from sympy.core.numbers import ComplexInfinity, ImaginaryUnit, Infinity, NaN, NegativeInfinity

from symderive.core.kinds import has_kind
from symderive.core.program import Program
from symderive.errors import SymderiveError

_NO_NUMBER = (ComplexInfinity, NaN, Infinity, NegativeInfinity)


def refuse_without_value(program: Program) -> None:
    """Raise where an equation divides by 0 or holds an imaginary number.

    Raises:
        SymderiveError: says which of the two.
    """
    for made in program.definitions:
        if has_kind(made.body, _NO_NUMBER):
            raise SymderiveError(
                "the formula has no value: it divides by 0 or takes the logarithm of 0 for all arrays."
            )
        if has_kind(made.body, ImaginaryUnit):
            raise SymderiveError(
                "the formula has no value: a root or a logarithm is taken of what is never positive."
            )
