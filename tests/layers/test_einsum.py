"""Einsums against NumPy's, their orders against trying all of them, and what cannot be read."""

import itertools

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.cli._layers import read_sizes
from symderive.core.dims import Dim
from symderive.cost import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import Bilinear, Einsum
from symderive.layers.orders import contractions, paths
from symderive.layers.subscripts import letters_of, parse
from symderive.solutions.parts.layer_input import layer_from
from tests.cost.brute_force import random_arrays
from tests.profiles import examples

LETTERS = "abij"


@st.composite
def subscripts(draw):
    count = draw(st.integers(1, 3))
    operands = [draw(st.text(LETTERS, min_size=0 if count > 1 else 1, max_size=3)) for _ in range(count)]
    known = letters_of(operands)
    result = draw(st.permutations(known))[: draw(st.integers(0, len(known)))] if known else []
    return f"{','.join(operands)}->{''.join(result)}"


def computed(layer, arrays=None):
    program = layer.program()
    arrays = random_arrays(program, 2) if arrays is None else arrays
    (output,) = program.outputs
    return evaluate(program, arrays)[output.name], list(arrays.values())


@settings(max_examples=examples(80), deadline=None)
@given(subscripts(), st.data())
def test_an_einsum_computes_what_numpy_computes_in_every_order(written, data):
    operands, _ = parse(written)
    sizes = tuple({"a": 2, "b": 3, "i": 1, "j": 4}[letter] for letter in letters_of(operands))
    order = data.draw(st.sampled_from(list(paths(len(operands)))))
    layer = Einsum(written, sizes, order)
    got, arrays = computed(layer)
    np.testing.assert_allclose(got, np.einsum(written, *arrays), atol=1e-12)
    assert got.shape == tuple(int(size) for size in layer.output_shape)


@pytest.mark.parametrize("implied", ["ij,jk", "ji", "ii", "ba,ab", "abc,cd"])
def test_without_an_arrow_the_result_is_that_of_numpy(implied):
    layer = Einsum(implied, tuple(range(2, 2 + len(set(implied) - {","}))))
    got, arrays = computed(layer)
    np.testing.assert_allclose(got, np.einsum(implied, *arrays), atol=1e-12)


@pytest.mark.parametrize(
    ("written", "shapes"),
    [
        ("...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 2)]),
        ("...ij,jk", [(2, 3, 4), (4, 2)]),
        ("i...,i...->...", [(3, 2), (3, 2)]),
        ("...,...->...", [(2, 3), (3,)]),
    ],
)
def test_an_ellipsis_stands_for_the_axes_that_are_not_named(written, shapes):
    got, arrays = computed(Einsum.of(written, *shapes))
    np.testing.assert_allclose(got, np.einsum(written, *arrays), atol=1e-12)


@pytest.mark.parametrize(
    "shapes",
    [((4, 1, 2, 3), (5, 3, 2)), ((3,), (3,)), ((3,), (2, 3, 4)), ((2, 4, 3), (3,)), ((2, 3), (3, 4))],
)
def test_a_matrix_product_is_that_of_numpy(shapes):
    layer = Einsum.matmul(*shapes)
    got, (left, right) = computed(layer)
    np.testing.assert_allclose(got, left @ right, atol=1e-12)
    assert layer.output_shape == (left @ right).shape
    inner = shapes[0][-1]
    assert cost(layer).macs == (left @ right).size * inner


def cheapest_by_trying(operands, result, sizes):
    """The fewest products of any order, by recursion over lists of operands."""
    if len(operands) == 1:
        return 0
    found = []
    for left, right in itertools.combinations(range(len(operands)), 2):
        rest = [one for place, one in enumerate(operands) if place not in (left, right)]
        letters = set(operands[left]) | set(operands[right])
        kept = "".join(sorted(letters & set(result).union(*rest)))
        products = int(np.prod([sizes[letter] for letter in letters]))
        found.append(products + cheapest_by_trying([*rest, kept], result, sizes))
    return min(found)


CHAINS = ["ij,jk,kl->il", "bi,bj,ijk->bk", "ij,jk,kl,lm->im", "ab,bi,ij,ja->", "ai,bi,ci,di->abcd"]


@pytest.mark.parametrize("written", CHAINS)
def test_the_best_order_is_the_best_of_all(written):
    operands, result = parse(written)
    symbolic, draw = Einsum(written), np.random.default_rng(7)
    for _ in range(12):
        sizes = [int(size) for size in draw.integers(1, 30, len(letters_of(operands)))]
        known = dict(zip(letters_of(operands), sizes, strict=True))
        best = cheapest_by_trying(list(operands), result, known)
        layer = Einsum(written, sizes, "best")
        assert cost(layer).macs == layer.best_macs == best <= cost(Einsum(written, sizes)).macs
        values = {Dim(letter.upper()): sympy.Integer(size) for letter, size in known.items()}
        assert symbolic.best_macs.xreplace(values) == best


def test_the_best_order_is_a_choice_between_formulas_where_sizes_decide():
    best = Einsum("ij,jk,kl->il").best_macs
    size = {letter: Dim(letter.upper()) for letter in "ijkl"}

    def loops(letters):
        return sympy.Mul(*(size[letter] for letter in letters))

    assert isinstance(best, sympy.Piecewise)
    assert {formula for formula, _ in best.args} == {loops("ijk") + loops("ikl"), loops("jkl") + loops("ijl")}
    assert Einsum("ij,jk->ik").best_macs == loops("ijk")
    with pytest.raises(SymderiveError, match="which order is best depends on the sizes"):
        cost(Einsum("ij,jk,kl->il", order="best"))


def test_operands_may_be_several_texts():
    """As a command line gives them, which parts `subscripts=ij,jk` at its commas."""
    assert Einsum(("ij", "jk")) == Einsum("ij,jk->ik")
    assert layer_from(Einsum, read_sizes({"subscripts": "ij,jk"})) == Einsum("ij,jk->ik")


@settings(max_examples=examples(80), deadline=None)
@given(subscripts(), st.data())
def test_every_product_is_one_of_a_contraction(written, data):
    """Also where nothing is summed, as in "ab,ab->ab": one for all values of the letters of each step."""
    operands, result = parse(written)
    sizes = {"a": 2, "b": 3, "i": 1, "j": 4}
    order = data.draw(st.sampled_from(list(paths(len(operands)))))
    steps = contractions(operands, result, order) if len(operands) > 1 else ()
    products = sum(
        sum(1 for _ in itertools.product(*(range(sizes[one]) for one in step.kept + step.summed)))
        for step in steps
    )
    found = cost(Einsum(written, tuple(sizes[one] for one in letters_of(operands)), order))
    assert found.macs == found.muls == products


@pytest.mark.parametrize("written", ["ij,ij->ij", "ij,i->ij", "i,j->ij", "ij,ij,jk->ik"])
def test_a_product_of_entries_is_counted_as_the_best_order_counts_it(written):
    layer = Einsum(written)
    assert sd.cost(layer).macs == layer.best_macs
    assert sd.cost(layer).backward == sympy.expand(2 * layer.best_macs)


def test_every_step_of_a_chain_is_one_line_of_the_cost():
    counted = cost(Einsum("ij,jk,kl->il", (10, 100, 5, 50), order="best"))
    assert [part.name for part in counted.parts] == ["z1", "y"]
    assert counted.formula().write() == "I · J · K + I · K · L"
    assert counted.macs == 5000 + 2500
    assert contractions(["ij", "jk", "kl"], "il", ((1, 2), (0, 3)))[0].kept == "jl"


def test_a_bilinear_layer_is_the_einsum_with_a_bias():
    layer = Bilinear(3, 4, 5, batch=2)
    arrays = random_arrays(layer.program())
    got, _ = computed(layer, arrays)
    expected = np.einsum("ni,oij,nj->no", arrays["x1"], arrays["weight"], arrays["x2"]) + arrays["bias"]
    np.testing.assert_allclose(got, expected, atol=1e-12)
    assert cost(Bilinear(batch="N")).formula().write() == "N · d₁ · d₂ · d_out + N · d₂ · d_out"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Einsum("ij,j*->i"), "'*' in 'j*' cannot be read; use letters"),
        (lambda: Einsum("...i->i"), "give the shapes with it, by Einsum.of"),
        (lambda: Einsum("ij,jk->il"), "the result has l, which no operand has"),
        (lambda: Einsum("ij->ii"), "a letter stands twice in the result"),
        (lambda: Einsum(3), "the subscripts are text"),
        (lambda: Einsum("ij,jk->ik", (2, 3)), "2 sizes given for the letters i, j, k"),
        (lambda: Einsum("ij,jk->ik", (2, 0, 3)), "j: 0 is not a size"),
        (lambda: Einsum("ij,jk,kl->il", order="worst"), "is no order of 3 operands"),
        (lambda: Einsum("ij,jk,kl->il", order=((0, 1), (0, 2))), "is no order of 3 operands"),
        (lambda: Einsum("a,b,c,d,e,f->", order="best"), "the best order of 6 operands is not searched"),
        (lambda: Einsum.of("ij,jk->ik", (2, 3), (4, 5)), "j has size 3 in one operand and 4 in another"),
        (lambda: Einsum.of("ij,jk->ik", (2, 3)), "2 operands in 'ij,jk->ik' and 1 shapes"),
        (lambda: Einsum.of("ijk->i", (2, 3)), "'ijk' names 3 axes, but the shape is 2×3"),
        (lambda: Einsum.matmul((), (2,)), "a number has no axis to sum over"),
        (lambda: Einsum.matmul((2, 3), (4, 5)), "j has size 3 in one operand and 4 in another"),
    ],
)
def test_what_does_not_fit_is_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
