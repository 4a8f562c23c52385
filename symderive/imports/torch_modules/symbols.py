"""Symbolic sizes of torch for the sizes of inputs, and what torch found out about them in a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from pathlib import PurePath
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.floors import one_floor
from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.torch_modules.plain_conditions import plain
from symderive.imports.torch_modules.sizes import Sizes
from symderive.imports.torch_modules.widths.unify import Equality
from symderive.networks.extents import Extent, Extents, divisor_of

_OURS = PurePath(__file__).parents[2]  # what a user has not written is no place to look at
LAYOUT = {
    "_prims_common/__init__.py": (),
    "_prims/__init__.py": ("_broadcast_in_dim_meta", "_collapse_view_helper"),
    "_decomp/decompositions.py": ("matmul",),
    "_refs/__init__.py": ("_reshape_view_helper_core_alg", "_broadcast_shapes"),
    "_subclasses/fake_impls.py": ("conv", "fast_binary_impl", "infer_size"),
    "_meta_registrations.py": ("meta_copy_",),
    "nn/functional.py": ("multi_head_attention_forward", "embedding_bag"),
}
"""Where torch asks about sizes only to know how entries lie in memory, or whether an axis of size 1 is
repeated, which changes no formula: files, and the functions in them, all of them where none is named."""


class FixedSizeError(SymderiveError):
    """A model works for one number only in place of a size, at least where it ran."""

    def __init__(self, name: str, dim: Size, value: Size, where: str) -> None:
        self.name, self.dim, self.value, self.where = name, dim, value, where
        self.place = f"in place of {dim}{' in the input' if isinstance(dim, Dim) else ''}."
        super().__init__(f"{name}: the model fixes {dim} to {value}{where}; write {value} {self.place}")

    def also(self, other: FixedSizeError) -> SymderiveError:
        """What is to be said of two runs: where the numbers differ, any one is as good."""
        if self.dim != other.dim or self.value == other.value:
            return self
        return SymderiveError(
            f"{self.name}: the model needs a number for {self.dim}{self.where}, as for a loop over it; write "
            f"one {self.place}"
        )


class Symbols:
    """The symbols of one run.

    Attributes:
        environment: that of torch.
    """

    def __init__(self, sizes: Sizes) -> None:
        from torch.fx.experimental.symbolic_shapes import ShapeEnv

        self._sizes = sizes
        self.environment = ShapeEnv(duck_shape=False, specialize_zero_one=False)
        self.environment.guards = _Guards()
        self.environment._refine_ranges = _nothing_follows
        self._made: dict[Dim, Any] = {}
        self._multiples: dict[Dim, Size] = {}

    def integer(self, size: Size) -> Any:
        """A size as torch takes it: an int, or a symbolic one."""
        if size.is_Integer:
            return int(size)
        if size not in self._made:
            is_plain = isinstance(size, Dim) and size not in self._multiples
            self._made[size] = self._new(size) if is_plain else self._computed(size)
        return self._made[size]

    def _computed(self, size: Size) -> Any:
        if isinstance(size, sympy.Mod):
            number, divisor = map(self.integer, size.args)
            return number % divisor
        if isinstance(size, sympy.floor):
            over, under = map(self.integer, sympy.fraction(sympy.together(size.args[0])))
            return over // under
        if isinstance(size, (sympy.Max, sympy.Min)):
            return self._outermost(size)
        over, under = sympy.fraction(sympy.cancel(size.xreplace(self._multiples)))
        parts = [self._product(term) for term in sympy.Add.make_args(sympy.expand(over))]
        return sum(parts[1:], parts[0]) // self._product(under)

    def _outermost(self, size: Size) -> Any:
        """The largest or smallest of several sizes."""
        import torch

        choose = torch.sym_max if isinstance(size, sympy.Max) else torch.sym_min
        return reduce(choose, map(self.integer, size.args))

    def _product(self, term: Size) -> Any:
        return math.prod(
            self.integer(base) ** int(exponent) for base, exponent in term.as_powers_dict().items()
        )

    def divide(self, divisors: Mapping[Dim, Size]) -> None:
        """Make symbols for sizes that can be divided, as multiples: torch has no floors of them then.

        Args:
            divisors: by the size.

        Raises:
            SymderiveError: two sizes are to divide each other.
        """
        waiting = dict(divisors)
        while waiting:
            ready = [dim for dim, by in waiting.items() if by.free_symbols.isdisjoint(waiting)]
            if not ready:
                raise SymderiveError(
                    f"symbols: {', '.join(map(str, waiting))} are to divide each other; write the sizes as "
                    'products, as in "h*k" in place of "d".'
                )
            for dim in ready:
                by, part = waiting.pop(dim), Extent(f"{dim}_part")
                self._made[part] = self._torch_symbol(part.name, dim / by)
                self._multiples[dim] = part * by.xreplace(self._multiples)

    def _new(self, dim: Dim) -> Any:
        return self._torch_symbol(dim.name, dim)

    def _torch_symbol(self, name: str, meaning: Size) -> Any:
        from torch._dynamo.source import ConstantSource
        from torch.fx.experimental.symbolic_shapes import DimDynamic
        from torch.utils._sympy.numbers import int_oo
        from torch.utils._sympy.value_ranges import ValueRanges

        number, source = int(self._sizes.value(meaning)), ConstantSource(name)
        symbol = self.environment.create_symbol(number, source, DimDynamic.DYNAMIC)
        self.environment.var_to_range[symbol] = ValueRanges(1, int_oo)
        self._sizes.symbols[symbol] = meaning
        return self.environment.create_symintnode(symbol, hint=number, source=source)

    def equalities(self) -> Iterator[Equality]:
        """What the run took for equal; what has no meaning here, as a size of the data, is left out."""
        asked = [(one.expr, _place(one)) for one in self.environment.guards if isinstance(one.expr, sympy.Eq)]
        found = ((sympy.Eq(*pair), "") for pair in self.environment.replacements.items())
        for expr, where in (*asked, *found):
            try:
                meant = self._sizes.extents.meaning(self._sizes.meaning(expr))
            except SymderiveError:
                continue
            if isinstance(meant, sympy.Eq):
                yield Equality(meant.lhs - meant.rhs, where)

    def replaced(self, name: str) -> Iterator[Any]:
        """What torch put in place of symbols, as conditions: `H = 2·⌊H/2⌋`, that is, H is even.

        Raises:
            FixedSizeError: a number, or another size of the input: the model works for that size only.
        """
        for symbol, dim in self._sizes.symbols.items():
            found = self.environment.replacements.get(symbol)
            if found is None or found == symbol:
                continue
            value = self._sizes.meaning(found)
            if not isinstance(dim, Extent) and not value.atoms(Extent):
                raise FixedSizeError(name, dim, value, self._reason(symbol))
            yield whole_multiple(dim, self._sizes.extents.meaning(value))

    def _reason(self, symbol: Any) -> str:
        for guard in self.environment.guards:
            if symbol in guard.expr.free_symbols and isinstance(guard.expr, sympy.Eq):
                return _place(guard)
        return ""

    def conditions(self) -> Iterator[Any]:
        """What the run took for granted about the sizes, less what changes no formula."""
        for guard in self.environment.guards:
            yield from plain(self._sizes.meaning(guard.expr), self._sizes.value)


class _Guards(list[Any]):
    """What torch took for granted, less what it asked for the layout only.

    Torch takes what it noted for true from then on. What is left out must not answer a question of the model.
    """

    def append(self, guard: Any) -> None:
        """Note a guard that may change a formula."""
        if not _is_layout(guard):
            super().append(guard)


def _nothing_follows(_: Any) -> None:
    """Torch would narrow the range of a symbol by each guard, also by those of the layout."""


def whole_multiple(size: Size, value: Size) -> Any:
    """That a size equals a value, which for `H = n·⌊H/n⌋` is that n divides H.

    >>> from symderive.core.dims import dims
    >>> h = dims("H")
    >>> whole_multiple(h, 4 * sympy.floor(h / 4))
    Eq(Mod(H, 4), 0)
    """
    number, rest = value.as_coeff_Mul()
    if isinstance(rest, sympy.floor) and sympy.expand(rest.args[0] * number - size) == 0:
        return sympy.Eq(sympy.Mod(size, number), 0)
    return sympy.Eq(size, value)


def without_implied(conditions: Iterable[Any], extents: Extents) -> list[Any]:
    """Conditions less the equations that hold where sizes can be divided as others say.

    >>> from symderive.core.dims import dims
    >>> h, even = dims("H"), sympy.Eq(sympy.Mod(dims("H"), 2), 0)
    >>> without_implied([even, sympy.Eq(2 * sympy.floor(h / 2), h)], Extents())
    [Eq(Mod(H, 2), 0)]
    >>> without_implied([even, sympy.Eq(sympy.Mod(h, sympy.floor(h / 2)), 0)], Extents())
    [Eq(Mod(H, 2), 0)]
    """
    given = list(dict.fromkeys(conditions))
    said = {one: divisor for one in given if (divisor := divisor_of(one)) is not None}
    whole = {size: number * Dim(f"{size}_over_{number}") for size, number in said.values()}
    kept = []
    for one in given:
        meant = one if one in said else one.xreplace(extents.meanings)
        if isinstance(meant, sympy.Eq) and one not in said:
            difference = one_floor((meant.lhs - meant.rhs).xreplace(whole))
            meant = sympy.Eq(sympy.expand(difference), 0)
        if meant != sympy.true:
            kept.append(one)
    return kept


def _frame(guard: Any) -> Any:
    where = guard.sloc
    return None if where is None else where.maybe_user_loc or where.framework_loc


def _is_layout(guard: Any) -> bool:
    """Whether torch asked only for the layout; that two sizes are equal is never only that."""
    frame = None if guard.sloc is None else guard.sloc.framework_loc
    if frame is None or isinstance(frame, str) or isinstance(guard.expr, sympy.Eq):
        return False
    for file, functions in LAYOUT.items():
        if PurePath(frame.filename).match(f"torch/{file}"):
            return not functions or frame.name in functions
    return False


def _place(guard: Any) -> str:
    frame = _frame(guard)
    return "" if frame is None or isinstance(frame, str) else place_of(frame)


def place_of(frame: Any) -> str:
    """Where code of the user's is, in words; empty for that of torch and of symderive."""
    file = PurePath(frame.filename)
    theirs = PurePath(str(extra("torch", "importing a torch model").__file__)).parent
    is_ours = file.is_relative_to(_OURS) or file.is_relative_to(theirs) or frame.filename.startswith("<")
    return "" if is_ours else f" (in {frame.name}, {file.name} line {frame.lineno})"
