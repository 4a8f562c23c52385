"""Arrays with more than two axes: one matrix for each position of the others."""

import numpy as np
import pytest

import symderive as sd
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition
from symderive.notation.blocks import block_form

b, n, d, k = sd.dims("b n d k")
Q, K, V = (sd.array(name, b, n, d) for name in "QKV")
W = sd.array("W", d, k)


def lines(derived):
    return [str(line) for line in (*derived.lets, *derived.results)]


def test_attention_over_a_batch():
    scores = np.exp(Q @ K.transpose(0, 2, 1))
    derived = sd.gradient(np.sum((scores @ V) ** 2), V)
    assert lines(derived) == ["Eᵢ = exp(Qᵢ Kᵢᵀ)", "∂L/∂Vᵢ = 2 Eᵢᵀ Eᵢ Vᵢ"]
    assert derived.check().passed


def test_a_sum_over_the_batch_is_a_sum_of_matrices():
    derived = sd.gradient(np.sum(np.tanh(Q @ W) ** 2), W)
    assert lines(derived)[-1].startswith("∇_W L = 2 Σₚ Qₚᵀ")
    assert derived.check().passed


def test_entries_that_need_no_sum_stay_entries():
    X = sd.array("X", n, d)
    derived = sd.hessian(np.sum(X**2), X)
    assert str(derived.styled("blocks")[0][0]) == "∂²L/∂Xᵢⱼ∂Xₖₗ = 2 δᵢₖ δⱼₗ"
    assert str(derived.results[0]) == "∂²L/∂vec(X)∂vec(X)ᵀ = 2I"


def test_columns_of_a_matrix_do_not_make_blocks():
    T, u = Tensor("T", (n, n, n)), Tensor("u", (n,))
    i, j, p = Index("i", n), Index("j", n), Index("p", n)
    from symderive.core.nodes import IndexSum

    body = IndexSum(T[p, i, j] * u[p], p)
    made = Definition(Tensor("R", (n, n)), (i, j), body)
    found = block_form(made)
    assert found is not None
    assert found.axes == (None, None)  # Σ_p T_p u_p
    body = IndexSum(T[j, i, p] * T[i, p, j], p)
    assert block_form(Definition(Tensor("R", (n, n)), (i, j), body)) is None


@pytest.mark.parametrize("subscripts", ["...d,dk->...k", "...d,dk", "bnd,dk->bnk"])
def test_einsum_with_an_ellipsis(subscripts):
    derived = sd.gradient(np.sum(np.einsum(subscripts, Q, W) ** 2), W)
    assert str(derived.results[0]) == "∇_W L = 2 Σₚ Qₚᵀ Qₚ W"
    values = {name: np.random.default_rng(2).normal(size=(2, 5, 3)) for name in "Q"}
    weights = np.random.default_rng(3).normal(size=(3, 4))
    flat = values["Q"].reshape(10, 3)
    assert np.allclose(derived.to_numpy()(Q=values["Q"], W=weights), 2 * flat.T @ flat @ weights)


@pytest.mark.parametrize("subscripts", ["...d,...k->d", "...abcd,dk->...k", "d,dk->k"])
def test_einsum_that_does_not_fit(subscripts):
    with pytest.raises(sd.SymderiveError, match="einsum"):
        np.einsum(subscripts, Q, W) if subscripts != "...d,...k->d" else np.einsum("..d,dk->k", Q, W)
