"""Formulas and functions that a user writes: as text, which is never evaluated, or as a Python function."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from symderive.errors import SymderiveError, did_you_mean
from symderive.language.array import Array, as_array
from symderive.language.reader import Reader
from symderive.language.shapes import declared
from symderive.language.source import NoSourceError, reading
from symderive.language.statements import arguments_of, run
from symderive.language.symbolic_sizes import with_symbolic_sizes
from symderive.language.syntax import DEEPEST, LONGEST, Text


def parse(text: str, /, **shapes: Any) -> Array:
    """Read a formula in NumPy's syntax.

    The text is never evaluated. It may use the arrays named in `shapes`, numbers, `+ - * / ** @`,
    comparisons and `& | ~`, `.T`, methods such as `sum`, NumPy's and SciPy's functions (`np.exp`,
    `special.expit`, or just `exp`), `len(X)`, `X.shape[0]`, `np.pi`, indexing, sums over an index
    (`sum(y[i] * X[i] @ w for i in range(n))`), and rows picked by a condition where a sum or mean over them
    follows (`X[t >= t[i]].sum()`). A text of the form `lambda X, w: …` is read as its right-hand side. A text
    of several statements (assignments, functions, loops that add up) ends with an expression or `return`.

    Args:
        text: the formula.
        shapes: for each array its sizes as text (`"n,d"` or `"n d"`, `""` for a scalar), with its domain
            behind a colon (`"n,n:spd"`), or a symbolic array. Sizes of one name are one size.

    Returns:
        the symbolic array that the formula means.

    Raises:
        SymderiveError: what cannot be read, with its line and column.
        ShapeError: shapes that do not fit.

    >>> parse("np.sum((X @ w - y)**2) / len(X)", X="n,d", w="d", y="n").shape
    ()
    >>> parse("X.T @ X", X="n,d").shape
    (d, d)
    >>> parse("sum(y[i] * np.exp(X[i] @ w) for i in range(len(y)))", X="n,d", w="d", y="n").shape
    ()
    """
    return read_formula(text, shapes)[0]


def read_formula(text: str, shapes: Mapping[str, Any]) -> tuple[Array, frozenset[str]]:
    """What `parse` reads, and the names of the arrays that the text uses."""
    arrays = {name: declared(name, shape) for name, shape in shapes.items()}
    read = Text(text, "the formula")
    reader = Reader(read, arrays)
    if read.expression is None:
        value, node = _of_statements(reader, read.statements), read.statements[-1]
        return reader.as_result(value, node), frozenset(reader.used)
    tree = read.expression
    value = reader.read(_body(tree, reader))
    return reader.as_result(value, tree), frozenset(reader.used)


def _of_statements(reader: Reader, statements: list[ast.stmt]) -> Any:
    """The value of several statements; a single `def` is read as its body."""
    if len(statements) == 1 and isinstance(statements[0], ast.FunctionDef):
        function = statements[0]
        _refuse_unknown(reader, function)
        return run(reader, function.body, function)
    return run(reader, statements, statements[-1])


def _body(tree: ast.expr, reader: Reader) -> ast.expr:
    """The right-hand side of a `lambda`, or the whole text."""
    if not isinstance(tree, ast.Lambda):
        return tree
    _refuse_unknown(reader, tree)
    return tree.body


def _refuse_unknown(reader: Reader, node: ast.Lambda | ast.FunctionDef) -> None:
    for name, default in arguments_of(reader, node):
        if default is not None and name not in reader.arrays:
            reader.names[name] = reader.operand(default)
        elif name not in reader.arrays:
            raise reader.error(node, f'give {name} a shape, e.g. {name}="n,d"')


def from_function(func: Callable[..., Any], /, **shapes: Any) -> Array:
    """Call an ordinary NumPy function on symbolic arrays.

    Where the function does something that cannot be done with symbolic arrays (`len(X)`, a loop over
    `range(len(X))`, `scipy.special.logsumexp`, rows picked by a condition), its source is read instead, as
    `parse` reads a text, if it is available.

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
    arrays = {key: declared(key, shape) for key, shape in shapes.items()}
    try:
        parameters = inspect.signature(func).parameters
    except (TypeError, ValueError):
        raise SymderiveError(f"calling {name}: its arguments cannot be read; wrap it in a def.") from None
    positional, named = _arguments(name, parameters, arrays)
    try:
        value = with_symbolic_sizes(func)(*positional, **named)
    except SymderiveError as error:
        return _from_source(func, arrays, error)
    except TypeError as error:
        return _from_source(
            func, arrays, SymderiveError(f"calling {name} on symbolic arrays: {error}."), error
        )
    if isinstance(value, (tuple, list)) or value is None:
        what = "nothing" if value is None else "several values"
        raise SymderiveError(f"calling {name}: it returns {what}; return one array.")
    return as_array(value, f"the result of {name}")


def _from_source(
    func: Callable[..., Any],
    arrays: Mapping[str, Array],
    why: SymderiveError,
    cause: Exception | None = None,
) -> Array:
    """What the source of a function means that could not be called, for the reason `why`."""
    try:
        return reading(func, arrays)
    except NoSourceError:
        raise why from cause
    except SymderiveError as error:
        raise (error if _LIMITS.search(str(why)) else why) from None


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


_LIMITS = re.compile(
    r"size is symbolic|neither true nor false|calling .* on symbolic arrays|has no numbers|index"
)

__all__ = ["DEEPEST", "LONGEST", "from_function", "parse", "read_formula"]
