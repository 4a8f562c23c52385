"""Sizes of 1, at which a model may take another branch that computes the same.

Code often asks whether a batch is 1, to repeat an array along it. Torch answers at the numbers of the run, so
that the formula would hold from 2 on; whether it holds for 1 too is seen by running the model at 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.counted import BACKWARD
from symderive.cost.floors import canonical, one_floor
from symderive.cost.placing import tree_of
from symderive.cost.tree import CostTree
from symderive.networks import Architecture
from symderive.networks.extents import needs

MOST = 2
"""For how many sizes the model is run again; each one more doubles the number of runs."""


def also_at_one(found: Architecture, again: Callable[[Mapping[Dim, Size]], Architecture]) -> Architecture:
    """The network less the conditions that sizes are at least 2, where the model does the same at 1.

    Args:
        found: the network.
        again: the network where some of its sizes are numbers.
    """
    shown: list[Any] = []
    for asked in [one for one in found.conditions if _fails_at_one(one)][:MOST]:
        others = (some for count in range(len(shown) + 1) for some in combinations(shown, count))
        if all(_is_same(found, again, _ones((asked, *some))) for some in others):
            shown.append(asked)
    return replace(found, conditions=tuple(one for one in found.conditions if one not in shown))


def _fails_at_one(condition: Any) -> bool:
    """Whether a condition says of a size, or of a product of sizes, no more than that it is not 1."""
    is_bound = isinstance(condition, sympy.Ge) and condition.rhs == 2
    return is_bound and all(isinstance(one, Dim) for one in sympy.Mul.make_args(condition.lhs))


def _ones(conditions: Iterable[Any]) -> Mapping[Dim, Size]:
    return {dim: sympy.S.One for one in conditions for dim in one.free_symbols}


def _is_same(
    found: Architecture, again: Callable[[Mapping[Dim, Size]], Architecture], values: Mapping[Dim, Size]
) -> bool:
    """Whether the network at these sizes costs what the model costs there, on no more conditions."""
    try:
        there = again(values)
    except Exception:  # whatever the code of a model raises: it does not run there
        return False
    asked = needs((one.xreplace(dict(values)) for one in found.conditions), found.relations)
    return set(there.conditions) <= set(asked) and _agree(tree_of(found), tree_of(there), values)


def _agree(one: CostTree, other: CostTree, values: Mapping[Dim, Size]) -> bool:
    """Whether two costs have the same formulas, the first one at these sizes, and leave out the same."""
    quantities = dict.fromkeys((*one.all_quantities, *other.all_quantities))
    is_equal = all(
        sympy.expand(_in_inputs(one, quantity, values) - _in_inputs(other, quantity, values)) == 0
        for quantity in quantities
        if not quantity.startswith(BACKWARD)
    )
    return is_equal and len(one.unknown) == len(other.unknown)


def _in_inputs(tree: CostTree, quantity: str, values: Mapping[Dim, Size]) -> Size:
    """A formula in the sizes of the inputs, some of which are numbers, its floors written in one way."""
    if quantity not in tree.all_quantities:
        return sympy.S.Zero
    meant = tree.formula(quantity).expr.xreplace(dict(tree.relations)).xreplace(dict(values))
    return canonical(one_floor(meant))
