"""Answers about formulas against brute force over whole numbers."""

import contextlib
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symderive.core.dims import Dim, dims
from symderive.cost.evaluation import evaluate
from symderive.cost.floors import one_floor
from symderive.cost.questions.budget import closed_form
from symderive.cost.questions.crossing import crossing
from symderive.cost.questions.growth import elasticity_of, grown
from symderive.cost.questions.signs import signs_of
from symderive.cost.questions.terms import Budget, read_budget, read_terms
from symderive.derive.costs import cost
from symderive.errors import SymderiveError
from symderive.layers import Conv2d, Dense, MaxPool2d, SeparableConv2d
from symderive.networks import network
from tests.profiles import examples

N, M = dims("n m")
SMALL = st.integers(-6, 6)
REACH = 130


@pytest.fixture(scope="module")
def resnet():
    return cost(network("resnet18"))


@pytest.fixture(scope="module")
def gpt():
    return cost(network("gpt"))


def floored(inner):
    return st.tuples(inner, SMALL, st.integers(1, 4)).map(
        lambda parts: sympy.floor((parts[0] + parts[1]) / sympy.Integer(parts[2]))
    )


formulas = st.recursive(
    st.one_of(st.just(N), st.just(N), SMALL.map(sympy.Integer)),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] + two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] * two[1]),
        st.tuples(inner, SMALL).map(lambda two: two[0] * two[1]),
        floored(inner),
    ),
    max_leaves=5,
)


def sign(value):
    return (value > 0) - (value < 0)


@settings(max_examples=examples(150), deadline=None)
@given(formulas, st.integers(-40, 40))
def test_signs_are_those_at_every_number(formula, number):
    expr = formula - number
    found, at = signs_of(expr, N), [0, *(sign(evaluate(expr, {N: one})) for one in range(1, REACH))]
    for wanted in (-1, 0, 1):
        said = set()
        for run in found.runs:
            if run.sign == wanted:
                end = REACH - 1 if run.last is None else min(run.last, REACH - 1)
                said |= set(range(run.first, end + 1, run.step))
        real = {one for one in range(1, REACH) if at[one] == wanted}
        assert said == real
        assert found.first((wanted,)) == min(real, default=found.first((wanted,), REACH))
        if not found.is_endless((wanted,)):
            assert (found.last((wanted,), REACH - 1) or 0) == max(real, default=0)


@settings(max_examples=examples(60), deadline=None)
@given(formulas, st.integers(1, 200))
def test_one_floor_is_the_same_number(formula, number):
    assert evaluate(one_floor(formula), {N: number}) == evaluate(formula, {N: number})


def test_floors_of_floors_become_one():
    size = N
    for _ in range(3):
        size = sympy.floor((size + 1) / 2)
    assert one_floor(size) == sympy.floor((N + 7) / 8)
    assert one_floor(sympy.floor((6 * N + 5) / 4)) == sympy.floor((3 * N + 2) / 2)


layers = st.tuples(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2)
)


@settings(max_examples=examples(40), deadline=None)
@given(
    layers, st.sampled_from(["k", "H", "C_in", "C_out"]), st.integers(1, 40_000), st.booleans(),
    st.integers(5, 14),
)  # fmt: skip
def test_the_largest_size_within_a_budget_is_that_of_a_search(sizes, asked, limit, is_strict, height):
    c_in, c_out, kernel, stride, padding = sizes
    layer = cost(Conv2d(stride=stride, padding=padding))
    values = {"C_in": c_in, "C_out": c_out, "k": kernel, "H": height, "W": 9}
    del values[asked]
    fitting = {}
    for number in range(1, 60):
        size = {**values, asked: number}
        if min(size["H"], size["W"]) + 2 * padding >= size["k"]:
            rows, columns = ((size[one] + 2 * padding - size["k"]) // stride + 1 for one in ("H", "W"))
            fitting[number] = size["k"] ** 2 * size["C_in"] * size["C_out"] * rows * columns
    assume(fitting)
    within = [one for one, macs in fitting.items() if macs < limit or (macs == limit and not is_strict)]
    assume(not within or max(within) < 59)
    found = layer.subs(values).solve(f"macs {'<' if is_strict else '<='} {limit}", for_=asked)
    assert found.value == max(within, default=None)
    assert found.reached == (fitting[found.value] if within else None)
    if found.beyond is not None and found.beyond[0] in fitting:
        number, macs = found.beyond
        assert macs == fitting[number] >= limit
        assert not any((found.value or 0) < one < number for one in fitting)


@settings(max_examples=examples(30), deadline=None)
@given(
    st.integers(1, 9),
    st.integers(0, 9),
    st.integers(1, 4),
    st.integers(1, 900),
    st.booleans(),
    st.integers(1, 5),
)
def test_a_closed_form_is_that_of_a_search(first, second, power, limit, is_strict, other):
    linear = second if power <= 2 else 0
    expr = first * M * N**power + linear * N * M**2 + M
    form = closed_form(Budget("macs", expr, sympy.Integer(limit), is_strict), N)
    said = sympy.floor(form.xreplace({M: sympy.Integer(other)}))
    values = {
        one: first * other * one**power + linear * one * other**2 + other for one in range(1, limit + 2)
    }
    within = [one for one, value in values.items() if value < limit or (value == limit and not is_strict)]
    if within:
        assert said == max(within)
    else:
        assert not said.is_real or said < 1


def test_budgets_of_networks(resnet, gpt):
    at = resnet.subs(H=224, W=224)
    found = at.solve("macs <= 1e12", for_="B")
    assert (found.value, found.beyond) == (551, (552, 552 * 1_814_073_344))
    open_form = resnet.solve("macs <= 1e12", "B")
    extents = {one: at.values[one] for one in open_form.expr.free_symbols}
    assert evaluate(open_form.expr, extents) == 551
    assert "H₁ = ⌊(H − 1)/2⌋ + 1" in str(open_form)
    by_height = resnet.subs(B=1, W=224).solve("macs <= 1G", "H").value
    assert resnet.subs(B=1, W=224, H=by_height).macs <= 10**9 < resnet.subs(B=1, W=224, H=by_height + 1).macs
    heads = gpt.subs(L=12, V=50257, C=1024, h=12).solve("params <= 1e9", "d")
    assert heads.value == 2460
    assert heads.beyond[0] == 2472
    assert str(gpt.solve("params <= 1e9", "L")) == (
        "largest L with params ≤ 1,000,000,000: "
        "L = ⌊(1,000,000,000 − 2 · d − d · C − d · V)/((12 · d + 13) · d)⌋; "
        "no L fits where that is not at least 1; needs h divides d"
    )


def test_a_condition_with_open_sizes_makes_an_upper_bound(gpt):
    found = gpt.solve("params <= 1e9", "d")
    assert found.is_bound
    assert found.write().startswith("d ≤ ⌊")
    assert "the largest d is smaller where this one is not allowed; needs h divides d" in str(found)
    some = gpt.subs(L=12, V=50257, C=1024).solve("params <= 1e9", "d")
    assert some.write() == "d ≤ 2,462"
    assert gpt.subs(L=12, V=50257, C=1024, h=12).solve("params <= 1e9", "d").write() == "d = 2,460"
    assert gpt.solve("params <= 1e9", "L").write().startswith("L = ⌊")
    assert not cost(Conv2d()).solve("macs <= 1e9", "H").is_bound


def test_where_there_is_no_polynomial_all_sizes_that_conditions_allow_are_tried():
    pool = cost(MaxPool2d()).subs(C=2, H=20, W=17)
    found = pool.solve("comparisons <= 400", "k")
    fitting = {k: 2 * (20 // k) * (17 // k) * (k * k - 1) for k in range(1, 18)}
    assert found.value == max(k for k, number in fitting.items() if number <= 400)
    assert found.reached == fitting[found.value]


def test_no_size_within_a_budget_is_said_with_the_smallest_one():
    found = cost(network("densenet121"), B=1, W=224).solve("macs <= 1e6", for_="H")
    assert found.value is None
    assert found.beyond[0] == 29
    assert "no H; at H = 29 macs = 404,704,256" in str(found)


def test_what_is_not_counted_makes_an_upper_bound(resnet):
    from dataclasses import replace

    from symderive.cost.tree import CostTree

    class Hole(CostTree):
        unknown = ("Piecewise in a layer",)

    hole = Hole(**{**vars(replace(resnet, values={})), "branches": resnet.branches})
    found = hole.subs(H=224, W=224).solve("macs <= 1e12", "B")
    assert found.write() == "B ≤ 551"
    assert "not counted: Piecewise in a layer" in str(found)


polynomials = st.lists(st.integers(-30, 30), min_size=1, max_size=4)


@settings(max_examples=examples(60), deadline=None)
@given(polynomials, st.integers(1, 6))
def test_a_crossing_is_that_of_a_search(coefficients, divisor):
    expr = sum(c * N**power for power, c in enumerate(coefficients)) + 7 * sympy.floor(N / divisor)
    first, always, last = crossing(sympy.expand(expr), N)
    far = 20 * max(map(abs, coefficients)) + 200
    above = [one for one in range(1, far) if evaluate(expr, {N: one}) > 0]
    assert (first or 0) == min(above, default=0)
    below = [one for one in range(1, far) if one not in set(above)]
    if always is not None:
        assert always == max(below, default=0) + 1
    elif last is not None:
        assert last == max(above)
    else:
        assert not above or (above[-1] > far - 10 and below[-1] > far - 10)


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(1, 5), st.integers(-8, 8), st.integers(1, 6))
def test_a_crossing_in_open_sizes_holds_for_all_of_them(slope, offset, other):
    expr = M * N * (slope * N - 3 * M + offset)
    first, always, _ = crossing(sympy.expand(expr), N)
    start = max(1, int(always.xreplace({M: sympy.Integer(other)})))
    values = [int(expr.xreplace({M: sympy.Integer(other), N: sympy.Integer(one)})) for one in range(1, 60)]
    assert all((value > 0) == (number >= start) for number, value in enumerate(values, 1))
    assert first == always


def test_attention_outweighs_the_linear_layers_of_gpt(gpt):
    attention, linear = gpt.only("blocks.attention"), gpt.only("blocks.dense1", "blocks.dense2")
    found = attention.crossover(linear, "T", names=("attention", "MLP"))
    d = next(symbol for symbol in gpt.symbols if symbol.name == "d")
    assert found.always == 2 * d + 1
    assert str(found) == "macs: attention > MLP for all T ≥ 2 · d + 1; needs h divides d"
    small = {"d": 768, "L": 12, "h": 12, "B": 1}
    assert attention.subs(small).crossover(linear.subs(small), "T").value == 1537
    assert attention.subs(**small, T=1536).macs == linear.subs(**small, T=1536).macs
    assert linear.crossover(attention, "T").last == 2 * d - 1


def test_a_crossing_through_floors_is_that_of_a_search(resnet):
    one, other = (resnet.subs(B=1, W=224).only(name) for name in ("stage1", "stage2"))
    found = one.crossover(other, "H")
    heights = np.arange(1, 200)
    above = [int(h) for h in heights[one.compile()(H=heights) > other.compile()(H=heights)]]
    assert (found.first, found.always) == (above[0], 29)
    assert above == [5, 6, 7, 8, *above[4:]]
    assert set(range(29, 200)) <= set(above)
    assert 28 not in above


def test_a_crossing_that_cannot_be_proved_is_refused(resnet):
    with pytest.raises(SymderiveError, match="give numbers for the other sizes"):
        resnet.only("stage1").crossover(resnet.only("stage2"), "B")


@settings(max_examples=examples(40), deadline=None)
@given(formulas)
def test_the_leading_term_is_what_is_left_far_out(formula):
    try:
        (term,), (degree,), is_exact = grown(formula, [N], 1)
    except SymderiveError:  # the growing parts cancel, and what floors cut off is left
        assert len({evaluate(formula, {N: far}) for far in range(10**6, 10**6 + 24)}) > 1
        assert abs(evaluate(formula, {N: 10**9})) < 10**7
        return
    far = 10**30 + 12345
    value = Fraction(evaluate(formula, {N: far}))
    if is_exact:
        assert value == evaluate(term, {N: far}) or not formula.has(N)
    if term != 0:
        assert abs(value / Fraction(evaluate(term, {N: far})) - 1) < Fraction(1, 10**20)
    assert degree == (sympy.degree(term, N) if term.has(N) else 0)


def test_six_n_d_is_the_leading_term_of_training(gpt):
    """Forward and backward pass over 6 · parameters · tokens: 1 for a large width, and corrections."""
    share = "(flops + backward_flops) / (6 * params * B * T)"
    found = gpt.asymptotics("d", share)
    T, L, C, d = (next(s for s in gpt.symbols if s.name == name) for name in ("T", "L", "C", "d"))
    assert found.terms[0] == 1
    assert (
        sympy.expand(found.terms[1] - (T / (6 * d) - sympy.Rational(13, 12) / d - (C + 2) / (12 * L * d)))
        == 0
    )
    assert found.write() == "1 + (2 · T · L − C − 13 · L − 2)/(12 · d · L) + O(1/d²)"
    deep = gpt.leading(["d", "L", "T"], share)
    assert deep.write() == "1 + T/(6 · d)"
    gpt2 = cost(network("gpt2"), B=1, T=1024)
    exact = gpt2.asymptotics("B", share).expr
    assert exact == Fraction(3 * 291_648_307_200, 6 * 124_439_808 * 1024)
    assert "1 + " in gpt.asymptotics("d", share).latex()


def test_growth_of_real_formulas(resnet, gpt):
    assert str(resnet.subs(B=1).leading(["H", "W"])) == "macs ~ 36,144 · H · W   (H, W → ∞ at one rate)"
    assert gpt.leading("T", "flops").write() == "4 · B · T² · d · L"
    assert gpt.leading(["L", "d"], "params").write() == "12 · d² · L"
    with pytest.raises(SymderiveError, match="growing k: H ≥ k is needed, which fails"):
        cost(Conv2d()).leading("k")
    assert cost(Conv2d()).leading(["H", "W"]).write() == "k² · C_in · H · W · C_out"


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(1, 20))
def test_an_elasticity_is_the_slope_of_the_logarithms(coefficients, number):
    expr = sum(c * N**power for power, c in enumerate(coefficients)) * M
    slope = float(elasticity_of(sympy.sympify(expr), N).subs({N: number, M: 3}))
    low, high = (math.log(float(expr.subs({N: number * factor, M: 3}))) for factor in (1 - 1e-5, 1 + 1e-5))
    assert slope == pytest.approx((high - low) / (math.log(1 + 1e-5) - math.log(1 - 1e-5)), rel=1e-6)


def test_elasticities_and_ratios_of_costs(gpt):
    assert gpt.elasticity("B") == 1
    assert cost(Dense(784, 10)).elasticity("d_in") == 1
    assert gpt.subs(d=768, L=12, h=12, V=50257, T=1024).elasticity("T") == Fraction(
        123_532_032 + 2 * 18_432 * 1024, 123_532_032 + 18_432 * 1024
    )
    with pytest.raises(SymderiveError, match=r"inside a floor.*leading"):
        cost(network("vit_b_16")).elasticity("H")
    assert str(cost(SeparableConv2d()).ratio(cost(Conv2d()))) == "1/C_out + 1/k²"


def test_names_that_mean_different_extents_are_not_taken_for_the_same():
    wide, narrow = cost(Conv2d()), cost(Conv2d(stride=2))
    ratio = wide.ratio(narrow)
    values = {"C_in": 3, "C_out": 4, "k": 3, "H": 8, "W": 9}
    assert ratio.expr != 1
    numbers = {symbol: sympy.Integer(values[symbol.name]) for symbol in ratio.expr.free_symbols}
    assert ratio.expr.xreplace(numbers) == Fraction(6 * 7, 3 * 4)
    assert wide.subs(values).ratio(narrow.subs(values)).value == Fraction(6 * 7, 3 * 4)
    resnet, vit = cost(network("resnet18")), cost(network("vit_b_16"))
    found = resnet.subs(H=32, W=32).crossover(vit.subs(H=32, W=32), "B")
    above = resnet.subs(B=1, H=32, W=32).macs > vit.subs(B=1, H=32, W=32).macs
    assert (found.first is not None) == above
    with pytest.raises(SymderiveError, match="the sign of"):
        resnet.crossover(vit, "B")
    with pytest.raises(SymderiveError, match="H is 32 on one side and 33 on the other"):
        resnet.subs(H=32, W=32).crossover(vit.subs(H=33, W=32), "B")


def test_terms_are_read_exactly():
    known = {"macs": N, "B": M}.get
    assert read_budget("macs <= 1e9", known).limit == 10**9
    assert read_budget("macs<1_000", known).is_strict
    assert read_budget("2·macs ≤ 10,000,000", known).expr == 2 * N
    assert read_budget("macs <= 2^40 - 1", known).limit == 2**40 - 1
    assert read_budget("macs <= 1.5 G", known).limit == 1_500_000_000
    assert read_terms("-(macs + 0.1) / B ** 2", known) == -(N + sympy.Rational(1, 10)) / M**2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("macs", "it needs one <= or <"),
        ("macs >= 3", "it needs one <= or <"),
        ("macs <= 1 <= 2", "it needs one <= or <"),
        ("macs <= n", "a number is needed here"),
        ("__import__('os') <= 3", "only names, numbers"),
        ("macs.real <= 3", "only names, numbers"),
        ("macs <= 1e999999999", "at most 400 digits"),
        ("macs <= 2**99999999", "a power here is a whole number up to 64"),
        ("macs <= 1/0", "nothing is divided by it"),
        ("macs <= 0**-1", "a power here is"),
        ("macs <= True", "write a number with digits"),
        ("macs <= ", "reading a budget"),
        ("", "it is empty"),
        ("mac <= 1e9", "'mac' is neither a quantity nor a size; did you mean \"macs\"?"),
        ("macs <= 1e9; 2", "it is no expression"),
    ],
)
def test_mistakes_in_a_budget_are_said_in_one_sentence(text, said):
    with pytest.raises(SymderiveError) as caught:
        cost(Dense("d", "m")).solve(text, for_="d")
    assert said in str(caught.value)
    assert str(caught.value).count("\n") == 0


pieces = st.sampled_from(
    [
        "macs",
        "params",
        "d",
        "<=",
        "<",
        "1e9",
        "10 G",
        "**",
        "*",
        "/",
        "-",
        "(",
        ")",
        "0",
        "2",
        "1e999",
        "=",
        ";",
        "[",
        "·",
        "\n",
    ]
)


@settings(max_examples=examples(200), deadline=None)
@given(st.one_of(st.text(max_size=12), st.lists(pieces, max_size=8).map(" ".join)))
def test_whatever_is_written_is_read_or_refused(text):
    known = {"macs": N, "params": M, "d": N}
    with contextlib.suppress(SymderiveError):
        assert isinstance(read_terms(text, known.get), sympy.Expr)
    with contextlib.suppress(SymderiveError):
        assert read_budget(text, known.get).limit.is_Rational


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda one: one.solve("macs <= 1e9", "Q"), "no size is called 'Q'"),
        (lambda one: one.solve("params <= 1e9", "H"), "does not depend on H; it is 11,689,512"),
        (lambda one: one.solve("macs <= 1e9", "H"), "no closed form in the other sizes; give them numbers"),
        (lambda one: one.solve("macs <= 1e9", "H1"), "H₁ follows from other sizes; ask about H"),
        (lambda one: one.subs(B=1, W=9).solve("0 * H - macs <= 5", "H"), "every H is within the budget"),
        (lambda one: one.leading([]), "no size is named"),
        (lambda one: one.leading("H", "1 / (H - H)"), "this is 0, and nothing"),
        (lambda one: one.leading("H", "macs / (H % 2)"), "only names, numbers"),
        (lambda one: one.elasticity("B", "macs - macs"), "the cost is 0"),
        (lambda one: one.only("stage9"), "it has no part 'stage9'"),
        (lambda one: one.leading(5), "no size is called '5'"),
        (lambda one: one.asymptotics("H", terms=10**9), "give a number from 1 to 12"),
        (lambda one: one.crossover(5, "H"), "a cost is compared with a cost, not with int"),
    ],
)
def test_questions_without_an_answer_say_why(resnet, asked, said):
    with pytest.raises(SymderiveError) as caught:
        asked(resnet)
    assert said in str(caught.value)


def test_the_size_asked_about_may_have_a_number(resnet):
    assert resnet.subs(B=7, H=224, W=224).solve("macs <= 1e12", "B").value == 551
    assert resnet.subs(B=7, H=224, W=224).leading("B").expr == 1_814_073_344 * Dim("B")
