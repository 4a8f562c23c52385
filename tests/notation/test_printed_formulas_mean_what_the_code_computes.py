"""Print, read back with an independent reader, compare with the code: closed forms of random losses."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

import symderive as sd
from symderive.language.evaluate import evaluate
from symderive.notation.names import latex_name, text_name
from tests.derive.random_programs import SIZES, losses, numbers
from tests.derive.test_random_gradients import moderate, quiet
from tests.notation.kronecker_reader import agrees, matrix_of
from tests.notation.reader import from_latex, meaning
from tests.profiles import examples

PRINTS = settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
UGLY = re.compile(
    r"-1\s*\*|\+ −|\+ -|− −|ᵀᵀ|\(\w+ᵀ\)ᵀ|_[0-9a-f]{6,}|\*\*|\bnan\b|\bNone\b|\\top\}\}\^\{\\top"
)

EXTENT = re.compile(r"\\quad \\text\{for \}.*$")


def right_sides(derived, arrays):
    """Every equation of the closed form: text, LaTeX, value, letters held on the left-hand side."""
    program = derived.to_numpy().program
    tensors = [equation.definition.tensor for equation in (*derived.lets, *derived.results)]
    values = evaluate(program, {t.name: arrays[t.name] for t in program.inputs}, outputs=tensors)
    known = {**{t.name: t for t in program.inputs}, **{t.name: t for t in tensors}}
    numbers_by = {**{t.name: np.asarray(arrays[t.name], float) for t in program.inputs}, **values}
    for equation in (*derived.lets, *derived.results):
        yield equation, values[equation.definition.tensor.name], held(equation), known, numbers_by


def held(equation) -> list[str | None]:
    """The letters of the axes that stand at one position on the left-hand side."""
    from symderive.notation.recover import matrix_form

    indices = equation.definition.indices
    if matrix_form(equation.definition) is not None:
        return [None] * len(indices)
    if equation.block is None:
        return [index.name for index in indices]
    return [None if axis is None else str(axis) for axis in equation.block.axes]


def check(derived, arrays, sizes=SIZES) -> None:
    """Both dialects of every equation mean the value."""
    extents = {name: float(size) for name, size in sizes.items()}
    for equation, value, letters, known, by_name in right_sides(derived, arrays):
        rows = {name: array for name, array in by_name.items() if len(name) == 1 and name.isupper()}
        plain = {text_name(tensor.name): by_name[name] for name, tensor in known.items()}
        typeset = {
            from_latex(tensor.latex_name or latex_name(tensor.name)): by_name[name]
            for name, tensor in known.items()
        }
        if equation.kronecker is not None:
            wanted = matrix_of(value, equation.stacked.rows)
            for written, names, is_latex in (
                (str(equation), plain, False),
                (equation.latex(), typeset, True),
            ):
                right = right_side(written)
                assert agrees(right, extents | names, rows, tuple(sizes.values()), wanted, is_latex), written
            equation = equation.styled("blocks")
            letters = held(equation)
        read_back(str(equation), extents | plain, rows, value, letters)
        written = subscripts_apart(from_latex(EXTENT.sub("", equation.latex())), typeset)
        read_back(written, extents | typeset, rows, value, letters)


def subscripts_apart(written: str, names) -> str:
    """Entry i of `u_{1}` is written `u_{1,i}`; for the reader, name and position stand apart."""
    for name in names:
        if re.fullmatch(r"[^{}]+_\{\d+\}", name):
            written = written.replace(f"{name[:-1]},", f"{name}_{{")
    return written


def right_side(equation: str) -> str:
    """What stands behind the last equals sign outside brackets: `G = ∇_S L = …` has two, `1[x = m]` none."""
    places = [match.start() for match in re.finditer(" = ", equation)]
    outside = [
        at for at in places if all(equation[:at].count(a) == equation[:at].count(b) for a, b in ("[]", "()"))
    ]
    return re.sub(r" for \w+ < .*$", "", equation[outside[-1] + 3 :])  # how long the left-hand side is


def read_back(equation, names, rows, value, letters) -> None:
    """The right-hand side as printed has the value that it should have."""
    written = right_side(equation)
    assert not UGLY.search(written), written
    try:
        read = quiet(lambda: meaning(written, names, rows, value.shape, letters))
    except Exception as error:  # whatever the reader stumbles over: the formula has to be shown
        raise AssertionError(f"cannot read: {written}\n{type(error).__name__}: {error}") from error
    scale = max(np.abs(value).max(initial=0.0), 1e-9)
    assert read.shape == value.shape, written
    assert np.allclose(read, value, rtol=1e-6, atol=1e-8 * scale), written


@PRINTS
@given(losses(depth=3))
def test_gradients_of_random_losses(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    derived = sd.gradient(loss.symbolic, loss.variable)
    try:
        value = quiet(lambda: evaluate(derived.program, {**arrays}))
    except (ValueError, ArithmeticError):  # of Python's own functions, as log of a negative number
        assume(False)
    assume(all(np.isfinite(one).all() for one in value.values()))
    check(derived, arrays)


@PRINTS
@given(losses(depth=2, kinks=False, largest=9))
def test_hessians_of_random_losses(loss):
    arrays = numbers(3)
    assume(moderate(loss, arrays))
    derived = sd.hessian(loss.symbolic, loss.variable)
    try:
        value = quiet(lambda: evaluate(derived.program, {**arrays}))
    except (ValueError, ArithmeticError):  # of Python's own functions, as log of a negative number
        assume(False)
    assume(all(np.isfinite(one).all() for one in value.values()))
    check(derived, arrays)
