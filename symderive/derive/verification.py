"""Every result is compared with a computation that knows nothing of how it was derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from symderive.calculus.condense import inverted, without_symmetry
from symderive.codegen.numpy_source import numpy_function
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.derivation import Check, Derivation
from symderive.errors import InternalError, SymderiveError
from symderive.language.evaluate import evaluate
from symderive.numeric.comparison import Comparison, compare, join
from symderive.numeric.differences import central
from symderive.numeric.draws import draw_all
from symderive.numeric.structures import moved as after

if TYPE_CHECKING:
    from symderive.derive.glm import GLM

DRAWS = 3
SIZES = (7, 3, 5, 4, 6, 2)
_ATTEMPTS = 60
_TRIES = 6
# Arrays without a declared domain: of any sign; positive, for logarithms of products; small and positive, for
# products that have to be probabilities.
_MOODS = (("real", 1.0), ("positive", 1.0), ("positive", 0.2))
_PROBES = 6
_CONDITION = 1e5
_CLEAR = 1e-5
_NOTHING = 1e-8  # round-off of differences of a loss that does not change
_MOST_ENTRIES, _FEWEST_ENTRIES = 240, 4  # entries compared in one draw, of all variables and of each
_RELATIVE = 1e-9
_TINY = 1e-250
_LARGEST_PARAMETER = 30.0
_SOURCE = {"fisher_information": "the expectation computed over y"}
Arrays = Mapping[str, Any]


def sizes_for(inputs: Iterable[Tensor]) -> dict[sympy.Symbol, int]:
    """Pairwise different sizes for the symbols of the inputs, in the order in which they occur."""
    symbols: dict[sympy.Symbol, None] = {}
    for tensor in inputs:
        for size in tensor.shape:
            symbols.update(dict.fromkeys(sorted(size.free_symbols, key=str)))
    return {symbol: SIZES[place] if place < len(SIZES) else 3 for place, symbol in enumerate(symbols)}


def points(derivation: Derivation, seed: int, valid: Callable[[Arrays], bool]) -> Iterator[dict[str, Any]]:
    """Random points of the declared domains at which the loss has a value, at most `_ATTEMPTS` of them."""
    shapes = _shapes(derivation, _sizes(derivation))
    for attempt in range(_ATTEMPTS):
        kind, scale = _MOODS[attempt % len(_MOODS)]
        chosen = {
            name: (shape, kind if domain == "real" else domain) for name, (shape, domain) in shapes.items()
        }
        arrays = draw_all(chosen, seed=1000 * seed + attempt)
        for name, (_, domain) in shapes.items():
            if domain == "real":
                arrays[name] = scale * arrays[name]
        if valid(arrays):
            yield dict(arrays)


def usual_data(derivation: Derivation) -> tuple[dict[sympy.Symbol, int], str, float]:
    """The sizes to check at, and from where undeclared arrays are drawn so that the loss mostly has a value.

    Returns:
        sizes, domain and scale.

    Raises:
        SymderiveError: no point could be drawn at which the loss has a value.
    """
    sizes = _sizes(derivation)
    shapes = _shapes(derivation, sizes)
    best: tuple[int, str, float] = (0, "", 0.0)
    loss = _loss_function(derivation)

    def has_value(arrays: Arrays) -> bool:
        with np.errstate(all="ignore"):
            return bool(np.isfinite(loss(arrays))) and _is_regular(derivation, arrays)

    for kind, scale in _MOODS:
        chosen = {name: (shape, kind if own == "real" else own) for name, (shape, own) in shapes.items()}
        scales = {name: scale if own == "real" else 1.0 for name, (_, own) in shapes.items()}
        good = 0
        for seed in range(_ATTEMPTS // len(_MOODS)):
            drawn = draw_all(chosen, seed=seed)
            good += has_value({name: scales[name] * drawn[name] for name in drawn})
        best = max(best, (good, kind, scale), key=lambda one: one[0])
        if 2 * good > _ATTEMPTS // len(_MOODS):
            break
    if not best[0]:
        raise _no_point(derivation)
    return sizes, best[1], best[2]


def _sizes(derivation: Derivation) -> dict[sympy.Symbol, int]:
    """The sizes to check at: the other way round where only so a matrix such as `XᵀX` has an inverse."""
    sizes = sizes_for(derivation.original.inputs)
    if not inverted(derivation.original):
        return sizes
    for candidate in (sizes, dict(zip(sizes, reversed(sizes.values()), strict=True))):
        draws = (draw_all(_shapes(derivation, candidate), seed=seed) for seed in range(_PROBES))
        if any(_is_regular(derivation, arrays) for arrays in draws):
            return candidate
    return sizes


def _shapes(derivation: Derivation, sizes: Mapping[sympy.Symbol, int]) -> dict[str, tuple[Any, str]]:
    return {
        str(tensor.name): (tuple(int(size.xreplace(sizes)) for size in tensor.shape), str(tensor.domain))
        for tensor in derivation.original.inputs
    }


def _is_regular(derivation: Derivation, arrays: Arrays) -> bool:
    """Whether the matrices that are inverted are far from singular, so that round-off stays small."""
    matrices = inverted(derivation.original)
    if not matrices:
        return True
    values = evaluate(derivation.original, arrays, outputs=sorted(str(one.name) for one in matrices))
    return all(
        bool(np.isfinite(one).all()) and bool(np.all(np.linalg.cond(one) < _CONDITION))
        for one in values.values()
    )


def _no_point(derivation: Derivation) -> SymderiveError:
    return SymderiveError(
        f"checking the {derivation.kind}: no random point was found at which the loss has a value; "
        "declare domains (for example domain='positive') for the arrays in it."
    )


def verify_by_differences(derivation: Derivation, seed: int = 0) -> Check:
    """Compare the generated code with central differences of the loss as it was written.

    At every point the code of the loss has to agree with the slow evaluator. A Hessian is compared with
    central differences of the gradient, which is itself confirmed against the loss. Points at which round-off
    drowns the differences are passed over while there are others.

    Raises:
        InternalError: an entry disagrees, or none could be decided; the message shows the witness.
        SymderiveError: no point could be drawn at which the loss has a value.
    """
    function = derivation.to_numpy()
    loss = _loss_function(derivation)
    slope: Callable[[Arrays], Any] = loss
    if derivation.first is not None:
        verify_by_differences(derivation.first, seed)
        program = without_symmetry(derivation.first.program, derivation.wrt)
        first = numpy_function(program, "gradient", accepted=derivation.first.original.inputs)
        slope = lambda arrays: first(**_given(first.program, arrays))  # noqa: E731 -- the gradient as a function
    variables = derivation.wrt[-1:] if derivation.first is not None else derivation.wrt
    kept: list[Comparison] = []
    waiting = {str(variable.name) for variable in variables}
    seen = 0
    for arrays in points(derivation, seed, lambda arrays: _has_value(derivation, arrays)):
        seen += 1
        _same_as_slow(derivation, loss, arrays)
        values = _quietly(function, function.program, arrays)
        values = values if isinstance(values, tuple) else (values,)
        free = {
            str(v.name): str(v.domain) for v in variables if derivation.moves == "free" and v.is_structured
        }
        named = dict(zip(map(str, (v.name for v in variables)), values, strict=True))
        made = _compared(slope, arrays, named, free)
        for comparison in made.values():
            _confirm(comparison, derivation, arrays)
        clear = {name: comparison for name, comparison in made.items() if _says_something(comparison)}
        if clear:
            kept.append(join(list(clear.values())))
            waiting -= clear.keys()
        if len(kept) >= DRAWS and (not waiting or seen > DRAWS):
            break
        if seen >= _TRIES:
            break
    if not seen:
        raise _no_point(derivation)
    if not kept:
        raise InternalError(
            f"the derived {derivation.kind} could not be confirmed: at {seen} random points no entry of it "
            "stands out from the round-off of central differences; do not use the result unchecked."
        )
    undecided = tuple(str(one.name) for one in variables if str(one.name) in waiting)
    largest = max(map(_largest, kept))
    return Check("central differences", len(kept), _sizes_text(derivation), largest, True, undecided)


def _given(program: Program, arrays: Arrays) -> dict[str, Any]:
    return {name: arrays[name] for name in _names(program)}


def _compared(
    slope: Callable[[Arrays], Any], arrays: Arrays, derived: Mapping[str, Any], free: Mapping[str, str]
) -> dict[str, Comparison]:
    """Compare the derivatives in several variables by name, at a sample of entries where there are many.

    The entries of the variables in `free`, name → domain, are varied together with those tied to them.
    """
    most = max(_FEWEST_ENTRIES, _MOST_ENTRIES // len(derived))
    starts = {name: np.asarray(arrays[name], dtype=float) for name in derived}
    chosen = {name: _sample(start.size, most) for name, start in starts.items()}
    ends = np.cumsum([len(places) for places in chosen.values()])

    def at(entries: Any) -> Any:
        moved = dict(arrays)
        for (name, places), part in zip(chosen.items(), np.split(entries, ends[:-1]), strict=True):
            moved[name] = starts[name].copy()
            moved[name].reshape(-1)[places] = part
            if name in free:
                moved[name] = after(starts[name], free[name], moved[name] - starts[name])
        return slope(moved)

    start = np.concatenate([starts[name].reshape(-1)[places] for name, places in chosen.items()])
    with np.errstate(all="ignore"):
        quotient = central(at, start)
    values = np.split(quotient.value, ends[:-1], axis=-1)
    noises = np.split(quotient.noise, ends[:-1], axis=-1)
    made: dict[str, Comparison] = {}
    for (name, places), value, noise in zip(chosen.items(), values, noises, strict=True):
        whole = np.asarray(derived[name])
        outer = whole.shape[: whole.ndim - starts[name].ndim]
        part = whole.reshape(*outer, starts[name].size)[..., places]
        made[name] = compare(value, part, noise=noise, name=name, words=("quotient", "derived"))
    return made


def _sample(size: int, most: int) -> Any:
    """The places compared in an array of `size` entries: all, or a random sample in order."""
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(size).choice(size, most, replace=False))


def _confirm(comparison: Comparison, derivation: Derivation, arrays: Arrays) -> None:
    """Raise where an entry is different.

    Raises:
        InternalError: with the witness.
    """
    if comparison.verdict == "different" or comparison.obstacle:
        witness = comparison.worst.sentence if comparison.worst else comparison.obstacle
        raise InternalError(
            f"the derived {derivation.kind} does not agree with "
            f"{_SOURCE.get(derivation.kind, 'central differences')}: {witness} (arrays drawn at random: "
            f"{_shown(arrays)}); this is a bug of symderive, do not use the result."
        )


def _says_something(comparison: Comparison) -> bool:
    """Whether the noise is far below the largest entry, or everything is zero on both sides."""
    decided = [entry for entry in comparison.entries if entry.verdict == "equal"]
    scale = max((abs(entry.expected) for entry in decided), default=0.0)
    zero = all(entry.actual == 0 and abs(entry.expected) <= entry.noise < 1e-3 for entry in decided)
    if not decided:
        return all(
            one.actual == 0 and abs(one.expected) <= one.noise < _NOTHING for one in comparison.entries
        )
    return zero or min(entry.noise for entry in decided if abs(entry.expected) == scale) < _CLEAR * scale


def _largest(comparison: Comparison) -> float:
    decided = [entry for entry in comparison.entries if entry.verdict == "equal"]
    scale = max((abs(entry.expected) for entry in decided), default=0.0) or 1.0
    return max((abs(entry.expected - entry.actual) / scale for entry in decided), default=0.0)


def _names(program: Program) -> list[str]:
    return [str(tensor.name) for tensor in program.inputs]


def _loss_function(derivation: Derivation) -> Callable[[Arrays], float]:
    made = numpy_function(without_symmetry(derivation.original, derivation.wrt), "loss")
    return lambda arrays: float(_quietly(made, derivation.original, arrays))


def _quietly(function: Callable[..., Any], program: Program, arrays: Arrays) -> Any:
    """The value of generated code; `np.where` computes both branches, also where one has no value."""
    with np.errstate(all="ignore"):
        return function(**_given(program, arrays))


def _slow(derivation: Derivation, arrays: Arrays) -> float:
    """The loss at a point, computed as it was written, one operation at a time."""
    (value,) = evaluate(derivation.written or derivation.original, arrays).values()
    return float(value)


def _has_value(derivation: Derivation, arrays: Arrays) -> bool:
    try:
        return bool(np.isfinite(_slow(derivation, arrays))) and _is_regular(derivation, arrays)
    except (ValueError, ArithmeticError):
        return False


def _same_as_slow(derivation: Derivation, loss: Callable[[Arrays], float], arrays: Arrays) -> None:
    slow, fast = _slow(derivation, arrays), loss(arrays)
    if not abs(slow - fast) <= _RELATIVE * max(abs(slow), 1.0):
        raise InternalError(
            f"the code of the loss gives {fast:.12g}, the slow evaluator {slow:.12g}; "
            "this is a bug of symderive."
        )


def _shown(arrays: Arrays) -> str:
    return ", ".join(f"{name} of shape {np.shape(value)}" for name, value in arrays.items())


def _sizes_text(derivation: Derivation) -> str:
    sizes = _sizes(derivation)
    return " ".join(f"{symbol}={size}" for symbol, size in sizes.items()) or "the sizes given"


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
            return density(**_given(model.density_program, arrays))

    def valid(arrays: Arrays) -> bool:  # a density that underflows has no logarithm to compare with
        return _has_value(derivation, arrays) and float(np.min(densities(arrays))) > _TINY

    drawn = list(islice(points(derivation, seed, valid), DRAWS))
    if not drawn:
        raise _no_point(derivation)
    worst = 0.0
    for arrays in drawn:
        expected = sign * float(np.sum(np.log(densities(arrays))))
        value = float(function(**_given(function.program, arrays)))
        error = abs(value - expected) / max(1.0, abs(expected))
        if not error < _RELATIVE:
            raise InternalError(
                f"the {derivation.kind} gives {value}, the product of the densities {expected}; "
                "this is a bug of symderive, do not use the result."
            )
        worst = max(worst, error)
    return Check(
        "the logarithm of the product of the densities", len(drawn), _sizes_text(derivation), worst, True
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
        return _has_value(derivation, arrays) and bool(np.all(values < _LARGEST_PARAMETER))

    drawn = list(islice(points(derivation, seed, valid), DRAWS))
    if not drawn:
        raise _no_point(derivation)
    for arrays in drawn:
        x, theta = arrays[model.X.name], arrays[model.theta.name]
        weights = np.array([_information_of(model, float(eta)) for eta in x @ theta])
        expected = (x.T * weights) @ x
        value = function(**{name: arrays[name] for name in _names(function.program)})
        comparison = compare(expected, value, noise=1e-6 * np.abs(expected).max(), name="information")
        _confirm(comparison, derivation, arrays)
        worst = max(worst, _largest(comparison))
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
