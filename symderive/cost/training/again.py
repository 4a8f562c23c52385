"""What is computed once more in the backward pass: the names of blocks, layers and equations."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from symderive.errors import SymderiveError, did_you_mean

if TYPE_CHECKING:
    from symderive.cost.tree import CostTree

FULL = "full"
"""Every block of several layers at the top of a network."""
_SAID = 8
Recompute = bool | str | Collection[str]
"""All blocks, or the names of some."""


def names_of(recompute: Recompute) -> tuple[str, ...]:
    """The names that are meant.

    Raises:
        SymderiveError: neither a truth value nor names.

    >>> names_of(True), names_of(False), names_of("attention")
    (('full',), (), ('attention',))
    """
    if isinstance(recompute, bool):
        return (FULL,) if recompute else ()
    if isinstance(recompute, str):
        return (recompute,)
    if not isinstance(recompute, Collection) or not all(isinstance(one, str) for one in recompute):
        raise SymderiveError(
            f'recomputing: {recompute!r} is no name; give "full", or names of blocks, layers or equations.'
        )
    return tuple(recompute)


def blocks_of(tree: CostTree) -> list[CostTree]:
    """The blocks of several layers at the top."""
    return [one for one in tree.branches if len(list(one.places())) > 1]


def check_names(doing: str, missing: Collection[str], tree: CostTree) -> None:
    """Refuse names that nothing has.

    Raises:
        SymderiveError: there is one; says which.
    """
    for name in missing:
        near = did_you_mean(name, dict.fromkeys(_all_names(tree)))
        parts = ", ".join(one.name for one in tree.branches[:_SAID])
        hint = f"; it begins with {parts}." if near == "." and parts else near
        raise SymderiveError(
            f"{doing}: recompute={name[:60]!r} is no block, layer or equation of {tree.name}{hint}"
        )


def _all_names(tree: CostTree) -> Iterator[str]:
    for branch in tree.branches:
        yield branch.name
        yield from _all_names(branch)
    if tree.place is not None:
        yield from (part.name for part in tree.place.kind.parts)
