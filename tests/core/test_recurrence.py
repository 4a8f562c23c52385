"""Equations that use what they defined themselves at earlier steps: what may be read, and what is refused."""

import numpy as np
import pytest

from symderive.calculus.chain import forward, reverse
from symderive.codegen.numpy_source import numpy_function, plan_of
from symderive.core.dims import Dim
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.core.recurrence import runs, unrolled
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate

T = 6
t, s = Index("t", T), Index("s", T)
x, a, b = (Tensor(name, (T,)) for name in "xab")
total = Tensor("total")


def along(tensor, body, time=t):
    return Definition(tensor, (time,), body, along=time)


def summed(tensor):
    return Definition(total, (), IndexSum(tensor[s], s))


FIBONACCI = Program(
    (x,),
    (along(a, x[t] + Entry(a, t - 1) + Entry(a, t - 2)),),
    (a,),
)
COUPLED = Program(
    (x,),
    (along(a, 2 * Entry(b, t - 1) + x[t]), along(b, a[t] * Entry(b, t - 1) + Entry(a, t - 1)), summed(b)),
    (total, a, b),
)


def test_a_recurrence_is_computed_step_by_step():
    given = {"x": [1.0, 0, 0, 0, 0, 0]}
    assert evaluate(FIBONACCI, given)["a"].tolist() == [1, 1, 2, 3, 5, 8]
    x_values = np.random.default_rng(0).normal(size=T)
    got = evaluate(COUPLED, {"x": x_values})
    before = {"a": 0.0, "b": 0.0}
    for step, value in enumerate(x_values):
        now = 2 * before["b"] + value
        before = {"b": now * before["b"] + before["a"], "a": now}
        assert (got["a"][step], got["b"][step]) == (now, before["b"])
    assert got["total"] == pytest.approx(got["b"].sum())


def test_all_of_a_recurrence_is_kept_where_one_of_its_arrays_is_needed():
    assert COUPLED.needed((a,)).definitions == COUPLED.definitions[:2]
    assert [len(run) for run in runs(COUPLED.definitions)] == [2, 1]
    assert evaluate(COUPLED, {"x": np.ones(T)}, outputs=["a"])["a"].tolist()[:3] == [1, 1, 3]


def test_written_out_steps_compute_the_same():
    for program in (FIBONACCI, COUPLED):
        given = {"x": np.random.default_rng(1).normal(size=T)}
        plain = unrolled(program)
        assert all(made.along is None for made in plain.definitions)
        for name, value in evaluate(program, given).items():
            np.testing.assert_allclose(evaluate(plain, given)[name], value, rtol=1e-12)
    slope = reverse(unrolled(COUPLED), total, (x,)).program
    (found,) = evaluate(slope, {"x": np.full(T, 0.3)}).values()
    shifted = [
        [float(evaluate(COUPLED, {"x": np.full(T, 0.3) + move * row})["total"]) for move in (1e-6, -1e-6)]
        for row in np.eye(T)
    ]
    np.testing.assert_allclose(found, [(up - down) / 2e-6 for up, down in shifted], rtol=1e-6)


def test_a_recurrence_that_reads_later_steps_begins_with_the_last_one():
    program = Program((x,), (along(a, x[t] + 2 * Entry(a, t + 1)),), (a,))
    assert evaluate(program, {"x": np.ones(T)})["a"].tolist() == [63, 31, 15, 7, 3, 1]
    assert evaluate(unrolled(program), {"x": np.ones(T)})["a"].tolist() == [63, 31, 15, 7, 3, 1]


def test_the_adjoint_of_a_recurrence_is_one_from_the_last_step_on():
    given = {"x": np.random.default_rng(2).normal(size=T)}
    through = reverse(COUPLED, total, (x,)).program
    (expected,) = evaluate(reverse(unrolled(COUPLED), total, (x,)).program, given).values()
    (found,) = evaluate(through, given).values()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.abs(found[::-1] - expected).max() > 0.1
    bodies = {made.tensor.name: str(made) for made in through.definitions}
    assert bodies["∂b"] == "∂b[s] = a[s + 1]*∂b[s + 1] + 2*∂a[s + 1] + 1"
    assert bodies["∂a"] == "∂a[s] = b[s - 1]*∂b[s] + ∂b[s + 1]"


def test_names_of_steps_that_are_taken_get_a_mark():
    taken = Tensor("a_0", (T,))
    program = Program((taken,), (along(a, taken[t] + Entry(a, t - 1)),), (a,))
    assert "a_0_" in unrolled(program).names
    np.testing.assert_allclose(evaluate(unrolled(program), {"a_0": np.ones(T)})["a"], np.arange(1, T + 1))


@pytest.mark.parametrize(
    ("equations", "sentence"),
    [
        ([along(a, a[t] + x[t])], r"a\[t\] is not there yet at step t; read it at t - 1 or before"),
        ([along(a, Entry(a, t + 1) + Entry(a, t - 1))], r"a\[t \+ 1\] is not there yet at step t"),
        ([along(a, b[t]), along(b, x[t])], r"b\[t\] is not there yet at step t"),
        ([along(b, Entry(b, t - 1)), along(a, Entry(b, t + 1))], r"b\[t \+ 1\] is not there yet"),
        ([along(a, Entry(a, t + 1) + b[t]), along(b, x[t])], r"b\[t\] is not there .* \+ 1 or behind"),
        ([along(a, IndexSum(a[s], s))], r"a\[s\] is not there yet at step t"),
        ([along(a, Entry(a, T - 1 - t))], "is not there yet at step t"),
        ([along(a, Entry(b, t - 1)), along(b, x[s], s)], "b is used before it is defined"),
        ([Definition(a, (t,), Entry(a, t - 1))], "a is used before it is defined"),
        ([Definition(a, (t,), Entry(a, t - 1), along=s)], "it goes along s, which is none of its indices"),
    ],
    ids=str,
)
def test_what_is_not_computed_by_then_is_refused(equations, sentence):
    with pytest.raises(SymderiveError, match=sentence):
        Program((x,), tuple(equations), (a,))


@pytest.mark.parametrize(
    "do",
    [
        lambda: forward(COUPLED, total, x),
        lambda: numpy_function(COUPLED, "coupled"),
        lambda: numpy_function(COUPLED, "coupled", as_it_stands=True),
        lambda: plan_of(COUPLED),
    ],
)
def test_what_cannot_be_done_with_a_recurrence_says_what_can(do):
    with pytest.raises(
        SymderiveError, match="a belongs to a recurrence along t, which this does not know yet"
    ):
        do()


def test_steps_that_are_a_symbol_cannot_be_written_out():
    n = Dim("n")
    step = Index("t", n)
    h, given = Tensor("h", (n,)), Tensor("x", (n,))
    program = Program((given,), (along(h, Entry(h, step - 1) + given[step], step),), (h,))
    assert evaluate(program, {"x": [1.0, 2.0, 3.0]})["h"].tolist() == [1, 3, 6]
    with pytest.raises(SymderiveError, match="the number of steps is n; give a number"):
        unrolled(program)
