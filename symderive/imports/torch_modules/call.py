"""One operation of torch while a model runs: its arguments by name, in our terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy

from symderive.core.dims import Size
from symderive.imports.torch_modules.record import Record
from symderive.layers.layer import Layer
from symderive.networks import Feature
from symderive.networks.operations import Pointwise
from symderive.networks.shapes import missing_axes


@dataclass(frozen=True)
class Call:
    """One operation.

    Attributes:
        record: the run that it belongs to.
        name: the operation without what tells its overloads apart, such as "add".
        arguments: the values given, by name; a default where none is given.
        tensors: the results that are tensors.
    """

    record: Record
    name: str
    arguments: Mapping[str, Any]
    tensors: tuple[Any, ...]

    def __getitem__(self, name: str) -> Any:
        """The value of an argument; None for one that this overload does not have."""
        return self.arguments.get(name)

    def given(self) -> Iterator[Any]:
        """The tensors among the arguments, also in lists, in their order."""
        for value in self.arguments.values():
            for one in value if isinstance(value, (tuple, list)) else (value,):
                if is_tensor(one):
                    yield one

    @property
    def first(self) -> Feature:
        """The first tensor that is given."""
        return self.record.feature(next(self.given()))

    @property
    def shape(self) -> tuple[Size, ...]:
        """The shape of the first result."""
        return self.record.sizes.shape(self.tensors[0])

    def feature(self, name: str) -> Feature:
        """The feature map that an argument is."""
        return self.record.feature(self[name])

    def size(self, value: Any) -> Size:
        """A size that is given as a number of torch."""
        return self.record.sizes.size(value)

    def sizes(self, name: str, count: int) -> tuple[Size, ...]:
        """One size for each of so many axes; a single one is for all of them."""
        value = self[name]
        given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        return tuple(map(self.size, given * count if len(given) == 1 else given))

    def axes(self, name: str, rank: int) -> tuple[int, ...]:
        """Axes counted from the front; all of them where none is given."""
        value = self[name]
        given = value if isinstance(value, (tuple, list)) else () if value is None else (value,)
        return tuple(sorted({int(axis) % rank for axis in given})) or tuple(range(rank))

    def step(
        self,
        reads: Sequence[Feature],
        kind: Callable[..., Layer],
        *sizes: Any,
        weights: Iterable[Any] = (),
        name: str = "",
        **options: Any,
    ) -> Feature:
        """Add a layer; see `Record.step`."""
        return self.record.step(reads, name or self.name, kind, *sizes, weights=weights, **options)

    def pointwise(self, body: sympy.Expr, *reads: Feature, name: str = "") -> Feature:
        """A function of one entry of each of several feature maps, whose axes line up from the last one."""
        shape: tuple[Size, ...] = ()
        for one in reads:
            shape = self.record.sizes.together(shape, one.shape)
        missing = tuple(missing_axes(one.shape, shape) for one in reads)
        return self.step(reads, Pointwise, shape, body=body, missing=missing, name=name)


Made: TypeAlias = Feature | tuple[Feature, ...] | None
Operation: TypeAlias = Callable[[Call], Made]
"""What an operation adds to the record; None where it is not known after all."""


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of torch."""
    return hasattr(value, "untyped_storage")


def number(value: Any) -> sympy.Expr:
    """A scalar exactly as it is written; a symbolic one is some constant.

    >>> number(0.1), number(2)
    (1/10, 2)
    """
    if isinstance(value, bool):
        return sympy.Integer(int(value))
    if isinstance(value, int):
        return sympy.Integer(value)
    if isinstance(value, float):
        return (
            sympy.Rational(str(value)) if abs(value) != float("inf") else sympy.oo * (1 if value > 0 else -1)
        )
    return sympy.Symbol("c", real=True)
