"""Gradient descent with momentum."""

from __future__ import annotations

from typing import Any

from symderive.cost.training.update import Update


def momentum(w: Any, g: Any, v: Any, lr: Any, mu: Any) -> tuple[Any, ...]:
    """`v ← µ · v + g`, `w ← w − lr · v`.

    >>> momentum(1.0, 0.5, 1.0, 0.5, 0.5)
    (0.5, 1.0)
    """
    v = mu * v + g
    return w - lr * v, v


UPDATE = Update(
    momentum,
    ("v",),
    source="I. Sutskever et al., On the importance of initialization and momentum in deep learning, 2013, "
    "equations 1 and 2, with the learning rate in the second, as PyTorch has it",
)
