"""Arrays combined entry by entry: sums, products, quotients, any function of several entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.errors import SymderiveError
from symderive.layers.equations import defined, indices_over
from symderive.networks.operations.operation import Operation, numbered_inputs


def argument(number: int) -> sympy.Symbol:
    """The symbol that stands for an entry of input `number`, counted from 1, in the body of a `Pointwise`."""
    return sympy.Symbol(f"x{number}", real=True)


@dataclass(frozen=True)
class Pointwise(Operation):
    """A function of one entry of each of several arrays: `y[n] = x1[n] + x2[n]`.

    Args:
        shape: the shape of the result.
        body: the function, a SymPy expression in `argument(1)`, `argument(2)` and so on. Other symbols in it
            are constants that have no number; what is made of constants alone costs nothing.
        missing: for each array the axes that it lacks; it is the same all along them.
        trained: the numbers of the arrays, counted from 1, that are parameters: those behind the data.

    Raises:
        ShapeError: not sizes.
        SymderiveError: a body with an argument for which there is no array.

    >>> one, two = argument(1), argument(2)
    >>> print(Pointwise((2, 3), one * two, ((), (0,))).program())
    y[n1, n2] = x2[n2]*x1[n1, n2]
    """

    body: Any = argument(1) + argument(2)
    missing: tuple[tuple[int, ...], ...] = ((), ())
    trained: tuple[int, ...] = ()

    def _settle(self) -> None:
        super()._settle()
        object.__setattr__(self, "body", sympy.sympify(self.body))
        known = {argument(number) for number in range(1, len(self.missing) + 1)}
        beyond = sorted((one for one in self.body.free_symbols - known if _is_argument(one)), key=str)
        if beyond:
            raise SymderiveError(
                f"Pointwise: {beyond[0]} is used and there are {len(self.missing)} arrays; say in missing "
                "which axes each array lacks, () for none."
            )

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The arrays that are trained."""
        inputs, _ = numbered_inputs(indices_over("n", self.shape), self.missing)
        return tuple(inputs[number - 1] for number in self.trained)

    def program(self) -> Program:
        """The equation with inputs x1, x2 and so on."""
        indices = indices_over("n", self.shape)
        inputs, entries = numbered_inputs(indices, self.missing)
        read = {argument(number): entry for number, entry in enumerate(entries, 1)}
        y = defined("y", indices, self.body.xreplace(read))
        return Program(inputs, (y,), (y.tensor,))


def _is_argument(symbol: sympy.Symbol) -> bool:
    digits = symbol.name[1:]
    return digits.isdecimal() and symbol == argument(int(digits))
