"""The chain rule over programs: adjoints backward, tangents forward.

Each adjoint or tangent is a new small definition, so that cost is linear in the number of equations and every
expression stays as small as the equation that it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symderive.calculus.relabelled import of_softmax, relabelled
from symderive.calculus.rules import EntryRule, differentiate, fold_by_value, partial, separated, unit_rule
from symderive.calculus.sums import has_binder, sum_over
from symderive.calculus.through_time import through_time
from symderive.core.dims import shape_text
from symderive.core.identity import (
    BOUND_LETTERS,
    FREE_LETTERS,
    canonical,
    fresh,
    index_names,
    substitute,
    tensors_of,
)
from symderive.core.kinds import has_kind
from symderive.core.linear import is_linear
from symderive.core.matrix_nodes import (
    CholeskyEntry,
    CholeskyInverseEntry,
    Det,
    InverseEntry,
    LogAbsDet,
    MatrixNode,
)
from symderive.core.nodes import (
    Delta,
    Entry,
    Fold,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    Tensor,
)
from symderive.core.program import Definition, Program
from symderive.core.recurrence import refuse, run_of
from symderive.core.singular_nodes import LargestSingularValue, NuclearNorm, SmallestSingularValue
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.errors import ShapeError, SymderiveError
from symderive.functions import by_head


@dataclass(frozen=True)
class Chained:
    """What a chain-rule pass gives.

    Attributes:
        program: the program it was given, followed by the new definitions.
        of: for each adjoint or tangent, the tensor that it belongs to.
    """

    program: Program
    of: Mapping[Tensor, Tensor]


def active_tensors(program: Program, wrt: Iterable[Tensor]) -> set[sympy.Basic]:
    """The tensors that depend on `wrt`, `wrt` included."""
    active: set[sympy.Basic] = set(wrt)
    for made in program.definitions:
        if tensors_of(made.body) & active:
            active.add(made.tensor)
            if made.along is not None:  # each equation of a recurrence may depend on all of them
                active.update(one.tensor for one in run_of(made, program.definitions))
    return active


Pull = Callable[[Definition, Tensor | sympy.Expr, Tensor], sympy.Expr]
"""What an equation, with its adjoint, adds to the adjoint of an array that it reads; see `pulled_back`."""


def reverse(
    program: Program, output: Tensor, wrt: Sequence[Tensor], prefix: str = "∂", pull: Pull | None = None
) -> Chained:
    """Adjoints `∂output/∂T` of every equation on the way to `wrt`, last equation first.

    Args:
        program: the forward equations.
        output: a scalar of the program.
        wrt: inputs (or defined tensors) to differentiate with respect to.
        prefix: the names of the new tensors are `prefix` + name of the tensor they belong to; no name of a
            user's array can start with it.
        pull: what each equation adds to an adjoint, if not `pulled_back`.

    Raises:
        ShapeError: `output` is not a scalar.
        SymderiveError: `output` does not depend on `wrt`.
    """
    if output.rank:
        raise ShapeError(
            f"gradient of {output.name}: it has shape {shape_text(output.shape)}; sum it to a scalar first."
        )
    sweep = _Sweep(program, active_tensors(program, wrt), prefix, pull or pulled_back)
    sweep.contributions[output] = [sympy.S.One]
    targets = set(wrt)
    for tensor in _backward_order(program, wrt):
        if tensor not in sweep.active or (tensor not in sweep.contributions and tensor not in targets):
            continue
        definition = program.definition(tensor)
        if definition is not None and definition.along is not None:
            sweep.through_time(definition)
            continue
        body, why = sweep.found(tensor)
        is_one = tensor == output and body == 1
        bar = sympy.S.One if is_one else sweep.adjoint(tensor, body, why)
        if definition is not None:
            sweep.pull(definition, bar)
        if tensor in targets and tensor == output:
            sweep.adjoint(tensor, sympy.S.One, "")
    adjoint_of = {tensor: adjoint for adjoint, tensor in sweep.of.items()}
    outputs = tuple(adjoint_of[target] for target in wrt)
    return Chained(Program(program.inputs, program.definitions + tuple(sweep.made), outputs), sweep.of)


class _Sweep:
    """What a reverse pass has collected: contributions to adjoints, and the adjoints that are defined."""

    def __init__(self, program: Program, active: set[sympy.Basic], prefix: str, pull: Pull) -> None:
        self.program, self.active, self.prefix, self.pulled = program, active, prefix, pull
        self.contributions: dict[Tensor, list[sympy.Expr]] = {}
        self.reasons: dict[Tensor, list[str]] = {}
        self.made: list[Definition] = []
        self.of: dict[Tensor, Tensor] = {}

    def pull(self, definition: Definition, bar: Tensor | sympy.Expr) -> None:
        """Add what an equation contributes to the adjoints of all that it reads."""
        for used in sorted(tensors_of(definition.body) & self.active, key=lambda t: t.name):
            term = self.pulled(definition, bar, used)
            if term != 0:
                self.contributions.setdefault(used, []).append(term)
                self.reasons.setdefault(used, []).append(reason(definition, used))

    def found(self, tensor: Tensor) -> tuple[sympy.Expr, str]:
        """The sum of all contributions to the adjoint of an array, and why."""
        found = self.contributions.get(tensor, [])
        body = found[0] if len(found) == 1 else canonical(sympy.Add(*found))
        return body, "; ".join(dict.fromkeys(self.reasons.get(tensor, [])))

    def bar(self, tensor: Tensor) -> Tensor:
        """The adjoint of an array."""
        adjoint = Tensor(f"{self.prefix}{tensor.name}", tensor.shape)
        self.of[adjoint] = tensor
        return adjoint

    def adjoint(self, tensor: Tensor, body: sympy.Expr, why: str) -> Tensor:
        """Define the adjoint of an array."""
        adjoint, indices = self.bar(tensor), fresh(tensor.shape, (), FREE_LETTERS)
        self.made.append(Definition(adjoint, indices, body, "chain rule", why))
        return adjoint

    def through_time(self, definition: Definition) -> None:
        """Define the adjoints of all equations of a recurrence, the first time that one of them is met."""
        if definition.tensor not in self.of.values():
            run = run_of(definition, self.program.definitions)
            bars = {made.tensor: self.bar(made.tensor) for made in run}
            self.made += through_time(run, bars, lambda made: self.pull(made, bars[made.tensor]), self.found)


def _backward_order(program: Program, wrt: Sequence[Tensor]) -> list[Tensor]:
    """Defined tensors from the last to the first; each variable behind the last that contributes to it."""
    place = {tensor: number for number, tensor in enumerate(wrt)}
    waiting: set[sympy.Basic] = set(wrt)
    first_use: dict[Tensor, list[Tensor]] = {}
    for made in program.definitions:
        new = tensors_of(made.body) & waiting
        waiting -= new
        first_use[made.tensor] = sorted(new, key=lambda tensor: place[tensor])
    order: list[Tensor] = []
    for made in reversed(program.definitions):
        order += [made.tensor, *first_use[made.tensor]]
    # What no equation uses any more, because it cancels, has the derivative 0.
    return [*order, *(tensor for tensor in wrt if tensor in waiting)]


def pulled_back(definition: Definition, bar: Tensor | sympy.Expr, used: Tensor) -> sympy.Expr:
    """`Σ_i bar[i] ∂T[i]/∂used[k]` as an expression in the free indices `k` of `used`."""
    at = fresh(used.shape, (), FREE_LETTERS)
    own = fresh(
        definition.tensor.shape, index_names(definition.body) | {index.name for index in at}, BOUND_LETTERS
    )
    body = _body_at(definition.body, definition.indices, own, at)
    seed = Entry(bar, *own) if isinstance(bar, Tensor) else bar
    if isinstance(body, SoftmaxEntry):
        of_share = of_softmax(seed, Entry(definition.tensor, *own), body, used, at)
        if of_share is not None:
            return of_share
    by_value = value_slope(definition, body, own)
    inner, slope = (body, sympy.S.One) if by_value is None else (body.args[0], by_value)
    terms = [term for term in sympy.Add.make_args(inner) if used in tensors_of(term)]
    direct = [relabelled(seed, slope, term, own, used, at) for term in terms]
    found = [one for one in direct if one is not None]
    if found and len(found) == len(terms) and (used.rank or len(terms) == 1):
        return canonical(sympy.Add(*found))
    return sum_over(seed * slope_of(definition, body, own, used, at), own)


@lru_cache(maxsize=1_000)  # one right-hand side is pulled back to each array in it
def _body_at(
    body: sympy.Expr, indices: tuple[Index, ...], own: tuple[Index, ...], at: tuple[Index, ...]
) -> sympy.Expr:
    return separated(substitute(body, dict(zip(indices, own, strict=True))), *at, *own)


def value_slope(definition: Definition, body: sympy.Expr, own: tuple[Index, ...]) -> sympy.Expr | None:
    """The derivative of a function by its value, `a(1 − a)` for `a = σ(z)`; None where it has none."""
    entry = by_head().get(type(body))
    if entry is None or entry.of_output is None:
        return None
    return entry.of_output(body.args[0], Entry(definition.tensor, *own))


def slope_of(
    definition: Definition, body: sympy.Expr, own: tuple[Index, ...], used: Tensor, at: tuple[Index, ...]
) -> sympy.Expr:
    """`∂body/∂used[at]`, in terms of the value where the function allows: `σ′ = a(1 − a)` for `a = σ(z)`."""
    by_value = value_slope(definition, body, own)
    if by_value is not None:
        return by_value * partial(body.args[0], used, at)
    if isinstance(body, Fold):
        return fold_by_value(body, Entry(definition.tensor, *own), unit_rule(used, at))
    return partial(body, used, at)


def reason(definition: Definition, used: Tensor) -> str:
    """Why the adjoint of `used` has the form that it has."""
    heads = _heads(definition.body, used)
    laws = [by_head()[head].law if head in by_head() else _NODE_LAWS.get(head, "") for head in heads]
    written = [law for law in dict.fromkeys(laws) if law]
    if not written and is_linear(definition.body, used):
        return _linear_reason(definition.body, used)
    if written:
        return ", ".join(written)
    powers = definition.body.atoms(sympy.Pow) if has_kind(definition.body, sympy.Pow) else ()
    return "power rule" if any(used in tensors_of(power.base) for power in powers) else "product rule"


def _forward_reason(definition: Definition, moving: Sequence[Tensor]) -> str:
    """Why the tangent of a definition has the form that it has."""
    reasons = []
    for used in moving:
        linear = is_linear(definition.body, used)
        name = f" in {used.name}" if used.name[0].isalpha() else ""
        reasons.append(f"linear{name}" if linear else reason(definition, used))
    return "; ".join(dict.fromkeys(reasons))


_LETTERS_OF_LAWS = "AMCNQ"
_NODE_LAWS: dict[type, str] = {
    InverseEntry: "dA⁻¹ = −A⁻¹ dA A⁻¹",
    LogAbsDet: "d log |det A| = tr(A⁻¹ dA)",
    CholeskyEntry: "dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ: lower triangle with half the diagonal",
    CholeskyInverseEntry: "dL⁻¹ = −Φ(L⁻¹ dA L⁻ᵀ) L⁻¹, Φ: lower triangle with half the diagonal",
    Det: "d det A = det A tr(A⁻¹ dA)",
    NuclearNorm: "d‖A‖_* = tr((U Vᵀ)ᵀ dA) for A = U Σ Vᵀ",
    LargestSingularValue: "dσ = uᵀ dA v, u and v the singular vectors of σ",
    SmallestSingularValue: "dσ = uᵀ dA v, u and v the singular vectors of σ",
    IndexMax: "only where the maximum is attained does it change",
    IndexMin: "only where the minimum is attained does it change",
    IndexProduct: "(Π xₚ)′ = Π xₚ Σ xₚ′/xₚ",
    IndexLogSum: "log-sum-exp: its derivative is the softmax",
    SoftmaxEntry: "softmax: dp = (diag(p) − ppᵀ) dz",
}


def in_free_letters(reason: str, taken: Collection[str]) -> str:
    """A reason whose laws of matrices are about a letter that no array has: `dM⁻¹ = −M⁻¹ dM M⁻¹`.

    Args:
        reason: from `reason`.
        taken: the names of arrays.

    >>> in_free_letters("dA⁻¹ = −A⁻¹ dA A⁻¹", {"A", "X"})
    'dM⁻¹ = −M⁻¹ dM M⁻¹'
    """
    letter = next((one for one in _LETTERS_OF_LAWS if one not in taken), _LETTERS_OF_LAWS[0])
    for law in _NODE_LAWS.values():
        reason = reason.replace(law, law.replace(_LETTERS_OF_LAWS[0], letter))
    return reason


def _linear_reason(body: sympy.Expr, used: Tensor) -> str:
    terms = [term for term in sympy.Add.make_args(body) if used in tensors_of(term)]
    others = tensors_of(sympy.Add(*terms)) - {used}
    matrices = [tensor for tensor in others if tensor.rank == 2]
    if not others:
        return "a term by itself" if not has_binder(sympy.Add(*terms)) else "a sum: every entry counts once"
    if has_binder(body) and len(others) == len(matrices) == 1 and matrices[0].name[0].isalpha():
        return f"linear map: its adjoint is the transpose of {matrices[0].name}"
    return "linear: the coefficient is the derivative"


def _heads(expr: sympy.Expr, used: Tensor) -> list[type]:
    if used not in tensors_of(expr):
        return []
    if isinstance(expr, (IndexLogSum, SoftmaxEntry)):
        return [type(expr)]
    own = [type(expr)] if isinstance(expr, (sympy.Function, MatrixNode, Fold)) else []
    return own + [head for arg in expr.args for head in _heads(arg, used)]


def forward(program: Program, output: Tensor, wrt: Tensor, prefix: str = "∂∂") -> Chained:
    """Tangents `∂T/∂wrt`, with the axes of `wrt` behind those of T, first equation first.

    Args:
        program: the equations.
        output: what to differentiate, of any shape.
        wrt: the input to differentiate with respect to.
        prefix: the names of the new tensors are `prefix` + name of the tensor they belong to; no name of a
            user's array can start with it.

    Raises:
        SymderiveError: `output` does not depend on `wrt`.
    """
    if output not in active_tensors(program, (wrt,)):
        raise SymderiveError(f"differentiating {output.name}: it does not depend on {wrt.name}.")
    return tangents(program, (output,), wrt, prefix)


def tangents(
    program: Program,
    outputs: Sequence[Tensor],
    wrt: Tensor,
    prefix: str,
    *,
    along: Tensor | None = None,
    known: Mapping[Tensor, Tensor] | None = None,
) -> Chained:
    """Tangents of all equations, first equation first, behind the equations themselves.

    Args:
        program: the equations.
        outputs: what to differentiate, of any shape; one that does not contain `wrt` has the tangent 0.
        wrt: the input to differentiate with respect to.
        prefix: the names of the new tensors are `prefix` + name of the tensor they belong to.
        along: a direction of the shape of `wrt`: the tangent of T is then `Σ_k ∂T/∂wrt[k] along[k]`, of the
            shape of T, so that no array over two shapes is formed.
        known: tangents in `wrt` that the program has already.
    """
    refuse(program, f"differentiating with respect to {wrt.name}")
    active = active_tensors(program, (wrt,))
    made: dict[Tensor, Tensor] = dict(known or {})
    definitions: list[Definition] = []
    extra = () if along is not None else wrt.shape
    wanted = set(outputs)
    for one in program.definitions:
        if one.tensor in made or (one.tensor not in active and one.tensor not in wanted):
            continue
        tangent = Tensor(f"{prefix}{one.tensor.name}", one.tensor.shape + extra)
        indices = fresh(tangent.shape, (), FREE_LETTERS)
        own, at = indices[: one.tensor.rank], indices[one.tensor.rank :]
        body = separated(
            substitute(separated(one.body, *indices), dict(zip(one.indices, own, strict=True))), *indices
        )
        slope = _tangent_of(one, body, own, _seed(wrt, at, along, made))
        moving = sorted(tensors_of(one.body) & active, key=lambda tensor: tensor.name)
        why = _forward_reason(one, moving) if moving else f"{wrt.name} does not occur"
        definitions.append(Definition(tangent, indices, canonical(slope), "chain rule", why))
        made[one.tensor] = tangent
    of = {tangent: tensor for tensor, tangent in made.items()}
    inputs = program.inputs if along is None or along in program.inputs else (*program.inputs, along)
    chained = (*program.definitions, *definitions)
    return Chained(Program(inputs, chained, tuple(made[output] for output in outputs)), of)


def _seed(
    wrt: Tensor, at: tuple[Index, ...], along: Tensor | None, tangents: Mapping[Tensor, Tensor]
) -> EntryRule:
    """The entry rule of a forward pass: what has been derived for each tensor, and the start at `wrt`."""

    def rule(found: Entry) -> sympy.Expr:
        if found.tensor == wrt:
            if along is not None:
                return Entry(along, *found.axes)
            return sympy.Mul(*(Delta(axis, index) for axis, index in zip(found.axes, at, strict=True)))
        tangent = tangents.get(found.tensor)
        return sympy.S.Zero if tangent is None else Entry(tangent, *found.axes, *at)

    return rule


def _tangent_of(made: Definition, body: sympy.Expr, own: tuple[Index, ...], rule: EntryRule) -> sympy.Expr:
    entry = by_head().get(type(body))
    if entry is not None and entry.of_output is not None:
        return entry.of_output(body.args[0], Entry(made.tensor, *own)) * differentiate(body.args[0], rule)
    if isinstance(body, Fold):
        return fold_by_value(body, Entry(made.tensor, *own), rule)
    return differentiate(body, rule)
