"""The kernel, the count of each convolution line by line, and their ratio."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from symderive.cost.infer import Inference
from symderive.cost.output.report import Report, Variant
from symderive.cost.ratio import Ratio
from symderive.notation.names import latex_name
from symderive.solutions import document as doc
from symderive.solutions.formulas import EQUALS
from symderive.solutions.parts.long_sums import sum_math

_EMPTY = doc.Math("", "")


def description(values: Mapping[str, Any]) -> doc.Paragraph:
    """The sizes in one sentence."""
    before = _shape(values["input"])
    spans: list[doc.Span] = ["The input is ", before]
    if values["output"] is not None:
        spans += [", the output ", _shape(values["output"])]
    known = [f"{key} {values[key]}" for key in ("kernel", "stride", "padding") if values[key] is not None]
    known += [f"dilation {values['dilation']}"] if values["dilation"] != 1 else []
    tail = f"; {', '.join(known)}" if known else ""
    return doc.Paragraph(doc.text(*spans, f" (height × width × channels){tail}."))


def _shape(sizes: Iterable[Any]) -> doc.Math:
    latex = r" \times ".join(latex_name(size) if isinstance(size, str) else str(size) for size in sizes)
    return doc.Math(latex, "×".join(map(str, sizes)))


def kernel_blocks(found: Inference) -> list[doc.Block]:
    """The kernel with its calculation, or why it is not determined."""
    heading = doc.Heading(doc.text("The kernel"))
    if found.status == "determined":
        return [heading, doc.Display(doc.Math(found.latex(), str(found)))]
    missing = "the stride and the padding" if found.open else "the kernel"
    words = f"{_capital(found.words)}. Give {missing}, and the multiplications can be counted."
    return [heading, doc.Verdict("undecided", doc.text(words))]


def count_blocks(made: Report) -> list[doc.Block]:
    """Each convolution from its index equations to the number, then the ratio and what was counted."""
    blocks: list[doc.Block] = []
    for variant in made.variants:
        blocks.append(doc.Heading(doc.text(f"{_capital(variant.name)} convolution")))
        blocks += [*equation_blocks(variant), count_steps(made.quantity, variant)]
    blocks += [*relation_blocks(made.variants), *needs_blocks(made)]
    if made.ratio is not None:
        blocks += [doc.Heading(doc.text("Ratio")), _ratio(made.ratio, made.variants)]
        factor = made.ratio.factor()
        blocks += [doc.Paragraph(doc.text(f"That is {factor}."))] if factor else []
    return [*blocks, *convention_blocks(made)]


def convention_blocks(made: Report) -> list[doc.Block]:
    """What was counted, and what was not."""
    blocks: list[doc.Block] = [doc.Paragraph(doc.text(doc.Emph(f"Counted: {'; '.join(made.conventions)}.")))]
    if made.unknown:
        blocks.append(doc.Verdict("undecided", doc.text(f"Not counted: {'; '.join(made.unknown)}.")))
    return blocks


def equation_blocks(variant: Variant) -> Iterator[doc.Block]:
    """Each index equation, and how its products are counted."""
    for one in variant.steps:
        yield doc.Display(doc.Math(one.equation_latex, one.equation))
        yield doc.Paragraph(doc.text(*_spans(_capital(one.sentence_latex), _capital(one.sentence)), "."))


MOST_PARTS = 8
"""Of how many equations a quantity may come if they are named beside it."""


def count_steps(quantity: str, variant: Variant) -> doc.Steps:
    """A quantity as formula, numbers and result."""
    return doc.Steps(tuple(_rows(quantity, variant)))


def _rows(quantity: str, variant: Variant) -> Iterator[doc.Step]:
    """Formula, numbers, result, as people write them under each other."""
    label = doc.Math(rf"\text{{{quantity}}}", quantity)
    total = variant.total
    several = 1 < len(variant.rows) <= MOST_PARTS
    names = _sum_of(doc.Math(row.name_latex, row.name) for row in variant.rows)
    formula = sum_math(total.formula_latex, total.formula)
    yield doc.Step(label, EQUALS, formula, (names,) if several else ())
    if total.numbers and total.numbers != total.formula:
        yield doc.Step(_EMPTY, EQUALS, sum_math(total.numbers_latex, total.numbers))
    if several and all(row.value is not None for row in variant.rows):
        yield doc.Step(
            _EMPTY, EQUALS, _sum_of(doc.Math(row.result_latex, row.result) for row in variant.rows)
        )
    if total.value is not None and total.result != total.formula:
        yield doc.Step(_EMPTY, EQUALS, doc.Math(rf"\mathbf{{{total.result_latex}}}", total.result))
    elif total.rest and total.rest != total.numbers:
        yield doc.Step(_EMPTY, EQUALS, sum_math(total.rest_latex, total.rest))


def _sum_of(terms: Iterable[doc.Math]) -> doc.Math:
    terms = tuple(terms)
    return doc.Math(" + ".join(one.latex for one in terms), " + ".join(one.plain for one in terms))


def relation_blocks(variants: Iterable[Variant]) -> list[doc.Block]:
    """What the names of the output's sizes mean."""
    found: dict[str, str] = {}
    for variant in variants:
        found.update(zip(variant.where_latex, variant.where, strict=True))
    spans: list[doc.Span] = []
    for place, (latex, plain) in enumerate(found.items()):
        joint = "" if not place else " and " if place == len(found) - 1 else ", "
        spans += [joint, doc.Math(latex, plain)]
    return [doc.Paragraph(doc.text("The output has ", *spans, "."))] if spans else []


def needs_blocks(made: Report) -> list[doc.Block]:
    """What has to hold of the sizes that have no number."""
    spans: list[doc.Span] = []
    for place, (latex, plain) in enumerate(zip(made.needs_latex, made.needs, strict=True)):
        spans += [", " if place else "", doc.Math(latex, plain)]
    return [doc.Paragraph(doc.text("It needs ", *spans, "."))] if spans else []


def _ratio(found: Ratio, variants: tuple[Variant, ...]) -> doc.Display:
    above, below = variants[-1].name, variants[0].name
    left = rf"\frac{{\text{{{above}}}}}{{\text{{{below}}}}}"
    return doc.Display(doc.Math(f"{left} = {found.latex()}", f"{above} / {below} = {found}"), True)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _spans(latex: str, plain: str) -> Iterator[doc.Span]:
    """The sentence with its formulas; the same words stand between them in both versions."""
    words = re.split(r"\$(.*?)\$", latex)
    rest = plain
    for place, piece in enumerate(words):
        if place % 2 == 0:
            yield piece
            rest = rest[len(piece) :]
            continue
        following = words[place + 1] if place + 1 < len(words) else ""
        end = rest.find(following) if following else len(rest)
        yield doc.Math(piece, rest[:end])
        rest = rest[end:]
