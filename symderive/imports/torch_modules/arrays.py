"""The parameters and buffers of a model: which of them are counted already, and which stand where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from symderive.core.dims import Size


@dataclass(frozen=True, eq=False)
class Own:
    """A parameter or a buffer of a model.

    Attributes:
        name: its full name, such as `layer1.0.conv1.weight`.
        tensor: the array itself.
        shape: its sizes.
        is_parameter: whether it is a parameter, or a buffer.
        is_trained: whether it is a parameter that asks for a gradient.
    """

    name: str
    tensor: Any
    shape: tuple[Size, ...]
    is_parameter: bool
    is_trained: bool

    @property
    def step(self) -> str:
        """How a step of its own is called: the last part of its name, with what is to be said of it."""
        plain = self.name.rpartition(".")[2]
        return f"{plain} (frozen)" if self.is_parameter and not self.is_trained else plain


class Arrays:
    """The arrays of a model, each once however many names it has.

    A buffer without axes, such as the counter of batches of a batch normalisation, is no array.
    """

    def __init__(self, owned: Iterable[Own]) -> None:
        self._by_tensor: dict[int, Own] = {}
        for own in owned:
            if own.shape or own.is_parameter:
                self._by_tensor.setdefault(id(own.tensor), own)
        self._counted: set[Own] = set()

    def __iter__(self) -> Iterator[Own]:
        """All of them, in the order of the model."""
        return iter(self._by_tensor.values())

    def of(self, tensor: Any) -> Own | None:
        """The array that a tensor is; None for another tensor."""
        return self._by_tensor.get(id(tensor))

    def view(self, tensor: Any, own: Own) -> None:
        """Note that a tensor is all of an array in another shape."""
        self._by_tensor.setdefault(id(tensor), own)

    def count(self, owned: Iterable[Own]) -> None:
        """Note that arrays are counted."""
        self._counted.update(owned)

    def is_counted(self, own: Own) -> bool:
        """Whether an array is counted already."""
        return own in self._counted

    def left(self) -> list[Own]:
        """What is not counted yet, in the order of the model."""
        return [own for own in dict.fromkeys(self) if own not in self._counted]
