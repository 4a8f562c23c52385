"""Jacobians, blocks, orders, directions, layouts, forms and levels of detail: what they give and refuse."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
import sympy
from scipy import special

import symderive as sd
from symderive.calculus import chain
from symderive.derive import directional as directional_module
from symderive.derive import higher, jacobian
from symderive.derive.account import Written
from symderive.errors import InternalError

n, d, k, m = sd.dims("n d k m")
X, w, y, b = sd.array("X", n, d), sd.array("w", d), sd.array("y", n, domain="sign"), sd.array("b")
A, B, W = sd.array("A", k, n), sd.array("B", d, m), sd.array("W", d, k)
LOGISTIC = np.mean(np.logaddexp(0, -y * (X @ w)))
SQUARES = np.sum((X @ w + b - y) ** 2)


def kinds():
    """One derivation of every kind."""
    return {
        "gradient": sd.gradient(LOGISTIC, w),
        "numerator": sd.gradient(np.sum((X @ W) ** 2), W, layout="numerator"),
        "row": sd.gradient(LOGISTIC, w, layout="numerator"),
        "jacobian": sd.jacobian(np.tanh(X @ w), w),
        "four axes": sd.jacobian(A @ X @ B, X),
        "several": sd.jacobian(np.tanh(X @ w + b), [w, b]),
        "denominator": sd.jacobian(np.tanh(X @ W), W, layout="denominator"),
        "hessian": sd.hessian(LOGISTIC, w),
        "blocks": sd.hessian(SQUARES, [w, b]),
        "third": sd.derivative(LOGISTIC, w, w, w),
        "mixed third": sd.derivative(np.sum(b * np.exp(X @ w)), w, b, w),
        "of an array": sd.derivative(np.exp(X @ w), w, w),
        "directional": sd.directional(LOGISTIC, w, "v"),
        "applied": sd.directional(np.tanh(X @ W), W, "V"),
        "product": sd.hessian_vector_product(LOGISTIC, w, "v"),
        "product of a matrix": sd.hessian_vector_product(np.sum(np.tanh(X @ W)), W, "V"),
    }


@pytest.mark.parametrize("name", kinds())
def test_every_kind_is_checked_printed_pickled_and_converted(name):
    derived = kinds()[name]
    assert derived.check().passed
    assert derived.text("full")
    assert derived.latex()
    again = pickle.loads(pickle.dumps(derived))
    assert str(again) == str(derived)
    assert again.to_numpy().source == derived.to_numpy().source
    assert derived.to_sympy() is not None
    checks = [step.check for step in derived.steps if step.rule == "chain rule"]
    assert checks
    assert all(check is not None and check.passed for check in checks)


@pytest.mark.parametrize("name", kinds())
@pytest.mark.parametrize("factor", [-1, sympy.Rational(1001, 1000)])
def test_a_wrong_result_of_any_kind_is_caught(name, factor):
    derived = kinds()[name]
    outputs = set(derived.program.outputs)
    made = tuple(
        one.with_body(factor * one.body) if one.tensor in outputs else one
        for one in derived.program.definitions
    )
    planted = dataclasses.replace(
        derived, program=dataclasses.replace(derived.program, definitions=made), _checks=[]
    )
    with pytest.raises(InternalError, match="does not agree"):
        planted.check()


@pytest.mark.parametrize("name", kinds())
def test_a_wrong_step_of_any_kind_is_caught(name):
    """The result is right; one of the equations that the steps state is not."""
    derived = kinds()[name]
    wrong = derived.worked.definitions[-1]
    made = (*derived.worked.definitions[:-1], wrong.with_body(sympy.Rational(1001, 1000) * wrong.body))
    account = Written(
        derived.loss,
        derived.steps,
        derived.conditions,
        worked=dataclasses.replace(derived.worked, definitions=made),
    )
    planted = dataclasses.replace(derived, account=account, _checks=[])
    with pytest.raises(InternalError, match="the step"):
        planted.check()


@pytest.mark.parametrize("module", [higher, jacobian, directional_module])
def test_a_wrong_forward_pass_is_caught(monkeypatch, module):
    right = chain.tangents

    def wrong(*args, **options):
        made = right(*args, **options)
        last = made.program.definitions[-1]
        changed = (*made.program.definitions[:-1], last.with_body(sympy.Rational(1001, 1000) * last.body))
        return chain.Chained(dataclasses.replace(made.program, definitions=changed), made.of)

    monkeypatch.setattr(module, "tangents", wrong)
    derive = {
        higher: lambda: sd.hessian(LOGISTIC, w),
        jacobian: lambda: sd.jacobian(np.tanh(X @ w), w),
        directional_module: lambda: sd.hessian_vector_product(LOGISTIC, w, "v"),
    }[module]
    with pytest.raises(InternalError, match="does not agree"):
        derive().check()


def test_the_hessian_is_not_formed_in_a_product():
    product = sd.hessian_vector_product(LOGISTIC, w, "v")
    assert all(made.tensor.rank < 2 for made in product.program.definitions)
    assert all(made.tensor.rank < 2 for made in product.worked.definitions)
    rng = np.random.default_rng(0)
    given = {"X": rng.normal(size=(7, 3)), "w": rng.normal(size=3), "y": np.sign(rng.normal(size=7))}
    v = rng.normal(size=3)
    margin = given["y"] * (given["X"] @ given["w"])
    slope = special.expit(margin) * special.expit(-margin)
    expected = given["X"].T @ (slope * (given["X"] @ v)) / 7
    np.testing.assert_allclose(product.to_numpy()(**given, v=v), expected)


def test_results_are_keyed_by_their_variables():
    blocks = sd.hessian(SQUARES, [w, b])
    assert str(blocks["w", "b"]) == "∇_w ∇_b L = 2 Xᵀ𝟏"
    assert str(blocks["b", "b"]) == "∇²_b L = 2n"
    assert str(sd.gradient(SQUARES, [w, b])["b"]) == "∇_b L = 2 𝟏ᵀr"
    with pytest.raises(sd.SymderiveError, match=r"the Hessian has no result 'w'; it has \['w', 'w'\], "):
        blocks["w"]


def test_a_derivative_that_is_zero_says_so():
    assert str(sd.hessian(np.sum(X @ w), w).results[0]) == "∇²_w L = 0"
    assert str(sd.jacobian(X @ w - X @ w, w).results[0]) == "∂f/∂w = 0"
    shares = sd.parse("np.sum(scipy.special.softmax(w @ H.T))", w=w, H=sd.array("H", n, d))
    assert sd.gradient(shares, w).to_numpy()(w=np.ones(2), H=np.ones((3, 2))).tolist() == [0.0, 0.0]
    assert str(sd.derivative(SQUARES, w, w, w).results[0]) == "∇³_w L = 0"
    assert str(sd.hessian_vector_product(np.sum(X @ w), w, "v").results[0]) == "∇²_w L v = 0"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: sd.gradient(X @ w, w), "sum it to a scalar, or use jacobian"),
        (lambda: sd.jacobian(X @ w, y), "the output does not contain y"),
        (lambda: sd.jacobian(3.0, w), "the output is a float"),
        (lambda: sd.gradient(SQUARES, w, layout="numerater"), 'did you mean "numerator"'),
        (lambda: sd.hessian(SQUARES, [w, b], w), "not both"),
        (lambda: sd.derivative(SQUARES), "no variable given"),
        (lambda: sd.directional(SQUARES, w, y), "the direction y has shape n, but w has shape d"),
        (lambda: sd.directional(SQUARES, w, "y"), "the loss has an array y already"),
        (lambda: sd.directional(SQUARES, w, w + w), "the direction is the expression"),
        (lambda: sd.gradient(SQUARES, w).latex("indices"), 'did you mean "index"'),
        (lambda: sd.gradient(SQUARES, w).text("fully"), 'did you mean "full"'),
    ],
)
def test_what_is_refused_is_refused_in_one_sentence(make, sentence):
    with pytest.raises(sd.SymderiveError) as raised:
        make()
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_output_says_the_layout():
    assert "denominator layout: the gradient has the shape of w" in str(sd.gradient(LOGISTIC, w))
    assert "numerator layout: ∂L/∂w is a row" in str(sd.gradient(LOGISTIC, w, layout="numerator"))
    assert "the axes of f first, then those of w (n×d)" in str(sd.jacobian(X @ w, w))


def test_a_full_derivation_shows_what_cancels():
    t, p = sd.array("t", n, domain="binary"), sd.let("p", special.expit(X @ w))
    derived = sd.gradient(-np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)), w)
    full = derived.text("full").splitlines()
    place = next(number for number, line in enumerate(full) if line.endswith("put into one another"))
    assert "p ⊙ (1 − p) ⊙ ((1 − t) ⊘ (1 − p) − t ⊘ p)" in full[place]
    assert full[place + 1].split() == [
        *("=", "(1/n)", "Xᵀ(p", "−", "t)"),
        *("the", "slope", "p", "⊙", "(1", "−", "p)", "cancels"),
    ]
    assert full[-1].startswith("derivatives in the steps: all 10 agree with central differences")
    assert str(derived.results[0]) == str(derived.elementary.results[0]) == "∇_w L = (1/n) Xᵀ(p − t)"


def test_the_levels_of_detail_grow():
    derived = sd.hessian(LOGISTIC, w)
    lengths = [len(derived.text(detail).splitlines()) for detail in ("brief", "standard", "full")]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == 3
    brief = derived.text("brief")
    assert "∇²_w L = (1/n) Xᵀ diag(σ(−z) ⊙ σ(z)) X,   z = −y ⊙ Xw" in brief
    assert "linear" not in brief


def test_a_hessian_shows_the_gradient_first():
    steps = [str(step.statement) for step in sd.hessian(LOGISTIC, w).steps]
    assert steps[1] == "∇_w L = −(1/n) Xᵀ(y ⊙ σ(z))"


def test_names_of_derivatives_do_not_clash():
    f, v = sd.array("f", n), sd.array("L", d)
    assert str(sd.jacobian(X @ w + f, w).results[0]) == "∂g/∂w = X"
    assert str(sd.gradient(np.sum((X @ w) ** 2) + np.sum(v * w), w).results[0]).startswith("∇_w J = ")
