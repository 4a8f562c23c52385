"""Values, gradients and Hessians of losses as they are written: exact far out, finite, without a warning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, given, settings

import symderive as sd
from symderive.codegen.numpy_source import numpy_function
from symderive.codegen.stable import cases, quotients, rewriting, shares
from symderive.language.evaluate import evaluate
from tests.codegen.random_far_out import losses
from tests.codegen.stability import coupled_faults, faults, functions
from tests.codegen.stability_losses import MORE, MORE_COUPLED
from tests.codegen.stability_rows import COUPLED, ROWS, Row
from tests.profiles import examples

ALL, ALL_COUPLED = ROWS | MORE, COUPLED | MORE_COUPLED
EXAMPLES = {
    "tail_of_complement": "normal: log(1 - ndtr)",
    "sum_of_differences": "counts: exponentials less their number",
    "density_over_tail": "normal: log(ndtr)",
    "exponential_quotient": "logistic: exp/(1 + exp)",
    "slope_and_argument": "normal: probit",
    "log_of_product": "logistic: log(1 + exp)",
    "log_near_one": "roots: Cauchy",
    "root_less_number": "roots: pseudo-Huber",
    "root_of_squares": "roots: hypot of large numbers",
    "softplus_less_argument": "logistic: logit of sigmoid",
    "softplus_both_ways": "hyperbolic: log(1 - tanh²)",
    "branch_within_bounds": "counts: elu",
    "difference_of_tails": "intervals: of width 1",
    "log_of_interval": "intervals: ordinal probit",
    "entropy_of_sigmoid": "logistic: entropy by scores",
    "compared_without_exponential": "counts: celu",
    "bounded_where_it_counts": "counts: celu",
    "removable_singularity": "links: logarithm of softplus",
    "power_as_exponential": "labels: focal, powers by element",
    "tail_times_excess": "tails: its logarithm",
    "scaled_bessel_quotient": "tails: von Mises",
    "logarithm_of_root": "margins: logarithm of root and number",
    "log_of_mixture": "counted: zero-inflated, rate",
    "moments_of_tail": "tails: truncated normal",
    "complement_of_quotient": "margins: pseudo-Huber of any scale",
}
COUPLED_EXAMPLES = {
    "log_of_summed_exponentials": "softmax cross-entropy",
    "quotient_by_summed_exponentials": "expected by hand",
    "exponentials_together": "shares beside 1",
    "positive_sum": "logsumexp of softplus",
    "log_of_indexed_product": "product of sigmoids",
}
FAR, TAIL = (3.7, -3.7, 40.0, -40.0, 800.0, -800.0), (3.7, -3.7, 12.0, -12.0)
RANDOM = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.parametrize("name", ALL)
def test_code_is_exact_far_out(name: str) -> None:
    row = ALL[name]
    assert not faults(row, functions(row))


@pytest.mark.parametrize("name", ALL_COUPLED)
def test_code_with_sums_is_exact_far_out(name: str) -> None:
    assert not coupled_faults(ALL_COUPLED[name])


@settings(max_examples=examples(200), **RANDOM)
@given(losses(most=1))
def test_random_functions_are_exact_far_out(pair: tuple[str, str]) -> None:
    text, truth = pair
    tails = "ndtr" in text
    row = Row(text, TAIL if tails else FAR, truth, digits=60 if tails else 4)
    assert not faults(row, functions(row))


@settings(max_examples=examples(60), **RANDOM)
@given(losses(most=2))
def test_random_programs_mean_the_same(pair: tuple[str, str]) -> None:
    n = sd.dims("n")
    z = sd.array("z", n)
    first = sd.gradient(sd.parse(pair[0], z=z), z)
    arrays = {"z": np.array([-1.3, -0.2, 0.4, 1.7])}
    for program in (first.original, first.program):
        slow = np.asarray(next(iter(evaluate(program, arrays, sizes={n: 4}).values())))
        fast = numpy_function(program, "f", accepted=first.original.inputs).unchecked(arrays)
        np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12)


def test_every_rule_has_an_example_and_a_law() -> None:
    assert {*EXAMPLES, *COUPLED_EXAMPLES} == set(rewriting.RULES)
    assert all("`" in (rule.__doc__ or "") for rule in rewriting.RULES.values())


def _forget() -> None:
    rewriting.rewritten.cache_clear()
    quotients._combined.cache_clear()


def _found(name: str) -> list[str]:
    if name in COUPLED_EXAMPLES:
        return coupled_faults(ALL_COUPLED[COUPLED_EXAMPLES[name]])
    return faults(ALL[EXAMPLES[name]], functions(ALL[EXAMPLES[name]]))


@pytest.mark.parametrize("name", [*EXAMPLES, *COUPLED_EXAMPLES])
def test_a_wrong_rule_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = rewriting.RULES[name]

    def wrong(expr: sympy.Expr) -> sympy.Expr:
        made = rule(expr)
        return expr if made == expr else made * sympy.Rational(1000001, 1000000)

    _forget()
    monkeypatch.setitem(rewriting.RULES, name, wrong)
    try:
        assert _found(name)
    finally:
        _forget()


def _without_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "cases_of", lambda expr: None)


def _cases_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    right = cases.Cases.joined

    def wrong(*args: Any) -> sympy.Expr:
        return right(*args) * sympy.Rational(1000001, 1000000)

    monkeypatch.setattr(cases.Cases, "joined", wrong)


def _without_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "capped", lambda weight, exponent: exponent)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (_without_cases, "labels: focal"),
        (_without_cases, "labels: focal by where in p_t"),
        (_cases_that_are_wrong, "labels: focal by p_t"),
        (_without_caps, "some labels of many"),
        (_without_caps, "weights of which some are 0"),
    ],
)
def test_cases_and_caps_are_needed(
    change: Callable[[pytest.MonkeyPatch], None], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forget()
    change(monkeypatch)
    try:
        row = (ALL | ALL_COUPLED)[name]
        assert coupled_faults(row) if name in ALL_COUPLED else faults(row, functions(row))
    finally:
        _forget()


@pytest.mark.parametrize("name", [*EXAMPLES, *COUPLED_EXAMPLES])
def test_without_the_rule_the_code_is_not_exact(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _forget()
    monkeypatch.setitem(rewriting.RULES, name, lambda expr: expr)
    try:
        assert _found(name)
    finally:
        _forget()
