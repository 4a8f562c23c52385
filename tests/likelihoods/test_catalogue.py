"""What every distribution inherits: normalisation, moments, and all derived quantities confirmed."""

import numpy as np
import pytest
import sympy
from scipy import integrate, special

from symderive.derive.glm import GLM
from symderive.likelihoods import distribution, distributions
from symderive.likelihoods.links import LINKS

NAMES = sorted(distributions())
FUNCTIONS = {"factorial": special.factorial, "log_factorial": lambda y: special.gammaln(y + 1)}
SUPPORTS = {"count": range(150), "binary": (0, 1)}
BOUNDS = {"real": (-np.inf, np.inf), "nonnegative": (0, np.inf), "positive": (0, np.inf), "unit": (0, 1)}


def expectation(one, function, parameter):
    """Sum or integrate function times density over the support."""
    y, at = sympy.Symbol("y", real=True), sympy.Symbol("a", positive=True)
    density = sympy.lambdify((y, at), one.density(y, at), modules=[FUNCTIONS, "numpy"])
    if one.support in SUPPORTS:
        return sum(function(value) * density(float(value), parameter) for value in SUPPORTS[one.support])
    return integrate.quad(lambda value: function(value) * density(value, parameter), *BOUNDS[one.support])[0]


@pytest.mark.parametrize("parameter", [0.3, 0.8])
@pytest.mark.parametrize("name", NAMES)
def test_the_density_is_normalised_and_has_the_derived_moments(name, parameter):
    one = distribution(name)
    at = sympy.Symbol("a", positive=True)
    assert expectation(one, lambda y: 1.0, parameter) == pytest.approx(1.0, rel=1e-8)
    for order in (1, 2):
        moment = float(one.moment(order, at).subs(at, parameter))
        assert expectation(one, lambda y, order=order: y**order, parameter) == pytest.approx(moment, rel=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_the_log_density_is_the_logarithm_of_the_density(name):
    one = distribution(name)
    y, at = sympy.symbols("y a", positive=True)
    modules = [FUNCTIONS, "numpy"]
    density = sympy.lambdify((y, at), one.density(y, at), modules=modules)
    log_density = sympy.lambdify((y, at), one.log_density(y, at), modules=modules)
    for value in (0.0, 1.0):
        assert log_density(value, 0.4) == pytest.approx(np.log(density(value, 0.4)), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_every_quantity_is_confirmed_with_the_canonical_link(name):
    model = GLM(name)
    assert model.link.name == distribution(name).canonical_link
    for derivation in (model.log_likelihood, model.score, model.hessian, model.fisher_information):
        assert derivation.check().passed


@pytest.mark.parametrize("name", NAMES)
def test_a_distribution_says_what_it_is(name):
    one = distribution(name)
    assert one.title
    assert one.canonical_link in LINKS
    assert len(one.parameter) == 2
    assert one.support in {**SUPPORTS, **BOUNDS}
