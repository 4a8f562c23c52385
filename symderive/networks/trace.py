"""The record that is kept while a network is applied to the shape of its input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, as_size
from symderive.errors import ShapeError
from symderive.layers.layer import Layer, require
from symderive.networks.block import Array, Block, Step
from symderive.networks.extents import Extents
from symderive.networks.shapes import Shape

Child = Block | Step


class Trace:
    """Steps in the order in which they are applied, in nested blocks, with the names of their sizes.

    Attributes:
        extents: the names of the extents of feature maps, and what they mean.
        conditions: what the steps need, each once.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self.extents = Extents(self.taken)
        self.conditions: dict[Any, None] = {}
        self._open: list[list[Child]] = [[]]
        self._is_run, self._is_trained = [True], [True]
        self._tables: dict[tuple[str, Shape], Array] = {}

    def apply(
        self,
        reads: Iterable[Array],
        name: str,
        kind: Callable[..., Layer],
        /,
        *sizes: Any,
        **options: Any,
    ) -> Array:
        """Add the layer `kind(*sizes, **options)` to the block that is open; what it makes of `reads`."""
        layer, shape, conditions = _made(kind, _hashable(sizes), _hashable(tuple(options.items())))
        return self.add(reads, name, layer, shape, conditions)

    def add(
        self,
        reads: Iterable[Array],
        name: str,
        layer: Layer,
        shape: Shape,
        conditions: Iterable[Any],
        *,
        is_trained: bool = True,
    ) -> Array:
        """Add a layer to the block that is open; what it makes, a shape with named extents."""
        made = Array(tuple(map(self.extents.settled, shape)))
        if self._is_run[-1]:
            self.conditions.update(dict.fromkeys(conditions))
        own = self._is_trained[-1] and is_trained
        step = Step(name, layer, made.shape, tuple(reads), made, own, self._is_run[-1])
        self._open[-1].append(step)
        return made

    def table(self, name: str, shape: Shape) -> Array:
        """The array of this name and shape that is known before there are data; there is one of each."""
        return self._tables.setdefault((name, shape), Array(shape, is_known=True))

    def require(self, condition: Any, sentence: str) -> None:
        """Note a condition.

        Raises:
            ShapeError: it is false.
        """
        self.conditions.update(dict.fromkeys(require([(condition, sentence)])))

    def within(self, name: str, run: Callable[[], Any], **options: bool) -> Any:
        """What `run` gives, its steps in a block of their own.

        Args:
            name: how the block is called.
            run: applies the steps.
            **options: `is_trained=False` where the parameters are those of other steps; `is_run=False` where
                the steps are not computed at inference.
        """
        block, result = self.recorded(name, run, **options)
        self.put(block)
        return result

    def put(self, child: Child) -> None:
        """Add a block or a step to the block that is open."""
        self._open[-1].append(child)

    def recorded(self, name: str, run: Callable[[], Any], **options: bool) -> tuple[Block, Any]:
        """The block of the steps that `run` applies, and what `run` gives."""
        self._open.append([])
        self._is_trained.append(self._is_trained[-1] and options.get("is_trained", True))
        self._is_run.append(self._is_run[-1] and options.get("is_run", True))
        try:
            result = run()
            children = self._open[-1]
        finally:
            self._open.pop()
            self._is_trained.pop()
            self._is_run.pop()
        given = result if isinstance(result, (tuple, list)) else (result,)
        arrays = tuple(one.array for one in given if hasattr(one, "array"))
        shape = getattr(result, "shape", ())
        return Block(name, numbered(children), tuple(shape), gives=arrays), result

    def check_free_of(self, index: Dim, known: int, name: str) -> None:
        """Check that neither an extent nor a condition behind the first `known` ones depends on `index`.

        Raises:
            ShapeError: one does; there is no closed form of a sum over it.
        """
        found = [*self.extents.meanings.values(), *list(self.conditions)[known:]]
        for one in found:
            if index in one.free_symbols:
                raise ShapeError(
                    f"repeating {name}: {one} depends on the repetition {index} in a way that has no closed "
                    f"form; apply {name} one by one."
                )

    def rooted(self, name: str, shape: Shape, arrays: tuple[Array, ...]) -> Block:
        """Everything that was applied, as one block with a first output of this shape, and all outputs."""
        (children,) = self._open
        return Block(name, numbered(children), shape, gives=arrays)


def numbered(children: list[Child]) -> tuple[Child, ...]:
    """Children with names that differ: where a name comes again, `conv1`, `conv2`."""
    often = Counter(child.name for child in children)
    taken = {name for name, count in often.items() if count == 1}
    numbers: Counter[str] = Counter()
    named = []
    for child in children:
        name = child.name
        while often[child.name] > 1 and (name == child.name or name in taken):
            numbers[child.name] += 1
            name = f"{child.name}{numbers[child.name]}"
        named.append(replace(child, name=name))
    return tuple(named)


@lru_cache(maxsize=4096)
def _made(
    kind: Callable[..., Layer], sizes: tuple[Any, ...], options: tuple[tuple[str, Any], ...]
) -> tuple[Layer, Shape, tuple[Any, ...]]:
    """A layer, its output's shape and its conditions; a network has the same layer at many places."""
    layer = kind(*sizes, **dict(options))
    return layer, layer.output_shape, layer.conditions


def _hashable(value: Any) -> Any:
    """Lists as tuples."""
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


def size_of(value: Any, what: str) -> Size:
    """A size, or 0; a name becomes a symbol.

    >>> size_of("L", "depth"), size_of(0, "depth")
    (L, 0)
    """
    return sympy.S.Zero if not isinstance(value, str) and value == 0 else as_size(value, what)
