"""Where a formula holds: domains of logarithms, roots and quotients, kinks, facts used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import sympy

from symderive.core.identity import tensors_of
from symderive.core.matrix_nodes import Det
from symderive.core.nodes import Tensor
from symderive.core.program import Definition, Program
from symderive.derive.condition import (
    Condition,
    condition_of,
    factor_removed,
    matrices_in,
    readable,
    regularity,
    settled,
    symmetric_part,
    why_never,
)
from symderive.derive.demands import Demand, compared_only, demands, outer_powers
from symderive.derive.guards import is_implied
from symderive.derive.intervals import is_apart, is_within
from symderive.derive.paths import guards_of_uses, is_passed_over
from symderive.derive.ranges import Ranges, range_of
from symderive.derive.regular import factored, inverted, is_positive_definite, is_regular
from symderive.derive.singular_conditions import FULL_RANK, singular_demands
from symderive.derive.size_conditions import inequality, slacks
from symderive.errors import SymderiveError
from symderive.functions.choice import where
from symderive.functions.comparisons import equal
from symderive.functions.record import NONNEGATIVE, NONZERO, POSITIVE


def conditions_of(
    program: Program,
    blocks: Iterable[Sequence[Tensor]],
    several: Collection[Tensor] = (),
    given: Sequence[sympy.Expr] | None = None,
) -> tuple[Condition, ...]:
    """The conditions under which a program and its derivatives mean something.

    Conditions that follow from the declared domains are left out.

    Args:
        program: what is differentiated.
        blocks: for each derivative the variables, one for each time: (x, x) for a Hessian.
        several: maxima that are attained at several places at once.
        given: the slacks of the program, where they are known.

    Raises:
        SymderiveError: a condition that never holds.
    """
    ranges, found = Ranges(program), _Found()
    orders, compared = _Orders(blocks), compared_only(program)
    powers, ways = outer_powers(program), guards_of_uses(program, compared)
    for made in program.definitions:
        orders.learn(made)
        is_compared = made.tensor in compared
        for demand in demands(made.body, orders.of, powers.get(made.tensor, (sympy.S.One,)), is_compared):
            if demand.kind == "domain" and _is_given(demand, ranges):
                continue
            if demand.kind == "kink" and is_passed_over(demand.argument, made, ways.get(made.tensor, [])):
                continue
            for body, domain in _apart(*settled(program, made, demand), ranges):
                if demand.kind == "domain" and _is_given(_as_demand(body, domain), ranges):
                    continue
                inside = matrices_in(program, made, body)
                one = condition_of(demand, body, domain, made.tensor in several, inside)
                if demand.kind == "domain" and not demand.guards and is_apart(range_of(body, ranges), domain):
                    raise _never(why_never(demand, body, domain))
                found.add(one, demand, body, domain)
        moving = orders.of(made.body) > 0 and not is_compared
        for matrix, one in _of_matrices(program, made, moving):
            found.conditions.setdefault(one.text, one)
            if matrix is not None:
                found.matrices[matrix] = one.text
    for slack in slacks(program) if given is None else given:
        plain, written = inequality(slack)
        found.conditions.setdefault(plain, Condition(plain, written, "domain", slack))
    return found.shortest()


class _Found:
    """Conditions that were found, each once."""

    def __init__(self) -> None:
        self.conditions: dict[str, Condition] = {}
        self._kinks: dict[str, sympy.Expr] = {}
        self._domains: dict[sympy.Expr, dict[sympy.Set, str]] = {}
        self.matrices: dict[Tensor, str] = {}

    def add(self, one: Condition, demand: Demand, body: sympy.Expr, domain: sympy.Set) -> None:
        """Note a condition, and what it is about."""
        self.conditions.setdefault(one.text, one)
        if demand.kind == "kink" and isinstance(body, equal):
            self._kinks[one.text] = sympy.Add(body.args[0], -body.args[1])
        elif demand.kind == "domain" and not demand.guards:
            self._domains.setdefault(body, {})[domain] = one.text

    def shortest(self) -> tuple[Condition, ...]:
        """The conditions without those that others say: `x > 0` for `x ≥ 0` and `x ≠ 0`."""
        away: set[sympy.Expr] = set()
        for body, said in self._domains.items():
            if {NONNEGATIVE, NONZERO} <= said.keys():
                demand = Demand(body, POSITIVE, "domain", "")
                self.conditions[said[NONNEGATIVE]] = condition_of(demand, body, POSITIVE)
                said[POSITIVE] = said.pop(NONNEGATIVE)
            if POSITIVE in said:
                for weaker in (NONZERO, NONNEGATIVE):
                    if said.get(weaker) != said[POSITIVE]:
                        self.conditions.pop(said.get(weaker, ""), None)
            away.update((body,) if {POSITIVE, NONZERO} & said.keys() else ())
            if isinstance(body, Det) and {POSITIVE, NONZERO} & said.keys():
                self.conditions.pop(self.matrices.get(body.tensor, ""), None)  # its determinant says more
        return tuple(one for text, one in self.conditions.items() if self._kinks.get(text) not in away)


def _of_matrices(
    program: Program, made: Definition, moving: bool
) -> Iterator[tuple[Tensor | None, Condition]]:
    """The conditions on matrices that are inverted or factored in an equation; with those inverted."""
    for tensor in inverted(made.body, moving):
        if not is_regular(program, tensor):
            one = regularity(program, made, tensor, "is invertible")
            whole = program.definition(tensor)
            if whole is not None and whole.body == 0:
                raise _never("it inverts a matrix of zeros")
            yield tensor, one
    for tensor, word in singular_demands(made.body) if moving else ():
        if not (word == FULL_RANK and is_regular(program, tensor)):
            yield None, regularity(program, made, tensor, word)
    for tensor in factored(made.body):
        if not is_positive_definite(program, tensor):
            yield None, regularity(program, made, tensor, "is symmetric positive definite")


def _never(reason: str) -> SymderiveError:
    return SymderiveError(
        f"the formula has no value or no derivative anywhere, because {reason}; "
        "check its signs, or declare other domains."
    )


def _apart(body: sympy.Expr, domain: sympy.Set, ranges: Ranges) -> list[tuple[sympy.Expr, sympy.Set]]:
    """A demand on a product as demands on its factors, without those that meet it: `x/√n ≠ 0` as `x ≠ 0`."""
    plain = not isinstance(body, sympy.Mul) or not tensors_of(body)
    if plain or domain not in (NONZERO, POSITIVE, NONNEGATIVE):
        return [(body, domain)]
    known = [one for one in body.args if is_within(range_of(one, ranges), POSITIVE)]
    others = [one for one in body.args if one not in known]
    if domain == NONZERO:
        return [readable(one, domain) for one in others] or [(body, domain)]
    if domain == POSITIVE and all(is_within(range_of(one, ranges), NONNEGATIVE) for one in others):
        return [readable(one, domain) for one in others] or [(body, domain)]
    return [readable(sympy.Mul(*others), domain) if others else (body, domain)]


def _is_given(demand: Demand, ranges: Ranges) -> bool:
    """Whether a demand is met by the declared domains, or by the branch that it stands in."""
    return is_within(range_of(demand.argument, ranges), demand.domain) or is_implied(
        demand.argument, demand.domain, demand.guards
    )


def _as_demand(body: sympy.Expr, domain: sympy.Set) -> Demand:
    """What was written out as a demand again; the branch that it stands in is its guard."""
    guarded = isinstance(body, where)
    argument, guards = (body.args[1], (body.args[0],)) if guarded else (body, ())
    return Demand(argument, domain, "domain", "", guards)


class _Orders:
    """How many times the parts of a program are differentiated.

    What a part depends on is a number with one bit for each variable.
    """

    def __init__(self, blocks: Iterable[Sequence[Tensor]]) -> None:
        given = tuple(map(tuple, blocks))
        variables = dict.fromkeys(one for block in given for one in block)
        self._bits = {one: 1 << place for place, one in enumerate(variables)}
        self._once = 0  # the variables of first derivatives
        self._blocks: list[tuple[int, ...]] = []
        for block in given:
            if len(block) == 1:
                self._once |= self._bits[block[0]]
            else:
                self._blocks.append(tuple(self._bits[one] for one in block))
        self._known: dict[int, int] = {}

    def learn(self, made: Definition) -> None:
        """Note which variables the left-hand side of an equation depends on."""
        used = self._used(made.body)
        if used:
            self._bits[made.tensor] = used

    def of(self, expr: sympy.Basic) -> int:
        """The largest number of times that a derivative passes through an expression."""
        used = self._used(expr)
        if used not in self._known:
            counts = (sum(bool(used & bit) for bit in block) for block in self._blocks)
            self._known[used] = max(counts, default=0) or int(bool(used & self._once))
        return self._known[used]

    def _used(self, expr: sympy.Basic) -> int:
        used = 0
        for tensor in tensors_of(expr):
            used |= self._bits.get(tensor, 0)
        return used


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
