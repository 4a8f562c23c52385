"""Gradients of deep networks cost linearly in depth and never recurse over it; `-s` shows the table."""

import inspect
import sys

from tests.benchmarks.deep_network import network, seconds, seconds_in_numpy, table
from tests.processor_time import slowness


def _ratio(measure, low, high):
    """The ratio of the least times of two depths; more measurements where the first ones look bad."""
    lows, highs = [], []
    for _ in range(4):
        lows.append(measure(low))
        highs.append(measure(high))
        if min(highs) < 5 * min(lows):
            break
    return min(highs) / min(lows)


def test_linear_in_depth(capsys):
    with capsys.disabled():
        print("\n" + table())
    seconds(4)
    assert _ratio(seconds, 64, 256) < 5


def test_linear_in_depth_as_written_in_numpy():
    seconds_in_numpy(4)
    assert _ratio(seconds_in_numpy, 32, 128) < 5


def test_64_layers_well_under_a_second():
    seconds(4)
    assert seconds(64, repeats=2) < 1.0 * slowness()


def test_64_layers_in_numpy_derived_and_printed_under_a_second():
    seconds_in_numpy(4)
    assert min(seconds_in_numpy(64) for _ in range(3)) < 1.0 * slowness()


def test_nothing_recurses_over_depth():
    """With 250 frames 300 layers cannot be walked by recursion, as 2,000 cannot with the usual 1,000."""
    seconds_in_numpy(4)  # what is loaded late needs frames of its own
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 250)
    try:
        assert seconds_in_numpy(300) > 0
    finally:
        sys.setrecursionlimit(limit)


def test_1000_layers_do_not_recurse():
    derivation = network(1000).derivation
    assert len(derivation.results) == 2000
    assert derivation.results[-1].latex()
