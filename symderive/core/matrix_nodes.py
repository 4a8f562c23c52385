"""Nodes that read a whole matrix: an entry of its inverse, its determinant, the logarithm of that.

They refer to a tensor, not to an expression: what is inverted is a named array or has an equation of its own,
so that no rule ever looks inside an inverse. The laws of their derivatives are in `symderive.calculus.rules`.
"""

from __future__ import annotations

from typing import Any

import sympy

from symderive.core.dims import same_size, shape_text
from symderive.core.nodes import Entry, Index, Tensor, TensorNode
from symderive.errors import ShapeError


class MatrixNode(TensorNode):
    """Abstract: a number that depends on every entry of a square matrix, or of one of a batch of them."""

    is_commutative = True
    _count = 0  # the number of positions behind the tensor
    _what = "the matrix function"
    is_algebraic = True  # whether it follows the laws of inverses and determinants
    _is_open = False  # whether what is written behind it would belong to it

    def __new__(cls, tensor: Tensor, *axes: Any) -> MatrixNode:
        """Read the number off `tensor`.

        Raises:
            ShapeError: not a square matrix, or another number of positions.
        """
        check_square(tensor.shape[-2:], f"{cls._what} of {tensor.name}")
        count = cls._count + tensor.rank - 2
        if len(axes) != count:
            raise ShapeError(f"{cls._what} of {tensor.name}: {len(axes)} positions given, not {count}.")
        positions = (sympy.sympify(axis, strict=True) for axis in axes)
        made: MatrixNode = sympy.Expr.__new__(cls, tensor, *positions)
        return made

    @property
    def lead(self) -> tuple[sympy.Expr, ...]:
        """The positions on the axes before the last two: which matrix of a batch is meant."""
        return self.axes[: self.tensor.rank - 2]

    @property
    def own(self) -> tuple[sympy.Expr, ...]:
        """The positions in the inverse or factor; none for a determinant."""
        return self.axes[self.tensor.rank - 2 :]

    @property
    def is_inside(self) -> bool:
        """Whether the value is that of the matrix: it reads every entry, and none outside."""
        return True

    def of(self, tensor: Tensor) -> MatrixNode:
        """The same of another matrix."""
        return self.func(tensor, *self.axes)

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_is_finite(self) -> bool:
        return True

    def _eval_derivative(self, symbol: sympy.Basic) -> sympy.Expr:
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({', '.join(printer._print(arg) for arg in self.args)})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = self._written(self.tensor._latex(printer), printer)
        # SymPy's printer brackets only its own sums; inside a larger formula the brackets come from here.
        if self._is_open and printer._print_level > 1:
            text = rf"\left({text}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"

    def _written(self, name: str, printer: Any) -> str:
        """An entry of a function of the matrix, by the name of the node where there is no other notation."""
        axes = ", ".join(printer._print(axis) for axis in self.axes)
        below = f"_{{{axes}}}" if axes else ""
        return rf"\operatorname{{{type(self).__name__}}}\left({name}\right){below}"


class InverseEntry(MatrixNode):
    """`(A⁻¹)_ij`, an entry of the inverse of a square matrix.

    >>> A, i, j = Tensor("A", (3, 3)), Index("i", 3), Index("j", 3)
    >>> InverseEntry(A, i, j)
    InverseEntry(A, i, j)
    """

    _count = 2
    _what = "the inverse"

    def _written(self, name: str, printer: Any) -> str:
        return rf"\left({{{name}}}^{{-1}}\right)_{{{', '.join(printer._print(axis) for axis in self.axes)}}}"


class CholeskyEntry(MatrixNode):
    """`L_ij` of `A = L Lᵀ`, L lower triangular with a positive diagonal, for symmetric positive definite A.

    Where A is not symmetric, it is the factor of its symmetric part `½(A + Aᵀ)`.

    >>> A, i, j = Tensor("A", (3, 3), "spd"), Index("i", 3), Index("j", 3)
    >>> CholeskyEntry(A, i, j)
    CholeskyEntry(A, i, j)
    """

    _count = 2
    _what = "the Cholesky factor"

    def _written(self, name: str, printer: Any) -> str:
        axes = ", ".join(printer._print(axis) for axis in self.axes)
        return rf"\operatorname{{chol}}\left({name}\right)_{{{axes}}}"


class CholeskyInverseEntry(MatrixNode):
    """`(L⁻¹)_ij` of `A = L Lᵀ`.

    >>> A, i, j = Tensor("A", (3, 3), "spd"), Index("i", 3), Index("j", 3)
    >>> CholeskyInverseEntry(A, i, j)
    CholeskyInverseEntry(A, i, j)
    """

    _count = 2
    _what = "the inverse of the Cholesky factor"

    def _written(self, name: str, printer: Any) -> str:
        axes = ", ".join(printer._print(axis) for axis in self.axes)
        return rf"\left(\operatorname{{chol}}\left({name}\right)^{{-1}}\right)_{{{axes}}}"


CHOLESKY = (CholeskyEntry, CholeskyInverseEntry)


class Det(MatrixNode):
    """`det A`.

    >>> Det(Tensor("A", (3, 3), "spd")).is_positive
    True
    """

    _what = "the determinant"

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.tensor.domain == "spd" else None

    def _written(self, name: str, printer: Any) -> str:
        return rf"\det\left({name}\right)"


class LogAbsDet(MatrixNode):
    """`log |det A|`.

    >>> LogAbsDet(Tensor("A", (3, 3)))
    LogAbsDet(A)
    """

    _what = "the log-determinant"
    _is_open = True

    def _written(self, name: str, printer: Any) -> str:
        return rf"\log \left|\det\left({name}\right)\right|"


def check_square(shape: tuple[Any, ...], what: str) -> None:
    """Raise where a shape is not that of a square matrix.

    Raises:
        ShapeError: names the shape.

    >>> check_square((3, 3), "inv")
    """
    if len(shape) != 2 or not same_size(*shape):
        raise ShapeError(f"{what}: takes a square matrix, not {shape_text(shape)}.")


def seen_through(node: MatrixNode, indices: tuple[Index, ...], body: sympy.Expr) -> sympy.Expr | None:
    """`node` of a matrix `T[indices] = body` in terms of what `body` reads, where a law says so; else None.

    `T = A` and `T = Aᵀ` only have other names; `(A⁻¹)⁻¹ = A`, `det A⁻¹ = 1/det A`,
    `log |det A⁻¹| = −log |det A|`.

    >>> A, T, i, j = Tensor("A", (3, 3)), Tensor("T", (3, 3)), Index("i", 3), Index("j", 3)
    >>> seen_through(InverseEntry(T, i, j), (i, j), A[j, i])
    InverseEntry(A, j, i)
    """
    turned = (*indices[:-2], *indices[:-3:-1])
    if not isinstance(body, (Entry, InverseEntry, *CHOLESKY)) or body.axes not in (indices, turned):
        return None
    axes = node.axes if body.axes == indices else (*node.lead, *node.own[::-1])
    if isinstance(node, CHOLESKY):
        return node.func(body.tensor, *node.axes) if isinstance(body, Entry) else None
    if not node.is_algebraic and not isinstance(body, Entry):
        return None
    if isinstance(body, CHOLESKY):
        return _through_factor(node, body, axes)
    if isinstance(body, Entry):
        return node.func(body.tensor, *axes)
    if isinstance(node, InverseEntry):
        return Entry(body.tensor, *axes)
    logarithm = isinstance(node, LogAbsDet)
    return -LogAbsDet(body.tensor, *node.lead) if logarithm else 1 / Det(body.tensor, *node.lead)


def _through_factor(node: MatrixNode, body: sympy.Expr, axes: tuple[sympy.Expr, ...]) -> sympy.Expr:
    """`node` of `T = L` or `T = L⁻¹` for the Cholesky factor L of A: `log det L = ½ log det A`."""
    inverted = isinstance(body, CholeskyInverseEntry)
    if isinstance(node, InverseEntry):
        return (CholeskyEntry if inverted else CholeskyInverseEntry)(body.tensor, *axes)
    half = -sympy.S.Half if inverted else sympy.S.Half
    return half * LogAbsDet(body.tensor) if isinstance(node, LogAbsDet) else Det(body.tensor) ** half
