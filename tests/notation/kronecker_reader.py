"""Reads printed formulas with ⊗, vec and K: what they mean as matrices of numbers.

It knows nothing of how symderive prints. I and 𝟏 are written without a size, so every size is tried for each
of them, and the formula must make sense as a matrix of the wanted shape for one choice alone, or for choices
that agree.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from tests.notation.reader import from_latex
from tests.notation.reader.grammar import Reader
from tests.notation.reader.values import Matrix, closed

_VEC = "∨"  # vec in front of its bracket, as one sign


class UnknownSize(Exception):
    """An I or 𝟏 whose size has not been chosen; the argument is its number."""


class KroneckerReader(Reader):
    """The reader of formulas, with Kronecker products; I and 𝟏 have the sizes in `chosen`, by number."""

    def __init__(self, source, names, rows, sizes: tuple[int, ...]) -> None:

        def is_size(name):
            value = names[name]
            return np.ndim(value) == 0 and value > 0 and float(value).is_integer()

        swaps = {
            f"{letter}{mark.format(m=m, n=n)}": commutation(names[m], names[n])
            for m, n in product(filter(is_size, names), repeat=2)
            for letter in ("K", "𝒦", r"\mathcal{K}")
            for mark in ("[{m},{n}]", "_{{{m},{n}}}")
        }
        super().__init__(source.replace("vec(", f"{_VEC}("), names | swaps, rows, {})
        beside = (len(matrix) for mark, matrix in swaps.items() if mark in source)  # I + K
        single = [1] * ("𝐞" in source)  # the axis of a position may be the only one
        self.possible = tuple(dict.fromkeys([*sizes, *beside, *single]))
        self.open = 0
        self.chosen: dict[int, int] = {}

    def term(self):
        value = self.product()
        while self.peek()[1] in ("⊙", "⊘", "⊗", "/"):
            sign = self.take()[1]
            right = self.product()
            value = self.kronecker(value, right) if sign == "⊗" else self.joined(sign, value, right)
        return value

    def kronecker(self, left, right):
        return lambda env: Matrix(np.kron(closed(left(env)), closed(right(env))))

    def atom_sign(self):
        if self.peek()[1] != _VEC:
            return super().atom_sign()
        self.take()
        inner = self.group("(", ")")
        return lambda env: Matrix(closed(inner(env)).reshape(-1, 1, order="F"))

    def _sized(self, make):
        place, self.open = self.open, self.open + 1

        def sized(env):
            if place not in self.chosen:
                raise UnknownSize(place)
            return Matrix(make(self.chosen[place]))

        return sized

    def atom_ones(self):
        self.take()
        return self._sized(lambda size: np.ones((size, 1)))

    def atom_basis(self):
        self.take()
        (position,) = self.indices()
        return self._sized(lambda size: np.eye(size)[:, [int(position)]])

    def atom_name(self):
        if self.peek()[1] == "I" and "I" not in self.names:
            self.take()
            return self._sized(np.eye)
        return super().atom_name()

    def values(self, shape: tuple[int, int]):
        """What the formula can mean: one matrix for each choice of sizes that makes sense."""
        return [value for value in self._possible(self.read(), {}) if np.shape(value) == shape]

    def _possible(self, tree, chosen):
        """The values with the sizes chosen so far; a branch ends where sizes do not fit."""
        self.chosen = chosen
        try:
            value = closed(tree({}))
        except UnknownSize as found:
            (place,) = found.args
            for size in self.possible:
                yield from self._possible(tree, {**chosen, place: size})
        except (ValueError, SyntaxError, IndexError):
            return
        else:
            yield np.asarray(value)


def commutation(m, n):
    """The matrix with K vec(A) = vec(Aᵀ) for every m×n matrix A."""
    m, n = int(m), int(n)
    places = np.arange(m * n).reshape(m, n, order="F")  # vec(A) at A[i, j]
    return np.eye(m * n)[places.T.reshape(-1, order="F")]


def matrix_of(array, rows: int):
    """An array with three or four axes as the matrix whose rows are numbered by the first `rows` axes."""
    shape = np.shape(array)
    return np.reshape(array, (int(np.prod(shape[:rows])), int(np.prod(shape[rows:]))), order="F")


def possible_sizes(sizes, shape):
    """The sizes that an identity or a vector of ones can have."""
    return tuple(dict.fromkeys([*sizes, *shape]))


def agrees(source: str, names, rows, sizes, wanted, is_latex: bool = False) -> bool:
    """Whether a printed right-hand side is the matrix `wanted`, and can be nothing else."""
    written = from_latex(source.replace(r"\otimes", "⊗")) if is_latex else source
    reader = KroneckerReader(written, names, rows, possible_sizes(sizes, wanted.shape))
    scale = max(np.abs(wanted).max(initial=0.0), 1e-6)
    found = reader.values(wanted.shape)
    return bool(found) and all(np.allclose(one, wanted, rtol=1e-6, atol=1e-8 * scale) for one in found)


__all__ = ["agrees", "commutation", "matrix_of"]
