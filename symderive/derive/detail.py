"""How much of a derivation is shown: the result alone, its steps, or every elementary step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy

from symderive.core.identity import tensors_of
from symderive.core.nodes import Entry
from symderive.derive.derivation import Derivation
from symderive.derive.equation import Equation
from symderive.errors import SymderiveError, did_you_mean
from symderive.functions import by_head
from symderive.notation.arithmetic import ONE, times
from symderive.notation.forms import Form
from symderive.notation.labelled import NoMatrixNotationError
from symderive.notation.printing import text
from symderive.notation.recover import recover

DETAILS = ("brief", "standard", "full")


@dataclass(frozen=True)
class ShownLine:
    """One line of the steps.

    Attributes:
        equation: what it states.
        reason: why, in words.
        is_let: whether it only names an intermediate result.
        goes_on: whether it continues the line before it, so that its left-hand side is left out.
    """

    equation: Equation
    reason: str
    is_let: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Shown:
    """A derivation at a level of detail.

    Attributes:
        derivation: whose result, conditions and checks are shown; the lines come from the same computation.
        lines: its steps.
    """

    derivation: Derivation
    lines: tuple[ShownLine, ...]

    @property
    def step_checks(self) -> str:
        """How the steps compare with difference quotients, in words; empty before they have been compared."""
        found = [step.check for step in self.derivation.steps if step.check is not None]
        if not found:
            return ""
        passed = [one for one in found if one.passed]
        error = max((one.largest_error for one in passed), default=0.0)
        count = f"all {len(found)}" if len(passed) == len(found) else f"{len(passed)} of {len(found)}"
        hidden = "" if len(passed) == len(found) else "; the others are hidden by round-off"
        return (
            f"derivatives in the steps: {count} agree with central differences, "
            f"largest relative error {error:.0e}{hidden}"
        )


def at_detail(derivation: Derivation, detail: str) -> Shown:
    """A derivation at a level of detail.

    Args:
        derivation: any.
        detail: `brief`, the result; `standard`, the steps of a lecture; `full`, one operation in each step,
            and the lines before and after something cancels.

    Raises:
        SymderiveError: the level of detail is unknown.
    """
    if detail not in DETAILS:
        known = ", ".join(f'"{one}"' for one in DETAILS)
        raise SymderiveError(
            f'detail: "{detail}" is not known; it is one of {known}{did_you_mean(str(detail), DETAILS)}'
        )
    if detail == "brief":
        return Shown(derivation, ())
    if detail == "standard":
        return Shown(derivation, tuple(_plain_lines(derivation)))
    whole = derivation.elementary
    return Shown(whole, (*_full_lines(whole), *_simplified(whole)))


def _plain_lines(derivation: Derivation) -> Iterable[ShownLine]:
    for step in derivation.steps:
        yield ShownLine(step.statement, step.why or step.rule, step.rule == "definition")


def _full_lines(derivation: Derivation) -> Iterable[ShownLine]:
    for step in derivation.steps:
        reason = step.why or step.rule
        if step.before is None:
            yield ShownLine(step.statement, reason, step.rule == "definition")
            continue
        yield ShownLine(step.before, reason)
        yield ShownLine(step.statement, _why_simpler(derivation, step.before, step.statement), goes_on=True)


def _simplified(derivation: Derivation) -> Iterable[ShownLine]:
    """The lines before and after, where putting steps into one another lets something cancel."""
    for one in derivation.simplifications:
        yield ShownLine(one.before, "the steps put into one another")
        if str(one.before) == str(one.after):  # equal factors are joined in both
            continue
        yield ShownLine(one.after, _why_simpler(derivation, one.before, one.after), goes_on=True)


def _why_simpler(derivation: Derivation, before: Equation, after: Equation) -> str:
    """What has cancelled between two lines."""
    old, new = before.definition.body, after.definition.body
    reasons = []
    gone = [base for base in _denominators(old) if base not in _denominators(new)]
    forms = [form for form in map(_form_of, gone) if form is not None]
    if gone and len(forms) == len(gone):
        word = "the slope " if any(_is_slope(derivation, base) for base in gone) else ""
        product = times(ONE, *_largest_rank(forms))
        reasons.append(f"{word}{text(product)} cancels")
    elif gone:
        reasons.append("common factors cancel")
    if _domain_powers(old) - _domain_powers(new):
        reasons += [str(one) for one in derivation.conditions if one.kind == "fact"]
    return "; ".join(reasons) or "collected"


def _denominators(expr: sympy.Expr) -> list[sympy.Expr]:
    """The bases of negative powers, in the order in which they occur."""
    found: dict[sympy.Expr, None] = {}
    for part in sympy.preorder_traversal(expr):
        if isinstance(part, sympy.Pow) and part.exp.could_extract_minus_sign() and tensors_of(part.base):
            found[part.base] = None
    return sorted(found, key=lambda base: (not isinstance(base, Entry), str(base)))


def _form_of(base: sympy.Expr) -> Form | None:
    try:
        return recover(base).form
    except NoMatrixNotationError:
        return None


def _largest_rank(forms: list[Form]) -> list[Form]:
    """The forms without doubles."""
    return list(dict.fromkeys(forms))


def _is_slope(derivation: Derivation, base: sympy.Expr) -> bool:
    """Whether a base is the value of a function whose slope is written by its value, such as σ."""
    if not isinstance(base, Entry):
        return False
    made = derivation.given.definition(base.tensor)
    entry = None if made is None else by_head().get(type(made.body))
    return entry is not None and entry.of_output is not None


def _domain_powers(expr: sympy.Expr) -> set[sympy.Expr]:
    """Powers of entries that are ±1 or 0/1."""
    return {
        part.base.tensor
        for part in sympy.preorder_traversal(expr)
        if isinstance(part, sympy.Pow)
        and isinstance(part.base, Entry)
        and part.base.tensor.domain in ("sign", "binary", "onehot")
    }
