"""Every result is compared with a computation that knows nothing of how it was derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from symderive.codegen.numpy_source import numpy_function
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.derivation import Check, Derivation
from symderive.errors import InternalError, SymderiveError
from symderive.language.evaluate import evaluate
from symderive.numeric.comparison import Comparison, compare
from symderive.numeric.differences import central
from symderive.numeric.draws import draw_all

if TYPE_CHECKING:
    from symderive.derive.glm import GLM

DRAWS = 3
SIZES = (7, 3, 5, 4, 6, 2)
_ATTEMPTS = 60
_MOST_ENTRIES = 60
_RELATIVE = 1e-9
Arrays = Mapping[str, Any]


def sizes_for(inputs: Iterable[Tensor]) -> dict[sympy.Symbol, int]:
    """Pairwise different sizes for the symbols of the inputs, in the order in which they occur."""
    symbols: dict[sympy.Symbol, None] = {}
    for tensor in inputs:
        for size in tensor.shape:
            symbols.update(dict.fromkeys(sorted(size.free_symbols, key=str)))
    return {symbol: SIZES[place] if place < len(SIZES) else 3 for place, symbol in enumerate(symbols)}


def points(derivation: Derivation, seed: int, valid: Callable[[Arrays], bool]) -> list[dict[str, Any]]:
    """Random points of the declared domains at which the loss has a value.

    Raises:
        SymderiveError: none was found; the message says what to declare.
    """
    inputs = derivation.original.inputs
    sizes = sizes_for(inputs)
    shapes = {
        tensor.name: (tuple(int(size.xreplace(sizes)) for size in tensor.shape), tensor.domain) for tensor in inputs
    }
    found: list[dict[str, Any]] = []
    for attempt in range(_ATTEMPTS):
        # Half of the attempts with positive values, so that logarithms of unconstrained products have a value.
        chosen = shapes if attempt % 2 == 0 else {
            name: (shape, "positive" if domain == "real" else domain) for name, (shape, domain) in shapes.items()
        }
        arrays = draw_all(chosen, seed=1000 * seed + attempt)
        if valid(arrays):
            found.append(arrays)
        if len(found) == DRAWS:
            return found
    raise SymderiveError(
        f"checking the {derivation.kind}: no random point was found at which the loss has a value; "
        "declare domains (for example domain='positive') for the arrays in it."
    )


def verify_by_differences(derivation: Derivation, seed: int = 0) -> Check:
    """Compare the generated code with central differences of the loss as it was written.

    The loss is evaluated by the slow evaluator at the start, which also has to agree with its own generated code;
    the Hessian is compared with central differences of that gradient which has been checked against the loss.

    Raises:
        InternalError: an entry disagrees; the message shows the witness.
    """
    order = derivation.wrt[:1] if derivation.kind == "hessian" else derivation.wrt
    loss = _loss_function(derivation)
    function = derivation.to_numpy()
    worst = 0.0
    drawn = points(derivation, seed, lambda arrays: _has_value(derivation, arrays))
    for arrays in drawn:
        _same_as_slow(derivation, loss, arrays)
        given = {name: arrays[name] for name in _names(function.program)}
        values = function(**given)
        for value, variable in zip(values if isinstance(values, tuple) else (values,), order, strict=True):
            if derivation.kind == "hessian":
                comparison = _compare_hessian(derivation, arrays, value)
            else:
                comparison = _compare_gradient(loss, arrays, variable, value)
            worst = max(worst, _confirmed(comparison, derivation, arrays))
    return Check("central differences", len(drawn), _sizes_text(derivation), worst, True)


def _names(program: Program) -> list[str]:
    return [str(tensor.name) for tensor in program.inputs]


def _loss_function(derivation: Derivation) -> Callable[[Arrays], float]:
    made = numpy_function(derivation.original, "loss")
    names = _names(derivation.original)
    return lambda arrays: float(made(**{name: arrays[name] for name in names}))


def _slow(derivation: Derivation, arrays: Arrays) -> float:
    (value,) = evaluate(derivation.original, arrays).values()
    return float(value)


def _has_value(derivation: Derivation, arrays: Arrays) -> bool:
    try:
        return bool(np.isfinite(_slow(derivation, arrays)))
    except (ValueError, ArithmeticError):
        return False


def _same_as_slow(derivation: Derivation, loss: Callable[[Arrays], float], arrays: Arrays) -> None:
    slow, fast = _slow(derivation, arrays), loss(arrays)
    if not abs(slow - fast) <= _RELATIVE * max(abs(slow), 1.0):
        raise InternalError(
            f"the code of the loss gives {fast:.12g}, the slow evaluator {slow:.12g}; this is a bug of symderive."
        )


def _compare_gradient(loss: Callable[[Arrays], float], arrays: Arrays, variable: Tensor, value: Any) -> Comparison:
    name = str(variable.name)
    with np.errstate(all="ignore"):
        quotient = central(lambda point: loss({**arrays, name: point}), arrays[name])
    return compare(quotient.value, np.asarray(value), noise=quotient, name=f"gradient {name}", words=("quotient", "derived"))


def _compare_hessian(derivation: Derivation, arrays: Arrays, value: Any) -> Comparison:
    """Central differences of the gradient, itself taken by the engine and confirmed against the loss here."""
    first, second = derivation.wrt
    slope, confirmed = _first_derivative(derivation)
    if str(arrays) not in confirmed:
        loss = _loss_function(derivation)
        given = slope({**arrays})
        _confirmed(_compare_gradient(loss, arrays, first, given), derivation, arrays)
        confirmed.add(str(arrays))
    name = str(second.name)
    with np.errstate(all="ignore"):
        quotient = central(lambda point: slope({**arrays, name: point}), arrays[name])
    return compare(quotient.value, np.asarray(value), noise=quotient, name=f"Hessian {name}", words=("quotient", "derived"))


def _first_derivative(derivation: Derivation) -> tuple[Callable[[Arrays], Any], set[str]]:
    """The gradient as a program of its own, from the equations of the loss."""
    from symderive.calculus.chain import reverse

    start = derivation.original
    chained = reverse(start, start.outputs[0], derivation.wrt[:1])
    renamed = chained.program.needed(chained.program.outputs)
    names = _names(start)

    def slope(arrays: Arrays) -> Any:
        return next(iter(evaluate(renamed, {name: arrays[name] for name in names}).values()))

    return slope, set()


def _confirmed(comparison: Comparison, derivation: Derivation, arrays: Arrays) -> float:
    """The largest relative error, if no entry is different and some are equal.

    Raises:
        InternalError: an entry is different, or nothing could be decided.
    """
    verdicts = [entry.verdict for entry in comparison.entries]
    if comparison.obstacle or "different" in verdicts:
        witness = comparison.worst.sentence if comparison.worst else comparison.obstacle
        raise InternalError(
            f"the derived {derivation.kind} does not agree with central differences ({witness}) "
            f"at {_shown(arrays)}; this is a bug of symderive, do not use the result."
        )
    scale = max((abs(entry.expected) for entry in comparison.entries), default=1.0) or 1.0
    errors = [abs(entry.expected - entry.actual) / scale for entry in comparison.entries if entry.verdict == "equal"]
    return max(errors, default=0.0)


def _shown(arrays: Arrays) -> str:
    return ", ".join(f"{name} of shape {np.shape(value)}" for name, value in arrays.items())


def _sizes_text(derivation: Derivation) -> str:
    sizes = sizes_for(derivation.original.inputs)
    return " ".join(f"{symbol}={size}" for symbol, size in sizes.items()) or "the sizes given"


def verify_log_likelihood(model: GLM, derivation: Derivation, seed: int = 0) -> Check:
    """Compare the code of the log-likelihood with the logarithm of the product of the densities.

    Raises:
        InternalError: they differ.
    """
    sign = -1.0 if derivation.kind == "loss" else 1.0
    density = numpy_function(model.density_program, "density")
    function = derivation.to_numpy()
    worst = 0.0
    drawn = points(derivation, seed, lambda arrays: _has_value(derivation, arrays))
    for arrays in drawn:
        names = _names(model.density_program)
        expected = sign * float(np.log(np.prod(density(**{name: arrays[name] for name in names}))))
        value = float(function(**{name: arrays[name] for name in _names(function.program)}))
        error = abs(value - expected) / max(1.0, abs(expected))
        if not error < _RELATIVE:
            raise InternalError(f"the {derivation.kind} gives {value}, the product of the densities {expected}.")
        worst = max(worst, error)
    return Check("the logarithm of the product of the densities", len(drawn), _sizes_text(derivation), worst, True)


def verify_information(model: GLM, derivation: Derivation, seed: int = 0) -> Check:
    """Compare the information with E[score scoreᵀ], the expectation summed or integrated numerically over y.

    Raises:
        InternalError: they differ.
        SymderiveError: the expectation over this support is not computed.
    """
    function = derivation.to_numpy()
    worst = 0.0
    drawn = points(derivation, seed, lambda arrays: _has_value(derivation, arrays))
    for arrays in drawn:
        x, theta = arrays[model.X.name], arrays[model.theta.name]
        weights = np.array([_information_of(model, float(eta)) for eta in x @ theta])
        expected = (x.T * weights) @ x
        value = function(**{name: arrays[name] for name in _names(function.program)})
        comparison = compare(expected, value, noise=1e-6 * np.abs(expected).max(), name="information")
        worst = max(worst, _confirmed(comparison, derivation, arrays))
    return Check("E[score scoreᵀ] computed over y", len(drawn), _sizes_text(derivation), worst, True)


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
