"""SymPy's matrix expressions, and sums of indexed symbols, as symbolic arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalMatrix, DiagonalOf
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.matrices.expressions.hadamard import HadamardPower, HadamardProduct
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from symderive.core.convert import from_sympy as entries_from_sympy
from symderive.core.dims import Dim, Size, check_name
from symderive.core.identity import FREE_LETTERS, free_indices, letters, tensors_of
from symderive.core.nodes import Delta, Index
from symderive.errors import ShapeError, SymderiveError, did_you_mean
from symderive.functions import by_head, by_name
from symderive.language import inverse, linear, triangles
from symderive.language.array import Array, as_array, define, elementwise
from symderive.language.axes import free_axes
from symderive.language.declaring import array

# SymPy's functions that have another name in the catalogue.
_CATALOGUE_NAMES: dict[Any, str] = {
    sympy.Abs: "absolute",
    sympy.sign: "sign",
    sympy.loggamma: "log_gamma",
    sympy.digamma: "digamma",
    sympy.polygamma: "polygamma",
    sympy.factorial: "factorial",
    sympy.Max: "maximum",
    sympy.Min: "minimum",
    sympy.Heaviside: "step",
}


def from_sympy(expr: Any, **domains: str) -> Array:
    """Read a SymPy expression as a symbolic array.

    A `MatrixSymbol` with one column is a vector, a plain symbol is a scalar; the names stay. Symbols that
    occur in shapes and in the limits of sums are sizes. An expression in `Indexed` with free indices
    `i, j, k, …` is an array whose axes are these indices in this order.

    Args:
        expr: a `MatrixExpr`, or a scalar with entries, traces, and sums of `Indexed`.
        domains: domains of the arrays by name, as in `symderive.array`; without one, a scalar takes its
            domain from the assumptions of its symbol, and an array is real.

    Returns:
        the array: a vector for a result with one row or one column, a scalar for 1×1.

    Raises:
        SymderiveError: something that is not supported (a fractional power of a matrix, an unknown
            function), or a domain for a name that does not occur.

    >>> X, w = sympy.MatrixSymbol("X", 3, 2), sympy.MatrixSymbol("w", 2, 1)
    >>> from_sympy(X * w).shape
    (3,)
    """
    if isinstance(expr, sympy.MatrixBase) or not isinstance(expr, sympy.Basic):
        raise SymderiveError(
            f"reading a {type(expr).__name__}: give a SymPy expression in MatrixSymbol, Symbol or Indexed; "
            "an array of numbers has no names."
        )
    expr = expr.xreplace({symbol: Dim(check_name(symbol.name, "a size")) for symbol in _size_symbols(expr)})
    reader = _Reader(domains)
    if expr.has(sympy.Indexed):
        return reader.indexed(expr)
    made = reader.value(expr).array
    reader.check_domains()
    return made


def _size_symbols(expr: sympy.Basic) -> set[sympy.Basic]:
    """The symbols that occur in shapes and in the limits of sums."""
    found: set[sympy.Basic] = set()
    bound: set[sympy.Basic] = set()
    for node in sympy.preorder_traversal(expr):
        if isinstance(node, (sympy.MatrixSymbol, OneMatrix, ZeroMatrix, Identity)):
            found.update(*(size.free_symbols for size in node.shape))
        elif isinstance(node, sympy.IndexedBase):
            found.update(*(size.free_symbols for size in node.shape or ()))
        elif isinstance(node, sympy.Sum):
            bound.update(node.variables)
            found.update(*(limits[-1].free_symbols for limits in node.limits if len(limits) == 3))
        elif isinstance(node, sympy.Idx) and node.upper is not None:
            found.update(node.upper.free_symbols)
    return {symbol for symbol in found if symbol.is_Symbol and symbol not in bound}


@dataclass(frozen=True)
class _Value:
    """A matrix: an array that lacks the axes of size 1."""

    array: Array
    rows: bool
    columns: bool

    @property
    def turned(self) -> _Value:
        """The transpose."""
        return _Value(self.array.T, self.columns, self.rows)

    def like(self, made: Array) -> _Value:
        """Another array with the same axes."""
        return _Value(made, self.rows, self.columns)


def _value(made: Array, shape: tuple[Size, Size]) -> _Value:
    """An array with both axes, less those of size 1."""
    rows, columns = (size != 1 for size in shape)
    return _Value(made[slice(None) if rows else 0, slice(None) if columns else 0], rows, columns)


def _scalar(made: Any) -> _Value:
    return _Value(as_array(made, "from_sympy"), False, False)


class _Reader:
    """Reads one expression; final."""

    def __init__(self, domains: Mapping[str, str]) -> None:
        self.domains = domains
        self.arrays: dict[str, Array] = {}
        self.bound: dict[sympy.Basic, _Value] = {}

    def check_domains(self) -> None:
        """Raise for a domain given to a name that does not occur."""
        for name in self.domains:
            if name not in self.arrays:
                raise SymderiveError(
                    f'from_sympy: no array "{name}" occurs in it{did_you_mean(name, self.arrays)}'
                )

    def declared(self, name: str, shape: tuple[Size, ...], domain: str = "real") -> Array:
        """The input called `name`."""
        made = self.arrays.get(name)
        if made is None:
            made = self.arrays[name] = array(name, *shape, domain=self.domains.get(name, domain))
        if made.shape != shape:
            raise ShapeError(f"from_sympy: {name} occurs with the shapes {made.shape} and {shape}.")
        return made

    def value(self, expr: sympy.Basic) -> _Value:
        """The value of a matrix or scalar expression."""
        if expr in self.bound:
            return self.bound[expr]
        for kind, read in _READERS:
            if isinstance(expr, kind):
                return read(self, expr)
        return _refuse(expr)

    def values(self, exprs: Any) -> Iterator[_Value]:
        """The values of several expressions."""
        return (self.value(one) for one in exprs)

    def symbol(self, expr: sympy.Symbol) -> _Value:
        if isinstance(expr, Dim):
            return _scalar(expr)
        domain = "positive" if expr.is_positive else "nonnegative" if expr.is_nonnegative else "real"
        return _scalar(self.declared(expr.name, (), domain))

    def matrix_symbol(self, expr: sympy.MatrixSymbol) -> _Value:
        rows, columns = expr.shape
        if columns == 1 and rows != 1:
            return _Value(self.declared(expr.name, (rows,)), True, False)
        return _value(self.declared(expr.name, (rows, columns)), expr.shape)

    def number(self, expr: sympy.Expr) -> _Value:
        if expr.is_Float and math.isfinite(float(expr)):
            return _scalar(float(expr))
        return _scalar(expr)

    def folded(self, step: Callable[[Any, Any], Any]) -> Callable[[sympy.Expr], _Value]:
        """Apply an elementwise operator from the left."""

        def read(expr: sympy.Expr) -> _Value:
            values = list(self.values(expr.args))
            shaped = next((one for one in values if one.array.ndim), values[0])
            return shaped.like(reduce(step, (one.array for one in values)))

        return read

    def mat_mul(self, expr: sympy.MatMul) -> _Value:
        return reduce(_product, self.values(expr.args))

    def mat_pow(self, expr: sympy.MatPow) -> _Value:
        base, exponent = expr.args
        if not (exponent.is_Integer and exponent != 0):
            return _refuse(expr)
        value = self.value(base) if exponent > 0 else self.inverted(base)
        return reduce(_product, [value] * abs(int(exponent)))

    def inverted(self, matrix: sympy.Expr) -> _Value:
        value = self.value(matrix)
        return value.like(inverse.inv(value.array) if value.array.ndim else 1 / value.array)

    def determinant(self, expr: sympy.Determinant) -> _Value:
        value = self.value(expr.args[0])
        return _scalar(inverse.det(value.array) if value.array.ndim else value.array)

    def power(self, expr: sympy.Expr) -> _Value:
        base, exponent = self.values(expr.args)
        shaped = base if base.array.ndim else exponent
        return shaped.like(base.array**exponent.array)

    def transpose(self, expr: sympy.Transpose) -> _Value:
        return self.value(expr.args[0]).turned

    def trace(self, expr: sympy.Trace) -> _Value:
        value = self.value(expr.args[0])
        return _scalar(value.array.trace() if value.array.ndim else value.array)

    def diag_matrix(self, expr: DiagMatrix) -> _Value:
        vector = self.value(expr.args[0])
        return _Value(triangles.diag(vector.array), True, True) if vector.array.ndim else vector

    def diagonal_of(self, expr: DiagonalOf) -> _Value:
        matrix = self.value(expr.args[0])
        return _Value(triangles.diag(matrix.array), True, False) if matrix.array.ndim else matrix

    def diagonal_matrix(self, expr: DiagonalMatrix) -> _Value:
        matrix = self.value(expr.args[0])
        return matrix.like(matrix.array * _filled(expr.shape, "eye")) if matrix.array.ndim else matrix

    def filled(self, expr: sympy.MatrixExpr) -> _Value:
        kind = "eye" if isinstance(expr, Identity) else "zeros" if isinstance(expr, ZeroMatrix) else "ones"
        return _value(_filled(expr.shape, kind), expr.shape)

    def elementwise(self, expr: ElementwiseApplyFunction) -> _Value:
        value = self.value(expr.expr)
        (variable,) = expr.function.variables
        kept, self.bound = self.bound, {**self.bound, variable: value}
        made = self.value(expr.function.expr)
        self.bound = kept
        return value.like(made.array if made.array.ndim else made.array + 0 * value.array)

    def element(self, expr: MatrixElement) -> _Value:
        parent, *axes = expr.args
        value = self.value(parent)
        if not all(axis.is_Integer for axis in axes):
            return _refuse(expr)
        kept = [int(axis) for axis, there in zip(axes, (value.rows, value.columns), strict=True) if there]
        return _scalar(value.array[tuple(kept)] if kept else value.array)

    def slice(self, expr: MatrixSlice) -> _Value:
        value = self.value(expr.parent)
        keys: list[Any] = []
        axes = (value.rows, value.columns)
        for (start, stop, step), size, there in zip(
            (expr.rowslice, expr.colslice), expr.parent.shape, axes, strict=True
        ):
            whole, single = (start, stop, step) == (0, size, 1), stop - start == 1 and start.is_Integer
            if not whole and not single:
                return _refuse(expr)
            keys += [slice(None) if whole else int(start)] if there else []
        taken = value.array[tuple(keys)] if keys else value.array
        rows, columns = (size != 1 for size in expr.shape)
        return _Value(taken, rows, columns)

    def dot_product(self, expr: DotProduct) -> _Value:
        left, right = self.values(expr.args)
        return _scalar((left.array * right.array).sum())

    def call(self, expr: sympy.Expr) -> _Value:
        """A function of the catalogue; `log |det A|` as one function."""
        if isinstance(expr, sympy.log) and isinstance(expr.args[0], sympy.Abs):
            (inner,) = expr.args[0].args
            if isinstance(inner, sympy.Determinant) and (value := self.value(inner.args[0])).array.ndim:
                return _scalar(inverse.slogdet(value.array).logabsdet)
        heads = by_head()
        args = expr.args[:1] if isinstance(expr, sympy.Heaviside) and expr.args[1:] == (0,) else expr.args
        entry = heads.get(expr.func) or by_name().get(_CATALOGUE_NAMES.get(expr.func, ""))
        if entry is None or (entry.name == "step" and len(args) > 1):
            return _refuse(expr)
        values = list(self.values(args))
        shaped = next((one for one in values if one.array.ndim), values[0])
        arrays = [one.array for one in values]
        if isinstance(expr, (sympy.Max, sympy.Min)):
            return shaped.like(reduce(lambda x, y: elementwise(entry.make, x, y), arrays))
        return shaped.like(elementwise(entry.make, *arrays))

    def gamma(self, expr: sympy.gamma) -> _Value:
        """`Γ(x)` as `(x − 1)!`."""
        value = self.value(expr.args[0])
        return value.like(elementwise(by_name()["factorial"].make, value.array - 1))

    def sum(self, expr: sympy.Sum) -> _Value:
        return _scalar(self.indexed(expr.replace(_is_entry_of_symbol, _as_indexed), inner=True))

    def indexed(self, expr: sympy.Expr, inner: bool = False) -> Array:
        """An expression in `Indexed`, over its free indices."""
        if expr.free_symbols & set(self.bound):
            raise SymderiveError(f"reading {expr}: a sum over the variable of a Lambda is not supported yet.")
        if expr.has(sympy.MatrixExpr):
            raise SymderiveError(
                f"reading {expr}: Indexed and matrices stand in one expression; write it with one of them."
            )
        bound = {variable for node in expr.atoms(sympy.Sum) for variable in node.variables}
        scalars = {symbol for symbol in expr.free_symbols - bound if _is_scalar(symbol, expr)}
        known = [self.symbol(symbol).array.tensor for symbol in sorted(scalars, key=str)]
        made = entries_from_sympy(self._catalogued(expr), known)
        tensors = sorted(tensors_of(made), key=lambda one: str(one.name))
        again = [self.declared(one.name, one.shape, one.domain) for one in tensors]
        if any(one.tensor != old for one, old in zip(again, tensors, strict=True)):
            made = entries_from_sympy(self._catalogued(expr), [one.tensor for one in again])
        free = sorted(free_indices(made), key=_letter_order)
        if inner and free:
            raise SymderiveError(
                f"reading {expr}: the index {free[0]} is free in the entry of a matrix expression."
            )
        if not inner:
            self.check_domains()
        return define(tuple(free), made, tuple(again))

    def _catalogued(self, expr: sympy.Expr) -> sympy.Expr:
        """The functions of SymPy as those of the catalogue."""
        known = {*by_head(), *_CATALOGUE_NAMES, sympy.gamma, sympy.KroneckerDelta}
        for node in sorted(expr.atoms(sympy.Function), key=str):
            if type(node) not in known:
                _refuse(node)
        for head, name in _CATALOGUE_NAMES.items():
            expr = expr.replace(head, _catalogue_call(name))
        return expr.replace(sympy.gamma, lambda x: by_name()["factorial"].make(x - 1))


def _catalogue_call(name: str) -> Callable[..., sympy.Expr]:
    make = by_name()[name].make
    if name in ("maximum", "minimum"):
        return lambda *args: reduce(make, args)
    return (lambda x, *rest: make(x)) if name == "step" else make


def _is_scalar(symbol: sympy.Basic, expr: sympy.Expr) -> bool:
    plain = symbol.is_Symbol and not isinstance(symbol, (Dim, sympy.Idx))
    entries = expr.atoms(sympy.Indexed)
    return bool(plain and not any(symbol == one.base.label or symbol in one.indices for one in entries))


def _letter_order(index: Index) -> int:
    return next(place for place, letter in enumerate(letters(FREE_LETTERS)) if letter == index.name)


def _is_entry_of_symbol(expr: sympy.Basic) -> bool:
    return isinstance(expr, MatrixElement) and isinstance(expr.parent, sympy.MatrixSymbol)


def _as_indexed(expr: MatrixElement) -> sympy.Indexed:
    """`w[i, 0]` of a matrix symbol as a component of the vector `w`."""
    symbol, row, column = expr.args
    vector = symbol.shape[1] == 1 and symbol.shape[0] != 1
    base = sympy.IndexedBase(symbol.name, shape=symbol.shape[:1] if vector else symbol.shape)
    return base[row] if vector else base[row, column]


def _filled(shape: tuple[Size, Size], kind: str) -> Array:
    i, j = free_axes(shape)
    body = {"eye": Delta(i, j), "ones": sympy.S.One, "zeros": sympy.S.Zero}[kind]
    return define((i, j), body, ())


def _product(left: _Value, right: _Value) -> _Value:
    if not left.array.ndim or not right.array.ndim:
        shaped = left if left.array.ndim else right
        return shaped.like(left.array * right.array)
    if left.columns != right.rows:
        raise ShapeError("from_sympy: the inner sizes of a matrix product differ.")
    if not left.columns:
        return _Value(linear.outer(left.array, right.array), True, True)
    return _Value(left.array @ right.array, left.rows, right.columns)


def _refuse(expr: sympy.Basic) -> NoReturn:
    name = type(expr).__name__
    if isinstance(expr, sympy.MatPow):
        raise SymderiveError(f"reading {expr}: the power {expr.exp} of a matrix is not supported yet.")
    raise SymderiveError(f"reading {expr}: {name} is not supported yet.")


_READERS: tuple[tuple[Any, Callable[[_Reader, Any], _Value]], ...] = (
    (sympy.Determinant, _Reader.determinant),
    (sympy.Inverse, lambda reader, expr: reader.inverted(expr.args[0])),
    (sympy.MatrixSymbol, _Reader.matrix_symbol),
    (sympy.Symbol, _Reader.symbol),
    (sympy.MatAdd, lambda reader, expr: reader.folded(operator.add)(expr)),
    (sympy.MatMul, _Reader.mat_mul),
    (sympy.MatPow, _Reader.mat_pow),
    (HadamardProduct, lambda reader, expr: reader.folded(operator.mul)(expr)),
    (HadamardPower, _Reader.power),
    (sympy.Transpose, _Reader.transpose),
    (sympy.Trace, _Reader.trace),
    (DiagMatrix, _Reader.diag_matrix),
    (DiagonalMatrix, _Reader.diagonal_matrix),
    (DiagonalOf, _Reader.diagonal_of),
    ((Identity, OneMatrix, ZeroMatrix), _Reader.filled),
    (ElementwiseApplyFunction, _Reader.elementwise),
    (MatrixElement, _Reader.element),
    (MatrixSlice, _Reader.slice),
    (DotProduct, _Reader.dot_product),
    (sympy.Sum, _Reader.sum),
    ((sympy.Number, sympy.NumberSymbol), _Reader.number),
    (sympy.Add, lambda reader, expr: reader.folded(operator.add)(expr)),
    (sympy.Mul, lambda reader, expr: reader.folded(operator.mul)(expr)),
    (sympy.Pow, _Reader.power),
    (sympy.gamma, _Reader.gamma),
    ((sympy.Function, sympy.Max, sympy.Min), _Reader.call),
)
