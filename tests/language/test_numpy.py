"""Whatever NumPy computes from arrays, the same code on symbolic arrays means, number by number."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from symderive.core.dims import dims
from symderive.errors import SymderiveError
from symderive.functions import catalogue
from symderive.language import dispatch
from symderive.language.array import Array
from symderive.language.declaring import array, let
from symderive.language.evaluate import evaluate
from symderive.language.programs import program_of

n, d, h, k = dims("n d h k")
SIZES = {"n": 7, "d": 3, "h": 5, "k": 4}
SHAPES = {
    "X": (n, d), "Y": (n, d), "w": (d,), "v": (d,), "b": (n,), "W": (d, h), "V": (h, k), "S": (d, d),
    "R": (d, d), "c": (), "col": (n, 1), "row": (1, d), "B": (k, n, d), "D": (k, d, h), "E": (1, d, h),
    "one": (1,), "F": (9, 8), "u": (8,),
}  # fmt: skip

CASES = {
    "add": lambda a: a.X + a.Y,
    "subtract": lambda a: a.X - a.Y,
    "multiply": lambda a: a.X * a.Y,
    "divide": lambda a: a.X / a.Y,
    "negative": lambda a: -a.X,
    "positive": lambda a: +a.X,
    "abs": lambda a: abs(a.X),
    "radd": lambda a: 2 + a.X,
    "rsub": lambda a: 2.5 - a.X,
    "rmul": lambda a: 3 * a.X,
    "rdiv": lambda a: 1 / a.X,
    "rpow": lambda a: 2**a.X,
    "same twice": lambda a: (a.X + a.Y) * (a.X + a.Y),
    "numpy scalars": lambda a: np.float64(0.1) * a.X + np.int64(3) - a.X / np.float32(0.5),
    "zero-dimensional": lambda a: a.X * np.array(2.0),
    "constants": lambda a: a.X * np.pi + np.e,
    "power 0": lambda a: a.X**0,
    "power 2": lambda a: a.X**2,
    "power -1": lambda a: a.X**-1,
    "power -3": lambda a: a.X**-3,
    "power half": lambda a: np.abs(a.X) ** 0.5,
    "power array": lambda a: np.abs(a.X) ** a.Y,
    "np.power": lambda a: np.power(a.X, 3),
    "matrix vector": lambda a: a.X @ a.w,
    "vector matrix": lambda a: a.b @ a.X,
    "vector vector": lambda a: a.w @ a.v,
    "matrix matrix": lambda a: a.X @ a.W @ a.V,
    "gram": lambda a: a.X.T @ a.X,
    "batch matrix": lambda a: a.B @ a.W,
    "batch batch": lambda a: a.B @ a.D,
    "batch of one": lambda a: a.B @ a.E,
    "matrix batch": lambda a: a.X @ a.D,
    "batch vector": lambda a: a.B @ a.w,
    "vector batch": lambda a: a.w @ a.D,
    "np.matmul": lambda a: np.matmul(a.X, a.w),
    "broadcast vector": lambda a: a.X + a.w,
    "broadcast column": lambda a: a.col * a.X,
    "broadcast row": lambda a: a.X - a.row,
    "column row": lambda a: a.col + a.row,
    "broadcast one": lambda a: a.X * a.one,
    "one one": lambda a: a.one + a.one,
    "broadcast batch": lambda a: a.B + a.X,
    "scalar array": lambda a: a.c * a.X + a.c,
    "new axis": lambda a: a.b[:, None] * a.w[None, :],
    "softmax": lambda a: np.exp(a.X) / np.exp(a.X).sum(axis=1, keepdims=True),
    "sum": lambda a: a.X.sum(),
    "sum 0": lambda a: a.X.sum(0),
    "sum -1": lambda a: np.sum(a.B, axis=-1),
    "sum of two": lambda a: a.B.sum(axis=(0, 2)),
    "sum keepdims": lambda a: a.B.sum(axis=(0, -1), keepdims=True),
    "sum all keepdims": lambda a: np.sum(a.X, keepdims=True),
    "sum keepdims 1": lambda a: np.sum(a.X, axis=0, keepdims=1),
    "sum no axes": lambda a: a.X.sum(axis=()),
    "sum scalar": lambda a: np.sum(a.c),
    "sum numpy axis": lambda a: a.X.sum(axis=np.int64(1)),
    "sum of size one": lambda a: a.col.sum(axis=1),
    "add.reduce": lambda a: np.add.reduce(a.X),
    "add.reduce all": lambda a: np.add.reduce(a.X, axis=None, keepdims=True),
    "mean": lambda a: a.X.mean(),
    "mean 0": lambda a: np.mean(a.X, axis=0),
    "mean keepdims": lambda a: a.X - a.X.mean(axis=1, keepdims=True),
    "var": lambda a: np.var(a.X),
    "var 0": lambda a: np.var(a.X, axis=0),
    "std keepdims": lambda a: np.std(a.X, axis=1, keepdims=True),
    "norm": lambda a: np.linalg.norm(a.w),
    "norm matrix": lambda a: np.linalg.norm(a.X),
    "norm fro": lambda a: np.linalg.norm(a.X, ord="fro"),
    "norm rows": lambda a: np.linalg.norm(a.X, axis=1, keepdims=True),
    "norm 2 of rows": lambda a: np.linalg.norm(a.X, 2, axis=1),
    "norm of batches": lambda a: np.linalg.norm(a.B, axis=(1, 2)),
    "inv": lambda a: np.linalg.inv(a.S) @ a.X.T,
    "det": lambda a: np.linalg.det(a.S @ a.R),
    "sign of slogdet": lambda a: np.linalg.slogdet(a.S)[0],
    "slogdet": lambda a: np.linalg.slogdet(a.S).logabsdet,
    "solve vector": lambda a: np.linalg.solve(a.S, a.w),
    "solve matrix": lambda a: np.linalg.solve(a.R, a.X.T),
    "transpose": lambda a: a.X.T,
    "transpose batch": lambda a: a.B.T,
    "transpose axes": lambda a: np.transpose(a.B, (1, 0, 2)),
    "transpose method": lambda a: a.B.transpose(2, 0, 1),
    "transpose negative": lambda a: a.B.transpose((0, -1, -2)),
    "swapaxes": lambda a: np.swapaxes(a.B, -1, 1),
    "transpose vector": lambda a: a.w.T,
    "dot": lambda a: np.dot(a.X, a.w),
    "dot scalar": lambda a: np.dot(a.c, a.X),
    "dot method": lambda a: a.X.dot(a.W),
    "dot number": lambda a: a.X.dot(3),
    "vdot": lambda a: np.vdot(a.X, a.Y),
    "vdot square": lambda a: np.vdot(a.S, a.R),
    "inner": lambda a: np.inner(a.X, a.Y),
    "inner square": lambda a: np.inner(a.S, a.R),
    "inner vector": lambda a: np.inner(a.w, a.S),
    "inner vectors": lambda a: np.inner(a.w, a.v),
    "inner matrix vector": lambda a: np.inner(a.S, a.w),
    "inner scalar": lambda a: np.inner(a.c, a.X),
    "outer": lambda a: np.outer(a.b, a.w),
    "outer same": lambda a: np.outer(a.w, a.w),
    "trace": lambda a: np.trace(a.S @ a.R),
    "trace method": lambda a: a.S.trace(),
    "diag of matrix": lambda a: np.diag(a.S),
    "diag of vector": lambda a: np.diag(a.w),
    "diagonal": lambda a: np.diagonal(a.S),
    "square not symmetric": lambda a: a.S @ a.R - a.R @ a.S,
    "einsum": lambda a: np.einsum("ij,jk->ik", a.X, a.W),
    "einsum implicit": lambda a: np.einsum("ji,ik", a.X, a.W),
    "einsum trace": lambda a: np.einsum("ii", a.S),
    "einsum diagonal": lambda a: np.einsum("ii->i", a.S),
    "einsum three": lambda a: np.einsum("i,ij,j->", a.w, a.S, a.v),
    "einsum batch": lambda a: np.einsum("bnd, bdh -> bhn", a.B, a.D),
    "einsum sum out": lambda a: np.einsum("bnd->n", a.B),
    "einsum capitals": lambda a: np.einsum("aB,Bc->ca", a.X, a.W, optimize=True),
    "einsum transposed": lambda a: np.einsum("ba", a.X),
    "greater": lambda a: a.w < a.X,
    "greater or equal": lambda a: np.greater_equal(a.X, 0.5),
    "less": lambda a: a.X > 1,
    "less or equal": lambda a: np.less_equal(a.X, a.col),
    "equal": lambda a: a.b == a.b.T,
    "not equal": lambda a: a.b != 1,
    "and": lambda a: (a.X > 0) & (a.w < 0.3),
    "or": lambda a: np.logical_or(a.X > 0, a.w),
    "xor": lambda a: (a.X > 0) ^ (a.w < 0.3),
    "not": lambda a: ~(a.X > 0),
    "not and": lambda a: ~((a.X > 0) & (a.w < 0.3)),
    "logical not": lambda a: np.logical_not(a.X),
    "condition as number": lambda a: (a.X > 0) * 2 + np.sum(a.w > 0),
    "where": lambda a: np.where(a.X > 0, a.w, -1),
    "where not": lambda a: np.where(~((a.X > 0) & (a.w > 0)), a.w, a.X),
    "where number": lambda a: np.where(a.X, a.w, 3),
    "heaviside": lambda a: np.heaviside(a.X, 0.5) + np.heaviside(a.w, 1) + np.heaviside(a.w, 0),
    "max": lambda a: np.max(a.X),
    "max axis": lambda a: np.max(a.X, axis=1),
    "amax keepdims": lambda a: np.amax(a.X, axis=0, keepdims=True),
    "min": lambda a: a.X.min(axis=-1),
    "amin axes": lambda a: np.amin(a.B, axis=(0, 2)),
    "min all": lambda a: np.min(a.B, axis=(0, 1, 2), keepdims=True),
    "prod": lambda a: np.prod(a.X, axis=0) + a.w.prod(),
    "any": lambda a: np.any(a.X > 0, axis=0),
    "all": lambda a: np.all(a.X, axis=1),
    "count_nonzero": lambda a: np.count_nonzero(a.X > 0, axis=0),
    "maximum.reduce": lambda a: np.maximum.reduce(a.X) + np.minimum.reduce(a.X) + np.multiply.reduce(a.X),
    "clip": lambda a: np.clip(a.X, -0.5, 0.5),
    "clip one side": lambda a: np.clip(a.X, None, 0.3),
    "clip arrays": lambda a: np.clip(a.X, a.row - 1, a.col + 1),
    "maximum": lambda a: np.maximum(a.X, a.Y),
    "maximum 0": lambda a: np.maximum(0, a.X),
    "minimum": lambda a: np.minimum(a.X, a.w),
    "logaddexp": lambda a: np.logaddexp(0, -a.b * (a.X @ a.w)),
    "logaddexp two": lambda a: np.logaddexp(a.X, a.Y),
    "index 0": lambda a: a.X[0],
    "index -1": lambda a: a.X[-1],
    "index both": lambda a: a.X[2, -1],
    "index column": lambda a: a.X[:, 1],
    "index ellipsis": lambda a: a.B[..., 0],
    "index middle": lambda a: a.B[0, ..., -1],
    "index None": lambda a: a.X[None, ..., None],
    "index empty": lambda a: a.X[()],
    "index numpy": lambda a: a.X[np.int64(1)],
    "index concrete": lambda a: a.F[-3, 3],
    "index scalar": lambda a: a.c[None],
    "rows": lambda a: sum(row @ a.u for row in a.F),
    "len": lambda a: a.F / len(a.F),
    "shape": lambda a: a.X / a.X.shape[0] * a.X.shape[1] + a.X.ndim,
    "size": lambda a: a.X / a.X.size,
    "size of function": lambda a: np.sum(a.X) / np.size(a.X) + np.ndim(a.X),
    "np.shape": lambda a: a.X / np.shape(a.X)[0],
    "shape arithmetic": lambda a: a.X * (a.X.shape[0] - 1) / (2 * a.X.shape[1] + 1),
    "attention": lambda a: a.X @ a.S / np.sqrt(a.X.shape[1]),
    "size first": lambda a: a.X.shape[0] * a.X - a.X.shape[1] / a.X + (a.X.shape[0] - a.X),
    "size to a power": lambda a: a.X.shape[0] ** a.X,
    "normalised": lambda a: (a.X - a.X.mean(0)) / np.sqrt(np.var(a.X, axis=0) + 1e-5),
}  # fmt: skip


class Arrays:
    """One attribute per array of the table, symbolic or of numbers."""

    def __init__(self, **values):
        self.__dict__.update(values)


SYMBOLIC = Arrays(**{name: array(name, *shape) for name, shape in SHAPES.items()})


def numbers(sizes=SIZES, seed=3):
    random = np.random.default_rng(seed)
    return {
        name: np.round(random.normal(size=[sizes.get(str(size), size) for size in shape]), 3)
        for name, shape in SHAPES.items()
    }


NUMBERS = numbers()


def assert_same(symbolic, expected, values, rel=1e-11):
    expected = np.asarray(expected)
    assert symbolic.ndim == expected.ndim
    found = evaluate(program_of(symbolic), values)[symbolic.name]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rel, atol=1e-11)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_same_code_gives_the_same_numbers(case):
    assert_same(case(SYMBOLIC), case(Arrays(**NUMBERS)), NUMBERS)


@pytest.mark.parametrize(
    "sizes",
    [{"n": 1, "d": 3, "h": 1, "k": 1}, {"n": 5, "d": 3, "h": 3, "k": 3}, {"n": 3, "d": 3, "h": 3, "k": 3}],
    ids=["ones", "nearly square", "square"],
)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_special_sizes_change_nothing(case, sizes):
    values = numbers(sizes, seed=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            expected = case(Arrays(**values))
        except (ValueError, IndexError):
            assert sizes["n"] < 3  # `X[2]` of one row
            return
    assert_same(case(SYMBOLIC), expected, values)


UFUNCS = [(call, entry) for entry in catalogue() for call in entry.calls if not entry.has_order]


@pytest.mark.parametrize(("call", "entry"), UFUNCS, ids=[call for call, _ in UFUNCS])
def test_every_function_of_the_catalogue(call, entry):
    module, _, name = call.rpartition(".")
    function = getattr({"numpy": np, "scipy.special": special}[module], name)
    x, y = array("x", n), array("y", n)
    samples = np.array([entry.examples[place % len(entry.examples)] for place in range(7)])
    others = np.roll(samples, 1)
    if entry.arity == 1:
        assert_same(function(x), function(samples), {"x": samples})
    else:
        assert_same(function(x, y), function(samples, others), {"x": samples, "y": others})
        assert_same(function(x, 0.25), function(samples, 0.25), {"x": samples})
        assert_same(function(0.25, x), function(0.25, samples), {"x": samples})


UNARY = [
    np.tanh, np.sin, np.negative, np.square, np.absolute, special.expit, np.arctan, np.transpose, np.sum,
    np.mean, lambda x: np.sum(x, axis=0), lambda x: np.sum(x, axis=-1, keepdims=True), lambda x: x[0],
    lambda x: x[..., -1], lambda x: x[None], lambda x: x[..., None], lambda x: x**2,
    lambda x: 1 / (2 + np.tanh(x)), lambda x: x - 0.5,
    lambda x: np.swapaxes(x, 0, 1), lambda x: np.var(x, axis=0), np.trace, np.diag, np.linalg.norm,
    lambda x: x.mean(axis=(0, 1)), lambda x: np.clip(x, -1, 1), lambda x: np.einsum("ij->ji", x),
]  # fmt: skip
BINARY = [
    np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.matmul, np.logaddexp, np.dot, np.inner,
    np.outer, np.vdot, lambda x, y: x / (2 + np.tanh(y)), lambda x, y: np.einsum("ij,jk->ik", x, y),
    lambda x, y: np.einsum("i,i", x, y), lambda x, y: np.tanh(x) * y, lambda x, y: x @ y.T,
]  # fmt: skip


NARROWER = {np.trace, np.diag, np.dot, np.inner, np.outer, np.vdot}  # refused for some ranks and shapes


def applied(function, symbolic, numeric):
    """Both results; None where NumPy refuses, and then the symbolic arrays must refuse as well."""
    try:
        expected = function(*numeric)
    except (ValueError, IndexError, TypeError):
        with pytest.raises(SymderiveError):
            function(*symbolic)
        return None
    try:
        found = function(*symbolic)
    except SymderiveError:
        assert function in NARROWER or not np.ndim(numeric[0]), "NumPy takes what symbolic arrays refuse"
        return None
    return found, expected


@given(st.data())
def test_random_programs(data):
    names = data.draw(st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=3, unique=True))
    pool = [(getattr(SYMBOLIC, name), NUMBERS[name]) for name in names]
    for step in range(data.draw(st.integers(1, 7))):
        unary = data.draw(st.booleans())
        function = data.draw(st.sampled_from(UNARY if unary else BINARY))
        operands = [data.draw(st.sampled_from(pool)) for _ in range(1 if unary else 2)]
        made = applied(function, [one for one, _ in operands], [one for _, one in operands])
        if made is None:
            continue
        symbolic, expected = made
        if (
            not np.isfinite(expected).all()
            or np.abs(expected).max(initial=0) > 1e6
            or np.size(expected) > 2000
        ):
            continue
        if data.draw(st.booleans()) and symbolic.definition is not None and not symbolic.definition.pinned:
            symbolic = let(f"t{step}", symbolic)
        pool.append((symbolic, np.asarray(expected)))
    results = [(symbolic, expected) for symbolic, expected in pool if symbolic.definition is not None]
    if results:
        found = evaluate(program_of(*(symbolic for symbolic, _ in results)), NUMBERS)
        for symbolic, expected in results:
            np.testing.assert_allclose(found[symbolic.name], expected, rtol=1e-9, atol=1e-9)


REFUSED = {
    "where": lambda a: np.exp(a.X, where=True),
    "out": lambda a: np.exp(a.X, out=np.zeros(3)),
    "initial": lambda a: np.sum(a.X, initial=5),
    "reduce initial": lambda a: np.add.reduce(a.X, initial=5),
    "dtype": lambda a: np.sum(a.X, dtype=float),
    "other ufunc": lambda a: np.floor(a.X),
    "other function": lambda a: np.median(a.X),
    "accumulate": lambda a: np.add.accumulate(a.X),
    "numpy array": lambda a: a.X + np.ones(3),
    "array first": lambda a: np.ones(3) + a.X,
    "text": lambda a: a.X + "1",
    "none": lambda a: a.X + None,
    "bool": lambda a: a.X + True,
    "complex": lambda a: a.X * 1j,
    "nan": lambda a: a.X * float("nan"),
    "zero": lambda a: a.X / 0,
    "compare": lambda a: a.X > "0",
    "equal": lambda a: a.X == None,  # noqa: E711 -- NumPy compares entry by entry
    "and of numbers": lambda a: a.X & a.X,
    "chain": lambda a: 0 < a.X < 1,
    "where of one": lambda a: np.where(a.X > 0),
    "argmax": lambda a: np.argmax(a.X),
    "argmin": lambda a: np.argmin(a.X, axis=0),
    "max initial": lambda a: np.max(a.X, initial=0),
    "branch": lambda a: 1 if a.X else 0,
    "to numbers": lambda a: np.asarray(a.X),
    "len": lambda a: len(a.X),
    "len of scalar": lambda a: len(a.c),
    "iterate": lambda a: list(a.X),
    "slice": lambda a: a.X[::2],
    "array index": lambda a: a.X[[0, 1], [0, 1]],
    "mask": lambda a: a.X[True],
    "too many": lambda a: a.X[0, 0, 0],
    "two ellipses": lambda a: a.B[..., 0, ...],
    "outside": lambda a: a.F[9, 4],
    "axis": lambda a: a.X.sum(2),
    "axis twice": lambda a: a.X.sum((0, -2)),
    "axis text": lambda a: a.X.sum("n"),
    "inner sizes": lambda a: a.X @ a.b,
    "scalar product": lambda a: a.X @ a.c,
    "broadcast": lambda a: a.X + a.b,
    "trace": lambda a: np.trace(a.X),
    "trace offset": lambda a: np.trace(a.X, offset=1),
    "diagonal of vector": lambda a: np.diagonal(a.w),
    "diagonal offset": lambda a: np.diagonal(a.X, 1),
    "diag offset": lambda a: np.diag(a.w, 0.5),
    "vdot shapes": lambda a: np.vdot(a.w, a.b),
    "spectral norm of a batch": lambda a: np.linalg.norm(np.ones((2, 3, 4)) * a.c, 2, axis=(1, 2)),
    "einsum rank": lambda a: np.einsum("ijk->i", a.X),
    "einsum output": lambda a: np.einsum("ij->k", a.X),
    "einsum sizes": lambda a: np.einsum("ij,ij", a.X, a.W),
    "swapaxes": lambda a: np.swapaxes(a.w, 0, 1),
    "wrong arguments": lambda a: np.trace(a.S, a.R, a.R, a.R, a.R),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_not_supported_is_refused_in_one_sentence(case):
    with pytest.raises(SymderiveError) as caught:
        case(SYMBOLIC)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith((".", "?"))


def test_every_array_function_occurs_in_the_cases():
    here = Path(__file__)
    files = [*sorted(here.parent.glob("test_*.py")), *sorted((here.parents[1] / "derive").glob("test_*.py"))]
    lines = "".join(file.read_text(encoding="utf-8") for file in files)
    special_names = {np.shape: "np.shape("}
    for function in dispatch._ARRAY_FUNCTIONS:
        place = "np.linalg" if function.__module__ == "numpy.linalg" else "np"
        assert special_names.get(function, f"{place}.{function.__name__}(") in lines


def test_equal_expressions_are_one_definition():
    a = SYMBOLIC
    again = array("X", n, d)
    assert (a.X @ a.w).name == (again @ a.w).name
    assert isinstance(np.exp(a.X), Array)
