"""Losses of a network output: value, and derivative with respect to what enters the last activation.

A loss that belongs to an activation (cross-entropy to sigmoid or softmax) is computed from z, where nothing
overflows and the slope of the activation cancels: δ = p − y. With any other last activation it is computed
from the output. Rows are samples; `reduction="mean"` divides by the number of entries, for softmax
cross-entropy by the number of rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import logsumexp, xlog1py, xlogy

from symderive.errors import SymderiveError
from symderive.numeric.activations import activation
from symderive.numeric.rounding import FloatArray

Reduction = Literal["sum", "mean"]


@dataclass(frozen=True)
class Loss(ABC):
    """A loss, summed or averaged.

    Attributes:
        reduction: "sum" or "mean".
    """

    reduction: Reduction = "sum"

    def __post_init__(self) -> None:
        """Refuse a reduction that does not exist."""
        if self.reduction not in ("sum", "mean"):
            raise SymderiveError(f"loss: unknown reduction {self.reduction!r}; use 'sum' or 'mean'.")

    def value(self, z: FloatArray, a: FloatArray, y: FloatArray, activation_name: str) -> float:
        """The loss.

        Args:
            z: What enters the last activation, shape (c,) or (n, c).
            a: The output, same shape.
            y: The target, same shape.
            activation_name: The last activation.

        Returns:
            One number.
        """
        paired = activation_name == self.partner
        total = float(np.sum(self.paired_value(z, y) if paired else self.entry_value(a, y)))
        return total / self.count(a)

    def delta(self, z: FloatArray, a: FloatArray, y: FloatArray, activation_name: str) -> FloatArray:
        """δ = ∂L/∂z of the last layer; arguments as for `value`, result of the shape of z."""
        if activation_name == self.partner:
            return self.paired_delta(a, y) / self.count(a)
        return activation(activation_name).pullback(z, a, self.gradient(a, y) / self.count(a))

    def count(self, a: FloatArray) -> int:
        """What a mean divides by; 1 for a sum."""
        return max(a.size, 1) if self.reduction == "mean" else 1

    @property
    def partner(self) -> str:
        """The activation with which the loss is computed from z; "" for none."""
        return ""

    @abstractmethod
    def entry_value(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """The terms of the sum, from the output."""

    @abstractmethod
    def gradient(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """∂L/∂a of the sum, shape of a."""

    def paired_value(self, z: FloatArray, y: FloatArray) -> FloatArray:
        """The terms of the sum, from z; only with the partner."""
        raise SymderiveError(f"{type(self).__name__}: no activation belongs to this loss.")

    def paired_delta(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """∂L/∂z of the sum; only with the partner."""
        raise SymderiveError(f"{type(self).__name__}: no activation belongs to this loss.")


@dataclass(frozen=True)
class SquaredError(Loss):
    """Σ (a − y)², or half of it.

    Attributes:
        half: Whether to multiply by ½, so that the gradient is a − y.

    >>> SquaredError(half=True).gradient(np.array([0.5]), np.array([2.0]))
    array([-1.5])
    """

    half: bool = False

    def entry_value(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """(a − y)², or half of it."""
        return (0.5 if self.half else 1.0) * (a - y) ** 2

    def gradient(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """2(a − y), or a − y."""
        return (1.0 if self.half else 2.0) * (a - y)


@dataclass(frozen=True)
class OutputDifference(Loss):
    """Σ (y − a), with ∂L/∂a = −1: nothing to minimise, but handy to look at the derivative of an output.

    >>> OutputDifference().gradient(np.array([0.7]), np.array([1.0]))
    array([-1.])
    """

    def entry_value(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """Y − a."""
        return y - a

    def gradient(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """−1 everywhere."""
        return np.full_like(a, -1.0)


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """−Σ [y log p + (1 − y) log(1 − p)] of probabilities p; log(1 + eᶻ) − yz behind a sigmoid.

    >>> BinaryCrossEntropy().value(np.array([-1e4]), np.array([0.0]), np.array([1.0]), "sigmoid")
    10000.0
    """

    @property
    def partner(self) -> str:
        """The sigmoid."""
        return "sigmoid"

    def entry_value(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """−y log p − (1 − y) log(1 − p), with 0 · log 0 = 0."""
        return np.asarray(-xlogy(y, a) - xlog1py(1 - y, -a))

    def gradient(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """−y/p + (1 − y)/(1 − p), each term left out where its weight is 0."""
        ones, zeros = np.zeros_like(a), np.zeros_like(a)
        np.divide(y, a, out=ones, where=y != 0)
        np.divide(1 - y, 1 - a, out=zeros, where=y != 1)
        return zeros - ones

    def paired_value(self, z: FloatArray, y: FloatArray) -> FloatArray:
        """log(1 + eᶻ) − yz, without the cancellation of the two at large z."""
        return np.asarray(y * np.logaddexp(0.0, -z) + (1 - y) * np.logaddexp(0.0, z))

    def paired_delta(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """P − y."""
        return a - y


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """−Σ y log p over classes in the last axis, y one-hot or any distribution; from z behind a softmax.

    >>> loss = SoftmaxCrossEntropy()
    >>> loss.value(np.array([1e4, 0.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]), "softmax")
    10000.0
    """

    @property
    def partner(self) -> str:
        """The softmax."""
        return "softmax"

    def count(self, a: FloatArray) -> int:
        """The number of rows for a mean."""
        return max(a.size // a.shape[-1], 1) if self.reduction == "mean" else 1

    def entry_value(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """−y log p, with 0 · log 0 = 0."""
        return np.asarray(-xlogy(y, a))

    def gradient(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """−y/p, 0 where y is."""
        ratio = np.zeros_like(a)
        np.divide(-y, a, out=ratio, where=y != 0)
        return ratio

    def paired_value(self, z: FloatArray, y: FloatArray) -> FloatArray:
        """Y (log Σ eᶻ − z)."""
        return np.asarray(y * (logsumexp(z, axis=-1, keepdims=True) - z))

    def paired_delta(self, a: FloatArray, y: FloatArray) -> FloatArray:
        """P Σy − y, which is p − y for a distribution y."""
        return np.asarray(a * np.sum(y, axis=-1, keepdims=True) - y)
