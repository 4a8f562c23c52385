"""What every derivation shows besides its steps: conditions, conventions, facts used, the check."""

from __future__ import annotations

from collections.abc import Iterable

from symderive.derive.condition import Condition
from symderive.solutions import document as doc


def condition_text(found: Condition) -> doc.Text:
    """A condition as text."""
    if found.kind == "domain":
        return doc.text(doc.Math(found.latex, found.text))
    if found.kind == "kink":
        return _kink(found)
    return doc.text(found.text)


def _kink(found: Condition) -> doc.Text:
    """`at z = 0` as a formula, and the convention used there in words."""
    place, _, law = found.text.removeprefix("at ").partition(": ")
    left = found.latex.partition(r" \neq ")[0]
    return doc.text("at ", doc.Math(f"{left} = 0", place), f" there is no derivative; used is {law}")


def condition_blocks(conditions: Iterable[Condition]) -> list[doc.Block]:
    """Where a result holds, and what it takes for granted."""
    found = tuple(conditions)
    domains = tuple(condition_text(one) for one in found if one.kind == "domain")
    blocks: list[doc.Block] = [doc.Conditions(domains)] if domains else []
    for one in found:
        if one.kind != "domain":
            lead = "Convention: " if one.kind == "kink" else "Used: "
            blocks.append(doc.Paragraph(doc.text(lead, condition_text(one), ".")))
    return blocks


def domain_clause(conditions: Iterable[Condition]) -> doc.Text:
    """`where a and b`, with the space before it; empty where nothing has to hold."""
    domains = [one for one in conditions if one.kind == "domain"]
    spans: list[doc.Span | doc.Text] = [" where "] if domains else []
    for place, one in enumerate(domains):
        spans += [" and " if place else "", condition_text(one)]
    return doc.text(*spans)
