"""Derived sums with common factors taken out, as a person writes them: `2 Xᵀ(Xw − y)`, `(A + Aᵀ)x`.

Only what was derived is factored; what a user wrote is printed as it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import sympy

from symderive.notation.arithmetic import MINUS_ONE, ONE, is_negative, plus, split, times
from symderive.notation.common_parts import around_diagonal
from symderive.notation.components import rebuilt
from symderive.notation.forms import (
    Chain,
    Const,
    Diag,
    Form,
    Ones,
    Outer,
    Plus,
    Power,
    Times,
    Trace,
    Transposed,
    Triangle,
)
from symderive.notation.matrix_products import chain, outer

Powers = dict[Form, sympy.Expr]


@lru_cache(maxsize=20_000)
def factored(form: Form) -> Form:
    """The form with common factors of its sums taken out.

    1. Scalars that all terms have: `λu + λv = λ(u + v)`, `u/s − cv/s² = (1/s)(u − (c/s) v)`.
    2. Matrices at the same end: `XᵀXw − Xᵀy = Xᵀ(Xw − y)`, `Ax + Aᵀx = (A + Aᵀ)x`.
    3. Elementwise factors that all terms have: `p + x ⊙ p = p ⊙ (1 + x)`.
    4. Equal denominators: `a ⊘ v − b ⊘ v = (a − b) ⊘ v`.
    5. A minus in front of a difference goes into it.
    6. What stands on both sides of a diagonal matrix: `AᵀDA − Aᵀp pᵀA = Aᵀ(D − ppᵀ)A`.
    """
    inner = rebuilt(form, factored)
    made = _merged(form) if inner is form or inner == form else _joined_again(inner)
    return _factored_sum(made) if isinstance(made, Plus) else _sign_taken_in(made)


def _sign_taken_in(form: Form) -> Form:
    """`c − a − b` for `−(a + b − c)`."""
    if not isinstance(form, Times) or form.coefficient != MINUS_ONE or len((*form.scalars, *form.arrays)) > 1:
        return form
    (total,) = (*form.scalars, *form.arrays)
    if not isinstance(total, Plus) or not any(map(is_negative, total.terms)):
        return form
    turned = [times(MINUS_ONE, one) for one in total.terms]
    return plus(*sorted(turned, key=is_negative))


def _joined_again(form: Form) -> Form:
    """A product whose factors have changed: coefficients that came out inside stand in front again."""
    if isinstance(form, Chain):
        return chain(*form.factors)
    if isinstance(form, Times):
        return _merged(times(form.coefficient, *form.scalars, *form.arrays))
    if isinstance(form, Outer):
        return outer(form.left, form.right)
    if isinstance(form, (Transposed, Diag, Trace)):
        coefficient, scalars, rest = split(form.inner)
        return form if rest is None else times(coefficient, *scalars, replace(form, inner=rest))
    return plus(*form.terms) if isinstance(form, Plus) else form


def _merged(form: Form) -> Form:
    """A product with equal scalars as one power: `(ν/ν) A = A`."""
    if not isinstance(form, Times):
        return form
    powers = _powers(form.scalars)
    if len(powers) == len(form.scalars):
        return form
    return times(form.coefficient, *_product_of(powers), *form.arrays)


def _factored_sum(form: Plus) -> Form:
    around = around_diagonal(form)
    if around is not None:
        return factored(around)
    for law in (_one_triangle, _one_outer, _scalars_out, _matrices_out, _outers_out, _arrays_out):
        made = law(form)
        if made is not None:
            return made
    for group in (_same_triangle, _same_end, _same_tail, _same_around, _same_denominator, _same_fraction):
        made = _grouped(form, group)
        if made is not None:
            return made
    return form


def _one_triangle(form: Plus) -> Form | None:
    """`tril(A) + 2 tril(B) = tril(A + 2B)`."""
    if len(set(map(_same_triangle, form.terms))) > 1 or _same_triangle(form.terms[0]) is None:
        return None
    inner, kind = [], split(form.terms[0])[2]
    for term in form.terms:
        coefficient, scalars, rest = split(term)
        if not isinstance(rest, Triangle):
            return None
        inner.append(times(coefficient, *scalars, rest.inner))
    coefficient, scalars, whole = split(factored(plus(*inner)))
    if whole is None or not isinstance(kind, Triangle):
        return None
    return times(coefficient, *scalars, replace(kind, inner=whole))


def _same_triangle(term: Form) -> object:
    """Triangles on one side of one diagonal can be joined."""
    rest = split(term)[2]
    return (rest.is_lower, rest.offset) if isinstance(rest, Triangle) else None


def _one_outer(form: Plus) -> Form | None:
    """`a cᵀ + b cᵀ = (a + b)cᵀ`, and the same on the left."""
    parts = [split(term) for term in form.terms]
    found = [rest for _, _, rest in parts if isinstance(rest, Outer)]
    if len(found) < len(parts):
        return None
    same_right = len({one.right for one in found}) == 1
    same_left = len({one.left for one in found}) == 1
    if same_right == same_left:
        return None
    loose = [one.left if same_right else one.right for one in found]
    inner = factored(
        plus(*(times(number, *scalars, one) for (number, scalars, _), one in zip(parts, loose, strict=True)))
    )
    return outer(inner, found[0].right) if same_right else outer(found[0].left, inner)


def _scalars_out(form: Plus) -> Form | None:
    """The scalars that all terms have, to the lowest power that occurs."""
    found = [_powers(split(term)[1]) for term in form.terms]
    shared: Powers = {}
    for base, exponent in found[0].items():
        exponents = [exponent, *(other.get(base, sympy.S.Zero) for other in found[1:])]
        if all(one.is_number and one.is_positive for one in exponents):
            shared[base] = min(exponents)
        elif form.rank and all(one.is_number and one.is_negative for one in exponents):
            shared[base] = max(exponents)
    if not shared:
        return None
    rests = []
    for term, own in zip(form.terms, found, strict=True):
        coefficient, _, rest = split(term)
        left = {base: exponent - shared.get(base, 0) for base, exponent in own.items()}
        rests.append(times(coefficient, *_product_of(left), *(() if rest is None else (rest,))))
    inside = factored(_opened(rests))
    return times(ONE, *_product_of(shared), inside)


def _powers(factors: tuple[Form, ...]) -> Powers:
    found: Powers = {}
    for one in factors:
        base, exponent = one, ONE
        if isinstance(one, Power) and isinstance(one.exponent, Const):
            base, exponent = one.base, one.exponent.value
        found[base] = found.get(base, sympy.S.Zero) + exponent
    return found


def _product_of(powers: Powers) -> list[Form]:
    kept = [(base, exponent) for base, exponent in powers.items() if exponent != 0]
    return [base if exponent == 1 else Power(base, Const(exponent)) for base, exponent in kept]


def _factors(term: Form) -> tuple[Form, ...]:
    """The factors of a matrix product, coefficients left out."""
    rest = split(term)[2]
    if rest is None:
        return ()
    if isinstance(rest, Outer) and isinstance(rest.left, Chain):  # Xb cᵀ = X (b cᵀ)
        return (*rest.left.factors[:-1], outer(rest.left.factors[-1], rest.right))
    return rest.factors if isinstance(rest, Chain) and rest.factors[0].rank == 2 else (rest,)


def _matrices_out(form: Plus) -> Form | None:
    """The matrices that all terms begin or end with, where something is left of each."""
    lists = [_factors(term) for term in form.terms]
    if not form.rank or min(map(len, lists)) < 2:
        return None
    if any(one.is_negative for term in form.terms for one in _powers(split(term)[1]).values()):
        return None  # (2/c)(Bw − (wᵀBw/c) Sw), not a matrix with fractions
    head = _common_length(lists)
    tail = min(_common_length([one[::-1] for one in lists]), min(map(len, lists)) - head - 1)
    return _with_rests(form, lists, head, tail) if head or tail else None


def _outers_out(form: Plus) -> Form | None:
    """The matrices that all columns of outer products begin with: `Xc bᵀ + Xb cᵀ = X(cbᵀ + bcᵀ)`."""
    outers = [split(term)[2] for term in form.terms]
    if not all(isinstance(one, Outer) for one in outers):
        return None
    found = [one for one in outers if isinstance(one, Outer)]
    lists = [_factors(one.left) for one in found]
    if min(map(len, lists)) < 2 or _common_length(lists) == 0:
        return None
    head = _common_length(lists)
    rests = []
    for term, one, factors in zip(form.terms, found, lists, strict=True):
        coefficient, scalars, _ = split(term)
        rests.append(times(coefficient, *scalars, outer(chain(*factors[head:]), one.right)))
    return chain(*lists[0][:head], factored(_opened(rests)))


def _common_length(lists: list[tuple[Form, ...]]) -> int:
    longest = min(map(len, lists)) - 1
    return next((k for k in range(longest) if len({one[k] for one in lists}) > 1), longest)


def _with_rests(form: Plus, lists: list[tuple[Form, ...]], head: int, tail: int) -> Form:
    """The common factors around the sum of what is left."""
    rests = []
    for term, factors in zip(form.terms, lists, strict=True):
        coefficient, scalars, _ = split(term)
        rests.append(times(coefficient, *scalars, chain(*factors[head : len(factors) - tail])))
    first = lists[0]
    if len(rests) == 2 and isinstance(rests[0], Transposed) and rests[0].inner == rests[1]:
        rests.reverse()  # C + Cᵀ
    return chain(*first[:head], factored(_opened(rests)), *first[len(first) - tail :])


def _arrays_out(form: Plus) -> Form | None:
    """The elementwise factors that all terms have."""
    found = [_powers(_elementwise(term)) for term in form.terms]
    if not form.rank or not all(found):
        return None
    shared: Powers = {}
    for base in found[0]:
        exponents = [own.get(base, sympy.S.Zero) for own in found]
        whole = all(one.is_Integer and one > 0 for one in exponents)
        if (whole or len(set(exponents)) == 1) and not isinstance(base, Ones):
            shared[base] = min(exponents)
    if not shared:
        return None
    rests = []
    for term, own in zip(form.terms, found, strict=True):
        coefficient, scalars, _ = split(term)
        left = {base: exponent - shared.get(base, 0) for base, exponent in own.items()}
        rests.append(times(coefficient, *scalars, *_product_of(left)))
    return times(ONE, *_product_of(shared), factored(_opened(rests)))


def _opened(terms: list[Form]) -> Form:
    """The sum with `−(a − b)` among its terms written as `b − a`."""
    flat: list[Form] = []
    for term in terms:
        coefficient, scalars, rest = split(term)
        if isinstance(rest, Plus) and not scalars and abs(coefficient) == 1:
            flat += [times(coefficient, one) for one in rest.terms]
        else:
            flat.append(term)
    return plus(*flat)


def _elementwise(term: Form) -> tuple[Form, ...]:
    """The elementwise factors of a term."""
    rest = split(term)[2]
    if rest is None:
        return ()
    return rest.arrays if isinstance(rest, Times) else (rest,)


def _same_end(term: Form) -> object:
    """Terms of a vector that begin or end alike and have the same scalars can be joined."""
    coefficient, scalars, _ = split(term)
    factors = _factors(term)
    return (abs(coefficient), scalars, factors[0]) if term.rank == 1 and len(factors) > 1 else None


def _same_tail(term: Form) -> object:
    coefficient, scalars, _ = split(term)
    factors = _factors(term)
    return (abs(coefficient), scalars, factors[-1]) if term.rank == 1 and len(factors) > 1 else None


def _same_around(term: Form) -> object:
    """Products that differ in a diagonal matrix: `Xᵀ diag(a) X − Xᵀ diag(b) X = Xᵀ diag(a − b) X`."""
    coefficient, scalars, _ = split(term)
    factors = _factors(term)
    inside = [place for place, one in enumerate(factors) if isinstance(one, Diag)]
    if term.rank != 2 or len(inside) != 1 or len(factors) < 2:
        return None
    return (abs(coefficient), scalars, factors[: inside[0]], factors[inside[0] + 1 :])


def _same_denominator(term: Form) -> object:
    """Elementwise quotients with the same denominators can be joined."""
    below = tuple(one for one in _elementwise(term) if _is_reciprocal(one))
    return below or None


def _same_fraction(term: Form) -> object:
    """`½ a + ½ b − c = ½(a + b) − c`."""
    coefficient, scalars, _ = split(term)
    return (abs(coefficient), scalars) if coefficient.is_Rational and coefficient.q != 1 else None


def _is_reciprocal(form: Form) -> bool:
    return (
        isinstance(form, Power)
        and form.rank > 0
        and isinstance(form.exponent, Const)
        and bool(form.exponent.value.is_negative)
    )


def _grouped(form: Plus, key: Callable[[Form], object]) -> Form | None:
    """The sum with the terms of one key joined, in the place of the first; None where nothing joins."""
    if not form.rank:
        return None
    keys = [key(term) for term in form.terms]
    groups = [one for one in dict.fromkeys(keys) if one is not None and keys.count(one) > 1]
    if not groups or len(set(keys)) == 1:
        return None
    kept: list[Form] = []
    for place, term in enumerate(form.terms):
        if keys[place] not in groups:
            kept.append(term)
        elif keys.index(keys[place]) == place:
            same = [other for other, own in zip(form.terms, keys, strict=True) if own == keys[place]]
            kept.append(factored(plus(*same)))
    return plus(*kept)


__all__ = ["factored"]
