"""A mistake in a formula: one sentence, then the text with a caret under the place."""

import pytest

from symderive.cli import main

LONG = " + ".join(f"np.sum(np.{name}(X @ w))" for name in ("exp", "sin", "cos", "tanh")) + " + np.sum(X @ ww)"
CASES = {
    "np.sum((X @ w - y)**2": ["'(' was never closed", "  np.sum((X @ w - y)**2", "        ^"],
    "np.sum(X @ w))": ["unmatched ')', at column 14", "  np.sum(X @ w))", "               ^"],
    "np.sum(X @ ww)": ['unknown name ww; did you mean "w"?', "  np.sum(X @ ww)", "             ^"],
    "np.sum(X.T @ w)": ["inner dimensions differ", "  np.sum(X.T @ w)", "         ^"],
    "np.smu(X @ w)": ['did you mean "numpy.sum"?', "  np.smu(X @ w)", "  ^"],
    "X.summ()": ['arrays have no "summ"; did you mean "sum"?', "  X.summ()", "  ^"],
    "t = 0\nt = X @ y\nnp.sum(t)": ["line 2, column 5", "  t = X @ y", "      ^"],
    "np.sum(é @ w)": ["unknown name é", "  np.sum(é @ w)", "         ^"],
    "'中' + ww": ["unknown name ww", "  '中' + ww", "         ^"],
    "np.sum(\tX @ ww)": ["unknown name ww", "  np.sum( X @ ww)", "              ^"],
}  # fmt: skip


@pytest.mark.parametrize("formula", CASES)
def test_the_caret_stands_under_the_place(formula, capsys):
    assert main(["derive", formula, "X=n,d", "w=d", "y=n", "--wrt", "w"]) == 2
    sentence, *shown = capsys.readouterr().err.splitlines()
    assert sentence.startswith("symderive: reading the formula")
    assert CASES[formula][0] in sentence
    assert shown == CASES[formula][1:]


def test_of_a_long_line_the_part_around_the_place_is_shown(capsys):
    assert main(["derive", LONG, "X=n,d", "w=d", "--wrt", "w"]) == 2
    _, line, caret = capsys.readouterr().err.splitlines()
    assert len(line) <= 80
    assert line.startswith("  … ")
    assert line[caret.index("^") :].startswith("ww)")


def test_control_characters_are_not_printed(capsys):
    assert main(["derive", "'\x1b[31m' * ww", "w=d", "--wrt", "w"]) == 2
    _, line, caret = capsys.readouterr().err.splitlines()
    assert "\x1b" not in line
    assert "[U+001B]" in line
    assert caret.strip() == "^"


def test_other_mistakes_have_no_caret(capsys):
    assert main(["derive", "np.sum(w)", "w=d", "--wrt", "v"]) == 2
    assert "^" not in capsys.readouterr().err
