"""Sizes and their products in text and LaTeX: ordered factors, nothing multiplied out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import sympy

from symderive.core.dims import Dim
from symderive.core.divisors import Gcd
from symderive.core.nodes import Index
from symderive.core.positions import Quotient, Remainder
from symderive.errors import SymderiveError
from symderive.notation.names import latex_name, superscript, text_name

SUM, PRODUCT, POWER, ATOM = range(4)
Written = tuple[str, int]
Factor = tuple[sympy.Expr, int]
ROOTS = {2: "√", 3: "∛", 4: "∜"}
_RELATIONS = {
    sympy.Ge: ("≥", r"\ge"),
    sympy.Le: ("≤", r"\le"),
    sympy.Gt: (">", ">"),
    sympy.Lt: ("<", "<"),
    sympy.Eq: ("=", "="),
}


@dataclass(frozen=True)
class Style:
    """How one medium writes the pieces of a formula."""

    dot: str
    minus: str
    name: Callable[[str], str]
    number: Callable[[int], str]
    power: Callable[[str, str], str]
    fraction: Callable[[Written, Written], Written]
    bracket: Callable[[str], str]
    floor: Callable[[str], str]
    ceiling: Callable[[str], str]
    root: Callable[[Written, int], str]
    total: Callable[[str, str, str], str]
    function: Callable[[str, str], str]
    remainder: Callable[[str, str], str]
    relation: int


def _text_power(base: str, exponent: str) -> str:
    raised = superscript(exponent)
    return f"{base}^({exponent})" if raised is None else base + raised


def _text_fraction(over: Written, under: Written) -> Written:
    top = f"({over[0]})" if over[1] == SUM else over[0]
    below = under[0] if under[1] >= POWER else f"({under[0]})"
    return (f"{top} / {below}" if over[1] == PRODUCT else f"{top}/{below}"), PRODUCT


def _text_root(inner: Written, degree: int) -> str:
    sign = ROOTS.get(degree, f"{superscript(str(degree))}√")
    return f"{sign}{inner[0]}" if inner[1] == ATOM else f"{sign}({inner[0]})"


TEXT = Style(
    dot=" · ",
    minus="−",
    name=text_name,
    number=lambda value: f"{value:,}",
    power=_text_power,
    fraction=_text_fraction,
    bracket=lambda inner: f"({inner})",
    floor=lambda inner: f"⌊{inner}⌋",
    ceiling=lambda inner: f"⌈{inner}⌉",
    root=_text_root,
    total=lambda place, above, inner: f"Σ_{{{place} < {above}}} {inner}",
    function=lambda name, arguments: f"{name}({arguments})",
    remainder=lambda number, divisor: f"({number} mod {divisor})",
    relation=0,
)
LATEX = Style(
    dot=r" \cdot ",
    minus="-",
    name=latex_name,
    number=lambda value: f"{value:,}".replace(",", "{,}"),
    power=lambda base, exponent: f"{base}^{{{exponent}}}",
    fraction=lambda over, under: (rf"\frac{{{over[0]}}}{{{under[0]}}}", ATOM),
    bracket=lambda inner: rf"\left({inner}\right)",
    floor=lambda inner: rf"\left\lfloor {inner} \right\rfloor",
    ceiling=lambda inner: rf"\left\lceil {inner} \right\rceil",
    root=lambda inner, degree: rf"\sqrt{f'[{degree}]' if degree > 2 else ''}{{{inner[0]}}}",
    total=lambda place, above, inner: rf"\sum_{{{place} < {above}}} {inner}",
    function=lambda name, arguments: rf"\{name}\left({arguments}\right)",
    remainder=lambda number, divisor: rf"\left({number} \bmod {divisor}\right)",
    relation=1,
)


@dataclass(frozen=True)
class Writer:
    """Writes expressions in sizes in one style.

    Attributes:
        style: `TEXT` or `LATEX`.
        order: sizes in the order in which they stand in a product; others follow by name.
        values: symbols that are written as their number.
    """

    style: Style = TEXT
    order: Sequence[sympy.Expr] = ()
    values: Mapping[Dim, int] = field(default_factory=dict)

    def write(self, expr: sympy.Expr) -> str:
        """`expr` as text in this style.

        Raises:
            SymderiveError: something that is not built from sizes.

        >>> from symderive.core.dims import dims
        >>> h, k = dims("H k")
        >>> Writer().write(h - k + 1), Writer(values={h: 12, k: 5}).write(h - k + 1)
        ('H − k + 1', '12 − 5 + 1')
        """
        return self._write(sympy.sympify(expr))[0]

    def condition(self, condition: sympy.Basic) -> str:
        """A condition as people say it: `H ≥ k`, or `G divides C_in`."""
        if isinstance(condition, sympy.Eq) and isinstance(condition.lhs, sympy.Mod) and condition.rhs == 0:
            number, divisor = condition.lhs.args
            offset, rest = number.as_coeff_Add()
            if divisor == 2:
                words, said = ("is odd" if offset % 2 else "is even"), self.write(rest)
                return rf"{said}\ \text{{{words}}}" if self.style.relation else f"{said} {words}"
            if divisor == 1:
                words = r"\ \text{is whole}" if self.style.relation else " is whole"
                return self.write(number) + words
            verb = r"\ \text{divides}\ " if self.style.relation else " divides "
            return f"{self.write(divisor)}{verb}{self.write(number)}"
        signs = _RELATIONS.get(type(condition))
        if signs is None:
            raise SymderiveError(
                f"writing the condition {condition}: {type(condition).__name__} has no sign here."
            )
        return f"{self.write(condition.lhs)} {signs[self.style.relation]} {self.write(condition.rhs)}"

    def product(self, coefficient: Fraction, factors: Iterable[Factor]) -> Written:
        """A product in the given order; negative exponents go below a fraction line."""
        above = [self._factor(base, exponent) for base, exponent in factors if exponent > 0]
        below = [self._factor(base, -exponent) for base, exponent in factors if exponent < 0]
        size = abs(coefficient)
        if size.numerator != 1 or not above:
            above.insert(0, (self.style.number(size.numerator), ATOM))
        if size.denominator != 1:
            below.insert(0, (self.style.number(size.denominator), ATOM))
        written = self._joined(above)
        if below:
            written = self.style.fraction(written, self._joined(below))
        return (self.style.minus + written[0], SUM) if coefficient < 0 else written

    def _joined(self, parts: list[Written]) -> Written:
        if len(parts) == 1:
            return parts[0]
        return self.style.dot.join(self._at_least(PRODUCT, part) for part in parts), PRODUCT

    def _factor(self, base: sympy.Expr, exponent: int) -> Written:
        written = self._write(base)
        if exponent == 1:
            return written
        return self.style.power(self._at_least(ATOM, written), str(exponent)), POWER

    def factor(self, expr: sympy.Expr) -> str:
        """`expr` as a size in a shape: a sum or product stands in brackets."""
        return self._at_least(POWER, self._write(sympy.sympify(expr)))

    def _at_least(self, level: int, written: Written) -> str:
        return written[0] if written[1] >= level else self.style.bracket(written[0])

    def rank(self, expr: sympy.Expr) -> tuple[int, str]:
        """Where `expr` stands in a product or sum."""
        places = [place for place, size in enumerate(self.order) if size in expr.free_symbols]
        return min(places, default=len(self.order)), _text_of(expr)

    def sum_rank(self, term: sympy.Expr) -> tuple[bool, bool, int, str]:
        """Where a term stands in a sum: those with a plus, those with a minus, then a number."""
        return bool(term.is_number), _is_negative(term), *self.rank(term)

    def _write(self, expr: sympy.Expr) -> Written:
        if isinstance(expr, sympy.Symbol):
            if expr in self.values:
                return self.style.number(self.values[expr]), ATOM
            return self.style.name(expr.name), ATOM
        if isinstance(expr, Index):
            return str(expr.name), ATOM
        if isinstance(expr, sympy.Rational):
            return self.product(Fraction(int(expr.p), int(expr.q)), ())
        if isinstance(expr, sympy.Add):
            return self._sum(expr), SUM
        if isinstance(expr, (sympy.Mul, sympy.Pow)):
            return self._mul(expr)
        if isinstance(expr, sympy.ceiling):
            return self.style.ceiling(self.write(_as_fraction(expr.args[0]))), ATOM
        if isinstance(expr, sympy.floor):
            return self.style.floor(self.write(_as_fraction(expr.args[0]))), ATOM
        if isinstance(expr, Quotient):
            return self.style.floor(self.style.fraction(*map(self._write, expr.args))[0]), ATOM
        if isinstance(expr, (sympy.Max, sympy.Min)):
            args = sorted(expr.args, key=self.sum_rank, reverse=True)
            word = type(expr).__name__.lower()
            return self.style.function(word, ", ".join(self.write(arg) for arg in args)), ATOM
        if isinstance(expr, sympy.Sum):
            ((place, _, last),) = expr.limits
            inner = self._at_least(PRODUCT, self._write(expr.function))
            return self.style.total(place.name, self.write(last + 1), inner), SUM
        if isinstance(expr, (Remainder, sympy.Mod)):
            return self.style.remainder(*(self._at_least(POWER, self._write(arg)) for arg in expr.args)), ATOM
        if isinstance(expr, Gcd):
            return self.style.function("gcd", ", ".join(map(self.write, expr.args))), ATOM
        raise SymderiveError(f"writing {expr}: {type(expr).__name__} is not a size.")

    def _mul(self, expr: sympy.Expr) -> Written:
        coefficient, rest = expr.as_coeff_Mul()
        powers = [_whole_power(factor) for factor in sympy.Mul.make_args(rest) if factor != 1]
        if len(powers) == 1 and isinstance(powers[0][0], sympy.Pow) and coefficient == powers[0][1] == 1:
            base, exponent = powers[0][0].as_base_exp()
            return self.style.root(self._write(base), int(exponent.q)), ATOM
        coefficient, powers = _sign_inside(coefficient, powers)
        powers.sort(key=lambda power: self.rank(power[0]))
        return self.product(
            Fraction(int(coefficient.p), int(coefficient.q)),
            [(base, int(exponent)) for base, exponent in powers],
        )

    def _sum(self, expr: sympy.Add) -> str:
        """Positive terms, negative terms, then the number: `H + 2 · p − k + 1`."""
        number, *_ = expr.as_coeff_Add()
        terms = [term for term in expr.args if term != number or number == 0]
        plus = sorted((term for term in terms if not _is_negative(term)), key=self.rank)
        minus = sorted((term for term in terms if _is_negative(term)), key=self.rank)
        ordered = [*plus, *minus, *([number] if number != 0 else [])]
        if not plus and number > 0:
            ordered = [number, *minus]
        signed = []
        for term in ordered:
            negative = _is_negative(term)
            one = self._at_least(PRODUCT, self._write(-term if negative else term))
            signed.append(self.style.minus + one if negative else one)
        return self.joined_sum(signed)

    def joined_sum(self, terms: Iterable[str]) -> str:
        """Terms with their signs as one sum; none is 0."""
        text = ""
        for term in terms:
            if not text:
                text = term
            elif term.startswith(self.style.minus):
                text += f" {self.style.minus} {term.removeprefix(self.style.minus)}"
            else:
                text += f" + {term}"
        return text or self.style.number(0)


@lru_cache(maxsize=8192)
def _text_of(expr: sympy.Expr) -> str:
    """SymPy's text, which is slow to make and asked for again and again."""
    return str(expr)


def _as_fraction(expr: sympy.Expr) -> sympy.Expr:
    """An expression as one fraction; one with roots, which SymPy would take apart, stays as it is."""
    has_roots = any(not power.exp.is_Integer for power in expr.atoms(sympy.Pow))
    return expr if has_roots else sympy.together(expr)


def _whole_power(factor: sympy.Expr) -> tuple[sympy.Expr, sympy.Integer]:
    """A power as a base and a whole exponent; the base of `n^(3/2)` is √n."""
    base, exponent = factor.as_base_exp()
    if exponent.is_Integer:
        return base, exponent
    if not exponent.is_Rational:
        raise SymderiveError(f"writing {factor}: only whole powers and roots of sizes can be written.")
    return base ** sympy.Rational(1, exponent.q), sympy.Integer(exponent.p)


def _sign_inside(
    coefficient: sympy.Rational, powers: list[tuple[sympy.Expr, sympy.Integer]]
) -> tuple[sympy.Rational, list[tuple[sympy.Expr, sympy.Integer]]]:
    """`−(n − b)/m` as `(b − n)/m`: the sign goes into the first sum with terms of both signs."""
    if coefficient < 0:
        for place, (base, exponent) in enumerate(powers):
            if exponent % 2 and exponent > 0 and base.is_Add and any(map(_is_negative, base.args)):
                return -coefficient, [*powers[:place], (-base, exponent), *powers[place + 1 :]]
    return coefficient, powers


def _is_negative(term: sympy.Expr) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)


_SPECIAL = str.maketrans(
    {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "*": r"$\cdot$"}
    | {character: rf"\{character}" for character in "{}$&#_%"}
)


def words_latex(words: str) -> str:
    r"""Words for text in LaTeX, whatever characters are in them.

    >>> words_latex("2*sum_adds")
    '2$\\cdot$sum\\_adds'
    """
    return words.translate(_SPECIAL)


def decimal(value: Fraction, digits: int = 3) -> str:
    """A ratio with so many significant digits, as a plain decimal.

    >>> decimal(Fraction(53952, 1228800)), decimal(Fraction(3, 2)), decimal(Fraction(2400))
    ('0.0439', '1.5', '2,400')
    """
    place, size = 0, abs(value)
    while size >= 10:
        size, place = size / 10, place + 1
    while 0 < size < 1:
        size, place = size * 10, place - 1
    places = max(0, digits - 1 - place)
    shown = f"{float(round(value, places)):,.{places}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
