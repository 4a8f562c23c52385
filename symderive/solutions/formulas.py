"""The project's printers as mathematics for documents: the only place where `Math` is made from forms."""

from __future__ import annotations

from symderive.derive.conditions import Condition
from symderive.derive.derivation import Check, Equation
from symderive.notation.forms import Form
from symderive.notation.printing import latex, text
from symderive.solutions import document as doc

EQUALS = doc.Math("=", "=")


def math(form: Form) -> doc.Math:
    """A form as a formula."""
    return doc.Math(latex(form), text(form))


def left_side(equation: Equation) -> doc.Math:
    """The left-hand side of an equation."""
    return doc.Math(equation.left_latex, equation.left_text)


def right_side(equation: Equation) -> doc.Math:
    """The right-hand side of an equation: matrix notation where it exists."""
    return math(equation.form)


def display(equation: Equation, boxed: bool = False) -> doc.Display:
    """An equation on its own line."""
    return doc.Display(joined(left_side(equation), EQUALS, right_side(equation)), boxed)


def joined(*parts: doc.Math) -> doc.Math:
    """Formulas side by side."""
    return doc.Math(" ".join(part.latex for part in parts), " ".join(part.plain for part in parts))


def step(equation: Equation, reason: str, *more: doc.Math) -> doc.Step:
    """A line of a derivation; `more` are further forms of the right-hand side, joined by equals signs."""
    right = right_side(equation)
    for other in more:
        right = joined(right, EQUALS, other)
    return doc.Step(left_side(equation), EQUALS, right, doc.text(reason) if reason else ())


def condition(found: Condition) -> doc.Text:
    """A condition as text."""
    if found.kind == "domain":
        return doc.text(doc.Math(found.latex, found.text))
    return doc.text(found.text)


def checked(check: Check) -> doc.Paragraph:
    """A check as a sentence."""
    return doc.Paragraph(doc.text(doc.Emph(f"{str(check)[0].upper()}{str(check)[1:]}.")))
