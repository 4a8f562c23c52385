"""Generalised linear models: published formulas as tests, numbers against SciPy and against sums over y."""

import pickle

import numpy as np
import pytest
import sympy
from scipy import special, stats

import symderive as sd
from symderive.derive.convexity import convexity
from symderive.derive.glm import GLM
from symderive.likelihoods import distribution, distributions
from symderive.likelihoods.links import LINKS
from symderive.notation.printing import latex, text

POISSON = GLM(sd.Poisson(), link="identity")


def first(derivation):
    return str(derivation.results[0])


def test_the_poisson_loss_in_index_and_in_matrix_form():
    # GNR638 (IIT Bombay, spring 2024), assignment 2, question 3.
    assert latex(POISSON.density.entry_form) == (
        r"\frac{{(x_{i}^{\top} \theta)}^{y_{i}} e^{-x_{i}^{\top} \theta}}{y_{i}!}"
    )
    assert first(POISSON.loss) == "L = Σᵢ (xᵢᵀθ + log yᵢ! − yᵢ log(xᵢᵀθ))"
    assert first(POISSON.loss_gradient) == "∇_θ L = Xᵀ(1 − y ⊘ Xθ)"
    assert "diag(y ⊘ (Xθ)^⊙2)" in first(POISSON.loss_hessian)
    assert "diag(1 ⊘ Xθ)" in first(POISSON.fisher_information)
    assert text(POISSON.loss_in_matrix_form).replace("𝟏ᵀ X", "𝟏ᵀX") == "𝟏ᵀXθ + Σᵢ log yᵢ! − yᵀ log(Xθ)"


def test_the_condition_that_the_report_never_states():
    for derivation in (POISSON.loss, POISSON.loss_gradient, POISSON.loss_hessian, POISSON.fisher_information):
        assert [str(one) for one in derivation.conditions] == ["xᵢᵀθ > 0 for all i"]


def test_the_poisson_loss_is_convex_and_says_why():
    found = convexity(POISSON.loss_hessian)
    assert found is not None
    assert text(found.weight).replace(" ", "") == "yᵢ/(xᵢᵀθ)²"


def test_a_loss_that_is_not_convex_is_not_called_convex():
    d = sd.dims("d")
    w, x = sd.array("w", d), sd.array("x", d)
    assert convexity(sd.hessian(np.sin(x @ w), w)) is None
    assert convexity(GLM("poisson", "log").hessian) is None  # the log-likelihood is concave


def test_a_weight_that_stands_in_several_terms_is_seen():
    model = GLM("bernoulli", "identity")
    found = convexity(model.loss_hessian)
    assert found is not None
    assert (found.rows, text(found.weight)) == ("X", "(1 − yᵢ)/(1 − zᵢ)² + yᵢ/zᵢ²")
    assert convexity(model.hessian) is None


def test_a_quadratic_form_of_two_different_matrices_is_not_called_convex():
    n, d = sd.dims("n d")
    A, B, w = sd.array("A", n, d), sd.array("B", n, d), sd.array("w", d)
    weight = sd.array("c", n, domain="positive")
    assert convexity(sd.hessian(np.sum(weight * (A @ w) ** 2), w)) is not None
    assert convexity(sd.hessian(np.sum(weight * (A @ w) * (B @ w)), w)) is None
    assert convexity(sd.hessian(np.sum(weight * (A @ w) ** 2 - (A @ w) ** 2), w)) is None


def test_the_information_is_written_in_the_names_of_the_hessian():
    information = GLM("bernoulli", "identity").fisher_information
    assert first(information) == "I(θ) = Xᵀ diag(1 ⊘ (1 − z) + 1 ⊘ z) X"
    assert information.check().passed


def test_index_forms():
    assert text(POISSON.loss_gradient.results[0].index_form) == "Σᵢ Xᵢⱼ (1 − yᵢ/(xᵢᵀθ))"
    assert text(POISSON.fisher_information.results[0].index_form).replace(" ", "") == "ΣᵢXᵢⱼXᵢₖ/(xᵢᵀθ)"


MODELS = [
    ("poisson", "identity"),
    ("poisson", "log"),
    ("bernoulli", "logit"),
    ("bernoulli", "probit"),
    ("normal", "identity"),
    ("exponential", "identity"),
    ("exponential", "log"),
]


@pytest.mark.parametrize(("family", "link"), MODELS)
def test_every_quantity_is_confirmed(family, link):
    model = GLM(family, link)
    for derivation in (
        model.log_likelihood, model.loss, model.score, model.loss_gradient, model.hessian, model.loss_hessian,
        model.fisher_information,
    ):  # fmt: skip
        assert derivation.check().passed


@pytest.mark.parametrize(
    ("family", "link", "gradient", "information"),
    [
        # McCullagh & Nelder, Generalized Linear Models, 2nd ed., section 2.5: canonical links.
        ("poisson", "log", "∇_θ L = Xᵀ(λ − y)", "diag(λ)"),
        ("bernoulli", "logit", "∇_θ L = Xᵀ(p − y)", "diag(p ⊙ (1 − p))"),
        ("normal", "identity", "∇_θ L = Xᵀ(Xθ − y)", "XᵀX"),
    ],
)
def test_canonical_links_give_the_textbook_form(family, link, gradient, information):
    model = GLM(family, link)
    assert first(model.loss_gradient) == gradient
    assert information in first(model.fisher_information)


REFERENCE = {
    "poisson": lambda y, a: stats.poisson.logpmf(y, a),
    "bernoulli": lambda y, a: stats.bernoulli.logpmf(y, a),
    "normal": lambda y, a: stats.norm.logpdf(y, a, 1.0),
    "exponential": lambda y, a: stats.expon.logpdf(y, scale=1 / a),
}
INVERSE = {
    "identity": lambda eta: eta,
    "log": np.exp,
    "logit": special.expit,
    "probit": special.ndtr,
    "inverse": lambda eta: 1 / eta,
}


@pytest.mark.parametrize(("family", "link"), MODELS)
def test_the_log_likelihood_is_scipys(family, link):
    model = GLM(family, link)
    rng = np.random.default_rng(3)
    x, theta = rng.uniform(0.2, 1.0, (7, 3)), rng.uniform(0.2, 0.6, 3)
    y = {"poisson": rng.poisson(2.0, 7), "bernoulli": rng.integers(0, 2, 7)}.get(
        family, rng.uniform(0.3, 2.0, 7)
    )
    arrays = {"X": x, "y": y.astype(float), "theta": theta}
    function = model.log_likelihood.to_numpy()
    value = function(**{str(one.name): arrays[str(one.name)] for one in function.program.inputs})
    expected = REFERENCE[family](y, INVERSE[link](x @ theta)).sum()
    assert value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", sorted(distributions()))
def test_moments_come_from_the_density(name):
    one = distribution(name)
    at = sympy.Symbol("a", positive=True)
    mean, second = one.moment(1, at), one.moment(2, at)
    value = 0.4
    frozen = {
        "poisson": stats.poisson(value),
        "bernoulli": stats.bernoulli(value),
        "normal": stats.norm(value, 1.0),
        "exponential": stats.expon(scale=1 / value),
    }[name]
    assert float(mean.subs(at, value)) == pytest.approx(frozen.mean())
    assert float(second.subs(at, value)) == pytest.approx(frozen.moment(2))


def test_a_wrong_density_would_be_noticed(monkeypatch):
    monkeypatch.setattr(
        sd.Poisson, "moment", lambda self, order, parameter: sympy.Rational(1001, 1000) * parameter
    )
    with pytest.raises(sd.InternalError, match="expectation computed over y"):
        GLM("poisson", "identity").fisher_information.check()


def test_a_dropped_term_of_the_log_density_would_be_noticed(monkeypatch):
    true = sd.Poisson.log_density
    monkeypatch.setattr(
        sd.Poisson, "log_density", lambda self, y, a: true(self, y, a).as_independent(sympy.log(a))[1]
    )
    with pytest.raises(sd.InternalError, match="product of the densities"):
        GLM("poisson", "identity").loss.check()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GLM("poison"), 'the distribution|"poison" is not known; did you mean "poisson"'),
        (lambda: GLM("poisson", "lgo"), '"lgo" is not known; did you mean "log"'),
        (lambda: GLM(3), "is not a distribution"),
    ],
)
def test_wrong_models_are_one_sentence(make, message):
    with pytest.raises(sd.SymderiveError, match=message):
        make()


def test_a_model_s_derivations_can_be_pickled():
    for derivation in (POISSON.loss, POISSON.loss_gradient, POISSON.fisher_information):
        again = pickle.loads(pickle.dumps(derivation))
        assert str(again.results[0]) == str(derivation.results[0])


def test_all_links_are_covered():
    assert set(INVERSE) == set(LINKS)
