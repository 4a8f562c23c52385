"""The nodes: what they are, what SymPy may do to them, and that their order is the same in every process."""

import copy
import os
import pickle
import subprocess
import sys

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symderive.core.dims import Dim, as_size, check_name, dims, same_size, shape_text
from symderive.core.nodes import (
    DOMAINS,
    Delta,
    Entry,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Tensor,
)
from symderive.core.program import Definition, Program
from symderive.errors import ShapeError, SymderiveError

n, d = dims("n d")
x, A, P, c = Tensor("x", (n,)), Tensor("A", (n, n)), Tensor("P", (n,), "positive"), Tensor("c")
i, j, p, q, r = (Index(name, n) for name in "ijpqr")
S = IndexSum(A[i, p] * x[p], p)
NODES = [
    i,
    x,
    A,
    x[i],
    A[i, p + 1],
    c[()],
    S,
    IndexMax(x[p], p),
    IndexMin(x[p], p),
    IndexProduct(x[p], p),
    Delta(i, j),
    S**2 + sympy.exp(x[i]),
    Dim("n"),
]
EVERY = pytest.mark.parametrize("node", NODES, ids=str)


@EVERY
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(node, protocol):
    if protocol < 2 and any(
        isinstance(part, (Dim, Index, Tensor)) for part in sympy.preorder_traversal(node)
    ):
        return  # atoms with slots need protocol 2, as SymPy's own symbols do
    again = pickle.loads(pickle.dumps(node, protocol))
    assert again == node
    assert hash(again) == hash(node)
    assert sympy.srepr(again) == sympy.srepr(node)


@EVERY
def test_copies(node):
    assert copy.copy(node) == node
    assert copy.deepcopy(node) == node


@EVERY
def test_rebuilding_from_the_arguments(node):
    if node.args:
        assert node.func(*node.args) == node


@EVERY
def test_the_representation_can_be_read_back(node):
    names = {
        "Index": Index,
        "Tensor": Tensor,
        "Entry": Entry,
        "IndexSum": IndexSum,
        "IndexMax": IndexMax,
        "IndexMin": IndexMin,
        "IndexProduct": IndexProduct,
    }
    shown = sympy.srepr(node)
    made = eval(shown, {**vars(sympy), **names, "Delta": Delta, "Dim": lambda name, **_: Dim(name)})
    assert made == node


def test_a_tensor_is_not_iterable():
    with pytest.raises(TypeError):
        iter(A)


def test_free_symbols_do_not_leak_bound_indices():
    assert S.free_symbols == {i, x, A}
    assert IndexSum(S, i).free_symbols == {x, A}
    assert (S + x[p]).free_symbols == {i, p, x, A}
    assert Delta(i, j).free_symbols == {i, j}


def test_latex_names_are_part_of_the_identity():
    plain, greek = Tensor("t", (n,)), Tensor("t", (n,), "real", r"\theta")
    assert plain != greek
    assert sympy.latex(plain[i] ** 2) != sympy.latex(greek[i] ** 2)
    assert pickle.loads(pickle.dumps(greek)).latex_name == r"\theta"


class TestAssumptions:
    def test_a_surely_inside_position_has_the_domain_of_its_array(self):
        assert P[i].is_positive
        assert P[0].is_positive
        assert P[n - 1].is_positive
        assert Tensor("s", (n,), "sign")[i].is_nonzero
        assert Tensor("k", (n,), "count")[i].is_integer

    @pytest.mark.parametrize("position", [i + 1, i - 1, 2 * i, -1, 5, n, n - 2 - i, i + j])
    def test_a_position_that_may_be_outside_is_not_declared_positive(self, position):
        entry = P[position]
        assert entry.is_positive is None
        assert entry.is_zero is None
        assert entry.is_nonnegative
        assert sympy.log(entry).is_real is None
        assert sympy.sign(entry) != 1
        assert Tensor("s", (n,), "sign")[position].is_nonzero is None

    def test_concrete_positions(self):
        fixed = Tensor("f", (3,), "positive")
        assert [fixed[k].is_positive for k in (-1, 0, 2, 3)] == [None, True, True, None]

    def test_square_roots_and_logarithms(self):
        assert sympy.sqrt(x[i] ** 2) == sympy.Abs(x[i])
        assert sympy.sqrt(P[i + 1] ** 2) == P[i + 1]
        assert sympy.log(sympy.exp(x[i])) == x[i]

    def test_sums(self):
        assert IndexSum(P[p], p).is_positive
        assert IndexSum(P[p + 1], p).is_positive is None
        assert IndexSum(x[p], p).is_positive is None
        empty = Index("m", n - 1)
        assert IndexSum(P[0] + empty, empty).is_positive is None, "a sum over no positions is 0"
        assert IndexSum(x[p], p).is_real
        assert S.is_finite

    def test_indices(self):
        assert i.is_nonnegative
        assert i.is_positive is None
        assert (i + 1).is_positive
        assert (i + j).is_integer

    def test_deltas(self):
        assert Delta(i, j) ** 2 == Delta(i, j)
        assert Delta(i, j) ** n == Delta(i, j)
        assert 1 / Delta(i, j) != Delta(i, j)
        assert Delta(i, j) == Delta(j, i)
        assert Delta(i, i) == 1
        assert Delta(0, 1) == 0
        same_name = Index("i", d)
        assert Delta(i, same_name) == Delta(same_name, i)


class TestSympyOperations:
    def test_substituting_a_size_reaches_shapes_and_ranges(self):
        for made in (S.subs(n, 3), S.xreplace({n: sympy.Integer(3)})):
            assert made == IndexSum(
                Tensor("A", (3, 3))[Index("i", 3), Index("p", 3)] * Tensor("x", (3,))[Index("p", 3)],
                Index("p", 3),
            )
        assert (n * x[i]).subs(n, d) == d * Tensor("x", (d,))[Index("i", d)]

    def test_substituting_a_free_index(self):
        assert A[i, j].subs(i, 0) == A[0, j]
        assert S.subs(i, j) == IndexSum(A[j, p] * x[p], p)

    def test_substitution_never_captures(self):
        assert S.subs(i, p) == IndexSum(A[p, r] * x[r], r)
        assert S.subs(i, p + 1) == IndexSum(A[p + 1, r] * x[r], r)
        assert S.subs(A[i, i], x[p]) == IndexSum(A[i, r] * x[r], r) or S.subs(A[i, i], x[p]) == S
        assert (S * x[p]).subs(i, p) == IndexSum(A[p, r] * x[r], r) * x[p]

    def test_bound_indices_are_never_substituted(self):
        assert S.subs(p, 0) == S
        assert S.subs(p, q) == S
        assert S.subs(x[p], 1) == S
        assert (S + x[p]).subs(x[p], 1) == S + 1
        assert (S + x[p]).subs(p, 0) == S + x[0]

    def test_exact_replacement_is_structural(self):
        assert S.xreplace({x: Tensor("z", (n,))}) == IndexSum(A[i, p] * Tensor("z", (n,))[p], p)
        assert S.xreplace({p: q}) == IndexSum(A[i, q] * x[q], q)

    def test_expand_keeps_sums_whole(self):
        assert sympy.expand((S + 1) ** 2) == S**2 + 2 * S + 1
        assert sympy.expand(IndexSum((x[p] + 1) ** 2, p)) == IndexSum(x[p] ** 2 + 2 * x[p] + 1, p)

    def test_simplify_and_relatives(self):
        assert sympy.simplify(S * S / S + sympy.sin(S) ** 2 + sympy.cos(S) ** 2) == S + 1
        assert sympy.simplify(IndexSum(sympy.sin(x[p]) ** 2 + sympy.cos(x[p]) ** 2, p)) == IndexSum(1, p)
        assert sympy.cancel((S**2 - 1) / (S - 1)) == S + 1
        assert sympy.factor(S**2 - 1) == (S - 1) * (S + 1)
        assert sympy.together(1 / S + 1 / x[i]) == (S + x[i]) / (S * x[i])
        assert sympy.collect(S * x[i] + S * x[j], S) == S * (x[i] + x[j])
        assert sympy.solve(2 * x[i] - 4, x[i]) == [2]
        assert sympy.Poly(S**2 + S * x[i], S).degree() == 2
        assert sympy.nsimplify(S * 1.5) == sympy.Rational(3, 2) * S
        assert S.equals(S + 1) is False
        assert sympy.simplify(i + 1 - i) == 1

    def test_cse_with_the_bound_indices_ignored(self):
        expressions = [
            S * 2,
            S + sympy.exp(x[i] + 1),
            IndexSum(sympy.exp(x[p] + 1) * x[p] + sympy.exp(x[p] + 1), p),
        ]
        replaced, reduced = sympy.cse(expressions, ignore=(p,))
        assert replaced
        assert not any(p in value.free_symbols for _, value in replaced)
        for symbol, value in reversed(replaced):
            reduced = [one.xreplace({symbol: value}) for one in reduced]
        assert reduced == expressions

    def test_derivatives(self):
        z = sympy.Symbol("z")
        assert (z**2 * S).diff(z) == 2 * z * S
        assert IndexSum(z * x[p], p).diff(z) == IndexSum(x[p], p)
        assert S.diff(z) == 0
        with pytest.raises(ValueError, match="Can't calculate"):
            S.diff(x[p])
        with pytest.raises(SymderiveError, match="has no derivative"):
            x[i].diff(i)

    def test_lambdify_refuses_loudly(self):
        with pytest.raises(Exception, match="IndexSum"):
            sympy.lambdify([n], S)

    @pytest.mark.parametrize(
        ("expr", "latex"),
        [
            (S, r"\sum_{p} {x}_{p} {A}_{i, p}"),
            (S**2, r"\left(\sum_{p} {x}_{p} {A}_{i, p}\right)^{2}"),
            (S + 1, r"\left(\sum_{p} {x}_{p} {A}_{i, p}\right) + 1"),
            (S * x[j], r"{x}_{j} \left(\sum_{p} {x}_{p} {A}_{i, p}\right)"),
            (IndexSum(x[p] + 1, p), r"\sum_{p} \left({x}_{p} + 1\right)"),
            (IndexMax(x[p], p), r"\max_{p} {x}_{p}"),
            (x[i] ** 3, r"{x}_{i}^{3}"),
            (Delta(i, j), r"\delta_{i j}"),
            (c[()], "c"),
            (Tensor("alpha")[()], r"\alpha"),
            (Tensor("t", (), "real", r"\hat t")[()], r"\hat t"),
        ],
    )
    def test_latex(self, expr, latex):
        assert sympy.latex(expr).replace(r"{{x}_{i}}^{3}", r"{x}_{i}^{3}") == latex


class TestMistakes:
    @pytest.mark.parametrize("axes", [(), (i,), (i, j, p)])
    def test_the_number_of_axes(self, axes):
        with pytest.raises(ShapeError, match="positions given"):
            Entry(A, *axes)

    def test_an_index_over_another_extent(self):
        with pytest.raises(ShapeError, match="runs over d, the axis has n"):
            x[Index("k", d)]

    def test_text_is_never_read_as_an_expression(self, tmp_path):
        target = tmp_path / "owned"
        attack = f"__import__('pathlib').Path({str(target)!r}).touch()"
        for call in (
            lambda: x[attack],
            lambda: IndexSum(attack, p),
            lambda: Delta(attack, i),
            lambda: Index("i", attack),
        ):
            with pytest.raises((SymderiveError, sympy.SympifyError)):
                call()
        assert not target.exists()

    @pytest.mark.parametrize("indices", [(), (p, p), (sympy.Symbol("z"),), (0,)])
    def test_binding(self, indices):
        with pytest.raises(SymderiveError):
            IndexSum(x[i], *indices)

    def test_domains(self):
        with pytest.raises(SymderiveError, match="unknown domain"):
            Tensor("T", (n,), "large")
        for domain in ("spd", "symmetric", "invertible"):
            with pytest.raises(ShapeError, match="square"):
                Tensor("T", (n, d), domain)
        assert all(Tensor("T", (n, n), domain).domain == domain for domain in DOMAINS)


class TestSizes:
    @pytest.mark.parametrize("value", [1, 7, n, 2 * n, n - 1, n + d, n * d, "n", sympy.Integer(3)])
    def test_sizes(self, value):
        assert isinstance(as_size(value), sympy.Expr)

    @pytest.mark.parametrize(
        "value",
        [0, -1, 1.0, 1.5, 2.0 * n, -n, n / n - 1, None, (), "1x", "a b", sympy.pi, sympy.oo, True, object()],
    )
    def test_what_is_no_size(self, value):
        with pytest.raises(SymderiveError):
            as_size(value)

    @pytest.mark.parametrize(
        "name",
        ["lambda", "1x", "__import__", "__n", "", "a-b", "a.b", "a b", "None", "x\n", None, 3, "²", "ﬁ"],
    )
    def test_what_is_no_name(self, name):
        with pytest.raises(SymderiveError):
            check_name(name, "a size")

    @pytest.mark.parametrize("name", ["n", "c_in", "W1", "_x", "θ", "naïve", "exp", "E", "I", "S", "beta"])
    def test_names(self, name):
        assert check_name(name, "a size") == name

    def test_equal_sizes(self):
        assert same_size(n * (d + 1), n * d + n)
        assert same_size(2 * n, n + n)
        assert not same_size(n, d)
        assert not same_size(n, n + 1)

    def test_declaring(self):
        assert dims("n") == n
        assert dims("n, d") == dims("n d") == (n, d)
        with pytest.raises(SymderiveError):
            dims(" ")
        assert n.is_positive
        assert shape_text((n, 2 * d)) == "n×2*d"
        assert shape_text(()) == "a scalar"


class TestPrograms:
    out = Tensor("out", (n,))

    def test_equations_must_fit(self):
        with pytest.raises(ShapeError):
            Definition(self.out, (), x[0])
        with pytest.raises(ShapeError):
            Definition(self.out, (Index("i", d),), x[0])
        with pytest.raises(SymderiveError, match="right-hand side only"):
            Definition(self.out, (i,), x[j])
        assert Definition(self.out, (i,), S).at((j,)) == S.subs(i, j)
        assert Definition(self.out, (i,), S).at((p,)) == IndexSum(A[p, r] * x[r], r)

    def test_programs_must_fit(self):
        made = Definition(self.out, (i,), x[i])
        with pytest.raises(SymderiveError, match="before it is defined"):
            Program((), (made,), (self.out,))
        with pytest.raises(SymderiveError, match="name is taken"):
            Program((x,), (made, made), (self.out,))
        with pytest.raises(SymderiveError, match="neither"):
            Program((x,), (made,), (A,))
        program = Program((x, A), (made,), (self.out,))
        assert program.needed((self.out,)).inputs == (x,)
        assert pickle.loads(pickle.dumps(program)) == program
        assert str(program) == "out[i] = x[i]"


NAMES = ["exp", "E", "I", "S", "gamma", "beta", "Sum", "θ", "Q", "sigmoid"]


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_names_of_sympy_objects_are_only_names(first, second):
    one, two = Tensor(first, (n,)), Tensor(second, (n,))
    made = sympy.exp(one[i]) + two[i]
    assert (made.subs(n, d) == made) is False
    assert sympy.expand(made * 2) == 2 * sympy.exp(one[i]) + 2 * two[i]
    assert {one, two} <= made.free_symbols


PROCESS = """
import numpy as np, sympy
from symderive.core.dims import dims
from symderive.core.identity import canonical
from symderive.core.nodes import *
from symderive.language.declaring import array
from symderive.language.programs import program_of
n, d = dims("n d")
X, w, y, c = array("X", n, d), array("w", d), array("y", n), array("c")
loss = np.sum(np.logaddexp(0, -y * (X @ w))) + c * np.linalg.norm(w) / n - np.var(np.tanh(X @ w) * y) ** 3
print(program_of(loss))
A = Tensor("A", (n, n)); B = Tensor("B", (n, n)); x = Tensor("x", (n,))
p, q, r, s = (Index(k, n) for k in "pqrs")
print(canonical(IndexSum(A[s, q] * B[q, r] * x[r] * x[s] * (x[p] + A[p, p]), p, q, r, s)))
print(sympy.srepr(sympy.expand((x[p] + A[p, q] + B[q, p] + Delta(p, q) + n) ** 2)))
"""


def test_the_same_bytes_under_every_hash_seed():
    printed = {
        subprocess.run(
            [sys.executable, "-c", PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }
    assert len(printed) == 1
    assert len(printed.pop()) > 300
