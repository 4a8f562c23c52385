r"""Backpropagation through a dense network, written by hand and independent of any symbolic engine.

Forward, for a row x:   z¹ = x W¹ + b¹, a¹ = g¹(z¹), z² = a¹ W² + b², …  (layout "in-out"; "out-in" has x Wᵀ).
Backward: δᴸ = ∂L/∂zᴸ, δˡ = (δˡ⁺¹ Wˡ⁺¹ᵀ) ⊙ g′(zˡ), ∂L/∂Wˡ = (aˡ⁻¹)ᵀ δˡ, ∂L/∂bˡ = Σ_rows δˡ.
(Rumelhart, Hinton & Williams, Nature 323, 1986; Goodfellow, Bengio & Courville, Deep Learning, alg. 6.4.)
One input vector is a batch of one row; gradients have the shape of their variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from symderive.errors import SymderiveError
from symderive.numeric.activations import activation
from symderive.numeric.losses import Loss
from symderive.numeric.rounding import FloatArray

Layout = Literal["in-out", "out-in"]


@dataclass(frozen=True)
class DenseLayer:
    """One dense layer a = g(x W + b), or a = g(x Wᵀ + b) with layout "out-in".

    Attributes:
        weight: W, shape (in, out) with layout "in-out", (out, in) with "out-in".
        bias: b, shape (out,), or None.
        activation: identity, sigmoid, tanh, relu, softplus or softmax.
        layout: Which axis of W belongs to the inputs.

    Raises:
        SymderiveError: if W is not a matrix, b does not fit, or the activation or the layout is unknown.

    >>> DenseLayer([[1.0], [2.0]], [0.5], "sigmoid").matrix.shape
    (2, 1)
    """

    weight: ArrayLike
    bias: ArrayLike | None = None
    activation: str = "identity"
    layout: Layout = "in-out"

    def __post_init__(self) -> None:
        """Refuse shapes and names that do not fit."""
        if self.layout not in ("in-out", "out-in"):
            raise SymderiveError(f"dense layer: unknown layout {self.layout!r}; use 'in-out' or 'out-in'.")
        activation(self.activation)
        if np.ndim(self.weight) != 2:
            raise SymderiveError(
                f"dense layer: the weight has shape {np.shape(self.weight)}; it must be a matrix."
            )
        if self.bias is not None and np.shape(self.bias) != (self.matrix.shape[1],):
            raise SymderiveError(
                f"dense layer: the bias has shape {np.shape(self.bias)}, "
                f"but the weight {np.shape(self.weight)} with "
                f"layout {self.layout!r} has {self.matrix.shape[1]} outputs; give a bias of that length."
            )

    @property
    def matrix(self) -> FloatArray:
        """W with the inputs in rows, shape (in, out), whatever the layout."""
        weight = np.asarray(self.weight, dtype=np.float64)
        return weight if self.layout == "in-out" else weight.T


@dataclass(frozen=True)
class Trace:
    """What the forward pass leaves for the backward pass.

    Attributes:
        inputs: The inputs of every layer, then the output of the last: the first is x, shape (d,) or (n, d).
        pre_activations: z of every layer.
    """

    inputs: tuple[FloatArray, ...]
    pre_activations: tuple[FloatArray, ...]

    @property
    def output(self) -> FloatArray:
        """The output of the network, shape (c,) or (n, c)."""
        return self.inputs[-1]


@dataclass(frozen=True)
class LayerGradient:
    """Gradient of the loss with respect to one layer.

    Attributes:
        weight: ∂L/∂W, in the shape and layout of W.
        bias: ∂L/∂b, shape (out,); None if the layer has no bias.
    """

    weight: FloatArray
    bias: FloatArray | None


def forward(layers: Sequence[DenseLayer], x: ArrayLike) -> Trace:
    """Compute the network and keep what the backward pass needs.

    Args:
        layers: The layers, first to last.
        x: One input, shape (d,), or a batch with samples in rows, shape (n, d).

    Returns:
        The trace.

    Raises:
        SymderiveError: if there are no layers, or a layer does not fit what it is given.

    >>> forward([DenseLayer([[1.0], [2.0]], [0.5])], [3.0, 4.0]).output
    array([11.5])
    """
    a = np.asarray(x, dtype=np.float64)
    if not layers:
        raise SymderiveError("forward pass: the network has no layers; give at least one.")
    if a.ndim not in (1, 2):
        raise SymderiveError(
            f"forward pass: x has shape {a.shape}; give one vector or a batch with samples in rows."
        )
    inputs, pre_activations = [a], []
    for number, layer in enumerate(layers, start=1):
        if a.shape[-1] != layer.matrix.shape[0]:
            raise SymderiveError(
                f"forward pass: layer {number} takes {layer.matrix.shape[0]} inputs "
                f"(weight {np.shape(layer.weight)}, "
                f"layout {layer.layout!r}) but is given {a.shape[-1]}; change the weight or its layout."
            )
        z = a @ layer.matrix
        if layer.bias is not None:
            z = z + np.asarray(layer.bias, dtype=np.float64)
        a = activation(layer.activation).value(z)
        pre_activations.append(z)
        inputs.append(a)
    return Trace(tuple(inputs), tuple(pre_activations))


def loss_value(layers: Sequence[DenseLayer], trace: Trace, loss: Loss, y: ArrayLike) -> float:
    """The loss of a forward pass.

    Args:
        layers: The layers of the trace.
        trace: The forward pass.
        loss: The loss.
        y: The target, in the shape of the output.

    Returns:
        One number.

    Raises:
        SymderiveError: if the target does not have the shape of the output.

    >>> from symderive.numeric.losses import SquaredError
    >>> layers = [DenseLayer([[1.0], [2.0]])]
    >>> loss_value(layers, forward(layers, [3.0, 4.0]), SquaredError(), [10.0])
    1.0
    """
    target = _target(trace, y)
    return loss.value(trace.pre_activations[-1], trace.output, target, layers[-1].activation)


def deltas(layers: Sequence[DenseLayer], trace: Trace, loss: Loss, y: ArrayLike) -> list[FloatArray]:
    """δˡ = ∂L/∂zˡ for every layer, first to last; arguments and errors as for `loss_value`.

    >>> from symderive.numeric.losses import SquaredError
    >>> layers = [DenseLayer([[1.0], [2.0]])]
    >>> deltas(layers, forward(layers, [3.0, 4.0]), SquaredError(), [10.0])
    [array([2.])]
    """
    last = loss.delta(trace.pre_activations[-1], trace.output, _target(trace, y), layers[-1].activation)
    backwards = [last]
    for number in range(len(layers) - 1, 0, -1):
        z, a = trace.pre_activations[number - 1], trace.inputs[number]
        pulled = backwards[-1] @ layers[number].matrix.T
        backwards.append(activation(layers[number - 1].activation).pullback(z, a, pulled))
    return backwards[::-1]


def backward(layers: Sequence[DenseLayer], trace: Trace, loss: Loss, y: ArrayLike) -> list[LayerGradient]:
    """Gradients of the loss with respect to the weights and biases of every layer.

    Args:
        layers: The layers of the trace.
        trace: The forward pass.
        loss: The loss.
        y: The target, in the shape of the output.

    Returns:
        One gradient for every layer, first to last.

    Raises:
        SymderiveError: if the target does not have the shape of the output.

    >>> from symderive.numeric.losses import SquaredError
    >>> layers = [DenseLayer([[1.0], [2.0]], [0.0])]
    >>> (gradient,) = backward(layers, forward(layers, [3.0, 4.0]), SquaredError(), [10.0])
    >>> gradient.weight.ravel(), gradient.bias
    (array([6., 8.]), array([2.]))
    """
    gradients = []
    for layer, given, delta in zip(layers, trace.inputs, deltas(layers, trace, loss, y), strict=False):
        rows, row_deltas = np.atleast_2d(given), np.atleast_2d(delta)
        weight = rows.T @ row_deltas
        bias = None if layer.bias is None else row_deltas.sum(axis=0)
        gradients.append(LayerGradient(weight if layer.layout == "in-out" else weight.T, bias))
    return gradients


def input_gradient(layers: Sequence[DenseLayer], trace: Trace, loss: Loss, y: ArrayLike) -> FloatArray:
    """∂L/∂x = δ¹ W¹ᵀ, in the shape of x; arguments and errors as for `backward`.

    >>> from symderive.numeric.losses import SquaredError
    >>> layers = [DenseLayer([[1.0], [2.0]])]
    >>> input_gradient(layers, forward(layers, [3.0, 4.0]), SquaredError(), [10.0])
    array([2., 4.])
    """
    return np.asarray(deltas(layers, trace, loss, y)[0] @ layers[0].matrix.T)


def _target(trace: Trace, y: ArrayLike) -> FloatArray:
    target = np.asarray(y, dtype=np.float64)
    if target.shape != trace.output.shape:
        raise SymderiveError(
            f"loss: the target has shape {target.shape}, the output of the network {trace.output.shape}; "
            "reshape the target."
        )
    return target
