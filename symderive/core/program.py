"""Definitions `T[i, j] = body` and programs: inputs, definitions in order, outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import sympy

from symderive.core.dims import same_size, shape_text
from symderive.core.identity import free_indices, substitute, tensors_of
from symderive.core.nodes import Entry, Index, Tensor
from symderive.errors import ShapeError, SymderiveError


@dataclass(frozen=True)
class Definition:
    """`tensor[indices] = body`, for all values of the indices.

    Attributes:
        tensor: what is defined.
        indices: one free index per axis, all different.
        body: a SymPy expression over entries, sums and deltas.
        rule: the law that produced it, for the derivation's steps; empty for what a user wrote.
        why: the reason in words.
        pinned: whether the name was chosen by a person and must stay.

    Raises:
        ShapeError: the indices do not fit the axes of the tensor.
        SymderiveError: an index that stands only on the right-hand side.

    >>> x, y, i = Tensor("x", (3,)), Tensor("y", (3,)), Index("i", 3)
    >>> print(Definition(y, (i,), 2 * x[i]))
    y[i] = 2*x[i]
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    body: sympy.Expr
    rule: str = ""
    why: str = ""
    pinned: bool = False

    def __post_init__(self) -> None:
        if len(self.indices) != self.tensor.rank or len(set(self.indices)) != len(self.indices):
            raise ShapeError(
                f"defining {self.tensor.name}: {len(set(self.indices))} indices for shape "
                f"{shape_text(self.tensor.shape)}."
            )
        for index, size in zip(self.indices, self.tensor.shape, strict=True):
            if not same_size(index.dim, size):
                raise ShapeError(
                    f"defining {self.tensor.name}: index {index.name} runs over {index.dim}, "
                    f"the axis has {size}."
                )
        loose = free_indices(self.body).difference(self.indices)
        if loose:
            names = ", ".join(sorted(index.name for index in loose))
            raise SymderiveError(
                f"defining {self.tensor.name}: index {names} occurs on the right-hand side only."
            )

    def at(self, axes: Iterable[sympy.Expr]) -> sympy.Expr:
        """The right-hand side at the given positions.

        It says nothing of positions outside the tensor's shape, where the entry is 0.
        """
        return substitute(self.body, dict(zip(self.indices, axes, strict=True)))

    def with_body(self, body: sympy.Expr) -> Definition:
        """The same definition with another right-hand side."""
        return self if body is self.body or body == self.body else replace(self, body=body)

    def __str__(self) -> str:
        left = str(Entry(self.tensor, *self.indices))
        return f"{left} = {self.body}"


@dataclass(frozen=True)
class Program:
    """Equations in an order in which each uses only inputs and what stands before it.

    Attributes:
        inputs: arrays that are given.
        definitions: the equations.
        outputs: the arrays asked for.

    Raises:
        SymderiveError: an equation that uses what is not defined before it, a name that is taken, or an
        unknown
            output.

    >>> x, y, i = Tensor("x", (3,)), Tensor("y", (3,)), Index("i", 3)
    >>> Program((x,), (Definition(y, (i,), 2 * x[i]),), (y,)).names == {"x", "y"}
    True
    """

    inputs: tuple[Tensor, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[Tensor, ...]
    _by_tensor: Mapping[Tensor, Definition] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known: set[sympy.Basic] = set(self.inputs)
        names: set[str] = {tensor.name for tensor in self.inputs}
        for definition in self.definitions:
            missing = tensors_of(definition.body) - known
            if missing:
                unknown = ", ".join(sorted(tensor.name for tensor in missing))
                raise SymderiveError(
                    f"defining {definition.tensor.name}: {unknown} is used before it is defined."
                )
            if definition.tensor.name in names:
                raise SymderiveError(
                    f"defining {definition.tensor.name}: that name is taken; choose another."
                )
            known.add(definition.tensor)
            names.add(definition.tensor.name)
        for tensor in self.outputs:
            if tensor not in known:
                raise SymderiveError(f"output {tensor.name} is neither an input nor defined.")
        object.__setattr__(self, "_by_tensor", {made.tensor: made for made in self.definitions})

    def definition(self, tensor: Tensor) -> Definition | None:
        """The equation that defines `tensor`, or None for an input."""
        return self._by_tensor.get(tensor)

    @property
    def names(self) -> frozenset[str]:
        """All names in use."""
        return frozenset(
            [tensor.name for tensor in self.inputs] + [made.tensor.name for made in self.definitions]
        )

    def mapped(self, change: Callable[[sympy.Expr], sympy.Expr]) -> Program:
        """The program with every right-hand side changed."""
        changed = tuple(made.with_body(change(made.body)) for made in self.definitions)
        same = all(one.body is other.body for one, other in zip(changed, self.definitions, strict=True))
        return self if same else Program(self.inputs, changed, self.outputs)

    def needed(self, outputs: Iterable[Tensor]) -> Program:
        """The part of the program that `outputs` depend on; inputs are kept in order."""
        wanted = tuple(outputs)
        alive: set[sympy.Basic] = set(wanted)
        kept = []
        for definition in reversed(self.definitions):
            if definition.tensor in alive:
                kept.append(definition)
                alive |= tensors_of(definition.body)
        inputs = tuple(tensor for tensor in self.inputs if tensor in alive)
        return Program(inputs, tuple(reversed(kept)), wanted)

    def __str__(self) -> str:
        return "\n".join(str(definition) for definition in self.definitions)
