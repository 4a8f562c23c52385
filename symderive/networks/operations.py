"""What networks do between layers: sums and products of branches, means, trained arrays."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.layers.equations import defined, indices_over
from symderive.layers.fields import sizes
from symderive.layers.layer import Layer


@dataclass(frozen=True)
class Operation(Layer):
    """Abstract: an operation on arrays whose axes are those of one shape.

    Args:
        shape: the sizes of all axes.
    """

    shape: Any = sizes("N")

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """That of the input, unless an operation says otherwise."""
        return self.shape

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The sizes in their order."""
        return tuple(dict.fromkeys(self.shape))


@dataclass(frozen=True)
class Combination(Operation):
    """A sum or a product of several arrays, entry by entry: `y[n] = x1[n] + x2[n]`.

    Args:
        shape: the shape of the result.
        kind: "add" or "mul".
        missing: for each array the axes that it lacks; it is the same all along them.

    >>> print(Combination((2, 3), "mul", ((), (0,))).program())
    y[n1, n2] = x2[n2]*x1[n1, n2]
    """

    kind: str = "add"
    missing: tuple[tuple[int, ...], ...] = ((), ())

    def program(self) -> Program:
        """The equation with inputs x1, x2 and so on."""
        indices = indices_over("n", self.shape)
        entries, inputs = [], []
        for number, lacks in enumerate(self.missing, 1):
            kept = [index for axis, index in enumerate(indices) if axis not in lacks]
            inputs.append(Tensor(f"x{number}", tuple(index.dim for index in kept)))
            entries.append(Entry(inputs[-1], *kept))
        body = sympy.Add(*entries) if self.kind == "add" else sympy.Mul(*entries)
        y = Tensor("y", self.shape)
        return Program(tuple(inputs), (Definition(y, indices, body, pinned=True),), (y,))


@dataclass(frozen=True)
class Join(Operation):
    """Several arrays side by side along an axis: entries are copied, and nothing is computed.

    Args:
        shape: the sizes of the axes that all of them have, without that along which they are joined.
        parts: the size of each array along it.
        axis: which axis of the result it is.

    >>> print(Join((5,), (2, 3)).program())
    y[n1, n2] = x1[n1, n2]*[0 <= 1 - n2 < 2] + x2[n1, n2 - 2]*[0 <= n2 - 2 < 3]
    """

    parts: Any = sizes("P")
    axis: int = 1

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axes of all, and the sum of the parts."""
        return self._with(sympy.Add(*self.parts))

    def _with(self, size: Size) -> tuple[Size, ...]:
        return (*self.shape[: self.axis], size, *self.shape[self.axis :])

    @property
    def size_order(self) -> tuple[Size, ...]:
        """The axes of the result, the parts in place of their sum."""
        return tuple(dict.fromkeys((*self.shape[: self.axis], *self.parts, *self.shape[self.axis :])))

    def program(self) -> Program:
        """The equation with inputs x1, x2 and so on."""
        indices = indices_over("n", self.output_shape)
        *front, along = indices[: self.axis + 1]
        behind, start = indices[self.axis + 1 :], sympy.S.Zero
        terms, inputs = [], []
        for number, part in enumerate(self.parts, 1):
            inputs.append(Tensor(f"x{number}", self._with(part)))
            place = along - start
            terms.append(Inside(place, part) * Entry.at(inputs[-1], *front, place, *behind))
            start = start + part
        y = defined("y", indices, sympy.Add(*terms))
        return Program(tuple(inputs), (y,), (y.tensor,))


@dataclass(frozen=True)
class Mean(Operation):
    """The mean over some axes: `y[n, c] = Σ_{i,j} x[n, c, i, j] / (H·W)`.

    Args:
        shape: the shape of the input.
        over: the axes that are averaged.

    >>> Mean((2, 3, 5, 7), (2, 3)).output_shape
    (2, 3)
    """

    over: tuple[int, ...] = (-1,)

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axes that are left."""
        return tuple(size for axis, size in enumerate(self.shape) if axis not in self.over)

    def program(self) -> Program:
        """The equation with the input x."""
        indices = indices_over("n", self.shape)
        bound = tuple(indices[axis] for axis in self.over)
        free: tuple[Index, ...] = tuple(index for index in indices if index not in bound)
        x, y = Tensor("x", self.shape), Tensor("y", self.output_shape)
        body = IndexSum(Entry(x, *indices), *bound) / sympy.Mul(*(index.dim for index in bound))
        return Program((x,), (Definition(y, free, body, pinned=True),), (y,))


@dataclass(frozen=True)
class Learned(Operation):
    """A trained array that is no weight of a layer: positions, a class token, a scale.

    >>> Learned((1, 768)).parameters[0].shape
    (1, 768)
    """

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """`weight` of this shape."""
        return (Tensor("weight", self.shape),)

    def program(self) -> Program:
        """The equation `y[n] = weight[n]`: a copy."""
        indices = indices_over("n", self.shape)
        (weight,), y = self.parameters, Tensor("y", self.shape)
        return Program((weight,), (Definition(y, indices, Entry(weight, *indices), pinned=True),), (y,))


@dataclass(frozen=True)
class AdaptiveMean(Operation):
    """Means of the last two axes over so many windows, of whatever size that takes: one equation for each.

    Window a of o along an axis of size n begins at ⌊a·n/o⌋ and ends before ⌈(a + 1)·n/o⌉, as in PyTorch.

    Args:
        shape: the shape of the input.
        outputs: how many windows there are along each of the two axes.

    >>> AdaptiveMean((2, 3, 5, 7), 2).output_shape
    (2, 3, 2, 2)
    """

    outputs: int = 1

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """The axes in front, and the windows along each axis."""
        return (*self.shape[:-2], *(sympy.Integer(self.outputs),) * 2)

    def program(self) -> Program:
        """One equation for each pair of windows, with the input x."""
        *front, height, width = self.shape
        free, x = indices_over("n", tuple(front)), Tensor("x", self.shape)
        made = []
        for row, column in product(range(self.outputs), repeat=2):
            (top, tall), (left, wide) = self._window(row, height), self._window(column, width)
            i, j = Index("i", tall), Index("j", wide)
            body = IndexSum(Entry.at(x, *free, top + i, left + j), i, j) / (tall * wide)
            made.append(Definition(Tensor(f"y_{row}_{column}", tuple(front)), free, body, pinned=True))
        return Program((x,), tuple(made), tuple(one.tensor for one in made))

    def _window(self, number: int, size: Size) -> tuple[Size, Size]:
        """Where a window begins, and how many positions it has."""
        begin = sympy.floor(number * size / self.outputs)
        end = sympy.floor(((number + 1) * size + self.outputs - 1) / self.outputs)
        return begin, end - begin


@dataclass(frozen=True)
class Rotary(Operation):
    """Positions as rotations of pairs of entries.

    `first = cos · x1 − sin · x2`, `second = cos · x2 + sin · x1`. The pairs are entry p of the first half and
    of the second half of the last axis; the angle depends on the position, which is axis 1, and on p.

    Source: J. Su et al., RoFormer, arXiv:2104.09864, equation 34.

    Args:
        shape: (batch, length, heads, entries).

    >>> Rotary((2, 5, 3, 4)).program().inputs[0].shape
    (2, 5, 3, 2)
    """

    def program(self) -> Program:
        """Two equations with the inputs x1, x2, cos and sin."""
        half = (*self.shape[:-1], self.shape[-1] / 2)
        indices = indices_over("n", half)
        t, p = indices[1], indices[3]
        one, two, cos, sin = (
            Tensor("x1", half), Tensor("x2", half), Tensor("cos", half[1::2]), Tensor("sin", half[1::2])
        )  # fmt: skip
        first = Entry(cos, t, p) * Entry(one, *indices) - Entry(sin, t, p) * Entry(two, *indices)
        second = Entry(cos, t, p) * Entry(two, *indices) + Entry(sin, t, p) * Entry(one, *indices)
        made = tuple(
            Definition(Tensor(name, half), indices, body, pinned=True)
            for name, body in (("first", first), ("second", second))
        )
        return Program((one, two, cos, sin), made, tuple(part.tensor for part in made))
