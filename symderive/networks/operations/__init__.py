"""What networks do between layers: arrays combined entry by entry, reduced, looked up; trained arrays.

One file for each purpose. These are layers like those of `symderive.layers`, each with the index equations
from which its cost is counted.
"""

from __future__ import annotations

from symderive.networks.operations.complex_arithmetic import ARITHMETIC, ComplexArithmetic
from symderive.networks.operations.folded import Folded
from symderive.networks.operations.join import Join
from symderive.networks.operations.learned import Learned
from symderive.networks.operations.lookup import Gather, Scatter, ScatterAlong
from symderive.networks.operations.opaque import Opaque
from symderive.networks.operations.operation import Operation
from symderive.networks.operations.pointwise import Pointwise, argument
from symderive.networks.operations.reduction import REDUCTIONS, Reduction
from symderive.networks.operations.rotary import Rotary
from symderive.networks.operations.running import RUNNING, Running
from symderive.networks.operations.sampled import Sampled

__all__ = [
    "ARITHMETIC",
    "REDUCTIONS",
    "RUNNING",
    "ComplexArithmetic",
    "Folded",
    "Gather",
    "Join",
    "Learned",
    "Opaque",
    "Operation",
    "Pointwise",
    "Reduction",
    "Rotary",
    "Running",
    "Sampled",
    "Scatter",
    "ScatterAlong",
    "argument",
]
