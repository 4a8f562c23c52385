"""Formulas as text: read through `ast` with a white list, never evaluated."""

from __future__ import annotations

import ast
import inspect
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import Size, as_size
from symderive.errors import SymderiveError, did_you_mean
from symderive.functions import by_call, by_name
from symderive.language import dispatch, extras
from symderive.language.array import Array, array, as_array, elementwise, number
from symderive.language.indexing import take

LONGEST = 10_000  # characters
DEEPEST = 120  # nested operations
BITS = 4096  # of a number

_MODULES = {
    "np": "numpy",
    "numpy": "numpy",
    "scipy": "scipy",
    "special": "scipy.special",
    "sp": "scipy.special",
    "sc": "scipy.special",
}
_SUBMODULES = {"scipy.special", "numpy.linalg"}
_CONSTANTS: dict[str, Any] = {
    "numpy.pi": sympy.pi,
    "numpy.e": sympy.E,
    "numpy.newaxis": None,
    "pi": sympy.pi,
}
_METHODS = (
    "sum", "mean", "dot", "transpose", "trace", "reshape", "ravel", "flatten", "squeeze", "cumsum", "repeat",
    "diagonal", "swapaxes", "copy",
)  # fmt: skip
_ATTRIBUTES = ("T", "shape", "ndim", "size")
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
}


def parse(text: str, /, **shapes: Any) -> Array:
    """Read a formula in NumPy's syntax.

    The text is never evaluated. It may use the arrays named in `shapes`, numbers, `+ - * / ** @`, `.T`, the
    methods `sum`, `mean`, `dot`, `transpose` and `trace`, NumPy's and SciPy's functions (`np.exp`,
    `special.expit`, or just `exp`), `len(X)`, `X.shape[0]`, `np.pi`, and indexing by whole axes, integers
    and `None`. A text of the form `lambda X, w: …` is read as its right-hand side.

    Args:
        text: the formula.
        shapes: for each array its sizes as text (`"n,d"`, `""` for a scalar), with its domain behind a colon
            (`"n,n:spd"`), or a symbolic array. Sizes of one name are one size.

    Returns:
        the symbolic array that the formula means.

    Raises:
        SymderiveError: what cannot be read, with its column.
        ShapeError: shapes that do not fit.

    >>> parse("np.sum((X @ w - y)**2) / len(X)", X="n,d", w="d", y="n").shape
    ()
    >>> parse("X.T @ X", X="n,d").shape
    (d, d)
    """
    arrays = {name: _declared(name, shape) for name, shape in shapes.items()}
    tree = _tree(text, "the formula")
    reader = _Reader(text, arrays)
    value = reader.read(_body(tree, reader))
    return reader.as_result(value, tree)


def from_function(func: Callable[..., Any], /, **shapes: Any) -> Array:
    """Call an ordinary NumPy function on symbolic arrays.

    Args:
        func: a function of arrays, without branches on their values.
        shapes: for each argument by name its sizes as text (`"n,d"`, `"n,n:spd"`), or a symbolic array.
            Arguments with a default value may be left out.

    Returns:
        the symbolic array that the function returns.

    Raises:
        SymderiveError: an argument without shape, or code that symbolic arrays cannot follow.

    >>> def loss(X, w, y):
    ...     return ((X @ w - y) ** 2).sum()
    >>> from_function(loss, X="n,d", w="d", y="n").shape
    ()
    """
    name = getattr(func, "__name__", type(func).__name__)
    arrays = {key: _declared(key, shape) for key, shape in shapes.items()}
    try:
        parameters = inspect.signature(func).parameters
    except (TypeError, ValueError):
        raise SymderiveError(f"calling {name}: its arguments cannot be read; wrap it in a def.") from None
    positional, named = _arguments(name, parameters, arrays)
    try:
        value = func(*positional, **named)
    except SymderiveError:
        raise
    except TypeError as error:
        raise SymderiveError(f"calling {name} on symbolic arrays: {error}.") from error
    if isinstance(value, (tuple, list)) or value is None:
        what = "nothing" if value is None else "several values"
        raise SymderiveError(f"calling {name}: it returns {what}; return one array.")
    return as_array(value, f"the result of {name}")


def _arguments(
    name: str, parameters: Mapping[str, inspect.Parameter], arrays: Mapping[str, Array]
) -> tuple[list[Array], dict[str, Array]]:
    kinds = {parameter.kind for parameter in parameters.values()}
    left = dict(arrays)
    positional: list[Array] = []
    named: dict[str, Array] = {}
    for key, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if key not in left:
            if parameter.default is parameter.empty:
                raise SymderiveError(f'calling {name}: give the argument {key} a shape, e.g. {key}="n,d".')
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(left.pop(key))
        else:
            named[key] = left.pop(key)
    if left and inspect.Parameter.VAR_KEYWORD not in kinds:
        extra = next(iter(left))
        raise SymderiveError(f'calling {name}: it has no argument "{extra}"{did_you_mean(extra, parameters)}')
    return positional, {**named, **left}


def _declared(name: str, shape: Any) -> Array:
    """The array that a shape in text declares."""
    if isinstance(shape, Array):
        return shape
    if not isinstance(shape, str):
        return array(name, *(shape if isinstance(shape, (tuple, list)) else (shape,)))
    sizes, _, domain = shape.partition(":")
    if sizes.strip() in ("", "()"):
        return array(name, domain=domain.strip() or "real")
    tree = _tree(sizes, f"the shape of {name}")
    parts = tree.elts if isinstance(tree, ast.Tuple) else [tree]
    return array(name, *(_size(part, sizes, name) for part in parts), domain=domain.strip() or "real")


def _size(node: ast.expr, text: str, name: str) -> Size:
    if isinstance(node, ast.Name):
        return as_size(node.id, f"the shape of {name}")
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return as_size(node.value, f"the shape of {name}")
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
        left, right = _plain_size(node.left, text, name), _plain_size(node.right, text, name)
        return as_size(_OPERATORS[type(node.op)](left, right), f"the shape of {name}")
    example = 'write for example "n,d" or "n,d:spd"'
    raise SymderiveError(f'the shape of {name}: "{text}" is not a list of sizes; {example}.')


def _plain_size(node: ast.expr, text: str, name: str) -> sympy.Expr:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return sympy.Integer(node.value)
    return _size(node, text, name)


def _tree(text: str, what: str) -> ast.expr:
    """The syntax tree of a text that is neither too long nor too deep.

    Raises:
        SymderiveError: not text, not Python's syntax, too long or too deep.
    """
    if not isinstance(text, str):
        raise SymderiveError(f"reading {what}: it is a {type(text).__name__}, not text.")
    if len(text) > LONGEST:
        raise SymderiveError(f"reading {what}: {len(text)} characters are more than the {LONGEST} allowed.")
    if "#" in text:
        raise SymderiveError(f"reading {what}: it has a comment; leave out the #.")
    too_deep = f"reading {what}: more than {DEEPEST} operations are nested; name intermediate results."
    source = " ".join(text.split("\n")).strip("\r\t ")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        if "nested" in str(error.msg) or "digits" in str(error.msg):
            raise SymderiveError(f"reading {what}: {error.msg}.") from None
        column = error.offset or 1
        near = source[max(column - 1, 0) : column + 19]
        raise SymderiveError(f'reading {what}: {error.msg}, at column {column}: "{near}".') from None
    except (RecursionError, MemoryError):
        raise SymderiveError(too_deep) from None
    except ValueError as error:
        raise SymderiveError(f"reading {what}: {error}.") from None
    stack: list[tuple[ast.AST, int]] = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > DEEPEST:
            raise SymderiveError(too_deep)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return tree


def _body(tree: ast.expr, reader: _Reader) -> ast.expr:
    """The right-hand side of a `lambda`, or the whole text."""
    if not isinstance(tree, ast.Lambda):
        return tree
    given = tree.args
    if given.vararg or given.kwarg or given.defaults or any(given.kw_defaults):
        raise reader.error(tree, "the arguments of a lambda must be plain names")
    for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
        if argument.arg not in reader.arrays:
            raise reader.error(argument, f'give {argument.arg} a shape, e.g. {argument.arg}="n,d"')
    return tree.body


@dataclass(frozen=True)
class _Module:
    """A module named in the text; nothing of it is ever touched."""

    path: str


@dataclass(frozen=True)
class _Callable:
    """A function of the white list, or a method of an array."""

    name: str
    call: Callable[..., Any]


@cache
def _functions() -> dict[str, _Callable]:
    """The white list: full names (`numpy.exp`) and bare names (`exp`) of what a text may call."""
    found: dict[str, Callable[..., Any]] = {}
    for name in dispatch.operator_names():
        found[f"numpy.{name}"] = _by_name(name)
    for call in by_call():
        found[call] = _by_name(call.rpartition(".")[2])
    known = {name.rpartition(".")[2] for name in found if name.startswith("numpy.")}
    for alias, function in vars(np).items():
        if isinstance(function, np.ufunc) and function.__name__ in known:
            found[f"numpy.{alias}"] = _by_name(function.__name__)
    for function in dispatch.array_functions():
        found[f"{function.__module__}.{function.__name__}"] = _by_function(function)
    found |= {f"scipy.special.{name}": function for name, function in extras.FUNCTIONS.items()}
    bare = {name.rpartition(".")[2]: function for name, function in found.items()}
    bare |= {name: _by_entry(name) for name in by_name() if name not in bare}
    bare["len"] = _length
    return {name: _Callable(name, function) for name, function in {**bare, **found}.items()}


def _by_name(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Array:
        if kwargs:
            raise SymderiveError(f"{name}: the argument {next(iter(kwargs))} is not supported.")
        return dispatch.call_ufunc(name, args)

    return call


def _by_function(function: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: dispatch.apply_function(function, args, kwargs)


def _by_entry(name: str) -> Callable[..., Any]:
    entry = by_name()[name]

    def call(*args: Any) -> Array:
        if len(args) != entry.arity:
            raise SymderiveError(f"{name}: it takes {entry.arity} arguments, not {len(args)}.")
        return elementwise(entry.make, *args, symbol=name)

    return call


def _length(value: Any) -> Any:
    if isinstance(value, tuple):
        return len(value)
    given = as_array(value, "len")
    if not given.ndim:
        raise SymderiveError("len: a scalar has no first size.")
    return given.shape[0]


class _Reader:
    """Reads one text: a function per kind of syntax, and everything else refused."""

    def __init__(self, text: str, arrays: Mapping[str, Array]) -> None:
        self.text, self.arrays = " ".join(text.split("\n")).strip("\r\t "), arrays

    def error(self, node: ast.AST, message: str) -> SymderiveError:
        """An error that points at the place in the text."""
        end = "" if message.endswith(("?", ".")) else "."
        return SymderiveError(f"reading the formula, {self.place(node)}: {message}{end}")

    def place(self, node: ast.AST) -> str:
        """The column, counted in characters from 1, and the text that stands there."""
        if not isinstance(node, (ast.expr, ast.arg, ast.keyword)):
            return "somewhere"
        data = self.text.encode()
        column = len(data[: node.col_offset].decode(errors="replace")) + 1
        part = data[node.col_offset : node.end_col_offset].decode(errors="replace")
        return f'column {column}, "{part if len(part) <= 40 else part[:37] + "..."}"'

    def read(self, node: ast.expr) -> Any:
        """The meaning of a piece of syntax."""
        reader = self._READERS.get(type(node))
        if reader is None:
            what = _KINDS.get(type(node), f"this syntax ({type(node).__name__})")
            raise self.error(node, f"{what} cannot stand in a formula")
        return reader(self, node)

    def as_result(self, value: Any, node: ast.expr) -> Array:
        """The array that the whole text means."""
        if isinstance(value, (_Module, _Callable)):
            raise self.error(node, "this is a module or a function, not an array")
        return self.checked(node, as_array, value, "the formula")

    def checked(self, node: ast.AST, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Apply a function; its errors get the place in the text."""
        try:
            value = function(*args, **kwargs)
        except SymderiveError as error:
            if str(error).startswith("reading the formula"):
                raise
            raise type(error)(f"reading the formula, {self.place(node)}: {error}") from None
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
        """An array, a size, a module, a function or a constant."""
        if node.id in self.arrays:
            return self.arrays[node.id]
        if node.id in _MODULES:
            return _Module(_MODULES[node.id])
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        sizes = self.sizes()
        if node.id in sizes:
            return sizes[node.id]
        if node.id in _functions():
            return _functions()[node.id]
        known = [*self.arrays, *sizes, *(name for name in _functions() if "." not in name)]
        raise self.error(node, f"unknown name {node.id}{did_you_mean(node.id, known)}".rstrip("."))

    def attribute(self, node: ast.Attribute) -> Any:
        """`np.exp`, `X.T`, `X.shape`, `X.sum`."""
        value = self.read(node.value)
        if isinstance(value, _Module):
            return self.member(node, f"{value.path}.{node.attr}")
        if not isinstance(value, Array):
            raise self.error(node, f'only arrays and modules have parts; "{node.attr}" is none')
        if node.attr in _ATTRIBUTES or node.attr in _METHODS:
            found = getattr(value, node.attr)
            return _Callable(node.attr, found) if node.attr in _METHODS else found
        close = did_you_mean(node.attr, [*_ATTRIBUTES, *_METHODS]).rstrip(".")
        raise self.error(node, f'arrays have no "{node.attr}"{close}')

    def member(self, node: ast.Attribute, path: str) -> Any:
        """A function, constant or submodule by its full name."""
        if path in _SUBMODULES:
            return _Module(path)
        if path in _CONSTANTS:
            return _CONSTANTS[path]
        if path in _functions():
            return _functions()[path]
        close = did_you_mean(path, [name for name in _functions() if "." in name]).rstrip(".")
        raise self.error(node, f"{path} is not supported{close}")

    def call(self, node: ast.Call) -> Any:
        """A call of a function or method of the white list."""
        function = self.read(node.func)
        if not isinstance(function, _Callable):
            raise self.error(node.func, "this is not a function")
        loose = [one for one in node.keywords if one.arg is None]
        if loose or any(isinstance(arg, ast.Starred) for arg in node.args):
            raise self.error(node, "* and ** cannot stand in a call")
        args = [self.operand(arg) for arg in node.args]
        named = {str(one.arg): self.operand(one.value) for one in node.keywords}
        return self.checked(node, function.call, *args, **named)

    def operand(self, node: ast.expr) -> Any:
        """A value that can be calculated with or handed to a function."""
        value = self.read(node)
        if isinstance(value, (_Module, _Callable)):
            raise self.error(node, "this is a module or a function, not an array")
        return value

    def binary(self, node: ast.BinOp) -> Any:
        """`+ - * / ** @`."""
        operation = _OPERATORS.get(type(node.op))
        if isinstance(node.op, ast.BitXor):
            raise self.error(node, "^ is not a power in Python; write **")
        if operation is None:
            raise self.error(node, f"the operator {type(node.op).__name__} is not supported")
        left, right = self.operand(node.left), self.operand(node.right)
        if isinstance(left, Array) or isinstance(right, Array) or operation is operator.matmul:
            symbol = "elementwise operation"
            return self.checked(node, lambda: operation(as_array(left, symbol), as_array(right, symbol)))
        first, second = self.scalar(node.left, left), self.scalar(node.right, right)
        if operation is operator.pow:
            self.refuse_long_power(node, first, second)
        if operation is operator.truediv and second == 0:
            raise self.error(node, "dividing by the number 0")
        return self.checked(node, operation, first, second)

    def scalar(self, node: ast.expr, value: Any) -> sympy.Expr:
        """A number or an expression in sizes."""
        expr = self.checked(node, number, value)
        if expr is None:
            raise self.error(node, f"a {type(value).__name__} cannot be calculated with")
        return expr

    def refuse_long_power(self, node: ast.BinOp, base: sympy.Expr, exponent: sympy.Expr) -> None:
        """Stop before a power of numbers fills the memory."""
        if not (base.is_number and exponent.is_number):
            return
        rationals = base.atoms(sympy.Rational)
        digits = max((int(one.p).bit_length() + int(one.q).bit_length() for one in rationals), default=2)
        if exponent.has(sympy.I) or abs(exponent) > BITS or digits * abs(exponent) > 2 * BITS:
            raise self.error(node, "this power of numbers is too large")

    def unary(self, node: ast.UnaryOp) -> Any:
        """`-x` and `+x`."""
        if not isinstance(node.op, (ast.USub, ast.UAdd)):
            raise self.error(node, f"the operator {type(node.op).__name__} is not supported")
        value = self.operand(node.operand)
        if not isinstance(value, Array) and type(value) is not int:
            value = self.scalar(node.operand, value)
        return -value if isinstance(node.op, ast.USub) else value

    def sequence(self, node: ast.Tuple | ast.List) -> tuple[Any, ...] | list[Any]:
        """Axes, positions; a list stays one, because it means something else in brackets."""
        parts = [self.operand(part) for part in node.elts]
        return parts if isinstance(node, ast.List) else tuple(parts)

    def part(self, node: ast.Slice) -> slice:
        """`:` in brackets."""
        bounds = (node.lower, node.upper, node.step)
        return slice(*(None if bound is None else self.operand(bound) for bound in bounds))

    def subscript(self, node: ast.Subscript) -> Any:
        """`X[0]`, `X[:, None]`, `X.shape[1]`."""
        value, key = self.operand(node.value), self.operand(node.slice)
        if isinstance(value, tuple):
            if type(key) is not int or not -len(value) <= key < len(value):
                raise self.error(node, f"there is no position {key} among {len(value)}")
            return value[key]
        if not isinstance(value, Array):
            raise self.error(node, "only arrays and shapes can be indexed")
        return self.checked(node, take, value, key)

    _READERS: Mapping[type, Callable[[_Reader, Any], Any]] = {
        ast.Constant: constant,
        ast.Name: name,
        ast.Attribute: attribute,
        ast.Call: call,
        ast.BinOp: binary,
        ast.UnaryOp: unary,
        ast.Tuple: sequence,
        ast.List: sequence,
        ast.Slice: part,
        ast.Subscript: subscript,
    }


_KINDS: dict[type, str] = {
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Lambda: "a lambda inside the formula",
    ast.NamedExpr: "an assignment",
    ast.JoinedStr: "a formatted text",
    ast.Compare: "a comparison",
    ast.BoolOp: "`and` and `or`",
    ast.IfExp: "`if`",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield`",
    ast.Starred: "*",
}
