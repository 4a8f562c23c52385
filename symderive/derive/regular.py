"""Matrices that are inverted or factored, and whether that is possible by declaration."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symderive.core.identity import free_indices
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import CHOLESKY, CholeskyEntry, Det, InverseEntry, MatrixNode
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Program


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
    return tensor.domain == "spd" or (made is not None and _is_definite(program, made.body))


def is_regular(program: Program, tensor: Tensor) -> bool:
    """Whether a matrix has an inverse by declaration, or because it is one."""
    made = program.definition(tensor)
    body = None if made is None else made.body
    return (
        tensor.domain in ("spd", "invertible")
        or isinstance(body, (InverseEntry, CholeskyEntry))
        or _is_definite(program, body)
    )


def _is_definite(program: Program, body: sympy.Expr | None) -> bool:
    """Whether a right-hand side is a sum of positive definite matrices."""
    if isinstance(body, sympy.Add):
        return all(_is_definite(program, term) for term in body.args)
    if isinstance(body, sympy.Mul):
        matrices = [factor for factor in body.args if free_indices(factor)]
        rest = sympy.Mul(*(factor for factor in body.args if not free_indices(factor)))
        return len(matrices) == 1 and rest.is_positive is True and _is_definite(program, matrices[0])
    if not isinstance(body, (Entry, InverseEntry)) or len(set(body.axes)) != 2:
        return False
    made = program.definition(body.tensor)
    definite = body.tensor.domain == "spd" or (made is not None and _is_definite(program, made.body))
    return definite and all(isinstance(axis, Index) for axis in body.axes)
