"""The backward pass of repeated blocks in closed form, against networks with every repetition written out."""

import pytest
import sympy

import symderive as sd
from symderive.derive.costs import cost
from symderive.errors import ShapeError
from symderive.networks import architecture


def conv(z):
    return z.conv(3, 3, padding=1, name="conv")


def grown(z):
    return z.concat(z.conv(4, 3, padding=1, name="conv"))


def gated(z):
    return conv(z.relu()) + z


KINDS = {
    "at the input": (lambda x, again: again(x, "blocks", "L", conv).relu()),
    "behind something without parameters": (lambda x, again: again(x.relu() + x, "blocks", "L", conv)),
    "growing": (lambda x, again: again(x, "blocks", "L", grown)),
    "nested": (lambda x, again: again(x, "outer", "L", lambda z: again(z, "inner", 2, conv).relu())),
    "nested, the inner one begins with what is given": (
        lambda x, again: again(x, "outer", "L", lambda z: again(z.relu() + z, "inner", 3, gated))
    ),
    "behind parameters": (lambda x, again: again(conv(x), "blocks", "L", gated)),
}


def repeated(x, name, count, function):
    return x.repeated(name, count, function)


def written_out(depth):
    """The same, one repetition after the other, `depth` of those that are open."""

    def again(x, name, count, function):
        for _ in range(depth if count == "L" else count):
            x = function(x)
        return x

    return again


@pytest.mark.parametrize("kind", KINDS)
def test_a_repeated_block_costs_what_its_repetitions_cost(kind):
    declared = cost(architecture("net", KINDS[kind], "B", 3, 8, 8, again=repeated))
    made = declared.backward_pass()
    for depth in (1, 2, 4):
        single = cost(architecture("net", KINDS[kind], "B", 3, 8, 8, again=written_out(depth)))
        for input_gradient in (False, True):
            made = declared.backward_pass(input_gradient)
            wanted = single.backward_pass(input_gradient)
            for quantity in ("macs", "adds", "muls"):
                value = made.formula(quantity).expr.subs(sd.dims("L"), depth)
                assert sympy.expand(value - wanted.formula(quantity).expr) == 0
        assert declared.subs(L=depth, B=2).backward_pass().macs == single.subs(B=2).backward
        assert declared.train_step().subs(L=depth, B=2).macs == single.subs(B=2).train_step().macs


def test_the_first_repetition_stands_apart_only_where_it_differs():
    names = {}
    for kind in ("at the input", "behind parameters"):
        tree = cost(architecture("net", KINDS[kind], "B", 3, 8, 8, again=repeated))
        names[kind] = [one.name for one in tree.backward_pass()["blocks"].children]
    assert names["at the input"] == ["first", "rest"]
    assert "first" not in names["behind parameters"]


def test_a_first_repetition_has_to_be_there():
    def fewer(x):
        return x.repeated("blocks", sd.dims("L") - 1, conv)

    tree = cost(architecture("net", fewer, "B", 3, 8, 8))
    assert tree.subs(L=2, B=1).backward == tree.subs(L=2, B=1).macs > 0
    for made in (tree, tree.backward_pass(), tree.train_step()):
        with pytest.raises(ShapeError, match="is needed"):
            made.subs(L=1, B=1)
    with pytest.raises(ShapeError, match="is needed"):
        tree.compile("backward_macs")(L=1, B=1)
