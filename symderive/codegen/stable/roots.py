"""Square roots beside what they nearly equal, and roots of squares."""

from __future__ import annotations

import sympy

from symderive.codegen.stable.rational import expanded
from symderive.core.identity import tensors_of
from symderive.functions.kinked import absolute, signum
from symderive.functions.root_gap import root_gap
from symderive.functions.stable_forms import hypotenuse

_HALF = sympy.Rational(1, 2)
_LONGEST = 40  # operations under a root that is looked at


def root_less_number(expr: sympy.Expr) -> sympy.Expr:
    """`√(c² + u) − c = u/(√(c² + u) + c)`, where `c > 0`; the same with `c/√(c² + u) − 1`.

    Where the sign of c is not known, but u is positive, it is a function of its own that takes both signs.
    """
    if not isinstance(expr, sympy.Add):
        return expr
    for term in expr.args:
        factors = sympy.Mul.make_args(term)
        found = next((one for one in factors if _squared(one) is not None), None)
        if found is None:
            continue
        for other in (one for one in expr.args if one is not term):
            below = isinstance(found, sympy.Pow) and found.exp == -_HALF
            base, root = _squared(found), found if not below else found.base**_HALF
            one, two = (other, term / found) if below else (term / found, other)
            made = _difference(one, two, base, root)
            if made is not None:
                rest = (it for it in expr.args if it is not term and it is not other)
                return sympy.Add(*rest, made / root if below else made)
    return expr


def _squared(factor: sympy.Expr) -> sympy.Expr | None:
    """`q` of `√q` and of `1/√q`; None of anything else."""
    if isinstance(factor, hypotenuse):
        return sympy.Add(*(side**2 for side in factor.args))
    root = isinstance(factor, sympy.Pow) and abs(factor.exp) == _HALF and tensors_of(factor)
    return factor.base if root and sympy.count_ops(factor.base) <= _LONGEST else None


def _difference(
    coefficient: sympy.Expr, other: sympy.Expr, base: sympy.Expr, root: sympy.Expr
) -> sympy.Expr | None:
    """`a √q − a c = a (q − c²)/(√q + c)`; None where nothing cancels."""
    c = _without_signs(-other / coefficient)
    square = c.replace(absolute, lambda x: x) ** 2
    rest = expanded(base - square)
    if len(sympy.Add.make_args(rest)) >= len(sympy.Add.make_args(expanded(base))) or rest == 0:
        return None
    if c.is_positive or (c.is_nonnegative and rest.is_positive):
        return coefficient * rest / (root + c)
    if c.is_nonpositive or not rest.is_positive:
        return None
    return coefficient * root_gap(c, rest)


def _without_signs(expr: sympy.Expr) -> sympy.Expr:
    """`x/sign(x) = |x|`, also with a number in front."""
    front, factors = sympy.S.One, list(sympy.Mul.make_args(expr))
    for one in list(factors):
        base, power = one.as_base_exp()
        if isinstance(base, signum) and power.is_Integer:
            argument = base.args[0]
            if power % 2 and argument in factors:
                factors.remove(argument)
                factors.remove(one)
                front *= absolute(argument)
    return front * sympy.Mul(*factors)


def complement_of_quotient(expr: sympy.Expr) -> sympy.Expr:
    """`q^a − u q^(a−1) = (q − u) q^(a−1)` for a sum q of which u is a part: what is left is shorter."""
    if not isinstance(expr, sympy.Add) or sympy.count_ops(expr) > _LONGEST:
        return expr
    split = [[factor.as_base_exp() for factor in sympy.Mul.make_args(term)] for term in expr.args]
    bases = (
        base for term in split for base, power in term if isinstance(base, sympy.Add) and power.is_negative
    )
    for base in dict.fromkeys(bases):
        powers = [sympy.Add(*(power for one, power in term if one == base)) for term in split]
        steps = [sympy.expand(power - powers[0]) for power in powers]
        if not all(step.is_Integer for step in steps):
            continue
        least = powers[0] + min(steps)
        pairs = zip(expr.args, powers, strict=True)
        inner = expanded(sympy.Add(*(term / base**power * base ** (power - least) for term, power in pairs)))
        if len(sympy.Add.make_args(inner)) < len(expr.args):
            return inner * base**least
    return expr


def root_of_squares(expr: sympy.Expr) -> sympy.Expr:
    """`√(x² + y²)`, in which the squares neither overflow nor underflow."""
    if not (isinstance(expr, sympy.Pow) and (2 * expr.exp).is_Integer and (2 * expr.exp) % 2 == 1):
        return expr
    terms = expr.base.args if isinstance(expr.base, sympy.Add) else ()
    if len(terms) != 2 or not all(isinstance(one, sympy.Pow) and one.exp == 2 for one in terms):
        return expr
    if not all(tensors_of(one) for one in terms):
        return expr
    return hypotenuse(*(one.base for one in terms)) ** (2 * expr.exp)


def logarithm_of_root(expr: sympy.Expr) -> sympy.Expr:
    """`log(√(c² + u²) + u) = arsinh(u/c) + log c` for a number c; with `− u` the same of `−u`."""
    inner = expr.args[0] if isinstance(expr, sympy.log) else None
    if not (isinstance(inner, sympy.Add) and len(inner.args) == 2):
        return expr
    for root, other in (inner.args, inner.args[::-1]):
        coefficient, power = root.as_coeff_Mul()
        if not (isinstance(power, sympy.Pow) and power.exp == _HALF and coefficient.is_positive):
            continue
        u = other / coefficient
        rest = expanded(power.base - u**2)
        if rest.is_number and rest.is_positive and tensors_of(u):
            front = sympy.expand_log(sympy.log(coefficient * sympy.sqrt(rest)), force=True)
            return sympy.asinh(u / sympy.sqrt(rest)) + front
    return expr
