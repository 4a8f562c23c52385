"""A rule wrong by a sign, a factor of 1.001, a transposed index or a dropped term does not pass the check."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.calculus import chain, relabelled, rules, sums, tidy
from symderive.codegen import statements
from symderive.core.nodes import Delta, IndexSum
from symderive.derive import verification
from symderive.errors import InternalError
from tests.derive.planted import clear_caches, replaced_rule

n, d, k = sd.dims("n d k")
X, w, y, A, W = (
    sd.array("X", n, d),
    sd.array("w", d),
    sd.array("y", n),
    sd.array("A", d, d),
    sd.array("W", d, k),
)


@pytest.fixture(autouse=True)
def fresh_caches():
    """Nothing derived with a planted error stays in a cache, and nothing cached hides one."""
    clear_caches()
    yield
    clear_caches()


def losses():
    """Losses that between them use every rule."""
    s = 1 / (1 + np.exp(-(X @ w)))
    return {
        "quadratic": (w @ A @ w, w),
        "power": (np.sum((X @ w - y) ** 3), w),
        "product": (np.sum((X @ w) * np.sin(X @ w)), w),
        "quotient": (np.sum(s * y) + np.sum(np.tanh(X @ w)), w),
        "matrix": (np.sum((X @ W) ** 2), W),
        "network": (np.sum(np.tanh(np.tanh(X @ W) @ sd.array("a", k))), W),
    }


def caught(*names: str) -> None:
    """At least one loss, and every one named, raises with a witness."""
    hits = []
    for name, (loss, wrt) in losses().items():
        try:
            sd.gradient(loss, wrt).check()
        except InternalError as error:
            if "derived" in str(error):  # the message that shows the witness
                hits.append(name)
    assert hits, "no check noticed the planted error"
    assert set(names) <= set(hits), hits


def test_right_rules_pass():
    for loss, wrt in losses().values():
        assert sd.gradient(loss, wrt).check().passed


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (sympy.Mul, ("product",)),
        (sympy.Pow, ("power",)),
        (sympy.Function, ("product",)),
        (IndexSum, ("quadratic",)),
    ],
)
@pytest.mark.parametrize("factor", [-1, sympy.Rational(1001, 1000)])
def test_scaled_rule(monkeypatch, kind, names, factor):
    replaced_rule(monkeypatch, kind, lambda rule: lambda expr, entry: factor * rule(expr, entry))
    caught()


def test_dropped_term_of_the_product_rule(monkeypatch):
    def wrong(expr, entry_rule):
        for place, factor in enumerate(expr.args):
            slope = rules.differentiate(factor, entry_rule)
            if slope != 0:
                return sympy.Mul(slope, *expr.args[:place], *expr.args[place + 1 :])
        return sympy.S.Zero

    replaced_rule(monkeypatch, sympy.Mul, lambda rule: wrong)
    caught("quadratic")


def test_transposed_index(monkeypatch):
    def wrong(tensor, at):
        def rule(found):
            if found.tensor != tensor:
                return sympy.S.Zero
            pairs = zip(found.axes, at[::-1] if len(at) == 2 and at[0].dim == at[1].dim else at, strict=True)
            return sympy.Mul(*(Delta(axis, index) for axis, index in pairs))

        return rule

    monkeypatch.setattr(rules, "unit_rule", wrong)
    monkeypatch.setattr(chain, "unit_rule", wrong)
    weights = sd.array("M", d, d)
    with pytest.raises(InternalError, match="derived gradient"):
        sd.gradient(np.sum((X @ (weights * weights.T) @ w - y) ** 2), weights).check()


def test_transposed_position_of_the_only_entry(monkeypatch):
    right = relabelled._moved
    monkeypatch.setattr(
        relabelled, "_moved", lambda weight, entry, indices, at: right(weight, entry, indices, at[::-1])
    )
    weights = sd.array("M", d, d)
    with pytest.raises(InternalError, match="derived gradient"):
        sd.gradient(np.sum((X @ weights @ w - y) ** 2), weights).check()


@pytest.mark.parametrize("factor", [-1, sympy.Rational(1001, 1000)])
def test_scaled_slope_around_the_only_entry(monkeypatch, factor):
    right = relabelled._slope
    monkeypatch.setattr(relabelled, "_slope", lambda body, place: factor * right(body, place))
    caught("matrix", "network")


def test_lost_extent_in_sums(monkeypatch):
    right = sums._pull_out
    monkeypatch.setattr(
        sums,
        "_pull_out",
        lambda body, indices: right(body, indices) / 2 if len(indices) == 1 else right(body, indices),
    )
    caught()


def test_wrong_cancellation(monkeypatch):
    right = tidy._tidied

    def wrong(made, excluded, used, symmetric):
        tidied = right(made, excluded, used, symmetric)
        return (
            tidied.with_body(sympy.Rational(1001, 1000) * tidied.body)
            if made.rule == "chain rule"
            else tidied
        )

    monkeypatch.setattr(tidy, "_tidied", wrong)
    caught("quadratic", "matrix")


def test_wrong_slope_of_a_function(monkeypatch):
    from symderive.functions import by_head

    entry = by_head()[sympy.tanh]
    wrong = dataclasses.replace(entry, of_output=lambda x, y: 1 + y**2)
    monkeypatch.setitem(by_head(), sympy.tanh, wrong)
    caught("network")


def test_wrong_code(monkeypatch):
    right = statements.right_side

    def wrong(made):
        return f"1.001 * ({right(made)})" if made.tensor.name.startswith("dL_d") else right(made)

    monkeypatch.setattr(statements, "right_side", wrong)
    caught("quadratic", "power", "product", "quotient", "matrix", "network")


def test_wrong_code_of_the_loss_is_caught_by_the_slow_evaluator(monkeypatch):
    right = statements.right_side
    monkeypatch.setattr(statements, "right_side", lambda made: f"1.001 * ({right(made)})")
    loss, wrt = losses()["power"]
    with pytest.raises(InternalError, match="slow evaluator"):
        sd.gradient(loss, wrt).check()


@pytest.mark.parametrize("factor", [-1, sympy.Rational(1001, 1000)])
def test_wrong_closed_form(factor):
    for loss, wrt in losses().values():
        derived = sd.gradient(loss, wrt)
        made = [one if one.tensor not in derived.program.outputs else one.with_body(factor * one.body)
                for one in derived.program.definitions]  # fmt: skip
        planted = dataclasses.replace(
            derived, program=dataclasses.replace(derived.program, definitions=tuple(made))
        )
        with pytest.raises(InternalError, match="derived gradient"):
            planted.check()


def test_the_check_is_not_empty():
    derived = sd.gradient(*losses()["power"])
    check = derived.check()
    assert check.draws == verification.DRAWS
    assert 0 <= check.largest_error < 1e-6
