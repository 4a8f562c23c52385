"""What generated code returns besides the derivative, and the sizes and rows that it is written for."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.errors import SymderiveError

CHAIN = sd.parse("np.sum(np.tanh(A @ B @ C))", A="n,m", B="m,d", C="d,k")
LOGISTIC = sd.parse("np.sum(np.log(1 + np.exp(-y * (X @ w))))", X="n,d", w="d", y="n")
LIBRARIES = ("numpy", "array-api")


def chain():
    return sd.gradient(CHAIN, sd.parse("B", B="m,d"))


def drawn(seed=0):
    numbers = np.random.default_rng(seed)
    return {
        "X": numbers.normal(size=(11, 3)),
        "w": numbers.normal(size=3),
        "y": np.sign(numbers.normal(size=11)),
    }


@pytest.mark.parametrize(
    ("sizes", "product"),
    [
        ({"n": 10, "m": 3, "d": 2000, "k": 3000}, "A @ (B @ C)"),
        ({"n": 1000, "m": 3000, "d": 2, "k": 3000}, "Z = A @ B @ C"),
    ],
)
@pytest.mark.parametrize("library", ["numpy", "array-api", "torch", "jax"])
def test_the_order_of_products_is_that_for_the_sizes_given(sizes, product, library):
    assert product in chain().to_code(library, sizes=sizes)


def test_sizes_given_once_do_not_stay():
    made = chain()
    usual = made.to_code()
    made.to_code(sizes={"n": 1000, "m": 3000, "d": 2, "k": 3000})
    assert chain().to_code() == usual


def test_code_for_some_sizes_is_right_for_others():
    numbers = np.random.default_rng(1)
    arrays = {
        name: numbers.normal(size=shape) for name, shape in (("A", (4, 5)), ("B", (5, 2)), ("C", (2, 3)))
    }
    function = chain().to_numpy(sizes={"n": 1000, "m": 3000, "d": 2, "k": 3000})
    np.testing.assert_allclose(function(**arrays), chain().to_numpy()(**arrays), rtol=1e-12)


@pytest.mark.parametrize("rows", [None, 1, 4, 100])
@pytest.mark.parametrize("library", LIBRARIES)
def test_value_gradient_and_hessian_in_any_library_and_in_blocks(library, rows):
    made = sd.hessian(LOGISTIC, sd.parse("w", w="d"))
    options = {"with_value": True, "with_gradient": True, "rows_per_block": rows}
    function = made.to_numpy(**options) if library == "numpy" else made.to_array_api(**options)
    arrays = drawn()
    value, gradient, hessian = function(**arrays)
    z = -arrays["y"] * (arrays["X"] @ arrays["w"])
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(value, np.log1p(np.exp(z)).sum(), rtol=1e-12)
    np.testing.assert_allclose(gradient, arrays["X"].T @ (-arrays["y"] * p), rtol=1e-12)
    np.testing.assert_allclose(hessian, (arrays["X"].T * (p * (1 - p))) @ arrays["X"], rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sizes": {"q": 3}}, "no array has the size q; the sizes are n, m, d, k"),
        ({"sizes": {"n": 0}}, "the size n is 0; give a positive integer"),
        ({"sizes": {"n": 2.5}}, "the size n is 2.5; give a positive integer"),
        ({"with_valeu": True}, 'no option with_valeu .*did you mean "with_value"'),
        ({"with_gradient": True}, "with_gradient goes with a second derivative"),
        ({"rows_per_block": 0}, "rows_per_block is 0"),
    ],
)
@pytest.mark.parametrize("library", ["numpy", "array-api", "torch", "jax"])
def test_options_that_do_not_fit(options, said, library):
    with pytest.raises(SymderiveError, match=said):
        chain().to_code(library, **options)


def test_code_that_needs_no_import_starts_with_the_function():
    made = sd.hessian(sd.parse("np.sum((A @ x - y)**2)", A="n,d", x="d", y="n"), sd.parse("x", x="d"))
    assert made.to_code("torch").startswith("def hessian(A):\n")


KRONECKER = [
    ("np.sum((A @ X @ B - Y)**2)", {"A": "n,m", "X": "m,d", "B": "d,k", "Y": "n,k"}, "X"),
    ("np.trace(X.T @ A @ X @ B)", {"A": "m,m:symmetric", "X": "m,d", "B": "d,d:symmetric"}, "X"),
    ("np.trace(X.T @ A @ X @ np.diag(b))", {"A": "m,m:symmetric", "X": "m,d", "b": "d"}, "X"),
    ("np.sum((X @ w - y)**2)", {"X": "n,d", "w": "d", "y": "n"}, "X"),
    ("np.trace(X.T @ A @ X) + np.trace(X @ B @ X.T) + c * np.sum(X**2)",
     {"A": "m,m", "X": "m,d", "B": "d,d", "c": ""}, "X"),
    ("np.sum((X @ W - Y)**2) / n + a * np.sum(W**2)", {"X": "n,d", "W": "d,k", "Y": "n,k", "a": ""}, "W"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "arrays", "name"), KRONECKER)
def test_the_factors_of_a_hessian_that_is_a_sum_of_kronecker_products(loss, arrays, name):
    made = sd.hessian(sd.parse(loss, **arrays), sd.parse(name, **{name: arrays[name]}))
    sizes = {"n": 6, "m": 4, "d": 3, "k": 2, "c": 1}
    numbers = np.random.default_rng(2)
    given = {}
    for tensor in made.original.inputs:
        value = numbers.normal(
            size=[
                int(size.xreplace({one: sizes[one.name] for one in size.free_symbols}))
                for size in tensor.shape
            ]
        )
        given[str(tensor.name)] = value + value.T if tensor.domain == "symmetric" else value
    whole = made.to_numpy()(**given)
    rows = whole.shape[0] * whole.shape[1]
    as_matrix = whole.transpose(1, 0, 3, 2).reshape(rows, rows)  # vec numbers column after column
    function = made.to_numpy(kronecker=True)
    factors = function(**given)
    total = sum(np.kron(left, right) for left, right in zip(factors[::2], factors[1::2], strict=True))
    np.testing.assert_allclose(total, as_matrix, rtol=1e-12, atol=1e-12)
    swapped = sum(np.kron(right, left) for left, right in zip(factors[::2], factors[1::2], strict=True))
    assert not np.allclose(swapped, as_matrix)
    assert "∂vec" in function.source


@pytest.mark.parametrize(
    ("loss", "arrays", "name"),
    [
        ("np.linalg.slogdet(S)[1]", {"S": "d,d:spd"}, "S"),  # K (S⁻¹ ⊗ S⁻¹)
        ("np.sum(np.exp(A @ X))", {"A": "n,m", "X": "m,d"}, "X"),
        ("np.sum((X @ w - y)**2)", {"X": "n,d", "w": "d", "y": "n"}, "w"),
    ],
)
def test_a_hessian_that_is_no_sum_of_kronecker_products(loss, arrays, name):
    made = sd.hessian(sd.parse(loss, **arrays), sd.parse(name, **{name: arrays[name]}))
    with pytest.raises(
        SymderiveError, match="the Hessian is not a sum of Kronecker products of two matrices"
    ):
        made.to_numpy(kronecker=True)
