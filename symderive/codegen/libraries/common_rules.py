"""Rules that several libraries share, made from the names that they have for the same things."""

from __future__ import annotations

import ast
from dataclasses import replace

from symderive.codegen.libraries.record import Call, Rule


def is_mask(node: ast.expr) -> bool:
    """Whether code gives truth values: a comparison, or several with `&`, `|`, `~`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return is_mask(node.left) and is_mask(node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return is_mask(node.operand)
    return isinstance(node, ast.Compare)


def condition(call: Call) -> str:
    """The first argument as truth values: an array of ones and zeros is compared with 0."""
    return call.args[0] if is_mask(call.nodes[0]) else f"{call.atoms[0]} != 0"


def chosen(name: str, cast: str, one: str) -> Rule:
    """`np.where`: numbers alone would get the type of the machine; a mask of ones and zeros is converted.

    Args:
        name: of the function.
        cast: how an array is converted, such as `.astype({dtype})`.
        one: how a single comparison becomes an array, such as `np.asarray({0}, dtype={dtype})`.
    """

    def rule(call: Call) -> str:
        converted = cast.format(dtype=call.dtype, source=call.source)
        if call.args[1:] == ("1.0", "0.0"):
            if call.single[0]:
                return one.format(*call.args, dtype=call.dtype, source=call.source)
            return call.atoms[0] + converted
        if name != "np.where":
            call = replace(call, args=(condition(call), *call.args[1:]))
        return call.written(name) + (converted if all(call.scalars[1:]) else "")

    return rule


def counted(name: str, dtype: str) -> Rule:
    """`np.sum`; the number of places where something holds is a float of the right type.

    Args:
        name: of the function.
        dtype: the type, such as `{source}.dtype`.
    """

    def rule(call: Call) -> str:
        if not isinstance(call.nodes[0], ast.Compare):
            return call.written(name)
        return call.written(name, dtype=dtype.format(dtype=call.dtype, source=call.source))

    return rule


def bounded(clip: str, end: str, name: str) -> Rule:
    """`np.maximum` and `np.minimum` of a number and an array, as `clip(array, min=number)`.

    Args:
        clip: the function that takes a number.
        end: the bound that it sets, `min` or `max`.
        name: the function of two arrays, or of two numbers.
    """

    def rule(call: Call) -> str:
        if call.scalars[0] == call.scalars[1]:
            return call.written(name)
        number, array = call.args if call.scalars[0] else call.args[::-1]
        return f"{clip}({array}, {end}={number})"

    return rule
