"""Which slope is taken at a kink: the same formula with functions that differ only there."""

from __future__ import annotations

from typing import Any

import sympy

from symderive.core.identity import with_args
from symderive.core.nodes import Tensor, TensorNode
from symderive.core.program import Definition
from symderive.errors import SymderiveError
from symderive.functions.kinked import absolute, larger, relu, smaller
from symderive.functions.one_sided import (
    absolute_from_left,
    absolute_from_right,
    relu_from_right,
    relu_halfway,
)
from symderive.language.array import Array, define
from symderive.language.fingerprints import fingerprint, structure
from symderive.language.programs import ordered

_NAMES: dict[Any, str] = {0: "left", 0.5: "middle", 1: "right"}
_RELU: dict[str, type[relu]] = {"left": relu, "middle": relu_halfway, "right": relu_from_right}
_ABSOLUTE: dict[str, type[absolute]] = {
    "left": absolute_from_left, "middle": absolute, "right": absolute_from_right,
}  # fmt: skip


def with_slope_at_kinks(loss: Array, choice: str | float | None) -> Array:
    """The same formula with a chosen slope at the kinks of relu, |x|, max and min of two numbers.

    Args:
        loss: a symbolic array.
        choice: `"zero"` (the default: 0 where 0 is a subgradient), `"left"`, `"middle"` or `"right"`; or the
            share of the slope from the right: 0, 0.5 or 1. relu has the slopes 0 and 1 at its kink, |x| has
            −1 and 1, and max(x, y) those of y + relu(x − y). By default max(x, y) takes the slope of y at
            x = y and min(x, y) that of x, so that max(x, x) has the slope of x. Of a maximum or minimum over
            an axis the mean over the places where it is attained is taken, whatever the choice.

    Raises:
        SymderiveError: another choice.

    >>> from symderive.language.declaring import array
    >>> import numpy as np
    >>> with_slope_at_kinks(np.abs(array("x")), "right").definition.body
    absolute_from_right(x)
    """
    if choice is None or choice == "zero":
        return loss
    side = choice if isinstance(choice, str) else _NAMES.get(choice)
    if side not in _RELU or isinstance(choice, bool):
        raise SymderiveError(
            f"subgradient={choice!r}: choose the slope at a kink by name, zero, left, middle or right, "
            "or by the share of the slope from the right: 0, 0.5 or 1."
        )
    new: dict[str, Array] = {}
    tensors: dict[Tensor, Tensor] = {}
    for node in ordered(loss):
        made = node.definition
        body = None if made is None else _chosen(made.body, side, tensors)
        if made is None or body is None or (body == made.body):
            new[node.name] = node
            continue
        operands = tuple(new[one.name] for one in node.operands)
        new[node.name] = _again(node, made, body, operands)
        tensors[node.tensor] = new[node.name].tensor
    return new[loss.name]


def _again(node: Array, made: Definition, body: sympy.Expr, operands: tuple[Array, ...]) -> Array:
    if not made.pinned:
        return define(made.indices, body, operands, node.tensor.domain)
    digest = fingerprint(node.digest, structure(body), tuple(one.digest for one in operands))
    return Array(node.tensor, Definition(node.tensor, made.indices, body, pinned=True), operands, digest)


def _chosen(expr: sympy.Expr, side: str, tensors: dict[Tensor, Tensor]) -> sympy.Expr:
    if isinstance(expr, TensorNode):
        tensor = tensors.get(expr.tensor)
        return expr if tensor is None else expr.func(tensor, *expr.axes)
    if not expr.args:
        return expr
    inner = with_args(expr, [_chosen(arg, side, tensors) for arg in expr.args])
    if isinstance(inner, relu):
        return _RELU[side](*inner.args)
    if isinstance(inner, absolute):
        return _ABSOLUTE[side](*inner.args)
    if isinstance(inner, larger):
        x, y = inner.args
        return y + _RELU[side](x - y)
    if isinstance(inner, smaller):
        x, y = inner.args
        return x - _RELU[side](x - y)
    return inner
