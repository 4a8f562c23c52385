"""Arrays that hold parts of equations, equal parts once."""

from __future__ import annotations

import sympy

from symderive.codegen.axes import Labels
from symderive.codegen.new_names import NewNames
from symderive.codegen.shared_parts import key_of
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition


class NewArrays:
    """The arrays made so far, and the equations of those that no program has yet."""

    def __init__(self, names: NewNames) -> None:
        self.names = names
        self.known: dict[object, Tensor] = {}
        self.fresh: list[Definition] = []

    def taken(self) -> list[Definition]:
        """The equations made since the last time."""
        made, self.fresh = self.fresh, []
        return made

    def tensor(self, body: sympy.Expr, labels: Labels, rule: str = "") -> Tensor:
        """The array that holds an expression with these labels; it is made, by a rule, where none does."""
        key = key_of(body, labels)
        if key not in self.known:
            self.known[key] = self.names.tensor(labels)
            self.fresh.append(Definition(self.known[key], labels, body, rule))
        return self.known[key]

    def entry(self, body: sympy.Expr, labels: Labels) -> Entry:
        """An entry of that array."""
        return Entry(self.tensor(body, labels), *labels)
