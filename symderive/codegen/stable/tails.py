"""The tails of the normal distribution: its function, the error function, and the density over the tail."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sympy

from symderive.codegen.stable.rational import expanded, linear
from symderive.core.identity import tensors_of
from symderive.functions.normal_intervals import (
    interval_excess,
    interval_slope,
    normal_interval,
)
from symderive.functions.normal_moments import normal_skew, normal_spread
from symderive.functions.normal_tail import log_ndtr
from symderive.functions.special import ndtr
from symderive.functions.stable_forms import normal_excess, normal_slope

_HEADS = (ndtr, sympy.erf, sympy.erfc, log_ndtr, normal_interval)
_LONGEST = 260  # operations in what is multiplied out


def tail_of_complement(expr: sympy.Expr) -> sympy.Expr:
    """`1 − Φ(x) = Φ(−x)`, `1 ± erf(x) = 2 Φ(±√2 x)`, `2 − erfc(x) = 2 Φ(√2 x)`."""
    if not isinstance(expr, sympy.Add):
        return expr
    number = sympy.Add(*(term for term in expr.args if not tensors_of(term)))
    if number == 0:
        return expr
    for term in expr.args:
        head = next(
            (one for one in sympy.Mul.make_args(term) if isinstance(one, (ndtr, sympy.erf, sympy.erfc))), None
        )
        if head is not None:
            other = _complement(head, term / head / number)
            if other is not None:
                rest = (one for one in expr.args if tensors_of(one) and one is not term)
                return sympy.Add(number * other, *rest)
    return expr


def _complement(head: sympy.Expr, ratio: sympy.Expr) -> sympy.Expr | None:
    """`1 + r f(x)` where it is a tail; SymPy writes `erfc(−x)` as `2 − erfc(x)`, so Φ stands for it."""
    x = head.args[0]
    if isinstance(head, ndtr):
        return ndtr(-x) if ratio == -1 else None
    if isinstance(head, sympy.erfc):
        return ndtr(expanded(sympy.sqrt(2) * x)) if 2 * ratio == -1 else None
    return 2 * ndtr(expanded(ratio * sympy.sqrt(2) * x)) if abs(ratio) == 1 else None


def tail_times_excess(expr: sympy.Expr) -> sympy.Expr:
    """`x Φ(x) + exp(−x²/2)/√(2π) = Φ(x) (x + h)` with `h = φ/Φ`, in a logarithm and below a line."""
    below = isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp < 0
    inner = expr.base if below else expr.args[0] if isinstance(expr, sympy.log) else None
    if not (isinstance(inner, sympy.Add) and len(inner.args) == 2):
        return expr
    for term, other in (inner.args, inner.args[::-1]):
        for tail in (one for one in sympy.Mul.make_args(term) if isinstance(one, ndtr)):
            x = tail.args[0]
            front = term / tail / x
            if expanded(front / sympy.sqrt(2 * sympy.pi)) * sympy.exp(expanded(-(x**2) / 2)) == other:
                whole = front * tail * normal_excess(x)
                return whole**expr.exp if below else sympy.expand_log(sympy.log(whole), force=True)
    return expr


def density_over_tail(expr: sympy.Expr) -> sympy.Expr:
    """`exp(−x²/2)/Φ(x) = √(2π) h(x)` with `h = φ/Φ`, a function of its own, also for `Φ = exp(log Φ)`.

    `erfc(u) = 2 Φ(−√2 u)`. Sums with such quotients are multiplied out. In the same way the densities at both
    ends over `Φ(b) − Φ(a)` are functions of their own.
    """
    if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.exp)) or not _has_quotient(expr):
        return expr
    if sympy.count_ops(expr) > _LONGEST:
        return expr
    if isinstance(expr, sympy.exp):
        return _term(expr)
    names: dict[sympy.Expr, sympy.Symbol] = {}
    plain = _with_names(_below_as_above(expr), names)
    apart = sympy.expand_mul(sympy.expand_multinomial(plain))
    back = {name: value for value, name in names.items()}
    return sympy.Add(*(_term(term.xreplace(back)) for term in sympy.Add.make_args(apart)))


def _below_as_above(expr: sympy.Expr) -> sympy.Expr:
    """`Φ(−x)` as `1 − Φ(x)` where Φ(x) stands below a line: it cancels there."""
    below = {expanded(x) for base in _bases_below(expr) if (x := _tail(base)) is not None}
    known = {ndtr(expanded(-x)): 1 - ndtr(x) for x in below if expanded(-x) not in below}
    erfs = {one: 2 * ndtr(expanded(sympy.sqrt(2) * one.args[0])) - 1 for one in expr.atoms(sympy.erf)}
    made = expr.xreplace(erfs)
    spelled = {one: ndtr(expanded(one.args[0])) for one in made.atoms(ndtr)}
    return made.xreplace({one: known.get(plain, one) for one, plain in spelled.items()})


def _bases_below(expr: sympy.Expr) -> Iterator[sympy.Expr]:
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp < 0:
        yield from (factor.as_base_exp()[0] for factor in sympy.Mul.make_args(expr.base))
    elif isinstance(expr, sympy.exp):
        tails = (_log_tail(term) for term in sympy.Add.make_args(expr.args[0]))
        yield from (ndtr(x) for x in tails if x is not None)
    elif isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        for arg in expr.args:
            yield from _bases_below(arg)


def _with_names(expr: sympy.Expr, names: dict[sympy.Expr, sympy.Symbol]) -> sympy.Expr:
    """The expression with names for sums that have nothing to do with tails: they are not multiplied out."""
    if isinstance(expr, sympy.Add) and not expr.has(*_HEADS, sympy.exp):
        if expr.could_extract_minus_sign():
            return -_with_names(-expr, names)
        return names.setdefault(expr, sympy.Dummy(f"s{len(names)}", real=True))
    if isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        return expr.func(*(_with_names(arg, names) for arg in expr.args))
    return expr


def _has_quotient(expr: sympy.Expr) -> bool:
    """Whether a normal tail stands below a line, or its logarithm in an exponential."""
    if isinstance(expr, sympy.exp):
        return any(_log_tail(term) is not None for term in sympy.Add.make_args(expr.args[0]))
    if isinstance(expr, sympy.Pow):
        base = expr.base
        if expr.exp.is_Integer and expr.exp < 0 and any(_ends(one) for one in sympy.Mul.make_args(base)):
            return True
        return bool(expr.exp.is_Integer) and _has_quotient(base)
    return isinstance(expr, (sympy.Add, sympy.Mul)) and any(map(_has_quotient, expr.args))


def _tail(expr: sympy.Expr) -> sympy.Expr | None:
    """`x` of `Φ(x)` or of `erfc(−x/√2)`."""
    if isinstance(expr, ndtr):
        return expr.args[0]
    return expanded(-sympy.sqrt(2) * expr.args[0]) if isinstance(expr, sympy.erfc) else None


def _log_tail(term: sympy.Expr) -> sympy.Expr | None:
    coefficient, head = term.as_coeff_Mul()
    return head.args[0] if isinstance(head, log_ndtr) and coefficient.is_Integer and coefficient < 0 else None


def _ends(base: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """`x` of a tail `Φ(x)`; `a` and `b` of `Φ(b) − Φ(a)`; nothing of anything else."""
    if isinstance(base, normal_interval):
        ends: tuple[sympy.Expr, ...] = base.args
        return ends
    x = _tail(base)
    return () if x is None else (x,)


def _term(term: sympy.Expr) -> sympy.Expr:
    """One product: as many exponentials as there are tails below the line go with them."""
    exponent, rest, below = sympy.S.Zero, sympy.S.One, dict[tuple[sympy.Expr, ...], int]()
    for factor in sympy.Mul.make_args(term):
        base, power = (factor, sympy.S.One) if isinstance(factor, sympy.exp) else factor.as_base_exp()
        ends = _ends(base) if power.is_Integer and power < 0 else ()
        if isinstance(base, sympy.exp) and power.is_Integer:
            exponent += power * base.args[0]
        elif ends:
            below[ends] = below.get(ends, 0) - int(power)
            rest *= sympy.Integer(2) ** power if isinstance(base, sympy.erfc) else 1
        else:
            rest *= factor
    for piece in sympy.Add.make_args(exponent):
        x = _log_tail(piece)
        if x is not None:
            below[(x,)] = below.get((x,), 0) - int(piece.as_coeff_Mul()[0])
            exponent -= piece
    for ends, count in below.items():
        exponent, made = _over(exponent, ends, count)
        rest *= made
    return rest * sympy.exp(exponent) if below else term


def _over(exponent: sympy.Expr, ends: tuple[sympy.Expr, ...], count: int) -> tuple[sympy.Expr, sympy.Expr]:
    """What is left of an exponent, and what its densities give with tails below the line."""
    ways = (way for way in itertools.product(range(count + 1), repeat=len(ends)) if sum(way) <= count)
    best = min(ways, key=lambda way: (len(linear(_without(exponent, ends, way))[0]), sum(way)))
    left = count - sum(best)
    if len(ends) == 1:
        slopes: tuple[sympy.Expr, ...] = (normal_slope(*ends),)
        made = sympy.exp(-left * log_ndtr(*ends)) if left else sympy.S.One
    else:
        a, b = ends
        slopes = (interval_slope(a, b), interval_slope(-b, -a))
        made = normal_interval(a, b) ** (-left)
    for slope, taken in zip(slopes, best, strict=True):
        made *= (sympy.sqrt(2 * sympy.pi) * slope) ** taken
    return _without(exponent, ends, best), made


def _without(exponent: sympy.Expr, ends: tuple[sympy.Expr, ...], way: tuple[int, ...]) -> sympy.Expr:
    """An exponent without so many terms `−x²/2` for each of the ends."""
    return expanded(exponent + sympy.Add(*(taken * x**2 / 2 for x, taken in zip(ends, way, strict=True))))


def moments_of_tail(expr: sympy.Expr) -> sympy.Expr:
    """`1 − x h − h²` and `2 h² + 3 x h + x² − 1` with `h = φ(x)/Φ(x)` are functions of their own.

    The first, also `1 − h (x + h)`, is the variance of a normal number above −x, the second its slope over h.
    """
    if not isinstance(expr, sympy.Add):
        return expr
    for term in expr.args:
        for factor in sympy.Mul.make_args(term):
            base, power = factor.as_base_exp()
            if isinstance(base, normal_slope) and power.is_Integer and power >= 2:
                x = base.args[0]
                for head, (two, one, none) in (
                    (normal_spread, (-1, -x, sympy.S.One)),
                    (normal_skew, (2, 3 * x, x**2 - 1)),
                ):
                    front = term / base**2 / two
                    wanted = sympy.Add.make_args(sympy.expand_mul(front * base * one + front * none))
                    found = _all_of(wanted, [it for it in expr.args if it is not term])
                    if found is not None:
                        rest = (it for it in expr.args if it is not term and it not in found)
                        return moments_of_tail(sympy.Add(*rest, front * head(x)))
            front = term / base / normal_excess(base.args[0]) if isinstance(base, normal_slope) else term
            if -front in expr.args:
                rest = (it for it in expr.args if it not in (term, -front))
                return sympy.Add(*rest, -front * normal_spread(base.args[0]))
    return expr


def _all_of(wanted: Sequence[sympy.Expr], terms: Sequence[sympy.Expr]) -> list[sympy.Expr] | None:
    """Those of the terms that make the wanted sum; None where one is missing."""
    spelled = {sympy.expand_mul(one): one for one in terms}
    return [spelled[one] for one in wanted] if all(one in spelled for one in wanted) else None


def slope_and_argument(expr: sympy.Expr) -> sympy.Expr:
    """`c h² + c x h = c h (x + h)` with `h = φ(x)/Φ(x)`, where x and h nearly cancel far out.

    `c p² − c a p = c p (p − a)` with `p = φ(a)/(Φ(b) − Φ(a))`.
    """
    if not isinstance(expr, sympy.Add):
        return expr
    terms = list(expr.args)
    for term in expr.args:
        for factor in sympy.Mul.make_args(term):
            base, power = factor.as_base_exp()
            if term in terms and isinstance(base, (normal_slope, interval_slope)) and power.is_Integer:
                terms = _with_excess(terms, term, base)
    return expr if len(terms) == len(expr.args) else sympy.Add(*terms)


def _with_excess(terms: list[sympy.Expr], term: sympy.Expr, slope: sympy.Expr) -> list[sympy.Expr]:
    if isinstance(slope, normal_slope):
        x, excess = slope.args[0], normal_excess(slope.args[0])
    else:
        x, excess = -slope.args[0], interval_excess(*slope.args)
    rest = term / slope
    product = sympy.expand_mul(rest * x)
    alike = tuple(one for one in terms if one.has(type(slope)) and sympy.expand_mul(one) == product)
    for partners in (alike[:1], (rest * x,), sympy.Add.make_args(product)):
        if not partners:
            continue
        if all(one in terms for one in partners):
            others = (one for one in terms if one != term and one not in partners)
            return [*others, rest * excess]
    return terms
