"""The unit that the mobile families share."""

from __future__ import annotations

from symderive.networks.architecture import Feature


def inverted(
    x: Feature,
    stride: int,
    inner: int,
    channels: int,
    kernel: int = 3,
    function: str = "relu",
    squeeze: int = 0,
    gate: tuple[str, str] = ("relu", "sigmoid"),
) -> Feature:
    """An inverted residual: widened by a 1×1 convolution, depthwise, narrowed without an activation.

    It is added to the input where the shape stays; where nothing is widened, the first convolution is not
    there.

    Source: M. Sandler et al., MobileNetV2, arXiv:1801.04381, section 3.3.

    Args:
        x: images.
        stride: that of the depthwise convolution.
        inner: channels inside.
        channels: channels of the output.
        kernel: that of the depthwise convolution.
        function: the activation.
        squeeze: channels of the narrow layer of a gate; 0 for no gate.
        gate: the activation inside the gate, and the function that gives it.
    """
    inside = x if x.channels == inner else x.conv_norm(inner, 1, function=function, name="expand")
    inside = inside.conv_norm(inner, kernel, stride, groups=inner, function=function, name="depthwise")
    if squeeze:
        inside = inside.gated(squeeze, *gate)
    return with_shortcut(x, inside.conv_norm(channels, 1, function=None, name="project"), stride)


def with_shortcut(x: Feature, inside: Feature, stride: int) -> Feature:
    """The sum of input and result, where they have the same shape."""
    return inside + x if stride == 1 and x.channels == inside.channels else inside
