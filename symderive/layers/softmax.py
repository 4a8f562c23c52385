"""The softmax along one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.equations import defined, entry_of, indices_over, positions_over, sizes_of
from symderive.layers.fields import size, sizes
from symderive.layers.layer import Layer


@dataclass(frozen=True)
class Softmax(Layer):
    """Positive numbers with the sum 1 along one axis.

    `raised[n, k] = exp(x[n, k])`, `total[n] = Σ_k raised[n, k]`, `weights[n, k] = raised[n, k] / total[n]`

    Args:
        d: the size of the axis along which the sum is 1.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.
        extents: the sizes of the axes behind, as those of an image behind its channels; () for none.

    Raises:
        ShapeError: not a size.

    >>> print(Softmax(10, "N").program())
    raised[n, k] = exp(x[n, k])
    total[n] = Sum[k](raised[n, k])
    weights[n, k] = raised[n, k]/total[n]
    """

    d: Any = size("d")
    batch: Any = sizes("N", default=())
    extents: Any = sizes("S", default=())

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """That of the input: (*batch, d, *extents)."""
        return (*self.batch, self.d, *self.extents)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The axes of the input."""
        return self.output_shape

    def program(self) -> Program:
        """The equations with the input x."""
        k, behind = Index("k", self.d), positions_over(self.extents)
        free = (*indices_over("n", self.batch), k, *behind)
        x = Tensor("x", sizes_of(free))
        made = shares(Entry(x, *free), free, k)
        return Program((x,), made, (made[-1].tensor,))


def shares(
    scores: sympy.Expr, free: tuple[Index, ...], along: Index, mask: sympy.Expr = sympy.S.One
) -> tuple[Definition, ...]:
    """The equations of a softmax, for layers that contain one: `raised`, `total` and `weights`.

    Args:
        scores: what is raised, at the indices `free`.
        free: the indices of the result.
        along: that of them along which the sum is 1.
        mask: a bracket; where it is 0, the share is 0.
    """
    raised = defined("raised", free, sympy.exp(scores) * mask, r"\tilde{p}")
    rest = tuple(index for index in free if index != along)
    total = defined("total", rest, IndexSum(entry_of(raised), along), "z")
    return raised, total, defined("weights", free, entry_of(raised) / entry_of(total), "p")


EXAMPLES = (Softmax(3), Softmax(4, (2, 3)), Softmax(3, 2, (4, 5)))
