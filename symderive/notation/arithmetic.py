"""Sums and elementwise products of forms, kept as a person would write them."""

from __future__ import annotations

import sympy

from symderive.core.kinds import has_kind
from symderive.notation.forms import Const, Diag, Form, Ones, Plus, Power, Times

_LARGEST = 1000
ONE = sympy.S.One
MINUS_ONE = sympy.S.NegativeOne


def times(coefficient: sympy.Expr, *factors: Form) -> Form:
    """The elementwise product, coefficients in front."""
    scalars: list[Form] = []
    arrays: list[Form] = []
    stack = list(reversed(factors))
    while stack:
        factor = stack.pop()
        if isinstance(factor, Const):
            coefficient = coefficient * factor.value
        elif isinstance(factor, Times):
            coefficient = coefficient * factor.coefficient
            stack.extend(reversed(factor.scalars + factor.arrays))
        elif isinstance(factor, Ones):
            arrays.append(factor)
        else:
            (arrays if factor.rank else scalars).append(factor)
    if len(arrays) > 1:
        arrays = [factor for factor in arrays if not isinstance(factor, Ones)] or arrays[:1]
    if coefficient is sympy.S.Zero:
        return Const(coefficient)
    if coefficient is ONE and len(scalars) + len(arrays) == 1:
        return (scalars + arrays)[0]
    if not scalars and not arrays:
        return Const(coefficient)
    return Times(coefficient, tuple(scalars), tuple(arrays))


def split(form: Form) -> tuple[sympy.Expr, tuple[Form, ...], Form | None]:
    """Coefficient, scalar factors and the rest of a form."""
    if isinstance(form, Const):
        return form.value, (), None
    if isinstance(form, Times):
        if not form.arrays:
            return form.coefficient, form.scalars, None
        rest = form.arrays[0] if len(form.arrays) == 1 else Times(ONE, (), form.arrays)
        return form.coefficient, form.scalars, rest
    return (ONE, (form,), None) if not form.rank else (ONE, (), form)


def plus(*terms: Form) -> Form:
    """The sum, with a common numeric factor or sign taken out where every term has it."""
    flat: list[Form] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Plus) else (term,))
    flat = _like_terms_joined(_constants_joined(flat))
    if not flat:
        return Const(sympy.S.Zero)
    if len(flat) == 1:
        return flat[0]
    flat = _diagonals_together(flat)
    if len(flat) == 1:
        return flat[0]
    common = _content([split(term)[0] for term in flat], any(_is_over_scalars(term) for term in flat))
    if common == 1:
        return Plus(_ordered(flat))
    return times(common, Plus(_ordered([times(1 / common, term) for term in flat])))


def _constants_joined(terms: list[Form]) -> list[Form]:
    """All constants as one, in the place of the first; logarithms of numbers as one logarithm."""
    values = [term.value for term in terms if isinstance(term, Const)]
    if not values:
        return terms
    total = sympy.Add(*values)
    logs = [part for part in total.atoms(sympy.log) if part.is_number] if has_kind(total, sympy.log) else []
    if len(logs) > 1:
        total = sympy.factor_terms(total).replace(
            _sum_of_logs, lambda one: sympy.log(sympy.Mul(*(t.args[0] for t in one.args)))
        )
    joined: list[Form] = []
    for term in terms:
        if not isinstance(term, Const):
            joined.append(term)
        elif values:
            values = []
            if total != 0:
                joined.append(Const(total))
    return joined


def _like_terms_joined(terms: list[Form]) -> list[Form]:
    """`u + u = 2u`: terms that differ only in their coefficients as one."""
    found: dict[tuple[tuple[Form, ...], Form | None], sympy.Expr] = {}
    for term in terms:
        coefficient, scalars, rest = split(term)
        key = scalars, rest
        found[key] = found.get(key, sympy.S.Zero) + coefficient
    if len(found) == len(terms):
        return terms
    kept = [
        times(coefficient, *scalars, *(() if rest is None else (rest,)))
        for (scalars, rest), coefficient in found.items()
        if coefficient != 0
    ]
    return kept or [Const(sympy.S.Zero)]


def _sum_of_logs(expr: sympy.Expr) -> bool:
    return bool(expr.is_Add and all(isinstance(term, sympy.log) and term.is_number for term in expr.args))


def _diagonals_together(terms: list[Form]) -> list[Form]:
    """`diag(u) + diag(v) = diag(u + v)`, in the place of the first."""
    parts = [(split(term), term) for term in terms]
    diagonal = [(own, rest) for own, term in parts if isinstance(rest := own[2], Diag)]
    if len(diagonal) < 2:
        return terms
    inner = plus(*(times(own[0], *own[1], rest.inner) for own, rest in diagonal))
    coefficient, scalars, vector = split(inner)
    joined = times(coefficient, *scalars, Diag(vector)) if vector is not None and vector.rank else None
    if joined is None:
        return terms
    first = next(place for place, (own, _) in enumerate(parts) if isinstance(own[2], Diag))
    others = [(place, term) for place, (own, term) in enumerate(parts) if not isinstance(own[2], Diag)]
    return [term for _, term in sorted([(first, joined), *others], key=lambda one: one[0])]


def _is_over_scalars(form: Form) -> bool:
    """Whether a scalar that depends on arrays stands below a fraction line in front."""
    return any(
        isinstance(one, Power)
        and isinstance(one.exponent, Const)
        and one.exponent.value.could_extract_minus_sign()
        for one in split(form)[1]
    )


def _content(coefficients: list[sympy.Expr], fractions: bool = False) -> sympy.Expr:
    """The factor that all terms have in common.

    Only the sign where the factor in front would leave fractions behind: `2λw − (2/n) Xᵀr`.
    """
    numbers = [coefficient.as_coeff_Mul() for coefficient in coefficients]
    plain = all(n.is_Rational and n.q <= _LARGEST and abs(n.p) <= _LARGEST for n, _ in numbers)
    sizes = dict.fromkeys(abs(number) for number, _ in numbers)
    gcd = (sympy.gcd_list(list(sizes)) if len(sizes) > 1 else next(iter(sizes))) if plain else ONE
    rests = {rest for _, rest in numbers}
    mixed = len(rests) > 1 and any(sympy.fraction(rest)[1] != 1 for rest in rests)
    broken = plain and gcd.q != 1 and any(number.q == 1 for number, _ in numbers)
    if mixed or broken or (fractions and gcd.q != 1):
        gcd = ONE
    common = gcd * rests.pop() if len(rests) == 1 and not fractions else gcd
    if all(number < 0 for number, _ in numbers):
        common = -common
    return common if common != 0 else ONE


def _ordered(terms: list[Form]) -> tuple[Form, ...]:
    """Positive terms first, otherwise as they came."""
    positive = [term for term in terms if not is_negative(term)]
    return tuple(positive + [term for term in terms if is_negative(term)])


def is_negative(form: Form) -> bool:
    """Whether the form is written with a minus sign in front."""
    return bool(split(form)[0].could_extract_minus_sign())
