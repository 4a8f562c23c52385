"""Equations with deltas as statements: blocks are put on diagonals of an array, no identity is built.

`δ_ik (VᵀV)_jl` is `H = np.zeros((m, r, m, r))`, `np.einsum("ijil->ijl", H)[:] = V.T @ V`: with one operand
and no sum, `np.einsum` gives a view of the diagonal that can be written to.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sympy

from symderive.codegen.axes import Labels, spread
from symderive.codegen.brackets import range_of
from symderive.codegen.from_forms import length
from symderive.codegen.from_indices import code_of, labelled_code
from symderive.codegen.pairs import letters_of
from symderive.codegen.scattered import Axis, without_combs
from symderive.core.identity import free_indices, substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum, TensorNode
from symderive.core.positions import Inside, Remainder
from symderive.core.program import Definition

_LEAST_RANK = 3
_LONGEST = 110  # characters of a sum on one line
_SHORT = 60  # the same where a large matrix product can be added to in place


@dataclass(frozen=True)
class _Block:
    """What stands on one diagonal, or at one position.

    Attributes:
        body: its entries.
        place: for each axis of the array the index or number that stands there.
        window: for each axis the slice where the block stands; empty for none.
    """

    body: sympy.Expr
    place: tuple[sympy.Expr, ...]
    window: tuple[str, ...] = ()


def placed(made: Definition, owned: Collection[str] = ()) -> list[str] | None:
    """The statements that compute an array with deltas or windows, or a long sum; None where one line does.

    Args:
        made: the equation.
        owned: the names of arrays that are read nowhere else, so that they may be written to.
    """
    plain, blocks = [], []
    for term in sympy.Add.make_args(made.body):
        deltas = [one for one in sympy.Mul.make_args(term) if isinstance(one, Delta)]
        inside = _first_bracket(term, made.indices) is not None or term.has(Remainder)
        if not deltas and not inside:
            plain.append(term)
            continue
        block = _window(term, made.indices) if inside else _block(term, deltas, made.indices)
        if block is None:
            return None
        blocks.append(block)
    numbers = any(block.window or not set(block.place) <= set(made.indices) for block in blocks)
    if not blocks and made.tensor.rank and (len(plain) > 1 or made.tensor.rank >= _LEAST_RANK):
        rows = _Statements(made, owned).lines(made.body, [])
        return rows if len(rows) > 1 else None
    if not blocks or (made.tensor.rank < _LEAST_RANK and not numbers):
        return None
    if len(blocks) == 1 and blocks[0].window and not plain and not made.body.has(Remainder):
        return None  # `np.pad` says it in one line
    return _Statements(made, owned).lines(sympy.Add(*plain), blocks)


def _block(term: sympy.Expr, deltas: list[Delta], indices: Labels) -> _Block | None:
    place: dict[Index, sympy.Expr] = {index: index for index in indices}
    for delta in deltas:
        first, second = (place.get(one, one) for one in delta.args)
        if not all(isinstance(one, Index) or one.is_Integer for one in (first, second)):
            return None
        pair = sorted((first, second), key=lambda one: indices.index(one) if isinstance(one, Index) else -1)
        if not isinstance(pair[1], Index):
            return None
        if isinstance(pair[0], Index):
            if pair[0].dim != pair[1].dim:
                return None
        elif not (pair[1].dim.is_Integer and 0 <= pair[0] < pair[1].dim):
            return None
        place = {index: pair[0] if one == pair[1] else one for index, one in place.items()}
    body = sympy.Mul(*(one for one in sympy.Mul.make_args(term) if one not in deltas))
    if not free_indices(body) <= {one for one in place.values() if isinstance(one, Index)} or body.has(Delta):
        return None
    return _Block(body, tuple(place[index] for index in indices))


def _window(term: sympy.Expr, indices: Labels) -> _Block | None:
    """A product that is 0 outside ranges of its indices as the block inside; None where no range is known."""
    found = without_combs(term, indices)
    if found is None:
        return None
    now, order = found.body, tuple(found.axes[one].inner if one in found.axes else one for one in indices)
    window = dict.fromkeys(indices, (sympy.S.Zero, sympy.S.Zero))
    while (bracket := _first_bracket(now, order)) is not None:
        (index,) = free_indices(bracket)
        ends = range_of(bracket, index)
        if ends is None:
            return None
        old, inner = indices[order.index(index)], Index(index.name, sympy.expand(ends[1] - ends[0]))
        before, behind = window[old]
        window[old] = (sympy.expand(before + ends[0]), sympy.expand(behind + index.dim - ends[1]))
        now = substitute(
            sympy.Mul(*(one for one in sympy.Mul.make_args(now) if one != bracket)), {index: inner + ends[0]}
        )
        order = tuple(inner if one == index else one for one in order)
    known = all(end.is_Integer and end >= 0 for pair in window.values() for end in pair)
    read = all(one.is_inside for one in now.atoms(Entry))
    if not known or not read or now.has(Inside, Delta):
        return None
    slices = (_slice_of(old, found.axes.get(old), window[old]) for old in indices)
    return _Block(now, order, tuple(slices))


def _slice_of(index: Index, axis: Axis | None, ends: tuple[sympy.Expr, sympy.Expr]) -> str:
    """The positions of a block along one axis."""
    before, behind = ends
    if axis is None or axis.step == 1:
        return f"{before if before else ''}:{-behind if behind else ''}"
    first = axis.first + axis.step * before
    last = axis.first + axis.step * (axis.inner.dim - 1 - behind)
    left = sympy.expand(index.dim - 1 - last)  # entries behind the last position
    stop = f"-{left}" if left >= axis.step else ""
    return f"{first if first else ''}:{stop}:{axis.step}"


def _first_bracket(term: sympy.Expr, order: Labels) -> Inside | None:
    """A bracket that is a factor, or that says where an entry that is a factor is read inside its array."""
    for factor in sympy.Mul.make_args(term):
        for one in sympy.Mul.make_args(factor.body) if isinstance(factor, IndexSum) else (factor,):
            found = [one] if isinstance(one, Inside) and one is factor else []
            if isinstance(one, Entry):
                found = [Inside(axis, size) for axis, size in zip(one.axes, one.tensor.shape, strict=True)]
            for bracket in found:
                if (
                    isinstance(bracket, Inside)
                    and len(inside := free_indices(bracket)) == 1
                    and inside <= set(order)
                ):
                    return bracket
    return None


class _Statements:
    """The lines that fill one array."""

    def __init__(self, made: Definition, owned: Collection[str]) -> None:
        self.made, self.owned = made, owned
        self.name = str(made.tensor.name)
        self.rows: list[str] = []

    def lines(self, plain: sympy.Expr, blocks: list[_Block]) -> list[str]:
        """What has no delta first, then the blocks."""
        if plain != 0:
            self.rows += self.total(sympy.Add.make_args(plain))
        for number, block in enumerate(blocks):
            self.put(block, is_first=plain == 0 and number == 0)
        return self.rows

    def total(self, terms: tuple[sympy.Expr, ...]) -> list[str]:
        """A sum: on one line, or on one line for each term where it is long."""
        whole = sympy.Add(*terms)
        if self.is_owned(whole):
            return [f"{self.name} = {code_of(self.made.with_body(whole))}"]
        scaled = self.scaled(whole)
        if scaled:
            return scaled
        written = code_of(self.made.with_body(whole))
        full = [one for one in terms if free_indices(one) == set(self.made.indices) and not _is_view(one)]
        full.sort(key=lambda one: one.could_extract_minus_sign())
        products = [
            one for one in full if isinstance(one, IndexSum) and len(sympy.Mul.make_args(one.body)) > 1
        ]
        wide = self.made.tensor.rank >= _LEAST_RANK and bool(products)
        if len(written) <= (_SHORT if wide else _LONGEST) or not full or len(terms) == 1:
            return [f"{self.name} = {f'np.copy({written})' if _is_view(whole) else written}"]
        rows = [f"{self.name} = {code_of(self.made.with_body(full[0]))}"]
        for term in terms:
            if term is not full[0]:
                negative = term.could_extract_minus_sign()
                piece, labels = labelled_code(-term if negative else term, self.made.indices)
                rows.append(
                    f"{self.name} {'-=' if negative else '+='} {spread(piece, labels, self.made.indices)[0]}"
                )
        return rows

    def is_owned(self, whole: sympy.Expr) -> bool:
        """Whether a sum is an array that nothing else holds or reads."""
        return (
            isinstance(whole, Entry) and whole.tensor.name in self.owned and whole.axes == self.made.indices
        )

    def scaled(self, whole: sympy.Expr) -> list[str]:
        """A large matrix product times something smaller, which is multiplied in place."""
        factors = sympy.Mul.make_args(whole)
        products = [one for one in factors if _is_product(one, self.made.indices) or self.is_owned(one)]
        rest = sympy.Mul(*(one for one in factors if one not in products))
        if len(products) != 1 or rest == 1 or self.made.tensor.rank < _LEAST_RANK:
            return []
        rows = [f"{self.name} = {code_of(self.made.with_body(products[0]))}"]
        if rest == -1:
            return [*rows, f"{self.name} *= -1"]
        piece, labels = labelled_code(rest, self.made.indices)
        order = self.made.indices[min((self.made.indices.index(one) for one in labels), default=0) :]
        return [*rows, f"{self.name} *= {spread(piece, labels, order)[0]}"]

    def put(self, block: _Block, is_first: bool) -> None:
        """One block."""
        negative = block.body.could_extract_minus_sign() and not is_first
        own = tuple(one for one in dict.fromkeys(block.place) if isinstance(one, Index))
        piece, labels = labelled_code(-block.body if negative else block.body, own)
        order = own if block.window or len(own) > len(labels) else labels
        written = piece[0] if order[len(order) - len(labels) :] == labels else spread(piece, labels, order)[0]
        if is_first:
            shape = ", ".join(length(size) for size in self.made.tensor.shape)
            self.rows.append(f"{self.name} = np.zeros(({shape}{',' * (self.made.tensor.rank == 1)}))")
        sign = "=" if is_first else "-=" if negative else "+="
        self.rows.append(f"{self.target(block, order)} {sign} {written}")

    def target(self, block: _Block, order: Labels) -> str:
        """The part of the array where the block stands, with axes in an order."""
        place = block.place
        if block.window:
            return f"{self.name}[{', '.join(block.window)}]"
        axes = [":" if isinstance(one, Index) else str(one) for one in place]
        while axes and axes[-1] == ":":
            axes.pop()
        part = f"{self.name}[{', '.join(axes)}]" if axes else self.name
        free = tuple(one for one in place if isinstance(one, Index))
        if free == order and axes:
            return part
        letters_ = letters_of(free)
        spec = "".join(letters_[one] for one in free), "".join(letters_[one] for one in order)
        return f'np.einsum("{spec[0]}->{spec[1]}", {part})[:]'


def _is_product(expr: sympy.Expr, indices: Labels) -> bool:
    """Whether an expression is a matrix product with all axes, so that its code gives a new array."""
    arrays = sympy.Mul.make_args(expr.body) if isinstance(expr, IndexSum) else ()
    widest = max((len(free_indices(one)) for one in arrays), default=0)
    return free_indices(expr) == set(indices) and len(arrays) > 1 and widest < len(indices)


def _is_view(expr: sympy.Expr) -> bool:
    """Whether the code of an expression may give an array that something else holds too."""
    return isinstance(expr, TensorNode) or not expr.args
