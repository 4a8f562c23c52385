"""What every layer answers, and how its sizes get the names of their roles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Self

import sympy

from symderive.core.dims import Dim, Size
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.errors import ShapeError
from symderive.layers.fields import ROLE, SETTLE, numbered


@dataclass(frozen=True)
class Layer(ABC):
    """One layer: an index equation over symbolic or integer sizes.

    Abstract; the concrete layers are frozen dataclasses. Sizes are given as integers, as symbols from
    `symderive.dims`, or as text that becomes a symbol. Tensors are channels first, as in PyTorch:
    `x[n, c, i, j]`, `weight[o, c, u, v]`; the batch axis is there only if `batch` is given.
    """

    def __post_init__(self) -> None:
        """Turn the fields into sizes and check them."""
        self._settle()
        require(self._demands())

    def _settle(self) -> None:
        """Turn the fields into what they say that they hold."""
        for one in fields(self):
            if SETTLE in one.metadata:
                settled = one.metadata[SETTLE](getattr(self, one.name), f"{type(self).__name__}: {one.name}")
                object.__setattr__(self, one.name, settled)

    def _demands(self) -> Iterable[tuple[Any, str]]:
        """What has to hold of the sizes: conditions, and for each the sentence to say if it does not."""
        return ()

    @abstractmethod
    def program(self) -> Program:
        """The index equations; inputs are the data, then the parameters, then the buffers that are read.

        The first output is that of the layer. An output extent that is not simply an input size is named
        (`H′`); `relations` says what it is.
        """

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The trainable arrays, in the order in which the equations use them."""
        return ()

    @property
    def buffers(self) -> tuple[Tensor, ...]:
        """The arrays that the layer keeps from one call to the next and that are not trained."""
        return ()

    def in_training(self) -> Self:
        """The same layer as it is computed while it is trained, with the statistics of the input, say."""
        return self

    @property
    def data(self) -> tuple[Tensor, ...]:
        """The inputs that are neither parameters nor buffers, in the order of the program's."""
        own = {*self.parameters, *self.buffers}
        return tuple(tensor for tensor in self.program().inputs if tensor not in own)

    @property
    def results(self) -> tuple[Tensor, ...]:
        """The outputs of the program that are handed on: all but the next values of buffers."""
        return self.program().outputs

    @property
    @abstractmethod
    def output_shape(self) -> tuple[Size, ...]:
        """The shape of the output in terms of the input's sizes."""

    @property
    def relations(self) -> Mapping[Dim, Size]:
        """What each named output extent is: `{H′: H − k + 1}`."""
        return {}

    @property
    def conditions(self) -> tuple[Any, ...]:
        """What has to hold for the layer to exist, less what holds for all sizes: SymPy conditions."""
        return require(self._demands())

    @property
    @abstractmethod
    def size_order(self) -> tuple[Size, ...]:
        """The sizes in the order in which people write them in a product."""

    def roles(self) -> Mapping[str, tuple[str, ...]]:
        """For each field that holds sizes, the customary name of each; empty for one that stays a number."""
        found = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if ROLE in one.metadata and value is not None:
                found[one.name] = numbered(one.metadata[ROLE], len(as_tuple(value)), "_")
        return found

    def named(self) -> tuple[Self, dict[Dim, int]]:
        """The same layer with a symbol for every integer size, and the values of these symbols.

        Returns:
            the layer over symbols such as `C_in`, `k`, `H`, and `{C_in: 3, …}`.

        >>> from symderive.layers import Dense
        >>> layer, values = Dense(784, 10).named()
        >>> layer.parameters[0].shape, values
        ((d_out, d_in), {d_in: 784, d_out: 10})
        """
        layer, sizes = self._renamed(lambda size: bool(size.is_Integer))
        return layer, {symbol: int(size) for symbol, size in sizes.items()}

    def generic(self) -> tuple[Self, dict[Dim, Size]]:
        """The same layer with a symbol for every size, and what each symbol stands for.

        >>> from symderive.core.dims import Dim
        >>> from symderive.layers import Dense
        >>> layer, sizes = Dense(784, 4 * Dim("d")).generic()
        >>> layer.parameters[0].shape, sizes
        ((d_out, d_in), {d_in: 784, d_out: 4*d})
        """
        return self._renamed(lambda size: True)

    def _renamed(self, is_chosen: Callable[[Size], bool]) -> tuple[Self, dict[Dim, Size]]:
        """The layer with the name of its role for each size that is chosen, and what the names stand for."""
        roles = self.roles()
        given = {one.name: as_tuple(getattr(self, one.name)) for one in fields(self)}
        named = {
            field: [name if is_chosen(size) else "" for size, name in zip(given[field], names, strict=True)]
            for field, names in roles.items()
        }
        kept = [
            size
            for field, some in given.items()
            for size, name in zip(some, named.get(field, [""] * len(some)), strict=True)
            if not name
        ]
        taken = {symbol.name for symbol in symbols_in(kept)}
        sizes: dict[Dim, Size] = {}
        changes: dict[str, Any] = {}
        for field, names in named.items():
            changed = [
                _name_for(size, name, taken, sizes) if name else size
                for size, name in zip(given[field], names, strict=True)
            ]
            changes[field] = tuple(changed) if isinstance(getattr(self, field), tuple) else changed[0]
        return replace(self, **changes), sizes


def _name_for(size: Size, name: str, taken: Iterable[str], sizes: dict[Dim, Size]) -> Dim:
    """A symbol of this name for a size; another one where the name is that of another size."""
    symbol = Dim(unused(name, taken))
    while sizes.get(symbol, size) != size:
        symbol = Dim(unused(f"{symbol.name}_1", taken))
    sizes[symbol] = size
    return symbol


def symbols_in(value: Any) -> list[Any]:
    """The symbols of the sizes in the field of a layer, which may be nested."""
    if isinstance(value, (tuple, list)):
        return [symbol for one in value for symbol in symbols_in(one)]
    return free_dims(value) if isinstance(value, sympy.Expr) else []


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A field's sizes: one, or several."""
    return value if isinstance(value, tuple) else (value,)


def free_dims(size: Any) -> list[Any]:
    """The symbols of a size, sorted by name."""
    return sorted(getattr(size, "free_symbols", ()), key=lambda symbol: str(symbol.name))


def unused(name: str, taken: Iterable[str], mark: str = "_1") -> str:
    """`name`, with `mark` behind it as often as it takes to differ from all names in `taken`."""
    while name in taken:
        name += mark
    return name


def require(conditions: Iterable[tuple[Any, str]]) -> tuple[Any, ...]:
    """The conditions that are not decided, in order.

    Args:
        conditions: pairs of a SymPy condition and the sentence to say if it is false.

    Raises:
        ShapeError: a condition is false.
    """
    return tuple(_undecided(conditions))


def _undecided(conditions: Iterable[tuple[Any, str]]) -> Iterator[Any]:
    for condition, sentence in conditions:
        if condition == sympy.false:
            raise ShapeError(sentence)
        if condition != sympy.true and not _is_certain(condition):
            yield condition


@lru_cache(maxsize=1024)
def _is_certain(condition: Any) -> bool:
    """Whether an inequality holds for all sizes, as `H + k − 1 ≥ 1` does.

    It does if no term of the difference of its sides is negative when `n + 1` stands for each size `n`.
    """
    if not isinstance(condition, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)):
        return False
    room = condition.gts - condition.lts
    sizes = sorted(room.free_symbols, key=str)
    if not room.is_polynomial(*sizes):
        return False
    least = sympy.Poly(room.xreplace({size: size + 1 for size in sizes}), *sizes)
    is_strict = isinstance(condition, (sympy.Gt, sympy.Lt))
    return all(one >= 0 for one in least.coeffs()) and not (is_strict and least.nth(*[0] * len(sizes)) == 0)


def divisible(
    name: str, groups: Size, split: Mapping[str, Size], what: str = "groups"
) -> list[tuple[Any, str]]:
    """The groups divide each of the sizes; with what to say if not."""
    return [
        (
            sympy.Eq(sympy.Mod(size, groups), 0),
            f"{name}: {groups} {what} do not divide {size} {which}; change one.",
        )
        for which, size in split.items()
    ]
