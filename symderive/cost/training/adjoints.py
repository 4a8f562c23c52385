"""Which arrays of a network have an adjoint: what a parameter, or the network's input, stands before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symderive.cost.protocols import Placed, Repeated


def behind_parameters(root: Repeated, is_first: bool = False) -> set[Any]:
    """The arrays that depend on something that is trained.

    What goes round a repeated block does if it does in any repetition, or with `is_first` in the first one.
    """
    found: set[Any] = set()
    _walk(root, found, by_parameters=True, is_first=is_first)
    return found


def behind_the_input(root: Repeated) -> set[Any]:
    """The arrays that depend on what the network is given, which is what no step makes."""
    read: dict[Any, None] = {}
    made: set[Any] = set()
    for reads, writes in _edges(root):
        read.update(dict.fromkeys(reads))
        made.update(writes)
    found = {one for one in read if one not in made and not one.is_known}
    _walk(root, found, by_parameters=False)
    return found


def _edges(block: Repeated) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """What each step, and each beginning and end of a repeated block, reads and makes."""
    for child in block.children:
        if hasattr(child, "layer"):
            yield child.reads, (child.writes,)
            continue
        if child.loop is not None:
            yield (child.loop.start,), (child.loop.enter, child.loop.end)
        yield from _edges(child)


def _walk(block: Repeated, found: set[Any], by_parameters: bool, is_first: bool = False) -> None:
    for child in block.children:
        if hasattr(child, "layer"):
            _step(child, found, by_parameters)
        elif child.loop is None:
            _walk(child, found, by_parameters, is_first)
        else:
            loop = child.loop
            for given in (loop.start,) if is_first else (loop.start, loop.leave):
                if given in found:
                    found.add(loop.enter)
                _walk(child, found, by_parameters, is_first)
            if loop.start in found or loop.leave in found:
                found.add(loop.end)


def _step(step: Placed, found: set[Any], by_parameters: bool) -> None:
    if (by_parameters and step.layer.parameters) or any(one in found for one in step.reads):
        found.add(step.writes)
