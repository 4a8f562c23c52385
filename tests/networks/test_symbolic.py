"""Formulas of whole networks in the sizes as people write them, against published ones."""

import pytest
import sympy

from symderive.core.dims import dims
from symderive.cost import cost
from symderive.cost.ratio import ratio
from symderive.networks import architecture, network

B, H, W, T, D, L, V = dims("B H W T d L V")


def half(size, times):
    return sympy.floor((size - 1) / 2**times) + 1


def test_resnet18_in_batch_height_and_width():
    """Source: the layout of torchvision, whose value at 224 × 224 is 2 · 1814073344."""
    found = cost(network("resnet18")).flops
    stages = {1: 18816, 2: 294912, 3: 1048576, 4: 4194304, 5: 16777216}
    expected = sum(number * B * half(H, times) * half(W, times) for times, number in stages.items())
    assert found == expected + 1024000 * B
    assert found.subs({B: 1, H: 224, W: 224}) == 3628146688


@pytest.mark.parametrize("depth", ["resnet18", "resnet152", "mobilenet_v2", "efficientnet_b7"])
def test_every_extent_is_one_floor_of_an_input_size(depth):
    for meaning in cost(network(depth)).relations.values():
        (floor,) = meaning.atoms(sympy.floor)
        assert not floor.args[0].has(sympy.floor)


def test_gpt2_in_batch_and_length():
    assert cost(network("gpt2")).flops == 36864 * B * T**2 + 247064064 * B * T
    blocks = cost(network("gpt2"))["blocks"]
    assert blocks.flops == 12 * (3072 * B * T**2 + 14155776 * B * T)


def test_gpt_in_all_of_its_sizes():
    found = cost(network("gpt"))
    assert sympy.expand(found.macs - (12 * L * B * T * D**2 + 2 * L * B * T**2 * D + B * T * D * V)) == 0
    small = found.subs(d=768, L=12, V=50257, h=12)
    assert small.flops == 36864 * B * T**2 + 247064064 * B * T


def kaplan():
    """The blocks of a transformer with a width of its own inside the linear layers, no biases and norms."""
    inner = dims("f")
    return cost(network("gpt", inner=inner))["blocks"], inner


def test_parameters_and_operations_per_token_of_kaplan():
    """J. Kaplan et al., arXiv:2001.08361, table 1, where d_attn is d_model.

    Their attention term is that of queries to the keys that they see on average, half of all.
    """
    blocks, inner = kaplan()
    non_embedding = 2 * D * L * (2 * D + inner)
    biases_and_norms = L * (4 * D + (inner + D) + 4 * D)
    assert sympy.expand(blocks.params - non_embedding - biases_and_norms) == 0
    per_token = sympy.expand(blocks.flops / (B * T))
    assert sympy.expand(per_token - (2 * non_embedding + 4 * L * T * D)) == 0


def test_three_times_the_forward_pass_is_that_of_palm():
    """A. Chowdhery et al., arXiv:2204.02311, appendix B: 6·N + 12·L·H·Q·T per token."""
    blocks, inner = kaplan()
    n = 2 * D * L * (2 * D + inner)
    assert sympy.expand(3 * blocks.flops / (B * T) - (6 * n + 12 * L * D * T)) == 0


def test_operations_of_an_iteration_of_megatron():
    """D. Narayanan et al., arXiv:2104.04473, eq. 3; V. Korthikanti et al., arXiv:2205.05198, eq. 7."""
    forward = cost(network("gpt")).flops
    without = 72 * B * T * L * D**2 * (1 + T / (6 * D) + V / (12 * L * D))
    assert sympy.expand(3 * forward - without) == 0
    blocks = cost(network("gpt"))["blocks"].flops
    with_recomputation = 96 * B * T * L * D**2 * (1 + T / (6 * D) + V / (16 * L * D))
    assert sympy.expand(3 * forward + blocks - with_recomputation) == 0


def test_a_separable_convolution_over_a_plain_one():
    """A. Howard et al., arXiv:1704.04861: 1/C_out + 1/k²."""
    c, o = dims("C O")

    def plain(x):
        return x.conv(o, 3, padding=1)

    def separable(x):
        return x.conv(c, 3, padding=1, groups=c).conv(o, 1)

    made = [cost(architecture("one", function, B, c, H, W)) for function in (separable, plain)]
    assert str(ratio(*made)) == "1/O + 1/9"


def test_the_width_multiplier_of_mobilenet():
    """A. Howard et al., arXiv:1704.04861, equation 7: k²·αM·ρ²F² + αM·αN·ρ²F²."""
    m, n, a = dims("M N alpha")

    def separable(x):
        return x.conv(a * m, 3, padding=1, groups=a * m).conv(a * n, 1)

    found = cost(architecture("one", separable, 1, a * m, H, H)).macs
    assert sympy.expand(found - (9 * a * m * H**2 + a * m * a * n * H**2)) == 0


def test_depth_is_a_symbol():
    """A stage of ResNet with so many blocks is that of numbers, for every number."""
    found = cost(network("resnet18", blocks=("L", 2, 2, 2)))
    for depth in (1, 2, 5):
        numbers = cost(network("resnet18", blocks=(depth, 2, 2, 2)))
        assert sympy.expand(found.subs(L=depth).macs - numbers.macs) == 0
        assert found.subs(L=depth).params == numbers.params


def test_a_dense_block_is_a_sum_in_closed_form():
    """G. Huang et al., arXiv:1608.06993, section 3: layer i reads k₀ + k·(i − 1) feature maps."""
    k, start = dims("k k0")

    def layer(x):
        return x.concat(x.conv(4 * k, 1).conv(k, 3, padding=1))

    found = cost(architecture("dense", lambda x: x.repeated("block", L, layer), B, start, H, W))
    i = sympy.Symbol("i")
    reads = start + k * (i - 1)
    expected = sympy.summation(B * H * W * (4 * k * reads + 36 * k**2), (i, 1, L))
    assert sympy.expand(found.macs - expected) == 0
    assert found.shape[1] == start + L * k


def test_growth_and_depth_of_densenet_are_symbols():
    found = cost(network("densenet121", growth="k", blocks=("L", 12, 24, 16)))
    assert found.subs(k=32, L=6, B=1, H=224, W=224).macs == 2834161664
    for growth, depth in ((8, 2), (16, 5)):
        numbers = cost(network("densenet121", growth=growth, blocks=(depth, 12, 24, 16)), B=1, H=97, W=64)
        symbols = found.subs(k=growth, L=depth, B=1, H=97, W=64)
        assert (symbols.macs, symbols.params, symbols.adds) == (numbers.macs, numbers.params, numbers.adds)
        assert symbols.valid_macs == numbers.valid_macs
