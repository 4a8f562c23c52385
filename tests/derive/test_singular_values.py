# ruff: noqa: E501 -- operations, many to a line
"""Nuclear and spectral norms, the smallest singular value and condition numbers: values, gradients, conditions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.calculus import rules
from symderive.codegen import from_forms
from symderive.core.nodes import Tensor
from symderive.core.singular_nodes import LargestPairEntry, NuclearNorm, PolarEntry, SmallestPairEntry
from symderive.errors import InternalError, ShapeError, SymderiveError
from symderive.language.programs import program_of
from tests.derive import numpys_values
from tests.profiles import examples

SHAPES = {
    "X": "n,d",
    "Y": "n,d",
    "W": "d,k",
    "B": "d,d",
    "S": "d,d:spd",
    "Q": "d,d:symmetric",
    "x": "n",
    "w": "d",
    "M": "n,k",
}
SIZES = {"n": 7, "d": 3, "k": 5}
norm = np.linalg.norm
parsed = {name: sd.parse(name, **SHAPES) for name in SHAPES}
X, W, Y, B, Q, S, w = (parsed[name] for name in "XWYBQSw")


def has_numpys_value(text):
    numpys_values.has_numpys_value(text, SHAPES, SIZES)


VALUES = [
    *(f"np.linalg.norm({one}, {order})" for one in ("X", "W", "X.T", "X @ W", "w[:, None]") for order in ("'nuc'", "2", "-2")),
    "np.linalg.norm(X, 'nuc', axis=(1, 0))", "np.linalg.norm(X, 2, keepdims=True)", "np.linalg.matrix_norm(X, ord='nuc')",
    "np.linalg.matrix_norm(X, ord=-2)", "np.linalg.cond(X)", "np.linalg.cond(B, 2)", "np.linalg.cond(W, -2)", "np.linalg.cond(B, 'nuc')",
]  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_has_numpys_value(text):
    has_numpys_value(text)


PRINTED = {
    "nuclear": (norm(X, "nuc"), X, ["∇_X L = U_X V_Xᵀ"], r"\nabla_{X} L = U_{X} V_{X}^{\top}"),
    "spectral": (norm(X, 2), X, ["∇_X L = u_max(X) v_max(X)ᵀ"], r"\nabla_{X} L = u_{\max}(X) v_{\max}(X)^{\top}"),
    "smallest": (norm(X, -2), X, ["∇_X L = u_min(X) v_min(X)ᵀ"], r"\nabla_{X} L = u_{\min}(X) v_{\min}(X)^{\top}"),
    "residual": (
        norm(Y @ W - X @ W, "nuc"), X, ["∇_X L = −U_R V_RᵀWᵀ", "R = YW − XW"],
        r"\nabla_{X} L = -U_{R} V_{R}^{\top} W^{\top},\quad R = Y W - X W",
    ),
    "turned": (
        norm(X.T @ Y, 2), X, ["∇_X L = Y v_max(Z) u_max(Z)ᵀ", "Z = XᵀY"],
        r"\nabla_{X} L = Y v_{\max}(Z) u_{\max}(Z)^{\top},\quad Z = X^{\top} Y",
    ),
    "another name": (norm(X.T, "nuc"), X, ["∇_X L = U_X V_Xᵀ"], r"\nabla_{X} L = U_{X} V_{X}^{\top}"),
}  # fmt: skip


@pytest.mark.parametrize("case", PRINTED)
def test_printed_form(case):
    loss, wrt, plain, written = PRINTED[case]
    derived = sd.gradient(loss, wrt)
    assert [str(one) for one in (*derived.results, *derived.lets)] == plain
    assert derived.latex() == written
    assert derived.check().passed


def test_conditions_and_letters_are_said():
    found = {
        order: [f"{one.kind}: {one}" for one in sd.gradient(norm(X @ W, order), W).conditions]
        for order in ("nuc", 2, -2)
    }
    assert found["nuc"] == [
        "domain: XW has full rank", "fact: Z = U_Z Σ V_Zᵀ, the thin singular value decomposition",
    ]  # fmt: skip
    assert found[2] == [
        "domain: XW has a simple largest singular value",
        "fact: u_max(Z) and v_max(Z), the singular vectors of Z for its largest singular value",
    ]
    assert found[-2] == [
        "domain: XW has a simple smallest singular value that is not 0",
        "fact: u_min(Z) and v_min(Z), the singular vectors of Z for its smallest singular value",
    ]
    assert not any(one.kind == "domain" for one in sd.gradient(norm(S, "nuc"), S).conditions)
    assert not any("rank" in one.text for one in sd.gradient(norm(X, "nuc") * np.sum(w), w).conditions)


MATRICES = [
    "X", "X @ W - M", "X - Y", "Y.T @ X @ W", "X @ B", "X.T @ Y", "X @ S", "B @ B", "np.linalg.inv(B)", "np.linalg.solve(B, W)", "2 * X + Y",
    "np.tanh(X)", "X * Y", "x[:, None] * X", "np.outer(x, w) + X", "W.T @ B", "X / np.linalg.norm(X)", "X[1:]", "X[:, :2]", "Q",
    "np.diag(w) + B", "X.reshape(X.shape[1], X.shape[0])", "x[:, None]", "X @ X.T @ X", "np.tril(B)", "np.exp(-X ** 2)", "np.stack([x, x ** 2, np.sin(x)])",
]  # fmt: skip
NORMS = [
    "np.linalg.norm({}, 'nuc')", "np.linalg.norm({}, 2)", "np.linalg.norm({}, -2)", "np.linalg.norm({}, 2) ** 2", "np.linalg.cond({})",
    "np.log(np.linalg.norm({}, 'nuc'))", "np.exp(-np.linalg.norm({}, 2))", "np.linalg.norm(({}).T, 'nuc') ** 1.5",
]  # fmt: skip


@st.composite
def losses(draw):
    """One or two norms of random matrices, and a variable in them."""
    text = draw(st.sampled_from(NORMS)).format(f"({draw(st.sampled_from(MATRICES))})")
    if draw(st.booleans()):
        other = draw(st.sampled_from([*NORMS, "np.sum({0} ** 2)", "np.linalg.norm({0})"]))
        text = f"{text} {draw(st.sampled_from('+*-'))} {other.format('(' + draw(st.sampled_from(MATRICES)) + ')')}"
    names = [tensor.name for tensor in program_of(sd.parse(text, **SHAPES)).inputs]
    return text, draw(st.sampled_from(names))


RANDOM = settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))


@RANDOM
@given(losses())
def test_gradients_are_what_central_differences_say(case):
    text, name = case
    has_numpys_value(text)
    derived = sd.gradient(sd.parse(text, **SHAPES), parsed[name])
    assert derived.check().passed
    assert derived.text("full")


@RANDOM
@given(losses())
def test_derivatives_along_a_direction_are_what_central_differences_say(case):
    text, name = case
    assert sd.directional(sd.parse(text, **SHAPES), parsed[name], "V").check().passed


def test_jacobians_and_structured_gradients():
    for made in (
        sd.jacobian(w * norm(X, "nuc"), X), sd.jacobian(X * norm(X, 2), X, layout="denominator"),
        sd.gradient(norm(Q, "nuc"), Q, structured=True), sd.gradient(norm(X @ W, "nuc"), [X, W]),
        sd.gradient(norm(X @ W, 2), W, layout="numerator"),
    ):  # fmt: skip
        assert made.check().passed


@pytest.mark.parametrize("wrong", [LargestPairEntry, SmallestPairEntry])
def test_a_wrong_slope_is_found(monkeypatch, wrong):
    monkeypatch.setitem(rules.SLOPES, NuclearNorm, wrong)
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(norm(X @ W, "nuc"), W).check()


def test_a_transposed_slope_is_found(monkeypatch):
    monkeypatch.setitem(rules.SLOPES, NuclearNorm, lambda matrix, p, q: PolarEntry(matrix, q, p))
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(norm(B, "nuc"), B).check()


def test_wrong_code_is_found(monkeypatch):
    right = from_forms.singular_slope
    monkeypatch.setattr(
        from_forms,
        "singular_slope",
        lambda form, code: (f"1.001 * {right(form, code)[0]}", right(form, code)[1]),
    )
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(norm(X, "nuc"), X).check()


REFUSED = {
    "hessian": lambda: sd.hessian(norm(X, "nuc"), X),
    "third": lambda: sd.derivative(norm(X, 2), X, X, X),
    "product": lambda: sd.hessian_vector_product(norm(X, -2), X, "V"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_there_is_no_second_derivative(case):
    with pytest.raises(SymderiveError, match="only the first derivative is derived"):
        REFUSED[case]()


def test_other_refusals():
    T = sd.array("T", 2, *sd.dims("n d"))
    with pytest.raises(ShapeError, match="ord='nuc' is taken of one matrix, not of a batch of shape 2×n×d"):
        norm(T, "nuc", axis=(1, 2))
    with pytest.raises(ShapeError, match="cond: takes a matrix, not d"):
        np.linalg.cond(w)
    with pytest.raises(
        SymderiveError, match=r"svd: not supported on symbolic arrays: of the singular values the sum is"
    ):
        np.linalg.svd(X, compute_uv=False)
    with pytest.raises(SymderiveError, match="SymPy has no symbolic singular values"):
        sd.gradient(norm(X, "nuc"), X).to_sympy()
    with pytest.raises(ShapeError, match="takes a matrix"):
        NuclearNorm(Tensor("v", (3,)))
    with pytest.raises(ShapeError, match="1 positions given, not 2"):
        PolarEntry(Tensor("A", (3, 2)), 0)
    with pytest.raises(
        SymderiveError,
        match="every matrix that is inverted, or whose singular values are taken, has full rank",
    ):
        sd.gradient(norm(np.outer(parsed["x"], w), "nuc"), w).check()
