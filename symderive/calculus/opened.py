"""Inverses and determinants of products of square matrices, in terms of the factors."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from symderive.calculus.sums import rebuild
from symderive.core.dims import same_size
from symderive.core.identity import free_indices, fresh, index_names
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import (
    CHOLESKY,
    CholeskyEntry,
    Det,
    InverseEntry,
    LogAbsDet,
    MatrixNode,
    seen_through,
)
from symderive.core.nodes import Delta, Entry, IndexSum, Tensor
from symderive.core.program import Definition, Program


def opened(program: Program) -> Program:
    """The program with inverses and determinants taken of factors, where a matrix is a product.

    `(AB)⁻¹ = B⁻¹A⁻¹`, `det AB = det A det B`, `log |det AB| = log |det A| + log |det B|` for square A and B;
    `(cA)⁻¹ = A⁻¹/c`; `diag(w)⁻¹ = diag(1/w)`. Matrices that a person has named stay as they are.
    """
    known: dict[Tensor, Definition] = {}
    definitions = []
    for made in program.definitions:
        made = made.with_body(_opened(made.body, known))
        if not made.pinned or isinstance(made.body, CholeskyEntry):
            known[made.tensor] = made
        definitions.append(made)
    return program.with_definitions(definitions)


def _opened(expr: sympy.Expr, known: Mapping[Tensor, Definition]) -> sympy.Expr:
    if not has_kind(expr, MatrixNode):
        return expr
    nodes = [part for part in sympy.preorder_traversal(expr) if isinstance(part, MatrixNode)]
    if known.keys().isdisjoint(node.tensor for node in nodes):
        return expr
    changed = _replaced(expr, known)
    return expr if changed is expr else rebuild(changed)


def _replaced(expr: sympy.Expr, known: Mapping[Tensor, Definition]) -> sympy.Expr:
    if isinstance(expr, MatrixNode):
        made = known.get(expr.tensor)
        new = None if made is None else _in_factors(expr, made)
        return expr if new is None else _replaced(new, known)
    if not expr.args or isinstance(expr, Entry):
        return expr
    args = [_replaced(arg, known) for arg in expr.args]
    same = all(new is old for new, old in zip(args, expr.args, strict=True))
    return expr if same else expr.func(*args)


def _in_factors(node: MatrixNode, made: Definition) -> sympy.Expr | None:
    """The node of `made.tensor` in terms of the factors of its right-hand side; None without a law."""
    known = seen_through(node, made.indices, made.body)
    if known is not None or len(made.indices) != 2 or not node.is_algebraic:
        return known
    factors = _square_factors(made)
    if factors is not None:
        return _of_product(node, *factors)
    coefficient, matrix = _scaled(made)
    if matrix is not None:
        return _of_multiple(node, coefficient, seen_through(node, made.indices, matrix))
    return _of_diagonal(node, made)


def _square_factors(made: Definition) -> tuple[Definition, Definition] | None:
    """A and B of `T = A B`, both square, each as an equation with one entry on the right."""
    body = made.body
    if not isinstance(body, IndexSum) or len(body.indices) != 1:
        return None
    (p,), (i, j) = body.indices, made.indices
    if not same_size(p.dim, i.dim):
        return None
    base, exponent = body.body.as_base_exp()
    factors = [base, base] if exponent == 2 else list(sympy.Mul.make_args(body.body))
    if len(factors) != 2 or not all(isinstance(one, (Entry, InverseEntry)) for one in factors):
        return None
    for left, right in (factors, factors[::-1]):
        if set(left.axes) == {i, p} and set(right.axes) == {p, j}:
            return Definition(made.tensor, (i, p), left), Definition(made.tensor, (p, j), right)
    return None


def _of_product(node: MatrixNode, left: Definition, right: Definition) -> sympy.Expr | None:
    if isinstance(node, InverseEntry):
        row, column = node.axes
        (p,) = fresh((left.indices[0].dim,), index_names(node))
        first = seen_through(InverseEntry(node.tensor, row, p), right.indices, right.body)
        second = seen_through(InverseEntry(node.tensor, p, column), left.indices, left.body)
        return None if first is None or second is None else IndexSum(first * second, p)
    parts = [seen_through(node, one.indices, one.body) for one in (left, right)]
    if any(part is None for part in parts):
        return None
    if isinstance(node, Det):
        return sympy.Mul(*parts)
    return sympy.Add(*parts) if isinstance(node, LogAbsDet) else None


def _scaled(made: Definition) -> tuple[sympy.Expr, sympy.Expr | None]:
    """Scalar and matrix of `T = c A`."""
    factors = sympy.Mul.make_args(made.body)
    matrices = [one for one in factors if free_indices(one)]
    plain = len(factors) > 1 and len(matrices) == 1 and isinstance(matrices[0], (Entry, InverseEntry))
    scalars = [one for one in factors if not free_indices(one)]
    return sympy.Mul(*scalars), matrices[0] if plain else None


def _of_multiple(node: MatrixNode, scalar: sympy.Expr, part: sympy.Expr | None) -> sympy.Expr | None:
    size = node.tensor.shape[0]
    if part is None:
        return None
    if isinstance(node, InverseEntry):
        return part / scalar
    if scalar.is_positive is not True:
        return None
    if isinstance(node, CHOLESKY):
        return part * sympy.sqrt(scalar) if isinstance(node, CholeskyEntry) else part / sympy.sqrt(scalar)
    return scalar**size * part if isinstance(node, Det) else size * sympy.log(scalar) + part


def _of_diagonal(node: MatrixNode, made: Definition) -> sympy.Expr | None:
    """The inverse of `T = diag(w)`, and its log-determinant where the entries are declared positive."""
    factors = sympy.Mul.make_args(made.body)
    rest = [one for one in factors if not isinstance(one, Delta)]
    i, j = made.indices
    if len(rest) != len(factors) - 1 or set(next(d for d in factors if isinstance(d, Delta)).args) != {i, j}:
        return None
    entries = [one for one in rest if free_indices(one)]
    if len(rest) != 1 or not entries or not isinstance(entries[0], Entry) or len(entries[0].axes) != 1:
        return None
    weight: Entry = entries[0]
    if isinstance(node, InverseEntry):
        row, column = node.axes
        return Delta(row, column) / Entry(weight.tensor, row)
    if isinstance(node, LogAbsDet) and weight.is_positive:
        (p,) = fresh((i.dim,), ())
        return IndexSum(sympy.log(Entry(weight.tensor, p)), p)
    return None
