"""Costs for other programs: JSON and CSV, and tables in text, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from symderive.cost.counted import Counted
from symderive.cost.evaluation import holds
from symderive.cost.formula import Formula
from symderive.cost.output.lines import lines_of, shown_quantities
from symderive.cost.writing import LATEX, TEXT, Style, Writer, words_latex
from symderive.errors import SymderiveError, did_you_mean

SCHEMA = "symderive.cost/1"
"""The name of the JSON schema; the number goes up where a key changes its meaning or goes away."""
FORMATS = ("text", "markdown", "latex")


def record(cost: Counted) -> dict[str, Any]:
    """All that is known of a cost, as JSON has it.

    The keys of the schema `symderive.cost/1`:

    - `schema`: its name.
    - `symbols`: the names of the sizes of the input.
    - `values`: numbers put in, by name.
    - `extents`: the names of other sizes, each a formula.
    - `conditions`: each `text`, `latex`, `expr`, and `holds`: true, or null while a size is open.
    - `convention`: what is counted, in one line.
    - `unknown`: what was not counted, in words; `is_lower_bound` says whether there is any.
    - `quantities`: by name, each a formula.
    - `valid_macs`: multiply-accumulates not against zero padding; null where a size is open.
    - `parts`: a list; each has `part`, the path of a layer or the name of an equation or array, and
      `quantities`, with all repetitions. The parts of a network add up to its quantities.

    A formula is `expr`, in Python's notation, `text`, `latex`, `substituted`, the text with numbers put in or
    null, and `value`, a whole number, or null while a size is open.
    """
    quantities = shown_quantities(cost)
    inputs = [symbol for symbol in cost.symbols if symbol not in cost.relations]
    values = sorted(cost.values.items(), key=lambda item: str(item[0]))
    return {
        "schema": SCHEMA,
        "symbols": [symbol.name for symbol in inputs],
        "values": {symbol.name: int(value) for symbol, value in values},
        "extents": {
            name.name: _formula(cost, Formula.of(meaning, cost.order))
            for name, meaning in cost.relations.items()
        },
        "conditions": [_condition(cost, one) for one in dict.fromkeys(cost.conditions)],
        "convention": cost.convention,
        "unknown": list(cost.unknown),
        "is_lower_bound": bool(cost.unknown),
        "quantities": {name: _formula(cost, cost.formula(name)) for name in quantities},
        "valid_macs": _valid(cost),
        "parts": [
            {
                "part": line.part,
                "quantities": {
                    name: _formula(cost, formula) for name, formula in line.formulas.items() if formula.terms
                },
            }
            for line in lines_of(cost, quantities)
        ],
    }


def _formula(cost: Counted, formula: Formula) -> dict[str, Any]:
    value = _value(cost, formula)
    known = {symbol: number for symbol, number in cost.values.items() if symbol in formula.expr.free_symbols}
    return {
        "expr": str(formula.expr),
        "text": formula.write(),
        "latex": formula.write(LATEX),
        "substituted": formula.write(TEXT, known) if known else None,
        "value": value,
    }


def _value(cost: Counted, formula: Formula) -> int | None:
    value = formula.expr.xreplace(cost.numbers)
    return int(value) if value.is_Integer else None


def _condition(cost: Counted, condition: Any) -> dict[str, Any]:
    is_known = cost.values.keys() >= condition.free_symbols
    return {
        "expr": str(condition),
        "text": cost.condition_text(condition),
        "latex": cost.condition_text(condition, True),
        "holds": holds(condition, cost.values) if is_known else None,
    }


def _valid(cost: Counted) -> int | None:
    if not cost.macs.is_Integer:
        return None
    valid = cost.valid_macs
    return int(valid) if valid.is_Integer else None


def to_json(cost: Counted) -> str:
    """A record as JSON text, two spaces for a level, with a line end."""
    return json.dumps(record(cost), indent=2, ensure_ascii=False) + "\n"


def to_csv(cost: Counted) -> str:
    """A line for each part and the total below: numbers, or formulas in Python's notation."""
    quantities = shown_quantities(cost)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["part", *quantities])
    for line in lines_of(cost, quantities):
        writer.writerow([line.part, *(_plain(cost, line.formulas[name]) for name in quantities)])
    writer.writerow(["(total)", *(_plain(cost, cost.formula(name)) for name in quantities)])
    return target.getvalue()


def _plain(cost: Counted, formula: Formula) -> str:
    return str(formula.expr.xreplace(cost.numbers))


def table(cost: Counted, quantities: Sequence[str], form: str = "text") -> str:
    """Parts by quantities, with the totals below.

    Args:
        cost: of a layer, a program or a network.
        quantities: the columns.
        form: `text`, `markdown` or `latex`.

    Raises:
        SymderiveError: another form, or a quantity that it does not have.
    """
    if form not in FORMATS:
        near = did_you_mean(str(form), FORMATS)
        raise SymderiveError(f"a table of a cost: no form {form!r}{near} There are {', '.join(FORMATS)}.")
    names = tuple(cost.checked_name(name) for name in quantities)
    style = TEXT if form == "text" else LATEX
    bound = (r"\ge " if style is LATEX else "≥ ") if cost.unknown else ""
    rows = [
        [line.part, *(_cell(cost, line.formulas[name], style) for name in names)]
        for line in lines_of(cost, names)
        if any(line.formulas[name].terms for name in names)
    ]
    totals = ["total", *(bound + _cell(cost, cost.formula(name), style) for name in names)]
    return _LAYOUTS[form](["part", *names], rows, totals)


def _cell(cost: Counted, formula: Formula, style: Style) -> str:
    return Writer(style, cost.order).write(formula.expr.xreplace(cost.numbers))


def _text_table(head: list[str], rows: list[list[str]], totals: list[str]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, totals, strict=True)]
    ruled = ["─" * (sum(widths) + 3 * len(widths) - 3)]
    written = [
        "   ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows, totals)
    ]
    return "\n".join([written[0], *ruled, *written[1:-1], *ruled, written[-1]]) + "\n"


def _markdown_table(head: list[str], rows: list[list[str]], totals: list[str]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for first, *cells in (*rows, totals):
        lines.append([f"`{first}`" if first != "total" else "**total**", *(f"${cell}$" for cell in cells)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _latex_table(head: list[str], rows: list[list[str]], totals: list[str]) -> str:
    def line(cells: list[str], is_math: bool) -> str:
        first, *others = cells
        written = [
            rf"\texttt{{{words_latex(first)}}}",
            *(f"${one}$" if is_math else words_latex(one) for one in others),
        ]
        return " & ".join(written) + r" \\"

    begin = rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}"
    body = [line(row, True) for row in rows]
    lines = [begin, line(head, False), r"\hline", *body, r"\hline", line(totals, True), r"\end{tabular}"]
    return "\n".join(lines) + "\n"


_LAYOUTS = {"text": _text_table, "markdown": _markdown_table, "latex": _latex_table}
