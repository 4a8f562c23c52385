"""Layers at their places in a network: the formula of a kind of layer once, its sizes at each place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.positions import is_surely_nonnegative
from symderive.cost.count import count
from symderive.cost.protocols import Costable, Network, Placeable, Placed, Repeated
from symderive.cost.record import Cost
from symderive.cost.training.adjoints import behind_parameters, behind_the_input
from symderive.cost.training.pulling import Derivatives, Pull, with_adjoint
from symderive.cost.tree import Applied, CostTree, Place


def layer_cost(layer: Costable) -> Cost:
    """The cost of a layer, counted from its equations, in its sizes as they are."""
    order, program = layer.size_order, layer.program()
    return Cost(
        count(program, order),
        layer.parameters,
        layer.buffers,
        program.outputs[:1],
        layer,
        order=order,
        relations=layer.relations,
        conditions=layer.conditions,
    )


def with_backward(cost: Cost, layer: Costable, derivatives: Derivatives | None) -> Cost:
    """The cost of a layer with what its backward pass is counted from, if there is somebody who does that."""
    if derivatives is None:
        return cost
    data = with_adjoint(layer.data)
    pull = Pull(layer.program(), layer.results, layer.parameters, data, derivatives)
    return replace(cost, pull=pull, keeper=derivatives.keeps)


@lru_cache(maxsize=1024)
def _kind_cost(layer: Placeable, derivatives: Derivatives | None) -> Cost:
    """The cost of a layer with a symbol for every size: counted once for each kind and structure."""
    return with_backward(layer_cost(layer), layer, derivatives)


@lru_cache(maxsize=4096)
def _kind(
    layer: Placeable, derivatives: Derivatives | None
) -> tuple[Placeable, Cost, Mapping[Dim, Size], tuple[str, ...]]:
    """The layer with a symbol for every size, the cost of such layers, its sizes here, and its data."""
    generic, sizes = layer.generic()
    return generic, _kind_cost(generic, derivatives), sizes, _data(generic)


@lru_cache(maxsize=1024)
def _data(layer: Placeable) -> tuple[str, ...]:
    """The names of a layer's data."""
    return tuple(str(tensor.name) for tensor in layer.data)


def tree_of(network: Network, derivatives: Derivatives | None = None) -> CostTree:
    """The cost of a network, block by block.

    Args:
        network: blocks of layers over symbolic sizes.
        derivatives: who counts the gradient program of a layer; without it there is no backward pass.
    """
    shared: dict[str, Any] = {
        "order": network.size_order,
        "relations": network.relations,
        "conditions": network.conditions,
        "keeper": derivatives and derivatives.keeps,
    }
    return _Tree(network.root, derivatives, shared).block(network.root)


class _Tree:
    """Puts the costs of kinds of layers at their places."""

    def __init__(self, root: Repeated, derivatives: Derivatives | None, shared: dict[str, Any]) -> None:
        self.derivatives = derivatives
        self.by_parameters, self.by_input = behind_parameters(root), behind_the_input(root)
        self.at_first = behind_parameters(root, is_first=True)
        conditions = dict.fromkeys((*shared["conditions"], *self.repetitions(root)))
        self.shared = {**shared, "conditions": tuple(conditions), "varies": self.by_parameters}
        self.shared["reached"] = self.by_input

    def repetitions(self, block: Repeated) -> Iterator[Any]:
        """What is to be there of blocks whose first repetition differs: that repetition."""
        for child in block.children:
            if not hasattr(child, "layer"):
                if self.is_late(child) and not is_surely_nonnegative(child.times - 1):
                    yield sympy.Ge(child.times, 1)
                yield from self.repetitions(child)

    def is_late(self, block: Repeated) -> bool:
        """Whether what goes round depends on a parameter only behind the first repetition."""
        return block.loop is not None and block.loop.enter in self.by_parameters - self.at_first

    def block(self, block: Repeated) -> CostTree:
        """A block and all that is in it."""
        branches = tuple(
            self.step(child) if hasattr(child, "layer") else self.block(child) for child in block.children
        )
        repeated = {"times": block.times, "index": block.index, "loop": block.loop, "gives": block.gives}
        repeated["is_late"] = self.is_late(block)
        return CostTree(block.name, branches, shape=block.shape, **repeated, **self.shared)

    def step(self, step: Placed) -> CostTree:
        """One layer."""
        layer, kind, sizes, data = _kind(step.layer, self.derivatives)
        extents = dict(zip(layer.output_shape, step.shape, strict=True))
        named = {
            name: extents.get(meaning, meaning.xreplace(dict(sizes)))
            for name, meaning in kind.relations.items()
        }
        read = list(zip(data, step.reads, strict=False))
        place = Place(
            kind,
            {**sizes, **named},
            step.shape,
            step.is_trained,
            step.is_run,
            tuple(name for name, array in read if array in self.by_parameters),
            tuple(name for name, array in read if array in self.by_input - self.by_parameters),
            tuple(name for name, array in read if array in self.by_parameters - self.at_first),
            applied=Applied(layer, step.reads, step.writes),
        )
        return CostTree(step.name, place=place, shape=step.shape, gives=(step.writes,), **self.shared)
