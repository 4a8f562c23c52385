"""Shapes as text: `n,d`, `n d`, `n,n:spd`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import sympy

from symderive.core.dims import Size, as_size
from symderive.errors import SymderiveError
from symderive.language.array import Array
from symderive.language.declaring import array
from symderive.language.syntax import Text

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip


def declared(name: str, shape: Any) -> Array:
    """The array that a shape declares: text, sizes, or a symbolic array itself.

    Raises:
        SymderiveError: not a list of sizes.

    >>> declared("X", "n, d").shape == declared("X", "n d").shape
    True
    """
    if isinstance(shape, Array):
        return shape
    if not isinstance(shape, str):
        return array(name, *(shape if isinstance(shape, (tuple, list)) else (shape,)))
    sizes, _, domain = shape.partition(":")
    words = sizes.split()
    if len(words) > 1 and all(word.isidentifier() or word.isdigit() for word in words):
        sizes = ",".join(words)  # blanks between sizes, as in sd.dims("n d")
    if sizes.strip() in ("", "()"):
        return array(name, domain=domain.strip() or "real")
    tree = Text(sizes, f"the shape of {name}").expression
    parts = tree.elts if isinstance(tree, ast.Tuple) else [tree]
    return array(name, *(_size(part, sizes, name) for part in parts), domain=domain.strip() or "real")


def _size(node: ast.expr | None, text: str, name: str) -> Size:
    if isinstance(node, ast.Name):
        return as_size(node.id, f"the shape of {name}")
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return as_size(node.value, f"the shape of {name}")
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _plain_size(node.left, text, name), _plain_size(node.right, text, name)
        return as_size(_OPERATORS[type(node.op)](left, right), f"the shape of {name}")
    example = 'write for example "n,d" or "n,d:spd"'
    raise SymderiveError(f'the shape of {name}: "{text}" is not a list of sizes; {example}.')


def _plain_size(node: ast.expr, text: str, name: str) -> sympy.Expr:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return sympy.Integer(node.value)
    return _size(node, text, name)
