"""From an equation with indices to matrix notation.

The free indices of a right-hand side label the axes of its form. A sum over an index is a dot product, a
matrix–vector product, a matrix product or a trace, according to how many factors carry the index.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import sympy

from symderive.core.dims import same_size
from symderive.core.identity import free_indices, substitute
from symderive.core.idle import without_idle
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import (
    CholeskyEntry,
    CholeskyInverseEntry,
    Det,
    InverseEntry,
    LogAbsDet,
    MatrixNode,
)
from symderive.core.nodes import (
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
from symderive.core.positions import Inside, is_readable
from symderive.core.program import Definition
from symderive.core.singular_nodes import (
    LargestPairEntry,
    LargestSingularValue,
    NuclearNorm,
    PolarEntry,
    SingularEntry,
    SingularNode,
    SmallestPairEntry,
    SmallestSingularValue,
)
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.notation.arithmetic import ONE, plus, split, times
from symderive.notation.contraction import contracted, multiplied
from symderive.notation.exponential_sums import log_sum, softmax
from symderive.notation.factoring import factored
from symderive.notation.forms import (
    Apply,
    Basis,
    BigSum,
    Cholesky,
    Component,
    Const,
    Determinant,
    DiagPart,
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
    Power,
    ProductOfAll,
    SingularSlope,
    SingularSum,
    Slice,
    Smallest,
    Total,
    Triangle,
    walk,
)
from symderive.notation.labelled import (
    Labelled,
    Labels,
    NoMatrixNotationError,
    factors_in_order,
    label_order,
    laid_out,
    oriented,
    term_order,
)
from symderive.notation.matrix_products import transposes
from symderive.notation.multiplying_out import multiplied_out
from symderive.notation.triangles import recovered


def matrix_form(definition: Definition) -> Form | None:
    """The right-hand side of a definition in matrix notation, or None where there is none.

    What was derived is factored; what a user wrote stands as it was written.
    """
    form = _matrix_form(definition.body, definition.indices) if definition.tensor.rank <= 2 else None
    return factored(form) if form is not None and definition.rule else form


@lru_cache(maxsize=20_000)  # LaTeX, text and code of one equation ask for the same form
def _matrix_form(body: sympy.Expr, indices: Labels) -> Form | None:
    for opened in (False, True):
        try:
            found = laid_out(recover(multiplied_out(body) if opened else body), indices)
        except NoMatrixNotationError:
            continue
        # A sum of blocks is matrix notation for people; code is written from the indices.
        return None if any(isinstance(part, BigSum) for part in walk(found)) else found
    return None


def recover(expr: sympy.Expr) -> Labelled:
    """The labelled form of an expression.

    Raises:
        NoMatrixNotationError: there is none with up to two axes.
    """
    if not free_indices(expr) and not has_kind(expr, (TensorNode, IndexSum, Fold, Delta, Inside)):
        return Labelled(Const(expr), ())
    if isinstance(expr, Entry):
        return _entry(expr)
    if isinstance(expr, MatrixNode):
        return _of_matrix(expr)
    if isinstance(expr, Delta):
        left, right = expr.args
        if not free_indices(expr):
            return Labelled(Kronecker(left, right), ())
        if isinstance(left, Index) and isinstance(right, Index):
            if not same_size(left.dim, right.dim):  # no identity
                raise NoMatrixNotationError
            return Labelled(Eye(left.dim), (left, right))
        return _basis(*((left, right) if isinstance(right, Index) else (right, left)))
    if isinstance(expr, Inside):
        return _triangle(expr)
    if isinstance(expr, sympy.Add):
        return _add(expr)
    if isinstance(expr, sympy.Mul):
        return multiplied(recovered(factors_in_order(expr), recover), label_order(expr))
    if isinstance(expr, sympy.Pow):
        return _combined([recover(expr.base), recover(expr.exp)], lambda forms: Power(*forms))
    if isinstance(expr, IndexSum):
        return _index_sum(expr)
    if isinstance(expr, Fold):
        return _fold(expr)
    if isinstance(expr, IndexLogSum):
        return log_sum(expr, recover)
    if isinstance(expr, SoftmaxEntry):
        return softmax(expr, recover)
    if isinstance(expr, sympy.Function):
        head = type(expr)
        return _combined([recover(arg) for arg in expr.args], lambda forms: Apply(head, tuple(forms)))
    raise NoMatrixNotationError


_FOLDS: dict[type[Fold], type[Folded]] = {
    IndexMax: Largest, IndexMin: Smallest, IndexProduct: ProductOfAll,
}  # fmt: skip


def _fold(expr: Fold) -> Labelled:
    """A maximum, minimum or product of all entries; over one of two axes it is written with indices."""
    plain = without_idle(expr)
    if plain is not expr:
        return recover(plain)
    inner = recover(expr.body)
    if set(inner.labels) != set(expr.indices):
        raise NoMatrixNotationError
    return Labelled(_FOLDS[type(expr)](inner.form), ())


def _basis(position: sympy.Expr, index: sympy.Expr) -> Labelled:
    """`δ_2i` as the vector `e_2`; the position of a block of a Hessian is written with indices."""
    if not isinstance(index, Index) or free_indices(position) or not is_readable(position, index.dim):
        raise NoMatrixNotationError
    if not (position.is_Integer or sympy.expand(index.dim - position).is_Integer):
        raise NoMatrixNotationError
    return Labelled(Basis(position, index.dim), (index,))


def _triangle(expr: Inside) -> Labelled:
    """`[j ≤ i]` as a triangle of ones."""
    labels = label_order(expr)
    if len(labels) == 2 and all(same_size(one.dim, expr.size) for one in labels):
        i, j = labels
        ones = Outer(Ones(i.dim), Ones(j.dim))
        for position, lower in ((i - j, True), (j - i, False)):
            if expr == Inside(position, expr.size):
                return Labelled(Triangle(ones, lower), (i, j))
    raise NoMatrixNotationError


def _entry(expr: Entry) -> Labelled:
    tensor, axes = expr.tensor, expr.axes
    if not all(
        isinstance(axis, Index) or (not free_indices(axis) and is_readable(axis, size))
        for axis, size in zip(axes, tensor.shape, strict=True)
    ):
        raise NoMatrixNotationError
    labels = tuple(axis for axis in axes if isinstance(axis, Index))
    if len(labels) == tensor.rank:
        if len(set(labels)) == len(labels) <= 2:
            return Labelled(Leaf(tensor), labels)
        if tensor.rank == 2:
            return Labelled(DiagPart(Leaf(tensor)), labels[:1])
        raise NoMatrixNotationError
    if len(set(labels)) != len(labels) or len(labels) > 2:
        raise NoMatrixNotationError
    if not labels:
        return Labelled(Component(Leaf(tensor), axes), ())
    return Labelled(Slice(tensor, tuple(None if isinstance(axis, Index) else axis for axis in axes)), labels)


def _of_matrix(expr: MatrixNode) -> Labelled:
    form = whole_matrix(expr)
    labels = tuple(axis for axis in expr.own if isinstance(axis, Index))
    if len(labels) != len(expr.own) or any(isinstance(axis, Index) for axis in expr.lead):
        raise NoMatrixNotationError  # a row of an inverse is written with indices
    if len(set(labels)) < len(labels):
        return Labelled(DiagPart(form), labels[:1])
    return Labelled(form, labels)


SINGULAR_KINDS: dict[type, str] = {
    NuclearNorm: "nuclear", PolarEntry: "nuclear", LargestSingularValue: "largest",
    LargestPairEntry: "largest", SmallestSingularValue: "smallest", SmallestPairEntry: "smallest",
}  # fmt: skip


def whole_matrix(expr: MatrixNode, batch: bool = False) -> Form:
    """The inverse, the Cholesky factor, the determinant or its logarithm without positions.

    Args:
        expr: the node.
        batch: whether all matrices of a batch are meant; by default the one at the node's positions.
    """
    whole: Form = Leaf(expr.tensor)
    if expr.lead and not batch:
        whole = Slice(expr.tensor, (*expr.lead, None, None))
    if isinstance(expr, CholeskyInverseEntry):
        return Inverse(Cholesky(whole))
    if isinstance(expr, SingularNode):
        made = SingularSlope if isinstance(expr, SingularEntry) else SingularSum
        return made(whole, SINGULAR_KINDS[type(expr)])
    kinds: dict[type, type[Inverse | Determinant | LogDeterminant | Cholesky]] = {
        InverseEntry: Inverse, Det: Determinant, LogAbsDet: LogDeterminant, CholeskyEntry: Cholesky,
    }  # fmt: skip
    return kinds[type(expr)](whole)


def _add(expr: sympy.Add) -> Labelled:
    return _sum_of([recover(term) for term in sorted(expr.args, key=term_order)])


def _sum_of(terms: list[Labelled]) -> Labelled:
    return _combined(terms, lambda forms: plus(*forms))


def _combined(values: list[Labelled], build: Callable[[list[Form]], Form]) -> Labelled:
    """An elementwise form of several, with the axes in the order that needs fewer transposes."""
    labels = _common([value.labels for value in values])
    if len(labels) == 2 and labels[1].name < labels[0].name:
        labels = labels[::-1]  # of two orders with as many transposes, that of the names
    made = Labelled(build([oriented(value, labels) for value in values]), labels)
    straight = transposes(made.form) if len(labels) == 2 else 0
    if not straight:
        return made
    turned = Labelled(build([oriented(value, labels[::-1]) for value in values]), labels[::-1])
    return turned if transposes(turned.form) < straight else made


def _common(labels: list[Labels]) -> Labels:
    longest = max(labels, key=len)
    found = list(longest)
    for one in labels:
        found.extend(label for label in one if label not in found)
    if len(found) > 2:
        raise NoMatrixNotationError
    if len(longest) < 2:
        return tuple(sorted(found, key=lambda index: index.name))
    return tuple(found)


def _index_sum(expr: IndexSum) -> Labelled:
    body = expr.body
    if isinstance(body, sympy.Add) and _is_apart(body, expr.indices):
        return _sum_of(_sums_of_terms(body, expr.indices))
    try:
        factors = recovered(factors_in_order(body), recover)
        return contracted(factors, expr.indices, label_order(expr))
    except NoMatrixNotationError:
        return _sum_of_blocks(expr)


def _sum_of_blocks(expr: IndexSum) -> Labelled:
    """`Σ_b A_b B_b`: a sum over the first axis of arrays with more than two, of matrices."""
    leading = {entry.axes[0] for entry in _entries_of(expr.body) if entry.tensor.rank > 2}
    for place, index in enumerate(expr.indices):
        if index in leading:
            rest = (*expr.indices[:place], *expr.indices[place + 1 :])
            body = substitute(expr.body, {index: held_position(index)})
            inner = recover(IndexSum(body, *rest) if rest else body)
            number, scalars, whole = split(inner.form)
            summand = times(ONE, *scalars, *(() if whole is None else (whole,)))
            return Labelled(times(number, BigSum((index,), summand)), inner.labels)
    raise NoMatrixNotationError


def _entries_of(expr: sympy.Expr) -> list[Entry]:
    return [part for part in sympy.preorder_traversal(expr) if isinstance(part, Entry)]


def held_position(index: Index) -> sympy.Symbol:
    """A fixed position on an axis, written like the index that it stands for."""
    return sympy.Symbol(index.name, integer=True, nonnegative=True)


def _sums_of_terms(body: sympy.Add, indices: Labels) -> list[Labelled]:
    return [_index_sum_term(term, indices) for term in sorted(body.args, key=term_order)]


def _index_sum_term(term: sympy.Expr, indices: Labels) -> Labelled:
    used = tuple(index for index in indices if index in free_indices(term))
    extent = sympy.Mul(*(index.dim for index in indices if index not in used))
    number, rest = term.as_coeff_Mul()
    if isinstance(rest, IndexSum):  # both sums at once: `Σᵢ Σ_p Aᵢₚ² = ‖A‖²`
        term, used = number * rest.body, (*rest.indices, *used)
    inner = recover(IndexSum(term, *used)) if used else recover(term)
    return Labelled(times(extent, inner.form), inner.labels)


def _is_apart(body: sympy.Add, indices: Labels) -> bool:
    """Whether a sum over the terms is written term by term."""
    whole = _one_vector(body) or _one_matrix(body, indices)
    return not whole or (has_kind(body, InverseEntry) and _are_numbers_with_names(body, indices))


def _are_numbers_with_names(body: sympy.Add, indices: Labels) -> bool:
    """Whether the sums over all terms are traces, norms and the like: `Σᵢ (Vᵢᵢ − uᵢ²) = tr(V) − ‖u‖²`."""
    try:
        sums = _sums_of_terms(body, indices)
    except NoMatrixNotationError:
        return False
    return not any(isinstance(part, (Total, BigSum)) for one in sums for part in walk(one.form))


def _one_vector(body: sympy.Expr) -> bool:
    """Whether all terms carry the same indices and none is a product: the body is one elementwise form."""
    carried = {free_indices(term) for term in body.args}
    return len(carried) == 1 and (len(carried.pop()) == 1 or not any(map(_is_contraction, body.args)))


def _one_matrix(body: sympy.Add, indices: Labels) -> bool:
    """Whether the body is a matrix over a summed and a free index: `Σ_p (A_pj + b_j) = (A + 𝟏bᵀ)ᵀ𝟏`."""
    carried = [free_indices(term) for term in body.args]
    labels = frozenset().union(*carried)
    whole = sum(one == labels for one in carried)
    return (
        len(labels) == 2
        and len(labels.intersection(indices)) == 1
        and whole > 1
        and not any(map(_is_contraction, body.args))
    )


def _is_contraction(term: sympy.Expr) -> bool:
    """Whether the factors of a term carry different indices, as in a matrix product."""
    return len({free_indices(factor) for factor in sympy.Mul.make_args(term)} - {frozenset()}) > 1
