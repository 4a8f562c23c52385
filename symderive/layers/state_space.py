"""The selective state-space scan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Program
from symderive.layers.equations import defined, entry_of, indices_over, sizes_of
from symderive.layers.fields import size, sizes
from symderive.layers.layer import Layer
from symderive.layers.recurrent import before_of


@dataclass(frozen=True)
class StateSpaceScan(Layer):
    """A linear recurrence for each channel, whose step size, input and output weights depend on the step.

    `h[t, c, s] = exp(delta[t, c] · a[c, s]) · h[t − 1, c, s] + delta[t, c] · x[t, c] · b[t, s]` and
    `y[t, c] = Σ_s read[t, s] · h[t, c, s] + skip[c] · x[t, c]`

    Source: A. Gu, T. Dao, Mamba, arXiv:2312.00752, equations 2 and 4, with delta times b for the second
    line of 4, as its implementation has it.

    Args:
        d: channels.
        state: entries of the state of each channel.
        steps: how many steps there are.
        skip: whether a multiple of the input is added to the output.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.

    Raises:
        ShapeError: not a size.

    >>> layer = StateSpaceScan(8, 16, 50, batch=2)
    >>> layer.output_shape, [tensor.shape for tensor in layer.parameters]
    ((2, 50, 8), [(8, 16), (8,)])
    """

    d: Any = size("d")
    state: Any = size("d_s")
    steps: Any = size("T")
    skip: bool = True
    batch: Any = sizes("N", default=())

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`a` (d, state), and `skip` (d) if there is one."""
        a = Tensor("a", (self.d, self.state), latex_name="A")
        return (a, Tensor("skip", (self.d,), latex_name="D")) if self.skip else (a,)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, T, d)."""
        return (*self.batch, self.steps, self.d)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Steps, batch, channels, entries of the state."""
        return (self.steps, *self.batch, self.d, self.state)

    def program(self) -> Program:
        """The equations with inputs x, delta, b, read, where the states start, and the parameters."""
        batch, t = indices_over("n", self.batch), Index("t", self.steps)
        c, s = Index("c", self.d), Index("s", self.state)
        at, of_state, whole = (*batch, t, c), (*batch, t, s), (*batch, t, c, s)
        x, delta = Tensor("x", sizes_of(at)), Tensor("delta", sizes_of(at), "positive", r"\Delta")
        b, read = (
            Tensor("b", sizes_of(of_state), latex_name="B"),
            Tensor("read", sizes_of(of_state), latex_name="C"),
        )
        start = Tensor("h_start", sizes_of((*batch, c, s)), latex_name="h^{0}")
        a, *skip = self.parameters
        fed = defined("fed", at, Entry(delta, *at) * Entry(x, *at), "u")
        decay = defined("decay", whole, sympy.exp(Entry(delta, *at) * Entry(a, c, s)), r"\bar{A}")
        h = Tensor("h", sizes_of(whole))
        before = before_of(h, start, whole, t, "h_before", r"\bar{h}")
        moved = entry_of(decay) * entry_of(before) + entry_of(fed) * Entry(b, *of_state)
        state = replace(defined("h", whole, moved), along=t)
        body = IndexSum(Entry(read, *of_state) * entry_of(state), s)
        for one in skip:
            body = body + Entry(one, c) * Entry(x, *at)
        y = defined("y", at, body)
        inputs = (x, delta, b, read, start, *self.parameters)
        return Program(inputs, (fed, decay, before, state, y), (y.tensor,))


EXAMPLES = (StateSpaceScan(2, 3, 4), StateSpaceScan(3, 2, 4, skip=False, batch=2))
