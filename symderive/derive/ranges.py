"""Where values lie: a set that contains all values of an expression."""

from __future__ import annotations

import sympy

from symderive.core.dims import same_size
from symderive.core.identity import free_indices, substitute
from symderive.core.matrix_nodes import CHOLESKY, CholeskyEntry, Det
from symderive.core.nodes import Binder, Delta, Entry, Index, IndexMax, IndexMin, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Program
from symderive.core.singular_nodes import SingularNumber
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.derive.guards import is_implied
from symderive.derive.intervals import added, is_within, multiplied
from symderive.derive.regular import is_positive_definite
from symderive.functions import by_head
from symderive.functions.choice import where
from symderive.functions.comparisons import equal, greater_equal, less_equal, opposite
from symderive.functions.record import NONNEGATIVE, NONZERO, POSITIVE, REALS, UNIT, OwnFunction

_DOMAINS = {
    "positive": POSITIVE, "nonnegative": NONNEGATIVE, "unit": UNIT, "binary": sympy.Interval(0, 1),
    "sign": sympy.Interval(-1, 1), "count": NONNEGATIVE, "onehot": sympy.Interval(0, 1),
    "simplex": sympy.Interval(0, 1),
}  # fmt: skip
_DETERMINANTS = {"invertible": NONZERO}
_SHARED_OUT = ("onehot", "simplex")  # their entries along the last axis add up to 1
_SHARES = ((POSITIVE, sympy.Interval.Lopen(0, 1)), (NONNEGATIVE, sympy.Interval(0, 1)))  # by the weights


class Ranges:
    """The sets that the tensors of a program lie in, worked out when asked for."""

    deepest = 40

    def __init__(self, program: Program) -> None:
        self._program, self._known, self._depth = program, dict[Tensor, sympy.Set](), 0

    def is_factor(self, tensor: Tensor) -> bool:
        """Whether `tensor` is a Cholesky factor, whose diagonal is positive."""
        made = self._program.definition(tensor)
        return made is not None and isinstance(made.body, CholeskyEntry)

    def is_definite(self, tensor: Tensor) -> bool:
        """Whether `tensor` is a positive definite matrix."""
        return tensor.rank == 2 and is_positive_definite(self._program, tensor)

    def of(self, tensor: Tensor) -> sympy.Set:
        """A set that contains every entry of `tensor`; all reals beyond a fixed depth of definitions."""
        if tensor not in self._known:
            made = self._program.definition(tensor)
            if made is None:
                self._known[tensor] = _DOMAINS.get(tensor.domain, REALS)
            elif self._depth >= self.deepest:
                return REALS
            else:
                self._depth += 1
                self._known[tensor] = range_of(made.body, self)
                self._depth -= 1
        return self._known[tensor]


def range_of(expr: sympy.Expr, ranges: Ranges) -> sympy.Set:
    """A set that contains all values of an expression; all reals where nothing is known."""
    if isinstance(expr, Entry):
        diagonal = expr.tensor.rank == 2 and expr.axes[0] == expr.axes[1]
        return POSITIVE if diagonal and ranges.is_factor(expr.tensor) else ranges.of(expr.tensor)
    if isinstance(expr, CHOLESKY):
        return POSITIVE if expr.axes[0] == expr.axes[1] else REALS
    if isinstance(expr, SingularNumber):
        return NONNEGATIVE
    if isinstance(expr, Det):
        return POSITIVE if ranges.is_definite(expr.tensor) else _DETERMINANTS.get(expr.tensor.domain, REALS)
    if isinstance(expr, Index):
        return NONNEGATIVE
    if isinstance(expr, (Delta, Inside)):
        return sympy.Interval(0, 1)
    if expr.is_number:  # of SymPy's, which compares numbers: `|0|` is 0
        return sympy.FiniteSet(sympy.nsimplify(expr.evalf()) if expr.has(OwnFunction) else expr)
    if isinstance(expr, sympy.Symbol):
        return sympy.Interval(1, sympy.oo) if expr.is_positive and expr.is_integer else REALS
    if isinstance(expr, sympy.Add):
        return added([range_of(term, ranges) for term in expr.args])
    if isinstance(expr, sympy.Mul):
        return multiplied([range_of(factor, ranges) for factor in expr.args])
    if isinstance(expr, sympy.Pow):
        return _raised(expr, ranges)
    if isinstance(expr, (IndexMax, IndexMin)):
        return range_of(expr.body, ranges)
    if isinstance(expr, IndexLogSum):
        return REALS
    if isinstance(expr, SoftmaxEntry):
        weights = range_of(expr.total.weight, ranges)
        return next((found for sign, found in _SHARES if is_within(weights, sign)), REALS)
    if isinstance(expr, Binder):
        inner = range_of(expr.body, ranges)
        sign = next((sign for sign in (POSITIVE, NONNEGATIVE) if is_within(inner, sign)), REALS)
        return POSITIVE if sign == NONNEGATIVE and _has_positive_term(expr, ranges) else sign
    if isinstance(expr, (greater_equal, less_equal, equal)) and expr.args[0] == expr.args[1]:
        return sympy.FiniteSet(1)
    if isinstance(expr, where):
        condition, first, second = expr.args
        if range_of(condition, ranges) == sympy.FiniteSet(1):
            return range_of(first, ranges)
        parts = [_range_where(first, condition, ranges), _range_where(second, opposite(condition), ranges)]
        return next((one for one in (POSITIVE, NONNEGATIVE) if all(is_within(p, one) for p in parts)), REALS)
    entry = by_head().get(type(expr))
    return REALS if entry is None else entry.values


def _has_positive_term(total: Binder, ranges: Ranges) -> bool:
    """Whether a sum has a term that is surely positive: of `Σ_p [t_p ≥ t_i] exp(z_p)` the one at p = i."""
    if not isinstance(total, IndexSum):
        return False
    if _is_mean(total, ranges):
        return True
    free = sorted(free_indices(total), key=str)
    pairs = [(one, other) for one in total.indices for other in free if same_size(one.dim, other.dim)]
    return any(
        is_within(range_of(substitute(total.body, {one: other}), ranges), POSITIVE) for one, other in pairs
    )


def _is_mean(total: IndexSum, ranges: Ranges) -> bool:
    """Whether a sum is one of positive numbers, weighted by numbers that add up to 1: `Σ_c y_c exp(z_c)`."""
    factors = sympy.Mul.make_args(total.body)
    weights = [
        one
        for one in factors
        if isinstance(one, Entry) and one.tensor.domain in _SHARED_OUT and one.axes[-1:] == total.indices
    ]
    others = [one for one in factors if one not in weights]
    return len(weights) == 1 and all(is_within(range_of(one, ranges), POSITIVE) for one in others)


def _range_where(branch: sympy.Expr, condition: sympy.Expr, ranges: Ranges) -> sympy.Set:
    """The range of a branch, where the condition of the branch can say more: x is positive where x > 0."""
    known = range_of(branch, ranges)
    for sign in (POSITIVE, NONNEGATIVE):
        if not is_within(known, sign) and is_implied(branch, sign, (condition,)):
            return sign
    return known


def _raised(expr: sympy.Pow, ranges: Ranges) -> sympy.Set:
    base, exponent = expr.args
    inner = range_of(base, ranges)
    if is_within(inner, POSITIVE):
        return POSITIVE
    if exponent.is_even or is_within(inner, NONNEGATIVE):
        return NONNEGATIVE
    return REALS
