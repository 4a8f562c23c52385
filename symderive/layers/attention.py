"""Scaled dot-product attention, with fewer heads for keys, a causal mask, or a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.errors import SymderiveError
from symderive.layers.layer import Layer, require
from symderive.layers.sliding import batch_sizes, leading


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
        batch: the number of inputs; None for no batch axis.
        causal: whether query i sees the keys up to i only.
        window: of these, how many it sees; None for all.

    Raises:
        ShapeError: not a size, heads that their keys do not divide, or a window larger than the keys.
        SymderiveError: a window without a causal mask.

    >>> Attention(8, 16, 24, heads=4, batch=2).output_shape
    (2, 4, 16, 8)
    """

    d: Any = "d"
    queries: Any = "L"
    keys: Any = None
    d_v: Any = None
    heads: Any = "H"
    kv_heads: Any = None
    batch: Any = None
    causal: bool = False
    window: Any = None

    def __post_init__(self) -> None:
        for field, same in (("keys", "queries"), ("d_v", "d"), ("kv_heads", "heads")):
            self._turn(same)
            if getattr(self, field) is not None:
                self._turn(field)
                if getattr(self, field) == getattr(self, same):
                    object.__setattr__(self, field, None)
        for field in ("batch", "window"):
            if getattr(self, field) is not None:
                self._turn(field)
        if self.window is not None and not self.causal:
            raise SymderiveError("Attention: a window is of the keys up to the query; set causal, too.")
        require(self._demands())

    def _turn(self, field: str) -> None:
        object.__setattr__(self, field, as_size(getattr(self, field), f"Attention: {field}"))

    def _demands(self) -> list[tuple[Any, str]]:
        found = [
            (
                sympy.Eq(sympy.Mod(self.heads, self.groups), 0),
                f"Attention: {self.groups} heads for keys do not divide {self.heads} heads; change one.",
            )
        ]
        if self.window is not None:
            found.append(
                (
                    sympy.Le(self.window, self.length),
                    f"Attention: the window of {self.window} is larger than {self.length} keys; take less.",
                )
            )
        return found

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
    def parameters(self) -> tuple[Tensor, ...]:
        """None: queries, keys and values are data."""
        return ()

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(batch,) heads, queries, entries of a value."""
        return (*batch_sizes(self.batch), self.heads, self.queries, self.value_size)

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """None: the output's sizes are given."""
        return {}

    @property
    def conditions(self) -> tuple[Any, ...]:
        """The heads of keys divide those of queries; the window has no more than all keys."""
        return require(self._demands())

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, heads, queries, keys, entries."""
        sizes = (self.heads, self.queries, self.length, self.d, self.value_size, self.groups)
        return (*batch_sizes(self.batch), *dict.fromkeys(sizes), *batch_sizes(self.window))

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The customary names of the sizes."""
        names = {
            "batch": "N", "heads": "H", "kv_heads": "G", "queries": "L", "keys": "S", "d": "d", "d_v": "d_v",
            "window": "w",
        }  # fmt: skip
        return {field: (name,) for field, name in names.items() if getattr(self, field) is not None}

    def program(self) -> Program:
        """The equations with inputs q, k and v."""
        batch, shared = leading(self.batch), self.kv_heads is None
        head = (Index("h" if shared else "g", self.groups),)
        own = () if shared else (Index("r", self.heads / self.groups),)
        i, j = Index("i", self.queries), Index("j", self.length)
        c, e = Index("c", self.d), Index("e", self.value_size)
        q, k, v = (
            Tensor(name, tuple(index.dim for index in indices))
            for name, indices in (
                ("q", (*batch, *head, *own, i, c)),
                ("k", (*batch, *head, j, c)),
                ("v", (*batch, *head, j, e)),
            )
        )
        equations = attending(q, k, v, (*batch, *head), own, (i, j, c, e), self._mask(i, j))
        return Program((q, k, v), equations, (equations[-1].tensor,))

    def _mask(self, i: Index, j: Index) -> sympy.Expr:
        return seen(i, j, self.window) if self.causal else sympy.S.One


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
    scores = _defined("scores", (*row, j), fits / sympy.sqrt(c.dim), "s")
    raised = _defined("raised", (*row, j), sympy.exp(Entry(scores.tensor, *row, j)) * mask, r"\tilde{p}")
    total = _defined("total", row, IndexSum(Entry(raised.tensor, *row, j), j), "z")
    share = Entry(raised.tensor, *row, j) / Entry(total.tensor, *row)
    weights = _defined("weights", (*row, j), share, "p")
    taken = Entry(weights.tensor, *row, j) * Entry(v, *shared, j, e) * mask
    return (scores, raised, total, weights, _defined(name, (*row, e), IndexSum(taken, j), name[:1]))


def _defined(name: str, free: tuple[Index, ...], body: sympy.Expr, latex: str) -> Definition:
    into = Tensor(name, tuple(index.dim for index in free), latex_name=latex)
    return Definition(into, free, body, pinned=True)


EXAMPLES = (
    Attention(3, 4, heads=2),
    Attention(2, 3, 5, 4, heads=2, batch=2),
    Attention(3, 4, heads=2, causal=True),
    Attention(2, 3, heads=4, kv_heads=2, batch=2),
    Attention(2, 5, heads=1, causal=True, window=2),
    Attention(2, 3, 5, heads=1, causal=True),
)
