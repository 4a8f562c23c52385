"""Scaled dot-product attention, with fewer heads for keys, a causal mask, or a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.errors import SymderiveError
from symderive.layers.equations import defined, entry_of, indices_over, sizes_of
from symderive.layers.fields import size, sizes
from symderive.layers.layer import Layer, divisible
from symderive.layers.softmax import shares


@dataclass(frozen=True)
class Attention(Layer):
    """Each query takes the mean of the values, weighted by how well it fits their keys.

    `scores[h, i, j] = Σ_c q[h, i, c] · k[h, j, c] / √d`, `total[h, i] = Σ_j exp(scores[h, i, j])`,
    `weights[h, i, j] = exp(scores[h, i, j]) / total[h, i]`, `y[h, i, e] = Σ_j weights[h, i, j] · v[h, j, e]`.
    The sums go over all keys, with a causal mask over j ≤ i, with a window over i − w < j ≤ i: masked
    products are in the MACs, not in the valid ones. With G heads for keys and values, each of them
    serves H/G heads of queries: `q[g, r, i, c]` with r < H/G.

    Source: A. Vaswani et al., Attention Is All You Need, arXiv:1706.03762, equation 1; J. Ainslie et al.,
    GQA, arXiv:2305.13245, section 2.2.

    Args:
        d: entries of a query and of a key.
        queries: how many queries each head has.
        keys: how many keys; None for as many as queries.
        d_v: entries of a value; None for d.
        heads: heads of queries.
        kv_heads: heads of keys and values; None for as many as heads.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.
        causal: whether query i sees the keys up to i only.
        window: of these, how many it sees; None for all.

    Raises:
        ShapeError: not a size, heads that their keys do not divide, or a window larger than the keys.
        SymderiveError: a window without a causal mask.

    >>> Attention(8, 16, 24, heads=4, batch=2).output_shape
    (2, 4, 16, 8)
    """

    d: Any = size("d")
    queries: Any = size("L")
    keys: Any = size("S", default=None)
    d_v: Any = size("d_v", default=None)
    heads: Any = size("H")
    kv_heads: Any = size("G", default=None)
    batch: Any = sizes("N", default=())
    causal: bool = False
    window: Any = size("w", default=None)

    def _settle(self) -> None:
        super()._settle()
        for field, same in (("keys", "queries"), ("d_v", "d"), ("kv_heads", "heads")):
            if getattr(self, field) == getattr(self, same):
                object.__setattr__(self, field, None)
        check_mask("Attention", self.causal, self.window)

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """The heads of keys divide those of queries; the window has no more than all keys."""
        return shared_keys("Attention", self.heads, self.groups, self.length, self.window)

    @property
    def length(self) -> Size:
        """How many keys and values each head has."""
        return self.queries if self.keys is None else self.keys

    @property
    def value_size(self) -> Size:
        """The entries of a value."""
        return self.d if self.d_v is None else self.d_v

    @property
    def groups(self) -> Size:
        """The heads of keys and values."""
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) heads, queries, entries of a value."""
        return (*self.batch, self.heads, self.queries, self.value_size)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, heads, queries, keys, entries."""
        sizes = (self.heads, self.queries, self.length, self.d, self.value_size, self.groups)
        window = () if self.window is None else (self.window,)
        return (*self.batch, *dict.fromkeys(sizes), *window)

    def program(self) -> Program:
        """The equations with inputs q, k and v."""
        batch, shared = indices_over("n", self.batch), self.kv_heads is None
        head = (Index("h" if shared else "g", self.groups),)
        own = () if shared else (Index("r", self.heads / self.groups),)
        i, j = Index("i", self.queries), Index("j", self.length)
        c, e = Index("c", self.d), Index("e", self.value_size)
        q, k, v = (
            Tensor(name, sizes_of(indices))
            for name, indices in (
                ("q", (*batch, *head, *own, i, c)),
                ("k", (*batch, *head, j, c)),
                ("v", (*batch, *head, j, e)),
            )
        )
        mask = seen(i, j, self.window) if self.causal else sympy.S.One
        equations = attending(q, k, v, (*batch, *head), own, (i, j, c, e), mask)
        return Program((q, k, v), equations, (equations[-1].tensor,))


def check_mask(name: str, causal: bool, window: Size | None) -> None:
    """Refuse a window without a causal mask."""
    if window is not None and not causal:
        raise SymderiveError(f"{name}: a window is of the keys up to the query; set causal, too.")


def shared_keys(
    name: str, heads: Size, groups: Size, length: Size, window: Size | None
) -> Iterable[tuple[Any, str]]:
    """The heads of keys divide those of queries; the window has no more than all keys."""
    yield from divisible(name, groups, {"heads": heads}, "heads for keys")
    if window is not None:
        yield (
            sympy.Le(window, length),
            f"{name}: the window of {window} is larger than {length} keys; take less.",
        )


def seen(i: Index, j: Index, window: Size | None = None) -> sympy.Expr:
    """The bracket `[j ≤ i]`, or `[i − w < j ≤ i]`: which keys j query i sees.

    >>> seen(Index("i", 3), Index("j", 3))
    [0 <= i - j < 3]
    """
    return Inside(i - j, i.dim if window is None else window)


def attending(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    shared: tuple[Index, ...],
    own: tuple[Index, ...],
    inner: tuple[Index, Index, Index, Index],
    mask: sympy.Expr,
    name: str = "y",
) -> tuple[Definition, ...]:
    """The equations of attention between arrays, for layers that contain it.

    Args:
        q: queries, with the axes shared, own, i, c.
        k: keys, with the axes shared, j, c.
        v: values, with the axes shared, j, e.
        shared: the indices that all three have: batch and head.
        own: those that only the queries have: heads that share their keys.
        inner: i over queries, j over keys, c over the entries of both, e over those of a value.
        mask: a bracket in i and j, or 1.
        name: the name of the result, which has the axes shared, own, i, e.
    """
    i, j, c, e = inner
    row = (*shared, *own, i)
    fits = IndexSum(Entry(q, *row, c) * Entry(k, *shared, j, c) * mask, c)
    scores = defined("scores", (*row, j), fits / sympy.sqrt(c.dim), "s")
    made = shares(entry_of(scores), (*row, j), j, mask)
    taken = entry_of(made[-1]) * Entry(v, *shared, j, e) * mask
    return (scores, *made, defined(name, (*row, e), IndexSum(taken, j), name[:1]))


EXAMPLES = (
    Attention(3, 4, heads=2),
    Attention(2, 3, 5, 4, heads=2, batch=2),
    Attention(3, 4, heads=2, causal=True),
    Attention(2, 3, heads=4, kv_heads=2, batch=2),
    Attention(2, 5, heads=1, causal=True, window=2),
    Attention(2, 3, 5, heads=1, causal=True),
)
