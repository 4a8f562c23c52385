"""Comparisons of two numbers, as 1 where they hold and 0 where they do not."""

from __future__ import annotations

import sympy

from symderive.functions.record import Elementwise, Indicator


class greater(Indicator):
    """`1[x > y]`."""


class greater_equal(Indicator):
    """`1[x ≥ y]`."""


class less(Indicator):
    """`1[x < y]`."""


class less_equal(Indicator):
    """`1[x ≤ y]`."""


class equal(Indicator):
    """`1[x = y]`."""


class not_equal(Indicator):
    """`1[x ≠ y]`."""


class either(Indicator):
    """`1[p or q]` of two indicators p and q."""


OPPOSITE = {
    greater: less_equal, less_equal: greater, less: greater_equal, greater_equal: less,
    equal: not_equal, not_equal: equal,
}  # fmt: skip
SIGNS = {
    greater: (">", ">", ">"), greater_equal: ("≥", r"\ge", ">="), less: ("<", "<", "<"),
    less_equal: ("≤", r"\le", "<="), equal: ("=", "=", "=="), not_equal: ("≠", r"\neq", "!="),
}  # fmt: skip


def opposite(condition: sympy.Expr) -> sympy.Expr:
    """The indicator of the contrary; numbers are compared, so that `not x > y` is `x ≤ y`.

    >>> x, y = sympy.symbols("x y")
    >>> opposite(greater(x, y))
    less_equal(x, y)
    """
    turned = OPPOSITE.get(type(condition))
    return 1 - condition if turned is None else turned(*condition.args)


def _entry(head: type[sympy.Function], compared: str) -> Elementwise:
    plain, written, code = SIGNS[head]
    return Elementwise(
        head.__name__, head, (f"numpy.{head.__name__}",), head,
        f"np.where({{0}} {code} {{1}}, 1.0, 0.0)",
        {"greater": lambda x, y: float(x > y), "greater_equal": lambda x, y: float(x >= y),
         "less": lambda x, y: float(x < y), "less_equal": lambda x, y: float(x <= y),
         "equal": lambda x, y: float(x == y), "not_equal": lambda x, y: float(x != y)}[head.__name__],
        rf"\mathbf{{{{1}}}}[{{0}} {written} {{1}}]", f"1[{{0}} {plain} {{1}}]",
        f"1[x {plain} y]′ = 0 away from the jump {compared}",
        values=sympy.Interval(0, 1), kinks=(0,), border=lambda x, y: x - y, arity=2,
    )  # fmt: skip


ENTRIES = [
    *(_entry(head, "x = y") for head in SIGNS),
    Elementwise(
        "either", either, (), either, "np.maximum({0}, {1})", lambda x, y: float(bool(x) or bool(y)),
        r"\mathbf{{1}}[{0} = 1 \text{{ or }} {1} = 1]", "1[{0} = 1 or {1} = 1]",
        "an indicator has the derivative 0 away from its jumps", values=sympy.Interval(0, 1), arity=2,
        examples=(0.0, 1.0),
    ),
]  # fmt: skip
