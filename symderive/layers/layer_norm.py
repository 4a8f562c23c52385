"""Layer normalisation: over the last axes of each input."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.layers.normalisation import OfLastAxes


@dataclass(frozen=True)
class LayerNorm(OfLastAxes):
    """The entries of the last axes less their mean, over their standard deviation, scaled and shifted.

    `y[n, i] = weight[i] · (x[n, i] − mean[n]) / √(variance[n] + ε) + bias[i]` with
    `mean[n] = Σ_i x[n, i] / d` and `variance[n] = Σ_i (x[n, i] − mean[n])² / d`.

    Source: J. L. Ba, J. R. Kiros, G. E. Hinton, Layer Normalization, arXiv:1607.06450, equations 3 and 4.

    Args:
        d: the sizes of the last axes, one or a tuple.
        batch: the sizes of the axes in front, one or a tuple; () for none.
        affine: whether each entry has a weight.
        bias: whether each entry with a weight has a bias, too.
        eps: what is added to the variance.

    Raises:
        ShapeError: not a size, or no last axis.
        SymderiveError: an eps that is not a positive number.

    >>> layer = LayerNorm(64, (2, 10))
    >>> layer.output_shape, [tensor.shape for tensor in layer.parameters]
    ((2, 10, 64), [(64,), (64,)])
    """

    bias: bool = True

    @property
    def weights(self) -> tuple[str, ...]:
        """A bias only with a weight."""
        return () if not self.affine else ("weight", "bias") if self.bias else ("weight",)


EXAMPLES = (
    LayerNorm(3),
    LayerNorm(4, (2, 3)),
    LayerNorm((3, 2), 5, bias=False),
    LayerNorm(4, 3, affine=False, eps="1e-3"),
)
