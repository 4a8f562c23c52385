"""Generated source as functions: the one place where code is run.

Only source that this package has written comes here; a user's text never does. Before it is run it is looked
through: a name that it neither defines nor imports, but for a few of Python's own functions, and whatever has
two underscores in front are refused, so that a name which slipped into it runs nothing.
"""

from __future__ import annotations

import ast
from typing import Any

from symderive.errors import InternalError

_OWN = frozenset([
    "SystemExit", "__name__", "abs", "all", "bool", "dict", "enumerate", "float", "getattr", "hasattr", "int",
    "len", "map", "max", "min", "print", "range", "slice", "str", "sum", "tuple", "zip",
])  # fmt: skip


def loaded(source: str, title: str) -> dict[str, Any]:
    r"""What generated code defines, by name.

    Args:
        source: of a module with functions.
        title: what it is, for messages and tracebacks.

    Raises:
        InternalError: it reads a name that it does not define.
        ImportError: a library that it imports is not installed.

    >>> loaded("def double(x):\n    return 2 * x\n", "double")["double"](21)
    42
    >>> loaded("def double(x):\n    return factor * x\n", "double")
    Traceback (most recent call last):
    ...
    symderive.errors.InternalError: the code of double reads factor, which it does not define; it was not run.
    """
    tree = ast.parse(source)
    if unknown := _unknown(tree):
        raise InternalError(
            f"the code of {title} reads {', '.join(unknown)}, which it does not define; it was not run."
        )
    space: dict[str, Any] = {"__name__": "derived"}
    exec(compile(tree, f"<{title}>", "exec"), space)  # noqa: S102 -- our text, looked through above
    return space


def _unknown(tree: ast.Module) -> list[str]:
    """The names that are read without being known, in the order of the alphabet."""
    known, read = set(_OWN), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else known).add(node.id)
        elif isinstance(node, ast.Attribute) and node.attr.startswith("__"):
            read.add(node.attr)
        elif isinstance(node, ast.FunctionDef):
            known.add(node.name)
        elif isinstance(node, ast.arg):
            known.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            known.update((one.asname or one.name).partition(".")[0] for one in node.names)
    return sorted(read - known)
