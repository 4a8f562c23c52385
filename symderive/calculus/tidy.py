"""Simplifications that a person would make: what the domains say, common factors cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import sympy

from symderive.core.identity import tensors_of
from symderive.core.nodes import Binder, Entry, Tensor
from symderive.core.program import Definition, Program

_LIMIT = 9


def tidy_program(program: Program, fixed: Iterable[Tensor] = ()) -> tuple[Program, tuple[str, ...]]:
    """Tidy every equation.

    Args:
        program: the equations.
        fixed: tensors whose domain must not be used, because derivatives in them are still to be taken.

    Returns:
        the program, and the facts about domains that were used, as sentences.
    """
    used: dict[str, None] = {}
    excluded = set(fixed)
    definitions = [_tidied(made, excluded, used) for made in program.definitions]
    return Program(program.inputs, tuple(definitions), program.outputs), tuple(used)


def _tidied(made: Definition, excluded: set[Tensor], used: dict[str, None]) -> Definition:
    return made.with_body(cancelled(domain_facts(made.body, excluded, used)))


def domain_facts(expr: sympy.Expr, excluded: set[Tensor], used: dict[str, None]) -> sympy.Expr:
    """Powers of ±1, 0/1 entries replaced by what they equal."""
    if not any(_special(tensor) and tensor not in excluded for tensor in tensors_of(expr)):
        return expr
    inner = expr.func(*(domain_facts(arg, excluded, used) for arg in expr.args)) if expr.args and not isinstance(
        expr, Entry
    ) else expr
    if not (isinstance(inner, sympy.Pow) and isinstance(inner.base, Entry) and inner.exp.is_Integer):
        return inner
    tensor = inner.base.tensor
    if tensor in excluded:
        return inner
    name = tensor.name + ("ᵢ" if tensor.rank == 1 else "")
    if tensor.domain == "sign":
        used[f"{name}² = 1, since the entries of {tensor.name} are ±1"] = None
        return sympy.S.One if inner.exp % 2 == 0 else inner.base
    if tensor.domain in ("binary", "onehot") and inner.exp > 0:
        used[f"{name}² = {name}, since the entries of {tensor.name} are 0 or 1"] = None
        return inner.base
    return inner


def _special(tensor: sympy.Basic) -> bool:
    return getattr(tensor, "domain", "real") in ("sign", "binary", "onehot")


@lru_cache(maxsize=20_000)
def cancelled(expr: sympy.Expr) -> sympy.Expr:
    """Cancel common factors of numerators and denominators where that makes the expression shorter."""
    if not expr.args or isinstance(expr, Entry) or not _has_denominator(expr):
        return expr
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        shorter = _rational(expr)
        if shorter is not expr:
            return shorter
    return expr.func(*(cancelled(arg) for arg in expr.args))


def _has_denominator(expr: sympy.Expr) -> bool:
    return any(power.exp.could_extract_minus_sign() and tensors_of(power.base) for power in expr.atoms(sympy.Pow))


def _rational(expr: sympy.Expr) -> sympy.Expr:
    names: dict[sympy.Expr, sympy.Symbol] = {}
    plain = _plain(expr, names)
    if len(names) > _LIMIT or not plain.is_rational_function(*names.values()):
        return expr
    back = {symbol: cancelled(atom) if not isinstance(atom, Entry) else atom for atom, symbol in names.items()}
    best = min((plain, *(form(plain) for form in _FORMS)), key=_length)
    return expr if best == plain else _signs_settled(best).xreplace(back)


def _plain(expr: sympy.Expr, names: dict[sympy.Expr, sympy.Symbol]) -> sympy.Expr:
    if expr.is_Number or isinstance(expr, sympy.Symbol) or not expr.free_symbols | tensors_of(expr):
        return expr
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return expr.func(*(_plain(arg, names) for arg in expr.args))
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        return _plain(expr.base, names) ** expr.exp
    if isinstance(expr, Binder) or expr not in names:
        names.setdefault(expr, sympy.Dummy(f"x{len(names)}", real=True))
    return names[expr]


def _factored(expr: sympy.Expr) -> sympy.Expr:
    return sympy.factor_terms(sympy.cancel(expr))


def _together(expr: sympy.Expr) -> sympy.Expr:
    return sympy.factor(sympy.together(expr))


_FORMS: tuple[Callable[[sympy.Expr], sympy.Expr], ...] = (_together, _factored, sympy.cancel)


def _signs_settled(expr: sympy.Expr) -> sympy.Expr:
    """`−a/(p − 1)` as `a/(1 − p)`: a leading minus goes into a difference that then reads `1 − p`."""
    coefficient, rest = expr.as_coeff_Mul()
    if not coefficient.is_negative:
        return expr
    factors = list(sympy.Mul.make_args(rest))
    for place, factor in enumerate(factors):
        base, exponent = factor.as_base_exp()
        if base.is_Add and exponent.is_odd and exponent.is_negative and any(t.is_Number and t < 0 for t in base.args):
            factors[place] = sympy.Pow(-base, exponent)
            return sympy.Mul(-coefficient, *factors)
    return expr


def _length(expr: sympy.Expr) -> int:
    digits = sum(len(str(number)) - 1 for number in expr.atoms(sympy.Rational))
    terms = sum(len(total.args) for total in expr.atoms(sympy.Add))
    return int(sympy.count_ops(expr)) + digits + terms
