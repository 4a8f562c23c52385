"""Stable functions as code computes them: from functions that NumPy and SciPy have."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sympy

from symderive.codegen.stable.rational import expanded
from symderive.core.identity import free_indices, with_args
from symderive.core.nodes import Binder, Entry, Index, IndexSum, Tensor, TensorNode
from symderive.core.program import Definition
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.functions.choice import where
from symderive.functions.comparisons import greater, less
from symderive.functions.kinked import absolute, larger, smaller
from symderive.functions.normal_intervals import (
    interval_excess,
    interval_slope,
    log_normal_interval,
    normal_interval,
)
from symderive.functions.normal_moments import (
    SKEW_FROM,
    SPREAD_FROM,
    normal_skew,
    normal_spread,
    skew_far,
    skew_near,
    spread_far,
    spread_near,
)
from symderive.functions.normal_tail import log_ndtr
from symderive.functions.root_gap import root_gap
from symderive.functions.sigmoid import sigmoid
from symderive.functions.special import ndtr
from symderive.functions.stable_forms import (
    exp_minus_one,
    hypotenuse,
    log_add_exp,
    log_cosh,
    log_one_minus_exp,
    log_one_plus,
    normal_excess,
    normal_slope,
    scaled_erfc,
    secant,
)

_FAR = -200  # below it three terms of a continued fraction are exact


class Lowering:
    """Puts functions that NumPy and SciPy have in place of the others, and names what is used twice; final.

    Args:
        taken: names that are in use.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.made: list[Definition] = []
        self.known: dict[sympy.Expr, sympy.Expr] = {}

    def lowered(self, made: Definition, before: Definition) -> list[Definition]:
        """A definition without functions that only code has, behind those that it needs.

        A sum that stands in it more often than before has a name, so that it is computed once.
        """
        self.made = []
        body = self.of(_with_sums(made.body, self, before.body) if made.body != before.body else made.body)
        return [*self.made, made.with_body(body)]

    def of(self, expr: sympy.Expr) -> sympy.Expr:
        """The expression in functions that NumPy and SciPy have."""
        if isinstance(expr, (TensorNode, IndexLogSum, SoftmaxEntry)) or not expr.has(*_LOWER, hypotenuse):
            return expr
        if isinstance(expr, Binder):
            return expr.func(self.of(expr.body), *expr.indices)
        made = with_args(expr, [self.of(arg) for arg in expr.args])
        if isinstance(made, sympy.Mul):
            return _over_hypotenuse(self, made)
        rule = _LOWER.get(type(made))
        return made if rule is None else rule(self, *made.args)

    def named(self, expr: sympy.Expr, word: str) -> sympy.Expr:
        """An entry of a new array that holds the expression; what is short stays."""
        if isinstance(expr, Entry) or isinstance(-expr, Entry):
            return expr
        if expr not in self.known:
            indices = _axes(expr)
            tensor = Tensor(self.free_name(word), tuple(index.dim for index in indices))
            self.made.append(Definition(tensor, indices, expr))
            self.known[expr] = Entry(tensor, *indices)
        return self.known[expr]

    def free_name(self, word: str) -> str:
        """The word, with a number behind it if it is taken."""
        names = itertools.chain([word], (f"{word}{count}" for count in itertools.count(2)))
        name = next(name for name in names if name not in self.taken)
        self.taken.add(name)
        return name


def _with_sums(expr: sympy.Expr, space: Lowering, before: sympy.Expr) -> sympy.Expr:
    found, given = Counter(_sums(expr)), Counter(_sums(before))
    repeated = [one for one, count in found.items() if count > max(given[one], 1)]
    return expr.xreplace({one: space.named(one, "z") for one in repeated}) if repeated else expr


def _sums(expr: sympy.Basic) -> Iterator[sympy.Expr]:
    """The sums inside functions."""
    if isinstance(expr, IndexSum):
        yield expr
    elif not isinstance(expr, TensorNode):
        for arg in expr.args:
            yield from _sums(arg)


def _axes(expr: sympy.Expr) -> tuple[Index, ...]:
    """The free indices, in the order in which the entries of the expression have them."""
    free = free_indices(expr)
    axes = (
        axis for entry in sympy.preorder_traversal(expr) if isinstance(entry, Entry) for axis in entry.axes
    )
    found = dict.fromkeys(axis for axis in axes if axis in free)
    return tuple(dict.fromkeys([*found, *sorted(free, key=lambda index: index.name)]))


def _over_hypotenuse(space: Lowering, expr: sympy.Mul) -> sympy.Expr:
    """`x²/r³ = (x/r)²/r` for `r = √(x² + y²)`: neither power overflows or underflows."""
    if not any(isinstance(_power(factor)[0], hypotenuse) for factor in expr.args):
        return expr
    powers: dict[sympy.Expr, sympy.Expr] = {}
    for base, power in map(_power, expr.args):  # 2 and √2 have one base
        powers[base] = powers.get(base, sympy.S.Zero) + power
    for root, power in list(powers.items()):
        if not (isinstance(root, hypotenuse) and power.is_Integer and power < -1):
            continue
        for side in (one for one in root.args if powers.get(one, sympy.S.Zero).is_Integer):
            taken = min(powers.get(side, 0), -powers[root])
            if taken > 0:
                powers[side] -= taken
                powers[root] += taken
                cosine = space.named(side / root, "cosine")
                powers[cosine] = powers.get(cosine, sympy.S.Zero) + taken
    return sympy.Mul(*(base**power for base, power in powers.items()))


def _power(factor: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    return (factor, sympy.S.One) if isinstance(factor, sympy.exp) else factor.as_base_exp()


def _secant(space: Lowering, x: sympy.Expr) -> sympy.Expr:
    """`1/cosh(x) = 2 exp(−|x|) σ(2|x|)`."""
    size = absolute(x)
    return 2 * sympy.exp(-size) * sigmoid(2 * size)


def _log_cosh(space: Lowering, x: sympy.Expr) -> sympy.Expr:
    """`log cosh(x) = log(1 + 2 sinh²(x/2))`, far from 0 `logaddexp(x, −x) − log 2`."""
    x = space.named(x, "u")
    near = smaller(larger(x, sympy.S.NegativeOne), sympy.S.One)
    close = log_one_plus(2 * sympy.sinh(near / 2) ** 2)
    return where(less(absolute(x), sympy.S.One), close, log_add_exp(x, -x) - sympy.log(2))


def _log_one_minus_exp(space: Lowering, x: sympy.Expr) -> sympy.Expr:
    """`log(1 − exp(x)) = log(−expm1(x))`, for large −x `log1p(−exp(x))`."""
    x = space.named(x, "u")
    far = log_one_plus(-sympy.exp(smaller(x, sympy.S.NegativeOne)))
    return where(less(x, sympy.S.NegativeOne), far, sympy.log(-exp_minus_one(x)))


def _root_gap(space: Lowering, c: sympy.Expr, rest: sympy.Expr) -> sympy.Expr:
    """`√(c² + r) − c = r/(√(c² + r) + |c|)` for a positive c, else the sum below the line."""
    turned = -c if c.could_extract_minus_sign() else c
    size = space.named(sympy.sqrt(expanded(c**2 + rest)) + absolute(turned), "size")
    return where(greater(c, sympy.S.Zero), rest / size, size)


def _normal_slope(space: Lowering, x: sympy.Expr) -> sympy.Expr:
    """`φ(x)/Φ(x) = √(2/π)/erfcx(−x/√2)`."""
    return space.named(sympy.sqrt(2 / sympy.pi) / scaled_erfc(-x / sympy.sqrt(2)), "hazard")


def _normal_excess(space: Lowering, x: sympy.Expr) -> sympy.Expr:
    """`x + φ(x)/Φ(x)`, far out `−1/(x + 2/(x + 3/(x + …)))`."""
    x = space.named(x, "u")
    far = space.named(smaller(x, sympy.S.NegativeOne), "far")
    quotient = -1 / (far + 2 / (far + 3 / far))
    return space.named(where(less(x, sympy.Integer(_FAR)), quotient, x + _normal_slope(space, x)), "excess")


def _normal_spread(space: Lowering, x: sympy.Expr) -> sympy.Expr:
    """`1 − h (x + h)`, far out by a continued fraction."""
    return _by_fraction(space, x, SPREAD_FROM, spread_near, spread_far)


def _normal_skew(space: Lowering, x: sympy.Expr) -> sympy.Expr:
    """`(x + h)(x + 2 h) − 1`, far out by a continued fraction."""
    return _by_fraction(space, x, SKEW_FROM, skew_near, skew_far)


def _by_fraction(
    space: Lowering, x: sympy.Expr, border: int, near: Callable[..., Any], far: Callable[..., Any]
) -> sympy.Expr:
    x = space.named(x, "u")
    out = far(space.named(smaller(x, sympy.Integer(border)), "far"), lambda one: space.named(one, "quotient"))
    return space.named(where(less(x, sympy.Integer(border)), out, near(x, _normal_slope(space, x))), "moment")


def _is_right(a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    return greater(a + b, sympy.S.Zero)


def _normal_interval(space: Lowering, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """`Φ(b) − Φ(a)`, in the right tail `Φ(−a) − Φ(−b)`."""
    return where(_is_right(a, b), ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))


def _log_normal_interval(space: Lowering, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """`log |Φ(b) − Φ(a)| = log Φ(n) + log(1 − Φ(f)/Φ(n))` with the larger tail Φ(n)."""
    sign = space.named(where(_is_right(a, b), sympy.S.NegativeOne, sympy.S.One), "side")
    near = space.named(log_ndtr(larger(sign * a, sign * b)), "near")
    far = log_ndtr(smaller(sign * a, sign * b))
    return near + _log_one_minus_exp(space, far - near)


def _interval_slope(space: Lowering, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """`φ(a)/(Φ(b) − Φ(a))` by `erfcx`, whose arguments are in the same tail, so that nothing underflows.

    With `d = (b² − a²)/2` it is `√(2/π)/(erfcx(a/√2) − exp(−d) erfcx(b/√2))`, and in the left tail the same
    with −a and −b, and another sign.
    """
    sign = space.named(where(_is_right(a, b), sympy.S.One, sympy.S.NegativeOne), "side")
    step = space.named((b - a) * (b + a) / 2, "step")
    high = space.named(sympy.exp(smaller(step, sympy.S.Zero)), "weight")
    low = sympy.exp(-larger(step, sympy.S.Zero))
    below = high * scaled_erfc(sign * a / sympy.sqrt(2)) - low * scaled_erfc(sign * b / sympy.sqrt(2))
    return space.named(sign * sympy.sqrt(2 / sympy.pi) * high / below, "hazard")


def _interval_excess(space: Lowering, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """`p − a = (h − a) + p Φ(−b)/Φ(−a)` with `h = φ(a)/Φ(−a)`, in the right tail and for a below b.

    The other way round p turns its sign where a and b do.
    """
    slope, sign = _interval_slope(space, a, b), sympy.S.One
    if not sympy.expand(b - a).is_positive:
        sign = space.named(where(greater(b - a, sympy.S.Zero), sympy.S.One, sympy.S.NegativeOne), "turn")
    low = space.named(larger(sign * a, sympy.S.Zero), "low")
    high = space.named(larger(sign * b, low), "high")
    ratio = scaled_erfc(high / sympy.sqrt(2)) / scaled_erfc(low / sympy.sqrt(2))
    ratio *= sympy.exp((low - high) * (low + high) / 2)
    far = sign * _normal_excess(space, -low) + slope * ratio
    return space.named(where(greater(sign * a, sympy.S.Zero), far, slope - a), "excess")


_LOWER: dict[Any, Callable[..., sympy.Expr]] = {
    secant: _secant,
    log_cosh: _log_cosh,
    log_one_minus_exp: _log_one_minus_exp,
    root_gap: _root_gap,
    normal_slope: _normal_slope,
    normal_excess: _normal_excess,
    normal_spread: _normal_spread,
    normal_skew: _normal_skew,
    normal_interval: _normal_interval,
    log_normal_interval: _log_normal_interval,
    interval_slope: _interval_slope,
    interval_excess: _interval_excess,
}
