"""Which products are computed first."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy

import symderive as sd
from symderive.codegen.contraction_order import Pair, best_order, chain_order, cost, usual_size
from symderive.core.nodes import Index


def chain_cost(numbers, splits, first, last):
    """The multiplications of a bracketed product."""
    if first == last:
        return 0
    cut = splits[first, last]
    own = numbers[first] * numbers[cut + 1] * numbers[last + 1]
    return own + chain_cost(numbers, splits, first, cut) + chain_cost(numbers, splits, cut + 1, last)


def cheapest(numbers):
    """The same by trying every bracketing."""
    if len(numbers) < 3:
        return 0
    return min(
        cheapest(numbers[: cut + 1]) + cheapest(numbers[cut:]) + numbers[0] * numbers[cut] * numbers[-1]
        for cut in range(1, len(numbers) - 1)
    )


def test_no_bracketing_of_a_chain_is_cheaper():
    rng = np.random.default_rng(3)
    for _ in range(100):
        numbers = [int(one) for one in rng.integers(1, 40, size=rng.integers(3, 8))]
        splits = chain_order([sympy.Integer(one) for one in numbers])
        assert chain_cost(numbers, splits, 0, len(numbers) - 2) == cheapest(numbers)


def total(tree, factors, summed):
    """The cost and labels of a tree of pairwise products."""
    if isinstance(tree, int):
        return 0.0, factors[tree]
    (left_cost, left), (right_cost, right) = (total(one, factors, summed) for one in (tree.left, tree.right))
    return left_cost + right_cost + cost(left, right, tree.summed), (left | right) - tree.summed


def every_tree(parts, factors, summed):
    """All trees over some factors, each index summed as soon as no other factor has it."""
    if len(parts) == 1:
        yield parts[0]
        return
    outside = frozenset().union(*(factors[one] for one in range(len(factors)) if one not in parts))
    for size in range(1, len(parts)):
        for some in itertools.combinations(parts, size):
            rest = tuple(one for one in parts if one not in some)
            if parts[0] not in some:
                continue
            for left, right in itertools.product(
                every_tree(some, factors, summed), every_tree(rest, factors, summed)
            ):
                labels = [total(one, factors, summed)[1] for one in (left, right)]
                here = (labels[0] | labels[1]) & summed - outside
                yield Pair(left, right, here, (labels[0] | labels[1]) - here)


def test_no_tree_of_pairs_is_cheaper():
    rng = np.random.default_rng(5)
    indices = [
        Index(name, sympy.Integer(int(size))) for name, size in zip("ijpqr", (3, 40, 7, 90, 2), strict=True)
    ]
    for _ in range(40):
        factors = [
            frozenset(indices[place] for place in rng.choice(5, size=rng.integers(1, 4), replace=False))
            for _ in range(rng.integers(2, 5))
        ]
        twice = [one for one in indices[2:] if sum(one in labels for labels in factors) > 1]
        summed = frozenset(twice)
        found = total(best_order(factors, summed), factors, summed)[0]
        trees = every_tree(tuple(range(len(factors))), factors, summed)
        assert found == pytest.approx(min(total(tree, factors, summed)[0] for tree in trees))


def test_usual_sizes():
    n, d = sd.dims("n d")
    assert usual_size(n) > usual_size(d) > usual_size(sympy.Integer(3)) == 3
    assert usual_size(n - 2) == usual_size(n) - 2


def test_chains_are_bracketed_where_that_costs_less():
    n, d, h = sd.dims("n d h")
    X, A, B, y = sd.array("X", n, d), sd.array("A", d, h), sd.array("B", d, h), sd.array("y", n)
    source = sd.gradient(np.sum(np.tanh(X @ A @ B.T @ X.T)), A).to_numpy().source
    assert (
        "Z = X @ B @ (A.T @ X.T)\n"
        "    return 4 * (X.T @ ((special.expit(-2 * Z) * special.expit(2 * Z)).T @ (X @ B)))" in source
    )
    source = sd.gradient(np.sum((X @ (A @ (B.T @ (X.T @ y)))) ** 2), y).to_numpy().source
    assert "X @ (A @ (B.T @ (X.T @ y)))" in source
