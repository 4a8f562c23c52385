"""Results as SymPy expressions: matrices where matrix notation exists, always what the code computes."""

import dataclasses

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.core.nodes import Tensor
from symderive.functions import catalogue
from symderive.functions.record import OwnFunction
from symderive.notation import forms
from symderive.notation.to_matrix import _WRITERS, SYMPY_WORDS, matrix_expressions, to_matrix_expr
from symderive.notation.vectorised import Commutation, KroneckerProduct, Vec
from tests.sympy_bridge.losses import DERIVATIONS, INDEX_NOTATION, SIZES, numbers

RELATIVE = 1e-9


def matrices_of(derivation):
    made = derivation.to_sympy()
    return made if isinstance(made, tuple) else (made,)


def by_lambdify(expr, tensors, arrays):
    """The expression through `sympy.lambdify`, vectors given as columns."""
    used = [tensor for tensor in tensors if tensor.name in {str(s) for s in expr.free_symbols}]
    symbols = [
        sympy.MatrixSymbol(t.name, *(*t.shape, 1)[:2]) if t.rank else sympy.Symbol(t.name, real=True)
        for t in used
    ]
    values = [arrays[t.name].reshape(-1, 1) if t.rank == 1 else arrays[t.name] for t in used]
    sizes = sorted((s for s in expr.free_symbols if s.name in SIZES and s not in symbols), key=str)
    function = sympy.lambdify([*symbols, *sizes], expr)
    with np.errstate(all="ignore"):
        return function(*values, *(SIZES[size.name] for size in sizes))


@pytest.mark.parametrize("name", DERIVATIONS)
def test_matrix_expression_computes_what_the_code_computes(name):
    derivation = DERIVATIONS[name]()
    inputs = derivation.original.inputs
    arrays = numbers(inputs)
    code = derivation.to_numpy()
    expected = code(**{t.name: arrays[t.name] for t in code.program.inputs})
    expected = expected if isinstance(expected, tuple) else (expected,)
    for expr, value, equation in zip(matrices_of(derivation), expected, derivation.results, strict=True):
        rank = equation.definition.tensor.rank
        assert expr.is_Matrix == (rank > 0), f"{expr} is not matrix notation"
        got = np.asarray(by_lambdify(expr, inputs, arrays), dtype=float)
        assert got.shape == ((*value.shape, 1)[:2] if rank else ())
        np.testing.assert_allclose(got.reshape(np.shape(value)), value, rtol=RELATIVE, atol=1e-12)
        assert sympy.latex(expr)
        assert str(expr)


def one_by_one(expr):
    """What SymPy makes of each operation; of the whole it would write out the formulas first."""
    if not expr.has(sympy.MatrixExpr, sympy.matrices.MatrixBase):
        return expr
    args = [one_by_one(arg) if isinstance(arg, (sympy.Expr, sympy.MatrixExpr)) else arg for arg in expr.args]
    made = expr if isinstance(expr, sympy.matrices.MatrixBase) or not args else expr.func(*args).doit()
    return sympy.N(made.as_explicit() if made.is_Matrix else made)


@pytest.mark.parametrize("name", DERIVATIONS)
def test_explicit_matrices_agree(name):
    """SymPy's own evaluation of the same expression, entry by entry, without any printed code."""
    derivation = DERIVATIONS[name]()
    inputs = derivation.original.inputs
    arrays = numbers(inputs)
    code = derivation.to_numpy()
    value = code(**{t.name: arrays[t.name] for t in code.program.inputs})
    value = value[0] if isinstance(value, tuple) else value
    expr = matrices_of(derivation)[0]
    known = {}
    for tensor in inputs:
        given = arrays[tensor.name]
        if tensor.rank:
            symbol = sympy.MatrixSymbol(tensor.name, *(*tensor.shape, 1)[:2]).xreplace(sizes_of(expr, tensor))
            known[symbol] = sympy.ImmutableMatrix(given.reshape(-1, 1) if tensor.rank == 1 else given)
        else:
            known[sympy.Symbol(tensor.name, real=True)] = sympy.Float(float(given), 20)
    numeric = one_by_one(expr.xreplace(sizes_of(expr, *inputs)).xreplace(known))
    got = np.array(sympy.N(numeric)).astype(float).reshape(np.shape(value))
    np.testing.assert_allclose(got, value, rtol=1e-8, atol=1e-12)


def sizes_of(expr, *tensors):
    symbols = set(expr.free_symbols).union(*(size.free_symbols for t in tensors for size in t.shape))
    return {
        s: sympy.Integer(SIZES[s.name]) for s in symbols if s.is_Symbol and s.name in SIZES and s.is_integer
    }


@pytest.mark.parametrize("name", INDEX_NOTATION)
def test_without_matrix_notation_it_is_a_sum_of_indexed(name):
    derivation = INDEX_NOTATION[name]()
    expr = derivation.to_sympy()
    assert not expr.is_Matrix
    assert expr.has(sympy.Indexed)
    assert sympy.latex(expr)
    assert not expr.atoms(OwnFunction)


def every_form():
    made, stack = [], list(forms.Form.__subclasses__())
    while stack:
        one = stack.pop()
        stack.extend(one.__subclasses__())
        if one not in (forms.Unary, forms.OfTwo, forms.Folded, forms.MatrixForm):
            made.append(one)
    return made


def test_every_form_has_a_writer():
    assert set(_WRITERS) == set(every_form())


def test_every_form_of_matrix_notation_occurs_in_the_derivations():
    index_notation = {forms.Kronecker, forms.BigSum, *forms.BigSum.__subclasses__(), forms.Bracket}
    refused = {*forms.Folded.__subclasses__(), forms.Triangle, forms.Cholesky}  # SymPy has no expression
    refused |= {forms.SingularSlope, forms.SingularSum}
    refused |= {KroneckerProduct, Vec, Commutation}  # SymPy gets the array with three or four axes
    seen = set()
    for make in DERIVATIONS.values():
        for equation in make().results:
            seen |= {type(one) for one in forms.walk(equation.form)}
        for equation in make().lets:
            seen |= {type(one) for one in forms.walk(equation.form)}
    direct = {type(form) for form, _ in DIRECT}
    assert set(every_form()) - index_notation - seen - direct - refused == set()


M, a, b = (forms.Leaf(Tensor(*one)) for one in (("M", (3, 3)), ("a", (3,)), ("b", (3,))))
DIRECT = [
    (forms.Inverse(M), lambda M, a, b: np.linalg.inv(M)),
    (forms.Determinant(M), lambda M, a, b: np.linalg.det(M)),
    (forms.LogDeterminant(M), lambda M, a, b: np.linalg.slogdet(M)[1]),
    (forms.DiagPart(forms.Chain((M, M))), lambda M, a, b: np.diag(M @ M)),
    (forms.Diag(a), lambda M, a, b: np.diag(a)),
    (forms.Trace(forms.Chain((M, M))), lambda M, a, b: np.trace(M @ M)),
    (forms.NormSquared(M), lambda M, a, b: np.sum(M**2)),
    (forms.Total(M), lambda M, a, b: np.sum(M)),
    (forms.Total(a), lambda M, a, b: np.sum(a)),
    (forms.Ones(sympy.Integer(3)), lambda M, a, b: np.ones(3)),
    (forms.Eye(sympy.Integer(3)), lambda M, a, b: np.eye(3)),
    (forms.Outer(a, b), lambda M, a, b: np.outer(a, b)),
    (forms.Shares(M, a), lambda M, a, b: M * np.exp(a) / (M @ np.exp(a))[:, None]),
    (forms.Chain((a, M, b)), lambda M, a, b: a @ M @ b),
    (forms.Chain((a, M)), lambda M, a, b: a @ M),
    (forms.Slice(M.tensor, (sympy.Integer(1), None)), lambda M, a, b: M[1]),
    (forms.Slice(M.tensor, (None, sympy.Integer(1))), lambda M, a, b: M[:, 1]),
    (forms.Component(M, (sympy.Integer(1), sympy.Integer(2))), lambda M, a, b: M[1, 2]),
    (forms.Component(forms.Chain((M, a)), (sympy.Integer(1),)), lambda M, a, b: (M @ a)[1]),
    (forms.Power(forms.Const(sympy.Integer(2)), a), lambda M, a, b: 2**a),
    (forms.Plus((M, forms.Const(sympy.Integer(2)))), lambda M, a, b: M + 2),
    (forms.Plus((forms.Total(a), a)), lambda M, a, b: a + np.sum(a)),
]


@pytest.mark.parametrize(
    ("form", "expected"), DIRECT, ids=[f"{type(f).__name__} {k}" for k, (f, _) in enumerate(DIRECT)]
)
def test_one_form(form, expected):
    arrays = numbers([leaf.tensor for leaf in (M, a, b)])
    expr = to_matrix_expr(form)
    got = np.asarray(by_lambdify(expr, [leaf.tensor for leaf in (M, a, b)], arrays), dtype=float)
    value = expected(**arrays)
    np.testing.assert_allclose(got.reshape(np.shape(value)), value, rtol=RELATIVE)
    assert sympy.latex(expr)


def test_what_a_sympy_user_would_write():
    n, d = sd.dims("n d")
    X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    x_, w_, y_ = sympy.MatrixSymbol("X", n, d), sympy.MatrixSymbol("w", d, 1), sympy.MatrixSymbol("y", n, 1)
    assert sd.gradient(np.sum((X @ w - y) ** 2), w).to_sympy() == 2 * x_.T * (x_ * w_ - y_)


def test_every_function_of_the_project_has_a_word_in_sympy():
    own = {
        entry.head for entry in catalogue() if entry.head is not None and issubclass(entry.head, OwnFunction)
    }
    assert own == set(SYMPY_WORDS), "say in SYMPY_WORDS what SymPy calls the new function"


@pytest.mark.parametrize(
    "entry",
    [one for one in catalogue() if one.head in SYMPY_WORDS and one.arity == 1],
    ids=lambda one: one.name,
)
def test_sympy_words_have_the_same_values(entry):
    for point in entry.examples:
        value = sympy.N(SYMPY_WORDS[entry.head](sympy.Float(point, 30)))
        assert float(value) == pytest.approx(entry.scalar(point), rel=1e-12)


def test_lambda_variable_never_captures_a_scalar():
    t = sd.array("t")
    x = sd.array("x", 3)
    derivation = sd.gradient(np.sum(special_polygamma(x, t)), x)
    arrays = {"x": np.array([0.3, -0.2, 0.5]), "t": np.array(0.7)}
    got = by_lambdify(derivation.to_sympy(), derivation.original.inputs, arrays)
    np.testing.assert_allclose(np.ravel(got), derivation.to_numpy()(**arrays))


def special_polygamma(x, t):
    return np.exp(t * x) * np.tanh(x + t)


def test_an_array_with_three_axes_is_left_out():
    tensor = Tensor("T", (2, 3, 4))
    program = sd.gradient(np.sum(sd.array("T", 2, 3, 4) ** 2), sd.array("T", 2, 3, 4)).program
    assert tensor not in matrix_expressions(program)
    assert dataclasses.is_dataclass(program)
