"""Costs side by side: formula, numbers, result and ratio, for a terminal or a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symderive.cost.collecting import substituted, together
from symderive.cost.count import ELEMENTWISE_ADDS, ELEMENTWISE_MULS, MACS, SUM_ADDS, Part
from symderive.cost.counted import ADDS, BACKWARD, BUFFERS, FLOPS, MULS, PARAMS
from symderive.cost.formula import Formula
from symderive.cost.infer import Inference
from symderive.cost.output.steps import Step, steps
from symderive.cost.output.valid_words import valid_text
from symderive.cost.ratio import Ratio, ratio
from symderive.cost.record import Cost
from symderive.cost.writing import LATEX, TEXT, Writer
from symderive.errors import SymderiveError
from symderive.notation.names import latex_name

LABELS = {
    MACS: "MACs",
    PARAMS: "parameters",
    ADDS: "additions",
    FLOPS: "FLOPs",
    MULS: "multiplications",
    ELEMENTWISE_MULS: "elementwise multiplications",
}
Line = tuple[str, str, str, str, str]


def label_of(quantity: str) -> str:
    """How a quantity is called in print.

    >>> label_of("macs"), label_of("backward_macs"), label_of("bytes_read")
    ('MACs', 'backward MACs', 'bytes read')
    """
    if quantity.startswith(BACKWARD):
        return f"backward {label_of(quantity.removeprefix(BACKWARD))}"
    return LABELS.get(quantity, quantity.replace("_", " "))


@dataclass(frozen=True)
class Row:
    """One formula and what it comes to.

    Attributes:
        name: what is counted, e.g. `depthwise`; empty for a total; `name_latex` in LaTeX's math mode.
        formula: in symbols, plain text; `formula_latex` in LaTeX.
        numbers: with numbers put in; empty where no size has one; `numbers_latex` likewise.
        value: the result, if all sizes have numbers.
        rest: the numbers multiplied together, where some of the sizes have one and others none; `rest_latex`
            likewise.
    """

    name: str
    name_latex: str
    formula: str
    formula_latex: str
    numbers: str
    numbers_latex: str
    value: int | None
    rest: str = ""
    rest_latex: str = ""

    @property
    def result(self) -> str:
        """The value with its digits grouped, or what is left of the formula."""
        return self.rest if self.value is None else TEXT.number(self.value)

    @property
    def result_latex(self) -> str:
        """The same for LaTeX."""
        return self.rest_latex if self.value is None else LATEX.number(self.value)


@dataclass(frozen=True)
class Variant:
    """One way to compute something: a row for each of its equations, and their total.

    Attributes:
        name: how it is called in the report.
        rows: one per equation that needs the quantity.
        total: all of them together.
        steps: how the count follows from the index equations.
        where: what output sizes mean, e.g. `H′ = H − k + 1`, in text; `where_latex` in LaTeX.
    """

    name: str
    rows: tuple[Row, ...]
    total: Row
    steps: tuple[Step, ...]
    where: tuple[str, ...]
    where_latex: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Costs compared; `str` gives the table.

    Attributes:
        quantity: what is compared, as it is called in print.
        variants: the costs in the order given.
        ratio: last variant over first, if there are two or more.
        source: where the kernel came from, if it was inferred.
        conventions: what is counted, each once.
        unknown: what was not counted.
        needs: what has to hold of the sizes that have no number, each once; `needs_latex` in LaTeX.
    """

    quantity: str
    variants: tuple[Variant, ...]
    ratio: Ratio | None
    source: Inference | None
    conventions: tuple[str, ...]
    unknown: tuple[str, ...]
    needs: tuple[str, ...] = ()
    needs_latex: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines: list[Line] = []
        for variant in self.variants:
            lines += _variant_lines(variant, f"{self.quantity} = ", variant.name)
        notes = [] if self.source is None else [("from", str(self.source))]
        notes += [("needs", ", ".join(self.needs))] if self.needs else []
        notes += [("convention", one) for one in self.conventions]
        notes += [("not counted", one) for one in self.unknown]
        if self.ratio is not None:
            lines.append(_ratio_line(self.ratio, self.variants[-1].name, self.variants[0].name))
        return layout(lines, notes)


def report(variants: Mapping[str, Cost], source: Inference | None = None, quantity: str = MACS) -> Report:
    """Everything that a document says about some costs.

    Args:
        variants: costs by name, the one to compare with first.
        source: where the kernel came from.
        quantity: what to compare.

    Returns:
        rows, ratio, conventions and steps; nothing in it is computed twice.

    Raises:
        SymderiveError: no cost, a quantity that none has, or sizes that differ between the costs.

    >>> from symderive.layers import Conv2d, SeparableConv2d
    >>> from symderive.cost import cost
    >>> print(report({"normal": cost(Conv2d()), "separable": cost(SeparableConv2d())}))
    normal      MACs = k² · C_in · H′ · W′ · C_out
    separable   MACs = k² · C_in · H′ · W′           depthwise
                     + C_in · H′ · W′ · C_out        pointwise
    ratio       separable / normal = 1/C_out + 1/k²
    needs       H ≥ k, W ≥ k
    convention  multiplications of the contraction; bias and zero padding: none
    """
    costs = list(variants.values())
    if not costs:
        raise SymderiveError("report: no cost given; give at least one by name.")
    return Report(
        label_of(quantity),
        tuple(_variant(name, one, quantity) for name, one in variants.items()),
        ratio(costs[-1], costs[0], quantity) if len(costs) > 1 else None,
        source,
        tuple(dict.fromkeys(one.convention for one in costs)),
        tuple(dict.fromkeys(text for one in costs for text in one.unknown)),
        *(tuple(dict.fromkeys(_needs(costs, is_latex))) for is_latex in (False, True)),
    )


def _needs(costs: Iterable[Cost], is_latex: bool) -> Iterator[str]:
    """The conditions that the numbers do not decide."""
    return (
        cost.condition_text(one, is_latex)
        for cost in costs
        for one in cost.conditions
        if not cost.values.keys() >= one.free_symbols
    )


def compare(
    first: Cost,
    second: Cost,
    *,
    names: Sequence[str] = ("first", "second"),
    source: Inference | None = None,
    quantity: str = MACS,
) -> Report:
    """Two costs side by side, and the second over the first.

    Args:
        first: what is compared with.
        second: what is compared.
        names: how the two are called.
        source: where the kernel came from.
        quantity: what to compare.

    Raises:
        SymderiveError: equal names, or sizes that differ between the two.

    >>> from symderive.layers import Dense
    >>> from symderive.cost import cost
    >>> print(compare(cost(Dense("d", "m")), cost(Dense("d", "r", bias=False)), names=("full", "low")).ratio)
    r/m
    """
    if len(set(names)) != 2:
        raise SymderiveError(f"compare: two different names are needed, not {', '.join(names)}.")
    return report(dict(zip(names, (first, second), strict=True)), source, quantity)


def _variant(name: str, cost: Cost, asked: str) -> Variant:
    quantity = cost.checked_name(asked)
    parts = [
        (_names(part, place), cost.part_formula(part, quantity)) for place, part in enumerate(cost.parts, 1)
    ]
    rows = tuple(_row(names, formula, cost) for names, formula in parts if formula.terms)
    return Variant(
        name,
        rows,
        _row(_TOTAL, cost.formula(quantity), cost),
        steps(cost),
        tuple(_relations(cost, Writer(TEXT, cost.order))),
        tuple(_relations(cost, Writer(LATEX, cost.order))),
    )


def _relations(cost: Cost, writer: Writer) -> Iterable[str]:
    return (f"{writer.write(size)} = {writer.write(meaning)}" for size, meaning in cost.relations.items())


_TOTAL = ("", "")


def _names(part: Part, place: int) -> tuple[str, str]:
    """How an equation is called, in text and in LaTeX: by the array that it defines, or by its number."""
    if part.name.startswith("_"):
        return f"equation {place}", rf"\text{{equation {place}}}"
    tensor = part.definition.tensor
    return part.name, tensor.latex_name or latex_name(part.name)


def _row(names: tuple[str, str], formula: Formula, cost: Cost) -> Row:
    sizes = formula.expr.free_symbols
    known, is_open = bool(cost.values.keys() & sizes), not cost.values.keys() >= sizes
    rest = together((substituted(term, cost.numbers) for term in formula.terms), cost.order)
    return Row(
        *names,
        formula.write(),
        formula.write(LATEX),
        formula.write(TEXT, cost.values) if known else "",
        formula.write(LATEX, cost.values) if known else "",
        None if is_open else int(formula.value(cost.values)),
        rest.write() if known and is_open else "",
        rest.write(LATEX) if known and is_open else "",
    )


def _variant_lines(variant: Variant, label: str, head: str) -> list[Line]:
    rows = variant.rows or (variant.total,)
    several = len(rows) > 1
    lines = []
    for place, row in enumerate(rows):
        lead = label if not place else " " * max(0, len(label) - 2) + "+ "
        lines.append(
            ("" if place else head, lead + row.formula, row.numbers, row.result, row.name if several else "")
        )
    if several and variant.total.value is not None:
        lines.append(("", "", "", variant.total.result, ""))
    return lines


def _ratio_line(found: Ratio, above: str, below: str) -> Line:
    sign = "≈" if found.is_rounded else "="
    factor = found.factor()
    number = "" if found.value is None else f"{sign} {found.decimal()}"
    return (
        "ratio",
        f"{above} / {below} = {found.write()}",
        found.numbers() or "",
        number,
        f"({factor})" if factor else "",
    )


def layout(lines: Sequence[Line], notes: Sequence[tuple[str, str]] = ()) -> str:
    """Lines of head, formula, numbers, result and remark in columns, then notes with a head.

    A result that does not bring its own sign gets `=`.
    """
    head = max(len(line[0]) for line in [*lines, *notes]) + 2
    left = max(len(line[1]) for line in lines)
    middle = max(len(line[2]) for line in lines)
    right = max(len(line[3].lstrip("≈= ")) for line in lines)
    rows = []
    for name, formula, numbers, result, remark in lines:
        row = name.ljust(head) + formula.ljust(left)
        if right:
            sign = result[0] if result[:1] in ("≈", "=") else "=" if result else " "
            row += "    " + (f"= {numbers}" if numbers else "").ljust(middle + 2 if middle else 0)
            row += (" " * 8 if middle else "") + f"{sign} {result.lstrip('≈= ').rjust(right)}"
        rows.append(f"{row}{'   ' if remark else ''}{remark}".rstrip())
    return "\n".join([*rows, *(name.ljust(head) + text for name, text in notes)])


def table_of(cost: Cost) -> str:
    """All that is known of one cost, as a table."""
    lines: list[Line] = []
    shown = (MACS, PARAMS, BUFFERS, ADDS)
    others = [name for name in cost.quantities if name not in (*shown, SUM_ADDS, ELEMENTWISE_ADDS)]
    for quantity in (*shown, *others):
        label = label_of(quantity)
        if quantity in (PARAMS, BUFFERS):
            if cost.formula(quantity).terms:
                row = _row(_TOTAL, cost.formula(quantity), cost)
                lines.append((label, row.formula, row.numbers, row.result, ""))
        elif quantity == MACS or cost.formula(quantity).terms:
            lines += _variant_lines(_variant(label, cost, quantity), "", label)
    valid = valid_text(cost)
    notes = [("valid MACs", valid)] if valid else []
    if cost.relations:
        notes.append(("where", ", ".join(_relations(cost, Writer(TEXT, cost.order)))))
    needs = dict.fromkeys(cost.condition_text(one) for one in cost.conditions)
    notes += [("needs", ", ".join(needs))] if needs else []
    notes += [("not counted", one) for one in cost.unknown]
    return layout(lines, [*notes, ("convention", cost.convention)])
