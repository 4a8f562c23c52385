"""relu and |x| with another slope at the kink: that from the left, from the right, or the mean of both."""

from __future__ import annotations

import sympy

from symderive.functions.comparisons import greater_equal
from symderive.functions.kinked import absolute, relu, signum, step
from symderive.functions.record import NONNEGATIVE, Elementwise


class relu_from_right(relu):
    """`relu(x)` with the slope 1 at 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`1[x ≥ 0]`."""
        return greater_equal(self.args[0], sympy.S.Zero)


class relu_halfway(relu):
    """`relu(x)` with the slope 1/2 at 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`(1 + sign(x))/2`."""
        return (1 + signum(self.args[0])) / 2


class absolute_from_left(absolute):
    """`|x|` with the slope −1 at 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`2 · 1[x > 0] − 1`."""
        return 2 * step(self.args[0]) - 1


class absolute_from_right(absolute):
    """`|x|` with the slope 1 at 0."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """`2 · 1[x ≥ 0] − 1`."""
        return 2 * greater_equal(self.args[0], sympy.S.Zero) - 1


def _relu(head: type[relu], law: str) -> Elementwise:
    return Elementwise(
        head.__name__, head, (), head, "np.maximum({0}, 0)", lambda x: max(x, 0.0),
        r"\operatorname{{relu}}({0})", "relu({0})", law, values=NONNEGATIVE, kinks=(0,),
        words=lambda x: sympy.Max(x, 0),
    )  # fmt: skip


def _absolute(head: type[absolute], law: str) -> Elementwise:
    return Elementwise(
        head.__name__, head, (), head, "np.abs({0})", abs, r"|{0}|", "|{0}|", law, values=NONNEGATIVE,
        kinks=(0,), words=sympy.Abs,
    )  # fmt: skip


ENTRIES = [
    _relu(relu_from_right, "relu′ = 1[x ≥ 0], with 1, the slope from the right, at the kink x = 0"),
    _relu(relu_halfway, "relu′ = (1 + sign(x))/2, with 1/2 at the kink x = 0"),
    _absolute(
        absolute_from_left, "|x|′ = 2·1[x > 0] − 1, with −1, the slope from the left, at the kink x = 0"
    ),
    _absolute(
        absolute_from_right, "|x|′ = 2·1[x ≥ 0] − 1, with 1, the slope from the right, at the kink x = 0"
    ),
]
