"""A problem file to a solution sheet: read, solve, render, write whole; all of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from symderive.errors import ProblemError, SymderiveError
from symderive.solutions.document import Document, Section, Verdict, plain, text, verdicts
from symderive.solutions.formats import OutputFormat, format_for_output, format_named
from symderive.solutions.problem_file import Problem, Question, Source, read_problem, read_problem_text
from symderive.solutions.questions import QuestionKind, kind_of, load_kind
from symderive.solutions.rendering import produce
from symderive.solutions.visible_text import visible_line
from symderive.solutions.writing import write_whole

_FALLBACK = {"pdf": "tex"}


@dataclass(frozen=True, slots=True)
class SolveOutcome:
    """What solving a file came to.

    Args:
        path: The file that was written.
        messages: What the user should know, one sentence each, in order.
        exit_code: 0: nothing reported is wrong; 1: something is; 3: something could not be decided, and
            nothing is wrong.
    """

    path: Path
    messages: tuple[str, ...]
    exit_code: int


def solve_file(
    path: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    format: str | None = None,
    template: str | os.PathLike[str] | None = None,
    report: Callable[[str], None] | None = None,
) -> SolveOutcome:
    """Solves a problem file and writes the solution sheet.

    Args:
        path: The problem file.
        output: The file to write; without it, beside the problem file, with the ending of the format.
        format: The name of a format; without it, by the ending of `output`, else pdf, or tex where pdflatex
            is missing.
        template: The user's own template.
        report: Is told what is being done, as it begins.

    Returns:
        What was written and found.

    Raises:
        SymderiveError: Something failed, and nothing was written.
    """
    stage = report or _silent
    chosen, notes = _chosen_format(format, output)
    target = Path(path).with_name(Path(path).stem + chosen.suffix) if output is None else Path(output)
    _refuse_overwriting(target, Path(path), template)
    document = solve_problem(read_problem(path), report=stage)
    stage(f"writing {target.name}")
    write_whole(target, produce(document, chosen, template))
    return SolveOutcome(target, (*notes, *findings(document)), exit_code(document))


def solve_text(source: str) -> Document:
    """Solves the text of a problem file.

    Args:
        source: The text, as TOML.

    Returns:
        The solution sheet; `rendering.render` turns it into a format.

    Raises:
        ProblemError: The text is wrong, or a question cannot be solved as it stands.
    """
    return solve_problem(read_problem_text(source))


def solve_problem(problem: Problem, *, report: Callable[[str], None] | None = None) -> Document:
    """Solves each question of a problem.

    Args:
        problem: The problem. All questions are checked before the first is solved.
        report: Is told which question is being solved.

    Returns:
        The solution sheet.

    Raises:
        ProblemError: A question has a wrong key, or cannot be solved as it stands.
    """
    kinds = [kind_of(question) for question in problem.questions]
    checked = [question.checked(kind.schema) for question, kind in zip(problem.questions, kinds, strict=True)]
    sections = []
    for question, kind in zip(checked, kinds, strict=True):
        (report or _silent)(f"question {question.index}")
        sections.append(_numbered(_solved(kind, question), question))
    author, course, date = (
        text(part) if part else () for part in (problem.author, problem.course, problem.date)
    )
    return Document(text(problem.title), author, course, date, tuple(sections))


def ask(kind: str, values: Mapping[str, Any], source: Source) -> Document:
    """Answers a single question that stands in no problem file.

    Args:
        kind: A kind of question.
        values: Its keys.
        source: What complaints name as their place.

    Returns:
        A sheet with one section that has neither number nor title.

    Raises:
        SymderiveError: A value is wrong, or the question cannot be solved as it stands.
    """
    found = load_kind(kind)
    question = Question(kind, 1, values, source).checked(found.schema)
    return Document(sections=(replace(_solved(found, question), title=()),))


def _solved(kind: QuestionKind, question: Question) -> Section:
    """The section of a question; a complaint that has no place gets that of the question."""
    try:
        return kind.solve(question)
    except ProblemError:
        raise
    except SymderiveError as error:
        raise question.error((), str(error)) from None


def exit_code(document: Document) -> int:
    """What the verdicts say to a shell: 1 where one is wrong, else 3 where one is undecided, else 0.

    >>> exit_code(Document(text("no verdicts")))
    0
    """
    outcomes = {verdict.outcome for verdict in verdicts(document)}
    return 1 if "wrong" in outcomes else 3 if "undecided" in outcomes else 0


def _silent(stage: str) -> None:
    """What is told where nobody listens."""


def _numbered(section: Section, question: Question) -> Section:
    return section if section.label else replace(section, label=f"Question {question.index}")


def findings(document: Document) -> list[str]:
    """What the user should see without opening the sheet: all that is not right."""
    return [
        ": ".join(part for part in (section.label, block.outcome, visible_line(plain(block.text))) if part)
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Verdict) and block.outcome in ("wrong", "undecided")
    ]


def _chosen_format(
    format: str | None, output: str | os.PathLike[str] | None
) -> tuple[OutputFormat, tuple[str, ...]]:
    """The format asked for, and what to say about it: where nothing was asked for, PDF, or its source."""
    chosen = format_named(format or "pdf") if output is None else format_for_output(format, output)
    missing = chosen.missing()
    if missing is None:
        return chosen, ()
    if format is None and output is None and chosen.name in _FALLBACK:
        instead = format_named(_FALLBACK[chosen.name])
        return instead, (f"{missing.rstrip('.')}; this is its {instead.suffix} source.",)
    raise SymderiveError(f"{missing.rstrip('.')}; or write another format, such as .tex.")


def _refuse_overwriting(target: Path, problem: Path, template: str | os.PathLike[str] | None) -> None:
    """The sheet must not replace what it is made from."""
    for source, what in (
        (problem, "problem file"),
        (None if template is None else Path(template), "template"),
    ):
        if source is not None and source.exists() and target.exists() and target.samefile(source):
            raise SymderiveError(f"{target}: this is the {what} itself; name another output.")
