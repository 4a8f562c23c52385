"""The commands network, likelihood, cost and derive: what they print, and what they say to mistakes."""

import pytest

from symderive.cli import main
from symderive.cli._arrays import read_array, split_words
from symderive.errors import SymderiveError

GNR = [
    "2",
    "2:sigmoid",
    "1:sigmoid",
    "--loss",
    "difference",
    "--no-bias",
    "--weights",
    "in-out",
    "--data",
    "x=1,1",
    "--data",
    "y=1",
    "--seed",
    "0",
    "--draw",
    "W1",
    "W2",
    "--method",
    "one-sided",
    "--epsilon",
    "1e-10",
]
REPORTED = """[[reported]]
title = "Analytical gradients"
method = "one-sided"
epsilon = 1e-10
weights = "out-in"
W1 = [[-0.01637912, -0.01637912], [-0.02355449, -0.02355449]]
W2 = [-0.16504242, -0.16504242]
"""
SQUARES = ["derive", "np.sum((X @ w - y)**2)", "X=n,d", "w=d", "y=n"]


def printed(capsys, *arguments, code=0):
    assert main(list(arguments)) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


def complained(capsys, *arguments):
    """What a command says to a mistake: one sentence on stderr, and nothing else but its place."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("symderive: ")
    sentence, *place = err.splitlines()  # a mistake in a formula is shown with a caret under it
    assert place == [] or (len(place) == 2 and place[1].strip() == "^")
    return sentence.removeprefix("symderive: ")


def test_a_network(capsys):
    out = printed(capsys, "network", *GNR)
    assert "W2[0]     −0.16096605  −0.16096605           −0.16096569     5.2e-6  right" in out
    assert "∇_W₂ L = a₁δ₂ᵀ" in out
    assert "ε = 1e-10 is in the round-off regime" in out


def test_a_network_is_judged_by_a_file(tmp_path, capsys):
    file = tmp_path / "report.toml"
    file.write_text(REPORTED)
    out = printed(capsys, "network", *GNR, "--reported", str(file))
    assert "WRONG: 5 of 6 entries are right" in out
    printed(capsys, "network", *GNR, "--reported", str(file), "--strict", code=1)
    file.write_text(REPORTED.replace("W2 = ", "W3 = "))
    message = complained(capsys, "network", *GNR, "--reported", str(file))
    assert message.startswith(f"{file}, line 7: ")
    assert 'unknown key "W3"; its parameters are W1, W2.' in message
    file.write_text("reportd = []")
    assert 'unknown key "reportd"' in complained(capsys, "network", *GNR, "--reported", str(file))


def test_a_network_without_data_is_symbolic(capsys):
    out = printed(capsys, "network", "d", "h:relu", "1:identity", "--loss", "squared_error", "--batch", "n")
    assert "X ∈ ℝ^(n×d)" in out
    assert "a hidden layer of h relu units and an output layer of 1 linear unit" in " ".join(out.split())
    assert "there is no derivative; used is relu′" in out
    assert "Numbers" not in out


def test_matrices_on_the_command_line(capsys):
    data = ["x=1,2", "y=0", "W1=1,2;3,4", "W2=1;1"]
    out = printed(
        capsys,
        "network",
        "2",
        "2:tanh",
        "1:identity",
        "--loss",
        "squared_error",
        "--no-bias",
        "--data",
        *data,
    )
    assert "W₁ = [1, 2; 3, 4]" in out
    assert read_array("X", "1,2;") == [[1, 2]]
    assert split_words(["poisson", "y=1,3"]) == (["poisson"], {"y": "1,3"})
    with pytest.raises(SymderiveError, match="y is given twice"):
        split_words(["y=1", "y=2"])


def test_a_likelihood_with_numbers(capsys, tmp_path):
    data = ["X=1,0.5;1,1.5", "y=1,3", "coefficients=0.4,0.9"]
    out = printed(capsys, "likelihood", "poisson", "--link", "identity", *data)
    assert "L(θ) = 𝟏ᵀ Xθ + Σᵢ log yᵢ! − yᵀ log(Xθ)" in out
    assert "∇_θ L  = (−0.8907563, −1.1596639)" in out
    (tmp_path / "data.toml").write_text("X = [[1, 0.5], [1, 1.5]]\ny = [1, 3]\ncoefficients = [0.4, 0.9]\n")
    assert (
        printed(capsys, "likelihood", "poisson", "--link", "identity", "--data", str(tmp_path / "data.toml"))
        == out
    )
    (tmp_path / "data.toml").write_text(
        "X = [[1, 0.5], [1, 1.5]]\ny = [1, 3]\n\ncoefficients = [-0.4, 0.1]\n"
    )
    message = complained(
        capsys, "likelihood", "poisson", "--link", "identity", "--data", str(tmp_path / "data.toml")
    )
    assert "line 4: the rate of observation 0 is -0.35, not positive" in message


def test_a_negated_sum_keeps_its_brackets(capsys):
    out = printed(capsys, "likelihood", "bernoulli", "--link", "logit")
    assert "−(1 − yᵢ) log(1 − pᵢ) + yᵢ" not in out
    assert "−Σᵢ ((1 − yᵢ) log(1 − pᵢ) + yᵢ log(pᵢ))" in out


def test_a_cost_in_numbers_and_in_symbols(capsys):
    out = printed(
        capsys, "cost", "conv", "--input", "12x12x3", "--output", "8x8x256", "--stride", "1", "--padding", "0"
    )
    assert "k = 12 − 8 + 1 = 5" in out
    assert "= 1,228,800" in out
    assert "separable / normal = 1/C_out + 1/k² = 1/256 + 1/25 ≈ 0.0439" in out
    out = printed(capsys, "cost", "convolution", "--input", "HxWxC_in", "--kernel", "k")
    assert "separable / normal = 1/C_out + 1/k²" in out
    printed(capsys, "cost", "conv", "--input", "12x12x3", "--output", "8x8x256", "--strict", code=3)


def test_the_cost_of_a_layer_in_numbers_and_in_symbols(capsys):
    out = printed(capsys, "cost", "conv2d", "c_in=3", "c_out=256", "k=5", "h=12", "w=12")
    assert "Conv2d, with an output of 256×8×8." in out
    assert "MACs = k² · C_in · H′ · W′ · C_out" in out
    assert "= 1,228,800" in out
    assert "parameters = k² · C_in · C_out" in out
    out = printed(capsys, "cost", "conv1d", "padding=same", "bias=true")
    assert "MACs = k · C_in · L · C_out" in out
    assert "x[c, i + u − ⌊(k − 1)/2⌋] + bias[o]" in out
    out = printed(capsys, "cost", "Conv3d", "padding=1:0,0,p", "padding_mode=circular")
    assert "with an output of C_out×D′×H′×W′" in out
    assert "W′ = 2 · p + W − k + 1" in out


def test_the_cost_of_a_transposed_layer_says_what_is_cropped(capsys):
    words = ("c_in=8", "c_out=12", "k=4", "h=6", "w=6", "s=2", "p=1", "g=4")
    out = printed(capsys, "cost", "conv_transpose2d", *words)
    assert "Conv" in out
    assert "weight[g, c, o, u, v] · x[g, c, p, q] · δ[i, 2·p + u − 1]" in " ".join(out.split())
    assert "= 13,824" in out
    assert "Valid MACs: 11,616, without the 2,208 that are cropped." in out


def test_a_gradient(capsys):
    out = printed(capsys, *SQUARES, "--wrt", "w")
    assert out.splitlines()[0].split("    ")[1:] == ["L(w) = ‖Xw − y‖²", "X: n×d · w: d · y: n"]
    assert "let  r = Xw − y" in out
    assert "∇_w L = 2 Xᵀ(Xw − y)" in out
    assert "Checked: NumPy code against central differences, 3 draws, n=7 d=3" in out


def test_several_variables_wherever_they_stand(capsys):
    out = printed(capsys, "derive", SQUARES[1], "--wrt", "w", "X", *SQUARES[2:])
    assert out == printed(capsys, *SQUARES, "--wrt", "w", "--wrt", "X")
    assert "∇_X L" in out


def test_a_hessian_says_that_the_loss_is_convex(capsys):
    out = printed(
        capsys,
        "derive",
        "np.mean(np.logaddexp(0, -y * (X @ w)))",
        *SQUARES[2:4],
        "y=n:sign",
        "--wrt",
        "w",
        "--hessian",
    )
    assert "entries ±1" in out
    assert "∇²_w L ⪰ 0, so L is convex." in out
    assert "yᵢ² = 1, since the entries of y are ±1" in out


def test_the_other_forms_of_a_derivation(capsys, tmp_path):
    assert (
        printed(capsys, *SQUARES, "--wrt", "w", "--format", "latex")
        == "\\nabla_{w} L = 2 X^{\\top} (X w - y)\n"
    )
    source = printed(capsys, *SQUARES, "--wrt", "w", "--format", "python")
    assert "return 2 * (X.T @ (X @ w - y))" in source
    assert printed(capsys, *SQUARES, "--wrt", "w", "--format", "md").count("$$") >= 8
    assert (
        printed(capsys, *SQUARES, "--wrt", "w", "-o", str(tmp_path / "d.tex"))
        == f"wrote {tmp_path / 'd.tex'}\n"
    )
    assert (tmp_path / "d.tex").read_text().startswith("\\documentclass")


@pytest.mark.parametrize(
    ("backend", "line"),
    [("numpy", "import numpy as np"), ("array-api", "    xp = array_namespace(x)"),
     ("torch", "    return torch.exp(x)"), ("jax", "    return jnp.exp(x)")],
)  # fmt: skip
def test_code_for_another_array_library(capsys, backend, line):
    source = printed(
        capsys, "derive", "np.sum(np.exp(x))", "x=d", "--wrt", "x", "--format", "python", "--backend", backend
    )
    assert line in source.splitlines()
    compile(source, backend, "exec")


def test_a_library_without_python_is_refused(capsys):
    assert main(["derive", "np.sum(x)", "x=d", "--wrt", "x", "--backend", "torch"]) == 2
    said = "derive: --backend goes with --format python; give both, or leave it out."
    assert said in capsys.readouterr().err


def test_a_formula_may_begin_with_a_minus(capsys):
    assert "∇_w L = −2w" in printed(capsys, "derive", "-np.sum(w**2)", "w=d", "--wrt", "w")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["network", "2", "2:sigmod", "--loss", "difference"], 'did you mean "sigmoid"?'),
        (["network", "2", "2", "--loss", "diference"], 'did you mean "difference"?'),
        (["network", "2", "--loss", "difference"], "the network has no layers"),
        (["network", "2", "0", "--loss", "difference"], "a whole number of at least 1"),
        (["network", "2", "1", "--loss", "difference", "--data", "x"], "--data takes NAME=NUMBERS"),
        (
            ["network", "2", "1", "--loss", "difference", "--data", "x=1,nan"],
            '"x", entry 2 must be a finite number',
        ),
        (["network", "2", "1", "--loss", "difference", "--data", "x=1,2;3"], '"x" is ragged'),
        (["network", "2", "1", "--loss", "difference", "--data", "x=1,2"], "y (1) is missing"),
        (["network", "2", "1", "--loss", "difference", "--seed", "1"], "nothing is drawn"),
        (
            ["network", "2", "1", "--loss", "difference", "--epsilon", "nan", "--data", "x=1,1"],
            "finite number",
        ),
        (["network", "2", "2 hidden", "--loss", "difference"], "'2 hidden' is not a name"),
        (["network", "2", "x", "--loss", "difference"], "is taken by an array"),
        (["network", *["1"] * 80, "--loss", "difference"], "79 layers; 64 are the most"),
        (["network", "2", "100000", "--loss", "difference"], "10,000 are the most"),
        (["likelihood", "poison"], 'did you mean "poisson"?'),
        (["likelihood", "poisson", "--link", "ident"], 'did you mean "identity"?'),
        (["likelihood", "poisson", "X=1,a"], '"a" is not a number'),
        (["likelihood", "poisson", "X=1,2;", "y=1"], '"coefficients"'),
        (["likelihood", "poisson", "X=1,2;", "y=1,2", "coefficients=1,2"], "one observation per row"),
        (["likelihood", "poisson", "X=1,2;", "y=-1", "coefficients=1,2"], "y[0] = -1 is not a count"),
        (["likelihood", "poisson", "normal"], "one word too many"),
        (["cost", "kernel"], "unknown subject"),
        (["cost", "conv", "k=3"], 'unexpected argument "k"'),
        (["cost", "conv9d"], 'did you mean "conv3d"?'),
        (["cost", "conv2d", "kk=3"], 'Conv2d: there is no kk; did you mean "k"?'),
        (["cost", "conv2d", "h=2", "k=3"], "the kernel covers 3 positions and the height with padding has 2"),
        (["cost", "conv1d", "L=10", "length=3"], "length is given twice"),
        (["cost", "conv2d", "--kernel", "3"], "the sizes of a layer are words"),
        (["cost", "conv2d", "bias=3"], "bias is true or false, not 3"),
        (["cost", "conv2d", "bias=true", "k=true"], "kernel is a size, not True"),
        (["cost", "conv1d", "k="], "k: a size is missing"),
        (["cost", "conv2d", "c_in=3.5"], "'3.5' is not a name"),
        (["cost", "conv2d", "k=99999999999999"], "is too large"),
        (["cost", "conv", "--input", "12x12"], "input has 2 sizes"),
        (
            ["cost", "conv", "--input", "8x8x3", "--output", "12x12x3", "--stride", "1", "--padding", "0"],
            "no kernel fits",
        ),
        (["cost", "conv", "--input", "12x12x3", "--output", "HxWxC"], "numbers only"),
        (["cost", "conv", "--input", f"{10**30}x2x3", "--kernel", "2"], "too large"),
        (["derive", "np.sum(w", "w=d", "--wrt", "w"], "column"),
        (["derive", "np.sum(u)", "w=d", "--wrt", "w"], "unknown name u"),
        (["derive", "np.sum(w)", "w=d", "--wrt", "v"], "it has no shape; add for example v=d"),
        (["derive", "w * 2", "w=d", "--wrt", "w"], "the loss has shape d"),
        (["derive", "__import__('os').system('x')", "w=d", "--wrt", "w"], "column"),
        (["derive", "w=d", "--wrt", "w"], "there is no formula"),
        (["derive", "np.sum(np.log(-1 - w**2))", "w=d", "--wrt", "w"], "it needs: −(wᵢ² + 1) > 0 for all i"),
        (["derive", "np.sum(np.log(w - np.abs(w) - 1))", "w=d", "--wrt", "w"], "no random point was found"),
        (["derive", "np.sum(w**2)", "w=d", "--wrt", "w", "--order", "9"], "it goes from 1 to 6"),
        (["derive", "np.sum(w**2)", "w=d", "--wrt", "w", "--mixed"], "two or more names"),
        (["derive", "np.sum(w**2)", "w=d", "--wrt", "w", "--form", "indx"], 'did you mean "index"'),
        (["derive", "np.sum(w**2)", "w=d", "--wrt", "w", "--hessian", "--jacobian"], "not allowed with"),
        (["derive", "np.sum(w**2)", "w=d", "v=n", "--wrt", "w", "--hvp", "v"], "has shape n, but w has"),
        ([*SQUARES, "--wrt", "w", "--format", "pdf"], "pdf cannot be printed on stdout"),
        ([*SQUARES, "--wrt", "w", "--format", "latx"], 'did you mean "latex"?'),
        ([*SQUARES, "--wrt", "w", "--hesian"], 'did you mean "--hessian"?'),
    ],
)
def test_mistakes_are_one_sentence(arguments, expected, capsys):
    assert expected in complained(capsys, *arguments)


def test_a_terminal_is_not_told_what_a_mistake_holds(capsys):
    assert "[U+001B]" in complained(capsys, "cost", "\x1b[2J")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--wrt", "w", "--form", "expanded"), "∇_w L = 2 XᵀXw − 2 Xᵀy"),
        (("--wrt", "w", "--layout", "numerator"), "∂L/∂w = 2(Xw − y)ᵀX"),
        (("--wrt", "w", "--hvp", "v"), "∇²_w L v = 2 XᵀXv"),
        (("--wrt", "w", "--direction", "v"), "⟨∇_w L, v⟩ = 2(Xw − y)ᵀXv"),
        (("--wrt", "w", "--order", "3"), "∇³_w L = 0"),
        (("--wrt", "w", "y", "--mixed"), "∇_w ∇_y L = −2Xᵀ"),
        (("--wrt", "w", "y", "--hessian"), "∇_w ∇_y L = −2Xᵀ"),
        (("--wrt", "w", "--detail", "full"), "derivatives in the steps: all 4 agree"),
    ],
)
def test_the_other_kinds_of_derivatives(capsys, options, line):
    assert line.lower() in printed(capsys, *SQUARES, *options).lower()


def test_a_jacobian(capsys):
    out = printed(capsys, "derive", "np.tanh(X @ w)", "X=n,d", "w=d", "--wrt", "w", "--jacobian")
    assert "∂f/∂w = diag(1 − tanh(Xw)^⊙2) X" in out
    assert "Numerator layout: the axes of f first, then those of w (n×d)." in out


def test_the_command_offers_what_the_library_knows():
    from symderive.cli import derive
    from symderive.derive.equation import FORMS

    assert derive._FORMS == FORMS
