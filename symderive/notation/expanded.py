"""Right-hand sides multiplied out."""

from __future__ import annotations

import sympy

from symderive.notation.arithmetic import times
from symderive.notation.forms import Chain, Form, Plus, Times, Transposed
from symderive.notation.labelled import NoMatrixNotationError
from symderive.notation.matrix_products import chain, transposed
from symderive.notation.multiplying_out import multiplied_out


def expanded(expr: sympy.Expr) -> sympy.Expr:
    """Products and powers of sums as sums of products; the expression itself where that gives too many terms.

    >>> from symderive.core.nodes import Index, Tensor
    >>> i = Index("i", 3)
    >>> x, y, z = (Tensor(name, (3,))[i] for name in "xyz")
    >>> expanded(x * (y - z))
    x[i]*y[i] - x[i]*z[i]
    """
    try:
        return multiplied_out(expr, powers=True)
    except NoMatrixNotationError:
        return expr


def spread_out(form: Form) -> Form:
    """A sum without a common factor in front, and no transpose around it: `2aᵀ − 2bᵀ` for `2(a − b)ᵀ`."""
    if isinstance(form, Transposed) and isinstance(form.inner, Plus):
        return Plus(tuple(transposed(term) for term in form.inner.terms))
    if isinstance(form, Chain):
        place = next((place for place, one in enumerate(form.factors) if isinstance(one, Plus)), None)
        if place is None:
            return form
        before, after = form.factors[:place], form.factors[place + 1 :]
        return Plus(tuple(chain(*before, term, *after) for term in form.factors[place].parts))
    if not isinstance(form, Times):
        return form
    parts = {part: spread_out(part) for part in form.parts}
    sums = [part for part in form.parts if isinstance(parts[part], Plus)]
    if len(sums) != 1 or len(form.arrays) > 1:
        return form
    inner = parts[sums[0]]
    others = [part for part in form.scalars if part is not sums[0]]
    return Plus(tuple(times(form.coefficient, *others, term) for term in inner.parts))
