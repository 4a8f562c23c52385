"""What a whole network costs, block by block, with numbers or with symbols for its sizes."""

from __future__ import annotations

from pathlib import Path

from symderive.errors import SymderiveError
from symderive.solutions import document as doc
from symderive.solutions.parts.cost_answers import COST_FIELDS
from symderive.solutions.parts.network_cost_input import is_file, network_cost
from symderive.solutions.parts.network_section import LEVELS, TITLE, network_section
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Boolean, Field, Integer, ListOf, MapOf, OneOf, String, Table

KIND = "network_cost"
_SIZE = OneOf(Integer(least=0), String(), called="a number of at least 0 or a name")
_SIZES = OneOf(Boolean(), _SIZE, ListOf(_SIZE), called=f"{_SIZE.called}, a list of them, or true or false")
SCHEMA = Table(
    Field("title", String(), default=TITLE, doc="the heading"),
    Field("text", String(), default="", doc="the question as it was set"),
    Field(
        "network",
        String(),
        doc="the name of the network, for example resnet18, or the path of an ONNX file, as model.onnx",
    ),
    Field(
        "dims",
        String(),
        default="",
        doc="of an ONNX file: names or numbers for the axes that it leaves open, in order, as in B,H,W",
    ),
    Field(
        "sizes",
        MapOf(_SIZES),
        default={},
        doc="sizes of the input by letter, B, H, W or B, T, and options such as classes: numbers or names",
    ),
    Field(
        "levels", Integer(least=1, most=20), default=LEVELS, doc="how many levels of blocks the table shows"
    ),
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
        name = _beside(question.source.file, values["network"])
        net, cost = network_cost(name, values["sizes"], values["dims"] or None)
    except SymderiveError as error:
        raise question.error("sizes", str(error)) from None
    return network_section(net, cost, values, question.error)


def _beside(file: str | None, network: str) -> str:
    """A model's path as seen from the problem file that names it; a name of a network as it is."""
    return str(Path(file).parent / network) if file and is_file(network) else network
