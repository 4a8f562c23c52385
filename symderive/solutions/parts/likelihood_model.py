"""The keys of a likelihood question as a model, and data that fit it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symderive.core.dims import check_name
from symderive.derive.glm import GLM
from symderive.errors import SymderiveError, did_you_mean
from symderive.likelihoods import distributions
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Field, Numbers, Table

DATA = Table(
    Field("X", Numbers(ranks=(2,)), doc="one row per observation"),
    Field("y", Numbers(ranks=(1,)), doc="the observations"),
    Field("coefficients", Numbers(ranks=(1,)), doc="the coefficients at which to evaluate"),
)
_TAKEN = ("X", "y", "n", "d", "ell", "L", "z", "v")
_WORDS = {"lambda": "rate", "p": "probability", "mu": "mean"}


def model_of(question: Question) -> GLM:
    """The model of a question.

    Raises:
        ProblemError: an unknown distribution, a link that it does not take, or a name that is taken.
    """
    values = question.values
    known, name = distributions(), values["coefficients"]
    if values["distribution"] not in known:
        near = did_you_mean(values["distribution"], known)
        listed = near if near != "." else f"; known are {', '.join(sorted(known))}."
        raise question.error("distribution", f'unknown distribution "{values["distribution"][:60]}"{listed}')
    try:
        check_name(name, "the coefficients")
    except SymderiveError as error:
        raise question.error("coefficients", str(error)) from None
    if name in _TAKEN:
        raise question.error(
            "coefficients", f"the name {name} is taken; choose another for the coefficients."
        )
    try:
        return GLM(values["distribution"], values["link"], name)
    except SymderiveError as error:
        raise question.error("link", str(error)) from None


def data_of(question: Question, model: GLM) -> dict[str, Any] | None:
    """The arrays by name, None where there are none.

    Raises:
        ProblemError: data outside the model, with the line of the array that is wrong.
    """
    data = question.values["data"]
    if data is None:
        return None
    x, y, theta = (np.asarray(data[key], dtype=float) for key in ("X", "y", "coefficients"))
    if len(y) != len(x):
        found = f"y has {_count(len(y), 'entry', 'entries')}, but X has {_count(len(x), 'row')}"
        raise question.error(("data", "y"), f"{found}; give one observation per row.")
    if len(theta) != x.shape[1]:
        verb = "is" if len(theta) == 1 else "are"
        found = f"there {verb} {_count(len(theta), 'coefficient')}, but X has {_count(x.shape[1], 'column')}"
        raise question.error(("data", "coefficients"), f"{found}; give one per column.")
    arrays = {"X": x, "y": y, model.theta.name: theta}
    _check_domains(question, model, arrays)
    return arrays


def _check_domains(question: Question, model: GLM, arrays: Mapping[str, Any]) -> None:
    for place, value in enumerate(arrays["y"]):
        wanted = _outside(model.family.support, float(value))
        if wanted:
            message = (
                f"y[{place}] = {value:g} is not {wanted}, as the {model.family.title} distribution needs."
            )
            raise question.error(("data", "y", place), message)
    name, domain = model.family.parameter
    word = _WORDS.get(name, "parameter")
    for place, value in enumerate(model.parameter_values(arrays)):
        wanted = _outside(domain, float(value))
        if wanted:
            found = f"the {word} of observation {place} is {value:g}, not {wanted}"
            advice = f"choose coefficients for which every {word} is"
            raise question.error(("data", "coefficients"), f"{found}; {advice}.")


def _count(number: int, word: str, words: str = "") -> str:
    return f"{number} {word if number == 1 else words or word + 's'}"


def _outside(domain: str, value: float) -> str:
    """What a value should be but is not; empty if it is."""
    rules = {
        "count": (value >= 0 and value == int(value), "a count 0, 1, 2, …"),
        "binary": (value in (0.0, 1.0), "0 or 1"),
        "positive": (0 < value < np.inf, "positive"),
        "nonnegative": (0 <= value < np.inf, "nonnegative"),
        "unit": (0 < value < 1, "between 0 and 1"),
    }
    fits, words = rules.get(domain, (bool(np.isfinite(value)), "finite"))
    return "" if fits else words
