"""Computed positions along an axis: when they are surely inside, and the nodes that say so.

A position is an index, an integer, or made of indices by `+`, by products with sizes, and by division with
remainder. `Inside(position, size)` is Iverson's bracket `[0 ≤ position < size]`. It is a strong zero: a
product with a bracket that is 0 is 0, whatever the other factors are, even where one of them has no value.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sympy

from symderive.core.kinds import has_kind

_NUMBER_OF_SIZES = 50_000


class Loose(sympy.Expr):
    """An index on an axis of another extent than its own, as `i` over n − 1 positions in `x[i]` of n.

    Made where one index is put in place of another; it reads as the index that it holds.
    """

    is_commutative = True
    is_integer = True
    is_nonnegative = True

    def __new__(cls, position: sympy.Expr) -> sympy.Expr:
        """Mark an index; any other position needs no mark."""
        if not is_index(position):
            return position
        made: sympy.Expr = sympy.Expr.__new__(cls, position)
        return made

    def _sympystr(self, printer: Any) -> str:
        return str(printer._print(self.args[0]))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return str(printer._print(self.args[0]))


def is_index(expr: sympy.Basic) -> bool:
    """Whether an expression is an `Index`."""
    return bool(getattr(expr, "is_Index", False))


def bare(position: sympy.Expr) -> sympy.Expr:
    """The position without marks.

    >>> bare(sympy.Integer(2))
    2
    """
    if is_index(position) or not has_kind(position, Loose):
        return position
    if isinstance(position, Loose):
        return position.args[0]
    return position.xreplace({one: one.args[0] for one in position.atoms(Loose)})


@lru_cache(maxsize=_NUMBER_OF_SIZES)
def is_surely_nonnegative(expr: sympy.Expr) -> bool:
    """Whether an expression in sizes is `≥ 0` for all positive sizes, seen from its terms.

    >>> n = sympy.Symbol("n", integer=True, positive=True)
    >>> is_surely_nonnegative(n - 1), is_surely_nonnegative(n - 2)
    (True, False)
    """
    if expr.is_number:
        return bool(expr.is_nonnegative)
    raised = {one: one + 1 for one in expr.free_symbols if one.is_Symbol and one.is_positive}
    shifted = sympy.expand(expr.xreplace(raised))
    return all(_is_nonnegative_term(term, raised) for term in sympy.Add.make_args(shifted))


def follows(slack: sympy.Expr, given: Iterable[sympy.Expr]) -> bool:
    """Whether an expression in sizes is `≥ 0` for all sizes for which the given ones are.

    >>> n = sympy.Symbol("n", integer=True, positive=True)
    >>> follows(n - 3, [n - 5]), follows(n - 3, [n - 2])
    (True, False)
    """
    return any(is_surely_nonnegative(sympy.expand(slack - one)) for one in (sympy.S.Zero, *given))


def _is_nonnegative_term(term: sympy.Expr, sizes: Iterable[sympy.Basic]) -> bool:
    known = set(sizes)
    return all(
        bool(factor.is_nonnegative) or (base in known and bool(exponent.is_nonnegative))
        for factor in sympy.Mul.make_args(term)
        for base, exponent in (factor.as_base_exp(),)
    )


@lru_cache(maxsize=_NUMBER_OF_SIZES)
def bounds(position: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    """The least and the largest value of a position, each index running over its extent; None if not known.

    >>> from symderive.core.nodes import Index
    >>> bounds(Index("i", 3) - Index("j", 5))
    (-4, 2)
    """
    low = high = sympy.S.Zero
    for term in sympy.Add.make_args(sympy.expand(bare(position))):
        ends = _term_bounds(term)
        if ends is None:
            return None
        low, high = low + ends[0], high + ends[1]
    return sympy.expand(low), sympy.expand(high)


def _term_bounds(term: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    factors = sympy.Mul.make_args(term)
    moving = [factor for factor in factors if not is_fixed(factor)]
    rest = sympy.Mul(*(factor for factor in factors if is_fixed(factor)))
    if not moving:
        return rest, rest
    ends = _atom_bounds(moving[0]) if len(moving) == 1 else None
    if ends is None:
        return None
    if is_surely_nonnegative(rest):
        return rest * ends[0], rest * ends[1]
    return (rest * ends[1], rest * ends[0]) if is_surely_nonnegative(-rest) else None


def _atom_bounds(atom: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    if is_index(atom):
        return sympy.S.Zero, atom.dim - 1
    if isinstance(atom, Remainder):
        return sympy.S.Zero, atom.args[1] - 1
    if isinstance(atom, Quotient):
        inner, step = bounds(atom.args[0]), atom.args[1]
        if inner is None or not is_surely_nonnegative(inner[0]):
            return None
        whole = divided(inner[1] + 1, step)
        if whole is not None:
            return sympy.S.Zero, whole - 1
        return (sympy.S.Zero, inner[1] // step) if inner[1].is_Integer and step.is_Integer else None
    return None


@lru_cache(maxsize=_NUMBER_OF_SIZES)
def is_fixed(expr: sympy.Basic) -> bool:
    """Whether no index occurs in a position and no array: an expression in sizes."""
    if is_index(expr) or hasattr(expr, "tensor"):
        return False
    return all(is_fixed(arg) for arg in expr.args)


def is_surely_inside(position: sympy.Expr, size: sympy.Expr) -> bool:
    """Whether `0 ≤ position < size` for all values of the indices.

    >>> from symderive.core.nodes import Index
    >>> is_surely_inside(Index("i", 3) + 1, sympy.Integer(4))
    True
    """
    ends = bounds(position)
    return (
        ends is not None
        and is_surely_nonnegative(ends[0])
        and is_surely_nonnegative(sympy.expand(size - 1 - ends[1]))
    )


def is_surely_outside(position: sympy.Expr, size: sympy.Expr) -> bool:
    """Whether `0 ≤ position < size` for no value of the indices."""
    ends = bounds(position)
    if ends is None:
        return False
    below, above = sympy.expand(-1 - ends[1]), sympy.expand(ends[0] - size)
    return is_surely_nonnegative(below) or is_surely_nonnegative(above)


def is_readable(position: sympy.Expr, size: sympy.Expr) -> bool:
    """Whether a fixed position counts from the front or from the end, so that code may read it as it stands.

    It may still be outside of a short array, where reading it is an error, as in what the user wrote.

    >>> n = sympy.Symbol("n", integer=True, positive=True)
    >>> is_readable(sympy.Integer(2), n), is_readable(n - 2, n), is_readable(sympy.Integer(-1), n)
    (True, True, False)
    """
    behind = sympy.expand(size - position)
    return (is_surely_nonnegative(position) and not is_surely_nonnegative(-behind)) or (
        bool(behind.is_Integer) and is_surely_nonnegative(behind - 1) and not size.is_Integer
    )


@lru_cache(maxsize=50_000)
def divided(expr: sympy.Expr, size: sympy.Expr) -> sympy.Expr | None:
    """`expr / size` where that is a polynomial with integer coefficients in sizes and indices; else None.

    >>> n = sympy.Symbol("n", integer=True, positive=True)
    >>> divided(6 * n, 2 * n), divided(n + 1, n)
    (3, None)
    """
    terms = []
    for term in sympy.Add.make_args(sympy.expand(expr)):
        quotient = term / size
        top, bottom = sympy.fraction(sympy.cancel(quotient) if size.is_Add else quotient)
        if bottom != 1 or not (top.is_integer or top == 0):
            return _whole_quotient(expr, size) if size.is_Add else None
        terms.append(top)
    return sympy.Add(*terms)


def _whole_quotient(expr: sympy.Expr, size: sympy.Expr) -> sympy.Expr | None:
    """A quotient by a size such as `n − 1`, which no single term shows."""
    if not is_fixed(expr):
        return None
    top, bottom = sympy.fraction(sympy.cancel(expr / size))
    return sympy.expand(top) if bottom == 1 else None


def valid_range(
    step: sympy.Expr, offset: sympy.Expr, extent: sympy.Expr, size: sympy.Expr
) -> tuple[sympy.Expr, sympy.Expr] | None:
    """The `low ≤ i < high` for which `step·i + offset` is inside; None where sizes do not decide it."""
    if step.is_negative:  # the same positions, counted from the other end
        turned = valid_range(-step, sympy.expand(offset + step * (extent - 1)), extent, size)
        if turned is None:
            return None
        return sympy.expand(extent - turned[1]), sympy.expand(extent - turned[0])
    last = sympy.expand(step * (extent - 1) + offset)
    inside_low, inside_high = (
        is_surely_nonnegative(offset),
        is_surely_nonnegative(sympy.expand(size - 1 - last)),
    )
    if inside_low and inside_high:
        return sympy.S.Zero, extent
    if step != 1:
        return None
    low = sympy.S.Zero if inside_low else larger(sympy.S.Zero, sympy.expand(-offset))
    high = extent if inside_high else smaller(extent, sympy.expand(size - offset))
    return None if low is None or high is None else (low, high)


def larger(one: sympy.Expr, other: sympy.Expr) -> sympy.Expr | None:
    """The larger of two sizes, where that is sure."""
    if is_surely_nonnegative(sympy.expand(one - other)):
        return one
    return other if is_surely_nonnegative(sympy.expand(other - one)) else None


def smaller(one: sympy.Expr, other: sympy.Expr) -> sympy.Expr | None:
    """The smaller of two sizes, where that is sure."""
    larger_one = larger(one, other)
    return None if larger_one is None else other if larger_one == one else one


class _Division(sympy.Expr):
    """Abstract: division of a position by a positive size, rounded down."""

    is_commutative = True
    is_integer = True
    _word = "?"
    _sign = "?"

    def _eval_is_nonnegative(self) -> bool | None:
        ends = bounds(self.args[0])
        return True if ends is not None and is_surely_nonnegative(ends[0]) else None

    def _eval_derivative(self, symbol: sympy.Basic) -> sympy.Expr:
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        left, right = (
            f"({printer._print(arg)})" if arg.args else printer._print(arg) for arg in map(bare, self.args)
        )
        return f"({left} {self._word} {right})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        left, right = (
            f"({printer._print(arg)})" if arg.args else printer._print(arg) for arg in map(bare, self.args)
        )
        return self._sign.format(left, right)


class Quotient(_Division):
    """`⌊position / size⌋`.

    >>> from symderive.core.nodes import Index
    >>> i, j = Index("i", 3), Index("j", 5)
    >>> Quotient(5 * i + j, 5), Remainder(5 * i + j, 5)
    (i, j)
    """

    _word = "div"
    _sign = r"\lfloor {0} / {1} \rfloor"

    def __new__(cls, position: Any, size: Any) -> sympy.Expr:
        """Divide, taking out the terms that are multiples of the size."""
        whole, rest = division(*map(sympy.sympify, (position, size)))
        if rest == 0:
            return whole
        made: sympy.Expr = sympy.Expr.__new__(cls, rest, sympy.sympify(size))
        return whole + made


class Remainder(_Division):
    """`position mod size`, from 0 to size − 1.

    >>> from symderive.core.nodes import Index
    >>> i = Index("i", 7)
    >>> Remainder(Remainder(i + 1, 3) + 1, 3)
    ((i + 2) mod 3)
    """

    _word = "mod"
    _sign = r"({0} \bmod {1})"
    is_nonnegative = True

    def __new__(cls, position: Any, size: Any) -> sympy.Expr:
        """Take the remainder, dropping the terms that are multiples of the size."""
        position, size = map(sympy.sympify, (position, size))
        inner = {one: one.args[0] for one in position.atoms(Remainder) if one.args[1] == size}
        position = sympy.expand(position.xreplace(inner)) if inner else position
        whole, rest = division(position, size)
        if rest == 0 or is_surely_inside(sympy.expand(position - size * whole), size):
            return sympy.expand(position - size * whole)
        made: sympy.Expr = sympy.Expr.__new__(cls, rest, size)
        return made


def division(position: sympy.Expr, size: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """`(whole, rest)` with `⌊position/size⌋ = whole + ⌊rest/size⌋`; a rest below the size is given as 0.

    >>> division(sympy.Integer(7), sympy.Integer(3))
    (2, 0)
    """
    whole, rest = sympy.S.Zero, sympy.S.Zero
    for term in sympy.Add.make_args(sympy.expand(bare(position))):
        part = divided(term, size)
        if part is None and term.is_Integer and size.is_Integer:
            part = term // size
            rest += term - part * size
        elif part is None:
            rest += term
        whole += part or 0
    if is_surely_inside(rest + size, size):  # a little below 0, as −1 mod n = n − 1
        return whole - 1, sympy.S.Zero
    return (whole, sympy.S.Zero) if is_surely_inside(rest, size) else (whole, rest)


@lru_cache(maxsize=50_000)
def joined(position: sympy.Expr) -> sympy.Expr:
    """The position with `size · ⌊k/size⌋ + (k mod size)` as k."""
    position = bare(position)
    if not has_kind(position, Remainder):
        return position
    for rest in sorted(position.atoms(Remainder), key=str):
        k, size = rest.args
        scale = sympy.expand(position).coeff(rest)
        pair = scale * (size * Quotient(k, size) + rest)
        shorter = sympy.expand(position - pair + scale * k)
        if scale != 0 and not shorter.has(rest, Quotient(k, size)):
            position = shorter
    return position


class Inside(sympy.Expr):
    """Iverson's bracket: 1 where `0 ≤ position < size`, otherwise 0; a strong zero.

    For i and j over n, `Inside(i - j, n)` is `[j ≤ i]`, the lower triangle.

    >>> from symderive.core.nodes import Index
    >>> i, j = Index("i", 3), Index("j", 3)
    >>> Inside(i, 3), Inside(i - 3, 3), Inside(i - j, 3)
    (1, 0, [0 <= i - j < 3])
    """

    is_commutative = True
    is_integer = True
    is_nonnegative = True

    def __new__(cls, position: Any, size: Any) -> sympy.Expr:
        """The bracket; 1 or 0 where the ranges of the indices decide it."""
        if is_index(position) and position.dim == size:
            return sympy.S.One
        position = sympy.expand(bare(sympy.sympify(position, strict=True)))
        size = sympy.sympify(size, strict=True)
        if is_surely_inside(position, size):
            return sympy.S.One
        if is_surely_outside(position, size):
            return sympy.S.Zero
        made: sympy.Expr = sympy.Expr.__new__(cls, *_normal(position, size))
        return made

    @property
    def position(self) -> sympy.Expr:
        """What must lie inside."""
        return self.args[0]

    @property
    def size(self) -> sympy.Expr:
        """The number of positions."""
        return self.args[1]

    def _eval_power(self, exponent: sympy.Expr) -> sympy.Expr | None:
        return self if exponent.is_positive else None

    def _eval_derivative(self, symbol: sympy.Basic) -> sympy.Expr:
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return f"[0 <= {printer._print(self.position)} < {printer._print(self.size)}]"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\left[0 \le {printer._print(self.position)} < {printer._print(self.size)}\right]"
        return text if exp is None else f"{text}^{{{exp}}}"


def _normal(position: sympy.Expr, size: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """A bracket with one real bound as `position ≥ 0`, so that equal brackets are one."""
    ends = bounds(position)
    if ends is None:
        return position, size
    low, high = ends
    if is_surely_nonnegative(sympy.expand(size - 1 - high)):
        return position, sympy.expand(high + 1)
    if is_surely_nonnegative(low):
        return sympy.expand(size - 1 - position), sympy.expand(size - low)
    return position, size
