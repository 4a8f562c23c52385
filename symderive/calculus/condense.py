"""Putting equations into one another: which named intermediates a derivation keeps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

import sympy

from symderive.calculus.brackets import with_positions_kept, without_implied
from symderive.calculus.moduli import even_power
from symderive.calculus.rules import separated
from symderive.calculus.sums import has_binder, open_deltas, rebuild
from symderive.core.identity import free_indices, remade, tensors_of, with_renamed_args
from symderive.core.idle import without_idle
from symderive.core.kinds import has_kind, kinds_in
from symderive.core.linear import is_linear
from symderive.core.matrix_nodes import CHOLESKY, InverseEntry, MatrixNode, seen_through
from symderive.core.nodes import (
    Binder,
    Delta,
    Entry,
    Fold,
    Index,
    IndexMax,
    IndexMin,
    IndexSum,
    Tensor,
    TensorNode,
)
from symderive.core.positions import Inside, bare
from symderive.core.program import Definition, Program
from symderive.core.singular_nodes import PolarEntry, SingularEntry, SingularNode
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.functions import by_head
from symderive.functions.attained import attained
from symderive.functions.choice import where
from symderive.functions.kinked import absolute
from symderive.functions.record import Indicator

SIZE_LIMIT = 16
INVERSES = (InverseEntry, *CHOLESKY, SingularEntry)
_MOST_LIGHT = 4  # places in which a light slope is written out
_LONGEST_DELTA = 6
LONGEST_PRODUCT = 5  # factors of a product with an inverse that is written twice rather than named
Choice = Callable[[Definition, int, "Definition | None"], bool]


@lru_cache(maxsize=100_000)
def entries_in(expr: sympy.Basic) -> tuple[TensorNode, ...]:
    """All entries that occur in `expr`, with repetition; a whole matrix that is read counts as one."""
    own = (expr,) if isinstance(expr, TensorNode) else ()
    return own + tuple(itertools.chain.from_iterable(map(entries_in, expr.args)))


def replace_entries(expr: sympy.Expr, bodies: Mapping[Tensor, Definition]) -> sympy.Expr:
    """Put the right-hand sides of `bodies` in place of their entries."""
    if bodies.keys().isdisjoint(tensors_of(expr)):
        return expr
    return without_implied(rebuild(own_functions(_replace(expr, bodies))))


def own_functions(expr: sympy.Expr) -> sympy.Expr:
    """`|x|` as the project's function where SymPy has evaluated `√(x²)` to its own."""
    return expr.replace(sympy.Abs, absolute) if has_kind(expr, sympy.Abs) else expr


def _replace(expr: sympy.Expr, bodies: Mapping[Tensor, Definition]) -> sympy.Expr:
    if bodies.keys().isdisjoint(tensors_of(expr)):
        return expr
    if isinstance(expr, Entry):
        made = bodies.get(expr.tensor)
        return expr if made is None else _inlined(expr, made)
    if isinstance(expr, MatrixNode):
        return _through(expr, bodies)
    if isinstance(expr, Binder):
        made = expr.func(separated(_replace(expr.body, bodies), *expr.indices), *expr.indices)
        return without_idle(made) if isinstance(made, Fold) else made
    return remade(expr, [_replace(arg, bodies) for arg in expr.args])


def _is_constant(body: sympy.Expr) -> bool:
    """Whether it is the same number at all places."""
    return not (tensors_of(body) or free_indices(body))


def _inlined(expr: Entry, made: Definition) -> sympy.Expr:
    """The right-hand side at the positions of an entry, with brackets where they may lie outside."""
    if expr.is_plain:
        return made.at(expr.axes)
    body = made.at([bare(axis) for axis in expr.axes])
    brackets = (Inside(axis, size) for axis, size in zip(expr.axes, made.tensor.shape, strict=True))
    others = [free_indices(axis) for axis in expr.axes if not isinstance(axis, Index)]
    shorter = frozenset[Index]().union(*others)
    return sympy.Mul(*brackets, with_positions_kept(body, shorter) if shorter else body)


def _through(expr: MatrixNode, bodies: Mapping[Tensor, Definition]) -> sympy.Expr:
    """Nothing is put inside an inverse or a determinant, except another name of the matrix."""
    made = bodies.get(expr.tensor)
    new = None if made is None else seen_through(expr, made.indices, made.body)
    return expr if new is None else _replace(new, bodies)


def inverted(
    program: Program, kind: type[MatrixNode] = MatrixNode, but: tuple[type[MatrixNode], ...] = ()
) -> set[Tensor]:
    """The matrices that are inverted or whose determinant is taken, or that a node of this kind reads."""
    return {
        node.tensor
        for made in program.definitions
        if has_kind(made.body, kind)
        for node in entries_in(made.body)
        if isinstance(node, kind) and not isinstance(node, but)
    }


def _is_open(made: Definition, of_values: bool) -> bool:
    """Whether an inverse or determinant of this matrix, or its singular values, can be written without it."""
    probe = (PolarEntry if of_values else InverseEntry)(made.tensor, *made.indices)
    return seen_through(probe, made.indices, made.body) is not None


def _compared(program: Program) -> set[Tensor]:
    """The arrays of which a maximum or minimum is taken."""
    return {
        entry.tensor
        for made in program.definitions
        if has_kind(made.body, (IndexMax, IndexMin))
        for part in made.body.atoms(IndexMax, IndexMin)
        for entry in entries_in(part)
    }


def condense(
    program: Program, choice: Choice, keep: Iterable[Tensor] = (), *, shown: bool = False
) -> Program:
    """Inline the definitions that `choice` picks.

    Args:
        program: the equations.
        choice: says of a definition, the number of its uses and its only consumer whether to inline it.
        keep: tensors to keep whatever `choice` says; outputs, pinned names and what is read at positions that
            may lie outside are always kept.
        shown: whether the program is only printed. What is computed keeps the arrays of maxima, because an
            entry is compared with the maximum, and both must come from the same operations.
    """
    uses: dict[Tensor, int] = {}
    consumer: dict[Tensor, Definition] = {}
    kept, outside = set(program.outputs) | set(keep), set[Tensor]()
    for made in program.definitions:
        for entry in entries_in(made.body):
            tensor = entry.tensor
            uses[tensor] = uses.get(tensor, 0) + 1
            consumer[tensor] = made
            if not entry.is_inside:  # there the entry is 0; a longer right-hand side would need brackets
                outside.add(tensor)
    locked, decomposed = inverted(program), inverted(program, SingularNode)
    compared = set() if shown else _compared(program)
    kept |= {
        made.tensor for made in program.definitions if made.tensor in outside and not is_short(made.body)
    }
    inlined: dict[Tensor, Definition] = {}
    definitions = []
    for made in program.definitions:
        body = replace_entries(made.body, inlined)
        made = made.with_body(body)
        count = uses.get(made.tensor, 0)
        can = made.tensor not in kept and not made.pinned and count
        can = can and (made.tensor not in locked or _is_open(made, made.tensor in decomposed))
        can = can and (made.tensor not in compared or isinstance(body, Entry) or _is_constant(body))
        if can and (is_trivial(body) or choice(made, count, consumer[made.tensor] if count == 1 else None)):
            inlined[made.tensor] = made
        elif count or made.tensor in kept:
            definitions.append(made)
    return program.with_definitions(definitions)


def powers_joined(program: Program) -> Program:
    """`(√u)² = u` and `|u|² = u²`: powers of an unnamed result that is a power or an absolute value itself.

    A norm, or an absolute value, that is only squared then has a derivative where it is 0.
    """
    roots = {
        made.tensor: made
        for made in program.definitions
        if not made.pinned and (isinstance(made.body, absolute) or _is_number_power(made.body))
    }

    if not roots:
        return program

    def joined(expr: sympy.Expr) -> sympy.Expr:
        if not has_kind(expr, sympy.Pow) or roots.keys().isdisjoint(tensors_of(expr)):
            return expr
        if isinstance(expr, sympy.Pow) and isinstance(expr.base, Entry) and expr.exp.is_Integer:
            made = roots.get(expr.base.tensor)
            if made is not None and expr.base.is_inside:
                power = made.at(expr.base.axes) ** expr.exp
                if isinstance(made.body, absolute):
                    return expr if expr.exp % 2 or expr.exp < 0 else rebuild(even_power(power))
                return rebuild(power) if made.body.exp * expr.exp >= 1 else expr
        if not expr.args or isinstance(expr, TensorNode):
            return expr
        return expr.func(*(joined(arg) for arg in expr.args))

    changed = program.mapped(joined)
    return changed.with_definitions(changed.needed(program.outputs).definitions)


def _is_number_power(body: sympy.Expr) -> bool:
    return isinstance(body, sympy.Pow) and bool(body.exp.is_number)


def for_steps(made: Definition, count: int, consumer: Definition | None) -> bool:
    """Fusion for the steps of a derivation: elementwise chains and affine uses become one equation."""
    if is_comparison(made.body):
        return True
    if isinstance(made.body, Fold):  # the derivative of a maximum or a product is written with its value
        return False
    if isinstance(made.body, SoftmaxEntry):
        return False
    if count != 1 or consumer is None or weight(made.body) > SIZE_LIMIT:
        return False
    if has_binder(made.body):
        return is_linear(consumer.body, made.tensor)
    entry = by_head().get(type(made.body))
    keeps_value = entry is not None and entry.of_output is not None
    return not (keeps_value and has_binder(consumer.body) and _under_product(consumer.body, made.tensor))


def for_result(made: Definition, count: int, consumer: Definition | None) -> bool:
    """Fusion for the closed form: everything that is used once, up to a readable size."""
    if is_comparison(made.body):
        return True
    if isinstance(made.body, Fold) or (
        has_kind(made.body, where) and consumer is not None and _sums(consumer)
    ):
        return False
    if isinstance(made.body, SoftmaxEntry) and made.body.total.weight != 1:
        return False  # responsibilities read better by name
    if count == 1 and consumer is not None:
        return weight(made.body) + weight(consumer.body) <= 2 * SIZE_LIMIT
    return is_norm(made.body) or (count <= 2 and is_between_inverses(made.body))


def for_result_of(slopes: Collection[Tensor], outputs: Collection[Tensor], second: bool = False) -> Choice:
    """Fusion for the closed form of a derivative: light slopes go in; what they are multiples of is named.

    With `∂L/∂R = 2R`, used twice, it is R that is named and `2R` that is written.

    Args:
        slopes: the derivatives with respect to intermediates.
        outputs: the results.
        second: whether it is a second derivative. Its slopes go in where they hold a delta, which takes a
            sum away wherever it is put, and where they are short.
    """

    def choice(made: Definition, count: int, consumer: Definition | None) -> bool:
        if made.tensor in slopes and count <= _MOST_LIGHT:
            size = _LONGEST_DELTA if open_deltas(made.body) else 2
            plain = all(isinstance(one, Entry) for one in entries_in(made.body))
            if is_light(made.body) or (second and plain and weight(made.body) <= size):
                return True
        used = consumer is not None and consumer.tensor in slopes and consumer.tensor not in outputs
        if used and consumer is not None and is_trivial(consumer.body) and made.tensor not in slopes:
            return False
        return for_result(made, count, consumer)

    return choice


def is_light(body: sympy.Expr) -> bool:
    """Whether a product is short enough to stand wherever it is used: no sum, no matrix product."""
    factors = sympy.Mul.make_args(body)
    return (
        weight(body) <= 2
        and not has_kind(body, SoftmaxEntry)
        and not any(
            factor.is_Add or (isinstance(factor, IndexSum) and free_indices(factor)) for factor in factors
        )
    )


def _sums(consumer: Definition) -> bool:
    return has_binder(consumer.body)


def is_comparison(body: sympy.Expr) -> bool:
    """Whether the right-hand side compares two numbers or entries: `1[y > f]` needs no name."""
    sides = body.args[:2] if isinstance(body, attained) else body.args
    return isinstance(body, (Indicator, attained)) and all(
        isinstance(arg, Entry) or not tensors_of(arg) for arg in sides
    )


def is_norm(body: sympy.Expr) -> bool:
    """Whether the right-hand side is the squared norm of one array, which is shorter than any name for it.

    That of a difference such as `x − a` is as short.
    """
    square = body.body if isinstance(body, IndexSum) and not free_indices(body) else None
    if not isinstance(square, sympy.Pow) or square.exp != 2:
        return False
    terms = sympy.Add.make_args(square.base)
    return len(terms) <= 2 and all(isinstance(term, Entry) or isinstance(-term, Entry) for term in terms)


def is_between_inverses(body: sympy.Expr) -> bool:
    """Whether the right-hand side is a short product with an inverse: `det(Z) Z⁻ᵀ`, `Z⁻¹AZ⁻¹`."""
    plain = not has_kind(body, (sympy.Add, sympy.Function))
    return plain and has_kind(body, InverseEntry) and weight(body) <= LONGEST_PRODUCT


def weight(expr: sympy.Expr) -> int:
    """The number of entries in an expression; at how many places a maximum is attained is not printed."""
    counts = [part.args[2] for part in expr.atoms(attained)] if attained in kinds_in(expr) else []
    return len(entries_in(expr)) - sum(len(entries_in(one)) for one in counts)


def is_trivial(body: sympy.Expr) -> bool:
    """A number, an entry (of an inverse too), a delta, or a constant times one of them."""
    if isinstance(body, sympy.Mul):
        inner = [factor for factor in body.args if tensors_of(factor) or isinstance(factor, Delta)]
        entries = [factor for factor in inner if isinstance(factor, TensorNode)]
        return len(entries) <= 1 and all(isinstance(factor, (Entry, *INVERSES, Delta)) for factor in inner)
    single = isinstance(body, (Entry, *INVERSES, Delta, Inside))
    return single or _is_constant(body)


def is_short(body: sympy.Expr) -> bool:
    """A number, a delta or bracket, or a number times one entry: short enough for a bracket before it."""
    return is_trivial(body) and len(sympy.Mul.make_args(body)) <= 2


def _under_product(expr: sympy.Expr, tensor: Tensor) -> bool:
    """Whether an entry of `tensor` is multiplied by other entries inside a sum."""
    if isinstance(expr, IndexSum):
        return tensor in tensors_of(expr.body) and len(tensors_of(expr.body)) > 1
    return any(_under_product(arg, tensor) for arg in expr.args)


def rename(program: Program, names: Mapping[Tensor, Tensor]) -> Program:
    """The same program with other names for tensors of the same shape."""
    return rename_all((program,), names)[0]


def rename_all(programs: Iterable[Program], names: Mapping[Tensor, Tensor]) -> list[Program]:
    """Several programs with other names; what they share is renamed once."""
    made: dict[int, tuple[Definition, Definition]] = {}
    return [_renamed_program(program, names, made) for program in programs]


def _renamed_program(
    program: Program, names: Mapping[Tensor, Tensor], known: dict[int, tuple[Definition, Definition]]
) -> Program:
    chosen = set(names.values())
    apart = len(chosen) == len(names)

    def renamed(expr: sympy.Expr) -> sympy.Expr:
        used = tensors_of(expr)
        if names.keys().isdisjoint(used):
            return expr
        if isinstance(expr, TensorNode):
            return expr.func(names.get(expr.tensor, expr.tensor), *expr.axes)
        args = [renamed(arg) for arg in expr.args]
        return with_renamed_args(expr, args) if apart and chosen.isdisjoint(used) else expr.func(*args)

    for d in program.definitions:
        if id(d) not in known:  # the old definition is kept beside the new one, so that its id stays its own
            touched = d.tensor in names or not names.keys().isdisjoint(tensors_of(d.body))
            tensor = names.get(d.tensor, d.tensor)
            body = renamed(d.body)
            made = Definition(tensor, d.indices, body, d.rule, d.why, d.pinned, d.along)
            new = made if touched else d
            known[id(d)] = (d, new)
    definitions = tuple(known[id(d)][1] for d in program.definitions)
    return Program(
        tuple(names.get(tensor, tensor) for tensor in program.inputs),
        definitions,
        tuple(names.get(tensor, tensor) for tensor in program.outputs),
    )


def without_symmetry(program: Program, variables: Iterable[Tensor]) -> Program:
    """The same program for variables of no structure: a difference varies one entry alone."""
    names = {
        one: Tensor(one.name, one.shape, "real", one.latex_name) for one in variables if one.is_structured
    }
    return rename(program, names) if names else program


__all__ = ["Index", "condense", "for_result", "for_steps", "rename", "replace_entries"]
