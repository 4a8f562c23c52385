"""Softmax and log-sum-exp in matrix notation, and as quotients and sums with indices."""

from __future__ import annotations

from collections.abc import Callable

import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Index, IndexSum
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.notation.arithmetic import ONE, times
from symderive.notation.extents import unsaid
from symderive.notation.forms import (
    Apply,
    BigSum,
    Component,
    Const,
    Diag,
    Form,
    LogSumExp,
    Power,
    Shares,
    Softmax,
)
from symderive.notation.labelled import Labelled, Labels, NoMatrixNotationError, oriented
from symderive.notation.matrix_products import chain

Reading = Callable[[sympy.Expr], Labelled]


def log_sum(expr: IndexLogSum, recover: Reading) -> Labelled:
    """`log Σ_p exp(f_p)` without weights in matrix notation.

    Raises:
        NoMatrixNotationError: there are weights, or more than two axes.
    """
    inner, along = _inside(expr, recover)
    kept = tuple(label for label in inner.labels if label not in expr.indices)
    return Labelled(LogSumExp(inner.form, along), kept)


def softmax(expr: SoftmaxEntry, recover: Reading) -> Labelled:
    """A softmax in matrix notation; an entry of it at a fixed position.

    Raises:
        NoMatrixNotationError: there are more than two axes, or weights and not one exponent for each column.
    """
    if expr.total.weight != 1:
        return _shares(expr, recover)
    inner, along = _inside(expr.total, recover)
    places = dict(zip(expr.total.indices, expr.positions, strict=True))
    form = Softmax(inner.form, along)
    if len(inner.labels) == 1 and not free_indices(places[inner.labels[0]]):
        return Labelled(Component(form, (places[inner.labels[0]],)), ())
    if not expr.runs_freely:
        raise NoMatrixNotationError
    labels = tuple(places.get(label, label) for label in inner.labels)
    named = tuple(label for label in labels if isinstance(label, Index))
    if len(set(named)) < len(labels):
        raise NoMatrixNotationError
    return Labelled(form, named)


def _shares(expr: SoftmaxEntry, recover: Reading) -> Labelled:
    """Shares of sums that differ in their weights alone, as over the risk sets of a survival model."""
    places = dict(zip(expr.total.indices, expr.positions, strict=True))
    weight, exponent = recover(expr.total.weight), recover(expr.total.exponent)
    if len(places) != 1 or len(weight.labels) != 2 or exponent.labels != tuple(places):
        raise NoMatrixNotationError
    ((summed, place),) = places.items()
    (kept,) = (label for label in weight.labels if label != summed)
    if not isinstance(place, Index) or place == kept or not expr.runs_freely:
        raise NoMatrixNotationError
    return Labelled(Shares(oriented(weight, (kept, summed)), exponent.form), (kept, place))


def shares_written_out(form: Shares) -> Form:
    """`diag(1 ⊘ Ws) W diag(s)` for `s = exp(v)`."""
    raised = Apply(sympy.exp, (form.exponent,))
    below = Power(chain(form.weight, raised), Const(-ONE))
    return chain(Diag(below), form.weight, Diag(raised))


def _inside(total: IndexLogSum, recover: Reading) -> tuple[Labelled, str]:
    """The exponent, and along which of its axes the sum runs."""
    if total.weight != 1:
        raise NoMatrixNotationError
    inner = recover(total.exponent)
    summed = set(total.indices)
    if not summed <= set(inner.labels):
        raise NoMatrixNotationError
    if len(inner.labels) == 1:
        return inner, ""
    if len(summed) == 2:
        return inner, "all"
    return inner, "rows" if inner.labels[1] in summed else "columns"


def log_sum_with_indices(expr: IndexLogSum, index_form: Callable[[sympy.Expr], Form]) -> Form:
    """`log Σ_p w_p exp(f_p)`."""
    return Apply(sympy.log, (_total(expr, index_form),))


def _total(expr: IndexLogSum, index_form: Callable[[sympy.Expr], Form]) -> Form:
    return BigSum(expr.indices, index_form(expr.body), unsaid(IndexSum(expr.body, *expr.indices)))


def softmax_with_indices(expr: SoftmaxEntry, index_form: Callable[[sympy.Expr], Form], read: Reading) -> Form:
    """`softmax(z)_i`, or the quotient of a term and the sum where there are weights."""
    try:
        labelled = softmax(expr, read)
    except NoMatrixNotationError:
        below = _total(expr.total, index_form)
        return times(ONE, index_form(expr.numerator), Power(below, Const(-ONE)))
    return Component(labelled.form, labelled.labels) if labelled.labels else labelled.form


__all__ = [
    "Labels",
    "log_sum",
    "log_sum_with_indices",
    "shares_written_out",
    "softmax",
    "softmax_with_indices",
]
