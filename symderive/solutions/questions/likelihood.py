"""From a density to the loss, its gradient and Hessian, convexity and the Fisher information."""

from __future__ import annotations

from symderive.likelihoods.links import LINKS
from symderive.solutions import document as doc
from symderive.solutions.parts.answer import answer, heading
from symderive.solutions.parts.likelihood_blocks import (
    convexity_blocks,
    derivative_blocks,
    description,
    information_blocks,
    loss_blocks,
    number_blocks,
)  # fmt: skip
from symderive.solutions.parts.likelihood_model import DATA, data_of, model_of
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Field, String, Table

KIND = "likelihood"
SCHEMA = Table(
    *heading("A likelihood"),
    Field("distribution", String(), doc="the distribution of an observation"),
    Field(
        "link", String(), default=None, choices=(None, *LINKS), doc="the link; the canonical one without it"
    ),
    Field("coefficients", String(), default="theta", doc="the name of the coefficient vector"),
    Field("data", DATA, default=None, doc="numbers to evaluate at"),
)


def solve(question: Question) -> doc.Section:
    """Derive everything from the density.

    Raises:
        ProblemError: The question cannot be solved as it stands.
    """
    model = model_of(question)
    data = data_of(question, model)
    blocks = [
        *loss_blocks(model),
        *derivative_blocks(model.loss_gradient, "Gradient"),
        *derivative_blocks(model.loss_hessian, "Hessian"),
        *convexity_blocks(model.loss_hessian),
        *information_blocks(model),
    ]
    if data is not None:
        blocks += number_blocks(model, data)
    return answer(question, description(model), blocks)
