"""Dense networks: forward equations with named layers, and the gradients of all parameters with named δ's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from symderive.core.dims import Size, as_size
from symderive.core.nodes import Tensor
from symderive.derive.derivation import Derivation
from symderive.derive.gradient import gradient
from symderive.errors import SymderiveError, did_you_mean
from symderive.functions import by_name
from symderive.language.array import Array, elementwise
from symderive.language.declaring import array, let

ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "softplus")
LAYOUTS = ("in-out", "out-in")


@dataclass(frozen=True)
class Layer:
    """One dense layer.

    Attributes:
        units: the number of outputs, a number or a symbol.
        activation: one of `ACTIVATIONS`.
        bias: whether a bias vector is added.
    """

    units: Any
    activation: str = "sigmoid"
    bias: bool = True

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise SymderiveError(
                f'layer: the activation "{self.activation}" is not known'
                f"{did_you_mean(self.activation, ACTIVATIONS)}"
            )


@dataclass(frozen=True)
class LossChoice:
    """A loss between the output p and the target y.

    Attributes:
        title: how it is called in text.
        build: the symbolic loss; the third argument says whether the first axis is a batch.
        target: the domain of y.
    """

    title: str
    build: Callable[[Array, Array, bool], Array]
    target: str = "real"


def _summed(value: Array, batch: bool) -> Array:
    """Sum over outputs, mean over a batch."""
    return np.sum(value) / value.shape[0] if batch else np.sum(value)


def _cross_entropy(y: Array, p: Array, batch: bool) -> Array:
    return -_summed(y * np.log(p) + (1 - y) * np.log(1 - p), batch)


LOSSES = {
    "difference": LossChoice("output difference", lambda y, p, batch: _summed(y - p, batch)),
    "squared_error": LossChoice("squared error", lambda y, p, batch: _summed((p - y) ** 2, batch)),
    "half_squared_error": LossChoice(
        "half the squared error", lambda y, p, batch: _summed((p - y) ** 2, batch) / 2
    ),
    "binary_cross_entropy": LossChoice("binary cross-entropy", _cross_entropy, "binary"),
}


class Network:
    """A dense network with a loss.

    Args:
        inputs: the number of inputs, a number or a symbol.
        layers: the layers, first to last.
        loss: a name from `LOSSES`; sums over outputs, averages over a batch.
        weights: `in-out` for weight matrices of shape inputs × outputs (z = Wᵀx, or XW for a batch),
            `out-in` for outputs × inputs (z = Wx, or XWᵀ).
        batch: the number of samples, or None for one input vector.

    Raises:
        SymderiveError: no layers, an unknown loss or layout.

    >>> d, h = __import__("symderive").dims("d h")
    >>> net = Network(d, [Layer(h, "tanh"), Layer(1, "identity")], "squared_error")
    >>> [str(p) for p in net.parameters]
    ['W1', 'b1', 'W2', 'b2']
    """

    def __init__(
        self, inputs: Any, layers: Sequence[Layer], loss: str, *, weights: str = "in-out", batch: Any = None
    ) -> None:
        if not layers:
            raise SymderiveError("network: it has no layers; give at least one.")
        if loss not in LOSSES:
            raise SymderiveError(f'network: the loss "{loss}" is not known{did_you_mean(loss, LOSSES)}')
        if weights not in LAYOUTS:
            raise SymderiveError(
                f'network: the weight layout "{weights}" is not known; it is "in-out" or "out-in".'
            )
        self.layers, self.loss, self.layout = tuple(layers), LOSSES[loss], weights
        self.loss_name = loss
        self.inputs = as_size(inputs, "the number of inputs")
        self.batch = None if batch is None else as_size(batch, "the batch")
        self._build()

    def _build(self) -> None:
        lead: tuple[Size, ...] = () if self.batch is None else (self.batch,)
        self.x = array("x" if self.batch is None else "X", *lead, self.inputs)
        self.parameters: list[Tensor] = []
        self.parameter_arrays: list[Array] = []
        self.activations: list[Array] = []
        self.preactivations: list[Array] = []
        value, width = self.x, self.inputs
        for number, layer in enumerate(self.layers, start=1):
            units = as_size(layer.units, f"the units of layer {number}")
            value = self._layer(number, layer, value, width, units)
            width = units
        self.output = value
        self.y = array("y" if self.batch is None else "Y", *lead, width, domain=self.loss.target)
        self.loss_array = let("L", self.loss.build(self.y, self.output, self.batch is not None))

    def _layer(self, number: int, layer: Layer, value: Array, width: Size, units: Size) -> Array:
        shape = (width, units) if self.layout == "in-out" else (units, width)
        weight = self._parameter(f"W{number}", shape)
        turned = (self.layout == "in-out") == (self.batch is None)
        product = (
            (weight.T if turned else weight) @ value
            if self.batch is None
            else value @ (weight.T if turned else weight)
        )
        if layer.bias:
            product = product + self._parameter(f"b{number}", (units,))
        last = number == len(self.layers)
        z = let(self._name("z", number), product)
        self.preactivations.append(z)
        name = "p" if last else f"a{number}"
        if layer.activation == "identity":
            value = z
        else:
            value = let(self._name(name, None), elementwise(by_name()[layer.activation].make, z))
        self.activations.append(value)
        return value

    def _name(self, letter: str, number: int | None) -> str:
        name = letter if number is None else f"{letter}{number}"
        return name if self.batch is None else name[0].upper() + name[1:]

    def _parameter(self, name: str, shape: tuple[Size, ...]) -> Array:
        made = array(name, *shape)
        self.parameter_arrays.append(made)
        self.parameters.append(made.tensor)
        return made

    @cached_property
    def derivation(self) -> Derivation:
        """The gradients of the loss with respect to all parameters, with `δ_l = ∂L/∂z_l` named."""
        upper = self.batch is not None
        names = {
            z.name: (
                f"{'Delta' if upper else 'delta'}{number}",
                rf"\{'Delta' if upper else 'delta'}_{{{number}}}",
            )
            for number, z in enumerate(self.preactivations, start=1)
        }
        return gradient(self.loss_array, self.parameter_arrays, adjoints=names)
