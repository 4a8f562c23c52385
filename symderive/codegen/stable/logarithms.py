"""Logarithms: of sums and products of exponentials, and of what is close to 1."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import sympy

from symderive.codegen.stable.factors import Factor, Factored, factored
from symderive.codegen.stable.products import Share, bounded, log_of_number, log_of_sum, product, size_of
from symderive.codegen.stable.rational import expanded, is_active
from symderive.core.identity import tensors_of
from symderive.functions.choice import where
from symderive.functions.comparisons import less
from symderive.functions.kinked import absolute, larger, smaller
from symderive.functions.normal_tail import log_ndtr
from symderive.functions.sigmoid import softplus
from symderive.functions.special import ndtr
from symderive.functions.stable_forms import exp_minus_one, log_one_minus_exp, log_one_plus

_MOST_WAYS = 200


def log_of_product(expr: sympy.Expr) -> sympy.Expr:
    """The logarithm of a product with exponentials or normal tails in it, term by term.

    1. `log exp(a) = a`, `log(1 + exp(a)) = softplus(a)`, `log σ(a) = −softplus(−a)`.
    2. `log(1 − exp(a))` is a function of its own, exact for small and for large −a.
    3. `log Σ_t c_t exp(t a) = d softplus(a) + log Σ_t c_t σ(a)^t σ(−a)^(d−t)`.
    4. `log((1 − exp(a)) f) = softplus(a) + log(−tanh(a/2) f)` where the signs of both are not known.
    5. `log(exp(a) + exp(b) + …) = logaddexp(a, b, …)`.
    6. `log Φ(x)` and `log erfc(x) = log 2 + log Φ(−√2 x)` are exact where Φ underflows.
    """
    if not isinstance(expr, sympy.log):
        return expr
    inner = expr.args[0]
    if not (any(is_active(one) for one in sympy.Mul.make_args(inner)) or _has_tail(inner)):
        return expr
    made = factored(inner)
    return _Logarithm(made[0]).value() if len(made) == 1 else expr


def log_near_one(expr: sympy.Expr) -> sympy.Expr:
    """`log(1 + x)` exact for small x."""
    inner = expr.args[0] if isinstance(expr, sympy.log) else sympy.S.Zero
    if not (isinstance(inner, sympy.Add) and sympy.S.One in inner.args):
        return expr
    rest = sympy.Add(*(term for term in inner.args if term != 1))
    return log_one_plus(rest) if tensors_of(rest) else expr


def log_of_mixture(expr: sympy.Expr) -> sympy.Expr:
    """`log(1 − w + w exp(a)) = log(1 + w (exp(a) − 1))`, exact for small a, where it is close to 0."""
    inner = expr.args[0] if isinstance(expr, sympy.log) else sympy.S.Zero
    raised = set(_raised(inner)) if isinstance(inner, sympy.Add) else ()
    if len(raised) != 1:
        return expr
    (whole,), name = raised, sympy.Dummy("E", positive=True)
    a = whole.args[0]
    found = sympy.expand(inner.xreplace({whole: name}))
    weight = found.coeff(name, 1)
    if weight.has(name) or sympy.expand(found - weight * (name - 1)) != 1:
        return expr
    size = absolute(-a if a.could_extract_minus_sign() else a)
    near, test = larger(a, sympy.S.NegativeOne), less(size, sympy.S.One)
    if not a.is_negative:
        near = smaller(near, sympy.S.One)
    return where(test, log_one_plus(weight * exp_minus_one(near)), expr)


def _raised(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    """The exponentials of arrays in sums and products."""
    if isinstance(expr, sympy.exp) and tensors_of(expr):
        yield expr
    elif isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        for arg in expr.args:
            yield from _raised(arg)


def _has_tail(expr: sympy.Expr) -> bool:
    bases = (factor.as_base_exp()[0] for factor in sympy.Mul.make_args(expr))
    return any(isinstance(base, (ndtr, sympy.erfc)) for base in bases)


class _Logarithm:
    """Collects the terms; final."""

    def __init__(self, made: Factored) -> None:
        self.exponent = made.exponent
        self.terms: list[sympy.Expr] = []
        self.plus: list[tuple[int, sympy.Expr]] = []  # how often softplus of what
        self.unsure: list[Factor] = []
        self.inside: list[sympy.Expr] = []
        self.sign = 1
        for terms, power in made.sums:
            self.terms.append(power * log_of_sum(terms))
        for factor in sympy.Mul.make_args(made.plain):
            self.plain(factor)
        for one in made.factors:
            self.sum(one)

    def plain(self, factor: sympy.Expr) -> None:
        """A factor without exponentials."""
        base, power = factor.as_base_exp()
        if isinstance(base, ndtr):
            self.terms.append(power * log_ndtr(base.args[0]))
        elif isinstance(base, sympy.erfc):
            self.terms.append(power * (sympy.log(2) + log_ndtr(expanded(-sympy.sqrt(2) * base.args[0]))))
        elif factor.is_number and factor.is_positive:
            self.terms.append(log_of_number(factor))
        elif factor == -1:
            self.sign = -self.sign
        else:
            self.inside.append(factor)

    def sum(self, factor: Factor) -> None:
        """A sum of exponentials."""
        if factor.shift is not None:
            self.exponent += factor.power * factor.low
            self.terms.append(factor.power * log_of_number(factor.numbers[0]))
            self.plus.append((factor.power, factor.base + factor.shift))
        elif all(number.is_positive for number in factor.numbers):
            self.polynomial(factor)
        else:
            self.unsure.append(factor)

    def polynomial(self, factor: Factor) -> None:
        """`log Σ_t c_t exp(t a) = d softplus(a) + log(…)`."""
        share = Share(factor.base, sympy.S.Zero, factor.degree)
        self.exponent += factor.power * factor.low
        self.plus.append((factor.power * factor.degree, factor.base))
        self.terms.append(factor.power * sympy.log(bounded(factor, share)))

    def value(self) -> sympy.Expr:
        """The sum of all terms."""
        single = len(self.unsure) == 1 and not self.inside and self.unsure[0].power % 2
        if single:
            self.only(self.unsure[0])
        elif self.unsure or self.inside or self.sign < 0:
            self.differences()
            loose = Factored(sympy.S.Zero, sympy.Mul(self.sign, *self.inside), tuple(self.unsure))
            self.terms.append(sympy.log(product(loose)))
        return sympy.Add(*self.terms) + self.without_doubles()

    def differences(self) -> None:
        """`1 − exp(a) = −tanh(a/2) (1 + exp(a))` for those of which the sign is not known."""
        for factor in [one for one in self.unsure if one.is_difference]:
            self.unsure.remove(factor)
            self.exponent += factor.power * factor.low
            self.plus.append((factor.power, factor.base))
            self.inside.append((-factor.numbers[0] * sympy.tanh(factor.base / 2)) ** factor.power)

    def only(self, factor: Factor) -> None:
        """The one factor whose sign is not known: the others are positive, so with the sign it is so too."""
        if not factor.is_difference:
            signed = Factor(
                factor.power, factor.low, factor.base, tuple(self.sign * n for n in factor.numbers)
            )
            self.polynomial(signed)
            return
        first = self.sign * factor.numbers[0]
        below = bool(first.is_positive)
        self.exponent += factor.power * (factor.low if below else factor.low + factor.base)
        self.terms.append(factor.power * log_of_number(first if below else -first))
        self.terms.append(factor.power * log_one_minus_exp(factor.base if below else -factor.base))

    def without_doubles(self) -> sympy.Expr:
        """The exponent with softplus: `a − softplus(a) = −softplus(−a)` as often as it gets shorter."""
        ranges = [range(abs(power) + 1) for power, _ in self.plus]
        ways = itertools.islice(itertools.product(*ranges), _MOST_WAYS)
        best = min(ways, key=lambda way: (size_of(self.left(way)), sum(way)))
        total = self.left(best)
        for taken, (power, argument) in zip(best, self.plus, strict=True):
            sign = 1 if power > 0 else -1
            total += sign * taken * softplus(-argument) + sign * (abs(power) - taken) * softplus(argument)
        return total

    def left(self, way: tuple[int, ...]) -> sympy.Expr:
        """The exponent after some softplus have been turned."""
        moved = (
            (1 if power > 0 else -1) * taken * argument
            for taken, (power, argument) in zip(way, self.plus, strict=True)
        )
        return expanded(self.exponent + sympy.Add(*moved))
