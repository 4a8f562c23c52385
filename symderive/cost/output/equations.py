"""Index equations as they stand in the working of a cost: `y[o, i] = Σ_{c} weight[o, c] · x[c, i]`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from symderive.core.identity import (
    BOUND_LETTERS,
    FREE_LETTERS,
    free_indices,
    fresh,
    index_names,
    substitute,
    tensors_of,
)
from symderive.core.nodes import (
    Binder,
    Delta,
    Entry,
    Fold,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Tensor,
)
from symderive.core.positions import Inside, Quotient, Remainder, bare
from symderive.core.program import Definition
from symderive.cost.writing import ATOM, LATEX, POWER, PRODUCT, ROOTS, SUM, TEXT, Style, Writer, Written
from symderive.functions import by_head
from symderive.notation import dialects, levels
from symderive.notation.constants import constant
from symderive.notation.dialects import LatexDialect, Relation, Relations, TextDialect, under_sum
from symderive.notation.extents import unsaid
from symderive.notation.index_notation import index_form
from symderive.notation.labelled import NoMatrixNotationError
from symderive.notation.positions import bracket_of
from symderive.notation.printing import write

_FOLDS = {IndexMax: "max", IndexMin: "min", IndexProduct: "prod"}


@dataclass(frozen=True)
class EquationWriter:
    """Writes index equations: every product with its dots, every sum with its indices below.

    Attributes:
        style: `TEXT` or `LATEX`.
        first: the arrays that stand first in a product, the weights.
        names: letters that no index may have, the names of sizes.
        used: letters of the indices in the equations beside; one that is renamed takes none of them.
    """

    style: Style
    first: tuple[Tensor, ...] = ()
    names: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()

    def equation(self, definition: Definition) -> str:
        """The whole equation.

        >>> from symderive.cost.writing import TEXT
        >>> from symderive.layers import Embedding, PointwiseConv2d
        >>> for layer in (Embedding(batch="N"), PointwiseConv2d()):
        ...     print(EquationWriter(TEXT).equation(layer.program().definitions[0]))
        y[n, j] = weight[x[n], j]
        y[o, i, j] = Σ_{c} weight[o, c] · x[c, i, j]
        """
        shown = self.shown(definition)
        return f"{self.left(shown)} = {self._write(shown.body)[0]}"

    def left(self, definition: Definition) -> str:
        """The entry that an equation defines."""
        return self._entry(Entry(definition.tensor, *definition.indices))

    def shown(self, definition: Definition) -> Definition:
        """The equation with no index called like a size or an array, and nothing picked by a sum."""
        body = _picked(definition.body)
        beside = self.names | {str(tensor.name) for tensor in tensors_of(body)}
        taken = beside | self.used | letters_of(definition)
        free = _apart(definition.indices, beside, taken)
        body = _bound_apart(substitute(body, free), beside, taken | {index.name for index in free.values()})
        return Definition(definition.tensor, tuple(free.get(one, one) for one in definition.indices), body)

    def _write(self, expr: sympy.Expr) -> Written:
        if isinstance(expr, Entry):
            return self._entry(expr), ATOM
        if isinstance(expr, sympy.Add):
            return self._sum(expr), SUM
        if isinstance(expr, (IndexSum, Fold)):
            return self._fold(expr), SUM
        if isinstance(expr, Delta):
            return self._marks.delta(*map(self._position, expr.args)), ATOM
        if isinstance(expr, (Index, Quotient, Remainder)):
            return self._position(expr), ATOM
        if _is_size(expr):
            return self._size(expr)
        if isinstance(expr, (sympy.Mul, sympy.Pow)):
            return self._quotient(expr)
        if isinstance(expr, sympy.Function) and type(expr) in by_head():
            return self._function(expr)
        return self._noted(expr)

    def _sum(self, expr: sympy.Add) -> str:
        terms = []
        for term in sorted(expr.args, key=_place):
            negative = term.could_extract_minus_sign()
            written = self._at_least(PRODUCT, self._write(-term)) if negative else self._write(term)[0]
            terms.append(self.style.minus + written if negative else written)
        return Writer(self.style).joined_sum(terms)

    def _fold(self, expr: Binder, kind: str = "") -> str:
        """Σ or max with its indices below; brackets of these indices stand there, too: `Σ_{j ≤ i}`."""
        indices, body, ranges = _over_positions(expr)
        kind = kind or _FOLDS.get(type(expr), "")
        below: list[sympy.Expr] = []
        if not kind:
            factors = sympy.Mul.make_args(body)
            below = [one for one in factors if isinstance(one, Inside) and free_indices(one) & set(indices)]
            body = sympy.Mul(*(one for one in factors if one not in below))
        marks = (*map(bracket_of, below), *(() if ranges else unsaid(expr)))
        relations = [*ranges, *(one.relation for one in marks)]
        inner = self._write(body)
        if kind:
            return self._marks.big_fold(kind, indices, self._at_least(PRODUCT, inner), relations)
        written = self.style.bracket(inner[0]) if isinstance(body, sympy.Add) else inner[0]
        return self._marks.big_sum(indices, written, relations)

    def _quotient(self, expr: sympy.Expr) -> Written:
        """Sizes, brackets, entries (the weights first), anything else, deltas; what divides, below."""
        factors = sympy.Mul.make_args(expr)
        mean = _mean_over_windows(factors)
        if mean is not None:
            return self._fold(mean, "mean"), SUM
        size = sympy.Mul(*(one for one in factors if _is_size(one)))
        above = [one for one in factors if not _is_size(one) and not _is_divided(one)]
        below = [1 / one for one in factors if not _is_size(one) and _is_divided(one)]
        minus = size.could_extract_minus_sign()
        if minus:
            size = -size
        parts = [self._power(one) for one in sorted(above, key=self._rank)]
        down = [self._power(one) for one in below]
        over, under = size.as_numer_denom()
        if over == 1 and under.is_Integer and under <= 1000 and not any(map(_is_open, above)):
            size = sympy.S.One
            down = [self._size(under)] * (under != 1) + down
        if size != 1:
            parts.insert(0, self._size(size))
        written = self._joined(parts) if parts else ("1", ATOM)
        if down:
            written = self.style.fraction(written, self._joined(down))
        return (self.style.minus + written[0], SUM) if minus else written

    def _power(self, expr: sympy.Expr) -> Written:
        """A factor of a product: a power, a root, or anything else."""
        if not isinstance(expr, sympy.Pow):
            return self._write(expr)
        base, exponent = expr.as_base_exp()
        if exponent.is_Rational and exponent.p == 1 and exponent.q in ROOTS:
            return self.style.root(self._write(base), int(exponent.q)), ATOM
        if exponent.is_Integer:
            return self.style.power(self._at_least(ATOM, self._write(base)), str(exponent)), POWER
        return self._noted(expr)

    def _joined(self, parts: list[Written]) -> Written:
        if len(parts) == 1:
            return parts[0]
        *before, last = parts
        dot = r"\, " if self.style is LATEX else " · "
        return dot.join([*(self._at_least(PRODUCT, part) for part in before), self._last(last)]), PRODUCT

    def _last(self, part: Written) -> str:
        """A Σ may stand open behind a product."""
        return part[0] if part[0].startswith(("Σ", r"\sum")) else self._at_least(PRODUCT, part)

    def _at_least(self, level: int, written: Written) -> str:
        return written[0] if written[1] >= level else self.style.bracket(written[0])

    def _rank(self, factor: sympy.Expr) -> tuple[int, Any]:
        kinds = (
            isinstance(factor, Inside),
            isinstance(factor, Entry) and factor.tensor in self.first,
            isinstance(factor, Entry),
            not isinstance(factor, (Delta, IndexSum)),
            isinstance(factor, Delta),
        )
        return next((place for place, one in enumerate(kinds) if one), len(kinds)), sympy.default_sort_key(
            factor
        )

    def _size(self, expr: sympy.Expr) -> Written:
        """Numbers and sizes: `1/√d`, `√(H/d)`, `1e-5`."""
        squared = expr**2
        if squared.as_numer_denom()[0] != 1 and _has_roots(expr) and not _has_roots(squared):
            return self._marks.root(constant(squared, self._marks)[0]), ATOM
        text, level = constant(expr, self._marks)
        return text, ATOM if level >= levels.POWER else SUM if level <= levels.SUM else PRODUCT

    def _function(self, expr: sympy.Function) -> Written:
        marks = self._marks
        bare_ones = marks.bare_arguments(type(expr))
        args = [self._write(arg) for arg in expr.args]
        texts = [
            self._at_least(ATOM, one) if is_bare else one[0]
            for one, is_bare in zip(args, bare_ones, strict=True)
        ]
        return marks.apply(type(expr), texts, False), ATOM

    def _noted(self, expr: sympy.Expr) -> Written:
        """In index notation; something that has none is written as SymPy does."""
        try:
            form = index_form(expr, rows=False)
        except NoMatrixNotationError:
            return str(sympy.latex(expr) if self.style is LATEX else expr), SUM
        text = write(form, self._marks)[0]
        return text, ATOM if isinstance(expr, (Inside, Delta)) else SUM

    def _entry(self, entry: Entry) -> str:
        axes = tuple(self._position(axis) for axis in entry.axes)
        if self.style is LATEX:
            return _subscripted(entry.tensor.latex_name or self.style.name(entry.tensor.name), axes)
        return _bracketed(str(entry.tensor.name), axes)

    def _position(self, axis: sympy.Expr) -> str:
        return self._write(bare(axis))[0] if tensors_of(axis) else _position(axis, self.style)

    @property
    def _marks(self) -> LatexDialect | TextDialect:
        return _LATEX_MARKS if self.style is LATEX else _TEXT_MARKS


def letters_of(definition: Definition) -> frozenset[str]:
    """The names of all indices of an equation."""
    return index_names(definition.body) | {index.name for index in definition.indices}


def _is_size(expr: sympy.Expr) -> bool:
    """Whether an expression is made of sizes and numbers alone."""
    return not tensors_of(expr) and not free_indices(expr) and not expr.has(Delta, Inside, Binder)


def _is_divided(factor: sympy.Expr) -> bool:
    return isinstance(factor, sympy.Pow) and bool(factor.exp.is_negative)


def _has_roots(expr: sympy.Expr) -> bool:
    return any(not power.exp.is_Integer for power in expr.atoms(sympy.Pow))


def _over_positions(expr: Binder) -> tuple[tuple[Index, ...], sympy.Expr, list[Relation]]:
    """A fold over windows that differ in size as one over the positions in them: indices, body, ranges.

    `Σ_{u < h(i)} x[a(i) + u]` is `Σ_{a(i) ≤ u ≤ a(i) + h(i) − 1} x[u]`. Any other fold stays as it is.
    """
    places: dict[Index, Index] = {}
    body, ranges = expr.body, list[Relation]()
    for index in expr.indices:
        read = {
            (bare(axis) - index, size)
            for entry in expr.body.atoms(Entry)
            for axis, size in zip(entry.axes, entry.tensor.shape, strict=True)
            if index in free_indices(axis)
        }
        if not index.within or len(read) != 1:
            continue
        ((start, size),) = read
        places[index] = Index(index.name, size)
        body = substitute(body, {index: places[index] - start})
        ranges.append((start, "≤", places[index], "≤", sympy.expand(start + index.dim - 1)))
    return tuple(places.get(one, one) for one in expr.indices), body, ranges


def _mean_over_windows(factors: Sequence[sympy.Expr]) -> IndexSum | None:
    """The sum in a product that divides it by the number of its terms, where that depends on the window."""
    sums = [
        one for one in factors if isinstance(one, IndexSum) and any(index.within for index in one.indices)
    ]
    if len(sums) != 1:
        return None
    rest = sympy.Mul(*(one for one in factors if one is not sums[0]))
    count = sympy.Mul(*(index.dim for index in sums[0].indices))
    return sums[0] if sympy.expand(1 / rest - count) == 0 else None


def _is_open(factor: sympy.Expr) -> bool:
    """Whether a factor is a sum over an index, under which no fraction line goes."""
    return isinstance(factor, (IndexSum, Fold))


def _place(term: sympy.Expr) -> tuple[bool, bool, bool, Any]:
    """Sums first, then what is added, then what is subtracted, a number other than 1 last."""
    return (
        bool(term.is_number and term != 1),
        not term.has(IndexSum),
        term.could_extract_minus_sign(),
        sympy.default_sort_key(term),
    )


def _picked(expr: sympy.Expr) -> sympy.Expr:
    """`Σ_v weight[v, j] · δ[v, x[n]]` as `weight[x[n], j]`, where a position is an entry of an array."""
    if not expr.args or isinstance(expr, (Entry, Delta)):
        return expr
    expr = expr.func(*map(_picked, expr.args))
    if not isinstance(expr, IndexSum):
        return expr
    factors = list(sympy.Mul.make_args(expr.body))
    for delta in [one for one in factors if isinstance(one, Delta)]:
        for index, position in (delta.args, delta.args[::-1]):
            if index in expr.indices and isinstance(position, Entry):
                factors.remove(delta)
                rest = substitute(sympy.Mul(*factors), {index: position})
                left = tuple(one for one in expr.indices if one != index)
                return _picked(IndexSum(rest, *left)) if left else rest
    return expr


def _bound_apart(expr: sympy.Expr, beside: frozenset[str], taken: frozenset[str]) -> sympy.Expr:
    if not expr.args or isinstance(expr, Entry):
        return expr
    if not isinstance(expr, Binder):
        return expr.func(*(_bound_apart(one, beside, taken) for one in expr.args))
    new = _apart(expr.indices, beside, taken)
    taken |= {index.name for index in new.values()}
    body = _bound_apart(substitute(expr.body, new), beside, taken)
    return expr.func(body, *(new.get(one, one) for one in expr.indices))


def _apart(indices: Iterable[Index], beside: frozenset[str], taken: frozenset[str]) -> dict[Index, Index]:
    """New letters for the indices that are called like a size or an array."""
    clashing = [index for index in indices if index.name in beside]
    made = fresh((index.dim for index in clashing), taken, (*FREE_LETTERS, *BOUND_LETTERS))
    return dict(zip(clashing, made, strict=True))


def _position(axis: sympy.Expr, style: Style) -> str:
    """A position made of indices and sizes, the sizes first: `k·i + u`."""
    inside = replace(style, dot=" " if style is LATEX else "·")
    sizes = sorted((one for one in axis.free_symbols if one.is_Symbol), key=str)
    return Writer(inside, sizes).write(bare(axis))


def _subscripted(name: str, axes: tuple[str, ...]) -> str:
    """An entry in LaTeX, with commas between its positions."""
    if not axes:
        return name
    base = f"{{{name}}}" if "_" in name else name  # a second subscript needs a group of its own
    return f"{base}_{{{', '.join(axes)}}}"


def _bracketed(name: str, axes: tuple[str, ...]) -> str:
    """An entry in text, with its positions in brackets."""
    return f"{name}[{', '.join(axes)}]" if axes else name


class _LatexEntries(LatexDialect):
    """LaTeX in which every entry has commas, as the sums of products have them."""

    def component(self, base: str, axes: tuple[sympy.Expr, ...]) -> str:
        """A subscripted entry."""
        return _subscripted(base, tuple(map(self.position, axes)))

    def position(self, value: sympy.Expr) -> str:
        """A position, written as everywhere in a cost."""
        return _position(value, LATEX)

    def big_fold(self, kind: str, indices: tuple[Index, ...], inner: str, relations: Relations = ()) -> str:
        """A maximum, minimum, product or mean, each with what stands under it below."""
        if kind != "mean":
            return super().big_fold(kind, indices, inner, relations)
        return rf"\mathop{{\mathrm{{mean}}}}_{{{', '.join(under_sum(indices, relations, self))}}} {inner}"


class _TextEntries(TextDialect):
    """Text in which every entry has brackets and every product its dots."""

    def name(self, tensor: Tensor) -> str:
        """The name as it stands in a program."""
        return str(tensor.name)

    def component(self, base: str, axes: tuple[sympy.Expr, ...]) -> str:
        """An entry with its positions."""
        return _bracketed(base, tuple(map(self.position, axes)))

    def position(self, value: sympy.Expr) -> str:
        """A position, written as everywhere in a cost."""
        return _position(value, TEXT)

    def delta(self, left: str, right: str) -> str:
        """Kronecker's delta with its positions in brackets."""
        return f"δ[{left}, {right}]"

    def big_fold(self, kind: str, indices: tuple[Index, ...], inner: str, relations: Relations = ()) -> str:
        """A maximum, minimum or product with its indices in braces."""
        return f"{kind}_{{{', '.join(under_sum(indices, relations, self))}}} {inner}"

    def big_sum(self, indices: tuple[Index, ...], inner: str, relations: Relations = ()) -> str:
        """A sum with its indices in braces."""
        return f"Σ_{{{', '.join(under_sum(indices, relations, self))}}} {inner}"

    def juxtapose(self, parts: list[str]) -> str:
        """A product with dots."""
        return " · ".join(parts)


_LATEX_MARKS = _LatexEntries(**vars(dialects.LATEX))
_TEXT_MARKS = _TextEntries(**vars(dialects.TEXT))
