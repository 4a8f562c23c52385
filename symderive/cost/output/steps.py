"""Reading a cost off an index equation, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symderive.core.dims import Size
from symderive.core.identity import tensors_of
from symderive.cost.count import ELEMENTWISE_ADDS, ELEMENTWISE_MULS, SUM_ADDS, Contraction, Part
from symderive.cost.formula import Formula, Product
from symderive.cost.output.equations import EquationWriter, letters_of
from symderive.cost.record import Cost
from symderive.cost.writing import LATEX, TEXT, Style, Writer

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
    names = frozenset(symbol.name for symbol in cost.symbols)
    used = frozenset[str]().union(*(letters_of(part.definition) for part in cost.parts))
    writers = [EquationWriter(style, cost.trained, names, used) for style in (TEXT, LATEX)]
    return tuple(_step(cost, part, *writers) for part in cost.parts)


def _step(cost: Cost, part: Part, text: EquationWriter, latex: EquationWriter) -> Step:
    return Step(
        text.equation(part.definition),
        latex.equation(part.definition),
        "; ".join(_sentences(cost, part, text)),
        "; ".join(_sentences(cost, part, latex)),
    )


def _sentences(cost: Cost, part: Part, writer: EquationWriter) -> Iterator[str]:
    style = writer.style
    left = _math(writer.left(writer.shown(part.definition)), style)
    if not part.contractions:
        copied = not part.counts and not part.unknown
        if copied and not tensors_of(part.definition.body):
            yield f"each {left} is known before there are data"
            return
        yield f"each {left} is one entry, copied" if copied else f"there is no sum of products in {left}"
        for operation, formula in _operations(part).items():
            yield f"{operation}: {_math(formula.write(style), style)}"
    if len(part.contractions) == 1:
        yield _sentence(cost, part.contractions[0], left, style)
        return
    alike = Counter((bool(one.bound), *_counted(cost, one, style)) for one in part.contractions)
    for (is_sum, *counted), times in alike.items():
        yield _of_several(left, counted if is_sum else ["one", *counted[1:]], times)


def _of_several(left: str, counted: list[str], times: int) -> str:
    """How many products there are in so many sums that are alike, in an equation that has others too."""
    each, many, total = counted
    products = f"{each} product{'' if each == 'one' else 's'}"
    if times == 1:
        return f"one sum in {left} has {products}; there are {many} of them: {total} products"
    sums = f"{times} sums in {left} have {products} each; there are {many} of each"
    return f"{sums}: {times} times {total} products"


def _operations(part: Part) -> dict[str, Formula]:
    """What an equation takes, by the names of the operations in print."""
    found: dict[str, Formula] = {}
    for quantity, formula in part.counts.items():
        operation = _IN_WORDS.get(quantity, quantity.replace("_", " "))
        found[operation] = found.get(operation, Formula()) + formula
    return found


def _sentence(cost: Cost, contraction: Contraction, left: str, style: Style) -> str:
    each, many, total = _counted(cost, contraction, style)
    if contraction.lands:
        return f"each product is added to the one {left} where it lands; there are {total} products"
    if not contraction.bound:
        return f"each {left} has one product; there are {many} of them"
    if not contraction.free:
        return f"{left} is a sum of {each} products"
    return f"each {left} is a sum of {each} products; there are {many} of them: {total} products"


def _counted(cost: Cost, contraction: Contraction, style: Style) -> tuple[str, str, str]:
    """How many products a sum has, how many sums there are, and how many products in all."""
    writer = Writer(style, cost.order)
    bound, free = ([index.dim for index in some] for some in (contraction.bound, contraction.free))
    each, many, total = (
        _math(_product(sizes, cost).write(writer), style) for sizes in (bound, free, [*free, *bound])
    )
    return each, many, total


def _product(sizes: Iterable[Size], cost: Cost) -> Product:
    """Sizes multiplied; numbers beside letters become one number."""
    product = Product.of(sizes, cost.order)
    return product.with_one_number() if product.expr.free_symbols else product


def _math(formula: str, style: Style) -> str:
    return f"${formula}$" if style is LATEX else formula
