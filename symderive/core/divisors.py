"""The greatest common divisor of two sizes."""

from __future__ import annotations

from typing import Any

import sympy

from symderive.core.positions import divided


class Gcd(sympy.Function):
    """`gcd(a, b)` of two positive whole numbers, which stays as it is while it is not known.

    SymPy's own `gcd` is that of polynomials: of two symbols it is 1.

    >>> from symderive.core.dims import dims
    >>> H, W = dims("H W")
    >>> Gcd(12, 18), Gcd(7 * H, 7), Gcd(H + 14, 7), Gcd(H, W).xreplace({H: 4, W: 6})
    (6, 7, gcd(H, 7), 2)
    """

    nargs = (2,)
    is_integer = True
    is_positive = True

    @classmethod
    def eval(cls, *sizes: Any) -> sympy.Expr | None:
        """A number for numbers; the smaller one where it divides the other one surely."""
        one, other = sizes
        if one.is_Integer and other.is_Integer:
            return sympy.Integer(sympy.igcd(one, other))
        for size, of in ((one, other), (other, one)):
            if divided(of, size) is not None:
                return size
        kept = tuple(sorted((_reduced(one, other), _reduced(other, one)), key=_numbers_last))
        return None if kept == (one, other) else cls(*kept)

    def _sympystr(self, printer: Any) -> str:
        return f"gcd({', '.join(printer._print(size) for size in self.args)})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\gcd({', '.join(printer._print(size) for size in self.args)})"
        return text if exp is None else f"{text}^{{{exp}}}"


def _numbers_last(size: sympy.Expr) -> tuple[bool, Any]:
    return bool(size.is_number), size.sort_key()


def _reduced(size: sympy.Expr, divisor: sympy.Expr) -> sympy.Expr:
    """A size less the terms of which a number is a divisor, as long as something positive is left."""
    if not divisor.is_Integer or size.is_Integer:
        return size
    number, rest = size.as_coeff_Add()
    kept = sympy.Mod(number, divisor) + sympy.Add(
        *(term for term in sympy.Add.make_args(rest) if divided(term, divisor) is None)
    )
    return kept if kept.is_positive else size
