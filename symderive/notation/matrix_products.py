"""Matrix products and transposes of forms, kept as a person would write them."""

from __future__ import annotations

from dataclasses import replace

import sympy

from symderive.notation.arithmetic import MINUS_ONE, ONE, plus, split, times
from symderive.notation.forms import (
    Apply,
    BigSum,
    Chain,
    Cholesky,
    Const,
    Diag,
    DiagPart,
    Eye,
    Form,
    Inverse,
    Leaf,
    NormSquared,
    Ones,
    Outer,
    Plus,
    Power,
    Times,
    Total,
    Trace,
    Transposed,
    Triangle,
)
from symderive.notation.vectorised import Commutation, KroneckerProduct


def transposed(form: Form) -> Form:
    """The transpose, moved inside products so that no two transposes meet."""
    if form.rank < 2:
        return form
    if isinstance(form, Transposed):
        return form.inner
    if isinstance(form, (Eye, Diag)) or (isinstance(form, Leaf) and form.tensor.is_symmetric):
        return form
    bare = form.inner if isinstance(form, Inverse) else form
    if isinstance(bare, Leaf) and bare.tensor.is_skew:
        return times(MINUS_ONE, form)
    if isinstance(form, Inverse) and is_symmetric(form.inner):
        return form
    if isinstance(form, Triangle):
        return Triangle(transposed(form.inner), not form.is_lower, -form.offset)
    if isinstance(form, Outer):
        return Outer(form.right, form.left)
    if isinstance(form, BigSum):
        return replace(form, inner=transposed(form.inner))
    if isinstance(form, KroneckerProduct):
        return KroneckerProduct(transposed(form.left), transposed(form.right))
    if isinstance(form, Commutation):
        return Commutation(form.columns, form.rows, form.is_script)
    if isinstance(form, Chain):
        return chain(*(transposed(factor) for factor in reversed(form.factors)))
    coefficient, scalars, rest = split(form)
    if (coefficient != 1 or scalars) and rest is not None:
        return times(coefficient, *scalars, transposed(rest))
    if isinstance(form, (Plus, Times, Apply, Power)):
        if _transposes(form) > 0 or _turns_freely(form):
            return _inside(form)
        if not _is_one_sided(form) and _inside(form) == form:
            return form
    return Transposed(form)


def _is_one_sided(form: Form) -> bool:
    """Whether an elementwise form has a matrix of no symmetry in it, so that it is not its own transpose."""
    if isinstance(form, Leaf):
        return form.rank == 2 and not form.tensor.is_symmetric
    return isinstance(form, (Plus, Times, Apply, Power)) and any(map(_is_one_sided, form.parts))


def _inside(form: Form) -> Form:
    """The transpose of an elementwise form, taken inside."""
    if isinstance(form, Plus):
        return plus(*(transposed(term) for term in form.terms))
    if isinstance(form, Times):
        return times(form.coefficient, *form.scalars, *(transposed(factor) for factor in form.arrays))
    if isinstance(form, Apply):
        return Apply(form.head, tuple(transposed(arg) for arg in form.args))
    if isinstance(form, Power):
        return Power(transposed(form.base), transposed(form.exponent))
    return Transposed(form)


def _turns_freely(form: Form) -> bool:
    """Whether every matrix inside is an outer product or diagonal, so that turning it costs no sign."""
    inner = [part for part in form.parts if part.rank == 2]
    return all(
        isinstance(part, (Outer, Diag, Eye))
        or (isinstance(part, (Plus, Times, Apply, Power)) and _turns_freely(part))
        for part in inner
    )


def is_symmetric(form: Form) -> bool:
    """Whether a matrix is its own transpose, seen from its form."""
    if isinstance(form, (Plus, Times)) and form.rank == 2:
        return all(is_symmetric(part) for part in form.parts if part.rank == 2) and not any(
            part.rank == 1 for part in form.parts
        )
    return form.rank == 2 and transposed(form) == form


def is_diagonal(form: Form) -> bool:
    """Whether a matrix is diagonal, seen from its form."""
    if isinstance(form, (Chain, Plus)) or (isinstance(form, Times) and form.rank == 2):
        return all(is_diagonal(part) for part in form.parts if part.rank == 2) and not any(
            part.rank == 1 for part in form.parts
        )
    if isinstance(form, (Inverse, Transposed)):
        return is_diagonal(form.inner)
    return isinstance(form, (Eye, Diag)) or (isinstance(form, Leaf) and form.tensor.domain == "diagonal")


def is_triangular(form: Form, lower: bool) -> bool:
    """Whether a matrix is lower (or upper) triangular, seen from its form."""
    if is_diagonal(form):
        return True
    if isinstance(form, Leaf):
        return bool(form.tensor.domain == ("lower" if lower else "upper"))
    if isinstance(form, Transposed):
        return is_triangular(form.inner, not lower)
    if isinstance(form, Inverse):
        return is_triangular(form.inner, lower)
    if isinstance(form, (Chain, Plus)) and form.rank == 2:
        return all(part.rank == 2 and is_triangular(part, lower) for part in form.parts)
    if isinstance(form, Times):
        return any(part.rank == 2 and is_triangular(part, lower) for part in form.arrays)
    return isinstance(form, Triangle) and form.is_lower == lower and form.offset == 0


def triangle(form: Form, lower: bool) -> Form:
    """`tril(A)` or `triu(A)`, coefficients in front; what is triangular already is left as it is."""
    coefficient, scalars, rest = split(form)
    if rest is None or is_triangular(rest, lower):
        return form
    inner = Diag(diag_part(rest)) if is_triangular(rest, not lower) else Triangle(rest, lower)
    return times(coefficient, *scalars, inner)


def diag_part(form: Form) -> Form:
    """The diagonal of a matrix; of the inverse of a triangular one, the reciprocals of its diagonal."""
    if isinstance(form, Transposed):
        return diag_part(form.inner)
    if isinstance(form, Diag):
        return form.inner
    if isinstance(form, Inverse) and (is_triangular(form.inner, True) or is_triangular(form.inner, False)):
        return Power(diag_part(form.inner), Const(sympy.S.NegativeOne))
    return DiagPart(form)


def trace(form: Form) -> Form:
    """The trace, with coefficients in front."""
    coefficient, scalars, rest = split(form)
    return Trace(form) if rest is None else times(coefficient, *scalars, Trace(rest))


def transposes(form: Form) -> int:
    """The number of transposes that are written."""
    own = isinstance(form, Transposed)
    return own + sum(transposes(part) for part in form.parts)


def fewest_transposes(form: Form) -> Form:
    """A scalar product or trace, read from the end that needs fewer transposes."""
    turned: Form
    if isinstance(form, Trace):
        turned = trace(transposed(form.inner))
    elif isinstance(form, Chain) and form.rank == 0:
        turned = Chain(tuple(transposed(factor) for factor in reversed(form.factors)))
    else:
        return form
    return turned if transposes(turned) < transposes(form) else form


def _transposes(form: Form) -> int:
    """How many matrices in the form stand transposed, less those that do not."""
    if isinstance(form, Transposed):
        return 1
    if isinstance(form, (Leaf, Chain, Inverse)) and form.rank == 2:
        return -1
    return sum(_transposes(part) for part in form.parts if part.rank == 2)


def chain(*factors: Form) -> Form:
    """The matrix product, flat: coefficients in front, identities dropped, rank-one factors opened."""
    coefficient: sympy.Expr = ONE
    scalars: list[Form] = []
    flat: list[Form] = []
    for factor in factors:
        own, loose, rest = split(factor)
        coefficient = coefficient * own
        scalars.extend(loose)
        if rest is not None:
            flat.extend(rest.factors if isinstance(rest, Chain) and rest.rank == 2 else (rest,))
    trimmed = [factor for factor in flat if not isinstance(factor, Eye)]
    flat = _factors_joined(_triangles_scaled(_diagonals_joined(trimmed or flat[:1])))
    if len(flat) == 1:
        return times(coefficient, *scalars, flat[0])
    for place, factor in enumerate(flat):
        if isinstance(factor, Outer):
            opened = _open(flat[:place], factor, flat[place + 1 :])
            return times(coefficient, *scalars, opened)
    if flat[-1].rank == 1 and isinstance(flat[-1], Chain):
        flat = [*flat[:-1], *flat[-1].factors]
    if flat[0].rank == 1 and len(flat) > 1 and flat[-1].rank == 2:
        flat = [transposed(factor) for factor in reversed(flat)]
    if flat[0].rank == 1 and isinstance(flat[0], Chain) and len(flat) > 1:
        turned = [transposed(factor) for factor in reversed(flat[0].factors)]
        flat = [*turned, *flat[1:]]
    return times(coefficient, *scalars, _dot(_factors_joined(flat)))


def _diagonals_joined(factors: list[Form]) -> list[Form]:
    """`diag(u) diag(v) = diag(u ⊙ v)`."""
    joined: list[Form] = []
    for factor in factors:
        if isinstance(factor, Diag) and joined and isinstance(joined[-1], Diag):
            joined[-1] = Diag(times(ONE, joined[-1].inner, factor.inner))
        else:
            joined.append(factor)
    return joined


def _triangles_scaled(factors: list[Form]) -> list[Form]:
    """`diag(u) tril(𝟏𝟏ᵀ) diag(v) = tril(uvᵀ)`; beside one diagonal matrix the triangle stays as it is."""
    for place in range(1, len(factors) - 1):
        left, middle, right = factors[place - 1 : place + 2]
        ones = middle.inner if isinstance(middle, Triangle) else None
        plain = isinstance(ones, Outer) and isinstance(ones.left, Ones) and isinstance(ones.right, Ones)
        if plain and isinstance(left, Diag) and isinstance(right, Diag) and isinstance(middle, Triangle):
            made = replace(middle, inner=outer(left.inner, right.inner))
            return [*factors[: place - 1], made, *factors[place + 2 :]]
    return factors


def _factors_joined(factors: list[Form]) -> list[Form]:
    """`L Lᵀ = A` and `L⁻ᵀ L⁻¹ = A⁻¹` for the Cholesky factor L of A."""
    joined: list[Form] = []
    for factor in factors:
        before = joined[-1] if joined else None
        if isinstance(before, Cholesky) and factor == Transposed(before):
            joined[-1] = before.inner
        elif (
            isinstance(factor, Inverse)
            and isinstance(factor.inner, Cholesky)
            and before == Transposed(factor)
        ):
            joined[-1] = Inverse(factor.inner.inner)
        else:
            joined.append(factor)
    return joined


def runs(factors: tuple[Form, ...]) -> list[tuple[Form, int]]:
    """The factors of a product with the number of times that each stands in a row: `A A b` is `A² b`."""
    found: list[tuple[Form, int]] = []
    for factor in factors:
        if found and found[-1][0] == factor and factor.rank == 2:
            found[-1] = (factor, found[-1][1] + 1)
        else:
            found.append((factor, 1))
    return found


def _dot(flat: list[Form]) -> Form:
    if len(flat) == 2 and flat[0] == flat[1] and flat[0].rank == 1:
        return NormSquared(flat[0])
    if flat[0].rank == 1 and flat[-1].rank == 1:
        for ones, other in ((flat[0], flat[1:]), (flat[-1], flat[:-1])):
            if isinstance(ones, Ones) and len(other) == 1:
                return Total(other[0])
    return fewest_transposes(Chain(tuple(flat)))


def _open(before: list[Form], middle: Outer, after: list[Form]) -> Form:
    left = chain(*before, middle.left) if before else middle.left
    right = (
        chain(*(transposed(factor) for factor in reversed(after)), middle.right) if after else middle.right
    )
    return outer(left, right) if left.rank and right.rank else times(ONE, left, right)


def outer(left: Form, right: Form) -> Form:
    """`u vᵀ` with coefficients in front."""
    a, loose_a, u = split(left)
    b, loose_b, v = split(right)
    if u is None or v is None:
        return times(ONE, left, right)
    if _are_opposite(u, v):  # (a − b)(b − a)ᵀ
        u, a = v, -a
    return times(a * b, *loose_a, *loose_b, Outer(u, v))


def _are_opposite(left: Form, right: Form) -> bool:
    """Whether two sums differ in their sign alone."""
    if not isinstance(left, Plus) or not isinstance(right, Plus) or len(left.terms) != len(right.terms):
        return False
    return {times(MINUS_ONE, term) for term in left.terms} == set(right.terms)
