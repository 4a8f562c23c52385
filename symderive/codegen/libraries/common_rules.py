"""Rules that several libraries share, made from the names that they have for the same things."""

from __future__ import annotations

import ast

from symderive.codegen.libraries.record import Call, Rule


def chosen(name: str, cast: str) -> Rule:
    """`np.where`: numbers alone would get the type of the machine; a mask of ones and zeros is converted.

    Args:
        name: of the function.
        cast: how an array is converted, such as `.astype({dtype})`.
    """

    def rule(call: Call) -> str:
        converted = cast.format(dtype=call.dtype, source=call.source)
        if call.args[1:] == ("1.0", "0.0"):
            return call.atoms[0] + converted
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
