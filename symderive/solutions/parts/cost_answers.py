"""Questions to a cost beyond its numbers: a budget, growth, an elasticity, a crossing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from symderive.cost.count import MACS
from symderive.cost.counted import Counted
from symderive.cost.output.report import label_of
from symderive.cost.questions.budget import Solution
from symderive.cost.questions.crossing import Crossing
from symderive.cost.questions.growth import MOST_TERMS, Growth
from symderive.cost.tree import CostTree
from symderive.cost.writing import LATEX, TEXT, Writer
from symderive.errors import SymderiveError
from symderive.solutions import document as doc
from symderive.solutions.parts.cost_passes import NAMES, PASS_FIELDS, Refuse, dtype_of
from symderive.solutions.parts.memory_blocks import held_blocks, memory_blocks
from symderive.solutions.schema import Field, Integer, ListOf, String

COST_FIELDS = (
    *PASS_FIELDS,
    Field("quantity", NAMES, default=(), doc='what is shown, for example "flops" or ["macs", "adds"]'),
    Field(
        "solve",
        String(),
        default=None,
        doc='a budget such as "macs <= 1e9" or "saved_bytes <= 16 GiB"; "for" says for which size',
    ),
    Field("leading", NAMES, default=None, doc="sizes that grow: the leading term of the first quantity"),
    Field("asymptotics", NAMES, default=None, doc="sizes that grow: the largest terms of the first quantity"),
    Field("terms", Integer(least=1, most=MOST_TERMS), default=None, doc="of asymptotics: how many (2)"),
    Field("elasticity", String(), default=None, doc="a size: by how many per cent a quantity grows with it"),
    Field(
        "crossover",
        ListOf(String()),
        default=None,
        doc="two parts of a network, each a path, or several with +: from which size the first needs more",
    ),
    Field("for", String(), default=None, doc="the size of solve and crossover"),
)
"""The keys of these questions, in every kind of question about a cost."""
_LONG = 30
"""A quantity with a longer name is not repeated."""


def quantities_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The quantities that were named."""
    return _listed(values["quantity"])


def cost_answers(values: Mapping[str, Any], cost: Counted, refuse: Refuse) -> list[doc.Block]:
    """The answers to those of the questions that were asked.

    Args:
        values: those of the keys of `COST_FIELDS`.
        cost: what is asked; see `asked_pass`.
        refuse: makes the error about a key.

    Raises:
        SymderiveError: what `refuse` makes, for a question that has no answer or a size that is missing.
    """
    asked = [key for key in _ANSWERS if values[key] is not None]
    if values["for"] is not None and not {"solve", "crossover"} & set(asked):
        raise refuse("for", '"for" is the size of "solve" and "crossover"; give one of them.')
    if values["terms"] is not None and values["asymptotics"] is None:
        raise refuse("terms", '"terms" is about "asymptotics"; give both, or leave it out.')
    try:
        blocks = list(_memory(values, cost))
    except SymderiveError as error:
        raise refuse("dtype", str(error)) from None
    for key in asked:
        try:
            blocks += _ANSWERS[key](values, cost)
        except SymderiveError as error:
            raise refuse(key, str(error)) from None
    return blocks


def _memory(values: Mapping[str, Any], cost: Counted) -> Iterator[doc.Block]:
    if values["memory"]:
        yield from memory_blocks(cost, dtype_of(values))
    elif values["train"] is not None:
        yield from held_blocks(cost, dtype_of(values))


def _size(values: Mapping[str, Any], key: str, cost: Counted) -> str:
    if values["for"] is None:
        raise SymderiveError(f"{key}: for which size? Name it as the value of for, as in B.")
    return _named(values["for"], cost)


def _named(size: str, cost: Counted) -> str:
    """The name of a size, which may be written in small letters as where it is given: `c_out` of `C_out`."""
    names = [symbol.name for symbol in cost.symbols]
    alike = [name for name in names if name.lower() == size.lower()]
    return alike[0] if len(alike) == 1 and size not in names else size


def _sizes(names: Any, cost: Counted) -> list[str]:
    return [_named(name, cost) for name in _listed(names)]


def _quantity(values: Mapping[str, Any]) -> str:
    return next(iter(quantities_of(values)), MACS)


def _solve(values: Mapping[str, Any], cost: Counted) -> Iterator[doc.Block]:
    found = cost.solve(values["solve"], _size(values, "solve", cost), dtype_of(values))
    sign = "<" if found.budget.is_strict else "≤"
    limit = Writer(TEXT).write(found.budget.limit)
    size = doc.Math(Writer(LATEX).write(found.symbol), Writer().write(found.symbol))
    found = replace(found, budget=replace(found.budget, quantity=label_of(found.budget.quantity)))
    yield doc.Paragraph(doc.text("The largest ", size, f" with {found.budget.quantity} {sign} {limit}:"))
    yield doc.Display(doc.Math(found.latex(), found.write()), boxed=True)
    if len(found.budget.quantity) > _LONG:
        found = replace(found, budget=replace(found.budget, quantity="the left side"))
    yield from _remarks(found)


def _leading(values: Mapping[str, Any], cost: Counted) -> Iterator[doc.Block]:
    yield from _growth(cost.leading(_sizes(values["leading"], cost), _quantity(values)))


def _asymptotics(values: Mapping[str, Any], cost: Counted) -> Iterator[doc.Block]:
    terms = values["terms"] or 2
    yield from _growth(cost.asymptotics(_sizes(values["asymptotics"], cost), _quantity(values), terms))


def _growth(found: Growth) -> Iterator[doc.Block]:
    found = replace(found, quantity=label_of(found.quantity))
    yield doc.Paragraph(doc.text("For large sizes:"))
    yield doc.Display(doc.Math(found.latex(), found.said()))
    yield from _remarks(found)


def _elasticity(values: Mapping[str, Any], cost: Counted) -> Iterator[doc.Block]:
    name, quantity = _named(values["elasticity"], cost), _quantity(values)
    found = cost.elasticity(name, quantity)
    latex, plain = (Writer(style, cost.order).write(found) for style in (LATEX, TEXT))
    yield doc.Paragraph(
        doc.text(f"When {name} grows by one per cent, {label_of(quantity)} grow by so many per cent:")
    )
    yield doc.Display(doc.Math(latex, plain))


def _crossover(values: Mapping[str, Any], cost: Counted) -> Iterator[doc.Block]:
    parts = _listed(values["crossover"])
    if len(parts) != 2 or not isinstance(cost, CostTree):
        raise SymderiveError(
            "crossover: two parts of a network are compared, as in blocks.attention and "
            "blocks.dense1+blocks.dense2."
        )
    first, second = (cost.only(*(path.strip() for path in part.split("+"))) for part in parts)
    found = first.crossover(second, _size(values, "crossover", cost), _quantity(values), names=parts)
    said = doc.Math(found.latex(), f"{found.left} > {found.right} {found.range()}")
    yield doc.Paragraph(doc.text(f"{label_of(found.quantity)} of two parts:"))
    yield doc.Display(said, boxed=True)
    yield from _remarks(found)


def _remarks(found: Solution | Growth | Crossing) -> Iterator[doc.Block]:
    """What is to be said of an answer; what the cost needs stands above already."""
    remarks = replace(found, conditions=()).remarks
    if remarks:
        said = "; ".join(remarks)
        yield doc.Paragraph(doc.text(f"{said[:1].upper()}{said[1:]}."))


def _listed(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


_ANSWERS: dict[str, Callable[[Mapping[str, Any], Any], Iterator[doc.Block]]] = {
    "solve": _solve,
    "leading": _leading,
    "asymptotics": _asymptotics,
    "elasticity": _elasticity,
    "crossover": _crossover,
}
