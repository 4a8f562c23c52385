"""What is kept while a model runs: which feature map each tensor is, and in which module each step stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symderive.core.dims import Size, shape_text
from symderive.errors import InternalError, ShapeError
from symderive.imports.margins import Surrounded
from symderive.imports.torch_modules.arrays import Arrays, Own
from symderive.imports.torch_modules.sizes import Sizes
from symderive.layers.layer import Layer
from symderive.networks import Feature
from symderive.networks.block import Array
from symderive.networks.operations import Learned, Opaque
from symderive.networks.trace import Trace

Scope = tuple[tuple[str, int | None], ...]
"""The names of the modules around a step, each with the number of the call; a list of modules has no call."""


def check_entries(shape: Sequence[Size], what: str) -> None:
    """Check that a result has entries.

    Raises:
        ShapeError: it has none.
    """
    if 0 in shape:
        raise ShapeError(
            f"{what}: the result, {shape_text(tuple(shape))}, has no entries; give larger sizes."
        )


@dataclass
class Record:
    """One run of a model.

    Attributes:
        trace: the steps.
        sizes: sizes of torch in our symbols.
        arrays: parameters and buffers.
        scopes: for each step the modules around it.
        scope: the modules that are running.
    """

    trace: Trace
    sizes: Sizes
    arrays: Arrays
    scopes: list[Scope] = field(default_factory=list)
    scope: Scope = ()
    _features: dict[int, Feature] = field(default_factory=dict)
    _alive: list[Any] = field(default_factory=list)
    _sources: dict[int, Any] = field(default_factory=dict)
    _surrounded: dict[int, Surrounded] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The module that is running, in words."""
        return ".".join(name for name, _ in self.scope) or "the model itself"

    def bind(self, tensor: Any, feature: Feature) -> None:
        """Note which feature map a tensor is."""
        self._features[id(tensor)] = feature
        self.keep(tensor)

    def view(self, tensor: Any, source: Any) -> None:
        """Note that a tensor is a view of another one."""
        self._sources[id(tensor)] = source
        self.keep(tensor)

    def written(self, tensor: Any) -> None:
        """Note that a tensor was changed: what it is a view of is no longer known before there are data."""
        made, found = self.feature(tensor), tensor
        while id(found) in self._sources:
            found = self._sources[id(found)]
            if self.is_known(found) and not made.array.is_known:
                self.bind(found, replace(made, shape=self.sizes.shape(found)))

    def surround(self, tensor: Any, zeros: Surrounded) -> None:
        """Note that there are zeros around the entries of a tensor."""
        self._surrounded[id(tensor)] = zeros
        self.keep(tensor)

    def surrounded(self, tensor: Any) -> Surrounded:
        """The zeros around the entries of a tensor, also of one that is seen as a batch of one."""
        shape, source = self.sizes.shape(tensor), self._sources.get(id(tensor))
        if id(tensor) in self._surrounded:
            return self._surrounded[id(tensor)]
        if source is not None and shape == (1, *self.sizes.shape(source)):
            return self.surrounded(source).with_an_axis_in_front()
        return Surrounded.by_none(shape)

    def changing(self, tensor: Any) -> None:
        """Note that other entries are put into a tensor, and so into what it is a view of."""
        found = tensor
        while found is not None:
            self._surrounded.pop(id(found), None)
            found = self._sources.get(id(found))

    def keep(self, tensor: Any) -> None:
        """Keep a tensor, so that no other one gets its identity."""
        self._alive.append(tensor)

    def feature(self, tensor: Any) -> Feature:
        """The feature map that a tensor is.

        A parameter becomes one of its own where it is first used; what came from nowhere is a constant.
        """
        if id(tensor) not in self._features:
            self.bind(tensor, replace(self._first_used(tensor), shape=self.sizes.shape(tensor)))
        return self._features[id(tensor)]

    def _first_used(self, tensor: Any) -> Feature:
        own, source = self.arrays.of(tensor), self._sources.get(id(tensor))
        if own is not None and own.is_parameter:
            return self.array_of(own)
        if source is not None and (not self.is_known(source) or self._is_whole(tensor, source)):
            return self.feature(source)
        return self._constant(tensor)

    def _is_whole(self, tensor: Any, source: Any) -> bool:
        """Whether a view has all entries of what it is a view of."""
        return self.sizes.is_same(self.sizes.shape(tensor), self.sizes.shape(source))

    def is_known(self, tensor: Any) -> bool:
        """Whether a tensor depends neither on the inputs nor on the parameters."""
        if id(tensor) in self._features:
            return self._features[id(tensor)].array.is_known
        if id(tensor) in self._sources:
            return self.is_known(self._sources[id(tensor)])
        own = self.arrays.of(tensor)
        return own is None or not own.is_parameter

    def _constant(self, tensor: Any) -> Feature:
        shape = self.sizes.shape(tensor)
        return Feature(shape, self.trace, Array(shape, is_known=True))

    def array_of(self, own: Own) -> Feature:
        """A parameter as a feature map, in a step of its own where it is not counted yet."""
        holder = Feature(own.shape, self.trace, Array(own.shape))
        if self.arrays.is_counted(own):
            return holder
        self.arrays.count([own])
        return self._held(own)

    def _held(self, own: Own) -> Feature:
        """An array of the model in a step of its own."""
        return self.step([], own.step, Learned, own.shape, is_trained=own.is_trained)

    def put_aside(self, own: Own) -> None:
        """An array of the model in a step that is not computed."""

        def run() -> Array:
            return self.trace.apply((), own.step, Learned, own.shape, is_trained=own.is_trained)

        self.put(self.trace.recorded(own.name, run, is_run=False)[0].children)

    def step(
        self,
        reads: Sequence[Feature],
        name: str,
        kind: Callable[..., Layer],
        /,
        *sizes: Any,
        weights: Iterable[Any] = (),
        **options: Any,
    ) -> Feature:
        """Add a layer.

        Args:
            reads: the feature maps that it is applied to.
            name: how the step is called.
            kind: the layer's class.
            *sizes: its sizes.
            weights: the tensors that are the layer's parameters and buffers, None for one that is not there.
                Where they are not all parameters and buffers of the model that were not counted before, the
                layer counts none, and those of them that were not counted get a step of their own.
            **options: its options.
        """
        given = [one for one in weights if one is not None]
        owned = [own for one in given if (own := self.arrays.of(one)) is not None]
        fresh = [own for own in dict.fromkeys(owned) if not self.arrays.is_counted(own)]
        is_own = len(fresh) == len(given) and all(own.is_trained == own.is_parameter for own in fresh)
        self.arrays.count(fresh)
        if not is_own:
            for own in fresh:
                self._held(own)

        def run() -> Array:
            arrays = (one.array for one in reads)
            return self.trace.apply(arrays, name, kind, *sizes, **options)

        block, array = self.trace.recorded(name, run, is_trained=is_own)
        self.put(block.children)
        return Feature(array.shape, self.trace, array)

    def put(self, steps: Iterable[Any]) -> None:
        """Add steps where the model runs."""
        for step in steps:
            self.trace.put(step)
            self.scopes.append(self.scope)

    def unknown(self, name: str, why: str, given: Sequence[Any], tensors: Sequence[Any]) -> None:
        """A step that is not counted, and said to be; its further results are of the same step.

        Args:
            name: the operation.
            why: why it is not counted, in words; empty where it is not known.
            given: the tensors that it reads.
            tensors: its results.
        """
        reads = [self.feature(one) for one in given]
        shape, inputs = self.sizes.shape(tensors[0]), tuple(one.shape for one in reads)
        check_entries(shape, f"{name} in {self.place}")
        called = f"{name} ({why})" if why else name
        made = self.step(reads, name, Opaque, shape, called=called, inputs=inputs)
        for tensor in tensors:
            self.bind(tensor, replace(made, shape=self.sizes.shape(tensor)))

    def results(self, tensors: Sequence[Any], made: Sequence[Feature], old: Iterable[Feature]) -> None:
        """Note which feature maps the results of an operation are, in the shapes that torch gives them.

        Args:
            tensors: the results.
            made: their feature maps; a result behind them is of no further use, such as a saved mean.
            old: those that the operation was given; of them a result may be a part, or a repetition.

        Raises:
            InternalError: a layer gives another number of entries than torch has.
        """
        before = {id(one.array) for one in old}
        for tensor, feature in zip(tensors, made, strict=False):
            shape = self.sizes.shape(tensor)
            if id(feature.array) not in before and not self.sizes.is_same(feature.array.shape, shape):
                raise InternalError(
                    f"importing {self.place}: a layer gives {feature.array.shape} where torch has {shape}."
                )
            self.bind(tensor, replace(feature, shape=shape))
