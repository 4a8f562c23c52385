"""Numbers that check mathematics: quotients with noise, comparison, hand-written backprop, test points.

Nothing here knows of symbols, so it can contradict what is derived from them.
"""

from symderive.numeric.activations import ACTIVATIONS, Activation, activation
from symderive.numeric.backprop import (
    DenseLayer,
    LayerGradient,
    Trace,
    backward,
    deltas,
    forward,
    input_gradient,
    loss_value,
)
from symderive.numeric.comparison import Comparison, EntryComparison, compare, join
from symderive.numeric.diagnosis import Slip, diagnose
from symderive.numeric.differences import Difference, central, complex_step, one_sided
from symderive.numeric.draws import DOMAINS, draw, draw_all, is_generic, legacy_draws
from symderive.numeric.losses import (
    BinaryCrossEntropy,
    Loss,
    OutputDifference,
    SoftmaxCrossEntropy,
    SquaredError,
)
from symderive.numeric.rounding import evaluation_noise, granularity, reported_resolution
from symderive.numeric.steps import Regime, default_epsilon, noise_quantum, regime

__all__ = [
    "ACTIVATIONS",
    "DOMAINS",
    "Activation",
    "BinaryCrossEntropy",
    "Comparison",
    "DenseLayer",
    "Difference",
    "EntryComparison",
    "LayerGradient",
    "Loss",
    "OutputDifference",
    "Regime",
    "Slip",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "Trace",
    "activation",
    "backward",
    "central",
    "compare",
    "complex_step",
    "default_epsilon",
    "deltas",
    "diagnose",
    "draw",
    "draw_all",
    "evaluation_noise",
    "forward",
    "granularity",
    "input_gradient",
    "is_generic",
    "join",
    "legacy_draws",
    "loss_value",
    "noise_quantum",
    "one_sided",
    "regime",
    "reported_resolution",
]
