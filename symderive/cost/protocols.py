"""What `cost` asks of a layer, and of a network of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Tensor
from symderive.core.program import Program


class Sized(Protocol):
    """Sizes, and what has to hold of them."""

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """What named sizes are in the sizes of the input."""

    @property
    def conditions(self) -> tuple[Any, ...]:
        """What has to hold of the sizes."""

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The sizes in writing order."""


@runtime_checkable
class Costable(Sized, Protocol):
    """What `cost` asks of a layer or network; the layers of `symderive.layers` answer it."""

    def __hash__(self) -> int:
        """Equal layers are counted once."""

    def program(self) -> Program:
        """The index equations."""

    def named(self) -> tuple[Self, Mapping[Dim, int]]:
        """The same with symbols for its integer sizes, and their values."""

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The trainable arrays."""

    @property
    def buffers(self) -> tuple[Tensor, ...]:
        """The arrays that are kept and not trained."""

    @property
    def data(self) -> tuple[Tensor, ...]:
        """The inputs that are neither parameters nor buffers."""

    @property
    def results(self) -> tuple[Tensor, ...]:
        """The outputs of the equations that are handed on: not the next values of buffers."""

    def in_training(self) -> Self:
        """The same as it is computed while it is trained."""


class Placeable(Costable, Protocol):
    """What `cost` asks of a layer in a network."""

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The shape of the output in the sizes of the input."""

    def generic(self) -> tuple[Self, Mapping[Dim, Size]]:
        """The same with a symbol for each of its sizes, and what each symbol stands for."""


class Stored(Protocol):
    """An array of a network; views of it are the same one."""

    def __hash__(self) -> int:
        """Each array is another one, whatever its shape."""

    @property
    def shape(self) -> tuple[Size, ...]:
        """The sizes of its axes."""

    @property
    def is_known(self) -> bool:
        """Whether it is known before there are data."""


@dataclass(frozen=True, eq=False)
class Alone:
    """An array of a layer, or of a repetition, that stands alone.

    Attributes:
        shape: the sizes of its axes.
        is_known: whether it is known before there are data.
    """

    shape: tuple[Size, ...]
    is_known: bool = False


class Looped(Protocol):
    """How an array goes round a repeated block."""

    @property
    def start(self) -> Stored:
        """What the first repetition is given."""

    @property
    def enter(self) -> Stored:
        """What the steps of a repetition read for it."""

    @property
    def leave(self) -> Stored:
        """What a repetition makes of it."""

    @property
    def end(self) -> Stored:
        """What the last repetition makes of it."""


class Placed(Protocol):
    """One layer at its place in a network."""

    @property
    def name(self) -> str:
        """How it is called in its block."""

    @property
    def layer(self) -> Placeable:
        """What is computed."""

    @property
    def shape(self) -> tuple[Size, ...]:
        """The shape of its output in the sizes of the network."""

    @property
    def reads(self) -> tuple[Stored, ...]:
        """The arrays that it is applied to, in the order of the layer's inputs."""

    @property
    def writes(self) -> Stored:
        """The array that it makes."""

    @property
    def is_trained(self) -> bool:
        """Whether its parameters are its own."""

    @property
    def is_run(self) -> bool:
        """Whether it is computed at inference."""


class Repeated(Protocol):
    """Layers and blocks in a row, perhaps repeated."""

    @property
    def name(self) -> str:
        """How it is called in the block around it."""

    @property
    def children(self) -> Sequence[Any]:
        """What it consists of: `Placed` or `Repeated`."""

    @property
    def shape(self) -> tuple[Size, ...]:
        """The shape of its output."""

    @property
    def times(self) -> Size:
        """How often it comes."""

    @property
    def index(self) -> Dim | None:
        """The number of the repetition, where sizes depend on it."""

    @property
    def loop(self) -> Looped | None:
        """Of a repeated block, the arrays that go round."""

    @property
    def gives(self) -> Sequence[Stored]:
        """Where what it gives is stored; a network may give several arrays."""


@runtime_checkable
class Network(Sized, Protocol):
    """A whole network; those of `symderive.networks` answer this."""

    @property
    def root(self) -> Repeated:
        """Everything that is computed."""
