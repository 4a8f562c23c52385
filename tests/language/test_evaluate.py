"""The slow evaluator: small cases with known answers, and every way to misuse it."""

import math
import time

import numpy as np
import pytest
import sympy

from symderive.core.dims import Dim, dims
from symderive.core.nodes import Delta, Entry, Index, IndexMax, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import ShapeError, SymderiveError
from symderive.functions import by_name
from symderive.language.declaring import array, let
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of
from symderive.language.scalars import power

n, d = dims("n d")
x, W, c = Tensor("x", (n,)), Tensor("W", (n, d)), Tensor("c")
i, p, q = Index("i", n), Index("p", n), Index("q", d)
X = np.array([2.0, -1.0, 5.0])


def one(body, indices=(), inputs=(x,), **arrays):
    out = Tensor("out", tuple(index.dim for index in indices))
    program = Program(tuple(inputs), (Definition(out, tuple(indices), body),), (out,))
    return evaluate(program, {"x": X, **arrays})["out"].tolist()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (x[i], [2, -1, 5]),
        (x[i + 1], [-1, 5, 0]),
        (x[i - 1], [0, 2, -1]),
        (x[2 * i], [2, 5, 0]),
        (x[n - 1 - i], [5, -1, 2]),
        (x[-1] + 0 * x[i], [0, 0, 0]),
        (x[n] + x[i], [2, -1, 5]),
        (i, [0, 1, 2]),
        (i * x[i], [0, -1, 10]),
        (n * x[i] / 3, [2, -1, 5]),
        (Delta(i, 1), [0, 1, 0]),
        (Delta(i, i + 1), [0, 0, 0]),
        (IndexSum(Delta(i, p) * x[p], p), [2, -1, 5]),
        (IndexSum(x[p] * x[i - p], p), [4, -4, 21]),
        (IndexMax(x[p] * x[i], p), [10, 1, 25]),
        (x[i] + IndexSum(x[p], p) ** 2, [38, 35, 41]),
        (IndexSum(IndexSum(x[p], p) * x[p], p) + x[i] * 0, [36, 36, 36]),
        (IndexSum(x[p] + IndexSum(x[i] * x[p], i), p) + x[i], [44, 41, 47]),
        (IndexSum(1, p) + i, [3, 4, 5]),
        (sympy.Piecewise((x[i], x[i] > 0), (0, True)), [2, 0, 5]),
        (sympy.Piecewise((1, (x[i] > 0) & (x[i] < 3)), (2, sympy.Or(x[i] > 4, False)), (3, True)), [1, 3, 2]),
        (sympy.Piecewise((1, sympy.Eq(i, 1)), (2, sympy.Ne(i, 2)), (0, True)), [2, 1, 0]),
        (sympy.Abs(x[i]) + sympy.sign(x[i]), [3, 0, 6]),
        (sympy.Max(x[i], 0, -3) + sympy.Min(x[i], 1), [3, -1, 6]),
        (x[i] ** 2 / x[i], [2, -1, 5]),
        (sympy.sqrt(4) * x[i], [4, -2, 10]),
        (by_name()["maximum"].make(x[i], x[i]), [2, -1, 5]),
        (sympy.Integer(7), [7, 7, 7]),
    ],
    ids=str,
)
def test_small_cases(body, expected):
    assert one(body, (i,)) == expected


def test_an_index_bound_again_hides_the_outer_one():
    body = IndexSum(x[p] * IndexSum(x[p], p), p)
    assert one(body) == 36
    assert one(IndexSum(x[p] + IndexMax(x[p], p), p)) == 21


def test_positions_read_from_an_array():
    assert one(x[Tensor("t", (n,))[i]], (i,), (x, Tensor("t", (n,))), t=[2, 0, 9]) == [5, 2, 0]
    with pytest.raises(SymderiveError, match="not an integer"):
        one(x[c[()]], (), (x, c), c=0.5)


def test_convolution_with_padding_and_stride():
    w, y = Tensor("w", (3,)), Tensor("y", (2,))
    s, a = Index("s", 2), Index("a", 3)
    program = Program((x, w), (Definition(y, (s,), IndexSum(w[a] * x[2 * s + a - 1], a)),), (y,))
    assert evaluate(program, {"x": [1, 2, 3, 4], "w": [1, 10, 100]})["y"].tolist() == [210, 432]


def test_outputs_by_name_tensor_and_input():
    given = array("x", n)
    double = let("double", 2 * given)
    program = program_of(double.sum())
    assert evaluate(program, {"x": X}, outputs=["double"])["double"].tolist() == [4, -2, 10]
    both = evaluate(program, {"x": X}, outputs=[double.tensor, "x"])
    assert list(both) == ["double", "x"]
    assert both["x"].tolist() == X.tolist()
    (total,) = evaluate(program, {"x": X}).values()
    assert total.shape == ()
    assert total.dtype == np.float64


def test_sizes_are_read_from_expressions():
    a, b = Tensor("a", (2 * n,)), Tensor("b", (n + d,))
    s = Index("s", 2 * n)
    out = Tensor("out", (2 * n,))
    program = Program((a, b), (Definition(out, (s,), a[s] * n + d),), (out,))
    assert evaluate(program, {"a": [1, 2, 3, 4], "b": [0] * 7})["out"].tolist() == [7, 9, 11, 13]


def test_sizes_that_no_array_shows():
    out = Tensor("out", (d,))
    program = Program((x,), (Definition(out, (q,), q + x[0]),), (out,))
    assert evaluate(program, {"x": X}, {d: 2})["out"].tolist() == [2, 3]
    with pytest.raises(SymderiveError, match="the size d is not known"):
        evaluate(program, {"x": X})


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "no value is given for the array W"),
        ({"x": X, "W": np.ones(3)}, "W is declared n×d, but the array given has shape 3."),
        (
            {"x": X, "W": np.ones((4, 2))},
            "W is declared n×d, that is 3×2, but the array given has shape 4×2.",
        ),
        ({"x": 1.0, "W": np.ones((4, 2))}, "x is declared n, but the array given has shape a scalar."),
        ({"x": X * 1j, "W": np.ones((3, 2))}, "x holds complex128 values"),
        ({"x": ["a", "b", "c"], "W": np.ones((3, 2))}, "give real numbers"),
    ],
)
def test_arrays_that_do_not_fit(arrays, message):
    program = program_of((array("x", n) @ array("W", n, d)).sum())
    with pytest.raises(SymderiveError) as caught:
        evaluate(program, arrays)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sizes_given_twice_must_agree():
    with pytest.raises(ShapeError, match="that is 4"):
        evaluate(program_of(array("x", n).sum()), {"x": X}, {n: 4})
    with pytest.raises(ShapeError):
        evaluate(program_of(array("v", 2 * n).sum()), {"v": X})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (sympy.Function("mystery")(x[i]), "the function mystery has no scalar value"),
        (sympy.zeta(x[i]), "the function zeta has no scalar value"),
        (sympy.Symbol("z") * x[i], "z has no value"),
        (sympy.I * x[i], "I is not a real number"),
        (x[i / 2], "position"),
        (sympy.Piecewise((1, sympy.Symbol("truth")), (2, True)) * x[i], "the condition"),
    ],
)
def test_what_has_no_meaning_is_loud(body, message):
    with pytest.raises(SymderiveError, match=message):
        one(body, (i,))


def test_an_unknown_output_is_loud():
    with pytest.raises(SymderiveError, match="no array nothing"):
        evaluate(program_of(array("x", n).sum()), {"x": X}, outputs=["nothing"])


def test_floating_point_at_its_edges():
    assert one(1 / x[i], (i,), x=[0.0, -0.0, 2.0]) == [math.inf, -math.inf, 0.5]
    assert one(sympy.log(x[i]), (i,), x=[0.0, 1.0, math.inf]) == [-math.inf, 0, math.inf]
    assert math.isnan(one(sympy.log(x[0]), x=[-1.0]))
    assert math.isnan(one(sympy.sqrt(x[0]), x=[-1.0]))
    assert one(sympy.exp(x[0]), x=[1000.0]) == math.inf
    assert one(x[0] ** 3, x=[-1e200]) == -math.inf
    assert math.isnan(one(IndexMax(x[p], p), x=[1.0, math.nan, 2.0]))
    assert math.isnan(one(IndexSum(x[p], p), x=[math.inf, -math.inf]))


@pytest.mark.parametrize("base", [0.0, -0.0, 2.5, -2.5, 1e200, -1e200, math.inf, -math.inf])
@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0, -1.0, -2.0, 0.5, -0.5, 1.5])
def test_powers_are_those_of_numpy(base, exponent):
    with np.errstate(all="ignore"):
        expected = np.float64(base) ** np.float64(exponent)
    if exponent == 0.5 and base == -math.inf:
        return  # NumPy's power gives inf there, its square root NaN
    np.testing.assert_array_equal(power(base, exponent), expected)


def test_a_maximum_over_nothing_is_loud():
    m = Index("m", n - 1)
    with pytest.raises(SymderiveError, match="over no positions"):
        one(IndexMax(x[m + 1], m), x=[1.0])
    assert one(IndexSum(x[m + 1], m), x=[1.0]) == 0


def test_shared_definitions_are_computed_once():
    value = array("x", Dim("n"))
    for _ in range(60):
        value = (value + value) / 2
    program = program_of(value)
    start = time.perf_counter()
    assert evaluate(program, {"x": X})[value.name].tolist() == X.tolist()
    assert time.perf_counter() - start < 2


def test_the_speed_is_bearable():
    a, b = array("a", n, d), array("b", d, n)
    program = program_of(a @ b)
    values = {"a": np.ones((50, 40)), "b": np.ones((40, 50))}
    start = time.perf_counter()
    evaluate(program, values)
    assert time.perf_counter() - start < 3  # 200,000 operations; far below on an idle machine


def test_an_entry_of_an_input_with_integers():
    assert one(Entry(x, 0) + 1, x=np.array([1, 2], dtype=np.int8)) == 2
    assert one(Entry(x, 0) + 1, x=np.array([True, False])) == 2
