"""A derivation as a section: statement with shapes, definitions, steps, result, conditions, check."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symderive.core.nodes import Tensor
from symderive.derive.convexity import convexity
from symderive.derive.derivation import Derivation
from symderive.derive.detail import ShownLine, at_detail
from symderive.derive.equation import Equation
from symderive.derive.stacking import stacking
from symderive.solutions import document as doc
from symderive.solutions.formulas import (
    EQUALS,
    checked,
    left_side,
    math,
    name,
    reason_text,
    right_side,
    step,
    together,
)
from symderive.solutions.parts.derivation_blocks import condition_blocks, domain_clause

_ENTRIES = {
    "real": "", "sign": "entries ±1", "binary": "entries 0 or 1", "unit": "entries between 0 and 1",
    "count": "entries 0, 1, 2, …", "positive": "entries positive", "nonnegative": "entries nonnegative",
    "spd": "symmetric positive definite", "skew": "skew-symmetric", "lower": "lower triangular",
    "upper": "upper triangular", "onehot": "one-hot", "integer": "entries whole numbers",
}  # fmt: skip


def derivation_section(derivation: Derivation, detail: str = "standard", form: str = "closed") -> doc.Section:
    """The section of a derivation, without a title.

    Args:
        derivation: Any; it is checked first.
        detail: `brief`, `standard` or `full`.
        form: Of the result, as for `Derivation.latex`.

    Returns:
        The section.

    Raises:
        SymderiveError: The level of detail or the form is unknown.
    """
    shown = at_detail(derivation, detail)
    whole, inputs = shown.derivation, shown.derivation.original.inputs
    check = whole.check()
    results, lets = whole.styled(form)
    blocks: list[doc.Block] = [
        *_lines(shown.lines, inputs),
        together([*results, *lets]),
        *_in_free_entries(whole),
        *_layout(whole),
        *_stacking(results),
        *condition_blocks(whole.conditions),
    ]
    if whole.kind == "hessian":
        blocks += _convexity(whole)
    if detail == "full" and shown.step_checks:
        blocks.append(doc.Paragraph(doc.text(doc.Emph(f"{_capitalised(shown.step_checks)}."))))
    return doc.Section(statement=(_statement(whole),), blocks=(*blocks, checked(check)))


def _layout(derivation: Derivation) -> list[doc.Block]:
    sentence = derivation.layout.sentence
    inputs = derivation.original.inputs
    return [doc.Paragraph(reason_text(f"{_capitalised(sentence)}.", inputs))] if sentence else []


def _stacking(results: Sequence[Equation]) -> list[doc.Block]:
    """The convention of vec, and what K is."""
    spans = [one if isinstance(one, str) else math(one) for one in stacking(results)]
    return [doc.Paragraph(doc.text(*spans, "."))] if spans else []


def _capitalised(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _statement(derivation: Derivation) -> doc.Steps:
    """`L(w) = …`, with the shapes of the arrays."""
    wrt = [name(one) for one in dict.fromkeys(derivation.wrt)]
    variables = doc.Math(", ".join(one.latex for one in wrt), ", ".join(one.plain for one in wrt))
    left = left_side(derivation.loss)
    of = doc.Math(f"{left.latex}({variables.latex})", f"{left.plain}({variables.plain})")
    return doc.Steps((doc.Step(of, EQUALS, right_side(derivation.loss), _shapes(derivation)),))


def _lines(lines: Sequence[ShownLine], inputs: Sequence[Tensor]) -> list[doc.Block]:
    """The intermediate results, then the steps."""
    lets = tuple(
        doc.Definition(left_side(one.equation), right_side(one.equation)) for one in lines if one.is_let
    )
    rows: list[doc.Step] = []
    before = doc.Math("", "")
    for line in lines:
        left, before = before, left_side(line.equation)
        if line.goes_on:
            right = right_side(line.equation)
            shown = doc.Math("", "") if left == before else before
            rows.append(doc.Step(shown, EQUALS, right, reason_text(line.reason, inputs)))
        elif not line.is_let:
            rows.append(step(line.equation, line.reason, tensors=inputs))
    blocks: list[doc.Block] = [doc.Definitions(lets)] if lets else []
    return [*blocks, doc.Steps(tuple(rows))] if rows else blocks


def _in_free_entries(derivation: Derivation) -> list[doc.Block]:
    """The gradient in the free entries of structured variables, with what is varied; it is checked first."""
    free = derivation.structured
    if free is None:
        return []
    free.check()
    words = derivation.convention
    pairs = zip(free.results, free.wrt, strict=True)
    shown = [one for one, variable in pairs if variable.is_structured]
    lets = [one for one in free.lets if one not in derivation.lets]
    sentence = reason_text(f"{words[0].upper()}{words[1:]}", derivation.original.inputs)
    return [doc.Paragraph(sentence), together([*shown, *lets])]


def _shapes(derivation: Derivation) -> doc.Text:
    """`X: n×d, rows xᵢᵀ · w: d · y: n, entries ±1`."""
    shown = str(derivation.loss)
    spans: list[doc.Span] = []
    for place, tensor in enumerate(derivation.original.inputs):
        spans += [" · " if place else "", name(tensor), f": {_shape(tensor)}"]
        low = str(tensor.name).lower()
        if tensor.rank == 2 and re.search(rf"\b{low}ᵢᵀ", shown):
            spans += [", rows ", doc.Math(rf"{low}_i^{{\top}}", f"{low}ᵢᵀ")]
        entries = _ENTRIES.get(str(tensor.domain), str(tensor.domain))
        spans += [f", {entries}"] if entries else []
    return doc.text(*spans)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a number"


def _convexity(derivation: Derivation) -> list[doc.Block]:
    """`⪰ 0, so L is convex`, where that is proved."""
    if len(set(derivation.wrt)) != 1 or convexity(derivation) is None:
        return []
    left = left_side(derivation.results[0])
    loss = left_side(derivation.loss)
    semidefinite = doc.Math(rf"{left.latex} \succeq 0", f"{left.plain} ⪰ 0")
    where = domain_clause(derivation.conditions)
    return [doc.Paragraph(doc.text(semidefinite, ", so ", loss, " is convex", where, "."))]
