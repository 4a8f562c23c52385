"""Multiplications of a convolution and of a depthwise-separable one, from their index equations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from symderive.core.dims import check_name
from symderive.cost.entry import cost
from symderive.cost.infer import Inference, infer_kernel
from symderive.cost.ratio import Ratio
from symderive.cost.report import Report, Row, Variant, report
from symderive.errors import SymderiveError
from symderive.layers import Conv2d, SeparableConv2d
from symderive.solutions import document as doc
from symderive.solutions.formulas import EQUALS
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Field, Integer, ListOf, OneOf, String, Table

KIND = "convolution_cost"
_SIZE = OneOf(Integer(least=1), String())
_LAYERS: Mapping[str, Any] = {"normal": Conv2d, "separable": SeparableConv2d}
SCHEMA = Table(
    Field("title", String(), default="Multiplications of a convolution", doc="the heading"),
    Field("text", String(), default="", doc="the question as it was set"),
    Field("input", ListOf(_SIZE), default=("H", "W", "C_in"), doc="height, width, channels; numbers or names"),
    Field("output", ListOf(_SIZE), default=None, doc="height, width, channels; numbers from which the kernel follows"),
    Field("c_out", _SIZE, default=None, doc="the output channels, where no output is given"),
    Field("kernel", _SIZE, default=None, doc="the kernel; inferred from input and output without it"),
    Field("stride", Integer(least=1), default=None, doc="the stride, if known"),
    Field("padding", Integer(least=0), default=None, doc="zeros on each side, if known"),
    Field("dilation", Integer(least=1), default=1, doc="the step between taps"),
    Field("compare", ListOf(String()), default=("normal", "separable"), doc="which of normal, separable"),
)


def solve(question: Question) -> doc.Section:
    """Infer the kernel, count, compare.

    Raises:
        ProblemError: the question cannot be solved as it stands.
    """
    values = question.values
    _check(question)
    found = _inferred(question)
    blocks: list[doc.Block] = []
    if found is not None:
        blocks += [doc.Heading(doc.text("The kernel")), *_kernel_blocks(found)]
    if found is None or found.status == "determined":
        made = _report(question, found)
        blocks += _count_blocks(made)
    return doc.Section(doc.text(values["title"]), (*doc.paragraphs(values["text"]), _description(question)), tuple(blocks))


def _check(question: Question) -> None:
    values = question.values
    for key in ("input", "output"):
        sizes = values[key]
        if sizes is not None and len(sizes) != 3:
            raise question.error(key, f"{key} has {len(sizes)} sizes; give height, width and channels.")
        for place, size in enumerate(sizes or ()):
            _check_name(question, (key, place), size)
    for key in ("c_out", "kernel"):
        _check_name(question, (key,), values[key])
    if not values["compare"]:
        raise question.error("compare", 'nothing to count; write for example compare = ["normal", "separable"].')
    for place, name in enumerate(values["compare"]):
        if name not in _LAYERS:
            raise question.error(("compare", place), f'"{name}" is not known; it is one of {", ".join(_LAYERS)}.')
        if name in values["compare"][:place]:
            raise question.error(("compare", place), f'"{name}" is listed twice.')
    if values["output"] is not None and values["c_out"] is not None:
        raise question.error("c_out", "the output channels are given twice: in c_out and as the last size of output.")


def _check_name(question: Question, path: tuple[str | int, ...], size: Any) -> None:
    if isinstance(size, str):
        try:
            check_name(size, "a size")
        except SymderiveError as error:
            raise question.error(path, str(error)) from None


def _inferred(question: Question) -> Inference | None:
    """The kernel from the two shapes, where both are numbers."""
    values = question.values
    if values["output"] is None:
        return None
    if not all(isinstance(size, int) for size in (*values["input"], *values["output"])):
        raise question.error("output", "the kernel can be inferred from numbers only; leave output out, or give numbers.")
    kernel = values["kernel"]
    if isinstance(kernel, str):
        raise question.error("kernel", "input and output determine the kernel; leave the symbol out.")
    found = infer_kernel(
        values["input"], values["output"], kernel=kernel, stride=values["stride"], padding=values["padding"],
        dilation=values["dilation"],
    )  # fmt: skip
    if found.status == "impossible":
        raise question.error("output", f"{found}; change the shapes, the stride or the padding.")
    return found


def _description(question: Question) -> doc.Paragraph:
    values = question.values
    sizes = "×".join(str(size) for size in values["input"])
    after = "" if values["output"] is None else f", output {'×'.join(str(size) for size in values['output'])}"
    known = [f"{key} {values[key]}" for key in ("kernel", "stride", "padding") if values[key] is not None]
    extra = f"; {', '.join(known)}" if known else ""
    return doc.Paragraph(doc.text(f"Input {sizes}{after} (height × width × channels){extra}."))


def _kernel_blocks(found: Inference) -> list[doc.Block]:
    if found.status == "determined":
        return [doc.Display(doc.Math(found.latex(), str(found)))]
    return [doc.Verdict("undecided", doc.text(f"{_capital(found.words)}. Give the stride and the padding to count."))]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _report(question: Question, found: Inference | None) -> Report:
    values = question.values
    height, width, c_in = values["input"]
    c_out = values["output"][2] if values["output"] is not None else values["c_out"] or "C_out"
    choice = None if found is None else found.choices[0]
    settings: dict[str, Any] = {
        "c_in": c_in, "c_out": c_out, "height": height, "width": width,
        "kernel": choice.kernel if choice else values["kernel"] or "k",
        "stride": choice.stride if choice else values["stride"] or 1,
        "padding": choice.padding if choice else values["padding"] or 0,
        "dilation": choice.dilation if choice else values["dilation"],
    }  # fmt: skip
    settings = {key: _single(value) for key, value in settings.items()}
    try:
        return report({name: cost(_LAYERS[name](**settings)) for name in values["compare"]}, found)
    except SymderiveError as error:
        raise question.error((), str(error)) from None


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value


def _count_blocks(made: Report) -> list[doc.Block]:
    blocks: list[doc.Block] = []
    relations: dict[str, str] = {}
    for variant in made.variants:
        relations.update(zip(variant.where_latex, variant.where, strict=True))
    for variant in made.variants:
        blocks.append(doc.Heading(doc.text(f"{_capital(variant.name)} convolution")))
        for one in variant.steps:
            blocks.append(doc.Display(doc.Math(one.equation_latex, one.equation)))
            blocks.append(doc.Paragraph(doc.text(*_spans(_capital(one.sentence_latex), _capital(one.sentence)), ".")))
        blocks.append(doc.Steps(tuple(_rows(made.quantity, variant))))
    if relations:
        sizes = [doc.Math(latex, plain) for latex, plain in relations.items()]
        pieces: list[doc.Span] = []
        for place, one in enumerate(sizes):
            pieces += [" and " if place else "", one]
        blocks.append(doc.Paragraph(doc.text("The output has ", *pieces, ".")))
    if made.ratio is not None:
        blocks += [doc.Heading(doc.text("Ratio")), _ratio(made.ratio, made.variants)]
        factor = made.ratio.factor()
        if factor is not None:
            blocks.append(doc.Paragraph(doc.text(f"That is {factor}.")))
    counted = "; ".join(made.conventions)
    blocks.append(doc.Paragraph(doc.text(doc.Emph(f"Counted: {counted}."))))
    if made.unknown:
        blocks.append(doc.Verdict("undecided", doc.text(f"Not counted: {'; '.join(made.unknown)}.")))
    return blocks


def _rows(quantity: str, variant: Variant) -> Iterable[doc.Step]:
    """Formula, numbers, result, as people write them under each other."""
    label = doc.Math(rf"\text{{{quantity}}}", quantity)
    names = doc.text(" + ".join(row.name for row in variant.rows)) if len(variant.rows) > 1 else ()
    yield doc.Step(label, EQUALS, doc.Math(variant.total.formula_latex, variant.total.formula), names)
    if variant.total.numbers:
        yield doc.Step(_EMPTY, EQUALS, doc.Math(variant.total.numbers_latex, variant.total.numbers))
    if len(variant.rows) > 1 and all(row.value is not None for row in variant.rows):
        yield doc.Step(_EMPTY, EQUALS, _sum_of(variant.rows))
    if variant.total.result:
        yield doc.Step(_EMPTY, EQUALS, doc.Math(rf"\mathbf{{{variant.total.result_latex}}}", variant.total.result))


_EMPTY = doc.Math("", "")


def _sum_of(rows: Iterable[Row]) -> doc.Math:
    made = tuple(rows)
    return doc.Math(" + ".join(row.result_latex for row in made), " + ".join(row.result for row in made))


def _ratio(found: Ratio, variants: tuple[Variant, ...]) -> doc.Display:
    above, below = variants[-1].name, variants[0].name
    left = doc.Math(rf"\frac{{\text{{{above}}}}}{{\text{{{below}}}}}", f"{above} / {below}")
    return doc.Display(doc.Math(f"{left.latex} = {found.latex()}", f"{left.plain} = {found}"), True)


def _spans(latex: str, plain: str) -> Iterable[doc.Span]:
    """The sentence with its formulas; the same words stand between them in both versions."""
    words = re.split(r"\$(.*?)\$", latex)
    rest = plain
    for place, piece in enumerate(words):
        if place % 2 == 0:
            yield piece
            rest = rest[len(piece) :]
        else:
            following = words[place + 1] if place + 1 < len(words) else ""
            end = rest.find(following) if following else len(rest)
            yield doc.Math(piece, rest[:end])
            rest = rest[end:]



