"""Evaluating a program with plain loops, counting every multiplication and addition on the way.

Slow and obvious: it knows nothing of extents multiplied together. A sub-expression is evaluated once for
each value of the indices that occur in it, as `symderive.cost.count` says.
"""

import itertools
from collections import Counter

import numpy as np
import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Entry, Index, IndexMax, IndexSum
from symderive.functions import by_head


class Loops:
    """One run of a program with integer extents: `arrays` has the results, `counts` the operations.

    `padding` counts the multiplications that had a factor outside its array.
    """

    def __init__(self, program, arrays):
        self.arrays = dict(arrays)
        self.counts = Counter()
        for definition in program.definitions:
            self.memo = {}
            result = np.zeros([int(size) for size in definition.tensor.shape])
            for place in np.ndindex(result.shape):
                env = dict(zip(definition.indices, place, strict=True))
                result[place] = self.value(definition.body, env, ())
            self.arrays[definition.tensor.name] = result

    def value(self, expr, env, path):
        key = (path, tuple(sorted((index.name, env[index]) for index in free_indices(expr))))
        if key not in self.memo:
            self.memo[key] = self.compute(expr, env, path)
        return self.memo[key]

    def compute(self, expr, env, path):
        if isinstance(expr, Index):
            return env[expr]
        if isinstance(expr, sympy.Number):
            return float(expr)
        if isinstance(expr, Entry):
            return self.entry(expr, env)
        if isinstance(expr, (IndexSum, IndexMax)):
            return self.bound(expr, env, path)
        parts = [self.value(arg, env, (*path, place)) for place, arg in enumerate(expr.args)]
        if isinstance(expr, sympy.Add):
            self.counts["adds"] += len(parts) - 1
            return sum(parts)
        if isinstance(expr, sympy.Mul):
            return self.product(expr, parts, env)
        if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp > 0:
            self.counts["muls"] += int(expr.exp) - 1
            return parts[0] ** int(expr.exp)
        entry = by_head()[type(expr)]
        self.counts[entry.name] += 1
        return entry.scalar(*parts)

    def product(self, expr, parts, env):
        factors = [part for part, arg in zip(parts, expr.args, strict=True) if arg != -1]
        self.counts["muls"] += len(factors) - 1
        if any(not self.inside(arg, env) for arg in expr.args if isinstance(arg, Entry)):
            self.counts["padding"] += len(factors) - 1
        return float(np.prod(parts))

    def bound(self, expr, env, path):
        values = [
            self.value(expr.body, {**env, **dict(zip(expr.indices, place, strict=True))}, (*path, 0))
            for place in itertools.product(*(range(int(index.dim)) for index in expr.indices))
        ]
        if isinstance(expr, IndexMax):
            self.counts["comparisons"] += len(values) - 1
            return max(values)
        self.counts["adds"] += len(values) - 1
        return sum(values)

    def inside(self, entry, env):
        return all(
            0 <= at < int(size)
            for at, size in zip(self.position(entry, env), entry.tensor.shape, strict=True)
        )

    def position(self, entry, env):
        return [
            int(axis.xreplace({i: sympy.Integer(env[i]) for i in free_indices(axis)})) for axis in entry.axes
        ]

    def entry(self, entry, env):
        return (
            float(self.arrays[entry.tensor.name][tuple(self.position(entry, env))])
            if self.inside(entry, env)
            else 0.0
        )


def random_arrays(program, seed=0):
    """Generic values for the inputs of a program with integer sizes."""
    draw = np.random.default_rng(seed)
    return {one.name: draw.normal(size=[int(size) for size in one.shape]) for one in program.inputs}
