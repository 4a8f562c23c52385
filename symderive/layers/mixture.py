"""A mixture of experts, of which each input uses a few."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Program
from symderive.layers.activation import KINDS
from symderive.layers.equations import defined, entry_of, indices_over
from symderive.layers.fields import one_of, size, sizes
from symderive.layers.layer import Layer
from symderive.layers.softmax import shares


@dataclass(frozen=True)
class MixtureOfExperts(Layer):
    """Of E networks of two layers each input uses k, and takes their mean by the softmax of their scores.

    `scores[n, e] = Σ_m w_gate[e, m] · x[n, m]`, the k chosen ones
    `picked[n, j] = Σ_e scores[n, e] · δ(e, choice[n, j])`, `weights = softmax(picked)` over j,
    `up[n, j, h] = Σ_m w_up[choice[n, j], h, m] · x[n, m]`, `hidden = f(up)`,
    `down[n, j, o] = Σ_h w_down[choice[n, j], o, h] · hidden[n, j, h]` and
    `y[n, o] = Σ_j weights[n, j] · down[n, j, o]`.

    Which experts are chosen is an input, `choice`: to find the k largest scores is no equation here, and the
    comparisons that it takes are not part of the cost.

    Source: N. Shazeer et al., The Sparsely-Gated Mixture-of-Experts Layer, arXiv:1701.06538, equations 1
    and 3 to 5, without noise.

    Args:
        d: entries of the input and of the output.
        d_hidden: entries of the layer between them, in each expert.
        experts: how many experts there are.
        chosen: how many of them each input uses.
        batch: the sizes of the axes in front, one or a tuple.
        function: what stands between the layers of an expert, as in `Activation`.

    Raises:
        ShapeError: not a size, or more chosen than there are.
        SymderiveError: an unknown function.

    >>> layer = MixtureOfExperts(64, 256, 8, 2, batch=10)
    >>> layer.output_shape, [tensor.shape for tensor in layer.parameters]
    ((10, 64), [(8, 64), (8, 256, 64), (8, 64, 256)])
    """

    d: Any = size("d")
    d_hidden: Any = size("d_h")
    experts: Any = size("E")
    chosen: Any = size("k")
    batch: Any = sizes("N")
    function: str = "relu"

    def _settle(self) -> None:
        super()._settle()
        one_of(self.function, KINDS, "MixtureOfExperts: unknown function")

    def _demands(self) -> Iterable[tuple[Any, str]]:
        yield (
            sympy.Le(self.chosen, self.experts),
            f"MixtureOfExperts: {self.chosen} of {self.experts} experts cannot be chosen; take fewer.",
        )

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`w_gate` (E, d), `w_up` (E, d_hidden, d) and `w_down` (E, d, d_hidden)."""
        shapes = {
            "gate": (self.experts, self.d),
            "up": (self.experts, self.d_hidden, self.d),
            "down": (self.experts, self.d, self.d_hidden),
        }
        return tuple(
            Tensor(f"w_{name}", shape, latex_name=rf"W^{{\mathrm{{{name}}}}}")
            for name, shape in shapes.items()
        )

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, d)."""
        return (*self.batch, self.d)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Batch, chosen experts, entries, hidden entries, experts."""
        return (*self.batch, self.chosen, self.d, self.d_hidden, self.experts)

    def program(self) -> Program:
        """The equations with inputs x, choice (whole numbers), and the parameters."""
        batch, j, e = indices_over("n", self.batch), Index("j", self.chosen), Index("e", self.experts)
        m, h, o = Index("m", self.d), Index("h", self.d_hidden), Index("o", self.d)
        x = Tensor("x", (*self.batch, self.d))
        choice = Tensor("choice", (*self.batch, self.chosen), "count", r"\pi")
        gate, w_up, w_down = self.parameters
        here = Delta(e, Entry(choice, *batch, j))
        scores = defined("scores", (*batch, e), IndexSum(Entry(gate, e, m) * Entry(x, *batch, m), m), "s")
        picked = defined("picked", (*batch, j), IndexSum(entry_of(scores) * here, e), "r")
        weights = shares(entry_of(picked), (*batch, j), j)
        row = IndexSum(Entry(w_up, e, h, m) * here, e)
        up = defined("up", (*batch, j, h), IndexSum(row * Entry(x, *batch, m), m), "a")
        hidden = defined("hidden", (*batch, j, h), KINDS[self.function](entry_of(up)), r"\bar{a}")
        row = IndexSum(Entry(w_down, e, o, h) * here, e)
        down = defined("down", (*batch, j, o), IndexSum(row * entry_of(hidden), h), "v")
        y = defined("y", (*batch, o), IndexSum(entry_of(weights[-1]) * entry_of(down), j))
        equations = (scores, picked, *weights, up, hidden, down, y)
        return Program((x, choice, *self.parameters), equations, (y.tensor,))


EXAMPLES = (MixtureOfExperts(2, 3, 4, 2, 5), MixtureOfExperts(3, 2, 5, 1, (2, 4), "tanh"))
