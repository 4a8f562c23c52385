"""A program as one form that keeps the order in which it was written: `tr(AXB)` stays `tr(AXB)`.

Products of entries do not remember the order of their factors; a program with one operation an equation does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import sympy

from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.notation.arithmetic import plus, split, times
from symderive.notation.components import rebuilt
from symderive.notation.contraction import diagonal_matrix, dot, total
from symderive.notation.forms import (
    Apply,
    BigSum,
    Chain,
    Component,
    Const,
    Determinant,
    Diag,
    Form,
    Inverse,
    Leaf,
    LogDeterminant,
    NormSquared,
    Outer,
    Plus,
    Power,
    Slice,
    Times,
    Total,
    Trace,
    Transposed,
    walk,
)
from symderive.notation.matrix_products import chain, outer, transposed
from symderive.notation.recover import matrix_form

_MOST_PARTS = 60
_OF_MATRICES = (Trace, Inverse, Determinant, LogDeterminant, Chain)


def composed(program: Program) -> Form | None:
    """The last output of a program of matrix algebra, with all results put in that a person has not named.

    Args:
        program: one operation an equation.

    Returns:
        the form, or None where elementwise functions or sums with indices occur, or it becomes long.
    """
    known: dict[Tensor, Form] = {}
    for made in program.definitions:
        plain = matrix_form(made)
        if plain is None or plain.rank != made.tensor.rank:
            return None
        form = _put_in(plain, known)
        parts = list(walk(form))
        loose = any(isinstance(one, (Apply, BigSum, Component, Slice)) for one in parts)
        if loose or len(parts) > _MOST_PARTS:
            return None
        if made.tensor == program.outputs[-1]:
            return form if any(isinstance(one, _OF_MATRICES) for one in parts) else None
        if not made.pinned:
            known[made.tensor] = form
    return None


def _put_in(form: Form, known: Mapping[Tensor, Form]) -> Form:
    """The form with arrays replaced by what they are, kept as a person would write it."""
    if isinstance(form, Leaf):
        return known.get(form.tensor, form)
    inner = rebuilt(_in_written_order(form, known), lambda part: _put_in(part, known))
    build = _BUILDERS.get(type(inner))
    return inner if build is None else build(inner)


def _raised(scalars: tuple[Form, ...]) -> list[Form]:
    """Equal scalar factors as powers: `tr(X) tr(X)` is `tr(X)²`."""
    counts = {one: scalars.count(one) for one in scalars}
    return [one if count == 1 else Power(one, Const(sympy.Integer(count))) for one, count in counts.items()]


def _in_written_order(form: Form, known: Mapping[Tensor, Form]) -> Form:
    """Scalar factors, and terms that all hold results, in the order in which a program makes them."""
    places = {tensor: place for place, tensor in enumerate(known)}

    def place(part: Form) -> int:
        return max((places.get(one.tensor, -1) for one in walk(part) if isinstance(one, Leaf)), default=-1)

    if isinstance(form, Times):
        return replace(form, scalars=tuple(sorted(form.scalars, key=place)))
    if isinstance(form, Plus) and all(place(term) >= 0 for term in form.terms):
        return replace(form, terms=tuple(sorted(form.terms, key=place)))
    return form


def _length(form: Form) -> int:
    """Products of many matrices stand first, as `AXB + C`; terms of one length stay in their order."""
    rest = split(form)[2] if form.rank else form
    return -len(rest.factors) if isinstance(rest, Chain) else 0


def _total(form: Total) -> Form:
    inner = form.inner
    if isinstance(inner, Power):
        return total([inner]) if inner.rank == 2 else dot([inner])
    return form


_BUILDERS: dict[type[Form], Callable[[Any], Form]] = {
    Chain: lambda form: chain(*form.factors),
    Transposed: lambda form: transposed(form.inner),
    Plus: lambda form: plus(*sorted(form.terms, key=_length)),
    Times: lambda form: times(form.coefficient, *_raised(form.scalars), *form.arrays),
    Outer: lambda form: outer(form.left, form.right),
    Diag: lambda form: diagonal_matrix(form.inner),
    Total: _total,
    NormSquared: lambda form: form,
}
