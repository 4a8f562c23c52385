"""What a cost says about memory: bytes, what is kept, what is alive at one time, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

import sympy

from symderive.cost.collecting import collected, substituted
from symderive.cost.counted import Counted
from symderive.cost.formula import Formula
from symderive.cost.memory.quantities import INTENSITY, PEAK, READ, SAVED_BYTES, TRAINING_PEAK, WRITTEN
from symderive.cost.memory.saved import GIVEN
from symderive.cost.memory.summary import Amount, MemorySummary, unit_of
from symderive.cost.output.report import label_of
from symderive.cost.output.tree_report import bound_of
from symderive.cost.training.step import FORWARD, TrainStep
from symderive.cost.writing import LATEX, TEXT, Style, decimal
from symderive.solutions import document as doc
from symderive.solutions.parts.long_sums import LONG, sum_math

_LONG = 55  # beside the names of these quantities
_COLUMNS = (READ, WRITTEN, SAVED_BYTES)
_BLANK = doc.Math("", "")
_ABOUT = doc.Math(r"\approx", "≈")
_DIGITS = 4  # of a quotient
_INTENSITY = doc.Math(
    r"\text{FLOPs} / (\text{bytes read} + \text{bytes written})", "FLOPs / (bytes read + bytes written)"
)
_CONVENTION = (
    "every layer reads what it is given once and writes its result once, nothing is fused or computed in "
    "place; an array is alive from the pass that writes it to the last one that reads it; parameters, and "
    "gradients by them, are not in what is alive or kept"
)


def memory_blocks(cost: Counted, dtype: str) -> Iterator[doc.Block]:
    """The part about memory.

    Args:
        cost: what is asked.
        dtype: the type of numbers that are computed with.

    Raises:
        SymderiveError: an unknown type.
    """
    memory = cost.memory(dtype)
    told = {name: amount for name, amount in memory.amounts.items() if name not in (PEAK, TRAINING_PEAK)}
    several = {name: amount for name, amount in told.items() if len(amount.formulas) > 1}
    single = (name for name in told if name not in several)
    yield doc.Heading(doc.text(f"Memory, numbers of type {memory.dtype}"))
    yield doc.Steps(tuple(step for name in single for step in _rows(cost, name, told[name])))
    for name, amount in several.items():
        yield doc.Steps(tuple(_largest(cost, name, amount.formulas)))
    yield from _conditions(cost, told)
    table = _table(cost, memory)
    if table.rows:
        yield table
    for reason in dict.fromkeys(memory.refused.values()):
        names = (label_of(name) for name, said in memory.refused.items() if said == reason)
        yield doc.Verdict("note", doc.text(f"{', '.join(names)}: {reason}"))
    yield doc.Paragraph(doc.text(doc.Emph(f"Counted: {_CONVENTION}.")))


def held_blocks(cost: Counted, dtype: str) -> Iterator[doc.Block]:
    """The bytes that are there all the time: of a training step parameters, gradients and states.

    Raises:
        SymderiveError: an unknown type.
    """
    held = cost.held(dtype)
    yield doc.Paragraph(doc.text(f"Held all the time, numbers of type {dtype}:"))
    yield doc.Steps(tuple(step for name in held for step in _rows(cost, name, Amount((held[name],)))))


def _rows(cost: Counted, name: str, amount: Amount) -> Iterator[doc.Step]:
    """A quantity: its formula, the number, and how much that is."""
    (formula,) = amount.formulas
    left, sign = _left(name), _sign(cost, name)
    written, known = (
        _math(formula),
        sum_math(_number(cost, formula, LATEX), _number(cost, formula, TEXT), _LONG),
    )
    value = formula.expr.xreplace(cost.numbers)
    is_large = unit_of(name) == "bytes" and value.is_Integer and value >= 1024
    human = doc.text(f"≈ {binary_size(int(value))}") if is_large else ()
    if name == INTENSITY and len(written.plain) > LONG:
        written, known = _INTENSITY, known if value.is_number else _INTENSITY
    yield doc.Step(left, sign, written, human if known == written else ())
    if known != written:
        yield doc.Step(_BLANK, _ABOUT if _is_rounded(value) else sign, known, human)


def _is_rounded(value: sympy.Expr) -> bool:
    """Whether a number is printed with fewer digits than it has."""
    if not value.is_Rational or value.is_Integer:
        return False
    exact = Fraction(int(value.p), int(value.q))
    return Fraction(decimal(exact, _DIGITS).replace(",", "")) != exact


def _left(name: str) -> doc.Math:
    unit = unit_of(name)
    label = label_of(name) if unit == "bytes" else f"{label_of(name)} ({unit})"
    return doc.Math(rf"\text{{{label}}}", label)


def _sign(cost: Counted, name: str) -> doc.Math:
    """How a quantity is compared: what is held all the time is known also where something was not counted."""
    if name in cost.held():
        return doc.Math("=", "=")
    return doc.Math(bound_of(cost, LATEX), bound_of(cost, TEXT))


def _number(cost: Counted, formula: Formula, style: Style) -> str:
    """A formula with the numbers that there are put in."""
    value = formula.expr.xreplace(cost.numbers)
    if value.is_Rational and not value.is_Integer:
        return decimal(value, _DIGITS)
    terms = (substituted(term, cost.numbers) for term in formula.terms)
    return collected(terms, cost.order).write(style)


def _largest(cost: Counted, name: str, formulas: tuple[Formula, ...]) -> Iterator[doc.Step]:
    """The largest of several formulas, one on each line."""
    sign = _sign(cost, name)
    largest = doc.Math(rf"{sign.latex} \text{{ largest of }}", f"{sign.plain} largest of")
    for place, formula in enumerate(formulas):
        comma = "," if place < len(formulas) - 1 else ""
        latex, plain = (_number(cost, formula, style) + comma for style in (LATEX, TEXT))
        lead = (_BLANK, _BLANK) if place else (_left(name), largest)
        yield doc.Step(*lead, sum_math(latex, plain, _LONG))


def binary_size(number: int) -> str:
    """Bytes as people say them.

    >>> binary_size(1023), binary_size(1536), binary_size(22218240), binary_size(1004 * 2**20)
    ('1,023 bytes', '1.5 KiB', '21.2 MiB', '1,004 MiB')
    """
    size, names = Fraction(number), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while size >= 1024 and len(names) > 1:
        size, names = size / 1024, names[1:]
    return f"{decimal(size)} {names[0]}"


def _conditions(cost: Counted, amounts: Mapping[str, Amount]) -> Iterator[doc.Block]:
    """What has to hold for which quantities."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for name, amount in amounts.items():
        if amount.conditions:
            groups.setdefault(amount.conditions, []).append(label_of(name))
    for conditions, names in groups.items():
        spans = [doc.Math(cost.condition_text(one, True), cost.condition_text(one)) for one in conditions]
        needed: list[doc.Span] = []
        for place, span in enumerate(spans):
            needed += [", " if place else "", span]
        yield doc.Paragraph(doc.text(f"{', '.join(names)}: if ", *needed, "."))


def _table(cost: Counted, memory: MemorySummary) -> doc.Table:
    """The blocks at the top with what adds up over them."""
    blocks: dict[str, dict[str, list[Formula]]] = {}
    for path, formulas in memory.parts.items():
        top = path.removeprefix(f"{FORWARD}.") if isinstance(cost, TrainStep) else path
        sums = blocks.setdefault("input" if top == GIVEN else top.partition(".")[0], {})
        for name, formula in formulas.items():
            sums.setdefault(name, []).append(formula)
    names = [name for name in _COLUMNS if name in memory.amounts]
    rows = [
        doc.Row((doc.text(block), *(doc.text(_cell(_summed(cost, parts.get(name, ())))) for name in names)))
        for block, parts in blocks.items()
    ]
    totals = [_summed(cost, memory.amounts[name].formulas) for name in names]
    align: doc.Align = "left" if any(one.expr.free_symbols for one in totals) else "right"
    columns = [
        doc.Column(doc.text("block")),
        *(doc.Column(doc.text(label_of(name)), align) for name in names),
    ]
    return doc.Table(tuple(columns), tuple(rows) if len(rows) > 1 else ())


def _summed(cost: Counted, formulas: Iterable[Formula]) -> Formula:
    terms = (substituted(term, cost.numbers) for one in formulas for term in one.terms)
    return collected(terms, cost.order)


def _cell(formula: Formula) -> doc.Math:
    return doc.Math(formula.write(LATEX), formula.write())


def _math(formula: Formula) -> doc.Math:
    return sum_math(formula.write(LATEX), formula.write(), _LONG)
