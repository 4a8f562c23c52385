"""A derivation as text for a terminal, at a level of detail."""

from __future__ import annotations

from symderive.derive.derivation import Derivation
from symderive.derive.detail import Shown, ShownLine, at_detail
from symderive.derive.stacking import stacking
from symderive.notation.printing import text


def report(derivation: Derivation, detail: str, form: str) -> str:
    """What `print` shows: the loss, the steps, the result, layout, conditions and checks.

    Raises:
        SymderiveError: the level of detail or the form is unknown.
    """
    shown = at_detail(derivation, detail)
    whole = shown.derivation
    results, lets = whole.styled(form)
    lines = [str(whole.loss), ""]
    if shown.lines:
        lines += [*_numbered(shown.lines), ""]
    where = [str(equation) for equation in lets]
    for place, equation in enumerate(results):
        tail = f",   {', '.join(where)}" if where and place == len(results) - 1 else ""
        lines.append(f"  {equation}{tail}")
    lines += _in_free_entries(whole, form)
    if whole.layout.sentence:
        lines += ["", f"  {whole.layout.sentence}"]
    said = "".join(one if isinstance(one, str) else text(one) for one in stacking(results))
    lines += [f"  {said}"] if said else []
    if whole.conditions:
        lines += [
            "",
            *(f"  holds where {c}" if c.kind == "domain" else f"  uses {c}" for c in whole.conditions),
        ]
    lines += ["", *(str(check) for check in whole.checks), *_of_steps(shown, detail)]
    return "\n".join(lines)


def _numbered(lines: tuple[ShownLine, ...]) -> list[str]:
    """The steps with their numbers; a line that goes on begins with its equals sign under that before it."""
    made, number, left = [], 0, ""
    for line in lines:
        if line.goes_on:
            start = " " * len(left) if line.equation.left_text == left else line.equation.left_text
            made.append(f"     {start} = {line.equation.right_text}    {line.reason}")
            continue
        number, left = number + 1, line.equation.left_text
        made.append(f"  {number:<3}{line.equation}    {line.reason}")
    return made


def _in_free_entries(derivation: Derivation, form: str) -> list[str]:
    """The gradient in the free entries of structured variables, with what is varied."""
    free = derivation.structured
    if free is None:
        return []
    results, lets = free.styled(form)
    shown = [str(one) for one, variable in zip(results, free.wrt, strict=True) if variable.is_structured]
    where = ", ".join(str(one) for one in lets if one not in derivation.lets)
    shown[-1] += f",   {where}" if where else ""
    _ = free.checks  # confirmed before it is shown
    return ["", f"  {derivation.convention}", *(f"  {one}" for one in shown)]


def _of_steps(shown: Shown, detail: str) -> list[str]:
    return [shown.step_checks] if detail == "full" and shown.step_checks else []
