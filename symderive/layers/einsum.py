"""Any product of arrays summed over some of their axes, with the order in which it is contracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import sympy

from symderive.core.dims import Dim, Size, as_size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.errors import ShapeError, SymderiveError
from symderive.layers.equations import defined
from symderive.layers.layer import Layer, unused
from symderive.layers.orders import (
    MOST_OPERANDS,
    Path,
    cheapest,
    contractions,
    left_to_right,
    paths,
    products,
)
from symderive.layers.subscripts import ONE, letters_of, parse, with_shapes


@dataclass(frozen=True)
class Einsum(Layer):
    """A product of arrays, summed over the letters that the result does not have.

    `y[i, l] = Σ_{j,k} x1[i, j] · x2[j, k] · x3[k, l]`, two operands at a time; each step is one equation.
    Its products are multiply-accumulates, also where nothing is summed, as in "i,j->ij" and "ij,ij->ij".

    Args:
        subscripts: as NumPy and PyTorch write it, such as "ij,jk,kl->il"; for an ellipsis see `of`.
        sizes: the size of each letter in the order of first appearance; by default its capital as a symbol.
        order: "left" (from left to right), "best" (the fewest products), or pairs of places: the operands are
            counted from 0, and each result gets the next number.

    Raises:
        ShapeError: another number of sizes than of letters, or shapes that do not fit.
        SymderiveError: subscripts that cannot be read, or an order that is none.

    >>> chain = Einsum("ij,jk,kl->il", (10, 100, 5, 50), order="best")
    >>> print(chain.program())
    z1[i, k] = Sum[j](x1[i, j]*x2[j, k])
    y[i, l] = Sum[k](x3[k, l]*z1[i, k])
    """

    subscripts: str = "ij,jk->ik"
    sizes: Any = None
    order: Any = "left"

    def _settle(self) -> None:
        operands, result = parse(self.subscripts)
        object.__setattr__(self, "subscripts", f"{','.join(operands)}->{result}")
        object.__setattr__(self, "sizes", self._settled_sizes(letters_of(operands)))
        object.__setattr__(self, "order", self._settled_order(len(operands)))

    @classmethod
    def of(cls, subscripts: str, *shapes: Sequence[Any], order: Any = "left") -> Self:
        """The einsum of operands with these shapes; the subscripts may have an ellipsis.

        >>> Einsum.of("...ij,jk->...ik", (2, 5, 3, 4), (4, 6)).output_shape
        (2, 5, 3, 6)
        """
        written, sizes = with_shapes(subscripts, shapes)
        return cls(written, sizes, order)

    @classmethod
    def matmul(cls, left: Sequence[Any], right: Sequence[Any]) -> Self:
        """The product `left @ right` of arrays with these shapes, with the axes in front stretched to fit.

        >>> Einsum.matmul((4, 1, 9, 11), (3, 11, 13)).output_shape
        (4, 3, 9, 13)
        """
        if not left or not right:
            raise ShapeError("a matrix product: a number has no axis to sum over; use a product.")
        first, second = ("...ij" if len(left) > 1 else "j"), ("...jk" if len(right) > 1 else "j")
        result = "..." + "i" * (len(left) > 1) + "k" * (len(right) > 1)
        return cls.of(f"{first},{second}->{result}", left, right)

    def _settled_sizes(self, letters: str) -> tuple[Size, ...]:
        if self.sizes is None:
            names: list[str] = []
            for letter in letters:
                names.append(unused(letter.upper(), names))
            return tuple(Dim(name) for name in names)
        given = tuple(self.sizes) if isinstance(self.sizes, (tuple, list)) else (self.sizes,)
        if len(given) != len(letters):
            raise ShapeError(
                f"Einsum: {len(given)} sizes given for the letters {', '.join(letters)}; give one for each."
            )
        return tuple(as_size(size, f"Einsum: {letter}") for size, letter in zip(given, letters, strict=True))

    def _settled_order(self, count: int) -> Any:
        if self.order == "left":
            return left_to_right(count)
        if self.order == "best":
            found = self.macs_by_order()
            numbers = all(cost.is_Integer for cost in found.values())
            if numbers or len(found) == 1:
                return min(found, key=lambda path: int(found[path])) if numbers else next(iter(found))
            return "best"
        return _checked(self.order, count)

    def macs_by_order(self) -> dict[Path, sympy.Expr]:
        """The products that each order takes, of the orders that are best for some sizes.

        Raises:
            SymderiveError: there are too many operands to try all orders.

        >>> Einsum("ij,jk,kl->il").macs_by_order()
        {((0, 1), (2, 3)): I*J*K + I*K*L, ((1, 2), (0, 3)): I*J*L + J*K*L}
        """
        operands, _ = parse(self.subscripts)
        if len(operands) > MOST_OPERANDS:
            raise SymderiveError(
                f"Einsum: the best order of {len(operands)} operands is not searched, of at most "
                f"{MOST_OPERANDS} it is; give the order."
            )
        return cheapest({path: self._macs(path) for path in paths(len(operands))})

    def _macs(self, path: Path) -> sympy.Expr:
        operands, result = parse(self.subscripts)
        return products(contractions(operands, result, path), self.extents)

    @property
    def extents(self) -> Mapping[str, Size]:
        """The size of each letter; that of a stretched axis is 1."""
        operands, _ = parse(self.subscripts)
        return {**dict(zip(letters_of(operands), self.sizes, strict=True)), ONE: sympy.S.One}

    @property
    def best_macs(self) -> sympy.Expr:
        """The products in the best order: a number, a formula, or a `Piecewise` where sizes decide.

        >>> Einsum("ij,jk,kl->il").best_macs
        Piecewise((I*J*K + I*K*L, I*J*K + I*K*L <= I*J*L + J*K*L), (I*J*L + J*K*L, True))
        """
        found = list(self.macs_by_order().values())
        if all(cost.is_Integer for cost in found):
            return min(found)
        cases = [
            (cost, sympy.And(*(sympy.Le(cost, other) for other in found if other is not cost)))
            for cost in found[:-1]
        ]
        return sympy.Piecewise(*cases, (found[-1], True))

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The sizes of the letters of the result."""
        _, result = parse(self.subscripts)
        return tuple(self.extents[letter] for letter in result)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The letters in the order of their first appearance."""
        return self.sizes

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """The capital of each letter."""
        operands, _ = parse(self.subscripts)
        return {"sizes": tuple(letter.upper() for letter in letters_of(operands))}

    def program(self) -> Program:
        """One index equation for each pair of operands; the inputs are called x1, x2 and so on.

        Raises:
            SymderiveError: the best order depends on the sizes, and they are symbols.
        """
        if self.order == "best":
            raise SymderiveError(
                f"Einsum {self.subscripts}: which order is best depends on the sizes; give numbers, or an "
                "order. best_macs has all cases."
            )
        operands, result = parse(self.subscripts)
        extents = self.extents
        single = len(operands) == 1
        inputs = tuple(
            Tensor("x" if single else f"x{place}", tuple(extents[one] for one in letters))
            for place, letters in enumerate(operands, 1)
        )
        entries = [_entry(tensor, letters, extents) for tensor, letters in zip(inputs, operands, strict=True)]
        if single:
            summed = "".join(one for one in letters_of(operands) if one not in result)
            made = [_equation("y", entries[0], result, summed, extents)]
        else:
            made = self._steps(operands, result, entries)
        return Program(inputs, tuple(made), (made[-1].tensor,))

    def _steps(self, operands: Sequence[str], result: str, entries: list[Any]) -> list[Definition]:
        made: list[Definition] = []
        for place, step in enumerate(contractions(operands, result, self.order), 1):
            name = "y" if place == len(self.order) else f"z{place}"
            product = entries[step.left] * entries[step.right]
            made.append(_equation(name, product, step.kept, step.summed.replace(ONE, ""), self.extents))
            entries.append(_entry(made[-1].tensor, step.kept, self.extents))
        return made


def _entry(tensor: Tensor, letters: str, extents: Mapping[str, Size]) -> Entry:
    return Entry(tensor, *(sympy.S.Zero if one == ONE else Index(one, extents[one]) for one in letters))


def _equation(name: str, body: sympy.Expr, kept: str, summed: str, extents: Mapping[str, Size]) -> Definition:
    free, bound = (tuple(Index(letter, extents[letter]) for letter in some) for some in (kept, summed))
    return replace(defined(name, free, IndexSum(body, *bound) if bound else body), accumulates=True)


def _checked(order: Any, count: int) -> Path:
    """Pairs of places that contract all operands.

    Raises:
        SymderiveError: they do not.
    """
    left = set(range(count))
    try:
        path = tuple((int(one), int(other)) for one, other in order)
    except (TypeError, ValueError):
        path = ()
    for number, pair in enumerate(path):
        if len(set(pair)) != 2 or not left >= set(pair):
            path = ()
            break
        left = (left - set(pair)) | {count + number}
    if len(path) != count - 1 or (count > 1 and not path):
        raise SymderiveError(
            f'Einsum: {order!r} is no order of {count} operands; give "left", "best" or {count - 1} pairs of '
            "places."
        )
    return path


EXAMPLES = (
    Einsum("ij,jk->ik", (2, 3, 4)),
    Einsum("i,j->ij", (3, 4)),
    Einsum("ij,kj,kl->il", (2, 3, 4, 5)),
    Einsum("bi,bj,bk,ijk->b", (2, 3, 2, 4), order="best"),
    Einsum("iij->j", (3, 2)),
    Einsum.of("...ij,...jk->...ik", (2, 1, 3, 2), (4, 2, 3)),
    Einsum.matmul((3,), (2, 3, 4)),
)
