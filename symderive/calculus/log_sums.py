"""The laws of log-sum-exp and softmax."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from symderive.core.identity import canonical, free_indices, index_names, rename_bound, substitute
from symderive.core.nodes import Entry, Index, IndexSum
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry, split_exponential


def log_sum_over(body: sympy.Expr, indices: Sequence[Index]) -> sympy.Expr:
    """`log Σ_indices body`, simplified by three laws.

    1. `log Σ_p exp(f_p + c) = c + log Σ_p exp(f_p)` for c without p.
    2. `log Σ_p c f_p = log c + log Σ_p f_p` for positive c without p.
    3. `log Σ_p c = log n + log c` for p over n positions.
    4. `log Σ_p exp(log Σ_q f_pq) = log Σ_pq f_pq`.
    """
    body, indices = _merged(body, tuple(indices))
    number, shift, core = _reduced(body, indices)
    used = [index for index in indices if index in free_indices(core)]
    extent = sympy.Mul(*(index.dim for index in indices if index not in used))
    outside = shift + sympy.expand_log(sympy.log(number)) + sympy.log(extent)
    if not used:
        weight, exponent = split_exponential(core)
        return outside + sympy.log(weight) + exponent
    if split_exponential(core)[1] == 0:  # nothing is raised any more
        return outside + sympy.log(canonical(IndexSum(core, *used)))
    return outside + canonical(IndexLogSum(core, *used))


def _merged(body: sympy.Expr, indices: tuple[Index, ...]) -> tuple[sympy.Expr, tuple[Index, ...]]:
    """The summand and indices with a sum that is raised again put beside the outer one."""
    weight, exponent = split_exponential(body)
    for term in sympy.Add.make_args(exponent):
        if isinstance(term, IndexLogSum) and free_indices(term).intersection(indices):
            taken = index_names(weight) | index_names(exponent) | {index.name for index in indices}
            inner = rename_bound(term, taken)
            merged = weight * inner.body * sympy.exp(exponent - term)
            return _merged(merged, (*indices, *inner.indices))
    return body, indices


def share_of(body: sympy.Expr, indices: Sequence[Index], positions: Sequence[sympy.Expr]) -> sympy.Expr:
    """The share of one term in `Σ_indices body`; what all terms have in common cancels."""
    _, _, core = _reduced(body, indices)
    used = [place for place, index in enumerate(indices) if index in free_indices(core)]
    if len(used) == len(indices) and isinstance(core, sympy.exp):
        return canonical(SoftmaxEntry(IndexLogSum(core, *indices), *positions))
    extent = sympy.Mul(*(index.dim for place, index in enumerate(indices) if place not in used))
    if not used:
        return 1 / extent
    kept, at = [indices[place] for place in used], [positions[place] for place in used]
    if split_exponential(core)[1] == 0:
        above = substitute(core, dict(zip(kept, at, strict=True)))
        return above / canonical(IndexSum(core, *kept)) / extent
    made: sympy.Expr = canonical(SoftmaxEntry(IndexLogSum(core, *kept), *at)) / extent
    return made


def _reduced(body: sympy.Expr, indices: Sequence[Index]) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """A positive factor, a common exponent, and the rest of a summand: `body = factor exp(shift) rest`."""
    bound = set(indices)
    weight, exponent = split_exponential(body)
    if weight is sympy.S.One and isinstance(exponent, Entry) and bound & free_indices(exponent):
        return sympy.S.One, sympy.S.Zero, body
    factors = sympy.Mul.make_args(weight)
    common = [one for one in factors if one.is_positive and not bound & free_indices(one)]
    number = sympy.Mul(*common)
    loose = sympy.Mul(*(one for one in factors if one not in common))
    terms = [part for term in sympy.Add.make_args(exponent) for part in _opened(term, bound)]
    shift = sympy.Add(*(term for term in terms if not bound & free_indices(term)))
    if shift == 0:
        return number, shift, loose * sympy.exp(exponent)
    rest = sympy.Add(*(term for term in terms if bound & free_indices(term)))
    return number, shift, loose * sympy.exp(rest)


def _opened(term: sympy.Expr, bound: set[Index]) -> tuple[sympy.Expr, ...]:
    """`c (f_p − g)` as `c f_p − c g`, where g does not depend on the bound indices."""
    factors = sympy.Mul.make_args(term)
    sums = [factor for factor in factors if isinstance(factor, sympy.Add)]
    others = sympy.Mul(*(factor for factor in factors if not isinstance(factor, sympy.Add)))
    if len(sums) != 1 or bound & free_indices(others):
        return (term,)
    if all(bound & free_indices(part) for part in sums[0].args):
        return (term,)
    return tuple(others * part for part in sums[0].args)


def whole_share(factor: sympy.Expr, others: Sequence[sympy.Expr], indices: Sequence[Index]) -> bool:
    """Whether summing `factor · others` over the positions of a softmax gives its total, 1."""
    if not isinstance(factor, SoftmaxEntry):
        return False
    at = factor.positions
    summed = all(position in indices for position in at)
    if not factor.runs_freely or not summed or free_indices(factor.total) & set(at):
        return False
    return not any(free_indices(other) & set(at) for other in others)
