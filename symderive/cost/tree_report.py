"""The cost of a network as a table: one line for each block, and the total below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.collecting import collected, substituted
from symderive.cost.count import MACS
from symderive.cost.counted import FLOPS, PARAMS
from symderive.cost.report import LABELS
from symderive.cost.tree import CostTree
from symderive.cost.writing import LATEX, TEXT, Style, Writer

SHOWN = (PARAMS, MACS)
"""The quantities of the table."""


@dataclass(frozen=True)
class Line:
    """One block or layer of the table.

    Attributes:
        depth: how many blocks stand around it.
        name: how it is called, with how often it comes.
        shape: the shape of its output; `shape_latex` in LaTeX.
        cells: parameters and MACs, numbers where the sizes have them; `cells_latex` in LaTeX.
        share: its part of all MACs, where that is a number.
    """

    depth: int
    name: str
    name_latex: str
    shape: str
    shape_latex: str
    cells: tuple[str, ...]
    cells_latex: tuple[str, ...]
    share: str


def lines_of(cost: CostTree, levels: int = 2) -> tuple[Line, ...]:
    """The table of a network, without the total.

    Args:
        cost: of the whole network.
        levels: how many levels of blocks are shown; a block on the last of them is one line.

    Returns:
        a line for each block and for each layer outside of them that has MACs or parameters.
    """
    total = cost.macs
    return tuple(
        _line(cost, depth, one, total)
        for depth, one in _shown(cost, levels)
        if any(one.formula(quantity).terms for quantity in SHOWN)
    )


def _shown(cost: CostTree, levels: int, depth: int = 0) -> Iterator[tuple[int, CostTree]]:
    for child in cost.children:
        yield depth, child
        if depth + 1 < levels and len(child.branches) > 1:
            yield from _shown(child, levels, depth + 1)


def _line(root: CostTree, depth: int, one: CostTree, total: Size) -> Line:
    macs = one.macs
    is_number = macs.is_Integer and total.is_Integer and total != 0
    return Line(
        depth,
        one.name + times_of(one, TEXT),
        one.name + times_of(one, LATEX),
        shape_of(one, TEXT),
        shape_of(one, LATEX),
        tuple(cell(one, quantity, TEXT) for quantity in SHOWN),
        tuple(cell(one, quantity, LATEX) for quantity in SHOWN),
        f"{float(100 * macs / total):.1f} %" if is_number else "",
    )


def times_of(one: CostTree, style: Style) -> str:
    """How often a block comes: ` × 3`, or ` × 6, i = 1…6` where its sizes depend on the repetition."""
    if one.times == 1:
        return ""
    writer, sign = Writer(style, one.order, one.values), r"\times" if style is LATEX else "×"
    times = writer.write(one.times)
    dots = r"\ldots" if style is LATEX else "…"
    counted = "" if one.index is None else f", {writer.write(one.index)} = 1 {dots} {times}"
    return f" {sign} {times}{counted}"


def shape_of(one: CostTree, style: Style) -> str:
    """The shape of the output, with the names of its extents or their numbers."""
    writer = Writer(replace(style, dot=" " if style is LATEX else "·"), one.order, one.values)
    sign = r" \times " if style is LATEX else "×"
    return sign.join(writer.factor(size) for size in one.shape)


def cell(one: CostTree, quantity: str, style: Style) -> str:
    """A quantity as a number, or as a formula in the sizes that have none."""
    numbers = {symbol: sympy.Integer(value) for symbol, value in one.values.items()}
    terms = (substituted(term, numbers) for term in one.formula(quantity).terms)
    return collected(terms, one.order).write(style)


def totals(cost: CostTree, style: Style = TEXT) -> Iterator[tuple[str, str, str]]:
    """Parameters, MACs and FLOPs of the whole network: the label, the sign, the formula or number.

    Where something was not counted the sign is ≥: the sum of what was counted is a lower bound.
    """
    bound = (r"\ge" if style is LATEX else "≥") if cost.unknown else "="
    for quantity in (*SHOWN, FLOPS):
        yield LABELS[quantity], "=" if quantity == PARAMS else bound, cell(cost, quantity, style)


def notes_of(cost: CostTree) -> Iterator[tuple[str, str]]:
    """What holds of the whole table: extents, conditions, valid products, what was not counted."""
    valid = cost.valid_text()
    if valid:
        yield "valid MACs", valid
    where = ", ".join(extents_of(cost, TEXT))
    if where:
        yield "where", where
    needs = dict.fromkeys(cost.condition_text(one) for one in cost.conditions)
    if needs:
        yield "needs", ", ".join(needs)
    yield from (("not counted", one) for one in cost.unknown)
    yield "convention", cost.convention


def extents_of(cost: CostTree, style: Style) -> Iterator[str]:
    """What the named extents are, as far as they have no numbers.

    Where those of the width are as those of the height, they are said in one word: `W₁ to W₅ likewise`.
    """
    writer = Writer(style, cost.order, cost.values)
    groups: dict[Dim, dict[Dim, Size]] = {}
    for name, meaning in cost.relations.items():
        if name not in cost.values:
            groups.setdefault(min(meaning.free_symbols, key=cost.order.index), {})[name] = meaning
    said: list[tuple[Dim, list[Size]]] = []
    for symbol, named in groups.items():
        for other, meanings in said:
            if [one.xreplace({other: symbol}) for one in meanings] == list(named.values()):
                first, *_, last = *named, *named
                some = writer.write(first) + (f" to {writer.write(last)}" if len(named) > 1 else "")
                yield f"{some} likewise"
                break
        else:
            yield from (f"{writer.write(name)} = {writer.write(meaning)}" for name, meaning in named.items())
            said.append((symbol, list(named.values())))


def table_of(cost: CostTree, levels: int = 2) -> str:
    """A network's cost as text: blocks, total, notes."""
    rows: list[tuple[str, ...]] = [("", "output", "parameters", "MACs", "")]
    for line in lines_of(cost, levels):
        rows.append((f"{'  ' * line.depth}{line.name}", line.shape, *line.cells, line.share))
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    is_number = cost.macs.is_Integer
    text = []
    for name, shape, params, macs, share in rows:
        cells = [name.ljust(widths[0]), shape.ljust(widths[1]), params.rjust(widths[2])]
        cells.append(macs.rjust(widths[3]) if is_number else macs)
        text.append("   ".join([*cells, share.rjust(widths[4])]).rstrip())
    notes = [*((label, f"{sign} {value}") for label, sign, value in totals(cost)), *notes_of(cost)]
    head = max(len(label) for label, _ in notes) + 2
    return "\n".join([cost.name, *text, "", *(label.ljust(head) + value for label, value in notes)])
