"""Simplifications that a person would make: what the domains say, common factors cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache

import sympy

from symderive.calculus.brackets import has_bracket
from symderive.calculus.compared import comparisons_settled
from symderive.calculus.domains import Fact, Facts, domain_facts
from symderive.calculus.joined import weights_joined
from symderive.calculus.known_sums import known_sums, with_known_sums, with_vanishing_sums
from symderive.calculus.moduli import signs_joined
from symderive.calculus.powers import opposites_joined, powers_completed
from symderive.calculus.recognition import recognised
from symderive.calculus.sums import has_binder, rebuild, sum_over
from symderive.calculus.symmetry import symmetry
from symderive.core.identity import (
    canonical,
    free_indices,
    tensors_of,
    with_args,
)
from symderive.core.kinds import has_kind
from symderive.core.nodes import Binder, Entry, IndexSum, Tensor
from symderive.core.program import Definition, Program

_LIMIT = 9  # different entries and functions in a quotient that is looked at
_OPERATIONS = 60


def tidy_program(program: Program, fixed: Iterable[Tensor] = ()) -> tuple[Program, tuple[Fact, ...]]:
    """Tidy every equation.

    Args:
        program: the equations.
        fixed: tensors whose domain must not be used, because derivatives are taken in them.

    Returns:
        the program, and the facts about domains that were used, as sentences in text and in LaTeX.
    """
    used: Facts = {}
    excluded, made_symmetric = set(fixed), dict[Tensor, Facts]()
    sums = known_sums(program, excluded)
    program = with_vanishing_sums(program, sums)
    definitions = []
    for made in program.definitions:
        body = with_known_sums(made.body, sums, used) if sums else made.body
        tidied = _tidied(made.with_body(body), excluded, used, made_symmetric)
        definitions.append(tidied)
        facts = symmetry(tidied, made_symmetric, excluded)
        if facts is not None:
            made_symmetric[made.tensor] = facts
    return program.with_definitions(definitions), tuple(used)


def _tidied(
    made: Definition, excluded: set[Tensor], used: Facts, symmetric: Mapping[Tensor, Facts]
) -> Definition:
    body = domain_facts(made.body, excluded, used, symmetric)
    if body != made.body:  # the names of bound indices can now be chosen better
        body = domain_facts(rebuild(body), excluded, used, symmetric)
    summed = body
    for law in _LAWS:
        summed = law(summed)
    reduced = cancelled(summed)
    return made.with_body(reduced if reduced == summed else _sign_taken_in(reduced))


def _sign_taken_in(expr: sympy.Expr) -> sympy.Expr:
    """`−Σ_p x_p (t_p − s_p)` as `Σ_p x_p (s_p − t_p)`: the minus in front goes into a difference."""
    coefficient, rest = expr.as_coeff_Mul()
    if not coefficient.is_negative:
        return expr
    factors = list(sympy.Mul.make_args(rest))
    for place, factor in enumerate(factors):
        inner = factor.body if isinstance(factor, IndexSum) else factor
        turned = _turned(inner)
        if turned is not None:
            factors[place] = IndexSum(turned, *factor.indices) if isinstance(factor, IndexSum) else turned
            return sympy.Mul(-coefficient, *factors)
    return expr


def _turned(expr: sympy.Expr) -> sympy.Expr | None:
    """Minus a product in which a factor is a difference of two terms; None where none is."""
    factors = list(sympy.Mul.make_args(expr))
    for place, factor in enumerate(factors):
        if isinstance(factor, sympy.Add) and len(factor.args) == 2:
            signs = {term.could_extract_minus_sign() for term in factor.args}
            if len(signs) == 2:
                factors[place] = sympy.Add(*(-term for term in factor.args))
                return sympy.Mul(*factors)
    return None


@lru_cache(maxsize=20_000)
def summed_by_terms(expr: sympy.Expr) -> sympy.Expr:
    """Sums of differences term by term where something cancels: `Σ_p (x_p − (1/n) Σ_q x_q) = 0`."""
    if not has_binder(expr):
        return expr
    inner = with_args(expr, [summed_by_terms(arg) for arg in expr.args])
    if not (isinstance(inner, IndexSum) and isinstance(inner.body, sympy.Add)):
        return inner
    if all(free_indices(term).issuperset(inner.indices) for term in inner.body.args):
        return inner
    apart = canonical(sympy.Add(*(sum_over(term, inner.indices) for term in inner.body.args)))
    return apart if _entries(apart) < _entries(inner) else inner


def _entries(expr: sympy.Expr) -> int:
    return sum(isinstance(part, Entry) for part in sympy.preorder_traversal(expr))


_LAWS = (
    summed_by_terms, weights_joined, recognised, opposites_joined, powers_completed,
    comparisons_settled, signs_joined,
)  # fmt: skip


@lru_cache(maxsize=20_000)
def cancelled(expr: sympy.Expr) -> sympy.Expr:
    """Cancel common factors of numerators and denominators; fractions that share nothing are left alone."""
    if not has_kind(expr, sympy.Pow) or not _has_denominator(expr):
        return expr
    if isinstance(expr, (sympy.Add, sympy.Mul)) and not has_bracket(expr):  # a strong zero divides nothing
        shorter = _rational(expr)
        if shorter is not expr:
            return shorter
    inner = with_args(expr, [cancelled(arg) for arg in expr.args])
    return sympy.S.Zero if isinstance(inner, IndexSum) and inner.body == 0 else inner


@lru_cache(maxsize=50_000)
def _has_denominator(expr: sympy.Expr) -> bool:
    if isinstance(expr, Entry) or not tensors_of(expr):
        return False
    if isinstance(expr, sympy.Pow) and tensors_of(expr.base) and expr.exp.could_extract_minus_sign():
        return True
    return any(map(_has_denominator, expr.args))


def _rational(expr: sympy.Expr) -> sympy.Expr:
    """The quotient cancelled; sums that are squared stay so if that is no longer: `c² + (y − m)²`."""
    if _is_written_out(expr):
        return expr
    squared = [
        one.base.primitive()[1]
        for one in expr.atoms(sympy.Pow)
        if one.base.is_Add and one.exp.is_Integer and one.exp > 1
    ]
    held = [
        one for one in dict.fromkeys(squared) if not one.could_extract_minus_sign() or -one not in squared
    ]
    letters = {one: _letter(f"s{place}", False) for place, one in enumerate(sorted(held, key=str))}
    ways = [_reduced(expr, letters), _reduced(expr, {})] if letters else [_reduced(expr, {})]
    shorter = [one for one in ways if one is not expr]
    return min(shorter, key=lambda one: (_length(one), _repetitions(one))) if shorter else expr


def _reduced(expr: sympy.Expr, letters: Mapping[sympy.Expr, sympy.Symbol]) -> sympy.Expr:
    """The quotient cancelled, with some sums in it as letters; the same object where that brings nothing."""
    names = dict(letters)
    plain = _plain(expr, names)
    symbols = set(names.values())
    roots = {symbol: atom.base for atom, symbol in names.items() if _is_root(atom)}
    settled = not roots and (_is_laurent(plain, symbols) or _is_scaled_sum(plain))
    if settled or len(names) > _LIMIT or sympy.count_ops(plain) > _OPERATIONS:
        return expr
    if not plain.is_rational_function(*names.values()):
        return expr
    reduced = _quotient(_without_squares(plain, roots, names))
    if roots and _length(reduced) >= _length(plain):
        return expr
    best = _shortest(reduced) if letters else None
    one_below = (
        not roots and _bases_below(plain) == 1 and _length(reduced if best is None else best) < _length(plain)
    )
    if (
        not roots
        and not one_below
        and _degree(sympy.fraction(reduced)[1], symbols) >= _degree_below(plain, symbols)
    ):
        return expr
    back = {
        symbol: cancelled(atom) if not isinstance(atom, Entry) else atom for atom, symbol in names.items()
    }
    return _signs_settled(_shortest(reduced) if best is None else best).xreplace(back)


@cache
def _letter(name: str, is_positive: bool) -> sympy.Dummy:
    """The same letter at the same place, so that quotients of one form are cancelled once."""
    return sympy.Dummy(name, **({"positive": True} if is_positive else {"real": True}))


@lru_cache(maxsize=5_000)
def _quotient(plain: sympy.Expr) -> sympy.Expr:
    """One polynomial over another, without common factors."""
    return sympy.cancel(plain)


@lru_cache(maxsize=5_000)
def _shortest(expr: sympy.Expr) -> sympy.Expr:
    """The shortest way to write a quotient."""
    return min((form(expr) for form in _FORMS), key=lambda form: (_length(form), _repetitions(form)))


def _is_written_out(expr: sympy.Expr) -> bool:
    """Whether every term is a product of integer powers of single entries, sums and functions."""
    for term in sympy.Add.make_args(expr):
        for factor in sympy.Mul.make_args(term):
            is_power = isinstance(factor, sympy.Pow)
            base = factor.base if is_power else factor
            if isinstance(base, (sympy.Add, sympy.Mul, sympy.Pow)) or (
                is_power and not factor.exp.is_Integer
            ):
                return False
    return True


def _is_laurent(expr: sympy.Expr, symbols: set[sympy.Symbol]) -> bool:
    """Whether every term is a product of powers of symbols: then nothing is left to cancel."""
    factors = (factor for term in sympy.Add.make_args(expr) for factor in sympy.Mul.make_args(term))
    bases = (factor.base if isinstance(factor, sympy.Pow) else factor for factor in factors)
    return not any(isinstance(base, sympy.Add) and base.free_symbols & symbols for base in bases)


def _is_scaled_sum(expr: sympy.Expr) -> bool:
    """Whether it is one sum times powers, and no symbol stands above a line here and below one there.

    Of `(a + b/d)/s` nothing cancels, whatever is multiplied out.
    """
    factors = sympy.Mul.make_args(expr)
    sums = [factor for factor in factors if isinstance(factor, sympy.Add)]
    if len(sums) != 1:
        return False
    above: set[sympy.Basic] = set()
    below: set[sympy.Basic] = set()
    outside = [factor for factor in factors if factor is not sums[0]]
    for factor in (*outside, *(part for term in sums[0].args for part in sympy.Mul.make_args(term))):
        base, exponent = factor.as_base_exp()
        if not exponent.is_Integer or not (base.is_Number or base.is_Symbol):
            return False
        (below if exponent < 0 else above).update(base.free_symbols)
    return above.isdisjoint(below)


@lru_cache(maxsize=5_000)
def _above(expr: sympy.Expr) -> sympy.Expr:
    return sympy.fraction(sympy.together(expr))[0]


def _degree(expr: sympy.Expr, symbols: set[sympy.Symbol]) -> int:
    """The degree in the given symbols of what stands above the line."""
    above = _above(expr)
    own = symbols & above.free_symbols
    return int(sympy.total_degree(above, *sorted(own, key=str))) if own else 0


def _bases_below(expr: sympy.Expr) -> int:
    """The number of different bases that stand below a line, sums of them at least."""
    powers = expr.atoms(sympy.Pow)
    below = {one.base for one in powers if one.exp.is_Integer and one.exp < 0}
    return len(below) if all(base.is_Add for base in below) else 0


def _degree_below(expr: sympy.Expr, symbols: set[sympy.Symbol]) -> int:
    """The degree of the product of all denominators that are written, each base to its highest power."""
    highest: dict[sympy.Expr, int] = {}
    for power in expr.atoms(sympy.Pow):
        if power.exp.is_Integer and power.exp < 0:
            highest[power.base] = max(highest.get(power.base, 0), -int(power.exp))
    return sum(_degree(base, symbols) * exponent for base, exponent in highest.items())


def _plain(expr: sympy.Expr, names: dict[sympy.Expr, sympy.Symbol]) -> sympy.Expr:
    if isinstance(expr, sympy.Add) and names:
        number, whole = expr.primitive()
        if whole in names or -whole in names:
            return number * names[whole] if whole in names else -number * names[-whole]
    if expr.is_Number or isinstance(expr, sympy.Symbol) or not expr.free_symbols | tensors_of(expr):
        return expr
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return expr.func(*(_plain(arg, names) for arg in expr.args))
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        return _plain(expr.base, names) ** expr.exp
    if isinstance(expr, sympy.Pow) and (2 * expr.exp).is_Integer and _is_root(sympy.sqrt(expr.base)):
        if _is_root(expr):
            return names.setdefault(expr, _letter(f"x{len(names)}", True))
        return _plain(sympy.sqrt(expr.base), names) ** (2 * expr.exp)
    if isinstance(expr, Binder) or expr not in names:
        names.setdefault(expr, _letter(f"x{len(names)}", False))
    return names[expr]


def _is_root(expr: sympy.Expr) -> bool:
    """Whether an expression is the square root of something elementwise; a norm is left as it is."""
    half = isinstance(expr, sympy.Pow) and expr.exp == sympy.Rational(1, 2)
    return half and not isinstance(expr.base, Binder)


def _without_squares(
    plain: sympy.Expr, roots: dict[sympy.Symbol, sympy.Expr], names: dict[sympy.Expr, sympy.Symbol]
) -> sympy.Expr:
    """The quotient with `(√u)² = u` above the line: `1/√u − r²/√u³` with `u = 1 + r²` is `1/√u³`."""
    for symbol, base in roots.items():
        inner = _plain(base, names)
        above, below = sympy.fraction(sympy.together(plain))
        if inner.is_polynomial(*(names.values())):
            plain = sympy.rem(sympy.expand(above), symbol**2 - inner, symbol) / below
    return plain


def _factored_below(expr: sympy.Expr) -> sympy.Expr:
    above, below = sympy.fraction(expr)
    return sympy.factor_terms(above) / sympy.factor(below)


_FORMS: tuple[Callable[[sympy.Expr], sympy.Expr], ...] = (
    sympy.factor, sympy.factor_terms, _factored_below, lambda expr: expr, sympy.expand,
)  # fmt: skip


def _signs_settled(expr: sympy.Expr) -> sympy.Expr:
    """`−a/(p − 1)` as `a/(1 − p)`: a leading minus goes into a difference that then reads `1 − p`."""
    coefficient, rest = expr.as_coeff_Mul()
    factors = [_one_minus(factor) for factor in sympy.Mul.make_args(rest)]
    expr, rest = sympy.Mul(coefficient, *factors), sympy.Mul(*factors)
    if not coefficient.is_negative:
        return expr
    factors = list(sympy.Mul.make_args(rest))
    for place, factor in enumerate(factors):
        base, exponent = factor.as_base_exp()
        if (
            base.is_Add
            and exponent.is_odd
            and exponent.is_negative
            and any(t.is_Number and t < 0 for t in base.args)
        ):
            factors[place] = sympy.Pow(-base, exponent)
            return sympy.Mul(-coefficient, *factors)
    return expr


def _one_minus(expr: sympy.Expr) -> sympy.Expr:
    """`(p − 1)²` as `(1 − p)²`."""
    base, exponent = expr.as_base_exp()
    first = base.as_coeff_Add()[0]
    return (-base) ** exponent if exponent.is_even and first.is_negative else expr


def _repetitions(expr: sympy.Expr) -> int:
    """The number of symbols that are written."""
    return sum(part.is_Symbol for part in sympy.preorder_traversal(expr))


def _length(expr: sympy.Expr) -> int:
    digits = sum(len(str(number)) - 1 for number in expr.atoms(sympy.Rational))
    terms = sum(len(total.args) for total in expr.atoms(sympy.Add))
    return int(sympy.count_ops(expr)) + digits + terms
