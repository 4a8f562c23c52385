"""Index notation: entries with subscripts, sums with their index, the letters of a textbook."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.identity import (
    BOUND_LETTERS,
    free_indices,
    fresh,
    index_names,
    substitute,
)
from symderive.core.idle import without_idle
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import (
    Binder,
    Delta,
    Entry,
    Fold,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    TensorNode,
)
from symderive.core.positions import Inside, Quotient, Remainder, bare
from symderive.core.program import Definition
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.notation.arithmetic import ONE, plus, times
from symderive.notation.common_parts import common_factors
from symderive.notation.exponential_sums import log_sum_with_indices, softmax_with_indices
from symderive.notation.extents import unsaid
from symderive.notation.forms import (
    Apply,
    BigMax,
    BigMin,
    BigProduct,
    BigSum,
    Chain,
    Component,
    Const,
    Diag,
    Form,
    Inverse,
    Kronecker,
    Leaf,
    Power,
    Times,
    Transposed,
)
from symderive.notation.labelled import NoMatrixNotationError, factors_in_order, term_order
from symderive.notation.positions import bracket_of
from symderive.notation.recover import recover, whole_matrix
from symderive.notation.separate import separate


def index_form(expr: sympy.Expr, rows: bool = True) -> Form:
    """The expression in index notation: entries with subscripts, sums with their index.

    Args:
        expr: a right-hand side.
        rows: whether an entry of a matrix-vector product is written `x_iᵀ w`; otherwise every sum is a Σ.
    """
    if not free_indices(expr) and not has_kind(expr, (TensorNode, IndexSum, Fold, Delta, Inside)):
        return Const(expr)
    if isinstance(expr, MatrixNode):
        return Component(whole_matrix(expr), expr.own) if expr.own else whole_matrix(expr)
    if isinstance(expr, Inside):
        return bracket_of(expr)
    if isinstance(expr, (Index, Quotient, Remainder)):
        return Component(Const(expr), ())
    if isinstance(expr, Entry):
        return Component(Leaf(expr.tensor), tuple(map(bare, expr.axes))) if expr.axes else Leaf(expr.tensor)
    if isinstance(expr, Delta):
        return Kronecker(*expr.args)
    if isinstance(expr, sympy.Add):
        return _sum_of(tuple(sorted(expr.args, key=term_order)), rows)
    if isinstance(expr, sympy.Mul):
        return times(ONE, *(index_form(factor, rows) for factor in factors_in_order(expr)))
    if isinstance(expr, sympy.Pow):
        return Power(index_form(expr.base, rows), index_form(expr.exp, rows))
    if isinstance(expr, IndexSum):
        short = _product_entry(expr) if rows else None
        return short or _big_sum(expr, rows)
    if isinstance(expr, Fold):
        plain = without_idle(expr)
        if plain is not expr:
            return index_form(plain, rows)
        return _BIG[type(expr)](expr.indices, index_form(expr.body, rows), unsaid(expr))
    if isinstance(expr, IndexLogSum):
        return log_sum_with_indices(expr, index_form)
    if isinstance(expr, SoftmaxEntry):
        return softmax_with_indices(expr, index_form, recover)
    if isinstance(expr, sympy.Function):
        return Apply(type(expr), tuple(index_form(arg, rows) for arg in expr.args))
    raise NoMatrixNotationError


def _sum_of(terms: tuple[sympy.Expr, ...], rows: bool) -> Form:
    shared, rests = common_factors(terms)
    inner = plus(*(index_form(term, rows) for term in rests))
    front = [index_form(factor, rows) for factor in factors_in_order(sympy.Mul(*shared))] if shared else []
    return times(ONE, *front, inner) if front else inner


_BIG: dict[type[Fold], type[BigSum]] = {IndexMax: BigMax, IndexMin: BigMin, IndexProduct: BigProduct}


def _big_sum(expr: IndexSum, rows: bool) -> Form:
    """A sum with numbers in front; brackets of its indices stand under the sign: `Σ_{j ≤ i} x_j`."""
    bound = set(expr.indices)
    factors = sympy.Mul.make_args(expr.body)
    under = [one for one in factors if isinstance(one, Inside) and bound & free_indices(one)]
    rest = sympy.Mul(*(one for one in factors if one not in under))
    inner, marks = index_form(rest, rows), (*map(bracket_of, under), *unsaid(expr))
    if not isinstance(inner, Times) or inner.coefficient == 1 or not inner.scalars:
        return BigSum(expr.indices, inner, marks)
    return times(inner.coefficient, BigSum(expr.indices, times(ONE, *inner.scalars), marks))


def _product_entry(expr: IndexSum) -> Form | None:
    """A sum that is a product of entries of matrix products: `x_iᵀ w`, `(AᵀA)_ik (BBᵀ)_jl`; else None."""
    if not free_indices(expr) or not all(
        isinstance(factor, TensorNode) for factor in sympy.Mul.make_args(expr.body)
    ):
        return None
    parts = _apart(expr)
    forms = [form for part in parts if (form := _chain_entry(part)) is not None]
    return times(ONE, *forms) if len(forms) == len(parts) else None


def _apart(expr: IndexSum) -> list[IndexSum]:
    """`Σ_pq a_p b_p c_q d_q` as the two sums whose product it is."""
    return [
        IndexSum(sympy.Mul(*members), *(index for index in expr.indices if index in own))
        for own, members in separate(factors_in_order(expr.body), expr.indices)
    ]


def _chain_entry(expr: IndexSum) -> Form | None:
    try:
        labelled = recover(expr)
    except NoMatrixNotationError:
        return None
    if not labelled.labels:
        return labelled.form
    simple = isinstance(labelled.form, Chain) and all(map(_is_plain, labelled.form.factors))
    return Component(labelled.form, labelled.labels) if simple else None


def _is_plain(form: Form) -> bool:
    return isinstance(form, Leaf) or (isinstance(form, (Transposed, Inverse, Diag)) and _is_plain(form.inner))


def readable_indices(definition: Definition, summed: str = "i", free: str = "jklm") -> Definition:
    """The same equation with the index letters of a textbook: `j, k` free, `i` over observations."""
    beside = _names_beside(definition.body)
    indices = fresh(definition.tensor.shape, beside, tuple(free if definition.tensor.rank else summed))
    taken = beside | {index.name for index in indices}
    body = substitute(
        separate_names(definition.body, taken), dict(zip(definition.indices, indices, strict=True))
    )
    return Definition(definition.tensor, indices, _renamed(body, taken, (summed, *BOUND_LETTERS)))


def clear_indices(definition: Definition) -> Definition:
    """The same equation with no index called like a size or array beside it: `Σ_{r < p}`, not `Σ_{p < p}`."""
    beside = _names_beside(definition.body)
    if beside.isdisjoint(index_names(definition.body) | {index.name for index in definition.indices}):
        return definition
    taken = beside | {index.name for index in definition.indices}
    source = fresh(definition.tensor.shape, taken | index_names(definition.body), "ijklm")
    pairs = zip(definition.indices, source, strict=True)
    indices = tuple(new if index.name in beside else index for index, new in pairs)
    taken = beside | {index.name for index in indices}
    body = substitute(
        separate_names(definition.body, taken), dict(zip(definition.indices, indices, strict=True))
    )
    return Definition(definition.tensor, indices, _renamed(body, taken, BOUND_LETTERS))


def clear_bound(expr: sympy.Expr) -> sympy.Expr:
    """An expression with no bound index called like a size or an array beside it."""
    beside, free = _names_beside(expr), {index.name for index in free_indices(expr)}
    return separate_names(expr, beside) if beside & (index_names(expr) - free) else expr


@lru_cache(maxsize=50_000)
def _names_beside(expr: sympy.Basic) -> frozenset[str]:
    """The names of arrays, of sizes that are numbers in a formula, and of those that sums may run up to."""
    if isinstance(expr, Index):
        return frozenset()
    if isinstance(expr, TensorNode):
        return frozenset((str(expr.tensor.name),)).union(*map(_names_beside, expr.axes))
    if not expr.args:
        return frozenset((expr.name,)) if isinstance(expr, sympy.Symbol) else frozenset()
    found = frozenset().union(*map(_names_beside, expr.args))
    return (
        found.union(*(_names_beside(index.dim) for index in expr.indices))
        if isinstance(expr, Binder)
        else found
    )


def separate_names(expr: sympy.Expr, names: frozenset[str]) -> sympy.Expr:
    """Bound indices away from the given names."""
    return _renamed(expr, names | index_names(expr), BOUND_LETTERS)


def _renamed(expr: sympy.Expr, taken: frozenset[str], pool: tuple[str, ...]) -> sympy.Expr:
    if isinstance(expr, Binder):
        new = fresh((index.dim for index in expr.indices), taken, pool)
        inner = taken | {index.name for index in new}
        clear = _renamed(expr.body, inner | index_names(expr), BOUND_LETTERS)
        body = substitute(clear, dict(zip(expr.indices, new, strict=True)))
        return expr.func(_renamed(body, inner, pool), *new)
    if not expr.args or isinstance(expr, Entry):
        return expr
    return expr.func(*(_renamed(arg, taken, pool) for arg in expr.args))
