"""From a density to the loss, its gradient and Hessian, convexity and the Fisher information."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symderive.core.dims import check_name
from symderive.derive.convexity import Curvature, convexity
from symderive.derive.derivation import Derivation
from symderive.derive.glm import GLM
from symderive.errors import SymderiveError
from symderive.likelihoods import distributions
from symderive.likelihoods.links import LINKS
from symderive.notation.names import latex_name, text_name
from symderive.notation.printing import latex, text
from symderive.solutions import document as doc
from symderive.solutions.formulas import (
    EQUALS, array_math, checked, condition, display, left_side, math, name, step, together,
)  # fmt: skip
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Field, Numbers, String, Table

KIND = "likelihood"
_DATA = Table(
    Field("X", Numbers(ranks=(2,)), doc="one row per observation"),
    Field("y", Numbers(ranks=(1,)), doc="the observations"),
    Field("coefficients", Numbers(ranks=(1,)), doc="the coefficients at which to evaluate"),
)
SCHEMA = Table(
    Field("title", String(), default="A likelihood", doc="the heading"),
    Field("text", String(), default="", doc="the question as it was set"),
    Field("distribution", String(), doc="the distribution of an observation"),
    Field("link", String(), default=None, choices=(None, *LINKS), doc="the link; the canonical one without it"),
    Field("coefficients", String(), default="theta", doc="the name of the coefficient vector"),
    Field("data", _DATA, default=None, doc="numbers to evaluate at"),
)


def solve(question: Question) -> doc.Section:
    """Derive everything from the density.

    Raises:
        ProblemError: the question cannot be solved as it stands.
    """
    values = question.values
    model = _model(question)
    blocks = [
        *_likelihood(model), *_derivative(model.loss_gradient, "Gradient"),
        *_derivative(model.loss_hessian, "Hessian"), *_curvature(model), *_information(model),
    ]  # fmt: skip
    if values["data"] is not None:
        blocks += _numbers(question, model, values["data"])
    statement = (*doc.paragraphs(values["text"]), _description(model))
    return doc.Section(doc.text(values["title"]), statement, tuple(blocks))


def _model(question: Question) -> GLM:
    values = question.values
    known = distributions()
    if values["distribution"] not in known:
        from symderive.errors import did_you_mean

        near = did_you_mean(values["distribution"], known)
        raise question.error("distribution", f'the distribution "{values["distribution"]}" is not known{near}')
    try:
        check_name(values["coefficients"], "the coefficients")
        if values["coefficients"] in ("X", "y", "n", "d", "ell"):
            raise SymderiveError(f"the name {values['coefficients']} is taken; choose another for the coefficients.")
        return GLM(values["distribution"], values["link"], values["coefficients"])
    except SymderiveError as error:
        raise question.error("coefficients" if "coefficients" in values else (), str(error)) from None


def _theta(model: GLM) -> doc.Math:
    return name(model.theta.tensor)


def _description(model: GLM) -> doc.Paragraph:
    theta = _theta(model)
    row = doc.Math(r"x_i^{\top}", "xᵢᵀ")
    return doc.Paragraph(
        doc.text(
            "Observations ", doc.Math("y_1, \\dots, y_n", "y₁, …, yₙ"), " are independent, ", doc.Math("y_i", "yᵢ"),
            f" has a {model.family.title} distribution with {model.link.name} link; ", row, " is row ",
            doc.Math("i", "i"), " of ", doc.Math(r"X \in \mathbb{R}^{n \times d}", "X ∈ ℝ^(n×d)"), ", and ",
            doc.Math(rf"{theta.latex} \in \mathbb{{R}}^{{d}}", f"{theta.plain} ∈ ℝ^d"), ".",
        )
    )  # fmt: skip


def _likelihood(model: GLM) -> list[doc.Block]:
    theta = _theta(model)
    density = math(model.density.entry_form)
    probability = "P" if model.family.discrete else "f"
    given = doc.Math(rf"{probability}(y_i \mid x_i, {theta.latex})", f"{probability}(yᵢ | xᵢ, {theta.plain})")
    product = doc.Math(rf"\prod_{{i=1}}^{{n}} {density.latex}", f"Πᵢ {density.plain}")
    log_likelihood, loss = model.log_likelihood.results[0], model.loss.results[0]
    rows = (
        doc.Step(given, EQUALS, density, doc.text(f"{model.family.title} density")),
        doc.Step(_of("\\mathcal{L}", "𝓛", theta), EQUALS, product, doc.text("independent observations: a product")),
        doc.Step(_of("\\ell", "ℓ", theta), EQUALS, math(log_likelihood.index_form), doc.text("the logarithm turns the product into a sum")),
        doc.Step(_of("L", "L", theta), EQUALS, math(loss.index_form), doc.text("loss: the negative log-likelihood")),
    )
    blocks: list[doc.Block] = [doc.Heading(doc.text("From the density to the loss")), *_lets(model), doc.Steps(rows)]
    matrix = model.loss_in_matrix_form
    if matrix is not None:
        blocks.append(doc.Display(doc.Math(f"L({theta.latex}) = {latex(matrix)}", f"L({theta.plain}) = {text(matrix)}"), True))
    domains = [one for one in model.loss.conditions if one.kind == "domain"]
    if domains:
        blocks.append(doc.Conditions(tuple(condition(one) for one in domains)))
    blocks.append(checked(model.loss.check()))
    return blocks


def _of(latex_letter: str, plain: str, theta: doc.Math) -> doc.Math:
    return doc.Math(f"{latex_letter}({theta.latex})", f"{plain}({theta.plain})")


def _lets(model: GLM) -> list[doc.Block]:
    lets = model.loss.lets
    rows = tuple(doc.Definition(left_side(one), math(one.form)) for one in lets)
    return [doc.Definitions(rows)] if rows else []


def _derivative(derivation: Derivation, title: str) -> list[doc.Block]:
    """Index form of one entry, then the steps in matrix form, then the result."""
    (equation,) = derivation.results
    rows = []
    for one in derivation.steps:
        why = "definition" if one.rule == "definition" else one.why or one.rule
        rows.append(step(one.statement, why, tensors=derivation.original.inputs))
    index = _entry_equation(derivation)
    return [
        doc.Heading(doc.text(title)),
        doc.Steps(tuple(rows)),
        doc.Paragraph(doc.text("In index form, ", index, ", and in matrix form")),
        display(equation, boxed=True),
        checked(derivation.check()),
    ]


def _entry_equation(derivation: Derivation) -> doc.Math:
    (equation,) = derivation.results
    variable = derivation.wrt[0]
    below, plain = latex_name(str(variable.name)), text_name(str(variable.name))
    right = math(equation.index_form)
    if derivation.kind == "gradient":
        left = doc.Math(rf"\frac{{\partial L}}{{\partial {below}_j}}", f"∂L/∂{plain}ⱼ")
    else:
        left = doc.Math(
            rf"\frac{{\partial^2 L}}{{\partial {below}_j \, \partial {below}_k}}", f"∂²L/∂{plain}ⱼ∂{plain}ₖ"
        )
    return doc.Math(rf"\displaystyle {left.latex} = {right.latex}", f"{left.plain} = {right.plain}")


def _curvature(model: GLM) -> list[doc.Block]:
    found = convexity(model.loss_hessian)
    if found is None:
        return [
            doc.Heading(doc.text("Convexity")),
            doc.Verdict("undecided", doc.text("The Hessian is not of the form that shows its sign; convexity is not decided.")),
        ]
    return [doc.Heading(doc.text("Convexity")), doc.Paragraph(_convex_sentence(model, found))]


def _convex_sentence(model: GLM, found: Curvature) -> doc.Text:
    weight = math(found.weight)
    theta = _theta(model)
    v = doc.Math(r"v \in \mathbb{R}^{d}", "v ∈ ℝ^d")
    form = doc.Math(
        rf"v^{{\top}} \nabla^2_{{{theta.latex}}} L \, v = \sum_i {weight.latex} \, (x_i^{{\top}} v)^2 \ge 0",
        f"vᵀ ∇²L v = Σᵢ {weight.plain} (xᵢᵀv)² ≥ 0",
    )
    domains = [one for one in model.loss.conditions if one.kind == "domain"]
    where: list[doc.Span | doc.Text] = [" where "] if domains else []
    for place, one in enumerate(domains):
        where += [" and " if place else "", *condition(one)]
    return doc.text("For every ", v, ", ", form, ", since every weight is nonnegative. The loss is convex", *where, ".")


def _information(model: GLM) -> list[doc.Block]:
    try:
        derivation = model.fisher_information
    except SymderiveError as error:
        return [doc.Heading(doc.text("Fisher information")), doc.Verdict("undecided", doc.text(str(error)))]
    (equation,) = derivation.results
    reason = derivation.steps[-1].why
    index = math(equation.index_form)
    heading = left_side(equation)
    theta = _theta(model)
    expected = doc.Math(rf"\mathbb{{E}}\!\left[\nabla^2_{{{theta.latex}}} L\right]", "E[∇²L]")
    entry = doc.Math(rf"\displaystyle {heading.latex}_{{jk}} = {index.latex}", f"{heading.plain}ⱼₖ = {index.plain}")
    return [
        doc.Heading(doc.text("Expected Fisher information")),
        doc.Steps((doc.Step(heading, EQUALS, expected, doc.text("expectation over the observations")),
                   doc.Step(doc.Math("", ""), EQUALS, math(equation.form), doc.text(reason)))),
        doc.Paragraph(doc.text("In index form, ", entry, ", and in matrix form")),
        together([equation, *derivation.lets]) if derivation.lets else display(equation, boxed=True),
        checked(derivation.check()),
    ]  # fmt: skip


def _numbers(question: Question, model: GLM, data: Mapping[str, Any]) -> list[doc.Block]:
    arrays = {
        "X": np.asarray(data["X"], dtype=float), "y": np.asarray(data["y"], dtype=float),
        model.theta.name: np.asarray(data["coefficients"], dtype=float),
    }  # fmt: skip
    _check_data(question, model, arrays)
    derivations = {
        "log-likelihood": model.log_likelihood, "loss": model.loss, "gradient": model.loss_gradient,
        "Hessian": model.loss_hessian, "Fisher information": model.fisher_information,
    }  # fmt: skip
    values = []
    for title, derivation in derivations.items():
        function = derivation.to_numpy()
        given = {str(tensor.name): arrays[str(tensor.name)] for tensor in function.program.inputs}
        values.append(doc.Definition(left_side(derivation.results[0]), array_math(function(**given)), doc.text(title)))
    inputs = [
        doc.Definition(name(tensor), array_math(arrays[str(tensor.name)]))
        for tensor in (model.X.tensor, model.y.tensor, model.theta.tensor)
    ]
    return [
        doc.Heading(doc.text("Numbers")), doc.Definitions(tuple(inputs)),
        doc.Paragraph(doc.text("With these,")), doc.Definitions(tuple(values)),
    ]  # fmt: skip


def _check_data(question: Question, model: GLM, arrays: Mapping[str, Any]) -> None:
    """Refuse data outside the model, naming the key.

    Raises:
        ProblemError: with the line of the array that is wrong.
    """
    x, y, theta = arrays["X"], arrays["y"], arrays[model.theta.name]
    if len(y) != len(x):
        raise question.error(("data", "y"), f"y has {len(y)} entries, but X has {len(x)} rows; give one observation per row.")
    if len(theta) != x.shape[1]:
        raise question.error(
            ("data", "coefficients"), f"there are {len(theta)} coefficients, but X has {x.shape[1]} columns; give one per column."
        )
    for place, value in enumerate(y):
        problem = _outside(model.family.support, float(value))
        if problem:
            raise question.error(("data", "y", place), f"y[{place}] = {value:g} is not {problem}, as the {model.family.title} distribution needs.")
    for place, value in enumerate(model.parameter_values(arrays)):
        problem = _outside(model.family.parameter[1], float(value))
        if problem:
            word = {"lambda": "rate", "p": "probability"}.get(model.family.parameter[0], "parameter")
            raise question.error(
                ("data", "coefficients"),
                f"the {word} of observation {place} is {value:g}, not {problem}; choose coefficients for which every {word} is.",
            )


def _outside(domain: str, value: float) -> str:
    """What a value should be but is not; empty if it is."""
    rules = {
        "count": (value >= 0 and value == int(value), "a count 0, 1, 2, …"),
        "binary": (value in (0.0, 1.0), "0 or 1"),
        "positive": (value > 0, "positive"),
        "nonnegative": (value >= 0, "nonnegative"),
        "unit": (0 < value < 1, "between 0 and 1"),
    }
    fits, words = rules.get(domain, (True, ""))
    return "" if fits else words
