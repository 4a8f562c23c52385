"""What the backward pass of a layer is counted from: its equations, and who differentiates them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Program
from symderive.cost.count import Part
from symderive.cost.protocols import Costable
from symderive.errors import SymderiveError


@dataclass(frozen=True)
class Pulled:
    """The counts of one adjoint.

    Attributes:
        of: the array that it is the adjoint of; for a window, what it is read from.
        part: the counts.
    """

    of: str
    part: Part


Differentiate = Callable[
    [Program, tuple[Tensor, ...], tuple[Tensor, ...], tuple[Size, ...]], tuple[Pulled, ...]
]
"""Equations, results whose adjoints are given, inputs whose adjoints are asked for, order → the counts."""
Keeper = Callable[[Costable, tuple[str, ...], tuple[str, ...]], tuple[Tensor, ...]]
"""A layer, the data that vary, names of arrays that are computed again → the arrays that it keeps."""


@dataclass(frozen=True)
class Derivatives:
    """Who differentiates.

    Attributes:
        counts: counts the gradient program of a layer.
        keeps: says what of the forward pass of a layer it reads.
        is_strict: whether something that is not counted is an error.
    """

    counts: Differentiate
    keeps: Keeper
    is_strict: bool = False


@dataclass(frozen=True)
class Pull:
    """How the backward pass of a layer is counted.

    Attributes:
        program: the equations.
        results: those of its outputs that have an adjoint.
        trained: the parameters.
        data: the inputs that may have an adjoint; whole numbers have none.
        derivatives: who counts the gradient program.
    """

    program: Program
    results: tuple[Tensor, ...]
    trained: tuple[Tensor, ...]
    data: tuple[Tensor, ...]
    derivatives: Derivatives

    def counts(self, names: Collection[str], order: tuple[Size, ...]) -> tuple[Pulled, ...]:
        """The counts of the adjoints of the parameters, and of the data with these names.

        What has no derivative rule is listed as not counted.

        Raises:
            SymderiveError: something is not counted, and that is to be an error.
        """
        wanted = (*self.trained, *(one for one in self.data if one.name in names))
        if not wanted:
            return ()
        try:
            counted = self.derivatives.counts(self.program, self.results, wanted, order)
        except SymderiveError as error:
            sentence = f"the backward pass, {error}".removesuffix(".")
            counted = (Pulled("", Part(self.program.definitions[-1], {}, (), (sentence,))),)
        unknown = list(dict.fromkeys(one for pulled in counted for one in pulled.part.unknown))
        if unknown and self.derivatives.is_strict:
            raise SymderiveError(
                f"cost: not counted are {'; '.join(unknown)}; without strict the total is a lower bound."
            )
        return counted


def with_adjoint(tensors: Collection[Tensor]) -> tuple[Tensor, ...]:
    """The arrays that may have an adjoint: not those of whole numbers, as positions in a table are.

    >>> [one.name for one in with_adjoint([Tensor("x", (3,)), Tensor("token", (3,), "count")])]
    ['x']
    """
    return tuple(one for one in tensors if not Entry(one, *(0 for _ in one.shape)).is_integer)
