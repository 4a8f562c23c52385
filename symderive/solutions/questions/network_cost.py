"""What a whole network costs, block by block, with numbers or with symbols for its sizes."""

from __future__ import annotations

from symderive.cost.algebra import NoQuantityError
from symderive.errors import SymderiveError
from symderive.solutions import document as doc
from symderive.solutions.parts.cost_answers import COST_FIELDS, cost_answers, quantities_of
from symderive.solutions.parts.network_cost_blocks import network_cost_blocks, network_sentence
from symderive.solutions.parts.network_cost_input import network_cost
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Boolean, Field, Integer, ListOf, MapOf, OneOf, String, Table

KIND = "network_cost"
_SIZE = OneOf(Integer(least=0), String())
SCHEMA = Table(
    Field("title", String(), default="Cost of a network", doc="the heading"),
    Field("text", String(), default="", doc="the question as it was set"),
    Field("network", String(), doc="the name of the network, for example resnet18"),
    Field(
        "sizes",
        MapOf(OneOf(Boolean(), _SIZE, ListOf(_SIZE))),
        default={},
        doc="sizes of the input by letter, B, H, W or B, T, and options such as classes: numbers or names",
    ),
    Field("levels", Integer(least=1, most=20), default=2, doc="how many levels of blocks the table shows"),
    *COST_FIELDS,
)


def solve(question: Question) -> doc.Section:
    """Build the network and count.

    Args:
        question: With the keys of `SCHEMA`.

    Returns:
        The section of the answer.

    Raises:
        ProblemError: There is no such network, or its sizes do not fit.
    """
    values = question.values
    try:
        net, cost = network_cost(values["network"], values["sizes"])
    except SymderiveError as error:
        raise question.error("sizes", str(error)) from None
    try:
        blocks = network_cost_blocks(cost, values["levels"], quantities_of(values))
    except NoQuantityError as error:
        raise question.error("quantity", str(error)) from None
    blocks += cost_answers(question, cost)
    statement = (*doc.paragraphs(values["text"]), network_sentence(net, cost))
    return doc.Section(doc.text(values["title"]), statement, tuple(blocks))
