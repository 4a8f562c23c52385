"""The project's printers as mathematics for documents: the only place where `Math` is made from forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import sympy
from numpy.typing import ArrayLike

from symderive.core.identity import substitute
from symderive.core.nodes import Entry, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.derive.derivation import Check, Equation
from symderive.notation.forms import Form, Plus
from symderive.notation.names import latex_name, text_name
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
    return doc.Math(equation.right_latex, equation.right_text)


def display(equation: Equation, boxed: bool = False) -> doc.Display:
    """An equation on its own line."""
    return doc.Display(joined(left_side(equation), EQUALS, right_side(equation)), boxed)


def joined(*parts: doc.Math) -> doc.Math:
    """Formulas side by side."""
    return doc.Math(" ".join(part.latex for part in parts), " ".join(part.plain for part in parts))


def step(equation: Equation, reason: str, *more: doc.Math, tensors: Iterable[Tensor] = ()) -> doc.Step:
    """A line of a derivation; `more` are further forms of the right-hand side, joined by equals signs."""
    right = right_side(equation)
    for other in more:
        right = joined(right, EQUALS, other)
    return doc.Step(left_side(equation), EQUALS, right, reason_text(reason, tensors))


def reason_text(reason: str, tensors: Iterable[Tensor] = ()) -> doc.Text:
    """A reason as text, with the names of arrays set as mathematics."""
    names = {str(tensor.name): name(tensor) for tensor in tensors}
    pieces = re.split(r"(\w+)", reason)
    return doc.text(*(names.get(piece, piece) for piece in pieces if piece))


def name(tensor: Tensor) -> doc.Math:
    """The name of an array."""
    return doc.Math(tensor.latex_name or latex_name(str(tensor.name)), text_name(str(tensor.name)))


def together(equations: Sequence[Equation], boxed: bool = True) -> doc.Display:
    """Several equations in one display, aligned at their equals signs."""
    if len(equations) == 1:
        return display(equations[0], boxed)
    lines = tuple(f"{one.left_latex} &= {one.right_latex}" for one in equations)
    rows = r" \\ ".join(lines)
    plain = "\n".join(str(one) for one in equations)
    return doc.Display(doc.Math(rf"\begin{{aligned}} {rows} \end{{aligned}}", plain, lines), boxed)


def long_display(left: doc.Math, form: Form, boxed: bool = False) -> doc.Display:
    """`left = form` on its own line, on several lines where the form is a long sum."""
    right = math(form)
    terms = form.terms if isinstance(form, Plus) else ()
    lines = tuple(_row(left, term, place) for place, term in enumerate(terms)) if len(terms) > 1 else ()
    whole = joined(left, EQUALS, right)
    return doc.Display(doc.Math(whole.latex, whole.plain, lines), boxed)


def _row(left: doc.Math, term: Form, place: int) -> str:
    written = latex(term)
    if not place:
        return f"{left.latex} &= {written}"
    sign = "" if written.startswith("-") else "+ "
    return rf"&\quad {sign}{written}"


def array_math(value: ArrayLike, digits: int = 8) -> doc.Math:
    """Numbers as a matrix, a vector or a scalar, with the given number of significant digits."""
    array = np.asarray(value, dtype=float)
    if array.ndim == 0:
        return doc.Math(_number_latex(float(array), digits), _number_text(float(array), digits))
    if array.ndim == 1 and len(array) == 1:
        return array_math(array[0], digits)
    if array.ndim == 1:
        entries = [float(entry) for entry in array]
        latex_row = r",\, ".join(_number_latex(entry, digits) for entry in entries)
        return doc.Math(f"({latex_row})", f"({', '.join(_number_text(entry, digits) for entry in entries)})")
    rows = [[float(entry) for entry in row] for row in array]
    body = r" \\ ".join(" & ".join(_number_latex(entry, digits) for entry in row) for row in rows)
    plain = "[" + "; ".join(", ".join(_number_text(entry, digits) for entry in row) for row in rows) + "]"
    return doc.Math(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", plain)


def _number_text(value: float, digits: int) -> str:
    return f"{value:.{digits}g}".replace("-", "−")


def _number_latex(value: float, digits: int) -> str:
    written = f"{value:.{digits}g}"
    mantissa, mark, exponent = written.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if mark else mantissa


def without_unit_sums(equation: Equation) -> Equation:
    """The equation with sums over a single position written out: `L = y − p` for one output."""
    made = equation.definition
    return Equation(
        Definition(made.tensor, made.indices, _unit_free(made.body), made.rule, made.why),
        equation.left,
        equation.entrywise,
        equation.inside,
    )


def _unit_free(expr: sympy.Expr) -> sympy.Expr:
    if isinstance(expr, IndexSum):
        single = {index: sympy.S.Zero for index in expr.indices if index.dim == 1}
        kept = [index for index in expr.indices if index not in single]
        body = _unit_free(substitute(expr.body, single))
        return IndexSum(body, *kept) if kept else body
    if isinstance(expr, Entry):
        axes = [
            (axis, size)
            for axis, size in zip(expr.axes, expr.tensor.shape, strict=True)
            if size != 1 or axis != 0
        ]
        if len(axes) == len(expr.axes):
            return expr
        old = expr.tensor
        slim = Tensor(old.name, tuple(size for _, size in axes), old.domain, old.latex_name)
        return Entry(slim, *(axis for axis, _ in axes))
    return expr.func(*(_unit_free(arg) for arg in expr.args)) if expr.args else expr


def checked(check: Check) -> doc.Paragraph:
    """A check as a sentence."""
    return doc.Paragraph(doc.text(doc.Emph(f"{str(check)[0].upper()}{str(check)[1:]}.")))
