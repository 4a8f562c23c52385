"""The number behind a tensorgrad expression, in NumPy; its own evaluator needs named tensors of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
from tensorgrad.functions import _DeterminantFunction, _MatrixInverseFunction, _PowerFunction, _ScaleFunction
from tensorgrad.tensor import Delta, Function, Product, Rename, Sum, Variable, Zero

_SIMPLE = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "erf": scipy.special.erf,
    "abs": np.abs,
    "sign": np.sign,
    "relu": lambda x: np.maximum(x, 0),
    "gt0": lambda x: (x > 0).astype(float),
}
Named = tuple[Any, list[str]]


class NotAResultError(Exception):
    """The expression contains something that has no number."""


def value(tensor: Any, given: dict[str, Named], sizes: dict[Any, int]) -> Named:
    """The entries, and the edge of each axis."""
    if isinstance(tensor, Variable):
        return given[tensor.name]
    if isinstance(tensor, Rename):
        array, edges = value(tensor.tensor, given, sizes)
        return array, [tensor.mapping.get(edge, edge) for edge in edges]
    if isinstance(tensor, Zero):
        return np.zeros([sizes[size] for size in tensor.shape.values()]), list(tensor.edges)
    if isinstance(tensor, Delta):
        return _delta(tensor, sizes)
    if isinstance(tensor, Sum):
        edges = list(tensor.edges)
        parts = [_aligned(value(one, given, sizes), edges) for one in tensor.terms]
        return sum(float(w) * part for w, part in zip(tensor.weights, parts, strict=True)), edges
    if isinstance(tensor, Product):
        return _product(tensor, given, sizes)
    if isinstance(tensor, Function):
        return _function(tensor.signature, [value(one, given, sizes) for one in tensor.inputs])
    raise NotAResultError(f"{type(tensor).__name__} has no value")


def _aligned(named: Named, edges: list[str]) -> Any:
    return np.transpose(named[0], [named[1].index(edge) for edge in edges])


def _delta(tensor: Any, sizes: dict[Any, int]) -> Named:
    size = sizes[tensor.size]
    if not tensor.edges:
        return np.float64(size), []
    made = np.zeros([size] * len(tensor.edges))
    made[(np.arange(size),) * len(tensor.edges)] = 1
    return made, list(tensor.edges)


def _product(tensor: Any, given: dict[str, Named], sizes: dict[Any, int]) -> Named:
    parts = [value(one, given, sizes) for one in tensor.factors]
    letters = {
        edge: place for place, edge in enumerate(dict.fromkeys(e for _, edges in parts for e in edges))
    }
    if not parts:
        return np.float64(1), []
    out = list(tensor.edges)
    told = [item for array, edges in parts for item in (array, [letters[edge] for edge in edges])]
    return np.einsum(*told, [letters[edge] for edge in out], optimize=True), out


def _function(signature: Any, parts: list[Named]) -> Named:
    array, edges = parts[0]
    if isinstance(signature, _ScaleFunction):
        inner, names = _function(signature.inner, parts)
        return float(signature.alpha) * inner, names
    if isinstance(signature, _PowerFunction):
        return np.power(np.asarray(array, dtype=float), float(signature.k)), edges
    if isinstance(signature, (_DeterminantFunction, _MatrixInverseFunction)):
        pair = [edge for edge in edges if edge in signature.inputs[0]]
        rest = [edge for edge in edges if edge not in pair]
        matrices = _aligned(parts[0], [*rest, *pair])
        if isinstance(signature, _DeterminantFunction):
            return np.linalg.det(matrices), rest
        return np.linalg.inv(matrices), [*rest, *pair[::-1]]
    if signature.name in _SIMPLE:
        return _SIMPLE[signature.name](array), edges
    raise NotAResultError(f"the function {signature.name} has no value")
