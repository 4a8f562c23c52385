"""The most entries alive at one time in a training step: forward, then backward in the opposite order.

What the backward pass of a layer reads is kept from the forward pass until that layer is done. The gradient
of an array lives from the backward pass of the last layer that reads the array to that of the layer that
makes it; it is added up in place. Of a repeated block the last, the second and the first repetition are
looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.collecting import repeated
from symderive.cost.count import count
from symderive.cost.memory.amounts import NONE, Amount, amount, formula, total
from symderive.cost.memory.kernels import kernels
from symderive.cost.memory.peak import Alive, Key, Largest, Peak, Round, Walk, Work, as_peak
from symderive.cost.memory.saved import data_of, in_training
from symderive.cost.protocols import Looped
from symderive.cost.training.peeled import peeled
from symderive.cost.training.pulling import Keeper, with_adjoint

if TYPE_CHECKING:
    from symderive.cost.tree import CostTree


@dataclass(frozen=True)
class Step(Work):
    """A pass of a layer in training.

    Attributes:
        saves: what the backward pass of the layer reads, at its first pass; it is let go there.
    """

    saves: tuple[Key, ...] = ()


def training_peak(
    tree: CostTree, values: Mapping[Dim, int], keeper: Keeper, dtype: str | None = None
) -> Peak:
    """The peak of a training step of a network, or of a block of one.

    Args:
        tree: the cost of the network.
        values: numbers for some of its sizes.
        keeper: what a layer keeps.
        dtype: the type of numbers that are computed with, for bytes; for entries None.

    Raises:
        SymderiveError: an unknown type, or a layer that cannot be differentiated.
    """
    walk = _Training(tree, values, keeper, dtype)
    tree = peeled(tree)
    items = tuple(walk.items((tree,)))
    read, made = walk.read(items), walk.made(items)
    alive = Alive({key: walk.size(key) for key in read - made})
    result = walk.kept_to_the_end(tree.gives, read | made)
    found = walk.run(items, alive, result)
    for key in result:
        if key not in walk.held:
            alive.pop(key)
        if key in walk.varying:
            alive.put(Gradient(key), walk.size(key))
    found += walk.back(items, alive, ())
    return as_peak(found, walk)


@dataclass(frozen=True)
class Gradient:
    """The gradient by an array.

    Attributes:
        of: the array.
    """

    of: Key


@dataclass(frozen=True)
class Rest:
    """What all repetitions of a block have kept together.

    Attributes:
        loop: what goes round.
    """

    loop: Looped


class _Training(Walk):
    """A walk forward and backward."""

    def __init__(
        self, tree: CostTree, values: Mapping[Dim, int], keeper: Keeper, dtype: str | None = None
    ) -> None:
        super().__init__(tree, values, dtype)
        self.keeper = keeper
        self.held: set[Key] = set()
        self.varying: set[Key] = set()
        self.kept: dict[Looped, dict[Key, Amount]] = {}

    # The passes of a network, and what they keep.

    def _layer(self, node: CostTree) -> Iterator[Step]:
        place = self.entered(node)
        if place is None:
            return
        layer = in_training(place.between().layer)
        program = layer.program()
        names = [str(one.name) for one in with_adjoint(data_of(layer)) if one.name in place.adjoints]
        named = self.named(place, layer)
        saves = tuple(
            key
            for tensor in self.keeper(layer, tuple(names), ())
            if (key := self.array(tensor, named, place)) not in self.parameters
        )
        self.held.update(saves)
        trained, varying = {*layer.parameters}, {named[name] for name in names}
        steps = []
        for one, work in self.passes(place, kernels(count(program), layer.results), layer, named):
            if varying.intersection(work.reads) or any(tensor in trained for tensor, _ in one.reads):
                varying.update(work.writes)
            steps.append(Step(work.reads, work.writes))
        self.varying |= varying - self.parameters
        there = {key for one in steps for key in (*one.reads, *one.writes)}
        also = tuple(key for key in saves if key not in there)
        steps[-1] = Step(steps[-1].reads, (*steps[-1].writes, *also))
        steps[0] = Step(steps[0].reads, steps[0].writes, saves)
        yield from steps

    def _round(self, node: CostTree, loop: Looped) -> Iterator[Round]:
        for one in super()._round(node, loop):
            if loop.enter in self.held:
                self.held.add(self.key(loop.start))
            if loop.leave in self.held:
                self.held.add(loop.end)
            if loop.leave in self.varying:
                self.varying.update((loop.end, loop.enter))
            elif self.key(loop.start) in self.varying:
                self.varying.add(loop.enter)
            yield one

    # Forward.

    def drops(self, key: Key, keep: Collection[Key]) -> bool:
        """Whether an array goes when it was read last."""
        return key not in keep and key not in self.held

    def rounds(self, one: Round, begin: Amount, alive: Alive) -> Iterator[Amount]:
        """What is alive in the first, the second and the last repetition, with what was kept before."""
        loop, number = one.loop, self._number(one)
        keep = (loop.leave,) if one.is_made else (loop.enter,) if loop.leave is loop.enter else ()
        first = self.run(one.body, Alive({loop.enter: begin}, alive.total), keep)
        yield from (self.at(candidate, number, sympy.S.One) for candidate in first)
        entering = NONE if self._goes_round_kept(one) else self._before(one, begin)
        inside = Alive({loop.enter: entering}, alive.total)
        later = self.run(one.body, inside, keep)
        around = (loop.enter, loop.leave)
        self.kept[loop] = {key: size for key, size in inside.amounts.items() if key not in around}
        if one.times != 1:
            self.demand(one.times)
            kept = self._kept(one, number - 1, number - 1)
            yield from self.ends((total([candidate, kept]) for candidate in later), number, one.times)
        alive.put(Rest(loop), self._kept(one, one.times, one.times - 1))

    def _number(self, one: Round) -> Dim:
        return one.index or Dim("repetition")

    def _goes_round_kept(self, one: Round) -> bool:
        """Whether what goes round is kept for the backward pass."""
        return one.is_made and not self.held.isdisjoint((one.loop.enter, one.loop.leave))

    def _before(self, one: Round, begin: Amount) -> Amount:
        """The size of what a later repetition is given."""
        if one.is_made:
            number = self._number(one)
            return self.at(self.size(one.loop.leave), number, number - 1)
        return begin if one.loop.leave is one.loop.enter else NONE

    def _kept(self, one: Round, upto: Size, leaves: Size) -> Amount:
        """What the first repetitions have kept.

        Args:
            one: the repeated block.
            upto: how many.
            leaves: of how many of them what they give is counted, if it is kept.
        """
        inside = [self.summed(size, upto, one.index) for size in self.kept[one.loop].values()]
        if self._goes_round_kept(one):
            inside.append(self.summed(self.size(one.loop.leave), leaves, one.index))
        return total(inside)

    def summed(self, one: Amount, upto: Size, index: Dim | None) -> Amount:
        """The sum of an amount over so many repetitions."""
        return amount(repeated(formula(one, self.order), upto, index)) if upto != 0 else NONE

    # Backward.

    def back(self, items: Sequence[Work | Round], alive: Alive, keep: Collection[Key]) -> list[Amount]:
        """What is alive during the backward pass of some passes; less what is never more than something else.

        Args:
            items: the passes in the order of the forward pass.
            alive: what is alive before, and when it is done behind them.
            keep: the arrays that something before them in the forward pass keeps, too.
        """
        turned = items[::-1]
        last = {key: place for place, one in enumerate(turned) for key in self._saves(one)}
        found = Largest()
        for place, one in enumerate(turned):
            free = {key for key in self._saves(one) if last[key] == place and key not in keep}
            if isinstance(one, Round):
                for candidate in self._rounds_back(one, alive, free):
                    found.add(candidate)
            else:
                gradients = [Gradient(key) for key in one.writes if Gradient(key) in alive]
                if gradients:
                    self._begin(one.reads, alive)
                found.add(alive.total)
                for gradient in gradients:
                    alive.pop(gradient)
            for key in free:
                alive.pop(key)
        return found.amounts

    def _begin(self, keys: Iterable[Key], alive: Alive) -> None:
        """Begin gradients that are not there yet."""
        for key in keys:
            if key in self.varying:
                alive.put(Gradient(key), self.size(key))

    def _saves(self, one: Work | Round) -> Iterator[Key]:
        if isinstance(one, Step):
            yield from one.saves
        elif isinstance(one, Round):
            found = dict.fromkeys(key for inner in one.body for key in self._saves(inner))
            if one.loop.enter in self.held:
                yield self.key(one.loop.start)
            if one.loop.leave in self.held:
                yield one.loop.end
            yield from (key for key in found if key in one.outside)

    def _rounds_back(self, one: Round, alive: Alive, free: set[Key]) -> Iterator[Amount]:
        """What is alive in the last, the second and the first repetition, the last one first.

        Args:
            one: the repeated block.
            alive: what is alive before, and when it is done behind it.
            free: the arrays that nothing before it in the forward pass keeps.
        """
        alive.pop(Rest(one.loop))
        if not one.is_made:
            return
        loop, number, start = one.loop, self._number(one), self.key(one.loop.start)
        has_gradient = Gradient(loop.end) in alive
        for key in (Gradient(loop.end), loop.end):
            alive.pop(key)
        begin = alive.pop(start) if start in free else NONE
        if has_gradient:
            self._begin(one.outside, alive)
        inside = {key: NONE for key in alive.amounts if isinstance(key, Gradient)} | self.kept[loop]
        if loop.leave in self.held:
            inside[loop.leave] = self.size(loop.leave)
        if has_gradient:
            inside[Gradient(loop.leave)] = self.size(loop.leave)
        if one.times != 1:
            entering = {loop.enter: self._before(one, begin)} if self._goes_round_kept(one) else {}
            keep = (loop.enter,) if loop.leave in self.held else ()
            later = self.back(one.body, Alive(inside | entering, alive.total), keep)
            kept = total([begin, self._kept(one, number - 1, number - 2)])
            yield from self.ends((total([candidate, kept]) for candidate in later), number, one.times)
        known = {Gradient(loop.enter): NONE} if Gradient(start) in alive else {}
        first = self.back(one.body, Alive(inside | known | {loop.enter: begin}, alive.total), ())
        yield from (self.at(candidate, number, sympy.S.One) for candidate in first)
        if has_gradient and start in self.varying:
            alive.put(Gradient(start), self.at(self.size(loop.enter), number, sympy.S.One))
