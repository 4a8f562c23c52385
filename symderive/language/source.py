"""The source of a Python function, read like any other text."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import special

from symderive.errors import SymderiveError
from symderive.language.allowed import MODULES, Function, Module, functions
from symderive.language.array import Array
from symderive.language.reader import Reader
from symderive.language.statements import local_function, run
from symderive.language.syntax import Text

DEEPEST_HELPER = 8  # functions that call further functions whose source is read


class NoSourceError(SymderiveError):
    """The source of a function is not available, or not clear."""


def reading(func: Callable[..., Any], arrays: Mapping[str, Array]) -> Array:
    """What the source of a function means for symbolic arrays.

    Raises:
        NoSourceError: there is no source.
        SymderiveError: what in the source cannot be read.
    """
    text, node = _source_of(func)
    reader = Reader(text, arrays, _names_of(func, node, 0))
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(func).parameters.items()
        if parameter.default is not parameter.empty and name not in arrays
    }
    reader.names.update({name: value for name, value in defaults.items() if _is_number(value)})
    value = reader.read(node.body) if isinstance(node, ast.Lambda) else run(reader, node.body, node)
    return reader.as_result(value, node)


def _source_of(func: Callable[..., Any]) -> tuple[Text, ast.Lambda | ast.FunctionDef]:
    code = getattr(func, "__code__", None)
    try:
        lines = textwrap.dedent(inspect.getsource(func))
    except (OSError, TypeError):
        raise NoSourceError("the source of the function is not available.") from None
    name = func.__name__
    if code is None:
        raise NoSourceError("the source of the function is not available.")
    if name != "<lambda>":
        text = Text(lines, f"the source of {name}")
        found = [one for one in text.statements if isinstance(one, ast.FunctionDef) and one.name == name]
        if len(found) != 1:
            raise NoSourceError("the source of the function is not clear.")
        return text, found[0]
    return _lambda_in(lines, code)


def _lambda_in(lines: str, code: Any) -> tuple[Text, ast.Lambda]:
    """The lambda of this code in the lines around it."""
    wanted = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for start in [place for place in range(len(lines)) if lines.startswith("lambda", place)]:
        piece = _longest_expression(lines[start:])
        if piece is None:
            continue
        text = Text(piece, "the source of the lambda")
        node = text.expression
        if isinstance(node, ast.Lambda):
            names = tuple(one.arg for one in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs])
            if (
                names == wanted
                and compile(piece.strip(), "<lambda>", "eval").co_consts[0].co_code == code.co_code
            ):
                return text, node
    raise NoSourceError("the source of the lambda is not clear.")


def _longest_expression(text: str) -> str | None:
    """The longest beginning of a text that is a lambda: what follows it belongs to the call around it."""
    for end in range(len(text), 0, -1):
        if text[end - 1].isspace():
            continue
        try:
            tree = ast.parse(f"({text[:end]}\n)", mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(tree.body, ast.Lambda):
            return text[:end]
        if isinstance(tree.body, ast.Tuple) and isinstance(tree.body.elts[0], ast.Lambda):
            return ast.get_source_segment(f"({text[:end]}\n)", tree.body.elts[0])
    return None


def _names_of(func: Callable[..., Any], node: ast.AST, depth: int) -> dict[str, Any]:
    """What the names around a function mean: modules, known functions, numbers, further functions."""
    try:
        around = inspect.getclosurevars(func)
    except (TypeError, ValueError):
        return {}
    values = {**around.globals, **around.nonlocals}
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    # getclosurevars does not look into the code of inner functions and generators
    values |= {
        name: value
        for name, value in getattr(func, "__globals__", {}).items()
        if name in used and name not in values
    }
    found: dict[str, Any] = {}
    for name, value in values.items():
        meaning = _meaning(value, depth) if name in used else None
        if meaning is not None:
            found[name] = meaning
    return found


def _meaning(value: Any, depth: int) -> Any:
    if inspect.ismodule(value):
        path = value.__name__
        return Module(path) if path in {*MODULES.values(), "numpy.linalg"} else None
    if _is_number(value):
        return value if isinstance(value, int) else _exact(value)
    if callable(value):
        for path, function in functions().items():
            if "." in path and _resolved(path) is value:
                return function
        return _helper(value, depth + 1)
    return None


def _helper(func: Callable[..., Any], depth: int) -> Function | None:
    """A further Python function, read from its source when it is called."""
    if depth > DEEPEST_HELPER or not inspect.isfunction(func):
        return None
    try:
        text, node = _source_of(func)
    except NoSourceError:
        return None
    return local_function(Reader(text, {}, _names_of(func, node, depth)), node)


def _resolved(path: str) -> Any:
    module, _, name = path.rpartition(".")
    places = {"numpy": np, "scipy.special": special, "numpy.linalg": np.linalg}
    return getattr(places.get(module), name, None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.floating, np.integer)) and not isinstance(value, bool)


def _exact(value: Any) -> Any:
    from symderive.language.numbers import number

    return number(value)
