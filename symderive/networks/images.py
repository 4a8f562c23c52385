"""Layers of feature maps that are images: (batch, channels, height, width)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from symderive.core.dims import Size, as_size
from symderive.layers import AdaptiveAvgPool2d, AvgPool2d, BatchNorm2d, Conv2d, LayerNorm, MaxPool2d
from symderive.networks.flow import Flow


@dataclass(frozen=True, eq=False)
class Images(Flow):
    """Abstract: what is applied to images."""

    @property
    def channels(self) -> Size:
        """How many channels there are."""
        return self.shape[1]

    def conv(
        self,
        channels: Any,
        kernel: Any,
        stride: Any = 1,
        padding: Any = 0,
        *,
        groups: Any = 1,
        dilation: Any = 1,
        bias: bool = False,
        name: str = "conv",
    ) -> Self:
        """A convolution; see `symderive.layers.Conv2d`. It has no bias unless asked for.

        Raises:
            ShapeError: no image, or sizes that do not fit.
        """
        batch, own, height, width = self.image(name)
        channels = as_size(channels, f"{name}: channels")
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        return self.step(
            name,
            Conv2d,
            own,
            channels,
            kernel,
            height,
            width,
            **options,
            groups=groups,
            bias=bias,
            batch=batch,
        )

    def batch_norm(self, name: str = "norm") -> Self:
        """Batch normalisation as at inference; see `symderive.layers.BatchNorm2d`."""
        batch, channels, height, width = self.image(name)
        return self.step(name, BatchNorm2d, channels, height, width, batch=batch)

    def channel_norm(self, name: str = "norm") -> Self:
        """Layer normalisation over the channels of each position; see `symderive.layers.LayerNorm`."""
        batch, channels, height, width = self.image(name)
        return self.step(name, LayerNorm, channels, (batch, height, width)).with_shape(self.shape)

    def conv_norm(
        self,
        channels: Any,
        kernel: Any,
        stride: Any = 1,
        *,
        padding: Any = None,
        groups: Any = 1,
        function: str | None = "relu",
        name: str = "conv",
    ) -> Self:
        """A convolution, batch normalisation, and an activation if there is one.

        Without a padding that is half of the kernel, so that with a stride of 1 the image keeps its size.
        """
        if padding is None:
            padding = tuple(one // 2 for one in kernel) if isinstance(kernel, tuple) else kernel // 2
        return self.block(name, _conv_norm, channels, kernel, stride, padding, groups, function)

    def max_pool(
        self,
        kernel: int,
        stride: int | None = None,
        padding: int = 0,
        *,
        ceil: bool = False,
        name: str = "pool",
    ) -> Self:
        """The largest entry of each window; see `symderive.layers.MaxPool2d`.

        With `ceil` a last window that is only partly inside counts, as with PyTorch's `ceil_mode`.
        """
        behind = padding + (kernel if stride is None else stride) - 1 if ceil else padding
        return self._pool(MaxPool2d, kernel, stride, ((padding, behind),) * 2, name)

    def avg_pool(self, kernel: Any, stride: Any = None, padding: Any = 0, name: str = "pool") -> Self:
        """The mean of each window; see `symderive.layers.AvgPool2d`."""
        return self._pool(AvgPool2d, kernel, stride, padding, name)

    def _pool(self, kind: Any, kernel: Any, stride: Any, padding: Any, name: str) -> Self:
        batch, channels, height, width = self.image(name)
        options = {"stride": stride, "padding": padding, "batch": batch}
        return self.step(name, kind, channels, kernel, height, width, **options)

    def global_pool(self, name: str = "pool") -> Self:
        """The mean of each channel over all positions: (batch, channels)."""
        self.image(name)
        return self.mean(2, 3, name=name)

    def adaptive_pool(self, outputs: Any, name: str = "pool") -> Self:
        """Means over so many windows along each axis; see `symderive.layers.AdaptiveAvgPool2d`."""
        batch, channels, height, width = self.image(name)
        return self.step(name, AdaptiveAvgPool2d, channels, height, width, outputs, batch=batch)

    def gated(self, squeeze: Any, function: str = "relu", gate: str = "sigmoid", name: str = "gate") -> Self:
        """Squeeze and excitation: each channel times a gate between 0 and 1 that depends on all channels.

        Source: J. Hu, L. Shen, G. Sun, Squeeze-and-Excitation Networks, arXiv:1709.01507, equations 2 to 4.

        Args:
            squeeze: channels of the narrow layer.
            function: its activation.
            gate: the function that gives the gate.
            name: how the block is called.
        """
        return self.block(name, _gated, squeeze, function, gate)

    def tokens(self) -> Self:
        """A sequence with one entry per position: (batch, height · width, channels)."""
        batch, channels, height, width = self.image("tokens")
        return self.with_shape((batch, height * width, channels))

    def image(self, doing: str) -> tuple[Size, ...]:
        """The four sizes.

        Raises:
            ShapeError: another number of axes.
        """
        return self.sizes_as(doing, "image", ("batch", "channels", "height", "width"))


def _conv_norm(
    x: Any, channels: Any, kernel: Any, stride: Any, padding: Any, groups: Any, function: Any
) -> Any:
    x = x.conv(channels, kernel, stride, padding, groups=groups).batch_norm()
    return x if function is None else x.activation(function)


def _gated(x: Any, squeeze: Any, function: str, gate: str) -> Any:
    batch, channels = x.shape[:2]
    pooled = x.global_pool().moved(batch, channels, 1, 1)
    narrow = pooled.conv(squeeze, 1, bias=True).activation(function)
    return x * narrow.conv(channels, 1, bias=True).activation(gate)
