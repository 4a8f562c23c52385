"""What one layer costs, from its index equations, with numbers or with symbols for its sizes."""

from __future__ import annotations

from symderive.cost.questions.algebra import NoQuantityError
from symderive.derive.costs import cost
from symderive.errors import SymderiveError
from symderive.solutions import document as doc
from symderive.solutions.parts.answer import answer, heading
from symderive.solutions.parts.cost_answers import COST_FIELDS, cost_answers, quantities_of
from symderive.solutions.parts.cost_passes import asked_pass
from symderive.solutions.parts.layer_blocks import layer_blocks, shape_of
from symderive.solutions.parts.layer_input import layer_from, layer_kind
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Boolean, Field, Integer, ListOf, MapOf, OneOf, String, Table

KIND = "layer_cost"
_SIZE = OneOf(Integer(least=0), String(), called="a number of at least 0 or a name")
_SIZES = OneOf(
    Boolean(),
    _SIZE,
    ListOf(OneOf(_SIZE, ListOf(_SIZE), called=_SIZE.called)),
    called=f"{_SIZE.called}, a list with one for each axis, or true or false",
)
SCHEMA = Table(
    *heading("Cost of a layer"),
    Field("layer", String(), doc="the kind of layer, for example conv2d"),
    Field(
        "sizes",
        MapOf(_SIZES),
        default={},
        doc="its sizes by name: numbers, names, or a list with one for each axis",
    ),
    *COST_FIELDS,
)


def solve(question: Question) -> doc.Section:
    """Build the layer and count.

    Raises:
        ProblemError: There is no such layer, or its sizes do not fit.
    """
    values = question.values
    try:
        kind = layer_kind(values["layer"])
    except SymderiveError as error:
        raise question.error("layer", str(error)) from None
    try:
        layer = layer_from(kind, values["sizes"])
        counted = cost(layer)
    except SymderiveError as error:
        raise question.error("sizes", str(error)) from None
    asked = asked_pass(values, counted, question.error)
    try:
        blocks = layer_blocks(kind.__name__, counted, asked, quantities_of(values))
    except NoQuantityError as error:
        raise question.error("quantity", str(error)) from None
    blocks += cost_answers(values, asked, question.error)
    sentence = doc.text(f"{kind.__name__}, with an output of ", shape_of(layer), ".")
    return answer(question, doc.Paragraph(sentence), blocks)
