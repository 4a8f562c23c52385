"""Gradient descent."""

from __future__ import annotations

from typing import Any

from symderive.cost.training.update import Update


def sgd(w: Any, g: Any, lr: Any) -> tuple[Any, ...]:
    """`w ← w − lr · g`.

    >>> sgd(1.0, 0.5, 0.1)
    (0.95,)
    """
    return (w - lr * g,)


UPDATE = Update(sgd, (), source="H. Robbins, S. Monro, A Stochastic Approximation Method, 1951, equation 6")
