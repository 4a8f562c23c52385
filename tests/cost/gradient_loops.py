"""Evaluating a gradient program with plain loops, counting operations on the way; knows no extents.

A product that a delta sends somewhere is computed once for each value of the other indices and added there;
one that a delta keeps at one position is computed at this position only.
"""

import numpy as np
import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Delta, Entry, Index, IndexSum
from symderive.core.recurrence import direction
from tests.cost.brute_force import Loops


class AdjointLoops(Loops):
    """One run of a gradient program; `counts` are those of its adjoints alone."""

    def __init__(self, program, arrays, adjoints):
        self.adjoints, self.kept = set(adjoints), None
        super().__init__(program, arrays)

    def steps(self, run):
        """The steps of a recurrence in the order in which they are computed."""
        return range(int(run[0].along.dim))[:: direction(run)]

    def fill(self, definition, step):
        before = self.counts.copy()
        result = self.arrays[definition.tensor.name]
        terms = sympy.Add.make_args(definition.body)
        loose = [(number, one) for number, one in enumerate(terms) if lands_in(one, definition.indices)]
        fixed = [(number, one) for number, one in enumerate(terms) if (number, one) not in loose]
        here = {
            place: [one for one in fixed if self.is_sent_here(one[1], definition, place)]
            for place in np.ndindex(result.shape)
            if step is None or place[definition.indices.index(definition.along)] == step
        }
        unmasked = 0
        for place, present in here.items():
            env = dict(zip(definition.indices, place, strict=True))
            result[place] = sum((self.value(one, env, (number,)) for number, one in present), 0.0)
            unmasked = max(unmasked, sum(not self.is_masked(one, env) for _, one in present))
        if unmasked > 1:  # otherwise there is nothing to add anywhere
            self.counts["adds"] += sum(max(0, len(present) - 1) for present in here.values())
        for number, (_, term) in enumerate(loose):
            self.land(definition, result, term, number)
            if number or fixed:
                self.counts["adds"] += result.size
        if definition.tensor not in self.adjoints:
            self.counts = before

    def is_sent_here(self, term, definition, place):
        """Whether no delta takes a term away at a position."""
        env = dict(zip(definition.indices, place, strict=True))
        return all(self.delta(one, env) for one in deltas_of(term))

    def delta(self, delta, env):
        return len({self.place(self.held(one, env), env) for one in delta.args}) == 1

    def held(self, position, env):
        """A position that may be an entry of an array."""
        return sympy.Integer(int(self.entry(position, env))) if isinstance(position, Entry) else position

    def land(self, definition, result, term, number):
        """Add each product of a sum where the deltas send it."""
        (total,) = [one for one in sympy.Mul.make_args(term) if isinstance(one, IndexSum)]
        around = [one for one in sympy.Mul.make_args(term) if one is not total]
        assert not around
        deltas = deltas_of(total.body)
        factors = [one for one in sympy.Mul.make_args(total.body) if one not in deltas]
        lands = {i: at for one in deltas for i, at in (one.args, one.args[::-1]) if i in definition.indices}
        loop = [*(index for index in definition.indices if index not in lands), *total.indices]
        for env in self.rows(loop, {}):
            product = self.value(sympy.Mul(*factors), env, ("landed", number))
            at = [
                self.place(self.held(lands[i], env), env) if i in lands else env[i]
                for i in definition.indices
            ]
            self.counts["adds"] += 1
            if all(0 <= one < size for one, size in zip(at, result.shape, strict=True)):
                result[tuple(at)] += product

    def compute(self, expr, env, path):
        if isinstance(expr, Delta):
            return float(self.delta(expr, env))
        if isinstance(expr, sympy.Mul) and deltas_of(expr):
            rest = sympy.Mul(*(one for one in expr.args if not isinstance(one, Delta)))
            return self.value(rest, env, path) if all(self.delta(d, env) for d in deltas_of(expr)) else 0.0
        return super().compute(expr, env, path)


def deltas_of(term):
    """The deltas that are factors."""
    return [one for one in sympy.Mul.make_args(term) if isinstance(one, Delta)]


def lands_in(term, free):
    """Whether a term is a sum whose products a delta sends along a free index."""
    if not isinstance(term, IndexSum):
        return False
    return any(
        one in free and free_indices(other) & set(term.indices)
        for delta in deltas_of(term.body)
        for one, other in (delta.args, delta.args[::-1])
        if isinstance(one, Index)
    )
