"""What the layers share whose output has one entry for each of the input."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import Size
from symderive.layers.layer import Layer


class Elementwise(Layer):
    """Abstract: a layer whose output has the shape of its input, which is `batch`."""

    batch: Any

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """That of the input."""
        return self.batch

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The input's sizes."""
        return self.batch
