"""The forms of a formula, and constructors that keep them as a person would write them.

A form is a small tree of immutable nodes with a rank: 0 for a scalar, 1 for a vector, 2 for a matrix.
It says how a formula is written; what it means is given by `symderive.codegen`, which turns the same tree
into NumPy code, so the code
that is checked against differences is the formula that is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Index, Tensor


@dataclass(frozen=True)
class Form:
    """Abstract: a node of a formula."""

    @property
    def rank(self) -> int:
        """The number of axes: 0, 1 or 2."""
        return 0

    @property
    def parts(self) -> tuple[Form, ...]:
        """The forms directly inside this one."""
        return ()


@dataclass(frozen=True)
class Const(Form):
    """A number, or an expression in sizes."""

    value: sympy.Expr


@dataclass(frozen=True)
class Leaf(Form):
    """A named array."""

    tensor: Tensor

    @property
    def rank(self) -> int:
        """The rank of the array."""
        return int(self.tensor.rank)


@dataclass(frozen=True)
class Component(Form):
    """An entry of a form at given positions: `W_ij`, `(Xw)_i`."""

    of: Form
    axes: tuple[sympy.Expr, ...]

    @property
    def parts(self) -> tuple[Form, ...]:
        """The form whose entry it is."""
        return (self.of,)


@dataclass(frozen=True)
class Slice(Form):
    """A row, column or other part of an array with some positions fixed: None marks a whole axis."""

    tensor: Tensor
    axes: tuple[sympy.Expr | None, ...]

    @property
    def rank(self) -> int:
        """The number of whole axes."""
        return sum(axis is None for axis in self.axes)


@dataclass(frozen=True)
class Ones(Form):
    """The vector of ones."""

    size: Size

    @property
    def rank(self) -> int:
        """1."""
        return 1


@dataclass(frozen=True)
class Eye(Form):
    """The identity matrix."""

    size: Size

    @property
    def rank(self) -> int:
        """2."""
        return 2


@dataclass(frozen=True)
class Kronecker(Form):
    """`δ_ij` in index notation."""

    left: sympy.Expr
    right: sympy.Expr


@dataclass(frozen=True)
class Plus(Form):
    """A sum of forms of one rank; scalars among them stand for themselves times ones."""

    terms: tuple[Form, ...]

    @property
    def rank(self) -> int:
        """The rank of the terms."""
        return max(term.rank for term in self.terms)

    @property
    def parts(self) -> tuple[Form, ...]:
        """The terms."""
        return self.terms


@dataclass(frozen=True)
class Times(Form):
    """A coefficient, scalar factors, and elementwise factors of one rank."""

    coefficient: sympy.Expr
    scalars: tuple[Form, ...]
    arrays: tuple[Form, ...]

    @property
    def rank(self) -> int:
        """The rank of the array factors."""
        return max((factor.rank for factor in self.arrays), default=0)

    @property
    def parts(self) -> tuple[Form, ...]:
        """The factors."""
        return self.scalars + self.arrays


@dataclass(frozen=True)
class Power(Form):
    """An elementwise power; at most one of base and exponent is an array, or both have one rank."""

    base: Form
    exponent: Form

    @property
    def rank(self) -> int:
        """The rank of base or exponent."""
        return max(self.base.rank, self.exponent.rank)

    @property
    def parts(self) -> tuple[Form, ...]:
        """Base and exponent."""
        return (self.base, self.exponent)


@dataclass(frozen=True)
class Apply(Form):
    """An elementwise function."""

    head: Any
    args: tuple[Form, ...]

    @property
    def rank(self) -> int:
        """The rank of the arguments."""
        return max(arg.rank for arg in self.args)

    @property
    def parts(self) -> tuple[Form, ...]:
        """The arguments."""
        return self.args


@dataclass(frozen=True)
class Chain(Form):
    """A matrix product; a vector in front is a row, a vector at the end a column."""

    factors: tuple[Form, ...]

    @property
    def rank(self) -> int:
        """2, 1 or 0 for no, one or two vectors at the ends."""
        return (self.factors[0].rank == 2) + (self.factors[-1].rank == 2)

    @property
    def parts(self) -> tuple[Form, ...]:
        """The factors."""
        return self.factors


@dataclass(frozen=True)
class Unary(Form):
    """Abstract: one form inside."""

    inner: Form

    @property
    def parts(self) -> tuple[Form, ...]:
        """The form inside."""
        return (self.inner,)


@dataclass(frozen=True)
class Transposed(Unary):
    """`Aᵀ`."""

    @property
    def rank(self) -> int:
        """2."""
        return 2


@dataclass(frozen=True)
class Inverse(Unary):
    """`A⁻¹`."""

    @property
    def rank(self) -> int:
        """2."""
        return 2


@dataclass(frozen=True)
class Determinant(Unary):
    """`det A`."""


@dataclass(frozen=True)
class LogDeterminant(Unary):
    """`log |det A|`; `log det A` where the determinant is positive by declaration."""

    @property
    def is_positive(self) -> bool:
        """Whether the matrix is declared positive definite."""
        return isinstance(self.inner, Leaf) and self.inner.tensor.domain == "spd"


@dataclass(frozen=True)
class Diag(Unary):
    """The diagonal matrix of a vector."""

    @property
    def rank(self) -> int:
        """2."""
        return 2


@dataclass(frozen=True)
class DiagPart(Unary):
    """The diagonal of a square matrix."""

    @property
    def rank(self) -> int:
        """1."""
        return 1


@dataclass(frozen=True)
class Trace(Unary):
    """The trace of a square matrix."""


@dataclass(frozen=True)
class NormSquared(Unary):
    """The sum of squares of all entries."""


@dataclass(frozen=True)
class Total(Unary):
    """The sum of all entries of a vector or matrix."""


@dataclass(frozen=True)
class Outer(Form):
    """`u vᵀ`."""

    left: Form
    right: Form

    @property
    def rank(self) -> int:
        """2."""
        return 2

    @property
    def parts(self) -> tuple[Form, ...]:
        """Both vectors."""
        return (self.left, self.right)


@dataclass(frozen=True)
class BigSum(Form):
    """`Σ_{p, q}` of a scalar in index notation."""

    indices: tuple[Index, ...]
    inner: Form

    @property
    def parts(self) -> tuple[Form, ...]:
        """The summand."""
        return (self.inner,)


_LARGEST = 1000
ONE = sympy.S.One
MINUS_ONE = sympy.S.NegativeOne


def times(coefficient: sympy.Expr, *factors: Form) -> Form:
    """The elementwise product; coefficients are collected in front and equal factors become powers."""
    scalars: list[Form] = []
    arrays: list[Form] = []
    stack = list(reversed(factors))
    while stack:
        factor = stack.pop()
        if isinstance(factor, Const):
            coefficient = coefficient * factor.value
        elif isinstance(factor, Times):
            coefficient = coefficient * factor.coefficient
            stack.extend(reversed(factor.scalars + factor.arrays))
        elif isinstance(factor, Ones):
            arrays.append(factor)
        else:
            (arrays if factor.rank else scalars).append(factor)
    if len(arrays) > 1:
        arrays = [factor for factor in arrays if not isinstance(factor, Ones)] or arrays[:1]
    if coefficient == 0:
        return Const(sympy.S.Zero)
    if coefficient == 1 and len(scalars) + len(arrays) == 1:
        return (scalars + arrays)[0]
    if not scalars and not arrays:
        return Const(coefficient)
    return Times(coefficient, tuple(scalars), tuple(arrays))


def split(form: Form) -> tuple[sympy.Expr, tuple[Form, ...], Form | None]:
    """Coefficient, scalar factors and the rest of a form."""
    if isinstance(form, Const):
        return form.value, (), None
    if isinstance(form, Times):
        if not form.arrays:
            return form.coefficient, form.scalars, None
        rest = form.arrays[0] if len(form.arrays) == 1 else Times(ONE, (), form.arrays)
        return form.coefficient, form.scalars, rest
    return (ONE, (form,), None) if not form.rank else (ONE, (), form)


def plus(*terms: Form) -> Form:
    """The sum, with a common numeric factor or sign taken out where every term has it."""
    flat: list[Form] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Plus) else (term,))
    flat = _like_terms_joined(_constants_joined(flat))
    if not flat:
        return Const(sympy.S.Zero)
    if len(flat) == 1:
        return flat[0]
    flat = _diagonals_together(flat)
    if len(flat) == 1:
        return flat[0]
    common = _content([split(term)[0] for term in flat], any(_is_over_scalars(term) for term in flat))
    if common == 1:
        return Plus(_ordered(flat))
    return times(common, Plus(_ordered([times(1 / common, term) for term in flat])))


def _constants_joined(terms: list[Form]) -> list[Form]:
    """All constants as one, in the place of the first; logarithms of numbers as one logarithm."""
    values = [term.value for term in terms if isinstance(term, Const)]
    total = sympy.Add(*values)
    logs = [part for part in total.atoms(sympy.log) if part.is_number]
    if len(logs) > 1:
        total = sympy.factor_terms(total).replace(
            _sum_of_logs, lambda one: sympy.log(sympy.Mul(*(t.args[0] for t in one.args)))
        )
    joined: list[Form] = []
    for term in terms:
        if not isinstance(term, Const):
            joined.append(term)
        elif values:
            values = []
            if total != 0:
                joined.append(Const(total))
    return joined


def _like_terms_joined(terms: list[Form]) -> list[Form]:
    """`u + u = 2u`: terms that differ only in their coefficients as one."""
    found: dict[tuple[tuple[Form, ...], Form | None], sympy.Expr] = {}
    for term in terms:
        coefficient, scalars, rest = split(term)
        key = scalars, rest
        found[key] = found.get(key, sympy.S.Zero) + coefficient
    if len(found) == len(terms):
        return terms
    kept = [
        times(coefficient, *scalars, *(() if rest is None else (rest,)))
        for (scalars, rest), coefficient in found.items()
        if coefficient != 0
    ]
    return kept or [Const(sympy.S.Zero)]


def _sum_of_logs(expr: sympy.Expr) -> bool:
    return bool(expr.is_Add and all(isinstance(term, sympy.log) and term.is_number for term in expr.args))


def _diagonals_together(terms: list[Form]) -> list[Form]:
    """`diag(u) + diag(v) = diag(u + v)`, in the place of the first."""
    parts = [(split(term), term) for term in terms]
    diagonal = [(own, rest) for own, term in parts if isinstance(rest := own[2], Diag)]
    if len(diagonal) < 2:
        return terms
    inner = plus(*(times(own[0], *own[1], rest.inner) for own, rest in diagonal))
    coefficient, scalars, vector = split(inner)
    joined = times(coefficient, *scalars, Diag(vector)) if vector is not None and vector.rank else None
    if joined is None:
        return terms
    first = next(place for place, (own, _) in enumerate(parts) if isinstance(own[2], Diag))
    others = [(place, term) for place, (own, term) in enumerate(parts) if not isinstance(own[2], Diag)]
    return [term for _, term in sorted([(first, joined), *others], key=lambda one: one[0])]


def _is_over_scalars(form: Form) -> bool:
    """Whether a scalar that depends on arrays stands below a fraction line in front."""
    return any(
        isinstance(one, Power)
        and isinstance(one.exponent, Const)
        and one.exponent.value.could_extract_minus_sign()
        for one in split(form)[1]
    )


def _content(coefficients: list[sympy.Expr], fractions: bool = False) -> sympy.Expr:
    """The factor that all terms have in common.

    Only the sign where the factor in front would leave fractions behind: `2λw − (2/n) Xᵀr`.
    """
    numbers = [coefficient.as_coeff_Mul() for coefficient in coefficients]
    plain = all(n.is_Rational and n.q <= _LARGEST and abs(n.p) <= _LARGEST for n, _ in numbers)
    gcd = sympy.gcd_list([abs(number) for number, _ in numbers]) if plain else ONE
    rests = {rest for _, rest in numbers}
    mixed = any(sympy.fraction(rest)[1] != 1 for rest in rests) and len(rests) > 1
    broken = plain and gcd.q != 1 and any(number.q == 1 for number, _ in numbers)
    if mixed or broken or fractions:
        gcd = ONE
    common = gcd * rests.pop() if len(rests) == 1 and not fractions else gcd
    if all(number < 0 for number, _ in numbers):
        common = -common
    return common if common != 0 else ONE


def _ordered(terms: list[Form]) -> tuple[Form, ...]:
    """Positive terms first, otherwise as they came."""
    positive = [term for term in terms if not is_negative(term)]
    return tuple(positive + [term for term in terms if is_negative(term)])


def is_negative(form: Form) -> bool:
    """Whether the form is written with a minus sign in front."""
    return bool(split(form)[0].could_extract_minus_sign())


def transposed(form: Form) -> Form:
    """The transpose, moved inside products so that no two transposes meet."""
    if form.rank < 2:
        return form
    if isinstance(form, Transposed):
        return form.inner
    if isinstance(form, (Eye, Diag)) or (isinstance(form, Leaf) and form.tensor.is_symmetric):
        return form
    if isinstance(form, Inverse) and is_symmetric(form.inner):
        return form
    if isinstance(form, Outer):
        return Outer(form.right, form.left)
    if isinstance(form, Chain):
        return chain(*(transposed(factor) for factor in reversed(form.factors)))
    coefficient, scalars, rest = split(form)
    if (coefficient != 1 or scalars) and rest is not None:
        return times(coefficient, *scalars, transposed(rest))
    if _transposes(form) > 0 and isinstance(form, (Plus, Times, Apply, Power)):
        return _inside(form)
    return Transposed(form)


def _inside(form: Form) -> Form:
    """The transpose of an elementwise form, taken inside."""
    if isinstance(form, Plus):
        return plus(*(transposed(term) for term in form.terms))
    if isinstance(form, Times):
        return times(form.coefficient, *form.scalars, *(transposed(factor) for factor in form.arrays))
    if isinstance(form, Apply):
        return Apply(form.head, tuple(transposed(arg) for arg in form.args))
    if isinstance(form, Power):
        return Power(transposed(form.base), transposed(form.exponent))
    return Transposed(form)


def is_symmetric(form: Form) -> bool:
    """Whether a matrix is its own transpose, seen from its form."""
    if isinstance(form, (Plus, Times)) and form.rank == 2:
        return all(is_symmetric(part) for part in form.parts if part.rank == 2) and not any(
            part.rank == 1 for part in form.parts
        )
    return form.rank == 2 and transposed(form) == form


def transposes(form: Form) -> int:
    """The number of transposes that are written."""
    own = isinstance(form, Transposed)
    return own + sum(transposes(part) for part in form.parts)


def fewest_transposes(form: Form) -> Form:
    """A scalar product or trace, read from the end that needs fewer transposes."""
    if isinstance(form, Trace):
        turned: Form = Trace(transposed(form.inner))
    elif isinstance(form, Chain) and form.rank == 0:
        turned = Chain(tuple(transposed(factor) for factor in reversed(form.factors)))
    else:
        return form
    return turned if transposes(turned) < transposes(form) else form


def _transposes(form: Form) -> int:
    """How many matrices in the form stand transposed, less those that do not."""
    if isinstance(form, Transposed):
        return 1
    if isinstance(form, (Leaf, Chain, Inverse)) and form.rank == 2:
        return -1
    return sum(_transposes(part) for part in form.parts if part.rank == 2)


def chain(*factors: Form) -> Form:
    """The matrix product, flat: coefficients in front, identities dropped, rank-one factors opened."""
    coefficient: sympy.Expr = ONE
    scalars: list[Form] = []
    flat: list[Form] = []
    for factor in factors:
        own, loose, rest = split(factor)
        coefficient = coefficient * own
        scalars.extend(loose)
        if rest is not None:
            flat.extend(rest.factors if isinstance(rest, Chain) and rest.rank == 2 else (rest,))
    trimmed = [factor for factor in flat if not isinstance(factor, Eye)]
    flat = _diagonals_joined(trimmed or flat[:1])
    if len(flat) == 1:
        return times(coefficient, *scalars, flat[0])
    for place, factor in enumerate(flat):
        if isinstance(factor, Outer):
            opened = _open(flat[:place], factor, flat[place + 1 :])
            return times(coefficient, *scalars, opened)
    if flat[-1].rank == 1 and isinstance(flat[-1], Chain):
        flat = [*flat[:-1], *flat[-1].factors]
    if flat[0].rank == 1 and len(flat) > 1 and flat[-1].rank == 2:
        flat = [transposed(factor) for factor in reversed(flat)]
    if flat[0].rank == 1 and isinstance(flat[0], Chain) and len(flat) > 1:
        turned = [transposed(factor) for factor in reversed(flat[0].factors)]
        flat = [*turned, *flat[1:]]
    return times(coefficient, *scalars, _dot(flat))


def _diagonals_joined(factors: list[Form]) -> list[Form]:
    """`diag(u) diag(v) = diag(u ⊙ v)`."""
    joined: list[Form] = []
    for factor in factors:
        if isinstance(factor, Diag) and joined and isinstance(joined[-1], Diag):
            joined[-1] = Diag(times(ONE, joined[-1].inner, factor.inner))
        else:
            joined.append(factor)
    return joined


def _dot(flat: list[Form]) -> Form:
    if len(flat) == 2 and flat[0] == flat[1] and flat[0].rank == 1:
        return NormSquared(flat[0])
    if flat[0].rank == 1 and flat[-1].rank == 1:
        for ones, other in ((flat[0], flat[1:]), (flat[-1], flat[:-1])):
            if isinstance(ones, Ones) and len(other) == 1:
                return Total(other[0])
    return fewest_transposes(Chain(tuple(flat)))


def _open(before: list[Form], middle: Outer, after: list[Form]) -> Form:
    left = chain(*before, middle.left) if before else middle.left
    right = (
        chain(*(transposed(factor) for factor in reversed(after)), middle.right) if after else middle.right
    )
    return outer(left, right) if left.rank and right.rank else times(ONE, left, right)


def outer(left: Form, right: Form) -> Form:
    """`u vᵀ` with coefficients in front."""
    a, loose_a, u = split(left)
    b, loose_b, v = split(right)
    if u is None or v is None:
        return times(ONE, left, right)
    return times(a * b, *loose_a, *loose_b, Outer(u, v))


def walk(form: Form) -> Iterable[Form]:
    """The form and everything inside it."""
    yield form
    for part in form.parts:
        yield from walk(part)
