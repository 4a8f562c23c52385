"""What a right-hand side and its derivative demand of their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy

from symderive.calculus.rules import chosen_factor
from symderive.core.identity import tensors_of
from symderive.core.nodes import Entry, Fold, IndexProduct, IndexSum, Tensor, TensorNode
from symderive.core.program import Program
from symderive.core.softmax_nodes import IndexLogSum
from symderive.derive.guards import with_guards
from symderive.derive.intervals import NONZERO
from symderive.derive.ranges import Ranges, range_of
from symderive.functions import by_head
from symderive.functions.comparisons import equal
from symderive.functions.kinked import absolute, relu
from symderive.functions.record import NONNEGATIVE, POSITIVE, REALS, Elementwise, Indicator

TIE = "is attained once"


@dataclass(frozen=True)
class Demand:
    """An argument, the set that it must lie in, and the conditions under which it is used at all."""

    argument: sympy.Expr
    domain: sympy.Set
    kind: str
    word: str
    guards: tuple[sympy.Expr, ...] = ()


def demands(body: sympy.Expr, active: set[Tensor], exponent: sympy.Expr) -> Iterator[Demand]:
    """What a right-hand side demands; stricter where a derivative passes through.

    Args:
        body: the right-hand side.
        active: the tensors that depend on the variables.
        exponent: the least power that the value is raised to wherever it is used.
    """
    for part, guards in with_guards(body, ()):
        moving = bool(tensors_of(part) & active)
        if isinstance(part, sympy.Pow) and part.has(TensorNode):
            power = exponent if part is body else sympy.S.One
            for argument, domain in _power_demands(part, moving, power):
                yield Demand(argument, domain, "domain", "power", guards)
        if isinstance(part, Fold) and moving and not _is_truth(part.body):
            yield _fold_demand(part, guards)
        if isinstance(part, IndexLogSum) and part.weight != 1:
            yield Demand(IndexSum(part.body, *part.indices), POSITIVE, "domain", "logarithm", guards)
        entry = by_head().get(type(part))
        if entry is None:
            continue
        for argument, domain in _argument_domains(part, entry, moving):
            yield Demand(argument, domain, "domain", entry.name, guards)
        border = equal(entry.border(*part.args), sympy.S.Zero) if entry.kinks else None
        smooth = exponent > 1 and part is body and isinstance(part, (relu, absolute))  # they are 0 there
        if border is not None and tensors_of(border) & active and not smooth:
            sides = part.args if entry.arity == 2 else (part.args[0], sympy.S.Zero)
            yield Demand(equal(*sides), REALS, "kink", entry.law, guards)


def _argument_domains(
    part: sympy.Function, entry: Elementwise, moving: bool
) -> Iterator[tuple[sympy.Expr, sympy.Set]]:
    """The arguments of a function that must lie in a set: where it has a value, or a slope."""
    last = entry.slopes if moving and entry.slopes is not None else entry.domain
    domains = entry.domains or (*(REALS,) * (entry.arity - 1), last)
    yield from ((arg, one) for arg, one in zip(part.args, domains, strict=True) if one != REALS)
    if entry.joint is not None:
        yield entry.joint(*part.args)


def _is_truth(body: sympy.Expr) -> bool:
    return isinstance(body, Indicator) or (isinstance(body, Entry) and body.tensor.domain == "binary")


def _fold_demand(part: Fold, guards: tuple[sympy.Expr, ...]) -> Demand:
    """A product is divided by its factors; a maximum has a derivative where it is attained once."""
    if isinstance(part, IndexProduct):
        return Demand(chosen_factor(part.body)[1], NONZERO, "domain", "product", guards)
    return Demand(part, REALS, "tie", TIE, guards)


def has_open_domain(body: sympy.Expr, ranges: Ranges) -> bool:
    """Whether a right-hand side, with its derivative, asks for something that the ranges do not give."""
    active = set(tensors_of(body))
    return any(
        demand.kind == "domain" and not range_of(demand.argument, ranges).is_subset(demand.domain)
        for demand in demands(body, active, sympy.S.One)
    )


def _power_demands(
    part: sympy.Pow, moving: bool, outer: sympy.Expr
) -> Iterator[tuple[sympy.Expr, sympy.Set]]:
    base, exponent = part.args
    if exponent.is_integer:
        if exponent.is_negative or (not exponent.is_nonnegative and base.has(TensorNode)):
            yield base, NONZERO
    elif base.is_positive is not True:
        joined = exponent * outer if outer.is_integer else exponent
        smooth = exponent.is_number and exponent > 0 and (exponent > 1 or joined >= 1)
        loose = exponent.is_number and exponent > 0 and (not moving or smooth)
        yield base, NONNEGATIVE if loose else POSITIVE


def least_powers(program: Program) -> dict[Tensor, sympy.Expr]:
    """For unnamed results that are only ever raised to powers: the least exponent.

    A root that is only squared may be 0, and a kink that is only squared is none.
    """
    least: dict[Tensor, sympy.Expr] = {}
    for made in program.definitions:
        for part, is_base in _uses(made.body, None):
            found = is_base if is_base is not None else sympy.S.One
            least[part] = min(least.get(part, found), found)
    kept = {made.tensor for made in program.definitions if made.pinned} | set(program.outputs)
    return {tensor: power for tensor, power in least.items() if power > 1 and tensor not in kept}


def _uses(expr: sympy.Basic, power: sympy.Expr | None) -> Iterator[tuple[Tensor, sympy.Expr | None]]:
    if isinstance(expr, TensorNode):
        yield expr.tensor, power if isinstance(expr, Entry) else None
        return
    if isinstance(expr, sympy.Pow) and expr.exp.is_number and expr.exp.is_real:
        yield from _uses(expr.base, expr.exp)
        return
    for arg in expr.args:
        yield from _uses(arg, None)
