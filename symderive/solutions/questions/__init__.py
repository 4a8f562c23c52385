"""Kinds of questions: each file here solves one, and is found by being here.

A file `name.py` has `KIND = "name"`, `SCHEMA`, the `Table` of its keys besides `kind`, and
`solve(question) -> Section`, which takes a question with the keys of `SCHEMA`, returns the section of its
answer and raises `ProblemError` where the question cannot be solved as it stands.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from symderive.errors import did_you_mean
from symderive.solutions.document import Section
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Table


@dataclass(frozen=True, slots=True)
class QuestionKind:
    """What solves the questions of one kind."""

    name: str
    schema: Table
    solve: Callable[[Question], Section]


def kind_names() -> tuple[str, ...]:
    """The names of all kinds, in alphabetical order; loads none of them.

    >>> isinstance(kind_names(), tuple)
    True
    """
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def kind_of(question: Question) -> QuestionKind:
    """Loads what solves a question.

    Args:
        question: The question; in its kind, `-` may stand for `_`.

    Returns:
        Its kind.

    Raises:
        ProblemError: There is no such kind; the message lists those there are.
    """
    names = kind_names()
    name = question.kind.replace("-", "_")
    if name not in names:
        near = did_you_mean(name, names).removesuffix(".") or "."
        listed = f"Kinds: {', '.join(names)}."
        raise question.error("kind", f'unknown kind "{question.kind[:60]}"{near} {listed}')
    return load_kind(name)


def load_kind(name: str) -> QuestionKind:
    """Loads the file of a kind.

    Args:
        name: A name that `kind_names` lists.

    Returns:
        The kind.

    Raises:
        TypeError: The file does not have what a kind must have.
    """
    module = importlib.import_module(f"{__name__}.{name}")
    missing = [part for part in ("KIND", "SCHEMA", "solve") if not hasattr(module, part)]
    if missing or name != module.KIND or not isinstance(module.SCHEMA, Table):
        raise TypeError(
            f"questions/{name}.py must have KIND = {name!r}, SCHEMA, a Table, and solve(question)."
        )
    return QuestionKind(name, module.SCHEMA, module.solve)
