"""When two expressions are the same: free indices, capture-avoiding substitution, alpha-equivalence."""

from __future__ import annotations

import hashlib
import itertools
import operator
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cmp_to_key, lru_cache

import sympy

from symderive.core.dims import Size, same_size, size_text
from symderive.core.kinds import has_kind
from symderive.core.nodes import Binder, Delta, Entry, Index, Tensor, TensorNode, fitted
from symderive.core.positions import is_surely_outside
from symderive.core.softmax_nodes import SoftmaxEntry

FREE_LETTERS = ("i", "j", "k", "l", "m", "o")
BOUND_LETTERS = ("p", "r", "s", "t", "u", "v")  # those of which Unicode has subscripts


@lru_cache(maxsize=200_000)
def free_indices(expr: sympy.Basic) -> frozenset[Index]:
    """The indices that occur in `expr` outside their binder."""
    if isinstance(expr, Index):
        return frozenset((expr,))
    if not expr.args:
        return frozenset()
    found = frozenset().union(*map(free_indices, expr.args))
    if not isinstance(expr, Binder):
        return found
    return found.union(*(index.within for index in expr.indices)) - frozenset(expr.indices)


@lru_cache(maxsize=200_000)
def index_names(expr: sympy.Basic) -> frozenset[str]:
    """The names of all indices that occur in `expr`, free or bound."""
    if isinstance(expr, Index):
        return frozenset((expr.name,))
    if not expr.args:
        return frozenset()
    return frozenset().union(*map(index_names, expr.args))


@lru_cache(maxsize=200_000)
def extents_in(expr: sympy.Basic) -> frozenset[Size]:
    """The numbers of positions of all indices that occur in `expr`, free or bound."""
    if isinstance(expr, Index):
        return frozenset((expr.dim,))
    return frozenset().union(*map(extents_in, expr.args))


@lru_cache(maxsize=200_000)
def tensors_of(expr: sympy.Basic) -> frozenset[sympy.Basic]:
    """The tensors that are read in `expr`."""
    if isinstance(expr, TensorNode):
        return frozenset((expr.tensor,)).union(*map(tensors_of, expr.axes))
    if not expr.args:
        return frozenset()
    return frozenset().union(*map(tensors_of, expr.args))


def with_args(expr: sympy.Expr, args: Sequence[sympy.Basic]) -> sympy.Expr:
    """`expr` with other arguments; `expr` itself where they are the ones that it has."""
    same = all(map(operator.is_, args, expr.args))
    return expr if same else remade(expr, args)


def remade(expr: sympy.Expr, args: Sequence[sympy.Basic]) -> sympy.Expr:
    """`expr` with other arguments.

    A power of a sum with arrays in it stays one, and SymPy need not ask first whether a term is infinite.
    """
    if isinstance(expr, sympy.Pow):
        base, exponent = args
        fixed = exponent.is_Rational and exponent is not sympy.S.Zero and exponent is not sympy.S.One
        if fixed and isinstance(base, sympy.Add) and tensors_of(base):
            return sympy.Pow(base, exponent, evaluate=False)
    return expr.func(*args)


def with_renamed_args(expr: sympy.Expr, args: Sequence[sympy.Basic]) -> sympy.Expr:
    """`expr` with arguments in which only names are different; different ones stay different.

    Terms and factors stay apart; only their order is new, and SymPy need not look for what can be joined.
    Nor does a power become something else.
    """
    if not isinstance(expr, _KEPT_APART) or list(map(type, args)) != list(map(type, expr.args)):
        return remade(expr, args)
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        first = 1 if args[0].is_Number else 0
        return expr._new_rawargs(*args[:first], *sorted(args[first:], key=_BY_COMPARING))
    return expr.func(*args, evaluate=False)


_KEPT_APART = (sympy.Add, sympy.Mul, sympy.Pow, sympy.exp)
_BY_COMPARING = cmp_to_key(sympy.Basic.compare)


def letters(kind: Iterable[str]) -> Iterator[str]:
    """The letters of a kind, then the same with 1, 2, … behind them."""
    base = tuple(kind)
    yield from base
    for number in itertools.count(1):
        for letter in base:
            yield f"{letter}{number}"


def fresh(
    sizes: Iterable[Size], avoid: Iterable[str], kind: Iterable[str] = BOUND_LETTERS
) -> tuple[Index, ...]:
    """New indices over `sizes`, with the first letters of `kind` that are not in `avoid`."""
    taken, source, made = set(avoid), letters(kind), []
    for size in sizes:
        name = next(letter for letter in source if letter not in taken)
        made.append(Index(name, size))
    return tuple(made)


def substitute(expr: sympy.Expr, mapping: Mapping[Index, sympy.Expr]) -> sympy.Expr:
    """Replace free indices, renaming bound ones where a replacement would be captured.

    This is the only substitution of indices in the project. All replacements happen at once, so two
    indices can be exchanged.

    >>> from symderive.core.nodes import IndexSum, Tensor
    >>> i, p = Index("i", 3), Index("p", 3)
    >>> W = Tensor("W", (3, 3))
    >>> substitute(IndexSum(W[i, p], p), {i: p})
    Sum[r](W[p, r])
    """
    mapping = {old: new for old, new in mapping.items() if old is not new and old != new}
    return _substitute(expr, mapping, _only_renames(expr, mapping)) if mapping else expr


def _only_renames(expr: sympy.Expr, mapping: Mapping[Index, sympy.Expr]) -> bool:
    """Whether a replacement gives free indices other names, so that no two of them become one."""
    new = set(mapping.values())
    if len(new) < len(mapping) or not all(isinstance(one, Index) for one in new):
        return False
    return new.isdisjoint(free_indices(expr) - mapping.keys())


def _substitute(expr: sympy.Expr, mapping: Mapping[Index, sympy.Expr], apart: bool = False) -> sympy.Expr:
    """Replace indices; `apart` says that it is known to give them other names, none of which occurs."""
    if isinstance(expr, Index):
        return mapping.get(expr, expr)
    if mapping.keys().isdisjoint(free_indices(expr)):
        return expr
    if isinstance(expr, Binder):
        relevant = free_indices(expr)
        inner = {old: new for old, new in mapping.items() if old in relevant}
        incoming: set[str] = set().union(*(index_names(new) for new in inner.values()))
        safe = rename_bound(expr, incoming)
        resized = {
            index: Index(index.name, _substitute(index.dim, inner, apart))
            for index in safe.indices
            if not index.within.isdisjoint(inner)
        }
        body = _substitute(safe.body, {**inner, **resized}, apart)
        return safe.func(body, *(resized.get(index, index) for index in safe.indices))
    if isinstance(expr, TensorNode):
        axes = tuple([_substitute(axis, mapping, apart) for axis in expr.axes])
        if isinstance(expr, Entry) and _is_outside(expr.tensor, axes):
            return sympy.S.Zero
        return expr.func(expr.tensor, *fitted(expr.tensor, axes))
    args = [_substitute(arg, mapping, apart) for arg in expr.args]
    return with_renamed_args(expr, args) if apart or _only_renames(expr, mapping) else remade(expr, args)


def _is_outside(tensor: Tensor, axes: tuple[sympy.Expr, ...]) -> bool:
    """Whether a computed position is surely outside of its axis."""
    for axis, size in zip(axes, tensor.shape, strict=True):
        if not isinstance(axis, Index) and axis.args and is_surely_outside(axis, size):
            return True
    return False


def rename_bound(expr: Binder, taken: Collection[str]) -> Binder:
    """`expr` with other names for those of its own bound indices whose names are in `taken`."""
    clashing = [index for index in expr.indices if index.name in taken]
    if not clashing:
        return expr
    avoid = index_names(expr).union(taken)
    names = {i: new.name for i, new in zip(clashing, fresh((i.dim for i in clashing), avoid), strict=True)}
    renamed = _renamed(expr.indices, [names.get(index, index.name) for index in expr.indices])
    made: Binder = expr.func(
        _substitute(expr.body, renamed, True), *(renamed.get(index, index) for index in expr.indices)
    )
    return made


def _renamed(indices: Sequence[Index], names: Iterable[str]) -> dict[Index, Index]:
    """The indices that are bound together by new names; an extent that depends on another one follows."""
    pairs = list(zip(indices, names, strict=True))
    if not any(index.within for index in indices):
        return {index: Index(name, index.dim) for index, name in pairs if name != index.name}
    made: dict[Index, Index] = {}
    for index, name in sorted(pairs, key=_depth):
        dim = substitute(index.dim, made) if index.within else index.dim
        if name != index.name or dim != index.dim:
            made[index] = Index(name, dim)
    return made


def _depth(pair: tuple[Index, str]) -> int:
    return len(pair[0].within)


def _extent_text(index: Index) -> str:
    """The extent as text, whatever the names of the indices are that it depends on."""
    if not index.within:
        return size_text(index.dim)
    return size_text(index.dim.xreplace({one: Index("·", one.dim) for one in index.within}))


def canonical(expr: sympy.Expr) -> sympy.Expr:
    """The representative of `expr` among all expressions that differ only in the names of bound indices.

    Bound indices become `p, q, r, …` from the outside in. Where several indices over the same extent are
    bound together, each is described by where it stands; only indices that stand in the same places are
    tried in different orders, and the order that gives the smallest expression is kept.

    >>> from symderive.core.nodes import IndexSum, Tensor
    >>> p, q = Index("p", 3), Index("q", 3)
    >>> A, x = Tensor("A", (3, 3)), Tensor("x", (3,))
    >>> canonical(IndexSum(A[p, q] * x[q], p, q)) == canonical(IndexSum(A[q, p] * x[p], p, q))
    True
    """
    return _canonical(expr, index_names_free(expr)) if has_kind(expr, Binder) else expr


def index_names_free(expr: sympy.Basic) -> frozenset[str]:
    """The names of the free indices of `expr`."""
    return frozenset(index.name for index in free_indices(expr))


@lru_cache(maxsize=100_000)
def _canonical(expr: sympy.Expr, taken: frozenset[str]) -> sympy.Expr:
    return _named(expr, {}, taken)


def _named(expr: sympy.Expr, names: Mapping[Index, sympy.Expr], taken: frozenset[str]) -> sympy.Expr:
    """The canonical expression in one pass from the outside in.

    Args:
        expr: what to rename.
        names: new names of the indices that are bound further out; they are all in `taken`.
        taken: names that a bound index must not have.
    """
    if not has_kind(expr, Binder):
        return _substitute(expr, names) if names else expr
    if isinstance(expr, SoftmaxEntry):  # the positions belong to the indices of the sum in their order
        moved = _substitute(expr, names) if names else expr
        total = _Search(moved.total, taken).form(moved.total.indices)
        return SoftmaxEntry(total, *(_named(position, {}, taken) for position in moved.positions))
    if not isinstance(expr, Binder):
        return with_args(expr, [_named(arg, names, taken) for arg in expr.args])
    extents = [_extent_text(index) for index in expr.indices]
    if len(set(extents)) < len(extents):
        search = _Search(_substitute(expr, names) if names else expr, taken)
        return search.smallest(dict(zip(search.expr.indices, extents, strict=True)))
    order = [index for _, index in sorted(zip(extents, expr.indices, strict=True), key=_first)]
    chosen = fresh((index.dim for index in order), taken)
    if any(index.within for index in order):
        return _named_together(expr, order, chosen, names, taken)
    renamed = {**names, **dict(zip(order, chosen, strict=True))}
    inner = {old: new for old, new in renamed.items() if old != new}
    body = _named(expr.body, inner, taken.union(index.name for index in chosen))
    return expr if body is expr.body and chosen == expr.indices else expr.func(body, *chosen)


def _named_together(
    expr: Binder,
    order: Sequence[Index],
    chosen: Sequence[Index],
    names: Mapping[Index, sympy.Expr],
    taken: frozenset[str],
) -> sympy.Expr:
    """As `_named`, where extents of the bound indices depend on indices."""
    moved = _substitute(expr, names) if names else expr
    resized = dict(zip(expr.indices, moved.indices, strict=True))
    order = [resized[index] for index in order]
    renamed = _renamed(order, [index.name for index in chosen])
    body = _named(moved.body, renamed, taken.union(index.name for index in chosen))
    return moved.func(body, *(renamed.get(index, index) for index in order))


def _first(pair: tuple[str, Index]) -> str:
    return pair[0]


class _Search:
    """The search for the smallest order of indices that are bound together.

    A colour of an index is a text that does not depend on names. Indices of different colours are ordered
    by it; of indices with one colour, each in turn is told apart from the others, and the colours are
    refined. Two indices that lead to the same expression are exchangeable, so that only one of them is
    followed: the effort is polynomial in the cases that occur (products of equal factors, traces of powers).
    """

    LIMIT = 500  # orders; past it the result is still a correct renaming, but may not be the smallest one

    def __init__(self, expr: Binder, taken: frozenset[str]) -> None:
        self.expr, self.taken, self.left = expr, taken, self.LIMIT

    def form(self, order: tuple[Index, ...]) -> sympy.Expr:
        """The expression with its indices in this order, renamed."""
        self.left -= 1
        names = fresh((index.dim for index in order), self.taken)
        renamed = _renamed(order, [index.name for index in names])
        body = substitute(self.expr.body, renamed)
        inner = _canonical(body, self.taken | {name.name for name in names})
        return self.expr.func(inner, *(renamed.get(index, index) for index in order))

    def smallest(self, colours: dict[Index, str]) -> sympy.Expr:
        """The smallest expression among the orders that the colours allow."""
        colours = self.settled(colours)
        tied = self.tied(colours)
        if not tied:
            return self.form(tuple(sorted(colours, key=colours.__getitem__)))
        best: sympy.Expr | None = None
        seen: list[sympy.Expr] = []
        for index in tied:
            told_apart = {**colours, index: colours[index] + "!"}
            first = self.leftmost(told_apart)
            if first in seen:
                continue
            seen.append(first)
            candidate = self.smallest(told_apart) if self.left > 0 else first
            if best is None or candidate.compare(best) < 0:
                best = candidate
        return self.form(tuple(colours)) if best is None else best

    def leftmost(self, colours: dict[Index, str]) -> sympy.Expr:
        """The expression that comes from always telling the first of the tied indices apart."""
        colours = self.settled(colours)
        while tied := self.tied(colours):
            colours = self.settled({**colours, tied[0]: colours[tied[0]] + "!"})
        return self.form(tuple(sorted(colours, key=colours.__getitem__)))

    def settled(self, colours: dict[Index, str]) -> dict[Index, str]:
        """Refined colours, where indices that can be exchanged one by one are told apart in any order."""
        colours = self.refined(colours)
        while (tied := self.tied(colours)) and all(self.exchangeable(tied[0], other) for other in tied[1:]):
            apart = {index: f"{colours[index]}!{place:04d}" for place, index in enumerate(tied)}
            colours = self.refined({**colours, **apart})
        return colours

    def exchangeable(self, one: Index, other: Index) -> bool:
        """Whether exchanging two indices leaves the body as it is."""
        return bool(substitute(self.expr.body, {one: other, other: one}) == self.expr.body)

    def tied(self, colours: dict[Index, str]) -> list[Index]:
        """The indices of the first colour that several have; empty if all differ."""
        groups: dict[str, list[Index]] = {}
        for index, colour in colours.items():
            groups.setdefault(colour, []).append(index)
        return next((group for _, group in sorted(groups.items(), key=_first_text) if len(group) > 1), [])

    def refined(self, colours: dict[Index, str]) -> dict[Index, str]:
        """Colours that also say where each index stands, relative to the colours of the others."""
        count = len(set(colours.values()))
        while count < len(colours):
            marks = {
                index: _digest(colours[index] + _colour(self.expr.body, {**colours, index: "@"}, 0))
                for index in colours
            }
            ranks = {
                pair: rank for rank, pair in enumerate(sorted({(colours[i], marks[i]) for i in colours}))
            }
            colours = {
                index: f"{colours[index]}.{ranks[colours[index], marks[index]]:04d}" for index in colours
            }
            if len(ranks) == count:
                break
            count = len(ranks)
        return colours


def _first_text(pair: tuple[str, list[Index]]) -> str:
    return pair[0]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _colour(expr: sympy.Basic, colours: Mapping[Index, str], depth: int) -> str:
    """A text that is the same for expressions which differ only by exchanging indices of one colour."""
    if isinstance(expr, Index):
        return colours.get(expr, f"{expr.name}:{expr.dim}")
    if not free_indices(expr).intersection(colours) and not depth:
        return str(canonical(expr))
    if isinstance(expr, Binder):
        inner = {index: f"#{depth}:{index.dim}" for index in expr.indices}
        body = _colour(expr.body, {**colours, **inner}, depth + 1)
        return f"{type(expr).__name__}({sorted(inner.values())},{body})"
    if not expr.args:
        return str(expr)
    parts = [_colour(arg, colours, depth) for arg in expr.args]
    if isinstance(expr, (sympy.Add, sympy.Mul, Delta)):
        parts.sort()
    return _digest(f"{type(expr).__name__}({','.join(parts)})")


def alpha_equivalent(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Whether two expressions are equal up to the names of bound indices."""
    return left == right or canonical(left) == canonical(right)


def same_extent(left: Index, right: Index) -> bool:
    """Whether two indices run over the same number of positions."""
    return same_size(left.dim, right.dim)
