"""Common factors of sums taken out, as a person does: `Ax + Aᵀx` as `(A + Aᵀ)x`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import sympy

from symderive.notation.arithmetic import ONE, plus, split, times
from symderive.notation.components import rebuilt
from symderive.notation.forms import Chain, Determinant, Diag, Form, Outer, Plus, Trace
from symderive.notation.matrix_products import chain, transposed, transposes

Factors = tuple[Form, ...]
Term = tuple[sympy.Expr, tuple[Form, ...], Factors, int]  # coefficient, scalars, factors, place of a row


@lru_cache(maxsize=20_000)
def factored(form: Form) -> Form:
    """The form with the common factors of its sums of products in front or behind.

    >>> from symderive.core.nodes import Tensor
    >>> from symderive.notation.forms import Leaf
    >>> from symderive.notation.printing import text
    >>> A, B, x = (Leaf(Tensor(name, shape)) for name, shape in (("A", (3, 3)), ("B", (3, 3)), ("x", (3,))))
    >>> text(factored(plus(chain(A, x), chain(B, x))))
    '(A + B)x'
    """
    if not any(isinstance(part, Plus) for part in (form, *form.parts)) and not form.parts:
        return form
    inner = rebuilt(form, factored)
    if not isinstance(inner, Plus):
        return inner
    inner = _scalars_in_front(inner)
    if not isinstance(inner, Plus) or not inner.rank:
        return inner
    return _by_side(inner, last=True) or _by_side(inner, last=False) or inner


def _scalars_in_front(form: Plus) -> Form:
    """`det(V) tr(A) + det(V) b` as `det(V)(tr(A) + b)`."""
    parts = [split(term) for term in form.terms]
    common = [one for one in parts[0][1] if isinstance(one, (Determinant, Trace))]
    common = [one for one in dict.fromkeys(common) if all(one in scalars for _, scalars, _ in parts)]
    if not common:
        return form
    terms = []
    for coefficient, scalars, rest in parts:
        left = list(scalars)
        for one in common:
            left.remove(one)
        terms.append(times(coefficient, *left, *(() if rest is None else (rest,))))
    return times(ONE, *common, factored(plus(*terms)))


def _listed(form: Form) -> Term:
    """A term as a flat list of factors; in `u vᵀ` the row begins at the place that stands last."""
    coefficient, scalars, rest = split(form)
    if isinstance(rest, Chain):
        return coefficient, scalars, rest.factors, -1
    if isinstance(rest, Outer):
        left = rest.left.factors if isinstance(rest.left, Chain) else (rest.left,)
        right = rest.right.factors if isinstance(rest.right, Chain) else (rest.right,)
        row = (right[-1], *(transposed(one) for one in reversed(right[:-1])))
        return coefficient, scalars, (*left, *row), len(left)
    return coefficient, scalars, () if rest is None else (rest,), -1


def _joined(factors: Factors, row: int) -> Form:
    """The inverse of `_listed`, without coefficient and scalars."""
    if row < 0:
        return chain(*factors)
    left = chain(*factors[:row])
    right = chain(*(transposed(one) for one in reversed(factors[row + 1 :])), factors[row])
    return Outer(left, right)


def _by_side(form: Plus, last: bool) -> Form | None:
    """All products that share their first or last factors as one product; None where there are not two."""
    listed = [_listed(term) for term in form.terms]
    candidates = [one for one in listed if len(one[2]) > 1 and _is_open(one, last)]
    group = _largest([_end(one, last) for one in candidates])
    chosen = [one for one in candidates if group is not None and _end(one, last) == group]
    others = [term for term, one in zip(form.terms, listed, strict=True) if one not in chosen]
    if len(chosen) < 2 or (others and form.rank == 2) or any(_carries(one, group) for one in others):
        return None
    if len({one[1] for one in chosen}) > 1 or any(
        isinstance(part, Diag) for one in chosen for part in one[2]
    ):
        return None
    count = _common(chosen, last)
    inner = factored(_sum(_without(one, count, last) for one in chosen))
    shared = chosen[0][2][-count:] if last else chosen[0][2][:count]
    product = _closed(inner, shared, chosen[0], last)
    return product if not others else plus(product, *others)


def _closed(inner: Form, shared: Factors, sample: Term, last: bool) -> Form:
    coefficient, scalars, rest = split(inner)
    rest = rest if rest is not None else inner
    if last and sample[3] >= 0 and len(sample[2]) - len(shared) <= sample[3]:  # a row behind a column of sums
        made: Form = Outer(rest, chain(*(transposed(one) for one in reversed(shared[1:])), shared[0]))
    else:
        made = chain(rest, *shared) if last else chain(*shared, rest)
    return times(coefficient, *scalars, made)


def _sum(terms: Iterable[Form]) -> Form:
    """The sum of what is left, plain matrices before transposed ones, with the fewest transposes."""
    found = sorted(terms, key=transposes)
    straight, turned = plus(*found), transposed(plus(*(transposed(one) for one in found)))
    return turned if transposes(turned) < transposes(straight) else straight


def _is_open(term: Term, last: bool) -> bool:
    """Whether the factor at this end may be taken out: a matrix, or a vector behind matrices."""
    factors, row = term[2], term[3]
    if row < 0:
        return factors[-1].rank == 2 or last
    return factors[-1].rank == 2 or row == len(factors) - 1 if last else factors[0].rank == 2


def _end(term: Term, last: bool) -> tuple[Form, bool]:
    """The factor at one end, and whether it is the row of `u vᵀ`."""
    return (term[2][-1], term[3] == len(term[2]) - 1) if last else (term[2][0], False)


def _largest(ends: list[tuple[Form, bool]]) -> tuple[Form, bool] | None:
    return max(ends, key=lambda one: (ends.count(one), -ends.index(one)), default=None)


def _carries(term: Form, end: tuple[Form, bool] | None) -> bool:
    return end is not None and end[0] in _listed(term)[2]


def _common(chosen: list[Term], last: bool) -> int:
    """The number of factors that all share at one end; each keeps at least one, and no row is cut off."""
    shortest = min(len(one[2]) for one in chosen) - 1
    count = 0
    while count < shortest:
        places = {(one[2][-1 - count] if last else one[2][count]) for one in chosen}
        rows = {one[3] == (len(one[2]) - 1 - count if last else count) for one in chosen}
        if len(places) > 1 or len(rows) > 1 or (not last and places.pop().rank == 1):
            break
        count += 1
        if rows == {True}:
            break
    return count


def _without(term: Term, count: int, last: bool) -> Form:
    coefficient, scalars, factors, row = term
    kept = factors[:-count] if last else factors[count:]
    if row >= 0:
        row = row - (0 if last else count)
        row = row if row < len(kept) else -1
    return times(coefficient, *scalars, _joined(kept, row) if len(kept) > 1 else kept[0])
