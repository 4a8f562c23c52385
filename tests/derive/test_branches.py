"""Comparisons, np.where, maxima and products: values, derivatives, conditions, kinks."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from scipy import special

import symderive as sd
from symderive.calculus import rules
from symderive.errors import InternalError, SymderiveError
from symderive.functions.choice import where
from symderive.numeric.draws import draw_all

N, D, K = sd.dims("n d k")
X, W, w, y, x = (
    sd.array("X", N, D), sd.array("W", D, K), sd.array("w", D), sd.array("y", N), sd.array("x", N),
)  # fmt: skip
a, f = sd.array("a"), sd.array("f")
SIZES = {"X": (7, 3), "W": (3, 5), "w": (3,), "y": (7,), "x": (7,), "a": (), "f": ()}
r = y - X @ w
LOSSES = {
    "expectile": (np.where(y > X @ w, a, 1 - a) * r**2).sum(),
    "pinball": np.maximum(a * r, (a - 1) * r).sum(),
    "pinball by where": np.where(r > 0, a * r, (a - 1) * r).sum(),
    "Huber": np.where(np.abs(r) <= 1.1, r**2 / 2, 1.1 * np.abs(r) - 0.605).sum(),
    "Huber of SciPy": special.huber(0.7, r).sum(),
    "hinge": np.maximum(0, 1 - y * (X @ w)).mean(),
    "squared hinge": (np.maximum(0, 1 - y * (X @ w)) ** 2).mean(),
    "leaky relu": np.where(X @ w > 0, X @ w, 0.1 * (X @ w)) @ y,
    "elu": np.where(X @ w > 0, X @ w, np.exp(X @ w) - 1) @ y,
    "step times": ((X @ w > 0.1) * (X @ w) ** 2).sum(),
    "two conditions": np.where((X @ w > -1) & (y < 0.3), (X @ w) ** 3, X @ w).sum(),
    "either condition": np.where((X @ w > 1) | ~(y < 0.3), (X @ w) ** 3, X @ w).sum(),
    "nested": np.where(y > 0, np.where(X @ w > 0, X @ w, 0), (X @ w) ** 2).sum(),
    "clip": (np.clip(X @ w, -0.5, 0.5) ** 2).sum(),
    "max": np.max(X @ w) ** 2,
    "min of distances": np.min(np.sum((X - w) ** 2, axis=1)),
    "max over rows": np.max(X @ W, axis=1) @ y + np.sum(w),
    "greatest of absolute values": np.max(np.abs(r)),
    "prod": np.prod(1 + w**2) + np.prod(X @ w),
    "prod over rows": np.prod(X + w, axis=1) @ y,
    "any": np.where(np.any(w > 0.2), w @ w, np.sum(w)),
}


def numbers(seed: int) -> dict[str, np.ndarray]:
    return dict(draw_all({name: (shape, "real") for name, shape in SIZES.items()}, seed=seed))


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_and_hessians_are_confirmed(name):
    made = sd.gradient(LOSSES[name], w)
    assert made.check().passed
    assert sd.hessian(LOSSES[name], w).check().passed
    assert "_0" not in str(made)
    assert "_" not in made.latex().replace("_{", "").replace(r"\_", "").replace("_2", "")


@pytest.mark.parametrize(
    ("loss", "branch"),
    [
        (np.where(x > 0, np.log(x), 0), lambda t: 1 / t if t > 0 else 0),
        (np.where(x > 0, np.sqrt(x) * 3, x**2), lambda t: 1.5 / np.sqrt(t) if t > 0 else 2 * t),
        (np.where(x != 0, np.sin(x) / x, 1), lambda t: (np.cos(t) - np.sin(t) / t) / t if t else 0),
        (np.where(x < 3, np.exp(x), 20 + x), lambda t: np.exp(t) if t < 3 else 1),
        (np.where(x > 0, np.log(np.log(x) ** 2 + 1), 0),
         lambda t: 2 * np.log(t) / t / (np.log(t) ** 2 + 1) if t > 0 else 0),
        (np.log(np.where(x > 0, x, 1)), lambda t: 1 / t if t > 0 else 0),
    ],
)  # fmt: skip
def test_a_branch_that_is_not_chosen_leaves_no_trace(loss, branch):
    """Not even an infinite one: 0 times infinity would be NaN."""
    at = np.array([0.0, -1.0, 2.0, 0.5, -700.0, 1e-3, 800.0])
    made = sd.gradient(np.sum(loss), x)
    with np.errstate(all="ignore"):
        value = made.to_numpy()(x=at)
        np.testing.assert_allclose(value, [branch(t) for t in at], rtol=1e-8)
    domains = [one for one in made.conditions if one.kind == "domain"]
    assert domains == []


def test_what_a_branch_demands_is_said_where_it_is_chosen():
    (first, *_) = sd.gradient(np.where(y > 0, np.log(x), 0).sum(), x).conditions
    assert first.text == "xᵢ > 0 wherever yᵢ > 0 for all i"
    assert first.latex == r"x_{i} > 0\text{ wherever } y_{i} > 0\text{ for all } i"
    found = sd.gradient(np.where(x > -1, np.log(x), 0).sum(), x).conditions
    assert "xᵢ > 0 wherever xᵢ > −1 for all i" in [one.text for one in found]
    found = sd.gradient((np.where(x > 0, np.log(x), 0) + np.log(x)).sum(), x).conditions
    assert "xᵢ > 0 for all i" in [one.text for one in found]


def test_jumps_and_kinks_are_named_where_a_derivative_passes():
    texts = [one.text for one in sd.gradient(LOSSES["expectile"], w).conditions]
    assert texts == ["at yᵢ = xᵢᵀw: 1[x > y]′ = 0 away from the jump x = y"]
    assert sd.gradient(np.where(y > 0, x, x**2).sum(), x).conditions == ()
    kinds = [one.kind for one in sd.gradient(((x > 0) ** 2 * x).sum(), x).conditions]
    assert kinds == ["kink"]


def test_a_maximum_is_attained_once_and_no_factor_is_zero():
    texts = [one.text for one in sd.gradient(LOSSES["max over rows"], W).conditions]
    assert texts == ["maxₚ (XW)ᵢₚ is attained once for all i (at ties: the mean over the places)"]
    (found,) = sd.gradient(np.max(x), x).conditions
    assert (
        found.latex == r"\max_{i} x_{i} \text{ is attained once}\text{ (at ties: the mean over the places)}"
    )
    (found,) = sd.gradient(np.prod(x), x).conditions
    assert found.text == "xᵢ ≠ 0 for all i"
    p = sd.array("p", N, domain="positive")
    assert sd.gradient(np.prod(p), p).conditions == ()


def test_the_printed_forms():
    assert str(sd.gradient(np.max(x), x).results[0]) == "∇_x L = 1[x = m]"
    c = sd.array("c")
    made = sd.gradient(np.where(c > f, a, 1 - a) * (c - f) ** 2, f)
    assert str(made.results[0]) == "∇_f L = 2(f − c) where(c > f, a, 1 − a)"
    assert made.latex() == (
        r"\nabla_{f} L = 2 (f - c) \begin{cases} a & \text{if } c > f \\ 1 - a & \text{otherwise} \end{cases}"
    )
    hinge = sd.gradient(np.maximum(0, 1 - y * (X @ w)).sum(), w)
    assert str(hinge.results[0]) == "∇_w L = −Xᵀ(y ⊙ 1[1 − y ⊙ Xw > 0])"


@pytest.mark.parametrize(
    ("choice", "relu", "absolute", "largest"),
    [("zero", 0, 0, 0), ("left", 0, -1, 0), ("middle", 0.5, 0, 0.5), ("right", 1, 1, 1), (0, 0, -1, 0),
     (0.5, 0.5, 0, 0.5), (1, 1, 1, 1), (None, 0, 0, 0)],
)  # fmt: skip
def test_the_slope_at_a_kink_is_the_one_that_was_chosen(choice, relu, absolute, largest):
    expected = {np.maximum(x, 0).sum(): relu, np.abs(x).sum(): absolute, np.maximum(x, 1).sum(): largest}
    for loss, slope in expected.items():
        made = sd.gradient(loss, x, subgradient=choice)
        kink = 1.0 if loss is list(expected)[-1] else 0.0
        assert made.to_numpy()(x=np.array([kink, 5.0]))[0] == slope
        assert made.check().passed
        assert [one.kind for one in made.conditions] == ["kink"]
    named = sd.let("m", np.maximum(x, 0))
    assert sd.hessian((named**2).sum(), x, subgradient=choice).check().passed


@pytest.mark.parametrize("choice", [2, "both", True, "", -1, 0.3])
def test_another_slope_is_refused(choice):
    with pytest.raises(SymderiveError, match="choose the slope at a kink"):
        sd.gradient(np.abs(x).sum(), x, subgradient=choice)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("np.linalg.norm(x) ** 2", []),
        ("np.sum(np.maximum(x, 0) ** 2)", []),
        ("np.sum(np.abs(x) ** 3)", []),
        ("np.sum(np.sqrt(1 + x ** 2))", []),
        ("np.sum(np.log(special.expit(x)))", []),
        ("np.sum(np.sqrt(x ** 2))", ["xᵢ ≠ 0 for all i"]),
    ],
)
def test_conditions_are_not_more_careful_than_needed(source, expected):
    made = sd.gradient(sd.parse(source, x="n"), x)
    assert [one.text for one in made.conditions] == expected
    if not expected:  # and what is not demanded does hold
        at = np.zeros(5)
        assert np.isfinite(made.to_numpy()(x=at)).all()
    assert made.check().passed


def test_powers_that_hide_a_root_keep_its_domain():
    assert [one.text for one in sd.gradient((np.sqrt(x) ** 2).sum(), x).conditions] == ["xᵢ ≥ 0 for all i"]
    texts = [one.text for one in sd.gradient((np.sqrt(x) ** 2 + np.sqrt(x)).sum(), x).conditions]
    assert texts == ["xᵢ > 0 for all i"]


def test_a_planted_error_is_caught(monkeypatch):
    """The rule of np.where with the branches exchanged."""

    def exchanged(expr, entry_rule):
        condition, first, second = expr.args
        return rules.slope_of_choice(
            where(condition, second, first), lambda branch: rules.differentiate(branch, entry_rule)
        )

    planted = tuple((kind, exchanged if kind is where else rule) for kind, rule in rules.RULES)
    monkeypatch.setattr(rules, "RULES", planted)
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(np.where(x > 0.1, x**2, np.sin(x)).sum(), x).check()


def test_both_branches_of_an_equality_are_checked():
    """A random number is never 0; where 0 is compared with, some of the numbers are."""
    from symderive.derive.verification import points

    made = sd.gradient(np.where(y == 0, x**2, np.sin(x)).sum(), x)
    seen = [arrays["y"] for arrays in points(made, 0, lambda arrays: True)]
    assert any((one == 0).any() and (one != 0).any() for one in seen)


def test_sympy_knows_the_results():
    made = sd.gradient(np.where(f > a, f**2, a).sum(), f).to_sympy()
    t, s = sympy.Symbol("f", real=True), sympy.Symbol("a", real=True)
    assert made.subs({t: 2, s: 1}) == 4
    assert made.subs({t: 1, s: 2}) == 0
    assert isinstance(sd.gradient(np.prod(x), x).to_sympy(), sympy.Basic)
    with pytest.raises(SymderiveError, match="no maximum or minimum"):
        sd.gradient(np.max(x), x).to_sympy()


HUBER = "np.sum(np.where(np.abs(x) <= d, x**2 / 2, d * (np.abs(x) - d / 2)))"
KINK = "at xᵢ = 0: |x|′ = sign(x)"


@pytest.mark.parametrize(
    ("loss", "domain", "has_kink"),
    [
        (HUBER, ":positive", False),
        (HUBER.replace("<= d", "<= 2 * d"), ":positive", False),
        (HUBER.replace("<= d", "<= 1"), ":real", False),
        (HUBER, ":real", True),
        (HUBER.replace("<= d", "<= -d"), ":positive", True),
        (HUBER.replace("<=", ">"), ":positive", True),
        (f"{HUBER} + np.sum(np.abs(x))", ":positive", True),
        (f"{HUBER} * np.max(np.abs(x))", ":positive", True),
        (HUBER.replace("d * (np.abs(x)", "d * (np.abs(x)[::-1]"), ":positive", True),
        (HUBER.replace("d * (np.abs(x)", "d * (np.cumsum(np.abs(x))"), ":positive", True),
    ],
)
@pytest.mark.parametrize("derive", [sd.gradient, sd.hessian])
def test_a_kink_that_no_branch_reaches_is_not_mentioned(loss, domain, has_kink, derive):
    arrays = {"x": "n", "d": domain}
    made = derive(sd.parse(loss, **arrays), sd.parse("x", **arrays))
    assert any(str(one).startswith(KINK) for one in made.conditions) == has_kink


def test_a_matrix_that_is_inverted_is_read_whole_whatever_branch_reads_its_entries():
    arrays = {"A": "n,n"}
    loss = "np.sum(np.where(np.abs(A) > 1, np.abs(A), 0)) + np.sum(np.linalg.inv(np.abs(A)))"
    made = sd.gradient(sd.parse(loss, **arrays), sd.parse("A", **arrays))
    assert any(str(one).startswith("at Aᵢⱼ = 0: ") for one in made.conditions)
