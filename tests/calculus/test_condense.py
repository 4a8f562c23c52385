"""Which equations are put into others, and that the value stays."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symderive.calculus.condense import (
    condense,
    for_result,
    for_steps,
    is_linear,
    is_norm,
    is_trivial,
    rename,
    weight,
)
from symderive.calculus.unit_axes import drop_unit_axes
from symderive.core.nodes import Delta, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.functions import by_name
from symderive.language.evaluate import evaluate

x, W = Tensor("x", (4,)), Tensor("W", (4, 4))
y, z, s = Tensor("y", (4,)), Tensor("z", (4,)), Tensor("s", ())
i, p, q = Index("i", 4), Index("p", 4), Index("q", 4)
softplus = by_name()["softplus"].make


def program(*definitions: Definition) -> Program:
    return Program((x, W), definitions, (definitions[-1].tensor,))


def always(made, count, consumer) -> bool:
    return True


@pytest.mark.parametrize("position", [i + 1, i - 1, 2 * i, sympy.Integer(4), sympy.Integer(-1), i + 2])
@pytest.mark.parametrize("body", [sympy.exp(x[i]), x[i] + 1, 1 / x[i], sympy.cos(x[i])])
def test_nothing_is_inlined_where_its_entry_may_be_zero(position, body):
    start = program(Definition(y, (i,), body), Definition(z, (i,), 2 * y[position]))
    short = condense(start, always)
    arrays = {"x": np.array([0.3, 1.2, 0.7, 2.0]), "W": np.eye(4)}
    assert np.array_equal(evaluate(short, arrays)["z"], evaluate(start, arrays)["z"])
    assert y in {made.tensor for made in short.definitions}


@pytest.mark.parametrize("position", [i, sympy.Integer(0), sympy.Integer(3)])
def test_inside_everything_is_inlined(position):
    start = program(Definition(y, (i,), sympy.exp(x[i])), Definition(z, (i,), 2 * y[position]))
    (only,) = condense(start, always).definitions
    assert only.body == 2 * sympy.exp(x[position])


def test_one_use_outside_keeps_the_equation_for_all_uses():
    start = program(Definition(y, (i,), sympy.exp(x[i])), Definition(z, (i,), y[i] + y[i + 1]))
    assert condense(start, always) == start


def test_unit_axes_that_are_read_outside_stay():
    column, out = Tensor("c", (4, 1)), Tensor("out", (4,))
    j = Index("j", 1)
    start = program(Definition(column, (i, j), x[i] + 1), Definition(out, (i,), column[i, 2 * i]))
    arrays = {"x": np.arange(4.0), "W": np.eye(4)}
    slim = drop_unit_axes(start)
    assert np.array_equal(evaluate(slim, arrays)["out"], [1.0, 0.0, 0.0, 0.0])


def test_unit_axes_that_only_broadcast_go():
    column, out = Tensor("c", (4, 1)), Tensor("out", (4,))
    j = Index("j", 1)
    start = program(Definition(column, (i, j), x[i] + 1), Definition(out, (i,), column[i, 0]))
    assert drop_unit_axes(start).definitions[0].tensor.shape == (4,)


def test_inlining_renames_bound_indices():
    inner = Definition(y, (i,), IndexSum(W[i, p] * x[p], p))
    outer = Definition(s, (), IndexSum(y[p] ** 2, p))
    arrays = {"x": np.arange(4.0), "W": np.arange(16.0).reshape(4, 4) ** 1.5}
    start = program(inner, outer)
    short = condense(start, always)
    assert len(short.definitions) == 1
    assert evaluate(short, arrays)["s"] == pytest.approx(float(((arrays["W"] @ arrays["x"]) ** 2).sum()))


def test_pinned_and_kept_names_and_outputs_stay():
    pinned = Definition(y, (i,), x[i] + 1, pinned=True)
    assert len(condense(program(pinned, Definition(z, (i,), y[i])), always).definitions) == 2
    plain = Definition(y, (i,), x[i] + 1)
    start = program(plain, Definition(z, (i,), y[i]))
    assert len(condense(start, always, keep=(y,)).definitions) == 2
    assert len(condense(Program(start.inputs, start.definitions, (y, z)), always).definitions) == 2


def test_what_nothing_uses_goes():
    start = program(Definition(y, (i,), x[i] + 1), Definition(z, (i,), x[i]))
    assert [made.tensor for made in condense(start, lambda *_: False).definitions] == [z]


def test_steps_keep_what_is_used_twice_and_what_is_long():
    made = Definition(y, (i,), sympy.exp(x[i]))
    consumer = Definition(z, (i,), y[i] + 1)
    assert for_steps(made, 1, consumer)
    assert not for_steps(made, 2, None)
    long = Definition(y, (i,), sympy.Add(*(x[k] * W[i, j] for k in range(3) for j in range(3))))
    assert weight(long.body) == 18
    assert not for_steps(long, 1, consumer)


def test_steps_put_a_matrix_product_only_into_what_is_linear():
    product = Definition(y, (i,), IndexSum(W[i, p] * x[p], p))
    assert for_steps(product, 1, Definition(z, (i,), y[i] + 1))
    assert not for_steps(product, 1, Definition(z, (i,), sympy.exp(y[i])))


def test_the_result_takes_single_uses_up_to_a_readable_size():
    small = Definition(y, (i,), sympy.exp(x[i]))
    assert for_result(small, 1, Definition(z, (i,), y[i] + 1))
    assert not for_result(small, 2, None)
    long = Definition(y, (i,), sympy.Add(*(x[k] * W[i, j] for k in range(4) for j in range(4))))
    assert not for_result(long, 1, Definition(z, (i,), y[i] + 1))


def test_a_squared_norm_is_shorter_than_a_name():
    norm = Definition(s, (), IndexSum(x[p] ** 2, p))
    assert is_norm(norm.body)
    assert for_result(norm, 5, None)
    assert not is_norm(IndexSum(x[p] ** 3, p))
    assert not is_norm(IndexSum(W[i, p] ** 2, p))


@pytest.mark.parametrize(
    ("body", "trivial"),
    [(x[i], True), (3 * x[i], True), (Delta(i, p), True), (sympy.Integer(2), True),
     (x[i] * Delta(i, p), True),
     (x[i] ** 2, False), (x[i] * x[p], False), (sympy.exp(x[i]), False), (x[i] + 1, False)],
)  # fmt: skip
def test_trivial(body, trivial):
    assert is_trivial(body) == trivial


@pytest.mark.parametrize(
    ("body", "linear"),
    [(x[i], True), (3 * x[i] + 1, True), (IndexSum(W[i, p] * x[p], p), True), (x[i] ** 2, False),
     (x[i] * x[p], False), (sympy.exp(x[i]), False), (W[i, p], True)],
)  # fmt: skip
def test_linear(body, linear):
    assert is_linear(body, x) == linear


def test_rename_changes_names_everywhere():
    start = program(Definition(y, (i,), x[i] + 1), Definition(z, (i,), y[i] * x[i]))
    other, new = Tensor("u", (4,)), Tensor("v", (4,))
    made = rename(start, {y: other, x: new})
    assert str(made) == "u[i] = v[i] + 1\nz[i] = u[i]*v[i]"


# Any choice of what to inline leaves the value.

POSITIONS = [i, i + 1, i - 1, sympy.Integer(0), sympy.Integer(3)]


@given(st.data())
def test_any_choice_leaves_the_value(data):
    draw = data.draw
    names = [Tensor(f"t{k}", (4,)) for k in range(4)]
    definitions = []
    for k, tensor in enumerate(names):

        def leaf(k=k):
            return draw(st.sampled_from([x, *names[:k]]))[draw(st.sampled_from(POSITIONS))]

        body = draw(st.sampled_from([0, 1, 2, 3]))
        made = [
            lambda: leaf() + draw(st.integers(-1, 2)),
            lambda: sympy.cos(leaf()) * leaf(),
            lambda k=k: IndexSum(W[i, p] * draw(st.sampled_from([x, *names[:k]]))[p], p),
            lambda: 2 * leaf(),
        ][body]()
        definitions.append(Definition(tensor, (i,), made))
    start = Program((x, W), tuple(definitions), (names[-1],))
    wanted = draw(st.sets(st.sampled_from(names)))
    short = condense(start, lambda made, count, consumer: made.tensor in wanted)
    arrays = {"x": np.array([0.3, -1.2, 0.7, 2.0]), "W": np.cos(np.arange(16.0)).reshape(4, 4)}
    assert np.allclose(evaluate(short, arrays)["t3"], evaluate(start, arrays)["t3"], rtol=1e-12, atol=1e-12)
