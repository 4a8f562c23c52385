"""What singular values ask of a matrix where a derivative passes through, and what their letters mean."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symderive.core.kinds import has_kind
from symderive.core.nodes import Tensor
from symderive.core.singular_nodes import LargestSingularValue, NuclearNorm, SingularNumber

FULL_RANK = "has full rank"
_LARGEST = "has a simple largest singular value"
_SMALLEST = "has a simple smallest singular value that is not 0"


def singular_demands(body: sympy.Expr) -> Iterator[tuple[Tensor, str]]:
    """The matrices whose singular values are used, each with what must hold for a derivative."""
    if not has_kind(body, (NuclearNorm, SingularNumber)):
        return
    for part in sympy.preorder_traversal(body):
        if isinstance(part, NuclearNorm):
            yield part.tensor, FULL_RANK
        elif isinstance(part, SingularNumber):
            yield part.tensor, _LARGEST if isinstance(part, LargestSingularValue) else _SMALLEST
