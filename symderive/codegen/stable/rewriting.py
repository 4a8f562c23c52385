"""The rules in order: from the outside in for sums and products, from the inside out for functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import sympy

from symderive.codegen.stable.branches import (
    bounded_where_it_counts,
    branch_within_bounds,
    compared_without_exponential,
)
from symderive.codegen.stable.intervals import difference_of_tails, log_of_interval
from symderive.codegen.stable.logarithms import (
    log_near_one,
    log_of_product,
)
from symderive.codegen.stable.quotients import exponential_quotient
from symderive.codegen.stable.shares import (
    exponentials_together,
    log_of_summed_exponentials,
    quotient_by_summed_exponentials,
)
from symderive.codegen.stable.singularities import removable_singularity
from symderive.codegen.stable.sums import (
    entropy_of_sigmoid,
    root_less_number,
    root_of_squares,
    softplus_both_ways,
    softplus_less_argument,
    sum_of_differences,
)
from symderive.codegen.stable.tails import density_over_tail, slope_and_argument, tail_of_complement
from symderive.core.identity import tensors_of, with_args
from symderive.core.nodes import Binder, TensorNode
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.functions.normal_tail import log_ndtr
from symderive.functions.sigmoid import sigmoid, softplus
from symderive.functions.special import ndtr

Rule = Callable[[sympy.Expr], sympy.Expr]
FIRST_OUTSIDE_IN: tuple[Rule, ...] = (quotient_by_summed_exponentials,)
FIRST: tuple[Rule, ...] = (tail_of_complement, difference_of_tails, exponentials_together)
OUTSIDE_IN: tuple[Rule, ...] = (
    sum_of_differences,
    density_over_tail,
    exponential_quotient,
)
INSIDE_OUT: tuple[Rule, ...] = (
    exponentials_together,
    slope_and_argument,
    log_of_interval,
    log_of_summed_exponentials,
    log_of_product,
    log_near_one,
    root_less_number,
    root_of_squares,
    softplus_less_argument,
    softplus_both_ways,
    entropy_of_sigmoid,
    branch_within_bounds,
    compared_without_exponential,
    bounded_where_it_counts,
)
LAST: tuple[Rule, ...] = (removable_singularity,)
_NESTED = 3
RULES = {rule.__name__: rule for rule in (*FIRST_OUTSIDE_IN, *FIRST, *OUTSIDE_IN, *INSIDE_OUT, *LAST)}
HEADS = (
    sympy.exp, sympy.log, sympy.tanh, sympy.cosh, sympy.sinh, sympy.erf, sympy.erfc, sigmoid, softplus, ndtr,
    log_ndtr,
)  # fmt: skip


@lru_cache(maxsize=20_000)
def rewritten(expr: sympy.Expr) -> sympy.Expr:
    """An equal expression that is exact far out too."""
    made = _walked(_walked(expr, FIRST_OUTSIDE_IN, FIRST), OUTSIDE_IN, INSIDE_OUT)
    return _completed(made)


def _completed(expr: sympy.Expr) -> sympy.Expr:
    """The last rules, from the outside in; what they made stays."""
    if not concerns(expr):
        return expr
    made = _applied(expr, LAST)
    if made != expr:
        return made
    if isinstance(expr, Binder):
        body = _completed(expr.body)
        return expr if body == expr.body else expr.func(body, *expr.indices)
    return with_args(expr, [_completed(arg) for arg in expr.args])


def _walked(
    expr: sympy.Expr, down: tuple[Rule, ...], up: tuple[Rule, ...], left: int = _NESTED
) -> sympy.Expr:
    """The rules applied; what the rules for sums and products made is opened again at most `left` times."""
    if not concerns(expr):
        return expr
    made = _applied(expr, down) if left else expr
    left -= made is not expr
    if isinstance(made, Binder):
        body = _walked(made.body, down, up, left)
        made = made if body == made.body else made.func(body, *made.indices)
    else:
        made = with_args(made, [_walked(arg, down, up, left) for arg in made.args])
    return _applied(made, up)


def _applied(expr: sympy.Expr, rules: tuple[Rule, ...]) -> sympy.Expr:
    for rule in rules:
        made = RULES[rule.__name__](expr)
        if made != expr:
            expr = made
    return expr


@lru_cache(maxsize=50_000)
def concerns(expr: sympy.Basic) -> bool:
    """Whether a function or a root of arrays occurs, for which there may be a rule."""
    if isinstance(expr, (TensorNode, IndexLogSum, SoftmaxEntry)) or not expr.args:
        return False
    root = isinstance(expr, sympy.Pow) and expr.exp.is_Rational and not expr.exp.is_Integer
    if (root or isinstance(expr, HEADS)) and tensors_of(expr):
        return True
    return any(concerns(arg) for arg in expr.args)
