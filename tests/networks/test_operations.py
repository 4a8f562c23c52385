"""What stands between layers: values against NumPy, counts against loops that count."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.cost import cost
from symderive.errors import ShapeError, SymderiveError
from symderive.functions.choice import where
from symderive.functions.comparisons import greater
from symderive.functions.kinked import larger, relu, smaller
from symderive.networks.operations import (
    REDUCTIONS,
    RUNNING,
    ComplexArithmetic,
    Folded,
    Gather,
    Opaque,
    Pointwise,
    Reduction,
    Running,
    Scatter,
    ScatterAlong,
    argument,
)
from tests.cost.brute_force import Loops

ONE, TWO, THREE = (argument(number) for number in (1, 2, 3))
SHIFT = sympy.Symbol("shift", real=True)
SHAPE = (2, 3, 4)
INDEX = np.array([[1, 0, 2], [2, 2, 1]])


def run(layer, *arrays):
    """The result of a layer by plain loops, and the loops with their counts."""
    program = layer.program()
    loops = Loops(program, {tensor.name: array for tensor, array in zip(program.inputs, arrays, strict=True)})
    return loops.arrays[program.outputs[0].name], loops.counts


def sample(*shape):
    return np.random.default_rng(sum(shape)).uniform(0.2, 2.0, shape)


BODIES = [
    (ONE - TWO, np.subtract, {"adds": 24}),
    (ONE * TWO, np.multiply, {"muls": 24}),
    (ONE / TWO, np.divide, {"divisions": 24}),
    (larger(ONE, TWO), np.maximum, {"larger": 24}),
    (where(greater(ONE, TWO), ONE, -TWO), lambda x, y: np.where(x > y, x, -y), {"where": 24, "greater": 24}),
    (sympy.exp(ONE) + relu(TWO), lambda x, y: np.exp(x) + y, {"exp": 24, "relu": 3, "adds": 24}),
    (smaller(sympy.Integer(1), ONE) * TWO, lambda x, y: np.minimum(x, 1) * y, {"smaller": 24, "muls": 24}),
]


@pytest.mark.parametrize(("body", "function", "counts"), BODIES, ids=[str(body) for body, *_ in BODIES])
def test_arrays_are_combined_entry_by_entry(body, function, counts):
    """The second array lacks two axes: what is made of it alone is computed for each of its own entries."""
    x, y = sample(*SHAPE), sample(3)
    layer = Pointwise(SHAPE, body, ((), (0, 2)))
    result, _ = run(layer, x, y)
    np.testing.assert_allclose(result, function(x, y[:, None]))
    found = cost(layer)
    assert found.unknown == ()
    assert {name: found.quantity(name) for name in counts} == counts


def test_constants_cost_what_is_done_with_them():
    """A division by a constant is a division, and what is made of constants alone is known before."""
    found = cost(Pointwise((5,), ONE / SHIFT + sympy.exp(SHIFT) * sympy.sqrt(2), ((),)))
    assert {name: found.quantity(name) for name in found.quantities} == {
        "divisions": 5,
        "elementwise_adds": 5,
    }


NUMPY = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "argmax": np.max,
    "argmin": np.min,
    "prod": np.prod,
    "logsum": lambda x, axis: np.log(np.sum(x, axis)),
    "logsumexp": lambda x, axis: np.log(np.sum(np.exp(x), axis)),
    "norm1": lambda x, axis: np.sum(np.abs(x), axis),
    "norm2": lambda x, axis: np.sqrt(np.sum(x**2, axis)),
    "sumsquare": lambda x, axis: np.sum(x**2, axis),
    "var": lambda x, axis: np.var(x, axis, ddof=1),
    "std": lambda x, axis: np.std(x, axis, ddof=1),
}


@pytest.mark.parametrize("kind", REDUCTIONS)
@pytest.mark.parametrize("over", [(1,), (0, -1)])
def test_reductions_are_those_of_numpy(kind, over):
    """The values, and as many additions and multiplications as loops make; none of them is a MAC."""
    x = sample(*SHAPE)
    layer = Reduction(SHAPE, over, kind, 1)
    result, counts = run(layer, x)
    np.testing.assert_allclose(result, NUMPY[kind](x, axis=over))
    assert result.shape == tuple(layer.output_shape)
    found = cost(layer)
    assert found.macs == 0
    counted = {"adds": found.adds, "muls": found.muls}
    counted |= {name: found.quantity(name) for name in found.quantities if "elementwise" not in name}
    assert {name: counted.get(name, 0) for name in counts} == dict(counts)


def test_the_largest_entry_takes_one_comparison_less_than_there_are():
    """Also where only its place is asked for."""
    found = cost(Reduction(("N", "V"), (1,), "argmax"))
    assert found.formula("comparisons").write() == "N · (V − 1)"


@pytest.mark.parametrize("kind", RUNNING)
@pytest.mark.parametrize("axis", [0, -1])
def test_running_results_are_those_of_numpy(kind, axis):
    """One operation for each entry; a logarithm of exponentials is a difference, a softplus and a sum."""
    start = {"sum": 0.0, "prod": 1.0, "max": -60.0, "min": 60.0, "logsumexp": -60.0}[kind]
    numpy = {"prod": np.multiply, "max": np.maximum, "min": np.minimum, "logsumexp": np.logaddexp}
    ufunc, each = numpy.get(kind, np.add), 3 if kind == "logsumexp" else 1
    x = sample(3, 4)
    layer = Running((3, 4), axis, kind)
    begin = np.full(x.shape[1] if axis == 0 else x.shape[0], start)
    np.testing.assert_allclose(run(layer, x, begin)[0], ufunc.accumulate(x, axis=axis))
    found = cost(layer)
    assert sum(found.quantity(name) for name in found.quantities if name != "activations") == 12 * each


def test_slices_are_looked_up_and_nothing_is_computed():
    """The positions of `np.take`."""
    x = sample(2, 3, 4)
    layer = Gather((2, 3, 4), 1, (2, 3))
    np.testing.assert_allclose(run(layer, x, INDEX)[0], np.take(x, INDEX, axis=1))
    found = cost(layer)
    assert (found.adds, found.muls, found.unknown) == (0, 0, ())


def test_slices_are_added_where_positions_say():
    """As `np.add.at`; one addition for each entry of the source, and one for each sum."""
    layer = Scatter((3, 4), 0, (5,))
    found = cost(layer)
    assert (found.adds, found.muls, found.unknown) == (5 * 4 + 3 * 4, 0, ())


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_symbols_and_then_numbers(shape, data):
    """A reduction counted over symbols and then given numbers is that of the numbers."""
    over = tuple(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1)))
    kind = data.draw(st.sampled_from(sorted(REDUCTIONS)))
    names = [f"S{place}" for place in range(len(shape))]
    open_cost = cost(Reduction(tuple(names), over, kind))
    numbers = cost(Reduction(tuple(shape), over, kind))
    put_in = open_cost.subs(dict(zip(names, shape, strict=True)))
    for quantity in open_cost.quantities:
        assert put_in.quantity(quantity) == numbers.quantity(quantity)


def test_what_is_not_known_is_named():
    """Not a zero: the total is a lower bound, and with `strict` it is an error."""
    layer = Opaque((2, "n"), "NonMaxSuppression", ((2, 3), ()))
    assert cost(layer).unknown == ("NonMaxSuppression in the equation of y",)
    assert cost(Opaque((2,), "RandomNormal")).unknown == ("RandomNormal in the equation of y",)
    with pytest.raises(SymderiveError, match="NonMaxSuppression"):
        cost(layer, strict=True)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Reduction((2, 3), (2,)), r"no axis 2 in 2×3; give one from -2 to 1"),
        (lambda: Reduction((2, 3), (1,), "medain"), "unknown kind"),
        (lambda: Running((2, 3), 5), "no axis 5"),
        (lambda: Pointwise((2,), ONE + TWO, ((),)), "x2 is used and there are 1 arrays"),
        (lambda: Gather((2, 3), -3), "no axis -3"),
    ],
)
def test_mistakes_are_said(make, match):
    with pytest.raises((ShapeError, SymderiveError), match=match):
        make()


@pytest.mark.parametrize(
    ("called", "ufunc", "muls"), [("add", np.add, 0), ("sub", np.subtract, 0), ("mul", np.multiply, 4)]
)
def test_complex_numbers_are_pairs(called, ufunc, muls):
    """The second array lacks the first axis."""
    x, y = sample(3, 4) + 1j * sample(3, 4)[::-1], sample(4) - 2j * sample(4)[::-1]
    layer = ComplexArithmetic((3, 4), called, ((), (0,)))
    program = layer.program()
    parts = dict(zip(program.inputs, (x.real, x.imag, y.real, y.imag), strict=True))
    loops = Loops(program, {tensor.name: array for tensor, array in parts.items()})
    np.testing.assert_allclose(loops.arrays["re"] + 1j * loops.arrays["im"], ufunc(x, y))
    found = cost(layer)
    assert (found.muls, found.adds) == (12 * muls, 24) == (loops.counts["muls"], loops.counts["adds"])


def test_entries_are_added_where_positions_of_their_own_say():
    x, source, index = sample(2, 3, 4), sample(2, 5, 4), np.arange(40).reshape(2, 5, 4) ** 2 % 3
    layer = ScatterAlong((2, 3, 4), 1, (5,))
    expected = x.copy()
    for place in np.ndindex(index.shape):
        expected[place[0], index[place], place[2]] += source[place]
    by_loops = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        chosen = index[place[0], :, place[2]] == place[1]
        by_loops[place] = x[place] + source[place[0], chosen, place[2]].sum()
    np.testing.assert_allclose(by_loops, expected)
    assert layer.program().inputs[1].shape == source.shape
    found = cost(layer)
    assert (found.quantity("sum_adds"), found.quantity("elementwise_adds")) == (source.size, x.size)


def test_windows_are_added_where_they_lie():
    layer = Folded((2,), (5,), (3,), (3,), (2,), (1,), (1,))
    x, expected = sample(2, 3, 3), np.zeros((2, 7))
    for tap, window in np.ndindex(3, 3):
        expected[:, 2 * window + tap] += x[:, tap, window]
    result, counts = run(layer, x)
    np.testing.assert_allclose(result, expected[:, 1:6])
    assert cost(layer).adds == counts["adds"] == 18
    with pytest.raises(ShapeError, match="give one for each axis"):
        Folded((2,), (5, 4), (3,), (3,))
