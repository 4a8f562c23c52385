"""Softmax and log-sum-exp: recognised in what a user wrote, and named where a derivative brings them in."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence

import sympy

from symderive.calculus.condense import entries_in, replace_entries, weight
from symderive.calculus.log_sums import log_sum_over, share_of
from symderive.calculus.rules import separated
from symderive.calculus.sums import sum_over
from symderive.core.exponential_sums import is_exponential_sum
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
from symderive.core.nodes import Entry, Index, IndexSum, Tensor, fitted
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry, split_exponential

_LARGEST = 8  # entries in an equation that is looked into
_MOST_MATCHES = 24


def recognised(program: Program) -> Program:
    """The program with `log Σ exp(z)` and `exp(z)/Σ exp(z)` as log-sum-exp and softmax.

    Args:
        program: the equations as they were written.

    Returns:
        the same with other right-hand sides; equations that nothing uses any more are left out.
    """
    if not any(has_exponential(made.body) for made in program.definitions):
        return program
    known: dict[Tensor, Definition] = {}
    definitions: list[Definition] = []
    for made in program.definitions:
        opened = _opened(made.body, known)
        body = _rewritten(opened)
        if body != opened:
            why = "exponentials over their sum" if isinstance(body, SoftmaxEntry) else ""
            made = Definition(made.tensor, made.indices, body, made.rule, why, made.pinned)
            opened = body
        definitions.append(made)
        if not made.pinned and _is_material(opened) and weight(opened) <= _LARGEST:
            known[made.tensor] = made.with_body(opened)
    whole = program.with_definitions(definitions)
    return whole.with_definitions(whole.needed(program.outputs).definitions)


def has_exponential(expr: sympy.Basic) -> bool:
    """Whether an exponential of arrays, or a node that stands for some, occurs in an expression."""
    if has_kind(expr, (IndexLogSum, SoftmaxEntry)):
        return True
    return has_kind(expr, sympy.exp) and any(map(tensors_of, expr.atoms(sympy.exp)))


def _opened(expr: sympy.Expr, known: dict[Tensor, Definition]) -> sympy.Expr:
    """The expression with exponentials, sums of them and softmaxes written out.

    A softmax stays as it is in a sum without logarithms and powers, where nothing can be recognised.
    """
    used = [known[tensor] for tensor in tensors_of(expr) if tensor in known]
    if not used:
        return expr
    plain = isinstance(expr, (sympy.Add, IndexSum)) and not has_kind(expr, (sympy.log, sympy.Pow, sympy.exp))
    if plain and all(isinstance(made.body, SoftmaxEntry) for made in used):
        return expr
    loose = {entry.tensor for entry in entries_in(expr) if not entry.is_inside}
    return replace_entries(expr, {tensor: made for tensor, made in known.items() if tensor not in loose})


def _is_material(body: sympy.Expr) -> bool:
    """Whether a softmax or log-sum-exp can be made of this right-hand side."""
    if isinstance(body, sympy.Add):
        return any(
            isinstance(factor, IndexLogSum) for term in body.args for factor in sympy.Mul.make_args(term)
        )
    return any(
        isinstance(factor, (IndexLogSum, SoftmaxEntry))
        or _is_raised(factor)
        or is_exponential_sum(factor.as_base_exp()[0])
        for factor in sympy.Mul.make_args(body)
    )


def _is_raised(factor: sympy.Expr) -> bool:
    return isinstance(factor, sympy.exp) and bool(tensors_of(factor))


def _rewritten(expr: sympy.Expr) -> sympy.Expr:
    if not expr.args or not has_exponential(expr) or isinstance(expr, (IndexLogSum, SoftmaxEntry)):
        return expr
    inner = with_args(expr, [_rewritten(arg) for arg in expr.args])
    if isinstance(inner, sympy.log):
        return _logarithm(inner)
    if isinstance(inner, sympy.Mul):
        return _quotient(inner)
    return _power_of_share(inner) if isinstance(inner, sympy.exp) else inner


def _logarithm(expr: sympy.log) -> sympy.Expr:
    """`log (c Σ_p w exp(f)) = log c + logsumexp`, and `log softmax(f)_i = f_i − logsumexp`."""
    factors = sympy.Mul.make_args(expr.args[0])
    found = [one for one in factors if is_exponential_sum(one) or isinstance(one, SoftmaxEntry)]
    others = [one for one in factors if one not in found]
    if len(found) != 1 or not all(one.is_positive for one in others):
        return expr
    (only,) = found
    front = sympy.expand_log(sympy.log(sympy.Mul(*others)))
    if isinstance(only, IndexSum):
        return front + log_sum_over(only.body, only.indices)
    above = only.at_positions(only.total.weight)
    if not above.is_positive:
        return expr
    return front + sympy.log(above) + only.at_positions(only.total.exponent) - only.total


def _quotient(expr: sympy.Mul) -> sympy.Expr:
    """`w_i exp(f_i) / Σ_p w_p exp(f_p)` as one share, also under a further sum."""
    factors = list(expr.args)
    for place, factor in enumerate(factors):
        below = factor.base if isinstance(factor, sympy.Pow) and factor.exp == -1 else None
        if below is None or not is_exponential_sum(below):
            continue
        rest = factors[:place] + factors[place + 1 :]
        above = next((one for one in rest if _is_raised(one)), None)
        if above is not None:
            return _quotient_of(sympy.Mul(*_over(rest, above, below)))
        above = next((one for one in rest if is_exponential_sum(one)), None)
        if above is not None:
            rest.remove(above)
            inner = separated(above, *free_indices(below))
            body = _quotient_of(sympy.Mul(inner.body, 1 / below))
            return _quotient_of(sympy.Mul(sum_over(body, inner.indices), *rest))
    return expr


def _quotient_of(expr: sympy.Expr) -> sympy.Expr:
    return _quotient(expr) if isinstance(expr, sympy.Mul) else expr


def _over(factors: Sequence[sympy.Expr], above: sympy.Expr, below: IndexSum) -> list[sympy.Expr]:
    """The factors with `above / below` as a share of the sum, or as one exponential of a difference."""
    rest = [factor for factor in factors if factor is not above]
    for positions in _matches(below, above.args[0]):
        there = substitute(split_exponential(below.body)[0], dict(zip(below.indices, positions, strict=True)))
        left = _without(rest, there)
        if left is not None:
            return [*left, share_of(below.body, below.indices, positions)]
    return [*rest, sympy.exp(above.args[0] - log_sum_over(below.body, below.indices))]


def _without(factors: Sequence[sympy.Expr], product: sympy.Expr) -> list[sympy.Expr] | None:
    """The factors less those of a product; None where one of them is missing."""
    left = list(factors)
    for factor in sympy.Mul.make_args(product) if product != 1 else ():
        if factor not in left:
            return None
        left.remove(factor)
    return left


def _power_of_share(expr: sympy.exp) -> sympy.Expr:
    """`exp(f_i − log Σ_p exp(f_p))` as one share."""
    terms = sympy.Add.make_args(expr.args[0])
    for term in terms:
        total = -term
        if isinstance(total, IndexLogSum) and total.weight == 1:
            rest = sympy.Add(*(other for other in terms if other is not term))
            for positions in _matches(IndexSum(total.body, *total.indices), rest):
                return SoftmaxEntry(total, *positions)
    return expr


def _matches(below: IndexSum, exponent: sympy.Expr) -> Iterator[tuple[sympy.Expr, ...]]:
    """The positions at which the exponent of a sum is the given one."""
    own = split_exponential(below.body)[1]
    wanted = canonical(exponent)
    choices = []
    for index in below.indices:
        found: dict[sympy.Expr, None] = {}
        for mine in entries_in(own):
            for place in (place for place, axis in enumerate(mine.axes) if axis == index):
                found.update({o.axes[place]: None for o in entries_in(exponent) if o.tensor == mine.tensor})
        choices.append(list(found))
    for positions in itertools.islice(itertools.product(*choices), _MOST_MATCHES):
        there = substitute(own, dict(zip(below.indices, positions, strict=True)))
        if there == exponent or canonical(there) == wanted:
            yield positions


def with_named_shares(program: Program) -> Program:
    """The program with every softmax inside an equation as a named array: `p = softmax(z)`."""
    if all(map(_is_named, program.definitions)):
        return program
    namer = _Namer(program)
    for made in program.definitions:
        namer.add(made)
    return Program(program.inputs, tuple(namer.definitions), program.outputs)


def _is_named(made: Definition) -> bool:
    """Whether no softmax occurs in a definition, but for one that it is the name of."""
    share = _own_share(made)
    return not has_share(made.body if share is None else share.total)


def _own_share(made: Definition) -> SoftmaxEntry | None:
    """The softmax that a definition is the name of."""
    derived = made.rule == "chain rule"  # a softmax has a name of its own, not that of a derivative
    share = made.body if isinstance(made.body, SoftmaxEntry) and not derived else None
    if share is None or not share.runs_freely or not set(share.positions) <= set(made.indices):
        return None
    return share


def has_share(expr: sympy.Basic) -> bool:
    """Whether an entry of a softmax occurs in an expression."""
    return has_kind(expr, SoftmaxEntry)


class _Namer:
    """Collects the definitions of a program, each softmax once; final."""

    def __init__(self, program: Program) -> None:
        self.taken = program.names
        self.definitions: list[Definition] = []
        self.known: dict[sympy.Expr, tuple[Tensor, tuple[Index, ...], tuple[Index, ...]]] = {}

    def add(self, made: Definition) -> None:
        """Take over one definition, its softmaxes named before it."""
        if not has_share(made.body):
            self.definitions.append(made)
            return
        share = _own_share(made)
        if share is not None:
            made = made.with_body(SoftmaxEntry(self.named(share.total), *share.positions))
            self.register(made.body, made.tensor, made.indices)
            self.definitions.append(made)
            return
        body = self.named(made.body)
        self.definitions.append(made.with_body(body))

    def register(self, share: SoftmaxEntry, tensor: Tensor, indices: tuple[Index, ...]) -> None:
        """Remember that `tensor[indices]` is a softmax whose positions are among the indices."""
        batch = tuple(index for index in indices if index not in share.positions)
        if set(batch) != set(free_indices(share.total)) or not share.runs_freely:
            return
        at = tuple(position for position in share.positions if isinstance(position, Index))
        self.known.setdefault(_key(share.total, batch), (tensor, indices, (*batch, *at)))

    def named(self, expr: sympy.Expr) -> sympy.Expr:
        """The expression with entries of named arrays in place of softmaxes."""
        if not has_share(expr):
            return expr
        inner = with_args(expr, [self.named(arg) for arg in expr.args])
        return self.entry(inner) if isinstance(inner, SoftmaxEntry) else inner

    def entry(self, share: SoftmaxEntry) -> sympy.Expr:
        """The entry of a named array that is a softmax."""
        free = _batch(share.total)
        for batch in itertools.islice(itertools.permutations(free), _MOST_MATCHES):
            found = self.known.get(_key(share.total, batch))
            if found is not None:
                tensor, indices, order = found
                there = dict(zip(order, (*batch, *share.positions), strict=True))
                return Entry(tensor, *fitted(tensor, tuple(there[index] for index in indices)))
        self.define(share.total, free)
        return self.entry(share)

    def free_name(self, words: str) -> str:
        """A name that no definition has."""
        name = f"_{hashlib.blake2b(words.encode(), digest_size=8).hexdigest()}"
        return self.free_name(words + "'") if name in self.taken else name

    def define(self, total: IndexLogSum, batch: tuple[Index, ...]) -> None:
        """A new array for the softmax behind `total`."""
        letters = fresh([index.dim for index in (*batch, *total.indices)], (), FREE_LETTERS)
        total = substitute(total, dict(zip(batch, letters, strict=False)))
        batch, at = letters[: len(batch)], letters[len(batch) :]
        share = SoftmaxEntry(total, *at)
        indices = _as_written(total, batch, dict(zip(total.indices, at, strict=True)))
        tensor = Tensor(self.free_name(str(_key(total, batch))), tuple(index.dim for index in indices))
        self.definitions.append(Definition(tensor, indices, canonical(share), "softmax", "let"))
        self.register(share, tensor, indices)


def _batch(total: IndexLogSum) -> tuple[Index, ...]:
    return tuple(sorted(free_indices(total), key=lambda index: index.name))


def _key(total: IndexLogSum, batch: Sequence[Index]) -> sympy.Expr:
    """The same for totals that differ only in the names of indices, with their sums in one order."""
    marks = tuple(Index(f"·{place}", index.dim) for place, index in enumerate(batch))
    at = (Index(f"·at{place}", index.dim) for place, index in enumerate(total.indices))
    return canonical(SoftmaxEntry(substitute(total, dict(zip(batch, marks, strict=True))), *at))


def _as_written(total: IndexLogSum, batch: tuple[Index, ...], at: dict[Index, Index]) -> tuple[Index, ...]:
    """The axes in the order of the array that is raised, if it is one; else the summed ones last."""
    exponent = total.exponent
    axes = tuple(at.get(axis, axis) for axis in exponent.axes) if isinstance(exponent, Entry) else ()
    every = (*batch, *at.values())
    return axes if len(axes) == len(every) and set(axes) == set(every) else every
