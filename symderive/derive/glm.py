"""Generalised linear models: density → likelihood → log-likelihood → loss → score → Hessian → information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from symderive.calculus.condense import condense, entries_in, for_result
from symderive.calculus.sums import rebuild, sum_over
from symderive.calculus.tidy import cancelled
from symderive.core.dims import Dim
from symderive.core.identity import canonical, substitute, tensors_of, with_args
from symderive.core.nodes import Entry, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.account import Written
from symderive.derive.conditions import conditions_of
from symderive.derive.derivation import Derivation, Equation, Step
from symderive.derive.gradient import gradient
from symderive.derive.higher import hessian
from symderive.derive.likelihood_checks import verify_information, verify_log_likelihood
from symderive.errors import SymderiveError
from symderive.language.array import Array, elementwise
from symderive.language.declaring import array, let
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.likelihoods import distribution
from symderive.likelihoods.links import link as link_of
from symderive.likelihoods.record import Distribution
from symderive.notation.arithmetic import plus, times
from symderive.notation.forms import Chain, Form, Times, Total
from symderive.notation.labelled import NoMatrixNotationError
from symderive.notation.recover import recover


class GLM:
    """Independent observations `y_i` whose distribution depends on `η_i = x_iᵀ θ` through a link.

    Every attribute is derived from the one symbolic density of the distribution.

    Args:
        family: a distribution, e.g. `Poisson()`, or its name.
        link: `identity`, `log`, `logit`, `probit`, `inverse`; the canonical link by default.
        coefficients: the name of the coefficient vector (shape d).

    Raises:
        SymderiveError: an unknown distribution or link.

    >>> print(GLM("poisson", link="identity").loss_gradient.results[0])
    ∇_θ L = Xᵀ(1 − y ⊘ Xθ)
    """

    def __init__(
        self, family: Distribution | str, link: str | None = None, coefficients: str = "theta"
    ) -> None:
        self.family = distribution(family) if isinstance(family, str) else family
        if not isinstance(self.family, Distribution):
            raise SymderiveError(
                f"GLM: {family!r} is not a distribution; give for example symderive.Poisson()."
            )
        self.link = link_of(link or self.family.canonical_link)
        n, d = Dim("n"), Dim("d")
        self.X = array("X", n, d)
        self.theta = array(coefficients, d)
        self.y = array("y", n, domain=self.family.support)

    @cached_property
    def predictor(self) -> Array:
        """`η = X θ`, shape n."""
        return self.X @ self.theta

    @cached_property
    def parameter(self) -> Array:
        """The parameter of each observation, shape n: the inverse link of the predictor."""
        if self.link.name == "identity":
            return self.predictor
        name, _ = self.family.parameter
        return let({"lambda": "lam"}.get(name, name), elementwise(self.link.inverse, self.predictor))

    @cached_property
    def log_likelihood_array(self) -> Array:
        """The log-likelihood as a symbolic scalar."""
        return let("ell", np.sum(elementwise(self.family.log_density, self.y, self.parameter)), r"\ell")

    @cached_property
    def loss_array(self) -> Array:
        """The negative log-likelihood as a symbolic scalar."""
        return np.sum(elementwise(lambda y, a: -self.family.log_density(y, a), self.y, self.parameter))

    def parameter_values(self, arrays: Mapping[str, Any]) -> NDArray[np.float64]:
        """The parameter of each observation at given `X` and coefficients, shape n."""
        program = program_of(self.parameter)
        (value,) = evaluate(
            program, {self.X.name: arrays[self.X.name], self.theta.name: arrays[self.theta.name]}
        ).values()
        return np.asarray(value)

    @cached_property
    def loss_in_matrix_form(self) -> Form | None:
        """The loss with each sum in matrix notation: `1ᵀXθ − yᵀ log(Xθ) + …`; None where there is none."""
        (equation,) = self.loss.results
        body = equation.definition.body
        if not isinstance(body, IndexSum) or not body.body.is_Add:
            return None
        try:
            terms = [recover(sum_over(term, body.indices)).form for term in body.body.args]
        except NoMatrixNotationError:
            return None
        return plus(*(as_product(term) for term in terms))

    @cached_property
    def density_program(self) -> Program:
        """The density of each observation, shape n, as a program."""
        return program_of(elementwise(self.family.density, self.y, self.parameter))

    @cached_property
    def density(self) -> Equation:
        """The density of one observation, with the predictor put in, in index notation."""
        program = condense(self.density_program, lambda made, count, consumer: True)
        (definition,) = (one for one in program.definitions if one.tensor == program.outputs[0])
        return Equation(definition, (r"p(y_i \mid x_i)", "p(yᵢ | xᵢ)"), entrywise=True)

    @cached_property
    def log_likelihood(self) -> Derivation:
        """`ℓ(θ) = Σ_i log f(y_i)`."""
        return self._value("log_likelihood", self.log_likelihood_array, (r"\ell", "ℓ"))

    @cached_property
    def loss(self) -> Derivation:
        """`L(θ) = −ℓ(θ)`, the negative log-likelihood."""
        return self._value("loss", self.loss_array, ("L", "L"))

    @cached_property
    def score(self) -> Derivation:
        """`∇_θ ℓ`, shape d."""
        return gradient(self.log_likelihood_array, self.theta)

    @cached_property
    def hessian(self) -> Derivation:
        """`∇²_θ ℓ` of the log-likelihood, shape d×d."""
        return hessian(self.log_likelihood_array, self.theta)

    @cached_property
    def loss_gradient(self) -> Derivation:
        """`∇_θ L = −∇_θ ℓ`, shape d."""
        return gradient(self.loss_array, self.theta)

    @cached_property
    def loss_hessian(self) -> Derivation:
        """`∇²_θ L` of the loss, the observed information, shape d×d."""
        return hessian(self.loss_array, self.theta)

    @cached_property
    def fisher_information(self) -> Derivation:
        """`I(θ) = E[∇²_θ L]`, shape d×d: the expectation over y of the observed information.

        Raises:
            SymderiveError: the Hessian is not linear in y, so that more than the mean is needed.
        """
        observed = self.loss_hessian
        (made,) = (one for one in observed.program.definitions if one.tensor == observed.program.outputs[0])
        others = tuple(one for one in observed.program.definitions if one is not made)
        if any(_has(one.body, self.y.tensor) for one in others):
            raise SymderiveError(
                "Fisher information: an intermediate result depends on y; its expectation is not known."
            )
        body = cancelled(rebuild(self._expected(made.body, observed)))
        tensor = Tensor("fisher", made.tensor.shape, "real", r"\mathcal{I}")
        expected = Definition(tensor, made.indices, body, "expectation", self._mean_words())
        program = type(observed.program)(observed.program.inputs, (*others, expected), (tensor,)).needed(
            (tensor,)
        )
        heading = (rf"\mathcal{{I}}({_latex_of(self.theta)})", f"I({_text_of(self.theta)})")
        equation = Equation(expected, heading)
        steps = (
            Step("definition", observed.results[0], "observed information"),
            Step("expectation", equation, self._mean_words()),
        )
        lets = tuple(Equation(one) for one in program.definitions if one is not expected)
        return Derivation(
            "fisher_information", Written(observed.loss, steps, observed.conditions), lets, (equation,),
            program, observed.original, (self.theta.tensor,), verifier=partial(verify_information, self),
        )  # fmt: skip

    def _mean_words(self) -> str:
        a = sympy.Symbol("a", positive=True)
        mean = self.family.moment(1, a)
        name = {"lambda": "λ", "mu": "μ"}.get(self.family.parameter[0], self.family.parameter[0])
        return f"E[y] = {str(mean).replace('a', name)}, from E[∂ log f/∂{name}] = 0"

    def _expected(self, body: sympy.Expr, observed: Derivation) -> sympy.Expr:
        """`E[body]`: linear in y, so each `y_i` becomes its mean."""
        target = self.y.tensor
        if isinstance(body, IndexSum):
            return IndexSum(self._expected(body.body, observed), *body.indices)
        if not _has(body, target):
            return body
        if isinstance(body, (sympy.Add,)):
            return sympy.Add(*(self._expected(term, observed) for term in body.args))
        found = {entry for entry in entries_in(body) if entry.tensor == target}
        if isinstance(body, sympy.Mul):
            touched = [factor for factor in body.args if _has(factor, target)]
            if len(touched) == 1:
                rest = sympy.Mul(*(factor for factor in body.args if factor is not touched[0]))
                return rest * self._expected(touched[0], observed)
        if isinstance(body, Entry) and len(found) == 1:
            return self._mean(body, observed)
        raise SymderiveError(
            "Fisher information: the Hessian is not linear in y; its expectation is not derived yet."
        )

    def _mean(self, entry: Entry, observed: Derivation) -> sympy.Expr:
        program = condense(program_of(self.parameter), for_result)
        made = program.definitions[-1]
        known = observed.program.definitions
        if any(one.tensor == made.tensor for one in known):
            return self.family.moment(1, Entry(made.tensor, *entry.axes))
        body = substitute(made.body, dict(zip(made.indices, entry.axes, strict=True)))
        return self.family.moment(1, _by_names(body, known, entry.axes))

    def _value(self, kind: str, value: Array, heading: tuple[str, str]) -> Derivation:
        program = program_of(value)
        short = condense(program, lambda made, count, consumer: True)
        out = short.outputs[0]
        (made,) = (one for one in short.definitions if one.tensor == out)
        equation = Equation(made, heading)
        lets = tuple(Equation(one) for one in short.definitions if one is not made)
        steps = (
            Step("density", self.density, f"density of the {self.family.title} distribution"),
            Step(
                "independence",
                equation,
                "the logarithm of the product of the densities is the sum of their logarithms",
            ),
        )
        conditions = conditions_of(program, ((self.theta.tensor,),))
        return Derivation(
            kind, Written(equation, steps, conditions), lets, (equation,), short, short,
            (self.theta.tensor,), verifier=partial(verify_log_likelihood, self),
        )  # fmt: skip


def as_product(form: Form) -> Form:
    """A sum over entries of `u ⊙ v` as `uᵀ v`, with its coefficient."""
    if isinstance(form, Times) and not form.arrays and len(form.scalars) == 1:
        return times(form.coefficient, as_product(form.scalars[0]))
    if (
        isinstance(form, Total)
        and isinstance(form.inner, Times)
        and len(form.inner.arrays) == 2
        and form.rank == 0
    ):
        inner = form.inner
        if inner.rank == 1:
            return times(inner.coefficient, *inner.scalars, Chain(inner.arrays))
    return form


def _by_names(expr: sympy.Expr, known: Sequence[Definition], axes: tuple[sympy.Expr, ...]) -> sympy.Expr:
    """An expression with what has a name written by its name, at one position."""
    named = {
        canonical(substitute(one.body, dict(zip(one.indices, axes, strict=True)))): one.tensor
        for one in known
        if len(one.indices) == len(axes)
    }

    def written(part: sympy.Expr) -> sympy.Expr:
        tensor = named.get(canonical(part)) if part.args else None
        if tensor is not None:
            return Entry(tensor, *axes)
        return part if isinstance(part, Entry) else with_args(part, [written(arg) for arg in part.args])

    return written(expr)


def _has(expr: sympy.Expr, tensor: Tensor) -> bool:
    return tensor in tensors_of(expr)


def _latex_of(value: Array) -> str:
    from symderive.notation.names import latex_name

    return value.tensor.latex_name or latex_name(value.name)


def _text_of(value: Array) -> str:
    from symderive.notation.names import text_name

    return text_name(value.name)
