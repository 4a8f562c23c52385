"""From the density to the loss, its derivatives, convexity, information, and the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from symderive.derive.convexity import convexity
from symderive.derive.derivation import Derivation, Equation
from symderive.derive.glm import GLM
from symderive.errors import SymderiveError
from symderive.notation.arithmetic import ONE
from symderive.notation.forms import Const
from symderive.notation.names import latex_name, text_name
from symderive.notation.printing import latex, text
from symderive.notation.recover import matrix_form
from symderive.solutions import document as doc
from symderive.solutions.formulas import (
    EQUALS,
    array_math,
    checked,
    display,
    joined,
    left_side,
    long_display,
    math,
    name,
    step,
    together,
)  # fmt: skip
from symderive.solutions.parts.derivation_blocks import condition_blocks, domain_clause

_EMPTY = doc.Math("", "")


def description(model: GLM) -> doc.Paragraph:
    """The model in one sentence."""
    theta = name(model.theta.tensor)
    article = "an" if model.link.name[0] in "aeiou" else "a"
    kind = "an" if model.family.title[0] in "aeio" else "a"
    return doc.Paragraph(
        doc.text(
            "The observations ",
            doc.Math(r"y_1, \dots, y_n", "y₁, …, yₙ"),
            " are independent, and ",
            doc.Math("y_i", "yᵢ"),
            f" has {kind} {model.family.title} distribution with {article} {model.link.name} link; ",
            doc.Math(r"x_i^{\top}", "xᵢᵀ"),
            " is row ",
            doc.Math("i", "i"),
            " of ",
            doc.Math(r"X \in \mathbb{R}^{n \times d}", "X ∈ ℝ^(n×d)"),
            ", and ",
            doc.Math(rf"{theta.latex} \in \mathbb{{R}}^{{d}}", f"{theta.plain} ∈ ℝ^d"),
            ".",
        )
    )


def loss_blocks(model: GLM) -> list[doc.Block]:
    """Density, likelihood, log-likelihood, loss."""
    theta = name(model.theta.tensor)
    density = math(model.density.entry_form)
    letter = "P" if model.family.discrete else "f"
    given = doc.Math(rf"{letter}(y_i \mid x_i, {theta.latex})", f"{letter}(yᵢ | xᵢ, {theta.plain})")
    product = doc.Math(rf"\prod_{{i=1}}^{{n}} {density.latex}", f"Πᵢ {density.plain}")
    log_likelihood, loss = model.log_likelihood.results[0], model.loss.results[0]
    rows = (
        doc.Step(given, EQUALS, density, doc.text(f"{model.family.title} density")),
        doc.Step(_of(r"\mathcal{L}", "𝓛", theta), EQUALS, product, doc.text("independent observations")),
        doc.Step(
            _of(r"\ell", "ℓ", theta), EQUALS, math(log_likelihood.index_form), doc.text("log of the product")
        ),
        doc.Step(_of("L", "L", theta), EQUALS, math(loss.index_form), doc.text("negative log-likelihood")),
    )
    lets = tuple(doc.Definition(left_side(one), math(one.form)) for one in model.loss.lets)
    blocks: list[doc.Block] = [doc.Heading(doc.text("From the density to the loss"))]
    blocks += [doc.Definitions(lets)] if lets else []
    blocks.append(doc.Steps(rows))
    matrix = model.loss_in_matrix_form
    if matrix is not None:
        left = _of("L", "L", theta)
        blocks.append(doc.Display(joined(left, EQUALS, doc.Math(latex(matrix), text(matrix))), True))
    return [*blocks, *condition_blocks(model.loss.conditions), checked(model.loss.check())]


def _of(latex_letter: str, plain: str, theta: doc.Math) -> doc.Math:
    return doc.Math(f"{latex_letter}({theta.latex})", f"{plain}({theta.plain})")


def derivative_blocks(derivation: Derivation, title: str) -> list[doc.Block]:
    """The steps, one entry in index form, and the result in matrix form."""
    (equation,) = derivation.results
    rows = []
    for one in derivation.steps:
        why = "definition" if one.rule == "definition" else one.why or one.rule
        rows.append(step(one.statement, why, tensors=derivation.original.inputs))
    return [
        doc.Heading(doc.text(title)),
        doc.Steps(tuple(rows)),
        *_two_forms(_entry(derivation), equation),
        together([equation, *derivation.lets]),
        *condition_blocks(derivation.conditions),
        checked(derivation.check()),
    ]


def _two_forms(entry: doc.Math, equation: Equation) -> list[doc.Block]:
    """One entry in index form before the matrix form; nothing where there is no matrix form."""
    if matrix_form(equation.definition) is None:
        return []
    return [
        doc.Paragraph(doc.text("In index form")),
        long_display(entry, equation.index_form),
        doc.Paragraph(doc.text("and in matrix form")),
    ]


def _entry(derivation: Derivation) -> doc.Math:
    """One entry of a first or second derivative."""
    variable = derivation.wrt[0]
    below, plain = latex_name(str(variable.name)), text_name(str(variable.name))
    if derivation.kind == "gradient":
        return doc.Math(rf"\frac{{\partial L}}{{\partial {below}_j}}", f"∂L/∂{plain}ⱼ")
    return doc.Math(
        rf"\frac{{\partial^2 L}}{{\partial {below}_j \, \partial {below}_k}}", f"∂²L/∂{plain}ⱼ∂{plain}ₖ"
    )


def convexity_blocks(derivation: Derivation) -> list[doc.Block]:
    """Whether the Hessian shows that the loss is convex, and where."""
    heading = doc.Heading(doc.text("Convexity"))
    sentence = convexity_sentence(derivation)
    if sentence is None:
        words = "The Hessian is not of the form that shows its sign; convexity is not decided."
        return [heading, doc.Verdict("undecided", doc.text(words))]
    return [heading, *sentence]


def convexity_sentence(derivation: Derivation) -> list[doc.Block] | None:
    """The proof that a loss is convex where it is defined, or None where none was found."""
    found = convexity(derivation)
    if found is None:
        return None
    alone = found.weight == Const(ONE)
    weight = doc.Math("", "") if alone else math(found.weight)
    variable = name(derivation.wrt[0])
    row = found.rows.lower()
    size = math_of_size(str(derivation.wrt[0].shape[0]))
    left = doc.Math(rf"v^{{\top}} \nabla^2_{{{variable.latex}}} L \, v", f"vᵀ ∇²_{variable.plain} L v")
    right = doc.Math(
        rf"\sum_i {weight.latex} \, ({row}_i^{{\top}} v)^2 \ge 0",
        f"Σᵢ {weight.plain} ({row}ᵢᵀv)² ≥ 0".replace("  ", " "),
    )
    reason = (
        ("a sum of squares",)
        if alone
        else ("since ", doc.Math(rf"{weight.latex} \ge 0", f"{weight.plain} ≥ 0"))
    )
    every = doc.Math(rf"v \in \mathbb{{R}}^{{{size.latex}}}", f"v ∈ ℝ^{size.plain}")
    where = domain_clause(derivation.conditions)
    return [
        doc.Paragraph(doc.text("For every ", every)),
        doc.Display(joined(left, EQUALS, right)),
        doc.Paragraph(doc.text(*reason, ": the loss is convex", where, ".")),
    ]


def math_of_size(size: str) -> doc.Math:
    """A size as a formula."""
    return doc.Math(size, size) if size.isdigit() else doc.Math(latex_name(size), text_name(size))


def information_blocks(model: GLM) -> list[doc.Block]:
    """The expected Fisher information, where the expectation is known."""
    heading = doc.Heading(doc.text("Expected Fisher information"))
    try:
        derivation = model.fisher_information
    except SymderiveError as error:
        return [heading, doc.Verdict("undecided", doc.text(str(error)))]
    (equation,) = derivation.results
    left, theta = left_side(equation), name(model.theta.tensor)
    expected = doc.Math(rf"\mathbb{{E}}\!\left[\nabla^2_{{{theta.latex}}} L\right]", f"E[∇²_{theta.plain} L]")
    rows = (
        doc.Step(left, EQUALS, expected, doc.text("expectation over the observations")),
        doc.Step(_EMPTY, EQUALS, math(equation.form), doc.text(derivation.steps[-1].why)),
    )
    entry = doc.Math(f"{left.latex}_{{jk}}", f"{left.plain}ⱼₖ")
    return [
        heading,
        doc.Steps(rows),
        *_two_forms(entry, equation),
        together([equation, *derivation.lets]) if derivation.lets else display(equation, boxed=True),
        *condition_blocks(derivation.conditions),
        checked(derivation.check()),
    ]


def number_blocks(model: GLM, arrays: Mapping[str, Any]) -> list[doc.Block]:
    """Everything at one point."""
    derivations = {
        "log-likelihood": model.log_likelihood, "loss": model.loss, "gradient": model.loss_gradient,
        "Hessian": model.loss_hessian,
    }  # fmt: skip
    with suppress(SymderiveError):  # information_blocks says why there is none
        derivations["Fisher information"] = model.fisher_information
    values = []
    for title, derivation in derivations.items():
        function = derivation.to_numpy()
        given = {str(tensor.name): arrays[str(tensor.name)] for tensor in function.program.inputs}
        value = array_math(function(**given))
        values.append(doc.Definition(left_side(derivation.results[0]), value, doc.text(title)))
    inputs = tuple(
        doc.Definition(name(tensor), array_math(arrays[str(tensor.name)]))
        for tensor in (model.X.tensor, model.y.tensor, model.theta.tensor)
    )
    return [
        doc.Heading(doc.text("Numbers")),
        doc.Definitions(inputs),
        doc.Paragraph(doc.text("With these,")),
        doc.Definitions(tuple(values)),
    ]
