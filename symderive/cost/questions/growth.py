"""How a cost grows: its leading term, its expansion for a large size, its elasticity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.divisors import Gcd
from symderive.cost.writing import LATEX, TEXT, Style, Writer, words_latex
from symderive.errors import SymderiveError

MOST_TERMS = 12


@dataclass(frozen=True)
class Growth:
    """A cost for large sizes.

    Attributes:
        quantity: what grows, as it was asked for.
        symbols: the sizes that become large, all at the same rate.
        terms: the largest terms, the largest first, each in lowest terms.
        is_exact: whether nothing follows after the last term.
        order: the sizes in writing order.
        conditions: what has to hold of the sizes, in words.
        degrees: with which power of the sizes each term grows.
        unknown: what is not in the quantity.
    """

    quantity: str
    symbols: tuple[Dim, ...]
    terms: tuple[sympy.Expr, ...]
    is_exact: bool
    order: tuple[Size, ...] = ()
    conditions: tuple[str, ...] = ()
    degrees: tuple[int, ...] = field(default=(), repr=False)
    unknown: tuple[str, ...] = ()

    @property
    def expr(self) -> sympy.Expr:
        """The terms together."""
        return sympy.Add(*self.terms)

    def write(self, style: Style = TEXT) -> str:
        """The terms, and the order of what follows."""
        writer = Writer(style, self.order)
        written = [writer.write(piece) for term in self.terms for piece in _pieces(term)]
        if not self.is_exact and len(self.terms) > 1:
            written.append(self._rest(writer))
        return writer.joined_sum(written)

    def _rest(self, writer: Writer) -> str:
        size, degree = writer.write(self.symbols[0]), self.degrees[-1] - 1
        if degree == 0:
            return "O(1)"
        power = writer.style.power(size, str(abs(degree))) if abs(degree) > 1 else size
        return f"O({power})" if degree > 0 else f"O(1/{power})"

    def _sides(self, style: Style) -> tuple[str, str, str]:
        names = [Writer(style).write(symbol) for symbol in self.symbols]
        approximately = (r"\sim", "~") if len(self.terms) == 1 and not self.is_exact else ("=", "=")
        return approximately[0 if style is LATEX else 1], self.write(style), ", ".join(names)

    def said(self) -> str:
        """In text, without conditions."""
        sign, written, names = self._sides(TEXT)
        return f"{self.quantity} {sign} {written}   ({names} → ∞{self._together})"

    @property
    def _together(self) -> str:
        return " at one rate" if len(self.symbols) > 1 else ""

    def latex(self) -> str:
        r"""In math mode, as in `\text{macs} \sim 2 \cdot n^{2} \quad (n \to \infty)`."""
        sign, written, names = self._sides(LATEX)
        rate = rf"\text{{{self._together}}}" if self._together else ""
        return rf"\text{{{words_latex(self.quantity)}}} {sign} {written} \quad ({names} \to \infty{rate})"

    def _repr_latex_(self) -> str | None:
        return None if self.unknown else f"$\\displaystyle {self.latex()}$"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Conditions, and what is not in it."""
        needs = (f"needs {', '.join(self.conditions)}",) if self.conditions else ()
        return (*needs, *(f"not counted: {one}" for one in self.unknown))

    def __str__(self) -> str:
        return "; ".join([self.said(), *self.remarks])


def _pieces(term: sympy.Expr) -> list[sympy.Expr]:
    """A term as one fraction, or divided term by term with a number first, whichever is shorter."""
    short = min((sympy.factor(term), sympy.expand(term)), key=lambda one: (sympy.count_ops(one), str(one)))
    return sorted(sympy.Add.make_args(short), key=lambda one: (not one.is_number, str(one)))


def grown(expr: sympy.Expr, symbols: Sequence[Dim], terms: int) -> tuple[list[sympy.Expr], list[int], bool]:
    """The largest terms of an expression for large sizes, their degrees, and whether they are all of it.

    With `s → λs` for all the symbols, a quotient of polynomials is a series in 1/λ; its terms come by
    division. A floor is its argument less something between 0 and 1, and what depends on that is no term: it
    is where the series ends. So does a greatest common divisor with a size that does not grow.

    Raises:
        SymderiveError: the expression does not grow with the symbols, or floors are all that is left of it.

    >>> n, m = Dim("n"), Dim("m")
    >>> grown((n**2 + m * n) / (n + 1), [n], 2)
    ([n, m - 1], [1, 0], False)
    """
    rate = sympy.Dummy("rate", positive=True)
    fractional: list[sympy.Symbol] = []
    smooth = _without_floors(expr, set(symbols), fractional)
    scaled = smooth.xreplace({symbol: rate * symbol for symbol in symbols})
    over, under = sympy.fraction(sympy.together(scaled))
    try:
        above, below = (sympy.Poly(sympy.expand(one), rate) for one in (over, under))
    except sympy.PolynomialError:
        raise _no_quotient(expr, symbols) from None
    if above.is_zero:
        return [sympy.S.Zero], [0], True
    if any(not one.is_polynomial(rate) for one in (over, under)):
        raise _no_quotient(expr, symbols)
    return _divided(above, below, terms, set(fractional))


def _no_quotient(expr: sympy.Expr, symbols: Iterable[Dim]) -> SymderiveError:
    names = ", ".join(str(symbol) for symbol in symbols)
    return SymderiveError(f"growing {names}: {expr} is no quotient of polynomials in them, with floors.")


def _without_floors(expr: sympy.Expr, symbols: set[Dim], fractional: list[sympy.Symbol]) -> sympy.Expr:
    """Each floor of a growing size as its argument less a symbol for the fraction that is cut off.

    A greatest common divisor with a size that does not grow is no larger than that, and a symbol as well.
    """
    if not expr.free_symbols & symbols or expr.is_Symbol:
        return expr
    arguments = [_without_floors(argument, symbols, fractional) for argument in expr.args]
    if isinstance(expr, sympy.floor):
        fractional.append(sympy.Dummy("cut", nonnegative=True))
        return arguments[0] - fractional[-1]
    if isinstance(expr, Gcd):
        if all(argument.free_symbols & symbols for argument in expr.args):
            raise SymderiveError(
                f"growing sizes: {expr} may be anything from 1 to the smaller of the two; let only one grow."
            )
        fractional.append(sympy.Dummy("divisor", positive=True))
        return fractional[-1]
    return expr.func(*arguments)


def _divided(
    above: sympy.Poly, below: sympy.Poly, terms: int, fractional: set[sympy.Symbol]
) -> tuple[list[sympy.Expr], list[int], bool]:
    """The first terms of a quotient of polynomials for a large argument, by long division."""
    high, low = above.all_coeffs(), below.all_coeffs()
    degree = above.degree() - below.degree()
    found: list[sympy.Expr] = []
    degrees: list[int] = []
    while len(found) < terms:
        if not high or all(sympy.simplify(one) == 0 for one in high):
            return found, degrees, True
        term = sympy.cancel(high[0] / low[0])
        if term.free_symbols & fractional:
            if not found:
                raise SymderiveError("growing sizes: what the floors cut off is as large as the rest.")
            return found, degrees, False
        if term != 0:
            found.append(term)
            degrees.append(degree)
        width = max(len(high), len(low))
        padded = [*high, *[sympy.S.Zero] * (width - len(high))]
        minus = [*low, *[sympy.S.Zero] * (width - len(low))]
        high = [sympy.cancel(one - term * other) for one, other in zip(padded, minus, strict=True)][1:]
        degree -= 1
    return found, degrees, all(one == 0 for one in high)


def elasticity_of(expr: sympy.Expr, symbol: Dim) -> sympy.Expr:
    """`x/f · ∂f/∂x` in lowest terms.

    Raises:
        SymderiveError: the expression is 0, or the symbol stands inside a floor or gcd.

    >>> n, m = Dim("n"), Dim("m")
    >>> elasticity_of(n**2 * m + n, n)
    (2*m*n + 1)/(m*n + 1)
    """
    if expr == 0:
        raise SymderiveError("elasticity: the cost is 0; ask for another quantity.")
    stepped = expr.atoms(sympy.floor, sympy.ceiling, sympy.Mod, Gcd)
    if any(symbol in one.free_symbols for one in stepped):
        where = "gcd" if expr.has(Gcd) else "floor"
        raise SymderiveError(
            f"elasticity: {symbol} stands inside a {where}, which has no derivative; "
            f"ask for leading({symbol.name!r})."
        )
    return sympy.factor(sympy.cancel(symbol * sympy.diff(expr, symbol) / expr))


def with_signs(product: sympy.Expr) -> sympy.Expr:
    """The same with `H − 2` as a factor and not `2 − H`: a sum begins with a plus."""
    made = []
    for factor in sympy.Mul.make_args(product):
        base, exponent = factor.as_base_exp()
        turns = base.is_Add and exponent.is_Integer and sympy.Poly(base).LC() < 0
        made += [(-base) ** exponent, (-1) ** exponent] if turns else [factor]
    return sympy.Mul(*made)
