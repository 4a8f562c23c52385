"""The rules in order: from the outside in for sums and products, from the inside out for functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import sympy

from symderive.codegen.stable.bessel import scaled_bessel_quotient
from symderive.codegen.stable.branches import (
    bounded_where_it_counts,
    branch_within_bounds,
    compared_without_exponential,
)
from symderive.codegen.stable.cases import cases_of
from symderive.codegen.stable.concerned import concerns
from symderive.codegen.stable.intervals import difference_of_tails, log_of_interval
from symderive.codegen.stable.logarithms import log_near_one, log_of_mixture, log_of_product
from symderive.codegen.stable.positive_sums import log_of_indexed_product, positive_sum
from symderive.codegen.stable.powers import power_as_exponential
from symderive.codegen.stable.quotients import exponential_quotient
from symderive.codegen.stable.roots import (
    complement_of_quotient,
    logarithm_of_root,
    root_less_number,
    root_of_squares,
)
from symderive.codegen.stable.shares import (
    exponentials_together,
    log_of_summed_exponentials,
    quotient_by_summed_exponentials,
)
from symderive.codegen.stable.singularities import removable_singularity
from symderive.codegen.stable.sums import (
    entropy_of_sigmoid,
    softplus_both_ways,
    softplus_less_argument,
    sum_of_differences,
)
from symderive.codegen.stable.tails import (
    density_over_tail,
    moments_of_tail,
    slope_and_argument,
    tail_of_complement,
    tail_times_excess,
)
from symderive.core.identity import free_indices, tensors_of, with_args
from symderive.core.nodes import Binder, Entry, Tensor
from symderive.core.program import Definition
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.functions.sigmoid import softplus
from symderive.functions.stable_forms import log_add_exp

Rule = Callable[[sympy.Expr], sympy.Expr]
FIRST_OUTSIDE_IN: tuple[Rule, ...] = (
    power_as_exponential,
    tail_times_excess,
    scaled_bessel_quotient,
    log_of_indexed_product,
    positive_sum,
    quotient_by_summed_exponentials,
)
FIRST: tuple[Rule, ...] = (
    tail_of_complement,
    difference_of_tails,
    exponentials_together,
    logarithm_of_root,
    log_of_mixture,
)
OUTSIDE_IN: tuple[Rule, ...] = (
    sum_of_differences,
    density_over_tail,
    exponential_quotient,
)
CHOICES: tuple[Rule, ...] = (
    branch_within_bounds,
    compared_without_exponential,
    bounded_where_it_counts,
)
INSIDE_OUT: tuple[Rule, ...] = (
    exponentials_together,
    moments_of_tail,
    slope_and_argument,
    log_of_interval,
    log_of_summed_exponentials,
    log_of_product,
    log_near_one,
    root_less_number,
    root_of_squares,
    complement_of_quotient,
    softplus_less_argument,
    softplus_both_ways,
    entropy_of_sigmoid,
    *CHOICES,
)
LAST: tuple[Rule, ...] = (removable_singularity,)
RULES = {rule.__name__: rule for rule in (*FIRST_OUTSIDE_IN, *FIRST, *OUTSIDE_IN, *INSIDE_OUT, *LAST)}


class _Held:
    """Entries that stand for what is rewritten by itself; final."""

    def __init__(self) -> None:
        self.known: dict[Tensor, Definition] = {}

    def entry(self, expr: sympy.Expr) -> sympy.Expr:
        """An entry with the free indices of an expression in its place."""
        axes = tuple(sorted(free_indices(expr), key=lambda index: index.name))
        tensor = Tensor(f"case {len(self.known)}", tuple(index.dim for index in axes))
        self.known[tensor] = Definition(tensor, axes, expr)
        return Entry(tensor, *axes)

    def back(self, expr: sympy.Expr) -> sympy.Expr:
        """The expression with everything where its entry stands."""
        if self.known.keys().isdisjoint(tensors_of(expr)):
            return expr
        if isinstance(expr, Entry):
            return self.known[expr.tensor].at(expr.axes)
        if isinstance(expr, Binder):
            return expr.func(self.back(expr.body), *expr.indices)
        return with_args(expr, [self.back(arg) for arg in expr.args])


@lru_cache(maxsize=20_000)
def rewritten(expr: sympy.Expr) -> sympy.Expr:
    """An equal expression that is exact far out too."""
    held = _Held()
    apart = _case_by_case(_within_logs(expr), held)
    made = _walked(_walked(apart, FIRST_OUTSIDE_IN, FIRST), OUTSIDE_IN, INSIDE_OUT)
    return held.back(_completed(made))


def _within_logs(expr: sympy.Expr) -> sympy.Expr:
    """The expression with rewritten exponents in its softmaxes and in logarithms of sums of exponentials."""
    if not expr.has(IndexLogSum):
        return expr
    if isinstance(expr, IndexLogSum):
        return expr.func(expr.weight * sympy.exp(rewritten(expr.exponent)), *expr.indices)
    return with_args(expr, [_within_logs(arg) for arg in expr.args])


def _case_by_case(expr: sympy.Expr, held: _Held) -> sympy.Expr:
    """The expression with entries for those parts of which each case has been rewritten by itself."""
    if not concerns(expr) or isinstance(expr, (IndexLogSum, SoftmaxEntry)):
        return expr
    cases = cases_of(expr)
    if cases is not None:
        both = cases.joined(rewritten(cases.yes), rewritten(cases.no), partial(_applied, rules=CHOICES))
        return _case_by_case(cases.front, held) * held.entry(both) + _case_by_case(cases.beside, held)
    if isinstance(expr, Binder):
        body = _case_by_case(expr.body, held)
        return expr if body == expr.body else expr.func(body, *expr.indices)
    return with_args(expr, [_case_by_case(arg, held) for arg in expr.args])


def _completed(expr: sympy.Expr) -> sympy.Expr:
    """The last rules, from the outside in; what they made stays."""
    if not concerns(expr) or isinstance(expr, (IndexLogSum, SoftmaxEntry)):
        return expr
    made = _applied(expr, LAST)
    if made != expr:
        return made
    if isinstance(expr, Binder):
        body = _completed(expr.body)
        return expr if body == expr.body else expr.func(body, *expr.indices)
    return with_args(expr, [_completed(arg) for arg in expr.args])


def _walked(
    expr: sympy.Expr, down: tuple[Rule, ...], up: tuple[Rule, ...], is_made: bool = False
) -> sympy.Expr:
    """The rules applied; what the rules for sums and products made is opened again, unless it `is_final`.

    Such a rule writes `exp(a − softplus(b))` where a product has no shorter form. Read again, this is an
    exponential of something new, of which sums have logarithms in which the same happens, without an end.
    """
    if not concerns(expr) or isinstance(expr, (IndexLogSum, SoftmaxEntry)):
        return expr
    made = expr if is_made and is_final(expr) else _applied(expr, down)
    is_made = (is_made or made is not expr) and not isinstance(made, sympy.Function)
    if isinstance(made, Binder):
        body = _walked(made.body, down, up, is_made)
        made = made if body == made.body else made.func(body, *made.indices)
    else:
        made = with_args(made, [_walked(arg, down, up, is_made) for arg in made.args])
    return _applied(made, up)


def is_final(expr: sympy.Expr) -> bool:
    """Whether an exponential of a logarithm of a sum, as rules make it, takes part in sums and products."""
    if isinstance(expr, sympy.exp):
        return bool(expr.args[0].has(softplus, log_add_exp))
    return isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)) and any(map(is_final, expr.args))


def _applied(expr: sympy.Expr, rules: tuple[Rule, ...]) -> sympy.Expr:
    for rule in rules:
        made = RULES[rule.__name__](expr)
        if made != expr:
            expr = made
    return expr
