"""Forms as NumPy code; diagonal matrices, identities and ones are not built where broadcasting serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symderive.codegen.chains import bracketed
from symderive.codegen.lengths import is_length
from symderive.codegen.singular_values import singular_slope, singular_sum
from symderive.codegen.solves import contains_inverse, ready, with_solves_by
from symderive.core.positions import Quotient, Remainder
from symderive.errors import SymderiveError
from symderive.functions import by_head
from symderive.functions.attained import attained
from symderive.functions.choice import where
from symderive.functions.kinked import signum
from symderive.functions.record import Indicator
from symderive.notation.arithmetic import ONE, is_negative, plus, split, times
from symderive.notation.forms import (
    Apply,
    Basis,
    Chain,
    Cholesky,
    Component,
    Const,
    Determinant,
    Diag,
    DiagPart,
    Eye,
    Form,
    Inverse,
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
)
from symderive.notation.matrix_products import chain, is_symmetric, runs, transposed
from symderive.notation.propositions import proposition

SUM, PRODUCT, UNARY, POWER, ATOM = 1, 2, 3, 4, 5
Code = tuple[str, int]
_POWER = 3  # equal factors in a row that become a call of matrix_power


def code(form: Form) -> str:
    """The NumPy expression of a form."""
    return _code(form)[0]


def _code(form: Form) -> Code:
    return _EMITTERS[type(form)](form)


def at_level(form: Form, level: int) -> str:
    """The code, in brackets unless it binds at least as tightly as `level`."""
    written, own = _code(form)
    return written if own >= level else f"({written})"


def constant(value: sympy.Expr) -> Code:
    """A number or an expression in sizes."""
    if value.is_Integer:
        return str(value), ATOM if value >= 0 else UNARY
    if value.is_Rational:
        if value.q > 1000:
            return repr(float(value)), ATOM if value >= 0 else UNARY
        return f"{value.p} / {value.q}", PRODUCT
    if isinstance(value, sympy.Symbol):
        return str(value.name), ATOM
    if value in (sympy.pi, sympy.E):
        return ("np.pi" if value == sympy.pi else "np.e"), ATOM
    if value is sympy.S.NegativeInfinity:
        return "-np.inf", UNARY
    if value.is_Add:
        return _sum_of_constants(value), SUM
    if value.is_Mul:
        top, bottom = value.as_numer_denom()
        if bottom != 1:
            return f"{_bracket(constant(top), PRODUCT)} / {_bracket(constant(bottom), UNARY)}", PRODUCT
        return " * ".join(_bracket(constant(factor), UNARY) for factor in value.args), PRODUCT
    return _constant_function(value)


def length(size: sympy.Expr) -> str:
    """The code of the length of an axis, which is 0 where an array is too short for it."""
    written = constant(size)[0]
    return written if is_length(size) else f"max(0, {written})"


def _sum_of_constants(value: sympy.Expr) -> str:
    """`n - d + 1`: what is added first, numbers last."""
    terms = sorted(
        value.args, key=lambda one: (bool(one.is_number), one.could_extract_minus_sign(), str(one))
    )
    if terms[0].could_extract_minus_sign():
        terms = sorted(terms, key=lambda one: bool(one.could_extract_minus_sign()))
    written = ""
    for term in terms:
        negative = bool(term.could_extract_minus_sign()) and bool(written)
        piece = _bracket(constant(-term if negative else term), PRODUCT)
        written += f" {'-' if negative else '+'} {piece}" if written else piece
    return written


def _constant_function(value: sympy.Expr) -> Code:
    if value.is_Pow:
        base, exponent = value.args
        if exponent == sympy.Rational(1, 2):
            return f"np.sqrt({constant(base)[0]})", ATOM
        if exponent.could_extract_minus_sign():
            return f"1 / {_bracket(constant(base ** (-exponent)), UNARY)}", PRODUCT
        return f"{_bracket(constant(base), ATOM)} ** {_bracket(constant(exponent), UNARY)}", POWER
    if isinstance(value, (Quotient, Remainder)):
        left, right = (_bracket(constant(arg), UNARY) for arg in value.args)
        return f"{left} {'//' if isinstance(value, Quotient) else '%'} {right}", PRODUCT
    if isinstance(value, sympy.floor):
        return f"np.floor({constant(value.args[0])[0]})", ATOM
    entry = by_head().get(type(value))
    if entry is None:
        raise SymderiveError(f"writing code: {value} is not a number that code can hold.")
    return entry.numpy.format(*(constant(arg)[0] for arg in value.args)), ATOM


def _bracket(written: Code, level: int) -> str:
    return written[0] if written[1] >= level else f"({written[0]})"


def _const(form: Const) -> Code:
    return constant(form.value)


def _leaf(form: Leaf) -> Code:
    return str(form.tensor.name), ATOM


def _positions(axes: tuple[sympy.Expr | None, ...]) -> str:
    return ", ".join(":" if axis is None else constant(axis)[0] for axis in axes)


def _slice(form: Slice) -> Code:
    return f"{form.tensor.name}[{_positions(form.axes)}]", ATOM


def _component(form: Component) -> Code:
    return f"{at_level(form.of, ATOM)}[{_positions(form.axes)}]", ATOM


def _ones(form: Ones) -> Code:
    return f"np.ones({length(form.size)})", ATOM


def _basis(form: Basis) -> Code:
    return f"np.where(np.arange({length(form.size)}) == {constant(form.position)[0]}, 1.0, 0.0)", ATOM


def _eye(form: Eye) -> Code:
    return f"np.eye({length(form.size)})", ATOM


def _plus(form: Plus) -> Code:
    pieces = []
    for place, term in enumerate(form.terms):
        negative = is_negative(term)
        shown = times(sympy.S.NegativeOne, term) if negative else term
        written = _broadcast_term(shown, form.terms) or at_level(shown, PRODUCT)
        sign = "-" if negative else ("+" if place else "")
        pieces.append(f"{sign}{written}" if not place else f" {sign} {written}")
    return "".join(pieces), SUM


def _broadcast_term(term: Form, terms: tuple[Form, ...]) -> str | None:
    """A rank-one term with a vector of ones, beside a full matrix: NumPy's broadcasting."""
    coefficient, scalars, inner = split(term)
    outers = [split(other)[2] for other in terms if other.rank == 2]
    sides = {isinstance(one.left, Ones) for one in outers if isinstance(one, Outer)}
    full = len(sides) == 2 or any(not _is_ones_outer(other) for other in terms if other.rank == 2)
    if not full or not isinstance(inner, Outer) or not _is_ones_outer(inner):
        return None
    if isinstance(inner.left, Ones):
        return at_level(times(coefficient, *scalars, inner.right), PRODUCT)
    return f"{at_level(times(coefficient, *scalars, inner.left), ATOM)}[:, None]"


def _is_ones_outer(form: Form) -> bool:
    inner = split(form)[2]
    return isinstance(inner, Outer) and (isinstance(inner.left, Ones) or isinstance(inner.right, Ones))


def _times(form: Times) -> Code:
    coefficient = form.coefficient
    sign = ""
    if coefficient.could_extract_minus_sign():
        sign, coefficient = "-", -coefficient
    up, down = sympy.fraction(coefficient)
    top = [Const(up)] if up != 1 else []
    bottom: list[Form] = [Const(down)] if down != 1 else []
    factors: list[Form] = []
    for factor in (*form.scalars, *form.arrays):
        exponent = factor.exponent if isinstance(factor, Power) else None
        if (
            isinstance(factor, Power)
            and isinstance(exponent, Const)
            and exponent.value.could_extract_minus_sign()
        ):
            bottom.append(factor.base if exponent.value == -1 else Power(factor.base, Const(-exponent.value)))
        else:
            factors.append(factor)
    above = " * ".join(_factor(factor) for factor in [*top, *factors]) or "1"
    if len(bottom) > 1:
        first = at_level(bottom[0], PRODUCT) if isinstance(bottom[0], Const) else _factor(bottom[0])
        below = " * ".join([first, *(_factor(factor) for factor in bottom[1:])])
        return f"{sign}{above} / ({below})", PRODUCT if not sign else SUM
    below = f" / {at_level(bottom[0], UNARY)}" if bottom else ""
    return f"{sign}{above}{below}", PRODUCT if not sign else SUM


def _factor(form: Form) -> str:
    return at_level(form, POWER if isinstance(form, (Chain, Times, Plus)) else UNARY)


def _power(form: Power) -> Code:
    exponent = form.exponent
    if isinstance(exponent, Const):
        if exponent.value == sympy.Rational(1, 2):
            return f"np.sqrt({code(form.base)})", ATOM
        if exponent.value.could_extract_minus_sign():
            inverse = form.base if exponent.value == -1 else Power(form.base, Const(-exponent.value))
            return f"1 / {at_level(inverse, UNARY)}", PRODUCT
    return f"{at_level(form.base, ATOM)} ** {at_level(exponent, ATOM)}", POWER


def _apply(form: Apply) -> Code:
    if form.head is signum and isinstance(form.args[0], Determinant):
        return f"np.linalg.slogdet({code(form.args[0].inner)})[0]", ATOM  # a determinant can overflow
    if form.head is where:
        condition = proposition(form.args[0], code, 2, (" & ", " | "))
        return f"np.where({condition}, {code(form.args[1])}, {code(form.args[2])})", ATOM
    args = [_broadcast_argument(arg, form) for arg in form.args]
    if form.head is attained and isinstance(form.args[2], Total):
        args[2] = f"np.sum({args[0]} == {args[1]})"
    return by_head()[form.head].numpy.format(*args), ATOM


def _broadcast_argument(arg: Form, whole: Apply) -> str:
    """`m[:, None]` for m 1ᵀ beside a full matrix; otherwise the code of the argument."""
    return _broadcast_term(arg, whole.args) or code(arg)


def _opened(form: Chain) -> Form | None:
    """`AᵀDA − Aᵀu uᵀA` for `Aᵀ(D − uuᵀ)A`, so that no diagonal matrix is built; None for other products."""
    for place, factor in enumerate(form.factors):
        coefficient, scalars, inner = split(factor)
        if not isinstance(inner, Plus) or not all(term.rank for term in inner.terms):
            continue  # a number beside a matrix stands for all entries: alone it would be taken for 1 I
        if any(isinstance(split(term)[2], Diag) for term in inner.terms):
            left, right = form.factors[:place], form.factors[place + 1 :]
            return times(coefficient, *scalars, plus(*(chain(*left, term, *right) for term in inner.terms)))
    return None


def _chain(form: Chain) -> Code:
    opened = _opened(form)
    if opened is not None:
        return _code(opened)
    factors = with_solves(_with_powers(form.factors))
    if len(factors) == 1:
        return _code(factors[0])
    if factors[-1].rank == 1:
        written = _fold_right(factors)
    elif factors[0].rank == 1:
        written = _fold_right([transposed(factor) for factor in reversed(factors)])
    else:
        written = _fold_left(factors)
    sums = len(factors) == 2 and isinstance(factors[1], Ones) and not isinstance(factors[0], Diag)
    return written, ATOM if sums and factors[0].rank == 2 else PRODUCT


def _with_powers(factors: tuple[Form, ...]) -> list[Form]:
    """The factors with `A A A` as a call of `np.linalg.matrix_power`; beside a vector it would cost more."""
    if any(factor.rank == 1 for factor in factors):
        return list(factors)
    joined: list[Form] = []
    for factor, count in runs(factors):
        if count < _POWER or isinstance(factor, Diag):
            joined += [factor] * count
        else:
            base, turned = (factor.inner, ".T") if isinstance(factor, Transposed) else (factor, "")
            exponent, base = (-count, base.inner) if isinstance(base, Inverse) else (count, base)
            joined.append(ready(f"np.linalg.matrix_power({code(base)}, {exponent}){turned}", 2))
    return joined


def with_solves(factors: list[Form]) -> list[Form]:
    """The factors with every inverse put into a call of `np.linalg.solve`."""
    return with_solves_by(code, factors)


def _fold_right(factors: list[Form]) -> str:
    """Matrices times a vector, starting at the vector."""
    last = factors[-1]
    if (
        isinstance(last, Ones)
        and len(factors) > 1
        and factors[-2].rank == 2
        and not isinstance(factors[-2], Diag)
    ):
        written, rest = _row_sums(factors[-2]), factors[:-2]
    else:
        written, rest = at_level(last, POWER if isinstance(last, (Plus, Times)) else UNARY), factors[:-1]
    for place, factor in enumerate(reversed(rest)):
        right = f"({written})" if place and (" @ " in written or " * " in written) else written
        if isinstance(factor, Diag):
            written = f"{_factor(factor.inner)} * {right}"
        else:
            written = f"{_matrix(factor)} @ {right}"
    return written


def _row_sums(matrix: Form) -> str:
    pair = matrix.arrays if isinstance(matrix, Times) and matrix == Times(ONE, (), matrix.arrays) else ()
    if len(pair) == 2 and all(isinstance(one, Leaf) for one in pair):
        return f'np.einsum("ij,ij->i", {", ".join(map(code, pair))})'
    if isinstance(matrix, Transposed):
        return f"{at_level(matrix.inner, ATOM)}.sum(axis=0)"
    return f"{at_level(matrix, ATOM)}.sum(axis=1)"


def _fold_left(factors: list[Form]) -> str:
    """A product of matrices in the cheapest order, scaling rows or columns for diagonal ones."""
    if not any(isinstance(factor, Diag) for factor in factors):
        ordered = bracketed(factors, _matrix)
        if ordered is not None:
            return ordered
    written, piece = "", ""
    pending: list[str] = []
    for factor in factors:
        if isinstance(factor, Diag):
            scale = code(factor.inner)
            if not written:
                pending.append(f"{_bracket(_code(factor.inner), ATOM)}[:, None]")
            else:
                written = f"({written} * {_bracket((scale, _code(factor.inner)[1]), POWER)})"
            continue
        piece = _matrix(factor)
        written = f"{written} @ {piece}" if written else piece
    for scale in reversed(pending):
        plain = " " not in written or (piece == written and written.startswith("("))  # brackets of its own
        written = f"{scale} * {written}" if plain else f"{scale} * ({written})"
    return written


def _matrix(form: Form) -> str:
    return at_level(form, POWER if isinstance(form, (Plus, Times, Chain)) else UNARY)


def _transposed(form: Transposed) -> Code:
    return f"{at_level(form.inner, ATOM)}.T", ATOM


def _outer(form: Outer) -> Code:
    return f"np.outer({code(form.left)}, {code(form.right)})", ATOM


def _trace(form: Trace) -> Code:
    inner = form.inner
    if (
        isinstance(inner, Chain)
        and inner.rank == 2
        and not any(isinstance(factor, Diag) for factor in inner.factors)
        and not contains_inverse(inner.factors)
    ):
        first, *rest = _with_powers(inner.factors)
        if not rest:
            return f"np.trace({code(first)})", ATOM
        other = _fold_left(list(rest)) if len(rest) > 1 else code(rest[0])
        return f"np.sum({_matrix(transposed(first))} * {f'({other})' if ' ' in other else other})", ATOM
    return f"np.trace({code(inner)})", ATOM


def _norm_squared(form: NormSquared) -> Code:
    if isinstance(form.inner, Leaf) and form.inner.rank == 1:
        return f"{form.inner.tensor.name} @ {form.inner.tensor.name}", PRODUCT
    return f"np.sum({at_level(form.inner, ATOM)} ** 2)", ATOM


_AXES = {"": "", "all": "", "rows": ", axis=1", "columns": ", axis=0"}


def _shares(form: Shares) -> Code:
    exponent, weight = at_level(form.exponent, ATOM), code(form.weight)
    total = f"special.logsumexp({exponent}[None, :], b={weight}, axis=1)[:, None]"
    raised = f"{at_level(form.exponent, PRODUCT)} - {total}"
    if _is_mask(form.weight):  # what has no share must not overflow
        raised = f"np.minimum({raised}, 0)"
    return f"{at_level(form.weight, PRODUCT)} * np.exp({raised})", PRODUCT


def _is_mask(form: Form) -> bool:
    """Whether all entries are 0 or 1."""
    if isinstance(form, Triangle):
        return _is_mask(form.inner)
    if isinstance(form, Outer):
        return _is_mask(form.left) and _is_mask(form.right)
    if isinstance(form, Apply):
        return isinstance(form.head, type) and issubclass(form.head, Indicator)
    return isinstance(form, Ones) or (isinstance(form, Leaf) and form.tensor.domain in ("binary", "onehot"))


def _along(word: str) -> Callable[[Any], Code]:
    return lambda form: (f"special.{word}({code(form.inner)}{_AXES[form.along]})", ATOM)


def _triangle(form: Triangle) -> Code:
    word = "np.tril" if form.is_lower else "np.triu"
    shift = "" if form.offset == 0 else f", {constant(form.offset)[0]}"
    return f"{word}({code(form.inner)}{shift})", ATOM


def _cholesky(form: Cholesky) -> Code:
    """NumPy reads only the lower triangle, so a matrix that need not be symmetric is made so."""
    inner = form.inner
    if is_symmetric(inner):
        return f"np.linalg.cholesky({code(inner)})", ATOM
    both = f"{at_level(inner, PRODUCT)} + {at_level(transposed(inner), PRODUCT)}"
    return f"np.linalg.cholesky(({both}) / 2)", ATOM


def _call(word: str) -> Callable[[Any], Code]:
    return lambda form: (f"{word}({code(form.inner)})", ATOM)


_EMITTERS: dict[type[Form], Callable[[Any], Code]] = {
    Const: _const,
    Leaf: _leaf,
    Slice: _slice,
    Component: _component,
    Ones: _ones,
    Basis: _basis,
    Eye: _eye,
    Plus: _plus,
    Times: _times,
    Power: _power,
    Apply: _apply,
    Chain: _chain,
    Transposed: _transposed,
    Outer: _outer,
    Inverse: _call("np.linalg.inv"),
    Determinant: _call("np.linalg.det"),
    Cholesky: _cholesky,
    SingularSum: lambda form: singular_sum(form, code),
    SingularSlope: lambda form: singular_slope(form, code),
    LogDeterminant: lambda form: (f"np.linalg.slogdet({code(form.inner)})[1]", ATOM),
    Diag: _call("np.diag"),
    Triangle: _triangle,
    DiagPart: _call("np.diagonal"),
    Trace: _trace,
    NormSquared: _norm_squared,
    Softmax: _along("softmax"),
    Shares: _shares,
    LogSumExp: _along("logsumexp"),
    Total: _call("np.sum"),
    Largest: _call("np.max"),
    Smallest: _call("np.min"),
    ProductOfAll: _call("np.prod"),
}

__all__ = ["ONE", "code", "constant"]
