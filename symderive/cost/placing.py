"""Layers at their places in a network: the formula of a kind of layer once, its sizes at each place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from symderive.core.dims import Dim, Size
from symderive.cost.count import count
from symderive.cost.protocols import Costable, Network, Placeable, Placed, Repeated
from symderive.cost.record import Cost
from symderive.cost.saved import Keeper
from symderive.cost.tree import CostTree, Place


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


@lru_cache(maxsize=1024)
def _kind_cost(layer: Placeable) -> Cost:
    """The cost of a layer with a symbol for every size: counted once for each kind and structure."""
    return layer_cost(layer)


@lru_cache(maxsize=4096)
def _kind(layer: Placeable) -> tuple[Placeable, Cost, Mapping[Dim, Size]]:
    """The layer with a symbol for every size, the cost of layers of this kind, and what its symbols are."""
    generic, sizes = layer.generic()
    return generic, _kind_cost(generic), sizes


def tree_of(network: Network, keeper: Keeper | None = None) -> CostTree:
    """The cost of a network, block by block.

    Args:
        network: blocks of layers over symbolic sizes.
        keeper: what a layer keeps for its backward pass.
    """
    shared: dict[str, Any] = {
        "order": network.size_order,
        "relations": network.relations,
        "conditions": network.conditions,
        "keeper": keeper,
    }
    return _block(network.root, shared)


def _block(block: Repeated, shared: dict[str, Any]) -> CostTree:
    branches = tuple(
        _step(child, shared) if hasattr(child, "layer") else _block(child, shared) for child in block.children
    )
    repeated = {"times": block.times, "index": block.index, "loop": block.loop}
    return CostTree(block.name, branches, shape=block.shape, **repeated, **shared)


def _step(step: Placed, shared: dict[str, Any]) -> CostTree:
    layer, kind, sizes = _kind(step.layer)
    extents = dict(zip(layer.output_shape, step.shape, strict=True))
    named = {
        name: extents.get(meaning, meaning.xreplace(dict(sizes))) for name, meaning in kind.relations.items()
    }
    flow = (layer, step.reads, step.writes)
    place = Place(kind, {**sizes, **named}, step.shape, *flow, step.is_trained, step.is_run)
    return CostTree(step.name, place=place, shape=step.shape, **shared)
