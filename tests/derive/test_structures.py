"""Gradients in the free entries of symmetric, diagonal, triangular and skew-symmetric matrices."""

import dataclasses

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.core.nodes import STRUCTURES, Delta
from symderive.core.positions import Inside
from symderive.derive import structures
from symderive.errors import InternalError, SymderiveError
from symderive.numeric.draws import draw_all
from symderive.numeric.structures import MOVES

n, d = sd.dims("n d")
A, X = sd.array("A", d, d), sd.array("X", n, d)
a, b, x, mu = (sd.array(name, d) for name in ("a", "b", "x", "mu"))
slogdet, det, inv, trace = np.linalg.slogdet, np.linalg.det, np.linalg.inv, np.trace


def matrix(domain):
    return sd.array("S", d, d, domain=domain)


def gaussian(S):
    return 0.5 * (x - mu) @ inv(S) @ (x - mu) + 0.5 * slogdet(S)[1]


# Petersen & Pedersen, The Matrix Cookbook (2012), section 2.8: symmetric eq. 138, 140, 141, diagonal eq. 142.
PRINTED = {
    "trace, symmetric": (
        lambda S: trace(A @ S), "symmetric", ["A + Aᵀ − A ⊙ I"], r"A + A^{\top} - A \odot I",
    ),
    "determinant, symmetric": (
        det, "symmetric", ["det(S) (2S⁻¹ − S⁻¹ ⊙ I)"], r"\det(S) (2 S^{-1} - S^{-1} \odot I)",
    ),
    "log-determinant": (lambda S: slogdet(S)[1], "spd", ["2S⁻¹ − S⁻¹ ⊙ I"], r"2 S^{-1} - S^{-1} \odot I"),
    "bilinear, symmetric": (
        lambda S: a @ S @ b, "symmetric", ["abᵀ + baᵀ − diag(a ⊙ b)"],
        r"a b^{\top} + b a^{\top} - \operatorname{diag}(a \odot b)",
    ),
    "normal, covariance": (
        gaussian, "spd",
        ["2G − G ⊙ I", "r = x − μ", "G = ∇_S L = (1/2)(S⁻¹ − S⁻¹r rᵀS⁻¹)"],
        r"2 G - G \odot I",
    ),
    "trace, diagonal": (lambda S: trace(A @ S), "diagonal", ["A ⊙ I"], r"A \odot I"),
    "squares, diagonal": (lambda S: np.sum(S**2), "diagonal", ["2S"], "2 S"),
    "log-determinant, diagonal": (lambda S: slogdet(S)[1], "diagonal", ["S⁻¹"], "S^{-1}"),
    "bilinear, diagonal": (
        lambda S: a @ S @ b, "diagonal", ["diag(a ⊙ b)"], r"\operatorname{diag}(a \odot b)",
    ),
    "trace, lower": (lambda S: trace(A @ S), "lower", ["tril(Aᵀ)"], r"\operatorname{tril}(A^{\top})"),
    "bilinear, upper": (lambda S: a @ S @ b, "upper", ["triu(abᵀ)"], r"\operatorname{triu}(a b^{\top})"),
    "squares, lower": (lambda S: np.sum(S**2), "lower", ["2S"], "2 S"),
    "log-determinant, lower": (
        lambda S: slogdet(S)[1], "lower", ["diag(1 ⊘ diag(S))"],
        r"\operatorname{diag}(1 \oslash \operatorname{diag}(S))",
    ),
    "factor, lower": (
        lambda S: np.sum((S @ S.T - A) ** 2), "lower", ["2 tril((R + Rᵀ)S)", "R = SSᵀ − A"],
        r"2 \operatorname{tril}((R + R^{\top}) S)",
    ),
    "trace, skew": (lambda S: trace(A @ S), "skew", ["Aᵀ − A"], r"A^{\top} - A"),
    "squares, skew": (lambda S: np.sum(S**2), "skew", ["4S"], "4 S"),
    "bilinear, skew": (lambda S: a @ S @ b, "skew", ["abᵀ − baᵀ"], r"a b^{\top} - b a^{\top}"),
}  # fmt: skip


@pytest.mark.parametrize("case", PRINTED)
def test_printed_form(case):
    loss, domain, written, latex = PRINTED[case]
    S = matrix(domain)
    made = sd.gradient(loss(S), S, structured=True)
    result = made.results[0]
    assert [str(result).split(" = ", 1)[1], *map(str, made.lets)] == written
    assert result.latex().split(" = ", 1)[1] == latex
    assert made.check().passed


@pytest.mark.parametrize("domain", structures.BY_DOMAIN)
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_unconstrained_gradient_behind_the_map_of_the_free_entries(domain, seed):
    S = matrix(domain)
    for loss in (
        a @ S @ b,
        np.sum(np.sin(S @ a)),
        trace(A @ S @ S.T),
        np.sum((X @ S) ** 2 * np.cos(S[0, 1])),
    ):
        alone, free = sd.gradient(loss, S), sd.gradient(loss, S, structured=True)
        shapes = dict.fromkeys("ab", ((4,), "real")) | {"A": ((4, 4), "real"), "X": ((5, 4), "real")}
        point = draw_all({**shapes, "S": ((4, 4), domain)}, seed=seed)
        values = [
            one.to_numpy()(**{t.name: point[t.name] for t in one.to_numpy().program.inputs})
            for one in (alone, free)
        ]
        np.testing.assert_allclose(values[1], MOVES[domain](np.asarray(values[0])), rtol=1e-12, atol=1e-12)
        assert free.check(seed).passed


@pytest.mark.parametrize("domain", structures.BY_DOMAIN)
def test_both_gradients_are_printed_with_what_is_varied(domain):
    S = matrix(domain)
    made = sd.gradient(trace(A @ S), S)
    shown = str(made)
    assert "∇_S L = Aᵀ" in shown
    assert "every entry of S is varied alone" in shown
    assert str(made.structured.results[0]) in shown
    assert made.structured.structured is None
    assert made.to_numpy()(A=np.eye(2), S=np.eye(2)).shape == (2, 2)


def test_one_structured_variable_among_several():
    S, K = matrix("spd"), sd.array("K", d, d, domain="skew")
    made = sd.gradient(slogdet(S)[1] + trace(K @ A) + a @ b, [S, K, a], structured=True)
    assert list(map(str, made.results)) == ["∇ˢʸᵐ_S L = 2S⁻¹ − S⁻¹ ⊙ I", "∇ˢᵏᵉʷ_K L = Aᵀ − A", "∇_a L = b"]
    assert made.check().passed


def test_a_matrix_without_structure_is_refused():
    with pytest.raises(
        SymderiveError, match=r"^gradient in the free entries: A has no structure; .*symmetric.*\.$"
    ):
        sd.gradient(trace(A), A, structured=True)


def test_names_do_not_clash():
    G, S = sd.array("G", d, d), matrix("spd")
    made = sd.gradient(gaussian(S) + trace(G @ S), S, structured=True)
    assert made.check().passed
    assert str(made.lets[-1]).startswith("H = ∇_S L = ")


WRONG = {
    "symmetric": lambda g, i, j: g[i, j] + g[j, i],
    "spd": lambda g, i, j: g[i, j] + g[j, i] - sympy.Rational(1001, 1000) * Delta(i, j) * g[i, j],
    "diagonal": lambda g, i, j: g[i, j],
    "lower": lambda g, i, j: Inside(j - i, i.dim) * g[i, j],
    "upper": lambda g, i, j: g[i, j],
    "skew": lambda g, i, j: g[i, j],
}


@pytest.mark.parametrize("domain", WRONG)
def test_a_planted_error_is_found(domain, monkeypatch):
    S = matrix(domain)
    right = structures.BY_DOMAIN[domain]
    wrong = dataclasses.replace(right, entry=WRONG[domain])
    monkeypatch.setattr(structures, "BY_DOMAIN", {**structures.BY_DOMAIN, domain: wrong})
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(trace(A @ S @ S.T), S, structured=True).check()


def test_facts_about_structured_matrices_are_used_and_said():
    D, K, w = sd.array("D", 3, 3, domain="diagonal"), sd.array("K", d, d, domain="skew"), sd.array("w", 3)
    made = sd.gradient(w @ D[:, 0] + D[0, 1] * w @ w, w)
    assert "uses D₀₁ = 0, since D is diagonal" in str(made)
    assert made.check().passed
    made = sd.gradient(x @ K @ x, x)
    assert str(made.results[0]) == "∇_x L = 0"
    assert "uses Kᵀ = −K, since K is skew-symmetric" in str(made)


def test_every_structure_has_a_move():
    assert set(STRUCTURES) == set(MOVES)
