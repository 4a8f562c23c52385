"""Random arrays of every shape, for Jacobians: written as random losses are, but not summed to a number."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import strategies as st

from tests.derive.random_programs import DOMAINS, SHAPES, SIZES, RandomLoss, _Writer, names_in

OUTPUTS = [("n",), ("d",), ("n", "k"), ("d", "d"), ("n", "d"), ()]


@st.composite
def arrays(draw, depth: int = 3, kinks: bool = True, largest: int = 15) -> RandomLoss:
    """A random array with a variable of at most `largest` entries that it depends on."""
    shape = draw(st.sampled_from(OUTPUTS))
    source = _Writer(draw, kinks).expr(shape, depth)
    present = names_in(source)
    shown = {size for name in present for size in SHAPES[name]}
    for size in sorted(set(SIZES) - shown):
        source = re.sub(rf"(?<![\w'\"]){size}(?![\w'\"(])", str(SIZES[size]), source)
    sizes = {name: int(np.prod([SIZES.get(size, 1) for size in SHAPES[name]])) for name in present}
    candidates = [name for name in present if sizes[name] <= largest and DOMAINS.get(name) != "spd"]
    if not candidates:
        source, candidates = f"({source}) * np.sum(w ** 2)", ["w"]
    return RandomLoss(source, draw(st.sampled_from(candidates)))
