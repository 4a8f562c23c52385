"""Indices, tensors and their entries.

Equal indices, tensors and entries are, as a rule, one object: SymPy compares nodes by content, which costs
far more than comparing identities. Nothing depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sympy
from sympy.core.expr import AtomicExpr

from symderive.core.dims import Size, as_size, same_size, shape_text, size_text
from symderive.core.facts import Settled
from symderive.core.kinds import has_kind
from symderive.core.positions import Loose, Quotient, is_surely_inside, joined
from symderive.errors import ShapeError, SymderiveError

STRUCTURES = ("symmetric", "spd", "diagonal", "lower", "upper", "skew")  # matrices with fewer free entries
DOMAINS = (
    "real", "positive", "nonnegative", "unit", *STRUCTURES, "invertible",
    "binary", "sign", "count", "onehot", "simplex", "integer",
)  # fmt: skip
_INTEGER = {"binary", "sign", "count", "onehot", "integer"}
_POSITIVE = {"positive", "unit"}
_NONNEGATIVE = {"nonnegative", "binary", "count", "onehot", "simplex"}
_SQUARE = {*STRUCTURES, "invertible"}
_KEPT = 50_000  # nodes of each kind that are kept to be shared


class Index(AtomicExpr):
    """A named position along an axis: `0 <= i < dim`.

    Two indices are the same if name and extent are. Bound indices have no identity of their own: expressions
    that differ only in their names are `alpha_equivalent`.

    The extent of a bound index may depend on other indices, `within`, as that of a window does where windows
    differ in size. Such an index is bound inside of them, or together with them.

    >>> Index("i", 3).is_nonnegative
    True
    >>> i = Index("i", 3)
    >>> Index("u", Quotient(8 * i + 10, 3) - Quotient(8 * i, 3)).within
    frozenset({i})
    """

    is_commutative = True
    is_integer = True
    is_nonnegative = True
    is_Index = True
    _diff_wrt = True
    __slots__ = ("dim", "name", "within")
    name: str
    dim: Size
    within: frozenset[Index]

    def __new__(cls, name: str, dim: Any) -> Index:
        """Make the index `name` that runs over `dim` positions.

        Raises:
            ShapeError: `dim` is not a size.
        """
        if not isinstance(dim, sympy.Basic):
            dim = as_size(dim, f"the extent of index {name}")
        return cls._shared(name, dim)

    @classmethod
    @lru_cache(maxsize=_KEPT)
    def _shared(cls, name: str, dim: Size) -> Index:
        made: Index = AtomicExpr.__new__(cls)
        made.name, made.dim = name, as_size(dim, f"the extent of index {name}")
        outer = made.dim.atoms(Index) if made.dim.args else ()
        made.within = frozenset(outer).union(*(one.within for one in outer))
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.name, self.dim)

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.dim)

    def sort_key(self, order: Any = None) -> Any:
        """SymPy's sort key; indices of one name stand in the order of their extents."""
        return self.class_key(), (2, (self.name, size_text(self.dim))), sympy.S.One.sort_key(), sympy.S.One

    @property
    def free_symbols(self) -> set[sympy.Basic]:
        """The index itself."""
        return {self}

    def _xreplace(self, rule: Mapping[Any, Any]) -> tuple[sympy.Basic, bool]:
        if self in rule:
            return rule[self], True
        dim = self.dim.xreplace(rule)
        return (self, False) if dim == self.dim else (Index(self.name, dim), True)

    def _eval_subs(self, old: sympy.Basic, new: sympy.Basic) -> sympy.Basic | None:
        dim = self.dim._subs(old, new)
        return None if dim == self.dim else Index(self.name, dim)

    def _eval_derivative(self, symbol: sympy.Basic) -> sympy.Expr:
        return sympy.S.One if symbol == self else sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return self.name

    def _sympyrepr(self, printer: Any) -> str:
        return f"Index({self.name!r}, {printer._print(self.dim)})"

    def _latex(self, printer: Any) -> str:
        return self.name


class Tensor(sympy.Atom):
    """A named array: its shape, the domain of its entries and how it is written in LaTeX.

    >>> W = Tensor("W", (3, 4))
    >>> W[0, Index("j", 4)]
    W[0, j]
    """

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
            raise SymderiveError(
                f"declaring {name}: unknown domain {domain!r}; known are {', '.join(DOMAINS)}."
            )
        given = tuple(
            size if isinstance(size, sympy.Basic) else as_size(size, f"the shape of {name}") for size in shape
        )
        return cls._shared(name, given, domain, latex_name)

    @classmethod
    @lru_cache(maxsize=_KEPT)
    def _shared(cls, name: str, shape: tuple[Size, ...], domain: str, latex_name: str | None) -> Tensor:
        sizes = tuple(as_size(size, f"the shape of {name}") for size in shape)
        if domain in _SQUARE and (len(sizes) != 2 or not same_size(sizes[0], sizes[1])):
            raise ShapeError(
                f"declaring {name}: domain {domain!r} needs a square matrix, not {shape_text(sizes)}."
            )
        made: Tensor = sympy.Atom.__new__(cls)
        made.name, made.shape, made.domain, made.latex_name = name, sizes, domain, latex_name
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.name, self.shape, self.domain, self.latex_name)

    def _hashable_content(self) -> tuple[Any, ...]:
        # The LaTeX name is part of the identity: SymPy's caches must not answer with an earlier notation.
        return (self.name, self.domain, self.latex_name or "", len(self.shape), *self.shape)

    def sort_key(self, order: Any = None) -> Any:
        """SymPy's sort key: by name, then shape and domain."""
        content = (self.name, shape_text(self.shape), self.domain, self.latex_name or "")
        return self.class_key(), (len(content), content), sympy.S.One.sort_key(), sympy.S.One

    def _xreplace(self, rule: Mapping[Any, Any]) -> tuple[sympy.Basic, bool]:
        if self in rule:
            return rule[self], True
        shape = tuple(size.xreplace(rule) for size in self.shape)
        return (self, False) if shape == self.shape else (self._reshaped(shape), True)

    def _eval_subs(self, old: sympy.Basic, new: sympy.Basic) -> sympy.Basic | None:
        shape = tuple(size._subs(old, new) for size in self.shape)
        return None if shape == self.shape else self._reshaped(shape)

    def _reshaped(self, shape: tuple[Size, ...]) -> Tensor:
        return Tensor(self.name, shape, self.domain, self.latex_name)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def is_symmetric(self) -> bool:
        """Whether `T[i, j] = T[j, i]` by declaration."""
        return self.domain in ("symmetric", "spd", "diagonal")

    @property
    def is_skew(self) -> bool:
        """Whether `T[i, j] = −T[j, i]` by declaration."""
        return self.domain == "skew"

    @property
    def is_structured(self) -> bool:
        """Whether it is a square matrix whose entries are not all free, by declaration."""
        return self.domain in STRUCTURES

    def is_zero_at(self, row: sympy.Expr, column: sympy.Expr) -> bool:
        """Whether the declared structure puts a 0 at a position, whatever the values of the indices."""
        outside = {
            "diagonal": row - column != 0 and (row - column).is_nonzero,
            "lower": (column - row).is_positive,
            "upper": (row - column).is_positive,
            "skew": row == column,
        }
        return bool(outside.get(self.domain, False))

    def __getitem__(self, axes: Any) -> Entry:
        return Entry(self, *(axes if isinstance(axes, tuple) else (axes,)))

    # Without this, Python iterates over anything that has __getitem__, without end, and so does SymPy.
    __iter__ = None

    def _sympystr(self, printer: Any) -> str:
        return self.name

    def _sympyrepr(self, printer: Any) -> str:
        shape = "".join(f"{printer._print(size)}, " for size in self.shape)
        return f"Tensor({self.name!r}, ({shape}), {self.domain!r}, {self.latex_name!r})"

    def _latex(self, printer: Any) -> str:
        return self.latex_name or str(sympy.latex(sympy.Symbol(self.name)))


class TensorNode(Settled):
    """Abstract: a number that is read off one tensor, at positions."""

    @property
    def tensor(self) -> Tensor:
        """The array that it is read off."""
        tensor: Tensor = self.args[0]
        return tensor

    @property
    def axes(self) -> tuple[sympy.Expr, ...]:
        """The positions along each axis."""
        axes: tuple[sympy.Expr, ...] = self.args[1:]
        return axes

    @property
    def free_symbols(self) -> set[sympy.Basic]:
        """The tensor, and the symbols and indices of the positions."""
        return {self.tensor}.union(*(axis.free_symbols for axis in self.axes))


class Entry(TensorNode):
    """One component `T[i, j]`; an axis is an index, an integer or affine in indices. Outside it is 0.

    The domain of the tensor gives SymPy's assumptions, as far as they hold at every position: an entry of a
    positive array is declared positive only where all positions are surely inside.

    >>> i, p = Index("i", 3), Tensor("p", (3,), "positive")
    >>> p[i].is_positive, p[i + 1].is_positive, p[i + 1].is_nonnegative
    (True, None, True)
    """

    is_commutative = True

    def __new__(cls, tensor: Tensor, *axes: Any) -> Entry:
        """Take the component of `tensor` at `axes`.

        Raises:
            ShapeError: the number of axes is not the rank, or a plain index runs over another extent.
        """
        positions = [
            axis if isinstance(axis, sympy.Basic) else sympy.sympify(axis, strict=True) for axis in axes
        ]
        return cls._shared(tensor, tuple(positions))

    @classmethod
    def at(cls, tensor: Tensor, *axes: sympy.Expr) -> Entry:
        """The component at any positions; an index may run over another extent than its axis.

        >>> Entry.at(Tensor("x", (5,)), Index("i", 3)).is_inside
        True
        """
        return cls(tensor, *fitted(tensor, axes))

    @classmethod
    @lru_cache(maxsize=_KEPT)
    def _shared(cls, tensor: Tensor, positions: tuple[sympy.Expr, ...]) -> Entry:
        if len(positions) != tensor.rank:
            raise ShapeError(
                f"an entry of {tensor.name}: {len(positions)} positions given, but {tensor.name} has shape "
                f"{shape_text(tensor.shape)}."
            )
        computed = [position for position in positions if not isinstance(position, Index)]
        if any(has_kind(position, (Loose, Quotient)) for position in computed):
            positions = fitted(tensor, positions)
        for position, size in zip(positions, tensor.shape, strict=True):
            if isinstance(position, Index) and not (position.dim is size or same_size(position.dim, size)):
                raise ShapeError(
                    f"an entry of {tensor.name}: index {position.name} runs over {position.dim}, "
                    f"the axis has {size}."
                )
        made: Entry = sympy.Expr.__new__(cls, tensor, *positions)
        return made

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_is_finite(self) -> bool:
        return True

    def _eval_is_integer(self) -> bool | None:
        return True if self.tensor.domain in _INTEGER else None

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.tensor.domain in _POSITIVE and self.is_inside else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if self.tensor.domain in _POSITIVE | _NONNEGATIVE else None

    def _eval_is_zero(self) -> bool | None:
        positive = self.tensor.domain in _POSITIVE or self.tensor.domain == "sign"
        return False if positive and self.is_inside else None

    @property
    def is_plain(self) -> bool:
        """Whether every position is an index by itself; then it runs over the axis that it stands on."""
        return {type(axis) for axis in self.axes} <= {Index}

    @property
    def is_inside(self) -> bool:
        """Whether every position is surely one of the array, whatever the values of the indices."""
        return self.is_plain or all(
            isinstance(axis, Index) or is_surely_inside(axis, size)
            for axis, size in zip(self.axes, self.tensor.shape, strict=True)
        )

    def _eval_derivative(self, symbol: sympy.Basic) -> sympy.Expr:
        if any(symbol in axis.free_symbols for axis in self.axes):
            raise SymderiveError(f"differentiating {self} by {symbol}: a position has no derivative.")
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return (
            f"{self.tensor.name}[{', '.join(printer._print(axis) for axis in self.axes)}]"
            if self.axes
            else str(self.tensor.name)
        )

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name = self.tensor._latex(printer)
        axes = ", ".join(printer._print(axis) for axis in self.axes)
        text = f"{{{name}}}_{{{axes}}}" if axes else name
        return text if exp is None else f"{{{text}}}^{{{exp}}}"


def fitted(tensor: Tensor, axes: tuple[sympy.Expr, ...]) -> tuple[sympy.Expr, ...]:
    """The positions, each index marked where it runs over another extent than its axis."""
    pairs = zip(axes, tensor.shape[: len(axes)], strict=True)
    return tuple([
        axis if isinstance(axis, Index) and axis.dim is size else _on_axis(axis, size) for axis, size in pairs
    ])  # fmt: skip


def _on_axis(position: sympy.Expr, size: Size) -> sympy.Expr:
    if not isinstance(position, Index) and position.args:
        position = joined(position)
    if not isinstance(position, Index) or position.dim is size:
        return position
    return position if position.dim == size or same_size(position.dim, size) else Loose(position)
