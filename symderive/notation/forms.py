"""The forms of a formula: small trees that say how it is written.

A form is a small tree of immutable nodes with a rank: 0 for a scalar, 1 for a vector, 2 for a matrix.
`symderive.codegen` turns the same tree into NumPy code, so the code that is checked is the formula that is
printed. The constructors that keep forms as a person would write them are in `arithmetic` and
`matrix_products`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Index, Tensor


@dataclass(frozen=True)
class Form:
    """Abstract: a node of a formula."""

    @property
    def rank(self) -> int:
        """The number of axes: 0, 1 or 2."""
        return 0

    @property
    def parts(self) -> tuple[Form, ...]:
        """The forms directly inside this one."""
        return ()


@dataclass(frozen=True)
class MatrixForm(Form):
    """Abstract: a form with two axes."""

    @property
    def rank(self) -> int:
        """2."""
        return 2


@dataclass(frozen=True)
class Const(Form):
    """A number, or an expression in sizes."""

    value: sympy.Expr


@dataclass(frozen=True)
class Leaf(Form):
    """A named array."""

    tensor: Tensor

    @property
    def rank(self) -> int:
        """The rank of the array."""
        return int(self.tensor.rank)


@dataclass(frozen=True)
class Component(Form):
    """An entry of a form at given positions: `W_ij`, `(Xw)_i`."""

    of: Form
    axes: tuple[sympy.Expr, ...]

    @property
    def parts(self) -> tuple[Form, ...]:
        """The form whose entry it is."""
        return (self.of,)


@dataclass(frozen=True)
class Slice(Form):
    """A row, column or other part of an array with some positions fixed: None marks a whole axis."""

    tensor: Tensor
    axes: tuple[sympy.Expr | None, ...]

    @property
    def rank(self) -> int:
        """The number of whole axes."""
        return sum(axis is None for axis in self.axes)


@dataclass(frozen=True)
class Ones(Form):
    """The vector of ones."""

    size: Size

    @property
    def rank(self) -> int:
        """1."""
        return 1


@dataclass(frozen=True)
class Basis(Form):
    """The vector that is 1 at one position, counted from 0, and 0 elsewhere."""

    position: sympy.Expr
    size: Size

    @property
    def rank(self) -> int:
        """1."""
        return 1


@dataclass(frozen=True)
class Eye(MatrixForm):
    """The identity matrix."""

    size: Size


@dataclass(frozen=True)
class Kronecker(Form):
    """`δ_ij` in index notation."""

    left: sympy.Expr
    right: sympy.Expr


@dataclass(frozen=True)
class Bracket(Form):
    """Iverson's bracket `[j ≤ i]`: positions with the signs between them."""

    relation: tuple[sympy.Expr | str, ...]


@dataclass(frozen=True)
class Plus(Form):
    """A sum of forms of one rank; scalars among them stand for themselves times ones."""

    terms: tuple[Form, ...]

    @cached_property
    def rank(self) -> int:
        """The rank of the terms."""
        return max([term.rank for term in self.terms])

    @property
    def parts(self) -> tuple[Form, ...]:
        """The terms."""
        return self.terms


@dataclass(frozen=True)
class Times(Form):
    """A coefficient, scalar factors, and elementwise factors of one rank."""

    coefficient: sympy.Expr
    scalars: tuple[Form, ...]
    arrays: tuple[Form, ...]

    @cached_property
    def rank(self) -> int:
        """The rank of the array factors."""
        return max([factor.rank for factor in self.arrays], default=0)

    @property
    def parts(self) -> tuple[Form, ...]:
        """The factors."""
        return self.scalars + self.arrays


@dataclass(frozen=True)
class Power(Form):
    """An elementwise power; at most one of base and exponent is an array, or both have one rank."""

    base: Form
    exponent: Form

    @cached_property
    def rank(self) -> int:
        """The rank of base or exponent."""
        return max(self.base.rank, self.exponent.rank)

    @property
    def parts(self) -> tuple[Form, ...]:
        """Base and exponent."""
        return (self.base, self.exponent)


@dataclass(frozen=True)
class Apply(Form):
    """An elementwise function."""

    head: Any
    args: tuple[Form, ...]

    @cached_property
    def rank(self) -> int:
        """The rank of the arguments."""
        return max([arg.rank for arg in self.args])

    @property
    def parts(self) -> tuple[Form, ...]:
        """The arguments."""
        return self.args


@dataclass(frozen=True)
class Chain(Form):
    """A matrix product; a vector in front is a row, a vector at the end a column."""

    factors: tuple[Form, ...]

    @cached_property
    def rank(self) -> int:
        """2, 1 or 0 for no, one or two vectors at the ends."""
        return (self.factors[0].rank == 2) + (self.factors[-1].rank == 2)

    @property
    def parts(self) -> tuple[Form, ...]:
        """The factors."""
        return self.factors


@dataclass(frozen=True)
class Unary(Form):
    """Abstract: one form inside."""

    inner: Form

    @property
    def parts(self) -> tuple[Form, ...]:
        """The form inside."""
        return (self.inner,)


@dataclass(frozen=True)
class Transposed(MatrixForm, Unary):
    """`Aᵀ`."""


@dataclass(frozen=True)
class Inverse(MatrixForm, Unary):
    """`A⁻¹`."""


@dataclass(frozen=True)
class Cholesky(MatrixForm, Unary):
    """`chol(A)`, the lower triangular L of `A = L Lᵀ`."""


@dataclass(frozen=True)
class SingularSum(Unary):
    """`‖A‖_*`, `‖A‖₂` or `σ_min(A)`.

    Attributes:
        kind: `nuclear`, `largest` or `smallest`.
    """

    kind: str


@dataclass(frozen=True)
class SingularSlope(MatrixForm, Unary):
    """The derivative of a `SingularSum`: `U Vᵀ` for `A = U Σ Vᵀ`, or `u vᵀ`.

    Attributes:
        kind: `nuclear`, `largest` or `smallest`.
    """

    kind: str


@dataclass(frozen=True)
class Determinant(Unary):
    """`det A`."""


@dataclass(frozen=True)
class LogDeterminant(Unary):
    """`log |det A|`; `log det A` where the determinant is positive by declaration."""

    @property
    def is_positive(self) -> bool:
        """Whether the matrix is declared positive definite."""
        return isinstance(self.inner, Leaf) and self.inner.tensor.domain == "spd"


@dataclass(frozen=True)
class Diag(MatrixForm, Unary):
    """The diagonal matrix of a vector."""


@dataclass(frozen=True)
class DiagPart(Unary):
    """The diagonal of a square matrix."""

    @property
    def rank(self) -> int:
        """1."""
        return 1


@dataclass(frozen=True)
class Triangle(MatrixForm, Unary):
    """The entries of a matrix on and below (or above) the k-th diagonal, zeros elsewhere."""

    is_lower: bool
    offset: sympy.Expr = sympy.S.Zero


@dataclass(frozen=True)
class Trace(Unary):
    """The trace of a square matrix."""


@dataclass(frozen=True)
class NormSquared(Unary):
    """The sum of squares of all entries."""


@dataclass(frozen=True)
class Total(Unary):
    """The sum of all entries of a vector or matrix."""


@dataclass(frozen=True)
class Softmax(Unary):
    """`softmax(z)` of a vector; of a matrix along its rows, its columns or all of it.

    Attributes:
        along: `rows`, `columns` or `all`; empty for a vector.
    """

    along: str = ""

    @property
    def rank(self) -> int:
        """The rank of the form inside."""
        return self.inner.rank


@dataclass(frozen=True)
class LogSumExp(Unary):
    """`log Σ exp(z)` of a vector; of a matrix along its rows, its columns or over all of it.

    Attributes:
        along: `rows`, `columns` or `all`; empty for a vector.
    """

    along: str = ""

    @property
    def rank(self) -> int:
        """1 along rows or columns, otherwise 0."""
        return int(self.along in ("rows", "columns"))


@dataclass(frozen=True)
class Shares(MatrixForm):
    """`W_ij exp(v_j) / Σ_p W_ip exp(v_p)`: what each column has of a weighted sum of exponentials.

    It is written `diag(1 ⊘ Ws) W diag(s)` for `s = exp(v)`, and computed without overflow.
    """

    weight: Form
    exponent: Form

    @property
    def parts(self) -> tuple[Form, ...]:
        """The weights and the exponents."""
        return (self.weight, self.exponent)


@dataclass(frozen=True)
class OfTwo(MatrixForm):
    """Abstract: a matrix that is made of two forms."""

    left: Form
    right: Form

    @property
    def parts(self) -> tuple[Form, ...]:
        """Both forms."""
        return (self.left, self.right)


@dataclass(frozen=True)
class Outer(OfTwo):
    """`u vᵀ`."""


@dataclass(frozen=True)
class BigSum(Form):
    """`Σ_{p, q}` of a scalar or of matrices with subscripts, over the positions that the brackets allow."""

    indices: tuple[Index, ...]
    inner: Form
    brackets: tuple[Bracket, ...] = ()

    @property
    def rank(self) -> int:
        """The rank of the summand."""
        return self.inner.rank

    @property
    def parts(self) -> tuple[Form, ...]:
        """The summand and the brackets."""
        return (self.inner, *self.brackets)


@dataclass(frozen=True)
class BigMax(BigSum):
    """`max_{p, q}` of a scalar in index notation."""


@dataclass(frozen=True)
class BigMin(BigSum):
    """`min_{p, q}` of a scalar in index notation."""


@dataclass(frozen=True)
class BigProduct(BigSum):
    """`Π_{p, q}` of a scalar in index notation."""


@dataclass(frozen=True)
class Folded(Unary):
    """Abstract: one number made of all entries of a vector or matrix, other than their sum."""


@dataclass(frozen=True)
class Largest(Folded):
    """The largest of all entries."""


@dataclass(frozen=True)
class Smallest(Folded):
    """The smallest of all entries."""


@dataclass(frozen=True)
class ProductOfAll(Folded):
    """The product of all entries."""


def walk(form: Form) -> Iterable[Form]:
    """The form and everything inside it."""
    yield form
    for part in form.parts:
        yield from walk(part)
