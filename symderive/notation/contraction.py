"""Products and contractions of labelled forms: which factors make a matrix product, a trace, a norm."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from symderive.core.nodes import Index
from symderive.functions.kinked import absolute
from symderive.notation.arithmetic import ONE, times
from symderive.notation.forms import (
    Apply,
    Chain,
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
    Power,
    Times,
    Total,
    Transposed,
    Triangle,
)
from symderive.notation.labelled import Labelled, Labels, NoMatrixNotationError
from symderive.notation.matrix_products import (
    chain,
    diag_part,
    fewest_transposes,
    is_diagonal,
    outer,
    trace,
    transposed,
    transposes,
    triangle,
)


@dataclass
class _Factors:
    """The factors of a product, sorted by the labels that they carry."""

    scalars: list[Form]
    vectors: dict[Index, list[Form]]
    matrices: dict[Labels, list[Form]]

    def add(self, value: Labelled) -> None:
        """Sort one factor in, turning matrices so that each pair of labels has one orientation."""
        if not value.labels:
            self.scalars.append(value.form)
        elif len(value.labels) == 1:
            self.vectors.setdefault(value.labels[0], []).append(value.form)
        elif value.labels[::-1] in self.matrices:
            known, turned = self.matrices[value.labels[::-1]], transposed(value.form)
            across = transposes(turned) + sum(map(transposes, known))
            others = [transposed(one) for one in known] if across else []
            if transposes(value.form) + sum(map(transposes, others)) < across:
                del self.matrices[value.labels[::-1]]
                self.matrices[value.labels] = [*others, value.form]
            else:
                known.append(turned)
        else:
            self.matrices.setdefault(value.labels, []).append(value.form)


def _sorted_factors(values: list[Labelled]) -> _Factors:
    found = _Factors([], {}, {})
    for value in values:
        found.add(value)
    return found


def multiplied(values: list[Labelled], order: Labels) -> Labelled:
    """A product without a sum: scalars, vectors and matrices over at most two labels."""
    found = _sorted_factors(values)
    labels = [*found.vectors, *(label for pair in found.matrices for label in pair)]
    free = tuple(label for label in order if label in labels)
    if len(free) > 2 or len(found.matrices) > 1:
        raise NoMatrixNotationError
    if len(free) < 2:
        vector = found.vectors.get(free[0], []) if free else []
        return Labelled(times(ONE, *found.scalars, *vector), free)
    if found.matrices:
        free = next(iter(found.matrices))
    i, j = free
    u = found.vectors.get(i, [])
    v = found.vectors.get(j, [])
    matrices = found.matrices.get(free, [])
    if matrices:
        return Labelled(_scaled(found.scalars, u, matrices, v), free)
    left = times(ONE, *u) if u else Ones(i.dim)
    right = times(ONE, *v) if v else Ones(j.dim)
    return Labelled(times(ONE, *found.scalars, outer(left, right)), free)


def _scaled(scalars: list[Form], u: list[Form], matrices: list[Form], v: list[Form]) -> Form:
    """`diag(u) M diag(v)`, or a diagonal matrix where M is the identity, or a triangle of it."""
    masks = [matrix for matrix in matrices if _is_mask(matrix)]
    if masks:
        rest = [matrix for matrix in matrices if not _is_mask(matrix)]
        if not rest and isinstance(masks[0], Triangle) and isinstance(masks[0].inner, Outer):
            ones = masks[0].inner
            rest = [outer(times(ONE, *u) if u else ones.left, times(ONE, *v) if v else ones.right)]
            u, v = [], []
        return times(ONE, *scalars, _masked(masks, _scaled([], u, rest, v)))
    rest = [matrix for matrix in matrices if not isinstance(matrix, Eye)]
    if len(rest) == 1 < len(matrices) and not u and not v and is_diagonal(rest[0]):
        return times(ONE, *scalars, rest[0])
    if len(rest) < len(matrices):
        diagonal = [diag_part(matrix) for matrix in rest]
        vector = [*u, *v, *diagonal]
        return times(ONE, *scalars, diagonal_matrix(times(ONE, *vector)) if vector else matrices[0])
    if u and v and not all(isinstance(matrix, (Leaf, Chain, Inverse, Transposed)) for matrix in rest):
        return times(ONE, *scalars, outer(times(ONE, *u), times(ONE, *v)), *rest)
    pieces = [times(ONE, *rest)]
    if u:
        pieces.insert(0, diagonal_matrix(times(ONE, *u)))
    if v:
        pieces.append(diagonal_matrix(times(ONE, *v)))
    return times(ONE, *scalars, chain(*pieces))


def _is_mask(form: Form) -> bool:
    """Whether the form is a triangle of ones: 1 on one side of the diagonal and on it, 0 on the other."""
    ones = form.inner if isinstance(form, Triangle) and form.offset == 0 else None
    return isinstance(ones, Outer) and isinstance(ones.left, Ones) and isinstance(ones.right, Ones)


def _masked(masks: list[Form], form: Form) -> Form:
    for mask in masks:
        form = triangle(form, mask.is_lower) if isinstance(mask, Triangle) else form
    return form


def _one_product(matrices: list[Form]) -> Form:
    """The elementwise product of matrices; with a triangle of ones, the triangle of the others."""
    masks = [matrix for matrix in matrices if _is_mask(matrix)]
    rest = [matrix for matrix in matrices if not _is_mask(matrix)]
    return times(ONE, *matrices) if not masks or not rest else _masked(masks, times(ONE, *rest))


def diagonal_matrix(vector: Form) -> Form:
    """The diagonal matrix of a vector, numbers in front; diag(diag(D)) = D."""
    if isinstance(vector, DiagPart) and is_diagonal(vector.inner):
        return vector.inner
    if not vector.rank:
        raise NoMatrixNotationError  # a vector that has cancelled to 0
    if isinstance(vector, Times) and (vector.coefficient != 1 or vector.scalars):
        return times(vector.coefficient, *vector.scalars, Diag(times(ONE, *vector.arrays)))
    return Diag(vector)


def contracted(values: list[Labelled], summed: Labels, order: Labels) -> Labelled:
    """`Σ` over the `summed` labels of a product."""
    found = _sorted_factors(values)
    waiting = list(summed)
    while waiting:
        label = min(waiting, key=lambda one: (_degree(found, one), waiting.index(one)))
        waiting.remove(label)
        closing = _closing_pair(found, label, waiting)
        if closing is not None:
            waiting.remove(closing)
            continue
        _eliminate(found, label)
    remaining = [Labelled(form, ()) for form in found.scalars]
    remaining += [Labelled(form, (label,)) for label, forms in found.vectors.items() for form in forms]
    remaining += [Labelled(form, pair) for pair, forms in found.matrices.items() for form in forms]
    return multiplied(remaining, order)


def _degree(found: _Factors, label: Index) -> int:
    return sum(label in pair for pair in found.matrices)


def _closing_pair(found: _Factors, label: Index, waiting: list[Index]) -> Index | None:
    """Sum both ends of the only pair that carries `label`: a trace or a total."""
    pairs = [pair for pair in found.matrices if label in pair]
    if len(pairs) != 1:
        return None
    (pair,) = pairs
    other = pair[1] if pair[0] == label else pair[0]
    if other not in waiting or _degree(found, other) != 1 or other in found.vectors or label in found.vectors:
        return None
    found.scalars.append(total(found.matrices.pop(pair)))
    return other


def total(matrices: list[Form]) -> Form:
    """The sum of all entries of an elementwise product of matrices."""
    product = _one_product(matrices)
    if not isinstance(product, Times):
        return _norm_squared(product) or Total(product)
    plain = product.coefficient, *product.scalars
    arrays = product.arrays
    if len(arrays) == 2 and not any(isinstance(one, (Apply, Power)) for one in arrays):
        first, second = arrays
        if first == second:
            inner: Form = NormSquared(first)
        elif isinstance(second, Transposed):
            inner = fewest_transposes(trace(chain(second.inner, first)))
        else:
            inner = fewest_transposes(trace(chain(transposed(first), second)))
        return times(plain[0], *product.scalars, inner)
    return times(plain[0], *product.scalars, Total(times(ONE, *arrays)))


def _norm_squared(squares: Form) -> Form | None:
    """`‖u‖²` for the squares of u; None for others, and for `|u|²`: a norm says that already."""
    if not isinstance(squares, Power) or squares.exponent != Const(sympy.Integer(2)):
        return None
    base = squares.base
    return None if isinstance(base, Apply) and base.head is absolute else NormSquared(base)


def _eliminate(found: _Factors, label: Index) -> None:
    vectors = found.vectors.pop(label, [])
    pairs = [pair for pair in found.matrices if label in pair]
    if not pairs:
        found.scalars.append(dot(vectors) if vectors else Const(label.dim))
        return
    if len(pairs) > 2:
        raise NoMatrixNotationError
    factors = []
    for pair in pairs:
        matrix = _one_product(found.matrices.pop(pair))
        other = pair[1] if pair[0] == label else pair[0]
        factors.append((other, matrix if pair[1] == label else transposed(matrix)))
    (i, left), rest = factors[0], factors[1:]
    if not rest:
        vector = times(ONE, *vectors) if vectors else Ones(label.dim)
        found.vectors.setdefault(i, []).append(chain(left, vector))
        return
    j, right = rest[0]
    middle = [diagonal_matrix(times(ONE, *vectors))] if vectors else []
    product = chain(left, *middle, transposed(right))
    straight = transposes(product)
    if straight or j.name < i.name:
        turned = transposed(product)
        across = transposes(turned)
        if across < straight or (across == straight and j.name < i.name):
            product, i, j = turned, j, i
    found.add(Labelled(product, (i, j)))


def dot(vectors: list[Form]) -> Form:
    """The sum of the entries of an elementwise product of vectors."""
    product = times(ONE, *vectors)
    if not isinstance(product, Times):
        return (
            trace(product.inner)
            if isinstance(product, DiagPart)
            else _norm_squared(product) or Total(product)
        )
    arrays = product.arrays
    if len(arrays) == 2 and not any(isinstance(one, (Apply, Power)) for one in arrays):
        inner = chain(*arrays)
    elif len(arrays) == 1:
        inner = dot([arrays[0]])
    else:
        inner = Total(times(ONE, *arrays))
    return times(product.coefficient, *product.scalars, inner)
