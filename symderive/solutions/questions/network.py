"""Gradients of a dense network: closed form, numbers three ways, and reported numbers judged."""

from __future__ import annotations

from symderive.derive.network import ACTIVATIONS, LAYOUTS, LOSSES
from symderive.derive.network_numbers import METHODS, Judgement, NetworkNumbers, Reported
from symderive.errors import SymderiveError
from symderive.solutions import document as doc
from symderive.solutions.parts.answer import answer, heading
from symderive.solutions.parts.network_equations import backward_blocks, description, forward_blocks
from symderive.solutions.parts.network_input import REPORTED, arrays_of, network_of, numbers_of, reported_of
from symderive.solutions.parts.network_tables import number_blocks, report_blocks
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Boolean, Field, Integer, ListOf, Number, OneOf, String, Table

KIND = "network"
_SIZE = OneOf(Integer(least=1), String())
_LAYER = Table(
    Field("units", _SIZE, doc="the number of outputs, a number or a name"),
    Field("activation", String(), default="sigmoid", choices=ACTIVATIONS, doc="the activation function"),
    Field("bias", Boolean(), default=True, doc="whether a bias is added"),
)
_DRAW = Table(
    Field("name", String(), doc="the array"),
    Field("with", String(), default="rand", choices=("rand", "randn"), doc="the function of numpy.random"),
)
SCHEMA = Table(
    *heading("Gradients of a network"),
    Field("inputs", _SIZE, doc="the number of inputs, a number or a name"),
    Field("batch", _SIZE, default=None, doc="the number of samples; one input vector without it"),
    Field("layers", ListOf(_LAYER), doc="the layers, first to last"),
    Field("loss", String(), choices=tuple(LOSSES), doc="the loss"),
    Field("weights", String(), default="in-out", choices=LAYOUTS, doc="in-out: rows of W are inputs"),
    Field("method", String(), default="central", choices=tuple(METHODS), doc="the difference quotient"),
    Field("epsilon", Number(least=1e-300), default=None, doc="its step"),
    Field("seed", Integer(least=0, most=2**32 - 1), default=None, doc="the seed of numpy.random for draw"),
    Field("draw", ListOf(OneOf(String(), _DRAW)), default=(), doc="arrays drawn, in the order of the calls"),
    Field("data", Table(open=True), default=None, doc="arrays by name"),
    Field("reported", ListOf(REPORTED), default=(), doc="numbers to judge"),
)


def solve(question: Question) -> doc.Section:
    """Derive, compute and judge.

    Raises:
        ProblemError: The question cannot be solved as it stands.
    """
    network = network_of(question)
    arrays = arrays_of(question, network)
    reports = [reported_of(question, network, place) for place in range(len(question.values["reported"]))]
    if reports and arrays is None:
        raise question.error(
            ("reported", 0),
            "reported numbers need data to compare with; give [question.data], or seed and draw.",
        )
    numbers = None if arrays is None else numbers_of(question, network, arrays)
    derivation = network.derivation
    blocks = [*forward_blocks(network, derivation), *backward_blocks(derivation)]
    if numbers is not None:
        blocks += number_blocks(network, numbers)
        for place, reported in enumerate(reports):
            blocks += report_blocks(_judged(question, numbers, place, reported))
    return answer(question, description(network), blocks)


def _judged(question: Question, numbers: NetworkNumbers, place: int, reported: Reported) -> Judgement:
    try:
        return numbers.judge(reported)
    except SymderiveError as error:
        raise question.error(("reported", place), str(error)) from None
