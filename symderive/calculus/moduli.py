"""Absolute values, signs and steps in products: `|u| sign(u) = u`, `u sign(u) = |u|`, `|u|² = u²`.

Each holds at u = 0 too, where both sides are 0; `sign(u)²` by itself stays as it is, for it is 0 there.
`relu(u) 1[u > 0] = relu(u)`, as is `u 1[u > 0]`.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.core.identity import with_args
from symderive.core.kinds import has_kind
from symderive.core.nodes import TensorNode
from symderive.functions.kinked import absolute, relu, signum, step


def even_power(power: sympy.Pow) -> sympy.Expr:
    """`|u|^(2k) = u^(2k)`, which has derivatives at 0; any other power as it is.

    >>> from symderive.core.nodes import Tensor
    >>> x = Tensor("x")[()]
    >>> even_power(absolute(x) ** 2), even_power(absolute(x) ** 3)
    (x**2, absolute(x)**3)
    """
    base, exponent = power.args
    even = isinstance(base, absolute) and exponent.is_Integer and exponent > 0 and exponent % 2 == 0
    return base.args[0] ** exponent if even else power


@lru_cache(maxsize=20_000)
def signs_joined(expr: sympy.Expr) -> sympy.Expr:
    """The expression with the signs, steps and absolute values of one argument in each product as one power.

    >>> from symderive.core.nodes import Tensor
    >>> x = Tensor("x")[()]
    >>> signs_joined(absolute(x) * signum(x)), signs_joined(x * signum(x) + absolute(x))
    (x, 2*absolute(x))
    >>> signs_joined(absolute(x) ** 2 * signum(x)), signs_joined(signum(x) ** 2)
    (absolute(x)*x, signum(x)**2)
    >>> signs_joined(relu(x) ** 2 * step(x)), signs_joined(x * step(x) ** 2)
    (relu(x)**2, relu(x))
    """
    if isinstance(expr, TensorNode) or not has_kind(expr, (absolute, signum, step)):
        return expr
    inner = with_args(expr, [signs_joined(arg) for arg in expr.args])
    if isinstance(inner, sympy.Pow):
        return _steps_joined(inner, inner.base.args[0]) if isinstance(inner.base, step) else even_power(inner)
    if not isinstance(inner, sympy.Mul):
        return inner
    for base in dict.fromkeys(factor.as_base_exp()[0] for factor in inner.args):
        if isinstance(base, (absolute, signum)):
            inner = _signs_joined(inner, base.args[0])
        elif isinstance(base, step):
            inner = _steps_joined(inner, base.args[0])
    return inner


def _powers(product: sympy.Expr, *bases: sympy.Expr) -> tuple[list[int], list[sympy.Expr]]:
    """The positive whole powers of some bases in a product, and the other factors."""
    found, rest = dict.fromkeys(bases, 0), []
    for factor in sympy.Mul.make_args(product):
        base, exponent = factor.as_base_exp()
        if base in found and exponent.is_Integer and exponent > 0:
            found[base] += int(exponent)
        else:
            rest.append(factor)
    return list(found.values()), rest


def _steps_joined(product: sympy.Expr, argument: sympy.Expr) -> sympy.Expr:
    """A product in which `relu(u)^a 1[u > 0]^b u^c` is one power of relu(u), or one step."""
    (positive, steps, plain), rest = _powers(product, relu(argument), step(argument), argument)
    if not steps:
        return product
    degree = positive + plain
    return sympy.Mul(*rest, relu(argument) ** degree if degree else step(argument))


def _signs_joined(product: sympy.Expr, argument: sympy.Expr) -> sympy.Expr:
    """A product in which `|u|^a sign(u)^b u^c` is one power of degree a + c, if that is positive."""
    (moduli, signs, plain), rest = _powers(product, absolute(argument), signum(argument), argument)
    degree = moduli + plain
    if not degree or not (signs or moduli > 1):
        return product
    is_odd = (signs + plain) % 2 == 1
    if degree % 2 == int(is_odd):
        return sympy.Mul(*rest, argument**degree)
    above = argument if is_odd else sympy.S.One
    return sympy.Mul(*rest, above * absolute(argument) ** (degree - int(is_odd)))
