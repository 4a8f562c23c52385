"""Every derivative that a step states is compared with central differences of what it is a derivative of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symderive.calculus.condense import without_symmetry
from symderive.codegen.numpy_source import numpy_function
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Program
from symderive.derive.derivation import Derivation, Step, StepCheck
from symderive.derive.naming import Slope
from symderive.derive.turned import turned_back
from symderive.errors import InternalError
from symderive.numeric.comparison import Comparison, compare
from symderive.numeric.differences import Difference, central
from symderive.numeric.rounded import rounding_noise

_MOST_STEPS = 40  # of a derivation; of a longer one, evenly spread
_ENTRIES, _MOST_ENTRIES = 120, 6  # entries moved in all steps, and in one
Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class _Moved:
    """An array as a function of what is added to another one.

    Attributes:
        run: takes all arrays that it needs.
        start: these arrays.
        name: that of the array which is added to; None where nothing depends on it.
    """

    run: Callable[[Arrays], Any]
    start: Arrays
    name: str | None

    def __call__(self, added: Any, start: Arrays | None = None) -> Any:
        """The value; from other arrays where they are given."""
        given = self.start if start is None else start
        return self.run(given if self.name is None else {**given, self.name: given[self.name] + added})


@dataclass(frozen=True)
class _Claim:
    """What a step states: that `made` is the derivative of `base` by `variable`, or along a direction."""

    step: Step
    made: Tensor
    base: Tensor | None  # None: what was differentiated
    variable: Tensor
    along: Tensor | None


def verify_steps(derivation: Derivation, arrays: Arrays) -> None:
    """Compare the steps at one point and keep the outcome on each of them.

    An adjoint `∂L/∂T` is compared with what the loss does when T alone is moved: the equations behind T are
    evaluated from the moved value. A tangent is compared with what its array does when the variable is moved.

    Raises:
        InternalError: a step disagrees; the message shows the step and the witness.
    """
    claims = _claims(derivation)
    if not claims or derivation.worked is None:
        return
    with np.errstate(all="ignore"):
        values, errors = _values(derivation, claims, arrays)
    most = max(1, min(_MOST_ENTRIES, _ENTRIES // len(claims)))
    with np.errstate(all="ignore"):
        moved = _moved_loss(derivation, claims, arrays)
    for claim in claims:
        function = moved[claim.variable] if claim.base is None else _base(derivation, claim, arrays)
        value, error = (_usual(derivation, claim, one[claim.made], arrays) for one in (values, errors))
        comparison = _compared(claim, function, (value, error), arrays, most)
        claim.step.checked(_outcome(claim, comparison))


def _claims(derivation: Derivation) -> list[_Claim]:
    """The claims of the steps, evenly spread where there are many."""
    slopes = dict(derivation.slopes)
    by_slope = {slope: made for made, slope in derivation.slopes}
    found = []
    for step in derivation.steps:
        made = step.statement.definition.tensor
        slope = slopes.get(made)
        if slope is None:
            continue
        base, variable = _base_and_variable(derivation, slope, by_slope)
        if variable is not None:
            found.append(_Claim(step, made, base, variable, slope.along))
    if len(found) <= _MOST_STEPS:
        return found
    places = np.unique(np.linspace(0, len(found) - 1, _MOST_STEPS).round().astype(int))
    return [found[place] for place in places]


def _base_and_variable(
    derivation: Derivation, slope: Slope, by_slope: Mapping[Slope, Tensor]
) -> tuple[Tensor | None, Tensor | None]:
    """What a slope is the last derivative of, and by what; no variable where the base is no equation."""
    below = slope.below if slope.along is not None else slope.below[:-1]
    variable = derivation.wrt[0] if slope.along is not None else slope.below[-1]
    if not below:
        if slope.above is None and slope.along is None:
            return None, variable
        return (derivation.given.outputs[0] if slope.above is None else slope.above), variable
    base = by_slope.get(Slope(slope.above, below))
    known = derivation.worked is not None and base is not None and derivation.worked.definition(base)
    return (base, variable) if known else (None, None)


def _values(
    derivation: Derivation, claims: list[_Claim], arrays: Arrays
) -> tuple[dict[Tensor, Any], dict[Tensor, Any]]:
    """The numbers of all derivatives that are claimed, and what rounding can do to them."""
    worked = derivation.worked
    if worked is None:
        return {}, {}
    outputs = tuple(dict.fromkeys(claim.made for claim in claims))
    program = Program(derivation.original.inputs, worked.definitions, outputs).needed(outputs)
    made = numpy_function(program, "steps", accepted=derivation.original.inputs, as_it_stands=True)
    given = made.unchecked(arrays)
    values = given if isinstance(given, tuple) else (given,)
    errors = rounding_noise(made.unchecked, arrays)
    return dict(zip(outputs, values, strict=True)), dict(zip(outputs, errors, strict=True))


def _usual(derivation: Derivation, claim: _Claim, value: Any, arrays: Arrays) -> Any:
    """The numbers of a claim with the axes of the variable last, whatever the layout."""
    outputs = {equation.definition.tensor for equation in derivation.results}
    if not derivation.layout.turned or claim.made not in outputs:
        return value
    inner = np.shape(arrays[str(claim.variable.name)])
    outer = np.ndim(value) - len(inner) if claim.base is not None else 0
    lead = np.shape(value)[len(inner) :] if outer else ()
    return turned_back(value, (*lead, *inner), outer or None)


def _moved_loss(derivation: Derivation, claims: list[_Claim], arrays: Arrays) -> dict[Tensor, _Moved]:
    """For each array with an adjoint, the loss as a function of what is added to that array."""
    targets = tuple(dict.fromkeys(claim.variable for claim in claims if claim.base is None))
    if not targets:
        return {}
    program = without_symmetry(derivation.given, (*derivation.wrt, *targets))
    real = {str(one.tensor.name): one.tensor for one in program.definitions}
    defined = [one for one in targets if str(one.name) in real]
    shifts = {real[str(one.name)]: Tensor(f"shift_of_{one.name}_", one.shape) for one in defined}
    definitions = tuple(
        made.with_body(made.body + Entry(shifts[made.tensor], *made.indices))
        if made.tensor in shifts
        else made
        for made in program.definitions
    )
    moved = numpy_function(
        Program((*program.inputs, *shifts.values()), definitions, program.outputs),
        "moved",
        as_it_stands=True,
    )
    start = {str(one.name): arrays[str(one.name)] for one in program.inputs}
    sizes = _shapes(program, [real[str(one.name)] for one in defined], start)
    start |= {str(shift.name): np.zeros(sizes[str(of.name)]) for of, shift in shifts.items()}

    names = {one: f"shift_of_{one.name}_" if str(one.name) in real else str(one.name) for one in targets}
    return {one: _Moved(moved.unchecked, start, name) for one, name in names.items()}


def _shapes(program: Program, tensors: list[Tensor], arrays: Arrays) -> dict[str, tuple[int, ...]]:
    """The shapes of defined arrays at a point."""
    if not tensors:
        return {}
    wanted = Program(program.inputs, program.definitions, tuple(tensors))
    made = numpy_function(wanted, "values", as_it_stands=True)
    values = made.unchecked(arrays)
    several = values if isinstance(values, tuple) else (values,)
    return {str(one.name): np.shape(value) for one, value in zip(tensors, several, strict=True)}


def _base(derivation: Derivation, claim: _Claim, arrays: Arrays) -> _Moved:
    """The array whose derivative is claimed, as a function of what is added to the variable."""
    definitions = {made.tensor: made for made in derivation.given.definitions}
    worked = derivation.worked
    definitions |= {made.tensor: made for made in (worked.definitions if worked is not None else ())}
    base = claim.base if claim.base is not None else derivation.given.outputs[0]
    program = Program(derivation.original.inputs, tuple(definitions.values()), (base,)).needed((base,))
    program = without_symmetry(program, derivation.wrt)
    made = numpy_function(program, "base", accepted=derivation.original.inputs, as_it_stands=True)
    start = {str(one.name): arrays[str(one.name)] for one in made.program.inputs}
    name = str(claim.variable.name)
    return _Moved(made.unchecked, start, name if name in start else None)


def _compared(
    claim: _Claim, function: _Moved, found: tuple[Any, Any], arrays: Arrays, most: int
) -> Comparison:
    """Compare at a few entries of the variable, or along the direction."""
    derived, error = (np.asarray(one, dtype=float) for one in found)
    name = str(claim.made.name)
    if claim.along is not None:
        along = np.asarray(arrays[str(claim.along.name)], dtype=float)
        length = float(np.linalg.norm(along)) or 1.0
        moves = _Moves(function, lambda t: float(t) * along / length, along.shape, ())
        return moves.compared(derived, error, length, name)
    outer = derived.ndim - claim.variable.rank
    shape = derived.shape[outer:]
    size = int(np.prod(shape))
    chosen = np.sort(np.random.default_rng(size).choice(size, min(size, most), replace=False))

    def put(entries: Any) -> Any:
        added = np.zeros(size)
        added[chosen] = entries
        return added.reshape(shape)

    part, own = (one.reshape(*derived.shape[:outer], size)[..., chosen] for one in (derived, error))
    return _Moves(function, put, shape, (len(chosen),)).compared(part, own, 1.0, name)


@dataclass(frozen=True)
class _Moves:
    """The movements of an array that a claim is compared by.

    Attributes:
        function: of what is added to the array.
        added: that, for numbers that say how far.
        shape: that of the array.
        numbers: the shape of these numbers.
    """

    function: _Moved
    added: Callable[[Any], Any]
    shape: tuple[int, ...]
    numbers: tuple[int, ...]

    def quotient(self, start: Arrays | None = None) -> Difference:
        """Central differences; from other arrays where they are given."""
        least = rounding_noise(
            lambda arrays: self.function(arrays["added"]), {"added": np.zeros(self.shape)}
        )[0]
        return central(
            lambda far: self.function(self.added(far), start), np.zeros(self.numbers), least_error=least
        )

    def compared(self, derived: Any, error: Any, scale: float, name: str) -> Comparison:
        """The claim beside the quotients.

        Where it differs, the arrays that the step starts from may be what rounding has left of 0: what that
        does to the quotients is counted too.
        """
        words = ("quotient", "derived")
        with np.errstate(all="ignore"):
            quotient = self.quotient()
            noise = scale * quotient.noise + error
            made = compare(scale * quotient.value, derived, noise=noise, name=name, words=words)
            if made.verdict != "different":
                return made
            (rounding,) = rounding_noise(lambda start: self.quotient(start).value, self.function.start)
            noise = noise + scale * np.where(np.isfinite(rounding), rounding, 0.0)
        return compare(scale * quotient.value, derived, noise=noise, name=name, words=words)


def _outcome(claim: _Claim, comparison: Comparison) -> StepCheck:
    """The outcome of one comparison.

    Raises:
        InternalError: an entry is different.
    """
    if comparison.verdict == "different":
        witness = comparison.worst.sentence if comparison.worst else comparison.obstacle
        raise InternalError(
            f"the step {claim.step.statement} does not agree with central differences: {witness}; "
            "this is a bug of symderive, do not use the result."
        )
    decided = [entry for entry in comparison.entries if entry.verdict == "equal"]
    scale = max((abs(entry.expected) for entry in decided), default=0.0) or 1.0
    error = max((abs(entry.expected - entry.actual) / scale for entry in decided), default=0.0)
    return StepCheck("central differences", len(decided), error, bool(decided))
