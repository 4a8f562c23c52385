"""A product under a sum, as groups of factors that share no summed index."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Index

Group = tuple[frozenset[Index], list[sympy.Expr]]


def separate(factors: Iterable[sympy.Expr], bound: Iterable[Index]) -> list[Group]:
    """The factors in groups that share no index of `bound`, each group with its own of these indices.

    >>> from symderive.core.nodes import Tensor
    >>> p, q = Index("p", 3), Index("q", 4)
    >>> a, b = Tensor("a", (3,)), Tensor("b", (4,))
    >>> [members for _, members in separate([a[p], b[q], a[p] + 1], (p, q))]
    [[b[q]], [a[p], a[p] + 1]]
    """
    groups: list[Group] = []
    for factor in factors:
        own, members = free_indices(factor) & frozenset(bound), [factor]
        kept = []
        for indices, others in groups:
            if indices & own:
                own, members = own | indices, [*others, *members]
            else:
                kept.append((indices, others))
        groups = [*kept, (own, members)]
    return groups
