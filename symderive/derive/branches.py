"""Branches of `np.where` carry their own domain: what one needs is asked for only where it is chosen."""

from __future__ import annotations

import sympy

from symderive.calculus.condense import entries_in, replace_entries, weight
from symderive.calculus.sums import has_binder
from symderive.core.identity import tensors_of
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.demands import has_open_domain
from symderive.derive.ranges import Ranges
from symderive.functions.choice import where
from symderive.functions.record import Indicator

LARGEST = (
    60  # entries of a branch with everything written inside; past it conditions are asked for everywhere
)
_DEEPEST = 12  # equations that are looked through for something with a domain
_STEEP = (sympy.exp, sympy.sinh, sympy.cosh)  # they overflow, and 0 times infinity is NaN


def within_branches(program: Program) -> Program:
    """The program with unnamed results that have a domain written inside the branches that use them.

    So `where(y > 0, log(y), 0)` asks for y > 0 only where that branch is chosen, and its derivative is finite
    where it is not. The conditions themselves are written inside too.
    """
    if not any(has_kind(made.body, where) for made in program.definitions):
        return program
    writer = _Writer(program)
    filled = program.mapped(writer.filled)
    return filled.with_definitions(filled.needed(program.outputs).definitions)


class _Writer:
    """Writes definitions into branches; final."""

    def __init__(self, program: Program) -> None:
        self.known: dict[Tensor, Definition] = {made.tensor: made for made in program.definitions}
        self.ranges = Ranges(program)

    def filled(self, expr: sympy.Expr) -> sympy.Expr:
        """An expression with everything that has a domain written inside the branches in it."""
        if not has_kind(expr, where):
            return expr
        if isinstance(expr, where):
            condition, *branches = expr.args
            return where(self.condition(condition), *(self.branch(branch) for branch in branches))
        return expr.func(*(self.filled(arg) for arg in expr.args))

    def condition(self, expr: sympy.Expr) -> sympy.Expr:
        """A condition with the comparisons that it is made of."""
        bodies = {
            entry.tensor: made
            for entry in entries_in(expr)
            if (made := self.known.get(entry.tensor)) is not None and not made.pinned and _is_truth(made.body)
        }
        return self.condition(replace_entries(expr, bodies)) if bodies else expr

    def branch(self, expr: sympy.Expr) -> sympy.Expr:
        """A branch with the unnamed results in it that may have no value."""
        for _ in range(LARGEST):
            inner = {
                entry.tensor: self.known[entry.tensor]
                for entry in entries_in(expr)
                if isinstance(entry, Entry) and entry.is_inside and self.goes_inside(entry.tensor)
            }
            longer = replace_entries(expr, inner) if inner else expr
            if not inner or weight(longer) > LARGEST:
                break
            expr = longer
        return self.filled(expr)

    def goes_inside(self, tensor: Tensor) -> bool:
        """Whether an unnamed result may have no value, by its own equation or one before it."""
        made = self.known.get(tensor)
        return made is not None and not made.pinned and self.may_fail(made, _DEEPEST)

    def may_fail(self, made: Definition, depth: int) -> bool:
        """Whether an equation has a domain that is not all numbers, or overflows."""
        if has_kind(made.body, MatrixNode) or has_open_domain(made.body, self.ranges):
            return True
        if isinstance(made.body, _STEEP) and not has_binder(made.body):
            return True
        behind = (self.known[one] for one in tensors_of(made.body) if one in self.known)
        return depth > 0 and any(self.may_fail(one, depth - 1) for one in behind if not one.pinned)


def _is_truth(body: sympy.Expr) -> bool:
    return all(
        isinstance(part, (Indicator, Entry)) or part.is_number
        for term in sympy.Add.make_args(body)
        for part in sympy.Mul.make_args(term)
    ) and bool(has_kind(body, Indicator) or isinstance(body, (sympy.Mul, sympy.Add)))


__all__ = ["within_branches"]
