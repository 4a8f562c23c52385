"""What a right-hand side and its derivative demand of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy

from symderive.calculus.rules import chosen_factor
from symderive.core.identity import tensors_of
from symderive.core.kinds import has_kind
from symderive.core.nodes import Entry, Fold, IndexProduct, IndexSum, Tensor, TensorNode
from symderive.core.program import Program
from symderive.core.softmax_nodes import IndexLogSum
from symderive.derive.guards import STILL, is_excluded, with_guards
from symderive.derive.intervals import is_within
from symderive.derive.ranges import Ranges, range_of
from symderive.functions import by_head
from symderive.functions.choice import where
from symderive.functions.comparisons import equal
from symderive.functions.kinked import absolute, relu
from symderive.functions.record import NONNEGATIVE, NONZERO, POSITIVE, REALS, Elementwise, Indicator

TIE = "is attained once"
_DEMANDING = (sympy.Pow, sympy.Function, Fold, IndexLogSum)
OrderOf = Callable[[sympy.Basic], int]


@dataclass(frozen=True)
class Demand:
    """An argument, the set that it must lie in, and the conditions under which it is used at all."""

    argument: sympy.Expr
    domain: sympy.Set
    kind: str
    word: str
    guards: tuple[sympy.Expr, ...] = ()


def demands(
    body: sympy.Expr,
    order_of: OrderOf,
    exponents: tuple[sympy.Expr, ...] = (sympy.S.One,),
    is_compared: bool = False,
) -> Iterator[Demand]:
    """What a right-hand side demands; stricter where derivatives pass through.

    Args:
        body: the right-hand side.
        order_of: how many times a part of it is differentiated.
        exponents: the powers that the value is raised to wherever it is used.
        is_compared: whether no derivative passes through, because the value is only compared with others.
    """
    if not has_kind(body, _DEMANDING):
        return
    for part, guards, passes in with_guards(body, passes=not is_compared):
        order = order_of(part) if passes else 0
        moving = order > 0
        if isinstance(part, sympy.Pow) and has_kind(part, TensorNode):
            powers = exponents if part is body else (sympy.S.One,)
            for argument, domain in _power_demands(part, order, powers):
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
        if entry.kinks and (passes or isinstance(part, STILL)):
            yield from _kink_demands(part, entry, order_of, exponents if part is body else (), guards)


def _kink_demands(
    part: sympy.Function,
    entry: Elementwise,
    order_of: OrderOf,
    exponents: tuple[sympy.Expr, ...],
    guards: tuple[sympy.Expr, ...],
) -> Iterator[Demand]:
    """Where a function has no derivative; `exponents` are those of the powers that its value stands in."""
    border = equal(entry.border(*part.args), sympy.S.Zero)
    order = order_of(border)
    high = bool(exponents) and all(one > order for one in exponents)
    smooth = high and isinstance(part, (relu, absolute))  # 0 at the kink, with all these derivatives
    sides = equal(*(part.args if entry.arity == 2 else (part.args[0], sympy.S.Zero)))
    if order and not smooth and not (isinstance(sides, equal) and is_excluded(sides, guards)):
        yield Demand(sides, REALS, "kink", entry.law, guards)


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
    """A product is divided by its factors; a maximum has one derivative where it is attained once."""
    if isinstance(part, IndexProduct):
        return Demand(chosen_factor(part.body)[1], NONZERO, "domain", "product", guards)
    return Demand(part, REALS, "tie", TIE, guards)


def has_open_domain(body: sympy.Expr, ranges: Ranges) -> bool:
    """Whether a right-hand side, with its derivative, asks for something that the ranges do not give."""
    return any(
        demand.kind == "domain" and not is_within(range_of(demand.argument, ranges), demand.domain)
        for demand in demands(body, lambda part: int(bool(tensors_of(part))))
    )


def _power_demands(
    part: sympy.Pow, order: int, outer: tuple[sympy.Expr, ...]
) -> Iterator[tuple[sympy.Expr, sympy.Set]]:
    """What a power asks of its base: `x^p` has derivatives at 0 up to the order p."""
    base, exponent = part.args
    if exponent.is_integer:
        if exponent.is_negative or (not exponent.is_nonnegative and has_kind(base, TensorNode)):
            yield base, NONZERO
    elif base.is_positive is not True:
        loose = exponent.is_number and exponent > 0
        if loose and order:
            joined = [exponent * one if one.is_integer else exponent for one in outer]
            loose = all(one.is_integer or max(one, exponent) >= order for one in joined)
        yield base, NONNEGATIVE if loose else POSITIVE


def outer_powers(program: Program) -> dict[Tensor, tuple[sympy.Expr, ...]]:
    """For unnamed results that are only ever raised to powers above 1: the exponents.

    A root that is only squared may be 0, and a kink that is only squared has a slope.
    """
    found: dict[Tensor, dict[sympy.Expr, None]] = {}
    for made in program.definitions:
        for part, power in _uses(made.body, None):
            found.setdefault(part, {})[sympy.S.One if power is None else power] = None
    kept = {made.tensor for made in program.definitions if made.pinned} | set(program.outputs)
    return {
        tensor: tuple(powers)
        for tensor, powers in found.items()
        if tensor not in kept and sympy.S.One not in powers and all(power > 1 for power in powers)
    }


def compared_only(program: Program) -> frozenset[Tensor]:
    """The results through which no derivative passes, because they are only compared with others."""
    live = set(program.outputs)
    for made in reversed(program.definitions):
        if made.tensor not in live:
            continue
        if not has_kind(made.body, (where, *STILL)):
            live |= tensors_of(made.body)
            continue
        parts = with_guards(made.body)
        live |= {part.tensor for part, _, passes in parts if passes and isinstance(part, TensorNode)}
    return frozenset(made.tensor for made in program.definitions if made.tensor not in live)


def _uses(expr: sympy.Basic, power: sympy.Expr | None) -> Iterator[tuple[Tensor, sympy.Expr | None]]:
    if isinstance(expr, TensorNode):
        yield expr.tensor, power if isinstance(expr, Entry) else None
        return
    if isinstance(expr, sympy.Pow) and expr.exp.is_number and expr.exp.is_real:
        yield from _uses(expr.base, expr.exp)
        return
    for arg in expr.args:
        yield from _uses(arg, None)
