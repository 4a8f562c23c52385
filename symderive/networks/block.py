"""The record of a network: steps, and blocks of them that may be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import sympy

from symderive.core.dims import Dim, Size
from symderive.layers import Layer
from symderive.layers.layer import free_dims


@dataclass(frozen=True, eq=False)
class Array:
    """An array that a network makes or is given; the views of it that a feature map may be are the same one.

    Attributes:
        shape: the sizes of its axes.
        is_known: whether it is known before there are data, as the angles of positions are.
    """

    shape: tuple[Size, ...]
    is_known: bool = False


@dataclass(frozen=True)
class Loop:
    """How an array goes round a repeated block.

    Attributes:
        start: what the first repetition is given.
        enter: what the steps of a repetition read for what it is given.
        leave: what a repetition makes of it: `enter` of the next one.
        end: `leave` of the last one, as the steps behind the block read it.
    """

    start: Array
    enter: Array
    leave: Array
    end: Array


@dataclass(frozen=True)
class Step:
    """One layer at its place in a network.

    Attributes:
        name: how it is called in its block.
        layer: what is computed, at the sizes of this place.
        shape: the shape of its output.
        reads: the arrays that it is applied to, in the order of the layer's inputs.
        writes: the array that it makes.
        is_trained: whether its parameters are its own; False for those that another step has counted.
        is_run: whether it is computed at inference; an auxiliary head has parameters and is not.
    """

    name: str
    layer: Layer
    shape: tuple[Size, ...]
    reads: tuple[Array, ...]
    writes: Array
    is_trained: bool = True
    is_run: bool = True

    def symbols(self) -> Iterator[Dim]:
        """The symbols of the sizes of output, if there is one, and parameters; some more than once."""
        output = (self.shape,) if self.is_run else ()
        shapes = (*output, *(tensor.shape for tensor in self.layer.parameters))
        return (symbol for shape in shapes for size in shape for symbol in free_dims(size))


@dataclass(frozen=True)
class Block:
    """Steps and blocks in a row, perhaps repeated.

    Attributes:
        name: how it is called in the block around it.
        children: what it consists of, in the order in which it is computed.
        shape: the shape of its output.
        times: how often it comes, also a symbol.
        index: where its sizes depend on the repetition, the number of it, from 1 to `times`.
        loop: of a repeated block, what goes round.
        gives: where what it gives is stored.
    """

    name: str
    children: tuple[Block | Step, ...]
    shape: tuple[Size, ...] = ()
    times: Size = field(default=sympy.S.One)
    index: Dim | None = None
    loop: Loop | None = None
    gives: tuple[Array, ...] = ()

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Every step with the names of the blocks around it: `layer1.rest.conv1`."""
        for child in self.children:
            if isinstance(child, Step):
                yield child.name, child
            else:
                for name, step in child.steps():
                    yield f"{child.name}.{name}", step

    def made(self) -> Iterator[Array]:
        """The arrays that the block makes; of a repeated block in it, what the last repetition gives."""
        for child in self.children:
            if isinstance(child, Step):
                yield child.writes
            elif child.loop is not None:
                yield child.loop.end
            else:
                yield from child.made()

    def symbols(self) -> Iterator[Dim]:
        """The symbols of all sizes, in the order in which they come up; some more than once."""
        yield from free_dims(self.times)
        for child in self.children:
            if isinstance(child, Block):
                yield from (symbol for symbol in child.symbols() if symbol != child.index)
            else:
                yield from child.symbols()
