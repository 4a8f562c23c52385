"""A program as the source of one NumPy function, and the callable made from it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy

from symderive.codegen.arguments import check_extents, check_numbers, checked_arrays, too_short
from symderive.codegen.fixed_positions import with_rows_apart
from symderive.codegen.generated import Generated
from symderive.codegen.libraries import libraries, library
from symderive.codegen.loading import loaded
from symderive.codegen.new_names import NewNames
from symderive.codegen.planning import planned
from symderive.codegen.row_blocks import in_blocks
from symderive.codegen.stable import stabilised
from symderive.codegen.statements import blocked_statements, statements
from symderive.codegen.translation import translated, with_imports
from symderive.codegen.windows_apart import with_windows_apart
from symderive.core.dims import shape_text
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Program
from symderive.core.recurrence import refuse
from symderive.errors import SymderiveError
from symderive.notation.forms import Leaf
from symderive.notation.printing import text

_WORDS = {
    "spd": "symmetric positive definite", "lower": "lower triangular", "upper": "upper triangular",
    "skew": "skew-symmetric",
}  # fmt: skip


def function_source(
    program: Program,
    name: str,
    summary: str = "",
    backend: str = "numpy",
    rows_per_block: int | str | None = None,
) -> str:
    """The source of a function of the inputs that returns the outputs, with the imports that it needs.

    Args:
        program: the equations, in order.
        name: the name of the function.
        summary: the first lines of its docstring.
        backend: the array library to write for.
        rows_per_block: as for `def_source`.

    Raises:
        SymderiveError: an array whose name clashes with a size or a module, a library that is not known, a
            function that it has not, or no blocks of rows.
    """
    shapes = (f"{tensor.name}: {_shape_words(tensor)}" for tensor in program.inputs)
    words = [*(summary or name).split("\n"), "", *shapes]
    return with_imports(def_source(program, name, words, backend, rows_per_block), library(backend))


def def_source(
    program: Program,
    name: str,
    docstring: Iterable[str],
    backend: str = "numpy",
    rows_per_block: int | str | None = None,
) -> str:
    """The source of a function of the inputs that returns the outputs, without imports.

    Args:
        program: the equations, in order.
        name: the name of the function.
        docstring: its lines.
        backend: the array library to write for.
        rows_per_block: how many rows are computed at a time, `"auto"` for as many as stay in the cache; all
            at once if None.

    Raises:
        SymderiveError: as for `function_source`.
    """
    refuse(program, "writing code")
    _refuse_windows(program)
    written_for = library(backend)
    _check_names(program, written_for.words)
    first, *others = map(_safe, docstring)
    lines = [f"def {name}({_signature(program)}):", f'    """{first}']
    lines += [f"    {line}" if line else "" for line in others]
    lines += ['    """']
    body = [f"    {line}" for line in _body(program, rows_per_block, written_for.assigns)]
    lines += _sizes(program, "\n".join(body))
    single = [str(made.tensor.name) for made in program.definitions if not made.tensor.rank]
    return translated("\n".join(lines + body) + "\n", program.inputs, written_for, single)


def _body(program: Program, rows_per_block: int | str | None, in_place: bool) -> list[str]:
    if rows_per_block is None:
        return statements(program, in_place)
    number = isinstance(rows_per_block, int) and not isinstance(rows_per_block, bool)
    if rows_per_block != "auto" and not (number and int(rows_per_block) > 0):
        raise SymderiveError(
            f'writing code: rows_per_block is {rows_per_block!r}; give a positive number or "auto".'
        )
    blocks = in_blocks(program, NewNames((program,), [size.name for size in sizes_of(program)]))
    if blocks is None:
        raise SymderiveError(
            "writing code: there are no rows that are only summed over, so the program cannot be computed in "
            "blocks of rows; leave rows_per_block out."
        )
    step = blocks.step if rows_per_block == "auto" else str(rows_per_block)
    return blocked_statements(program, blocks, step, in_place)


def _signature(program: Program) -> str:
    return ", ".join(str(tensor.name) for tensor in program.inputs)


def _shape_words(tensor: Tensor) -> str:
    domain = "" if tensor.domain == "real" else f", {_WORDS.get(tensor.domain, tensor.domain)}"
    return f"{shape_text(tensor.shape)}{domain}"


def _safe(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', "'''")


def _refuse_windows(program: Program) -> None:
    for made in program.definitions:
        for index in sorted(made.body.atoms(Index), key=str):
            if index.within:
                outer = ", ".join(sorted(str(one.name) for one in index.within))
                raise SymderiveError(
                    f"writing code: in {made.tensor.name} the number of positions of {index.name} depends on "
                    f"{outer}; code needs numbers for the sizes then, or windows of one size."
                )


def _check_names(program: Program, words: frozenset[str]) -> None:
    taken = {symbol.name for symbol in sizes_of(program)} | words
    for tensor in (*program.inputs, *(made.tensor for made in program.definitions)):
        if tensor.name in taken or keyword.iskeyword(tensor.name):
            raise SymderiveError(
                f"writing code: the array {tensor.name} has the name of a size or module; rename it."
            )


def sizes_of(program: Program) -> tuple[sympy.Symbol, ...]:
    """The symbolic sizes of the arrays of a program, in the order in which they occur."""
    found: dict[sympy.Symbol, None] = {}
    for tensor in (*program.inputs, *(made.tensor for made in program.definitions)):
        for size in tensor.shape:
            found.update(dict.fromkeys(_alphabetical(size)))
    for made in program.definitions:
        found.update(dict.fromkeys(_symbols(made.body)))
    return tuple(found)


@lru_cache(maxsize=50_000)
def _symbols(expr: sympy.Basic) -> tuple[sympy.Symbol, ...]:
    """The symbols of an expression and of the extents of its indices, in the order in which they occur."""
    if isinstance(expr, Index):
        return _alphabetical(expr.dim)
    if expr.is_Symbol:
        return (expr,)
    return tuple(dict.fromkeys(symbol for arg in expr.args for symbol in _symbols(arg)))


def _alphabetical(size: sympy.Expr) -> tuple[sympy.Symbol, ...]:
    return (size,) if size.is_Symbol else tuple(sorted(size.free_symbols, key=str))


def with_sizes(program: Program, arrays: Iterable[Tensor]) -> Program:
    """The program with as many further inputs from `arrays` as are needed to read all sizes off them."""
    inputs = list(program.inputs)
    for symbol in sizes_of(program):
        if not any(_reading(tensor, symbol) for tensor in inputs):
            inputs += [tensor for tensor in arrays if tensor not in inputs and _reading(tensor, symbol)][:1]
    return Program(tuple(inputs), program.definitions, program.outputs)


def _sizes(program: Program, body: str) -> list[str]:
    """Lines that read the sizes used in the body off the arrays.

    Raises:
        SymderiveError: a size that no array has as an axis.
    """
    words = set(re.findall(r"\w+", body))
    lines: list[str] = []
    for symbol in sizes_of(program):
        if symbol.name in words:
            readings = [reading for tensor in program.inputs if (reading := _reading(tensor, symbol))]
            if not readings:
                raise SymderiveError(
                    f"writing code: the size {symbol.name} is no axis of any array; give it as a number."
                )
            lines.append(f"    {symbol.name} = {min(readings, key=len)}")
    return lines


def _reading(tensor: Tensor, symbol: sympy.Symbol) -> str:
    """Code that gives a size from an axis that is a whole multiple of it and a number more; or nothing."""
    for axis, size in enumerate(tensor.shape):
        extent = f"{tensor.name}.shape[{axis}]"
        slope, offset = size.coeff(symbol), size.subs(symbol, 0)
        if size == symbol:
            return extent
        if slope.is_Integer and slope > 0 and offset.is_Integer and size == slope * symbol + offset:
            shifted = (
                f"({extent} - {offset})" if offset > 0 else f"({extent} + {-offset})" if offset else extent
            )
            return shifted if slope == 1 else f"{shifted} // {slope}"
    return ""


@dataclass(frozen=True)
class NumpyFunction(Generated):
    """A generated function: call it with the arrays by keyword; `.source` is its code.

    The code runs with NumPy (and SciPy where special functions are used) alone.
    """

    _call: Any

    def __call__(self, **arrays: Any) -> Any:
        """Compute the outputs.

        Args:
            arrays: one array per input, by name; the other arrays of the loss may be given too.

        Returns:
            the output, or a tuple of outputs; floats and arrays of NumPy.

        Raises:
            SymderiveError: a missing or unknown name, an array that is not numeric, or NaN in an array that
                makes the output NaN.
            ShapeError: an array whose shape does not fit, or that is too short for a position in the formula.
        """
        given = checked_arrays(self.arguments(arrays), arrays, self.name)
        try:
            value = self.unchecked(given)
        except ValueError as error:
            check_extents(given, error, self.name)
            raise
        except IndexError as error:
            raise too_short(given, error, self.name) from error
        check_numbers(given, value, self.name)
        return value

    def unchecked(self, arrays: Mapping[str, Any]) -> Any:
        """Compute the outputs from arrays of floats that are known to fit; others are passed over."""
        return self._call(**self.needed(arrays))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the source: the loaded function belongs to no module, so pickle cannot find it by name."""
        return _loaded, (self.program, self.source, self.name, self.accepted)


def numpy_function(
    program: Program,
    name: str,
    summary: str = "",
    accepted: tuple[Tensor, ...] = (),
    given: tuple[sympy.Expr, ...] | None = None,
    *,
    plan: bool = False,
    as_it_stands: bool = False,
    rows_per_block: int | str | None = None,
) -> NumpyFunction:
    """Write and load the code of a program.

    Args:
        program: the equations, in order.
        name: the name of the function.
        summary: first line of its docstring.
        accepted: arrays that a call may give although the equations do not use them; sizes that the inputs of
            the program do not show are read off them.
        given: expressions in sizes that are at least 0, so that fixed positions exist; entries at others
            count as 0. By default all exist.
        plan: whether the equations are first rewritten into the cheapest order of operations.
        as_it_stands: whether they are not rewritten at all, not even where something overflows far out.
        rows_per_block: how many rows are computed at a time, as for `def_source`.

    Raises:
        SymderiveError: a name that clashes, a size that cannot be read off an array, or no blocks of rows.
    """
    program = with_sizes(program if given is None else with_rows_apart(program, given), accepted)
    rewrite = plan_of if plan else exact_far_out
    written = _with_windows_apart(program) if as_it_stands else rewrite(program)
    source = function_source(written, name, summary, rows_per_block=rows_per_block)
    return _loaded(program, source, name, accepted)


def plan_of(program: Program) -> Program:
    """The equations in the order in which a specialist computes them, with new names that clash with none."""
    return planned(exact_far_out(program), [size.name for size in sizes_of(program)])


def exact_far_out(program: Program) -> Program:
    """The equations rewritten so that nothing overflows or cancels, with new names that clash with none."""
    refuse(program, "writing code")
    names = [size.name for size in sizes_of(program)]
    words = set().union(*(one.words for one in libraries().values()))
    return stabilised(_with_windows_apart(program), (*names, *words))


def _with_windows_apart(program: Program) -> Program:
    return with_windows_apart(program, NewNames((program,), [size.name for size in sizes_of(program)]))


def _loaded(program: Program, source: str, name: str, accepted: tuple[Tensor, ...]) -> NumpyFunction:
    return NumpyFunction(program, source, name, accepted, loaded(source, name)[name])


__all__ = ["Leaf", "NumpyFunction", "function_source", "numpy_function", "text"]
