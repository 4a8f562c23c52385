"""Evaluating a program with plain loops, counting every multiplication and addition on the way.

Slow and obvious: it knows nothing of extents multiplied together. A sub-expression is evaluated once for
each value of the indices that occur in it, as `symderive.cost.count` says.
"""

import itertools
import math
from collections import Counter

import numpy as np
import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Delta, Entry, Index, IndexMax, IndexMin, IndexProduct, IndexSum
from symderive.core.positions import Inside, Quotient, Remainder, bare
from symderive.functions import by_head


class Loops:
    """One run of a program with integer extents: `arrays` has the results, `counts` the operations.

    `padding` counts the multiplications that had a factor outside its array, whose product is masked by a
    bracket, or whose product lands outside of the result. A term whose bracket is 0 is not there to be added.
    """

    def __init__(self, program, arrays):
        self.arrays = dict(arrays)
        self.counts = Counter()
        for _, run in itertools.groupby(program.definitions, key=lambda made: made.along or made):
            run = list(run)
            for definition in run:
                size = [int(size) for size in definition.tensor.shape]
                self.arrays[definition.tensor.name] = np.zeros(size)
            memos = [{} for _ in run]
            along = run[0].along
            for step in [None] if along is None else self.steps(run):
                for definition, self.memo in zip(run, memos, strict=True):
                    self.fill(definition, step)

    def steps(self, run):
        """The steps of a recurrence in the order in which they are computed."""
        return range(int(run[0].along.dim))

    def fill(self, definition, step):
        """One equation, at one step if it belongs to a recurrence."""
        result = self.arrays[definition.tensor.name]
        if any(not one.has(Entry) for one in definition.body.atoms(Delta)):
            self.scatter(definition, result)
            return
        for place in np.ndindex(result.shape):
            env = dict(zip(definition.indices, place, strict=True))
            if step is None or env[definition.along] == step:
                result[place] = self.value(definition.body, env, ())

    def scatter(self, definition, result):
        """Add each product where the deltas say, as in `Σ_{u,j} a[u] b[j] δ(i, 2j + u)`."""
        for number, term in enumerate(sympy.Add.make_args(definition.body)):
            if not term.has(Delta):
                for place in np.ndindex(result.shape):
                    env = dict(zip(definition.indices, place, strict=True))
                    result[place] += self.value(term, env, (number,))
                    self.counts["adds"] += 1
                continue
            factors = [one for one in sympy.Mul.make_args(term.body) if not isinstance(one, Delta)]
            deltas = [one for one in term.body.args if isinstance(one, Delta)]
            lands = {
                i: other for one in deltas for i, other in (one.args, one.args[::-1]) if isinstance(i, Index)
            }
            loop = [*(index for index in definition.indices if index not in lands), *term.indices]
            for place in itertools.product(*(range(int(index.dim)) for index in loop)):
                env = dict(zip(loop, place, strict=True))
                product = np.prod([self.value(one, env, (number, one)) for one in factors])
                at = [self.place(lands[i], env) if i in lands else env[i] for i in definition.indices]
                self.counts["muls"] += len(factors) - 1
                self.counts["adds"] += 1
                if all(0 <= one < size for one, size in zip(at, result.shape, strict=True)):
                    result[tuple(at)] += product
                else:
                    self.counts["padding"] += len(factors) - 1

    def value(self, expr, env, path):
        key = (path, tuple(sorted((index.name, env[index]) for index in free_indices(expr))))
        if key not in self.memo:
            counts = None if expr.has(Entry) else self.counts.copy()
            self.memo[key] = self.compute(expr, env, path)
            self.counts = self.counts if counts is None else counts  # no array is in it: known beforehand
        return self.memo[key]

    def compute(self, expr, env, path):
        if isinstance(expr, (Index, Quotient, Remainder)):
            return self.place(expr, env)
        if isinstance(expr, Inside):
            return float(0 <= self.place(expr.position, env) < int(expr.size))
        if expr.is_number:
            return float(expr)
        if isinstance(expr, Entry):
            return self.entry(expr, env)
        if isinstance(expr, (IndexSum, IndexMax, IndexMin, IndexProduct)):
            return self.bound(expr, env, path)
        parts = [self.value(arg, env, (*path, place)) for place, arg in enumerate(expr.args)]
        if isinstance(expr, sympy.Add):
            there = [not self.is_masked(arg, env) for arg in expr.args]
            self.counts["adds"] += max(0, sum(there) - 1)
            return sum(parts)
        if isinstance(expr, sympy.Mul):
            return self.product(expr, parts, env)
        if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp > 0:
            self.counts["muls"] += int(expr.exp) - 1
            return parts[0] ** int(expr.exp)
        if is_divisor(expr):  # counted by the product around it
            return parts[0] ** float(expr.exp)
        if isinstance(expr, sympy.Pow) and abs(expr.exp) == sympy.Rational(1, 2):
            self.counts["sqrt"] += 1
            self.counts["divisions"] += int(expr.exp.is_negative)
            return parts[0] ** float(expr.exp)
        if isinstance(expr, sympy.Pow):
            self.counts["pow"] += 1
            return parts[0] ** parts[1]
        if isinstance(expr, (sympy.floor, sympy.ceiling)):
            self.counts[type(expr).__name__] += 1
            return float(math.floor(parts[0]) if isinstance(expr, sympy.floor) else math.ceil(parts[0]))
        entry = by_head()[type(expr)]
        self.counts[entry.name] += 1
        return entry.scalar(*parts)

    def product(self, expr, parts, env):
        number = sympy.Mul(*(arg for arg in expr.args if arg.is_number))
        if (number.is_Rational and number.q != 1) or (not number.is_Rational and (number**-2).is_Integer):
            self.counts["divisions"] += 1
            number = 1
        below = [arg for arg in expr.args if is_divisor(arg)]
        known = [arg for arg in below if not arg.is_number and not arg.has(Entry)]  # before there are data
        held = [arg for arg in below if arg.has(Entry)]
        self.counts["divisions"] += sum(-int(arg.exp) for arg in held) + bool(known)
        factors = [
            part
            for part, arg in zip(parts, expr.args, strict=True)
            if not arg.is_number and not isinstance(arg, Inside) and arg not in below
        ]
        factors += [number] if abs(number) != 1 else []
        self.counts["muls"] += len(factors) - 1
        outside = any(not self.inside(arg, env) for arg in expr.args if isinstance(arg, Entry))
        if outside or self.is_masked(expr, env):
            self.counts["padding"] += len(factors) - 1
        return float(np.prod(parts))

    def bound(self, expr, env, path):
        factors = [one for one in sympy.Mul.make_args(expr.body) if isinstance(one, Delta)]
        for delta in factors:  # a look-up: an array holds the one position that is read
            (held,) = (one for one in delta.args if isinstance(one, Entry))
            (index,) = expr.indices
            row = {**env, index: int(self.value(held, env, (*path, "held")))}
            rest = sympy.Mul(*(one for one in expr.body.args if one != delta))
            return self.value(rest, row, (*path, 0))
        values = [self.value(expr.body, row, (*path, 0)) for row in self.rows(expr.indices, env)]
        if isinstance(expr, (IndexMax, IndexMin)):
            self.counts["comparisons"] += len(values) - 1
            return (max if isinstance(expr, IndexMax) else min)(values)
        if isinstance(expr, IndexProduct):
            self.counts["muls"] += len(values) - 1
            return np.prod(values)
        self.counts["adds"] += len(values) - 1
        return sum(values)

    def rows(self, indices, env):
        """All values of some indices together; an extent may depend on the values of others."""
        if not indices:
            yield env
            return
        first = next(one for one in indices if not set(indices) & free_indices(one.dim))
        for number in range(self.place(first.dim, env)):
            yield from self.rows([one for one in indices if one != first], {**env, first: number})

    def inside(self, entry, env):
        return all(
            0 <= at < int(size)
            for at, size in zip(self.position(entry, env), entry.tensor.shape, strict=True)
        )

    def is_masked(self, expr, env):
        brackets = [arg for arg in sympy.Mul.make_args(expr) if isinstance(arg, Inside)]
        return any(self.value(one, env, ("bracket", one)) == 0 for one in brackets)

    def position(self, entry, env):
        return [self.place(axis, env) for axis in entry.axes]

    def place(self, axis, env):
        axis = bare(axis)
        if isinstance(axis, Index):
            return env[axis]
        return int(axis.xreplace({i: sympy.Integer(env[i]) for i in free_indices(axis)}))

    def entry(self, entry, env):
        return (
            float(self.arrays[entry.tensor.name][tuple(self.position(entry, env))])
            if self.inside(entry, env)
            else 0.0
        )


def is_divisor(expr):
    """Whether it is what is divided by, once or several times."""
    return isinstance(expr, sympy.Pow) and bool(expr.exp.is_Integer) and expr.exp.is_negative


def random_arrays(program, seed=0):
    """Generic values for the inputs of a program with integer sizes; nonnegative ones are not near 0."""
    draw = np.random.default_rng(seed)
    arrays = {one.name: draw.normal(size=[int(size) for size in one.shape]) for one in program.inputs}
    for one in program.inputs:
        if one.domain in ("nonnegative", "positive"):
            arrays[one.name] = 0.5 + np.abs(arrays[one.name])
    held = {one.tensor: index.dim for index, one in look_ups(program)}
    for tensor, size in held.items():
        arrays[tensor.name] = draw.integers(0, int(size), arrays[tensor.name].shape).astype(float)
    return arrays


def look_ups(program):
    """The index that an entry is a position along, for each entry that is one."""
    for definition in program.definitions:
        for delta in definition.body.atoms(Delta):
            for index, held in (delta.args, delta.args[::-1]):
                if isinstance(held, Entry):
                    yield index, held
