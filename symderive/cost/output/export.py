"""Costs for other programs: JSON and CSV, and tables in text, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy

from symderive.cost.counted import Counted
from symderive.cost.evaluation import evaluate, holds
from symderive.cost.formula import Formula
from symderive.cost.memory.quantities import OF_MEMORY, SAVED, SAVED_BYTES
from symderive.cost.memory.saved import GIVEN
from symderive.cost.memory.summary import Amount, MemorySummary, unit_of
from symderive.cost.output.lines import lines_of, shown_quantities
from symderive.cost.tree import CostTree
from symderive.cost.writing import LATEX, TEXT, Style, Writer, decimal, words_latex
from symderive.errors import SymderiveError, did_you_mean

SCHEMA = "symderive.cost/1"
"""The name of the JSON schema; the number goes up where a key changes its meaning or goes away."""
FORMATS = ("text", "markdown", "latex")


def record(cost: Counted, dtype: str = "float32") -> dict[str, Any]:
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
    - `memory`: `dtype`, the type of numbers that are computed with, and by name each quantity of
      `Counted.memory`: `unit`; `formulas`, a list of formulas of which the quantity is the largest, most
      often one; `value`, their largest, or null while a size is open; `conditions`, what has to hold for
      these formulas besides the `conditions` above. One that is not known has `refused`, a sentence, instead.
    - `parts`: a list; each has `part`, the path of a layer or the name of an equation or array, and
      `quantities`, with all repetitions. The parts of a network add up to its quantities; they have also
      `memory`, formulas of the bytes that are read and written and of what is kept for the backward pass,
      which add up with those of the part `(given)`, what the network is given.

    A formula is `expr`, in Python's notation, `text`, `latex`, `substituted`, the text with numbers put in or
    null, and `value`, a whole number (of the intensity any number), or null while a size is open. An `expr`
    is made of names, whole numbers, `+ - * / **`, `floor` and `ceiling`: `sympy.sympify(expr, locals)` reads
    it back, where `locals` has a positive integer symbol for each name.

    Raises:
        SymderiveError: an unknown type of numbers.
    """
    quantities = shown_quantities(cost)
    inputs = [symbol for symbol in cost.symbols if symbol not in cost.relations]
    values = sorted(cost.values.items(), key=lambda item: str(item[0]))
    memory = cost.memory(dtype)
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
        "memory": _memory(cost, memory),
        "parts": list(_parts(cost, quantities, memory)),
    }


def _memory(cost: Counted, memory: MemorySummary) -> dict[str, Any]:
    found: dict[str, Any] = {"dtype": memory.dtype}
    for name in memory.names:
        known = memory.amounts.get(name)
        said = {"refused": memory.refused[name]} if known is None else _amount(cost, known)
        found[name] = {"unit": unit_of(name), **said}
    return found


def _amount(cost: Counted, amount: Amount) -> dict[str, Any]:
    formulas = [_formula(cost, one) for one in amount.formulas]
    known = [one["value"] for one in formulas if one["value"] is not None]
    return {
        "formulas": formulas,
        "value": max(known) if len(known) == len(formulas) else None,
        "conditions": [_condition(cost, one) for one in amount.conditions],
    }


def _parts(cost: Counted, quantities: tuple[str, ...], memory: MemorySummary) -> Iterator[dict[str, Any]]:
    """The parts that need something, in order."""
    lines = {line.part: line for line in lines_of(cost, quantities)}
    for part in _part_names(cost, lines, memory):
        formulas = lines[part].formulas if part in lines else {}
        yield {
            "part": part,
            "quantities": {name: _formula(cost, one) for name, one in formulas.items() if one.terms},
            "memory": {name: _formula(cost, one) for name, one in memory.parts.get(part, {}).items()},
        }


def _part_names(cost: Counted, lines: Mapping[str, Any], memory: MemorySummary) -> list[str]:
    """The parts that have a quantity or hold memory, those of a network in its order."""
    if not isinstance(cost, CostTree):
        return list(lines)
    return [part for part in (GIVEN, *cost.layer_paths()) if part in lines or part in memory.parts]


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


def _value(cost: Counted, formula: Formula) -> int | float | None:
    value = formula.expr.xreplace(cost.numbers)
    if value.is_number and value.has(sympy.Sum):
        value = sympy.sympify(evaluate(formula.expr, cost.values))
    if value.is_Integer:
        return int(value)
    return float(value) if value.is_number else None


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


def to_json(cost: Counted, dtype: str = "float32") -> str:
    """A record as JSON text, two spaces for a level, with a line end; see `record`."""
    return json.dumps(record(cost, dtype), indent=2, ensure_ascii=False) + "\n"


def to_csv(cost: Counted, dtype: str = "float32") -> str:
    """A line for each part and the total below: numbers, or formulas in Python's notation.

    The columns are `part`, the quantities that are not 0, and those of memory: bytes have the type of numbers
    at the end of their name, as in `bytes_read_float32`. Cells are empty where a quantity is not one of
    parts, as a peak is; where it is refused, the total is a sentence.
    """
    quantities, memory = shown_quantities(cost), cost.memory(dtype)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["part", *quantities, *(_head(name, dtype) for name in memory.names)])
    lines = {line.part: line for line in lines_of(cost, quantities)}
    for part in _part_names(cost, lines, memory):
        formulas = lines[part].formulas if part in lines else {}
        own = memory.parts.get(part, {})
        kept = [_plain(cost, own[name]) if name in own else "" for name in memory.names]
        writer.writerow([part, *(_plain(cost, formulas.get(name, Formula())) for name in quantities), *kept])
    totals = [_plain(cost, cost.formula(name)) for name in quantities]
    writer.writerow(["(total)", *totals, *(_total(cost, memory, name) for name in memory.names)])
    return target.getvalue()


def _holds_for_some(name: str, amount: Amount) -> bool:
    """Whether a formula stands nowhere without its conditions: that of a peak, as `peak_activations` is.

    What is kept is written as `saved_for_backward` is; its conditions are in JSON.
    """
    return bool(amount.conditions) and name not in (SAVED, SAVED_BYTES)


def _total(cost: Counted, memory: MemorySummary, name: str) -> str:
    if name in memory.refused:
        return memory.refused[name]
    amount = memory.amounts[name]
    if _holds_for_some(name, amount):
        needed = ", ".join(map(cost.condition_text, amount.conditions))
        return f"{name.replace('_', ' ')}: its formula needs {needed}; put in a number, or ask for JSON."
    if len(amount.formulas) == 1:
        return _plain(cost, amount.formulas[0])
    found = [one.expr.xreplace(cost.numbers) for one in amount.formulas]
    return str(sympy.Max(*found, evaluate=all(one.is_number for one in found)))


def _plain(cost: Counted, formula: Formula) -> str:
    value = _value(cost, formula)
    return str(formula.expr.xreplace(cost.numbers) if value is None else value)


def table(cost: Counted, quantities: Sequence[str], form: str = "text", dtype: str = "float32") -> str:
    """Parts by quantities, with the totals below.

    Args:
        cost: of a layer, a program or a network.
        quantities: the columns; also those of memory, of which peaks and the intensity have a total only.
        form: `text`, `markdown` or `latex`.
        dtype: the type of numbers that are computed with, for bytes.

    Raises:
        SymderiveError: another form, or a quantity that it does not have, or that is refused.
    """
    if form not in FORMATS:
        near = did_you_mean(str(form), FORMATS)
        raise SymderiveError(f"a table of a cost: no form {form!r}{near} There are {', '.join(FORMATS)}.")
    quantities = [name if name in OF_MEMORY else cost.checked_name(name) for name in quantities]
    counted = tuple(name for name in quantities if name not in OF_MEMORY)
    memory = cost.memory(dtype) if len(counted) < len(quantities) else None
    style = TEXT if form == "text" else LATEX
    bound = (r"\ge " if style is LATEX else "≥ ") if cost.unknown else ""
    lines = [(line.part, line.formulas) for line in lines_of(cost, counted)]
    named = dict(lines)
    if memory is not None:
        lines = [(part, named.get(part, {})) for part in _part_names(cost, named, memory)]
    rows = []
    for part, formulas in lines:
        kept = {} if memory is None else memory.parts.get(part, {})
        cells = [formulas.get(name, Formula()) if name in counted else kept.get(name) for name in quantities]
        if any(cell is not None and cell.terms for cell in cells):
            rows.append([part, *("" if cell is None else _cell(cost, cell, style) for cell in cells)])
    totals = [
        _cell(cost, cost.formula(name), style) if name in counted else _memory_cell(cost, memory, name, style)
        for name in quantities
    ]
    heads = [name if name in counted else _head(name, dtype) for name in quantities]
    return _LAYOUTS[form](["part", *heads], rows, ["total", *(bound + total for total in totals)])


def _head(name: str, dtype: str) -> str:
    """The name of a column; that of bytes has the type of numbers."""
    return f"{name}_{dtype}" if unit_of(name) == "bytes" else name


def _memory_cell(cost: Counted, memory: MemorySummary | None, name: str, style: Style) -> str:
    """A total of memory.

    Raises:
        SymderiveError: it is refused, or its formula holds for some sizes only.
    """
    if memory is None or name in memory.refused or _holds_for_some(name, memory.amounts[name]):
        reason = "" if memory is None else _total(cost, memory, name)
        raise SymderiveError(f"a table of a cost: {reason}")
    written = [_cell(cost, one, style) for one in memory.amounts[name].formulas]
    largest = r"\max" if style is LATEX else "max"
    return written[0] if len(written) == 1 else f"{largest}({', '.join(written)})"


def _cell(cost: Counted, formula: Formula, style: Style) -> str:
    value = formula.expr.xreplace(cost.numbers)
    if value.is_Rational and not value.is_Integer:
        return decimal(value, 4)
    return Writer(style, cost.order).write(value)


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
        lines.append(
            [f"`{first}`" if first != "total" else "**total**", *(cell and f"${cell}$" for cell in cells)]
        )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _latex_table(head: list[str], rows: list[list[str]], totals: list[str]) -> str:
    def line(cells: list[str], is_math: bool) -> str:
        first, *others = cells
        written = [
            rf"\texttt{{{words_latex(first)}}}",
            *(one and f"${one}$" if is_math else words_latex(one) for one in others),
        ]
        return " & ".join(written) + r" \\"

    begin = rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}"
    body = [line(row, True) for row in rows]
    lines = [begin, line(head, False), r"\hline", *body, r"\hline", line(totals, True), r"\end{tabular}"]
    return "\n".join(lines) + "\n"


_LAYOUTS = {"text": _text_table, "markdown": _markdown_table, "latex": _latex_table}
