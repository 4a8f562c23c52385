"""A derivation as text for a terminal, at a level of detail."""

from __future__ import annotations

from symderive.derive.derivation import Derivation
from symderive.errors import SymderiveError, did_you_mean

DETAILS = ("brief", "standard", "full")


def check_detail(name: str) -> str:
    """The name of a level of detail.

    Raises:
        SymderiveError: it is unknown.

    >>> check_detail("brief")
    'brief'
    """
    if name not in DETAILS:
        known = ", ".join(f'"{one}"' for one in DETAILS)
        raise SymderiveError(
            f'detail: "{name}" is not known; it is one of {known}{did_you_mean(str(name), DETAILS)}'
        )
    return name


def report(derivation: Derivation, detail: str, form: str) -> str:
    """What `print` shows: the loss, the steps, the result, conditions and checks.

    Raises:
        SymderiveError: the level of detail or the form is unknown.
    """
    check_detail(detail)
    results, lets = derivation.styled(form)
    lines = [str(derivation.loss), ""]
    if detail != "brief":
        lines += [f"  {number:<3}{step}" for number, step in enumerate(derivation.steps, start=1)]
        lines.append("")
    where = [str(equation) for equation in lets]
    for place, equation in enumerate(results):
        tail = f",   {', '.join(where)}" if where and place == len(results) - 1 else ""
        lines.append(f"  {equation}{tail}")
    if derivation.layout.sentence:
        lines += ["", f"  {derivation.layout.sentence}"]
    if derivation.conditions:
        lines += [
            "",
            *(f"  holds where {c}" if c.kind == "domain" else f"  uses {c}" for c in derivation.conditions),
        ]
    lines += ["", *(str(check) for check in derivation.checks)]
    return "\n".join(lines)
