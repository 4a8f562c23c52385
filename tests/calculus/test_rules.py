"""One rule per node type, and the chain rule over programs against SymPy on written-out scalars."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.calculus.chain import active_tensors, forward, pulled_back, reverse
from symderive.calculus.rules import RULES, differentiate, partial, separated
from symderive.calculus.sums import has_binder, sum_over
from symderive.core import matrix_nodes, nodes
from symderive.core.dims import dims
from symderive.core.identity import alpha_equivalent
from symderive.core.nodes import Delta, Index, IndexMax, IndexMin, IndexProduct, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import ShapeError, SymderiveError
from symderive.functions import by_head, by_name
from symderive.functions.attained import attained
from symderive.functions.comparisons import equal
from tests.calculus.scalars import symbols_of, tables
from tests.profiles import examples

n = dims("n")
x, W = Tensor("x", (n,)), Tensor("W", (n, n))
i, j, k, o, p, q = (Index(name, n) for name in "ijkopq")


def test_an_entry_gives_deltas():
    assert partial(x[i], x, (k,)) == Delta(i, k)
    assert partial(W[i, j], W, (k, o)) == Delta(i, k) * Delta(j, o)
    assert partial(W[i, i], W, (k, o)) == Delta(i, k) * Delta(i, o)
    assert partial(x[i + 1], x, (k,)) == Delta(i + 1, k)
    assert partial(x[0], x, (k,)) == Delta(0, k)
    assert partial(W[i, j], x, (k,)) == 0


def test_sums_products_powers():
    assert partial(3 * x[i] + 2, x, (k,)) == 3 * Delta(i, k)
    assert partial(x[i] * x[j], x, (k,)) == Delta(i, k) * x[j] + Delta(j, k) * x[i]
    assert partial(x[i] ** 3, x, (k,)) == 3 * x[i] ** 2 * Delta(i, k)
    assert partial(2 ** x[i], x, (k,)) == 2 ** x[i] * sympy.log(2) * Delta(i, k)
    both = partial(x[i] ** x[j], x, (k,))
    assert both == x[j] * x[i] ** (x[j] - 1) * Delta(i, k) + x[i] ** x[j] * sympy.log(x[i]) * Delta(j, k)


def test_functions():
    assert partial(sympy.exp(2 * x[i]), x, (k,)) == 2 * sympy.exp(2 * x[i]) * Delta(i, k)
    assert partial(by_name()["polygamma"].make(1, x[i]), x, (k,)).has(Delta)
    with pytest.raises(SymderiveError, match="besselj has no derivative rule"):
        partial(sympy.besselj(1, x[i]), x, (k,))


@pytest.mark.parametrize("entry", by_head().values())
def test_every_function_of_the_catalogue_has_a_rule(entry):
    head = next(head for head, one in by_head().items() if one is entry)
    body = head(*(sympy.S.One,) * (entry.arity - 1), x[i])
    slope = partial(body, x, (k,))
    assert slope == 0 or slope.has(Delta)


def test_binders():
    assert partial(IndexSum(x[p] ** 2, p), x, (i,)) == 2 * x[i]
    assert alpha_equivalent(partial(IndexSum(W[p, i] * x[p], p), x, (k,)), W[k, i])
    double = partial(IndexSum(W[p, q] * x[p] * x[q], p, q), x, (k,))
    assert alpha_equivalent(double, IndexSum(W[k, q] * x[q], q) + IndexSum(W[p, k] * x[p], p))
    assert partial(IndexSum(Delta(p, i), p), x, (k,)) == 0
    largest, smallest, product = IndexMax(x[p], p), IndexMin(x[p], p), IndexProduct(x[p], p)
    for extreme in (largest, smallest):
        places = IndexSum(equal(x[p], extreme), p)
        assert alpha_equivalent(partial(extreme, x, (k,)), attained(x[k], extreme, places))
        assert alpha_equivalent(sum_over(attained(x[q], extreme, places), (q,)), sympy.S.One)
        assert not alpha_equivalent(sum_over(x[q] * attained(x[q], extreme, places), (q,)), sympy.S.One)
    assert partial(product, x, (k,)) == product / x[k]


def test_a_bound_letter_may_be_the_letter_of_the_variable():
    assert partial(IndexSum(x[i] ** 2, i), x, (i,)) == 2 * x[i]
    assert alpha_equivalent(separated(IndexSum(x[i] * W[i, j], i), i), IndexSum(x[p] * W[p, j], p))


def test_every_node_type_has_a_rule():
    kinds = {kind for kind, _ in RULES}
    own = {
        one
        for module in (nodes, matrix_nodes)
        for one in vars(module).values()
        if isinstance(one, type)
        and issubclass(one, sympy.Expr)
        and one.__module__.startswith("symderive.core.")
    }
    abstract = {nodes.Binder, nodes.Fold, nodes.TensorNode, matrix_nodes.MatrixNode}
    assert own - kinds == {nodes.Index, *abstract}  # positions are constants
    with pytest.raises(SymderiveError, match="Piecewise has no derivative rule"):
        differentiate(sympy.Piecewise((x[i], x[i] > 0), (0, True)), lambda _: sympy.S.One)


# The chain rule over programs.

X, A, v = Tensor("X", (3, 2)), Tensor("A", (2, 2)), Tensor("v", (2,))
a, b, c = (Index(name, 3) for name in "abc")
e, f, g = (Index(name, 2) for name in "efg")
sigmoid = by_name()["sigmoid"].make
z, h, m, loss = Tensor("z", (3,)), Tensor("h", (3,)), Tensor("m", (3, 2)), Tensor("loss")


def plain(expr: sympy.Expr) -> sympy.Expr:
    return expr.replace(sigmoid, lambda one: 1 / (1 + sympy.exp(-one)))


def net(*definitions: Definition) -> Program:
    return Program((X, A, v), definitions, (definitions[-1].tensor,))


PROGRAMS = {
    "least squares": net(
        Definition(z, (a,), IndexSum(X[a, e] * v[e], e)), Definition(loss, (), IndexSum(z[a] ** 2, a))
    ),
    "used twice": net(
        Definition(z, (a,), IndexSum(X[a, e] * v[e], e)),
        Definition(h, (a,), sympy.exp(z[a]) * z[a]),
        Definition(loss, (), IndexSum(h[a] * z[a], a)),
    ),
    "sigmoid, by its own value": net(
        Definition(z, (a,), IndexSum(X[a, e] * v[e], e)),
        Definition(h, (a,), sigmoid(z[a])),
        Definition(loss, (), IndexSum(sympy.log(h[a]), a)),
    ),
    "matrix products": net(
        Definition(m, (a, e), IndexSum(X[a, f] * A[f, e], f)),
        Definition(loss, (), IndexSum(m[a, e] * m[a, f] * A[e, f], a, e, f)),
    ),
    "trace and diagonal": net(Definition(loss, (), IndexSum(A[e, e] * A[e, f] * A[f, e] * v[e], e, f))),
    "fixed positions": net(
        Definition(z, (a,), X[a, 1] * v[0] + X[0, 0]), Definition(loss, (), IndexSum(z[a] ** 2, a) * z[2])
    ),
    "affine positions": net(
        Definition(z, (a,), sympy.exp(X[a, 0])),
        Definition(loss, (), IndexSum(z[a + 1] * z[a - 1] * X[2 * a, 1] + z[a] ** 2, a)),
    ),
    "quotient of a sum": net(
        Definition(z, (a,), X[a, 0] / X[a, 1]),
        Definition(loss, (), sympy.log(IndexSum(z[a] * IndexSum(z[b], b), a)) + IndexSum(v[e], e) ** 3),
    ),
    "power of two arrays": net(Definition(loss, (), IndexSum(v[e] ** v[f] * A[e, f], e, f))),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_adjoints_are_the_scalar_derivatives(name):
    program = PROGRAMS[name]
    variables = [t for t in program.inputs if t in active_tensors(program, program.inputs)]
    used = [t for t in variables if program.outputs[0] in active_tensors(program, (t,))]
    chained = reverse(program, program.outputs[0], used)
    table = tables(chained.program)
    value = plain(table[program.outputs[0]][()])
    for variable, adjoint in zip(used, chained.program.outputs, strict=True):
        for at, symbol in symbols_of(variable).items():
            difference = plain(table[adjoint][at]) - sympy.diff(value, symbol)
            assert zero(difference), (name, variable, at)


@pytest.mark.parametrize("name", PROGRAMS)
def test_tangents_are_the_scalar_derivatives(name):
    program = PROGRAMS[name]
    for variable in program.inputs:
        if program.outputs[0] not in active_tensors(program, (variable,)):
            with pytest.raises(SymderiveError, match="does not depend on"):
                forward(program, program.outputs[0], variable)
            continue
        chained = forward(program, program.outputs[0], variable)
        table = tables(chained.program)
        for tangent, tensor in chained.of.items():
            for at, own in table[tangent].items():
                here, there = at[: tensor.rank], at[tensor.rank :]
                expected = sympy.diff(plain(table[tensor][here]), symbols_of(variable)[there])
                assert zero(plain(own) - expected), (name, tangent, at)


@pytest.mark.parametrize("name", ["least squares", "trace and diagonal", "affine positions"])
def test_second_derivatives_are_the_scalar_ones(name):
    program = PROGRAMS[name]
    variable = X if program.outputs[0] in active_tensors(program, (X,)) else A
    first = reverse(program, program.outputs[0], (variable,))
    second = forward(first.program, first.program.outputs[0], variable)
    table = tables(second.program)
    value = plain(table[program.outputs[0]][()])
    symbols = symbols_of(variable)
    for at, own in table[second.program.outputs[0]].items():
        expected = sympy.diff(value, symbols[at[:2]], symbols[at[2:]])
        assert zero(plain(own) - expected), (name, at)


def zero(expr: sympy.Expr) -> bool:
    """Whether an expression vanishes to 40 digits at a point, computed with 400."""
    free = sorted(expr.free_symbols, key=str)
    with mpmath.workdps(400):
        point = [mpmath.mpf(7 + 3 * place) / (11 + 2 * place) for place in range(len(free))]
        return abs(sympy.lambdify(free, expr, "mpmath", cse=True)(*point)) < mpmath.mpf("1e-40")


def test_the_checker_sees_a_wrong_coefficient():
    assert not zero(v_symbols[0] * sympy.Rational(1, 1000))
    assert not zero(sympy.exp(v_symbols[0]) - sympy.exp(v_symbols[0] + sympy.Rational(1, 10**9)))


v_symbols = list(symbols_of(v).values())


def test_reverse_wants_a_scalar_and_gives_zero_for_what_has_cancelled():
    with pytest.raises(ShapeError, match="sum it to a scalar first"):
        reverse(net(Definition(z, (a,), X[a, 0])), z, (X,))
    program = net(Definition(loss, (), IndexSum(v[e] ** 2, e)))
    chained = reverse(program, loss, (v, X))
    assert chained.program.definition(chained.program.outputs[1]).body == 0


def test_one_equation_pulled_back():
    made = Definition(z, (a,), IndexSum(X[a, e] * v[e], e))
    bar = Tensor("bar", (3,))
    assert alpha_equivalent(pulled_back(made, bar, v), IndexSum(X[p3, i2] * bar[p3], p3))
    assert pulled_back(made, bar, X).has(bar)
    assert not has_binder(pulled_back(made, bar, X))


p3, i2 = Index("p", 3), Index("i", 2)

LEAVES = [X[a, 0], X[a, 1], v[0], X[a - 1, 0], X[2, 1], sympy.Integer(2)]


@st.composite
def scalar_programs(draw) -> Program:
    def body(depth: int, more: list[sympy.Expr]) -> sympy.Expr:
        if not depth:
            return draw(st.sampled_from([*LEAVES, *more]))
        left, right = body(depth - 1, more), body(depth - 1, more)
        make = draw(st.sampled_from([
            lambda: left + right, lambda: left * right, lambda: sympy.exp(-left), lambda: left**2 - right,
            lambda: IndexSum(left, a) if left.has(a) else left, lambda: 1 / (1 + left**2) + right,
        ]))  # fmt: skip
        return make()

    first = Definition(z, (a,), body(2, []))
    second = Definition(h, (a,), body(2, [z[a], z[a + 1], z[0]]))
    return net(first, second, Definition(loss, (), IndexSum(h[a] * z[a], a) + X[0, 0]))


@settings(max_examples=examples(40))
@given(scalar_programs())
def test_adjoints_of_random_programs(program):
    chained = reverse(program, loss, (X,))
    table = tables(chained.program)
    value = table[loss][()]
    for at, symbol in symbols_of(X).items():
        assert zero(table[chained.program.outputs[0]][at] - sympy.diff(value, symbol)), at
