"""Functions that stand in front of PyTorch code."""

from __future__ import annotations

from typing import Any


def _logsumexp(exponent: Any, b: Any, axis: Any = None) -> Any:
    """The logarithm of a sum of exponentials with weights; the largest exponent is taken out."""
    exponent = exponent.expand((exponent + b).shape)
    axis = tuple(range(exponent.ndim)) if axis is None else axis
    largest = exponent.amax(axis, keepdim=True)
    total = (b * (exponent - largest).exp()).sum(axis).log()
    return total + largest.reshape(total.shape)
