"""Reading a cost off an index equation, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy

from symderive.core.identity import tensors_of
from symderive.core.nodes import Delta, Entry, IndexSum, Tensor
from symderive.core.positions import Inside, bare
from symderive.core.program import Definition
from symderive.cost.count import ELEMENTWISE_ADDS, ELEMENTWISE_MULS, SUM_ADDS, Contraction, Part
from symderive.cost.formula import Formula, Product
from symderive.cost.record import Cost
from symderive.cost.writing import LATEX, TEXT, Style, Writer
from symderive.notation import dialects
from symderive.notation.dialects import LatexDialect, TextDialect
from symderive.notation.index_notation import index_form
from symderive.notation.labelled import NoMatrixNotationError
from symderive.notation.printing import write

_IN_WORDS = {SUM_ADDS: "additions", ELEMENTWISE_ADDS: "additions", ELEMENTWISE_MULS: "multiplications"}


@dataclass(frozen=True)
class Step:
    """One equation and what it takes to evaluate it.

    Attributes:
        equation: the index equation in plain text; `equation_latex` the same for math mode.
        sentence: the count in words; `sentence_latex` the same with its formulas in `$…$`.
    """

    equation: str
    equation_latex: str
    sentence: str
    sentence_latex: str


def steps(cost: Cost) -> tuple[Step, ...]:
    """How the multiply-accumulates of each equation are counted.

    >>> from symderive.layers import PointwiseConv2d
    >>> from symderive.cost import cost as cost_of
    >>> (step,) = steps(cost_of(PointwiseConv2d()))
    >>> print(step.equation)
    y[o, i, j] = Σ_{c} weight[o, c] · x[c, i, j]
    >>> print(step.sentence)
    each y[o, i, j] is a sum of C_in products; there are H · W · C_out of them: C_in · H · W · C_out products
    """
    return tuple(_step(cost, part) for part in cost.parts)


def _step(cost: Cost, part: Part) -> Step:
    return Step(
        equation(part.definition, TEXT, cost.trained),
        equation(part.definition, LATEX, cost.trained),
        "; ".join(_sentences(cost, part, TEXT)),
        "; ".join(_sentences(cost, part, LATEX)),
    )


def _sentences(cost: Cost, part: Part, style: Style) -> Iterator[str]:
    left = _math(_entry(Entry(part.definition.tensor, *part.definition.indices), style), style)
    if not part.contractions:
        copied = not part.counts and not part.unknown
        if copied and not tensors_of(part.definition.body):
            yield f"each {left} is known before there are data"
            return
        yield f"each {left} is one entry, copied" if copied else f"there is no sum of products in {left}"
        for operation, formula in _operations(part).items():
            yield f"{operation}: {_math(formula.write(style), style)}"
    for contraction in part.contractions:
        what = left if len(part.contractions) == 1 else f"one sum of products in {left}"
        yield _sentence(cost, contraction, what, style)


def _operations(part: Part) -> dict[str, Formula]:
    """What an equation takes, by the names of the operations in print."""
    found: dict[str, Formula] = {}
    for quantity, formula in part.counts.items():
        operation = _IN_WORDS.get(quantity, quantity.replace("_", " "))
        found[operation] = found.get(operation, Formula()) + formula
    return found


def _sentence(cost: Cost, contraction: Contraction, what: str, style: Style) -> str:
    writer = Writer(style, cost.order)
    bound, free = ([index.dim for index in some] for some in (contraction.bound, contraction.free))
    each, many, total = (
        _math(Product.of(sizes, cost.order).write(writer), style) for sizes in (bound, free, [*free, *bound])
    )
    if contraction.lands:
        return f"each product is added to the one {what} where it lands; there are {total} products"
    if not contraction.bound:
        return f"each {what} has one product; there are {many} of them"
    if not contraction.free:
        return f"{what} is a sum of {each} products"
    return f"each {what} is a sum of {each} products; there are {many} of them: {total} products"


def _math(formula: str, style: Style) -> str:
    return f"${formula}$" if style is LATEX else formula


def equation(definition: Definition, style: Style, first: Iterable[Tensor] = ()) -> str:
    """An index equation in text or LaTeX.

    Args:
        definition: the equation.
        style: `TEXT` or `LATEX`.
        first: the arrays that stand first in a product, the weights.
    """
    left = _entry(Entry(definition.tensor, *definition.indices), style)
    return f"{left} = {_body(definition.body, style, tuple(first))}"


def _body(expr: sympy.Expr, style: Style, first: tuple[Tensor, ...]) -> str:
    """Sums of products of entries, the weights first; anything else in index notation."""
    if isinstance(expr, Entry):
        return _entry(expr, style)
    if isinstance(expr, sympy.Add):
        terms = sorted(expr.args, key=_place)
        return Writer(style).joined_sum(_body(term, style, first) for term in terms)
    if isinstance(expr, IndexSum) and not isinstance(expr.body, sympy.Add):
        sign = r"\sum" if style is LATEX else "Σ"
        return (
            f"{sign}_{{{', '.join(index.name for index in expr.indices)}}} {_body(expr.body, style, first)}"
        )
    if isinstance(expr, sympy.Mul) and all(isinstance(one, (Entry, Delta, Inside)) for one in expr.args):
        return _product(expr, style, first)
    return _noted(expr, style)


def _place(term: sympy.Expr) -> tuple[bool, bool, Any]:
    """Sums first, then what is added, then what is subtracted."""
    return not term.has(IndexSum), term.could_extract_minus_sign(), sympy.default_sort_key(term)


def _product(expr: sympy.Mul, style: Style, first: tuple[Tensor, ...]) -> str:
    """Entries, the weights first, with brackets before and deltas after: `a[u] · x[j] · δ[i, 2j+u]`."""
    entries = [one for one in expr.args if isinstance(one, Entry)]
    entries.sort(key=lambda entry: (entry.tensor not in first, sympy.default_sort_key(entry)))
    deltas = sorted((one for one in expr.args if isinstance(one, Delta)), key=sympy.default_sort_key)
    brackets = sorted((one for one in expr.args if isinstance(one, Inside)), key=sympy.default_sort_key)
    before, after = ([_noted(one, style) for one in some] for some in (brackets, deltas))
    dot = r"\, " if style is LATEX else " · "
    return dot.join([*before, *(_entry(one, style) for one in entries), *after])


def _noted(expr: sympy.Expr, style: Style) -> str:
    """In index notation; something that has none is written as SymPy does."""
    try:
        form = index_form(expr, rows=False)
    except NoMatrixNotationError:
        return str(sympy.latex(expr) if style is LATEX else expr)
    return write(form, _LATEX_MARKS if style is LATEX else _TEXT_MARKS)[0]


def _entry(entry: Entry, style: Style) -> str:
    inside = replace(style, dot=" " if style is LATEX else "·")
    axes = tuple(Writer(inside).write(bare(axis)) for axis in entry.axes)
    if style is LATEX:
        return _subscripted(entry.tensor.latex_name or style.name(entry.tensor.name), axes)
    return _bracketed(str(entry.tensor.name), axes)


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


class _TextEntries(TextDialect):
    """Text in which every entry has brackets, as the sums of products have them."""

    def name(self, tensor: Tensor) -> str:
        """The name as it stands in a program."""
        return str(tensor.name)

    def component(self, base: str, axes: tuple[sympy.Expr, ...]) -> str:
        """An entry with its positions."""
        return _bracketed(base, tuple(map(self.position, axes)))


_LATEX_MARKS = _LatexEntries(**vars(dialects.LATEX))
_TEXT_MARKS = _TextEntries(**vars(dialects.TEXT))
