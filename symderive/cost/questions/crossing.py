"""From which size on one cost is above another, proved for all larger ones."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.questions.signs import signs_of
from symderive.cost.writing import LATEX, TEXT, Style, Writer, words_latex
from symderive.errors import SymderiveError


@dataclass(frozen=True)
class Crossing:
    """Where `left > right`.

    Attributes:
        left: what is compared.
        right: what it is compared with.
        quantity: in which quantity.
        symbol: the size that changes.
        first: the smallest size at which it holds; None where it never does.
        always: the smallest size from which it holds for all larger ones; None where there is none.
        last: the largest size at which it holds; None where there is none.
        order: the sizes in writing order.
        conditions: what has to hold of the sizes.
        unknown: what is not in the two costs.
    """

    left: str
    right: str
    quantity: str
    symbol: Dim
    first: sympy.Expr | None
    always: sympy.Expr | None
    last: sympy.Expr | None
    order: tuple[Size, ...] = ()
    conditions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def value(self) -> int | None:
        """The smallest size from which it holds for all larger ones, as a number."""
        return int(self.always) if self.always is not None and self.always.is_Integer else None

    def range(self, style: Style = TEXT) -> str:
        """For which sizes it holds."""
        writer = Writer(style, self.order)
        name = writer.write(self.symbol)
        least, most = (r" \ge ", r" \le ") if style is LATEX else (" ≥ ", " ≤ ")
        words = (lambda said: rf"\text{{{said}}}") if style is LATEX else (lambda said: said)
        if self.first is None:
            return words("for no ") + name
        if self.always is not None:
            from_it = f"{name}{least}{writer.write(self.always)}"
            earlier = (
                ""
                if self.first == self.always
                else words(", and first at ") + f"{name} = {writer.write(self.first)}"
            )
            return words("for all ") + (name if self.always == 1 else from_it) + earlier
        if self.last is None:
            return (
                words("for ")
                + f"{name} = {writer.write(self.first)}"
                + words(", but not for all larger ones")
            )
        end = f"{name}{most}{writer.write(self.last)}"
        begin = "" if self.first == 1 else f"{writer.write(self.first)}{most}"
        return words("only for ") + begin + end

    def latex(self) -> str:
        """The comparison in LaTeX, for math mode."""
        left, right = (words_latex(name) for name in (self.left, self.right))
        return rf"\text{{{left}}} > \text{{{right}}}\ {self.range(LATEX)}"

    def _repr_latex_(self) -> str | None:
        return None if self.unknown else f"$\\displaystyle {self.latex()}$"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Conditions, and what is not in the two costs."""
        needs = (f"needs {', '.join(self.conditions)}",) if self.conditions else ()
        return (*needs, *(f"not counted: {one}" for one in self.unknown))

    def __str__(self) -> str:
        said = f"{self.quantity}: {self.left} > {self.right} {self.range()}"
        return "; ".join([said, *self.remarks])


Places = tuple[sympy.Expr | None, sympy.Expr | None, sympy.Expr | None]


def crossing(difference: sympy.Expr, symbol: Dim) -> Places:
    """Where an expression is positive: first size, from which size on always, last size.

    Args:
        difference: of the two costs.
        symbol: the size that changes; other symbols are positive.

    Raises:
        SymderiveError: it cannot be proved.

    >>> n, m = Dim("n"), Dim("m")
    >>> crossing(n**2 - 10 * n, n), crossing(3 * m * n - 6 * m**2, n)
    ((11, 11, None), (2*m + 1, 2*m + 1, None))
    """
    if difference.free_symbols <= {symbol}:
        return _numeric(difference, symbol)
    over, under = sympy.fraction(sympy.cancel(sympy.together(difference)))
    sign, linear = 1, []
    number, factors = sympy.factor_list(over) if over != 0 else (sympy.S.Zero, [])
    for factor, power in (*factors, (under, 1)):
        if factor.is_positive:
            continue
        if (-factor).is_positive:
            sign = sign * (-1) ** power
        else:
            linear.append((factor, power))
    if over == 0 or number == 0:
        return None, None, None
    sign = sign if number > 0 else -sign
    if not linear:
        return (sympy.S.One, sympy.S.One, None) if sign > 0 else (None, None, None)
    return _linear(linear, sign, symbol)


def _numeric(difference: sympy.Expr, symbol: Dim) -> Places:
    signs = signs_of(difference, symbol)
    first = signs.first((1,))
    if first is None:
        return None, None, None
    if signs.is_endless((-1, 0)):
        last = None if signs.is_endless((1,)) else sympy.Integer(signs.last((1,)) or 0)
        return sympy.Integer(first), None, last
    always = (signs.last((-1, 0)) or 0) + 1
    return sympy.Integer(first), sympy.Integer(always), None


def _linear(factors: list[tuple[sympy.Expr, int]], sign: int, symbol: Dim) -> Places:
    """With one factor `a · symbol − c` whose sign is open, and a positive a: above or below c/a."""
    ((factor, power), *others) = factors
    polynomial = sympy.Poly(factor, symbol) if factor.is_polynomial(symbol) else None
    if others or polynomial is None or polynomial.degree() != 1 or power % 2 == 0:
        shown = " · ".join(f"({one})" for one, _ in factors)
        raise SymderiveError(
            f"crossover: the sign of {shown} is not known for all sizes; give numbers for the other sizes."
        )
    slope, rest = polynomial.all_coeffs()
    if (-slope).is_positive:
        slope, rest, sign = -slope, -rest, -sign
    if slope.is_positive is not True:
        raise SymderiveError(
            f"crossover: the sign of {slope} is not known; give numbers for the other sizes."
        )
    border = sympy.cancel(-rest / slope)
    if sign > 0:
        start = sympy.floor(border) + 1
        return start, start, None
    return sympy.S.One, None, sympy.ceiling(border) - 1
