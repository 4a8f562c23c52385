"""Where a result holds: which conditions are found, which are discharged, and how they are worded."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import symderive as sd
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.conditions import conditions_of
from symderive.derive.ranges import Ranges, range_of
from symderive.errors import SymderiveError
from symderive.functions import by_head, by_name
from symderive.functions.record import NONNEGATIVE, NONZERO, POSITIVE, REALS, UNIT


def conditions(source: str, wrt: str = "x", domain: str = "real", **more: str):
    """The conditions of the gradient of a loss in the vector `x`."""
    shapes = {"x": f"n:{domain}"} | more
    own = {name: shapes[name] for name in shapes if re.search(rf"\b{name}\b", source)}
    sizes, _, kind = shapes[wrt].partition(":")
    variable = sd.array(wrt, *(sd.dims(size) for size in sizes.split(",") if size), domain=kind or "real")
    return sd.gradient(sd.parse(source, **own), variable).conditions


def texts(source: str, **more: str) -> list[str]:
    return [one.text for one in conditions(source, **more)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("np.log(x)", "xᵢ > 0"),
        ("np.log2(x)", "xᵢ > 0"),
        ("np.log1p(x)", "1 + xᵢ > 0"),
        ("np.sqrt(x)", "xᵢ > 0"),
        ("1 / x", "xᵢ ≠ 0"),
        ("x ** -2", "xᵢ ≠ 0"),
        ("1 / (x - 3)", "xᵢ − 3 ≠ 0"),
        ("x ** 0.5", "xᵢ > 0"),
        ("x ** 1.5", "xᵢ ≥ 0"),
        ("x ** -1.5", "xᵢ > 0"),
        ("x ** x", "xᵢ > 0"),
        ("special.gammaln(x)", "xᵢ > 0"),
        ("special.digamma(x)", "xᵢ > 0"),
        ("special.gammaln(x + 1)", "1 + xᵢ > 0"),
    ],
)
def test_domains(source, expected):
    assert texts(f"np.sum({source})") == [f"{expected} for all i"]


def test_a_power_above_one_may_be_zero_and_a_root_through_which_no_derivative_passes():
    assert texts("np.sum(np.sqrt(c) * x)", c="n") == ["cᵢ ≥ 0 for all i"]
    assert texts("np.sum(c ** -0.5 * x)", c="n") == ["cᵢ > 0 for all i"]


def test_logit_asks_for_the_open_unit_interval():
    assert texts("np.sum(special.logit(x))") == ["1 − xᵢ > 0 for all i", "xᵢ > 0 for all i"]
    assert texts("np.sum(special.logit(x))", domain="unit") == []


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("np.maximum(x, 0)", "xᵢ = 0"),
        ("np.maximum(x, 2)", "xᵢ = 2"),
        ("np.minimum(x, c)", "xᵢ = cᵢ"),
        ("np.abs(x)", "xᵢ = 0"),
        ("np.abs(x - c)", "xᵢ − cᵢ = 0"),
        ("x * np.sign(x)", "xᵢ = 0"),
    ],
)
def test_kinks_name_the_place_and_the_convention(source, where):
    (found,) = conditions(f"np.sum({source})", c="n")
    assert found.kind == "kink"
    assert found.text.startswith(f"at {where}: ")
    assert r"\neq" in found.latex
    assert found.latex.endswith(r"\text{ for all } i")


def test_a_kink_through_which_no_derivative_passes_is_not_mentioned():
    assert texts("np.sum(np.abs(c) * x)", c="n") == []


@pytest.mark.parametrize(
    "source",
    ["np.log(special.expit(x))", "np.log(np.exp(x))", "np.log(1 + x ** 2)", "np.sqrt(1 + x ** 2)",
     "1 / (1 + np.exp(x))", "np.log(special.ndtr(x))", "np.log(np.logaddexp(0, x))", "1 / np.cosh(x)",
     "np.log(np.abs(np.tanh(x)) + 0.5)", "1 / np.sqrt(2 + np.sin(x))", "x ** 0", "x ** 3"],
)  # fmt: skip
def test_what_holds_everywhere_is_not_a_condition(source):
    assert [one for one in conditions(f"np.sum({source})") if one.kind == "domain"] == []


@pytest.mark.parametrize(
    ("source", "domain"),
    [
        ("np.log(x)", "positive"),
        ("np.log(x)", "unit"),
        ("np.log(1 - x)", "unit"),
        ("np.log1p(x)", "nonnegative"),
        ("1 / x", "positive"),
        ("special.gammaln(x + 1)", "count"),
        ("special.gammaln(x + 1)", "binary"),
        ("np.sqrt(x)", "positive"),
        ("np.log(2 + x)", "sign"),
        ("np.log(1 + x)", "simplex"),
        ("x ** 1.5", "nonnegative"),
    ],
)
def test_declared_domains_discharge(source, domain):
    assert texts(f"np.sum({source})", domain=domain) == []


@pytest.mark.parametrize(("source", "domain"), [("np.log(x)", "nonnegative"), ("np.log(1 + x)", "sign")])
def test_a_domain_that_reaches_the_border_does_not_discharge(source, domain):
    assert len(texts(f"np.sum({source})", domain=domain)) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x / x", "xᵢ ≠ 0"),
        ("np.divide(x, x)", "xᵢ ≠ 0"),
        ("np.exp(np.log(x))", "xᵢ > 0"),
        ("np.sqrt(x ** 2)", "xᵢ ≠ 0"),
        ("(x ** 2) ** 0.5", "xᵢ ≠ 0"),
        ("np.sqrt(x) ** 2", "xᵢ ≥ 0"),
        ("0 * np.log(x)", "xᵢ > 0"),
        ("np.log(x) - np.log(x)", "xᵢ > 0"),
        ("x ** 2 / x", "xᵢ ≠ 0"),
        ("(x * c) / x", "xᵢ ≠ 0"),
        ("np.log(x) ** 0", "xᵢ > 0"),
        ("np.log(x) / np.log(x)", "xᵢ > 0"),
    ],
)
def test_what_cancels_keeps_its_condition(source, expected):
    assert f"{expected} for all i" in texts(f"np.sum({source} + x)", c="n")


def test_a_scalar_divided_by_itself_keeps_its_condition():
    found = texts("np.sum(x) * (r / r)", r="")
    assert found == ["r ≠ 0"]


def test_wording_over_vectors_matrices_and_products():
    (found,) = conditions("np.sum(np.log(X @ w))", wrt="w", X="m,n", w="n")
    assert (found.text, found.latex) == ("xᵢᵀw > 0 for all i", r"x_{i}^{\top} w > 0\text{ for all } i")
    (found,) = conditions("np.sum(np.log(X))", wrt="X", X="m,n")
    assert (found.text, found.latex) == ("Xᵢⱼ > 0 for all i, j", r"X_{ij} > 0\text{ for all } i, j")
    (found,) = conditions("np.sum(x) / r", r="")
    assert (found.text, found.latex) == ("r ≠ 0", r"r \neq 0")


def test_facts_are_worded_in_mathematics():
    found = [one for one in conditions("np.sum((s * x) ** 2)", s="n:sign") if one.kind == "fact"]
    assert [one.text for one in found] == ["sᵢ² = 1, since the entries of s are ±1"]
    assert found[0].latex == r"s_{i}^{2} = 1\text{, since the entries of }s\text{ are }\pm 1"
    found = [one for one in conditions("x @ S @ x", S="n,n:symmetric") if one.kind == "fact"]
    assert found[0].latex == r"S^{\top} = S\text{, since }S\text{ is symmetric}"


# Every set that occurs in the catalogue has a wording.

ONE = Tensor("y", (3,))


def condition_for(domain: sympy.Set):
    from symderive.derive.condition import condition_of
    from symderive.derive.demands import Demand

    entry = ONE[Index("i", 3)]
    return condition_of(Demand(entry, domain, "domain", ""), entry, domain)


@pytest.mark.parametrize("entry", [one for one in by_head().values() if one.domain != REALS])
def test_every_domain_of_the_catalogue_is_worded(entry):
    i = Index("i", 3)
    x = Tensor("x", (3,))
    arguments = (sympy.S.One,) * (entry.arity - 1)
    head = next(head for head, one in by_head().items() if one is entry)
    value = Tensor("value", (3,))
    program = Program((x,), (Definition(value, (i,), head(*arguments, x[i])),), (value,))
    found, *others = conditions_of(program, ((x,),))
    assert len(others) == (entry.joint is not None)
    assert re.fullmatch(r"xᵢ [>≥<≤] [-−]?\d+ for all i|−?\d+ [<≤] xᵢ [<≤] \d+ for all i", found.text)
    low, high = entry.domain.inf, entry.domain.sup
    above = f"x_{{i}} > {low}", rf"x_{{i}} \ge {low}", f"{low} <"
    below = f"x_{{i}} < {high}", rf"x_{{i}} \le {high}"
    assert any(one in found.latex for one in (below if low == -sympy.oo else above))


@pytest.mark.parametrize("entry", by_name().values())
def test_every_domain_that_an_entry_names_can_be_printed(entry):
    domain = NONZERO if isinstance(entry.domain, sympy.Union | sympy.Complement) else entry.domain
    if domain != REALS:
        assert condition_for(domain).text


@given(st.integers(-5, 5), st.integers(1, 5), st.booleans(), st.booleans(), st.sampled_from("lrb"))
def test_every_interval_is_worded_as_its_inequalities(start, width, low_open, high_open, sides):
    low = -sympy.oo if sides == "l" else sympy.Integer(start)
    high = sympy.oo if sides == "r" else sympy.Integer(start + width)
    found = condition_for(sympy.Interval(low, high, low_open, high_open))
    assert "for all i" in found.text
    assert ("≥" in found.text or ("≤ y" in found.text)) == (not low_open and sides != "l")
    assert "oo" not in found.text
    assert "oo" not in found.latex


def test_the_usual_domains():
    worded = {domain: condition_for(domain).text for domain in (POSITIVE, NONNEGATIVE, NONZERO, UNIT)}
    assert list(worded.values()) == [
        "yᵢ > 0 for all i", "yᵢ ≥ 0 for all i", "yᵢ ≠ 0 for all i", "0 < yᵢ < 1 for all i",
    ]  # fmt: skip


def test_the_factorial_of_a_real_number():
    head = next(head for head, entry in by_head().items() if entry.name == "log_factorial")
    i, y, value = Index("i", 3), Tensor("y", (3,)), Tensor("value", (3,))
    program = Program((y,), (Definition(value, (i,), head(y[i])),), (value,))
    (found,) = conditions_of(program, ((y,),))
    assert (found.text, found.latex) == ("yᵢ > −1 for all i", r"y_{i} > -1\text{ for all } i")


# The ranges contain the values.

LEAVES = {"x": "real", "p": "positive", "u": "unit", "m": "nonnegative", "s": "sign"}


def expressions() -> st.SearchStrategy[sympy.Expr]:
    i = Index("i", 4)
    leaves = st.sampled_from([Tensor(name, (4,), domain)[i] for name, domain in LEAVES.items()])
    numbers = st.sampled_from([sympy.Integer(k) for k in (-2, -1, 1, 3)])
    heads = st.sampled_from(
        [by_name()[n].make for n in ("exp", "tanh", "sigmoid", "relu", "absolute", "cosh")]
    )

    def larger(inner):
        return st.one_of(
            st.tuples(inner, inner).map(lambda two: sympy.Add(*two)),
            st.tuples(inner, inner).map(lambda two: sympy.Mul(*two)),
            st.tuples(inner, st.sampled_from([2, 3])).map(lambda two: sympy.Pow(*two)),
            st.tuples(heads, inner).map(lambda two: two[0](two[1])),
        )

    return st.recursive(leaves | numbers, larger, max_leaves=6)


@given(expressions(), st.integers(0, 100))
def test_ranges_contain_all_values(body, seed):
    from symderive.language.evaluate import evaluate
    from symderive.numeric.draws import draw_all

    inputs = tuple(Tensor(name, (4,), domain) for name, domain in LEAVES.items())
    value = Tensor("value", (4,))
    program = Program(inputs, (Definition(value, (Index("i", 4),), body),), (value,))
    arrays = draw_all({name: ((4,), domain) for name, domain in LEAVES.items()}, seed=seed)
    with np.errstate(all="ignore"):
        numbers = evaluate(program, arrays)["value"]
    allowed = range_of(body, Ranges(program))
    low, high = float(allowed.inf), float(allowed.sup)
    finite = numbers[np.isfinite(numbers)]
    room = 1e-12 * (1 + np.abs(finite))
    assert (low <= finite + room).all()
    assert (finite - room <= high).all()


# No name of an array can bring LaTeX commands along.


@given(st.text(alphabet=list("ab_1\\{}$%^&#~ '\""), min_size=1, max_size=8))
def test_names_bring_no_latex_along(name):
    try:
        s = sd.array(name, 3, domain="sign")
    except SymderiveError:
        return
    x = sd.array("x", 3)
    derived = sd.gradient(np.sum(np.log(x) * s + (s * x) ** 2), x)
    for one in derived.conditions:
        math = re.sub(r"\\text\{[^{}]*\}", "", one.latex)
        assert set(re.findall(r"\\[A-Za-z]+", math)) <= {r"\mathrm", r"\neq", r"\ge", r"\pm", r"\top"}
        assert not re.search(r"[$%&#~]", one.latex)
        assert one.latex.count("{") == one.latex.count("}")
        for words in re.findall(r"\\text\{([^{}]*)\}", one.latex):
            assert re.fullmatch(r"[A-Za-z0-9, ]*", words)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("x[2] * np.sum(x)", ["n ≥ 3"]),
        ("x[-2] * np.sum(x)", ["n ≥ 2"]),
        ("np.eye(len(x))[4] @ x**2", ["n ≥ 5"]),
        ("x[0] * np.sum(x)", []),
        ("x[:3][2] * np.sum(x)", ["n ≥ 3"]),
        ("np.concatenate([x, x])[5] * np.sum(x)", ["2n ≥ 6"]),
    ],
)
def test_a_position_that_is_read_has_to_exist(loss, expected):
    derived = sd.gradient(sd.parse(loss, x="n"), sd.parse("x", x="n"))
    assert [str(one) for one in derived.conditions if one.slack is not None] == expected
    assert derived.check().passed


def test_a_class_that_is_read_needs_no_bracket_in_the_gradient():
    derived = sd.gradient(
        sd.parse("-scipy.special.log_softmax(W @ x)[3]", W="k,d", x="d"), sd.array("W", *sd.dims("k d"))
    )
    assert str(derived.results[0]) == "∇_W L = (softmax(Wx) − 𝐞₃)xᵀ"
    assert "𝐞₃ for the vector that is 1 at position 3, counted from 0, and 0 elsewhere" in str(derived)


def test_a_fixed_position_beyond_one_of_the_joined_arrays_is_said():
    """Position 5 of the whole may be none of the first d: there the entries of A count as 0."""
    loss = sd.parse("np.concatenate([np.exp(A @ x), w])[5]", A="d,m", x="m", w="n")
    said = [str(one) for one in sd.gradient(loss, sd.parse("x", x="m")).conditions]
    assert said == ["d+n ≥ 6", "entries outside an array are 0"]
    plain = sd.gradient(sd.parse("(A @ x)[5]", A="d,m", x="m"), sd.parse("x", x="m"))
    assert [str(one) for one in plain.conditions] == ["d ≥ 6"]


OWN_TERM = [("t >= {}", True), ("t <= {}", True), ("t == {}", True), ("t > {}", False), ("t != {}", False)]


@pytest.mark.parametrize(("compared", "positive"), OWN_TERM)
@pytest.mark.parametrize(
    "written", ["({}) @ np.exp(x)", "np.sum(np.where({}, np.exp(x)[None, :], 0), axis=1)"]
)
def test_a_sum_over_those_who_are_compared_has_the_term_of_oneself(compared, positive, written):
    mask = compared.replace("t", "t[None, :]").format("t[:, None]")
    found = texts(f"np.sum(np.log({written.format(mask)}))", t="n")
    assert (not any("> 0 for all i" in one for one in found)) == positive


def test_a_sum_of_terms_that_may_vanish_at_oneself_has_a_condition():
    assert texts("np.sum(np.log((np.abs(t[None, :] - t[:, None])) @ np.exp(x)))", t="n")
    assert texts("np.sum(np.log((t[None, :] <= t[:, None]) @ x**2))", t="n")


def test_a_product_is_not_0_where_its_factors_are_not():
    assert texts("1 / (np.linalg.norm(x) * np.linalg.norm(y))", y="n") == ["x ≠ 0", "y ≠ 0"]
    assert texts("x @ y / np.sqrt((x @ x) * (y @ y))", y="n") == ["x ≠ 0", "y ≠ 0"]
    assert texts("np.log((w @ w) * np.linalg.norm(x))", w="n:nonnegative") == ["x ≠ 0", "w ≠ 0"]
    assert texts("np.sum(1 / (x * y * np.exp(x)))", y="n") == ["xᵢ ≠ 0 for all i", "yᵢ ≠ 0 for all i"]
    assert texts("np.sum(np.log(x * s / len(x)))", s=":positive") == ["xᵢ > 0 for all i"]
    assert texts("np.sum(np.log(x * y))", y="n") == ["xᵢ yᵢ > 0 for all i"]


@pytest.mark.parametrize("domain", ["onehot", "simplex"])
def test_a_mean_of_positive_numbers_is_positive(domain):
    arrays = {"Y": f"n,k:{domain}", "Z": "n,k"}
    for rate, axis, positive in (("np.exp(x[:, None] * Z)", 1, True), ("np.exp(x[:, None] * Z)", 0, False),
                                 ("x[:, None] * Z", 1, False)):  # fmt: skip
        found = texts(f"np.sum(np.log(np.sum(Y * {rate}, axis={axis})))", **arrays)
        assert (not found) == positive


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("np.log(np.linalg.det(X.T @ X))", ["det(XᵀX) > 0"]),
        ("np.log(np.linalg.det(X.T @ X + np.eye(d)))", []),
        ("1 / np.linalg.det(A)", ["det(A) ≠ 0"]),
        ("np.tanh(np.linalg.det(A))", ["A is invertible"]),
        (
            "np.sum(np.linalg.inv(np.linalg.inv(A @ B) + np.eye(n)))",
            ["AB is invertible", "(AB)⁻¹ + I is invertible"],
        ),
    ],
)
def test_what_a_determinant_asks_for_is_said_once_and_written_out(loss, expected):
    arrays = {"X": "n,d"} if "X" in loss else {"A": "n,n", "B": "n,n"}
    wrt = next(iter(arrays))
    made = sd.gradient(
        sd.parse(loss, **{name: arrays[name] for name in arrays if name in loss}),
        sd.parse(wrt, **{wrt: arrays[wrt]}),
    )
    assert [one.text for one in made.conditions] == expected
    assert "Z" not in str(made.loss)
