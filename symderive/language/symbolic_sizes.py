"""NumPy's makers of arrays, `np.eye` and so on, for sizes that are symbols.

NumPy has no way to hand `np.eye(n)` over to symbolic arrays, because n is no array. A function that is called
on symbolic arrays therefore runs with a stand-in for the module, which makes these arrays and else is NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import sympy

from symderive.language.creating import FUNCTIONS


class SymbolicNumpy(ModuleType):
    """NumPy, whose makers of arrays also take symbolic sizes."""

    def __getattr__(self, name: str) -> Any:
        return replaced(getattr(np, name))


_MODULE = SymbolicNumpy("numpy")


def replaced(value: Any) -> Any:
    """The stand-in for NumPy or one of its makers of arrays; any other value as it is.

    >>> from symderive.core.dims import dims
    >>> replaced(np.ones)(dims("n")).shape, replaced(np.ones)(2).shape
    ((n,), (2,))
    """
    if value is np:
        return _MODULE
    ours = FUNCTIONS.get(value) if callable(value) and getattr(value, "__hash__", None) else None
    return value if ours is None else _either(value, ours)


def _either(original: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    def made(*args: Any, **kwargs: Any) -> Any:
        return (ours if _is_symbolic((*args, *kwargs.values())) else original)(*args, **kwargs)

    return made


def _is_symbolic(values: Iterable[Any]) -> bool:
    """Whether a size among the arguments is an expression with symbols."""
    return any(
        _is_symbolic(value)
        if isinstance(value, (tuple, list))
        else isinstance(value, sympy.Basic) and bool(value.free_symbols)
        for value in values
    )


def with_symbolic_sizes(func: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of a Python function in which `np.eye(n)` works for symbolic n; other callables as they are."""
    if not isinstance(func, FunctionType):
        return func
    names = {name: value for name, value in func.__globals__.items() if name in _names(func.__code__)}
    changed = {name: new for name, value in names.items() if (new := replaced(value)) is not value}
    if not changed:
        return func
    copy = FunctionType(
        func.__code__, {**func.__globals__, **changed}, func.__name__, func.__defaults__, func.__closure__
    )
    copy.__kwdefaults__ = func.__kwdefaults__
    return copy


def _names(code: Any) -> set[str]:
    """The names that a piece of code and the functions inside it look up."""
    inner = (const for const in code.co_consts if hasattr(const, "co_names"))
    return set(code.co_names).union(*(_names(one) for one in inner))
