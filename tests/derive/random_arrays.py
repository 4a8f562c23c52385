"""Random arrays of every shape, for Jacobians: written as random losses are, but not summed to a number."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.derive.random_programs import RandomLoss, _Writer, with_variable

OUTPUTS = [("n",), ("d",), ("n", "k"), ("d", "d"), ("n", "d"), ()]


@st.composite
def arrays(draw, depth: int = 3, kinks: bool = True, largest: int = 15) -> RandomLoss:
    """A random array with a variable of at most `largest` entries that it depends on."""
    shape = draw(st.sampled_from(OUTPUTS))
    source = _Writer(draw, kinks).expr(shape, depth)
    return with_variable(draw, source, largest)
