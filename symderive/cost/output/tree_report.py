"""The cost of a network as a table: one line for each block, and the total below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symderive.core.dims import Dim, Size
from symderive.cost.collecting import collected, multiplied_out, substituted
from symderive.cost.count import MACS
from symderive.cost.counted import PARAMS, Counted
from symderive.cost.formula import Formula
from symderive.cost.output.report import label_of
from symderive.cost.output.valid_words import valid_text
from symderive.cost.questions.algebra import NoQuantityError
from symderive.cost.tree import CostTree
from symderive.cost.writing import LATEX, TEXT, Style, Writer


def shown(cost: CostTree, levels: int, quantities: Sequence[str]) -> Iterator[tuple[int, CostTree]]:
    """The blocks and layers of a table with their depths, in order; not those that need nothing of it.

    Args:
        cost: of the whole network.
        levels: how many levels of blocks are shown; a block on the last of them is one line.
        quantities: the columns.
    """
    return (
        (depth, one)
        for depth, one in _blocks(cost, levels)
        if any(formula_of(one, quantity).terms for quantity in quantities)
    )


def formula_of(one: CostTree, quantity: str) -> Formula:
    """What a block adds to a quantity of the network; that it does not have is 0."""
    try:
        return one.formula(quantity)
    except NoQuantityError:
        return Formula(order=one.order)


def _blocks(cost: CostTree, levels: int, depth: int = 0) -> Iterator[tuple[int, CostTree]]:
    for child in cost.children:
        yield depth, child
        if depth + 1 < levels and len(child.branches) > 1:
            yield from _blocks(child, levels, depth + 1)


def share_of(one: CostTree, whole: CostTree) -> str:
    """Its part of all MACs, where that is a number."""
    macs, total = one.macs, whole.macs
    is_number = macs.is_Integer and total.is_Integer and total != 0
    return f"{float(100 * macs / total):.1f} %" if is_number else ""


def times_of(one: CostTree, style: Style = TEXT) -> str:
    """How often a block comes: ` × 3`, or ` × 6, i = 1…6` where its sizes depend on the repetition."""
    if one.times == 1:
        return ""
    writer, sign = Writer(style, one.order, one.values), r"\times" if style is LATEX else "×"
    times = writer.factor(one.times.xreplace(one.numbers))
    dots = r"\ldots" if style is LATEX else "…"
    counted = "" if one.index is None else f", {writer.write(one.index)} = 1 {dots} {times}"
    return f" {sign} {times}{counted}"


def shape_of(one: CostTree, style: Style = TEXT) -> str:
    """The shape of the output, with the names of its extents or their numbers; none of what is not run."""
    if is_only_trained(one):
        return r"\text{not run}" if style is LATEX else "not run"
    return shape_text(one.shape, one, style)


def is_only_trained(one: CostTree) -> bool:
    """Whether a part consists of layers that are not computed at inference, as an auxiliary head does."""
    layers = [place for place in one.places() if not place.is_array]
    return bool(layers) and not any(place.is_run for place in layers)


def shape_text(shape: tuple[Size, ...], cost: CostTree, style: Style = TEXT) -> str:
    """A shape with the numbers that a cost has."""
    writer = Writer(replace(style, dot=" " if style is LATEX else "·"), cost.order)
    sign = r" \times " if style is LATEX else "×"
    return sign.join(writer.factor(size.xreplace(cost.numbers)) for size in shape)


def cell(one: CostTree, quantity: str, style: Style = TEXT) -> str:
    """A quantity as a number, or as a formula in the sizes that have none."""
    terms = [substituted(term, one.numbers) for term in formula_of(one, quantity).terms]
    if one.numbers:  # then like terms come together
        terms = [piece for term in terms for piece in multiplied_out(term, one.relations)]
    return collected(terms, one.order).write(style)


def bound_of(cost: Counted, style: Style) -> str:
    """The sign of a total: ≥ where something was not counted."""
    return (r"\ge" if style is LATEX else "≥") if cost.unknown else "="


def totals(
    cost: CostTree, style: Style, quantities: Sequence[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Quantities of the whole network: label, sign, formula, the same with numbers put in.

    Where something was not counted the sign is ≥: the sum of what was counted is a lower bound.
    """
    bound = bound_of(cost, style)
    for quantity in quantities:
        both = (cost.formula(quantity).write(style), cell(cost, quantity, style))
        yield label_of(quantity), "=" if quantity == PARAMS else bound, tuple(dict.fromkeys(both))


def needs_of(cost: CostTree, style: Style = TEXT) -> Iterator[str]:
    """What has to hold of the sizes that have no number yet."""
    open_ones = (one for one in cost.conditions if not cost.values.keys() >= one.free_symbols)
    return iter(dict.fromkeys(cost.condition_text(one, style is LATEX) for one in open_ones))


def repetition_note(cost: CostTree, levels: int, quantities: Sequence[str]) -> str:
    """How the lines below a repeated block are to be read; empty where the table has none."""
    is_open = any(
        one.times != 1 and depth + 1 < levels and len(one.branches) > 1
        for depth, one in shown(cost, levels, quantities)
    )
    return "the lines below a block that comes several times are for one repetition" if is_open else ""


def notes_of(cost: CostTree, levels: int = 2) -> Iterator[tuple[str, str]]:
    """What holds of the whole table: extents, conditions, valid products, what was not counted."""
    repetition = repetition_note(cost, levels, cost.told)
    if repetition:
        yield "table", repetition
    valid = valid_text(cost)
    if valid:
        yield "valid MACs", valid
    where = ", ".join(extents_of(cost))
    if where:
        yield "where", where
    needs = ", ".join(needs_of(cost))
    if needs:
        yield "needs", needs
    yield from (("not counted", one) for one in cost.unknown)
    yield "convention", cost.convention


def extents_of(cost: CostTree, style: Style = TEXT) -> Iterator[str]:
    """What the named extents are, with their numbers as far as they have some.

    Where those of the width are as those of the height, they are said in one word: `W₁ to W₅ likewise`.
    """
    writer = Writer(style, cost.order)
    groups: dict[Dim, dict[Dim, Size]] = {}
    for name, meaning in cost.relations.items():
        groups.setdefault(min(meaning.free_symbols, key=cost.order.index), {})[name] = meaning
    said: list[tuple[Dim, list[Size]]] = []
    for symbol, named in groups.items():
        meanings = list(named.values())
        if any([one.xreplace({other: symbol}) for one in before] == meanings for other, before in said):
            yield _likewise(cost, list(named), writer)
            continue
        said.append((symbol, meanings))
        for name, meaning in named.items():
            number = f" = {style.number(cost.values[name])}" if name in cost.values else ""
            yield f"{writer.write(name)} = {writer.write(meaning)}{number}"


def _likewise(cost: CostTree, names: list[Dim], writer: Writer) -> str:
    is_latex = writer.style is LATEX
    joint = "and" if len(names) == 2 else "to"
    to, likewise, colon = (
        (rf" \text{{ {joint} }} ", r" \text{ likewise}", r" \text{ likewise: }")
        if is_latex
        else (f" {joint} ", " likewise", " likewise: ")
    )
    some = writer.write(names[0]) + (to + writer.write(names[-1]) if len(names) > 1 else "")
    known = [writer.style.number(cost.values[name]) for name in names if name in cost.values]
    return some + (f"{colon}{', '.join(known)}" if known else likewise)


def table_of(cost: CostTree, levels: int = 2) -> str:
    """A network's cost as text: blocks, total, notes."""
    rows: list[tuple[str, ...]] = [("", "output", *map(label_of, cost.told), "")]
    for depth, one in shown(cost, levels, cost.told):
        name = f"{'  ' * depth}{one.name}{times_of(one)}"
        rows.append((name, shape_of(one), *(cell(one, each) for each in cost.told), share_of(one, cost)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_left = [True, True, *(each == MACS and not cost.macs.is_Integer for each in cost.told), False]
    text = [
        "   ".join(
            one.ljust(width) if left else one.rjust(width)
            for one, width, left in zip(row, widths, is_left, strict=True)
        ).rstrip()
        for row in rows
    ]
    notes = [
        (label if not place else "", f"{sign} {value}")
        for label, sign, values in totals(cost, TEXT, cost.totalled)
        for place, value in enumerate(values)
    ]
    notes += notes_of(cost, levels)
    head = max(len(label) for label, _ in notes) + 2
    return "\n".join([cost.name, *text, "", *(label.ljust(head) + value for label, value in notes)])
