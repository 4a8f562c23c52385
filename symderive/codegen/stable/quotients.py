"""Sums, products and powers of exponentials without overflow and without cancellation."""

from __future__ import annotations

from functools import lru_cache

import sympy

from symderive.codegen.stable.factors import factored
from symderive.codegen.stable.products import product
from symderive.codegen.stable.rational import EXPONENTIAL, is_active, linear
from symderive.core.identity import free_indices, tensors_of
from symderive.core.nodes import TensorNode
from symderive.functions.sigmoid import sigmoid
from symderive.functions.stable_forms import exp_minus_one, secant

_BOUNDED = (sigmoid, sympy.tanh, secant)
_MOST_BESIDE = 3  # entries beside the exponentials of a sum that is put together
_LONGER, _MUCH_LONGER = 2, 8  # operations that a sum may gain, and where it becomes a product


def exponential_quotient(expr: sympy.Expr) -> sympy.Expr:
    """`exp(a)/(1 + exp(a)) = σ(a)`, and every other rational function of exponentials by `products.product`.

    What has no exponential in it stays as it is.
    """
    if isinstance(expr, sympy.Mul):
        return _of_product(expr)
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and is_active(expr):
        return expr if _is_settled(expr) else _combined(expr)
    return _of_sum(expr) if isinstance(expr, sympy.Add) else expr


@lru_cache(maxsize=20_000)
def _combined(expr: sympy.Expr) -> sympy.Expr:
    parts = factored(expr)
    made = sympy.Add(*map(product, parts)) if parts else expr
    return expr if _is_bounded(expr) and not _is_bounded(made) else made


def _is_bounded(expr: sympy.Expr) -> bool:
    """Whether only functions that cannot overflow take part, none of them below a line."""
    if isinstance(expr, sympy.Pow) and is_active(expr):
        return bool(expr.exp > 0) and _is_bounded(expr.base)
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return all(map(_is_bounded, expr.args))
    return isinstance(expr, _BOUNDED) or not is_active(expr)


def _of_product(expr: sympy.Mul) -> sympy.Expr:
    """The factors that raise the same terms, put together; a sum by itself is left to the rule for sums."""
    groups = _groups([factor for factor in expr.args if is_active(factor)])
    made = []
    for group in groups:
        whole = sympy.Mul(*group)
        settled = _is_settled(whole) or isinstance(whole, sympy.Add)
        made.append(whole if settled else _combined(whole))
    if all(one == sympy.Mul(*group) for one, group in zip(made, groups, strict=True)):
        return expr
    return sympy.Mul(*made, *(factor for factor in expr.args if not is_active(factor)))


def _is_settled(expr: sympy.Expr) -> bool:
    """Whether nothing in a product overflows: sigmoids and the like above the line, or one exponential."""
    factors = sympy.Mul.make_args(expr)
    powers = [
        factor.as_base_exp() if not isinstance(factor, sympy.exp) else (factor, 1) for factor in factors
    ]
    if any(number < 0 for _, number in powers):
        return False
    loose = [base for base, _ in powers if not isinstance(base, _BOUNDED)]
    plain = all(isinstance(base, (sympy.exp, exp_minus_one, sympy.cosh, sympy.sinh)) for base in loose)
    return not loose or (plain and len(powers) == 1)


def _of_sum(expr: sympy.Add) -> sympy.Expr:
    """The terms with exponentials of the same terms, and a number beside them, as one product.

    Terms with a common factor without exponentials are looked at for themselves.
    """
    whole = _of_plain_sum(expr)
    if whole != expr:
        return whole
    common: dict[sympy.Expr, list[sympy.Expr]] = {}
    for term in expr.args:
        front, rest = _split(term)
        common.setdefault(front, []).append(rest)
    made = []
    for front, rests in common.items():
        inner = sympy.Add(*rests)
        shorter = _of_plain_sum(inner) if len(rests) > 1 and isinstance(inner, sympy.Add) else inner
        made.append(sympy.Add(*(front * rest for rest in rests)) if shorter == inner else front * shorter)
    return sympy.Add(*made)


def _split(term: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """The factors with arrays but without exponentials, and the others."""
    factors = sympy.Mul.make_args(term)
    front = [
        factor for factor in factors if tensors_of(factor) | free_indices(factor) and not is_active(factor)
    ]
    return sympy.Mul(*front), sympy.Mul(*(factor for factor in factors if factor not in front))


def _of_plain_sum(expr: sympy.Add) -> sympy.Expr:
    numbers = [term for term in expr.args if not tensors_of(term)]
    active = [term for term in expr.args if is_active(term)]
    rest = [term for term in expr.args if not (is_active(term) or term in numbers)]
    groups = _groups(active)
    if len(groups) == 1 and not rest:
        made = _shorter(sympy.Add(*groups[0], *numbers))
        return made if made != expr else _each_from_its_level(expr, active, numbers)
    apart = _each_from_its_level(expr, active, numbers)
    if apart != expr:
        return apart
    found = False
    for place, group in enumerate(groups):
        made = _shorter(sympy.Add(*group)) if len(group) > 1 else group[0]
        if len(group) == 1 and numbers and not found:
            joined = sympy.Add(*group, *numbers)
            made = _shorter(joined)
            found = made != joined
            made = made if found else group[0]
        groups[place] = [made]
    return sympy.Add(*(term for group in groups for term in group), *rest, *([] if found else numbers))


def _each_from_its_level(expr: sympy.Add, active: list[sympy.Expr], numbers: list[sympy.Expr]) -> sympy.Expr:
    """`2 − tanh(a)² − σ(b) = (1 − tanh(a)²) + σ(−b)`, where the number is that of all terms."""
    levels = [term.as_coeff_Mul()[0] for term in active]
    if len(active) < 2 or sympy.Add(*levels, *numbers) != 0 or not numbers:
        return expr
    rest = [term for term in expr.args if term not in active and term not in numbers]
    made = [_shorter(term - level) for term, level in zip(active, levels, strict=True)]
    return sympy.Add(*made, *rest)


def _groups(terms: list[sympy.Expr]) -> list[list[sympy.Expr]]:
    """The terms sorted by what they raise."""
    groups: list[tuple[set[sympy.Expr], list[sympy.Expr]]] = []
    for term in terms:
        raised = _raised(term)
        meeting = [group for group in groups if group[0] & raised]
        groups = [group for group in groups if not group[0] & raised]
        merged = [one for group in meeting for one in group[1]]
        groups.append((raised.union(*(group[0] for group in meeting)), [*merged, term]))
    return [group for _, group in groups]


@lru_cache(maxsize=20_000)
def _raised(expr: sympy.Expr) -> set[sympy.Expr]:
    if isinstance(expr, sympy.Function) and is_active(expr):
        return set(linear(expr.args[0])[0])
    return set().union(*(_raised(arg) for arg in expr.args)) if is_active(expr) else set()


def _shorter(expr: sympy.Expr) -> sympy.Expr:
    if not is_active(expr) or len(_beside(expr)) > _MOST_BESIDE:
        return expr
    made = _combined(expr)
    limit = _LONGER if isinstance(made, sympy.Add) else _MUCH_LONGER
    return made if _length(made) <= _length(expr) + limit else expr


def _length(expr: sympy.Expr) -> int:
    """The number of operations, in which an exponential of anything counts as one."""
    heads = sorted(_exponentials(expr), key=sympy.default_sort_key)
    return int(sympy.count_ops(expr.xreplace({one: one.func(sympy.Dummy(real=True)) for one in heads})))


def _exponentials(expr: sympy.Expr) -> set[sympy.Expr]:
    if isinstance(expr, EXPONENTIAL):
        return {expr}
    return set().union(*(_exponentials(arg) for arg in expr.args)) if is_active(expr) else set()


@lru_cache(maxsize=20_000)
def _beside(expr: sympy.Expr) -> frozenset[sympy.Expr]:
    """The entries beside the exponentials."""
    if isinstance(expr, TensorNode):
        return frozenset([expr])
    if isinstance(expr, sympy.Function) and is_active(expr):
        return frozenset()
    return frozenset().union(*map(_beside, expr.args))
