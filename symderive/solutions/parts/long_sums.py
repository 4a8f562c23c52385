"""A long sum in LaTeX on several lines, none of which ends inside a bracket."""

from __future__ import annotations

import re
from collections.abc import Iterator

from symderive.solutions import document as doc

LONG = 90
"""A longer formula is set on several lines."""
_TOKEN = re.compile(r"\\left|\\right|[{}]| [+-] ")
_DEPTHS = {r"\left": 1, "{": 1, r"\right": -1, "}": -1}


def sum_math(latex: str, plain: str, longest: int = LONG) -> doc.Math:
    """A formula, with lines where its text is long."""
    return doc.Math(latex, plain, tuple(_lines(latex)) if len(plain) > longest else ())


def _lines(latex: str) -> Iterator[str]:
    """Two terms on each line."""
    terms = list(terms_of(latex))
    for place in range(0, len(terms), 2):
        yield ("& " if not place else r"&\quad ") + " ".join(terms[place : place + 2])


def terms_of(latex: str) -> Iterator[str]:
    r"""The terms of a sum, each with its sign.

    >>> list(terms_of(r"a + \left(b - c\right) \cdot d - e_{1 + i}"))
    ['a', '+ \\left(b - c\\right) \\cdot d', '- e_{1 + i}']
    """
    depth, begin = 0, 0
    for token in _TOKEN.finditer(latex):
        depth += _DEPTHS.get(token.group(), 0)
        if token.group() not in _DEPTHS and depth == 0:
            yield latex[begin : token.start()].strip()
            begin = token.start()
    yield latex[begin:].strip()
