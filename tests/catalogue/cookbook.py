"""The Matrix Cookbook's derivatives, each derived, compared and typeset.

`python -m tests.catalogue.cookbook` writes the page `docs/matrix-cookbook.md` anew from `cookbook.json`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

import symderive as sd
from symderive.errors import SymderiveError
from symderive.numeric.draws import draw_all

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "matrix-cookbook.md"
DATA = json.loads((HERE / "cookbook.json").read_text(encoding="utf-8"))
ROWS = DATA["rows"]
CLOSE = 1e-9
FIRST, LAST = 46, 144  # equations of sections 2.1 to 2.8
SECTIONS = [
    (46, "Determinants (2.1)"),
    (59, "Inverses (2.2)"),
    (65, "Eigenvalues (2.3)"),
    (69, "Matrices, vectors and scalar forms (2.4)"),
    (99, "Traces (2.5)"),
    (129, "Norms of vectors and matrices (2.6, 2.7)"),
    (133, "Structured matrices (2.8)"),
]


def formula(text):
    """The NumPy lambda of a row."""
    return eval(text, {"np": np})


@cache
def derivation(number: int):
    """The derivation of a row.

    Raises:
        SymderiveError: a function or a kind of derivative that is not there.
    """
    row = ROWS[number]
    arrays = {
        name: sd.array(name, *(sd.dims(size) for size in shape), domain=row["domains"].get(name, "real"))
        for name, shape in row["shapes"].items()
    }
    value = formula(row["numpy"])(**arrays)
    variables = [arrays[name] for name in row["wrt"]]
    if row["order"] == "structured":
        return sd.gradient(value, *variables, structured=True)
    kind = {1: "gradient", 2: "hessian"}.get(row["order"], row["order"])
    if not hasattr(sd, kind):
        raise SymderiveError(f"the {kind} derivative is not there yet.")
    return getattr(sd, kind)(value, *variables)


def covered() -> list[int]:
    """The rows that are derived."""
    found = []
    for number in range(len(ROWS)):
        try:
            derivation(number)
        except SymderiveError:
            continue
        found.append(number)
    return found


def error(number: int) -> float:
    """The largest relative difference between the derived and the published formula at three points."""
    row, code = ROWS[number], derivation(number).to_numpy()
    spec = {
        name: (tuple(DATA["sizes"][size] for size in shape), row["domains"].get(name, "real"))
        for name, shape in row["shapes"].items()
    }
    worst = 0.0
    for seed in range(3):
        point = draw_all(spec, seed=seed)
        expected = np.asarray(formula(row["published"])(**point))
        value = np.asarray(code(**{one.name: point[one.name] for one in code.program.inputs}))
        assert value.shape == expected.shape, row["eq"]
        worst = max(worst, float(np.max(np.abs(value - expected)) / np.max(np.abs(expected))))
    return worst


def page() -> str:
    """The page in Markdown, with LaTeX for the formulas."""
    ready = covered()
    lines = [
        "# The Matrix Cookbook, derived",
        "",
        f"**{len(ready)} of the {LAST - FIRST + 1} equations {FIRST} to {LAST}**, sections 2.1 to 2.8, are "
        "derived; the others and the reasons stand at the end.",
        "",
        "The equation numbers are those of *The Matrix Cookbook* (K. B. Petersen, M. S. Pedersen, version of "
        "15 November 2012). Each derivative below is what symderive derives from the NumPy expression and "
        "writes as LaTeX. Its code agrees with central differences of the expression (the largest relative "
        "error is given) and with the book's formula at random points.",
        "",
        "`python -m tests.catalogue.cookbook` writes this page anew, and a test compares.",
    ]
    for number in ready:
        title = [name for first, name in SECTIONS if int(ROWS[number]["eq"]) >= first][-1]
        if f"## {title}" not in lines:
            lines += ["", f"## {title}", "", "| eq. | NumPy | derivative | error |", "|---|---|---|---|"]
        lines.append(_line(number))
    lines += ["", "## Not covered", "", "| eq. | why |", "|---|---|"]
    missing = [f"| {row['eq']} | not derived yet |" for n, row in enumerate(ROWS) if n not in ready]
    lines += missing + [f"| {one['eq']} | {one['why']} |" for one in DATA["others"]]
    return "\n".join(lines) + "\n"


def _line(number: int) -> str:
    row, made = ROWS[number], derivation(number)
    formulas = [f"${one.latex()}$" for one in made.results]
    if made.lets:
        formulas.append("where " + ", ".join(f"${one.latex()}$" for one in made.lets))
    note = f" ({row['note']})" if row.get("note") else ""
    call = row["numpy"].partition(": ")[2].replace("|", "\\|")
    typeset = " ".join(formulas).replace("|", r"\vert ")
    exponent = f"{made.check().largest_error:.0e}".replace("e-0", "e-").replace("0e+00", "0")
    return f"| {row['eq']} | `{call}`{note} | {typeset} | {exponent} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
