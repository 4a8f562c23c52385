"""What networks do between layers: arrays combined entry by entry, reduced, looked up; trained arrays.

One file for each purpose. These are layers like those of `symderive.layers`, each with the index equations
from which its cost is counted.
"""

from __future__ import annotations

from symderive.networks.operations.join import Join
from symderive.networks.operations.learned import Learned
from symderive.networks.operations.lookup import Gather, Scatter
from symderive.networks.operations.opaque import Opaque
from symderive.networks.operations.operation import Operation
from symderive.networks.operations.pointwise import Pointwise, argument
from symderive.networks.operations.reduction import REDUCTIONS, Reduction
from symderive.networks.operations.rotary import Rotary
from symderive.networks.operations.running import RUNNING, Running

__all__ = [
    "REDUCTIONS",
    "RUNNING",
    "Gather",
    "Join",
    "Learned",
    "Opaque",
    "Operation",
    "Pointwise",
    "Reduction",
    "Rotary",
    "Running",
    "Scatter",
    "argument",
]
