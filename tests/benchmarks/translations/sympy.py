"""SymPy's answers: its matrix calculus, and where that refuses its sums over indices."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from tests.benchmarks.translations import sympy_indices, sympy_matrices
from tests.benchmarks.translations.numpy_text import NotExpressedError, translated
from tests.benchmarks.translations.sympy_numbers import NotAResultError, value

DISTRIBUTION = "sympy"
_UNREADABLE = ("Array", "PermuteDims", "Sum(", "Derivative(", "ElementwiseApplyFunction", "Lambda(")


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """The values at the points of a case, the printed text, and whether it is matrix notation."""
    sizes = {
        size: sympy.Symbol(size, integer=True, positive=True)
        for shape in case["shapes"].values()
        for size in shape
    }
    shapes = {name: tuple(sizes[size] for size in shape) for name, shape in case["shapes"].items()}
    try:
        return _by_matrices(case, shapes)
    except (
        NotExpressedError,
        NotAResultError,
        NotImplementedError,
        ValueError,
        TypeError,
        AttributeError,
        AssertionError,
        RecursionError,
    ) as error:
        try:
            return _by_indices(case, shapes)
        except NotExpressedError:
            raise error from None


def _by_matrices(case: dict[str, Any], shapes: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    arrays = {name: sympy_matrices.array(name, shape) for name, shape in shapes.items()}
    made = translated(case["function"], arrays, sympy_matrices).expr
    given = [arrays[name].expr for name in case["variables"]]
    found = _differentiated(made, given)
    if isinstance(made, sympy.MatrixExpr) and not _is_readable(found):
        found = _differentiated(sympy.Trace(made), given)  # the other way to write a scalar
    made = found
    if isinstance(made, (int, float)):
        made = sympy.sympify(made)
    values = [np.asarray(value(made, known), dtype=float).tolist() for known in _points(case)]
    scalar = not any(case["shapes"][name] for name in case["shapes"])
    return {"values": values, "text": str(made), "readable": scalar or _is_readable(made)}


def _differentiated(made: Any, variables: list[Any]) -> Any:
    for one in variables:
        made = made.diff(one)
    return made


def _is_readable(made: Any) -> bool:
    text = sympy.srepr(made)
    return not any(word in text for word in _UNREADABLE)


def _by_indices(case: dict[str, Any], shapes: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    arrays = {name: sympy_indices.array(name, shape) for name, shape in shapes.items()}
    made = translated(case["function"], arrays, sympy_indices).at()
    free: list[str] = []
    for name in case["variables"]:
        at = [sympy.Symbol(f"i{len(free) + place}", integer=True) for place in range(len(shapes[name]))]
        free += [str(one) for one in at]
        made = made.diff(arrays[name].at(*at))
    values = []
    for known in _points(case):
        entries = case["entries"]
        values.append([float(value(made, {**known, **dict(zip(free, at, strict=True))})) for at in entries])
    return {"entries": values, "text": str(made), "readable": False}


def _points(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **{name: np.asarray(one) if np.ndim(one) else float(one) for name, one in point.items()},
            **case["sizes"],
        }
        for point in case["points"]
    ]
