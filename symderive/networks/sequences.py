"""Layers of feature maps that are sequences: (batch, length, entries)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import sympy

from symderive.core.dims import Size, as_size
from symderive.layers import Attention, Embedding, LayerNorm, MultiHeadAttention, RMSNorm
from symderive.networks.flow import Flow
from symderive.networks.operations import Rotary


@dataclass(frozen=True, eq=False)
class Sequences(Flow):
    """Abstract: what is applied to sequences."""

    @property
    def width(self) -> Size:
        """The entries at each position."""
        return self.shape[-1]

    def embedded(self, vocabulary: Any, width: Any, name: str = "embedding") -> Self:
        """A row of a table for each number; see `symderive.layers.Embedding`."""
        sizes = (as_size(size, name) for size in (vocabulary, width))
        return self.step(name, Embedding, *sizes, self.shape)

    def layer_norm(self, name: str = "norm") -> Self:
        """Layer normalisation of each position; see `symderive.layers.LayerNorm`."""
        return self.step(name, LayerNorm, self.width, self.shape[:-1])

    def rms_norm(self, name: str = "norm") -> Self:
        """Normalisation by the root mean square; see `symderive.layers.RMSNorm`."""
        return self.step(name, RMSNorm, self.width, self.shape[:-1])

    def first_token(self) -> Self:
        """The entries of the first position: (batch, entries); nothing is computed."""
        batch, _, width = self.sequence("first_token")
        return self.with_shape((batch, width))

    def prepended(self, name: str) -> Self:
        """A trained token in front of all others."""
        batch, _, width = self.sequence(name)
        return self.learned(1, 1, width, name=name).with_shape((batch, sympy.S.One, width)).concat(self)

    def feed_forward(self, inner: Any, function: str) -> Self:
        """A linear layer of that width, an activation, and a linear layer back to the width of the input."""
        return self.dense(inner).activation(function).dense(self.width)

    def attention(
        self, heads: Any, *, causal: bool = False, bias: bool = True, name: str = "attention"
    ) -> Self:
        """Self-attention with its projections; see `symderive.layers.MultiHeadAttention`."""
        batch, length, width = self.sequence(name)
        options = {"batch": batch, "causal": causal, "bias": bias}
        return self.step(name, MultiHeadAttention, width, as_size(heads, f"{name}: heads"), length, **options)

    def grouped_attention(self, heads: Any, kv_heads: Any) -> Self:
        """Causal self-attention with rotated positions, and fewer heads for keys and values than for queries.

        Args:
            heads: heads of the queries.
            kv_heads: heads of keys and values, which divide them.
        """
        batch, length, width = self.sequence("attention")
        each = width / heads
        self.trace.require(
            sympy.Eq(sympy.Mod(width, heads), 0),
            f"attention: {heads} heads do not divide {width}; change one.",
        )
        queries, keys = (
            self.dense(each * count, bias=False, name=name).rotated(count)
            for name, count in (("queries", heads), ("keys", kv_heads))
        )
        values = self.dense(each * kv_heads, bias=False, name="values")
        options = {"heads": heads, "kv_heads": kv_heads, "batch": batch, "causal": True}
        mixed = queries.together((keys, values), "attention", Attention, each, length, **options)
        return mixed.with_shape((batch, length, width)).dense(width, bias=False, name="output")

    def rotated(self, heads: Any) -> Self:
        """The entries of each head turned by an angle for each position; see `Rotary`."""
        batch, length, width = self.sequence("rotary")
        each = width / heads
        angles = (self.table(length, each / 2, name=name) for name in ("cos", "sin"))
        return self.together((self, *angles), "rotary", Rotary, (batch, length, heads, each))

    def sequence(self, doing: str) -> tuple[Size, ...]:
        """The three sizes.

        Raises:
            ShapeError: another number of axes.
        """
        return self.sizes_as(doing, "sequence", ("batch", "length", "entries"))
