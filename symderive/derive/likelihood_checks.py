"""The quantities of likelihood models compared with sums, integrals and products of densities."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from symderive.codegen.numpy_source import numpy_function
from symderive.derive.derivation import Check, Derivation
from symderive.derive.quotients import Arrays, confirm, largest
from symderive.derive.verification import DRAWS, RELATIVE, SlowValue, given, no_point, points, sizes_text
from symderive.errors import InternalError
from symderive.numeric.comparison import compare

if TYPE_CHECKING:
    from symderive.derive.glm import GLM

_TINY = 1e-250
_LARGEST_PARAMETER = 30.0


def verify_log_likelihood(model: GLM, derivation: Derivation, seed: int = 0) -> Check:
    """Compare the code of the log-likelihood with the logarithm of the product of the densities.

    Raises:
        InternalError: they differ.
    """
    sign = -1.0 if derivation.kind == "loss" else 1.0
    density = numpy_function(model.density_program, "density")
    function = derivation.to_numpy()

    def densities(arrays: Arrays) -> Any:
        with np.errstate(all="ignore"):
            return density(**given(model.density_program, arrays))

    def valid(arrays: Arrays) -> bool:  # a density that underflows has no logarithm to compare with
        return SlowValue(derivation).exists(arrays) and float(np.min(densities(arrays))) > _TINY

    drawn = list(islice(points(derivation, seed, valid), DRAWS))
    if not drawn:
        raise no_point(derivation)
    worst = 0.0
    for arrays in drawn:
        expected = sign * float(np.sum(np.log(densities(arrays))))
        value = float(function(**given(function.program, arrays)))
        error = abs(value - expected) / max(1.0, abs(expected))
        if not error < RELATIVE:
            raise InternalError(
                f"the {derivation.kind} gives {value}, the product of the densities {expected}; "
                "this is a bug of symderive, do not use the result."
            )
        worst = max(worst, error)
    return Check(
        "the logarithm of the product of the densities", len(drawn), sizes_text(derivation), worst, True
    )


def verify_information(model: GLM, derivation: Derivation, seed: int = 0) -> Check:
    """Compare the information with E[score scoreᵀ], the expectation summed or integrated numerically over y.

    Raises:
        InternalError: they differ.
        SymderiveError: the expectation over this support is not computed.
    """
    function = derivation.to_numpy()
    worst = 0.0

    def valid(arrays: Arrays) -> bool:  # parameters for which the sum over y ends where it is cut
        values = np.abs(model.parameter_values(arrays))
        return SlowValue(derivation).exists(arrays) and bool(np.all(values < _LARGEST_PARAMETER))

    drawn = list(islice(points(derivation, seed, valid), DRAWS))
    if not drawn:
        raise no_point(derivation)
    for arrays in drawn:
        x, theta = arrays[model.X.name], arrays[model.theta.name]
        weights = np.array([_information_of(model, float(eta)) for eta in x @ theta])
        expected = (x.T * weights) @ x
        value = function(**given(function.program, arrays))
        comparison = compare(expected, value, noise=1e-6 * np.abs(expected).max(), name="information")
        confirm(comparison, derivation, arrays)
        worst = max(worst, largest(comparison))
    return Check("E[score scoreᵀ] computed over y", len(drawn), sizes_text(derivation), worst, True)


def _information_of(model: GLM, eta: float) -> float:
    """`E[(∂ log f(y; η)/∂η)²]` of one observation at a number η, by summing or integrating over y."""
    from scipy import integrate

    y, at = sympy.Symbol("y", real=True), sympy.Symbol("eta", real=True)
    parameter = model.link.inverse(at)
    log_density = model.family.log_density(y, parameter)
    slope = sympy.lambdify((y, at), sympy.diff(log_density, at), modules=_MODULES)
    density = sympy.lambdify((y, at), model.family.density(y, parameter), modules=_MODULES)

    def term(value: float) -> float:
        return float(slope(value, eta) ** 2 * density(value, eta))

    if model.family.support == "binary":
        return term(0.0) + term(1.0)
    if model.family.support == "count":
        return float(sum(term(float(count)) for count in range(120)))
    low = 0.0 if model.family.support == "nonnegative" else -np.inf
    value, _ = integrate.quad(term, low, np.inf, epsabs=1e-12, epsrel=1e-10)
    return float(value)


def _modules() -> list[Any]:
    from scipy import special

    own = {
        "sigmoid": special.expit, "ndtr": special.ndtr, "factorial": special.factorial,
        "log_factorial": lambda y: special.gammaln(y + 1), "digamma": special.digamma,
    }  # fmt: skip
    return [own, "numpy"]


_MODULES = _modules()
