"""Products with a logarithm that are 0 where the factor is 0: entropies and divergences."""

from __future__ import annotations

import math

import sympy

from symderive.functions.record import POSITIVE, Elementwise, OwnFunction


class xlogy(OwnFunction):
    """`x log(y)`, 0 where x is 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`log(y)` by x and `x/y` by y."""
        x, y = self.args
        return sympy.log(y) if argindex == 1 else x / y


class xlog1py(OwnFunction):
    """`x log(1 + y)`, 0 where x is 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`log(1 + y)` by x and `x/(1 + y)` by y."""
        x, y = self.args
        return sympy.log(1 + y) if argindex == 1 else x / (1 + y)


def _xlogy(x: float, y: float) -> float:
    if x == 0 and y == y:
        return 0.0
    return x * math.log(y) if y > 0 else -math.inf * x if y == 0 else math.nan


ENTRIES = [
    Elementwise("xlogy", xlogy, ("scipy.special.xlogy",), xlogy, "special.xlogy({0}, {1})", _xlogy,
                r"{0} \log({1})", "{0} log({1})", "(x log y)′ = x′ log y + x y′/y", domain=POSITIVE,
                arity=2,
                examples=(0.4, 1.3, 2.6), words=lambda x, y: x * sympy.log(y)),
    Elementwise("xlog1py", xlog1py, ("scipy.special.xlog1py",), xlog1py, "special.xlog1py({0}, {1})",
                lambda x, y: _xlogy(x, 1 + y), r"{0} \log(1 + {1})", "{0} log(1 + {1})",
                "(x log(1 + y))′ = x′ log(1 + y) + x y′/(1 + y)", domain=sympy.Interval.open(-1, sympy.oo),
                arity=2, examples=(0.4, 1.3, 2.6), words=lambda x, y: x * sympy.log(1 + y)),
    Elementwise("entr", lambda x: -xlogy(x, x), ("scipy.special.entr",), domain=POSITIVE,
                examples=(0.4, 1.3, 2.6)),
    Elementwise("rel_entr", lambda x, y: xlogy(x, x) - xlogy(x, y), ("scipy.special.rel_entr",), arity=2,
                domain=POSITIVE, examples=(0.4, 1.3, 2.6)),
    Elementwise("kl_div", lambda x, y: xlogy(x, x) - xlogy(x, y) - x + y, ("scipy.special.kl_div",), arity=2,
                domain=POSITIVE, examples=(0.4, 1.3, 2.6)),
]  # fmt: skip
