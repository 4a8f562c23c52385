# ruff: noqa: E501 -- tables of programs and errors
"""Random programs of index equations: products of arrays under sums, with deltas, outer products and functions.

They are what derivatives of second order look like before anyone has tidied them: intermediate results with
more axes than their parts, deltas inside sums, the same part with other letters, weights that are not negative.
"""

from __future__ import annotations

import random

import numpy as np
import sympy

import symderive as sd
from symderive.core.identity import free_indices
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.functions import by_head

N, D, K = sd.dims("n d k")
SIZES = {"n": N, "d": D, "k": K, "3": sympy.Integer(3)}
SHAPES = {
    "X": "nd", "U": "nd", "W": "dk", "M": "nk", "A": "dd", "T": "ndk", "w": "d", "v": "n", "u": "k", "c": "",
    "F": "33", "q": "n",
}  # fmt: skip
DOMAINS = {"q": "positive", "u": "nonnegative"}
INPUTS = tuple(
    Tensor(name, tuple(SIZES[letter] for letter in shape), DOMAINS.get(name, "real"))
    for name, shape in SHAPES.items()
)
FUNCTIONS = {
    entry.name: entry.make for entry in by_head().values() if entry.name in ("tanh", "sigmoid", "exp", "sin")
}
FREE, BOUND = ("i", "j", "k", "l"), ("p", "r", "s", "t")


class Writer:
    """Draws one program."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.tensors = list(INPUTS)
        self.definitions: list[Definition] = []

    def program(self) -> Program:
        """A program with one or two outputs."""
        for number in range(self.draw.randint(0, 3)):
            self.define(f"H{number}", self.draw.choice((1, 2, 2, 3, 4)))
        outputs = tuple(
            self.define(f"out{one}", self.draw.choice((0, 1, 2, 2, 3, 4)))
            for one in range(self.draw.randint(1, 2))
        )
        used = Program(INPUTS, tuple(self.definitions), outputs).needed(outputs)
        return Program(INPUTS, used.definitions, outputs)

    def define(self, name: str, rank: int) -> Tensor:
        """One more equation."""
        letters = [self.draw.choice("nddk3") for _ in range(rank)]
        if rank > 1 and self.draw.random() < 0.4:
            letters = list(self.draw.choice(("ndk", "dkdk", "dddd", "dd", "nd", "33")))
        indices = tuple(Index(FREE[place], SIZES[letter]) for place, letter in enumerate(letters))
        body = sympy.Add(*(self.term(indices) for _ in range(self.draw.randint(1, 3))))
        if self.draw.random() < 0.2:
            body = self.draw.choice([FUNCTIONS["tanh"], FUNCTIONS["sin"]])(body)
        tensor = Tensor(name, tuple(index.dim for index in indices))
        self.definitions.append(Definition(tensor, indices, body, self.draw.choice(("", "chain rule"))))
        self.tensors.append(tensor)
        return tensor

    def term(self, indices: tuple[Index, ...], depth: int = 0) -> sympy.Expr:
        """A coefficient times factors, under a sum, with deltas."""
        if depth == 0 and self.draw.random() < 0.15:
            same = [one for one in self.tensors if one.shape == tuple(index.dim for index in indices)]
            if same:
                return Entry(self.draw.choice(same), *indices)
        if depth == 0 and len(indices) in (2, 4) and self.draw.random() < 0.4:
            square = self.square(indices)
            if square is not None:
                return square
        taken = {index.name for index in indices}
        source = [name for name in BOUND if name not in taken]
        bound = tuple(
            Index(source[place], SIZES[self.draw.choice("nddk")])
            for place in range(self.draw.choice((0, 1, 1, 2)))
        )
        labels = (*indices, *bound)
        factors = [self.factor(labels, depth) for _ in range(self.draw.randint(1, 4))]
        if self.draw.random() < 0.4:
            factors += self.deltas(labels)
        product = sympy.Mul(self.draw.choice((1, 2, -1, sympy.Rational(1, 2), N)), *factors)
        used = tuple(index for index in bound if index in free_indices(product))
        return IndexSum(product, *used) if used else product

    def square(self, indices: tuple[Index, ...]) -> sympy.Expr | None:
        """A weighted sum of products of an array with itself, as in a Hessian."""
        half = len(indices) // 2
        if [one.dim for one in indices[:half]] != [one.dim for one in indices[half:]]:
            return None
        row = Index("p", N)
        by_rows = [one for one in self.tensors if one.rank == 2 and one.shape[0] == N]
        factor = sympy.S.One
        for one in indices[:half]:
            fitting = [tensor for tensor in by_rows if tensor.shape[1] == one.dim]
            if not fitting:
                return None
            factor *= Entry(self.draw.choice(fitting), row, one)
        other = factor.xreplace(dict(zip(indices[:half], indices[half:], strict=True)))
        weight = self.draw.choice(
            (lambda: sympy.S.One, lambda: Entry(INPUTS[-1], row), lambda: FUNCTIONS["sigmoid"](Entry(INPUTS[7], row)),
             lambda: Entry(INPUTS[7], row), lambda: Entry(INPUTS[7], row) ** 2, lambda: 1 - FUNCTIONS["tanh"](Entry(INPUTS[7], row)) ** 2)
        )()  # fmt: skip
        return IndexSum(weight * factor * other, row)

    def deltas(self, labels: tuple[Index, ...]) -> list[sympy.Expr]:
        """One or two deltas, between labels of one extent or of one with a fixed position."""
        found: list[sympy.Expr] = []
        for _ in range(self.draw.choice((1, 1, 2))):
            if not labels:
                break
            one = self.draw.choice(labels)
            others = [other for other in labels if other != one and other.dim == one.dim]
            if others:
                found.append(Delta(one, self.draw.choice(others)))
            elif one.dim == 3:
                found.append(Delta(one, self.draw.randint(0, 2)))
        return found

    def entry(self, labels) -> sympy.Expr | None:
        """An entry of an array that has these labels on its axes."""
        fitting = []
        for tensor in self.tensors:
            axes = [[label for label in labels if label.dim == size] for size in tensor.shape]
            if all(axes):
                fitting.append((tensor, axes))
        if not fitting:
            return None
        tensor, axes = self.draw.choice(fitting)
        return Entry(tensor, *(self.draw.choice(options) for options in axes))

    def factor(self, labels: tuple[Index, ...], depth: int) -> sympy.Expr:
        """An entry, a function of one, a sum of products, or a power."""
        entry = self.entry(labels)
        if entry is None:
            return Entry(INPUTS[9])
        kind = self.draw.random()
        if kind < 0.6:
            return entry
        if kind < 0.7:
            return self.draw.choice([FUNCTIONS["tanh"], FUNCTIONS["sigmoid"], FUNCTIONS["sin"]])(entry)
        if kind < 0.75:
            return entry**2
        if depth < 1:
            return self.term(labels, depth + 1) + (self.entry(labels) or 1)
        return 1 - entry


def random_program(seed: int) -> Program:
    """The program of a seed; the same one each time."""
    return Writer(seed).program()


def random_arrays(
    seed: int, sizes: dict[str, int], kind=np.float64, layout: str = "plain"
) -> dict[str, np.ndarray]:
    """Arrays for the inputs: plain, read-only, of other strides, or parts of larger ones."""
    rng = np.random.default_rng(seed)
    made = {}
    for tensor in INPUTS:
        shape = tuple(
            int(size.subs({one: sizes[one.name] for one in size.free_symbols})) for size in tensor.shape
        )
        value = rng.normal(size=shape) * 0.7
        value = (
            np.abs(value) + 0.1
            if tensor.domain == "positive"
            else np.abs(value)
            if tensor.domain != "real"
            else value
        )
        value = np.asarray(value, kind)
        if layout == "strided" and value.ndim:
            wide = np.zeros((*shape[:-1], 2 * shape[-1]), kind)
            wide[..., ::2] = value
            value = wide[..., ::2]
        if layout == "turned" and value.ndim:
            value = np.asfortranarray(value)[::-1][::-1]
        value.flags.writeable = layout != "read-only"
        made[str(tensor.name)] = value
    return made
