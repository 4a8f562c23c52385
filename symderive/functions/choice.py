"""`np.where`: one of two values, by a condition."""

from __future__ import annotations

import sympy

from symderive.functions.record import Elementwise, OwnFunction


class where(OwnFunction):
    """`a` where the indicator `c` is 1, otherwise `b`; the value that is not chosen does not matter.

    Its derivative, `where(c, a′, b′)`, is a rule of its own, because a product `c a′` would be NaN where
    a′ is infinite and c is 0.
    """

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """By a: the indicator; by b: one minus it; the condition has jumps, not a slope."""
        condition = self.args[0]
        return (sympy.S.Zero, condition, 1 - condition)[argindex - 1]


ENTRIES = [
    Elementwise(
        "where", where, (), where, "np.where({0}, {1}, {2})", lambda c, a, b: a if c else b,
        r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
        "where({0}, {1}, {2})", "the derivative of the branch that is chosen",
        arity=3, examples=(0.0, 0.7, 1.3),
    ),
]  # fmt: skip
