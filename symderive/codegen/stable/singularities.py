"""Quotients and logarithms of what vanishes: a few terms of their series near 0, the formula elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy

from symderive.codegen.stable.near import Near
from symderive.codegen.stable.rational import EXPONENTIAL, linear
from symderive.codegen.stable.series import NotAnalytic, Series
from symderive.core.identity import free_indices, tensors_of, with_args
from symderive.core.nodes import Binder, TensorNode
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.functions.choice import where
from symderive.functions.comparisons import less
from symderive.functions.kinked import absolute, larger, smaller
from symderive.functions.record import Indicator
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.functions.stable_forms import exp_minus_one, log_cosh, log_one_minus_exp, log_one_plus

_LONGEST = 150  # operations in what is looked at
_MOST_TERMS = 40  # of what is multiplied out
_RADII = {0: 26, 1: 8, 2: 5}  # powers of cancelled terms, and the binary places of the number below which
_RADIUS = 4  # the series is used; for more of them
_EXACT, _NOTHING = Fraction(1, 2**47), Fraction(0)
_AT = sympy.Dummy("u", real=True)  # the same in all expressions, so that what has been looked at is known
_HEADS = (*EXPONENTIAL, softplus, log_one_plus, log_one_minus_exp, log_cosh, sympy.log)


@dataclass(frozen=True)
class Spot:
    """What vanishes; final.

    Attributes:
        inner: an expression u.
        is_exponent: whether `exp(u)` vanishes, far out, and not u.
        factor: of a product u = factor · rest, that which stands below the line.
    """

    inner: sympy.Expr
    is_exponent: bool
    factor: sympy.Expr | None = None


def removable_singularity(expr: sympy.Expr) -> sympy.Expr:
    """`(exp(u) − 1)/u = 1 + u/2 + …` near 0, `log softplus(u) = u − exp(u)/2 + …` for very negative u.

    Every quotient of exponentials and powers that is 0/0 at a point, and every logarithm of what underflows,
    has a series; where terms of it cancel or underflow, a few terms of the series are used.
    """
    if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow, sympy.log, log_one_minus_exp)):
        return expr
    for spot in _spots(expr):
        expr = _apart(expr, spot)
    return expr


@lru_cache(maxsize=20_000)
def _spots(expr: sympy.Expr) -> tuple[Spot, ...]:
    return tuple(dict.fromkeys(_found(expr)))


def _found(expr: sympy.Expr) -> Iterator[Spot]:
    """The places at which an expression may be singular."""
    raised = [one.args[0] for one in _functions(expr)]
    for base in _below(expr):
        if isinstance(base, (softplus, sigmoid)) or (isinstance(base, sympy.log) and _is_plain(base.args[0])):
            yield Spot(base.args[0], True)
        elif isinstance(base, (exp_minus_one, sympy.tanh, sympy.sinh, log_one_minus_exp)):
            inner = base.args[0]
            power = (-inner if inner.could_extract_minus_sign() else inner).as_coeff_Mul()[1]
            yield Spot(power.args[0], True) if isinstance(power, sympy.exp) else Spot(_bare(inner), False)
        elif tensors_of(base) and not base.has(*_HEADS) and not isinstance(base, (Binder, sympy.Add)):
            for argument in raised:
                if _ratio(argument, base) is not None:
                    yield Spot(base, False)
                    break
                if isinstance(argument, sympy.Mul) and base in argument.args:
                    yield Spot(_bare(argument), False, base)
                    break


def _functions(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    if isinstance(expr, (TensorNode, Binder, IndexLogSum, SoftmaxEntry)):
        return
    if isinstance(expr, _HEADS) and tensors_of(expr):
        yield expr
    for arg in expr.args:
        yield from _functions(arg)


def _below(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    """What stands below a line or in a logarithm, outside of other functions."""
    if isinstance(expr, (TensorNode, Binder, IndexLogSum, SoftmaxEntry, where)) or not expr.args:
        return
    if isinstance(expr, (sympy.log, log_one_minus_exp)):
        yield from sympy.Mul.make_args(expr.args[0]) if isinstance(expr, sympy.log) else (expr,)
    elif isinstance(expr, sympy.Pow) and expr.exp.is_Rational and not (expr.exp.is_Integer and expr.exp > 0):
        yield from sympy.Mul.make_args(expr.base)
        yield from _below(expr.base)
    elif isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        for arg in expr.args:
            yield from _below(arg)


def _is_plain(expr: sympy.Expr) -> bool:
    return not expr.has(*_HEADS)


def _bare(expr: sympy.Expr) -> sympy.Expr:
    """Without the number in front."""
    return expr.as_coeff_Mul()[1]


def _ratio(expr: sympy.Expr, inner: sympy.Expr) -> sympy.Rational | None:
    """The rational c of `expr = c inner`."""
    (own, number), (other, shift) = linear(expr), linear(inner)
    if not other or own.keys() != other.keys():
        return None
    ratios = {own[one] / other[one] for one in own}
    (ratio, *more) = ratios
    return None if more or sympy.expand(number - ratio * shift) != 0 else ratio


def _apart(expr: sympy.Expr, spot: Spot) -> sympy.Expr:
    """The terms that are functions of u alone, times something else, each with its series."""
    if sympy.count_ops(expr) > _LONGEST:
        return expr
    terms = [
        term
        for one in (_multiplied_out(expr) if spot.factor is not None else (expr,))
        for term in _multiplied_out(_written(one, spot, _AT))
    ]
    if len(terms) > _MOST_TERMS:
        return expr
    groups: dict[sympy.Expr, list[sympy.Expr]] = {}
    for term in terms:
        front, inner = _split(term, _AT)
        groups.setdefault(front, []).append(inner)
    if any(front.has(_AT) for front in groups):
        return expr
    made, found = [], False
    for front, inners in groups.items():
        inner = sympy.Add(*inners)
        better = _with_series(inner, spot, _AT)
        found = found or better is not None
        made.append(front * (inner.xreplace({_AT: spot.inner}) if better is None else better))
    return sympy.Add(*made) if found else expr


def _multiplied_out(expr: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The terms of a sum of products; what stands inside functions and sums stays as it is."""
    inner = expr.atoms(Binder, SoftmaxEntry, sympy.Function)
    names = {one: sympy.Dummy(real=True) for one in sorted(inner, key=sympy.default_sort_key)}
    made = sympy.expand_mul(sympy.expand_multinomial(expr.xreplace(names)))
    back = {name: one for one, name in names.items()}
    return tuple(term.xreplace(back) for term in sympy.Add.make_args(made))


def _split(term: sympy.Expr, at: sympy.Symbol) -> tuple[sympy.Expr, sympy.Expr]:
    """What has nothing to do with u, and the rest."""
    factors = sympy.Mul.make_args(term)
    inner = [one for one in factors if one.has(at) and not tensors_of(one) | free_indices(one)]
    numbers = [one for one in factors if one.is_Rational]
    rest = (one for one in factors if one not in inner and one not in numbers)
    return sympy.Mul(*rest), sympy.Mul(*inner, *numbers)


def _written(expr: sympy.Expr, spot: Spot, at: sympy.Symbol) -> sympy.Expr:
    """The expression with a symbol for u where it is a multiple of it."""
    if isinstance(expr, sympy.Pow) and expr.base == spot.factor and expr.exp.is_Integer:
        return (at * spot.factor / spot.inner) ** expr.exp if expr.exp < 0 else expr
    if isinstance(expr, (Binder, IndexLogSum, SoftmaxEntry, Indicator, where)) or not expr.args:
        return expr
    if tensors_of(expr):
        ratio = _ratio(expr, spot.inner)
        if ratio is not None:
            return ratio * at
    if isinstance(expr, TensorNode):
        return expr
    return with_args(expr, [_written(arg, spot, at) for arg in expr.args])


def _with_series(inner: sympy.Expr, spot: Spot, at: sympy.Symbol) -> sympy.Expr | None:
    """The formula with its series near the point; None where it needs none or has none."""
    found = _series(inner, spot.is_exponent, at)
    if found is None:
        return None
    series, lost = found
    places = _RADII.get(lost, _RADIUS)
    radius = sympy.Rational(1, 2**places)
    u = spot.inner
    if spot.is_exponent:
        border = -places * sympy.log(2).n(3)
        border = sympy.Integer(int(border) - 1)
        raised = sympy.exp(smaller(u, border))
        beside = Fraction(int(not series.is_plain))
        close = _polynomial(Series(Fraction(0), series.numbers), raised, places, beside)
        if series.low:
            low = sympy.Rational(series.low.numerator, series.low.denominator)
            close = sympy.exp(low * smaller(u, border)) * close
        close += sympy.Rational(series.logs) * smaller(u, border) + series.number
        return where(less(u, border), close, inner.xreplace({at: larger(u, border)}))
    test = less(absolute(u), radius)
    return where(test, _polynomial(series, u, places), inner.xreplace({at: where(test, sympy.S.One, u)}))


@lru_cache(maxsize=20_000)
def _series(inner: sympy.Expr, is_exponent: bool, at: sympy.Symbol) -> tuple[Series, int] | None:
    """The series near the point and how many powers cancel; None where it needs none or has none."""
    near = Near(at, is_exponent)
    try:
        series = near.of(inner)
    except NotAnalytic:
        return None
    if not near.is_singular or series.low < 0 or not (is_exponent or series.is_plain) or not series.numbers:
        return None
    return series, near.lost


def _polynomial(series: Series, x: sympy.Expr, places: int, beside: Fraction = _NOTHING) -> sympy.Expr:
    """As many terms as matter beside the first and a number of size `beside`, by Horner's scheme."""
    sizes = [abs(one) / Fraction(2) ** (places * k) for k, one in enumerate(series.numbers)]
    largest = max(sizes[0], beside)
    count = max((k + 1 for k, size in enumerate(sizes) if size > largest * _EXACT), default=0)
    made: sympy.Expr = sympy.S.Zero
    for number in reversed(series.numbers[:count]):
        made = sympy.Rational(number.numerator, number.denominator) + x * made
    return x ** int(series.low) * made
