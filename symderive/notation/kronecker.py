"""A derivative with three or four axes as one matrix: `∂vec(F)/∂vec(X)ᵀ = Bᵀ ⊗ A`.

Rows and columns are numbered as vec numbers the entries of a matrix, column after column.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.dims import same_size
from symderive.core.identity import fresh, index_names, substitute, tensors_of
from symderive.core.nodes import Index, IndexSum, Tensor
from symderive.core.program import Definition
from symderive.notation.arithmetic import MINUS_ONE, ONE, plus, split, times
from symderive.notation.factoring import factored
from symderive.notation.forms import BigSum, Diag, Eye, Form, Ones, Outer
from symderive.notation.kronecker_terms import Composed, Sides, Term, terms_of
from symderive.notation.labelled import Labels, NoMatrixNotationError, laid_out
from symderive.notation.matrix_products import chain, outer
from symderive.notation.recover import held_position, recover
from symderive.notation.vectorised import Commutation, KroneckerProduct, Vec

Names = frozenset[str]
Scale = tuple[sympy.Expr, tuple[Form, ...]]
Paired = dict[Form, dict[str, Scale]]


def kronecker_form(definition: Definition, rows: int, names: Names = frozenset()) -> Form | None:
    """The right-hand side as a matrix of pairs of positions, or None where it has no such form.

    Args:
        definition: an equation with three or four axes.
        rows: how many of the axes number the rows; the others number the columns.
        names: of arrays on the left-hand side; where one is K, the commutation matrix is 𝒦.
    """
    return _found(definition.body, definition.indices, rows, False, names)


def kronecker_factors(definition: Definition) -> list[tuple[Definition, Definition]] | None:
    """Matrices P, Q for which an equation with four axes says Σ P ⊗ Q, or None where there are none.

    Both have the name of the array that the equation defines.

    Args:
        definition: an equation of which the first two axes number the rows.
    """
    if definition.tensor.rank != 4 or definition.body == 0:
        return None
    i, j, p, q = definition.indices
    try:
        terms = terms_of(definition.body, Sides((i, j), (p, q)))
    except NoMatrixNotationError:
        return None
    found = []
    for term in terms:
        if not isinstance(term, Term) or term.kind != "straight" or (term.front, term.behind) != (1, 1):
            return None
        sides = ((j, q), term.left), ((i, p), term.scale * term.right)
        found.append(tuple(_over(definition, *side) for side in sides))
    return [(left, right) for left, right in found]


def _over(definition: Definition, pair: tuple[Index, Index], body: sympy.Expr) -> Definition:
    tensor = Tensor(definition.tensor.name, tuple(index.dim for index in pair))
    return Definition(tensor, pair, body, definition.rule)


def summed_kronecker_form(definition: Definition, rows: int, names: Names = frozenset()) -> Form | None:
    """The same where a sum of such matrices may be needed: `Σ_p (diag(P_p) − P_p P_pᵀ) ⊗ x_p x_pᵀ`."""
    return _found(definition.body, definition.indices, rows, True, names)


@lru_cache(maxsize=10_000)
def _found(body: sympy.Expr, indices: Labels, rows: int, summed: bool, names: Names) -> Form | None:
    sides = _sides(body, indices, rows, names)
    if sides is None or body == 0:
        return None
    try:
        return _whole(body, sides)
    except NoMatrixNotationError:
        pass
    try:
        return _sum_of_matrices(body, sides) if summed else None
    except NoMatrixNotationError:
        return None


def _sides(body: sympy.Expr, indices: Labels, rows: int, names: Names) -> Sides | None:
    """The indices of both sides; None where neither is a matrix, or one is more."""
    above, below = indices[:rows], indices[rows:]
    known = {*names, *(str(tensor.name) for tensor in tensors_of(body))}
    if sorted((len(above), len(below))) not in ([1, 2], [2, 2]):
        return None
    (absent,) = fresh((1,), index_names(body) | {index.name for index in indices})
    first, second = ((*one, absent) for one in (above, below))
    return Sides((first[0], first[1]), (second[0], second[1]), "K" in known)


def _sum_of_matrices(body: sympy.Expr, sides: Sides) -> Form:
    """The sum over one index of Kronecker products."""
    number, rest = body.as_coeff_Mul()
    sums = [one for one in sympy.Mul.make_args(rest) if isinstance(one, IndexSum)]
    if len(sums) != 1:
        raise NoMatrixNotationError
    (inner,) = sums
    others = number * sympy.Mul(*(one for one in sympy.Mul.make_args(rest) if one is not inner))
    for place, index in enumerate(inner.indices):
        waiting = (*inner.indices[:place], *inner.indices[place + 1 :])
        held = substitute(inner.body, {index: held_position(index)})
        try:
            form = _whole(others * (IndexSum(held, *waiting) if waiting else held), sides)
        except NoMatrixNotationError:
            continue
        coefficient, scalars, matrix = split(form)
        summand = times(ONE, *scalars, *(() if matrix is None else (matrix,)))
        return times(coefficient, BigSum((index,), summand))
    raise NoMatrixNotationError


def _whole(body: sympy.Expr, sides: Sides) -> Form:
    """The sum of the terms, `A ⊗ B + K(A ⊗ B)` as `(I + K)(A ⊗ B)`."""
    terms = terms_of(body, sides)
    composed = _meeting([term for term in terms if isinstance(term, Composed)])
    return factored(plus(*composed, *_summands([term for term in terms if isinstance(term, Term)], sides)))


def _summands(terms: list[Term], sides: Sides) -> list[Form]:
    """The matrices of straight, crossed and outer terms."""
    plain: list[Form] = []
    paired: Paired = {}
    for term in terms:
        product = _bare_product(term)
        if product is not None and term.kind not in paired.get(product, {}):
            number, scalars, _ = split(_of_term(term))
            paired.setdefault(product, {})[term.kind] = number, scalars
        else:
            plain.append(_of_term(term))
    pairs = [*_in_front(paired, sides), *_behind(paired, sides)]
    alone = [(product, kinds) for product, kinds in paired.items() if kinds]
    straight = [_scaled(kinds["straight"], product) for product, kinds in alone if "straight" in kinds]
    return [*pairs, *plain, *straight, *_swapped(alone, sides)]


def _meeting(terms: list[Composed]) -> list[Form]:
    """`L diag(vec D) R`; those with one diagonal matrix as `(L + L′) diag(vec D) (R + R′)`."""
    behind: dict[tuple[Form, Form, Form], list[Composed]] = {}
    for term in terms:
        middle = _diagonal(Diag(_stacked(_matrix(term.middle, term.first.sides.columns))))
        place = _scalar(term.scale), middle, _of_term(term.second)
        behind.setdefault(place, []).append(term)
    both: dict[tuple[Form, Form, frozenset[Form]], tuple[list[Composed], list[Term]]] = {}
    for (scale, middle, _), alike in behind.items():
        firsts = frozenset(_of_term(one.first) for one in alike)
        both.setdefault((scale, middle, firsts), (alike, []))[1].append(alike[0].second)
    return [
        times(ONE, scale, chain(_total([one.first for one in alike]), middle, _total(seconds)))
        for (scale, middle, _), (alike, seconds) in both.items()
    ]


def _total(terms: list[Term]) -> Form:
    return plus(*_summands(terms, terms[0].sides))


def _bare_product(term: Term) -> Form | None:
    """The Kronecker product of a term without diagonal matrices around it."""
    bare = term.kind != "outer" and term.front == term.behind == 1
    return _product(term)[1] if bare else None


def _in_front(paired: Paired, sides: Sides) -> list[Form]:
    """`(I ± K)(A ⊗ B)`, where straight and crossed term of a product are alike; they are taken out."""
    found = []
    for product, kinds in paired.items():
        both = _both(kinds.get("straight"), kinds.get("crossed"), _commutation(sides))
        if both is not None:
            found.append(_scaled(kinds["straight"], chain(both, product)))
            kinds.clear()
    return found


def _behind(paired: Paired, sides: Sides) -> list[Form]:
    """`(A ⊗ B)(I ± K)`: the crossed term `K(B ⊗ A)` is `(A ⊗ B)K`; they are taken out."""
    found = []
    for product, kinds in paired.items():
        if not isinstance(product, KroneckerProduct) or "straight" not in kinds:
            continue
        other = paired.get(KroneckerProduct(product.right, product.left), {})
        both = _both(kinds["straight"], other.get("crossed"), _commutation(sides, behind=True))
        if both is not None:
            found.append(_scaled(kinds.pop("straight"), chain(product, both)))
            other.pop("crossed")
    return found


def _both(straight: Scale | None, crossed: Scale | None, swap: Commutation | None) -> Form | None:
    """`I ± K` for terms that have the same number in front, up to the sign."""
    if straight is None or crossed is None or swap is None:
        return None
    (a, scalars), (b, others) = straight, crossed
    if scalars != others or b not in (a, -a):
        return None
    return plus(Eye(swap.rows * swap.columns), times(ONE if a == b else MINUS_ONE, swap))


def _scaled(scale: Scale, product: Form) -> Form:
    return times(scale[0], *scale[1], product)


def _swapped(found: list[tuple[Form, dict[str, Scale]]], sides: Sides) -> list[Form]:
    """The crossed terms, the commutation matrix in front of their sum."""
    swap = _commutation(sides)
    crossed = [_scaled(kinds["crossed"], product) for product, kinds in found if "crossed" in kinds]
    if swap is None or not crossed:
        return crossed
    number, scalars, matrix = split(factored(plus(*crossed)))
    return [times(number, *scalars, swap if matrix is None else chain(swap, matrix))]


def _commutation(sides: Sides, behind: bool = False) -> Commutation | None:
    """`K_{q,m}` for rows i < m and j < q; None where no matrix changes places with its transpose.

    Args:
        sides: the indices.
        behind: whether it stands behind the product: `K_{n,p}` for columns k < n and l < p.
    """
    if any(map(_is_single, (*sides.rows, *sides.columns))):
        return None
    outer_index, inner_index = sides.columns if behind else sides.rows[::-1]
    return Commutation(outer_index.dim, inner_index.dim, sides.has_matrix_k)


def _is_single(index: Index) -> bool:
    return same_size(index.dim, ONE)


def _of_term(term: Term) -> Form:
    """The matrix of one term."""
    if term.kind == "outer":
        front, behind = (_stacked(_matrix(one, pair)) for one, pair in (
            (term.front, term.sides.rows), (term.behind, term.sides.columns)))  # fmt: skip
        return times(ONE, _scalar(term.scale), outer(front, behind))
    front_scale, product = _product(term)
    swap = _commutation(term.sides) if term.kind == "crossed" else None
    pieces: list[Form] = [] if swap is None else [swap]
    pieces.append(product)
    if term.front != 1:
        pieces.insert(0, _diagonal(Diag(_stacked(_matrix(term.front, term.sides.rows)))))
    if term.behind != 1:
        pieces.append(_diagonal(Diag(_stacked(_matrix(term.behind, term.sides.columns)))))
    return times(ONE, _scalar(term.scale), front_scale, chain(*pieces))


def _diagonal(form: Diag) -> Form:
    """A diagonal matrix, numbers in front."""
    number, scalars, vector = split(form.inner)
    return form if vector is None else times(number, *scalars, Diag(vector))


def _scalar(expr: sympy.Expr) -> Form:
    value = recover(expr)
    if value.labels:
        raise NoMatrixNotationError
    return value.form


def _matrix(expr: sympy.Expr, pair: tuple[Index, Index]) -> Form:
    """A matrix over two indices; one with the extent 1 for an absent axis makes it a row or a column."""
    return factored(laid_out(recover(expr), pair))


def _stacked(form: Form) -> Form:
    """`vec(A)`, numbers in front; of a column the column itself."""
    number, scalars, matrix = split(form)
    if isinstance(matrix, Outer) and matrix.right == Ones(ONE):
        return times(number, *scalars, matrix.left)
    if isinstance(matrix, Outer) and isinstance(matrix.left, Ones) and isinstance(matrix.right, Ones):
        return times(number, *scalars, Ones(matrix.left.size * matrix.right.size))
    if matrix is None:
        raise NoMatrixNotationError
    return times(number, *scalars, Vec(matrix))


def _product(term: Term) -> tuple[Form, Form]:
    """The Kronecker product of a term, and what stands in front of it."""
    left, right = (_matrix(one, pair) for one, pair in zip(
        (term.left, term.right), term.sides.pairs(term.kind), strict=True))  # fmt: skip
    (a, loose, first), (b, more, second) = split(left), split(right)
    if first is None or second is None:
        raise NoMatrixNotationError
    front = times(a * b, *loose, *more)
    if isinstance(first, Eye) and isinstance(second, Eye):
        return front, Eye(first.size * second.size)
    single = Outer(Ones(ONE), Ones(ONE))
    if single in (first, second):
        return front, second if first == single else first
    if term.kind == "crossed" and any(map(_is_single, term.sides.columns)):
        return front, KroneckerProduct(second, first)  # K_{q,m}(q ⊗ P) = P ⊗ q for a column q
    return front, KroneckerProduct(first, second)
