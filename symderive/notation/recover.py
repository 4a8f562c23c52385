"""From an equation with indices to matrix notation.

The free indices of a right-hand side label the axes of its form. A sum over an index is a dot product, a
matrix–vector product, a matrix product or a trace, according to how many factors carry the index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symderive.core.identity import BOUND_LETTERS, free_indices, fresh, index_names, substitute
from symderive.core.matrix_nodes import Det, InverseEntry, LogAbsDet, MatrixNode
from symderive.core.nodes import Binder, Delta, Entry, Index, IndexSum, TensorNode
from symderive.core.program import Definition
from symderive.notation.forms import (
    ONE,
    Apply,
    BigSum,
    Chain,
    Component,
    Const,
    Determinant,
    Diag,
    DiagPart,
    Eye,
    Form,
    Inverse,
    Kronecker,
    Leaf,
    LogDeterminant,
    NormSquared,
    Ones,
    Plus,
    Power,
    Slice,
    Times,
    Total,
    Trace,
    Transposed,
    chain,
    fewest_transposes,
    outer,
    plus,
    times,
    transposed,
    transposes,
)  # fmt: skip

Labels = tuple[Index, ...]
_MOST_TERMS = 12  # of a product that is multiplied out


class NoMatrixNotationError(Exception):
    """The expression has no matrix notation; write it with indices."""


@dataclass(frozen=True)
class Labelled:
    """A form whose axes carry the labels of free indices, all different."""

    form: Form
    labels: Labels


def matrix_form(definition: Definition) -> Form | None:
    """The right-hand side of a definition in matrix notation, or None where there is none."""
    return _matrix_form(definition.body, definition.indices) if definition.tensor.rank <= 2 else None


@lru_cache(maxsize=20_000)  # LaTeX, text and code of one equation ask for the same form
def _matrix_form(body: sympy.Expr, indices: Labels) -> Form | None:
    try:
        return laid_out(recover(body), indices)
    except NoMatrixNotationError:
        pass
    try:
        return laid_out(recover(multiplied_out(body)), indices)
    except NoMatrixNotationError:
        return None


def multiplied_out(expr: sympy.Expr) -> sympy.Expr:
    """Products of sums as sums of products, each under one sign Σ: `Σ_p a_p Σ_q (b_pq + c_pq)`.

    Raises:
        NoMatrixNotationError: there are many terms.
    """
    terms = []
    for product, indices in _terms_of(expr, set(index_names(expr))):
        used = tuple(index for index in indices if index in free_indices(product))
        extent = sympy.Mul(*(index.dim for index in indices if index not in used))
        terms.append(extent * (IndexSum(product, *used) if used else product))
    return sympy.Add(*terms)


def _terms_of(expr: sympy.Expr, taken: set[str]) -> list[tuple[sympy.Expr, Labels]]:
    """The terms of an expression with the indices that each is summed over, every letter used once."""
    if isinstance(expr, sympy.Add):
        found = [term for arg in expr.args for term in _terms_of(arg, taken)]
    elif isinstance(expr, sympy.Mul):
        found = [(sympy.S.One, ())]
        for arg in expr.args:
            inner = _terms_of(arg, taken)
            found = [
                (left * right, (*bound, *more)) for left, bound in found for right, more in inner
            ]  # fmt: skip
            if len(found) > _MOST_TERMS:
                raise NoMatrixNotationError
    elif isinstance(expr, IndexSum):
        new = fresh((index.dim for index in expr.indices), frozenset(taken), BOUND_LETTERS)
        taken.update(index.name for index in new)
        body = substitute(expr.body, dict(zip(expr.indices, new, strict=True)))
        found = [(term, (*new, *bound)) for term, bound in _terms_of(body, taken)]
    else:
        found = [(expr, ())]
    if len(found) > _MOST_TERMS:
        raise NoMatrixNotationError
    return found


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


def recover(expr: sympy.Expr) -> Labelled:
    """The labelled form of an expression.

    Raises:
        NoMatrixNotationError: there is none with up to two axes.
    """
    if not free_indices(expr) and not expr.has(TensorNode, IndexSum):
        return Labelled(Const(expr), ())
    if isinstance(expr, Entry):
        return _entry(expr)
    if isinstance(expr, MatrixNode):
        return _of_matrix(expr)
    if isinstance(expr, Delta):
        left, right = expr.args
        if isinstance(left, Index) and isinstance(right, Index):
            return Labelled(Eye(left.dim), (left, right))
        raise NoMatrixNotationError
    if isinstance(expr, sympy.Add):
        return _add(expr)
    if isinstance(expr, sympy.Mul):
        return _product([recover(factor) for factor in _factors(expr)], _label_order(expr))
    if isinstance(expr, sympy.Pow):
        return _combined([recover(expr.base), recover(expr.exp)], lambda forms: Power(*forms))
    if isinstance(expr, IndexSum):
        return _index_sum(expr)
    if isinstance(expr, sympy.Function):
        head = type(expr)
        return _combined([recover(arg) for arg in expr.args], lambda forms: Apply(head, tuple(forms)))
    raise NoMatrixNotationError


def _factors(expr: sympy.Expr) -> list[sympy.Expr]:
    """Factors in the order in which people write them: numbers, then functions and sums by name."""
    return sorted(sympy.Mul.make_args(expr), key=_written_order)


def _written_order(expr: sympy.Expr) -> tuple[int, str]:
    base = expr.base if isinstance(expr, sympy.Pow) else expr
    if isinstance(base, Entry):
        return (1, str(base.tensor.name))
    kind = 0 if not expr.has(TensorNode) else 2
    return (kind, "")


def _label_order(expr: sympy.Expr) -> Labels:
    return tuple(sorted(free_indices(expr), key=lambda index: index.name))


def _entry(expr: Entry) -> Labelled:
    tensor, axes = expr.tensor, expr.axes
    if not all(isinstance(axis, Index) or not free_indices(axis) for axis in axes):
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
    labels = tuple(axis for axis in expr.axes if isinstance(axis, Index))
    if len(labels) != len(expr.axes):
        raise NoMatrixNotationError  # a row of an inverse is written with indices
    if len(set(labels)) < len(labels):
        return Labelled(DiagPart(form), labels[:1])
    return Labelled(form, labels)


def whole_matrix(expr: MatrixNode) -> Form:
    """The inverse, the determinant or its logarithm without positions."""
    kinds: dict[type, type[Inverse | Determinant | LogDeterminant]] = {
        InverseEntry: Inverse, Det: Determinant, LogAbsDet: LogDeterminant,
    }  # fmt: skip
    return kinds[type(expr)](Leaf(expr.tensor))


def _add(expr: sympy.Add) -> Labelled:
    return _sum_of([recover(term) for term in sorted(expr.args, key=_term_order)])


def _sum_of(terms: list[Labelled]) -> Labelled:
    return _combined(terms, lambda forms: plus(*forms))


def _combined(values: list[Labelled], build: Callable[[list[Form]], Form]) -> Labelled:
    """An elementwise form of several, with the axes in the order that needs fewer transposes."""
    labels = _common([value.labels for value in values])
    made = Labelled(build([oriented(value, labels) for value in values]), labels)
    if len(labels) < 2:
        return made
    turned = Labelled(build([oriented(value, labels[::-1]) for value in values]), labels[::-1])
    straight, other = transposes(made.form), transposes(turned.form)
    if other < straight or (other == straight and labels[1].name < labels[0].name):
        return turned
    return made


def _term_order(expr: sympy.Expr) -> tuple[int, int]:
    """Longer products first, numbers last, otherwise SymPy's order (sorted is stable)."""
    sums = sum(1 for _ in sympy.preorder_traversal(expr) if isinstance(_, IndexSum))
    entries = sum(1 for _ in sympy.preorder_traversal(expr) if isinstance(_, TensorNode))
    if not entries:
        return (0, 0) if expr == 1 else (2, 0)
    return (1, -10 * sums - entries)


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
            known = self.matrices[value.labels[::-1]]
            if transposes(value.form) + sum(transposes(transposed(one)) for one in known) < transposes(
                transposed(value.form)
            ) + sum(map(transposes, known)):
                del self.matrices[value.labels[::-1]]
                self.matrices[value.labels] = [*(transposed(one) for one in known), value.form]
            else:
                known.append(transposed(value.form))
        else:
            self.matrices.setdefault(value.labels, []).append(value.form)


def _sorted_factors(values: list[Labelled]) -> _Factors:
    found = _Factors([], {}, {})
    for value in values:
        found.add(value)
    return found


def _product(values: list[Labelled], order: Labels) -> Labelled:
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
    """`diag(u) M diag(v)`, or a diagonal matrix where M is the identity."""
    rest = [matrix for matrix in matrices if not isinstance(matrix, Eye)]
    if len(rest) < len(matrices):
        diagonal = [DiagPart(matrix) if not isinstance(matrix, Diag) else matrix.inner for matrix in rest]
        vector = [*u, *v, *diagonal]
        return times(ONE, *scalars, _diag(times(ONE, *vector)) if vector else matrices[0])
    if u and v and not all(isinstance(matrix, (Leaf, Chain, Inverse, Transposed)) for matrix in rest):
        return times(ONE, *scalars, outer(times(ONE, *u), times(ONE, *v)), *rest)
    pieces = [times(ONE, *rest)]
    if u:
        pieces.insert(0, _diag(times(ONE, *u)))
    if v:
        pieces.append(_diag(times(ONE, *v)))
    return times(ONE, *scalars, chain(*pieces))


def _diag(vector: Form) -> Form:
    if not vector.rank:
        raise NoMatrixNotationError  # a vector that has cancelled to 0
    if isinstance(vector, Times) and (vector.coefficient != 1 or vector.scalars):
        return times(vector.coefficient, *vector.scalars, Diag(times(ONE, *vector.arrays)))
    return Diag(vector)


def _index_sum(expr: IndexSum) -> Labelled:
    body = expr.body
    if isinstance(body, sympy.Add) and not _one_vector(body):
        return _sum_of([_index_sum_term(term, expr.indices) for term in sorted(body.args, key=_term_order)])
    return _contract([recover(factor) for factor in _factors(body)], expr.indices, _label_order(expr))


def _index_sum_term(term: sympy.Expr, indices: Labels) -> Labelled:
    used = tuple(index for index in indices if index in free_indices(term))
    extent = sympy.Mul(*(index.dim for index in indices if index not in used))
    inner = recover(IndexSum(term, *used)) if used else recover(term)
    return Labelled(times(extent, inner.form), inner.labels)


def _one_vector(body: sympy.Expr) -> bool:
    """Whether all terms carry the same indices and none is a product: the body is one elementwise form."""
    carried = {free_indices(term) for term in body.args}
    return len(carried) == 1 and (len(carried.pop()) == 1 or not any(map(_is_contraction, body.args)))


def _is_contraction(term: sympy.Expr) -> bool:
    """Whether the factors of a term carry different indices, as in a matrix product."""
    return len({free_indices(factor) for factor in sympy.Mul.make_args(term)} - {frozenset()}) > 1


def _contract(values: list[Labelled], summed: Labels, order: Labels) -> Labelled:
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
    return _product(remaining, order)


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
    product = times(ONE, *matrices)
    if not isinstance(product, Times):
        if isinstance(product, Power) and product.exponent == Const(sympy.Integer(2)):
            return NormSquared(product.base)
        return Total(product)
    plain = product.coefficient, *product.scalars
    arrays = product.arrays
    if len(arrays) == 2 and not any(isinstance(one, (Apply, Power)) for one in arrays):
        first, second = arrays
        if first == second:
            inner: Form = NormSquared(first)
        elif isinstance(second, Transposed):
            inner = fewest_transposes(Trace(chain(second.inner, first)))
        else:
            inner = fewest_transposes(Trace(chain(transposed(first), second)))
        return times(plain[0], *product.scalars, inner)
    return times(plain[0], *product.scalars, Total(times(ONE, *arrays)))


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
        matrix = times(ONE, *found.matrices.pop(pair))
        other = pair[1] if pair[0] == label else pair[0]
        factors.append((other, matrix if pair[1] == label else transposed(matrix)))
    (i, left), rest = factors[0], factors[1:]
    if not rest:
        vector = times(ONE, *vectors) if vectors else Ones(label.dim)
        found.vectors.setdefault(i, []).append(chain(left, vector))
        return
    j, right = rest[0]
    middle = [_diag(times(ONE, *vectors))] if vectors else []
    product = chain(left, *middle, transposed(right))
    turned = transposed(product)
    straight, across = transposes(product), transposes(turned)
    if across < straight or (across == straight and j.name < i.name):
        found.add(Labelled(turned, (j, i)))
    else:
        found.add(Labelled(product, (i, j)))


def dot(vectors: list[Form]) -> Form:
    """The sum of the entries of an elementwise product of vectors."""
    product = times(ONE, *vectors)
    if not isinstance(product, Times):
        if isinstance(product, Power) and product.exponent == Const(sympy.Integer(2)):
            return NormSquared(product.base)
        return Trace(product.inner) if isinstance(product, DiagPart) else Total(product)
    arrays = product.arrays
    if len(arrays) == 2 and not any(isinstance(one, (Apply, Power)) for one in arrays):
        inner = chain(*arrays)
    elif len(arrays) == 1:
        inner = dot([arrays[0]])
    else:
        inner = Total(times(ONE, *arrays))
    return times(product.coefficient, *product.scalars, inner)


def index_form(expr: sympy.Expr) -> Form:
    """The expression in index notation: entries with subscripts, sums with their index."""
    if not free_indices(expr) and not expr.has(TensorNode, IndexSum, Delta):
        return Const(expr)
    if isinstance(expr, MatrixNode):
        return Component(whole_matrix(expr), expr.axes) if expr.axes else whole_matrix(expr)
    if isinstance(expr, Index):
        return Component(Const(sympy.Symbol(expr.name)), ())
    if isinstance(expr, Entry):
        return Component(Leaf(expr.tensor), expr.axes) if expr.axes else Leaf(expr.tensor)
    if isinstance(expr, Delta):
        return Kronecker(*expr.args)
    if isinstance(expr, sympy.Add):
        return plus(*(index_form(term) for term in sorted(expr.args, key=_term_order)))
    if isinstance(expr, sympy.Mul):
        return times(ONE, *(index_form(factor) for factor in _factors(expr)))
    if isinstance(expr, sympy.Pow):
        return Power(index_form(expr.base), index_form(expr.exp))
    if isinstance(expr, IndexSum):
        return _product_entry(expr) or BigSum(expr.indices, index_form(expr.body))
    if isinstance(expr, sympy.Function):
        return Apply(type(expr), tuple(index_form(arg) for arg in expr.args))
    raise NoMatrixNotationError


def _product_entry(expr: IndexSum) -> Form | None:
    """A sum that is an entry of a matrix-vector product, such as `x_iᵀ w`; None for any other."""
    if len(free_indices(expr)) != 1:
        return None
    try:
        labelled = recover(expr)
    except NoMatrixNotationError:
        return None
    simple = isinstance(labelled.form, Chain) and all(
        isinstance(part, (Leaf, Transposed)) for part in labelled.form.factors
    )
    return Component(labelled.form, labelled.labels) if simple else None


def readable_indices(definition: Definition, summed: str = "i", free: str = "jklm") -> Definition:
    """The same equation with the index letters of a textbook: `j, k` free, `i` over observations."""
    indices = fresh(definition.tensor.shape, (), tuple(free if definition.tensor.rank else summed))
    taken = frozenset(index.name for index in indices)
    body = substitute(
        separate_names(definition.body, taken), dict(zip(definition.indices, indices, strict=True))
    )
    return Definition(definition.tensor, indices, _renamed(body, taken, (summed, *BOUND_LETTERS)))


def separate_names(expr: sympy.Expr, names: frozenset[str]) -> sympy.Expr:
    """Bound indices away from the given names."""
    return _renamed(expr, names | index_names(expr), BOUND_LETTERS)


def _renamed(expr: sympy.Expr, taken: frozenset[str], pool: tuple[str, ...]) -> sympy.Expr:
    if isinstance(expr, Binder):
        new = fresh((index.dim for index in expr.indices), taken, pool)
        inner = taken | {index.name for index in new}
        clear = _renamed(expr.body, inner | index_names(expr), BOUND_LETTERS)
        body = substitute(clear, dict(zip(expr.indices, new, strict=True)))
        return expr.func(_renamed(body, inner, pool), *new)
    if not expr.args or isinstance(expr, Entry):
        return expr
    return expr.func(*(_renamed(arg, taken, pool) for arg in expr.args))


__all__ = ["Chain", "Plus", "index_form", "matrix_form", "recover"]
