"""Simplifications that a person would make: what the domains say, common factors cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

import sympy

from symderive.calculus.brackets import has_bracket
from symderive.calculus.joined import weights_joined
from symderive.calculus.known_sums import known_sums, with_known_sums, with_vanishing_sums
from symderive.calculus.recognition import recognised
from symderive.calculus.sums import has_binder, in_one_sum, rebuild, sum_over
from symderive.core.identity import (
    FREE_LETTERS,
    canonical,
    free_indices,
    fresh,
    substitute,
    tensors_of,
    with_args,
)
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import InverseEntry
from symderive.core.nodes import Binder, Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.notation.forms import Leaf
from symderive.notation.index_notation import index_form
from symderive.notation.printing import latex, text

_LIMIT = 9  # different entries and functions in a quotient that is looked at
_OPERATIONS = 60
Fact = tuple[str, str]
Facts = dict[Fact, None]  # in the order in which they are used
NONE_KNOWN: Mapping[Tensor, Facts] = MappingProxyType({})
STRUCTURE_WORDS = {
    "symmetric": "symmetric", "spd": "symmetric", "diagonal": "diagonal", "lower": "lower triangular",
    "upper": "upper triangular", "skew": "skew-symmetric",
}  # fmt: skip


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
        facts = _symmetry(tidied, made_symmetric, excluded)
        if facts is not None:
            made_symmetric[made.tensor] = facts
    return program.with_definitions(definitions), tuple(used)


def _tidied(
    made: Definition, excluded: set[Tensor], used: Facts, symmetric: Mapping[Tensor, Facts]
) -> Definition:
    body = domain_facts(made.body, excluded, used, symmetric)
    if body != made.body:  # the names of bound indices can now be chosen better
        body = domain_facts(rebuild(body), excluded, used, symmetric)
    summed = recognised(weights_joined(summed_by_terms(body)))
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


def symmetric_results(program: Program, fixed: Iterable[Tensor] = ()) -> set[Tensor]:
    """The results that are symmetric by their equations; the symmetry of `fixed` tensors is not used."""
    found, excluded = dict[Tensor, Facts](), set(fixed)
    for made in program.definitions:
        facts = _symmetry(made, found, excluded)
        if facts is not None:
            found[made.tensor] = facts
    return set(found)


def _symmetry(made: Definition, known: Mapping[Tensor, Facts], excluded: set[Tensor]) -> Facts | None:
    """The facts by which the equation of a matrix says that it is its own transpose; None if it does not."""
    if made.tensor.rank != 2 or made.tensor.shape[0] != made.tensor.shape[1]:
        return None
    i, j = made.indices
    body = _with_one_index(in_one_sum(made.body), i, j)
    turned = _with_one_index(substitute(body, {i: j, j: i}), i, j)
    used: Facts = {}
    straight, across = (_in_order(one, excluded, used, known) for one in (body, turned))
    return used if straight == across else None


def _in_order(
    expr: sympy.Expr, excluded: set[Tensor], used: Facts, known: Mapping[Tensor, Facts]
) -> sympy.Expr:
    """The expression with entries of symmetric matrices in one order, for the names of bound indices too."""
    ordered = canonical(domain_facts(expr, excluded, used, known))
    return canonical(domain_facts(ordered, excluded, used, known))


def _with_one_index(expr: sympy.Expr, i: Index, j: Index) -> sympy.Expr:
    """`δ_ij s_i` for `δ_ij s_j`."""
    diagonal = Delta(i, j)
    terms = sympy.Add.make_args(expr)
    return sympy.Add(*(
        diagonal * substitute(term / diagonal, {j: i}) if diagonal in sympy.Mul.make_args(term) else term
        for term in terms
    ))  # fmt: skip


def domain_facts(
    expr: sympy.Expr, excluded: set[Tensor], used: Facts, symmetric: Mapping[Tensor, Facts] = NONE_KNOWN
) -> sympy.Expr:
    """Powers of ±1 and 0/1 entries as what they equal; entries of structured matrices in one order, or 0.

    Args:
        expr: the right-hand side.
        excluded: tensors whose domain must not be used.
        used: the facts about domains that were used are added here.
        symmetric: results that are symmetric by their equations, with the facts by which they are.
    """
    if not any(
        tensor in symmetric or (_special(tensor) and tensor not in excluded) for tensor in tensors_of(expr)
    ):
        return expr
    if isinstance(expr, Entry):
        if expr.tensor in symmetric:
            axes = sorted(expr.axes, key=str)
            used.update(symmetric[expr.tensor] if list(expr.axes) != axes else {})
            return Entry(expr.tensor, *axes)
        return expr if expr.tensor in excluded else _structured_entry(expr, used)
    if isinstance(expr, InverseEntry):
        return _ordered_inverse(expr, excluded, used, symmetric)
    inner = (
        expr.func(*(domain_facts(arg, excluded, used, symmetric) for arg in expr.args)) if expr.args else expr
    )
    if isinstance(inner, sympy.Pow) and isinstance(inner.base, Entry) and inner.base.tensor not in excluded:
        return _power_of_entry(inner, used)
    return inner


def _ordered_inverse(
    expr: InverseEntry, excluded: set[Tensor], used: Facts, symmetric: Mapping[Tensor, Facts]
) -> InverseEntry:
    """`(S⁻¹)_ji = (S⁻¹)_ij` for symmetric S."""
    tensor, axes = expr.tensor, sorted(expr.axes, key=str)
    known = tensor in symmetric or (tensor.is_symmetric and tensor not in excluded)
    if not known or list(expr.axes) == axes:
        return expr
    if tensor in symmetric:
        used.update(symmetric[tensor])
    else:
        _structured_entry(Entry(tensor, *expr.axes), used)
    return InverseEntry(tensor, *axes)


def _structured_entry(expr: Entry, used: Facts) -> sympy.Expr:
    """`S_ji = S_ij` for symmetric S, `K_ji = −K_ij` for skew-symmetric K, zeros outside a triangle."""
    tensor = expr.tensor
    if not tensor.is_structured:
        return expr
    if tensor.is_zero_at(*expr.axes):
        one = index_form(expr)
        used[_structure_fact(tensor, text(one) + " = 0", latex(one) + " = 0")] = None
        return sympy.S.Zero
    axes = sorted(expr.axes, key=str)
    if not (tensor.is_symmetric or tensor.is_skew) or list(expr.axes) == axes:
        return expr
    name, typeset = text(Leaf(tensor)), latex(Leaf(tensor))
    plain, dashed = ("−", "-") if tensor.is_skew else ("", "")
    turned = f"{name}ᵀ = {plain}{name}", rf"{typeset}^{{\top}} = {dashed}{typeset}"
    used[_structure_fact(tensor, *turned)] = None
    return -Entry(tensor, *axes) if tensor.is_skew else Entry(tensor, *axes)


def _structure_fact(tensor: Tensor, plain: str, typeset: str) -> Fact:
    """`plain`, since the tensor is declared as it is."""
    name, written, words = text(Leaf(tensor)), latex(Leaf(tensor)), STRUCTURE_WORDS[tensor.domain]
    return (
        f"{plain}, since {name} is {words}",
        rf"{typeset}\text{{, since }}{written}\text{{ is {words}}}",
    )


def _power_of_entry(expr: sympy.Pow, used: Facts) -> sympy.Expr:
    tensor, exponent = expr.base.tensor, expr.exp
    if not exponent.is_Integer:
        return expr
    if tensor.domain == "binary" and not tensor.name[0].isalpha():  # an unnamed condition is 0 or 1 by itself
        return expr.base if exponent > 0 else expr
    whole, one = Leaf(tensor), index_form(Entry(tensor, *fresh(tensor.shape, (), FREE_LETTERS)))
    plain, typeset, name, entry = text(whole), latex(whole), text(one), latex(one)
    if tensor.domain == "sign":
        sentence = f"{name}² = 1, since the entries of {plain} are ±1"
        typeset = rf"{entry}^{{2}} = 1\text{{, since the entries of }}{typeset}\text{{ are }}\pm 1"
        used[sentence, typeset] = None
        return sympy.S.One if exponent % 2 == 0 else expr.base
    if tensor.domain in ("binary", "onehot") and exponent > 0:
        sentence = f"{name}² = {name}, since the entries of {plain} are 0 or 1"
        typeset = rf"{entry}^{{2}} = {entry}\text{{, since the entries of }}{typeset}\text{{ are 0 or 1}}"
        used[sentence, typeset] = None
        return expr.base
    return expr


def _special(tensor: sympy.Basic) -> bool:
    domain = getattr(tensor, "domain", "real")
    return domain in ("sign", "binary", "onehot") or domain in STRUCTURE_WORDS


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
    if _is_written_out(expr):
        return expr
    names: dict[sympy.Expr, sympy.Symbol] = {}
    plain = _plain(expr, names)
    symbols = set(names.values())
    roots = {symbol: atom.base for atom, symbol in names.items() if _is_root(atom)}
    settled = not roots and (_is_laurent(plain, symbols) or _is_scaled_sum(plain))
    if settled or len(names) > _LIMIT or sympy.count_ops(plain) > _OPERATIONS:
        return expr
    if not plain.is_rational_function(*names.values()):
        return expr
    reduced = sympy.cancel(_without_squares(plain, roots, names))
    if roots and _length(reduced) >= _length(plain):
        return expr
    one_below = not roots and _bases_below(plain) == 1 and _length(reduced) < _length(plain)
    if (
        not roots
        and not one_below
        and _degree(sympy.fraction(reduced)[1], symbols) >= _degree_below(plain, symbols)
    ):
        return expr
    back = {
        symbol: cancelled(atom) if not isinstance(atom, Entry) else atom for atom, symbol in names.items()
    }
    best = min((form(reduced) for form in _FORMS), key=lambda form: (_length(form), _repetitions(form)))
    return _signs_settled(best).xreplace(back)


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


def _degree(expr: sympy.Expr, symbols: set[sympy.Symbol]) -> int:
    """The degree in the given symbols of what stands above the line."""
    above = sympy.fraction(sympy.together(expr))[0]
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
    if expr.is_Number or isinstance(expr, sympy.Symbol) or not expr.free_symbols | tensors_of(expr):
        return expr
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return expr.func(*(_plain(arg, names) for arg in expr.args))
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        return _plain(expr.base, names) ** expr.exp
    if isinstance(expr, sympy.Pow) and (2 * expr.exp).is_Integer and _is_root(sympy.sqrt(expr.base)):
        if _is_root(expr):
            return names.setdefault(expr, sympy.Dummy(f"x{len(names)}", positive=True))
        return _plain(sympy.sqrt(expr.base), names) ** (2 * expr.exp)
    if isinstance(expr, Binder) or expr not in names:
        names.setdefault(expr, sympy.Dummy(f"x{len(names)}", real=True))
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
