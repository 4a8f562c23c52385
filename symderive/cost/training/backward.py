"""The backward pass of a layer or a network as a cost of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.count import MACS
from symderive.cost.counted import ADDS, FLOPS, MULS
from symderive.cost.memory.kernels import Kernel
from symderive.cost.record import Cost
from symderive.cost.training.pulling import Pull
from symderive.cost.tree import CostTree, Place
from symderive.errors import SymderiveError


@dataclass(frozen=True, repr=False)
class BackwardCost(Cost):
    """What the backward pass of a layer costs: the sum of what the adjoints cost.

    Attributes:
        adjoint_of: for each part the array whose adjoint it is.
        left_out: the inputs whose adjoints are not asked for.
    """

    adjoint_of: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None are known.

        Raises:
            SymderiveError: always; how a backward pass goes over memory is not counted.
        """
        raise SymderiveError(
            "memory of a backward pass: its passes are not counted one by one; ask the cost of the layer or "
            "network for saved(), peak(training=True) or bytes_read()."
        )

    @property
    def by_operand(self) -> Mapping[str, Cost]:
        """What the adjoint of each array costs: of the inputs, the parameters, and of what is in between.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> found = cost(Dense("d", "m", batch="n")).backward_pass().by_operand
        >>> {name: (one.formula("macs").write(), one.formula("adds").write()) for name, one in found.items()}
        {'weight': ('n · d · m', '(n − 1) · d · m'), 'bias': ('0', '(n − 1) · m'), \
'x': ('n · d · m', 'n · d · (m − 1)')}
        """
        both = list(zip(self.adjoint_of, self.parts, strict=True))
        return {
            name: Cost(tuple(part for of, part in both if of == name), values=self.values, **self.sized)
            for name in dict.fromkeys(self.adjoint_of)
        }

    @property
    def convention(self) -> str:
        """What is counted, in one line."""
        return f"{_CONVENTION}; {_without(self.left_out)}"


_CONVENTION = (
    "the backward pass, each equation of the derived gradient program as it stands; products that are pulled "
    "back through a contraction are MACs, all others multiplications"
)


def _without(left_out: tuple[str, ...]) -> str:
    return f"no gradient by {', '.join(left_out)}" if left_out else "gradients by the data too"


def backward_cost(cost: Cost, data: tuple[str, ...] | None = None) -> BackwardCost:
    """The backward pass of a layer.

    Args:
        cost: of the layer.
        data: the inputs whose adjoints are asked for beside those of the parameters; by default all.

    Raises:
        SymderiveError: the cost was counted without a way to differentiate.
    """
    pull = _pull(cost)
    every = tuple(str(one.name) for one in pull.data)
    names = every if data is None else data
    counted = pull.counts(names, cost.order)
    return BackwardCost(
        tuple(one.part for one in counted),
        **cost.sized,
        values=cost.values,
        adjoint_of=tuple(one.of for one in counted),
        left_out=tuple(name for name in every if name not in names),
    )


def _pull(cost: Cost) -> Pull:
    if cost.pull is None:
        raise SymderiveError(
            "counting the backward pass: this cost has no derivatives, as it was counted without them or is "
            "that of a backward pass or an update itself; import symderive as sd, and call sd.cost."
        )
    return cost.pull


@dataclass(frozen=True, repr=False)
class BackwardTree(CostTree):
    """What the backward pass of a network costs, block by block.

    Attributes:
        input_gradient: whether the gradient by the network's input is counted.
    """

    told: ClassVar[tuple[str, ...]] = (MACS,)
    totalled: ClassVar[tuple[str, ...]] = (MACS, FLOPS, MULS, ADDS)
    input_gradient: bool = False

    @property
    def by_operand(self) -> Mapping[str, CostTree]:
        """Of a layer, what the adjoint of each array costs: of what it reads, its parameters, and in between.

        Raises:
            SymderiveError: a block, which has no arrays of its own.

        >>> from symderive.derive.costs import cost
        >>> from symderive.networks import network
        >>> backward = cost(network("alexnet", B=1, H=224, W=224)).backward_pass()
        >>> {name: int(one.macs) for name, one in backward["classifier.dense1"].by_operand.items()}
        {'weight': 37748736, 'bias': 0, 'x': 37748736}
        """
        kind = None if self.place is None else self.place.kind
        if self.place is None or not isinstance(kind, BackwardCost):
            raise SymderiveError(
                f"the backward pass of {self.name} by operand: it is a block; ask one of its layers, as in "
                f'["{".".join(_first_layer(self))}"].'
            )
        return {
            name: replace(self, place=replace(self.place, kind=one), memo={})
            for name, one in kind.by_operand.items()
        }

    @property
    def convention(self) -> str:
        """What is counted, in one line."""
        left_out = () if self.input_gradient else ("the network's input",)
        return "; ".join([_CONVENTION, _without(left_out), "1 MAC = 2 FLOPs"])


def _first_layer(tree: CostTree) -> Iterator[str]:
    """The names on the way from a block to the first layer in it."""
    for branch in tree.branches[:1]:
        yield branch.name
        yield from _first_layer(branch)


def backward_tree(tree: CostTree, input_gradient: bool, is_first: bool | None = None) -> BackwardTree:
    """The backward pass of a network.

    Where a repeated block begins with what no parameter stands before, its first repetition stands apart.

    Args:
        tree: the cost of the network.
        input_gradient: whether the gradient by its input is counted.
        is_first: in a block that is split so, whether this is the first repetition; None where there is none.

    Raises:
        SymderiveError: the cost was counted without a way to differentiate.
    """

    def below(which: bool | None, index: Size | None = None) -> tuple[BackwardTree, ...]:
        names = {} if tree.index is None or index is None else {tree.index: index}
        return tuple(_numbered(backward_tree(one, input_gradient, which), names) for one in tree.branches)

    def node(branches: tuple[BackwardTree, ...], name: str = tree.name, **rest: Any) -> BackwardTree:
        shared = {**tree.sized, "values": tree.values, "input_gradient": input_gradient}
        return BackwardTree(name, branches, **shared, **rest)

    if tree.place is not None:
        return node((), place=_at(tree.place, input_gradient, is_first))
    if not tree.is_late or is_first is False or input_gradient:
        return node(below(is_first), times=tree.times, index=tree.index)
    first = below(True, sympy.S.One)
    if tree.times == 1:
        return node(first)
    behind = None if tree.index is None else tree.index + 1
    rest = node(below(False, behind), "rest", times=tree.times - 1, index=tree.index)
    return node((node(first, "first"), rest))


def _numbered(tree: BackwardTree, names: Mapping[Dim, Size]) -> BackwardTree:
    """A block with something in place of the number of the repetition around it."""
    if not names:
        return tree
    place = tree.place
    if place is not None:
        place = replace(place, sizes={name: size.xreplace(names) for name, size in place.sizes.items()})
    branches = tuple(_numbered(one, names) for one in tree.branches if isinstance(one, BackwardTree))
    return replace(tree, branches=branches, place=place, times=tree.times.xreplace(names), memo={})


def _at(place: Place, input_gradient: bool, is_first: bool | None) -> Place:
    missing = place.late if is_first and not input_gradient else ()
    names = (*place.adjoints, *(place.input_adjoints if input_gradient else ()))
    data = tuple(name for name in names if name not in missing)
    return replace(place, kind=backward_cost(place.kind, data), shape=(), adjoints=(), input_adjoints=())
