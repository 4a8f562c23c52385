"""Every quantity of every layer, all sizes open: its compiled formula, and what it is with numbers put in."""

import numpy as np
import pytest

import symderive as sd
from symderive import layers
from symderive.errors import ShapeError
from symderive.layers.layer import Layer

OPEN = {
    "Attention": {"causal": True, "window": "w"},
    "AvgPool2d": {"stride": "s", "padding": "p"},
    "Conv1d": {"stride": "s", "padding": "p", "dilation": "e", "groups": "G"},
    "Conv2d": {"stride": "s", "padding": "p", "dilation": "e", "groups": "G", "bias": True},
    "ConvTranspose1d": {"stride": "s", "padding": "p", "dilation": "e", "groups": "G"},
    "MaxPool2d": {"stride": "s", "padding": "p"},
    "MultiHeadAttention": {"causal": True, "window": "w", "kv_heads": "g"},
}
KINDS = {
    name: kind for name, kind in vars(layers).items() if isinstance(kind, type) and issubclass(kind, Layer)
}
ENOUGH, TRIES = 3, 60


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"Layer"}))
def test_the_formula_of_every_quantity_is_what_numbers_give(name):
    rng = np.random.default_rng(len(name))
    for options in ({}, OPEN[name]) if name in OPEN else ({},):
        found = sd.cost(KINDS[name](**options))
        compiled = {one: found.compile(one) for one in (*found.all_quantities, "valid_macs", "backward_macs")}
        fitting = 0
        for _ in range(TRIES):
            open_sizes = [one.name for one in found.symbols if one not in found.relations]
            sizes = {one: int(rng.integers(1, 10)) for one in open_sizes}
            try:
                numbers = found.subs(**sizes)
            except ShapeError:
                continue
            fitting += 1
            for quantity, formula in compiled.items():
                assert formula(**sizes) == numbers.quantity(quantity)
            if fitting == ENOUGH:
                break
        assert fitting
