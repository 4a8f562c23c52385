"""One node of a graph as its operator sees it: inputs, attributes, and what can be made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sympy

from symderive.core.dims import Size, same_size, shape_text
from symderive.errors import ShapeError, SymderiveError
from symderive.imports.onnx_files.paths import text_of
from symderive.imports.onnx_files.values import Value, entries_of
from symderive.layers.layer import Layer
from symderive.networks.shapes import Shape

if TYPE_CHECKING:
    from symderive.imports.onnx_files.walk import Walk


class Uncounted(Exception):
    """An operation is not counted, or its result has a shape that only the data decide: why, in words."""


class Call:
    """A node with the values of its inputs.

    Attributes:
        op: the type of the operation.
        domain: the set of operators it is from; empty for those of ONNX itself.
        version: that of the set of operators it is from.
        inputs: what it reads; None for one that is left out.
        outputs: the names of what it gives.
        attributes: its attributes by name, as Python values.
        walk: the walk over the graph.
    """

    def __init__(self, node: Any, version: int, inputs: Sequence[Value | None], walk: Walk) -> None:
        self.op, self.version, self.inputs, self.walk = text_of(node.op_type), version, tuple(inputs), walk
        self.domain = "" if node.domain in ("", "ai.onnx") else text_of(node.domain)
        self.outputs = tuple(node.output)
        found = {one.name: walk.attribute(one) for one in node.attribute}
        self.attributes = {name: value for name, value in found.items() if value is not None}

    def has(self, place: int) -> bool:
        """Whether an input is there."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def given(self, place: int) -> Value | None:
        """An input that may be left out."""
        return self.inputs[place] if self.has(place) else None

    def input(self, place: int) -> Value:
        """An input that has to be there.

        Raises:
            SymderiveError: it is not.
        """
        found = self.given(place)
        if found is None:
            raise SymderiveError(f"input {place + 1} is missing.")
        return found

    @property
    def all(self) -> list[Value]:
        """The inputs that are there."""
        return [one for one in self.inputs if one is not None]

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute, or what stands for it where it is left out."""
        return self.attributes.get(name, default)

    def entries(self, place: int, what: str) -> list[Any]:
        """What an input holds, which decides a shape.

        Raises:
            Uncounted: only the data say.
        """
        value = self.input(place)
        if value.contents is None:
            raise Uncounted(f"{what} only the data say")
        return entries_of(value)

    def whole(self, place: int, name: str, default: Any = None) -> Any:
        """Whole numbers that stand in an attribute or, in later versions, in an input; as a list."""
        if name in self.attributes:
            return list(self.attributes[name])
        return self.entries(place, f"its {name}") if self.has(place) else default

    def axis(self, rank: int, default: int, name: str = "axis") -> int:
        """An axis, counted from the front.

        Raises:
            SymderiveError: there is no such axis.
        """
        return self.place(self.attribute(name, default), rank)

    def place(self, axis: Any, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= int(axis) < max(rank, 1):
            raise SymderiveError(f"there is no axis {axis} in an array with {rank}.")
        return int(axis) % rank if rank else 0

    # What is made.

    def apply(
        self, layer: Layer, *inputs: Value, weights: Iterable[Value] = (), kind: str = "", name: str = ""
    ) -> Value:
        """A layer of some values; see `Walk.apply`."""
        return self.walk.apply(name or self.op, layer, inputs, tuple(weights), kind or inputs[0].kind)

    def view(self, value: Value, shape: Iterable[Size], contents: Any = None, kind: str = "") -> Value:
        """The entries of a value, or some of them, in another shape; nothing is computed."""
        settled = tuple(self.walk.size(size) for size in shape) if value.is_data else tuple(shape)
        return Value(settled, kind or value.kind, value.array, contents, value.weights)

    def same(self, one: Size, other: Size, what: str) -> None:
        """Check that two sizes are equal; note it as a condition where symbols decide.

        Raises:
            ShapeError: they differ.
        """
        if not same_size(one, other):
            left, right = sympy.fraction(sympy.cancel(one / other))
            self.walk.trace.require(sympy.Eq(left, right), f"{what}: {one} differs from {other}.")

    def belongs(self, weight: Value, bias: Value | None) -> bool:
        """Whether a bias is a parameter of the layer with the weight: both are stored, and both are new."""
        if bias is None or not (weight.weights and bias.weights):
            return False
        return self.walk.is_new(weight) == self.walk.is_new(bias)

    def broadcast(self, values: Sequence[Value]) -> Shape:
        """The shape of an operation entry by entry; axes line up from the last, one of size 1 is repeated."""
        shape: Shape = ()
        for value in values:
            rank = max(len(shape), len(value.shape))
            lined = [(sympy.S.One,) * (rank - len(one)) + tuple(one) for one in (shape, value.shape)]
            for one, other in zip(*lined, strict=True):
                if one != 1 and other != 1:
                    self.same(one, other, f"combining {shape_text(shape)} and {shape_text(value.shape)}")
            shape = tuple(other if one == 1 else one for one, other in zip(*lined, strict=True))
        return shape

    def rank(self, value: Value, least: int, most: int = 99) -> tuple[Size, ...]:
        """The shape of a value, if it has such a number of axes.

        Raises:
            ShapeError: it has not.
        """
        if not least <= len(value.shape) <= most:
            raise ShapeError(f"an array {shape_text(value.shape)} has {len(value.shape)} axes.")
        return value.shape
