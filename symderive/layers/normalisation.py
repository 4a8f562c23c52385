"""What the layers share that subtract a mean and divide by a standard deviation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.layers.dimensions import Channels, extents_of
from symderive.layers.equations import count_of, defined, entry_of, indices_over, positions_over, sizes_of
from symderive.layers.fields import positive, sizes
from symderive.layers.layer import Layer


class Axes(NamedTuple):
    """The indices of an input: those in front, those that have a weight each, and those behind."""

    front: tuple[Index, ...]
    own: tuple[Index, ...]
    behind: tuple[Index, ...] = ()

    @property
    def all(self) -> tuple[Index, ...]:
        """All of them in order."""
        return (*self.front, *self.own, *self.behind)


@dataclass(frozen=True)
class Normalisation(Layer):
    """Abstract: entries less their mean, over their standard deviation, then scaled and shifted.

    `y = weight · (x − mean) / √(variance + ε) + bias`, the mean being that over some of the indices. The
    squares are an equation of their own: they are elementwise multiplications, and no MACs.
    """

    _: KW_ONLY
    eps: Any = positive("1e-5")

    @property
    @abstractmethod
    def axes(self) -> Axes:
        """The indices of the input."""

    @abstractmethod
    def over(self) -> tuple[Index, ...]:
        """Those of the indices over which the mean is taken."""

    @property
    def weights(self) -> tuple[str, ...]:
        """Which of weight and bias there are."""
        return ("weight", "bias")

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` and `bias`, one entry for each value of the own indices, as far as there are any."""
        letters = {"weight": r"\gamma", "bias": r"\beta"}
        shape = sizes_of(self.axes.own)
        return tuple(Tensor(name, shape, latex_name=letters[name]) for name in self.weights)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """That of the input."""
        return sizes_of(self.axes.all)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The axes of the input."""
        return self.output_shape

    @property
    def x(self) -> Tensor:
        """The input."""
        return Tensor("x", sizes_of(self.axes.all))

    def program(self) -> Program:
        """The equations with the input x and the parameters."""
        made = moments(self.x, self.axes.all, self.over())
        _, centred, _, variance = map(entry_of, made)
        y = self.scaled(centred, variance)
        return Program((self.x, *self.parameters), (*made, y), (y.tensor,))

    def scaled(self, centred: sympy.Expr, square: sympy.Expr) -> Definition:
        """The last equation, `y = weight · centred / √(square + ε) + bias`."""
        body = centred / sympy.sqrt(square + self.eps)
        made = {one.name: Entry(one, *self.axes.own) for one in self.parameters}
        body = body * made.get("weight", sympy.S.One) + made.get("bias", sympy.S.Zero)
        return defined("y", self.axes.all, body)


@dataclass(frozen=True)
class OfLastAxes(Normalisation):
    """Abstract: a normalisation over the last axes of each input."""

    d: Any = sizes("d")
    batch: Any = sizes("N", default=())
    affine: bool = True

    def _demands(self) -> Iterable[tuple[Any, str]]:
        name = type(self).__name__
        yield sympy.true if self.d else sympy.false, f"{name}: there is no last axis; give its size d."

    @property
    def axes(self) -> Axes:
        """The last axes have the weights."""
        return Axes(indices_over("n", self.batch), positions_over(self.d))

    def over(self) -> tuple[Index, ...]:
        """The last axes."""
        return self.axes.own


@dataclass(frozen=True)
class OfChannels(Normalisation, Channels):
    """Abstract: a normalisation with one weight and one bias for each channel."""

    batch: Any = sizes("N")

    @property
    def axes(self) -> Axes:
        """The channels have the weights; positions stand behind them."""
        positions = positions_over(extents_of(self))
        return Axes(indices_over("n", self.batch), (Index("c", self.channels),), positions)

    def _several(self) -> tuple[Any, str]:
        """That the mean is one of two entries or more; with what to say if it is not."""
        count, name = count_of(self.over()), type(self).__name__
        return sympy.Ge(count, 2), f"{name}: the mean is that of one entry, which leaves nothing; give more."


def mean_of(name: str, read: Entry, over: Iterable[Index], latex: str) -> Definition:
    """`mean[c] = Σ_{n,i} x[n, c, i] / (N·L)`: over some of the indices of an entry, kept for the others."""
    over = tuple(over)
    kept = tuple(index for index in read.axes if index not in over)
    return defined(name, kept, IndexSum(read, *over) / count_of(over), latex)


def squares_of(read: Entry) -> Definition:
    """`squares[n, i] = x[n, i]²`."""
    return defined("squares", read.axes, read**2, "q")


def moments(x: Tensor, indices: tuple[Index, ...], over: tuple[Index, ...]) -> tuple[Definition, ...]:
    """The mean, what is left without it, the squares of that, and their mean: the variance."""
    mean = mean_of("mean", Entry(x, *indices), over, r"\mu")
    centred = defined("centred", indices, Entry(x, *indices) - entry_of(mean), r"\bar{x}")
    squares = squares_of(entry_of(centred))
    return mean, centred, squares, mean_of("variance", entry_of(squares), over, r"\sigma^{2}")
