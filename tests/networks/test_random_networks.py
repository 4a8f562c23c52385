"""Random networks: declared with symbols and then given numbers, and declared with the numbers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.cost import cost
from symderive.errors import ShapeError
from symderive.networks import architecture

QUANTITIES = ("macs", "params", "buffers", "adds", "muls", "activations", "valid_macs")
CONV = st.tuples(
    st.just("conv"), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.booleans()
)
POOL = st.tuples(
    st.sampled_from(["max_pool", "avg_pool"]), st.integers(2, 3), st.integers(1, 3), st.booleans()
)
PLAIN = st.tuples(st.sampled_from(["batch_norm", "relu", "silu", "residual", "gate", "grow", "depthwise"]))
STEPS = st.lists(st.one_of(CONV, POOL, PLAIN), min_size=1, max_size=6)


def applied(x, steps):
    """The layers of a random network, then a linear one of what is left."""
    for kind, *sizes in steps:
        if kind == "conv":
            channels, kernel, stride, padding, bias = sizes
            x = x.conv(channels, kernel, stride, padding, bias=bias)
        elif kind in ("max_pool", "avg_pool"):
            kernel, stride, is_padded = sizes
            x = getattr(x, kind)(kernel, stride, 1 if is_padded else 0)
        elif kind == "residual":
            x = x.repeated("blocks", 2, lambda y: y + y.conv_norm(y.channels, 3))
        elif kind == "gate":
            x = x.gated(2)
        elif kind == "grow":
            x = x.repeated("dense", 3, lambda y: y.concat(y.conv(2, 3, 1, 1)))
        elif kind == "depthwise":
            x = x.conv_norm(x.channels, 3, 2, groups=x.channels)
        else:
            x = x.batch_norm() if kind == "batch_norm" else x.activation(kind)
    return x.block("head", lambda y: y.global_pool().dense(3))


@settings(deadline=None, max_examples=40)
@given(STEPS, st.integers(1, 3), st.integers(1, 40), st.integers(1, 40))
def test_symbols_and_then_numbers_are_numbers_from_the_beginning(steps, batch, height, width):
    """The same quantities, or both say that the sizes do not fit."""
    symbols = cost(architecture("random", applied, "B", 2, "H", "W", steps=steps))
    try:
        numbers = cost(architecture("random", applied, batch, 2, height, width, steps=steps))
    except ShapeError:
        numbers = None
    try:
        found = symbols.subs(B=batch, H=height, W=width)
    except ShapeError:
        found = None
    assert (found is None) == (numbers is None)
    if found is not None:
        for quantity in QUANTITIES:
            assert getattr(found, quantity) == getattr(numbers, quantity)
        for name in (*found.quantities, "flops", "valid_macs"):
            assert symbols.compile(name)(B=batch, H=height, W=width) == found.quantity(name)
