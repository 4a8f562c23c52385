"""Functions, assignments, loops and comprehensions inside a text."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

import sympy

from symderive.errors import SymderiveError
from symderive.language import picked
from symderive.language.allowed import Function
from symderive.language.array import Array
from symderive.language.picked import Picked, Position
from symderive.language.reader import _LOCAL, _OPERATORS, LONGEST_LOOP, Reader

DEEPEST_CALL = 20  # functions of the text inside one another
_MISSING = object()


@dataclass(frozen=True)
class Indexed:
    """What a loop over an index gives: the index, and what the variable of the loop means at it."""

    position: Position
    value: Any


def arguments_of(reader: Reader, node: ast.Lambda | ast.FunctionDef) -> list[tuple[str, ast.expr | None]]:
    """The arguments of a function of the text with their default values.

    Raises:
        SymderiveError: `*args` or `**kwargs`.
    """
    given = node.args
    if given.vararg or given.kwarg:
        raise reader.error(node, "the arguments of a function must be plain names")
    plain = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
    named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    pairs = [*zip(plain, defaults, strict=True), *named]
    return [(one.arg, default) for one, default in pairs]


def local_function(reader: Reader, node: ast.Lambda | ast.FunctionDef) -> Function:
    """A function of the text, to be called with values."""
    arguments = arguments_of(reader, node)
    name = node.name if isinstance(node, ast.FunctionDef) else "the lambda"

    def call(*args: Any, **named: Any) -> Any:
        depth = reader.names.get("·depth", 0) + 1
        if depth > DEEPEST_CALL:
            raise SymderiveError(f"{name}: functions that call themselves cannot be followed.")
        values = dict(zip((one for one, _ in arguments), args, strict=False)) | named
        known = {one for one, _ in arguments}
        missing = [one for one, default in arguments if one not in values and default is None]
        extra = [one for one in named if one not in known]
        if missing or extra or len(args) > len(arguments):
            raise SymderiveError(
                f"{name}: it takes {', '.join(one for one, _ in arguments) or 'no arguments'}."
            )
        for one, default in arguments:
            if one not in values and default is not None:
                values[one] = reader.read(default)
        inner = reader.inside({**values, "·depth": depth})
        if isinstance(node, ast.Lambda):
            return inner.read(node.body)
        return run(inner, node.body, node)

    return Function(_LOCAL, call)


def run(reader: Reader, statements: list[ast.stmt], whole: ast.AST) -> Any:
    """The value that a list of statements returns; without `return`, that of a last expression.

    Raises:
        SymderiveError: a statement that is not supported, or nothing is returned.
    """
    last = statements[-1] if statements else None
    for statement in statements:
        if isinstance(statement, ast.Return) and statement.value is not None:
            return reader.operand(statement.value)
        if isinstance(statement, ast.Expr):
            if isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str):
                continue  # the text that documents a function
            if statement is last:
                return reader.operand(statement.value)
            raise reader.error(statement.value, "this result is not used; give it a name, or return it")
        _step(reader, statement)
    raise reader.error(last or whole, "nothing is returned; end with the expression, or with return")


def _step(reader: Reader, statement: ast.stmt) -> None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        _assign(reader, statement.targets[0], _value(reader, statement.value))
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        _assign(reader, statement.target, _value(reader, statement.value))
    elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        operation = _OPERATORS.get(type(statement.op))
        if operation is None:
            raise reader.error(statement.target, "this assignment is not supported")
        old = reader.operand(ast.copy_location(ast.Name(statement.target.id, ast.Load()), statement.target))
        value = reader.joined(statement.target, operation, old, reader.operand(statement.value))
        reader.names[statement.target.id] = value
    elif isinstance(statement, ast.FunctionDef) and not statement.decorator_list:
        reader.names[statement.name] = local_function(reader, statement)
    elif isinstance(statement, ast.For) and not statement.orelse:
        _loop(reader, statement)
    elif not isinstance(statement, ast.Pass):
        what = _REFUSED.get(type(statement), f"this statement ({type(statement).__name__})")
        raise reader.text.error(statement, f"{what} cannot stand in a formula")


def _value(reader: Reader, node: ast.expr) -> Any:
    if isinstance(node, ast.Lambda):
        return reader.read(node)
    return reader.comprehension(node) if isinstance(node, ast.ListComp) else reader.operand(node)


def _assign(reader: Reader, target: ast.expr, value: Any) -> None:
    if isinstance(target, ast.Name):
        reader.names[target.id] = value
        return
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, tuple):
        if len(target.elts) != len(value):
            raise reader.error(target, f"{len(target.elts)} names for {len(value)} values")
        for one, part in zip(target.elts, value, strict=True):
            _assign(reader, one, part)
        return
    raise reader.error(target, "only names can be assigned to")


def _loop(reader: Reader, statement: ast.For) -> None:
    """A loop over numbers step by step; over an index, only sums that grow by `+=`."""
    values = iterable(reader, statement.iter)
    if isinstance(values, tuple):
        for one in values:
            _assign(reader, statement.target, one)
            for inner in statement.body:
                _step(reader, inner)
        return
    position, inside = values.position, reader.inside({})
    _assign(inside, statement.target, values.value)
    before = dict(inside.names)
    for inner in statement.body:
        if _grows(inner, reader):
            _grow(reader, inside, inner, position)
        elif isinstance(inner, ast.Assign):
            _step(inside, inner)
        else:
            raise reader.text.error(
                inner, "in a loop over an index only `name += …` and names for parts can stand"
            )
        changed = [name for name in before if inside.names.get(name) is not before[name]]
        if any(name in reader.names for name in changed):
            raise reader.text.error(
                inner, "a name from before the loop changes in it; only += can be followed"
            )


def _grows(statement: ast.stmt, reader: Reader) -> TypeGuard[ast.AugAssign]:
    return (
        isinstance(statement, ast.AugAssign)
        and isinstance(statement.op, ast.Add)
        and isinstance(statement.target, ast.Name)
        and statement.target.id in reader.names
    )


def _grow(reader: Reader, inside: Reader, statement: ast.AugAssign, position: Position) -> None:
    """`total += f(i)` for every i: the total and the sum over the index."""
    name = statement.target.id if isinstance(statement.target, ast.Name) else ""
    term = inside.checked(statement.target, picked.listed, inside.operand(statement.value), position)
    total = inside.checked(statement.target, picked.reduce, "sum", term, 0)
    reader.names[name] = reader.joined(statement.target, operator.add, reader.names[name], total)


def iterable(reader: Reader, node: ast.expr) -> tuple[Any, ...] | Indexed:
    """What a loop runs over: a tuple of values, or an index with what the loop's variable means.

    Raises:
        SymderiveError: something that cannot be looped over.
    """
    found = _iterable(reader, node)
    if isinstance(found, Indexed):
        return found
    if len(found) > LONGEST_LOOP:
        raise reader.error(node, f"a loop of more than {LONGEST_LOOP} rounds; use a symbolic size")
    return found


def _iterable(reader: Reader, node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _LOOPS:
        if node.keywords or not node.args:
            raise reader.error(node, f"{node.func.id} takes plain arguments here")
        return _LOOPS[node.func.id](reader, node)
    value = reader.operand(node)
    if isinstance(value, tuple):
        return value
    if isinstance(value, (Array, Picked)):
        return _rows(reader, node, [value])
    raise reader.error(node, "a loop runs over range(…), over an array, or over zip or enumerate of arrays")


def _rows(reader: Reader, node: ast.expr, values: list[Any]) -> Any:
    for value in values:
        if not isinstance(value, (Array, Picked)) or not value.ndim:
            raise reader.error(node, "a loop runs over the rows of arrays")
    position = Position.over(values[0].shape[0])
    rows = tuple(reader.checked(node, picked.take, value, (position,)) for value in values)
    return Indexed(position, rows[0] if len(rows) == 1 else rows)


def _range(reader: Reader, node: ast.Call) -> Any:
    bounds = [reader.operand(arg) for arg in node.args]
    sizes = [sympy.sympify(one) for one in bounds if isinstance(one, (int, sympy.Expr))]
    if len(sizes) != len(bounds) or len(bounds) > 3:
        raise reader.error(node, "range takes sizes, such as range(n) or range(len(X))")
    if all(one.is_Integer for one in sizes):
        numbers = range(*(int(one) for one in sizes))
        return tuple(numbers[: LONGEST_LOOP + 1])
    if len(sizes) > 1 and (len(sizes) > 2 or sizes[0] != 0):
        raise reader.error(node, "a range over a symbolic size starts at 0 and goes up by 1")
    position = Position.over(sizes[-1])
    return Indexed(position, position)


def _zip(reader: Reader, node: ast.Call) -> Any:
    values = [reader.operand(arg) for arg in node.args]
    if all(isinstance(one, tuple) for one in values):
        return tuple(zip(*values, strict=False))
    return _rows(reader, node, values)


def _enumerate(reader: Reader, node: ast.Call) -> Any:
    found = _iterable(reader, node.args[0])
    if not isinstance(found, Indexed):
        return tuple(enumerate(found))
    return Indexed(found.position, (found.position, found.value))


_LOOPS: dict[str, Callable[[Reader, ast.Call], Any]] = {"range": _range, "zip": _zip, "enumerate": _enumerate}


def run_comprehension(reader: Reader, node: ast.GeneratorExp | ast.ListComp) -> Any:
    """The values of a comprehension: along a first axis, or a tuple where the loop is over numbers."""
    return _rounds(reader, node, list(node.generators))


def _rounds(
    reader: Reader, node: ast.GeneratorExp | ast.ListComp, generators: list[ast.comprehension]
) -> Any:
    if not generators:
        return reader.operand(node.elt)
    generator, *rest = generators
    found = iterable(reader, generator.iter)
    if not isinstance(found, Indexed):
        if generator.ifs:
            raise reader.error(generator.ifs[0], "a condition in a loop over numbers cannot be followed")
        rounds = []
        for one in found:
            inside = reader.inside({})
            _assign(inside, generator.target, one)
            value = _rounds(inside, node, rest)
            rounds += list(value) if rest and isinstance(value, tuple) else [value]
        return tuple(rounds)
    position, inside = found.position, reader.inside({})
    _assign(inside, generator.target, found.value)
    value = _rounds(inside, node, rest)
    if rest:
        if not isinstance(node, ast.GeneratorExp) or isinstance(value, tuple):
            raise reader.error(node, "a list over two indices is not known; use sum(…) or two lists")
        value = reader.checked(node, picked.reduce, "sum", value, 0)
    for test in generator.ifs:
        if not isinstance(node, ast.GeneratorExp):
            raise reader.error(test, "a condition in a list changes its length; use sum(… for … if …)")
        condition = inside.operand(test)
        value = inside.checked(test, picked.elementwise, _kept, condition, value)
    return reader.checked(node, picked.listed, value, position)


def _kept(condition: Array, value: Array) -> Array:
    """The value where the condition holds, otherwise 0."""
    from symderive.language.logic import as_truth, where

    truth = as_truth(condition, "if")
    return truth * value if picked.is_total(value) else where(truth, value, 0)


_REFUSED: dict[type, str] = {
    ast.If: "`if` (choose with np.where(condition, x, y))", ast.While: "`while`", ast.With: "`with`",
    ast.Import: "an import", ast.ImportFrom: "an import", ast.Delete: "`del`", ast.Raise: "`raise`",
    ast.ClassDef: "a class", ast.Try: "`try`", ast.Assert: "`assert`", ast.Global: "`global`",
    ast.Nonlocal: "`nonlocal`", ast.Return: "`return` without a value",
}  # fmt: skip
