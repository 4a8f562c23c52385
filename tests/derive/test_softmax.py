"""Softmax regression, mixtures, attention and normalisation: formulas, steps, conditions, large logits."""

import mpmath
import numpy as np
import pytest
from scipy import special

import symderive as sd
from symderive.calculus import chain, relabelled, rules
from symderive.errors import InternalError, SymderiveError
from symderive.numeric import draw_all

n, d, c, m, k = sd.dims("n d c m k")
X, W, w, y, x = sd.array("X", n, d), sd.array("W", d, c), sd.array("w", d), sd.array("y", n), sd.array("x", d)
Y, T = sd.array("Y", n, c, domain="onehot"), sd.array("T", n, c)
Q, K, V = sd.array("Q", n, d), sd.array("K", m, d), sd.array("V", m, k)


def text(derivation):
    return [str(one) for one in (*derivation.results, *derivation.lets)]


LOSSES = {
    "words": lambda: -np.sum(Y * sd.log_softmax(X @ W, axis=1)),
    "log of a softmax": lambda: -np.sum(Y * np.log(sd.softmax(X @ W, axis=1))),
    "log-sum-exp": lambda: np.sum(sd.logsumexp(X @ W, axis=1)) - np.sum(Y * (X @ W)),
    "plain": lambda: -np.sum(Y * np.log(np.exp(X @ W) / np.exp(X @ W).sum(axis=1, keepdims=True))),
    "shifted": lambda: -np.sum(Y * (X @ W - 7 - np.log(np.sum(np.exp(X @ W - 7), axis=1, keepdims=True)))),
}


@pytest.mark.parametrize("way", LOSSES)
def test_softmax_regression_reads_the_same_however_it_is_written(way):
    derived = sd.gradient(LOSSES[way](), W)
    assert text(derived) == ["∇_W L = Xᵀ(softmax_rows(XW) − Y)"]
    assert derived.check().passed


def test_one_hot_rows_are_a_stated_fact():
    facts = [str(one) for one in sd.gradient(LOSSES["words"](), W).conditions]
    assert facts == ["Σⱼ Yᵢⱼ = 1, since the rows of Y are one-hot"]
    plain = sd.gradient(-np.sum(T * sd.log_softmax(X @ W, axis=1)), W)
    assert text(plain) == ["∇_W L = Xᵀ(diag(T𝟏) softmax_rows(XW) − T)"]
    assert plain.conditions == ()


def test_the_sum_of_a_variable_is_not_used():
    """One entry of a one-hot variable is varied alone, so its rows do not add up to 1 there."""
    derived = sd.gradient(np.sum(Y * np.sum(Y, axis=1, keepdims=True)), Y)
    assert derived.conditions == ()
    assert derived.check().passed


def test_the_first_line_shows_what_was_written():
    assert str(sd.gradient(np.log(np.sum(np.exp(x))), x).loss) == "L = log(Σᵢ exp(xᵢ))"
    assert str(sd.gradient(sd.logsumexp(x), x).loss) == "L = logsumexp(x)"


@pytest.mark.parametrize("domain", ["real", "positive"])
def test_mixture_gradients_name_the_responsibilities(domain):
    z, mu, pi = sd.array("z", n), sd.array("mu", k), sd.array("pi", k, domain=domain)
    loss = np.sum(np.log(np.exp(-((z[:, None] - mu) ** 2) / 2) @ pi))
    derived = sd.gradient(loss, [mu, pi])
    assert str(derived.results[0]) == "∇_μ L = (R ⊙ (z𝟏ᵀ − 𝟏μᵀ))ᵀ𝟏"
    assert str(derived.lets[0]).startswith("Rᵢⱼ = 𝛑ⱼ exp(−(1/2)(zᵢ − μⱼ)²)/(Σ")
    assert derived.check().passed
    assert sd.hessian(loss, mu).check().passed
    assert any("> 0" in str(one) for one in derived.conditions) == (domain == "real")


@pytest.mark.parametrize("variable", [Q, K, V])
def test_attention(variable):
    derived = sd.gradient(np.sum((sd.softmax(Q @ K.T / np.sqrt(d), axis=1) @ V) ** 2), variable)
    assert derived.check().passed
    assert "P = softmax_rows((1/√d) QKᵀ)" in text(derived)


def test_batches_of_attention_in_index_notation():
    b = sd.dims("b")
    queries, keys = sd.array("Q", b, n, d), sd.array("K", b, m, d)
    scores = np.einsum("bnd,bmd->bnm", queries, keys)
    derived = sd.gradient(np.sum(sd.softmax(scores, axis=2) ** 2), queries)
    assert derived.check().passed


def test_softmax_over_everything_keeps_rows_and_columns_apart():
    scale = sd.array("t")
    assert sd.hessian(sd.logsumexp((X @ W) * scale), scale).check().passed
    assert sd.gradient(np.sum(T * sd.softmax(X @ W)), W).check().passed


def test_an_entry_of_a_softmax():
    z = sd.array("z", 4)
    derived = sd.gradient(-np.log(sd.softmax(z)[2]), z)
    assert derived.check().passed
    loss = -np.log(np.exp(z[2]) / np.sum(np.exp(z)))
    assert sd.gradient(loss, z).check().passed


def exact_softmax(row):
    raised = [mpmath.exp(mpmath.mpf(float(one))) for one in row]
    return np.array([float(one / mpmath.fsum(raised)) for one in raised])


@pytest.mark.parametrize("scale", [1.0, 1e2, 1e4])
@pytest.mark.parametrize("way", ["plain", "words"])
def test_large_logits(way, scale):
    """Value, gradient and Hessian with logits of ±10⁴ against arithmetic with as many digits as it takes."""
    mpmath.mp.dps = 60
    generator = np.random.default_rng(5)
    at = {
        "X": generator.normal(size=(4, 2)),
        "W": scale * generator.normal(size=(2, 3)),
        "Y": np.eye(3)[[0, 2, 1, 1]],
    }
    p = np.array([exact_softmax(row) for row in at["X"] @ at["W"]])
    np.testing.assert_allclose(
        sd.gradient(LOSSES[way](), W).to_numpy()(**at), at["X"].T @ (p - at["Y"]), rtol=1e-9, atol=1e-12
    )
    curvature = np.einsum("ni,nj,jl->nijl", at["X"], p, np.eye(3)) - np.einsum(
        "ni,nj,nl->nijl", at["X"], p, p
    )
    expected = np.einsum("nijl,nk->ijkl", curvature, at["X"])
    got = sd.hessian(LOSSES[way](), W).to_numpy()
    np.testing.assert_allclose(
        got(**{t.name: at[t.name] for t in got.program.inputs}), expected, rtol=1e-8, atol=1e-12
    )


def test_large_values_of_log_sum_exp():
    derived = sd.gradient(sd.logsumexp(x) ** 2, x)
    at = np.array([1e4, -1e4, 1e4 - 1.0])
    value = 1e4 + np.log1p(np.exp(-1.0))
    np.testing.assert_allclose(derived.to_numpy()(x=at), 2 * value * exact_softmax(at), rtol=1e-12, atol=0)


def test_a_planted_error_is_caught_where_a_softmax_has_a_name(monkeypatch):
    """The derivative of a softmax without its second term fails the check."""
    monkeypatch.setattr(
        chain,
        "of_softmax",
        lambda weight, value, body, used, at: relabelled._moved(weight * value, value, value.axes, at),
    )
    with pytest.raises(InternalError):
        sd.gradient(np.sum(T * sd.softmax(X @ W, axis=1)), W).check()


def test_a_planted_error_is_caught(monkeypatch):
    """The derivative of a softmax without its second term fails the check."""
    wrong = tuple(
        (kind, (lambda expr, rule: rules._inside_share(expr, rule)) if rule is rules.softmax_entry else rule)
        for kind, rule in rules.RULES
    )
    monkeypatch.setattr(rules, "RULES", wrong)
    with pytest.raises(InternalError):
        sd.gradient(np.sum(T * sd.softmax(2 * T * T, axis=1)), T).check()
    with pytest.raises(InternalError):
        sd.jacobian(sd.softmax(x), x).check()


NORMALISED = {
    "layer": lambda: sd.array("v", d) @ (sd.array("g", d) * (x - x.mean()) / np.sqrt(np.var(x) + 1e-5)),
    "rms": lambda: sd.array("v", d) @ (sd.array("g", d) * x / np.sqrt((x**2).mean() + 1e-5)),
}


def test_layer_norm_as_in_the_lecture():
    derived = sd.gradient(NORMALISED["layer"](), x)
    assert text(derived) == [
        "∇_x L = (1/s)(g ⊙ v − ((1/d)(Σᵢ gᵢ vᵢ x̂ᵢ)) x̂ − (1/d)(gᵀv) 𝟏)",
        "r = x − (1/d)(𝟏ᵀx) 𝟏",
        "s = √((1/d) ‖r‖² + 1e-5)",
        "x̂ = (1/s) r",
    ]
    assert derived.check().passed


def test_rms_norm_as_in_the_lecture():
    derived = sd.gradient(NORMALISED["rms"](), x)
    assert text(derived)[0] == "∇_x L = (1/s)(g ⊙ v − ((1/d)(Σᵢ gᵢ vᵢ x̂ᵢ)) x̂)"
    assert derived.check().passed


@pytest.mark.parametrize(("axis", "keepdims"), [(0, True), (0, False), (1, True)])
def test_rows_and_columns_are_normalised(axis, keepdims):
    centred = X - np.mean(X, axis=axis, keepdims=keepdims)
    loss = np.sum(sd.array("U", n, d) * centred / np.sqrt(np.var(X, axis=axis, keepdims=keepdims) + 0.1))
    derived = sd.gradient(loss, X)
    assert derived.check().passed
    assert any(line.startswith("X̂ = ") for line in text(derived))
    assert sd.hessian(NORMALISED["layer"](), x).check().passed


def test_sums_that_vanish_are_gone():
    assert text(sd.gradient(np.var(x), x)) == ["∇_x L = (2/d)(x − (1/d)(𝟏ᵀx) 𝟏)"]
    assert text(sd.gradient(np.std(x), x)) == ["∇_x L = (1/(√d ‖r‖)) r", "r = x − (1/d)(𝟏ᵀx) 𝟏"]


def test_student_t_is_factored():
    nu, s = sd.array("nu", domain="positive"), sd.array("s", domain="positive")
    loss = -(nu + 1) / 2 * np.sum(np.log1p((y - X @ w) ** 2 / (nu * s**2)))
    assert text(sd.gradient(loss, w))[0] == "∇_w L = (1 + ν) Xᵀ(r ⊘ (νs² 𝟏 + r^⊙2))"


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_scipys_own_functions_say_what_to_use(name):
    with pytest.raises(SymderiveError, match=f"scipy.special.{name}: SciPy's .* call symderive.{name}"):
        getattr(special, name)(x)


def test_words_of_formulas_as_text():
    parsed = sd.parse("special.logsumexp(A, axis=1, b=v, keepdims=True)", A="n,d", v="d")
    assert parsed.shape == (n, 1)
    loss = sd.parse("np.sum(special.logsumexp(A, axis=1, b=v))", A="n,d", v="d:positive")
    assert sd.gradient(loss, sd.array("A", n, d)).check().passed
    assert sd.gradient(loss, sd.array("v", d, domain="positive")).check().passed
    with pytest.raises(SymderiveError, match="softmax: there is no axis 3"):
        sd.parse("softmax(A, axis=3)", A="n,d")


def test_the_shift_by_the_maximum_goes_out_with_its_kink():
    shifted = np.exp(x - x.max())
    for loss in (x.max() + np.log(np.sum(shifted)), np.sum(shifted / np.sum(shifted) * x)):
        derived = sd.gradient(loss, x)
        assert not any(line.startswith("m = ") for line in text(derived))
        assert derived.conditions == ()
        assert derived.check().passed
    kept = sd.gradient(x.max() * np.log(np.sum(np.exp(x - x.max()))), x)
    assert any("attained once" in str(one) for one in kept.conditions)


def test_slices_of_a_softmax():
    for loss in (
        np.sum(sd.softmax(x)[1:]),
        sd.logsumexp(x[1:] - x[:-1]),
        np.sum(np.exp(x[1:]) / np.sum(np.exp(x))),
        np.sum(sd.softmax(x[::-1]) * x),
    ):
        assert sd.gradient(loss, x).check().passed
        assert sd.hessian(loss, x).check().passed


def test_shares_of_sums_with_weights_are_computed_without_overflow():
    """`diag(1 ⊘ Ws) W diag(s)` for s = exp(v), as over risk sets; exp(900) would overflow."""
    loss = sd.parse("np.sum(np.log(np.sum(P * np.exp(v), axis=1)) * c)", P="n,k:positive", v="k", c="n")
    gradient = sd.gradient(loss, sd.parse("v", v="k")).to_numpy()
    arrays = draw_all({"P": ((5, 3), "positive"), "c": ((5,), "real")}, seed=2)
    v = np.array([1.0, -2.0, 0.5])
    shares = arrays["P"] * np.exp(v) / (arrays["P"] @ np.exp(v))[:, None]
    assert np.allclose(gradient(v=v, **arrays), arrays["c"] @ shares, rtol=1e-12)
    assert np.allclose(gradient(v=v + 900, **arrays), arrays["c"] @ shares, rtol=1e-11)
