"""NumPy's two protocols: which of its functions apply to symbolic arrays, and what they mean."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import sympy

from symderive.errors import SymderiveError
from symderive.functions import by_call
from symderive.functions.record import Indicator
from symderive.language import (
    array_standard,
    contracting,
    creating,
    factorisations,
    indexing,
    inverse,
    joining,
    linear,
    logic,
    matrix_powers,
    norms,
    polynomials,
    reductions,
    refused,
    running,
    shaping,
    shifting,
    triangles,
)
from symderive.language.array import Array, as_array, elementwise
from symderive.language.axes import normal_axes
from symderive.language.einsum import einsum
from symderive.language.numbers import divide, refuse

_OPERATORS: dict[str, tuple[Callable[..., Any], str]] = {
    "add": (lambda x, y: x + y, "+"),
    "subtract": (lambda x, y: x - y, "-"),
    "multiply": (lambda x, y: x * y, "*"),
    "divide": (divide, "/"),
    "true_divide": (divide, "/"),
    "power": (lambda x, y: x**y, "**"),
    "float_power": (lambda x, y: x**y, "**"),
}


_OF_ARRAYS: dict[str, Callable[..., Any]] = {**array_standard.UFUNCS, **refused.UFUNCS}
_REDUCTIONS = {"maximum": "max", "minimum": "min", "multiply": "prod"}


@cache
def _functions_by_short_name() -> dict[str, Any]:
    return {call.rpartition(".")[2]: entry for call, entry in by_call().items()}


def apply_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Array:
    """What `numpy` calls for `np.exp(X)`, `np.add(X, 1)`, `scipy.special.expit(X)` and the like.

    Raises:
        SymderiveError: a function, method or argument that symbolic arrays do not support.
    """
    name = ufunc.__name__
    if name == "add" and method == "reduce":
        axis, keepdims = kwargs.pop("axis", 0), kwargs.pop("keepdims", False)
        return as_array(inputs[0], "sum").sum(axis, bool(keepdims), **_given(kwargs))
    if name in _REDUCTIONS and method == "reduce":
        axis, keepdims = kwargs.pop("axis", 0), kwargs.pop("keepdims", False)
        return reductions.fold(_REDUCTIONS[name], inputs[0], axis, bool(keepdims), **_given(kwargs))
    if method != "__call__":
        raise SymderiveError(f"{name}.{method}: not supported on symbolic arrays.")
    return call_ufunc(name, inputs, kwargs)


def call_ufunc(name: str, inputs: tuple[Any, ...], named: Mapping[str, Any] | None = None) -> Array:
    """Apply the elementwise function or operator called `name`; only `vecdot` takes an axis."""
    given = dict(named or {})
    axis = {"axis": given.pop("axis")} if name == "vecdot" and "axis" in given else {}
    refuse(given, name)
    if (name == "matmul" or name in _OPERATORS) and len(inputs) != 2:
        raise SymderiveError(f"{name}: it takes 2 arguments, not {len(inputs)}.")
    if name == "matmul":
        return linear.matmul(*inputs)
    if name in logic.FUNCTIONS:
        return _conditions(name, inputs)
    if name in _OF_ARRAYS:
        return _OF_ARRAYS[name](*inputs, **axis)
    if name in _OPERATORS:
        make, symbol = _OPERATORS[name]
        return elementwise(make, *inputs, symbol=symbol)
    entry = _functions_by_short_name().get(name)
    if entry is None:
        raise SymderiveError(f"{name}: not supported on symbolic arrays{nearest(name, known_names())}")
    if len(inputs) != entry.arity:
        raise SymderiveError(f"{name}: it takes {entry.arity} arguments, not {len(inputs)}.")
    if isinstance(entry.head, type) and issubclass(entry.head, Indicator):
        return logic.compare(entry.name, *inputs)
    return elementwise(entry.make, *inputs, symbol=name)


def _conditions(name: str, inputs: tuple[Any, ...]) -> Array:
    count = 1 if name in ("logical_not", "invert") else 2
    if len(inputs) != count:
        raise SymderiveError(f"{name}: it takes {count} argument{'s'[: count - 1]}, not {len(inputs)}.")
    return logic.FUNCTIONS[name](*inputs) if name.startswith("logical") else logic.join(name, *inputs)


def operator_names() -> list[str]:
    """The names of NumPy's functions that are operators, `add` and so on."""
    return [*_OPERATORS, "matmul", *logic.FUNCTIONS, *_OF_ARRAYS]


def array_functions() -> list[Any]:
    """NumPy's functions that are not elementwise and apply to symbolic arrays."""
    return list(_ARRAY_FUNCTIONS)


def known_names() -> list[str]:
    """The names of all functions that apply to symbolic arrays."""
    return sorted(
        {*_functions_by_short_name(), *_OPERATORS, "matmul", *(f.__name__ for f in _ARRAY_FUNCTIONS)}
    )


def nearest(name: str, known: list[str]) -> str:
    """`; did you mean X?` where a known name is close, else a full stop: the end of an error sentence."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else "."


def apply_function(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `numpy` calls for `np.sum(X)`, `np.einsum(...)` and other functions that are not elementwise.

    Raises:
        SymderiveError: a function that symbolic arrays do not support.
    """
    made = _ARRAY_FUNCTIONS.get(func)
    if made is None:
        raise SymderiveError(
            f"{func.__name__}: not supported on symbolic arrays{nearest(func.__name__, known_names())}"
        )
    try:
        return made(*args, **kwargs)
    except TypeError as error:
        raise SymderiveError(
            f"{func.__name__}: {str(error).partition(') ')[2] or error}; see numpy.{func.__name__}."
        ) from None


def _sum(a: Any, axis: Any = None, keepdims: Any = False, **other: Any) -> Array:
    return as_array(a, "sum").sum(axis, _kept(keepdims), **_given(other))


def _mean(a: Any, axis: Any = None, keepdims: Any = False, **other: Any) -> Array:
    return as_array(a, "mean").mean(axis, _kept(keepdims), **_given(other))


def _fold(what: str) -> Callable[..., Array]:
    def folded(a: Any, axis: Any = None, keepdims: Any = False, **other: Any) -> Array:
        return reductions.fold(what, a, axis, _kept(keepdims), **_given(other))

    return folded


def _kept(keepdims: Any) -> bool:
    return keepdims is not np._NoValue and bool(keepdims)


def _given(keywords: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keywords.items() if value is not np._NoValue}


def variance(a: Any, axis: Any = None, keepdims: Any = False, ddof: int = 0, **other: Any) -> Array:
    """`numpy.var`: the mean of squared deviations, or their sum over the number less `ddof`."""
    given = _given(other)
    ddof = given.pop("correction", ddof)
    refuse(given, "var")
    if isinstance(ddof, bool) or not isinstance(ddof, int):
        raise SymderiveError(f"var: ddof is {ddof!r}, not an integer.")
    x = as_array(a, "var")
    centred = x - x.mean(axis, keepdims=True)
    squares = (centred * centred).sum(axis, _kept(keepdims))
    count = x.size if axis is None else sympy.Mul(*(x.shape[one] for one in np.atleast_1d(axis)))
    if (count - ddof).is_nonpositive:
        raise SymderiveError(f"var: {count} entries less ddof={ddof} leave nothing to divide by.")
    return squares / (count - ddof) if ddof else (centred * centred).mean(axis, _kept(keepdims))


def _std(a: Any, axis: Any = None, keepdims: Any = False, ddof: int = 0, **other: Any) -> Array:
    return call_ufunc("sqrt", (variance(a, axis, keepdims, ddof, **other),))


def _transpose(a: Any, axes: Any = None) -> Array:
    return as_array(a, "transpose").transpose(*(() if axes is None else (tuple(axes),)))


def _swapaxes(a: Any, axis1: int, axis2: int) -> Array:
    x = as_array(a, "swapaxes")
    first, second = normal_axes((axis1,), x.ndim, "swapaxes")[0], normal_axes((axis2,), x.ndim, "swapaxes")[0]
    order = list(range(x.ndim))
    order[first], order[second] = order[second], order[first]
    return x.transpose(tuple(order))


def _elementwise_functions() -> dict[Any, Callable[..., Any]]:
    """NumPy's elementwise functions that are no ufuncs, `sinc` and so on."""
    named = {
        call.removeprefix("numpy."): getattr(np, call.removeprefix("numpy."), None)
        for call in by_call() if call.startswith("numpy.") and call.count(".") == 1
    }  # fmt: skip
    return {
        function: partial(_by_name, name)
        for name, function in named.items()
        if function is not None and not isinstance(function, np.ufunc)
    }


def _by_name(name: str, *inputs: Any) -> Array:
    return call_ufunc(name, inputs)


def clip(a: Any, a_min: Any = None, a_max: Any = None, **other: Any) -> Array:
    """The entries within bounds, as `numpy.clip`; None is no bound."""
    refuse(_given(other), "clip")
    x = as_array(a, "clip")
    x = x if a_min is None else call_ufunc("maximum", (x, a_min))
    return x if a_max is None else call_ufunc("minimum", (x, a_max))


_ARRAY_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.var: variance,
    np.std: _std,
    np.dot: linear.dot,
    np.vdot: linear.vdot,
    np.inner: linear.inner,
    np.outer: linear.outer,
    np.einsum: einsum,
    np.trace: triangles.trace,
    np.diag: triangles.diag,
    np.diagonal: triangles.diagonal,
    np.transpose: _transpose,
    np.swapaxes: _swapaxes,
    np.linalg.norm: norms.norm,
    **factorisations.FUNCTIONS,
    np.linalg.inv: inverse.inv,
    np.linalg.cholesky: inverse.cholesky,
    np.linalg.matrix_power: matrix_powers.matrix_power,
    np.linalg.multi_dot: matrix_powers.multi_dot,
    np.linalg.det: inverse.det,
    np.linalg.slogdet: inverse.slogdet,
    np.linalg.solve: inverse.solve,
    np.clip: clip,
    np.where: logic.where,
    np.max: _fold("max"),
    np.min: _fold("min"),
    np.amax: _fold("max"),
    np.amin: _fold("min"),
    np.prod: _fold("prod"),
    np.any: _fold("any"),
    np.all: _fold("all"),
    np.count_nonzero: reductions.count_nonzero,
    np.argmax: reductions.without_derivative("argmax"),
    np.argmin: reductions.without_derivative("argmin"),
    np.shape: lambda a: as_array(a, "shape").shape,
    np.ndim: lambda a: as_array(a, "ndim").ndim,
    np.size: lambda a: as_array(a, "size").size,
    **creating.FUNCTIONS,
    **shaping.FUNCTIONS,
    **joining.FUNCTIONS,
    **shifting.FUNCTIONS,
    **triangles.FUNCTIONS,
    **contracting.FUNCTIONS,
    **running.FUNCTIONS,
    **polynomials.FUNCTIONS,
    **array_standard.FUNCTIONS,
    **refused.FUNCTIONS,
    **_elementwise_functions(),
    np.take: indexing.taken,
}
