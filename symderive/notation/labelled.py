"""Forms whose axes carry the labels of free indices; the order in which factors and terms are written."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from symderive.core.identity import free_indices
from symderive.core.kinds import has_kind
from symderive.core.nodes import Entry, Index, IndexSum, TensorNode
from symderive.notation.arithmetic import ONE, times
from symderive.notation.forms import (
    Form,
    Ones,
)
from symderive.notation.matrix_products import outer, transposed

Labels = tuple[Index, ...]


class NoMatrixNotationError(Exception):
    """The expression has no matrix notation; write it with indices."""


@dataclass(frozen=True)
class Labelled:
    """A form whose axes carry the labels of free indices, all different."""

    form: Form
    labels: Labels


def laid_out(value: Labelled, axes: Labels) -> Form:
    """The form with exactly the given axes; missing ones are filled with ones."""
    form = oriented(value, axes)
    if form.rank == len(axes):
        return form
    if len(axes) == 1:
        return times(ONE, form, Ones(axes[0].dim))
    return times(ONE, form, outer(Ones(axes[0].dim), Ones(axes[1].dim)))


def oriented(value: Labelled, axes: Labels) -> Form:
    """The form with its axes in the order of `axes`; a scalar stays one."""
    labels = value.labels
    if labels == axes or not labels:
        return value.form
    if len(labels) == 2 and labels[::-1] == axes:
        return transposed(value.form)
    if len(labels) == 1 and len(axes) == 2 and labels[0] in axes:
        i, j = axes
        return outer(value.form, Ones(j.dim)) if labels[0] == i else outer(Ones(i.dim), value.form)
    raise NoMatrixNotationError


def factors_in_order(expr: sympy.Expr) -> list[sympy.Expr]:
    """Factors in the order in which people write them: numbers, then functions and sums by name."""
    return sorted(sympy.Mul.make_args(expr), key=_written_order)


def _written_order(expr: sympy.Expr) -> tuple[int, str]:
    base = expr.base if isinstance(expr, sympy.Pow) else expr
    if isinstance(base, Entry):
        return (1, str(base.tensor.name))
    kind = 0 if not has_kind(expr, TensorNode) else 2
    return (kind, "")


def term_order(expr: sympy.Expr) -> tuple[int, int]:
    """Longer products first, numbers last, otherwise SymPy's order (sorted is stable)."""
    parts = list(sympy.preorder_traversal(expr))
    sums = sum(isinstance(one, IndexSum) for one in parts)
    entries = sum(isinstance(one, TensorNode) for one in parts)
    if not entries:
        return (0, 0) if expr == 1 else (2, 0)
    return (1, -10 * sums - entries)


def label_order(expr: sympy.Expr) -> Labels:
    """The free indices of an expression, by name."""
    return tuple(sorted(free_indices(expr), key=lambda index: index.name))
