"""Forms as LaTeX and as text: one table of precedence, two dialects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symderive.core.nodes import Index
from symderive.notation.dialects import LATEX, TEXT, LatexDialect, TextDialect
from symderive.notation.forms import (
    ONE, Apply, BigSum, Chain, Component, Const, Diag, DiagPart, Eye, Form, Kronecker, Leaf, NormSquared, Ones, Outer,
    Plus, Power, Slice, Times, Total, Trace, Transposed, chain, is_negative, times, walk,
)  # fmt: skip

SUM, HADAMARD, PRODUCT, POWER, ATOM = 1, 2, 3, 4, 5
Marks = LatexDialect | TextDialect
Written = tuple[str, int]


def latex(form: Form) -> str:
    """The LaTeX of a form, without dollar signs."""
    return write(form, LATEX)[0]


def text(form: Form) -> str:
    """The form as Unicode text."""
    return write(form, TEXT)[0]


def write(form: Form, marks: Marks) -> Written:
    """The form in a dialect, and the precedence of what was written."""
    return _WRITERS[type(form)](form, marks)


def bracketed(form: Form, marks: Marks, level: int) -> str:
    """The form, in brackets unless it binds at least as tightly as `level`."""
    written, precedence = write(form, marks)
    return written if precedence >= level else marks.bracket(written)


def _const(form: Const, marks: Marks) -> Written:
    value = form.value
    joined = _one_root(value)
    if joined is not None:
        up, down = joined
        above = marks.constant(up) if up.is_Integer else marks.root(marks.constant(up))
        return marks.fraction(above, marks.root(marks.constant(down))), POWER if marks is LATEX else PRODUCT
    if value.is_Add:
        level = SUM
    elif value.could_extract_minus_sign():
        level = SUM
    elif value.is_Mul or (value.is_Rational and not value.is_Integer):
        level = POWER if marks is LATEX and sympy.fraction(value)[1] != 1 else PRODUCT
    elif value.is_Pow:
        level = PRODUCT if marks is TEXT and value.exp.could_extract_minus_sign() else POWER
    else:
        level = ATOM
    return marks.constant(value), level


def _one_root(value: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    """Numerator and squared denominator of a constant such as `√2/(2√π) = 1/√(2π)`; None for others."""
    roots = [factor for factor in sympy.Mul.make_args(value) if factor.is_Pow and (2 * factor.exp).is_odd]
    if len(roots) < 2 or value.is_negative or not value.is_number:
        return None
    up, down = sympy.fraction(value**2)
    return sympy.sqrt(up), down


def _leaf(form: Leaf, marks: Marks) -> Written:
    return marks.name(form.tensor), ATOM


def _slice(form: Slice, marks: Marks) -> Written:
    axes = [":" if axis is None else str(axis) for axis in form.axes]
    base = marks.name(form.tensor)
    if marks is LATEX:
        return f"{{{base}}}_{{{','.join(axes)}}}", ATOM
    return f"{base}[{', '.join(axes)}]", ATOM


def _component(form: Component, marks: Marks) -> Written:
    of = form.of
    if isinstance(of, Const) and not form.axes:
        return str(of.value), ATOM
    if isinstance(of, Chain) and len(form.axes) == 1:
        row = _row(of, form.axes[0], marks)
        if row is not None:
            return row, HADAMARD
    base = write(of, marks)[0] if isinstance(of, Leaf) else marks.bracket(write(of, marks)[0])
    return marks.component(base, form.axes), ATOM


def _row(of: Chain, axis: sympy.Expr, marks: Marks) -> str | None:
    """`x_iᵀ w` for the i-th entry of `X w`, where X is one capital letter and x names nothing else."""
    first, rest = of.factors[0], of.factors[1:]
    if not isinstance(first, Leaf) or first.tensor.latex_name or not isinstance(axis, Index):
        return None
    name = first.tensor.name
    taken = {leaf.tensor.name for leaf in walk(of) if isinstance(leaf, Leaf)}
    if len(name) != 1 or not name.isupper() or name.lower() in taken:
        return None
    row = marks.transpose(marks.component(name.lower(), (axis,)))
    return marks.juxtapose([row, bracketed(chain(*rest), marks, PRODUCT)])


def _ones(form: Ones, marks: Marks) -> Written:
    return ("1" if form.size == 1 else marks.ones), ATOM


def _eye(form: Eye, marks: Marks) -> Written:
    return marks.identity, ATOM


def _kronecker(form: Kronecker, marks: Marks) -> Written:
    return marks.delta(str(form.left), str(form.right)), ATOM


def _plus(form: Plus, marks: Marks) -> Written:
    pieces = []
    for place, term in enumerate(form.terms):
        negative = is_negative(term)
        shown = times(sympy.S.NegativeOne, term) if negative else term
        written, level = write(shown, marks)
        if level <= SUM and not isinstance(shown, (BigSum, Total)):
            written = marks.bracket(written)
        sign = ("−" if marks is TEXT else "-") if negative else ("+" if place else "")
        pieces.append(f"{sign}{written}" if not place else f" {sign} {written}")
    return "".join(pieces), SUM


def _times(form: Times, marks: Marks) -> Written:
    coefficient = form.coefficient
    sign = ""
    if coefficient.could_extract_minus_sign():
        sign, coefficient = ("−" if marks is TEXT else "-"), -coefficient
    top, bottom = _parts(form.scalars)
    up, down = sympy.fraction(coefficient)
    if (coefficient.is_Rational and coefficient.q > 1000) or _one_root(coefficient) is not None:
        up, down = coefficient, ONE
    front = _scalar(Const(up), top, Const(down), bottom, marks, alone=not sign)
    if not form.arrays:
        return sign + front, (PRODUCT if not sign else SUM)
    over, under = _parts(form.arrays)
    body = _elementwise(over, under, marks)
    many = len(over) + len(under) > 1
    if front == "1":
        return sign + body[0], (SUM if sign else body[1])
    inner = marks.bracket(body[0]) if many or body[1] < PRODUCT else body[0]
    if marks is TEXT and "/" in front and not front.startswith("("):
        front = marks.bracket(front)
    return sign + marks.juxtapose([front, inner]), SUM if sign else PRODUCT


def _parts(factors: tuple[Form, ...]) -> tuple[list[Form], list[Form]]:
    """Numerator and denominator."""
    top: list[Form] = []
    bottom: list[Form] = []
    for factor in factors:
        if isinstance(factor, Power) and isinstance(factor.exponent, Const) and factor.exponent.value.could_extract_minus_sign():
            exponent = -factor.exponent.value
            bottom.append(factor.base if exponent == 1 else Power(factor.base, Const(exponent)))
        else:
            top.append(factor)
    return top, bottom


def _scalar(up: Const, top: list[Form], down: Const, bottom: list[Form], marks: Marks, alone: bool = True) -> str:
    """A product of scalars, as a fraction where something stands below; `alone` says that no sign stands before."""
    ups = [up] if up.value != 1 else []
    below = _product(([down] if down.value != 1 else []) + bottom, marks)
    if not below:
        return _product(ups + top, marks, alone) or "1"
    if top and not bottom and not _small(top):
        front = marks.fraction(_product(ups, marks) or "1", below)
        front = front if marks is LATEX else marks.bracket(front)
        return marks.juxtapose([front, _product(top, marks, alone=False)])
    return marks.fraction(_product(ups + top, marks) or "1", below)


def _small(factors: list[Form]) -> bool:
    """Whether the factors look well on top of a fraction line."""
    return len(factors) == 1 and isinstance(factors[0], (Leaf, Component))


def _product(factors: list[Form], marks: Marks, alone: bool = True) -> str:
    """Factors side by side; `alone` says that nothing stands before them on the line."""
    sums = [factor for factor in factors if isinstance(factor, (BigSum, Total)) and write(factor, marks)[1] <= SUM]
    plain = [factor for factor in factors if factor not in sums]
    ordered = plain + sums
    pieces = []
    for place, factor in enumerate(ordered):
        last_sum = factor in sums and isinstance(factor, (BigSum, Total)) and place == len(ordered) - 1
        only = alone and len(ordered) == 1
        level = SUM if only or last_sum else (PRODUCT if not isinstance(factor, Const) else POWER)
        pieces.append(bracketed(factor, marks, level))
    return marks.juxtapose(pieces) if pieces else ""


def _elementwise(over: list[Form], under: list[Form], marks: Marks) -> Written:
    if len(over) == 1 and not under:
        return write(over[0], marks)
    tops = [bracketed(factor, marks, PRODUCT) for factor in over] or ["1"]
    joined = f" {marks.hadamard} ".join(tops)
    if not under:
        return joined, HADAMARD
    lows = [bracketed(factor, marks, PRODUCT) for factor in under]
    low = lows[0] if len(lows) == 1 else marks.bracket(f" {marks.hadamard} ".join(lows))
    high = marks.bracket(joined) if len(tops) > 1 else joined
    return f"{high} {marks.divide} {low}", HADAMARD


def _power(form: Power, marks: Marks) -> Written:
    exponent = form.exponent
    if isinstance(exponent, Const):
        value = exponent.value
        if isinstance(form.base, NormSquared) and (2 * value).is_integer and value.is_positive:
            return marks.norm(write(form.base.inner, marks)[0], _norm_kind(form.base), str(2 * value)), POWER
        if value.could_extract_minus_sign():
            if form.rank:
                return _elementwise([], _parts((form,))[1], marks)
            return _scalar(Const(ONE), [], Const(ONE), _parts((form,))[1], marks), PRODUCT
        if value == sympy.Rational(1, 2):
            return marks.root(write(form.base, marks)[0]), POWER
    base = bracketed(form.base, marks, ATOM)
    raised = write(exponent, marks)[0]
    return marks.power(base, raised, bool(form.base.rank)), POWER


def _apply(form: Apply, marks: Marks) -> Written:
    args = [write(arg, marks)[0] for arg in form.args]
    written = marks.apply(form.head, args, not form.rank)
    return written, POWER if written.startswith("e^") else ATOM


def _chain(form: Chain, marks: Marks) -> Written:
    pieces = []
    for place, factor in enumerate(form.factors):
        if place == 0 and factor.rank == 1:
            pieces.append(marks.transpose(bracketed(factor, marks, ATOM)))
        else:
            level = POWER if isinstance(factor, (Plus, Times)) else PRODUCT
            pieces.append(bracketed(factor, marks, level))
    return marks.juxtapose(pieces), PRODUCT


def _transposed(form: Transposed, marks: Marks) -> Written:
    return marks.transpose(bracketed(form.inner, marks, ATOM)), POWER


def _outer(form: Outer, marks: Marks) -> Written:
    left = bracketed(form.left, marks, PRODUCT)
    right = marks.transpose(bracketed(form.right, marks, ATOM))
    return marks.juxtapose([left, right]), PRODUCT


def _named(word: str) -> Callable[[Any, Marks], Written]:
    def written(form: Any, marks: Marks) -> Written:
        return marks.call(word, write(form.inner, marks)[0]), ATOM

    return written


def _norm_kind(form: NormSquared) -> str:
    return "2" if form.inner.rank == 1 else "F"


def _norm_squared(form: NormSquared, marks: Marks) -> Written:
    return marks.norm(write(form.inner, marks)[0], _norm_kind(form), "2"), POWER


def _total(form: Total, marks: Marks) -> Written:
    inner = form.inner
    if isinstance(inner, (Leaf, Chain)) and inner.rank == 1:
        return marks.juxtapose([marks.transpose(marks.ones), bracketed(inner, marks, PRODUCT)]), PRODUCT
    letters = ("i", "j")
    indices = tuple(Index(letters[axis], sympy.Symbol("n", integer=True, positive=True)) for axis in range(inner.rank))
    return _big_sum(BigSum(indices, component_of(inner, indices)), marks)


def component_of(form: Form, axes: tuple[sympy.Expr, ...]) -> Form:
    """The entry of a form at positions, with the subscripts moved as far inside as they go."""
    if not form.rank:
        return form
    if isinstance(form, Ones):
        return Const(ONE)
    if isinstance(form, Plus):
        return Plus(tuple(component_of(term, axes) for term in form.terms))
    if isinstance(form, Times):
        return times(form.coefficient, *form.scalars, *(component_of(factor, axes) for factor in form.arrays))
    if isinstance(form, Power):
        return Power(component_of(form.base, axes), component_of(form.exponent, axes))
    if isinstance(form, Apply):
        return Apply(form.head, tuple(component_of(arg, axes) for arg in form.args))
    if isinstance(form, Outer):
        return times(ONE, component_of(form.left, axes[:1]), component_of(form.right, axes[1:]))
    if isinstance(form, Transposed):
        return component_of(form.inner, axes[::-1])
    return Component(form, axes)


def _big_sum(form: BigSum, marks: Marks) -> Written:
    inner = form.inner
    written, level = write(inner, marks)
    if level <= SUM:
        written = marks.bracket(written)
    return marks.big_sum(form.indices, written), SUM


_WRITERS: dict[type[Form], Callable[[Any, Marks], Written]] = {
    Const: _const, Leaf: _leaf, Slice: _slice, Component: _component, Ones: _ones, Eye: _eye, Kronecker: _kronecker,
    Plus: _plus, Times: _times, Power: _power, Apply: _apply, Chain: _chain, Transposed: _transposed, Outer: _outer,
    Diag: _named("diag"), DiagPart: _named("diag"), Trace: _named("tr"), NormSquared: _norm_squared, Total: _total,
    BigSum: _big_sum,
}  # fmt: skip
