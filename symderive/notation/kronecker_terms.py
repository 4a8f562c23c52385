"""Terms of an equation with three or four free indices, taken apart into matrices of pairs of them.

The indices stand on two sides: rows (i, j) and columns (k, l), of which j or l may be absent. A term is

- straight, `A_jl B_ik`, which is `A ⊗ B`;
- crossed, `A_il B_jk`, which is `K (A ⊗ B)` with the commutation matrix K;
- outer, `A_ij B_kl`, which is `vec(A) vec(B)ᵀ`;
- composed, `Σ_pr L_ijpr D_pr R_prkl`, which is `L diag(vec D) R`.

Beside a straight or crossed term, a factor of i and j alone is a diagonal matrix in front of it, one of k and
l alone a diagonal matrix behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import sympy

from symderive.core.identity import BOUND_LETTERS, canonical, free_indices, fresh, index_names, substitute
from symderive.core.kinds import has_kind
from symderive.core.nodes import Delta, Index, IndexSum
from symderive.notation.labelled import NoMatrixNotationError
from symderive.notation.multiplying_out import multiplied_out
from symderive.notation.separate import separate

Pair = tuple[Index, Index]
_ONE = sympy.S.One
_MIDDLE = ("α", "β")  # the indices between the parts of a composed term; they are never printed
MOST_TERMS = 12


@dataclass(frozen=True)
class Sides:
    """The free indices; an absent second one of a side has the extent 1.

    Attributes:
        rows: i and j.
        columns: k and l.
        has_matrix_k: whether an array is called K.
    """

    rows: Pair
    columns: Pair
    has_matrix_k: bool = False

    def pairs(self, kind: str) -> tuple[Pair, Pair]:
        """The indices of the two matrices of a straight or crossed term."""
        first, second = zip(self.rows, self.columns, strict=True)
        if kind == "straight":
            return second, first
        return (first[0], second[1]), (second[0], first[1])


@dataclass(frozen=True)
class Term:
    """A straight, crossed or outer term.

    Attributes:
        kind: `straight`, `crossed` or `outer`.
        front: what depends on the rows alone.
        left: the first matrix of the product; 1 for an outer term.
        right: the second.
        behind: what depends on the columns alone.
        scale: numbers and scalars.
    """

    kind: str
    sides: Sides
    front: sympy.Expr = _ONE
    left: sympy.Expr = _ONE
    right: sympy.Expr = _ONE
    behind: sympy.Expr = _ONE
    scale: sympy.Expr = _ONE


@dataclass(frozen=True)
class Composed:
    """`first · diag(vec middle) · second`; `sides` are those of the whole."""

    first: Term
    middle: sympy.Expr
    second: Term
    scale: sympy.Expr = _ONE


AnyTerm = Term | Composed


def terms_of(expr: sympy.Expr, sides: Sides) -> list[AnyTerm]:
    """The terms of an expression.

    Raises:
        NoMatrixNotationError: a term has no such form, or there are many.
    """
    found: list[AnyTerm] = []
    for term in sympy.Add.make_args(expr):
        made = _taken_apart(term, sides)
        found += [made] if made is not None else _opened(term, sides)
    joined = _joined(found)
    if len(joined) > MOST_TERMS:
        raise NoMatrixNotationError
    return joined


def _opened(term: sympy.Expr, sides: Sides) -> list[AnyTerm]:
    """The terms of a product that is multiplied out; sums that are matrices stay whole where they can."""
    for whole in (_is_matrix, _is_nothing):
        try:
            parts = sympy.Add.make_args(multiplied_out(term, whole=whole))
        except NoMatrixNotationError:
            continue
        made = [_taken_apart(one, sides) for one in parts]
        if None not in made:
            return [one for one in made if one is not None]
    raise NoMatrixNotationError


def _is_matrix(expr: sympy.Expr) -> bool:
    """Whether a sum has two indices at most, and says of none that they are equal."""
    return len(free_indices(expr)) <= 2 and not has_kind(expr, Delta)


def _is_nothing(expr: sympy.Expr) -> bool:
    return False


def _taken_apart(term: sympy.Expr, sides: Sides) -> AnyTerm | None:
    return _fitted(_groups(term), sides) or _composed(term, sides)


def _groups(term: sympy.Expr) -> list[sympy.Expr]:
    """The factors of a term; a sum that is a product of sums counts as several."""
    found: list[sympy.Expr] = []
    for factor in sympy.Mul.make_args(term):
        sums = isinstance(factor, IndexSum)
        found += _apart(sympy.Mul.make_args(factor.body), factor.indices) if sums else [factor]
    return found


def _apart(factors: Sequence[sympy.Expr], bound: Sequence[Index]) -> list[sympy.Expr]:
    """A product that is summed over `bound`, as the factors and sums whose product it is."""
    groups = separate(factors, bound)
    used = frozenset().union(*(own for own, _ in groups))
    extents = [index.dim for index in bound if index not in used]
    return extents + [
        IndexSum(sympy.Mul(*members), *(index for index in bound if index in own))
        if own
        else sympy.Mul(*members)
        for own, members in groups
    ]


def _fitted(factors: Sequence[sympy.Expr], sides: Sides) -> Term | None:
    """The factors in the slots of one kind of term; None where none has a place for each."""
    deltas = [one for one in factors if isinstance(one, Delta)]
    for kind in _kinds(factors, sides):
        slots: dict[str, sympy.Expr] = {}
        for factor in factors:
            placed = _placed(factor, deltas, kind, sides)
            if placed is None:
                break
            slot, written = placed
            slots[slot] = slots.get(slot, _ONE) * written
        else:
            return Term(kind, sides, **slots)
    return None


def _kinds(factors: Sequence[sympy.Expr], sides: Sides) -> tuple[str, ...]:
    """The kinds to try; `a_i a_k b_j b_l` is straight, `bbᵀ ⊗ aaᵀ`, and only a number is outer at once."""
    used = [free_indices(factor) for factor in factors if free_indices(factor)]
    whole = any(len(one) > 1 and (one <= set(sides.rows) or one <= set(sides.columns)) for one in used)
    return ("outer", "straight", "crossed") if whole or not used else ("straight", "crossed", "outer")


def _placed(
    factor: sympy.Expr, deltas: Sequence[sympy.Expr], kind: str, sides: Sides
) -> tuple[str, sympy.Expr] | None:
    """The slot of a factor, written with other indices where a delta says that they are equal."""
    if not free_indices(factor):
        return "scale", factor
    for written in _versions(factor, deltas):
        slot = _slot(free_indices(written), kind, sides)
        if slot is not None:
            return slot, written
    return None


def _versions(factor: sympy.Expr, deltas: Sequence[sympy.Expr]) -> Iterator[sympy.Expr]:
    yield factor
    if isinstance(factor, Delta):
        return
    for delta in deltas:
        one, other = delta.args
        if isinstance(one, Index) and isinstance(other, Index):
            for old, new in ((one, other), (other, one)):
                if old in free_indices(factor):
                    yield substitute(factor, {old: new})


def _slot(used: frozenset[Index], kind: str, sides: Sides) -> str | None:
    places: tuple[tuple[str, Pair], ...]
    if kind == "outer":
        places = (("front", sides.rows), ("behind", sides.columns))
        return next((slot for slot, pair in places if used <= set(pair)), None)
    left, right = sides.pairs(kind)
    places = (("left", left), ("right", right), ("front", sides.rows), ("behind", sides.columns))
    return next((slot for slot, pair in places if used <= set(pair)), None)


def _composed(term: sympy.Expr, sides: Sides) -> Composed | None:
    """A term whose two sides meet in two indices, with a factor of both of them."""
    plain, bound = _flat(term)
    found: list[Composed] = []
    for factor in plain:
        used = sorted(free_indices(factor), key=lambda index: index.name)
        if isinstance(factor, Delta) or len(used) != 2 or not _is_middle(set(used), bound, sides):
            continue
        for pair in permutations(used):
            made = _around(plain, bound, (pair[0], pair[1]), sides)
            if made is not None:
                found.append(made)
    return min(found, key=_swaps, default=None)


def _swaps(term: Composed) -> int:
    """How many commutation matrices a composed term needs."""
    return (term.first.kind == "crossed") + (term.second.kind == "crossed")


def _is_middle(used: set[Index], bound: Sequence[Index], sides: Sides) -> bool:
    """Whether a factor of two indices may stand in the middle: one is bound, or there is one of each side."""
    return bool(used & set(bound)) or bool(used & set(sides.rows) and used & set(sides.columns))


def _flat(term: sympy.Expr) -> tuple[list[sympy.Expr], list[Index]]:
    """The factors of a term without the signs Σ around them, and the indices that these bound."""
    plain: list[sympy.Expr] = []
    bound: list[Index] = []
    taken = set(index_names(term))
    for factor in sympy.Mul.make_args(term):
        if not isinstance(factor, IndexSum):
            plain.append(factor)
            continue
        new = fresh((index.dim for index in factor.indices), taken, BOUND_LETTERS)
        taken.update(index.name for index in new)
        bound += new
        body = substitute(factor.body, dict(zip(factor.indices, new, strict=True)))
        plain += sympy.Mul.make_args(body)
    return plain, bound


def _around(plain: list[sympy.Expr], bound: list[Index], pair: Pair, sides: Sides) -> Composed | None:
    """The term with the indices of `pair` between its sides."""
    split = _middle_indices(plain, bound, pair, sides)
    if split is None:
        return None
    factors, waiting, middle = split
    parts: dict[str, list[sympy.Expr]] = {"first": [], "second": [], "middle": [], "scale": []}
    for one in _apart(factors, waiting):
        used = free_indices(one)
        place = _side(used, sides)
        if place is None:
            return None
        parts["scale" if not used else place].append(one)
    first = _fitted(parts["first"], Sides(sides.rows, middle))
    second = _fitted(parts["second"], Sides(middle, sides.columns))
    inner = sympy.Mul(*parts["middle"])
    whole = free_indices(inner) == set(middle)
    if first is None or second is None or not whole or "outer" in (first.kind, second.kind):
        return None
    return Composed(first, inner, second, sympy.Mul(*parts["scale"]))


def _side(used: frozenset[Index], sides: Sides) -> str | None:
    above, below = used & set(sides.rows), used & set(sides.columns)
    if above and below:
        return None
    return "first" if above else "second" if below else "middle"


def _middle_indices(
    plain: list[sympy.Expr], bound: list[Index], pair: Pair, sides: Sides
) -> tuple[list[sympy.Expr], list[Index], Pair] | None:
    """The factors with both indices of a pair bound: `δ_jl D_pj B_l` as `Σ_r δ_jr D_pr δ_rl B_l`.

    Without such a delta `D_pj B_lj` is `Σ_r δ_jr D_pr B_lr`.
    """
    middle = (Index(_MIDDLE[0], pair[0].dim), Index(_MIDDLE[1], pair[1].dim))
    factors, waiting = list(plain), [index for index in bound if index not in pair]
    for index, new in zip(pair, middle, strict=True):
        if index in bound:
            factors = [substitute(one, {index: new}) for one in factors]
            continue
        delta = next((one for one in factors if isinstance(one, Delta) and index in one.args), None)
        if delta is None and not set(pair) & set(bound):
            factors = _crossing(factors, index, new, sides)
            continue
        ends = {index} if delta is None else set(delta.args)
        row, column = ends & set(sides.rows), ends & set(sides.columns)
        if len(row) != 1 or len(column) != 1:
            return None
        factors = [
            substitute(one, {index: new}) if _is_between(one, index, pair) else one
            for one in factors
            if one is not delta
        ]
        factors += [Delta(row.pop(), new), Delta(new, column.pop())]
    return factors, waiting, middle


def _crossing(factors: list[sympy.Expr], index: Index, new: Index, sides: Sides) -> list[sympy.Expr]:
    """The factors with `new` for an index of one side in all that does not belong to that side alone."""
    own = set(sides.rows if index in sides.rows else sides.columns)
    written = [one if free_indices(one) <= own else substitute(one, {index: new}) for one in factors]
    return [*written, Delta(index, new)]


def _is_between(factor: sympy.Expr, index: Index, pair: Pair) -> bool:
    """Whether a factor of a free index belongs to the diagonal matrix in the middle."""
    used = free_indices(factor)
    return index in used and (used <= set(pair) or any(one.name in _MIDDLE for one in used))


def _joined(terms: list[AnyTerm]) -> list[AnyTerm]:
    """Terms that differ in one factor as one: `A ⊗ B + A ⊗ C = A ⊗ (B + C)`."""
    found = list(terms)
    for slot in ("left", "right", "front", "behind", "middle"):
        groups: dict[object, list[AnyTerm]] = {}
        for place, term in enumerate(found):
            groups.setdefault(_without(term, slot) or place, []).append(term)
        found = [_sum_in(slot, members) for members in groups.values()]
    return found


def _without(term: AnyTerm, slot: str) -> object:
    """What two terms must have in common to be joined in a slot; None where the term has no such slot."""
    if isinstance(term, Composed):
        return (_canonical(term.first), _canonical(term.second)) if slot == "middle" else None
    outer = term.kind == "outer"
    if slot == "middle" or (outer and slot in ("left", "right")):
        return None
    if not outer and slot in ("front", "behind") and getattr(term, slot) == 1:
        return None  # no diagonal matrix
    return replace(_canonical(term), **{slot: _ONE, "scale": _ONE})


def _canonical(term: Term) -> Term:
    names = ("left", "right", "front", "behind")
    return replace(term, **{name: canonical(getattr(term, name)) for name in names})


def _sum_in(slot: str, members: list[AnyTerm]) -> AnyTerm:
    if len(members) == 1:
        return members[0]
    total = sympy.Add(*(getattr(one, slot) * one.scale for one in members))
    return replace(members[0], **{slot: total, "scale": _ONE})
