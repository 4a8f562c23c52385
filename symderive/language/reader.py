"""What the syntax of a formula means: a function per kind of syntax, everything else refused."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import sympy

from symderive.errors import SymderiveError, did_you_mean
from symderive.language import logic, picked
from symderive.language.allowed import (
    ATTRIBUTES,
    CONSTANTS,
    METHODS,
    MODULES,
    SUBMODULES,
    Function,
    Module,
    functions,
)
from symderive.language.array import Array, as_array
from symderive.language.indexing import take
from symderive.language.numbers import number
from symderive.language.picked import Picked, Position
from symderive.language.syntax import Text

BITS = 4096  # of a number
MOST_STEPS = 20_000  # pieces of syntax that are read, with repetition
LONGEST_LOOP = 200  # of a loop over numbers
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.MatMult: operator.matmul, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}  # fmt: skip
_COMPARISONS: dict[type, str] = {
    ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal", ast.Eq: "equal",
    ast.NotEq: "not_equal",
}  # fmt: skip
_LOGIC = (ast.BitAnd, ast.BitOr, ast.BitXor)


class Reader:
    """Reads one text; final.

    Attributes:
        text: the text with its syntax tree.
        arrays: the declared arrays by name.
        names: what names inside the text mean: arguments of a lambda, assigned results, indices of sums.
        used: the declared arrays that were read.
        calls: how many functions of the text are being called inside one another.
    """

    def __init__(
        self, text: Text, arrays: Mapping[str, Array], names: Mapping[str, Any] | None = None
    ) -> None:
        self.text, self.arrays, self.names = text, arrays, dict(names or {})
        self.used: set[str] = set()
        self._steps, self.calls = [0], [0]

    def inside(self, names: Mapping[str, Any]) -> Reader:
        """A reader of the same text in which further names have a meaning."""
        inner = Reader(self.text, self.arrays, {**self.names, **names})
        inner.used, inner._steps, inner.calls = self.used, self._steps, self.calls
        return inner

    def error(self, node: ast.AST, message: str) -> SymderiveError:
        """An error that points at the place in the text."""
        return self.text.error(node, message)

    def read(self, node: ast.expr) -> Any:
        """The meaning of a piece of syntax."""
        self._steps[0] += 1
        if self._steps[0] > MOST_STEPS:
            raise self.error(node, f"more than {MOST_STEPS} operations are asked for")
        reader = self._READERS.get(type(node))
        if reader is None:
            what = _KINDS.get(type(node), f"this syntax ({type(node).__name__})")
            raise self.error(node, f"{what} cannot stand in a formula{_INSTEAD.get(type(node), '')}")
        return reader(self, node)

    def as_result(self, value: Any, node: ast.AST) -> Array:
        """The array that the whole text means."""
        if isinstance(value, (Module, Function)):
            raise self.error(node, "this is a module or a function, not an array")
        if isinstance(value, Picked) and value.mask is not None:
            raise self.error(node, "rows that a condition picks have no fixed number; sum or average them")
        if isinstance(value, (Picked, Position)):
            raise self.error(node, "this depends on the index of a sum")
        return self.checked(node, as_array, value, "the formula")

    def checked(self, node: ast.AST, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Apply a function; its errors get the place in the text."""
        try:
            value = function(*args, **kwargs)
        except SymderiveError as error:
            if str(error).startswith(f"reading {self.text.what}"):
                raise
            raise self.text.error(node, str(error), type(error)) from None
        except (TypeError, ValueError, ArithmeticError, AttributeError, IndexError) as error:
            raise self.error(node, f"this does not fit together: {error}") from None
        return self.bounded(node, value)

    def bounded(self, node: ast.AST, value: Any) -> Any:
        """A value whose numbers are not too long."""
        if isinstance(value, sympy.Expr):
            if not value.is_finite and value.is_number:
                raise self.error(node, "this has no finite value")
            for part in value.atoms(sympy.Rational):
                if max(int(part.p).bit_length(), int(part.q).bit_length()) > BITS:
                    raise self.error(node, "this number is too long")
        return value

    def constant(self, node: ast.Constant) -> Any:
        """A number, text (of `einsum`), True, False, None or an ellipsis."""
        value = node.value
        if value is None or value is Ellipsis or isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            if value.bit_length() > BITS:
                raise self.error(node, "this number is too long")
            return value
        if isinstance(value, float):
            return self.checked(node, number, value)
        raise self.error(node, f"a {type(value).__name__} cannot stand in a formula")

    def sizes(self) -> dict[str, Any]:
        """The symbolic sizes of the arrays by name."""
        found = {part for one in self.arrays.values() for size in one.shape for part in size.free_symbols}
        return {str(symbol): symbol for symbol in sorted(found, key=str)}

    def name(self, node: ast.Name) -> Any:
        """A name of the text, an array, a size, a module, a function or a constant."""
        if node.id in self.names:
            return self.names[node.id]
        if node.id in self.arrays:
            self.used.add(node.id)
            return self.arrays[node.id]
        if node.id in MODULES:
            return Module(MODULES[node.id])
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        sizes = self.sizes()
        if node.id in sizes:
            return sizes[node.id]
        if node.id in functions():
            return functions()[node.id]
        if node.id == "range":
            raise self.error(node, "range can only stand behind `for … in`")
        near = self.nearest(node.id, sizes).rstrip(".")
        advice = near or f"; declare an array with its shape, for example {node.id}=n"
        raise self.error(node, f"unknown name {node.id}{advice}")

    def nearest(self, name: str, sizes: Mapping[str, Any]) -> str:
        """The end of a sentence that names the nearest known name, where one is near enough to be meant."""
        own = [*self.names, *self.arrays, *sizes]
        bare = [one for one in functions() if "." not in one] if len(name) > 2 else []
        close = did_you_mean(name, own)
        return close if close != "." else did_you_mean(name, bare)

    def attribute(self, node: ast.Attribute) -> Any:
        """`np.exp`, `X.T`, `X.shape`, `X.sum`."""
        value = self.read(node.value)
        if isinstance(value, Module):
            return self.member(node, f"{value.path}.{node.attr}")
        if not isinstance(value, (Array, Picked)):
            raise self.error(node, f'only arrays and modules have parts; "{node.attr}" is none')
        if node.attr in METHODS:
            if isinstance(value, Picked):
                return Function(
                    node.attr, lambda *args, **named: self.apply(node.attr, (value, *args), named)
                )
            return Function(node.attr, lambda *args, **named: self.method(value, node.attr, args, named))
        if node.attr in ATTRIBUTES:
            if isinstance(value, Picked) and node.attr == "T":
                return picked.turned(value)
            return self.checked(node, getattr, value, node.attr)
        close = did_you_mean(node.attr, [*ATTRIBUTES, *METHODS]).rstrip(".")
        if node.attr in functions():
            close = f"; write {node.attr}(…)"
        raise self.error(node, f'arrays have no "{node.attr}"{close}')

    def method(self, value: Array, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A method of an array; an argument may depend on the index of a sum."""
        if any(isinstance(one, Picked) for one in args):
            return self.apply(name, (value, *args), named)
        return getattr(value, name)(*args, **named)

    def member(self, node: ast.Attribute, path: str) -> Any:
        """A function, constant or submodule by its full name."""
        if path in SUBMODULES:
            return Module(path)
        if path in CONSTANTS:
            return CONSTANTS[path]
        if path in functions():
            return functions()[path]
        module = path.rpartition(".")[0]
        known = {name.rpartition(".")[2] for name in functions() if name.rpartition(".")[0] == module}
        close = did_you_mean(path.rpartition(".")[2], known).replace(' "', f' "{module}.').rstrip(".")
        raise self.error(node, f"{path} is not supported{close}")

    def call(self, node: ast.Call) -> Any:
        """A call of a function or method of the white list, or of a lambda or function of the text."""
        if self.is_python_sum(node):
            return self.python_sum(node)
        function = self.read(node.func)
        if not isinstance(function, Function):
            raise self.error(node.func, "this is not a function")
        loose = [one for one in node.keywords if one.arg is None]
        if loose or any(isinstance(arg, ast.Starred) for arg in node.args):
            raise self.error(node, "* and ** cannot stand in a call")
        args = tuple(self.argument(arg, function) for arg in node.args)
        named = {str(one.arg): self.operand(one.value) for one in node.keywords}
        moving = any(isinstance(one, (Picked, Position)) for one in (*args, *named.values()))
        if moving and function.name != _LOCAL:
            return self.checked(node, self.apply, function.short, args, named)
        return self.checked(node, function.call, *args, **named)

    def argument(self, node: ast.expr, function: Function) -> Any:
        """An argument of a call; a generator only where Python's function takes one."""
        if isinstance(node, ast.GeneratorExp):
            raise self.error(node, f"{function.short} takes no generator; write a list [… for …], or sum(…)")
        if isinstance(node, ast.ListComp):
            return self.comprehension(node)
        return self.operand(node)

    def apply(self, name: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """A function of arrays that depend on the index of a sum."""
        if any(isinstance(one, Position) for one in args):
            raise SymderiveError(f"{name}: the index of a sum can only stand in brackets, as in X[i].")
        if name in ("matmul", "dot") and len(args) == 2 and not named:
            return picked.matmul(*args)
        if name == "len" and isinstance(args[0], Picked):
            mask = args[0].mask
            return args[0].shape[0] if mask is None else picked.reduce("sum", mask)
        if name == "transpose" and len(args) == 1:
            return picked.turned(args[0])
        if name in picked.REDUCTIONS:
            axis = named.get("axis", args[1] if len(args) > 1 else None)
            if set(named) - {"axis", "keepdims"} or len(args) > 2:
                raise SymderiveError(f"{name}: only the arguments axis and keepdims can stand inside a sum.")
            return picked.reduce(name, args[0], axis, bool(named.get("keepdims", False)))
        if name == "norm" and len(args) == 1 and not named:
            squares = picked.reduce("sum", picked.elementwise(lambda x: x * x, args[0]))
            return picked.plain(picked.elementwise(functions()["sqrt"].call, squares))
        if named or name not in _elementwise_names():
            raise SymderiveError(f"{name}: not known for arrays that depend on the index of a sum.")
        return picked.plain(picked.elementwise(functions()[name].call, *args))

    def operand(self, node: ast.expr) -> Any:
        """A value that can be calculated with or handed to a function."""
        value = self.read(node)
        if isinstance(value, (Module, Function)):
            raise self.error(node, "this is a module or a function, not an array")
        return value

    def binary(self, node: ast.BinOp) -> Any:
        """`+ - * / ** @`, and `& | ^` of conditions."""
        operation = _OPERATORS.get(type(node.op))
        if operation is None:
            raise self.error(node, f"the operator {type(node.op).__name__} is not supported")
        return self.joined(node, operation, self.operand(node.left), self.operand(node.right))

    def joined(self, node: ast.AST, operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        """Two values joined by an operator."""
        if operation is operator.xor and not (_is_condition(left) and _is_condition(right)):
            raise self.error(node, "^ is not a power in Python; write **")
        if isinstance(left, (Picked, Position)) or isinstance(right, (Picked, Position)):
            if operation is operator.matmul:
                return self.checked(node, picked.matmul, left, right)
            return picked.plain(self.checked(node, picked.elementwise, operation, left, right))
        if isinstance(left, Array) or isinstance(right, Array) or operation is operator.matmul:
            if operation in (operator.and_, operator.or_, operator.xor):
                return self.checked(node, operation, left, right)
            symbol = "elementwise operation"
            return self.checked(node, lambda: operation(as_array(left, symbol), as_array(right, symbol)))
        if isinstance(left, tuple) and isinstance(right, tuple) and operation is operator.add:
            return left + right
        first, second = self.scalar(node, left), self.scalar(node, right)
        if operation is operator.pow:
            self.refuse_long_power(node, first, second)
        if operation is operator.truediv and second == 0:
            raise self.error(node, "dividing by the number 0")
        return self.checked(node, operation, first, second)

    def scalar(self, node: ast.AST, value: Any) -> sympy.Expr:
        """A number or an expression in sizes."""
        expr = self.checked(node, number, value)
        if expr is None:
            raise self.error(node, f"a {type(value).__name__} cannot be calculated with")
        return expr

    def refuse_long_power(self, node: ast.AST, base: sympy.Expr, exponent: sympy.Expr) -> None:
        """Stop before a power of numbers fills the memory."""
        if not (base.is_number and exponent.is_number):
            return
        rationals = base.atoms(sympy.Rational)
        digits = max((int(one.p).bit_length() + int(one.q).bit_length() for one in rationals), default=2)
        if exponent.has(sympy.I) or abs(exponent) > BITS or digits * abs(exponent) > 2 * BITS:
            raise self.error(node, "this power of numbers is too large")

    def unary(self, node: ast.UnaryOp) -> Any:
        """`-x`, `+x`, and `~x` of a condition."""
        if isinstance(node.op, ast.Not):
            raise self.error(node, "`not` needs one truth value; of arrays write ~(x > 0)")
        value = self.operand(node.operand)
        if isinstance(value, (Picked, Position)):
            turn = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert}[
                type(node.op)
            ]
            return picked.plain(self.checked(node, picked.elementwise, turn, value))
        if isinstance(node.op, ast.Invert):
            if not isinstance(value, Array):
                raise self.error(node, "~ needs a condition such as x > 0")
            return self.checked(node, operator.invert, value)
        infinite = isinstance(value, float)  # np.inf, an order of a norm
        if not isinstance(value, Array) and type(value) is not int and not infinite:
            value = self.scalar(node.operand, value)
        return -value if isinstance(node.op, ast.USub) else value

    def comparison(self, node: ast.Compare) -> Any:
        """`x > y`; a chain `0 < x < 1` of numbers is read as Python does, of arrays it is refused."""
        values = [self.operand(node.left), *(self.operand(one) for one in node.comparators)]
        if len(values) > 2:
            if any(isinstance(one, (Array, Picked)) for one in values):
                raise self.error(
                    node, "a chain of comparisons has no meaning for arrays; write (0 < x) & (x < 1)"
                )
            raise self.error(node, "numbers are compared here, not arrays; leave the comparison out")
        name = _COMPARISONS.get(type(node.ops[0]))
        if name is None:
            raise self.error(node, "`in` and `is` cannot stand in a formula")
        left, right = values
        if isinstance(left, Position) or isinstance(right, Position):
            return self.checked(node, picked.compare_positions, name, left, right)
        if isinstance(left, Picked) or isinstance(right, Picked):
            compared = partial(logic.compare, name)
            return picked.plain(self.checked(node, picked.elementwise, compared, left, right))
        if not (isinstance(left, Array) or isinstance(right, Array)):
            raise self.error(node, "numbers are compared here, not arrays; leave the comparison out")
        return self.checked(node, logic.compare, name, left, right)

    def sequence(self, node: ast.Tuple | ast.List) -> tuple[Any, ...] | list[Any]:
        """Axes, positions; a list stays one, because it means something else in brackets."""
        parts = [self.operand(part) for part in node.elts]
        return parts if isinstance(node, ast.List) else tuple(parts)

    def part(self, node: ast.Slice) -> slice:
        """`:` in brackets."""
        bounds = (node.lower, node.upper, node.step)
        return slice(*(None if bound is None else self.operand(bound) for bound in bounds))

    def subscript(self, node: ast.Subscript) -> Any:
        """`X[0]`, `X[:, None]`, `X.shape[1]`, `X[i]`, `X[t >= t[i]]`."""
        value, key = self.operand(node.value), self.operand(node.slice)
        if isinstance(value, tuple):
            if type(key) is not int or not -len(value) <= key < len(value):
                raise self.error(node, f"there is no position {key} among {len(value)}")
            return value[key]
        keys = key if isinstance(key, tuple) else (key,)
        special = any(isinstance(one, (Position, Picked)) or _is_condition(one) for one in keys)
        if isinstance(value, Picked) or (isinstance(value, Array) and special):
            return picked.plain(self.checked(node, picked.take, value, keys))
        if not isinstance(value, Array):
            raise self.error(node, "only arrays and shapes can be indexed")
        return self.checked(node, take, value, key)

    def function(self, node: ast.Lambda) -> Function:
        """A lambda inside the text, which can only be called."""
        from symderive.language.statements import local_function

        return local_function(self, node)

    def is_python_sum(self, node: ast.Call) -> bool:
        """Whether this is Python's `sum` of a generator or list."""
        plain = isinstance(node.func, ast.Name) and node.func.id == "sum"
        own = "sum" in self.names or "sum" in self.arrays
        listed = (ast.GeneratorExp, ast.ListComp, ast.Tuple, ast.List)
        return plain and not own and bool(node.args) and isinstance(node.args[0], listed)

    def python_sum(self, node: ast.Call) -> Any:
        """`sum(f(i) for i in range(n))`."""
        if len(node.args) != 1 or node.keywords:
            raise self.error(node, "sum(… for …) takes nothing else")
        inner = node.args[0]
        if isinstance(inner, (ast.GeneratorExp, ast.ListComp)):
            value = self.comprehension(inner)
        elif isinstance(inner, (ast.Tuple, ast.List)):
            value = self.sequence(inner)
        else:
            raise self.error(node, "sum(…) takes what stands in brackets, or … for …")
        if not isinstance(value, tuple):
            return self.checked(node, picked.reduce, "sum", value, 0)
        if not value:
            raise self.error(node, "a sum of nothing")
        total = value[0]
        for one in value[1:]:
            total = self.joined(node, operator.add, total, one)
        return total

    def comprehension(self, node: ast.GeneratorExp | ast.ListComp) -> Any:
        """The values of `f(i) for i in …`: along a first axis, or a tuple where the loop is over numbers."""
        from symderive.language.statements import run_comprehension

        return run_comprehension(self, node)

    def listed(self, node: ast.ListComp) -> Any:
        """A list where an array is needed."""
        raise self.error(node, "a list is not an array; write np.array([… for …]), or sum(…)")

    _READERS: Mapping[type, Callable[[Reader, Any], Any]] = {
        ast.Constant: constant, ast.Name: name, ast.Attribute: attribute, ast.Call: call, ast.BinOp: binary,
        ast.UnaryOp: unary, ast.Compare: comparison, ast.Tuple: sequence, ast.List: sequence,
        ast.Slice: part, ast.Subscript: subscript, ast.Lambda: function, ast.ListComp: listed,
    }  # fmt: skip


_LOCAL = "a function of the text"


def _is_condition(value: Any) -> bool:
    return logic.is_truth(value.array if isinstance(value, Picked) else value)


def _elementwise_names() -> set[str]:
    """The bare names of functions that work entry by entry."""
    from symderive.functions import by_call, by_name
    from symderive.language import dispatch

    names = {call.rpartition(".")[2] for call in by_call()} | set(by_name())
    ufuncs = {name for name in functions() if isinstance(getattr(np, name, None), np.ufunc)}
    return (names | ufuncs | set(dispatch.operator_names()) | {"where", "clip"}) - {"matmul"}


_KINDS: dict[type, str] = {
    ast.SetComp: "a set", ast.DictComp: "a dictionary", ast.GeneratorExp: "a generator outside of sum(…)",
    ast.NamedExpr: "an assignment with :=", ast.JoinedStr: "a formatted text",
    ast.BoolOp: "`and` and `or`",
    ast.IfExp: "`if`", ast.Dict: "a dictionary", ast.Set: "a set",
    ast.Await: "`await`", ast.Yield: "`yield`", ast.YieldFrom: "`yield`", ast.Starred: "*",
}  # fmt: skip

_INSTEAD: dict[type, str] = {
    ast.BoolOp: "; of arrays write & and | with brackets: (x > 0) & (y < 1)",
    ast.IfExp: "; write np.where(condition, x, y)",
}

__all__ = ["LONGEST_LOOP", "Reader"]
