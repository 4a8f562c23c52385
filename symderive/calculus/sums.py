"""The laws of sums and of Kronecker's delta."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import sympy

from symderive.calculus.brackets import (
    fixed_by,
    is_computed,
    over_ranges,
    rejoined,
    unmerged,
    without_implied,
)
from symderive.calculus.log_sums import log_sum_over, share_of, whole_share
from symderive.calculus.places import all_places
from symderive.core.identity import canonical, free_indices, index_names, rename_bound, substitute, with_args
from symderive.core.idle import without_idle
from symderive.core.kinds import has_kind
from symderive.core.nodes import Binder, Delta, Fold, Index, IndexSum
from symderive.core.positions import Inside
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.errors import SymderiveError


def sum_over(body: sympy.Expr, indices: Iterable[Index]) -> sympy.Expr:
    """`Σ_indices body`, simplified by seven laws.

    1. `Σ_p δ_pk f(p) = f(k)`, with a bracket `[0 ≤ k < n]` where k may lie outside the range of p.
    2. A factor without p stands outside: `Σ_p c f(p) = c Σ_p f(p)`.
    3. `Σ_p c = n c` for p over n positions.
    4. `Σ_p Σ_q = Σ_pq`.
    5. `Σ_p f(⌊p/m⌋, p mod m) = Σ_a Σ_b f(a, b)` for p over n m positions.
    6. `Σ_p [p ≥ 1] f(p) = Σ_p f(p + 1)`, the sum over one position less.
    7. `Σ_p s_p = 1` for the entries s of a softmax over p, and for the shares of the places of a maximum.

    A sum of terms is split only where that lets the first law apply.
    """
    return canonical(_summed(body, indices))


def _summed(body: sympy.Expr, indices: Iterable[Index]) -> sympy.Expr:
    """`sum_over` with any names of bound indices."""
    remaining = list(indices)
    if body == 0 or not remaining:
        return body
    if is_computed(body):
        body, remaining = unmerged(body, remaining)
    if _deltas(body, remaining):
        terms = _terms(body)
        if len(terms) > 1:
            return sympy.Add(*(_summed(term, remaining) for term in terms))
        body, remaining = _eliminate(terms[0], remaining)
        if body == 0 or not remaining:
            return body
    if is_computed(body):
        body, remaining = over_ranges(body, remaining)
        if not remaining:
            return body
    return _pull_out(body, remaining)


def _deltas(body: sympy.Expr, indices: list[Index]) -> bool:
    wanted = set(indices)
    return any(wanted & free_indices(delta) for delta in open_deltas(body))


@lru_cache(maxsize=50_000)
def open_deltas(expr: sympy.Basic) -> frozenset[sympy.Expr]:
    """The deltas of `expr` that are factors of it or of its terms, and the brackets over one index."""
    if not has_kind(expr, (Delta, Inside)):
        return frozenset()
    if isinstance(expr, Delta) or (isinstance(expr, Inside) and len(free_indices(expr)) == 1):
        return frozenset((expr,))
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return frozenset().union(*(open_deltas(arg) for arg in expr.args))
    return frozenset()


def _terms(body: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """Terms of `body`, multiplied out only as far as factors contain deltas."""
    if isinstance(body, sympy.Add):
        return tuple(term for arg in body.args for term in _terms(arg))
    if isinstance(body, sympy.Mul):
        for place, factor in enumerate(body.args):
            if isinstance(factor, sympy.Add) and open_deltas(factor):
                rest = body.args[:place] + body.args[place + 1 :]
                with_delta = [term for term in factor.args if open_deltas(term)]
                without = sympy.Add(*(term for term in factor.args if not open_deltas(term)))
                parts = [*with_delta, *([without] if without != 0 else [])]
                return tuple(term for part in parts for term in _terms(sympy.Mul(part, *rest)))
    return (body,)


def _eliminate(term: sympy.Expr, indices: list[Index]) -> tuple[sympy.Expr, list[Index]]:
    """The term after the first law has been applied as often as it can be, and the indices that remain."""
    factors, found = list(sympy.Mul.make_args(term)), True
    while found:
        found = False
        factors = rejoined(factors)
        free = _independent(indices)
        picks = (_replaced, _replaced_within) if free == indices else (_replaced,)
        for pick in picks:
            for place, factor in enumerate(factors):
                picked = pick(factor, free)
                if picked is not None:
                    old, new, further = picked
                    others = [*factors[:place], *factors[place + 1 :], *further]
                    factors = [substitute(f, {old: new}) if old in free_indices(f) else f for f in others]
                    if any(factor == 0 for factor in factors):
                        return sympy.S.Zero, []
                    indices = [index for index in indices if index != old]
                    found = True
                    break
            if found:
                break
    return without_implied(sympy.Mul(*factors)), indices


Picked = tuple[Index, sympy.Expr, tuple[sympy.Expr, ...]]


def _independent(indices: list[Index]) -> list[Index]:
    """The indices whose extent depends on no index and on which no other extent depends."""
    outer = frozenset().union(*(index.within for index in indices))
    return [index for index in indices if not index.within and index not in outer]


def _replaced(factor: sympy.Expr, indices: list[Index]) -> Picked | None:
    """The summed index that a delta fixes, and the position it fixes it to."""
    if isinstance(factor, Delta):
        for here, there in (factor.args, factor.args[::-1]):
            if isinstance(here, Index) and here in indices and _within(there, here):
                return here, there, ()
    return None


def _replaced_within(factor: sympy.Expr, indices: list[Index]) -> Picked | None:
    """The same for a delta at a computed position, with brackets that say when it is one of the index's."""
    if not isinstance(factor, Delta):
        return None
    fixed = [one for index in indices if (one := fixed_by(factor, index)) is not None]
    return min(fixed, key=lambda one: _cost(one[2]), default=None)


def _cost(further: tuple[sympy.Expr, ...]) -> tuple[bool, int]:
    """First what leaves nothing, then what leaves a bracket or a simpler delta, then divisibility."""
    return any(isinstance(one, Delta) and 0 in one.args for one in further), len(further)


def _within(position: sympy.Expr, index: Index) -> bool:
    """Whether `position` is surely one of the positions that `index` runs over."""
    if isinstance(position, Index):
        return bool(position.dim == index.dim or sympy.expand(position.dim - index.dim) == 0)
    return bool(position.is_nonnegative and (index.dim - 1 - position).is_nonnegative)


def _pull_out(body: sympy.Expr, indices: list[Index]) -> sympy.Expr:
    if isinstance(body, IndexSum):
        merged = _merge(body, indices)
        body, indices = merged.body, list(merged.indices)
    for index in sorted(indices, key=lambda one: -len(one.within)):
        if index.within and index not in free_indices(body):
            body, indices = body * index.dim, [one for one in indices if one != index]
    wanted = set(indices)
    inside: list[sympy.Expr] = []
    outside: list[sympy.Expr] = []
    for factor in sympy.Mul.make_args(body):
        (inside if wanted & free_indices(factor) else outside).append(factor)
    every = len(inside)
    inside, summed = _without_whole_shares(inside, indices)
    core = body if len(inside) == every and not outside else sympy.Mul(*inside)
    needed = free_indices(core).union(*(index.within for index in indices))
    used = [index for index in indices if index in needed]
    outside.extend(index.dim for index in indices if index not in used and index not in summed)
    total = core if not used else _merge(core, used) if isinstance(core, IndexSum) else IndexSum(core, *used)
    return sympy.Mul(*outside, total) if outside else total


def _without_whole_shares(
    factors: list[sympy.Expr], indices: list[Index]
) -> tuple[list[sympy.Expr], set[sympy.Basic]]:
    """The factors left when each softmax that is summed over all its positions is 1, and those positions."""
    kept, summed = list(factors), set[sympy.Basic]()
    for factor in factors:
        others = [other for other in kept if other is not factor]
        if whole_share(factor, others, indices):
            kept = others
            summed.update(factor.args[1:])
            continue
        places = all_places(factor, others, indices)
        if places:
            kept = others
            summed.update(places)
    return kept, summed


def _merge(inner: IndexSum, indices: list[Index]) -> IndexSum:
    apart = rename_bound(inner, {index.name for index in indices})
    return IndexSum(apart.body, *indices, *apart.indices)


def rebuild(expr: sympy.Expr) -> sympy.Expr:
    """Apply the laws of sums everywhere in `expr`, from the inside out."""
    made = canonical(_rebuilt(expr))
    # Sums that are equal up to names have met by now, and may have cancelled inside another sum.
    return canonical(_rebuilt(made)) if _has_idle_sum(made) else made


@lru_cache(maxsize=100_000)
def _has_idle_sum(expr: sympy.Basic) -> bool:
    """Whether there is a sum over an index that its body does not contain."""
    if not has_binder(expr):
        return False
    if isinstance(expr, IndexSum) and not free_indices(expr.body).issuperset(expr.indices):
        return True
    return any(_has_idle_sum(arg) for arg in expr.args)


def _rebuilt(expr: sympy.Expr) -> sympy.Expr:
    if not expr.args or not has_binder(expr):
        return expr
    if isinstance(expr, IndexSum):
        return _summed(_rebuilt(expr.body), expr.indices)
    if isinstance(expr, Fold):
        return without_idle(expr.func(_rebuilt(expr.body), *expr.indices))
    if isinstance(expr, IndexLogSum):
        return log_sum_over(_rebuilt(expr.body), expr.indices)
    if isinstance(expr, SoftmaxEntry):
        return share_of(_rebuilt(expr.total.body), expr.total.indices, expr.positions)
    if isinstance(expr, Binder):
        raise SymderiveError(f"simplifying: no law is known for {type(expr).__name__}.")
    return with_args(expr, [_rebuilt(arg) for arg in expr.args])


def has_binder(expr: sympy.Basic) -> bool:
    """Whether a sum or maximum over an index occurs in `expr`."""
    return has_kind(expr, Binder)


def in_one_sum(expr: sympy.Expr) -> sympy.Expr:
    """Every term of a sum as one product under one Σ: `Σ_pr X_ip P_pr X_jr` for `Σ_p X_ip Σ_r P_pr X_jr`."""
    if isinstance(expr, sympy.Add):
        return sympy.Add(*map(in_one_sum, expr.args))
    factors, indices = [], list[Index]()
    for factor in sympy.Mul.make_args(expr):
        if isinstance(factor, IndexSum):
            inner = rename_bound(factor, index_names(expr) | {index.name for index in indices})
            body = in_one_sum(inner.body)
            indices += inner.indices
            if isinstance(body, IndexSum):
                body = rename_bound(body, index_names(expr) | {index.name for index in indices})
                indices += body.indices
                body = body.body
            factor = body
        factors.append(factor)
    product = sympy.Mul(*factors)
    return IndexSum(product, *indices) if indices else product
