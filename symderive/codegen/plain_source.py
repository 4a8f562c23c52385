"""The source of a function as people write it in a script: without annotations."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def plain_source(function: Callable[..., Any]) -> str:
    """The source of a function without its annotations; its comments and docstring stay.

    >>> print(plain_source(_example))
    def _example(size):
        \"\"\"The size once more.\"\"\"
        return size
    <BLANKLINE>
    """
    source = textwrap.dedent(inspect.getsource(function))
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    whole = source.encode()

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column

    cuts: list[tuple[int, int]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            begin = place(node.lineno, node.col_offset) + len(node.arg.encode())
            cuts.append((begin, place(node.end_lineno or 0, node.end_col_offset or 0)))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            begin = whole.rindex(b")", 0, place(node.returns.lineno, node.returns.col_offset)) + 1
            cuts.append((begin, place(node.returns.end_lineno or 0, node.returns.end_col_offset or 0)))
    for begin, end in sorted(cuts, reverse=True):
        whole = whole[:begin] + whole[end:]
    return whole.decode()


def _example(size: int) -> int:
    """The size once more."""
    return size
