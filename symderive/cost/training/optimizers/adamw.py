"""Adam with weight decay of its own."""

from __future__ import annotations

from typing import Any

from symderive.cost.training.optimizers.adam import adam
from symderive.cost.training.update import Update


def adamw(
    w: Any, g: Any, m: Any, v: Any, lr: Any, b1: Any, b2: Any, eps: Any, t: Any, decay: Any
) -> tuple[Any, ...]:
    """`w ← (1 − lr · λ) w`, then as `adam`.

    >>> [float(one) for one in adamw(1.0, 2.0, 0.0, 0.0, 0.5, 0.5, 0.75, 0.0, 1, 0.5)]
    [0.25, 1.0, 1.0]
    """
    return adam((1 - lr * decay) * w, g, m, v, lr, b1, b2, eps, t)


UPDATE = Update(
    adamw,
    ("m", "v"),
    source="I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, arXiv:1711.05101, algorithm 2, "
    "with the decay times the learning rate, as PyTorch has it",
)
