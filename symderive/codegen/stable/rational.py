"""Elementwise expressions as rational functions of exponentials: `σ(z)` is `E/(1 + E)` for `E = exp(z)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import sympy

from symderive.core.identity import tensors_of
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.functions.sigmoid import sigmoid
from symderive.functions.stable_forms import exp_minus_one, secant

EXPONENTIAL = (sympy.exp, sigmoid, sympy.tanh, sympy.cosh, sympy.sinh, exp_minus_one, secant)
_HIGHEST = 8  # power of one exponential that others are written in
Linear = dict[sympy.Expr, sympy.Rational]


@lru_cache(maxsize=50_000)
def is_active(expr: sympy.Expr) -> bool:
    """Whether an exponential of arrays takes part in the sums, products and powers of an expression."""
    if isinstance(expr, EXPONENTIAL):
        return bool(tensors_of(expr))
    if isinstance(expr, (sympy.Add, sympy.Mul)) or (isinstance(expr, sympy.Pow) and expr.exp.is_Integer):
        return any(is_active(arg) for arg in expr.args)
    return False


def expanded(expr: sympy.Expr) -> sympy.Expr:
    """An exponent multiplied out; what stands inside a logarithm of a sum stays as it is."""
    logs = expr.atoms(IndexLogSum, SoftmaxEntry)
    names = {one: sympy.Dummy(real=True) for one in sorted(logs, key=sympy.default_sort_key)}
    made = sympy.expand(expr.xreplace(names))
    return made.xreplace({name: one for one, name in names.items()}) if names else made


def linear(exponent: sympy.Expr) -> tuple[Linear, sympy.Expr]:
    """An exponent as rational multiples of terms with arrays, and the number beside them."""
    terms: Linear = {}
    number: sympy.Expr = sympy.S.Zero
    for term in sympy.Add.make_args(expanded(exponent)):
        if not tensors_of(term):
            number += term
            continue
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Rational:
            coefficient, rest = sympy.S.One, term
        terms[rest] = terms.get(rest, sympy.S.Zero) + coefficient
    return terms, number


def _exponents(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    """What is raised in an expression."""
    if isinstance(expr, EXPONENTIAL) and tensors_of(expr):
        yield expr.args[0] * (2 if isinstance(expr, sympy.tanh) else 1)
    elif is_active(expr):
        for arg in expr.args:
            yield from _exponents(arg)


def _common(exponents: list[sympy.Expr]) -> sympy.Expr | None:
    """The exponent with a number in it of which all others are multiples, if there is one."""
    forms = [linear(one) for one in exponents]
    if not forms or not forms[0][1]:
        return None
    terms, number = forms[0]
    for own, shift in forms[1:]:
        ratios = {own[one] / terms[one] for one in own if one in terms}
        if own.keys() != terms.keys() or len(ratios) != 1 or shift != number * next(iter(ratios)):
            return None
    scale = abs(next(iter(terms.values())))
    return sympy.Add(*(number_ / scale * term for term, number_ in terms.items()), number / scale)


def number_raised(expr: sympy.Expr) -> sympy.Rational | None:
    """`q` of `exp(q)` for a rational number other than 0."""
    base, power = expr.as_base_exp()
    return power if base is sympy.E and power.is_Rational and power != 0 else None


def _raised_numbers(expr: sympy.Expr) -> Iterator[sympy.Rational]:
    """The rational numbers that are raised beside the exponentials of arrays."""
    number = number_raised(expr)
    if number is not None:
        yield number
    elif isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        for arg in expr.args:
            yield from _raised_numbers(arg)


def _step(numbers: list[sympy.Expr]) -> sympy.Rational:
    """The largest number of which all rational ones are multiples; 0 where one is a high multiple."""
    given = [number for number in numbers if number.is_Rational and number != 0]
    below = math.lcm(*(int(number.q) for number in given))
    step = sympy.Rational(math.gcd(*(int(number * below) for number in given)), below)
    return step if all(abs(number) <= _HIGHEST * step for number in given) else sympy.S.Zero


@cache
def _name(letter: str, number: int, is_positive: bool) -> sympy.Dummy:
    """The same name for the same place, so that equal quotients of different things are factored once."""
    return sympy.Dummy(f"{letter}{number}", **({"positive": True} if is_positive else {"real": True}))


@dataclass
class Powers:
    """Names for exponentials and for everything else; final.

    Attributes:
        steps: for each term of an exponent, the rational number g so that all exponentials of it are powers
            of `exp(g term)`.
        raised: the name of each `exp(g term)`.
        opaque: the name of what is no exponential.
        whole: a term with a number, `z − 1`, if all exponents are multiples of it.
        step: the rational number g so that all exponentials of rational numbers are powers of `exp(g)`.
    """

    steps: dict[sympy.Expr, sympy.Rational] = field(default_factory=dict)
    raised: dict[sympy.Expr, sympy.Symbol] = field(default_factory=dict)
    opaque: dict[sympy.Expr, sympy.Symbol] = field(default_factory=dict)
    whole: sympy.Expr | None = None
    step: sympy.Rational = sympy.S.Zero

    @classmethod
    def of(cls, expr: sympy.Expr) -> Powers | None:
        """The names for an expression; None where one exponential is a high power of another."""
        found: dict[sympy.Expr, list[sympy.Rational]] = {}
        exponents = list(_exponents(expr))
        made = cls(whole=_common(exponents))
        for exponent in exponents:
            for term, coefficient in made.linear(exponent)[0].items():
                found.setdefault(term, []).append(coefficient)
        for term, numbers in found.items():
            step = _step(numbers)
            if step == 0:
                return None
            made.steps[term] = step
            made.raised[term] = _name("E", len(made.raised), True)
        made.step = _step([*_raised_numbers(expr), *(made.linear(one)[1] for one in exponents)])
        return made

    def linear(self, exponent: sympy.Expr) -> tuple[Linear, sympy.Expr]:
        """An exponent as multiples of terms, and the number beside them."""
        if self.whole is None:
            return linear(exponent)
        return {self.whole: sympy.cancel(expanded(exponent) / self.whole)}, sympy.S.Zero

    @property
    def gens(self) -> tuple[sympy.Symbol, ...]:
        """The names of the exponentials."""
        return tuple(self.raised.values())

    def exponent(self, powers: tuple[int, ...]) -> sympy.Expr:
        """The exponent of a product of powers of the named exponentials."""
        pairs = zip(self.raised, powers, strict=True)
        return sympy.Add(*(self.steps[term] * power * term for term, power in pairs))

    def back(self, expr: sympy.Expr) -> sympy.Expr:
        """An expression without exponentials with everything else in place of its name."""
        return expr.xreplace({name: value for value, name in self.opaque.items()})

    def raise_(self, exponent: sympy.Expr) -> sympy.Expr:
        """`exp(exponent)` in names."""
        terms, number = self.linear(exponent)
        factors = [self.raised[term] ** (number_ / self.steps[term]) for term, number_ in terms.items()]
        return sympy.Mul(*factors) * self.name(sympy.exp(number))

    def name(self, expr: sympy.Expr) -> sympy.Expr:
        """The name of what is no exponential; numbers stand for themselves."""
        if expr.is_Rational:
            return expr
        number = number_raised(expr)
        if self.step and number is not None and number != self.step:
            return self.name(sympy.exp(self.step)) ** (number / self.step)
        if expr.is_Mul:
            return sympy.Mul(*(self.name(factor) for factor in expr.args))
        if expr.is_Pow and expr.exp.is_Integer:
            return self.name(expr.base) ** expr.exp
        if expr.is_Add and len(expr.args) == 2 and any(term.is_Rational for term in expr.args):
            return sympy.Add(*(self.name(term) for term in expr.args))
        if expr.could_extract_minus_sign():
            return -self.name(-expr)
        if expr not in self.opaque:
            self.opaque[expr] = _name("o", len(self.opaque), bool(expr.is_positive))
        return self.opaque[expr]

    def named(self, expr: sympy.Expr) -> sympy.Expr:
        """A rational function of names that equals the expression.

        `σ(a) = E/(1 + E)`, `tanh(a) = (E² − 1)/(E² + 1)`, `cosh(a) = (E + 1/E)/2`, `sinh(a) = (E − 1/E)/2`
        with `E = exp(a)`.
        """
        if not is_active(expr):
            return self.name(expr)
        if isinstance(expr, (sympy.Add, sympy.Mul)):
            return expr.func(*(self.named(arg) for arg in expr.args))
        if isinstance(expr, sympy.Pow):
            return self.named(expr.base) ** expr.exp
        if isinstance(expr, sympy.tanh):
            raised = self.raise_(2 * expr.args[0])
            return (raised - 1) / (raised + 1)
        raised = self.raise_(expr.args[0])
        return _WRITTEN[type(expr)](raised)


_WRITTEN: dict[Any, Callable[[sympy.Expr], sympy.Expr]] = {
    sympy.exp: lambda e: e,
    sigmoid: lambda e: e / (1 + e),
    sympy.cosh: lambda e: (e + 1 / e) / 2,
    sympy.sinh: lambda e: (e - 1 / e) / 2,
    exp_minus_one: lambda e: e - 1,
    secant: lambda e: 2 * e / (1 + e**2),
}
