"""Multiplications of a convolution and of a depthwise-separable one, from their index equations."""

from __future__ import annotations

from symderive.solutions import document as doc
from symderive.solutions.parts.answer import answer, heading
from symderive.solutions.parts.convolution_blocks import count_blocks, description, kernel_blocks
from symderive.solutions.parts.convolution_input import check, inferred, report_of
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Field, Integer, ListOf, OneOf, String, Table

KIND = "convolution_cost"
_SIZE = OneOf(Integer(least=1), String())
SCHEMA = Table(
    *heading("Multiplications of a convolution"),
    Field(
        "input", ListOf(_SIZE), default=("H", "W", "C_in"), doc="height, width, channels; numbers or names"
    ),
    Field(
        "output",
        ListOf(_SIZE),
        default=None,
        doc="height, width, channels; numbers from which the kernel follows",
    ),
    Field("c_out", _SIZE, default=None, doc="the output channels, where no output is given"),
    Field("kernel", _SIZE, default=None, doc="the kernel; inferred from input and output without it"),
    Field("stride", Integer(least=1, most=10**6), default=None, doc="the stride, if known"),
    Field("padding", Integer(least=0, most=10**6), default=None, doc="zeros on each side, if known"),
    Field("dilation", Integer(least=1, most=10**6), default=1, doc="the step between taps"),
    Field("compare", ListOf(String()), default=("normal", "separable"), doc="which of normal, separable"),
)


def solve(question: Question) -> doc.Section:
    """Infer the kernel, count, compare.

    Raises:
        ProblemError: The question cannot be solved as it stands.
    """
    check(question)
    found = inferred(question)
    blocks: list[doc.Block] = [] if found is None else kernel_blocks(found)
    if found is None or found.status == "determined":
        blocks += count_blocks(report_of(question, found))
    return answer(question, description(question.values), blocks)
