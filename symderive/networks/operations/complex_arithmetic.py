"""Sums and products of complex numbers, in their real and imaginary parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sympy

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Program
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import one_of
from symderive.networks.operations.operation import Operation, numbered_inputs

Pair: TypeAlias = tuple[sympy.Expr, sympy.Expr]

ARITHMETIC: Mapping[str, Callable[[Pair, Pair], Pair]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[0], a[1] - b[1]),
    "mul": lambda a, b: (a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]),
}
"""What becomes of the real and imaginary parts of two entries."""


@dataclass(frozen=True)
class ComplexArithmetic(Operation):
    """Two complex arrays combined entry by entry: `re = a·c − b·d`, `im = a·d + b·c` for (a + bi)(c + di).

    A product takes four real multiplications and two additions.

    Args:
        shape: the shape of the result, in complex entries.
        called: "add", "sub" or "mul".
        missing: for each of the two arrays the axes that it lacks; it is the same all along them.

    Raises:
        ShapeError: not sizes.
        SymderiveError: no such operation.

    >>> print(ComplexArithmetic((5,), "mul").program())
    re[n] = -x1_im[n]*x2_im[n] + x1_re[n]*x2_re[n]
    im[n] = x1_im[n]*x2_re[n] + x1_re[n]*x2_im[n]
    """

    called: str = "mul"
    missing: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())

    def _settle(self) -> None:
        super()._settle()
        one_of(self.called, ARITHMETIC, "ComplexArithmetic: unknown operation")

    def program(self) -> Program:
        """Two equations, with the inputs x1_re, x1_im, x2_re and x2_im."""
        indices = indices_over("n", self.shape)
        _, entries = numbered_inputs(indices, self.missing)
        (a, b), (c, d) = (
            tuple(
                Entry(Tensor(f"{one.tensor.name}_{part}", one.tensor.shape), *one.axes)
                for part in ("re", "im")
            )
            for one in entries
        )
        real, imaginary = ARITHMETIC[self.called]((a, b), (c, d))
        made = defined("re", indices, real), defined("im", indices, imaginary)
        return Program(tuple(one.tensor for one in (a, b, c, d)), made, tuple(one.tensor for one in made))
