"""Networks written by hand for PyTorch, and the bytes that its autograd really keeps of a forward pass."""

import math

import torch
from torch import nn
from torch.nn import functional


def kept_by_autograd(module, *inputs):
    """The bytes of all storages that autograd saves, each once, less those of parameters and buffers."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (*module.parameters(), *module.buffers())}
    found = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage  # held, so that no other one gets its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = module(*inputs)
    del result
    return sum(storage.nbytes() for storage in found.values())


def conv_norm(channels, filters, kernel, stride=1, padding=0, groups=1, is_last=False):
    conv = nn.Conv2d(channels, filters, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(filters), *([] if is_last else [nn.ReLU()]))


class Basic(nn.Module):
    """A residual block of two convolutions."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        first = conv_norm(channels, filters, 3, stride, 1)
        self.inside = nn.Sequential(first, conv_norm(filters, filters, 3, 1, 1, is_last=True))
        is_same = stride == 1 and channels == filters
        self.shortcut = nn.Identity() if is_same else conv_norm(channels, filters, 1, stride, is_last=True)

    def forward(self, x):
        return functional.relu(self.inside(x) + self.shortcut(x))


def resnet18():
    layers, channels = [conv_norm(3, 64, 7, 2, 3), nn.MaxPool2d(3, 2, 1)], 64
    for stage, filters in enumerate((64, 128, 256, 512)):
        for block in range(2):
            layers.append(Basic(channels, filters, 2 if stage and not block else 1))
            channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def mobilenet_v1():
    layers, channels = [conv_norm(3, 32, 3, 2, 1)], 32
    rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for filters, stride in rows:
        layers += [conv_norm(channels, channels, 3, stride, 1, channels), conv_norm(channels, filters, 1)]
        channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


def vgg16():
    layers, channels = [], 3
    for count, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    head = [nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), *head)


class Block(nn.Module):
    """A block of GPT-2, its attention written out or as one call."""

    def __init__(self, width, heads, is_eager):
        super().__init__()
        self.heads, self.is_eager = heads, is_eager
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def attended(self, x):
        batch, length, width = x.shape
        split = (batch, length, self.heads, width // self.heads)
        q, k, v = (one.view(split).transpose(1, 2) for one in self.queries_keys_values(x).split(width, 2))
        if self.is_eager:
            scores = q @ k.transpose(-2, -1) / math.sqrt(width // self.heads)
            future = torch.ones(length, length, dtype=torch.bool).triu(1)
            mixed = scores.masked_fill(future, -math.inf).softmax(-1) @ v
        else:
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(x.shape))

    def forward(self, x):
        x = x + self.attended(self.first(x))
        return x + self.down(functional.gelu(self.up(self.second(x)), approximate="tanh"))
