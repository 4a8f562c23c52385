"""Declaring networks: shapes on their way, and mistakes in one sentence."""

import itertools
import time

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import Dim, dims
from symderive.cost import cost
from symderive.cost.floors import one_floor
from symderive.errors import ShapeError, SymderiveError
from symderive.layers import LSTM, Dense
from symderive.networks import architecture, network
from symderive.networks.extents import Extents, needs

H, K = dims("H k")
STEPS = st.tuples(st.integers(1, 7), st.integers(1, 4), st.integers(0, 3))  # kernel, stride, padding


@settings(deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=5))
def test_windows_one_after_another_are_one_floor_with_one_bound(steps):
    """Against windows applied one by one to numbers: the same size, and it fits where they all fit."""
    extents, size, conditions = Extents(["H"]), H, []
    for kernel, stride, padding in steps:
        conditions.append(sympy.Ge(size + 2 * padding, kernel))
        size = extents.settled(sympy.floor((size + 2 * padding - kernel) / sympy.Integer(stride)) + 1)
    meaning = extents.meaning(size)
    assert all(not floor.args[0].has(sympy.floor) for floor in meaning.atoms(sympy.floor))
    found = needs(conditions, extents.meanings)
    for number in range(1, 60):
        reached, fits = number, True
        for kernel, stride, padding in steps:
            fits = fits and reached + 2 * padding >= kernel
            reached = (reached + 2 * padding - kernel) // stride + 1
        assert all(condition.subs(H, number) for condition in found) == fits
        if fits:
            assert meaning.subs(H, number) == reached


def test_a_floor_that_is_doubled_stays():
    doubled = sympy.floor((2 * sympy.floor(H / 3) + 1) / sympy.Integer(5))
    assert one_floor(doubled) == doubled


def test_divisors_of_a_size_are_put_together():
    conditions = [sympy.Eq(sympy.Mod(15 * K / 2, 1), 0), sympy.Eq(sympy.Mod(63 * K / 4 + 8, 1), 0)]
    assert needs(conditions, {}) == (sympy.Eq(sympy.Mod(K, 4), 0),)
    assert needs([sympy.Eq(sympy.Mod(6 * K, 4), 0)], {}) == (sympy.Eq(sympy.Mod(K, 2), 0),)


def test_equal_extents_have_one_name():
    def branches(x):
        wide = x.conv(5, 5, stride=2, padding=2)
        return x.conv(4, 3, stride=2, padding=1).concat(wide, x.conv(1, 1, stride=2))

    net = architecture("two", branches, "B", 3, "H", "W")
    assert list(map(str, net.relations)) == ["H1", "W1"]
    assert net.output_shape[1] == 10


def test_a_named_extent_does_not_take_the_name_of_a_size():
    net = architecture("names", lambda x: x.conv("H1", 3, stride=2), "W1", 3, "H", "W")
    assert [one.name for one in net.relations] == ["H1_1", "W1_1"]
    assert cost(net).subs(W1=2, H1=5, H=9, W=7).macs == 2 * 3 * 5 * 9 * 4 * 3


def test_the_number_of_a_repetition_does_not_take_the_name_of_a_size():
    def layer(x):
        return x.concat(x.conv("i", 1))

    found = cost(architecture("names", lambda x: x.repeated("block", 3, layer), 1, 2, 4, 4))
    assert found["block"].index == Dim("i_1")
    assert found.subs(i=5).macs == 16 * 5 * (2 + 7 + 12)


def wrong(function, *shape):
    return lambda: architecture("wrong", function, *shape)


def elsewhere():
    """A feature map of another network."""
    kept = []
    architecture("other", lambda x: kept.append(x) or x.relu(), *IMAGE)
    return kept[0]


IMAGE, TEXT = ("B", 4, "H", "W"), ("B", "T", 6)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (wrong(lambda x: x + x.conv(5, 1), *IMAGE), "adding B×4×H×W and B×5×H×W: 4 differs from 5"),
        (wrong(lambda x: x + 3, *IMAGE), "adding B×4×H×W and 3: the second is no feature map"),
        (wrong(lambda x: x.concat("y"), *IMAGE), "concatenating .*: the second is no feature map"),
        (wrong(lambda x: x + elsewhere(), *IMAGE), "adding .*: they belong to two networks"),
        (wrong(lambda x: x.apply(Dense(4, 2), "d"), *IMAGE), "d: the layer reads 4, and .* is B×4×H×W"),
        (wrong(lambda x: x.conv(5, [3, 1, 1]), *IMAGE), "kernel: 3 values given"),
        (wrong(lambda x: x * x.conv(4, 3), *IMAGE), "multiplying B×4×H×W and .*: H differs from H - 2"),
        (
            wrong(lambda x: x.concat(x.max_pool(2)), *IMAGE),
            "concatenating .* along axis 1: another axis differs",
        ),
        (wrong(lambda x: x.split(1, 2)[0], *IMAGE), "splitting B×4×H×W: the parts 1, 2 do not add up to 4"),
        (wrong(lambda x: x.moved("B", 8), *IMAGE), "moving B×4×H×W into B×8: the numbers of entries differ"),
        (wrong(lambda x: x.attention(2), *IMAGE), "attention: the input is B×4×H×W and no sequence"),
        (wrong(lambda x: x.conv(3, 1), *TEXT), "conv: the input is B×T×6 and no image"),
        (wrong(lambda x: x.attention(4), *TEXT), "4 heads do not divide 6"),
        (wrong(lambda x: x.grouped_attention(Dim("h") * 0 + 4, 2), *TEXT), "4 heads do not divide 6"),
        (wrong(lambda x: x.conv(6, 3, groups=4), *IMAGE), "4 groups do not divide 6 output channels"),
        (wrong(lambda x: x.conv(6, 9), 1, 4, 5, 5), "the kernel covers 9 positions and the height"),
        (wrong(lambda x: x.conv(0, 3), *IMAGE), "conv: channels: 0 is not a size"),
        (wrong(lambda x: x.repeated("r", -1, lambda y: y), *IMAGE), "r: count: -1 is not a size"),
        (wrong(lambda x: x.repeated("r", 2, lambda y: y.flatten()), *IMAGE), "keeps the number of axes"),
        (wrong(lambda x: x.repeated("r", 3, lambda y: y.max_pool(2)), *IMAGE), "repeating r: "),
        (
            wrong(lambda x: x.repeated("r", 3, lambda y: y.concat(y)), *IMAGE),
            "repetition adds something else",
        ),
        (wrong(lambda x: x.activation("rely"), *IMAGE), 'unknown function .*did you mean "relu"'),
        (wrong(lambda x: x, "B", 0), "wrong: input: 0 is not a size"),
        (wrong(lambda x: 5, "B", 3), "wrong: .* gave 5"),
        (lambda: network("resnet"), 'unknown network "resnet"; did you mean'),
        (lambda: network("resnet18", T=3), "resnet18: there is no T"),
        (lambda: network("resnet18", clases=3), 'there is no clases; did you mean "classes"'),
    ],
)
def test_mistakes_are_said_in_one_sentence(declare, said):
    with pytest.raises(SymderiveError, match=said) as caught:
        declare()
    assert "\n" not in str(caught.value)


def test_any_layer_can_be_a_step():
    """A long short-term memory between an embedding and a linear layer; counted by itself, it is the same."""
    made = LSTM(6, 5, Dim("T"), batch=Dim("B"))
    net = architecture("tagger", lambda x: x.embedded(9, 6).apply(made, "lstm").dense(4), "B", "T")
    found = cost(net, B=3, T=7)
    assert found["lstm"].macs == cost(LSTM(6, 5, 7, batch=3)).macs > 0
    assert found.macs == found["lstm"].macs + 3 * 7 * 5 * 4
    assert found.params == 54 + cost(made).params + 24


def test_a_depth_of_none_is_a_network_without_the_block():
    assert cost(network("resnet18", blocks=(1, 1, 1, 1), B=1, H=64, W=64)).macs > 0
    with pytest.raises(ShapeError):
        network("resnet18", blocks=(0, 1, 1, 1))


def stacked(x, depth):
    for _ in range(depth):
        x = x.conv_norm(8, 3) + x
    return x


def test_time_grows_with_the_depth_and_not_faster():
    """Layers one by one, 8 times as many: about 8 times as long; 20 times is another order of growth."""

    def seconds(depth):
        best = []
        for _ in range(3):
            start = time.process_time()
            _ = cost(architecture("stack", stacked, "B", 8, "H", "W", depth=depth)).macs
            best.append(time.process_time() - start)
        return min(best)

    seconds(2)
    short, long = seconds(40), seconds(320)
    assert long < 20 * short


def test_a_formula_is_counted_once_for_each_kind_of_layer(monkeypatch):
    """However many places there are, and at other sizes of the input."""
    from symderive.cost import placing

    counted = []
    original = placing.layer_cost
    monkeypatch.setattr(placing, "layer_cost", lambda layer: counted.append(layer) or original(layer))
    placing._kind_cost.cache_clear()
    placing._kind.cache_clear()
    for name, side in itertools.product(("resnet18", "resnet101", "wide_resnet50_2"), ("S", 64, 97)):
        _ = cost(network(name, H=side, W=side)).macs
    assert len(counted) <= 16
