"""What layers and programs cost: counting passes over index equations, with formulas as people write them."""

from __future__ import annotations

from symderive.cost.entry import cost
from symderive.cost.record import Cost

__all__ = ["Cost", "cost"]
