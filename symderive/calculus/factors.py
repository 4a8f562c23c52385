"""Laws that remove a Cholesky factor: `Σ log L_ii = ½ log det A`, `‖L⁻¹x‖² = xᵀA⁻¹x` for `A = L Lᵀ`."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from symderive.calculus.sums import rebuild
from symderive.core.identity import free_indices, fresh, index_names, substitute
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import CHOLESKY, CholeskyEntry, CholeskyInverseEntry, InverseEntry, LogAbsDet
from symderive.core.nodes import Entry, IndexSum, Tensor
from symderive.core.program import Definition, Program

Known = Mapping[Tensor, Definition]


def without_factors(program: Program) -> Program:
    """The program with log-determinants and quadratic forms of A where they are written with its factor."""
    known: dict[Tensor, Definition] = {}
    definitions = []
    found = False
    for made in program.definitions:
        if known or has_kind(made.body, CHOLESKY):
            found = True
            made = made.with_body(_replaced(made.body, known))
        if has_kind(made.body, CHOLESKY):
            known[made.tensor] = made
        definitions.append(made)
    if not found:
        return program
    whole = program.with_definitions(definitions)
    return whole.with_definitions(whole.needed(program.outputs).definitions)


def _replaced(expr: sympy.Expr, known: Known) -> sympy.Expr:
    if not expr.args or isinstance(expr, Entry):
        return expr
    if isinstance(expr, IndexSum):
        found = _log_determinant(expr, known)
        found = _quadratic(expr, known) if found is None else found
        if found is not None:
            return found
    args = [_replaced(arg, known) for arg in expr.args]
    same = all(new is old for new, old in zip(args, expr.args, strict=True))
    return expr if same else expr.func(*args)


def _meant(entry: sympy.Expr, known: Known) -> sympy.Expr:
    made = known.get(entry.tensor) if isinstance(entry, Entry) else None
    return entry if made is None else made.at(entry.axes)


def _log_determinant(expr: IndexSum, known: Known) -> sympy.Expr | None:
    """`Σ_p log L_pp = ½ log |det A|`."""
    if len(expr.indices) != 1 or not isinstance(expr.body, sympy.log):
        return None
    (p,), entry = expr.indices, _meant(expr.body.args[0], known)
    if not isinstance(entry, CholeskyEntry) or entry.axes != (p, p):
        return None
    return LogAbsDet(entry.tensor) / 2


def _quadratic(expr: IndexSum, known: Known) -> sympy.Expr | None:
    """`Σ_i z_i² = Σ_pq x_p A⁻¹_pq x_q` for `z = L⁻¹x`."""
    if len(expr.indices) != 1 or not isinstance(expr.body, sympy.Pow) or expr.body.exp != 2:
        return None
    (i,), inner = expr.indices, _meant(expr.body.base, known)
    if not isinstance(inner, IndexSum) or len(inner.indices) != 1:
        return None
    (p,) = inner.indices
    factors = sympy.Mul.make_args(inner.body)
    nodes = [one for one in factors if isinstance(one, CholeskyInverseEntry) and one.axes == (i, p)]
    rest = sympy.Mul(*(one for one in factors if one not in nodes))
    if len(nodes) != 1 or i in free_indices(rest):
        return None
    (q,) = fresh((p.dim,), index_names(inner) | {i.name})
    body = rest * InverseEntry(nodes[0].tensor, p, q) * substitute(rest, {p: q})
    return rebuild(IndexSum(body, p, q))
