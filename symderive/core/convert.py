"""Index expressions to and from SymPy's own `Sum`, `Indexed` and `KroneckerDelta`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy
from sympy.matrices.expressions.matexpr import MatrixElement

from symderive.core.dims import Size
from symderive.core.matrix_nodes import CHOLESKY, InverseEntry, LogAbsDet, MatrixNode
from symderive.core.nodes import Delta, Entry, Fold, Index, IndexProduct, IndexSum, Tensor
from symderive.core.positions import Inside, Quotient, Remainder, bare
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.errors import SymderiveError


def index_symbol(index: Index) -> sympy.Idx:
    """SymPy's index of the same name and range."""
    return sympy.Idx(index.name, index.dim)


def to_sympy(expr: sympy.Expr, matrices: Mapping[Tensor, sympy.Expr] | None = None) -> sympy.Expr:
    """`expr` with SymPy's `Indexed`, `Sum` and `KroneckerDelta` in place of symderive's nodes.

    A scalar tensor becomes a real symbol. Indices count from 0. SymPy has no word for "0 outside the
    range": of an entry at an affine position only the position is kept.

    Args:
        expr: an expression over entries, sums and deltas.
        matrices: the matrix expressions of arrays under an inverse or determinant; by default their symbols.

    Returns:
        the same in SymPy's own classes.

    Raises:
        SymderiveError: a maximum or minimum over an index, which SymPy does not have.

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
        base = sympy.IndexedBase(tensor.name, shape=tensor.shape)
        return base[tuple(to_sympy(bare(axis)) for axis in expr.axes)]
    if isinstance(expr, MatrixNode):
        return _of_matrix(expr, matrices or {})
    if isinstance(expr, IndexSum):
        limits = [(index_symbol(index), 0, index.dim - 1) for index in reversed(expr.indices)]
        return sympy.Sum(to_sympy(expr.body, matrices), *limits)
    if isinstance(expr, IndexProduct):
        factors = [(index_symbol(index), 0, index.dim - 1) for index in reversed(expr.indices)]
        return sympy.Product(to_sympy(expr.body, matrices), *factors)
    if isinstance(expr, Fold):
        raise SymderiveError(f"converting {expr}: SymPy has no maximum or minimum over an index.")
    if isinstance(expr, IndexLogSum):
        return sympy.log(to_sympy(IndexSum(expr.body, *expr.indices), matrices))
    if isinstance(expr, SoftmaxEntry):
        below = IndexSum(expr.total.body, *expr.total.indices)
        return to_sympy(expr.numerator, matrices) / to_sympy(below, matrices)
    if isinstance(expr, Delta):
        return sympy.KroneckerDelta(*(to_sympy(arg) for arg in expr.args))
    if isinstance(expr, Inside):
        position, size = (to_sympy(arg) for arg in expr.args)
        return sympy.Piecewise((1, sympy.And(position >= 0, position < size)), (0, True))
    if isinstance(expr, (Quotient, Remainder)):
        left, right = (to_sympy(arg) for arg in expr.args)
        return sympy.floor(left / right) if isinstance(expr, Quotient) else sympy.Mod(left, right)
    return expr.func(*(to_sympy(arg, matrices) for arg in expr.args)) if expr.args else expr


def _of_matrix(expr: MatrixNode, matrices: Mapping[Tensor, sympy.Expr]) -> sympy.Expr:
    if expr.lead:
        raise SymderiveError(
            f"converting {expr}: SymPy has no inverse or determinant of a batch of matrices."
        )
    matrix = matrices.get(expr.tensor, sympy.MatrixSymbol(expr.tensor.name, *expr.tensor.shape))
    if isinstance(expr, InverseEntry):
        return MatrixElement(sympy.Inverse(matrix), *(to_sympy(bare(axis)) for axis in expr.axes))
    if not expr.is_algebraic:
        raise SymderiveError(f"converting {expr}: SymPy has no symbolic singular values.")
    if isinstance(expr, CHOLESKY):
        raise SymderiveError(f"converting {expr}: SymPy has no symbolic Cholesky factor.")
    value = sympy.Determinant(matrix)
    return sympy.log(sympy.Abs(value)) if isinstance(expr, LogAbsDet) else value


def from_sympy(expr: sympy.Expr, tensors: Iterable[Tensor] = ()) -> sympy.Expr:
    """The inverse of `to_sympy`: `Sum` of `Indexed` becomes `IndexSum` of entries.

    Args:
        expr: a SymPy expression. The range of an index is read from its sum, from `Idx`, or from the shape
            of the `IndexedBase` that it stands in.
        tensors: what is known of the arrays by name; gives them their domain and LaTeX, and tells scalars
            from other symbols.

    Returns:
        the same over symderive's nodes.

    Raises:
        SymderiveError: a sum that does not start at 0, or an index of unknown range.

    >>> k = sympy.Symbol("k", integer=True)
    >>> from_sympy(sympy.Sum(sympy.IndexedBase("x")[k], (k, 0, 2)))
    Sum[k](x[k])
    """
    known = {tensor.name: tensor for tensor in tensors}
    return _from_sympy(sympy.sympify(expr, strict=True), {}, known)


def _from_sympy(
    expr: sympy.Expr, extents: Mapping[sympy.Basic, Size], known: Mapping[str, Tensor]
) -> sympy.Expr:
    if isinstance(expr, sympy.Sum):
        return _sum(expr, extents, known)
    if isinstance(expr, sympy.Indexed):
        return _entry(expr, extents, known)
    if expr in extents or isinstance(expr, sympy.Idx):
        return _index(expr, extents)
    if isinstance(expr, sympy.KroneckerDelta):
        return Delta(*(_from_sympy(arg, extents, known) for arg in expr.args[:2]))
    if expr.is_Symbol and expr.name in known and not known[expr.name].rank:
        return Entry(known[expr.name])
    return expr.func(*(_from_sympy(arg, extents, known) for arg in expr.args)) if expr.args else expr


def _sum(expr: sympy.Sum, extents: Mapping[sympy.Basic, Size], known: Mapping[str, Tensor]) -> sympy.Expr:
    inner: dict[sympy.Basic, Size] = {}
    groups: list[list[Index]] = [[]]
    for limits in expr.limits:  # the innermost first
        symbol, lower, upper = limits
        if lower != 0:
            raise SymderiveError(f"reading {expr}: the sum over {symbol} starts at {lower}; start it at 0.")
        if upper.free_symbols & {*expr.variables, *extents}:
            raise SymderiveError(f"reading {expr}: the range of {symbol} depends on another index.")
        size = sympy.expand(upper + 1)
        inner.setdefault(symbol, size)
        index = Index(str(symbol), size)
        # SymPy joins sums that stand directly in one another, even if both bind the same name.
        if any(index.name == other.name for other in groups[-1]):
            groups.append([])
        groups[-1].append(index)
    body = _from_sympy(expr.function, {**extents, **inner}, known)
    for group in groups:
        body = IndexSum(body, *reversed(group))
    return body


def _index(symbol: sympy.Expr, extents: Mapping[sympy.Basic, Size]) -> Index:
    size = extents.get(symbol)
    if size is None and symbol.upper is not None:
        if symbol.lower != 0:
            raise SymderiveError(f"reading index {symbol}: it starts at {symbol.lower}; start it at 0.")
        size = sympy.expand(symbol.upper + 1)
    if size is None:
        raise SymderiveError(f"reading index {symbol}: its range is not known; write Idx('{symbol}', n).")
    return Index(str(symbol), size)


def _entry(expr: sympy.Indexed, extents: Mapping[sympy.Basic, Size], known: Mapping[str, Tensor]) -> Entry:
    name = str(expr.base.label)
    shape = expr.base.shape if name not in known else known[name].shape
    if shape is not None and len(shape) != len(expr.indices):
        raise SymderiveError(f"reading {expr}: {expr.base} has {len(shape)} axes, not {len(expr.indices)}.")
    axes = []
    for place, axis in enumerate(expr.indices):
        inner = dict(extents)
        plain = axis.is_Symbol and not isinstance(axis, sympy.Idx)
        unranged = isinstance(axis, sympy.Idx) and axis.upper is None
        if shape is not None and (plain or unranged):
            inner.setdefault(axis, shape[place])
        axes.append(_from_sympy(axis, inner, known))
    if shape is None:
        if not all(isinstance(axis, Index) for axis in axes):
            raise SymderiveError(f"reading {expr}: the range of its axes is not known; give {name} a shape.")
        shape = tuple(axis.dim for axis in axes)
    return Entry(known.get(name, Tensor(name, tuple(shape))), *axes)
