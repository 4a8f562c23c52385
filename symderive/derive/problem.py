"""What is differentiated: the equations as written, fused for reading, and the variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy

from symderive.calculus.condense import condense, for_steps, powers_joined, rename
from symderive.calculus.factors import without_factors
from symderive.calculus.opened import opened
from symderive.calculus.sharing import with_shared
from symderive.calculus.softmax import has_exponential, recognised
from symderive.calculus.standardised import standardised
from symderive.calculus.unit_axes import drop_unit_axes
from symderive.codegen.numpy_source import sizes_of
from symderive.core.dims import shape_text
from symderive.core.identity import FREE_LETTERS, fresh, tensors_of
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.branches import within_branches
from symderive.derive.naming import is_unnamed
from symderive.derive.size_conditions import slacks
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array
from symderive.language.programs import inputs_of, program_of

if TYPE_CHECKING:
    from symderive.derive.derivation import Derivation

_SCALARS = ("L", "J", "F", "ell", "loss_")
_ARRAYS = ("f", "g", "h", "u", "f_")


@dataclass(frozen=True)
class Problem:
    """A scalar or an array as equations, and what it is differentiated by.

    Attributes:
        written: the equations as written, one operation each.
        start: the same, fused to the steps of a derivation.
        symbol: the name of what is differentiated.
        targets: the variables.
        plain: the equations of `start` with no softmax recognised in them.
        is_elementary: whether every step has one operation, adjoints too.
    """

    written: Program
    start: Program
    symbol: str
    targets: tuple[Tensor, ...]
    plain: Program
    is_elementary: bool = False

    @property
    def output(self) -> Tensor:
        """What is differentiated."""
        return self.start.outputs[0]

    @property
    def rank(self) -> int:
        """The number of its axes."""
        return int(self.output.rank)

    @cached_property
    def slacks(self) -> tuple[sympy.Expr, ...]:
        """Expressions in sizes that must be at least 0 for what was written to have a meaning."""
        return slacks(self.written)

    def with_inputs(self, *tensors: Tensor) -> Problem:
        """The problem with further given arrays."""
        written, start, plain = (
            Program(
                (*program.inputs, *(one for one in dict.fromkeys(tensors) if one not in program.inputs)),
                program.definitions,
                program.outputs,
            )
            for program in (self.written, self.start, self.plain)
        )
        return replace(self, written=written, start=start, plain=plain)

    def unfused(self) -> Problem:
        """The problem with one operation in each equation."""
        arrays = [made.tensor for made in self.written.definitions if tensors_of(made.body)]
        numbers_put_in = condense(self.written, lambda made, count, consumer: False, keep=arrays)
        start = Program(self.start.inputs, numbers_put_in.definitions, numbers_put_in.outputs)
        return replace(self, start=start, plain=start, is_elementary=True)


def elementary(core: Callable[..., Derivation], problem: Problem, *rest: Any) -> Derivation:
    """The derivation of a problem with one operation in each step."""
    return core(problem.unfused(), *rest)


def variables_of(wrt: Any) -> tuple[Any, ...]:
    """One variable or a sequence of them as a tuple."""
    return tuple(wrt) if isinstance(wrt, (list, tuple)) else (wrt,)


def scalar_problem(loss: Array, variables: Sequence[Any], what: str) -> Problem:
    """The problem of a scalar.

    Raises:
        ShapeError: `loss` is not a scalar.
        SymderiveError: `loss` does not depend on the variables, or they are not inputs.
    """
    _check_output(loss, what, "loss")
    if loss.ndim and any(size != 1 for size in loss.shape):
        raise ShapeError(
            f"{what}: the loss has shape {shape_text(loss.shape)}; sum it to a scalar, or use jacobian."
        )
    targets = _targets(loss, variables, what, "loss")
    if loss.definition is None:
        raise SymderiveError(f"{what}: the loss is the variable {loss.name} itself; its derivative is 1.")
    return _problem(loss, loss.sum() if loss.ndim else loss, targets, _SCALARS)


def array_problem(output: Array, variables: Sequence[Any], what: str) -> Problem:
    """The problem of an array of any shape; a matrix or what has more axes has a capital letter.

    Raises:
        SymderiveError: `output` does not depend on the variables, or they are not inputs.
    """
    _check_output(output, what, "output")
    targets = _targets(output, variables, what, "output")
    names = _ARRAYS if output.ndim < 2 else tuple(name.upper() for name in _ARRAYS)
    return _problem(output, output, targets, names)


def _check_output(output: Any, what: str, word: str) -> None:
    if not isinstance(output, Array):
        raise SymderiveError(
            f"{what}: the {word} is a {type(output).__name__}, not a symbolic array; "
            "build it from symderive.array."
        )


def _targets(output: Array, variables: Sequence[Any], what: str, word: str) -> tuple[Tensor, ...]:
    if not variables:
        raise SymderiveError(f"{what}: no variable given.")
    inputs = {one.tensor for one in inputs_of(output)}
    for variable in variables:
        if not isinstance(variable, Array):
            raise SymderiveError(
                f"{what}: the variable is a {type(variable).__name__}, not a symbolic array."
            )
        if variable.definition is not None:
            raise SymderiveError(
                f"{what}: {variable.label} is not an input; differentiate with respect to declared arrays."
            )
        if variable.tensor not in inputs:
            raise SymderiveError(f"{what}: the {word} does not contain {variable.name}.")
    return tuple(variable.tensor for variable in variables)


def _problem(given: Array, output: Array, targets: tuple[Tensor, ...], names: Sequence[str]) -> Problem:
    program = program_of(output)
    if not program.definitions:  # an input by itself: a copy of it under a name of its own
        indices = fresh(output.shape, (), FREE_LETTERS)
        made = Definition(Tensor(f"_{0:016x}", output.shape), indices, Entry(output.tensor, *indices))
        program = Program(program.inputs, (made,), (made.tensor,))
    written = with_shared(within_branches(drop_unit_axes(program)))
    pinned = given.definition is not None and given.definition.pinned
    symbol = given.name if pinned else _free_name(written, names)
    if written.outputs[0].rank and is_unnamed(str(written.outputs[0].name)):
        old = written.outputs[0]
        written = rename(written, {old: Tensor(symbol, old.shape, old.domain)})
    clear, keep = standardised(recognised(opened(powers_joined(written))))
    start = _inputs_as_used(without_factors(condense(clear, for_steps, keep)))
    return Problem(written, start, symbol, targets, _as_written(written, start))


def _as_written(written: Program, start: Program) -> Program:
    """The equations with nothing recognised in them: shown first, and checked against."""
    if not any(has_exponential(made.body) for made in start.definitions):
        return start
    return _inputs_as_used(without_factors(condense(opened(powers_joined(written)), for_steps)))


def _free_name(program: Program, names: Sequence[str]) -> str:
    """The first of the names that no array and no size has; the last is one that people do not choose."""
    taken = {*program.names, *(str(symbol.name) for symbol in sizes_of(program))}
    return next((name for name in names if name not in taken), names[-1])


def _inputs_as_used(program: Program) -> Program:
    """The inputs in the order in which the equations use them; those that have cancelled stand last."""
    order: dict[Tensor, None] = {}
    for made in program.definitions:
        order.update(dict.fromkeys(sorted(tensors_of(made.body), key=lambda tensor: str(tensor.name))))
    given = set(program.inputs)
    used = [tensor for tensor in order if tensor in given]
    return Program(
        (*used, *(t for t in program.inputs if t not in order)), program.definitions, program.outputs
    )
