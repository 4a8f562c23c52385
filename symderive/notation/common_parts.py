"""What a person takes out of a sum: the matrices around `diag(p) − ppᵀ`, factors of all terms."""

from __future__ import annotations

import sympy

from symderive.notation.arithmetic import plus, split, times
from symderive.notation.forms import Chain, Diag, Form, Outer, Plus
from symderive.notation.matrix_products import chain, transposed


def around_diagonal(form: Plus) -> Form | None:
    """`A diag(p) B − (Au)(Bᵀv)ᵀ` as `A (diag(p) − uvᵀ) B`; None for any other sum."""
    for term in form.terms:
        rest = split(term)[2]
        if not isinstance(rest, Chain) or rest.rank != 2:
            continue
        places = [place for place, one in enumerate(rest.factors) if isinstance(one, Diag)]
        if len(places) == 1:
            left, right = rest.factors[: places[0]], rest.factors[places[0] + 1 :]
            middle = [_between(one, left, right) for one in form.terms]
            if all(one is not None for one in middle):
                return chain(*left, plus(*(one for one in middle if one is not None)), *right)
    return None


def _between(term: Form, left: tuple[Form, ...], right: tuple[Form, ...]) -> Form | None:
    """What stands between `left` and `right` in a term; None where they are not around it."""
    coefficient, scalars, rest = split(term)
    if isinstance(rest, Chain) and rest.rank == 2:
        inner = rest.factors[len(left) : len(rest.factors) - len(right)]
        same = rest.factors == (*left, *inner, *right)
        return times(coefficient, *scalars, chain(*inner)) if same and inner else None
    if isinstance(rest, Outer):
        u = _behind(rest.left, left)
        v = _behind(rest.right, tuple(transposed(one) for one in reversed(right)))
        return None if u is None or v is None else times(coefficient, *scalars, Outer(u, v))
    return None


def _behind(vector: Form, matrices: tuple[Form, ...]) -> Form | None:
    """`u` of `matrices u`."""
    if not matrices:
        return vector
    factors = vector.factors if isinstance(vector, Chain) else ()
    return chain(*factors[len(matrices) :]) if factors[: len(matrices)] == matrices else None


def common_factors(terms: tuple[sympy.Expr, ...]) -> tuple[list[sympy.Expr], list[sympy.Expr]]:
    """The factors that all terms have, and the terms without them; numbers are left in the terms.

    >>> x, y, z = sympy.symbols("x y z")
    >>> common_factors((x * y, 2 * x * z))
    ([x], [y, 2*z])
    """
    shared = [
        factor
        for factor in sympy.Mul.make_args(terms[0])
        if not factor.is_number and all(factor in sympy.Mul.make_args(term) for term in terms[1:])
    ]
    if not shared:
        return [], list(terms)
    rests = [
        sympy.Mul(*(factor for factor in sympy.Mul.make_args(term) if factor not in shared)) for term in terms
    ]
    return shared, rests
