"""Positions and Iverson's brackets as people write them: `i+1`, `[j ≤ i]`, `[i ≥ 1]`."""

from __future__ import annotations

from collections.abc import Callable

import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Index
from symderive.core.positions import Inside, Quotient, Remainder, bare, bounds, is_surely_nonnegative
from symderive.notation.forms import Bracket

Name = Callable[[str], str]


def position_text(expr: sympy.Expr, name: Name, is_latex: bool) -> str:
    """A position without spaces: indices first, then what is added to them.

    Args:
        expr: the position.
        name: how the name of a size is written.
        is_latex: LaTeX or plain text.
    """
    terms = sorted(sympy.Add.make_args(bare(expr)), key=_order)
    if terms[0].could_extract_minus_sign():  # n−1−i
        terms = sorted(terms, key=lambda term: bool(free_indices(term)))
    written = ""
    for term in terms:
        negative = term.could_extract_minus_sign()
        sign = ("-" if is_latex else "−") if negative else "+" if written else ""
        written += sign + _term(-term if negative else term, name, is_latex)
    return written


def _order(term: sympy.Expr) -> tuple[bool, bool, bool, str]:
    return not free_indices(term), term.could_extract_minus_sign(), bool(term.is_number), str(term)


def _term(term: sympy.Expr, name: Name, is_latex: bool) -> str:
    if isinstance(term, sympy.Mul):
        factors = sorted(term.args, key=lambda one: (not one.is_number, bool(free_indices(one)), str(one)))
        return (" " if is_latex else "").join(_factor(one, name, is_latex) for one in factors)
    return _factor(term, name, is_latex)


def _factor(one: sympy.Expr, name: Name, is_latex: bool) -> str:
    if isinstance(one, Index):
        return str(one.name)
    if isinstance(one, (Quotient, Remainder)):
        left, right = (_inner(arg, name, is_latex) for arg in one.args)
        if isinstance(one, Quotient):
            return rf"\lfloor {left}/{right} \rfloor" if is_latex else f"⌊{left}/{right}⌋"
        return rf"({left} \bmod {right})" if is_latex else f"({left} mod {right})"
    if isinstance(one, sympy.Symbol):
        return name(str(one.name))
    if one.is_Add:
        return f"({position_text(one, name, is_latex)})"
    return str(sympy.latex(one)) if is_latex else str(one)


def _inner(arg: sympy.Expr, name: Name, is_latex: bool) -> str:
    written = position_text(arg, name, is_latex)
    return f"({written})" if arg.is_Add or arg.is_Mul else written


def bracket_of(expr: Inside) -> Bracket:
    """The bracket as one inequality where the ranges of its indices leave one, else as two."""
    ends = bounds(expr.position)
    upper = ends is not None and is_surely_nonnegative(sympy.expand(expr.size - 1 - ends[1]))
    if not upper:
        return Bracket((sympy.S.Zero, "≤", expr.position, "<", expr.size))
    terms = sympy.Add.make_args(expr.position)
    if not free_indices(expr.position):
        below = sympy.Add(*(-term for term in terms if term.could_extract_minus_sign()))
        return Bracket((expr.position + below, "≥", below))
    more = [term for term in terms if free_indices(term) and not term.could_extract_minus_sign()]
    less = [-term for term in terms if free_indices(term) and term.could_extract_minus_sign()]
    offset = sympy.expand(expr.position - sympy.Add(*more) + sympy.Add(*less))
    if not less:
        return Bracket((sympy.Add(*more), "≥", -offset))
    if not more:
        return Bracket((sympy.Add(*less), "<", offset + 1))
    if offset == -1:
        return Bracket((sympy.Add(*less), "<", sympy.Add(*more)))
    return Bracket((sympy.Add(*less), "≤", sympy.Add(*more) + offset))
