"""Where a maximum or minimum is attained, shared out evenly: the weights of the mean over these places."""

from __future__ import annotations

import sympy

from symderive.functions.record import Elementwise, OwnFunction


class attained(OwnFunction):
    """`1[x = m] / k`: the share of one place in a maximum m that is attained at k places.

    It is printed as `1[x = m]`, for formulas that hold where the maximum is attained once; code divides by k.
    """

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """0 by x and m, except at the jump, where there is no derivative; by k that of `1/k`."""
        return -self / self.args[2] if argindex == 3 else sympy.S.Zero


ENTRIES = [
    Elementwise(
        "attained", attained, (), attained, "np.where({0} == {1}, 1 / {2}, 0.0)",
        lambda x, m, k: 1 / k if x == m else 0.0,
        r"\mathbf{{1}}[{0} = {1}]", "1[{0} = {1}]", "the place of a maximum stays where it is",
        values=sympy.Interval(0, 1), arity=3, examples=(1.0, 2.0),
        words=lambda x, m, k: sympy.Piecewise((1 / k, sympy.Eq(x, m)), (0, True)),
    ),
]  # fmt: skip
