"""Derivatives inside an equation: one short rule per node type, each naming its law.

`differentiate(expr, entry_rule)` is linear in what `entry_rule` gives for the derivative of an entry, so the
same rules serve partial derivatives (deltas), tangents and adjoints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symderive.calculus.branches import slope_of_choice
from symderive.calculus.sums import sum_over
from symderive.core.identity import free_indices, index_names, rename_bound, tensors_of
from symderive.core.matrix_nodes import CholeskyEntry, CholeskyInverseEntry, Det, InverseEntry, LogAbsDet
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
    Tensor,
)
from symderive.core.positions import Inside
from symderive.core.singular_nodes import SLOPES, SingularEntry, SingularNumber
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.errors import SymderiveError
from symderive.functions import by_head
from symderive.functions.attained import attained
from symderive.functions.choice import where
from symderive.functions.comparisons import equal

EntryRule = Callable[[Entry], sympy.Expr]
Rule = Callable[[Any, EntryRule], sympy.Expr]


def differentiate(expr: sympy.Expr, entry_rule: EntryRule) -> sympy.Expr:
    """The derivative of a right-hand side.

    Args:
        expr: the expression.
        entry_rule: the derivative of each entry; its free indices must not be bound in `expr`.

    Raises:
        SymderiveError: a node or function without a rule; its name is in the message.
    """
    if not tensors_of(expr):
        return sympy.S.Zero
    for kind, rule in RULES:
        if isinstance(expr, kind):
            return rule(expr, entry_rule)
    raise SymderiveError(f"differentiating: {type(expr).__name__} has no derivative rule.")


def entry(expr: Entry, entry_rule: EntryRule) -> sympy.Expr:
    """`∂T[i, j]/∂T[k, l] = δ_ik δ_jl`, or what the pass that is running puts there."""
    return entry_rule(expr)


def add(expr: sympy.Add, entry_rule: EntryRule) -> sympy.Expr:
    """`(f + g)′ = f′ + g′`."""
    return sympy.Add(*(differentiate(term, entry_rule) for term in expr.args))


def mul(expr: sympy.Mul, entry_rule: EntryRule) -> sympy.Expr:
    """`(f g)′ = f′ g + f g′`."""
    terms = []
    for place, factor in enumerate(expr.args):
        slope = differentiate(factor, entry_rule)
        if slope != 0:
            terms.append(sympy.Mul(slope, *expr.args[:place], *expr.args[place + 1 :]))
    return sympy.Add(*terms)


def power(expr: sympy.Pow, entry_rule: EntryRule) -> sympy.Expr:
    """`(f^g)′ = g f^(g−1) f′ + f^g log(f) g′`."""
    base, exponent = expr.args
    if isinstance(exponent, Inside):  # 0 or 1
        return exponent * differentiate(base, entry_rule)
    result = exponent * base ** (exponent - 1) * differentiate(base, entry_rule)
    slope = differentiate(exponent, entry_rule)
    return result if slope == 0 else result + expr * sympy.log(base) * slope


def function(expr: sympy.Function, entry_rule: EntryRule) -> sympy.Expr:
    """`(h(f))′ = h′(f) f′`."""
    if type(expr) not in by_head():
        raise SymderiveError(f"differentiating: the function {type(expr).__name__} has no derivative rule.")
    terms = []
    for place, argument in enumerate(expr.args, start=1):
        slope = differentiate(argument, entry_rule)
        if slope != 0:
            terms.append(expr.fdiff(place) * slope)
    return sympy.Add(*terms)


def index_sum(expr: IndexSum, entry_rule: EntryRule) -> sympy.Expr:
    """`(Σ_p f_p)′ = Σ_p f_p′`."""
    return sum_over(differentiate(expr.body, entry_rule), expr.indices)


def fold(expr: Fold, entry_rule: EntryRule) -> sympy.Expr:
    """A maximum, minimum or product over an index, by its own value."""
    return fold_by_value(expr, expr, entry_rule)


def fold_by_value(expr: Fold, value: sympy.Expr, entry_rule: EntryRule) -> sympy.Expr:
    """The derivative of a maximum, minimum or product in terms of its value `v`.

    `(max_p f_p)′ = Σ_p s_p f_p′` with `s_p = 1[f_p = v] / Σ_q 1[f_q = v]`: the mean over the places where
    the maximum is attained, a subgradient of it at ties; the same for the minimum;
    `(Π_p f_p)′ = v Σ_p f_p′/f_p`, where no factor is 0.
    """
    if isinstance(expr, IndexProduct):
        chosen, factor = chosen_factor(expr.body)
        return value * sum_over(chosen * differentiate(factor, entry_rule) / factor, expr.indices)
    slope = differentiate(expr.body, entry_rule)
    places = IndexSum(equal(expr.body, value), *expr.indices)
    return sum_over(attained(expr.body, value, places) * slope, expr.indices)


def chosen_factor(body: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Of a factor `x^[…]` the bracket and x: where the bracket is 0 the factor is 1, whatever x is."""
    chosen = isinstance(body, sympy.Pow) and isinstance(body.exp, Inside)
    return (body.exp, body.base) if chosen else (sympy.S.One, body)


def index_log_sum(expr: IndexLogSum, entry_rule: EntryRule) -> sympy.Expr:
    """`(log Σ_p w_p exp(f_p))′ = Σ_p s_p f_p′ + Σ_p exp(f_p − log Σ) w_p′`, with shares `s_p` of the sum."""
    share = SoftmaxEntry(expr, *expr.indices)
    return sum_over(_inside_share(share, entry_rule), expr.indices)


def softmax_entry(expr: SoftmaxEntry, entry_rule: EntryRule) -> sympy.Expr:
    """`s_i′ = s_i (f_i′ − Σ_p s_p f_p′)` for `s = softmax(f)`."""
    inner = _inside_share(expr, entry_rule)
    return inner - expr * index_log_sum(expr.total, entry_rule)


def _inside_share(expr: SoftmaxEntry, entry_rule: EntryRule) -> sympy.Expr:
    """The derivative of the numerator of a share, over the sum below the line."""
    weight, exponent = expr.total.weight, expr.total.exponent
    slope = expr * differentiate(expr.at_positions(exponent), entry_rule)
    loose = differentiate(expr.at_positions(weight), entry_rule)
    return slope if loose == 0 else slope + sympy.exp(expr.at_positions(exponent) - expr.total) * loose


def choice(expr: where, entry_rule: EntryRule) -> sympy.Expr:
    """`where(c, a, b)′ = where(c, a′, b′)`."""
    return slope_of_choice(expr, lambda branch: differentiate(branch, entry_rule))


def _marks(tensor: Tensor) -> tuple[Index, Index]:
    """Two indices over the axes of a matrix, with names that no expression has; sums rename them."""
    rows, columns = tensor.shape[-2:]
    return Index("·row", rows), Index("·column", columns)


def inverse_entry(expr: InverseEntry, entry_rule: EntryRule) -> sympy.Expr:
    """`d(A⁻¹)_ij = −Σ_pq A⁻¹_ip dA_pq A⁻¹_qj`."""
    matrix, lead, (i, j) = expr.tensor, expr.lead, expr.own
    p, q = _marks(matrix)
    slope = entry_rule(Entry(matrix, *lead, p, q))
    left, right = InverseEntry(matrix, *lead, i, p), InverseEntry(matrix, *lead, q, j)
    return sum_over(-left * slope * right, (p, q))


def log_abs_det(expr: LogAbsDet, entry_rule: EntryRule) -> sympy.Expr:
    """`d log |det A| = Σ_pq A⁻¹_qp dA_pq`."""
    p, q = _marks(expr.tensor)
    slope = entry_rule(Entry(expr.tensor, *expr.lead, p, q))
    return sum_over(InverseEntry(expr.tensor, *expr.lead, q, p) * slope, (p, q))


def _whitened(matrix: Tensor, p: Any, q: Any, entry_rule: EntryRule) -> tuple[sympy.Expr, tuple[Index, ...]]:
    """`(L⁻¹ ½(dA + dAᵀ) L⁻ᵀ)_pq` without its sum, and the indices to sum over."""
    r, s = _marks(matrix)
    slope = (entry_rule(matrix[r, s]) + entry_rule(matrix[s, r])) / 2
    return CholeskyInverseEntry(matrix, p, r) * slope * CholeskyInverseEntry(matrix, q, s), (r, s)


def _lower_half(row: Any, column: Any, size: sympy.Expr) -> sympy.Expr:
    """`[column ≤ row] − ½ δ`: the lower triangle with half the diagonal."""
    return Inside(row - column, size) - Delta(row, column) / 2


def cholesky_entry(expr: CholeskyEntry, entry_rule: EntryRule) -> sympy.Expr:
    """`dL = L Φ(L⁻¹ dA L⁻ᵀ)`, Φ the lower triangle with half the diagonal."""
    matrix, (i, j) = expr.tensor, expr.axes
    p = Index("·middle", matrix.shape[0])
    inner, bound = _whitened(matrix, p, j, entry_rule)
    body = CholeskyEntry(matrix, i, p) * _lower_half(p, j, matrix.shape[0]) * inner
    return sum_over(body, (p, *bound))


def cholesky_inverse_entry(expr: CholeskyInverseEntry, entry_rule: EntryRule) -> sympy.Expr:
    """`dL⁻¹ = −Φ(L⁻¹ dA L⁻ᵀ) L⁻¹`."""
    matrix, (i, j) = expr.tensor, expr.axes
    p = Index("·middle", matrix.shape[0])
    inner, bound = _whitened(matrix, i, p, entry_rule)
    body = -_lower_half(i, p, matrix.shape[0]) * inner * CholeskyInverseEntry(matrix, p, j)
    return sum_over(body, (p, *bound))


def det(expr: Det, entry_rule: EntryRule) -> sympy.Expr:
    """`d det A = det A Σ_pq A⁻¹_qp dA_pq`."""
    return expr * log_abs_det(LogAbsDet(expr.tensor, *expr.axes), entry_rule)


def singular_number(expr: SingularNumber, entry_rule: EntryRule) -> sympy.Expr:
    """`d‖A‖_* = Σ_pq (U Vᵀ)_pq dA_pq`, `dσ = Σ_pq u_p v_q dA_pq`."""
    rows, columns = expr.tensor.shape
    p, q = Index("·row", rows), Index("·column", columns)
    slope = SLOPES[type(expr)](expr.tensor, p, q)
    return sum_over(slope * entry_rule(Entry(expr.tensor, p, q)), (p, q))


def singular_entry(expr: SingularEntry, entry_rule: EntryRule) -> sympy.Expr:
    """Singular vectors are not differentiated.

    Raises:
        SymderiveError: says which derivatives there are.
    """
    raise SymderiveError(
        "differentiating singular vectors: of a nuclear norm or a singular value only the first derivative "
        "is derived; there is none of second order here."
    )


def delta(expr: Delta, entry_rule: EntryRule) -> sympy.Expr:
    """Kronecker's delta is constant."""
    return sympy.S.Zero


def constant(expr: sympy.Expr, entry_rule: EntryRule) -> sympy.Expr:
    """An index, a position or a bracket does not change with the entries of an array."""
    return sympy.S.Zero


RULES: tuple[tuple[Any, Rule], ...] = (
    (Entry, entry),
    (sympy.Add, add),
    (sympy.Mul, mul),
    (sympy.Pow, power),
    (IndexSum, index_sum),
    (IndexMax, fold),
    (IndexMin, fold),
    (IndexProduct, fold),
    (IndexLogSum, index_log_sum),
    (SoftmaxEntry, softmax_entry),
    (Delta, delta),
    (Inside, constant),
    (InverseEntry, inverse_entry),
    (LogAbsDet, log_abs_det),
    (CholeskyEntry, cholesky_entry),
    (CholeskyInverseEntry, cholesky_inverse_entry),
    (Det, det),
    (SingularNumber, singular_number),
    (SingularEntry, singular_entry),
    (where, choice),
    (sympy.Function, function),
)


def unit_rule(tensor: Tensor, at: tuple[Index, ...]) -> EntryRule:
    """The entry rule of `∂/∂tensor[at]`."""

    def rule(found: Entry) -> sympy.Expr:
        if found.tensor != tensor:
            return sympy.S.Zero
        return sympy.Mul(*(Delta(axis, index) for axis, index in zip(found.axes, at, strict=True)))

    return rule


def separated(expr: sympy.Expr, *others: Index) -> sympy.Expr:
    """`expr` with bound indices renamed so that none has the name of one of `others`."""
    names = {index.name for index in others}
    return (
        _separated(expr, names)
        if names & (index_names(expr) - {i.name for i in free_indices(expr)})
        else expr
    )


def _separated(expr: sympy.Expr, names: set[str]) -> sympy.Expr:
    if not expr.args or not names & index_names(expr):
        return expr
    if isinstance(expr, Binder):
        return rename_bound(expr.func(_separated(expr.body, names), *expr.indices), names)
    return expr.func(*(_separated(arg, names) for arg in expr.args))


def partial(expr: sympy.Expr, tensor: Tensor, at: tuple[Index, ...]) -> sympy.Expr:
    """`∂expr/∂tensor[at]`.

    >>> from symderive.core.dims import dims
    >>> n = dims("n")
    >>> x, i, p = Tensor("x", (n,)), Index("i", n), Index("p", n)
    >>> partial(IndexSum(x[p] ** 2, p), x, (i,))
    2*x[i]
    """
    if isinstance(expr, sympy.Add):
        expr = sympy.Add(*(term for term in expr.args if tensor in tensors_of(term)))
    return differentiate(separated(expr, *at), unit_rule(tensor, at))
