"""Sums that are known: the rows of a softmax add up to 1, those of one-hot data too, centred values to 0."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symderive.calculus.rules import separated
from symderive.calculus.sums import has_binder, sum_over
from symderive.core.identity import FREE_LETTERS, canonical, free_indices, fresh, tensors_of, with_args
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import SoftmaxEntry
from symderive.notation.forms import Leaf
from symderive.notation.index_notation import index_form
from symderive.notation.printing import latex, text

Fact = tuple[str, str]
_UNIT_ROWS = {"onehot": "one-hot", "simplex": "probabilities"}


@dataclass(frozen=True)
class KnownSum:
    """`Σ T = value` over some axes of an array.

    Attributes:
        axes: the places of the axes.
        value: the sum.
        is_declared: whether it follows from the declared domain, and is a fact to be stated.
    """

    axes: tuple[int, ...]
    value: sympy.Expr
    is_declared: bool = False


def known_sums(program: Program, excluded: Collection[Tensor]) -> dict[Tensor, KnownSum]:
    """The sums that are known of inputs by their domain, and of definitions by their equation.

    Args:
        program: the equations.
        excluded: inputs whose domain must not be used.
    """
    found = {
        tensor: KnownSum((tensor.rank - 1,), sympy.S.One, True)
        for tensor in program.inputs
        if tensor.domain in _UNIT_ROWS and tensor.rank and tensor not in excluded
    }
    for made in program.definitions:
        known = _of_definition(made, found)
        if known is not None:
            found[made.tensor] = known
    return found


def _of_definition(made: Definition, found: dict[Tensor, KnownSum]) -> KnownSum | None:
    body = made.body
    if isinstance(body, SoftmaxEntry):
        places = tuple(made.indices.index(one) for one in body.positions if one in made.indices)
        whole = body.runs_freely and len(places) == len(body.positions)
        return KnownSum(places, sympy.S.One) if whole else None
    if isinstance(body, sympy.Mul) and not found.keys().isdisjoint(tensors_of(body)):
        for place, index in enumerate(made.indices):
            if _summed(body, (index,), found, {}) == 0:
                return KnownSum((place,), sympy.S.Zero)
    if isinstance(body, sympy.Add) and has_binder(body):
        for place, index in enumerate(made.indices):
            if _vanishes(body, index):
                return KnownSum((place,), sympy.S.Zero)
    return None


@lru_cache(maxsize=20_000)
def _vanishes(body: sympy.Add, index: Index) -> bool:
    """Whether the sum over one index is 0, as that of `x_p − (1/n) Σ_q x_q` over p."""
    if all(index in free_indices(term) for term in body.args):
        return False
    return bool(canonical(sympy.Add(*(sum_over(term, (index,)) for term in body.args))) == 0)


def with_known_sums(expr: sympy.Expr, known: dict[Tensor, KnownSum], used: dict[Fact, None]) -> sympy.Expr:
    """The expression with the values of known sums put in; facts about domains are added to `used`."""
    if not has_binder(expr) or known.keys().isdisjoint(tensors_of(expr)):
        return expr
    inner = with_args(expr, [with_known_sums(arg, known, used) for arg in expr.args])
    if not isinstance(inner, IndexSum) or inner.body == 0:
        return sympy.S.Zero if isinstance(inner, IndexSum) else inner
    terms = sympy.Add.make_args(inner.body)
    made = [_summed(term, inner.indices, known, used) for term in terms]
    if all(one is None for one in made):
        return inner
    return sympy.Add(
        *(
            sum_over(term, inner.indices) if one is None else one
            for term, one in zip(terms, made, strict=True)
        )
    )


def with_vanishing_sums(program: Program, known: dict[Tensor, KnownSum]) -> Program:
    """The program with `Σ_p t_p` by the terms of `t`, where one of them adds up to 0: `t = u/s − c x̂`."""
    if not any(one.value == 0 for one in known.values()):
        return program
    bodies: dict[Tensor, Definition] = {}
    definitions = []
    for made in program.definitions:
        definitions.append(made.with_body(_by_terms(made.body, bodies, known)))
        if isinstance(made.body, sympy.Add) and not known.keys().isdisjoint(tensors_of(made.body)):
            bodies[made.tensor] = made
    return program.with_definitions(definitions)


def _by_terms(
    expr: sympy.Expr, bodies: dict[Tensor, Definition], known: dict[Tensor, KnownSum]
) -> sympy.Expr:
    if not has_binder(expr) or bodies.keys().isdisjoint(tensors_of(expr)):
        return expr
    inner = with_args(expr, [_by_terms(arg, bodies, known) for arg in expr.args])
    if not isinstance(inner, IndexSum) or not isinstance(inner.body, Entry) or not inner.body.is_inside:
        return inner
    made = bodies.get(inner.body.tensor)
    if made is None:
        return inner
    terms = sympy.Add.make_args(separated(made.at(inner.body.axes), *inner.indices))
    parts = [_summed(term, inner.indices, known, {}) for term in terms]
    if not any(part == 0 for part in parts):
        return inner
    left = (term for term, part in zip(terms, parts, strict=True) if part != 0)
    return sympy.Add(*(sum_over(term, inner.indices) for term in left))


def _summed(
    term: sympy.Expr, indices: tuple[Index, ...], known: dict[Tensor, KnownSum], used: dict[Fact, None]
) -> sympy.Expr | None:
    """The sum of one term, where a factor of it adds up to a known value; else None."""
    factors = sympy.Mul.make_args(term)
    for place, factor in enumerate(factors):
        sum_of = known.get(factor.tensor) if isinstance(factor, Entry) else None
        if sum_of is None:
            continue
        at = [factor.axes[axis] for axis in sum_of.axes]
        others = (*factors[:place], *factors[place + 1 :])
        rest = [axis for axis_place, axis in enumerate(factor.axes) if axis_place not in sum_of.axes]
        elsewhere = frozenset[Index]().union(*map(free_indices, (*others, *rest)))
        if all(one in indices for one in at) and len(set(at)) == len(at) and not elsewhere & set(at):
            if sum_of.is_declared:
                used[_fact(factor.tensor)] = None
            if sum_of.value == 0:
                return sympy.S.Zero
            left = [index for index in indices if index not in at]
            return sum_over(sympy.Mul(sum_of.value, *others), left)
    return None


def _fact(tensor: Tensor) -> Fact:
    indices = fresh(tensor.shape, (), FREE_LETTERS)
    total = index_form(IndexSum(Entry(tensor, *indices), indices[-1]))
    word = _UNIT_ROWS[tensor.domain]
    whole = Leaf(tensor)
    plain, typeset = text(whole), latex(whole)
    are = f"the rows of {plain} are {word}" if tensor.rank > 1 else f"{plain} is {word}"
    if tensor.rank == 1 and tensor.domain == "simplex":
        are = f"the entries of {plain} are probabilities"
    written = are.replace(plain, f"}}{typeset}\\text{{", 1)
    return f"{text(total)} = 1, since {are}", rf"{latex(total)} = 1\text{{, since {written}}}"
