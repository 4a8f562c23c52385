"""Positions as rotations."""

from __future__ import annotations

from dataclasses import dataclass

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.equations import indices_over
from symderive.networks.operations.operation import Operation


@dataclass(frozen=True)
class Rotary(Operation):
    """Positions as rotations of pairs of entries.

    `first = cos · x1 − sin · x2`, `second = cos · x2 + sin · x1`. The pairs are entry p of the first half and
    of the second half of the last axis; the angle depends on the position, which is axis 1, and on p.

    Source: J. Su et al., RoFormer, arXiv:2104.09864, equation 34.

    Args:
        shape: (batch, length, heads, entries).

    >>> Rotary((2, 5, 3, 4)).program().inputs[0].shape
    (2, 5, 3, 2)
    """

    def program(self) -> Program:
        """Two equations with the inputs x1, x2, cos and sin."""
        half = (*self.shape[:-1], self.shape[-1] / 2)
        indices = indices_over("n", half)
        t, p = indices[1], indices[3]
        one, two, cos, sin = (
            Tensor("x1", half), Tensor("x2", half), Tensor("cos", half[1::2]), Tensor("sin", half[1::2])
        )  # fmt: skip
        first = Entry(cos, t, p) * Entry(one, *indices) - Entry(sin, t, p) * Entry(two, *indices)
        second = Entry(cos, t, p) * Entry(two, *indices) + Entry(sin, t, p) * Entry(one, *indices)
        made = tuple(
            Definition(Tensor(name, half), indices, body, pinned=True)
            for name, body in (("first", first), ("second", second))
        )
        return Program((one, two, cos, sin), made, tuple(part.tensor for part in made))
