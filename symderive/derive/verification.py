"""Every result is compared with a computation that knows nothing of how it was derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice, permutations
from typing import Any

import numpy as np
import sympy

from symderive.calculus.condense import inverted, without_symmetry
from symderive.codegen.numpy_source import NumpyFunction, numpy_function
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Program
from symderive.core.singular_nodes import LargestSingularValue
from symderive.derive.derivation import Check, Derivation
from symderive.derive.quotients import (
    Arrays,
    block_name,
    compared_blocks,
    confirm,
    in_usual_layout,
    largest,
    says_something,
)
from symderive.derive.short_axes import crossing_sizes
from symderive.derive.size_conditions import fits
from symderive.derive.sizes import fitting_sizes
from symderive.derive.step_checks import verify_steps
from symderive.errors import InternalError, SymderiveError
from symderive.functions.comparisons import equal, not_equal
from symderive.language.evaluate import evaluate
from symderive.numeric.comparison import Comparison, join
from symderive.numeric.draws import draw_all
from symderive.numeric.rounded import rounding_noise

DRAWS = 3
_ATTEMPTS = 60
_TRIES = 6
# Arrays without a declared domain: of any sign; positive, for logarithms of products; small and positive, for
# products that have to be probabilities.
MOODS = (("real", 1.0), ("positive", 1.0), ("positive", 0.2))
_SMALL_MOODS = (("real", 0.3), ("real", 0.1), ("positive", 0.05))  # where the usual ones overflow
_PROBES = 6
_MOST_PERMUTED = 4  # sizes that are tried in every order
_CONDITION = 1e5
RELATIVE = 1e-9


def points(
    derivation: Derivation,
    seed: int,
    valid: Callable[[Arrays], bool],
    sizes: Mapping[sympy.Symbol, int] | None = None,
) -> Iterator[dict[str, Any]]:
    """Random points of the declared domains at which the loss has a value, at most `_ATTEMPTS` of them."""
    shapes = _shapes(derivation, _sizes(derivation) if sizes is None else sizes)
    matched = _matched(derivation)
    for attempt in range(_ATTEMPTS):
        moods = MOODS if attempt < _ATTEMPTS // 2 else _SMALL_MOODS
        kind, scale = moods[attempt % len(moods)]
        chosen = {
            name: (shape, kind if domain == "real" else domain) for name, (shape, domain) in shapes.items()
        }
        arrays = draw_all(chosen, seed=1000 * seed + attempt)
        for name, (_, domain) in shapes.items():
            if domain == "real":
                arrays[name] = scale * arrays[name]
        for name, number in matched.items():
            _matched_somewhere(arrays, name, number)
        drawn = {name: np.asarray(value, dtype=float) for name, value in arrays.items()}
        if valid(drawn):
            yield drawn


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
    loss = _written_function(derivation)

    def is_good(arrays: Arrays) -> bool:
        with np.errstate(all="ignore"):
            return bool(np.isfinite(loss(arrays)).all()) and _is_regular(derivation, arrays)

    for kind, scale in MOODS:
        chosen = {name: (shape, kind if own == "real" else own) for name, (shape, own) in shapes.items()}
        scales = {name: scale if own == "real" else 1.0 for name, (_, own) in shapes.items()}
        good = 0
        for seed in range(_ATTEMPTS // len(MOODS)):
            drawn = draw_all(chosen, seed=seed)
            good += is_good({name: scales[name] * drawn[name] for name in drawn})
        best = max(best, (good, kind, scale), key=lambda one: one[0])
        if 2 * good > _ATTEMPTS // len(MOODS):
            break
    if not best[0]:
        raise no_point(derivation)
    return sizes, best[1], best[2]


def _fitting_sizes(derivation: Derivation) -> dict[sympy.Symbol, int]:
    """The usual sizes, or the next ones in order for which every slice fits its axis.

    Raises:
        SymderiveError: none of many do.
    """
    found = fitting_sizes(derivation.original, derivation.slacks)
    if found is not None:
        return found
    raise SymderiveError(
        f"checking the {derivation.kind}: no sizes were found for which every slice fits its axis; "
        f"needed are {', '.join(str(one) for one in derivation.conditions if one.slack is not None)}."
    )


def _matched(derivation: Derivation) -> dict[str, float]:
    """Arrays that are compared with a number by = or ≠, and the number: a random entry never equals it."""
    given = {tensor for tensor in derivation.original.inputs if tensor not in derivation.wrt}
    found: dict[str, float] = {}
    for made in derivation.original.definitions:
        for part in sorted(made.body.atoms(equal, not_equal), key=str):
            entries = [one for one in part.args if isinstance(one, Entry) and one.tensor in given]
            numbers = [one for one in part.args if one.is_number]
            if (
                entries
                and numbers
                and entries[0].tensor.domain in ("real", "nonnegative", "count", "integer")
            ):
                found[str(entries[0].tensor.name)] = float(numbers[0])
    return found


def _matched_somewhere(arrays: dict[str, Any], name: str, number: float) -> None:
    """Every third entry of an array is the number that it is compared with."""
    changed = np.array(arrays[name], dtype=float)
    changed.reshape(-1)[::3] = number
    arrays[name] = changed


def _sizes(derivation: Derivation) -> dict[sympy.Symbol, int]:
    """The sizes to check at: in another order where only so a matrix such as `XᵀX` has an inverse."""
    sizes = _fitting_sizes(derivation)
    if not _of_full_rank(derivation):
        return sizes
    orders = [tuple(sizes.values()), tuple(reversed(sizes.values()))]
    if len(sizes) <= _MOST_PERMUTED:
        orders += permutations(sizes.values())
    for order in dict.fromkeys(orders):
        candidate = dict(zip(sizes, order, strict=True))
        if not fits(derivation.original, derivation.slacks, candidate):
            continue
        draws = (draw_all(_shapes(derivation, candidate), seed=seed) for seed in range(_PROBES))
        if any(_is_regular(derivation, arrays) for arrays in draws):
            return candidate
    return sizes


def _shapes(derivation: Derivation, sizes: Mapping[sympy.Symbol, int]) -> dict[str, tuple[Any, str]]:
    return {
        str(tensor.name): (tuple(int(size.xreplace(sizes)) for size in tensor.shape), str(tensor.domain))
        for tensor in derivation.original.inputs
    }


def _of_full_rank(derivation: Derivation) -> set[Tensor]:
    """The matrices that must have full rank; for a largest singular value they need not."""
    return inverted(derivation.original, but=(LargestSingularValue,))


def _is_regular(derivation: Derivation, arrays: Arrays) -> bool:
    """Whether the matrices that are inverted are far from singular, so that round-off stays small."""
    matrices = _of_full_rank(derivation)
    if not matrices:
        return True
    values = evaluate(derivation.original, arrays, outputs=sorted(str(one.name) for one in matrices))
    return all(
        bool(np.isfinite(one).all()) and bool(np.all(np.linalg.cond(one) < _CONDITION))
        for one in values.values()
    )


def no_point(derivation: Derivation) -> SymderiveError:
    """The error where no point was found."""
    deficient = ""
    if _of_full_rank(derivation):
        deficient = " and every matrix that is inverted, or whose singular values are taken, has full rank"
    return SymderiveError(
        f"checking the {derivation.word}: no random point was found at which the loss has a value{deficient}"
        "; declare domains (for example domain='positive') for the arrays in it."
    )


def verify_by_differences(derivation: Derivation, seed: int = 0) -> Check:
    """Compare the generated code with central differences of what was differentiated, as it was written.

    At every point the code of the loss has to agree with the slow evaluator. A derivative of higher order is
    compared with central differences of that one order lower, which is itself confirmed. Points at which
    round-off drowns the differences are passed over while there are others.

    Raises:
        InternalError: an entry disagrees, or none could be decided; the message shows the witness.
        SymderiveError: no point could be drawn at which the loss has a value.
    """
    function, written = derivation.to_numpy(), _written_function(derivation)
    base = _base(derivation, written, seed)
    names = [block_name(block) for block in derivation.by]
    slow = SlowValue(derivation)
    point: dict[str, Any] = {}
    kept: list[Comparison] = []
    waiting, seen = set(names), 0
    for arrays in points(derivation, seed, slow.exists):
        if _overflows(written, arrays):
            continue
        seen += 1
        point = point or arrays
        made = _compared(slow, function, written, base, arrays)
        clear = {name: comparison for name, comparison in made.items() if says_something(comparison)}
        if clear:
            kept.append(join(list(clear.values())))
            waiting -= clear.keys()
        if len(kept) >= DRAWS and (not waiting or seen > DRAWS):
            break
        if seen >= _TRIES:
            break
    if not seen:
        raise no_point(derivation)
    if not kept:
        raise InternalError(
            f"the derived {derivation.word} could not be confirmed: at {seen} random points no entry of it "
            "stands out from the round-off of central differences; do not use the result unchecked."
        )
    verify_steps(derivation, point)
    for arrays in _at_short_axes(slow, seed):
        _compared(slow, function, written, base, arrays)
    undecided = tuple(name for name in dict.fromkeys(names) if name in waiting)
    error = max(map(largest, kept))
    return Check("central differences", len(kept), sizes_text(derivation), error, True, undecided)


def _compared(
    slow: SlowValue,
    function: NumpyFunction,
    written: Callable[[Arrays], Any],
    base: Callable[[Arrays], tuple[Any, ...]],
    arrays: Arrays,
) -> dict[str, Comparison]:
    """The comparisons at one point, by block; each of them agrees.

    Raises:
        InternalError: an entry disagrees, or the code of the loss with the slow evaluator.
    """
    derivation = slow.derivation
    with np.errstate(all="ignore"):  # `np.where` computes both branches, also where one has no value
        _same_as_slow(slow.at(arrays), written(arrays))
        start = base(arrays)
        values = in_usual_layout(derivation, function.unchecked(arrays), start, arrays)
        errors = in_usual_layout(derivation, rounding_noise(function.unchecked, arrays), start, arrays)
    made = compared_blocks(derivation, base, arrays, list(zip(values, errors, strict=True)))
    for comparison in made.values():
        confirm(comparison, derivation, arrays)
    return made


def _at_short_axes(slow: SlowValue, seed: int) -> Iterator[dict[str, Any]]:
    """A point for each of a few sizes at which other fixed positions exist than at the usual ones."""
    derivation = slow.derivation
    programs = (derivation.original, derivation.program)
    for sizes in crossing_sizes(programs, derivation.slacks, _sizes(derivation)):
        yield from islice(points(derivation, seed, slow.exists, sizes), 1)


def _base(
    derivation: Derivation, written: Callable[[Arrays], Any], seed: int
) -> Callable[[Arrays], tuple[Any, ...]]:
    """What differences are taken of: the derivatives one order lower, confirmed, or what was written."""
    lower = derivation.first
    if lower is None:
        return lambda arrays: (written(arrays),)
    verify_by_differences(lower, seed)
    results = (one.tensor for one in lower.program.definitions)  # symmetric where the variable is
    program = without_symmetry(lower.program, (*derivation.wrt, *results))
    made = numpy_function(program, lower.kind, accepted=lower.original.inputs, given=lower.slacks)

    def base(arrays: Arrays) -> tuple[Any, ...]:
        value = made.unchecked(arrays)
        return value if isinstance(value, tuple) else (value,)

    return base


def given(program: Program, arrays: Arrays) -> dict[str, Any]:
    """The arrays that a program takes."""
    return {name: arrays[name] for name in _names(program)}


def _names(program: Program) -> list[str]:
    return [str(tensor.name) for tensor in program.inputs]


def _written_function(derivation: Derivation) -> Callable[[Arrays], Any]:
    """What was differentiated as code, by fused equations that no rule has rewritten."""
    made = numpy_function(without_symmetry(derivation.original, derivation.wrt), "loss", as_it_stands=True)
    return made.unchecked


class SlowValue:
    """What was written, by the slow evaluator; that of the last point is kept."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self._point: Arrays | None = None
        self._value: Any = None

    def at(self, arrays: Arrays) -> Any:
        """The value at a point, which must not be changed afterwards.

        Raises:
            ValueError: a function in it has none there.
            ArithmeticError: the same.
        """
        if arrays is not self._point:
            (value,) = evaluate(self.derivation.written or self.derivation.original, arrays).values()
            self._point, self._value = arrays, np.asarray(value)
        return self._value

    def exists(self, arrays: Arrays) -> bool:
        """Whether there is a finite value at a point, far from singular matrices."""
        try:
            return bool(np.isfinite(self.at(arrays)).all()) and _is_regular(self.derivation, arrays)
        except (ValueError, ArithmeticError):
            return False


def _overflows(written: Callable[[Arrays], Any], arrays: Arrays) -> bool:
    """Whether a value on the way to the loss is too large for a float: then its digits say nothing."""
    seen: list[str] = []
    with np.errstate(all="ignore", over="call", call=lambda kind, flag: seen.append(kind)):
        written(arrays)
    return bool(seen)


def _same_as_slow(slow: Any, fast: Any) -> None:
    fast = np.asarray(fast, dtype=float)
    scale = max(float(np.max(np.abs(slow), initial=0.0)), 1.0)
    if fast.shape != slow.shape or not np.all(np.abs(slow - fast) <= RELATIVE * scale):
        raise InternalError(
            f"the code of the loss gives {_first(fast)}, the slow evaluator {_first(slow)}; "
            "this is a bug of symderive."
        )


def _first(value: Any) -> str:
    return (
        f"{float(value):.12g}"
        if value.ndim == 0
        else f"an array of shape {value.shape} with {value.ravel()[:3]}"
    )


def sizes_text(derivation: Derivation) -> str:
    """The sizes of a check as text."""
    sizes = _sizes(derivation)
    return " ".join(f"{symbol}={size}" for symbol, size in sizes.items()) or "the sizes given"
