"""Which arrays a network keeps for its backward pass, each of them once.

What a layer reads in its backward pass comes from its derivatives; see `symderive.derive.kept`. An array that
several layers read, or that is written by one and read by the next, is one array. Of a repeated block the
arrays are counted in closed form: what goes round is `enter` of a repetition and `leave` of the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Entry, Tensor
from symderive.cost.collecting import collected, multiplied_out, repeated, substituted
from symderive.cost.formula import Formula, Product
from symderive.cost.memory.widths import width_of
from symderive.cost.protocols import Costable, Looped, Stored
from symderive.cost.training.again import FULL, blocks_of, check_names
from symderive.cost.training.peeled import peeled
from symderive.cost.training.pulling import Keeper, with_adjoint
from symderive.cost.writing import Writer
from symderive.errors import ShapeError, SymderiveError

if TYPE_CHECKING:
    from symderive.cost.tree import Applied, CostTree, Place


GIVEN = "(given)"
"""The part that arrays belong to which a network is given."""


@dataclass(frozen=True)
class Kept:
    """An array that is kept.

    Attributes:
        path: where it is made; empty for what the network is given.
        name: what the equations of the first layer that keeps it call it.
        domain: what its entries are; "real" unless they are positions or truths.
        entries: how many entries there are, over all repetitions.
    """

    path: str
    name: str
    domain: str
    entries: Formula

    def counted(self, dtype: str | None = None) -> Formula:
        """Its entries, or with a type of numbers its bytes.

        Raises:
            SymderiveError: an unknown type.
        """
        return self.entries if dtype is None else self.entries.times(width_of(self.domain, dtype))


@dataclass(frozen=True)
class Saved:
    """What is kept for the backward pass.

    Attributes:
        rows: the arrays, each once.
        order: the sizes in the order in which they are written.
        conditions: what has to hold of the sizes for the formulas besides the conditions of the network.
        unknown: the layers that could not be differentiated, in words; the totals are lower bounds then.
    """

    rows: tuple[Kept, ...]
    order: tuple[Size, ...] = ()
    conditions: tuple[Any, ...] = ()
    unknown: tuple[str, ...] = ()

    def entries(self) -> Formula:
        """All entries."""
        return _largest_first((row.counted() for row in self.rows), self.order)

    def by_part(self, dtype: str | None = None) -> dict[str, Formula]:
        """The entries, or with a type the bytes, by where they are made.

        Args:
            dtype: the type of numbers that are computed with.

        Returns:
            by the path of a layer, and of what the network is given under "(given)".

        Raises:
            SymderiveError: an unknown type.
        """
        rows: dict[str, list[Kept]] = {}
        for row in self.rows:
            rows.setdefault(row.path or GIVEN, []).append(row)
        return {
            path: collected((term for row in some for term in row.counted(dtype).terms), self.order)
            for path, some in rows.items()
        }

    def bytes(self, dtype: str) -> Formula:
        """All bytes; positions and truths have widths of their own.

        Args:
            dtype: the type of numbers that are computed with, such as "float32".

        Raises:
            SymderiveError: an unknown type.
        """
        return _largest_first((row.counted(dtype) for row in self.rows), self.order)


def of_layer(layer: Costable, keeper: Keeper, again: tuple[str, ...] = ()) -> Saved:
    """What one layer keeps, all of its inputs that are no positions or truths being differentiated by.

    Args:
        layer: the layer.
        keeper: what a layer keeps.
        again: the names of arrays that are computed again.
    """
    trained, order = layer.in_training(), layer.size_order
    try:
        found = keeper(trained, tuple(str(one.name) for one in with_adjoint(trained.data)), again)
    except SymderiveError as problem:
        return Saved((), order, unknown=(str(problem),))
    rows = (Kept("", str(one.name), one.domain, _entries(one.shape, {}, order)) for one in found)
    return Saved(tuple(rows), order)


def of_tree(tree: CostTree, keeper: Keeper, again: tuple[str, ...] = ()) -> Saved:
    """What a network, or a block of one, keeps.

    Args:
        tree: the cost of the network, which knows the arrays that its layers read and write.
        keeper: what a layer keeps.
        again: the names of arrays, layers and blocks that are computed again: of a layer or block only what
            it is given is kept. "full" means every block at the top.
    """
    scan, scope = _Scan(tree, keeper, again), _Scope()
    scan.run(peeled(tree).branches, "", scope)
    found = scan.closed(scope)
    check_names("what is kept for the backward pass", [one for one in again if one not in scan.met], tree)
    rows = tuple(replace(row, entries=_opened(row.entries, tree.relations)) for row in found)
    conditions = tuple(dict.fromkeys(scan.conditions))
    return Saved(rows, tree.order, conditions, tuple(dict.fromkeys(scan.unknown)))


def _largest_first(formulas: Iterable[Formula], order: tuple[Size, ...]) -> Formula:
    """The sum of formulas, terms of many factors first, those of as many in the order of their sizes."""
    total, writer = (
        collected((term for formula in formulas for term in formula.terms), order),
        Writer(order=order),
    )

    def place(term: Product) -> tuple[int, list[tuple[int, str]]]:
        return -sum(exponent for _, exponent in term.factors), [writer.rank(base) for base, _ in term.factors]

    return Formula(tuple(sorted(total.terms, key=place)), order)


def _opened(formula: Formula, relations: Mapping[Dim, Size]) -> Formula:
    terms = (one for term in formula.terms for one in multiplied_out(term, relations))
    return collected(terms, formula.order)


def _entries(shape: Iterable[Size], sizes: Mapping[Dim, Size], order: tuple[Size, ...]) -> Formula:
    """The number of entries of a shape, with sizes put in for its symbols."""
    return collected([substituted(Product.of(shape), sizes)], order)


@lru_cache(maxsize=4096)
def data_of(layer: Costable) -> tuple[Tensor, ...]:
    """The inputs of a layer that are neither parameters nor buffers."""
    return layer.data


@lru_cache(maxsize=4096)
def in_training(layer: Costable) -> Costable:
    """The layer as it is computed in training."""
    return layer.in_training()


@lru_cache(maxsize=4096)
def is_parameter(layer: Costable) -> bool:
    """Whether a layer gives a parameter as it is, so that nothing is made."""
    program = layer.program()
    body = program.definitions[-1].body
    return isinstance(body, Entry) and body.tensor in layer.parameters


def arrays_of(applied: Applied, layer: Costable) -> dict[str, Stored]:
    """The arrays of the network by their names in the equations of a layer.

    Args:
        applied: the layer and its arrays.
        layer: the layer, perhaps as in training.
    """
    named: dict[str, Stored] = {
        str(tensor.name): array for tensor, array in zip(data_of(layer), applied.reads, strict=False)
    }
    return named | {str(tensor.name): applied.writes for tensor in layer.results}


@dataclass
class _Scope:
    """What was found in a repetition, or in the whole network.

    Attributes:
        reasons: for each array that is kept, the loops that keep it, or None where a layer does.
        names: how the first layer that keeps it calls it, and what its entries are.
        made: the arrays that are made in it, and where.
        rows: the arrays that nothing outside can keep again.
        loops: the repeated blocks, and whether what goes round is kept where it enters and where it leaves.
    """

    reasons: dict[Stored, list[Looped | None]] = field(default_factory=dict)
    names: dict[Stored, tuple[str, str]] = field(default_factory=dict)
    made: dict[Stored, str] = field(default_factory=dict)
    rows: list[Kept] = field(default_factory=list)
    loops: list[tuple[CostTree, Looped, bool, bool]] = field(default_factory=list)

    def mark(self, array: Stored, name: tuple[str, str], reason: Looped | None = None) -> None:
        """Keep an array."""
        self.reasons.setdefault(array, []).append(reason)
        self.names.setdefault(array, name)


class _Scan:
    """One walk over a network in the order of execution."""

    def __init__(self, tree: CostTree, keeper: Keeper, again: tuple[str, ...]) -> None:
        self.keeper, self.order, self.again = keeper, tree.order, again
        self.full = {one.name for one in blocks_of(tree)} if FULL in again else set()
        self.met = {FULL} if self.full else set()
        self.unknown: list[str] = []
        self.conditions: list[Any] = []
        self.parameters: set[Stored] = set()

    def run(self, nodes: Sequence[CostTree], path: str, scope: _Scope) -> None:
        """Add what some blocks and layers keep to a scope."""
        for node in nodes:
            at = f"{path}.{node.name}" if path else node.name
            if node.loop is not None:
                self._loop(node, node.loop, at, scope)
            elif self._is_again(node, at):
                self._given(node, at, scope, set())
            elif node.place is not None:
                self._layer(node.place, at, scope)
            else:
                self.run(node.branches, at, scope)

    def _is_again(self, node: CostTree, path: str) -> bool:
        met = {name for name in (node.name, path) if name in self.again}
        self.met |= met
        return bool(met) or path in self.full

    def _given(self, node: CostTree, path: str, scope: _Scope, inside: set[Stored]) -> None:
        """Keep what a block is given and none of what it makes.

        Args:
            node: a block or a layer.
            path: where it stands.
            scope: where to keep it.
            inside: what was made in it so far.
        """
        if node.place is not None:
            if not node.place.is_run:
                return
            applied = node.place.between()
            if is_parameter(applied.layer):
                self.parameters.add(applied.writes)
            for tensor, array in zip(data_of(applied.layer), applied.reads, strict=False):
                if array not in inside and array not in self.parameters:
                    scope.mark(array, (str(tensor.name), tensor.domain))
            inside.add(applied.writes)
            scope.made[applied.writes] = path
            return
        loop = node.loop
        if loop is not None:
            if loop.start not in inside and loop.start not in self.parameters:
                scope.mark(loop.start, ("x", "real"))
            inside.update((loop.enter, loop.leave, loop.end))
            scope.made[loop.end] = path
        for branch in node.branches:
            self._given(branch, f"{path}.{branch.name}", scope, inside)

    def _layer(self, place: Place, path: str, scope: _Scope) -> None:
        if not place.is_run:
            return
        applied = place.between()
        if is_parameter(applied.layer):
            self.parameters.add(applied.writes)
            return
        scope.made[applied.writes] = path
        layer = in_training(applied.layer)
        self._demand(applied.layer, layer, place, path)
        self.met.update(name for name in self.again if any(one.name == name for one in place.kind.parts))
        varying = (str(one.name) for one in with_adjoint(data_of(layer)) if one.name in place.adjoints)
        try:
            found = self.keeper(layer, tuple(varying), self.again)
        except SymderiveError as problem:
            self.unknown.append(f"{path}: {problem}")
            return
        arrays = arrays_of(applied, layer)
        for tensor in found:
            name = (str(tensor.name), tensor.domain)
            if name[0] not in arrays:
                scope.rows.append(Kept(path, *name, _entries(tensor.shape, place.sizes, self.order)))
            elif arrays[name[0]] not in self.parameters:
                scope.mark(arrays[name[0]], name)

    def _demand(self, layer: Costable, trained: Costable, place: Place, path: str) -> None:
        """Note what a layer needs in training besides what it needs at inference."""
        for condition in trained.conditions if trained != layer else ():
            if condition in layer.conditions:
                continue
            here = condition.xreplace(dict(place.sizes))
            if here == sympy.false:
                raise ShapeError(f"{path}: training needs {condition}, which these sizes do not fulfil.")
            if here != sympy.true:
                self.conditions.append(here)

    def _loop(self, node: CostTree, loop: Looped, path: str, scope: _Scope) -> None:
        """Close what a repetition makes: as often as it comes, but for what goes round.

        What goes round is `leave` of each repetition but the last, whose is `end`; what stands behind the
        block may keep that.
        """
        inner = _Scope()
        if self._is_again(node, path):
            inside: set[Stored] = set()
            for branch in node.branches:
                self._given(branch, f"{path}.{branch.name}", inner, inside)
        else:
            self.run(node.branches, path, inner)
        for array in inner.reasons:
            if array in inner.made and array is not loop.leave:
                inner.rows.append(self._row(array, inner))
            elif array not in inner.made and array is not loop.enter:
                scope.mark(array, inner.names[array])
        self._check_none(node, inner)
        for row in inner.rows:
            scope.rows.append(replace(row, entries=repeated(row.entries, node.times, node.index)))
        is_entered = loop.enter in inner.reasons
        if is_entered:
            scope.mark(loop.start, inner.names[loop.enter], loop)
        if loop.leave not in inner.made:
            if is_entered and node.times != 1:
                scope.mark(loop.leave, inner.names[loop.enter], loop)
            return
        self._round(node, loop, inner, scope)

    def _round(self, node: CostTree, loop: Looped, inner: _Scope, scope: _Scope) -> None:
        """Add what goes round: all but the last of the arrays `leave`, and the last one as `end`."""
        is_entered, is_left = loop.enter in inner.reasons, loop.leave in inner.reasons
        scope.made[loop.end] = inner.made[loop.leave]
        if not is_entered and not is_left:
            return
        inner.names.setdefault(loop.leave, inner.names.get(loop.enter, ("", "")))
        row = self._row(loop.leave, inner)
        if node.times != 1:
            between = repeated(row.entries, node.times - 1, node.index)
            scope.rows.append(replace(row, entries=between))
        if is_left:
            scope.mark(loop.end, inner.names[loop.leave], loop)
        scope.loops.append((node, loop, is_entered, is_left))

    def _row(self, array: Stored, scope: _Scope) -> Kept:
        """An array of a scope that nothing else keeps."""
        entries = _entries(array.shape, {}, self.order)
        return Kept(scope.made.get(array, ""), *scope.names[array], entries)

    def closed(self, scope: _Scope) -> list[Kept]:
        """All arrays of the whole."""
        self._check_none(None, scope)
        return [*scope.rows, *(self._row(array, scope) for array in scope.reasons)]

    def _check_none(self, around: CostTree | None, scope: _Scope) -> None:
        """Ask for at least one repetition where the formulas would be wrong without any.

        Without any, `end` is `start`. The formula then has `start` if what stands before keeps it or what is
        repeated does, and `end` less one more if what is repeated makes no difference to who keeps it.
        """
        for node, loop, is_entered, is_left in scope.loops:
            if node.times.is_positive:
                continue
            before = any(reason is not loop for reason in scope.reasons.get(loop.start, ()))
            behind = any(reason is not loop for reason in scope.reasons.get(loop.end, ()))
            goes_on = around is not None and around.loop is not None and around.loop.leave is loop.end
            if goes_on or (is_entered != behind and before != is_left):
                fixed, rest = node.times.as_coeff_Add()
                self.conditions.append(sympy.Ge(rest, 1 - fixed))
