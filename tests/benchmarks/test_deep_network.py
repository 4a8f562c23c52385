"""Gradients of deep networks cost linearly in depth and never recurse over it; `-s` shows the table."""

from tests.benchmarks.deep_network import network, seconds, table


def test_linear_in_depth(capsys):
    with capsys.disabled():
        print("\n" + table())
    seconds(4)
    assert seconds(256, repeats=2) / seconds(64, repeats=2) < 6


def test_64_layers_well_under_a_second():
    seconds(4)
    assert seconds(64, repeats=2) < 1.0


def test_1000_layers_do_not_recurse():
    derivation = network(1000).derivation
    assert len(derivation.results) == 2000
    assert derivation.results[-1].latex()
