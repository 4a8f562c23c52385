"""Maxima and minima that are attained at several places: the derivative is the mean over these places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import symderive as sd
from symderive.calculus import rules
from symderive.calculus.sums import sum_over
from symderive.core.nodes import IndexMax, IndexMin
from symderive.errors import InternalError
from symderive.functions.comparisons import equal
from symderive.language.evaluate import evaluate
from symderive.numeric import draw_all
from tests.profiles import examples

N, D, K = sd.dims("n d k")
X, W, w, x, y, c = (
    sd.array("X", N, D), sd.array("W", D, K), sd.array("w", D), sd.array("x", N), sd.array("y", N),
    sd.array("c"),
)  # fmt: skip
WHOLE = st.integers(-2, 2).map(float)
AT_TIES = " (at ties: the mean over the places)"

# Losses with ties wherever they are evaluated, and the same without a tie.
BUILT_IN = {
    "stacked": (np.max(np.stack([x, x])), np.max(x)),
    "stacked rows": (np.sum(np.max(np.stack([x, x, x]), axis=0) ** 2), np.sum(x**2)),
    "joined": (np.min(np.concatenate([x, x])) ** 2, np.min(x) ** 2),
    "repeated": (np.max(np.repeat(x, 2)) * y[0], np.max(x) * y[0]),
    "outer": (np.max(x[:, None] + 0 * w[None, :]), np.max(x)),
    "symmetric": (np.max(-np.outer(x, x)), -np.min(x) * np.max(x)),
    "one number": (np.max(c**2 + 0 * y), c**2),
    "rows of one number": (np.max(x[:, None] + 0 * w, axis=1) @ y, x @ y),
    "product": (np.prod(2 + np.sin(x)[:, None] + 0 * w) + np.sum(w), np.prod(2 + np.sin(x)) ** D + np.sum(w)),
    "computed twice": (np.max(np.stack([2 * x, x + x])), 2 * np.max(x)),
}
VARIABLES = {"one number": c}


SPEC = {
    "X": ((7, 3), "real"),
    "w": ((3,), "real"),
    "x": ((7,), "real"),
    "y": ((7,), "real"),
    "c": ((), "real"),
}


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("kind", ["gradient", "hessian"])
def test_ties_that_are_built_in_change_nothing(name, kind):
    tied, plain = BUILT_IN[name]
    variable = VARIABLES.get(name, x)
    made, same = getattr(sd, kind)(tied, variable), getattr(sd, kind)(plain, variable)
    assert made.check().passed
    for seed in (1, 2):
        point = draw_all(SPEC, seed=seed)
        mine, other = (
            one.to_numpy().unchecked({name: point[name] for name in point}) for one in (made, same)
        )
        np.testing.assert_allclose(mine, other, rtol=1e-12)


@settings(max_examples=examples(100), deadline=None)
@given(
    arrays(float, (5, 3), elements=WHOLE), arrays(float, 3, elements=WHOLE), arrays(float, 3, elements=WHOLE)
)
def test_the_mean_is_a_subgradient(a, here, there):
    """`max` of linear functions is convex: it lies above the line through any point, also at a tie."""
    for sign, largest in ((1.0, np.max), (-1.0, np.min)):
        function = DERIVED[sign].to_numpy()
        slope = function(X=a, w=here)
        above = sign * (largest(a @ there) - largest(a @ here) - slope @ (there - here))
        assert above >= -1e-12


DERIVED = {1.0: sd.gradient(np.max(X @ w), w), -1.0: sd.gradient(np.min(X @ w), w)}


@settings(max_examples=examples(60), deadline=None)
@given(arrays(float, (4, 3), elements=WHOLE))
def test_every_place_of_a_tie_has_the_same_share(a):
    rows = sd.gradient(np.sum(np.max(X, axis=1)), X).to_numpy()(X=a)
    tied = a == a.max(axis=1, keepdims=True)
    np.testing.assert_allclose(rows, tied / tied.sum(axis=1, keepdims=True))
    whole = sd.gradient(np.min(X), X)
    tied = a == a.min()
    np.testing.assert_allclose(whole.to_numpy()(X=a), tied / tied.sum())
    (slow,) = evaluate(whole.program, {"X": a}).values()
    np.testing.assert_allclose(slow, tied / tied.sum())


def test_the_form_is_simple_where_ties_are_an_exception():
    made = sd.gradient(np.max(X @ w) ** 2, w)
    assert str(made.results[0]) == "∇_w L = 2m Xᵀ 1[z = m]"
    assert [str(one) for one in made.conditions] == ["maxᵢ xᵢᵀw is attained once" + AT_TIES]
    assert "1 / np.sum(z == m, dtype=dtype)" in made.to_numpy().source
    distances = sd.hessian(np.min(np.sum((X - w) ** 2, axis=1)), w)
    assert str(distances.results[0]) == "∇²_w L = 2I"
    made = sd.hessian(np.max(X @ w) ** 2, w)
    assert str(made.results[0]) == "∇²_w L = 2 Xᵀ 1[z = m] 1[z = m]ᵀX"


def test_the_number_of_places_is_written_where_ties_are_the_rule():
    made = sd.gradient(np.max(np.clip(X @ w, -0.3, 0.3)), w)
    assert "/(Σᵢ 1[hᵢ = m])" in str(made.results[0])
    assert r"\sum_{i} \mathbf{1}[h_{i} = m]" in made.latex()
    facts = [one for one in made.conditions if one.kind == "fact"]
    assert len(facts) == 1
    assert str(facts[0]).startswith("the mean over the places where maxᵢ min(max(xᵢᵀw, −3/10), 3/10)")
    assert facts[0].latex.startswith(r"\text{the mean over the places where }\max_{i}")
    assert not any("once" in str(one) for one in made.conditions)


def test_a_shift_that_cancels_asks_for_no_condition():
    shift = np.max(X, axis=1, keepdims=True)
    total = np.sum(np.log(np.sum(np.exp(X - shift), axis=1)) + np.max(X, axis=1))
    assert sd.gradient(total, X).conditions == ()


def test_two_equal_numbers_have_one_slope():
    """Of `maximum` one of the two is taken, whichever: their shares add up to 1 as well."""
    for loss in (np.maximum(x, x), np.minimum(x, x), np.maximum(x, 1.0 * x)):
        np.testing.assert_array_equal(sd.gradient(np.sum(loss), x).to_numpy()(x=np.arange(3.0)), np.ones(3))
    for pick in (np.maximum, np.minimum):
        made = sd.gradient(np.sum(pick(x, x[::-1])), x)
        assert made.check().passed
        assert made.to_numpy()(x=np.array([1.0, 5.0, 3.0]))[1] == 1  # it is compared with itself


@pytest.mark.parametrize("name", ["stacked", "joined", "symmetric"])
def test_the_sum_over_the_places_is_found_wrong(name, monkeypatch):
    """The slope of a maximum as the sum over all its places, which is no subgradient."""

    def summed(expr, value, entry_rule):
        slope = rules.differentiate(expr.body, entry_rule)
        return sum_over(equal(expr.body, value) * slope, expr.indices)

    monkeypatch.setattr(rules, "fold_by_value", summed)
    monkeypatch.setattr("symderive.calculus.chain.fold_by_value", summed)
    planted = tuple(
        (kind, (lambda expr, rule: summed(expr, expr, rule)) if kind in (IndexMax, IndexMin) else rule)
        for kind, rule in rules.RULES
    )
    monkeypatch.setattr(rules, "RULES", planted)
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(BUILT_IN[name][0], VARIABLES.get(name, x)).check()
