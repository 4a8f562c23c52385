"""Long short-term memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.functions.sigmoid import sigmoid
from symderive.layers.equations import entry_of
from symderive.layers.fields import size
from symderive.layers.recurrent import Cell, Recurrent, Steps

GATES = (("i", sigmoid), ("f", sigmoid), ("g", sympy.tanh), ("o", sigmoid))


@dataclass(frozen=True)
class LSTM(Recurrent):
    """A memory that gates write to, keep and read from; for the fields see `Recurrent`.

    `c[t] = f[t] · c[t − 1] + i[t] · g[t]` and `h[t] = o[t] · tanh(c[t])`, with the gates
    `i, f, o = σ(from_x + from_h)` and `g = tanh(from_x + from_h)`, in the order i, f, g, o. With a projection
    `hidden[t] = o[t] · tanh(c[t])` and `h[t, p] = Σ_k w_hr[p, k] · hidden[t, k]`.

    Source: S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997), with the
    gate f of F. A. Gers et al., 2000; H. Sak et al., arXiv:1402.1128, equations 1 to 6, for the projection.

    Args:
        projection: how many entries each cell hands on; None for all d_hidden, unprojected.

    Raises:
        ShapeError: not a size, or a projection that is not smaller than d_hidden.

    >>> layer = LSTM(16, 32, 5, batch=3, projection=8)
    >>> layer.output_shape, [tensor.shape for tensor in layer.parameters]
    ((3, 5, 8), [(4, 32, 16), (4, 32, 8), (4, 32), (4, 32), (8, 32)])
    """

    GATES: ClassVar[int] = len(GATES)

    projection: Any = size("d_p", default=None)

    def _demands(self) -> Iterable[tuple[Any, str]]:
        if self.projection is not None:
            yield (
                sympy.Lt(self.projection, self.d_hidden),
                f"LSTM: the projection {self.projection} is not smaller than the state of {self.d_hidden}; "
                "leave it out, or take less.",
            )

    @property
    def handed(self) -> Size:
        """The entries of the projection, or all of the state."""
        return self.d_hidden if self.projection is None else self.projection

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Steps, batch, entries of the input, of the state, of its projection."""
        return (*super().size_order, self.handed)

    def arrays(self, cell: Cell) -> tuple[Tensor, ...]:
        """The parameters of one cell; with a projection, `w_hr` (projection, d_h) behind the others."""
        projected = (self._array("W", "hr", cell, (self.handed, self.d_hidden)),)
        return (*super().arrays(cell), *(projected if self.projection is not None else ()))

    def starts(self, cell: Cell) -> tuple[Tensor, ...]:
        """What is handed on, and the memory, before the first step."""
        return (*super().starts(cell), Steps(self, cell).start("c", self.d_hidden))

    def updates(self, at: Steps, k: Index, made: tuple[Tensor, Tensor]) -> Iterator[Definition]:
        """The gates, the memory, and what is handed on."""
        gates = {
            name: at.step(name, (k,), function(sympy.Add(*at.gate(made, place, k))), name)
            for place, (name, function) in enumerate(GATES)
        }
        yield from gates.values()
        i, f, g, o = map(entry_of, gates.values())
        before = at.before("c", k)
        memory = at.step("c", (k,), f * entry_of(before) + i * g, "c")
        yield from (before, memory)
        shown = o * sympy.tanh(entry_of(memory))
        if self.projection is None:
            yield at.step("h", (k,), shown, "h")
            return
        hidden, p = at.step("hidden", (k,), shown, r"\tilde{h}"), Index("p", self.handed)
        yield hidden
        w_hr = self.arrays(at.cell)[-1]
        yield at.step("h", (p,), IndexSum(Entry(w_hr, p, k) * entry_of(hidden), k), "h")


EXAMPLES = (
    LSTM(3, 2, 4),
    LSTM(1, 4, 3, bias=False, batch=2, projection=3),
    LSTM(1, 2, 3, layers=2, bidirectional=True, batch_first=False),
)
