"""The equations of a program in the order in which a specialist computes them.

A derivation says what is computed; here the equations are rewritten so that each is one matrix product or
one elementwise expression: products are multiplied out where a delta or an outer product stands inside a
sum, contracted two by two in the cheapest order, and what occurs twice gets a name. The result is a program
like any other, so the slow evaluator checks it and every back end writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sympy

from symderive.codegen.coarse import with_coarse_named
from symderive.codegen.contraction_order import Pair, best_order
from symderive.codegen.inverses import with_inverses_named
from symderive.codegen.new_names import NewNames
from symderive.codegen.products import Term, TooLongError, gathered, has_places, terms_of
from symderive.codegen.rolled import with_sums_rolled
from symderive.codegen.scattered import with_scattered_named
from symderive.codegen.shared_parts import key_of, with_shared_parts
from symderive.codegen.signs import Signs
from symderive.codegen.spacing import with_spaced_named
from symderive.codegen.spread import without_spread
from symderive.codegen.windows import with_windows_named
from symderive.core.identity import canonical, free_indices, substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program
from symderive.notation.recover import matrix_form


def planned(program: Program, sizes: Iterable[str] = ()) -> Program:
    """The same outputs from equations that are cheap to compute.

    Args:
        program: the equations, in order.
        sizes: names that new arrays must not have.
    """
    names = NewNames((program,), sizes)
    spaced = with_spaced_named(program, names)
    rolled = with_sums_rolled(with_coarse_named(with_scattered_named(spaced, names), names))
    short = without_spread(with_windows_named(rolled, names))
    plan = _Plan(names)
    for made in short.definitions:
        plan.add(made)
    whole = Program(program.inputs, tuple(plan.definitions), program.outputs)
    return with_shared_parts(with_inverses_named(whole, names), names)


class _Plan:
    """The definitions made so far; equal ones are made once."""

    def __init__(self, names: NewNames) -> None:
        self.names = names
        self.definitions: list[Definition] = []
        self.known: dict[object, Tensor] = {}

    def add(self, made: Definition) -> None:
        """One more equation, its intermediate results before it."""
        body = made.body
        if not has_places(body):
            made = made.with_body(_with_common_factor(made.body, made.tensor.rank))
            body = self.squares(made) if has_form(made) else self.contracted(made)
        self.definitions.append(made.with_body(body))

    def named(self, body: sympy.Expr, labels: tuple[Index, ...], rule: str) -> sympy.Expr:
        """An entry of a new array that holds an expression with these labels."""
        key = key_of(body, labels)
        if key not in self.known:
            tensor = self.names.tensor(labels)
            self.known[key] = tensor
            self.definitions.append(Definition(tensor, labels, body, rule))
        return Entry(self.known[key], *labels)

    def squares(self, made: Definition) -> sympy.Expr:
        """The right-hand side with `Aᵀ diag(w) A` as `ZᵀZ` where no weight is negative."""
        if made.tensor.rank != 2:
            return made.body
        return sympy.Add(*(self.square(term, made) or term for term in sympy.Add.make_args(made.body)))

    def square(self, expr: sympy.Expr, made: Definition) -> sympy.Expr | None:
        """A term as `ZᵀZ`, where it is a weighted sum of such products."""
        factors = sympy.Mul.make_args(expr)
        sums = [one for one in factors if isinstance(one, IndexSum)]
        rest = [one for one in factors if one not in sums]
        if len(sums) != 1 or len(sums[0].indices) != 1 or any(free_indices(one) for one in rest):
            return None
        inside = sympy.Mul.make_args(sums[0].body)
        if not any(free_indices(one) == set(sums[0].indices) for one in inside):
            return None
        return self.symmetric(Term(sympy.Mul(*rest), inside, (), sums[0].indices), made.indices)

    def symmetric(self, term: Term, indices: tuple[Index, ...]) -> sympy.Expr | None:
        """`Σ_p w_p Z_pi Z_pk` as a product of one array with itself, where w has a root; None for others."""
        half = len(indices) // 2
        first, second = indices[:half], indices[half:]
        if (
            len(indices) % 2
            or len(term.summed) != 1
            or [one.dim for one in first] != [one.dim for one in second]
        ):
            return None
        row = term.summed[0]
        parts: dict[str, list[sympy.Expr]] = {"weights": [], "left": [], "right": [], "outside": []}
        for factor in term.factors:
            labels = free_indices(factor)
            kind = "outside" if row not in labels else "weights" if labels == {row} else "left"
            if kind == "left" and not labels <= {row, *first}:
                kind = "right"
                if not labels <= {row, *second}:
                    return None
            parts[kind].append(factor)
        left, right = sympy.Mul(*parts["left"]), sympy.Mul(*parts["right"])
        swap = dict(zip(first, second, strict=True))
        if left == 1 or not {row, *first} <= free_indices(left) or substitute(left, swap) != right:
            return None
        signs = Signs({one.tensor: one for one in self.definitions})
        if not signs.is_nonnegative(sympy.Mul(*parts["weights"])):
            return None
        body = self.root(parts["weights"], row) * left if parts["weights"] else left
        entry = body if isinstance(body, Entry) else self.named(body, (row, *first), "")
        return sympy.Mul(term.coefficient, *parts["outside"], IndexSum(entry * substitute(entry, swap), row))

    def root(self, weights: list[sympy.Expr], row: Index) -> sympy.Expr:
        """The root of a product that is not negative, taken of a named array: `√s`, not `√(a b)`."""
        squares = [one for one in weights if one.is_Pow and one.exp.is_Integer and one.exp % 2 == 0]
        rest = sympy.Mul(*(one for one in weights if one not in squares))
        outside = sympy.Mul(*(one.base ** (one.exp / 2) for one in squares))
        if not free_indices(rest):
            return outside * sympy.sqrt(rest)
        entry = rest if isinstance(rest, Entry) else self.named(rest, (row,), "")
        return outside * sympy.sqrt(entry)

    def contracted(self, made: Definition) -> sympy.Expr:
        """The right-hand side with its products multiplied two by two, deltas in front."""
        try:
            terms = gathered(terms_of(made.body, made.indices))
        except TooLongError:
            return made.body
        if not all(_is_plain(delta) for term in terms for delta in term.deltas):
            return made.body
        groups: dict[tuple[Delta, ...], list[sympy.Expr]] = {}
        for term in terms:
            there = _on_diagonal(term, made.indices)
            if sympy.S.Zero in there.factors:  # such as tanh(zᵢ − zⱼ) where i = j
                continue
            key = tuple(sorted(term.deltas, key=str))
            groups.setdefault(key, []).append(self.term(there, made))
        return sympy.Add(
            *(
                sympy.Mul(*deltas, self.block(_joined(parts), deltas, made))
                for deltas, parts in groups.items()
            )
        )

    def block(self, body: sympy.Expr, deltas: tuple[Delta, ...], made: Definition) -> sympy.Expr:
        """What stands on a diagonal; a long sum by name, so that it is added up where it is small."""
        number, total = body.as_coeff_Mul()
        scale = sympy.Mul(*(one for one in sympy.Mul.make_args(total) if not free_indices(one)))
        total = total / scale
        labels = tuple(index for index in made.indices if index in free_indices(total))
        if not deltas or not isinstance(total, sympy.Add) or len(labels) < 3:
            return body
        return number * scale * self.named(total, labels, made.rule)

    def term(self, term: Term, made: Definition) -> sympy.Expr:
        """One product, contracted two by two."""
        order = (*term.summed, *made.indices)
        square = self.symmetric(term, made.indices)
        if square is not None:
            return square
        if len(_groups(term.factors)) < 3:
            return term.coefficient * term.body
        groups = _groups(term.factors)
        scalars = [one for labels, one in groups if not labels]
        groups = [(labels, one) for labels, one in groups if labels]
        groups = [_summed_alone(group, groups, term.summed) for group in groups]
        tree = best_order([labels for labels, _ in groups], frozenset(term.summed))
        parts = [one for _, one in groups]
        return sympy.Mul(term.coefficient, *scalars, self.node(tree, parts, order, made, True))

    def node(
        self, tree: int | Pair, parts: list[sympy.Expr], order: tuple[Index, ...], made: Definition, top: bool
    ) -> sympy.Expr:
        """One pairwise product; it gets a name where it has three axes or more."""
        if isinstance(tree, int):
            return parts[tree]
        left, right = (self.node(part, parts, order, made, False) for part in (tree.left, tree.right))
        product = left * right
        if tree.summed:
            product = IndexSum(product, *(label for label in order if label in tree.summed))
        labels = tuple(label for label in order if label in tree.labels)
        return product if top or len(labels) < 3 else self.named(product, labels, made.rule)


def has_form(made: Definition) -> bool:
    """Whether the code of an equation is written from its matrix notation."""
    form = matrix_form(made)
    return form is not None and form.rank == made.tensor.rank


def _is_plain(delta: Delta) -> bool:
    """Whether a delta marks a diagonal, or a position that surely exists."""
    first, second = delta.args
    if isinstance(first, Index) and isinstance(second, Index):
        return bool(first.dim == second.dim)
    index, place = (first, second) if isinstance(first, Index) else (second, first)
    fixed = isinstance(index, Index) and place.is_Integer and index.dim.is_Integer
    return bool(fixed and 0 <= place < index.dim)


def _on_diagonal(term: Term, indices: tuple[Index, ...]) -> Term:
    """The term with the later index of every delta replaced by the earlier one."""
    mapping: dict[Index, sympy.Expr] = {}
    for delta in term.deltas:
        first, second = delta.args
        if not (isinstance(first, Index) and isinstance(second, Index)):
            index, place = (first, second) if isinstance(first, Index) else (second, first)
            mapping[index] = place
            continue
        one, other = sorted((first, second), key=indices.index)
        mapping[other] = mapping.get(one, one)
    for _ in mapping:
        mapping = {
            old: mapping.get(new, new) if isinstance(new, Index) else new for old, new in mapping.items()
        }
    return replace(term, factors=tuple(substitute(one, mapping) for one in term.factors))


def _joined(parts: list[sympy.Expr]) -> sympy.Expr:
    """The sum of contracted products; two that have a factor in common are one: `AᵀZ − BᵀZ = (A − B)ᵀZ`."""
    terms = []
    for part in parts:
        factors = [canonical(one) for one in sympy.Mul.make_args(part)]
        sums = [one for one in factors if isinstance(one, IndexSum)]
        rest = [one for one in factors if one not in sums]
        numbers = sympy.Mul(*(one for one in rest if not free_indices(one) and not one.has(Entry)))
        arrays = [one for one in rest if free_indices(one) or one.has(Entry)]
        if len(sums) == 1 and not arrays:
            terms.append(Term(numbers, sympy.Mul.make_args(sums[0].body), (), sums[0].indices))
        else:
            terms.append(Term(numbers, (*arrays, *sums)))
    joint = gathered(terms)
    scale = joint[0].coefficient if joint else sympy.S.One
    scale = scale / scale.as_coeff_Mul()[0]
    if len(joint) > 1 and all((term.coefficient / scale).is_number for term in joint):
        return sympy.Mul(scale, sympy.Add(*(term.coefficient / scale * term.body for term in joint)))
    return sympy.Add(*(term.coefficient * term.body for term in joint))


def _with_common_factor(expr: sympy.Expr, labels: int) -> sympy.Expr:
    """`P_ij (D_ij − s_i)` for `P_ij D_ij − P_ij s_i`: a factor with all axes is multiplied once."""
    if not isinstance(expr, sympy.Add) or labels < 2 or len(free_indices(expr)) != labels:
        return expr
    first, *others = (sympy.Mul.make_args(term) for term in expr.args)
    for factor in first:
        whole = isinstance(factor, Entry) and free_indices(factor) == free_indices(expr)
        if whole and all(factor in term for term in others):
            return sympy.Mul(factor, sympy.Add(*(term / factor for term in expr.args)))
    return expr


def _groups(factors: Iterable[sympy.Expr]) -> list[tuple[frozenset[Index], sympy.Expr]]:
    """The factors by the set of their labels."""
    found: dict[frozenset[Index], sympy.Expr] = {}
    for factor in factors:
        labels = free_indices(factor)
        found[labels] = found.get(labels, sympy.S.One) * factor
    return list(found.items())


def _summed_alone(
    group: tuple[frozenset[Index], sympy.Expr],
    groups: list[tuple[frozenset[Index], sympy.Expr]],
    summed: tuple[Index, ...],
) -> tuple[frozenset[Index], sympy.Expr]:
    """A factor summed over the indices that no other factor has."""
    labels, factor = group
    others = frozenset[Index]().union(*(one for one, _ in groups if one != labels))
    alone = tuple(index for index in summed if index in labels and index not in others)
    return (labels.difference(alone), IndexSum(factor, *alone)) if alone else group
