"""Quantities as people write them: `macs`, `3 · flops / (6 · params)`, `macs <= 1e9`; never evaluated."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import sympy

from symderive.errors import SymderiveError
from symderive.language.syntax import Text

Lookup = Callable[[str], sympy.Expr | None]
"""What a name stands for; None where it stands for nothing."""
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_RELATIONS: dict[type[ast.cmpop], str] = {ast.LtE: "≤", ast.Lt: "<"}
_SIGNS = str.maketrans({"·": "*", "×": "*", "−": "-", "≤": "<=", "^": "**"})
_GROUPS = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?![\d,])")
_PREFIXES = {"k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15}
_PREFIXED = re.compile(rf"(?<![\w.])(\d[\d_]*(?:\.\d+)?)\s*([{''.join(_PREFIXES)}])B?(?!\w)")
_BINARY = re.compile(rf"(?<![\w.])(\d[\d_]*(?:\.\d+)?)\s*([{''.join(_PREFIXES)}])iB?(?!\w)")
_MOST_DIGITS = 400
_HIGHEST_POWERS = {True: 64, False: 8}
"""Of a number, and of something with sizes in it."""


@dataclass(frozen=True)
class Budget:
    """What a quantity may be at most.

    Attributes:
        quantity: the left side, as it was written.
        expr: the left side in sizes.
        limit: the number on the right.
        is_strict: whether the number itself is too much.
    """

    quantity: str
    expr: sympy.Expr
    limit: sympy.Rational
    is_strict: bool


def read_terms(text: str, lookup: Lookup) -> sympy.Expr:
    """The meaning of a text made of names, numbers, `+ - * / **` and brackets.

    Args:
        text: as in `3 * flops / (6 * params * B * T)`; also `·`, `×`, `−`, `^`, `1,000,000`, `1e9`, `10 G`,
            `80 GB` and `16 GiB`.
        lookup: what each name stands for.

    Raises:
        SymderiveError: something else in the text, or a name that stands for nothing.

    >>> read_terms("2 * n ** 2 + 1e3", {"n": sympy.Symbol("n")}.get)
    2*n**2 + 1000
    """
    written = Text(_plain(text), "a quantity")
    return _meaning(_expression(written), written, lookup)


def read_budget(text: str, lookup: Lookup) -> Budget:
    """A quantity, `<=` or `<`, and a number.

    Raises:
        SymderiveError: something else, or a name that stands for nothing.

    >>> read_budget("macs <= 1.5 G", {"macs": sympy.Symbol("n")}.get).limit
    1500000000
    >>> read_budget("n <= 16 GiB", {"n": sympy.Symbol("n")}.get).limit
    17179869184
    """
    written = Text(_plain(text), "a budget")
    node = _expression(written)
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or type(node.ops[0]) not in _RELATIONS:
        raise SymderiveError(
            f'reading the budget "{text[:60]}": it needs one <= or <; write for example "macs <= 1e9".'
        )
    limit = _meaning(node.comparators[0], written, lambda name: None)
    quantity = ast.get_source_segment(written.source, node.left) or ""
    return Budget(
        " ".join(quantity.split()),
        _meaning(node.left, written, lookup),
        limit,
        _RELATIONS[type(node.ops[0])] == "<",
    )


def _plain(text: str) -> str:
    """The text with Python's signs, numbers without groups and with their power of ten."""
    if not isinstance(text, str):
        return text
    grouped = _GROUPS.sub(lambda found: found.group().replace(",", ""), text.translate(_SIGNS))
    binary = _BINARY.sub(lambda found: f"({found[1]} * 2**{10 * _PREFIXES[found[2]] // 3})", grouped)
    return _PREFIXED.sub(lambda found: f"{found[1]}e{_PREFIXES[found[2]]}", binary)


def _expression(written: Text) -> ast.expr:
    if written.expression is None:
        raise SymderiveError(f"reading {written.what}: it is no expression; write for example 2 * macs.")
    return written.expression


def _meaning(node: ast.expr, written: Text, lookup: Lookup) -> sympy.Expr:
    if isinstance(node, ast.Constant):
        return _number(node, written)
    if isinstance(node, ast.Name):
        found = lookup(node.id)
        if found is None:
            raise written.error(node, "a number is needed here, with no names in it.")
        return found
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_meaning(node.operand, written, lookup)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        base, power = (_meaning(one, written, lookup) for one in (node.left, node.right))
        highest = _HIGHEST_POWERS[base.is_number]
        if not (power.is_Integer and abs(power) <= highest) or (base == 0 and power < 0):
            raise written.error(node.right, f"a power here is a whole number up to {highest}.")
        return base**power
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = (_meaning(one, written, lookup) for one in (node.left, node.right))
        if isinstance(node.op, ast.Div) and right == 0:
            raise written.error(node.right, "this is 0, and nothing is divided by it.")
        return _OPERATIONS[type(node.op)](left, right)
    raise written.error(node, "only names, numbers, + - * / ** and brackets can stand here.")


def _number(node: ast.Constant, written: Text) -> sympy.Rational:
    """A number exactly as it is written: 1e9 is whole."""
    digits = (ast.get_source_segment(written.source, node) or "").replace("_", "")
    try:
        exact = Decimal(digits)
    except InvalidOperation:
        raise written.error(node, "write a number with digits, as in 1e9 or 1_000_000.") from None
    if exact and abs(exact.adjusted()) > _MOST_DIGITS:
        raise written.error(node, f"numbers have at most {_MOST_DIGITS} digits.")
    ratio = Fraction(exact)
    return sympy.Rational(ratio.numerator, ratio.denominator)
