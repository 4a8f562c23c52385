"""A derivation as a section: statement with shapes, definitions, steps, result, conditions, check."""

from __future__ import annotations

import re

from symderive.core.nodes import Tensor
from symderive.derive.convexity import convexity
from symderive.derive.derivation import Derivation
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


def derivation_section(derivation: Derivation) -> doc.Section:
    """The section of a derivation, without a title.

    Args:
        derivation: Of a gradient or Hessian; it is checked first.

    Returns:
        The section.
    """
    inputs = derivation.original.inputs
    wrt = [name(one) for one in dict.fromkeys(derivation.wrt)]
    variables = doc.Math(", ".join(one.latex for one in wrt), ", ".join(one.plain for one in wrt))
    left = left_side(derivation.loss)
    of = doc.Math(f"{left.latex}({variables.latex})", f"{left.plain}({variables.plain})")
    statement = doc.Steps((doc.Step(of, EQUALS, right_side(derivation.loss), _shapes(derivation)),))
    lets = [one.statement for one in derivation.steps if one.rule == "definition"]
    rows = tuple(
        step(one.statement, one.why or one.rule, tensors=inputs)
        for one in derivation.steps
        if one.rule != "definition"
    )
    blocks: list[doc.Block] = []
    if lets:
        blocks.append(doc.Definitions(tuple(doc.Definition(left_side(one), math(one.form)) for one in lets)))
    blocks += [doc.Steps(rows)] if rows else []
    blocks.append(together([*derivation.results, *derivation.lets]))
    blocks += _in_free_entries(derivation)
    blocks += condition_blocks(derivation.conditions)
    if derivation.kind == "hessian":
        blocks += _convexity(derivation)
    return doc.Section(statement=(statement,), blocks=(*blocks, checked(derivation.check())))


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
