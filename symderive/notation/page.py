"""How sums and products are laid out on the page: what stands above a line, and scalars beside matrices."""

from __future__ import annotations

import sympy

from symderive.notation.arithmetic import ONE, times
from symderive.notation.forms import (
    Apply,
    Basis,
    Chain,
    Const,
    Form,
    Leaf,
    Ones,
    Outer,
    Plus,
    Power,
    Times,
    walk,
)

_MANY = sympy.Symbol("n", integer=True, positive=True)  # the length of a vector of ones that is only printed


def spread(term: Form, whole: Plus) -> Form:
    """A scalar beside a matrix product or an identity as that scalar times ones."""
    others = [other for other in whole.terms if other.rank]
    if term.rank or not others:
        return term
    number = isinstance(term, Const) and not term.value.free_symbols
    number = number and not any(isinstance(part, Basis) for other in others for part in walk(other))
    if whole.rank == 2 and not (number and all(_is_elementwise(other) for other in others)):
        return times(ONE, term, Outer(Ones(_MANY), Ones(_MANY)))
    return term if number or whole.rank != 1 else times(ONE, term, Ones(_MANY))


def _is_elementwise(form: Form) -> bool:
    if isinstance(form, Times):
        return all(_is_elementwise(factor) for factor in form.arrays)
    return isinstance(form, (Apply, Power, Leaf))


def above_and_below(factors: tuple[Form, ...]) -> tuple[list[Form], list[Form]]:
    """Numerator and denominator."""
    top: list[Form] = []
    bottom: list[Form] = []
    for factor in factors:
        if (
            isinstance(factor, Power)
            and isinstance(factor.exponent, Const)
            and factor.exponent.value.could_extract_minus_sign()
        ):
            exponent = -factor.exponent.value
            bottom.append(factor.base if exponent == 1 else Power(factor.base, Const(exponent)))
        else:
            top.append(factor)
    return top, bottom


def is_quotient(whole: sympy.Expr, up: sympy.Expr, down: sympy.Expr) -> bool:
    """Whether `whole = up / down`; only where that is not plain to see, SymPy is asked to prove it."""
    return up / down == whole or bool(sympy.Mul(up, 1 / down, evaluate=False).equals(whole))


def incoming_first(factors: list[Form]) -> list[Form]:
    """What comes back through a matrix or a name stands before the slopes that it is multiplied with."""

    def comes_back(one: Form) -> bool:
        if isinstance(one, Leaf):
            return r"\partial" in (one.tensor.latex_name or "")
        return isinstance(one, Chain)

    return sorted(factors, key=lambda one: not comes_back(one)) if len(factors) > 2 else factors
