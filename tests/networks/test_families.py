"""Every family against what others published and counted, each network as one formula in B, H and W."""

from functools import cache

import pytest

from symderive.cost import cost
from symderive.errors import ShapeError
from symderive.networks import architecture, families, members, network
from tests.networks.facts import BY_TORCH, EXACT, GPT3, PARAMETERS, ROUNDED, SMALL, SMALL_BY_TORCH


@cache
def formula(name):
    return cost(network(name))


def at(name, *sizes):
    letters = members()[name].sizes
    free = [letter for letter in letters if letters[letter] == letter]
    return formula(name).subs(dict(zip(free, sizes, strict=True)))


@pytest.mark.parametrize(("name", "side", "macs", "params"), EXACT)
def test_published_counts_that_are_known_exactly(name, side, macs, params):
    found = at(name, 1, side, side)
    assert (found.macs, found.params, found.flops) == (macs, params, 2 * macs)
    assert at(name, 7, side, side).macs == 7 * macs


@pytest.mark.parametrize(("name", "side", "gmacs", "params"), ROUNDED)
def test_published_counts_that_are_rounded(name, side, gmacs, params):
    found = at(name, 1, side, side)
    assert (round(int(found.macs) / 1e9, 3), found.params) == (gmacs, params)


@pytest.mark.parametrize(("name", "params"), PARAMETERS.items())
def test_published_sizes_of_language_models(name, params):
    assert formula(name).params == params


@pytest.mark.parametrize(("name", "millions"), GPT3.items())
def test_published_sizes_of_gpt3(name, millions):
    assert abs(formula(name).params / 10**6 / millions - 1) < 0.004


@pytest.mark.parametrize(("name", "shape", "macs", "params"), BY_TORCH)
def test_counts_by_torch_at_sizes_that_no_stride_divides(name, shape, macs, params):
    batch, _, height, width = shape
    found = at(name, batch, height, width)
    if name == "inception_v3":  # torch was not given the auxiliary head
        params += head_of_inception()
    assert (found.macs, found.params) == (macs, params)


def head_of_inception():
    return formula("inception_v3")["auxiliary"].params


def test_an_auxiliary_head_has_parameters_and_no_operations():
    head = formula("inception_v3")["auxiliary"]
    convolutions = 768 * 128 + 2 * 128 + 128 * 768 * 25 + 2 * 768
    assert (head.params, head.macs, head.adds) == (convolutions + 768 * 1000 + 1000, 0, 0)
    assert cost(network("googlenet", auxiliary=True)).params == 13004888
    assert cost(network("googlenet", auxiliary=True)).macs == formula("googlenet").macs


@pytest.mark.parametrize(("name", "side"), [("inception_v3", 75), ("inception_v3", 224), ("googlenet", 15)])
def test_an_auxiliary_head_need_not_fit_as_it_is_not_run(name, side):
    """Of 75×75 positions Inception V3 leaves 3×3 for a head that needs 17×17; its parameters are there."""
    numbers = cost(network(name, B=1, H=side, W=side, auxiliary=True))
    put_in = cost(network(name, auxiliary=True)).subs({"B": 1, "H": side, "W": side})
    assert (numbers.macs, numbers.params) == (put_in.macs, put_in.params)
    assert numbers.symbols == ()
    for found in (numbers, put_in):
        rows = [line for line in str(found).splitlines() if "auxiliary" in line]
        assert rows
        assert all("not run" in line for line in rows)
    assert "−1" not in str(put_in)


def test_parameters_that_depend_on_sizes_which_do_not_fit_are_refused():
    def head(x):
        return x.conv(4, 9).flatten().dense(3)

    def net(x):
        x.aside("head", head)
        return x.conv(4, 1)

    with pytest.raises(ShapeError, match="covers 9 positions and the height with padding has 5"):
        architecture("net", net, 1, 3, 5, 5)


@pytest.mark.parametrize(("name", "shape", "macs", "params"), SMALL_BY_TORCH)
def test_small_language_models_by_torch(name, shape, macs, params):
    found = cost(network(name, **SMALL[name]), B=shape[0], T=shape[1])
    assert (found.macs, found.params) == (macs, params)
    values = {"d": 48, "L": 3, "V": 101, "h": SMALL[name]["heads"], "B": shape[0], "T": shape[1]}
    values |= {"g": 2, "m": 130} if name == "llama" else {"C": 64}
    found = formula(name).subs(values)
    assert (found.macs, found.params) == (macs, params)


@pytest.mark.parametrize("name", members())
def test_every_member_is_counted_without_a_rest(name):
    found = cost(network(name), strict=True)
    assert found.unknown == ()
    assert found.macs.free_symbols
    assert found.params != 0
    assert {symbol.name for symbol in found.macs.free_symbols} <= {"B", "H", "W", "T", "d", "L", "V", *"hgm"}


def test_every_family_has_a_source_and_members():
    for family in families().values():
        assert all((family.source, family.members, family.declare.__doc__))


def test_the_layers_of_every_network_at_numbers_add_up_to_the_formula():
    """The second route: shapes of integers, each layer counted by itself, no formula of the network."""
    for name in ("alexnet", "squeezenet1_0", "mobilenet_v3_small", "shufflenet_v2_x0_5", "vit_b_32"):
        numbers = network(name, B=2, H=97, W=75)
        alone = sum(
            int(cost(step.layer).macs) * repetitions(numbers.root, path)
            for path, step in numbers.root.steps()
        )
        assert alone == at(name, 2, 97, 75).macs


def repetitions(block, path):
    head, _, tail = path.partition(".")
    (child,) = (one for one in block.children if one.name == head)
    return int(child.times) * repetitions(child, tail) if tail else 1
