"""Forms as LaTeX and as text: one table of precedence, two dialects.

From loose to tight: sums; a product that ends in an open Σ; ⊙, ⊘ and the / of text; products without a sign;
powers and transposes; names, calls and brackets. A piece stands in brackets where it binds less tightly
than its place needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy

from symderive.core.nodes import Index
from symderive.functions.choice import where
from symderive.functions.comparisons import either
from symderive.notation.arithmetic import MINUS_ONE, ONE, as_fraction, is_negative, times
from symderive.notation.components import big_sum_of, component_of
from symderive.notation.constants import constant, one_root
from symderive.notation.dialects import LATEX, TEXT, LatexDialect, TextDialect
from symderive.notation.exponential_sums import shares_written_out
from symderive.notation.forms import (
    Apply,
    Basis,
    BigMax,
    BigMin,
    BigProduct,
    BigSum,
    Bracket,
    Chain,
    Cholesky,
    Component,
    Const,
    Determinant,
    Diag,
    DiagPart,
    Eye,
    Folded,
    Form,
    Inverse,
    Kronecker,
    Largest,
    Leaf,
    LogDeterminant,
    LogSumExp,
    NormSquared,
    Ones,
    Outer,
    Plus,
    Power,
    ProductOfAll,
    Shares,
    SingularSlope,
    SingularSum,
    Slice,
    Smallest,
    Softmax,
    Times,
    Total,
    Trace,
    Transposed,
    Triangle,
    walk,
)
from symderive.notation.levels import ATOM, HADAMARD, OPEN, POWER, PRODUCT, SUM
from symderive.notation.matrix_products import chain, runs, transposed
from symderive.notation.page import above_and_below, incoming_first, is_quotient, spread
from symderive.notation.propositions import proposition
from symderive.notation.singular_values import singular_slope, singular_sum
from symderive.notation.vectorised import Commutation, KroneckerProduct, Vec

Marks = LatexDialect | TextDialect
Written = tuple[str, int]
_ROOT = Const(sympy.Rational(1, 2))


def latex(form: Form, names: frozenset[str] = frozenset()) -> str:
    """The LaTeX of a form, without dollar signs; `names` are arrays that stand elsewhere."""
    return write(form, replace(LATEX, taken=_names(form) | names))[0]


def text(form: Form, names: frozenset[str] = frozenset()) -> str:
    """The form as Unicode text; `names` are arrays that stand elsewhere."""
    return write(form, replace(TEXT, taken=_names(form) | names))[0]


def _names(form: Form) -> frozenset[str]:
    parts = list(walk(form))
    found = {part.tensor.name for part in parts if isinstance(part, (Leaf, Slice))}
    letters = {index.name for part in parts if isinstance(part, BigSum) for index in part.indices}
    return frozenset(found | letters)


def write(form: Form, marks: Marks) -> Written:
    """The form in a dialect, and the precedence of what was written."""
    return _WRITERS[type(form)](form, marks)


def bracketed(form: Form, marks: Marks, level: int) -> str:
    """The form, in brackets unless it binds at least as tightly as `level`."""
    return within(write(form, marks), marks, level)


def within(written: Written, marks: Marks, level: int) -> str:
    """What was written, in brackets unless it binds at least as tightly as `level`."""
    return written[0] if written[1] >= level else marks.bracket(written[0])


def _const(form: Const, marks: Marks) -> Written:
    return constant(form.value, marks)


def _leaf(form: Leaf, marks: Marks) -> Written:
    return marks.name(form.tensor), marks.name_level(form.tensor)


def _slice(form: Slice, marks: Marks) -> Written:
    return marks.part(marks.name(form.tensor), form.axes), ATOM


def _component(form: Component, marks: Marks) -> Written:
    of = form.of
    if isinstance(of, Const) and not form.axes:
        return marks.position(of.value), ATOM
    if isinstance(of, Chain) and len(form.axes) == 1:
        row = _row(of, form.axes[0], marks)
        if row is not None:
            return row, PRODUCT
    return marks.component(bracketed(of, marks, ATOM if isinstance(of, Leaf) else ATOM + 1), form.axes), ATOM


def _row(of: Chain, axis: sympy.Expr, marks: Marks) -> str | None:
    """`x_iᵀ w` for the i-th entry of `X w`, where X is one capital letter and x names nothing else."""
    first, rest = of.factors[0], of.factors[1:]
    if not isinstance(first, Leaf) or first.tensor.latex_name or not isinstance(axis, Index):
        return None
    name = first.tensor.name
    if len(name) != 1 or not name.isupper() or name.lower() in marks.taken:
        return None
    row = marks.transpose(marks.component(name.lower(), (axis,)))
    return marks.juxtapose([row, bracketed(chain(*rest), marks, PRODUCT)])


def _ones(form: Ones, marks: Marks) -> Written:
    return ("1" if form.size == 1 else marks.ones), ATOM


def _basis(form: Basis, marks: Marks) -> Written:
    return marks.component(marks.basis, (form.position,)), ATOM


def _eye(form: Eye, marks: Marks) -> Written:
    return marks.unit_matrix, ATOM


def _kronecker(form: Kronecker, marks: Marks) -> Written:
    return marks.delta(marks.position(form.left), marks.position(form.right)), ATOM


def _plus(form: Plus, marks: Marks) -> Written:
    pieces = []
    for place, term in enumerate(form.terms):
        negative = is_negative(term)
        shown = times(MINUS_ONE, term) if negative else term
        written = bracketed(spread(shown, form), marks, OPEN)
        sign = marks.minus if negative else ("+" if place else "")
        pieces.append(f"{sign}{written}" if not place else f" {sign} {written}")
    return "".join(pieces), SUM


def _times(form: Times, marks: Marks) -> Written:
    coefficient = form.coefficient
    negative = bool(coefficient.could_extract_minus_sign())
    front = _scalars(-coefficient if negative else coefficient, form.scalars, marks, alone=not form.arrays)
    if not form.arrays:
        body = front
    else:
        body = _elementwise(*above_and_below(form.arrays), marks)
        if front[0] != "1":
            level = OPEN if body[1] == OPEN else PRODUCT
            body = marks.juxtapose([within(front, marks, PRODUCT), within(body, marks, level)]), level
    apart = front[0] == "1" and len(form.arrays) == 1 and isinstance(form.arrays[0], KroneckerProduct)
    level = POWER if apart else OPEN  # −(A ⊗ B)
    return (marks.minus + within(body, marks, level), SUM) if negative else body


def _scalars(coefficient: sympy.Expr, factors: tuple[Form, ...], marks: Marks, alone: bool) -> Written:
    """A product of scalars, as a fraction where something stands below; `alone` says that nothing follows."""
    if not factors:
        return constant(coefficient, marks)
    top, bottom = above_and_below(factors)
    up, down = as_fraction(coefficient)
    if (coefficient.is_Rational and coefficient.q > 1000) or not is_quotient(coefficient, up, down):
        up, down = coefficient, ONE
    joined = one_root(coefficient)
    if joined is not None:
        up, down = sympy.sqrt(joined[0]), sympy.sqrt(joined[1])
    ups: list[Form] = [Const(up)] if up != 1 else []
    low: list[Form] = ([Const(down)] if down != 1 else []) + bottom
    if not low:
        return _product(ups + top, marks, alone)
    if top and not _small(top) and (not bottom or _level(top, marks) == OPEN):
        front = marks.fraction(_product(ups, marks, True), _product(low, marks, True))
        pieces = [
            within(front, marks, PRODUCT),
            within(_product(top, marks, alone), marks, OPEN if alone else PRODUCT),
        ]
        return marks.juxtapose(pieces), _level(top, marks)
    return marks.fraction(_product(ups + top, marks, True), _product(low, marks, True))


def _small(factors: list[Form]) -> bool:
    """Whether the factors look well on top of a fraction line."""
    return len(factors) == 1 and isinstance(factors[0], (Leaf, Component))


def _level(factors: list[Form], marks: Marks) -> int:
    return OPEN if any(write(factor, marks)[1] == OPEN for factor in factors) else PRODUCT


def _product(factors: list[Form], marks: Marks, alone: bool) -> Written:
    """Factors side by side, open sums last; `alone` says that nothing follows on the line."""
    if not factors:
        return "1", ATOM
    if len(factors) == 1:
        written = write(factors[0], marks)
        return written if alone or not _is_chained(factors[0]) else (within(written, marks, POWER), PRODUCT)
    pairs = [(factor, write(factor, marks)) for factor in factors]
    pairs.sort(key=lambda pair: pair[1][1] == OPEN)
    pieces = []
    for place, (factor, written) in enumerate(pairs):
        last = alone and place == len(pairs) - 1
        chained = _is_chained(factor) and not last
        level = OPEN if last else POWER if chained or (place and isinstance(factor, Const)) else PRODUCT
        pieces.append(within(written, marks, PRODUCT if last and written[1] == HADAMARD else level))
    return marks.juxtapose(pieces), OPEN if alone and pairs[-1][1][1] == OPEN else PRODUCT


def _is_chained(form: Form) -> bool:
    """Whether the form is written as a matrix product, which would swallow what follows."""
    return (
        isinstance(form, Chain)
        or (isinstance(form, Component) and isinstance(form.of, Chain))
        or isinstance(form, Total)
    )


def _elementwise(over: list[Form], under: list[Form], marks: Marks) -> Written:
    if len(over) == 1 and not under:
        return write(over[0], marks)
    over, tight = incoming_first(over), POWER if len(over) > 2 else PRODUCT
    tops = [bracketed(one, marks, tight if isinstance(one, (Chain, Outer)) else PRODUCT) for one in over] or [
        "1"
    ]
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
        norm = form.base.base if isinstance(form.base, Power) and form.base.exponent == _ROOT else None
        if isinstance(norm, NormSquared) and value.is_integer and value.is_positive:  # of a norm as written
            return _power(Power(norm, Const(value / 2)), marks)
        if isinstance(form.base, NormSquared) and (2 * value).is_integer and value.is_positive:
            return marks.norm(write(form.base.inner, marks)[0], _norm_kind(form.base), str(2 * value)), POWER
        if value.could_extract_minus_sign():
            if form.rank:
                return _elementwise(*above_and_below((form,)), marks)
            return _scalars(ONE, (form,), marks, alone=True)
        if value == sympy.Rational(1, 2):
            return marks.root(write(form.base, marks)[0]), POWER
    base = bracketed(form.base, marks, ATOM)
    return marks.power(base, write(exponent, marks)[0], bool(form.rank)), POWER


def stated(form: Form, marks: Marks) -> str:
    """The condition of an indicator: `y > f` for `1[y > f]`."""
    signs, words = marks.connectives
    return proposition(form, lambda one: write(one, marks)[0], signs, words)


def _choice(form: Apply, marks: Marks) -> Written:
    """`where(y > f, a, b)` in text, cases in LaTeX; a choice in the last branch gives one more case."""
    rows = []
    while True:
        condition, first, second = form.args
        rows.append((write(first, marks)[0], stated(condition, marks)))
        if not (isinstance(second, Apply) and second.head is where):
            return marks.choice(rows, write(second, marks)[0])
        form = second


def _apply(form: Apply, marks: Marks) -> Written:
    if form.head is where:
        return _choice(form, marks)
    if form.head is either:
        return marks.indicator(stated(form, marks)), ATOM
    bare = marks.bare_arguments(form.head)
    args = [bracketed(arg, marks, ATOM if own else SUM) for arg, own in zip(form.args, bare, strict=True)]
    if marks.is_barred(form.head):  # |(|x|)|, because ||x|| is a norm
        args = [marks.bracket(arg) if "|" in arg else arg for arg in args]
    written = marks.apply(form.head, args, not form.rank)
    return written, PRODUCT if any(bare) else POWER if written.startswith("e^") else ATOM


def _chain(form: Chain, marks: Marks) -> Written:
    pieces: list[str] = []
    powers = runs(form.factors)
    for factor, count in powers:
        if factor.rank == 1 and not pieces:
            pieces.append(marks.transpose(bracketed(factor, marks, ATOM)))
        elif count == 1 or (count == 2 and isinstance(factor, Transposed)):
            level = POWER if isinstance(factor, (Plus, Times)) else PRODUCT
            pieces += [bracketed(factor, marks, level)] * count
        else:
            pieces.append(_matrix_power(factor, count, marks))
    return marks.juxtapose(pieces), POWER if len(powers) == 1 and powers[0][1] > 2 else PRODUCT


def _matrix_power(factor: Form, count: int, marks: Marks) -> str:
    """`A³`, `A⁻²`, `(Aᵀ)³`."""
    if isinstance(factor, Inverse):
        return marks.power(bracketed(factor.inner, marks, ATOM), str(-count), False)
    return marks.power(bracketed(factor, marks, ATOM), str(count), False)


def _inverse(form: Inverse, marks: Marks) -> Written:
    return marks.inverse(bracketed(form.inner, marks, ATOM), False), POWER


def _log_determinant(form: LogDeterminant, marks: Marks) -> Written:
    return marks.log_determinant(write(form.inner, marks)[0], form.is_positive), POWER


def _transposed(form: Transposed, marks: Marks) -> Written:
    if isinstance(form.inner, Inverse):
        return marks.inverse(bracketed(form.inner.inner, marks, ATOM), True), POWER
    if isinstance(form.inner, SingularSlope):
        of = form.inner
        return singular_slope(of.kind, write(of.inner, marks)[0], marks, turned=True), PRODUCT
    return marks.transpose(bracketed(form.inner, marks, ATOM)), POWER


def _outer(form: Outer, marks: Marks) -> Written:
    """`u vᵀ`; where v is a product A w, `u wᵀ Aᵀ`; a row or a column where the other vector is a single 1."""
    if form.right == Ones(ONE):
        return write(form.left, marks)
    pieces = [bracketed(form.left, marks, POWER if isinstance(form.left, Times) else PRODUCT)]
    if form.left == Ones(ONE):
        pieces = []
    right = form.right
    if isinstance(right, Chain) and right.factors[-1].rank == 1:
        pieces.append(marks.transpose(bracketed(right.factors[-1], marks, ATOM)))
        pieces += [bracketed(transposed(one), marks, POWER if isinstance(one, (Plus, Times)) else PRODUCT)
                   for one in reversed(right.factors[:-1])]  # fmt: skip
    else:
        pieces.append(marks.transpose(bracketed(right, marks, ATOM)))
    return (marks.juxtapose(pieces), PRODUCT) if len(pieces) > 1 else (pieces[0], POWER)


def _kronecker_product(form: KroneckerProduct, marks: Marks) -> Written:
    sides = (bracketed(one, marks, PRODUCT) for one in (form.left, form.right))
    return f" {marks.tensor_product} ".join(sides), HADAMARD


def _commutation(form: Commutation, marks: Marks) -> Written:
    return marks.commutation(form.rows, form.columns, form.is_script), ATOM


def _named(word: str) -> Callable[[Any, Marks], Written]:
    def written(form: Any, marks: Marks) -> Written:
        return marks.call(word, write(form.inner, marks)[0]), ATOM

    return written


def _softmax(form: Softmax, marks: Marks) -> Written:
    return marks.call_along("softmax", form.along, write(form.inner, marks)[0]), ATOM


def _shares(form: Shares, marks: Marks) -> Written:
    return write(shares_written_out(form), marks)


def _log_sum_exp(form: LogSumExp, marks: Marks) -> Written:
    return marks.call_along("logsumexp", form.along, write(form.inner, marks)[0]), ATOM


def _diag(form: Diag, marks: Marks) -> Written:
    """`diag(v)`; the diagonal part of a matrix as `A ⊙ I`, not as diag(diag(A))."""
    if isinstance(form.inner, DiagPart):
        return f"{bracketed(form.inner.inner, marks, PRODUCT)} {marks.hadamard} {marks.identity}", HADAMARD
    return _named("diag")(form, marks)


def _triangle(form: Triangle, marks: Marks) -> Written:
    shift = "" if form.offset == 0 else f", {constant(form.offset, marks)[0]}"
    return marks.call("tril" if form.is_lower else "triu", write(form.inner, marks)[0] + shift), ATOM


def _norm_kind(form: NormSquared) -> str:
    return "2" if form.inner.rank == 1 else "F"


def _norm_squared(form: NormSquared, marks: Marks) -> Written:
    return marks.norm(write(form.inner, marks)[0], _norm_kind(form), "2"), POWER


def _total(form: Total, marks: Marks) -> Written:
    inner = form.inner
    if isinstance(inner, (Leaf, Slice, Chain)) and inner.rank == 1:
        return marks.juxtapose([marks.transpose(marks.ones), bracketed(inner, marks, PRODUCT)]), PRODUCT
    return _big_sum(big_sum_of(form), marks)


def _folded(form: Folded, marks: Marks) -> Written:
    return _big_fold(big_sum_of(form), marks)


def _big_fold(form: BigSum, marks: Marks) -> Written:
    kinds = {BigMax: "max", BigMin: "min", BigProduct: "prod"}
    inner, relations = bracketed(form.inner, marks, PRODUCT), [one.relation for one in form.brackets]
    return marks.big_fold(kinds[type(form)], form.indices, inner, relations), OPEN


def _big_sum(form: BigSum, marks: Marks) -> Written:
    return marks.big_sum(
        form.indices, bracketed(form.inner, marks, OPEN), [one.relation for one in form.brackets]
    ), OPEN


def _bracket(form: Bracket, marks: Marks) -> Written:
    return marks.iverson(form.relation), ATOM


def _singular_sum(form: SingularSum, marks: Marks) -> Written:
    return singular_sum(form.kind, write(form.inner, marks)[0], marks), ATOM


def _singular_slope(form: SingularSlope, marks: Marks) -> Written:
    return singular_slope(form.kind, write(form.inner, marks)[0], marks), PRODUCT


_WRITERS: dict[type[Form], Callable[[Any, Marks], Written]] = {
    Const: _const,
    Leaf: _leaf,
    Slice: _slice,
    Component: _component,
    Ones: _ones,
    Basis: _basis,
    Eye: _eye,
    Kronecker: _kronecker,
    Plus: _plus,
    Times: _times,
    Power: _power,
    Apply: _apply,
    Chain: _chain,
    Transposed: _transposed,
    Outer: _outer,
    Inverse: _inverse,
    Determinant: _named("det"),
    LogDeterminant: _log_determinant,
    Cholesky: _named("chol"),
    SingularSum: _singular_sum,
    SingularSlope: _singular_slope,
    Diag: _diag,
    DiagPart: _named("diag"),
    Trace: _named("tr"),
    Triangle: _triangle,
    NormSquared: _norm_squared,
    Total: _total,
    Largest: _folded,
    Smallest: _folded,
    ProductOfAll: _folded,
    BigSum: _big_sum,
    BigMax: _big_fold,
    BigMin: _big_fold,
    BigProduct: _big_fold,
    Softmax: _softmax,
    Shares: _shares,
    LogSumExp: _log_sum_exp,
    Bracket: _bracket,
    KroneckerProduct: _kronecker_product,
    Vec: _named("vec"),
    Commutation: _commutation,
}

__all__ = ["bracketed", "component_of", "latex", "stated", "text", "write"]
