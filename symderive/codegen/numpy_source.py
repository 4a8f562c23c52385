"""A program as the source of one NumPy function, and the callable made from it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from symderive.codegen.from_forms import code
from symderive.codegen.from_indices import code_of
from symderive.codegen.stable import stabilised
from symderive.core.dims import shape_text
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import ShapeError, SymderiveError
from symderive.notation.forms import Leaf
from symderive.notation.printing import text
from symderive.notation.recover import matrix_form

RESERVED = frozenset({"np", "special", "result"})
_WORDS = {
    "spd": "symmetric positive definite", "lower": "lower triangular", "upper": "upper triangular",
    "skew": "skew-symmetric",
}  # fmt: skip


def function_source(program: Program, name: str, summary: str = "") -> str:
    """The source of a function of the inputs that returns the outputs, with the imports that it needs.

    Args:
        program: the equations, in order.
        name: the name of the function.
        summary: first line of its docstring.

    Raises:
        SymderiveError: an array whose name clashes with a size or with `np` or `special`.
    """
    words = [summary or name, "", *(f"{tensor.name}: {_shape_words(tensor)}" for tensor in program.inputs)]
    source = def_source(program, name, words)
    return f"{imports_of(source)}\n\n{source}"


def imports_of(source: str) -> str:
    """The lines that import what a source uses."""
    return "import numpy as np\n" + ("from scipy import special\n" if "special." in source else "")


def def_source(program: Program, name: str, docstring: Iterable[str]) -> str:
    """The source of a function of the inputs that returns the outputs, without imports.

    Args:
        program: the equations, in order.
        name: the name of the function.
        docstring: its lines.

    Raises:
        SymderiveError: as for `function_source`.
    """
    _check_names(program)
    program = stabilised(program, (*RESERVED, *(symbol.name for symbol in sizes_of(program))))
    first, *others = map(_safe, docstring)
    lines = [f"def {name}({_signature(program)}):", f'    """{first}']
    lines += [f"    {line}" if line else "" for line in others]
    lines += ['    """']
    body: list[str] = []
    last = program.definitions[-1] if program.definitions else None
    for made in program.definitions:
        single = made is last and program.outputs == (made.tensor,)
        body.append(
            f"    return {right_side(made)}" if single else f"    {made.tensor.name} = {right_side(made)}"
        )
    if last is None or program.outputs != (last.tensor,):
        body.append(f"    return {', '.join(str(tensor.name) for tensor in program.outputs)}")
    lines += _sizes(program, "\n".join(body))
    return "\n".join(lines + body) + "\n"


def right_side(made: Definition) -> str:
    """The NumPy expression of one equation: from its matrix notation where it has one."""
    form = matrix_form(made)
    return code_of(made) if form is None or form.rank != made.tensor.rank else code(form)


def _signature(program: Program) -> str:
    return ", ".join(str(tensor.name) for tensor in program.inputs)


def _shape_words(tensor: Tensor) -> str:
    domain = "" if tensor.domain == "real" else f", {_WORDS.get(tensor.domain, tensor.domain)}"
    return f"{shape_text(tensor.shape)}{domain}"


def _safe(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', "'''")


def _check_names(program: Program) -> None:
    taken = {symbol.name for symbol in sizes_of(program)} | RESERVED
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
class NumpyFunction:
    """A generated function: call it with the arrays by keyword; `.source` is its code.

    Attributes:
        program: what it computes.
        source: the code, which runs with NumPy (and SciPy where special functions are used) alone.
        name: the name of the function in the source.
        accepted: further arrays that a call may give because the loss has them; their shapes are checked.
    """

    program: Program
    source: str
    name: str
    _call: Any
    accepted: tuple[Tensor, ...] = ()

    def __call__(self, **arrays: Any) -> Any:
        """Compute the outputs.

        Args:
            arrays: one array per input, by name; the other arrays of the loss may be given too.

        Returns:
            the output, or a tuple of outputs; floats and arrays of NumPy.

        Raises:
            SymderiveError: a missing or unknown name, or an array that is not numeric.
            ShapeError: an array whose shape does not fit.
        """
        extra = tuple(tensor for tensor in self.accepted if tensor.name in arrays)
        inputs = self.program.inputs + tuple(tensor for tensor in extra if tensor not in self.program.inputs)
        given = checked_arrays(inputs, arrays, self.name)
        return self._call(**{tensor.name: given[tensor.name] for tensor in self.program.inputs})

    def unchecked(self, arrays: Mapping[str, Any]) -> Any:
        """Compute the outputs from arrays of floats that are known to fit; others are passed over."""
        return self._call(**{str(tensor.name): arrays[str(tensor.name)] for tensor in self.program.inputs})

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the source: the loaded function belongs to no module, so pickle cannot find it by name."""
        return _loaded, (self.program, self.source, self.name, self.accepted)


def numpy_function(
    program: Program, name: str, summary: str = "", accepted: tuple[Tensor, ...] = ()
) -> NumpyFunction:
    """Write and load the code of a program.

    Args:
        program: the equations, in order.
        name: the name of the function.
        summary: first line of its docstring.
        accepted: arrays that a call may give although the equations do not use them; sizes that the inputs of
            the program do not show are read off them.

    Raises:
        SymderiveError: a name that clashes, or a size that cannot be read off an array.
    """
    program = with_sizes(program, accepted)
    return _loaded(program, function_source(program, name, summary), name, accepted)


def _loaded(program: Program, source: str, name: str, accepted: tuple[Tensor, ...]) -> NumpyFunction:
    space: dict[str, Any] = {}
    exec(compile(source, f"<{name}>", "exec"), space)  # noqa: S102 -- our own code; every name in it is a checked identifier
    return NumpyFunction(program, source, name, space[name], accepted)


def checked_arrays(inputs: tuple[Tensor, ...], arrays: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The arrays as floats of the declared shapes.

    Raises:
        SymderiveError: a missing or unknown name, or an array that is not numeric.
        ShapeError: an array whose shape does not fit.
    """
    names = [str(tensor.name) for tensor in inputs]
    missing = [name for name in names if name not in arrays]
    extra = [name for name in arrays if name not in names]
    if missing or extra:
        wrong = f"{missing[0]} is missing" if missing else f"{extra[0]} is not an argument"
        raise SymderiveError(f"{what}: {wrong}; it takes {', '.join(names)}.")
    sizes: dict[sympy.Expr, int] = {}
    made: dict[str, Any] = {}
    for tensor in sorted(
        inputs, key=lambda one: all(isinstance(s, sympy.Symbol) for s in one.shape), reverse=True
    ):
        made[tensor.name] = _checked(tensor, arrays[tensor.name], sizes, what)
    return {name: made[name] for name in names}


def _checked(tensor: Tensor, value: Any, sizes: dict[sympy.Expr, int], what: str) -> Any:
    try:
        given = np.asarray(value)
    except ValueError:
        given = np.asarray(None)
    if given.dtype.kind not in "fiub":
        raise SymderiveError(f"{what}: {tensor.name} is not an array of real numbers (dtype {given.dtype}).")
    given = given if given.dtype.kind == "f" else given.astype(float)
    if given.ndim != tensor.rank:
        raise ShapeError(
            f"{what}: {tensor.name} has shape {given.shape}, but {shape_text(tensor.shape)} was declared."
        )
    for size, extent in zip(tensor.shape, given.shape, strict=True):
        if isinstance(size, sympy.Symbol):
            expected: Any = sizes.setdefault(size, extent)
        else:
            expected = size.xreplace(sizes)
        if expected != extent and getattr(expected, "is_number", True):
            raise ShapeError(
                f"{what}: {tensor.name} has shape {given.shape}, but {shape_text(tensor.shape)} was declared"
                f"{f' and {size} = {expected}' if size.free_symbols else ''}."
            )
    return given


__all__ = ["Leaf", "NumpyFunction", "function_source", "numpy_function", "text"]
