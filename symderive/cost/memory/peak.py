"""The most entries that are alive at one time while a network is computed in its order.

By convention an array lives from the pass that writes it to the last one that reads it, nothing is computed
in place, and parameters are not counted. What a repeated block adds is looked at in its first, second and
last repetition: all others have as many arrays alive as the second, or lie between second and last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Tensor
from symderive.cost.formula import Formula
from symderive.cost.memory.amounts import (
    NONE,
    Amount,
    at,
    entries,
    formula,
    is_at_most,
    minus,
    scaled,
    total,
)
from symderive.cost.memory.kernels import Kernel
from symderive.cost.memory.saved import arrays_of, is_parameter
from symderive.cost.memory.widths import OWN, REAL, width_of
from symderive.cost.protocols import Costable, Looped, Stored
from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.cost.tree import CostTree, Place

Key = Any
"""An array of the network, or the name of one inside a layer with the array that the layer makes."""


@dataclass(frozen=True)
class Peak:
    """The most entries that are alive at one time.

    Attributes:
        candidates: the largest of these, in entries, or in bytes where a type was given.
        conditions: what has to hold of the sizes for it, besides the conditions of the network.
    """

    candidates: tuple[Formula, ...]
    conditions: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Work:
    """A pass over memory: what it reads and writes."""

    reads: tuple[Key, ...]
    writes: tuple[Key, ...]


@dataclass(frozen=True)
class Round:
    """A repeated block.

    Attributes:
        loop: what goes round.
        body: one repetition.
        times: how often it comes.
        index: the number of the repetition, where sizes depend on it.
        outside: what a repetition reads of the outside, besides what it is given.
        is_made: whether what it gives is made in it.
    """

    loop: Looped
    body: tuple[Work | Round, ...]
    times: Size
    index: Dim | None
    outside: frozenset[Key]
    is_made: bool


def peak_of(tree: CostTree, values: Mapping[Dim, int], dtype: str | None = None) -> Peak:
    """The peak of a network, or of a block of one, at inference.

    Args:
        tree: the cost of the network, which knows the arrays that its layers read and write.
        values: numbers for some of its sizes; counts of repetitions among them are put in.
        dtype: the type of numbers that are computed with, for bytes; for entries None.

    Raises:
        SymderiveError: an unknown type, or sizes that depend on the repetition in a way that has no largest
            at an end.
    """
    walk = Walk(tree, values, dtype)
    items = tuple(walk.items((tree,)))
    made = walk.made(items)
    given = walk.read(items) - made
    gives = tree.gives if tree.loop is None else (tree.loop.end,)
    result = walk.kept_to_the_end(gives, made | given)
    found = walk.run(items, Alive({key: walk.size(key) for key in given}), result)
    return as_peak(found, walk)


def as_peak(found: Iterable[Amount], walk: Walk) -> Peak:
    """The record of what a walk has found."""
    largest = Largest()
    for one in found:
        largest.add(one)
    candidates = tuple(formula(one, walk.order) for one in largest.amounts)
    return Peak(candidates or (Formula(order=walk.order),), tuple(dict.fromkeys(walk.conditions)))


class Walk:
    """One walk over a network; the candidates are those that no other one is always above."""

    def __init__(self, tree: CostTree, values: Mapping[Dim, int], dtype: str | None = None) -> None:
        self.order = tree.order
        self.values = {symbol: sympy.Integer(value) for symbol, value in values.items()}
        self.dtype = dtype
        self.width(REAL)
        self.domains: dict[Key, str] = {}
        self.sizes: dict[Key, Amount] = {}
        self.parameters: set[Key] = set()
        self.same: dict[Key, Key] = {}
        self.conditions: list[Any] = []

    # The passes of a network.

    def kept_to_the_end(self, gives: Iterable[Stored], alive: Collection[Key]) -> tuple[Key, ...]:
        """What a network gives, each array once, without parameters and what it only hands on."""
        keys = dict.fromkeys(map(self.key, gives))
        return tuple(key for key in keys if key in alive and key not in self.parameters)

    def items(self, nodes: Sequence[CostTree]) -> Iterator[Work | Round]:
        """The passes of some blocks and layers, in order."""
        for node in nodes:
            if node.place is not None:
                yield from self._layer(node)
            elif node.loop is not None:
                yield from self._round(node, node.loop)
            else:
                yield from self.items(node.branches)

    def _layer(self, node: CostTree) -> Iterator[Work]:
        place = self.entered(node)
        if place is not None:
            layer = place.between().layer
            named = self.named(place, layer)
            yield from (work for _, work in self.passes(place, place.kind.kernels, layer, named))

    def entered(self, node: CostTree) -> Place | None:
        """The place of a layer that is computed; None for one that is not run, or is only a parameter."""
        place = node.place
        if place is None or not place.is_run:
            return None
        applied = place.between()
        if is_parameter(applied.layer):
            self.parameters.add(applied.writes)
            return None
        return place

    def named(self, place: Place, layer: Costable) -> dict[str, Key]:
        """The arrays of the network that a layer reads and makes, by the names in its equations."""
        return {name: self.key(array) for name, array in arrays_of(place.between(), layer).items()}

    def passes(
        self, place: Place, kernels: Iterable[Kernel], layer: Costable, named: dict[str, Key]
    ) -> Iterator[tuple[Kernel, Work]]:
        """Each pass of a layer with the arrays that it reads and writes, less parameters and buffers."""
        own = {str(tensor.name) for tensor in (*layer.parameters, *layer.buffers)}
        for one in kernels:
            given = (tensor for tensor, _ in one.reads if str(tensor.name) not in own)
            reads = tuple(self.array(tensor, named, place) for tensor in given)
            writes = dict.fromkeys(self.array(tensor, named, place) for tensor in one.writes)
            yield one, Work(reads, tuple(writes))

    def array(self, tensor: Tensor, named: dict[str, Key], place: Place) -> Key:
        """The array that a tensor of a layer is; one inside of the layer gets its size."""
        name = str(tensor.name)
        if name not in named:
            named[name] = (place.between().writes, name)
            self.sizes[named[name]] = self.inside(tensor, place.sizes)
        elif tensor.domain in OWN:
            self.domains[named[name]] = tensor.domain
        return named[name]

    def _round(self, node: CostTree, loop: Looped) -> Iterator[Round]:
        times = node.times.xreplace(self.values)
        if times == 0:
            start = self.key(loop.start)
            if loop.end not in (start, loop.leave):  # else nothing is made in the block
                self.same[loop.end] = start
            return
        body = tuple(self.items(node.branches))
        made = self.made(body)
        outside = self.read(body) - made - {loop.enter}
        is_made = loop.leave in made
        for inner, outer in ((loop.enter, self.key(loop.start)), (loop.leave, loop.end)):
            if inner in self.domains:
                self.domains.setdefault(outer, self.domains[inner])
        yield Round(loop, body, times, node.index, frozenset(outside), is_made)

    def key(self, array: Key) -> Key:
        """An array, by the first name that it has."""
        while array in self.same:
            array = self.same[array]
        return array

    def made(self, items: Sequence[Work | Round]) -> set[Key]:
        """What some passes make."""
        found: set[Key] = set()
        for one in items:
            found.update(one.writes if isinstance(one, Work) else [one.loop.end] if one.is_made else [])
        return found

    def read(self, items: Sequence[Work | Round]) -> set[Key]:
        """What some passes read, less parameters."""
        found: set[Key] = set()
        for one in items:
            found.update(one.reads if isinstance(one, Work) else (self.key(one.loop.start), *one.outside))
        return found - self.parameters

    def inside(self, tensor: Tensor, sizes: Mapping[Dim, Size]) -> Amount:
        """The size of an array inside a layer, given what the symbols of the layer are."""
        inside = at(entries(tensor.shape, sizes, self.order), self.values, self.order)
        return scaled(inside, self.width(tensor.domain))

    def width(self, domain: str) -> int:
        """What an entry counts: its bytes, or 1 where entries are counted."""
        return 1 if self.dtype is None else width_of(domain, self.dtype)

    def size(self, key: Key) -> Amount:
        """The size of an array: its entries, or their bytes."""
        if key not in self.sizes:
            shape: Stored = key
            found = at(entries(shape.shape, {}, self.order), self.values, self.order)
            self.sizes[key] = scaled(found, self.width(self.domains.get(key, REAL)))
        return self.sizes[key]

    # What is alive.

    def run(self, items: Sequence[Work | Round], alive: Alive, keep: Collection[Key]) -> list[Amount]:
        """What is alive during some passes; less what is never more than something else.

        Args:
            items: the passes.
            alive: what is alive before them, and when it is done behind them.
            keep: the arrays that something behind them reads.
        """
        last = {key: place for place, one in enumerate(items) for key in self._touched(one)}
        found = Largest()
        for place, one in enumerate(items):
            if isinstance(one, Work):
                for key in one.writes:
                    alive.put(key, self.size(key))
                found.add(alive.total)
            else:
                start = self.key(one.loop.start)
                is_last = last[start] == place and self.drops(start, keep) and start not in one.outside
                begin = alive.pop(start) if is_last else NONE
                for candidate in self.rounds(one, begin, alive):
                    found.add(candidate)
                if one.is_made:
                    alive.put(one.loop.end, self.size(one.loop.end))
            for key in self._touched(one):
                if last[key] == place and self.drops(key, keep):
                    alive.pop(key)
        return found.amounts

    def _touched(self, one: Work | Round) -> Iterator[Key]:
        if isinstance(one, Work):
            yield from (*one.reads, *one.writes)
        else:
            yield from (self.key(one.loop.start), *one.outside, *([one.loop.end] if one.is_made else []))

    def drops(self, key: Key, keep: Collection[Key]) -> bool:
        """Whether an array goes when it was read last."""
        return key not in keep

    def rounds(self, one: Round, begin: Amount, alive: Alive) -> Iterator[Amount]:
        """What is alive in the first, the second and the last repetition.

        Args:
            one: the repeated block.
            begin: the size of what the first repetition is given, if nothing else keeps that alive.
            alive: what is alive around it all the time.
        """
        loop, index = one.loop, one.index
        keep = (loop.leave,) if one.is_made else (loop.enter,) if loop.leave is loop.enter else ()
        first = self.run(one.body, Alive({loop.enter: begin}, alive.total), keep)
        yield from (self.at(candidate, index, sympy.S.One) for candidate in first)
        if one.times == 1:
            return
        self.demand(one.times)
        entering = begin if loop.leave is loop.enter else NONE
        if one.is_made:
            entering = self.at(self.size(loop.leave), index, (index or 0) - 1)
        later = self.run(one.body, Alive({loop.enter: entering}, alive.total), keep)
        yield from self.ends(later, index, one.times)

    def demand(self, times: Size) -> None:
        """Note that a block comes twice at least, where that is open."""
        if not times.is_Integer:
            fixed, rest = times.as_coeff_Add()
            self.conditions.append(sympy.Ge(rest, 2 - fixed))

    def ends(self, found: Iterable[Amount], index: Dim | None, times: Size) -> Iterator[Amount]:
        """What is alive in the second and the last repetition, which is no less than in those between.

        Raises:
            SymderiveError: it may be less.
        """
        for one in found:
            self._check_convex(one, index)
            yield self.at(one, index, sympy.Integer(2))
            yield self.at(one, index, times)

    def at(self, one: Amount, index: Dim | None, number: Size) -> Amount:
        """An amount in the repetition of this number."""
        return one if index is None else at(one, {index: number}, self.order)

    def _check_convex(self, one: Amount, index: Dim | None) -> None:
        """Refuse what may be larger in the middle than at both ends.

        Raises:
            SymderiveError: a power of the number of the repetition with a minus.
        """
        for factors, number in one.items():
            if number < 0 and any(base == index and power > 1 for base, power in factors):
                raise SymderiveError(
                    f"the largest of repetitions: what is alive grows and shrinks with {index} in between; "
                    "put a number in for how often the block comes."
                )


class Alive:
    """What is alive: entries by array, and all of them together.

    Attributes:
        amounts: the entries of each array.
        total: their sum, and what is alive all the time.
    """

    def __init__(self, amounts: Mapping[Key, Amount], base: Amount = NONE) -> None:
        self.amounts = dict(amounts)
        self.total = total([base, *amounts.values()])

    def __contains__(self, key: Key) -> bool:
        return key in self.amounts

    def put(self, key: Key, size: Amount) -> None:
        """Add an array that is not there."""
        if key not in self.amounts:
            self.amounts[key] = size
            self.total = total([self.total, size])

    def pop(self, key: Key) -> Amount:
        """Take an array away; what it had, nothing where it is not there."""
        found = self.amounts.pop(key, NONE)
        if found:
            self.total = total([self.total, minus(found)])
        return found


class Largest:
    """Amounts of which none is always at most another one."""

    def __init__(self) -> None:
        self.amounts: list[Amount] = []

    def add(self, one: Amount) -> None:
        """Add an amount, if no other one is always at least as large."""
        if not any(is_at_most(one, other) for other in self.amounts):
            self.amounts = [*(other for other in self.amounts if not is_at_most(other, one)), one]
