"""The node types inside an equation: indices, entries, sums over an index, Kronecker's delta.

Everything else in a right-hand side is ordinary SymPy. The nodes do not simplify what they are given; the laws that
rewrite them (`Σ_j δ_ij f_j = f_i` and so on) live in `symderive.calculus`.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.core.expr import AtomicExpr

from symderive.core.dims import Size, as_size, same_size, shape_text
from symderive.errors import ShapeError, SymderiveError

DOMAINS = (
    "real", "positive", "nonnegative", "unit", "symmetric", "spd", "invertible",
    "binary", "sign", "count", "onehot", "simplex", "integer",
)  # fmt: skip
_INTEGER = {"binary", "sign", "count", "onehot", "integer"}
_POSITIVE = {"positive", "unit"}
_NONNEGATIVE = {"nonnegative", "binary", "count", "onehot", "simplex"}
_SQUARE = {"symmetric", "spd", "invertible"}


class Index(AtomicExpr):  # type: ignore[misc]
    """A named position along an axis: `0 <= i < dim`.

    Two indices are the same if name and extent are. Bound indices have no identity of their own: expressions that
    differ only in their names are `alpha_equivalent`.
    """

    is_commutative = True
    is_integer = True
    is_nonnegative = True
    is_Index = True
    __slots__ = ("dim", "name")
    name: str
    dim: Size

    def __new__(cls, name: str, dim: Any) -> Index:
        """Make the index `name` that runs over `dim` positions."""
        made: Index = AtomicExpr.__new__(cls)
        made.name, made.dim = name, as_size(dim, f"the extent of index {name}")
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.name, self.dim)

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.dim)

    @property
    def free_symbols(self) -> set[sympy.Basic]:
        """The index itself."""
        return {self}

    def _sympystr(self, printer: Any) -> str:
        return self.name

    def _latex(self, printer: Any) -> str:
        return self.name


class Tensor(sympy.Atom):  # type: ignore[misc]
    """A named array: its shape, the domain of its entries and how it is written in LaTeX."""

    __slots__ = ("domain", "latex_name", "name", "shape")
    name: str
    shape: tuple[Size, ...]
    domain: str
    latex_name: str | None

    def __new__(
        cls, name: str, shape: tuple[Any, ...] = (), domain: str = "real", latex_name: str | None = None
    ) -> Tensor:
        """Declare the array `name`.

        Raises:
            SymderiveError: an unknown domain.
            ShapeError: a domain of square matrices with another shape.
        """
        if domain not in DOMAINS:
            raise SymderiveError(f"declaring {name}: unknown domain {domain!r}; known are {', '.join(DOMAINS)}.")
        sizes = tuple(as_size(size, f"the shape of {name}") for size in shape)
        if domain in _SQUARE and (len(sizes) != 2 or not same_size(sizes[0], sizes[1])):
            raise ShapeError(f"declaring {name}: domain {domain!r} needs a square matrix, not {shape_text(sizes)}.")
        made: Tensor = sympy.Atom.__new__(cls)
        made.name, made.shape, made.domain, made.latex_name = name, sizes, domain, latex_name
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.name, self.shape, self.domain, self.latex_name)

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.domain, len(self.shape), *self.shape)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def is_symmetric(self) -> bool:
        """Whether `T[i, j] = T[j, i]` by declaration."""
        return self.domain in ("symmetric", "spd")

    __iter__ = None  # SymPy's traversals would take a tensor for a list

    def __getitem__(self, axes: Any) -> Entry:
        return Entry(self, *(axes if isinstance(axes, tuple) else (axes,)))

    def _sympystr(self, printer: Any) -> str:
        return self.name

    def _latex(self, printer: Any) -> str:
        return self.latex_name or self.name


class Entry(sympy.Expr):  # type: ignore[misc]
    """One component `T[i, j]`; an axis is an index, an integer or affine in indices. Outside its range it is 0."""

    is_commutative = True

    def __new__(cls, tensor: Tensor, *axes: Any) -> Entry:
        """Take the component of `tensor` at `axes`.

        Raises:
            ShapeError: the number of axes is not the rank, or a plain index runs over another extent.
        """
        if len(axes) != tensor.rank:
            raise ShapeError(
                f"an entry of {tensor.name}: {len(axes)} positions given, but {tensor.name} has shape "
                f"{shape_text(tensor.shape)}."
            )
        positions = tuple(sympy.sympify(axis) for axis in axes)
        for position, size in zip(positions, tensor.shape, strict=True):
            if isinstance(position, Index) and position.dim != size and not same_size(position.dim, size):
                raise ShapeError(
                    f"an entry of {tensor.name}: index {position.name} runs over {position.dim}, the axis has {size}."
                )
        made: Entry = sympy.Expr.__new__(cls, tensor, *positions)
        return made

    @property
    def tensor(self) -> Tensor:
        """The array that this is a component of."""
        tensor: Tensor = self.args[0]
        return tensor

    @property
    def axes(self) -> tuple[sympy.Expr, ...]:
        """The positions along each axis."""
        axes: tuple[sympy.Expr, ...] = self.args[1:]
        return axes

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_is_finite(self) -> bool:
        return True

    def _eval_is_integer(self) -> bool | None:
        return True if self.tensor.domain in _INTEGER else None

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.tensor.domain in _POSITIVE and self._in_range() else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if self.tensor.domain in _POSITIVE | _NONNEGATIVE else None

    def _eval_is_zero(self) -> bool | None:
        positive = self.tensor.domain in _POSITIVE or self.tensor.domain == "sign"
        return False if positive and self._in_range() else None

    def _in_range(self) -> bool:
        return all(isinstance(axis, Index) or axis.is_Integer for axis in self.axes)

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return f"{self.tensor.name}[{', '.join(printer._print(axis) for axis in self.axes)}]" if self.axes else str(
            self.tensor.name
        )

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name = self.tensor.latex_name or sympy.latex(sympy.Symbol(self.tensor.name))
        axes = ", ".join(printer._print(axis) for axis in self.axes)
        text = f"{{{name}}}_{{{axes}}}" if axes else name
        return text if exp is None else f"{{{text}}}^{{{exp}}}"


class Binder(sympy.Expr):  # type: ignore[misc]
    """A node that binds indices in its body: abstract, see `IndexSum` and `IndexMax`."""

    is_commutative = True
    _word = "?"
    _symbol = "?"

    def __new__(cls, body: Any, *indices: Index) -> Binder:
        """Bind `indices` in `body`."""
        if not indices or not all(isinstance(index, Index) for index in indices):
            raise SymderiveError(f"{cls.__name__}: give at least one Index to bind.")
        if len(set(indices)) != len(indices):
            raise SymderiveError(f"{cls.__name__}: an index is bound twice.")
        made: Binder = sympy.Expr.__new__(cls, sympy.sympify(body), *indices)
        return made

    @property
    def body(self) -> sympy.Expr:
        """What is summed or maximised."""
        return self.args[0]

    @property
    def indices(self) -> tuple[Index, ...]:
        """The bound indices."""
        indices: tuple[Index, ...] = self.args[1:]
        return indices

    @property
    def free_symbols(self) -> set[sympy.Basic]:
        """The free symbols of the body less the bound indices."""
        return set(self.body.free_symbols) - set(self.indices)

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.body.is_extended_real else None

    def _eval_is_finite(self) -> bool | None:
        return True if self.body.is_finite else None

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.body.is_extended_positive else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if self.body.is_extended_nonnegative else None

    def _sympystr(self, printer: Any) -> str:
        return f"{self._word}[{', '.join(i.name for i in self.indices)}]({printer._print(self.body)})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        names = ", ".join(index.name for index in self.indices)
        text = f"{self._symbol}_{{{names}}} {printer.parenthesize(self.body, 45)}"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


class IndexSum(Binder):
    """`Σ_p body`."""

    _word = "Sum"
    _symbol = r"\sum"

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        inner = self.body.diff(symbol)
        return sympy.S.Zero if inner == 0 else IndexSum(inner, *self.indices)


class IndexMax(Binder):
    """`max_p body`."""

    _word = "Max"
    _symbol = r"\max"


class Delta(sympy.Expr):  # type: ignore[misc]
    """Kronecker's delta: 1 where the two positions are equal, otherwise 0."""

    is_commutative = True
    is_integer = True
    is_nonnegative = True

    def __new__(cls, left: Any, right: Any) -> sympy.Expr:
        """`δ(left, right)`; equal positions give 1, different integers 0."""
        left, right = sympy.sympify(left), sympy.sympify(right)
        if left == right:
            return sympy.S.One
        if left.is_Integer and right.is_Integer:
            return sympy.S.Zero
        pair = sorted((left, right), key=sympy.default_sort_key)
        made: sympy.Expr = sympy.Expr.__new__(cls, *pair)
        return made

    def _eval_power(self, exponent: sympy.Expr) -> sympy.Expr | None:
        return self if exponent.is_positive else None

    def _eval_derivative(self, symbol: sympy.Symbol) -> sympy.Expr:
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return f"delta({', '.join(printer._print(arg) for arg in self.args)})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\delta_{{{' '.join(printer._print(arg) for arg in self.args)}}}"
        return text if exp is None else f"{text}^{{{exp}}}"
