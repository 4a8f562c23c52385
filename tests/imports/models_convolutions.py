"""Families of convolutional networks as torch modules, the way people write them; widths are arguments."""

import torch
from torch import nn
from torch.nn import functional as F


def conv_norm(c_in, c_out, kernel=3, stride=1, groups=1, function=nn.ReLU):
    """A convolution without a bias, batch normalisation, an activation."""
    layers = [
        nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    ]
    return nn.Sequential(*layers, *([function(inplace=True)] if function else []))


class AlexNet(nn.Module):
    """Convolutions with biases, dropout, windows of whatever size in front of the linear layers."""

    def __init__(self, width=64, hidden=4096, classes=1000):
        super().__init__()
        sizes = [(3, width, 11, 4, 2), (width, 3 * width, 5, 1, 2), (3 * width, 6 * width, 3, 1, 1)]
        sizes += [(6 * width, 4 * width, 3, 1, 1), (4 * width, 4 * width, 3, 1, 1)]
        layers = []
        for place, size in enumerate(sizes):
            layers += [nn.Conv2d(*size), nn.ReLU(inplace=True)]
            layers += [nn.MaxPool2d(3, 2)] if place in (0, 1, 4) else []
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(4 * width * 36, hidden), nn.ReLU(inplace=True),
            nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, classes),
        )  # fmt: skip

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class VGG(nn.Module):
    """Rows of 3×3 convolutions between pools."""

    def __init__(self, rows=(2, 2, 3, 3, 3), width=64, hidden=4096, classes=1000):
        super().__init__()
        layers, c_in = [], 3
        for stage, count in enumerate(rows):
            c_out = width * min(2**stage, 8)
            for _ in range(count):
                layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU(inplace=True)]
                c_in = c_out
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(c_in * 49, hidden), nn.ReLU(True), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(True), nn.Dropout(), nn.Linear(hidden, classes),
        )  # fmt: skip

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class BasicBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut."""

    grows = 1

    def __init__(self, c_in, width, stride, groups, group_width):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(c_in, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or c_in != width:
            self.downsample = conv_norm(c_in, width, 1, stride, function=None)

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class Bottleneck(nn.Module):
    """1×1, 3×3 (perhaps in groups), 1×1."""

    grows = 4

    def __init__(self, c_in, width, stride, groups, group_width):
        super().__init__()
        inner, outer = width * group_width // 64 * groups, 4 * width
        self.conv1, self.bn1 = nn.Conv2d(c_in, inner, 1, bias=False), nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = nn.Conv2d(inner, outer, 1, bias=False), nn.BatchNorm2d(outer)
        self.downsample = conv_norm(c_in, outer, 1, stride, function=None) if c_in != outer else nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """Also ResNeXt (groups) and Wide ResNet (group_width)."""

    def __init__(
        self, block=BasicBlock, blocks=(2, 2, 2, 2), groups=1, group_width=64, width=64, classes=1000
    ):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        self.relu, self.maxpool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        c_in = width
        for number, count in enumerate(blocks):
            made, outer = [], width * 2**number
            for place in range(count):
                stride = 2 if number and not place else 1
                made.append(block(c_in, outer, stride, groups, group_width))
                c_in = outer * block.grows
            setattr(self, f"layer{number + 1}", nn.Sequential(*made))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(c_in, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Fire(nn.Module):
    """A narrow 1×1 convolution, then 1×1 and 3×3 side by side."""

    def __init__(self, c_in, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(c_in, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """Version 1.1, with pools that count a last window which is only partly inside."""

    def __init__(self, scale=1, classes=1000):
        super().__init__()
        rows = [
            (16, 64),
            (16, 64),
            None,
            (32, 128),
            (32, 128),
            None,
            (48, 192),
            (48, 192),
            (64, 256),
            (64, 256),
        ]
        layers = [nn.Conv2d(3, 64 // scale, 3, 2), nn.ReLU(True), nn.MaxPool2d(3, 2, ceil_mode=True)]
        c_in = 64 // scale
        for row in rows:
            if row is None:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
                continue
            layers.append(Fire(c_in, row[0] // scale, row[1] // scale))
            c_in = 2 * row[1] // scale
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), nn.Conv2d(c_in, classes, 1), nn.ReLU(True), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)


class DenseLayer(nn.Module):
    """What each layer of a block of DenseNet adds."""

    def __init__(self, c_in, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(c_in), nn.Conv2d(c_in, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, features):
        x = self.conv1(F.relu(self.norm1(torch.cat(features, 1))))
        return self.conv2(F.relu(self.norm2(x)))


class DenseNet(nn.Module):
    """Each layer reads what all layers before it gave."""

    def __init__(self, blocks=(6, 12, 24, 16), growth=32, classes=1000):
        super().__init__()
        channels = 2 * growth
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 7, 2, 3, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        self.blocks, self.transitions = nn.ModuleList(), nn.ModuleList()
        for number, count in enumerate(blocks):
            self.blocks.append(
                nn.ModuleList([DenseLayer(channels + i * growth, growth) for i in range(count)])
            )
            channels += count * growth
            if number + 1 < len(blocks):
                self.transitions.append(
                    nn.Sequential(
                        nn.BatchNorm2d(channels), nn.ReLU(),
                        nn.Conv2d(channels, channels // 2, 1, bias=False), nn.AvgPool2d(2),
                    )
                )  # fmt: skip
                channels //= 2
        self.norm, self.classifier = nn.BatchNorm2d(channels), nn.Linear(channels, classes)

    def forward(self, x):
        x = self.stem(x)
        for number, block in enumerate(self.blocks):
            features = [x]
            for layer in block:
                features.append(layer(features))
            x = torch.cat(features, 1)
            if number < len(self.transitions):
                x = self.transitions[number](x)
        return self.classifier(F.relu(self.norm(x)).mean((2, 3)))


class Inception(nn.Module):
    """Four branches side by side."""

    def __init__(self, c_in, one, three, five, pooled):
        super().__init__()
        self.branch1 = conv_norm(c_in, one, 1)
        self.branch2 = nn.Sequential(conv_norm(c_in, three[0], 1), conv_norm(*three))
        self.branch3 = nn.Sequential(conv_norm(c_in, five[0], 1), conv_norm(*five))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), conv_norm(c_in, pooled, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    """As torchvision has it, with batch normalisation and 3×3 in place of 5×5; no auxiliary heads."""

    def __init__(self, scale=1, classes=1000):
        super().__init__()
        rows = [
            (64, (96, 128), (16, 32), 32), (128, (128, 192), (32, 96), 64), None,
            (192, (96, 208), (16, 48), 64), (160, (112, 224), (24, 64), 64), (128, (128, 256), (24, 64), 64),
            (112, (144, 288), (32, 64), 64), (256, (160, 320), (32, 128), 128), None,
            (256, (160, 320), (32, 128), 128), (384, (192, 384), (48, 128), 128),
        ]  # fmt: skip
        stem = [conv_norm(3, 64 // scale, 7, 2), nn.MaxPool2d(3, 2, ceil_mode=True)]
        stem += [conv_norm(64 // scale, 64 // scale, 1), conv_norm(64 // scale, 192 // scale)]
        stem.append(nn.MaxPool2d(3, 2, ceil_mode=True))
        self.stem, body, c_in, pools = nn.Sequential(*stem), [], 192 // scale, [3, 2]
        for row in rows:
            if row is None:
                body.append(nn.MaxPool2d(pools.pop(0), 2, ceil_mode=True))
                continue
            one, three, five, pooled = row
            three, five = tuple(n // scale for n in three), tuple(n // scale for n in five)
            body.append(Inception(c_in, one // scale, three, five, pooled // scale))
            c_in = one // scale + three[1] + five[1] + pooled // scale
        self.body, self.fc = nn.Sequential(*body), nn.Linear(c_in, classes)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.body(self.stem(x)), 1).flatten(1))


class UNet(nn.Module):
    """Down with pools, up with transposed convolutions, with what was kept on the way."""

    def __init__(self, width=16, depth=2, classes=2):
        super().__init__()
        sizes = [width * 2**level for level in range(depth + 1)]
        self.down, self.up, self.merge = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for c_in, c_out in zip([3, *sizes], sizes, strict=False):
            self.down.append(nn.Sequential(conv_norm(c_in, c_out), conv_norm(c_out, c_out)))
        for c_out, c_in in zip(sizes[-2::-1], sizes[:0:-1], strict=True):
            self.up.append(nn.ConvTranspose2d(c_in, c_out, 2, 2))
            self.merge.append(nn.Sequential(conv_norm(2 * c_out, c_out), conv_norm(c_out, c_out)))
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        kept = []
        for place, block in enumerate(self.down):
            x = block(x if not place else F.max_pool2d(x, 2))
            kept.append(x)
        for up, merge, beside in zip(self.up, self.merge, kept[-2::-1], strict=True):
            x = merge(torch.cat([beside, up(x)], 1))
        return self.head(x)
