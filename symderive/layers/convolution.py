"""The pieces that the two-dimensional convolutions share: fields, indices and the sum over a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.errors import SymderiveError
from symderive.layers.layer import free_dims, require
from symderive.layers.window import extents, pair, windows

SPATIAL = ("Hprime", "Wprime")


def settle(layer: Any, sizes: tuple[str, ...]) -> None:
    """Turn the fields of a convolution into sizes and check them.

    Args:
        layer: the frozen dataclass under construction.
        sizes: the fields that hold one size each.

    Raises:
        ShapeError: a field that is not a size, or a window that does not fit.
        SymderiveError: padding "same" with a stride.
    """
    name = type(layer).__name__
    for field in sizes:
        object.__setattr__(layer, field, as_size(getattr(layer, field), f"{name}: {field}"))
    if layer.batch is not None:
        object.__setattr__(layer, "batch", as_size(layer.batch, f"{name}: batch"))
    for field, least in (("kernel", 1), ("stride", 1), ("dilation", 1), ("padding", 0)):
        value = getattr(layer, field)
        if not (field == "padding" and value == "same"):
            object.__setattr__(layer, field, pair(value, f"{name}: {field}", least))
    if layer.padding == "same" and any(stride != 1 for stride in layer.stride):
        raise SymderiveError(
            f'{name}: padding "same" means an output as large as the input; it needs stride 1.'
        )
    require(condition for window in windows(layer) for condition in window.conditions(name))


def outputs(layer: Any) -> tuple[tuple[Size, ...], dict[Dim, Size]]:
    """The output height and width as the program uses them, and what new names mean."""
    fields = ("c_in", "c_out", "groups", "batch", "height", "width")
    taken = {symbol.name for field in fields for symbol in free_dims(getattr(layer, field, None))}
    return extents(windows(layer), SPATIAL, taken)


def kernel_roles(kernel: tuple[Size, Size]) -> tuple[str, str]:
    """`k` twice for a square kernel of known size, otherwise `k_h` and `k_w`."""
    return ("k", "k") if kernel[0] == kernel[1] else ("k_h", "k_w")


def common_roles(layer: Any) -> dict[str, tuple[str, ...]]:
    """The roles of the fields that every convolution has."""
    roles = {"kernel": kernel_roles(layer.kernel), "height": ("H",), "width": ("W",)}
    return roles if layer.batch is None else {"batch": ("N",), **roles}


def leading(batch: Size | None) -> tuple[Index, ...]:
    """The batch index, if there is a batch."""
    return () if batch is None else (Index("n", batch),)


def batch_sizes(batch: Size | None) -> tuple[Size, ...]:
    """The size of the batch axis, if there is one."""
    return () if batch is None else (batch,)


def slide(
    layer: Any,
    into: Tensor,
    free: tuple[Index, ...],
    operands: Mapping[str, tuple[Tensor, tuple[Any, ...]]],
    channel: Index | None,
) -> Definition:
    """`into[…, i, j] = Σ weight[…, u, v] · x[…, s·i + d·u − p, s·j + d·v − p] + bias[…]`.

    Args:
        layer: supplies the windows.
        into: what is defined; its last two axes are the output's height and width.
        free: the free indices in front of the last two.
        operands: "weight", "x" and, if there is one, "bias": the tensor and its leading positions.
        channel: the input channel summed over, if there is one.
    """
    vertical, horizontal = windows(layer)
    i, j = Index("i", into.shape[-2]), Index("j", into.shape[-1])
    u, v = Index("u", vertical.kernel), Index("v", horizontal.kernel)
    weight, weight_axes = operands["weight"]
    x, x_axes = operands["x"]
    read = Entry(x, *x_axes, vertical.position(i, u), horizontal.position(j, v))
    bound = (u, v) if channel is None else (channel, u, v)
    body = IndexSum(Entry(weight, *weight_axes, u, v) * read, *bound)
    if "bias" in operands:
        bias, bias_axes = operands["bias"]
        body = body + Entry(bias, *bias_axes)
    return Definition(into, (*free, i, j), body, pinned=True)
