"""Where a formula holds: domains of logarithms, roots and quotients, kinks, facts used."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sympy

from symderive.core.identity import tensors_of
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.condition import Condition, condition_of, factor_removed, regularity, symmetric_part
from symderive.derive.demands import demands, least_powers
from symderive.derive.guards import is_implied
from symderive.derive.intervals import is_within
from symderive.derive.ranges import Ranges, range_of
from symderive.derive.regular import factored, inverted, is_positive_definite, is_regular
from symderive.derive.singular_conditions import FULL_RANK, singular_demands
from symderive.derive.size_conditions import inequality, slacks


def conditions_of(
    program: Program, wrt: Iterable[Tensor], several: Collection[Tensor] = ()
) -> tuple[Condition, ...]:
    """The conditions under which a program and its derivative in `wrt` mean something.

    Conditions that follow from the declared domains are left out. The maxima in `several` are attained at
    several places at once.
    """
    ranges = Ranges(program)
    found: dict[str, Condition] = {}
    active: set[Tensor] = set(wrt)
    powers = least_powers(program)
    for made in program.definitions:
        moving = bool(tensors_of(made.body) & active)
        if moving:
            active.add(made.tensor)
        for demand in demands(made.body, active, powers.get(made.tensor, sympy.S.One)):
            if demand.kind == "domain" and (
                is_within(range_of(demand.argument, ranges), demand.domain)
                or is_implied(demand.argument, demand.domain, demand.guards)
            ):
                continue
            one = condition_of(program, made, demand, made.tensor in several)
            found.setdefault(one.text, one)
        for tensor in inverted(made.body, moving):
            if not is_regular(program, tensor):
                one = regularity(program, made, tensor, "is invertible")
                found.setdefault(one.text, one)
        for tensor, word in singular_demands(made.body) if moving else ():
            if not (word == FULL_RANK and is_regular(program, tensor)):
                one = regularity(program, made, tensor, word)
                found.setdefault(one.text, one)
        for tensor in factored(made.body):
            if not is_positive_definite(program, tensor):
                one = regularity(program, made, tensor, "is symmetric positive definite")
                found.setdefault(one.text, one)
    for slack in slacks(program):
        plain, written = inequality(slack)
        found.setdefault(plain, Condition(plain, written, "domain", slack))
    return tuple(found.values())


def factor_facts(written: Program, used: Program) -> tuple[Condition, ...]:
    """How Cholesky factors of inputs were differentiated, or that a law has removed them.

    Args:
        written: the program as a person wrote it.
        used: the program that was differentiated.
    """
    kept = {tensor for made in used.definitions for tensor in factored(made.body)}
    found: dict[Tensor, Condition] = {}
    for made in written.definitions:
        for tensor in factored(made.body):
            if tensor in written.inputs:
                found[tensor] = symmetric_part(tensor) if tensor in kept else factor_removed(tensor)
    return tuple(found.values())
