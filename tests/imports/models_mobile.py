"""Families with depthwise convolutions and gates as torch modules, the way people write them."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.imports.models_convolutions import conv_norm


class MobileNetV1(nn.Module):
    """Depthwise and pointwise convolutions."""

    def __init__(self, width=32, classes=1000):
        super().__init__()
        rows = [(1, 2, 1), (2, 4, 2), (4, 4, 1), (4, 8, 2), (8, 8, 1), (8, 16, 2)]
        rows += [(16, 16, 1)] * 5 + [(16, 32, 2), (32, 32, 1)]
        layers = [conv_norm(3, width, 3, 2)]
        for c_in, c_out, stride in rows:
            layers.append(conv_norm(c_in * width, c_in * width, 3, stride, groups=c_in * width))
            layers.append(conv_norm(c_in * width, c_out * width, 1))
        self.features, self.fc = nn.Sequential(*layers), nn.Linear(32 * width, classes)

    def forward(self, x):
        return self.fc(self.features(x).mean([2, 3]))


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels, squeeze, function=nn.ReLU, gate=nn.Sigmoid):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeeze, 1), nn.Conv2d(squeeze, channels, 1)
        self.avgpool, self.function, self.gate = nn.AdaptiveAvgPool2d(1), function(), gate()

    def forward(self, x):
        return self.gate(self.fc2(self.function(self.fc1(self.avgpool(x))))) * x


class Inverted(nn.Module):
    """Widened, depthwise, perhaps gated, narrowed."""

    def __init__(self, c_in, inner, c_out, kernel, stride, function, squeeze=0, gates=(nn.ReLU, nn.Sigmoid)):
        super().__init__()
        layers = [conv_norm(c_in, inner, 1, function=function)] if inner != c_in else []
        layers.append(conv_norm(inner, inner, kernel, stride, groups=inner, function=function))
        layers += [Gate(inner, squeeze, *gates)] if squeeze else []
        layers.append(conv_norm(inner, c_out, 1, function=None))
        self.conv, self.is_residual = nn.Sequential(*layers), stride == 1 and c_in == c_out

    def forward(self, x):
        return self.conv(x) + x if self.is_residual else self.conv(x)


class MobileNetV2(nn.Module):
    """Inverted residuals."""

    def __init__(self, rows=None, first=32, last=1280, classes=1000):
        super().__init__()
        rows = rows or [
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
            (6, 320, 1, 1),
        ]  # fmt: skip
        layers, c_in = [conv_norm(3, first, 3, 2, function=nn.ReLU6)], first
        for factor, c_out, count, stride in rows:
            for place in range(count):
                step = stride if not place else 1
                layers.append(Inverted(c_in, factor * c_in, c_out, 3, step, nn.ReLU6))
                c_in = c_out
        layers.append(conv_norm(c_in, last, 1, function=nn.ReLU6))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, classes))

    def forward(self, x):
        x = nn.functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


class MobileNetV3(nn.Module):
    """Inverted residuals with gates; kernel, inside, outside, width of the gate, is it a swish, stride."""

    def __init__(self, rows, first=16, last=1280, classes=1000):
        super().__init__()
        layers, c_in = [conv_norm(3, first, 3, 2, function=nn.Hardswish)], first
        for kernel, inner, c_out, squeeze, is_swish, stride in rows:
            function = nn.Hardswish if is_swish else nn.ReLU
            gates = (nn.ReLU, nn.Hardsigmoid)
            layers.append(Inverted(c_in, inner, c_out, kernel, stride, function, squeeze, gates))
            c_in = c_out
        layers.append(conv_norm(c_in, 6 * c_in, 1, function=nn.Hardswish))
        self.features, self.avgpool = nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(6 * c_in, last), nn.Hardswish(inplace=True), nn.Dropout(), nn.Linear(last, classes)
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class EfficientNet(nn.Module):
    """Inverted residuals with gates and SiLU; factor, kernel, stride, channels, count."""

    def __init__(self, rows=None, first=32, last=1280, classes=1000):
        super().__init__()
        rows = rows or [
            (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
            (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
        ]  # fmt: skip
        layers, c_in = [conv_norm(3, first, 3, 2, function=nn.SiLU)], first
        for factor, kernel, stride, c_out, count in rows:
            for place in range(count):
                step, squeeze = stride if not place else 1, max(1, c_in // 4)
                inner = factor * c_in
                gates = (nn.SiLU, nn.Sigmoid)
                layers.append(Inverted(c_in, inner, c_out, kernel, step, nn.SiLU, squeeze, gates))
                c_in = c_out
        layers.append(conv_norm(c_in, last, 1, function=nn.SiLU))
        self.features, self.fc = nn.Sequential(*layers), nn.Linear(last, classes)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


def shuffled(x, groups):
    """The channels of the groups in turn."""
    batch, channels, height, width = x.size()
    x = x.view(batch, groups, channels // groups, height, width).transpose(1, 2).contiguous()
    return x.view(batch, channels, height, width)


class ShuffleUnit(nn.Module):
    """Half of the channels go through a branch, then all are shuffled."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        half, read = c_out // 2, c_in if stride > 1 else c_in // 2
        self.stride = stride
        if stride > 1:
            self.branch1 = nn.Sequential(
                conv_norm(c_in, c_in, 3, stride, c_in, function=None), conv_norm(c_in, half, 1)
            )
        self.branch2 = nn.Sequential(
            conv_norm(read, half, 1),
            conv_norm(half, half, 3, stride, half, function=None),
            conv_norm(half, half, 1),
        )

    def forward(self, x):
        if self.stride > 1:
            return shuffled(torch.cat([self.branch1(x), self.branch2(x)], 1), 2)
        one, other = x.chunk(2, dim=1)
        return shuffled(torch.cat((one, self.branch2(other)), 1), 2)


class ShuffleNetV2(nn.Module):
    """Three stages of such units."""

    def __init__(self, channels=(24, 116, 232, 464, 1024), counts=(4, 8, 4), classes=1000):
        super().__init__()
        layers, c_in = [conv_norm(3, channels[0], 3, 2), nn.MaxPool2d(3, 2, 1)], channels[0]
        for c_out, count in zip(channels[1:], counts, strict=False):
            layers += [ShuffleUnit(c_in if not i else c_out, c_out, 1 if i else 2) for i in range(count)]
            c_in = c_out
        layers.append(conv_norm(c_in, channels[-1], 1))
        self.features, self.fc = nn.Sequential(*layers), nn.Linear(channels[-1], classes)

    def forward(self, x):
        return self.fc(self.features(x).mean([2, 3]))


class RegNetBlock(nn.Module):
    """A bottleneck with groups, and a gate for RegNetY."""

    def __init__(self, c_in, c_out, stride, group_width, is_gated):
        super().__init__()
        self.proj = conv_norm(c_in, c_out, 1, stride, function=None) if stride != 1 or c_in != c_out else None
        layers = [conv_norm(c_in, c_out, 1), conv_norm(c_out, c_out, 3, stride, c_out // group_width)]
        layers += [Gate(c_out, round(0.25 * c_in))] if is_gated else []
        self.f = nn.Sequential(*layers, conv_norm(c_out, c_out, 1, function=None))

    def forward(self, x):
        return F.relu((x if self.proj is None else self.proj(x)) + self.f(x))


class RegNet(nn.Module):
    """Four stages of such blocks."""

    def __init__(self, widths, depths, group_width, is_gated=True, classes=1000):
        super().__init__()
        layers, c_in = [conv_norm(3, 32, 3, 2)], 32
        for c_out, count in zip(widths, depths, strict=True):
            for place in range(count):
                layers.append(RegNetBlock(c_in, c_out, 1 if place else 2, min(group_width, c_out), is_gated))
                c_in = c_out
        self.trunk, self.fc = nn.Sequential(*layers), nn.Linear(c_in, classes)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.trunk(x), 1).flatten(1))


class ChannelsLast(nn.LayerNorm):
    """Layer normalisation over the channels of each position."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    """A large depthwise convolution, then two linear layers with a scale behind them."""

    def __init__(self, width):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(width, width, 7, padding=3, groups=width), nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.ones(width, 1, 1))

    def forward(self, x):
        y = self.norm(self.conv(x).permute(0, 2, 3, 1))
        y = self.narrow(F.gelu(self.wide(y))).permute(0, 3, 1, 2)
        return x + self.scale * y


class ConvNeXt(nn.Module):
    """Four stages of such blocks."""

    def __init__(self, widths=(96, 192, 384, 768), depths=(3, 3, 9, 3), classes=1000):
        super().__init__()
        layers = [nn.Conv2d(3, widths[0], 4, 4), ChannelsLast(widths[0])]
        for number, (width, count) in enumerate(zip(widths, depths, strict=True)):
            if number:
                layers += [ChannelsLast(widths[number - 1]), nn.Conv2d(widths[number - 1], width, 2, 2)]
            layers += [ConvNeXtBlock(width) for _ in range(count)]
        self.features, self.norm = nn.Sequential(*layers), ChannelsLast(widths[-1])
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), 1)
        return self.fc(self.norm(x).flatten(1))
