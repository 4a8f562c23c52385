"""What SymPy assumes of a node (real, finite, positive …), worked out once for each kind of node.

SymPy searches through all related facts for every new object. What our nodes know of themselves is said by
a few methods `_eval_is_…`, so that all nodes for which these say the same share one table.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy
from sympy.core.assumptions import StdFactKB, _assume_defined, as_property

_FIRST = ("extended_real", "finite")  # they cost little, and answer most questions


class Settled(sympy.Expr):
    """Abstract: a node of which all is known that its methods `_eval_is_…` say, and what follows from that.

    >>> from symderive.core.nodes import Index, IndexSum, Tensor
    >>> p, x = Index("p", 3), Tensor("x", (3,), "positive")
    >>> total = IndexSum(x[p], p)
    >>> total.is_positive, total.is_zero, total.is_infinite, total.is_integer
    (True, False, False, None)
    """


def _question(fact: str) -> property:
    def answer(node: sympy.Expr) -> bool | None:
        try:
            return node._assumptions[fact]
        except KeyError:
            return _settled(node, fact)

    return property(answer)


def _settled(node: sympy.Expr, fact: str) -> bool | None:
    kind: Any = type(node)
    handlers: dict[str, Any] = node._prop_handler
    first = tuple(name for name in _FIRST if name in handlers)
    said = tuple(handlers[name](node) for name in first)
    table = _table(kind, first, said)
    if fact not in table:
        others = tuple(name for name in handlers if name not in first)
        said += tuple(handlers[name](node) for name in others)
        table = _complete(kind, first + others, said)
    node._assumptions = table
    return table[fact]


@cache
def _table(kind: Any, names: tuple[str, ...], said: tuple[bool | None, ...]) -> StdFactKB:
    """What follows from what the methods of a class say."""
    table = kind.default_assumptions.copy()
    table.deduce_all_facts([(name, one) for name, one in zip(names, said, strict=True) if one is not None])
    return table


@cache
def _complete(kind: Any, names: tuple[str, ...], said: tuple[bool | None, ...]) -> StdFactKB:
    """The same, with None for what is not known."""
    table = _table(kind, names, said).copy()
    for fact in _assume_defined:
        table.setdefault(fact, None)
    return table


for _fact in sorted(_assume_defined):
    if _fact != "commutative":
        setattr(Settled, as_property(_fact), _question(_fact))
