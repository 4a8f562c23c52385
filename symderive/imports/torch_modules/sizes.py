"""Sizes as torch writes them, in our own symbols: floor divisions, remainders, guards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, same_size
from symderive.cost.evaluation import evaluate
from symderive.cost.floors import one_floor
from symderive.errors import SymderiveError
from symderive.networks.extents import Extents


def _is_whole(term: Size) -> bool:
    return bool(term.is_integer)


def floor_of(quotient: Size, is_whole: Callable[[Size], bool] = _is_whole) -> Size:
    """The floor of a size; that of `3 − 1/d`, as in a ceiling, is 2, and that of `d + 2/(3·h)` is d.

    Args:
        quotient: the size.
        is_whole: which terms are known to be whole numbers.

    >>> from symderive.core.dims import dims
    >>> floor_of((3 * dims("d") - 1) / dims("d")), floor_of(dims("d") / 2)
    (2, floor(d/2))
    """
    terms = sympy.Add.make_args(sympy.expand(quotient))
    parts = [term for term in terms if not is_whole(term)]
    if len(parts) == 1:
        over, under = sympy.fraction(parts[0])
        least = under.as_coeff_Mul()[0]
        if over.is_Integer and under.is_integer and -least <= over < least:
            return sympy.Add(*(term for term in terms if term != parts[0]), -1 if over < 0 else 0)
    return sympy.floor(quotient)


def _floor_div(over: Any, under: Any) -> Any:
    return floor_of(over / under)


def _ceiling(value: Any) -> Any:
    return -sympy.floor(-value)


MEANINGS: Mapping[str, Callable[..., Any]] = {
    "FloorDiv": _floor_div,
    "CleanDiv": lambda over, under: over / under,
    "CeilDiv": lambda over, under: _ceiling(over / under),
    "IntTrueDiv": lambda over, under: over / under,
    "FloatTrueDiv": lambda over, under: over / under,
    "Mod": sympy.Mod,
    "PythonMod": sympy.Mod,
    "ModularIndexing": lambda base, divisor, modulus: sympy.Mod(_floor_div(base, divisor), modulus),
    "CeilToInt": _ceiling,
    "ceiling": _ceiling,
    "FloorToInt": sympy.floor,
    "floor": sympy.floor,
    "TruncToInt": sympy.floor,
    "ToFloat": lambda value: value,
    "Identity": lambda value: value,
    "Max": sympy.Max,
    "Min": sympy.Min,
    "PowByNatural": sympy.Pow,
    "OpaqueUnaryFn_sqrt": sympy.sqrt,
}
"""What the functions mean that torch writes sizes with; sizes are positive, so that truncation is a floor."""


class OpenSizeError(SymderiveError):
    """A size depends on the data."""


class Sizes:
    """Sizes of one run of a model in our symbols.

    Attributes:
        extents: the names of sizes that are floors.
        symbols: our symbols by those of torch.
        point: the numbers at which the model runs.
    """

    def __init__(self, extents: Extents, point: Mapping[Dim, int]) -> None:
        self.symbols: dict[Any, Size] = {}
        self.extents, self.point = extents, dict(point)
        self._known: dict[Any, Any] = {}

    def size(self, value: Any) -> Size:
        """A size that is an int, or a symbolic one of torch.

        Raises:
            OpenSizeError: a size that depends on the data.
            SymderiveError: one that has no meaning here.
        """
        if type(value) is int:
            return sympy.Integer(value)
        node = getattr(value, "node", None)
        return sympy.Integer(int(value)) if node is None else self.named(self.meaning(node.expr))

    @staticmethod
    def is_written_out(value: Any) -> bool:
        """Whether a size is written with a floor division in place of a symbol."""
        node = getattr(value, "node", None)
        return node is not None and any(
            type(one).__name__ in ("FloorDiv", "CeilDiv") for one in sympy.preorder_traversal(node.expr)
        )

    def shape(self, tensor: Any) -> tuple[Size, ...]:
        """The sizes of the axes of a tensor."""
        return tuple(map(self.size, tensor.shape))

    def is_same(self, left: Iterable[Size], right: Iterable[Size]) -> bool:
        """Whether two shapes have as many entries: as formulas, or at the numbers at which the model runs."""
        one, other = sympy.Mul(*left), sympy.Mul(*right)
        return same_size(one, other) or self.value(one) == self.value(other)

    def together(self, left: Sequence[Size], right: Sequence[Size]) -> tuple[Size, ...]:
        """The shape of an operation entry by entry, which torch has allowed where the model runs.

        Sizes that are equal there only are equal by a condition that torch has noted; the first one stays.

        >>> from symderive.core.dims import dims
        >>> n, m = dims("n m")
        >>> Sizes(Extents(), {}).together((n, m), (3, n, sympy.S.One))
        (3, n, m)
        """
        rank = max(len(left), len(right))
        pairs = zip(
            (sympy.S.One,) * (rank - len(left)) + tuple(left),
            (sympy.S.One,) * (rank - len(right)) + tuple(right),
            strict=True,
        )
        return tuple(other if one == 1 else one for one, other in pairs)

    def value(self, size: Size) -> Any:
        """The number that a size is where the model runs."""
        return evaluate(size.xreplace(self.extents.meanings), self.point)

    def meaning(self, expr: Any) -> Any:
        """An expression or a condition of torch in our symbols.

        Raises:
            SymderiveError: there is a function or a symbol in it that has no meaning here.
        """
        if expr not in self._known:
            self._known[expr] = self._meant(expr)
        return self._known[expr]

    def _meant(self, expr: Any) -> Any:
        if expr in self.symbols:
            return self.symbols[expr]
        if isinstance(expr, sympy.Float):
            return sympy.nsimplify(expr, rational=True)
        name = type(expr).__name__
        if expr.is_Symbol:
            raise OpenSizeError(
                f"a size, {expr}, depends on the data and not on the sizes of the input; give a model whose "
                "shapes follow from the shapes of its inputs."
            )
        if expr.is_Atom:
            return expr
        arguments = [self.meaning(one) for one in expr.args]
        if name in MEANINGS:
            return MEANINGS[name](*arguments)
        if not type(expr).__module__.startswith("sympy."):
            raise SymderiveError(f"a size is computed by {name}, which has no meaning here.")
        return expr.func(*arguments)

    def named(self, size: Size) -> Size:
        """A size with the names of extents for the floors in it, multiplied out where one is left.

        >>> from symderive.core.dims import dims
        >>> h, extents = dims("H"), Extents(["H"])
        >>> half = extents.settled(sympy.floor((h - 1) / 2) + 1)
        >>> Sizes(extents, {}).named(3 * (sympy.floor((h - 1) / 2) + 1))
        3*H1
        """
        if not size.has(sympy.floor):
            return size
        size = sympy.expand(one_floor(size))
        for name, meaning in self.extents.meanings.items():
            base, floors = meaning.as_coeff_Add()
            if floors.is_Function and size.has(floors):
                size = sympy.expand(size.xreplace({floors: name - base}))
        return self.extents.settled(size)
