"""LaTeX source, for the base packages of any TeX distribution."""

from __future__ import annotations

from symderive.solutions.document import Math
from symderive.solutions.formats import Delimiters, OutputFormat, raw_filter
from symderive.solutions.latex_tables import cell_latex, table_parts
from symderive.solutions.latex_text import emphasis_latex, escape_latex, math_latex, wrap_code
from symderive.solutions.raw import Raw


def _display(math: Math) -> str:
    """A formula without its inline delimiters, for the commands that typeset displays."""
    return math.latex


def _aligned(math: Math, position: str = "c") -> str:
    """The rows of a long formula as an `aligned`, or nothing where it has none."""
    if not math.lines:
        return ""
    rows = r" \\ ".join(math.lines)
    return rf"\begin{{aligned}}[{position}]{rows}\end{{aligned}}"


FORMAT = OutputFormat(
    name="tex",
    suffix=".tex",
    template="solution.tex.jinja",
    escape=escape_latex,
    math=math_latex,
    emphasis=emphasis_latex,
    filters={
        "bare": raw_filter(_display),
        "aligned": raw_filter(_aligned),
        "cell": raw_filter(cell_latex),
        "parts": table_parts,
        "code_lines": lambda source: [Raw(line) for line in wrap_code(source)],
    },
    delimiters=Delimiters((r"\VAR{", "}"), (r"\BLOCK{", "}"), (r"\#{", "}")),
)
