# ruff: noqa: E501 -- operations, many to a line
"""Every function of the catalogue and every array function, in random losses: values, gradients, Hessians.

The arguments are brought into the domains that the catalogue states. No function is left out: the last test
counts them.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.errors import InternalError
from symderive.functions import by_head, catalogue
from symderive.functions.record import REALS, Indicator
from symderive.language import dispatch
from symderive.language.programs import program_of
from tests.derive import test_random_functions
from tests.derive.test_random_functions import SHAPES, has_numpys_value
from tests.profiles import examples

RANDOM = settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(RANDOM, max_examples=examples(100))
FUNCTIONS = {
    call.replace("numpy.", "np.").replace("scipy.special.", "special."): entry
    for entry in catalogue()
    for call in entry.calls
}
TRUTHS = [call for call, entry in FUNCTIONS.items() if isinstance(entry.head, type) and issubclass(entry.head, Indicator) and entry.arity == 2]  # fmt: skip
NUMBERS = [call for call in FUNCTIONS if call not in TRUTHS]
PLACES = {"special.binom": ("2 + np.sin({0})", "np.tanh({1}) / 2"), "np.arctan2": ("{0}", "2 + np.sin({1})"),
          "np.heaviside": ("{0}", "0.5 + 0 * {1}"), "special.rel_entr": ("np.exp({0})", "np.exp({1})"),
          "special.kl_div": ("np.exp({0})", "np.exp({1})"), "special.huber": ("0.7", "{1}"), "special.pseudo_huber": ("0.7", "{1}")}  # fmt: skip
# {0} and {1} are vectors over n.
VECTORS = [
    "{0} * np.std({1})", "{0} * np.dot({0}, {1})", "{0} + np.vdot({0}, {1})", "np.inner(X, w) * {0}", "{0} - np.min({1})",
    "{0} * np.amax({1})", "{0} * np.amin({1})", "np.identity(len({0})) @ {1}", "{0} + np.ones(len({1}))", "{0} + np.zeros(len({1}))",
    "{0} * np.full(len({1}), 2.5)", "{0} * np.arange(len({1}))", "{0} * np.linspace(0, 1, len({1}))", "np.tri(len({0})) @ {1}",
    "{0} * np.ones_like({1})", "{0} + np.zeros_like({1})", "{0} * np.full_like({1}, 3)", "np.squeeze(np.expand_dims({0}, 1) * {1}[:, None])",
    "np.atleast_1d({0})", "np.atleast_2d({0})[0] * {1}", "np.broadcast_to({0}[:, None], (len({0}), 4)) @ q",
    "np.moveaxis(np.outer({0}, w), 0, 1).T @ w", "np.column_stack([{0}, {1}]) @ np.arange(2)", "np.flipud(np.outer({0}, w)) @ w",
    "np.fliplr(np.outer({0}, w)) @ w", "{0} * np.average({1})", "{0} * np.average({1}, weights=P)", "{0} * np.cov(np.stack([{0}, {1}]))[0, 1]", "np.eye(len({0}))[1] * {1}", "{0} * np.linalg.cond(A, 'fro') * np.sum({1})",
    "{0} / np.size({1})", "{0} * np.count_nonzero({1} > 0)", "np.logical_and({0} > 0, {1} > 0) * {0}", "w @ np.transpose(np.outer({0}, w))", "w @ np.swapaxes(np.outer({0}, w), 0, 1)",
    "{0} * np.ndim({1})", "np.var({0}, ddof=1) * {1}",
]  # fmt: skip
TOTALS = ["np.sum(({0}) * z)", "np.mean(np.tanh({0}) * P)", "np.sum(np.tanh({0}) ** 2)"]
WITHOUT_DERIVATIVE = {"argmax", "argmin", "any", "all"}  # whole numbers and truths, in the other tests


def inside(domain: sympy.Set, text: str) -> str:
    """A text whose values lie in a set, well away from its ends."""
    if domain == REALS:
        return text
    low, high = domain.inf, domain.sup
    if isinstance(domain, sympy.Union):  # all but a point
        return f"np.exp(np.sin({text}))"
    if low.is_finite and high.is_finite:
        return f"{float(low)} + {float(high - low)} * (0.5 + 0.4 * np.sin({text}))"
    return (
        f"{float(low)} + np.exp(np.sin({text}))"
        if low.is_finite
        else f"{float(high)} - np.exp(np.sin({text}))"
    )


def call_of(call: str, first: str, second: str, order: int) -> str:
    """A call with its arguments in their domains."""
    entry = FUNCTIONS[call]
    if call in PLACES:
        return f"{call}({', '.join(PLACES[call]).format(first, second)})"
    last = entry.slopes if entry.slopes is not None else entry.domain
    domains = entry.domains or (*(REALS,) * (entry.arity - 1), last)
    texts = [second] if entry.arity == 1 else [first, second]
    arguments = [inside(domain, text) for domain, text in zip(domains[-len(texts) :], texts, strict=True)]
    if entry.has_order:
        arguments[0] = str(order)
    return f"{call}({', '.join(arguments)})"


@st.composite
def losses(draw, steps: int) -> tuple[str, str]:
    """A loss as text and a variable in it."""
    made = ["x", "y"]
    for _ in range(draw(st.integers(1, steps))):
        first, second = (draw(st.sampled_from(made[::-1])) for _ in range(2))
        kind = draw(st.integers(0, 9))
        if kind == 0:
            new = f"np.where({draw(st.sampled_from(TRUTHS))}({first}, {second}), {first}, 2 * {second})"
        elif kind <= 2:
            new = draw(st.sampled_from(VECTORS)).format(first, second)
        else:
            new = call_of(draw(st.sampled_from(NUMBERS)), first, second, draw(st.integers(1, 3)))
        made.append(f"({new})")
    text = draw(st.sampled_from(TOTALS)).format(made[-1])
    names = [one.name for one in program_of(sd.parse(text, **SHAPES)).inputs if one.name in "xywA"]
    return (text, draw(st.sampled_from(names))) if names else (f"{text} * np.sum(x)", "x")


@RANDOM
@given(losses(steps=3))
def test_gradients_are_what_central_differences_say(case):
    loss, name = case
    has_numpys_value(loss)
    assert sd.gradient(sd.parse(loss, **SHAPES), sd.parse(name, **SHAPES)).check().passed


@FEWER
@given(losses(steps=2))
def test_hessians_are_what_central_differences_say(case):
    loss, name = case
    assert sd.hessian(sd.parse(loss, **SHAPES), sd.parse(name, **SHAPES)).check().passed


@pytest.mark.parametrize("call", NUMBERS)
def test_every_function_alone(call):
    loss = f"np.sum({call_of(call, 'y', 'x', 2)} * z)"
    has_numpys_value(loss)
    assert sd.gradient(sd.parse(loss, **SHAPES), sd.parse("x", **SHAPES)).check().passed


@pytest.mark.parametrize("template", VECTORS)
def test_every_array_function_alone(template):
    loss = f"np.sum({template.format('x', 'y')} * z)"
    has_numpys_value(loss)
    for name in ("x", "y"):
        array = sd.parse(name, **SHAPES)
        if any(one.name == name for one in program_of(sd.parse(loss, **SHAPES)).inputs):
            assert sd.gradient(sd.parse(loss, **SHAPES), array).check().passed


SMOOTH = [
    "np.tanh",
    "special.erf",
    "special.ndtr",
    "np.arctan",
    "special.gammaln",
    "special.erfcx",
    "special.i1",
]


@pytest.mark.parametrize("call", SMOOTH)
def test_a_slope_that_is_wrong_by_a_thousandth_is_found(call, monkeypatch):
    entry = FUNCTIONS[call]
    right = entry.head.fdiff
    monkeypatch.setattr(
        entry.head, "fdiff", lambda self, place=1: sympy.Rational(1001, 1000) * right(self, place)
    )
    if entry.of_output is not None:
        changed = {**by_head(), entry.head: dataclasses.replace(entry, of_output=None)}
        monkeypatch.setattr("symderive.calculus.rules.by_head", lambda: changed)
    loss = sd.parse(f"np.sum({call_of(call, 'y', 'x', 1)} * z)", **SHAPES)
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(loss, sd.parse("x", **SHAPES)).check()


def test_every_array_function_is_in_a_random_loss():
    """In a text that is drawn from; calls of Python itself, and what is refused, do not count."""
    refused = {*test_random_functions.WITHOUT_DERIVATIVE, *test_random_functions.REFUSED}
    texts = {
        node.value
        for path in sorted(Path(__file__).parent.glob("*random*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    drawn = " ".join(sorted(texts - refused))
    names = {function.__name__ for function in dispatch._ARRAY_FUNCTIONS}
    names -= {re.search(r"(\w+)\(", text)[1] for text in test_random_functions.WITHOUT_DERIVATIVE}
    missing = {name for name in names if not re.search(rf"[.]{name}\b", drawn)}
    assert missing <= WITHOUT_DERIVATIVE
