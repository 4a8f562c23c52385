"""Adam."""

from __future__ import annotations

from typing import Any

import numpy as np

from symderive.cost.training.update import Update


def adam(w: Any, g: Any, m: Any, v: Any, lr: Any, b1: Any, b2: Any, eps: Any, t: Any) -> tuple[Any, ...]:
    """`m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, `w ← w − lr · m̂ / (√v̂ + ε)` at step t.

    `m̂ = m / (1 − β₁ᵗ)` and `v̂ = v / (1 − β₂ᵗ)`; the first is a factor of the learning rate.

    >>> [float(one) for one in adam(1.0, 2.0, 0.0, 0.0, 0.5, 0.5, 0.75, 0.0, 1)]
    [0.5, 1.0, 1.0]
    """
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return w - lr / (1 - b1**t) * m / (np.sqrt(v / (1 - b2**t)) + eps), m, v


UPDATE = Update(adam, ("m", "v"), source="D. P. Kingma, J. Ba, Adam, arXiv:1412.6980, algorithm 1")
