"""Root-mean-square normalisation: over the last axes of each input, without a mean."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from symderive.core.nodes import Entry
from symderive.core.program import Program
from symderive.layers.equations import entry_of
from symderive.layers.fields import positive
from symderive.layers.normalisation import OfLastAxes, mean_of, squares_of


@dataclass(frozen=True)
class RMSNorm(OfLastAxes):
    """The entries of the last axes over the root of their mean square, scaled.

    `y[n, i] = weight[i] · x[n, i] / √(square[n] + ε)` with `square[n] = Σ_i x[n, i]² / d`.

    Source: B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, arXiv:1910.07467, equation 4.

    Args:
        d: the sizes of the last axes, one or a tuple.
        batch: the sizes of the axes in front, one or a tuple; () for none.
        affine: whether each entry has a weight.
        eps: what is added to the mean square.

    Raises:
        ShapeError: not a size, or no last axis.
        SymderiveError: an eps that is not a positive number.

    >>> print(RMSNorm(64, "T").program())
    squares[n, i] = x[n, i]**2
    square[n] = Sum[i](squares[n, i])/64
    y[n, i] = weight[i]*x[n, i]/sqrt(square[n] + 1/1000000)
    """

    _: KW_ONLY
    eps: Any = positive("1e-6")

    @property
    def weights(self) -> tuple[str, ...]:
        """No bias."""
        return ("weight",) if self.affine else ()

    def program(self) -> Program:
        """The equations with inputs x and weight."""
        read = Entry(self.x, *self.axes.all)
        squares = squares_of(read)
        square = mean_of("square", entry_of(squares), self.over(), r"\overline{x^{2}}")
        y = self.scaled(read, entry_of(square))
        return Program((self.x, *self.parameters), (squares, square, y), (y.tensor,))


EXAMPLES = (RMSNorm(3), RMSNorm(4, (2, 3)), RMSNorm((3, 2), 5, affine=False))
