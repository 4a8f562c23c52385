"""The activations of a dense network, each with the product of its transposed Jacobian and a vector.

All are finite and exact to a few ulp at |z| = 10⁴, in the value as well as in the derivative. `slope` is
written with the value a = g(z) where that is the textbook form: σ′ = a(1 − a), tanh′ = 1 − a².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from symderive.errors import SymderiveError
from symderive.numeric.rounding import FloatArray


@dataclass(frozen=True)
class Activation:
    """One activation g, applied to the last axis of z.

    Attributes:
        name: As it is written in a layer.
        value: z ↦ g(z), shape of z.
        pullback: (z, a, v) ↦ Jᵀv with J = ∂g/∂z, a = g(z); all of the shape of z.
    """

    name: str
    value: Callable[[FloatArray], FloatArray]
    pullback: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]


def _sigmoid_pullback(z: FloatArray, a: FloatArray, v: FloatArray) -> FloatArray:
    return np.asarray(v * a * expit(-z))  # σ(−z) = 1 − a without cancellation


def _tanh_pullback(z: FloatArray, a: FloatArray, v: FloatArray) -> FloatArray:
    e = np.exp(-2 * np.abs(z))
    return np.asarray(v * 4 * e / (1 + e) ** 2)  # 1/cosh² z = 1 − a² without cancellation


def _softmax_pullback(z: FloatArray, a: FloatArray, v: FloatArray) -> FloatArray:
    return np.asarray(a * (v - np.sum(a * v, axis=-1, keepdims=True)))


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("identity", lambda z: z, lambda z, a, v: v),
        Activation("sigmoid", lambda z: np.asarray(expit(z)), _sigmoid_pullback),
        Activation("tanh", np.tanh, _tanh_pullback),
        Activation("relu", lambda z: np.maximum(z, 0.0), lambda z, a, v: np.where(z > 0, v, 0.0)),
        Activation("softplus", lambda z: np.logaddexp(0.0, z), lambda z, a, v: v * expit(z)),
        Activation("softmax", lambda z: np.asarray(softmax(z, axis=-1)), _softmax_pullback),
    )
}


def activation(name: str) -> Activation:
    """Look up an activation.

    Args:
        name: identity, sigmoid, tanh, relu, softplus or softmax. The slope of relu at its kink is taken as 0.

    Returns:
        The activation.

    Raises:
        SymderiveError: if there is none of that name.

    >>> sigmoid = activation("sigmoid")
    >>> z = np.array([-1e4, 0.0, 1e4])
    >>> sigmoid.value(z), sigmoid.pullback(z, sigmoid.value(z), np.ones(3))
    (array([0. , 0.5, 1. ]), array([0.  , 0.25, 0.  ]))
    """
    if name not in ACTIVATIONS:
        raise SymderiveError(
            f"dense layer: unknown activation {name!r}; use one of {', '.join(ACTIVATIONS)}."
        )
    return ACTIVATIONS[name]
