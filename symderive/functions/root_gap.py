"""A square root less what it nearly equals, as code computes it.

Nobody writes it; `symderive.codegen.stable` puts it in place of `√(c² + r) − c`.
"""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import POSITIVE, Elementwise, OwnFunction


class root_gap(OwnFunction):
    """`√(c² + r) − c` for a positive r, where both nearly cancel."""

    is_positive = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`c/√(c² + r) − 1` by c, `1/(2√(c² + r))` by r."""
        c, r = self.args
        root = sympy.sqrt(c**2 + r)
        return -self / root if argindex == 1 else 1 / (2 * root)


def _root_gap(c: float, r: float) -> float:
    size = math.sqrt(c * c + r) + abs(c)
    return r / size if c > 0 else size


ENTRIES = [
    Elementwise("root_gap", root_gap, (), root_gap,
                "np.where({0} > 0, {1} / (np.sqrt(({0}) ** 2 + {1}) + np.abs({0})), "
                "np.sqrt(({0}) ** 2 + {1}) + np.abs({0}))", _root_gap,
                r"(\sqrt{{({0})^2 + {1}}} - {0})", "(√(({0})² + {1}) - {0})",
                "(√(c² + r) − c)′ = (c/√(c² + r) − 1) c′ + r′/(2√(c² + r))", domain=POSITIVE,
                values=POSITIVE, arity=2, examples=(0.4, 0.7, 1.3),
                words=lambda c, r: sympy.sqrt(c**2 + r) - c),
]  # fmt: skip
