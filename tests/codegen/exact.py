"""The truth about a formula far out: its text evaluated with numbers of many digits that carry derivatives.

A `Jet` is `v + a s + b t + c s t` with `s² = t² = 0`: at `x + s e_i + t e_j` a formula gives its value, both
slopes and the mixed second derivative. With enough digits the formula as a user wrote it is exact; nothing of
symderive takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from mpmath import mp, mpf

GUARD = 350


def _beside_arrays(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operation that leaves arrays to NumPy, which takes it entry by entry."""
    return lambda x, y: NotImplemented if isinstance(y, np.ndarray) else operation(x, y)


class Jet:
    """A number with two infinitesimal parts and their product."""

    def __init__(self, v: Any, a: Any = 0, b: Any = 0, c: Any = 0) -> None:
        self.v, self.a, self.b, self.c = mpf(v), a, b, c

    def through(self, value: Any, slope: Any, second: Any) -> Jet:
        """`f(x)` from f, f′ and f″ at the value."""
        return Jet(value, slope * self.a, slope * self.b, slope * self.c + second * self.a * self.b)

    @_beside_arrays
    def __add__(self, other: Any) -> Jet:
        y = jet(other)
        return Jet(self.v + y.v, self.a + y.a, self.b + y.b, self.c + y.c)

    def __neg__(self) -> Jet:
        return Jet(-self.v, -self.a, -self.b, -self.c)

    @_beside_arrays
    def __sub__(self, other: Any) -> Jet:
        return self + -jet(other)

    def __rsub__(self, other: Any) -> Jet:
        return jet(other) - self

    @_beside_arrays
    def __mul__(self, other: Any) -> Jet:
        y = jet(other)
        return Jet(
            self.v * y.v, self.a * y.v + self.v * y.a, self.b * y.v + self.v * y.b,
            self.c * y.v + self.a * y.b + self.b * y.a + self.v * y.c,
        )  # fmt: skip

    __radd__, __rmul__ = __add__, __mul__

    @_beside_arrays
    def __truediv__(self, other: Any) -> Jet:
        return self * jet(other).reciprocal()

    def __rtruediv__(self, other: Any) -> Jet:
        return jet(other) * self.reciprocal()

    def reciprocal(self) -> Jet:
        """`1/x`."""
        one = 1 / self.v
        return self.through(one, -(one**2), 2 * one**3)

    def __pow__(self, other: Any) -> Jet:
        if isinstance(other, Jet):
            return (other * self.log()).exp()
        n = mpf(other)
        second = n * (n - 1) * (self.v ** (n - 2) if n not in (0, 1) else 0)
        return self.through(self.v**n, n * (self.v ** (n - 1) if n else 0), second)

    def __rpow__(self, other: Any) -> Jet:
        return (self * mp.log(mpf(other))).exp()

    def __abs__(self) -> Jet:
        return self * (1 if self.v > 0 else -1 if self.v < 0 else 0)

    def __lt__(self, other: Any) -> bool:
        return bool(self.v < jet(other).v)

    def __le__(self, other: Any) -> bool:
        return bool(self.v <= jet(other).v)

    def __gt__(self, other: Any) -> bool:
        return bool(self.v > jet(other).v)

    def __ge__(self, other: Any) -> bool:
        return bool(self.v >= jet(other).v)

    def __eq__(self, other: object) -> bool:
        return bool(self.v == jet(other).v)

    def __hash__(self) -> int:
        return hash(self.v)

    def exp(self) -> Jet:
        e = _exp(self.v, mp.prec)
        return self.through(e, e, e)

    def log(self) -> Jet:
        return self.through(_log(self.v, mp.prec), 1 / self.v, -1 / self.v**2)

    def sqrt(self) -> Jet:
        r = mp.sqrt(self.v)
        return self.through(r, 1 / (2 * r), -1 / (4 * r**3))

    def ndtr(self) -> Jet:
        """`Φ(x)`; mpmath's erfc is exact in its tail."""
        slope = mp.exp(-(self.v**2) / 2) / mp.sqrt(2 * mp.pi)
        return self.through(mp.erfc(-self.v / mp.sqrt(2)) / 2, slope, -self.v * slope)

    def loggamma(self) -> Jet:
        """`log Γ(x)` for a positive number."""
        return self.through(mp.loggamma(self.v), mp.psi(0, self.v), mp.psi(1, self.v))

    def i0(self) -> Jet:
        """`I₀(x)`."""
        second = mp.besseli(0, self.v) - (mp.besseli(1, self.v) / self.v if self.v else mpf(1) / 2)
        return self.through(mp.besseli(0, self.v), mp.besseli(1, self.v), second)

    def arctan(self) -> Jet:
        return self.through(mp.atan(self.v), 1 / (1 + self.v**2), -2 * self.v / (1 + self.v**2) ** 2)

    def arcsinh(self) -> Jet:
        root = mp.sqrt(1 + self.v**2)
        return self.through(mp.asinh(self.v), 1 / root, -self.v / root**3)

    def sin(self) -> Jet:
        sine, cosine = mp.sin(self.v), mp.cos(self.v)
        return self.through(sine, cosine, -sine)

    def polygamma(self, order: int) -> Jet:
        """The derivatives of `log Γ(x)`, itself for the order −1."""
        return self.through(*(_polygamma(order + times, self.v, mp.prec) for times in range(3)))


@lru_cache(maxsize=4000)
def _exp(x: Any, precision: int) -> Any:
    return mp.exp(x)


@lru_cache(maxsize=4000)
def _log(x: Any, precision: int) -> Any:
    return mp.log(x)


@lru_cache(maxsize=4000)
def _polygamma(order: int, x: Any, precision: int) -> Any:
    return mp.loggamma(x) if order < 0 else mp.psi(order, x)


def jet(x: Any) -> Jet:
    """A number as a jet."""
    if isinstance(x, Jet):
        return x
    return Jet(
        x if isinstance(x, mpf) else mpf(float(x)) if isinstance(x, (float, np.floating)) else mpf(int(x))
    )


def _each(rule: Callable[..., Jet]) -> Callable[..., Any]:
    wide = np.frompyfunc(lambda *args: rule(*map(jet, args)), rule.__code__.co_argcount, 1)
    return lambda *args: wide(*args)


def _tanh(x: Jet) -> Jet:
    e = (-2 * abs(x) if x.v else -2 * x).exp()
    return (1 - e) / (1 + e) * (-1 if x.v < 0 else 1)


def _norm(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return NP.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False, b: Any = 1) -> Any:
    return NP.log(np.sum(b * NP.exp(x), axis=axis, keepdims=keepdims))


def _softmax(x: Any, axis: Any = None) -> Any:
    e = NP.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def _where(test: Any, yes: Any, no: Any) -> Any:
    return np.where(np.asarray(test, bool), np.asarray(yes, object), np.asarray(no, object))


def _var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.mean((x - np.mean(x, axis=axis, keepdims=True)) ** 2, axis=axis, keepdims=keepdims)


def _log_ndtr(x: Jet) -> Jet:
    return x.ndtr().log()


NP = SimpleNamespace(
    pi=np.pi,
    exp=_each(lambda x: x.exp()), log=_each(lambda x: x.log()), sqrt=_each(lambda x: x.sqrt()),
    log1p=_each(lambda x: (1 + x).log()), expm1=_each(lambda x: x.exp() - 1), abs=_each(lambda x: abs(x)),
    tanh=_each(_tanh), cosh=_each(lambda x: (x.exp() + (-x).exp()) / 2),
    sinh=_each(lambda x: (x.exp() - (-x).exp()) / 2),
    logaddexp=_each(lambda x, y: (x.exp() + y.exp()).log()),
    hypot=_each(lambda x, y: (x * x + y * y).sqrt()),
    maximum=_each(lambda x, y: x if x > y else y), minimum=_each(lambda x, y: y if x > y else x),
    sin=_each(lambda x: x.sin()), cos=_each(lambda x: (x + mp.pi / 2).sin()),
    arctan=_each(lambda x: x.arctan()), arcsinh=_each(lambda x: x.arcsinh()),
    log2=_each(lambda x: x.log() / mp.log(2)), reciprocal=_each(lambda x: 1 / x),
    sum=np.sum, max=np.max, cumsum=np.cumsum, where=_where, linalg=SimpleNamespace(norm=_norm), var=_var,
    mean=np.mean, prod=np.prod, outer=np.outer, diag=np.diag, trace=np.trace, einsum=np.einsum,
)  # fmt: skip
SPECIAL = SimpleNamespace(
    expit=_each(lambda x: 1 / (1 + (-x).exp())), ndtr=_each(lambda x: x.ndtr()), log_ndtr=_each(_log_ndtr),
    log_expit=_each(lambda x: (1 / (1 + (-x).exp())).log()), logit=_each(lambda x: x.log() - (1 - x).log()),
    logsumexp=_logsumexp, softmax=_softmax, log_softmax=lambda x, axis=None: NP.log(_softmax(x, axis)),
    gammaln=_each(lambda x: x.loggamma()), i0=_each(lambda x: x.i0()),
    i0e=_each(lambda x: x.i0() * (-abs(x)).exp()),
    betaln=_each(lambda x, y: x.loggamma() + y.loggamma() - (x + y).loggamma()),
    erf=_each(lambda x: 2 * (x * mp.sqrt(2)).ndtr() - 1),
    erfc=_each(lambda x: 2 * (-x * mp.sqrt(2)).ndtr()),
    digamma=_each(lambda x: x.polygamma(0)),
)  # fmt: skip


def digits(arrays: Mapping[str, Any], times: int = 1) -> int:
    """Digits with which `1 + exp(−z)` is no rounding error for the largest z."""
    largest = max((float(np.max(np.abs(value), initial=0.0)) for value in arrays.values()), default=1.0)
    return GUARD + times * int(max(largest, 10) / 2.302)


def exact(text: str, arrays: Mapping[str, Any], i: Any, j: Any, name: str = "z", times: int = 1) -> Jet:
    """The formula at `arrays` moved by s in entry i and by t in entry j of the array `name`."""
    with mp.workdps(digits(arrays, times)):
        space: dict[str, Any] = {
            one: np.asarray(np.frompyfunc(jet, 1, 1)(np.asarray(value, float)), object)
            for one, value in arrays.items()
        }
        space[name][i] = space[name][i] + Jet(0, 1)
        space[name][j] = space[name][j] + Jet(0, 0, 1)
        names = {"np": NP, "special": SPECIAL}
        made = eval(text, names, space)  # a formula of the tests
        return made.item() if isinstance(made, np.ndarray) else made
