"""Plain text and formulas as GitHub-flavoured Markdown that shows them literally."""

from __future__ import annotations

import re

from symderive.solutions.visible_text import visible

_SPACES = re.compile(r"[ \t\n\r\f\v\u0085\u2028\u2029]+")
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&]|:(?=[\w+-]+:)|@(?=\w)")
_LEADING = re.compile(r"[-+=]|\d+(?=[.)])")
_SYNTAX = {
    r"\,": r"\thinspace ", r"\:": r"\medspace ", r"\;": r"\thickspace ", r"\!": r"\negthinspace ", r"\{":
    r"\lbrace ",
    r"\}": r"\rbrace ", r"\|": r"\Vert ", "|": r"\vert ", "<": r"\lt ", ">": r"\gt ", "*": r"\ast ",
    r"\bm": r"\boldsymbol",
}  # fmt: skip
_MATH_SYNTAX = re.compile(r"\\\\|\\bm(?![A-Za-z])|\\[,:;!{}|]|[|<>*]")


def escape_markdown(text: str) -> str:
    r"""Text as Markdown that shows just this text.

    Runs of white space are one space; control and invisible characters are shown as their code points.

    Args:
        text: Any text.

    Returns:
        One line of Markdown.

    >>> escape_markdown("a_b *c* $5 <i> | 1. x")
    'a\\_b \\*c\\* <span>$</span>5 \\<i\\> \\| 1. x'
    >>> escape_markdown("1. x")
    '1\\. x'
    """
    line = _SPACES.sub(" ", text)
    shown = "".join(map(visible, line))
    escaped = _ACTIVE.sub(lambda found: _escaped(found[0]), shown).replace("$", "<span>$</span>")
    leading = _LEADING.match(escaped)
    if leading is None:
        return escaped
    digits = leading[0] if leading[0].isdigit() else ""
    return digits + "\\" + escaped[len(digits) :]


def markdown_math(latex: str) -> str:
    r"""LaTeX mathematics without what Markdown would act on inside a formula.

    A backslash before punctuation, a bar in a table cell or two stars would be taken by Markdown before the
    formula is
    typeset; each is replaced by a command that means the same.

    Args:
        latex: A formula.

    Returns:
        The formula in letters-only commands.

    >>> markdown_math(r"\left\{x \,\middle|\, \bm{y}^* < 1\right\}")
    '\\left\\lbrace x \\thinspace \\middle\\vert \\thinspace  \\boldsymbol{y}^\\ast  \\lt  1\\right\\rbrace '
    """
    one_line = _SPACES.sub(" ", latex)
    return _MATH_SYNTAX.sub(lambda found: _SYNTAX.get(found[0], found[0]), one_line)


def math_rows(rows: tuple[str, ...]) -> str:
    r"""The rows of a long formula, each on a line that Markdown cannot take for a list or a heading.

    >>> print(math_rows(("f &= a", "- b")))
    f &= a \\
    {}- b
    """
    safe = (markdown_math(row).strip() for row in rows)
    return " \\\\\n".join(
        row if row[:1].isalpha() or row[:1] in ("\\", "{", "&") else "{}" + row for row in safe
    )


def fence(source: str) -> str:
    """A fence of backticks longer than any in the source.

    >>> fence("a ``` b")
    '````'
    """
    runs = [len(run) for run in re.findall(r"`+", source)]
    return "`" * max(3, 1 + max(runs, default=0))


def code_lines(source: str) -> list[str]:
    r"""The lines of code for a fenced block, with characters that a terminal would act on made visible.

    >>> code_lines("a\tb")
    ['a    b']
    """
    lines = source.expandtabs(4).rstrip("\n").split("\n")
    return ["".join(map(visible, line.rstrip("\r"))) for line in lines]


def _escaped(character: str) -> str:
    """A backslash before punctuation, but an entity for what GitHub acts on in spite of one."""
    return {"@": "&#64;", ":": "&#58;"}.get(character, "\\" + character)
