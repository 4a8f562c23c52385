"""Conditions depend on the order of the derivative, and on the branch that a part stands in."""

import numpy as np
import pytest

import symderive as sd

n = sd.dims("n")
x, y = sd.array("x", n), sd.array("y", n)
KINK = "at xᵢ = 0: |x|′ = sign(x), with 0 at the kink x = 0"
RELU = "at xᵢ = 0: relu′ = 1[x > 0], with 0 at the kink x = 0"
AWAY = "xᵢ ≠ 0 for all i"
ZERO = np.zeros(7)


def texts(derivation):
    return [one.text for one in derivation.conditions]


def total(source):
    return sd.parse(f"np.sum({source})", x=x, y=y)


POWERS = {
    "np.abs(x)**1.5": ([], [AWAY], [AWAY]),
    "np.abs(x)**2.5": ([], [], [AWAY]),
    "np.abs(x)**3": ([], [], [KINK]),
    "np.abs(x)**5": ([], [], []),
    "np.maximum(x, 0)**2": ([], [RELU], [RELU]),
    "np.maximum(x, 0)**3": ([], [], [RELU]),
}


@pytest.mark.parametrize("source", POWERS)
def test_a_power_of_a_kink_is_smooth_below_its_exponent(source):
    loss = total(source)
    made = (sd.gradient(loss, x), sd.hessian(loss, x), sd.derivative(loss, x, x, x))
    assert tuple(map(texts, made)) == POWERS[source]
    for one in made:
        if not texts(one):  # then it has a value at the kink
            assert not np.any(one.to_numpy()(x=ZERO))


@pytest.mark.parametrize(
    ("loss", "orders"),
    [
        (np.sum(abs(x) ** 2), ([], [], [])),  # is ‖x‖²
        (np.linalg.norm(x) ** 2, ([], [], [])),
        (np.linalg.norm(x) ** 3, ([], ["x ≠ 0"], ["x ≠ 0"])),
        (np.linalg.norm(x) ** 4, ([], [], [])),
        ((x @ x) ** 1.5, ([], ["x ≠ 0"], ["x ≠ 0"])),
        ((x @ x) ** 2.5, ([], [], ["x ≠ 0"])),
    ],
)
def test_a_power_of_a_norm_is_smooth_below_its_exponent(loss, orders):
    made = (sd.gradient(loss, x), sd.hessian(loss, x), sd.derivative(loss, x, x, x))
    assert tuple(map(texts, made)) == orders
    for one in made:
        if not texts(one):
            assert np.all(np.isfinite(one.to_numpy()(x=ZERO)))


def test_a_root_that_stands_in_several_powers_is_as_smooth_as_in_each():
    length = np.linalg.norm(x)
    assert texts(sd.hessian(length**2 + length**4, x)) == []
    assert texts(sd.hessian(length**2 + length**3, x)) == ["x ≠ 0"]


def test_the_order_is_counted_for_each_variable():
    loss = np.sum(np.abs(x) ** 1.5 * y)
    assert texts(sd.hessian(loss, x, y)) == []
    assert texts(sd.hessian(loss, y)) == []
    assert texts(sd.hessian(loss, x)) == [AWAY]
    assert texts(sd.hessian(loss, [x, y])) == [AWAY]
    assert texts(sd.directional(loss, x, "v")) == []
    assert texts(sd.hessian_vector_product(loss, x, "v")) == [AWAY]


BRANCHES = {
    "scipy.special.huber(1.0, x)": ["at |xᵢ| = 1: 1[x ≤ y]′ = 0 away from the jump x = y"],
    "np.heaviside(x, 0.5)*x**2": ["at xᵢ = 0: 1[x = y]′ = 0 away from the jump x = y"],
    "np.where((x>0)&(y>0), np.log(x*y), 0)": ["at xᵢ = 0: 1[x > y]′ = 0 away from the jump x = y"],
    "np.where(x<0, np.log(-x), 0)": ["at xᵢ = 0: 1[x < y]′ = 0 away from the jump x = y"],
    "np.where(np.max(x)>1, x**2/2, x)": ["at maxᵢ xᵢ = 1: 1[x > y]′ = 0 away from the jump x = y"],
    "np.where(np.abs(x)>y, x, 2*x)": ["at |xᵢ| = yᵢ: 1[x > y]′ = 0 away from the jump x = y"],
    "np.where(np.log(x)>1, x, 2*x)": [
        "xᵢ > 0 for all i", "at log(xᵢ) = 1: 1[x > y]′ = 0 away from the jump x = y",
    ],
    "np.where((x>0)>y, x, 2*x)": [
        "at 1[xᵢ > 0] = yᵢ: 1[x > y]′ = 0 away from the jump x = y",
        "at xᵢ = 0: 1[x > y]′ = 0 away from the jump x = y",
    ],
}  # fmt: skip


@pytest.mark.parametrize("source", BRANCHES)
def test_a_condition_stands_where_it_can_be_violated(source):
    assert texts(sd.gradient(total(source), x)) == BRANCHES[source]


def test_a_condition_that_holds_once_it_is_written_out_is_left_out():
    assert texts(sd.gradient(total("scipy.special.binom(3 + x**2, x**2 + 1)"), x)) == []


def test_a_condition_has_no_names_that_the_reader_does_not_see():
    loss = total("np.where(np.linalg.norm(x) > 1, x/np.linalg.norm(x), x)")
    assert texts(sd.gradient(loss, x))[-1] == "x ≠ 0 wherever ‖x‖ > 1"


def test_the_poles_of_the_tangent():
    assert texts(sd.gradient(total("np.tan(x)"), x)) == ["cos(xᵢ) ≠ 0 for all i"]


def test_two_conditions_on_one_number_are_one():
    found = texts(sd.gradient(total("np.sqrt(np.abs(x) + 1)/np.sqrt(y)"), y))
    assert found == ["yᵢ > 0 for all i"]
    m = sd.dims("m")
    X = sd.array("X", n, m)
    made = sd.gradient(np.sum(X / np.linalg.norm(X, axis=1, keepdims=True) * x[:, None]), X)
    assert texts(made) == ["(X^⊙2 𝟏)ᵢ > 0 for all i"]
    assert texts(sd.gradient(np.sum(np.sqrt(x) / np.sqrt(y)), x)) == ["xᵢ > 0 for all i", "yᵢ > 0 for all i"]


def test_a_bracket_that_a_size_decides_is_left_out():
    m = sd.dims("m")
    X = sd.array("X", n, m)
    made = sd.gradient(np.linalg.inv(X.T @ X)[0, 1], X)
    assert texts(made) == ["XᵀX is invertible", "m ≥ 2"]
    assert "[" not in str(made.results[0])
