"""What the project knows about one elementwise function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy

REALS = sympy.S.Reals
POSITIVE = sympy.Interval.open(0, sympy.oo)
NONNEGATIVE = sympy.Interval(0, sympy.oo)
UNIT = sympy.Interval.open(0, 1)
NONZERO = sympy.Union(sympy.Interval.open(-sympy.oo, 0), POSITIVE)


@dataclass(frozen=True)
class Elementwise:
    r"""One elementwise function; each file of this package holds one or a few of them.

    Attributes:
        name: how the project calls it.
        make: builds the SymPy expression from the arguments; may rewrite into other functions.
        calls: the NumPy and SciPy functions that mean it, e.g. `numpy.exp`.
        head: the SymPy class it prints and evaluates for; None if `make` always rewrites.
        numpy: template of its code, e.g. `np.exp({0})`; `special` is scipy.special.
        scalar: its value at floats, for the slow evaluator; infinite at poles and on overflow, ValueError (or
            NaN) outside its domain.
        latex: template with the bracketed arguments, e.g. `\exp({0})`.
        text: the same for a terminal.
        law: its derivative as it is said on the board.
        of_output: the derivative in terms of the argument and the value, where that is shorter.
        domain: where it is defined (last argument).
        domains: of several arguments, where each may lie; by default only the last is restricted.
        joint: a number made of all arguments that must lie in a set too, and that set.
        slopes: where the derivative is finite, if that is less than the domain (last argument).
        values: the set that its values lie in.
        kinks: points where it has no derivative; the convention used there is in `law`.
        border: of the arguments, the number that stands at a kink; the first argument by default.
        arity: the number of arguments.
        has_order: whether the first argument is an order, a number in which there is no derivative.
        words: how SymPy says it, where the class is the project's own.
        examples: dims-free sample arguments inside the domain, for the tests.

    >>> entry = Elementwise("cube", lambda x: x**3, (), examples=(0.5,))
    >>> entry.make(sympy.Integer(2))
    8
    """

    name: str
    make: Callable[..., sympy.Expr]
    calls: tuple[str, ...]
    head: Any = None
    numpy: str = ""
    scalar: Callable[..., float] | None = None
    latex: str = ""
    text: str = ""
    law: str = ""
    of_output: Callable[[sympy.Expr, sympy.Expr], sympy.Expr] | None = None
    domain: sympy.Set = REALS
    domains: tuple[sympy.Set, ...] = ()
    joint: Callable[..., tuple[sympy.Expr, sympy.Set]] | None = None
    slopes: sympy.Set | None = None
    values: sympy.Set = REALS
    kinks: tuple[float, ...] = ()
    border: Callable[..., sympy.Expr] = lambda *args: args[0]
    arity: int = 1
    has_order: bool = False
    words: Callable[..., sympy.Expr] | None = None
    examples: tuple[float, ...] = (-1.3, -0.4, 0.7, 2.1)


class OwnFunction(sympy.Function):
    """Base of the functions that SymPy does not have, or evaluates in a way that does not suit arrays.

    They never evaluate by themselves: building is not simplifying.
    """

    @classmethod
    def eval(cls, *args: Any) -> None:
        """Leave the call as it is."""

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(arg.is_extended_real for arg in self.args) else None

    def _eval_is_finite(self) -> bool | None:
        return True if all(arg.is_finite for arg in self.args) else None

    def _eval_evalf(self, prec: int) -> sympy.Expr | None:
        """The value at a number, to the precision of floats."""
        from symderive.functions import by_head

        entry = by_head().get(type(self))
        if entry is None or entry.scalar is None or not all(arg.is_number for arg in self.args):
            return None
        return sympy.Float(entry.scalar(*(float(arg) for arg in self.args)))


def by_argument(function: sympy.Function, argindex: int) -> tuple[sympy.Expr, sympy.Expr]:
    """Order and argument of `f_k(x)` that is differentiated by x.

    Raises:
        ArgumentIndexError: a derivative in the order k, which is a number.
    """
    if argindex != 2:
        raise sympy.core.function.ArgumentIndexError(function, argindex)
    order, x = function.args
    return order, x


class Indicator(OwnFunction):
    """Abstract: 1 where something holds, otherwise 0."""

    is_integer = True
    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """0, except at the jump, where there is no derivative."""
        return sympy.S.Zero

    def _eval_power(self, exponent: sympy.Expr) -> sympy.Expr | None:
        return self if exponent.is_positive else None
