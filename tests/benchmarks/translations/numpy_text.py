"""A small interpreter of NumPy lambdas: what stands in the text is handed to the operations of a tool."""

from __future__ import annotations

import ast
import math
from typing import Any

_BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "power", ast.MatMult: "matmul",
}  # fmt: skip
_COMPARISONS = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "=="}
_ELEMENTWISE = {
    "log", "exp", "expm1", "log1p", "sqrt", "tanh", "abs", "expit", "erf", "gammaln", "log_ndtr", "logsumexp",
}  # fmt: skip
_METHODS = {"sum", "mean", "trace", "inv", "det", "norm"}


class NotExpressedError(Exception):
    """The translation does not know how to say this in the objects of the tool."""


def translated(text: str, arrays: dict[str, Any], tool: Any) -> Any:
    """The value of a lambda whose arguments are a tool's arrays."""
    body = ast.parse(text.strip(), mode="eval").body
    if not isinstance(body, ast.Lambda):
        raise NotExpressedError("no lambda")
    return _Reader(tool).read(body.body, dict(arrays))


class _Reader:
    def __init__(self, tool: Any) -> None:
        self.tool = tool

    def read(self, node: ast.expr, names: dict[str, Any]) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.BinOp():
                sides = self.read(node.left, names), self.read(node.right, names)
                return self.binary(_BINARY[type(node.op)], *sides)
            case ast.UnaryOp(op=ast.USub()):
                return self.binary("mul", -1, self.read(node.operand, names))
            case ast.Compare(ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
                sides = self.read(node.left, names), self.read(right, names)
                return self.tool.compare(_COMPARISONS[type(operator)], *sides)
            case ast.Attribute(value=inner, attr="T"):
                return self.tool.transpose(self.read(inner, names))
            case ast.Attribute(value=ast.Name(id="np"), attr="pi"):
                return self.tool.pi
            case ast.Subscript(
                value=ast.Attribute(value=inner, attr="shape"), slice=ast.Constant(value=axis)
            ):
                return self.tool.size(self.read(inner, names), axis)
            case ast.Subscript(value=ast.Call(func=function, args=[inner])) if _name(function) == "slogdet":
                return self.tool.logdet(self.read(inner, names))
            case ast.Call():
                return self.call(node, names)
        raise NotExpressedError(ast.unparse(node)[:60])

    def binary(self, name: str, left: Any, right: Any) -> Any:
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return {"add": left + right, "sub": left - right, "mul": left * right,
                    "div": left / right if right else math.nan, "power": left**right}[name]  # fmt: skip
        return getattr(self.tool, name)(left, right)

    def call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        if isinstance(node.func, ast.Lambda):
            own = [one.arg for one in node.func.args.args]
            given = [self.read(one, names) for one in node.args]
            return self.read(node.func.body, {**names, **dict(zip(own, given, strict=True))})
        name = _name(node.func)
        options = {one.arg: ast.literal_eval(one.value) for one in node.keywords}
        if isinstance(node.func, ast.Attribute) and _root(node.func) not in ("np", "sc"):
            options |= dict(zip(("axis",), map(ast.literal_eval, node.args), strict=False))
            given = [self.read(node.func.value, names)]
        else:
            given = [self.read(one, names) for one in node.args]
        if name in _METHODS:
            return getattr(self.tool, {"sum": "total"}.get(name, name))(*given, **options)
        if name in _ELEMENTWISE and len(given) == 1 and not options:
            return self.tool.apply(name, self.tool.number(given[0]))
        if name == "logaddexp" and given[0] == 0:
            return self.tool.apply("softplus", given[1])
        if name == "maximum" and given[0] == 0:
            return self.tool.apply("relu", given[1])
        if name == "where":
            return self.tool.where(*given)
        raise NotExpressedError(f"the function {name}")


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _root(function: ast.expr) -> str:
    while isinstance(function, ast.Attribute):
        function = function.value
    return getattr(function, "id", "")
