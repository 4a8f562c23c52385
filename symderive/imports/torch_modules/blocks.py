"""Steps in the modules that they stand in: a tree with the names of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from symderive.imports.torch_modules.record import Scope
from symderive.networks import Block, Step
from symderive.networks.shapes import Shape
from symderive.networks.trace import numbered


def nested(name: str, steps: Sequence[Block | Step], scopes: Sequence[Scope], shape: Shape) -> Block:
    """The tree of all steps; a module that is a single step is that step, with the name of the module.

    Args:
        name: how the whole is called.
        steps: all of them in order.
        scopes: for each of them the modules around it.
        shape: the shape of the output.
    """
    return Block(name, _children(list(zip(steps, scopes, strict=True)), 0), shape)


def _children(placed: list[tuple[Block | Step, Scope]], depth: int) -> tuple[Block | Step, ...]:
    found: list[Block | Step] = []
    for part, group in groupby(placed, key=lambda one: one[1][depth] if len(one[1]) > depth else None):
        inside = list(group)
        if part is None:
            found += [step for step, _ in inside]
            continue
        children = _children(inside, depth + 1)
        only = children[0]
        if len(children) == 1 and (isinstance(only, Step) or only.name == part[0]):
            found.append(replace(only, name=part[0]))
        else:
            found.append(Block(part[0], children, only.shape if len(children) == 1 else children[-1].shape))
    return numbered(found)
