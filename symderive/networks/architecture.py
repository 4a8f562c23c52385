"""A whole network: what was applied to the shape of an input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Dim, Size, as_size
from symderive.errors import SymderiveError
from symderive.layers.layer import free_dims
from symderive.networks.block import Array, Block
from symderive.networks.extents import Extent, needs
from symderive.networks.images import Images
from symderive.networks.sequences import Sequences
from symderive.networks.shapes import Shape
from symderive.networks.trace import Trace


@dataclass(frozen=True, eq=False)
class Feature(Images, Sequences):
    """A feature map while a network is declared; its methods are the layers."""


@dataclass(frozen=True)
class Architecture:
    """A network as a tree of blocks and steps, over symbolic sizes.

    Attributes:
        name: how it is called.
        input_shape: the shape of the input.
        root: everything that is computed, in order.
        relations: the named extents of feature maps in the sizes of the input.
        conditions: what has to hold of the sizes.
        size_order: the sizes in the order in which they are written.
    """

    name: str
    input_shape: tuple[Size, ...]
    root: Block
    relations: Mapping[Dim, Size]
    conditions: tuple[Any, ...]
    size_order: tuple[Size, ...]

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The shape of the output."""
        return self.root.shape


def architecture(name: str, function: Callable[..., Any], *shape: Any, **options: Any) -> Architecture:
    """Declare a network by applying a function to the shape of an input.

    Args:
        name: how it is called.
        function: takes a `Feature` and the options, applies layers, and returns the output.
        shape: the sizes of the input, numbers or names: ("B", 3, "H", "W") for images.
        options: what else the function takes.

    Raises:
        ShapeError: sizes that do not fit each other.
        SymderiveError: a function that does not return a feature map.

    >>> from symderive.cost import cost
    >>> def small(x, channels):
    ...     x = x.conv(channels, 3, stride=2, padding=1, name="stem").relu()
    ...     x = x.repeated("blocks", "L", lambda y: y + y.conv(channels, 3, padding=1).relu())
    ...     return x.global_pool().dense(10)
    >>> net = architecture("small", small, "B", 3, "H", "W", channels=16)
    >>> cost(net).formula().write()
    '2,304 · B · H₁ · W₁ · L + 432 · B · H₁ · W₁ + 160 · B'
    """
    sizes = tuple(as_size(size, f"{name}: input") for size in shape)
    taken = {symbol.name for size in sizes for symbol in free_dims(size)}
    trace, root = _traced(name, function, sizes, options, taken)
    return assembled(name, (sizes,), trace, root)


def assembled(name: str, inputs: Sequence[Shape], trace: Trace, root: Block) -> Architecture:
    """The network of everything that was applied.

    Args:
        name: how it is called.
        inputs: the shapes of its inputs; the first one is that of the network.
        trace: the record.
        root: everything that is computed.
    """
    symbols = [symbol for shape in inputs for size in shape for symbol in free_dims(size)]
    meanings = trace.extents.meanings
    used = (symbol for symbol in root.symbols() if symbol not in meanings)
    order = tuple(dict.fromkeys([*symbols, *meanings, *used]))
    first = inputs[0] if inputs else ()
    return Architecture(name, first, root, meanings, needs(trace.conditions, meanings), order)


def _traced(
    name: str,
    function: Callable[..., Any],
    sizes: tuple[Size, ...],
    options: Mapping[str, Any],
    taken: set[str],
) -> tuple[Trace, Block]:
    """The record of a network; where an extent has the name of a size of the user's, it is made once more."""
    trace = Trace(taken)
    output = function(Feature(sizes, trace, Array(sizes)), **options)
    if not isinstance(output, Feature):
        raise SymderiveError(
            f"{name}: the function that declares it gave {output!r}; "
            "return the feature map behind the last layer."
        )
    root = trace.rooted(name, output.shape, (output.array,))
    extents = {one.name for one in trace.extents.meanings}
    own = {symbol.name for symbol in root.symbols() if not isinstance(symbol, Extent)}
    return (trace, root) if extents.isdisjoint(own) else _traced(name, function, sizes, options, taken | own)
