"""Multi-head attention: projections, attention in each head, and a projection of all heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.attention import attending, check_mask, seen, shared_keys
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import size, sizes
from symderive.layers.layer import Layer, divisible


@dataclass(frozen=True)
class MultiHeadAttention(Layer):
    """Attention between learned projections of one input, or of an input and another one.

    `queries[h, i, c] = Σ_m w_q[h, c, m] · x[i, m] + b_q[h, c]`, keys and values likewise, attention in each
    of the H heads with entries c < d/H, and `y[i, o] = Σ_{h,c} w_o[o, h, c] · attended[h, i, c] + b_o[o]`.
    Without `keys` it is self-attention: all three are projections of x; otherwise those of x, key and value.
    With G heads for keys and values, each serves H/G heads of queries, and h is a pair g, r with r < H/G.

    Source: A. Vaswani et al., Attention Is All You Need, arXiv:1706.03762, section 3.2.2; J. Ainslie et
    al., GQA, arXiv:2305.13245, section 2.2.

    Args:
        d: entries of the input and the output.
        heads: into how many heads they are split.
        queries: the length of the input.
        keys: the length of key and value; None for self-attention.
        d_k: entries of the input that keys are made of, in cross-attention; None for d.
        d_v: entries of the input that values are made of, in cross-attention; None for d.
        bias: whether each projection adds one number per entry.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.
        causal: whether query i sees the keys up to i only.
        kv_heads: heads of keys and values; None for as many as heads.
        window: of the keys up to i, how many query i sees; None for all.

    Raises:
        ShapeError: not a size, heads that do not divide d, heads of keys that do not divide the heads, or
            a window larger than the keys.
        SymderiveError: a window without a causal mask.

    >>> layer = MultiHeadAttention(64, 4, 10, batch=2)
    >>> layer.output_shape, [tensor.shape for tensor in layer.parameters[:2]]
    ((2, 10, 64), [(4, 16, 64), (4, 16, 64)])
    >>> [tensor.shape for tensor in MultiHeadAttention(64, 4, 10, kv_heads=2).parameters[:2]]
    [(2, 2, 16, 64), (2, 16, 64)]
    """

    d: Any = size("d")
    heads: Any = size("H")
    queries: Any = size("L")
    keys: Any = size("S", default=None)
    d_k: Any = size("d_k", default=None)
    d_v: Any = size("d_v", default=None)
    bias: bool = True
    batch: Any = sizes("N", default=())
    causal: bool = False
    kv_heads: Any = size("G", default=None)
    window: Any = size("w", default=None)

    def _settle(self) -> None:
        super()._settle()
        if self.keys is None and (self.d_k is not None or self.d_v is not None):
            object.__setattr__(self, "keys", self.queries)
        if self.kv_heads == self.heads:
            object.__setattr__(self, "kv_heads", None)
        check_mask("MultiHeadAttention", self.causal, self.window)

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """The heads divide d, those of keys divide the heads; the window has no more than all keys."""
        name, groups = "MultiHeadAttention", self.heads if self.kv_heads is None else self.kv_heads
        yield from divisible(name, self.heads, {"entries": self.d}, "heads")
        yield from shared_keys(name, self.heads, groups, self.keys or self.queries, self.window)

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`w_q`, `w_k`, `w_v` (H, d/H, entries of the input), `w_o` (d, H, d/H), and their biases.

        With G heads for keys and values, (G, H/G) stands for H, and G in `w_k` and `w_v`.
        """
        sizes = (self.d, self.d_k or self.d, self.d_v or self.d)
        shared, own, each = self._heads()
        split, kept = (*shared, *own, each), (*shared, each)
        weights = [
            Tensor(f"w_{name}", (*shape, size), latex_name=f"W^{{{name.upper()}}}")
            for name, shape, size in zip("qkv", (split, kept, kept), sizes, strict=True)
        ]
        weights.append(Tensor("w_o", (self.d, *split), latex_name="W^{O}"))
        shapes = {"q": split, "k": kept, "v": kept, "o": (self.d,)} if self.bias else {}
        biases = [
            Tensor(f"b_{one}", shape, latex_name=f"b^{{{one.upper()}}}") for one, shape in shapes.items()
        ]
        return (*weights, *biases)

    def _heads(self) -> tuple[tuple[Size, ...], tuple[Size, ...], Size]:
        """The heads that all have, those that queries have beside, and the entries of one head."""
        each = self.d / self.heads
        if self.kv_heads is None:
            return (self.heads,), (), each
        return (self.kv_heads,), (self.heads / self.kv_heads,), each

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) queries, d."""
        return (*self.batch, self.queries, self.d)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, lengths, entries, heads."""
        lengths, entries = (self.queries, self.keys), (self.d, self.d_k, self.d_v)
        given = (*lengths, *entries, self.heads, self.kv_heads, self.window)
        return (*self.batch, *dict.fromkeys(one for one in given if one is not None))

    def program(self) -> Program:
        """The equations with the input x, in cross-attention also key and value, and the parameters."""
        shared, own, each = self._heads()
        batch, head = indices_over("n", self.batch), (Index("g" if own else "h", shared[0]),)
        inside = tuple(Index("r", size) for size in own)
        length = self.queries if self.keys is None else self.keys
        i, j = Index("i", self.queries), Index("j", length)
        c, e = (Index(letter, each) for letter in "ce")
        x, *others = self._inputs()
        made = {tensor.name: tensor for tensor in self.parameters}
        key, value = others or (x, x)
        queries, keys, values = (
            _projected(name, source, (batch, heads), indices, made)
            for name, source, heads, indices in (
                ("queries", x, (*head, *inside), (i, c)),
                ("keys", key, head, (j, c)),
                ("values", value, head, (j, e)),
            )
        )
        mask = seen(i, j, self.window) if self.causal else sympy.S.One
        arrays = (queries.tensor, keys.tensor, values.tensor)
        inner = attending(*arrays, (*batch, *head), inside, (i, j, c, e), mask, "attended")
        o, attended = Index("o", self.d), Entry(inner[-1].tensor, *batch, *head, *inside, i, e)
        body = IndexSum(Entry(made["w_o"], o, *head, *inside, e) * attended, *head, *inside, e)
        if self.bias:
            body = body + Entry(made["b_o"], o)
        y = defined("y", (*batch, i, o), body)
        return Program((x, *others, *self.parameters), (queries, keys, values, *inner, y), (y.tensor,))

    def _inputs(self) -> tuple[Tensor, ...]:
        x = Tensor("x", (*self.batch, self.queries, self.d))
        if self.keys is None:
            return (x,)
        return (
            x,
            Tensor("key", (*self.batch, self.keys, self.d_k or self.d)),
            Tensor("value", (*self.batch, self.keys, self.d_v or self.d)),
        )


def _projected(
    name: str,
    source: Tensor,
    outer: tuple[tuple[Index, ...], tuple[Index, ...]],
    inner: tuple[Index, Index],
    parameters: Mapping[str, Tensor],
) -> Definition:
    """`queries[n, h, i, c] = Σ_m w_q[h, c, m] · x[n, i, m] + b_q[h, c]`."""
    weight, bias = parameters[f"w_{name[0]}"], parameters.get(f"b_{name[0]}")
    (place, entry), m = inner, Index("m", source.shape[-1])
    batch, heads = outer
    body = IndexSum(Entry(weight, *heads, entry, m) * Entry(source, *batch, place, m), m)
    if bias is not None:
        body = body + Entry(bias, *heads, entry)
    return defined(name, (*batch, *heads, place, entry), body, name[0])


EXAMPLES = (
    MultiHeadAttention(4, 2, 3),
    MultiHeadAttention(4, 2, 3, batch=2, bias=False, causal=True),
    MultiHeadAttention(2, 1, 3, 4, 5, 3, batch=2),
    MultiHeadAttention(8, 4, 3, kv_heads=2, causal=True, window=2),
)
