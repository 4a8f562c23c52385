"""Transformers, mixers and recurrent networks as torch modules; attention in each of its spellings."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Self-attention in one of its spellings: all compute the same."""

    SPELLINGS = ("fused", "matmul", "einsum", "bmm", "module", "module_fast", "causal")

    def __init__(self, width, heads, spelling="fused"):
        super().__init__()
        self.heads, self.spelling = heads, spelling
        if spelling.startswith("module"):
            self.inner = nn.MultiheadAttention(width, heads, batch_first=True)
        else:
            self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        if self.spelling.startswith("module"):
            return self.inner(x, x, x, need_weights=self.spelling == "module")[0]
        batch, length, width = x.shape
        each = width // self.heads
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.heads, each).permute(2, 0, 3, 1, 4)
        return self.proj(self.mixed(q, k, v).transpose(1, 2).reshape(batch, length, width))

    def mixed(self, q, k, v):
        """What is taken of the values."""
        if self.spelling in ("fused", "causal"):
            return F.scaled_dot_product_attention(q, k, v, is_causal=self.spelling == "causal")
        if self.spelling == "matmul":
            return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) @ v
        if self.spelling == "einsum":
            scores = torch.einsum("bhic,bhjc->bhij", q, k) * q.shape[-1] ** -0.5
            return torch.einsum("bhij,bhjc->bhic", torch.softmax(scores, -1), v)
        batch, heads, length, each = q.shape
        q, k, v = (one.reshape(batch * heads, length, each) for one in (q, k, v))
        scores = torch.baddbmm(q.new_zeros(1, 1, 1), q, k.transpose(1, 2), beta=0, alpha=each**-0.5)
        return torch.bmm(F.softmax(scores, -1), v).view(batch, heads, length, each)


class Block(nn.Module):
    """Attention and two linear layers, each behind a normalisation and beside a shortcut."""

    def __init__(self, width, heads, inner, spelling="fused"):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, spelling)
        self.mlp = nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    """Patches, a class token, positions for one resolution; with none, positions for any."""

    def __init__(self, size=224, patch=16, width=768, heads=12, layers=12, classes=1000, spelling="fused"):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, width)) if size else None
        self.blocks = nn.Sequential(*[Block(width, heads, 4 * width, spelling) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1)
        x = x if self.positions is None else x + self.positions
        return self.head(self.norm(self.blocks(x))[:, 0])


class MixerBlock(nn.Module):
    """Linear layers along the positions, then along the channels."""

    def __init__(self, tokens, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.along = nn.Sequential(nn.Linear(tokens, 2 * tokens), nn.GELU(), nn.Linear(2 * tokens, tokens))
        self.across = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.along(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.across(self.norm2(x))


class Mixer(nn.Module):
    """MLP-Mixer for one resolution."""

    def __init__(self, size=32, patch=8, width=24, layers=2, classes=10):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.blocks = nn.Sequential(*[MixerBlock((size // patch) ** 2, width) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x):
        x = self.blocks(self.patches(x).flatten(2).transpose(1, 2))
        return self.head(self.norm(x).mean(1))


class Recurrent(nn.Module):
    """Numbers of tokens, a recurrent layer, a linear one at each step."""

    def __init__(self, kind=nn.LSTM, vocabulary=50, width=12, hidden=16, **options):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.cells = kind(width, hidden, batch_first=True, **options)
        handed = (options.get("proj_size") or hidden) * (2 if options.get("bidirectional") else 1)
        self.head = nn.Linear(handed, vocabulary)

    def forward(self, x):
        return self.head(self.cells(self.embedding(x))[0])


class Language(nn.Module):
    """A small GPT: tied embeddings of tokens, positions up to a context."""

    def __init__(self, vocabulary=97, context=128, width=24, heads=4, layers=2):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList([Block(width, heads, 4 * width, "causal") for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, x):
        y = self.tokens(x) + self.positions(torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            y = block(y)
        return self.head(self.norm(y))
