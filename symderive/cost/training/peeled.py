"""Repeated blocks of which the first repetition is another one in the backward pass.

Where a block is repeated on something that no parameter stands before, as on the input of a network, its
first repetition needs no gradient by what it is given and the later ones do. That one then stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.protocols import Alone, Looped, Stored

if TYPE_CHECKING:
    from symderive.cost.tree import CostTree


@dataclass(frozen=True)
class Rest:
    """What goes round the repetitions behind the first one; see `Looped`."""

    start: Stored
    enter: Stored
    leave: Stored
    end: Stored


def peeled(tree: CostTree) -> CostTree:
    """The tree with such a first repetition in front of the others."""
    walk = _Peel()
    walk.varying.update(_given(tree) & (tree.reached if tree.is_free else tree.varies))
    is_plain = tree.place is None and tree.loop is None
    branches = tuple(walk.nodes(tree.branches if is_plain else (tree,), {}))
    given = tree.gives if tree.loop is None else (tree.loop.end,)
    gives = tuple(walk.names.get(one, one) for one in given)
    around = {"times": sympy.S.One, "index": None, "place": None, "loop": None, "gives": gives}
    return replace(tree, branches=branches, memo={}, **around)


def _given(tree: CostTree) -> set[Stored]:
    """The arrays that a block reads and does not make."""
    read: set[Stored] = set()
    made: set[Stored] = set()
    for _, node in ((0, tree), *tree.walk()):
        if node.place is not None and node.place.applied is not None:
            read.update(node.place.applied.reads)
            made.add(node.place.applied.writes)
        if node.loop is not None:
            read.add(node.loop.start)
            made.update((node.loop.enter, node.loop.end))
    return read - made


class _Peel:
    """One walk in the order of execution.

    Attributes:
        varying: the arrays that a parameter stands before.
        names: the arrays that have another name now.
    """

    def __init__(self) -> None:
        self.varying: set[Stored] = set()
        self.names: dict[Stored, Stored] = {}

    def nodes(self, nodes: Sequence[CostTree], at: dict[Dim, Size]) -> Iterator[CostTree]:
        """Some nodes once more.

        Args:
            nodes: blocks and layers.
            at: in the first repetition of a block the number of it.
        """
        for node in nodes:
            if node.place is not None:
                yield self._layer(node, at)
            elif node.loop is not None:
                yield from self._loop(node, node.loop, at)
            else:
                branches = tuple(self.nodes(node.branches, at))
                gives = tuple(map(self._named, node.gives))
                yield replace(node, branches=branches, gives=gives, memo={})

    def _named(self, array: Stored) -> Stored:
        return self.names.get(array, array)

    def _layer(self, node: CostTree, at: dict[Dim, Size]) -> CostTree:
        place = node.place
        if place is None or place.applied is None:
            return node
        applied = place.applied
        reads = tuple(map(self._named, applied.reads))
        writes = self._copied(applied.writes, at)
        named = zip(applied.layer.data, reads, strict=False)
        varying = tuple(str(tensor.name) for tensor, array in named if array in self.varying)
        if varying or applied.layer.parameters:
            self.varying.add(writes)
        sizes = {symbol: size.xreplace(at) for symbol, size in place.sizes.items()} if at else place.sizes
        applied = replace(applied, reads=reads, writes=writes)
        return replace(node, place=replace(place, sizes=sizes, adjoints=varying, applied=applied), memo={})

    def _copied(self, array: Stored, at: dict[Dim, Size]) -> Stored:
        """An array that is made: another one in a repetition that stands alone."""
        if not at:
            return array
        self.names[array] = Alone(tuple(size.xreplace(at) for size in array.shape))
        return self.names[array]

    def _loop(self, node: CostTree, loop: Looped, at: dict[Dim, Size]) -> Iterator[CostTree]:
        if not self._begins_to_vary(node, loop):
            yield self._rest(node, loop, self._named(loop.start), node.times.xreplace(at), at)
            return
        number = node.index or Dim("repetition")
        around = dict(self.names)
        self.names[loop.enter] = self._named(loop.start)
        once = at | {number: sympy.S.One}
        first = tuple(self.nodes(node.branches, once))
        given = self._named(loop.leave)
        self.names = around
        yield replace(node, branches=first, times=sympy.S.One, index=None, loop=None, gives=(given,), memo={})
        times = node.times.xreplace(at) - 1
        if times == 0:
            self.names[loop.end] = given
        else:
            later = at if node.index is None else at | {node.index: node.index + 1}
            yield self._rest(node, loop, given, times, later)

    def _rest(
        self, node: CostTree, loop: Looped, start: Stored, times: Size, at: dict[Dim, Size]
    ) -> CostTree:
        enter = self._copied(loop.enter, at)
        if start in self.varying:
            self.varying.add(enter)
        branches = tuple(self.nodes(node.branches, at))
        leave, end = self._named(loop.leave), self._copied(loop.end, at)
        if leave in self.varying:
            self.varying.add(end)
        rest = Rest(start, enter, leave, end)
        return replace(node, branches=branches, times=times, loop=rest, memo={})

    def _begins_to_vary(self, node: CostTree, loop: Looped) -> bool:
        """Whether what goes round varies from the second repetition on only."""
        if self._named(loop.start) in self.varying:
            return False
        trial = _Peel()
        trial.varying, trial.names = set(self.varying), dict(self.names)
        tuple(trial.nodes(node.branches, {}))
        return trial._named(loop.leave) in trial.varying
