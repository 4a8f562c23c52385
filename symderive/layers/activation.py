"""Activations: one function of each entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Program
from symderive.functions.kinked import relu, smaller
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.functions.special import ndtr
from symderive.layers.elementwise import Elementwise
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import one_of, sizes

Function = Callable[[sympy.Expr], sympy.Expr]


def gelu_by_tanh(x: sympy.Expr) -> sympy.Expr:
    """`x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`.

    Source: D. Hendrycks, K. Gimpel, Gaussian Error Linear Units, arXiv:1606.08415, section 2.
    """
    inner = sympy.sqrt(2 / sympy.pi) * (x + sympy.Rational(44715, 10**6) * x**3)
    return x / 2 * (1 + sympy.tanh(inner))


def relu6(x: sympy.Expr) -> sympy.Expr:
    """`min(max(x, 0), 6)`.

    Source: A. Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010, section 2.
    """
    return smaller(relu(x), sympy.Integer(6))


def hard_sigmoid(x: sympy.Expr) -> sympy.Expr:
    """`min(max(x + 3, 0), 6) / 6`.

    Source: A. Howard et al., Searching for MobileNetV3, arXiv:1905.02244, section 5.2.
    """
    return relu6(x + 3) / 6


KINDS: Mapping[str, Function] = {
    "relu": relu,
    "relu6": relu6,
    "hardsigmoid": hard_sigmoid,
    "hardswish": lambda x: x * hard_sigmoid(x),
    "sigmoid": sigmoid,
    "tanh": sympy.tanh,
    "softplus": softplus,
    "gelu": lambda x: x * ndtr(x),
    "gelu_tanh": gelu_by_tanh,
    "silu": lambda x: x * sigmoid(x),
}


@dataclass(frozen=True)
class Activation(Elementwise):
    """A function of each entry: `y[n] = f(x[n])`.

    Args:
        function: "relu", "relu6", "hardsigmoid", "hardswish" (x times the hard sigmoid), "sigmoid", "tanh",
            "softplus", "gelu" (x Φ(x)), "gelu_tanh" (its approximation) or "silu" (x σ(x)).
        batch: the shape of the input, one size or a tuple.

    Raises:
        ShapeError: not a size.
        SymderiveError: an unknown function.

    >>> print(Activation("silu", (2, 3)).program())
    y[n1, n2] = sigmoid(x[n1, n2])*x[n1, n2]
    """

    function: str = "relu"
    batch: Any = sizes("N", default=("N", "d"))

    def _settle(self) -> None:
        one_of(self.function, KINDS, "Activation: unknown function")
        super()._settle()

    def program(self) -> Program:
        """The equation with the input x."""
        x, indices = Tensor("x", self.batch), indices_over("n", self.batch)
        y = defined("y", indices, KINDS[self.function](Entry(x, *indices)))
        return Program((x,), (y,), (y.tensor,))


EXAMPLES = tuple(Activation(function, (2, 3)) for function in KINDS)
