"""The white list of what a text may call, and the modules and constants that it may name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sympy

from symderive.core.dims import Size
from symderive.errors import SymderiveError
from symderive.functions import by_call, by_name
from symderive.language import dispatch, extras
from symderive.language.array import Array, as_array, elementwise

MODULES = {
    "np": "numpy", "numpy": "numpy", "scipy": "scipy", "special": "scipy.special", "sp": "scipy.special",
    "sc": "scipy.special", "math": "math",
}  # fmt: skip
SUBMODULES = {"scipy.special", "numpy.linalg"}
CONSTANTS: dict[str, Any] = {
    "numpy.pi": sympy.pi, "numpy.e": sympy.E, "numpy.newaxis": None, "math.pi": sympy.pi, "math.e": sympy.E,
    "pi": sympy.pi, "numpy.inf": float("inf"), "math.inf": float("inf"), "inf": float("inf"),
}  # fmt: skip
METHODS = (
    "sum", "mean", "dot", "transpose", "trace", "max", "min", "prod", "any", "all", "var", "std",
    "reshape", "ravel", "flatten", "squeeze", "cumsum", "repeat", "diagonal", "swapaxes", "copy", "clip",
    "cumprod", "take", "conj", "conjugate",
)  # fmt: skip
ATTRIBUTES = ("T", "mT", "shape", "ndim", "size")
_MATH = {"exp", "log", "log1p", "expm1", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
         "fabs", "cbrt", "exp2", "hypot"}  # fmt: skip


@dataclass(frozen=True)
class Module:
    """A module named in the text; nothing of it is ever touched."""

    path: str


@dataclass(frozen=True)
class Function:
    """A function of the white list, or a method of an array."""

    name: str
    call: Callable[..., Any]

    @property
    def short(self) -> str:
        """The name without its module."""
        return self.name.rpartition(".")[2]


@cache
def functions() -> dict[str, Function]:
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
    aliases = {id(function): _by_function(function) for function in dispatch.array_functions()}
    for alias, function in vars(np).items():
        if id(function) in aliases and not alias.startswith("_"):
            found.setdefault(f"numpy.{alias}", aliases[id(function)])
    found |= {f"scipy.special.{name}": function for name, function in extras.FUNCTIONS.items()}
    found |= {f"math.{name}": found[f"numpy.{name}"] for name in _MATH if f"numpy.{name}" in found}
    bare = {
        name.rpartition(".")[2]: function
        for name, function in found.items()
        if not (name.startswith("numpy.linalg.") and f"numpy.{name.rpartition('.')[2]}" in found)
    }
    bare |= {name: _by_entry(name) for name in by_name() if name not in bare}
    found |= {f"numpy.{name}": joined for name in ("array", "asarray")}
    bare["len"], bare["float"] = length, _number
    return {name: Function(name, function) for name, function in {**bare, **found}.items()}


def _by_name(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Array:
        return dispatch.call_ufunc(name, args, kwargs)

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


def length(value: Any) -> int | Size:
    """`len(X)`: the first size, also where it is symbolic.

    Raises:
        SymderiveError: a scalar.
    """
    if isinstance(value, tuple):
        return len(value)
    given = as_array(value, "len")
    if not given.ndim:
        raise SymderiveError("len: a scalar has no first size.")
    return given.shape[0]


def joined(value: Any) -> Array:
    """`np.array(x)`: an array as it is, several of one shape along a new first axis.

    Raises:
        SymderiveError: something else than arrays and numbers.
    """
    if isinstance(value, tuple) and any(isinstance(part, (Array, tuple)) for part in value):
        parts = tuple(joined(part) for part in value)
        made: Array = dispatch.apply_function(np.stack, (parts,), {})
        return made
    return as_array(value, "array")


def _number(value: Any) -> Any:
    """`float(x)` of a scalar is x."""
    given = as_array(value, "float")
    if given.ndim:
        raise SymderiveError("float: an array is not one number.")
    return value
