"""Matrices that are inverted or factored, and whether that is possible by declaration."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sympy

from symderive.calculus.condense import replace_entries, weight
from symderive.calculus.sums import in_one_sum
from symderive.core.identity import free_indices, substitute
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import CHOLESKY, CholeskyEntry, Det, InverseEntry, MatrixNode
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program

DEFINITE, SEMIDEFINITE = "positive definite", "positive semidefinite"
_LONGEST = 60  # of an equation in which the sum of definite matrices is looked for


def inverted(body: sympy.Expr, moving: bool) -> Iterator[Tensor]:
    """The matrices that must have an inverse; of a determinant only where a derivative passes through."""
    if not has_kind(body, MatrixNode):
        return
    for part in sympy.preorder_traversal(body):
        plain = isinstance(part, MatrixNode) and not isinstance(part, CHOLESKY) and part.is_algebraic
        if plain and (moving or not isinstance(part, Det)):
            yield part.tensor


def factored(body: sympy.Expr) -> Iterator[Tensor]:
    """The matrices of which a Cholesky factor is taken."""
    if not has_kind(body, CHOLESKY):
        return
    for part in sympy.preorder_traversal(body):
        if isinstance(part, CHOLESKY):
            yield part.tensor


def is_positive_definite(program: Program, tensor: Tensor) -> bool:
    """Whether a matrix is positive definite by declaration, or because it is a sum of such matrices."""
    made = program.definition(tensor)
    return tensor.domain == "spd" or (made is not None and _is_definite(program, _written_out(program, made)))


def is_regular(program: Program, tensor: Tensor) -> bool:
    """Whether a matrix has an inverse by declaration, or because it is one."""
    made = program.definition(tensor)
    body = None if made is None else made.body
    return (
        tensor.domain in ("spd", "invertible")
        or isinstance(body, (InverseEntry, CholeskyEntry))
        or is_positive_definite(program, tensor)
    )


def _written_out(program: Program, made: Definition) -> Definition:
    """An equation with those of all arrays in it put in."""
    bodies: dict[Tensor, Definition] = {}
    for one in program.needed((made.tensor,)).definitions:
        body = replace_entries(one.body, bodies)
        if weight(body) > _LONGEST:
            return made
        bodies[one.tensor] = one.with_body(body)
    return bodies[made.tensor]


def _is_definite(program: Program, made: Definition) -> bool:
    """Whether a matrix is a sum of semidefinite matrices of which one is positive definite: `XᵀX + λI`."""
    terms = [_kind(program, term, made.indices) for term in sympy.Add.make_args(made.body)]
    return None not in terms and DEFINITE in terms


def _kind(program: Program, term: sympy.Expr, indices: tuple[Index, ...]) -> str | None:
    """Whether a term is a definite or a semidefinite matrix over two indices; None for others."""
    if len(indices) != 2:
        return None
    rest, matrices = _apart(term, indices)
    if len(matrices) == 1 and _is_definite_matrix(program, matrices[0], indices):
        return DEFINITE if rest.is_positive else SEMIDEFINITE if rest.is_nonnegative else None
    diagonal = Delta(*indices)
    if diagonal in matrices:  # δ_ij s_i
        entries = sympy.Mul(rest, *(one for one in matrices if one != diagonal))
        return DEFINITE if entries.is_positive else SEMIDEFINITE if entries.is_nonnegative else None
    return SEMIDEFINITE if rest.is_nonnegative and _is_gram(program, matrices, indices) else None


def _apart(term: sympy.Expr, free: Collection[Index]) -> tuple[sympy.Expr, list[sympy.Expr]]:
    """The product of the scalars in a product, and its other factors."""
    factors = sympy.Mul.make_args(term)
    others = [one for one in factors if not free_indices(one).isdisjoint(free)]
    return sympy.Mul(*(one for one in factors if one not in others)), others


def _is_definite_matrix(program: Program, expr: sympy.Expr, indices: Collection[Index]) -> bool:
    """Whether an entry is one of a positive definite matrix, in the order of the indices or turned."""
    if isinstance(expr, Delta):
        return set(expr.args) == set(indices)
    if not isinstance(expr, (Entry, InverseEntry)) or set(expr.axes) != set(indices):
        return False
    return is_positive_definite(program, expr.tensor)


def _is_gram(program: Program, factors: list[sympy.Expr], indices: tuple[Index, ...]) -> bool:
    """Whether a product is `x_i x_j`, `Σ_p w_p X_ip X_jp` or `Σ_pr X_ip P_pr X_jr`, w ≥ 0, P definite."""
    i, j = indices
    whole = in_one_sum(sympy.Mul(*factors))
    bound = whole.indices if isinstance(whole, IndexSum) else ()
    parts = sympy.Mul.make_args(whole.body if isinstance(whole, IndexSum) else whole)
    left, right, middle = list[sympy.Expr](), list[sympy.Expr](), list[sympy.Expr]()
    for part in parts:
        used = free_indices(part)
        if i in used and j in used:
            return False
        (left if i in used else right if j in used else middle).append(part)
    turned, other = sympy.Mul(*left), sympy.Mul(*right)
    if substitute(turned, {i: j}) == other:
        return bool(sympy.Mul(*middle).is_nonnegative)
    for place, part in enumerate(middle):
        pair = [index for index in bound if index in free_indices(part)]
        weights = sympy.Mul(*middle[:place], *middle[place + 1 :])
        if len(pair) != 2 or not _is_definite_matrix(program, part, pair) or not weights.is_nonnegative:
            continue
        if free_indices(weights) & set(pair):
            continue
        if other in (substitute(turned, {i: j, one: two}) for one, two in (pair, pair[::-1])):
            return True
    return False
