"""Code for other array libraries computes what the slow evaluator does, in the type of its arguments."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.libraries import libraries
from symderive.codegen.numpy_source import plan_of
from symderive.errors import ShapeError, SymderiveError
from symderive.functions import catalogue
from symderive.language.evaluate import evaluate
from tests.codegen.spaces import HERE, SPACES
from tests.codegen.test_generated import ALL, NAMES, derived, numbers

TOLERANCE = {"float64": 1e-9, "float32": 2e-3}


def agree(space, program, arrays, kind):
    """The code gives the numbers, the shape and the type that it has to."""
    expected = next(iter(evaluate(program, arrays).values()))
    with np.errstate(all="ignore"):
        made, own = space.value(plan_of(program), arrays, kind)
    assert own == kind or not made.shape  # a number made of sizes alone has no type
    assert made.shape == expected.shape
    scale = max(1.0, np.abs(expected).max(initial=0))
    assert np.allclose(made, expected, rtol=TOLERANCE[kind], atol=TOLERANCE[kind] * scale)


@pytest.mark.parametrize("space", HERE, ids=lambda one: one.name)
@pytest.mark.parametrize("row", ALL, ids=NAMES)
def test_every_library_gives_what_the_equations_say(row, space):
    program = derived(*row).to_numpy().program
    arrays = numbers(program)
    for kind in ("float64", "float32"):
        agree(space, program, arrays, kind)


def test_the_standard_is_always_tried():
    """The test extra installs what CI needs for it; PyTorch and JAX are tried where they are installed."""
    assert {"numpy", "array-api of numpy", "array-api of array_api_strict"} <= {one.name for one in HERE}
    assert {one.backend for one in SPACES} == set(libraries())


@pytest.mark.parametrize("backend", ["array-api", "torch", "jax"])
def test_each_elementwise_function_is_written_or_refused_by_name(backend):
    refused = {}
    for entry in catalogue():
        if entry.numpy and entry.arity == 1:
            try:
                assert "def f(x):" in _source_of(entry, backend)
            except SymderiveError as error:
                refused[entry.name] = str(error)
    assert all("has nothing for scipy.special." in said for said in refused.values())
    assert set(refused) == (set() if backend == "jax" else {"factorial", "gamma_function"})


def _source_of(entry, backend):
    from symderive.codegen.numpy_source import function_source
    from symderive.core.nodes import Index, Tensor
    from symderive.core.program import Definition, Program

    x, y, i = Tensor("x", (3,)), Tensor("y", (3,)), Index("i", 3)
    program = Program((x,), (Definition(y, (i,), entry.head(x[i])),), (y,))
    return function_source(program, "f", "f", backend)


LOGISTIC = ("hessian", "np.mean(np.logaddexp(0, -y * (X @ w)))", "X=n,d; w=d; y=n:sign", "w")


def test_sources_to_the_letter():
    made = derived("gradient", "np.sum(np.logaddexp(0, X @ w))", "X=n,d; w=d", "w")
    last = {one: made.to_code(one).splitlines()[-1].strip() for one in libraries()}
    assert last == {
        "numpy": "return X.T @ special.expit(X @ w)",
        "array-api": "return X.T @ _expit(xp, X @ w)",
        "torch": "return X.T @ torch.special.expit(X @ w)",
        "jax": "return X.T @ special.expit(X @ w)",
    }
    assert made.to_code("jax").startswith("from jax.scipy import special\n\n\ndef gradient(X, w):\n")
    source = made.to_code("array-api")
    assert source.startswith("from array_api_compat import array_namespace\n\n\ndef _expit(xp, x):\n")
    assert "    xp = array_namespace(X, w)\n" in source
    assert made.to_code() == made.to_code("numpy") == made.to_numpy().source


def test_no_code_for_another_library_names_numpy():
    for row in ALL:
        for backend in ("array-api", "torch", "jax"):
            try:
                source = derived(*row).to_code(backend)
            except SymderiveError:
                continue
            assert "np." not in source.replace("jnp.", "").split('"""')[-1]
            assert "import numpy as" not in source


@pytest.mark.parametrize("backend", ["nmupy", "", "NUMPY"])
def test_an_unknown_library_is_refused(backend):
    with pytest.raises(SymderiveError, match=f'backend: "{backend}" is not known; it is one of "array-api"'):
        derived(*LOGISTIC).to_code(backend)


def test_a_function_that_a_library_has_not_is_refused_in_a_sentence():
    made = derived("gradient", "np.sum(special.iv(2, x))", "x=d", "x")
    for method, title in ((made.to_torch, "PyTorch"), (made.to_array_api, "the array-API standard")):
        with pytest.raises(SymderiveError) as found:
            method()
        assert (
            str(found.value) == f"writing code: {title} has nothing for scipy.special.iv; use the NumPy code."
        )


def test_the_callable_checks_names_and_shapes():
    function = derived(*LOGISTIC).to_array_api()
    good = {"X": np.ones((4, 3)), "w": np.ones(3), "y": np.ones(4)}
    assert np.allclose(function(**good), derived(*LOGISTIC).to_numpy()(**good))
    with pytest.raises(
        ShapeError, match=r"hessian: y has shape \(5,\), but X with shape \(4, 3\) needs \(4,\)"
    ):
        function(**good | {"y": np.ones(5)})
    with pytest.raises(SymderiveError, match="hessian: w is no array"):
        function(**good | {"w": [1.0, 2.0, 3.0]})
    with pytest.raises(SymderiveError, match="hessian: y is missing; it takes X, w, y"):
        function(X=good["X"], w=good["w"])


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SymderiveError, match="the code for PyTorch needs torch, which is not installed"):
        derived("gradient", "np.sum(special.expit(x))", "x=d", "x").to_torch()(x=np.ones(3))


def test_an_array_with_the_name_of_the_library_is_refused_only_for_it():
    x = sd.array("x", sd.dims("n"))
    other = sd.array("torch", sd.dims("n"))
    made = sd.gradient(np.sum(np.exp(other * x)), x)
    assert made.to_numpy().source
    with pytest.raises(SymderiveError, match="the array torch has the name of a size or module"):
        made.to_torch()


@pytest.mark.parametrize("space", HERE, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", TOLERANCE)
def test_counts_of_places_do_not_change_the_type(space, kind):
    program = derived("gradient", "np.max(6 * y)", "y=n", "y").to_numpy().program
    agree(space, program, {"y": np.array([1.0, 3.0, 3.0])}, kind)


@pytest.mark.parametrize("space", HERE, ids=lambda one: one.name)
@pytest.mark.parametrize(
    "mask", ["(u > v) & (u >= w)", "(u > v) | (u >= w)", "~(u > v)", "(u > v) * 1.0 > 0"]
)
def test_masks_that_have_a_name_are_truth_values_in_every_library(space, mask):
    """In the equations as written a mask is an array of ones and zeros, which `where` may not take."""
    from symderive.language.programs import program_of

    program = program_of(sd.parse(f"np.where({mask}, u, 2 * v) * w", u="n", v="n", w="n"))
    numbers = np.random.default_rng(0)
    arrays = {name: numbers.normal(size=5) for name in "uvw"}
    (expected,) = evaluate(program, arrays).values()
    for kind in ("float64", "float32"):
        made, own = space.value(program, arrays, kind)
        assert own == kind
        np.testing.assert_allclose(made, expected, rtol=1e-5)
