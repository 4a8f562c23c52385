"""A network's cost: a table of its blocks, the totals, and what they hold for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symderive.cost.count import MACS
from symderive.cost.counted import PARAMS, Counted
from symderive.cost.output.report import label_of
from symderive.cost.output.tree_report import (
    cell,
    extents_of,
    needs_of,
    repetition_note,
    shape_of,
    shape_text,
    share_of,
    shown,
    times_of,
    totals,
)
from symderive.cost.output.valid_words import valid_said
from symderive.cost.tree import CostTree
from symderive.cost.writing import LATEX, TEXT
from symderive.networks import Architecture
from symderive.solutions import document as doc
from symderive.solutions.parts.long_sums import sum_math


def network_sentence(net: Architecture, cost: CostTree) -> doc.Paragraph:
    """The shapes of input and output in one sentence."""
    spans: list[doc.Span] = [f"The input of {net.name} is "]
    for place, shape in enumerate((net.input_shape, net.output_shape)):
        written = doc.Math(shape_text(shape, cost, LATEX), shape_text(shape, cost))
        spans += [", its output " if place else "", written]
    return doc.Paragraph(doc.text(*spans, "."))


def network_cost_blocks(cost: CostTree, levels: int, quantities: Sequence[str] = ()) -> list[doc.Block]:
    """The whole answer.

    Args:
        cost: of the network.
        levels: how many levels of blocks the table shows.
        quantities: which ones are shown; those that the cost tells where none is named.

    Raises:
        SymderiveError: an unknown quantity.
    """
    spans = [doc.Math(*pair) for pair in zip(extents_of(cost, LATEX), extents_of(cost), strict=True)]
    needs = [doc.Math(*pair) for pair in zip(needs_of(cost, LATEX), needs_of(cost), strict=True)]
    sizes = [*_sentence("Here ", spans), *_sentence("It needs ", needs)]
    return tree_blocks(cost, levels, quantities, sizes)


def valid_blocks(cost: Counted) -> list[doc.Block]:
    """How many products are neither against padding, nor masked, nor cropped; nothing where all are."""
    said = valid_said(cost)
    if said is None:
        return []
    formula, words = said
    return [
        doc.Paragraph(
            doc.text("Valid MACs: ", doc.Math(formula.write(LATEX), formula.write()), f", {words}.")
        )
    ]


def tree_blocks(
    cost: CostTree, levels: int, quantities: Sequence[str] = (), sizes: Sequence[doc.Block] = ()
) -> list[doc.Block]:
    """The table, the totals, and what was counted.

    Args:
        cost: of a network, or of a training step.
        levels: how many levels of blocks the table shows.
        quantities: which ones are shown; those that the cost tells where none is named.
        sizes: what is said of the sizes, below the totals.

    Raises:
        SymderiveError: an unknown quantity.
    """
    asked = tuple(map(cost.checked_name, quantities))
    columns, totalled = asked or cost.told, asked or cost.totalled
    table = _table(cost, levels, columns)
    blocks: list[doc.Block] = [table] if table.rows else []
    repetition = repetition_note(cost, levels, columns)
    if repetition:
        blocks.append(doc.Paragraph(doc.text(f"{repetition[:1].upper()}{repetition[1:]}.")))
    blocks += [doc.Steps(tuple(_totals(cost, totalled))), *sizes]
    blocks += valid_blocks(cost)
    blocks.append(doc.Paragraph(doc.text(doc.Emph(f"Counted: {cost.convention}."))))
    if cost.unknown:
        words = f"Not counted: {'; '.join(cost.unknown)}. The totals are lower bounds."
        blocks.append(doc.Verdict("undecided", doc.text(words)))
    return blocks


def _sentence(begin: str, formulas: list[doc.Math]) -> list[doc.Block]:
    if not formulas:
        return []
    spans: list[doc.Span] = []
    for place, formula in enumerate(formulas):
        spans += [", " if place else begin, formula]
    return [doc.Paragraph(doc.text(*spans, "."))]


def _table(cost: CostTree, levels: int, quantities: Sequence[str]) -> doc.Table:
    rows = list(shown(cost, levels, quantities))
    with_output = any(one.shape for _, one in rows)
    columns = [doc.Column(doc.text("block")), *([doc.Column(doc.text("output"))] if with_output else [])]
    for quantity in quantities:
        is_number = quantity == PARAMS or cost.quantity(quantity).is_Integer
        columns.append(doc.Column(doc.text(label_of(quantity)), "right" if is_number else "left"))
    with_share = MACS in quantities and bool(cost.macs.is_Integer)
    columns += [doc.Column(doc.text("share"), "right")] if with_share else []
    return doc.Table(
        tuple(columns),
        tuple(
            doc.Row((*_name(depth, one, with_output), *_values(one, quantities), *share))
            for depth, one in rows
            for share in [(share_of(one, cost),) if with_share else ()]
        ),
    )


def _name(depth: int, one: CostTree, with_output: bool) -> tuple[doc.Cell, ...]:
    """What a block is called, how often it comes, and the shape of its output."""
    name = [f"{'· ' * depth}{one.name}"]
    times = doc.Math(times_of(one, LATEX).strip(), times_of(one).strip())
    called = doc.text(*name, " ", times) if times.plain else doc.text(*name)
    return (called, doc.text(doc.Math(shape_of(one, LATEX), shape_of(one)))) if with_output else (called,)


def _values(one: CostTree, quantities: Sequence[str]) -> tuple[doc.Cell, ...]:
    return tuple(doc.text(doc.Math(cell(one, each, LATEX), cell(one, each))) for each in quantities)


def _totals(cost: CostTree, quantities: Sequence[str]) -> Iterator[doc.Step]:
    for latex, plain in zip(totals(cost, LATEX, quantities), totals(cost, TEXT, quantities), strict=True):
        (label, sign_latex, all_latex), (_, sign, all_plain) = latex, plain
        for place, (formula_latex, formula) in enumerate(zip(all_latex, all_plain, strict=True)):
            name = "" if place else label
            yield doc.Step(
                doc.Math(rf"\text{{{name}}}" if name else "", name),
                doc.Math(sign_latex, sign),
                sum_math(formula_latex, formula),
            )
