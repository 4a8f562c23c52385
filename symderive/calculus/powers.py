"""Powers joined with what stands beside them: `(t/l)^(k−1) t/l = (t/l)^k`, `(a − b)(b − a) = −(a − b)²`."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.calculus.rules import separated
from symderive.calculus.sums import sum_over
from symderive.core.identity import free_indices, with_args
from symderive.core.nodes import IndexSum, TensorNode


@lru_cache(maxsize=20_000)
def powers_completed(expr: sympy.Expr) -> sympy.Expr:
    """The expression with powers `(a b)^(p−1)` in products completed by the factors a and b beside them.

    Such powers come from the derivative of `(a b)^p`. A power of one factor SymPy completes by itself.

    >>> from symderive.core.nodes import Tensor
    >>> t, l, k = (Tensor(name)[()] for name in "tlk")
    >>> powers_completed((t / l) ** (k - 1) * t / l**2)
    (t/l)**k/l
    """
    if isinstance(expr, TensorNode) or not _has_open_power(expr):
        return expr
    inner = with_args(expr, [powers_completed(arg) for arg in expr.args])
    if not isinstance(inner, sympy.Mul):
        return inner
    total = next((one for one in inner.args if isinstance(one, IndexSum) and _has_open_power(one.body)), None)
    if total is None:
        return _all_completed(inner)
    rest = sympy.Mul(*(factor for factor in inner.args if factor != total))
    apart = separated(total, *free_indices(rest))
    whole = sympy.Mul(rest, apart.body)
    completed = _all_completed(whole)
    return inner if completed == whole else sum_over(completed, apart.indices)


def _all_completed(product: sympy.Expr) -> sympy.Expr:
    for factor in sympy.Mul.make_args(product):
        if _is_open(factor):
            product = _completed(product, factor)
    return product


@lru_cache(maxsize=20_000)
def opposites_joined(expr: sympy.Expr) -> sympy.Expr:
    """The expression with sums that differ in their sign as one power, in each product.

    >>> from symderive.core.nodes import Tensor
    >>> a, b = Tensor("a")[()], Tensor("b")[()]
    >>> opposites_joined((a - b) * (b - a))
    -(a - b)**2
    """
    if not expr.args or isinstance(expr, TensorNode):
        return expr
    inner = with_args(expr, [opposites_joined(arg) for arg in expr.args])
    if not isinstance(inner, sympy.Mul):
        return inner
    sums = [factor.as_base_exp() for factor in inner.args if factor.as_base_exp()[0].is_Add]
    bases = {base for base, number in sums if number.is_Integer}  # each base occurs once in a product
    turned = [one for one in sums if {one[0], -one[0]} <= bases and one[0].could_extract_minus_sign()]
    sign = sympy.S.NegativeOne ** sympy.Add(*(number for _, number in turned))
    plain = (sympy.Pow(-base if (base, number) in turned else base, number) for base, number in sums)
    others = (factor for factor in inner.args if not factor.as_base_exp()[0].is_Add)
    return sympy.Mul(sign, *others, *plain) if turned else inner


@lru_cache(maxsize=50_000)
def _has_open_power(expr: sympy.Basic) -> bool:
    return _is_open(expr) or (not isinstance(expr, TensorNode) and any(map(_has_open_power, expr.args)))


def _is_open(expr: sympy.Basic) -> bool:
    """Whether it is a power of a product with an exponent such as `p − 1`."""
    return isinstance(expr, sympy.Pow) and expr.base.is_Mul and _missing(expr) > 0


def _missing(power: sympy.Pow) -> int:
    number, rest = power.exp.as_coeff_Add()
    return int(-number) if number.is_Integer and number < 0 and rest != 0 else 0


def _completed(product: sympy.Expr, power: sympy.Pow) -> sympy.Expr:
    others = sympy.Mul(
        *(factor for factor in sympy.Mul.make_args(product) if factor != power)
    ).as_powers_dict()
    inside = {base: number for base, number in power.base.as_powers_dict().items() if not base.is_Number}
    found = [others.get(base, sympy.S.Zero) / number for base, number in inside.items()]
    if not all(one.is_Rational and one >= 1 for one in found):
        return product
    times = min(_missing(power), *(int(one) for one in found))
    coefficient = power.base.as_coeff_Mul()[0] ** -times
    left = (base ** (number - times * inside.get(base, 0)) for base, number in others.items())
    return sympy.Mul(coefficient, *left, sympy.Pow(power.base, power.exp + times))
