"""Conditions and labels: each case is rewritten by itself, so that no rule mixes what is far apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import sympy

from symderive.codegen.stable.concerned import HEADS, concerns
from symderive.codegen.stable.rational import EXPONENTIAL, is_active
from symderive.core.identity import with_args
from symderive.core.nodes import Binder, Entry, TensorNode
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.functions.choice import where
from symderive.functions.comparisons import opposite

_MOST = 3  # conditions of which all cases are looked at
_LONGEST = 600  # operations in what is looked at
_CLOSED = (TensorNode, Binder, IndexLogSum, SoftmaxEntry)


@dataclass(frozen=True)
class Cases:
    """Two cases of an expression, and what both are multiplied by and what is added to both.

    Attributes:
        by: the condition, or the label that is 0 or 1.
        yes: the expression where the condition holds or the label is 1.
        no: the expression otherwise.
        front: a factor of both.
        beside: a term beside both.
    """

    by: sympy.Expr
    yes: sympy.Expr
    no: sympy.Expr
    front: sympy.Expr = sympy.S.One
    beside: sympy.Expr = sympy.S.Zero

    def joined(self, yes: sympy.Expr, no: sympy.Expr, choice: Callable[..., sympy.Expr]) -> sympy.Expr:
        """The part that has cases, once both are rewritten; their common factors stand in front."""
        first, second = sympy.Mul.make_args(yes), sympy.Mul.make_args(no)
        common = [one for one in first if one in second and not one.is_number]
        left, right = (
            sympy.Mul(*(one for one in factors if one not in common)) for factors in (first, second)
        )
        if left == right:
            made = left
        elif isinstance(self.by, Entry):
            made = self.by * left + (1 - self.by) * right
        else:
            made = choice(where(self.by, left, right))
        return sympy.Mul(*common) * made


def cases_of(expr: sympy.Expr) -> Cases | None:
    """The cases of an expression, where it is better to look at each of them by itself.

    1. `f(where(c, a, b)) = where(c, f(a), f(b))` for functions, sums and products.
    2. `y a + b − y b = y a + (1 − y) b` for any y, where exponentials times logarithms are mixed by it.
    3. `f(y) = y f(1) + (1 − y) f(0)` for a y that is 0 or 1, in a function or a power of exponentials.
    """
    if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow, sympy.Function)):
        return None
    return None if sympy.count_ops(expr) > _LONGEST else _by_condition(expr) or _by_label(expr)


def _apart(
    expr: sympy.Expr, takes_part: Callable[[sympy.Expr], bool]
) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """A factor, the part of an expression that has cases, and a term beside it."""
    if not isinstance(expr, (sympy.Add, sympy.Mul)):
        return sympy.S.One, expr, sympy.S.Zero
    inside = [one for one in expr.args if takes_part(one) or is_active(one) or one.is_number]
    outside = expr.func(*(one for one in expr.args if one not in inside))
    core = expr.func(*inside)
    return (sympy.S.One, core, outside) if isinstance(expr, sympy.Add) else (outside, core, sympy.S.Zero)


def _by_condition(expr: sympy.Expr) -> Cases | None:
    conditions = [one.args[0] for one in _chosen(expr) if concerns(one)]
    different = sorted(set(conditions), key=lambda one: (-conditions.count(one), sympy.default_sort_key(one)))
    if not 0 < len(different) <= _MOST:
        return None
    condition = different[0]
    front, core, beside = _apart(expr, lambda one: any(it.args[0] == condition for it in _chosen(one)))
    return Cases(condition, _where(core, condition, 1), _where(core, condition, 0), front, beside)


def _chosen(expr: sympy.Basic) -> Iterator[sympy.Expr]:
    """The choices in an expression, outside of its sums."""
    if isinstance(expr, _CLOSED):
        return
    if isinstance(expr, where):
        yield expr
    for arg in expr.args[1:] if isinstance(expr, where) else expr.args:
        yield from _chosen(arg)


def _where(expr: sympy.Expr, condition: sympy.Expr, holds: int) -> sympy.Expr:
    """The expression where a condition holds, or where it does not."""
    if expr == condition:
        return sympy.Integer(holds)
    if expr == opposite(condition):
        return sympy.Integer(1 - holds)
    if isinstance(expr, _CLOSED) or not expr.args:
        return expr
    made = with_args(expr, [_where(arg, condition, holds) for arg in expr.args])
    if isinstance(made, where) and made.args[0].is_number:
        return made.args[1] if made.args[0] == 1 else made.args[2]
    return made


def _by_label(expr: sympy.Expr) -> Cases | None:
    for label in dict.fromkeys(_labels(expr)):
        front, core, beside = _apart(expr, partial(_reads, label))
        if _is_closed_in(core, label):
            continue
        mixed = _degree(core, label) == 1 and _is_mixed(core, label)
        if mixed or (label.tensor.domain == "binary" and _is_inside(core, label)):
            yes, no = (core.xreplace({label: number}) for number in (sympy.S.One, sympy.S.Zero))
            return Cases(label, yes, no, front, beside)
    return None


def _reads(label: Entry, expr: sympy.Expr) -> bool:
    return bool(expr.has(label))


def _labels(expr: sympy.Basic) -> Iterator[Entry]:
    """The entries in sums, products and powers, and in functions of them."""
    if isinstance(expr, Entry):
        yield expr
    elif not isinstance(expr, _CLOSED):
        for arg in expr.args:
            yield from _labels(arg)


def _is_closed_in(expr: sympy.Basic, label: Entry) -> bool:
    """Whether a label is read where it cannot be replaced."""
    if isinstance(expr, _CLOSED) and expr != label:
        return bool(expr.has(label))
    return any(_is_closed_in(arg, label) for arg in expr.args)


def _degree(expr: sympy.Expr, label: Entry) -> int | None:
    """The degree of a polynomial in a label; None where it is none."""
    if not expr.has(label):
        return 0
    if expr == label:
        return 1
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp > 0:
        inside = _degree(expr.base, label)
        return None if inside is None else inside * int(expr.exp)
    degrees = [_degree(arg, label) for arg in expr.args]
    known = [one for one in degrees if one is not None]
    if not isinstance(expr, (sympy.Add, sympy.Mul)) or len(known) < len(degrees):
        return None
    return max(known) if isinstance(expr, sympy.Add) else sum(known)


def _is_mixed(expr: sympy.Expr, label: Entry) -> bool:
    """Whether both cases together have no more terms than their mixture.

    In a term of it exponentials are multiplied by logarithms: then nothing else keeps the cases apart.
    """
    names: dict[sympy.Expr, sympy.Symbol] = {}
    plain = sympy.expand(_named(expr, label, names))
    active = [name for one, name in names.items() if is_active(one)]
    logs = [name for one, name in names.items() if _is_logarithm(one)]
    terms = sympy.Add.make_args(plain)
    if not any(term.has(label) and term.has(*active) and term.has(*logs) for term in terms):
        return False
    cases = (plain.xreplace({label: number}) for number in (sympy.S.One, sympy.S.Zero))
    return sum(len(sympy.Add.make_args(one)) for one in cases if one != 0) <= len(terms)


def _is_logarithm(expr: sympy.Expr) -> bool:
    """Whether a function takes part that grows as slowly as a logarithm, or is a tail."""
    if isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        return any(map(_is_logarithm, expr.args))
    return isinstance(expr, HEADS) and not isinstance(expr, EXPONENTIAL)


def _named(expr: sympy.Expr, label: Entry, names: dict[sympy.Expr, sympy.Symbol]) -> sympy.Expr:
    """The expression with names for what has nothing to do with a label."""
    if expr == label or expr.is_number:
        return expr
    if expr.has(label) or isinstance(expr, sympy.Mul):
        return expr.func(*(_named(arg, label, names) for arg in expr.args))
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        return _named(expr.base, label, names) ** expr.exp
    if expr.could_extract_minus_sign():
        return -_named(-expr, label, names)
    return names.setdefault(expr, sympy.Dummy(f"c{len(names)}", real=True))


def _is_inside(expr: sympy.Expr, label: Entry) -> bool:
    """Whether a label and exponentials meet in a power, or in a sum in a function or below a line."""
    if isinstance(expr, _CLOSED) or not expr.has(label):
        return False
    if isinstance(expr, sympy.Pow) and expr.exp.has(label) and is_active(expr.base):
        return True
    whole = isinstance(expr, (sympy.Add, sympy.Mul)) or (
        isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp > 0
    )
    if not whole and any(_meets(arg, label) for arg in expr.args):
        return True
    return any(_is_inside(arg, label) for arg in expr.args)


def _meets(expr: sympy.Expr, label: Entry) -> bool:
    """Whether exponentials are multiplied by a label."""
    if isinstance(expr, sympy.Mul):
        alone = any(one.has(label) and _degree(one, label) for one in expr.args)
        return (alone and is_active(expr)) or any(_meets(arg, label) for arg in expr.args)
    return isinstance(expr, (sympy.Add, sympy.Pow)) and any(_meets(arg, label) for arg in expr.args)
