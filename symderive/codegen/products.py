"""An expression as a sum of products under signs Σ, opened only where that takes a sum or an axis away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sympy

from symderive.codegen.expanded import same_as
from symderive.core.identity import free_indices, rename_bound, substitute, tensors_of
from symderive.core.nodes import Delta, Index, IndexSum
from symderive.core.positions import Inside

MOST_TERMS = 24
Labels = frozenset[Index]


class TooLongError(Exception):
    """The sum of products has more terms than a person would write."""


@dataclass(frozen=True)
class Term:
    """A product, summed over some indices.

    Attributes:
        coefficient: numbers and sizes.
        factors: with entries or labels.
        deltas: Kronecker's deltas between free indices, or of one with a position.
        summed: the indices of the sum.
    """

    coefficient: sympy.Expr = sympy.S.One
    factors: tuple[sympy.Expr, ...] = ()
    deltas: tuple[Delta, ...] = ()
    summed: tuple[Index, ...] = ()

    def times(self, other: Term) -> Term:
        """The product with a term that has other bound indices."""
        return Term(
            self.coefficient * other.coefficient, self.factors + other.factors,
            self.deltas + other.deltas, self.summed + other.summed,
        )  # fmt: skip

    @property
    def body(self) -> sympy.Expr:
        """The factors, under the sign Σ."""
        product = sympy.Mul(*self.factors)
        return IndexSum(product, *self.summed) if self.summed else product


def terms_of(expr: sympy.Expr, labels: Iterable[Index]) -> list[Term]:
    """The terms of an expression with free labels.

    Raises:
        TooLongError: there are too many of them.
    """
    taken = {label.name for label in labels}
    return [_settled(term) for term in _terms(expr, taken)]


def _terms(expr: sympy.Expr, taken: set[str]) -> list[Term]:
    if isinstance(expr, sympy.Add):
        return _few([term for arg in expr.args for term in _terms(arg, taken)])
    if isinstance(expr, sympy.Mul):
        made = [Term()]
        for factor in expr.args:
            parts = _terms(factor, taken) if is_open(factor) else [_single(factor)]
            made = _few([one.times(other) for one in made for other in parts])
        return made
    if isinstance(expr, IndexSum):
        safe = rename_bound(expr, taken)
        taken |= {index.name for index in safe.indices}
        return [_summed(term, safe.indices) for term in _terms(safe.body, taken)]
    return [_single(expr)]


def _few(terms: list[Term]) -> list[Term]:
    if len(terms) > MOST_TERMS:
        raise TooLongError
    return terms


def _single(factor: sympy.Expr) -> Term:
    if isinstance(factor, Delta):
        return Term(deltas=(factor,))
    if not free_indices(factor) and not tensors_of(factor):
        return Term(coefficient=factor)
    return Term(factors=(factor,))


def _summed(term: Term, indices: Iterable[Index]) -> Term:
    inside = free_indices(sympy.Mul(*term.factors, *term.deltas))
    inner = tuple(index for index in indices if index in inside)
    extent = sympy.Mul(*(index.dim for index in indices if index not in inside))
    return replace(term, coefficient=term.coefficient * extent, summed=term.summed + inner)


def _settled(term: Term) -> Term:
    """The term without deltas over indices that are summed: Σ_j δ_ij f_j = f_i."""
    for delta in term.deltas:
        for old, new in (delta.args, delta.args[::-1]):
            if old in term.summed and isinstance(new, Index) and new.dim == old.dim:
                deltas = [one for one in term.deltas if one is not delta]
                moved = [substitute(one, {old: new}) for one in (*term.factors, *deltas)]
                summed = tuple(index for index in term.summed if index != old)
                rest = Term(term.coefficient, summed=summed)
                for one in moved:
                    rest = rest.times(_single(one))
                return _settled(rest)
    return _summed(replace(term, summed=()), term.summed)


def is_open(factor: sympy.Expr) -> bool:
    """Whether a factor of a product is to be multiplied out."""
    if isinstance(factor, sympy.Add):
        return not _is_compact(factor)
    if isinstance(factor, IndexSum):
        parts = [part for one in sympy.Add.make_args(factor.body) for part in sympy.Mul.make_args(one)]
        axes = len(free_indices(factor))
        grows = axes > 2 and axes > max(len(free_indices(part)) for part in parts)
        return grows or _has_delta(factor.body) or any(map(is_open, parts)) or is_open(factor.body)
    return False


def _has_delta(expr: sympy.Expr) -> bool:
    """Whether a delta is a factor somewhere in an expression."""
    if isinstance(expr, Delta):
        return True
    inside = isinstance(expr, (sympy.Add, sympy.Mul, IndexSum))
    return inside and any(_has_delta(arg) for arg in expr.args)


def _is_compact(total: sympy.Add) -> bool:
    """Whether a sum has the axes of one of its parts, so that it is computed as it stands."""
    if _has_delta(total):
        return False
    whole = free_indices(total)
    parts = [factor for term in total.args for factor in sympy.Mul.make_args(term)]
    return any(free_indices(part) == whole for part in parts) and not any(map(is_open, parts))


def has_places(expr: sympy.Expr) -> bool:
    """Whether brackets `[0 ≤ i < n]` occur, whose factors must not be moved apart."""
    return bool(expr.has(Inside))


def gathered(terms: list[Term]) -> list[Term]:
    """The terms with those joined that differ in one factor only, where the joint factor is no larger.

    `Σ_p K_p P_ip g_ip − Σ_p K_p P_ip s_i` is one sum with the factor `g_ip − s_i`.
    """
    found = list(terms)
    known = [factor for term in terms for factor in term.factors]
    first_joint: tuple[int, int, Term] | None = None
    for first, one in enumerate(found):
        for second in range(first + 1, len(found)):
            joint = _joint(one, found[second])
            if joint is None:
                continue
            same = same_as(joint.factors[-1], known)
            if same is not None:
                joint = replace(joint, factors=(*joint.factors[:-1], same))
            if first_joint is None or same is not None:
                first_joint = first, second, joint
            if same is not None:
                return gathered(_with_joint(found, first_joint))
    return gathered(_with_joint(found, first_joint)) if first_joint is not None else found


def _with_joint(terms: list[Term], joined: tuple[int, int, Term]) -> list[Term]:
    """The terms with one in place of two."""
    first, second, joint = joined
    rest = [term for place, term in enumerate(terms) if place not in (first, second)]
    return [*rest[:first], joint, *rest[first:]]


def _joint(one: Term, other: Term) -> Term | None:
    if one.deltas != other.deltas or not _same_extents(one.summed, other.summed):
        return None
    for named in _renamings(other, one.summed):
        left = list(one.factors)
        common: list[sympy.Expr] = []
        right: list[sympy.Expr] = []
        for factor in named.factors:
            if factor in left:
                left.remove(factor)
                common.append(factor)
            else:
                right.append(factor)
        if not common:
            continue
        ratio = named.coefficient / one.coefficient
        if not ratio.is_number:
            continue
        total = sympy.Mul(*left) + ratio * sympy.Mul(*right)
        if total == 0 or not _fits(total, [*common, *left, *right]):
            continue
        return Term(one.coefficient, (*common, total), one.deltas, one.summed)
    return None


def _fits(total: sympy.Expr, parts: list[sympy.Expr]) -> bool:
    """Whether a joint factor has no more axes than a factor that is there anyway."""
    whole = free_indices(total)
    return any(whole <= free_indices(part) for part in parts)


def _same_extents(left: tuple[Index, ...], right: tuple[Index, ...]) -> bool:
    return sorted(str(one.dim) for one in left) == sorted(str(one.dim) for one in right)


def _renamings(term: Term, names: tuple[Index, ...]) -> list[Term]:
    """The term with its bound indices called by `names`, for one or two of them in every order."""
    if not names:
        return [term]
    orders = [names, names[::-1]] if len(names) == 2 else [names]
    found = []
    for order in orders:
        if all(old.dim == new.dim for old, new in zip(term.summed, order, strict=True)):
            mapping = dict(zip(term.summed, order, strict=True))
            found.append(
                replace(term, factors=tuple(substitute(one, mapping) for one in term.factors), summed=names)
            )
    return found
