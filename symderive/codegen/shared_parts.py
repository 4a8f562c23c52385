"""Parts that occur several times, computed once under a name of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symderive.codegen.new_names import NewNames
from symderive.codegen.products import has_places
from symderive.core.identity import canonical, free_indices, substitute, tensors_of, with_args
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Binder, Delta, Entry, Index, IndexSum, Tensor, TensorNode
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.notation.forms import Plus, walk
from symderive.notation.matrix_products import transposes
from symderive.notation.recover import matrix_form

Key = tuple[tuple[str, ...], sympy.Expr]
_MOST_ROUNDS = 30


@lru_cache(maxsize=20_000)
def key_of(expr: sympy.Expr, labels: tuple[Index, ...]) -> Key:
    """What two expressions have in common that differ in the names of their labels only."""
    marks = tuple(Index(f"·{place}", label.dim) for place, label in enumerate(labels))
    body = substitute(expr, dict(zip(labels, marks, strict=True)))
    return tuple(str(label.dim) for label in labels), canonical(body)


@lru_cache(maxsize=20_000)
def labels_of(expr: sympy.Basic) -> tuple[Index, ...]:
    """The free labels in the order in which they occur."""
    found: dict[Index, None] = {}
    free = free_indices(expr)

    def visit(part: sympy.Basic) -> None:
        if isinstance(part, Index) and part in free:
            found[part] = None
        for arg in part.args:
            visit(arg)

    visit(expr)
    return tuple(found)


def with_shared_parts(program: Program, names: NewNames) -> Program:
    """The same program with every costly part that occurs twice as a definition of its own.

    A part that is the right-hand side of an equation is called by the name that it has there.
    """
    for _ in range(_MOST_ROUNDS):
        shorter = _once(program, names)
        if shorter is None:
            return program
        program = _without_other_names(shorter)
    return program


@dataclass(frozen=True)
class _Place:
    """Where a part occurs: the equation, the part, and whether it is all of the right-hand side."""

    number: int
    part: sympy.Expr
    is_whole: bool


def _once(program: Program, names: NewNames) -> Program | None:
    """The program with one more part named: the largest that occurs twice."""
    seen: dict[Key, list[_Place]] = {}
    for number, made in enumerate(program.definitions):
        if has_places(made.body) or _is_joined(made):
            continue
        for part in _parts(made.body):
            is_whole = part is made.body and set(free_indices(part)) == set(made.indices)
            seen.setdefault(_key(part), []).append(_Place(number, part, is_whole))
    several = [found for found in seen.values() if len(found) > 1 and _is_worth_a_name(found)]
    if not several:
        return None
    found = max(several, key=lambda one: _size(one[0].part))
    first = found[0]
    whole = next((program.definitions[one.number] for one in found if one.is_whole), None)
    rule = program.definitions[first.number].rule
    if whole is None:
        labels = _upright(first.part, rule)
        made = Definition(names.tensor(labels), labels, first.part, rule)
        order = tuple(labels_of(first.part).index(label) for label in labels)
    else:
        made = whole
        order = tuple(labels_of(whole.body).index(label) for label in whole.indices)
    key = _key(first.part)
    definitions = []
    for number, one in enumerate(program.definitions):
        if number == first.number:
            definitions.append(made)
        if one is not made:
            later = number >= first.number  # what stands before it was not looked into
            definitions.append(one.with_body(_replaced(one.body, key, made.tensor, order)) if later else one)
    return Program(program.inputs, tuple(definitions), program.outputs)


def _is_joined(made: Definition) -> bool:
    """Whether its matrix notation is one term where its equation has several: `5 X⁴`."""
    form = matrix_form(made) if isinstance(made.body, sympy.Add) else None
    return form is not None and not any(isinstance(part, Plus) for part in walk(form))


def _is_worth_a_name(found: list[_Place]) -> bool:
    """Whether a part is costly, or has a name already."""
    return _is_costly(found[0].part) or any(one.is_whole for one in found)


def _without_other_names(program: Program) -> Program:
    """The program without equations that only say another name: `H = C`."""
    definitions: list[Definition] = []
    instead: dict[Tensor, Definition] = {}
    whole_reads = {node.tensor for made in program.definitions for node in made.body.atoms(MatrixNode)}
    for made in program.definitions:
        body = put_in(made.body, instead)
        only = isinstance(body, Entry) and len(set(body.axes)) == len(body.axes) == len(made.indices)
        computed = only and any(one.tensor == body.tensor for one in definitions)
        read_whole = made.tensor in whole_reads
        if (
            computed
            and set(body.axes) == set(made.indices)
            and made.tensor not in program.outputs
            and not read_whole
        ):
            instead[made.tensor] = made.with_body(body)
        else:
            definitions.append(made.with_body(body))
    return Program(program.inputs, tuple(definitions), program.outputs)


def put_in(expr: sympy.Expr, instead: Mapping[Tensor, Definition]) -> sympy.Expr:
    """An expression with what some arrays hold in place of their entries."""
    if instead.keys().isdisjoint(tensors_of(expr)):
        return expr
    if isinstance(expr, Entry) and expr.tensor in instead:
        return instead[expr.tensor].at(expr.axes)
    return expr.func(*(put_in(arg, instead) for arg in expr.args))


def _upright(part: sympy.Expr, rule: str) -> tuple[Index, ...]:
    """The labels of a part in the order in which its matrix notation has the fewest transposes."""
    labels = labels_of(part)
    if len(labels) != 2:
        entries = sorted(part.atoms(Entry), key=str)
        widest = max(entries, key=lambda one: len(set(one.axes) & set(labels)), default=None)
        own = [] if widest is None else [axis for axis in widest.axes if axis in labels]
        return (*dict.fromkeys(own), *(label for label in labels if label not in own))
    counts = []
    for order in (labels, labels[::-1]):
        form = matrix_form(Definition(Tensor("new", tuple(label.dim for label in order)), order, part, rule))
        counts.append(transposes(form) if form is not None else 0)
    return labels if counts[0] <= counts[1] else labels[::-1]


def _replaced(expr: sympy.Expr, key: Key, tensor: Tensor, order: tuple[int, ...]) -> sympy.Expr:
    if _is_part(expr) and _key(expr) == key:
        labels = labels_of(expr)
        return Entry(tensor, *(labels[place] for place in order))
    if isinstance(expr, IndexLogSum):
        return _exponentials_replaced(expr, key, tensor, order)
    if isinstance(expr, SoftmaxEntry):
        return SoftmaxEntry(_exponentials_replaced(expr.total, key, tensor, order), *expr.positions)
    if not _is_open(expr):
        return expr
    return with_args(expr, [_replaced(arg, key, tensor, order) for arg in expr.args])


def _exponentials_replaced(
    total: IndexLogSum, key: Key, tensor: Tensor, order: tuple[int, ...]
) -> sympy.Expr:
    """The logarithm of a sum, the part replaced in weight and exponent; the rest is never computed."""
    weight, exponent = (_replaced(one, key, tensor, order) for one in (total.weight, total.exponent))
    if (weight, exponent) == (total.weight, total.exponent):
        return total
    return total.func(weight * sympy.exp(exponent), *total.indices)


def _is_open(expr: sympy.Basic) -> bool:
    """Whether parts of an expression may get a name."""
    if isinstance(expr, IndexSum):
        return True
    return bool(expr.args) and not isinstance(expr, (TensorNode, Delta, Index, Binder, SoftmaxEntry))


def _parts(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    if _is_part(expr):
        yield expr
    if isinstance(expr, IndexLogSum):  # its exponential is never computed
        yield from (*_parts(expr.weight), *_parts(expr.exponent))
    elif isinstance(expr, SoftmaxEntry):
        yield from (*_parts(expr.total.weight), *_parts(expr.total.exponent))
    elif _is_open(expr):
        for arg in expr.args:
            yield from _parts(arg)


def _is_part(expr: sympy.Basic) -> bool:
    """Whether an expression is computed and has axes."""
    plain = isinstance(expr, sympy.Expr) and not isinstance(expr, (TensorNode, Index, Delta))
    return plain and bool(tensors_of(expr)) and (bool(free_indices(expr)) or isinstance(expr, IndexSum))


def _is_costly(expr: sympy.Expr) -> bool:
    """Whether a name is worth while: a matrix product, a function of an array, a matrix of sums or powers."""
    free = free_indices(expr)
    if isinstance(expr, IndexSum):
        return len(free) + len(expr.indices) > 1
    if isinstance(expr, (SoftmaxEntry, IndexLogSum, sympy.Function)):
        return bool(free)
    return isinstance(expr, (sympy.Add, sympy.Pow)) and len(free) > 1


def _key(expr: sympy.Expr) -> Key:
    return key_of(expr, labels_of(expr))


def _size(expr: sympy.Expr) -> tuple[int, int]:
    return int(expr.count_ops()) + len(str(expr)), len(free_indices(expr))
