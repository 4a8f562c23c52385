"""Entries of forms: subscripts moved inside, and sums whose letters do not clash with them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any

import sympy

from symderive.core.dims import Dim
from symderive.core.identity import free_indices
from symderive.core.nodes import Index, Tensor
from symderive.notation.arithmetic import ONE, times
from symderive.notation.forms import (
    Apply,
    Basis,
    BigMax,
    BigMin,
    BigProduct,
    BigSum,
    Bracket,
    Cholesky,
    Component,
    Const,
    Determinant,
    Diag,
    Eye,
    Folded,
    Form,
    Inverse,
    Kronecker,
    Largest,
    Leaf,
    LogDeterminant,
    Ones,
    Outer,
    Plus,
    Power,
    ProductOfAll,
    Slice,
    Smallest,
    Times,
    Total,
    Transposed,
    walk,
)

_LETTERS = ("i", "j", "k", "l", "m", "o")


def component_of(form: Form, axes: tuple[sympy.Expr, ...]) -> Form:
    """The entry of a form at positions, with the subscripts moved as far inside as they go."""
    if not form.rank:
        return without_letters(form, axes)
    if isinstance(form, Ones):
        return Const(ONE)
    if isinstance(form, Basis):
        return Kronecker(form.position, axes[0])
    if isinstance(form, Eye):
        return Kronecker(*axes)
    if isinstance(form, Diag):
        return times(ONE, Kronecker(*axes), component_of(form.inner, axes[:1]))
    if isinstance(form, Plus):
        return Plus(tuple(component_of(term, axes) for term in form.terms))
    if isinstance(form, Times):
        return times(
            form.coefficient,
            *(without_letters(one, axes) for one in form.scalars),
            *(component_of(factor, axes) for factor in form.arrays),
        )
    if isinstance(form, Power):
        return Power(component_of(form.base, axes), component_of(form.exponent, axes))
    if isinstance(form, Apply):
        return Apply(form.head, tuple(component_of(arg, axes) for arg in form.args))
    if isinstance(form, Outer):
        return times(ONE, component_of(form.left, axes[:1]), component_of(form.right, axes[1:]))
    if isinstance(form, Transposed):
        return component_of(form.inner, axes[::-1])
    if isinstance(form, BigSum):
        return replace(form, inner=component_of(form.inner, axes))
    return Component(form, axes)


_BIG: dict[type[Form], type[BigSum]] = {Largest: BigMax, Smallest: BigMin, ProductOfAll: BigProduct}


def big_sum_of(form: Total | Folded, taken: Iterable[str] = ()) -> BigSum:
    """The sum (or maximum, …) of all entries with its indices written, in letters that are not taken."""
    used = set(taken) | {name for part in walk(form.inner) for name in _written_indices(part)}
    free = [letter for letter in _LETTERS if letter not in used]
    indices = tuple(Index(letter, Dim("n")) for letter in free[: form.inner.rank])
    return _BIG.get(type(form), BigSum)(indices, component_of(form.inner, indices))


def _written_indices(form: Form) -> list[str]:
    """The letters that stand as subscripts, in brackets or under a sign Σ."""
    if isinstance(form, (Component, Slice, Bracket)):
        written = form.relation if isinstance(form, Bracket) else form.axes
        return [
            letter.name
            for axis in written
            if isinstance(axis, sympy.Expr)
            for letter in sorted(axis.free_symbols, key=str)
            if isinstance(letter, (Index, sympy.Symbol))
        ]
    return [index.name for index in form.indices] if isinstance(form, BigSum) else []


def without_letters(form: Form, axes: tuple[sympy.Expr | None, ...]) -> Form:
    """The form with totals written out where they would use the letters of `axes`."""
    names = {index.name for axis in axes if axis is not None for index in free_indices(axis)}
    if not names or not any(isinstance(part, (Total, Folded)) for part in walk(form)):
        return form
    return _written_out(form, names)


def _written_out(form: Form, names: set[str]) -> Form:
    if isinstance(form, (Total, Folded)):
        made = big_sum_of(form, names)
        return type(made)(
            made.indices, _written_out(made.inner, names | {index.name for index in made.indices})
        )
    return rebuilt(form, lambda part: _written_out(part, names))


def put_inside(form: Form, known: Mapping[Tensor, Form]) -> Form:
    """The form with `(X + A)⁻¹` for `V⁻¹`, where V is known to be `X + A`; determinants likewise."""
    if isinstance(form, (Inverse, Determinant, LogDeterminant, Cholesky)) and isinstance(form.inner, Leaf):
        return replace(form, inner=known.get(form.inner.tensor, form.inner))
    return rebuilt(form, lambda part: put_inside(part, known)) if known else form


def rebuilt(form: Form, change: Callable[[Form], Form]) -> Form:
    """The form with `change` applied to the forms directly inside it."""
    new: dict[str, object] = {}
    kind: Any = type(form)
    for name in _fields_of(kind):
        value = getattr(form, name)
        if isinstance(value, Form):
            made = change(value)
            if made is not value:
                new[name] = made
        elif isinstance(value, tuple) and value and all(map(_is_form, value)):
            changed = tuple(map(change, value))
            if any(map(operator.is_not, changed, value)):
                new[name] = changed
    return replace(form, **new) if new else form


@cache
def _fields_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _is_form(value: object) -> bool:
    return isinstance(value, Form)
