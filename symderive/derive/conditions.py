"""Where a formula holds: domains of logarithms, roots and quotients, kinks, facts used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.calculus.branches import holds_together
from symderive.calculus.condense import condense
from symderive.calculus.rules import chosen_factor
from symderive.core.identity import free_indices, substitute, tensors_of
from symderive.core.matrix_nodes import CHOLESKY, CholeskyEntry, Det, InverseEntry, MatrixNode
from symderive.core.nodes import (
    Binder,
    Delta,
    Entry,
    Fold,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Tensor,
    TensorNode,
)
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.core.singular_nodes import SingularNumber
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
from symderive.derive.naming import is_unnamed
from symderive.derive.singular_conditions import FULL_RANK, singular_demands
from symderive.derive.size_conditions import inequality, slacks
from symderive.errors import InternalError
from symderive.functions import by_head
from symderive.functions.choice import where
from symderive.functions.comparisons import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    not_equal,
    opposite,
)
from symderive.functions.kinked import absolute, relu, step
from symderive.functions.record import NONNEGATIVE, POSITIVE, REALS, UNIT, Elementwise, Indicator
from symderive.notation.components import component_of
from symderive.notation.dialects import LATEX, TEXT
from symderive.notation.forms import Apply, Const, Form, Leaf
from symderive.notation.index_notation import index_form
from symderive.notation.labelled import NoMatrixNotationError, laid_out
from symderive.notation.printing import latex, stated, text
from symderive.notation.recover import recover

_DOMAINS = {
    "positive": POSITIVE, "nonnegative": NONNEGATIVE, "unit": UNIT, "binary": sympy.Interval(0, 1),
    "sign": sympy.Interval(-1, 1), "count": NONNEGATIVE, "onehot": sympy.Interval(0, 1),
    "simplex": sympy.Interval(0, 1),
}  # fmt: skip
NONZERO = sympy.Union(sympy.Interval.open(-sympy.oo, 0), POSITIVE)
_SHARES = ((POSITIVE, sympy.Interval.Lopen(0, 1)), (NONNEGATIVE, sympy.Interval(0, 1)))  # by the weights
TIE = "is attained once"
_OR_EQUAL = {">": ("≥", r"\ge"), "<": ("≤", r"\le")}


@dataclass(frozen=True)
class Condition:
    """Something that must hold, or was used.

    Attributes:
        text: in words and Unicode.
        latex: mathematics and words in LaTeX.
        kind: `domain` (must hold), `kink` (a convention was used) or `fact` (a declared domain was used).
        slack: of a condition on sizes, the expression that must be at least 0.
    """

    text: str
    latex: str
    kind: str
    slack: sympy.Expr | None = None

    def __str__(self) -> str:
        return self.text


def conditions_of(program: Program, wrt: Iterable[Tensor]) -> tuple[Condition, ...]:
    """The conditions under which a program and its derivative in `wrt` mean something.

    Conditions that follow from the declared domains are left out.
    """
    ranges = Ranges(program)
    found: dict[str, Condition] = {}
    active: set[Tensor] = set(wrt)
    powers = _least_powers(program)
    for made in program.definitions:
        moving = bool(tensors_of(made.body) & active)
        if moving:
            active.add(made.tensor)
        for demand in _demands(made.body, active, powers.get(made.tensor, sympy.S.One)):
            if demand.kind == "domain" and (
                range_of(demand.argument, ranges).is_subset(demand.domain) or _is_implied(demand)
            ):
                continue
            one = _condition(program, made, demand)
            found.setdefault(one.text, one)
        for tensor in _inverted(made.body, moving):
            if not _is_regular(program, tensor):
                one = _regular(program, made, tensor, "is invertible")
                found.setdefault(one.text, one)
        for tensor, word in singular_demands(made.body) if moving else ():
            if not (word == FULL_RANK and _is_regular(program, tensor)):
                one = _regular(program, made, tensor, word)
                found.setdefault(one.text, one)
        for tensor in _factored(made.body):
            if not _is_positive_definite(program, tensor):
                one = _regular(program, made, tensor, "is symmetric positive definite")
                found.setdefault(one.text, one)
    for slack in slacks(program):
        plain, written = inequality(slack)
        found.setdefault(plain, Condition(plain, written, "domain", slack))
    return tuple(found.values())


OUTSIDE = Condition(
    "entries outside an array are 0", r"\text{entries outside an array are 0}", "fact"
)  # fmt: skip


def _inverted(body: sympy.Expr, moving: bool) -> Iterator[Tensor]:
    """The matrices that must have an inverse; of a determinant only where a derivative passes through."""
    for part in sympy.preorder_traversal(body):
        plain = isinstance(part, MatrixNode) and not isinstance(part, CHOLESKY) and part.is_algebraic
        if plain and (moving or not isinstance(part, Det)):
            yield part.tensor


def _factored(body: sympy.Expr) -> Iterator[Tensor]:
    """The matrices of which a Cholesky factor is taken."""
    for part in sympy.preorder_traversal(body):
        if isinstance(part, CHOLESKY):
            yield part.tensor


def factor_facts(written: Program, used: Program) -> tuple[Condition, ...]:
    """How Cholesky factors of inputs were differentiated, or that a law has removed them.

    Args:
        written: the program as a person wrote it.
        used: the program that was differentiated.
    """
    kept = {tensor for made in used.definitions for tensor in _factored(made.body)}
    found: dict[Tensor, Condition] = {}
    for made in written.definitions:
        for tensor in _factored(made.body):
            if tensor in written.inputs:
                found[tensor] = _symmetric_part(tensor) if tensor in kept else _factor_removed(tensor)
    return tuple(found.values())


def _symmetric_part(tensor: Tensor) -> Condition:
    plain, written = text(Leaf(tensor)), latex(Leaf(tensor))
    return Condition(
        f"{plain} is symmetric: derivatives are those of chol(½({plain} + {plain}ᵀ))",
        rf"{written} \text{{ is symmetric: derivatives are those of }}"
        rf"\operatorname{{chol}}\left(\tfrac{{1}}{{2}}({written} + {written}^{{\top}})\right)",
        "fact",
    )


def _factor_removed(tensor: Tensor) -> Condition:
    plain, written = text(Leaf(tensor)), latex(Leaf(tensor))
    return Condition(
        f"{plain} = L Lᵀ for L = chol({plain})",
        rf"{written} = L L^{{\top}} \text{{ for }} L = \operatorname{{chol}}({written})",
        "fact",
    )


def _is_positive_definite(program: Program, tensor: Tensor) -> bool:
    made = program.definition(tensor)
    return tensor.domain == "spd" or (made is not None and _is_definite(program, made.body))


def _is_regular(program: Program, tensor: Tensor) -> bool:
    """Whether a matrix has an inverse by declaration, or because it is one."""
    made = program.definition(tensor)
    body = None if made is None else made.body
    return (
        tensor.domain in ("spd", "invertible")
        or isinstance(body, (InverseEntry, CholeskyEntry))
        or _is_definite(program, body)
    )


def _is_definite(program: Program, body: sympy.Expr | None) -> bool:
    """Whether a right-hand side is a sum of positive definite matrices."""
    if isinstance(body, sympy.Add):
        return all(_is_definite(program, term) for term in body.args)
    if isinstance(body, sympy.Mul):
        matrices = [factor for factor in body.args if free_indices(factor)]
        rest = sympy.Mul(*(factor for factor in body.args if not free_indices(factor)))
        return len(matrices) == 1 and rest.is_positive is True and _is_definite(program, matrices[0])
    if not isinstance(body, (Entry, InverseEntry)) or len(set(body.axes)) != 2:
        return False
    made = program.definition(body.tensor)
    definite = body.tensor.domain == "spd" or (made is not None and _is_definite(program, made.body))
    return definite and all(isinstance(axis, Index) for axis in body.axes)


def _regular(program: Program, made: Definition, tensor: Tensor, word: str) -> Condition:
    if tensor.rank > 2:
        plain, written = (
            ("each matrix", r"\text{each matrix}")
            if is_unnamed(tensor.name)
            else (f"each matrix of {text(Leaf(tensor))}", rf"\text{{each matrix of }} {latex(Leaf(tensor))}")
        )
        return Condition(f"{plain} {word}", rf"{written} \text{{ {word}}}", "domain")
    indices = (Index("i", tensor.shape[0]), Index("j", tensor.shape[1]))
    body = _inlined(program, made, indices, tensor[indices])
    try:
        form = laid_out(recover(body), indices)
    except NoMatrixNotationError:
        form = Leaf(tensor)
    return Condition(f"{text(form)} {word}", rf"{latex(form)} \text{{ {word}}}", "domain")


@dataclass(frozen=True)
class _Demand:
    """An argument, the set that it must lie in, and the conditions under which it is used at all."""

    argument: sympy.Expr
    domain: sympy.Set
    kind: str
    word: str
    guards: tuple[sympy.Expr, ...] = ()


def _demands(body: sympy.Expr, active: set[Tensor], exponent: sympy.Expr) -> Iterator[_Demand]:
    """What a right-hand side demands; stricter where a derivative passes through.

    Args:
        body: the right-hand side.
        active: the tensors that depend on the variables.
        exponent: the least power that the value is raised to wherever it is used.
    """
    for part, guards in _with_guards(body, ()):
        moving = bool(tensors_of(part) & active)
        if isinstance(part, sympy.Pow) and part.has(TensorNode):
            power = exponent if part is body else sympy.S.One
            for argument, domain in _power_demands(part, moving, power):
                yield _Demand(argument, domain, "domain", "power", guards)
        if isinstance(part, Fold) and moving and not _is_truth(part.body):
            yield _fold_demand(part, guards)
        if isinstance(part, IndexLogSum) and part.weight != 1:
            yield _Demand(IndexSum(part.body, *part.indices), POSITIVE, "domain", "logarithm", guards)
        entry = by_head().get(type(part))
        if entry is None:
            continue
        for argument, domain in _argument_domains(part, entry, moving):
            yield _Demand(argument, domain, "domain", entry.name, guards)
        border = equal(entry.border(*part.args), sympy.S.Zero) if entry.kinks else None
        smooth = exponent > 1 and part is body and isinstance(part, (relu, absolute))  # they are 0 there
        if border is not None and tensors_of(border) & active and not smooth:
            sides = part.args if entry.arity == 2 else (part.args[0], sympy.S.Zero)
            yield _Demand(equal(*sides), REALS, "kink", entry.law, guards)


def _argument_domains(
    part: sympy.Function, entry: Elementwise, moving: bool
) -> Iterator[tuple[sympy.Expr, sympy.Set]]:
    """The arguments of a function that must lie in a set: where it has a value, or a slope."""
    last = entry.slopes if moving and entry.slopes is not None else entry.domain
    domains = entry.domains or (*(REALS,) * (entry.arity - 1), last)
    yield from ((arg, one) for arg, one in zip(part.args, domains, strict=True) if one != REALS)
    if entry.joint is not None:
        yield entry.joint(*part.args)


def _is_truth(body: sympy.Expr) -> bool:
    return isinstance(body, Indicator) or (isinstance(body, Entry) and body.tensor.domain == "binary")


def _fold_demand(part: Fold, guards: tuple[sympy.Expr, ...]) -> _Demand:
    """A product is divided by its factors; a maximum has a derivative where it is attained once."""
    if isinstance(part, IndexProduct):
        return _Demand(chosen_factor(part.body)[1], NONZERO, "domain", "product", guards)
    return _Demand(part, REALS, "tie", TIE, guards)


def has_open_domain(body: sympy.Expr, ranges: Ranges) -> bool:
    """Whether a right-hand side, with its derivative, asks for something that the ranges do not give."""
    active = set(tensors_of(body))
    return any(
        demand.kind == "domain" and not range_of(demand.argument, ranges).is_subset(demand.domain)
        for demand in _demands(body, active, sympy.S.One)
    )


def _with_guards(
    expr: sympy.Basic, guards: tuple[sympy.Expr, ...]
) -> Iterator[tuple[sympy.Basic, tuple[sympy.Expr, ...]]]:
    """Everything inside an expression, each with the conditions of the branches that it stands in."""
    yield expr, guards
    if isinstance(expr, where):
        condition, first, second = expr.args
        yield from _with_guards(condition, guards)
        yield from _with_guards(first, (*guards, condition))
        yield from _with_guards(second, (*guards, opposite(condition)))
        return
    for arg in expr.args:
        yield from _with_guards(arg, guards)


def _power_demands(
    part: sympy.Pow, moving: bool, outer: sympy.Expr
) -> Iterator[tuple[sympy.Expr, sympy.Set]]:
    base, exponent = part.args
    if exponent.is_integer:
        if exponent.is_negative or (not exponent.is_nonnegative and base.has(TensorNode)):
            yield base, NONZERO
    elif base.is_positive is not True:
        joined = exponent * outer if outer.is_integer else exponent
        smooth = exponent.is_number and exponent > 0 and (exponent > 1 or joined >= 1)
        loose = exponent.is_number and exponent > 0 and (not moving or smooth)
        yield base, NONNEGATIVE if loose else POSITIVE


def _is_implied(demand: _Demand) -> bool:
    """Whether the conditions of the branch say what is demanded: `y > 0` does for `log(y)`."""
    for guard in demand.guards:
        for one in holds_together(guard):
            left, right, allowed = _as_difference(one)
            if allowed is None:
                continue
            for sign in (1, -1):
                offset = demand.argument - sign * (left - right)
                if offset.is_number and _shifted(allowed, sign, offset).is_subset(demand.domain):
                    return True
    return False


def _as_difference(one: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr, sympy.Set | None]:
    """The two sides of a comparison, and the set that their difference lies in where it holds."""
    if isinstance(one, step):
        return one.args[0], sympy.S.Zero, POSITIVE
    allowed = _ALLOWED.get(type(one))
    left, right = one.args if allowed is not None else (sympy.S.Zero, sympy.S.Zero)
    return left, right, allowed


def _shifted(allowed: sympy.Set, sign: int, offset: sympy.Expr) -> sympy.Set:
    if allowed == NONZERO:
        return NONZERO if offset == 0 else REALS
    low, low_open, high, high_open = _ends(allowed)
    if sign < 0:
        low, low_open, high, high_open = -high, high_open, -low, low_open
    return sympy.Interval(low + offset, high + offset, low_open, high_open)


def _least_powers(program: Program) -> dict[Tensor, sympy.Expr]:
    """For unnamed results that are only ever raised to powers: the least exponent.

    A root that is only squared may be 0, and a kink that is only squared is none.
    """
    least: dict[Tensor, sympy.Expr] = {}
    for made in program.definitions:
        for part, is_base in _uses(made.body, None):
            found = is_base if is_base is not None else sympy.S.One
            least[part] = min(least.get(part, found), found)
    kept = {made.tensor for made in program.definitions if made.pinned} | set(program.outputs)
    return {tensor: power for tensor, power in least.items() if power > 1 and tensor not in kept}


def _uses(expr: sympy.Basic, power: sympy.Expr | None) -> Iterator[tuple[Tensor, sympy.Expr | None]]:
    if isinstance(expr, TensorNode):
        yield expr.tensor, power if isinstance(expr, Entry) else None
        return
    if isinstance(expr, sympy.Pow) and expr.exp.is_number and expr.exp.is_real:
        yield from _uses(expr.base, expr.exp)
        return
    for arg in expr.args:
        yield from _uses(arg, None)


_ALLOWED: dict[Any, sympy.Set] = {
    greater: POSITIVE, greater_equal: NONNEGATIVE, less: sympy.Interval.open(-sympy.oo, 0),
    less_equal: sympy.Interval(-sympy.oo, 0), equal: sympy.FiniteSet(0), not_equal: NONZERO,
}  # fmt: skip


class Ranges:
    """The sets that the tensors of a program lie in, worked out when asked for."""

    deepest = 40

    def __init__(self, program: Program) -> None:
        self._program, self._known, self._depth = program, dict[Tensor, sympy.Set](), 0

    def is_factor(self, tensor: Tensor) -> bool:
        """Whether `tensor` is a Cholesky factor, whose diagonal is positive."""
        made = self._program.definition(tensor)
        return made is not None and isinstance(made.body, CholeskyEntry)

    def of(self, tensor: Tensor) -> sympy.Set:
        """A set that contains every entry of `tensor`; all reals beyond a fixed depth of definitions."""
        if tensor not in self._known:
            made = self._program.definition(tensor)
            if made is None:
                self._known[tensor] = _DOMAINS.get(tensor.domain, REALS)
            elif self._depth >= self.deepest:
                return REALS
            else:
                self._depth += 1
                self._known[tensor] = range_of(made.body, self)
                self._depth -= 1
        return self._known[tensor]


def range_of(expr: sympy.Expr, ranges: Ranges) -> sympy.Set:
    """A set that contains all values of an expression; all reals where nothing is known."""
    if isinstance(expr, Entry):
        diagonal = expr.tensor.rank == 2 and expr.axes[0] == expr.axes[1]
        return POSITIVE if diagonal and ranges.is_factor(expr.tensor) else ranges.of(expr.tensor)
    if isinstance(expr, CHOLESKY):
        return POSITIVE if expr.axes[0] == expr.axes[1] else REALS
    if isinstance(expr, SingularNumber):
        return NONNEGATIVE
    if isinstance(expr, Det):
        return {"spd": POSITIVE, "invertible": NONZERO}.get(expr.tensor.domain, REALS)
    if isinstance(expr, Index):
        return NONNEGATIVE
    if isinstance(expr, (Delta, Inside)):
        return sympy.Interval(0, 1)
    if expr.is_number:
        return sympy.FiniteSet(expr)
    if isinstance(expr, sympy.Symbol):
        return sympy.Interval(1, sympy.oo) if expr.is_positive and expr.is_integer else REALS
    if isinstance(expr, sympy.Add):
        return _added([range_of(term, ranges) for term in expr.args])
    if isinstance(expr, sympy.Mul):
        return _multiplied([range_of(factor, ranges) for factor in expr.args])
    if isinstance(expr, sympy.Pow):
        return _raised(expr, ranges)
    if isinstance(expr, (IndexMax, IndexMin)):
        return range_of(expr.body, ranges)
    if isinstance(expr, IndexLogSum):
        return REALS
    if isinstance(expr, SoftmaxEntry):
        weights = range_of(expr.total.weight, ranges)
        return next((found for sign, found in _SHARES if weights.is_subset(sign)), REALS)
    if isinstance(expr, Binder):
        inner = range_of(expr.body, ranges)
        return next((sign for sign in (POSITIVE, NONNEGATIVE) if inner.is_subset(sign)), REALS)
    if isinstance(expr, where):
        condition, first, second = expr.args
        parts = [_range_where(first, condition, ranges), _range_where(second, opposite(condition), ranges)]
        return next((one for one in (POSITIVE, NONNEGATIVE) if all(p.is_subset(one) for p in parts)), REALS)
    entry = by_head().get(type(expr))
    return REALS if entry is None else entry.values


def _range_where(branch: sympy.Expr, condition: sympy.Expr, ranges: Ranges) -> sympy.Set:
    """The range of a branch, where the condition of the branch can say more: x is positive where x > 0."""
    known = range_of(branch, ranges)
    for sign in (POSITIVE, NONNEGATIVE):
        if not known.is_subset(sign) and _is_implied(_Demand(branch, sign, "domain", "", (condition,))):
            return sign
    return known


def _ends(part: sympy.Set) -> tuple[sympy.Expr, bool, sympy.Expr, bool]:
    boundary = part if isinstance(part, sympy.Interval) else None
    if boundary is None:
        return part.inf, False, part.sup, False
    return boundary.start, bool(boundary.left_open), boundary.end, bool(boundary.right_open)


def _added(parts: list[sympy.Set]) -> sympy.Set:
    low, low_open, high, high_open = sympy.S.Zero, False, sympy.S.Zero, False
    for part in parts:
        start, left, end, right = _ends(part)
        low, low_open = low + start, low_open or left
        high, high_open = high + end, high_open or right
    return sympy.Interval(low, high, low_open, high_open)


def _multiplied(parts: list[sympy.Set]) -> sympy.Set:
    numbers = [part for part in parts if isinstance(part, sympy.FiniteSet)]
    if len(parts) == 2 and len(numbers) == 1:
        (factor,) = numbers[0].args
        other = parts[0] if parts[1] is numbers[0] else parts[1]
        low, low_open, high, high_open = _ends(other)[0], _ends(other)[1], _ends(other)[2], _ends(other)[3]
        if factor < 0:
            low, low_open, high, high_open = high, high_open, low, low_open
        return sympy.Interval(factor * low, factor * high, low_open, high_open) if factor != 0 else numbers[0]
    negative = sympy.Interval.open(-sympy.oo, 0)
    nonpositive = sympy.Interval(-sympy.oo, 0)
    flips, strict = 0, True
    for part in parts:
        if part.is_subset(POSITIVE):
            continue
        if part.is_subset(negative):
            flips += 1
        elif part.is_subset(NONNEGATIVE):
            strict = False
        elif part.is_subset(nonpositive):
            flips, strict = flips + 1, False
        else:
            return REALS
    if strict:
        return negative if flips % 2 else POSITIVE
    return nonpositive if flips % 2 else NONNEGATIVE


def _raised(expr: sympy.Pow, ranges: Ranges) -> sympy.Set:
    base, exponent = expr.args
    inner = range_of(base, ranges)
    if inner.is_subset(POSITIVE):
        return POSITIVE
    if exponent.is_even or inner.is_subset(NONNEGATIVE):
        return NONNEGATIVE
    return REALS


def _condition(program: Program, made: Definition, demand: _Demand) -> Condition:
    guard = sympy.Mul(*demand.guards)
    whole = demand.argument if guard == 1 else where(guard, demand.argument, sympy.S.Zero)
    body, domain = _readable(_in_letters(program, made, whole), demand.domain)
    form = _form_of(body)
    only, only_latex = "", ""
    if isinstance(form, Apply) and form.head is where:
        held, form = form.args[:2]
        only, only_latex = f" wherever {stated(held, TEXT)}", rf"\text{{ wherever }} {stated(held, LATEX)}"
    indices = [letter for letter, _ in zip("ijkl", free_indices(whole), strict=False)]
    every = f"{only} for all {', '.join(indices)}" if indices else only
    latex_every = rf"{only_latex}\text{{ for all }} {', '.join(indices)}" if indices else only_latex
    if demand.kind == "kink":
        if isinstance(form, Const):  # what stands under the function cancels
            where_it_is = r"\text{everywhere at a kink}"
            return Condition(f"everywhere at a kink: {demand.word}", where_it_is, "kink")
        if not (isinstance(form, Apply) and form.head is equal):
            raise InternalError(f"a kink at {whole} has no wording.")
        left, right = form.args
        return Condition(
            f"at {text(left)} = {text(right)}{only}: {demand.word}",
            rf"{latex(left)} \neq {latex(right)}{latex_every}",
            "kink",
        )
    if demand.kind == "tie":
        return Condition(
            f"{text(form)} {demand.word}{every}",
            rf"{latex(form)} \text{{ {demand.word}}}{latex_every}",
            "domain",
        )
    plain, written = _membership(text(form), latex(form), domain)
    return Condition(f"{plain}{every}", f"{written}{latex_every}", demand.kind)


def _readable(argument: sympy.Expr, domain: sympy.Set) -> tuple[sympy.Expr, sympy.Set]:
    """`x² > 0` as `x ≠ 0`."""
    if domain in (POSITIVE, NONZERO) and isinstance(argument, sympy.Pow) and argument.exp.is_even:
        return (argument.base, NONZERO) if argument.exp.is_positive else (argument, domain)
    return argument, domain


def _membership(plain: str, written: str, domain: sympy.Set) -> tuple[str, str]:
    """`x lies in the domain` in text and LaTeX: an interval as inequalities, all but one number as ≠."""
    if domain == NONZERO:
        return f"{plain} ≠ 0", rf"{written} \neq 0"
    if not isinstance(domain, sympy.Interval):
        raise InternalError(f"a condition with the domain {domain} has no wording.")
    low, low_open, high, high_open = _ends(domain)
    if low == -sympy.oo or high == sympy.oo:
        end, is_open, sign = (low, low_open, ">") if high == sympy.oo else (high, high_open, "<")
        plain_sign, written_sign = (sign, sign) if is_open else _OR_EQUAL[sign]
        return f"{plain} {plain_sign} {end}", f"{written} {written_sign} {sympy.latex(end)}"
    (first, first_written), (second, second_written) = (
        ("<", "<") if is_open else _OR_EQUAL["<"] for is_open in (low_open, high_open)
    )
    return (
        f"{low} {first} {plain} {second} {high}".replace("-", "−"),
        f"{sympy.latex(low)} {first_written} {written} {second_written} {sympy.latex(high)}",
    )


def _in_letters(program: Program, made: Definition, argument: sympy.Expr) -> sympy.Expr:
    """The argument in terms of inputs and named results, at indices `i, j, k, l`."""
    loose = tuple(sorted(free_indices(argument), key=lambda index: index.name))
    indices = tuple(Index(letter, index.dim) for letter, index in zip("ijkl", loose, strict=False))
    argument = substitute(argument, dict(zip(loose, indices, strict=True)))
    return _inlined(program, made, indices, argument)


def _form_of(body: sympy.Expr) -> Form:
    """An expression with its indices as subscripts."""
    try:
        labelled = recover(body)
        return component_of(labelled.form, labelled.labels)
    except NoMatrixNotationError:
        return index_form(body)


def _inlined(
    program: Program, made: Definition, indices: tuple[Index, ...], argument: sympy.Expr
) -> sympy.Expr:
    """An expression over what stands before `made`, in terms of inputs and named results."""
    probe = Tensor("_probe", tuple(index.dim for index in indices))
    place = program.definitions.index(made)
    definitions = (*program.definitions[:place], Definition(probe, indices, argument))
    needed = Program(program.inputs, definitions, (probe,)).needed((probe,))
    return (
        condense(needed, lambda d, n, c: n == 1 or is_unnamed(d.tensor.name), shown=True).definitions[-1].body
    )
