"""What is applied to layers when a network is declared: a shape on its way through the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import sympy

from symderive.core.dims import Dim, Size, as_size, same_size, shape_text
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import Activation, Dense
from symderive.layers.layer import Layer, free_dims, unused
from symderive.networks.block import Array, Block, Loop
from symderive.networks.operations import Join, Learned, Pointwise, Reduction, argument
from symderive.networks.shapes import (
    Shape,
    broadcast,
    exchanged,
    grown,
    missing_axes,
    same_shape,
    steps_between,
)
from symderive.networks.trace import Trace, size_of


@dataclass(frozen=True, eq=False)
class Flow:
    """Abstract: the shape of a feature map, and the record of what was applied.

    Every method that computes something adds a step to the record and gives the feature map behind it.

    Attributes:
        shape: the sizes of the axes; an extent that is a floor has a name.
        trace: the record.
        array: where the entries are stored; the same for a view of it in another shape.
    """

    shape: Shape
    trace: Trace
    array: Array

    def with_shape(self, shape: Shape) -> Self:
        """A view of the same entries, or of some of them, in another shape."""
        return replace(self, shape=tuple(map(self.trace.extents.settled, shape)))

    def of(self, array: Array) -> Self:
        """The feature map that an array is as a whole, with the same record."""
        return replace(self, shape=array.shape, array=array)

    def table(self, *shape: Any, name: str) -> Self:
        """An array that is known before there are data: positions, or their angles.

        It is made once, however often it is asked for.
        """
        return self.of(self.trace.table(name, tuple(as_size(size, name) for size in shape)))

    def step(self, name: str, kind: Callable[..., Layer], /, *sizes: Any, **options: Any) -> Self:
        """The layer `kind(*sizes, **options)` of this feature map, at its sizes.

        Raises:
            ShapeError: sizes that do not fit each other.
        """
        return self.together((), name, kind, *sizes, **options)

    def together(
        self,
        others: Sequence[Self],
        name: str,
        kind: Callable[..., Layer],
        /,
        *sizes: Any,
        **options: Any,
    ) -> Self:
        """The layer `kind(*sizes, **options)` of this feature map and others, in the order of its inputs.

        Raises:
            ShapeError: sizes that do not fit each other.
        """
        reads = (one.array for one in (self, *others))
        return self.of(self.trace.apply(reads, name, kind, *sizes, **options))

    def apply(self, layer: Layer, name: str, *others: Self) -> Self:
        """A layer of the user's choice, whose first input is this feature map.

        Args:
            layer: any layer, at the sizes of this feature map.
            name: how the step is called.
            *others: what its next inputs are, in their order. An input behind them is an array of the step's
                own, such as a state to begin with.

        Raises:
            ShapeError: a layer that reads another shape.
            SymderiveError: more feature maps than inputs, or one of another network.

        >>> from symderive.cost import cost
        >>> from symderive.layers import Einsum
        >>> from symderive.networks import architecture
        >>> def mixed(x):
        ...     return x.apply(Einsum("nc,cd->nd", (*x.shape, 5)), "mix", x.learned(3, 5, name="weight"))
        >>> cost(architecture("mixed", mixed, "B", 3)).macs
        15*B
        """
        for other in others:
            self._check_of_this_network(other, f"{name}: applying a layer to")
        given = (self, *others)
        inputs = layer.data
        if len(inputs) < len(given):
            raise SymderiveError(
                f"{name}: the layer reads {len(inputs)} arrays, {', '.join(one.name for one in inputs)}, and "
                f"{len(given)} feature maps are given; leave some out."
            )
        for tensor, one in zip(inputs, given, strict=False):
            if not same_shape(tensor.shape, one.shape):
                raise ShapeError(
                    f"{name}: the layer reads {shape_text(tensor.shape)}, and the feature map is "
                    f"{shape_text(one.shape)}; give the layer these sizes."
                )
        reads = (one.array for one in given)
        return self.of(self.trace.add(reads, name, layer, layer.output_shape, layer.conditions))

    def sizes_as(self, doing: str, what: str, axes: tuple[str, ...]) -> Shape:
        """The sizes of all axes, if there are as many as have names.

        Raises:
            ShapeError: another number of axes.
        """
        if len(self.shape) != len(axes):
            raise ShapeError(
                f"{doing}: the input is {shape_text(self.shape)} and no {what}; give ({', '.join(axes)})."
            )
        return self.shape

    # Shapes: nothing is computed.

    def moved(self, *shape: Any) -> Self:
        """The same entries in another shape.

        Raises:
            ShapeError: another number of entries.
        """
        sizes = tuple(as_size(size, "moved") for size in shape)
        if not same_size(sympy.Mul(*sizes), sympy.Mul(*self.shape)):
            raise ShapeError(
                f"moving {shape_text(self.shape)} into {shape_text(sizes)}: the numbers of entries differ; "
                "give a shape with as many."
            )
        return self.with_shape(sizes)

    def flatten(self) -> Self:
        """All axes behind the first as one."""
        return self.with_shape((self.shape[0], sympy.Mul(*self.shape[1:])))

    def split(self, *sizes: Any, axis: int = 1) -> tuple[Self, ...]:
        """Parts along an axis.

        Raises:
            ShapeError: the sizes do not add up to that of the axis.
        """
        parts = [as_size(size, "split") for size in sizes]
        if not same_size(sympy.Add(*parts), self.shape[axis]):
            raise ShapeError(
                f"splitting {shape_text(self.shape)}: the parts {', '.join(map(str, parts))} do not add up "
                f"to {self.shape[axis]}; change one."
            )
        return tuple(self.with_shape(exchanged(self.shape, axis, part)) for part in parts)

    def concat(self, *others: Self, axis: int = 1) -> Self:
        """Several feature maps side by side along an axis.

        Raises:
            ShapeError: their other axes differ.
        """
        for other in others:
            self._check_of_this_network(other, "concatenating")
        total = sympy.expand(sympy.Add(*(one.shape[axis] for one in (self, *others))))
        for other in others:
            if not same_shape(exchanged(other.shape, axis, total), exchanged(self.shape, axis, total)):
                raise ShapeError(
                    f"concatenating {shape_text(self.shape)} and {shape_text(other.shape)} along axis "
                    f"{axis}: another axis differs; make them equal."
                )
        place = range(len(self.shape))[axis]
        rest = tuple(size for at, size in enumerate(self.shape) if at != place)
        parts = tuple(one.shape[axis] for one in (self, *others))
        return self.together(others, "concat", Join, rest, parts=parts, axis=place)

    # What works on any shape.

    def activation(self, function: str, name: str | None = None) -> Self:
        """A function of each entry; see `symderive.layers.Activation`."""
        return self.step(name or function, Activation, function, self.shape)

    def relu(self) -> Self:
        """`max(x, 0)` of each entry."""
        return self.activation("relu")

    def dense(self, width: Any, *, bias: bool = True, name: str = "dense") -> Self:
        """A linear map of the last axis; see `symderive.layers.Dense`."""
        return self.step(
            name, Dense, self.shape[-1], as_size(width, "dense: width"), bias=bias, batch=self.shape[:-1]
        )

    def mean(self, *axes: int, name: str = "mean") -> Self:
        """The mean over some axes, which go."""
        return self.step(name, Reduction, self.shape, over=axes)

    def learned(self, *shape: Any, name: str) -> Self:
        """A trained array of its own, as positions and class tokens are."""
        sizes = tuple(as_size(size, name) for size in shape)
        return self.of(self.trace.apply((), name, Learned, sizes))

    def __add__(self, other: Self) -> Self:
        """Entry by entry; axes line up from the last one, and one of size 1 is repeated."""
        return self._combined("add", argument(1) + argument(2), "adding", other)

    def __mul__(self, other: Self) -> Self:
        """Entry by entry, as for a gate; axes as in a sum."""
        return self._combined("mul", argument(1) * argument(2), "multiplying", other)

    def _check_of_this_network(self, other: Any, doing: str) -> None:
        if not isinstance(other, Flow):
            raise SymderiveError(
                f"{doing} {shape_text(self.shape)} and {other!r}: the second is no feature map; give one, "
                "or use learned for a trained array."
            )
        if other.trace is not self.trace:
            raise SymderiveError(
                f"{doing} {shape_text(self.shape)} and {shape_text(other.shape)}: they belong to two "
                "networks; use feature maps of one."
            )

    def _combined(self, name: str, body: sympy.Expr, words: str, other: Self) -> Self:
        self._check_of_this_network(other, words)
        shape = broadcast(self.shape, other.shape, words)
        missing = tuple(missing_axes(one.shape, shape) for one in (self, other))
        return self.together((other,), name, Pointwise, shape, body=body, missing=missing)

    # Blocks.

    def block(self, name: str, function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        """`function(self, *args, **options)`, its steps in a block of this name."""
        return self.trace.within(name, lambda: function(self, *args, **options))

    def aside(self, name: str, function: Callable[..., Any], /, *args: Any, **options: Any) -> None:
        """Steps that are not computed at inference, as an auxiliary head: they only have parameters.

        They need not fit the numbers that the sizes of this network are.

        Raises:
            ShapeError: they do not fit, and their parameters depend on these sizes.
        """
        try:
            self.trace.within(name, lambda: function(self, *args, **options), is_run=False)
        except ShapeError:
            start, known = self.with_shape(tuple(self._opened())), len(self.trace.extents.meanings)
            block, _ = self.trace.recorded(name, lambda: function(start, *args, **options), is_run=False)
            self.trace.extents.forget(known)
            if {*block.symbols()} - {symbol for size in self.shape for symbol in free_dims(size)}:
                raise
            self.trace.put(block)

    def _opened(self) -> Iterator[Size]:
        """The sizes with a symbol for each but those of the batch and the channels."""
        channels = 1 if len(self.shape) == 4 else len(self.shape) - 1
        for axis, size in enumerate(self.shape):
            yield size if axis in (0, channels) else Dim(unused(f"n_{axis}", self.trace.taken))

    def tied(self, name: str, function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        """As `block`, with the parameters of other steps: they are not counted again."""
        return self.trace.within(name, lambda: function(self, *args, **options), is_trained=False)

    def stage(
        self, name: str, count: Any, function: Callable[..., Self], stride: Any, /, *args: Any, **options: Any
    ) -> Self:
        """`function(x, stride, …)` once, then with a stride of 1 until there are `count` of them.

        Args:
            name: how the block of all of them is called.
            count: how many, a number or a symbol.
            function: takes the feature map and the stride.
            stride: that of the first.
            *args: what `function` takes besides.
            **options: likewise.
        """
        return self.block(name, type(self)._one_and_rest, name, count, function, stride, *args, **options)

    def _one_and_rest(
        self, name: str, count: Any, function: Callable[..., Self], stride: Any, /, *args: Any, **options: Any
    ) -> Self:
        first = self.block("first", function, stride, *args, **options)
        rest = size_of(count, f"{name}: count") - 1
        return first.repeated("rest", rest, function, 1, *args, **options)

    def repeated(
        self, name: str, count: Any, function: Callable[..., Self], /, *args: Any, **options: Any
    ) -> Self:
        """`function` applied `count` times in a row, `count` being a number or a symbol.

        What a repetition adds to an axis has to be the same each time, as in a block of DenseNet. Then the
        sizes depend on the number of the repetition, and the cost is a sum over it in closed form.

        Raises:
            ShapeError: a repetition that changes the shape in another way.
        """
        times = size_of(count, f"{name}: count")
        if times == 0:
            return self
        self.trace.require(sympy.Ge(times, 0), f"{name}: {times} repetitions; give at least 0.")
        start = self.of(Array(self.shape))
        block, once = self.trace.recorded(name, lambda: function(start, *args, **options))
        steps = steps_between(self.shape, once.shape, name)
        if times == 1 or not any(steps):
            return self._put(replace(block, times=times), start, once)
        used = {
            symbol.name for symbol in (*block.symbols(), *(one for size in steps for one in free_dims(size)))
        }
        index, known = Dim(unused("i", used)), len(self.trace.conditions)
        start = self.of(Array(grown(self.shape, steps, index - 1)))
        block, after = self.trace.recorded(name, lambda: function(start, *args, **options))
        self._check_grown(name, start, after, grown(self.shape, steps, index))
        self.trace.check_free_of(index, known, name)
        return self._put(replace(block, times=times, index=index), start, after)

    def _put(self, block: Block, start: Self, after: Self) -> Self:
        """Add a repeated block to the record; what its last repetition gives.

        Args:
            block: a repetition.
            start: what it is given.
            after: what it gives.
        """
        last = {} if block.index is None else {block.index: block.times}
        leave = end = after.array
        if leave is start.array:
            end = self.array
        elif any(leave is made for made in block.made()):
            end = Array(tuple(size.xreplace(last) for size in leave.shape))
        self.trace.put(replace(block, loop=Loop(self.array, start.array, leave, end)))
        return replace(after.with_shape(tuple(size.xreplace(last) for size in after.shape)), array=end)

    def _check_grown(self, name: str, start: Self, after: Self, wanted: Shape) -> None:
        if not same_shape(after.shape, wanted):
            raise ShapeError(
                f"repeating {name}: {shape_text(start.shape)} becomes {shape_text(after.shape)}, so that "
                f"each repetition adds something else; apply {name} one by one."
            )
