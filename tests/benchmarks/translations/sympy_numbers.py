"""The number behind a SymPy expression: matrices, arrays, sums over indices, at NumPy values."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
import sympy
from sympy.tensor.array.expressions import (
    ArrayAdd,
    ArrayContraction,
    ArrayDiagonal,
    ArrayTensorProduct,
    PermuteDims,
)

_SCALAR = {
    "loggamma": scipy.special.gammaln,
    "polygamma": lambda k, x: scipy.special.polygamma(int(k), x),
    "erf": scipy.special.erf,
    "digamma": scipy.special.digamma,
}


class NotAResultError(Exception):
    """The expression still contains a derivative, or something that has no number."""


def value(expr: Any, known: dict[str, Any]) -> Any:
    """The value of an expression; `known` has arrays and sizes by name, and indices in scope."""
    for kind, rule in _RULES:
        if isinstance(expr, kind):
            return rule(expr, known)
    if isinstance(expr, sympy.Basic) and not expr.args:
        return float(expr)
    if isinstance(expr, sympy.Function):
        name = type(expr).__name__
        given = [value(one, known) for one in expr.args]
        function = _SCALAR.get(name) or getattr(np, {"Abs": "abs"}.get(name, name), None)
        if function is not None:
            return function(*given)
    raise NotAResultError(f"{type(expr).__name__} has no value")


def _symbol(expr: Any, known: dict[str, Any]) -> Any:
    if str(expr.name) not in known:
        raise NotAResultError(f"{expr} has no value")
    found = known[str(expr.name)]
    return found.reshape(-1, 1) if isinstance(expr, sympy.MatrixSymbol) and np.ndim(found) == 1 else found


def _folded(operation: Any) -> Any:
    def rule(expr: Any, known: dict[str, Any]) -> Any:
        made = value(expr.args[0], known)
        for one in expr.args[1:]:
            made = operation(made, value(one, known))
        return made

    return rule


def _product(expr: Any, known: dict[str, Any]) -> Any:
    made: Any = 1.0
    for one in expr.args:
        right = value(one, known)
        made = made @ right if np.ndim(made) == np.ndim(right) == 2 else made * right
    return made


def _mapped(expr: Any, known: dict[str, Any]) -> Any:
    inner, function = value(expr.expr, known), expr.function
    (name,) = function.variables
    body = function.expr
    return np.vectorize(lambda x: float(value(body, {**known, str(name): x})), otypes=[float])(inner)


def _sum(expr: Any, known: dict[str, Any]) -> Any:
    *others, (name, low, high) = expr.limits
    inner = sympy.Sum(expr.function, *others) if others else expr.function
    ends = int(value(low, known)), int(value(high, known))
    return sum(value(inner, {**known, str(name): float(at)}) for at in range(ends[0], ends[1] + 1))


def _entry(expr: Any, known: dict[str, Any]) -> Any:
    base = value(expr.args[0], known) if isinstance(expr.args[0], sympy.MatrixExpr) else known[str(expr.base)]
    return base[tuple(int(value(one, known)) for one in expr.indices)]


def _piecewise(expr: Any, known: dict[str, Any]) -> Any:
    return next(value(body, known) for body, when in expr.args if _holds(when, known))


def _holds(when: Any, known: dict[str, Any]) -> bool:
    if when in (True, False):
        return bool(when)
    left, right = (value(one, known) for one in when.args)
    signs = {
        "StrictGreaterThan": left > right,
        "GreaterThan": left >= right,
        "StrictLessThan": left < right,
        "LessThan": left <= right,
        "Equality": left == right,
        "Unequality": left != right,
    }
    return bool(signs[type(when).__name__])


def _delta(expr: Any, known: dict[str, Any]) -> Any:
    left, right = (value(one, known) for one in expr.args[:2])
    return float(left == right)


def _constant(fill: Any) -> Any:
    return lambda expr, known: fill(*(int(value(one, known)) for one in expr.shape))


def _outer(expr: Any, known: dict[str, Any]) -> Any:
    made: Any = np.float64(1)
    for one in expr.args:
        made = np.multiply.outer(made, value(one, known))
    return made


def _contracted(expr: Any, known: dict[str, Any]) -> Any:
    made = value(expr.expr, known)
    letters = list(range(made.ndim))
    for axes in expr.contraction_indices:
        for axis in axes:
            letters[axis] = axes[0]
    gone = {axis for axes in expr.contraction_indices for axis in axes}
    return np.einsum(made, letters, [axis for axis in range(made.ndim) if axis not in gone])


def _diagonal(expr: Any, known: dict[str, Any]) -> Any:
    made = value(expr.expr, known)
    letters = list(range(made.ndim))
    for axes in expr.diagonal_indices:
        for axis in axes:
            letters[axis] = axes[0]
    taken = {axis for axes in expr.diagonal_indices for axis in axes}
    rest = [axis for axis in range(made.ndim) if axis not in taken]
    return np.einsum(made, letters, rest + [axes[0] for axes in expr.diagonal_indices])


def _unfinished(expr: Any, known: dict[str, Any]) -> Any:
    raise NotAResultError("an unevaluated derivative")


_RULES = [
    (sympy.Derivative, _unfinished),
    (sympy.MatrixSymbol, _symbol),
    (sympy.Symbol, _symbol),
    (ArrayAdd, _folded(np.add)),
    (ArrayTensorProduct, _outer),
    (ArrayContraction, _contracted),
    (ArrayDiagonal, _diagonal),
    (PermuteDims, lambda e, k: np.transpose(value(e.expr, k), e.permutation.array_form)),
    (sympy.Identity, _constant(lambda n, m: np.eye(n))),
    (sympy.OneMatrix, _constant(lambda n, m: np.ones((n, m)))),
    (sympy.ZeroMatrix, _constant(lambda n, m: np.zeros((n, m)))),
    (sympy.Inverse, lambda e, k: np.linalg.inv(value(e.arg, k))),
    (sympy.Transpose, lambda e, k: value(e.arg, k).T),
    (sympy.MatPow, lambda e, k: np.linalg.matrix_power(value(e.base, k), int(value(e.exp, k)))),
    (sympy.HadamardProduct, _folded(np.multiply)),
    (sympy.HadamardPower, lambda e, k: np.power(value(e.base, k), value(e.exp, k))),
    (sympy.matrices.expressions.applyfunc.ElementwiseApplyFunction, _mapped),
    (sympy.DiagMatrix, lambda e, k: np.diag(value(e.args[0], k).reshape(-1))),
    (sympy.Trace, lambda e, k: np.trace(value(e.arg, k))),
    (sympy.Determinant, lambda e, k: np.linalg.det(value(e.arg, k))),
    (sympy.matrices.expressions.matexpr.MatrixElement, _entry),
    (sympy.Indexed, _entry),
    (sympy.Sum, _sum),
    (sympy.Piecewise, _piecewise),
    (sympy.KroneckerDelta, _delta),
    (sympy.Heaviside, lambda e, k: np.heaviside(value(e.args[0], k), 0.5)),
    (sympy.sign, lambda e, k: np.sign(value(e.args[0], k))),
    (sympy.Max, _folded(np.maximum)),
    (sympy.Min, _folded(np.minimum)),
    ((sympy.Add, sympy.MatAdd), _folded(np.add)),
    ((sympy.Mul, sympy.MatMul), _product),
    (sympy.Pow, lambda e, k: np.power(np.asarray(value(e.base, k), dtype=float), value(e.exp, k))),
]
