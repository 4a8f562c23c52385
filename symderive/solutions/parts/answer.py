"""What all kinds of questions share: a heading, the question as it was set, the section that answers."""

from __future__ import annotations

from collections.abc import Iterable

from symderive.solutions import document as doc
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Field, String


def heading(title: str) -> tuple[Field, Field]:
    """The keys that every question has.

    Args:
        title: the heading of a question that gives none.
    """
    return (
        Field("title", String(), default=title, doc="the heading"),
        Field("text", String(), default="", doc="the question as it was set"),
    )


def answer(question: Question, said: doc.Paragraph, blocks: Iterable[doc.Block]) -> doc.Section:
    """The section of an answer.

    Args:
        question: with the keys of `heading`.
        said: what the question is about, behind its text.
        blocks: the answer.
    """
    statement = (*doc.paragraphs(question.values["text"]), said)
    return doc.Section(doc.text(question.values["title"]), statement, tuple(blocks))
