"""Forms as SymPy's matrix expressions: vectors are n×1 matrices, scalars are plain expressions.

SymPy prints the nodes below in NumPy code only in part; where it does not, a subclass says how, so that
`sympy.lambdify` works on every result. In everything else the subclasses are SymPy's own nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf
from sympy.matrices.expressions.hadamard import HadamardPower, HadamardProduct
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.matmul import combine_powers
from sympy.matrices.expressions.slice import MatrixSlice
from sympy.matrices.expressions.special import Identity, OneMatrix
from sympy.matrices.expressions.transpose import Transpose

from symderive.core.identity import letters
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.functions import (
    catalogue,
    choice,
    comparisons,
    counting,
    kinked,
    normal_tail,
    sigmoid,
    special,
)
from symderive.notation.exponential_sums import shares_written_out
from symderive.notation.forms import (
    Apply,
    Basis,
    BigMax,
    BigMin,
    BigProduct,
    BigSum,
    Bracket,
    Chain,
    Cholesky,
    Component,
    Const,
    Determinant,
    Diag,
    DiagPart,
    Eye,
    Form,
    Inverse,
    Kronecker,
    Largest,
    Leaf,
    LogDeterminant,
    LogSumExp,
    NormSquared,
    Ones,
    Outer,
    Plus,
    Power,
    ProductOfAll,
    Shares,
    SingularSlope,
    SingularSum,
    Slice,
    Smallest,
    Softmax,
    Times,
    Total,
    Trace,
    Transposed,
    Triangle,
)
from symderive.notation.recover import matrix_form
from symderive.notation.vectorised import Commutation, KroneckerProduct, Vec

Known = Mapping[Tensor, sympy.Expr]


class _NoMatrixExpressionError(Exception):
    """The form is written with indices, or has more than two axes."""


class ElementwisePower(HadamardPower):
    """SymPy's `HadamardPower` that prints as NumPy code."""

    def _sympystr(self, printer: Any) -> str:
        return f"HadamardPower({printer._print(self.base)}, {printer._print(self.exp)})"

    def _numpycode(self, printer: Any) -> str:
        return f"(({printer._print(self.base)})**({printer._print(self.exp)}))"


class ElementwiseFunction(ElementwiseApplyFunction):
    """SymPy's `ElementwiseApplyFunction` that prints as NumPy code."""

    def _numpycode(self, printer: Any) -> str:
        (variable,) = self.function.variables
        body = printer._print(self.function.expr)
        return f"(lambda {printer._print(variable)}: {body})({printer._print(self.expr)})"


class MatrixTrace(sympy.Trace):
    """SymPy's `Trace` that prints as NumPy code."""

    def _numpycode(self, printer: Any) -> str:
        return f"{printer._module_format(f'{printer._module}.trace')}({printer._print(self.arg)})"


class MatrixDeterminant(sympy.Determinant):
    """SymPy's `Determinant` that prints as NumPy code."""

    def _numpycode(self, printer: Any) -> str:
        return f"{printer._module_format(f'{printer._module}.linalg.det')}({printer._print(self.arg)})"


class IdentityMatrix(Identity):
    """SymPy's `Identity` that prints as NumPy code for a symbolic size too."""

    def _numpycode(self, printer: Any) -> str:
        return f"{printer._module_format(f'{printer._module}.eye')}({printer._print(self.shape[0])})"


_RELATIONS: dict[Any, Any] = {
    comparisons.greater: sympy.Gt, comparisons.greater_equal: sympy.Ge, comparisons.less: sympy.Lt,
    comparisons.less_equal: sympy.Le, comparisons.equal: sympy.Eq, comparisons.not_equal: sympy.Ne,
}  # fmt: skip


def _as_piecewise(relation: Any) -> Callable[..., sympy.Expr]:
    return lambda x, y: sympy.Piecewise((1, relation(x, y)), (0, True))


# What SymPy calls the functions that the project keeps in its own classes.
SYMPY_WORDS: dict[Any, Callable[..., sympy.Expr]] = {
    sigmoid.sigmoid: lambda x: 1 / (1 + sympy.exp(-x)),
    sigmoid.softplus: lambda x: sympy.log(1 + sympy.exp(x)),
    kinked.relu: lambda x: sympy.Max(x, 0),
    kinked.step: lambda x: sympy.Heaviside(x, 0),
    kinked.larger: sympy.Max,
    kinked.smaller: sympy.Min,
    **{head: _as_piecewise(relation) for head, relation in _RELATIONS.items()},
    comparisons.either: sympy.Max,
    choice.where: lambda c, a, b: sympy.Piecewise((a, sympy.Ne(c, 0)), (b, True)),
    kinked.absolute: sympy.Abs,
    kinked.signum: sympy.sign,
    special.log_gamma: sympy.loggamma,
    special.digamma: sympy.digamma,
    special.polygamma: sympy.polygamma,
    special.ndtr: lambda x: (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    normal_tail.log_ndtr: lambda x: sympy.log((1 + sympy.erf(x / sympy.sqrt(2))) / 2),
    counting.factorial: lambda x: sympy.gamma(x + 1),
    counting.log_factorial: lambda x: sympy.loggamma(x + 1),
}

SYMPY_WORDS |= {entry.head: entry.words for entry in catalogue() if entry.words is not None}


def in_sympy_words(expr: sympy.Expr) -> sympy.Expr:
    """The expression with SymPy's functions in place of the project's own, so that `lambdify` knows them.

    >>> in_sympy_words(sigmoid.sigmoid(sympy.Symbol("t")))
    1/(1 + exp(-t))
    """
    for head, make in SYMPY_WORDS.items():
        if expr.has(head):
            expr = expr.replace(head, make)
    return expr


def to_matrix_expr(form: Form, known: Known | None = None) -> sympy.Expr:
    """The form as a SymPy matrix expression.

    Args:
        form: matrix notation of rank 0, 1 or 2.
        known: expressions for arrays that are intermediate results; other arrays are symbols.

    Returns:
        a `MatrixExpr` (a vector is n×1), or for rank 0 a scalar expression, in which the products of a row
        and a column stand as `(…)[0, 0]`.

    Raises:
        _NoMatrixExpressionError: index notation.

    >>> to_matrix_expr(Chain((Leaf(Tensor("X", (3, 2))), Leaf(Tensor("w", (2,))))))
    X*w
    """
    return _Writer(known or {}).write(form)


def matrix_expressions(program: Program) -> dict[Tensor, sympy.Expr]:
    """The matrix expression of every equation that has one, intermediate results put in."""
    known: dict[Tensor, sympy.Expr] = {
        tensor: symbol_of(tensor) for tensor in program.inputs if tensor.rank <= 2
    }
    for made in program.definitions:
        form = matrix_form(made)
        if form is None:
            continue
        try:
            known[made.tensor] = _Writer(known, closed=True).write(form)
        except _NoMatrixExpressionError:
            continue
    return known


def symbol_of(tensor: Tensor) -> sympy.Expr:
    """The `MatrixSymbol` of a vector or matrix; a real symbol for a scalar."""
    if not tensor.rank:
        return sympy.Symbol(tensor.name, real=True)
    rows, columns = (*_sizes(tensor.shape), sympy.S.One)[:2]
    return sympy.MatrixSymbol(tensor.name, rows, columns)


def _sizes(shape: tuple[sympy.Expr, ...]) -> tuple[sympy.Expr, ...]:
    """Sizes in one normal form, since SymPy compares shapes letter by letter."""
    return tuple(sympy.expand(size) for size in shape)


def _ones(size: sympy.Expr) -> sympy.Expr:
    return OneMatrix(*_sizes((size,)), 1)


def product(*factors: sympy.Expr) -> sympy.Expr:
    """The matrix product as `*` makes it.

    SymPy's own `doit` evaluates everything inside, sums of unknown length included, which can take minutes.
    """
    flat = [part for one in factors for part in (one.args if isinstance(one, sympy.MatMul) else (one,))]
    scalar = sympy.Mul(*(one for one in flat if not one.is_Matrix))
    matrices = [one for one in flat if one.is_Matrix]
    joined = combine_powers(sympy.MatMul(*matrices)) if len(matrices) > 1 else matrices[0]
    inner = joined.args if isinstance(joined, sympy.MatMul) else (joined,)
    return (
        sympy.MatMul(*(() if scalar == 1 else (scalar,)), *inner) if scalar != 1 or len(inner) > 1 else joined
    )


def total(terms: list[sympy.Expr]) -> sympy.Expr:
    """The sum of matrices as `+` makes it, without evaluating what is inside."""
    flat = [part for one in terms for part in (one.args if isinstance(one, sympy.MatAdd) else (one,))]
    return sympy.MatAdd(*sorted(flat, key=sympy.default_sort_key))


def _entry(matrix: sympy.Expr, row: Any = 0, column: Any = 0) -> sympy.Expr:
    return MatrixElement(matrix, row, column)


class _Writer:
    """Writes one form; final."""

    def __init__(self, known: Known, closed: bool = False) -> None:
        self.known, self.closed = known, closed

    def write(self, form: Form) -> sympy.Expr:
        """The expression of a form."""
        return _WRITERS[type(form)](self, form)

    def leaf(self, form: Leaf) -> sympy.Expr:
        return self.array(form.tensor)

    def array(self, tensor: Tensor) -> sympy.Expr:
        if tensor in self.known:
            return self.known[tensor]
        if self.closed or tensor.rank > 2:
            raise _NoMatrixExpressionError
        return symbol_of(tensor)

    def const(self, form: Const) -> sympy.Expr:
        return in_sympy_words(form.value)

    def ones(self, form: Ones) -> sympy.Expr:
        return _ones(form.size)

    def basis(self, form: Basis) -> sympy.Expr:
        (size,) = _sizes((form.size,))
        return IdentityMatrix(size)[:, form.position : form.position + 1]

    def eye(self, form: Eye) -> sympy.Expr:
        return IdentityMatrix(*_sizes((form.size,)))

    def plus(self, form: Plus) -> sympy.Expr:
        terms = [self.write(term) for term in form.terms]
        if not form.rank:
            return sympy.Add(*terms)
        shape = next(term.shape for term, of in zip(terms, form.terms, strict=True) if of.rank)
        lifted = [
            term if of.rank else product(term, OneMatrix(*shape))
            for term, of in zip(terms, form.terms, strict=True)
        ]
        return total(lifted)

    def times(self, form: Times) -> sympy.Expr:
        scalar = sympy.Mul(
            self.const(Const(form.coefficient)), *(self.write(factor) for factor in form.scalars)
        )
        if not form.arrays:
            return scalar
        arrays = [self.write(factor) for factor in form.arrays]
        inner = HadamardProduct(*arrays) if len(arrays) > 1 else arrays[0]
        return inner if scalar == 1 else product(scalar, inner)

    def power(self, form: Power) -> sympy.Expr:
        base, exponent = self.write(form.base), self.write(form.exponent)
        return ElementwisePower(base, exponent) if form.rank else base**exponent

    def apply(self, form: Apply) -> sympy.Expr:
        args = [self.write(arg) for arg in form.args]
        make = SYMPY_WORDS.get(form.head, form.head)
        inner = [arg for arg, of in zip(args, form.args, strict=True) if of.rank]
        if not inner:
            return make(*args)
        if len(inner) > 1:
            raise _NoMatrixExpressionError
        scalars = sympy.Tuple(*(arg for arg in args if arg is not inner[0]))
        taken = {str(symbol) for symbol in scalars.free_symbols}
        variable = sympy.Symbol(next(name for name in letters("t") if name not in taken), real=True)
        body = make(*(variable if arg is inner[0] else arg for arg in args))
        return ElementwiseFunction(sympy.Lambda(variable, body), inner[0])

    def chain(self, form: Chain) -> sympy.Expr:
        factors = [self.write(factor) for factor in form.factors]
        if form.factors[0].rank == 1:
            factors[0] = Transpose(factors[0])
        if form.rank == 0:
            return _entry(sympy.MatMul(*factors))
        made = product(*factors)
        return Transpose(made) if form.factors[0].rank == 1 else made

    def transposed(self, form: Transposed) -> sympy.Expr:
        return Transpose(self.write(form.inner))

    def inverse(self, form: Inverse) -> sympy.Expr:
        return sympy.Inverse(self.write(form.inner))

    def determinant(self, form: Determinant) -> sympy.Expr:
        return MatrixDeterminant(self.write(form.inner))

    def log_determinant(self, form: LogDeterminant) -> sympy.Expr:
        value = MatrixDeterminant(self.write(form.inner))
        return sympy.log(value if form.is_positive else sympy.Abs(value))

    def diag(self, form: Diag) -> sympy.Expr:
        return DiagMatrix(self.write(form.inner))

    def diag_part(self, form: DiagPart) -> sympy.Expr:
        return DiagonalOf(self.write(form.inner))

    def trace(self, form: Trace) -> sympy.Expr:
        return MatrixTrace(self.write(form.inner))

    def norm_squared(self, form: NormSquared) -> sympy.Expr:
        inner = self.write(form.inner)
        squared = sympy.MatMul(Transpose(inner), inner)
        return _entry(squared) if form.inner.rank == 1 else MatrixTrace(squared)

    def total(self, form: Total) -> sympy.Expr:
        if isinstance(form.inner, DiagPart):
            return MatrixTrace(self.write(form.inner.inner))
        inner = self.write(form.inner)
        left = Transpose(_ones(inner.shape[0]))
        right = [_ones(inner.shape[1])] if form.inner.rank == 2 else []
        return _entry(sympy.MatMul(left, inner, *right))

    def softmax(self, form: Softmax) -> sympy.Expr:
        raised = self.write(Apply(sympy.exp, (form.inner,)))
        if form.along in ("rows", "columns"):
            scale = DiagMatrix(ElementwisePower(_sums(raised, form.along), sympy.S.NegativeOne))
            return product(*((scale, raised) if form.along == "rows" else (raised, scale)))
        return product(1 / _entry(_sums(raised, form.along)), raised)

    def shares(self, form: Shares) -> sympy.Expr:
        return self.write(shares_written_out(form))

    def log_sum_exp(self, form: LogSumExp) -> sympy.Expr:
        raised = self.write(Apply(sympy.exp, (form.inner,)))
        sums = _sums(raised, form.along)
        if not form.rank:
            return sympy.log(_entry(sums))
        variable = sympy.Symbol("t", real=True)
        return ElementwiseFunction(sympy.Lambda(variable, sympy.log(variable)), sums)

    def outer(self, form: Outer) -> sympy.Expr:
        return product(self.write(form.left), Transpose(self.write(form.right)))

    def component(self, form: Component) -> sympy.Expr:
        if any(_has_index(axis) for axis in form.axes) or not form.of.rank:
            raise _NoMatrixExpressionError
        return _entry(self.write(form.of), *form.axes)

    def slice(self, form: Slice) -> sympy.Expr:
        if form.tensor.rank != 2 or form.rank != 1:
            raise _NoMatrixExpressionError
        whole, (row, column) = self.array(form.tensor), form.axes
        if row is None:
            return MatrixSlice(whole, (0, whole.shape[0], 1), _single(column))
        return Transpose(MatrixSlice(whole, _single(row), (0, whole.shape[1], 1)))

    def refused(self, form: Form) -> sympy.Expr:
        raise _NoMatrixExpressionError


def _sums(matrix: sympy.Expr, along: str) -> sympy.Expr:
    """The sums along the rows or columns as a column; the sum of all entries as a 1×1 matrix."""
    rows, columns = matrix.shape
    if along == "rows":
        return product(matrix, _ones(columns))
    left = Transpose(_ones(rows))
    if along == "columns":
        return product(Transpose(matrix), _ones(rows))
    return sympy.MatMul(left, matrix, *([] if columns == 1 else [_ones(columns)]))


def _single(position: Any) -> tuple[Any, Any, int]:
    return position, position + 1, 1


def _has_index(axis: sympy.Expr) -> bool:
    return any(getattr(symbol, "is_Index", False) for symbol in axis.free_symbols)


_WRITERS: dict[type[Form], Callable[[_Writer, Any], sympy.Expr]] = {
    Const: _Writer.const, Leaf: _Writer.leaf, Component: _Writer.component, Slice: _Writer.slice,
    Ones: _Writer.ones, Basis: _Writer.basis, Eye: _Writer.eye, Kronecker: _Writer.refused,
    Plus: _Writer.plus, Times: _Writer.times, Power: _Writer.power, Apply: _Writer.apply,
    Chain: _Writer.chain, Cholesky: _Writer.refused,
    SingularSum: _Writer.refused, SingularSlope: _Writer.refused,
    Inverse: _Writer.inverse, Determinant: _Writer.determinant, LogDeterminant: _Writer.log_determinant,
    Transposed: _Writer.transposed, Diag: _Writer.diag, DiagPart: _Writer.diag_part, Trace: _Writer.trace,
    NormSquared: _Writer.norm_squared, Total: _Writer.total, Outer: _Writer.outer, BigSum: _Writer.refused,
    BigMax: _Writer.refused, BigMin: _Writer.refused, BigProduct: _Writer.refused,
    Largest: _Writer.refused, Smallest: _Writer.refused, ProductOfAll: _Writer.refused,
    Softmax: _Writer.softmax, Shares: _Writer.shares, LogSumExp: _Writer.log_sum_exp,
    Bracket: _Writer.refused, Triangle: _Writer.refused,
    KroneckerProduct: _Writer.refused, Vec: _Writer.refused, Commutation: _Writer.refused,
}  # fmt: skip
