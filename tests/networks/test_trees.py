"""The tree of a cost: it adds up, remembers sizes, and says what it does not count."""

import numpy as np
import pytest
import sympy

from symderive.core.dims import dims
from symderive.cost import cost
from symderive.cost.count import ELEMENTWISE_ADDS, ELEMENTWISE_MULS, MACS, SUM_ADDS
from symderive.cost.counted import ALWAYS, ARRAYS
from symderive.errors import ShapeError, SymderiveError
from symderive.networks import architecture, network
from tests.cost.brute_force import Loops, random_arrays

B, H, W = dims("B H W")


def small(x):
    x = x.conv_norm(3, 3, 2, function="hardswish", name="stem")
    x = x.repeated("rest", "L", unit)
    return x.max_pool(2, ceil=True).gated(2).global_pool().dense(5)


def unit(x):
    return x + x.conv_norm(3, 3, groups=3, name="depthwise").conv_norm(3, 1, function=None)


def tokens(x):
    x = x.embedded(7, 6)
    x = x.repeated("blocks", 2, lambda y: y.layer_norm().attention(2, causal=True) + y)
    return x.rms_norm().dense(4, bias=False)


NETS = {
    "small": (architecture("small", small, "B", 2, "H", "W"), {"B": 2, "H": 7, "W": 10, "L": 3}),
    "tokens": (architecture("tokens", tokens, "B", "T"), {"B": 2, "T": 5}),
    "grown": (
        architecture(
            "grown",
            lambda x: x.repeated("block", "L", lambda y: y.concat(y.conv(2, 3, padding=1))),
            1,
            3,
            "H",
            4,
        ),
        {"H": 5, "L": 4},
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_children_add_up_to_every_block(name):
    net, values = NETS[name]
    found = cost(net, **values)
    for node in (found, *(one for _, one in found.walk())):
        if not node.children:
            continue
        for quantity in dict.fromkeys((*ALWAYS, *found.quantities)):
            there = [child for child in node.children if quantity in (*ALWAYS, *child.quantities)]
            if quantity not in (*ALWAYS, *node.quantities):
                assert not there
                continue
            once = sum(child.formula(quantity).expr for child in there)
            index = node.index
            if index is None:
                total = once * node.times
            else:
                total = sum(once.xreplace({index: sympy.Integer(number)}) for number in range(1, 5))
            numbers = {symbol: sympy.Integer(value) for symbol, value in found.values.items()}
            assert sympy.expand((total - node.formula(quantity).expr).xreplace(numbers)) == 0


def unrolled(block, values):
    """Every step with the layer at numbers, as often as it comes."""
    times = int(block.times.xreplace(values))
    for number in range(1, times + 1):
        inside = values | ({block.index: sympy.Integer(number)} if block.index is not None else {})
        for child in block.children:
            if hasattr(child, "layer"):
                layer, sizes = child.layer.generic()
                numbers = {symbol: sympy.Integer(size.xreplace(inside)) for symbol, size in sizes.items()}
                yield at_numbers(layer, numbers)
            else:
                yield from unrolled(child, inside)


def at_numbers(layer, numbers):
    from dataclasses import fields, replace

    def changed(value):
        if isinstance(value, tuple):
            return tuple(map(changed, value))
        return value.xreplace(numbers) if isinstance(value, sympy.Expr) else value

    return replace(layer, **{one.name: changed(getattr(layer, one.name)) for one in fields(layer)})


@pytest.mark.parametrize("name", NETS)
def test_every_operation_against_loops_that_count(name):
    """All layers of a small network run by loops over plain numbers, and every operation is counted."""
    net, values = NETS[name]
    found = cost(net, **values)
    numbers = {symbol: sympy.Integer(value) for symbol, value in found.values.items()}
    counts = {}
    params = outputs = 0
    for layer in unrolled(net.root, numbers):
        program = layer.program()
        loops = Loops(program, random_arrays(program))
        for quantity, count in loops.counts.items():
            counts[quantity] = counts.get(quantity, 0) + count
        params += sum(int(sympy.Mul(*tensor.shape)) for tensor in layer.parameters)
        outputs += int(sympy.Mul(*layer.output_shape))
    padding = counts.pop("padding", 0)
    counts = {quantity: count for quantity, count in counts.items() if count}
    assert {quantity: int(found.quantity(quantity)) for quantity in counts} == counts
    assert set(found.quantities) <= {*counts, *ARRAYS, MACS, SUM_ADDS, ELEMENTWISE_ADDS, ELEMENTWISE_MULS}
    assert found.valid_macs == found.macs - padding
    assert found.activations == outputs
    assert found.params == params


def test_a_path_leads_to_a_block_and_a_wrong_one_is_said():
    found = cost(network("resnet18"), B=1, H=224, W=224)
    assert found["stage1.first.conv1.conv"].macs == 64 * 64 * 9 * 56 * 56
    with pytest.raises(SymderiveError, match=r"resnet18: it has no part 'stage9'; did you mean \"stage"):
        found["stage9"]
    with pytest.raises(SymderiveError, match="stage1: it has no part"):
        found["stage1.second"]


def test_numbers_reach_the_children_and_come_out_again():
    found = cost(network("resnet34"), H=224, W=224)
    assert found.macs == 3663761408 * B
    assert found["stage2"].macs.free_symbols == {B}
    assert found.symbolic.macs.free_symbols == {B, H, W}
    assert found.compile()(B=3) == 3 * 3663761408
    assert list(found.symbolic.compile()(B=1, H=[224, 97], W=[224, 131])) == [3663761408, 1151168896]


def test_conditions_are_those_of_the_input():
    assert cost(network("alexnet")).conditions == (sympy.Ge(H, 63), sympy.Ge(W, 63))
    for name, least in (("alexnet", 63), ("vgg16", 32), ("densenet121", 29), ("inception_v3", 75)):
        assert cost(network(name), B=1, H=least, W=least).macs > 0
        with pytest.raises(ShapeError, match=f"H ≥ {least} is needed, but H = {least - 1}"):
            cost(network(name), B=1, H=least - 1, W=least)
        with pytest.raises(ShapeError, match=r"the kernel covers"):
            network(name, B=1, H=least - 1, W=least)


def test_what_is_not_counted_is_named_and_the_total_is_a_lower_bound(monkeypatch):
    from symderive.layers import activation

    monkeypatch.setitem(activation.KINDS, "odd", lambda x: sympy.Piecewise((x, x > 0), (0, True)))
    net = architecture("odd", lambda x: x.block("head", lambda y: y.activation("odd").dense(2)), "B", 3)
    found = cost(net)
    assert found.unknown == ("Piecewise in the equation of y (head.odd)",)
    assert "MACs         ≥ 6 · B" in str(found)
    assert "not counted  Piecewise in the equation of y (head.odd)" in str(found)
    with pytest.raises(SymderiveError, match=r"not counted are Piecewise .* the total is a lower bound"):
        cost(net, strict=True)


def test_valid_products_are_a_formula_too():
    symbols = cost(network("resnet18"))
    assert "16,384 · B · (3 · H₂ − 2) · (3 · W₂ − 2)" in symbols.formula("valid_macs").write()
    assert cost(network("resnet18"), B=1, H=224, W=224).valid_macs == valid_of_resnet18()
    sides = np.array([1, 2, 15, 33, 64, 224])
    by_side = symbols.compile("valid_macs")(B=2, H=sides, W=224)
    for side, found in zip(sides, by_side, strict=True):
        assert cost(network("resnet18"), B=2, H=int(side), W=224).valid_macs == found


def test_valid_products_of_grouped_attention_where_a_name_means_two_sizes():
    """The width of llama and the width of one head are both called d."""
    found = cost(network("llama"))
    assert "B · T² · d · L + " in found.formula("valid_macs").write()
    sizes = {"B": 1, "T": 3, "d": 8, "h": 4, "g": 2, "L": 1, "m": 5, "V": 7}
    assert found.compile("valid_macs")(**sizes) == found.subs(**sizes).valid_macs == 1248 - 48


def valid_of_resnet18():
    """Taps that are inside, counted along one axis and squared: every kernel of ResNet-18 is square."""

    def inside(size, kernel, stride, padding):
        outputs = (size + 2 * padding - kernel) // stride + 1
        return sum(
            0 <= stride * i + u - padding < size for i in range(outputs) for u in range(kernel)
        ), outputs

    total = 3 * 64 * inside(224, 7, 2, 3)[0] ** 2 + 512 * 1000
    size, channels = 56, 64
    for stage in range(4):
        width = 64 << stage
        for block in range(2):
            stride = 2 if stage and not block else 1
            taps, out = inside(size, 3, stride, 1)
            total += channels * width * taps**2 + width * width * inside(out, 3, 1, 1)[0] ** 2
            total += channels * width * out**2 if stride == 2 else 0
            size, channels = out, width
    return total
