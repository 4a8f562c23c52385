"""Numbers and expressions in sizes as people write them."""

from __future__ import annotations

import sympy

from symderive.functions import by_head
from symderive.notation.dialects import LatexDialect, TextDialect
from symderive.notation.levels import ATOM, HADAMARD, POWER, PRODUCT, SUM

Marks = LatexDialect | TextDialect
Written = tuple[str, int]
_HALF = sympy.Rational(1, 2)


def constant(value: sympy.Expr, marks: Marks) -> Written:
    """A constant in a dialect, and the precedence of what was written."""
    if value.is_Integer and value.p >= 0:
        return marks.plain(value), ATOM
    if value.is_Rational and not value.is_Integer and value.q > 1000:
        return marks.decimal(value), ATOM if value > 0 else SUM
    if value == sympy.E and "e" in marks.taken:
        return marks.apply(sympy.exp, ["1"], True), ATOM
    if value.is_Add:
        return _sum(value, marks), SUM
    if value.could_extract_minus_sign():
        return marks.minus + _within(constant(-value, marks), marks, HADAMARD), SUM
    if type(value) in by_head():  # log 2, log Γ(3/2)
        return marks.apply(type(value), [constant(arg, marks)[0] for arg in value.args], True), ATOM
    joined = one_root(value)
    if joined is not None:
        up, down = (_root(part, marks) for part in joined)
        return up if joined[1] == 1 else marks.fraction(up, down)
    top, bottom = sympy.fraction(value)
    if bottom != 1 and top / bottom == value:
        return marks.fraction(constant(top, marks), constant(bottom, marks))
    if value.is_Mul:
        pieces = [_within(constant(factor, marks), marks, POWER) for factor in value.args]
        return marks.juxtapose(pieces), PRODUCT
    if value.is_Pow:
        return _power(value, marks)
    return marks.plain(value), ATOM


def _within(written: Written, marks: Marks, level: int) -> str:
    return written[0] if written[1] >= level else marks.bracket(written[0])


def _sum(value: sympy.Expr, marks: Marks) -> str:
    text = ""
    for place, term in enumerate(value.as_ordered_terms()):
        negative = term.could_extract_minus_sign()
        written = _within(constant(-term if negative else term, marks), marks, HADAMARD)
        sign = marks.minus if negative else "+" if place else ""
        text += f" {sign} {written}" if place else f"{sign}{written}"
    return text


def _power(value: sympy.Expr, marks: Marks) -> Written:
    base, exponent = value.args
    if exponent == _HALF:
        return marks.root(constant(base, marks)[0]), POWER
    if base == sympy.E and "e" in marks.taken:
        return marks.apply(sympy.exp, [constant(exponent, marks)[0]], True), ATOM
    if base == sympy.E:
        return marks.power("e", constant(exponent, marks)[0], False), POWER
    return marks.power(
        _within(constant(base, marks), marks, ATOM), constant(exponent, marks)[0], False
    ), POWER


def one_root(value: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    """Squared numerator and denominator of `√2/(2√π) = 1/√(2π)` or `√3/3 = 1/√3`; None for others."""
    roots = [
        factor
        for factor in sympy.Mul.make_args(value)
        if factor.is_Pow and factor.exp.is_Rational and factor.exp.q == 2
    ]
    if not roots or not value.is_number:
        return None
    up, down = sympy.fraction(value**2)
    if len(roots) == 1 and not (sympy.sqrt(up).is_Integer and down.is_Integer and down != 1):
        return None
    return up, down


def _root(square: sympy.Expr, marks: Marks) -> Written:
    """The square root of a number: the number itself where it is a perfect square."""
    exact = sympy.sqrt(square)
    if exact.is_Rational:
        return constant(exact, marks)
    return marks.root(constant(square, marks)[0]), POWER
