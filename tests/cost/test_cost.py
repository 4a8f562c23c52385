"""The record: formulas as written, numbers put in, compiled functions, ratios, tables."""

import itertools
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.core.dims import Dim, dims
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.cost import Cost, cost
from symderive.cost.evaluation import evaluate
from symderive.cost.infer import infer_kernel
from symderive.cost.output.report import compare, report
from symderive.cost.output.steps import steps
from symderive.cost.ratio import ratio
from symderive.errors import ShapeError, SymderiveError
from symderive.language.declaring import array
from symderive.language.programs import program_of
from symderive.layers import Conv1d, Conv2d, Dense, PointwiseConv2d, SeparableConv2d
from symderive.networks import network

C_in, C_out, H1, W1, k = dims("C_in C_out Hprime Wprime k")

TABLE = """\
normal      MACs = k² · C_in · H′ · W′ · C_out     = 5² · 3 · 8 · 8 · 256        = 1,228,800
separable   MACs = k² · C_in · H′ · W′             = 5² · 3 · 8 · 8              =     4,800   depthwise
                 + C_in · H′ · W′ · C_out          = 3 · 8 · 8 · 256             =    49,152   pointwise
                                                                                 =    53,952
ratio       separable / normal = 1/C_out + 1/k²    = 1/256 + 1/25                ≈    0.0439   (22.8 × fewer)
from        12×12×3 → 8×8×256, stride 1, no padding ⇒ k = 12 − 8 + 1 = 5
convention  multiplications of the contraction; bias and zero padding: none"""


def assignment():
    found = infer_kernel((12, 12, 3), (8, 8, 256), stride=1, padding=0)
    normal = cost(Conv2d(3, 256, found.kernel, 12, 12))
    separable = cost(SeparableConv2d(3, 256, found.kernel, 12, 12))
    return compare(normal, separable, names=("normal", "separable"), source=found)


def test_the_assignment_as_people_write_it():
    assert str(assignment()) == TABLE


def test_the_formulas_are_the_products_themselves():
    normal, separable = cost(Conv2d()), cost(SeparableConv2d())
    assert normal.macs == k**2 * C_in * H1 * W1 * C_out
    assert separable.macs == k**2 * C_in * H1 * W1 + C_in * H1 * W1 * C_out
    assert normal.params == k**2 * C_in * C_out
    assert normal.flops == 2 * normal.macs
    assert normal.symbols[:5] == (k, C_in, H1, W1, C_out)


def test_the_latex_has_the_order_of_the_text():
    normal = cost(Conv2d(3, 256, 5, 12, 12))
    assert normal.latex() == (
        r"k^{2} \cdot C_{\mathrm{in}} \cdot H' \cdot W' \cdot C_{\mathrm{out}} = "
        r"5^{2} \cdot 3 \cdot 8 \cdot 8 \cdot 256 = 1{,}228{,}800"
    )
    assert normal.symbolic.latex("params") == r"k^{2} \cdot C_{\mathrm{in}} \cdot C_{\mathrm{out}}"


def test_groups_stand_below_the_line():
    grouped = cost(Conv2d(groups="G"))
    assert grouped.formula().write() == "k² · C_in · H′ · W′ · C_out / G"
    assert str(ratio(grouped, cost(Conv2d()))) == "1/G"


def test_numbers_later_and_numbers_first_are_the_same():
    early = cost(Conv2d(3, 256, 5, 12, 12))
    late = cost(Conv2d()).subs(C_in=3, C_out=256, k=5, H=12, W=12)
    by_keyword = cost(Conv2d(), C_in=3, C_out=256, k=5, H=12, W=12)
    by_output = cost(Conv2d()).subs({C_in: 3, C_out: 256, k: 5, H1: 8, "Wprime": 8})
    assert {one.macs for one in (early, late, by_keyword, by_output)} == {1228800}
    assert early.values == late.values
    assert cost(Conv2d()).subs(k=5, H=12).macs == 25 * C_in * 8 * W1 * C_out


def test_a_size_that_only_positions_are_written_in_can_be_given():
    found = cost(Conv1d("C", "O", 3, "L", padding="same", dilation="d"))
    assert found.subs(C=4, O=6, L=10, d=2).valid_macs == 4 * 6 * (8 + 10 + 8)
    assert found.compile("valid_macs")(C=4, O=6, L=10, d=2) == 624


def test_a_later_number_replaces_an_earlier_one_and_what_followed_from_it():
    assert cost(Conv2d(3, 256, 5, 12, 12)).subs(k=3).macs == 9 * 3 * 10 * 10 * 256


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kk": 5}, "no size is called 'kk'"),
        ({"k": 0}, "k = 0: sizes are positive whole numbers"),
        ({"k": 2.5}, "k = 2.5: sizes are positive whole numbers"),
        ({"k": True}, "k = True: sizes are positive whole numbers"),
        ({"k": 5, "H": 12, "Hprime": 7}, "H′ = 7 was given, but H − k + 1 = 8"),
        ({"k": 5, "H": 3}, "not fit"),
        ({"C_in": 3, "G": 2}, "G divides C_in is needed, but C_in = 3, G = 2"),
    ],
)
def test_numbers_that_do_not_fit_are_one_sentence(values, sentence):
    with pytest.raises(SymderiveError) as caught:
        cost(Conv2d(groups="G")).subs(values)
    assert sentence in str(caught.value)


def test_a_compiled_cost_is_exact():
    macs = cost(Conv2d()).compile()
    assert macs(C_in=3, C_out=256, k=5, H=12, W=12) == 1228800
    assert macs(C_in=10**9, C_out=10**9, k=5, Hprime=8, Wprime=8) == 25 * 64 * 10**18
    many = macs(C_in=np.array([[1], [3]]), C_out=256, k=np.array([1, 3, 5]), H=12, W=12)
    assert many.dtype == np.int64
    assert many.tolist() == [[c * kk**2 * (13 - kk) ** 2 * 256 for kk in (1, 3, 5)] for c in (1, 3)]
    large = macs(C_in=np.array([1, 10**9]), C_out=10**9, k=5, Hprime=8, Wprime=8)
    assert large.dtype == object
    assert large.tolist() == [25 * 64 * 10**9, 25 * 64 * 10**18]


def test_a_compiled_cost_needs_sizes_that_fit():
    macs = cost(Conv2d(groups="G")).compile()
    with pytest.raises(SymderiveError, match="Hprime has no value"):
        macs(C_in=4, C_out=4, k=3, G=2)
    with pytest.raises(ShapeError, match="G divides C_in is needed"):
        macs(C_in=np.array([4, 3]), C_out=4, k=3, G=2, H=8, W=8)
    with pytest.raises(ShapeError, match="positive whole numbers"):
        macs(C_in=np.array([4.0]), C_out=4, k=3, G=2, H=8, W=8)
    assert cost(Dense(784, 10)).compile("params")() == 7850


def test_valid_macs_are_a_formula():
    assert cost(Conv2d(stride=2)).valid_macs == cost(Conv2d(stride=2)).macs
    assert cost(Conv2d(padding=1)).is_padded
    formula = cost(Conv2d(padding=1)).formula("valid_macs")
    assert formula.write() == "(k · H′ − 2) · (k · W′ − 2) · C_in · C_out"
    strided = cost(Conv1d(1, 1, "k", "L", stride=2, padding="p"))
    for k, length, p in itertools.product((1, 2, 5), (3, 4, 9), (1, 2, 3)):
        if length + 2 * p >= k:
            inside = sum(
                0 <= 2 * i + u - p < length for i in range((length + 2 * p - k) // 2 + 1) for u in range(k)
            )
            assert strided.subs(k=k, L=length, p=p).quantity("valid_macs") == inside
            assert strided.compile("valid_macs")(k=k, L=length, p=p) == inside
            assert evaluate(strided.valid_macs, {Dim("k"): k, Dim("L"): length, Dim("p"): p}) == inside
    assert cost(Conv2d(1, 1, 3, 3, 3, padding=1)).valid_macs == (2 + 3 + 2) ** 2


def reversed_read(size, extent):
    """`y[i] = Σ_p a[p] x[size − extent + i + p − 3]` over two taps."""
    i, p = Index("i", extent), Index("p", 2)
    x, a, y = Tensor("x", (size,)), Tensor("a", (2,)), Tensor("y", (extent,))
    body = IndexSum(a[p] * Entry(x, size - extent + i + p - 3), p)
    return cost(Program((x, a), (Definition(y, (i,), body),), (y,)))


def test_a_read_that_may_leave_the_array_is_not_taken_for_inside():
    n = Dim("n")
    assert reversed_read(n, n).is_padded
    assert not reversed_read(n + 3, n).is_padded
    assert reversed_read(sympy.Integer(9), sympy.Integer(7)).valid_macs == 14 - 1
    assert reversed_read(3 * n, n + sympy.floor(n / 2)).is_padded


@pytest.mark.parametrize(
    ("left", "right", "quantity", "text"),
    [
        (SeparableConv2d(), Conv2d(), "macs", "1/C_out + 1/k²"),
        (SeparableConv2d(), Conv2d(), "params", "1/C_out + 1/k²"),
        (Conv2d(), SeparableConv2d(), "macs", "k² · C_out / (k² + C_out)"),
        (Conv2d(), Conv2d(), "flops", "1"),
        (PointwiseConv2d(), Conv2d(padding="same"), "macs", "1/k²"),
        (Dense("d", "m"), Dense("d", "m", bias=False), "params", "1 + 1/d"),
        (Dense("d", "m", bias=False), Dense("d", "m", bias=False, batch="n"), "macs", "1/n"),
    ],
    ids=str,
)
def test_a_ratio_is_written_in_its_shortest_form(left, right, quantity, text):
    found = ratio(cost(left), cost(right), quantity)
    assert found.write() == text
    difference = found.expr - cost(left).quantity(quantity) / cost(right).quantity(quantity)
    assert sympy.simplify(difference) == 0


def test_a_ratio_of_numbers():
    found = assignment().ratio
    assert found.value == sympy.Rational(53952, 1228800)
    assert (found.numbers(), found.decimal(), found.factor()) == ("1/256 + 1/25", "0.0439", "22.8 × fewer")
    assert found.latex() == (
        r"\frac{1}{C_{\mathrm{out}}} + \frac{1}{k^{2}} = \frac{1}{256} + \frac{1}{25} \approx 0.0439"
    )
    inverse = ratio(cost(Conv2d(3, 256, 5, 12, 12)), cost(SeparableConv2d(3, 256, 5, 12, 12)))
    assert inverse.factor() == "22.8 × more"
    assert str(ratio(cost(Dense(4, 2, bias=False)), cost(Dense(4, 3, bias=False, batch=2)).symbolic)) == "1/N"


def test_a_ratio_of_different_numbers_for_one_size_is_refused():
    with pytest.raises(SymderiveError, match="k is 5 on one side and 3 on the other"):
        ratio(cost(Conv2d(kernel=5)), cost(Conv2d(kernel=3)))
    with pytest.raises(SymderiveError, match="the denominator is 0"):
        ratio(cost(Conv2d()), cost(Program((), (), ())))


def test_the_rows_of_a_document():
    made = assignment()
    normal, separable = made.variants
    assert [row.name for row in separable.rows] == ["depthwise", "pointwise"]
    assert [row.value for row in (*normal.rows, *separable.rows)] == [1228800, 4800, 49152]
    assert separable.total.value == 53952 == sum(row.value for row in separable.rows)
    assert normal.rows[0].numbers_latex == r"5^{2} \cdot 3 \cdot 8 \cdot 8 \cdot 256"
    assert normal.rows[0].result_latex == "1{,}228{,}800"
    assert normal.where == ("H′ = H − k + 1", "W′ = W − k + 1")
    assert normal.where_latex[0] == "H' = H - k + 1"
    with pytest.raises(SymderiveError, match="no cost given"):
        report({})
    with pytest.raises(SymderiveError, match="two different names"):
        compare(cost(Dense()), cost(Dense()), names=("a", "a"))


def test_the_steps_read_the_count_off_the_equation():
    (step,) = steps(cost(Conv2d(stride=2, padding=1, bias=True)))
    assert step.equation == (
        "y[o, i, j] = Σ_{c, u, v} weight[o, c, u, v] · x[c, 2·i + u − 1, 2·j + v − 1] + bias[o]"
    )
    assert step.equation_latex == (
        r"y_{o, i, j} = \sum_{c, u, v} K_{o, c, u, v}\, x_{c, 2 i + u - 1, 2 j + v - 1} + b_{o}"
    )
    assert step.sentence == (
        "each y[o, i, j] is a sum of k² · C_in products; there are H′ · W′ · C_out of them: "
        "k² · C_in · H′ · W′ · C_out products"
    )
    first, second = steps(cost(SeparableConv2d()))
    assert first.equation_latex.startswith("z_{c, i, j} = ")
    assert "C_{\\mathrm{in}}$ products" in second.sentence_latex


def test_the_table_of_one_cost():
    lines = str(cost(Conv2d(padding="same", groups="G", bias=True))).splitlines()
    assert lines[0] == "MACs        k² · C_in · H · W · C_out / G"
    assert "needs       G divides C_in, G divides C_out" in lines
    assert lines[-1] == (
        "convention  multiplications of the contraction; elementwise additions (a bias) are in adds, "
        "not in MACs; products against zero padding count"
    )
    single = str(cost(Dense(784, 10))).splitlines()
    assert single[0] == "MACs        d_in · d_out                  = 784 · 10                   = 7,840"


def test_a_bare_program_has_a_cost():
    n, d, m = dims("n d m")
    X, Wt, Y = Tensor("X", (n, d)), Tensor("W", (d, m)), Tensor("Y", (n, m))
    i, j, p = Index("i", n), Index("j", m), Index("p", d)
    program = Program((X, Wt), (Definition(Y, (i, j), IndexSum(X[i, p] * Wt[p, j], p)),), (Y,))
    counted = cost(program, parameters=("W",), n=2)
    assert isinstance(counted, Cost)
    assert cost(SimpleNamespace(program=program)).macs == cost(SimpleNamespace(program=lambda: program)).macs
    assert counted.formula().write() == "n · d · m"
    assert (counted.macs, counted.params) == (2 * d * m, d * m)
    with pytest.raises(SymderiveError, match="no input is called 'V'; the inputs are X, W"):
        cost(program, parameters=("V",))
    with pytest.raises(SymderiveError, match="int has no equations"):
        cost(3)
    with pytest.raises(SymderiveError, match="no quantity 'mac'; did you mean"):
        counted.formula("mac")


def test_the_output_is_the_same_under_every_hash_seed():
    code = (
        "from symderive.cost import cost; from symderive.layers import *;"
        "print(cost(Conv2d(groups='G', bias=True, padding='p', stride='s')));"
        "print(cost(SeparableConv2d(3, 4, 2, 5, 6)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True, encoding="utf-8",
        ).stdout
        for seed in ("0", "1", "77")
    }  # fmt: skip
    assert len(outputs) == 1
    assert "⌊" in outputs.pop()


def test_equations_without_a_name_are_numbered():
    n, d = dims("n d")
    X, w = array("X", n, d), array("w", d)
    margins = X @ w
    lines = str(report({"loss": cost(program_of(np.exp(margins) @ margins))})).splitlines()
    assert [line.split("   ")[-1].strip() for line in lines[:2]] == ["equation 1", "equation 3"]
    assert "_" not in lines[0]


def test_the_symbols_are_positive_integers():
    assert all(isinstance(symbol, Dim) and symbol.is_positive for symbol in cost(Conv2d(groups="G")).symbols)


def test_a_cost_is_one_line_in_a_list():
    """Not its whole tree of equations."""
    assert repr([cost(Conv2d(3, 256, 5, 12, 12)), sd.cost(network("gpt2"))]) == (
        "[<Cost: macs = k² · C_in · H′ · W′ · C_out>, "
        "<CostTree: macs = 18,432 · B · T² + 123,532,032 · B · T>]"
    )
