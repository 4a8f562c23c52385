"""GitHub-flavoured Markdown with formulas between dollar signs."""

from __future__ import annotations

from symderive.solutions.document import Cell, Emph, Math
from symderive.solutions.formats import OutputFormat, raw_filter
from symderive.solutions.markdown_text import code_lines, escape_markdown, fence, markdown_math, math_rows
from symderive.solutions.number_text import read_digits
from symderive.solutions.raw import Raw

_LONG = 90


def _math(math: Math) -> str:
    return f"${markdown_math(math.latex).strip()}$"


def _emphasis(emph: Emph) -> str:
    content = escape_markdown(emph.content.strip())
    if not content:
        return ""
    mark = "**" if emph.strong else "*"
    if content[0].isalnum() and content[-1].isalnum():
        return f"{mark}{content}{mark}"
    tag = "strong" if emph.strong else "em"
    return f"<{tag}>{content}</{tag}>"


def _display(math: Math) -> str:
    """A formula for a display: on several lines where it is long and its printer says how."""
    if math.lines and len(math.latex) > _LONG:
        return f"\\begin{{aligned}}\n{math_rows(math.lines)}\n\\end{{aligned}}"
    return markdown_math(math.latex).strip()


def _cell(cell: Cell) -> str:
    """A cell of a table; a string that reads as a number is set as one."""
    if isinstance(cell, str):
        digits = read_digits(cell)
        return escape_markdown(cell) if digits is None else f"${digits.latex_before}{digits.latex_after}$"
    return "".join(_span(span) for span in cell)


def _span(span: str | Math | Emph) -> str:
    if isinstance(span, Math):
        return _math(span)
    return _emphasis(span) if isinstance(span, Emph) else escape_markdown(span)


FORMAT = OutputFormat(
    name="md",
    suffix=".md",
    template="solution.md.jinja",
    escape=escape_markdown,
    math=_math,
    emphasis=_emphasis,
    filters={
        "bare": raw_filter(_display),
        "cell": raw_filter(_cell),
        "fence": raw_filter(fence),
        "code_lines": lambda source: [Raw(line) for line in code_lines(source)],
    },
)
