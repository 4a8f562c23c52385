"""Index expressions to and from SymPy's own `Sum`, `Indexed` and `KroneckerDelta`."""

from __future__ import annotations

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.errors import SymderiveError


def index_symbol(index: Index) -> sympy.Idx:
    """SymPy's index of the same name and range."""
    return sympy.Idx(index.name, index.dim)


def to_sympy(expr: sympy.Expr) -> sympy.Expr:
    """`expr` with SymPy's `Indexed`, `Sum` and `KroneckerDelta` in place of symderive's nodes.

    A scalar tensor becomes a symbol. Indices count from 0.

    >>> from symderive.core.nodes import Tensor, Index, IndexSum
    >>> x, i = Tensor("x", (3,)), Index("i", 3)
    >>> to_sympy(IndexSum(x[i] ** 2, i))
    Sum(x[i]**2, (i, 0, 2))
    """
    if isinstance(expr, Index):
        return index_symbol(expr)
    if isinstance(expr, Entry):
        tensor = expr.tensor
        if not tensor.rank:
            return sympy.Symbol(tensor.name, real=True)
        return sympy.IndexedBase(tensor.name, shape=tensor.shape)[tuple(to_sympy(axis) for axis in expr.axes)]
    if isinstance(expr, IndexSum):
        limits = [(index_symbol(index), 0, index.dim - 1) for index in reversed(expr.indices)]
        return sympy.Sum(to_sympy(expr.body), *limits)
    if isinstance(expr, Delta):
        return sympy.KroneckerDelta(*(to_sympy(arg) for arg in expr.args))
    return expr.func(*(to_sympy(arg) for arg in expr.args)) if expr.args else expr


def from_sympy(expr: sympy.Expr) -> sympy.Expr:
    """The inverse of `to_sympy`: `Sum` of `Indexed` becomes `IndexSum` of entries.

    Raises:
        SymderiveError: a sum that does not start at 0, or an index of unknown range.
    """
    return _from_sympy(sympy.sympify(expr), {})


def _from_sympy(expr: sympy.Expr, extents: dict[sympy.Basic, Size]) -> sympy.Expr:
    if isinstance(expr, sympy.Sum):
        inner = dict(extents)
        for symbol, lower, upper in expr.limits:
            if lower != 0:
                raise SymderiveError(f"reading {expr}: the sum over {symbol} starts at {lower}; start it at 0.")
            inner[symbol] = sympy.expand(upper + 1)
        indices = [Index(str(symbol), inner[symbol]) for symbol, _, _ in reversed(expr.limits)]
        return IndexSum(_from_sympy(expr.function, inner), *indices)
    if isinstance(expr, sympy.Indexed):
        shape = expr.shape if expr.base.shape is not None else None
        axes = []
        sizes = []
        for place, axis in enumerate(expr.indices):
            size = shape[place] if shape is not None else extents.get(axis, getattr(axis, "upper", None))
            if size is None:
                raise SymderiveError(f"reading {expr}: the range of {axis} is not known; give {expr.base} a shape.")
            sizes.append(size if shape is not None or axis in extents else size + 1)
            axes.append(_from_sympy(axis, {axis: sizes[-1], **extents}))
        return Entry(Tensor(str(expr.base.label), tuple(sizes)), *axes)
    if isinstance(expr, sympy.Idx) or expr in extents:
        size = extents.get(expr)
        if size is None:
            size = sympy.expand(expr.upper + 1) if getattr(expr, "upper", None) is not None else None
        if size is None:
            raise SymderiveError(f"reading index {expr}: its range is not known; write Idx('{expr}', n).")
        return Index(str(expr), size)
    if isinstance(expr, sympy.KroneckerDelta):
        return Delta(*(_from_sympy(arg, extents) for arg in expr.args[:2]))
    return expr.func(*(_from_sympy(arg, extents) for arg in expr.args)) if expr.args else expr
