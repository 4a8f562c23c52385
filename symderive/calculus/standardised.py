"""Standardised values: `x̂ = r/s` with `s = √(mean(r²) + ε)`, as in layer, batch and RMS normalisation.

Through `x̂` and `s` the derivative has the form that people write, `(1/s)(u − mean(u) − x̂ mean(u ⊙ x̂))`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sympy

from symderive.calculus.condense import entries_in, rename
from symderive.calculus.sums import rebuild
from symderive.core.identity import FREE_LETTERS, fresh, tensors_of, with_args
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program

_HALF = sympy.Rational(1, 2)
_DEEPEST = 6  # equations that are looked through


@dataclass(frozen=True)
class _Scale:
    """`s = √(k Σ r² + rest)`.

    Attributes:
        tensor: s.
        values: r.
        batch: the axes of r that s keeps, in the order of the axes of s.
    """

    tensor: Tensor
    values: Tensor
    batch: tuple[int, ...]

    def fits(self, value: Entry, scale: Entry) -> bool:
        """Whether `scale` is the scale of `value`."""
        return bool(
            value.tensor == self.values
            and scale.tensor == self.tensor
            and scale.axes == tuple(value.axes[place] for place in self.batch)
        )


def standardised(program: Program) -> tuple[Program, tuple[Tensor, ...]]:
    """The program with quotients `r/s` as arrays of their own.

    Args:
        program: the equations as they were written, one operation each.

    Returns:
        the program, and the new arrays and scales, which a derivation should keep.
    """
    scales = {scale.tensor: scale for scale in _scales(program)}
    if not scales:
        return program, ()
    made_here: dict[Tensor, Tensor] = {}
    definitions: list[Definition] = []
    for made in program.definitions:
        body = made.body
        if not made.pinned and scales.keys() & tensors_of(body):
            body = _with_quotients(program, body, scales, made_here, definitions)
        definitions.append(made.with_body(body))
    if not made_here:
        return program, ()
    whole = program.with_definitions(definitions)
    whole = whole.with_definitions(whole.needed(program.outputs).definitions)
    names = {one: Tensor("s", one.shape, one.domain) for one in made_here if _is_free("s", whole)}
    names = names if len(names) == 1 and not _is_named(next(iter(names)), whole) else {}
    kept = (*(names.get(one, one) for one in made_here), *made_here.values())
    return rename(whole, names) if names else whole, kept


def _is_free(name: str, program: Program, taken: Iterable[Tensor] = ()) -> bool:
    sizes = (size for tensor in program.inputs for size in tensor.shape)
    names = program.names.union(symbol.name for size in sizes for symbol in size.free_symbols)
    return name not in names.union(str(tensor.name) for tensor in taken)


def _is_named(tensor: Tensor, program: Program) -> bool:
    made = program.definition(tensor)
    return made is None or made.pinned or tensor in program.outputs


def _scales(program: Program) -> Iterator[_Scale]:
    for made in program.definitions:
        if isinstance(made.body, sympy.Pow) and made.body.exp == _HALF:
            radicand = _opened(program, made.body.base, _DEEPEST)
            found = _scale(program, made, sympy.Add.make_args(radicand))
            if found is not None:
                yield found


def _opened(program: Program, expr: sympy.Expr, depth: int) -> sympy.Expr:
    """The expression with definitions put in, outside sums."""
    if isinstance(expr, Entry):
        made = program.definition(expr.tensor)
        whole = made is not None and depth and expr.is_inside and not made.pinned
        return _opened(program, made.at(expr.axes), depth - 1) if made is not None and whole else expr
    if isinstance(expr, (sympy.Add, sympy.Mul)):
        return with_args(expr, [_opened(program, arg, depth) for arg in expr.args])
    return expr


def _scale(program: Program, made: Definition, terms: tuple[sympy.Expr, ...]) -> _Scale | None:
    found: list[tuple[sympy.Expr, IndexSum, Entry]] = []
    rest: list[sympy.Expr] = []
    for term in terms:
        factors = sympy.Mul.make_args(term)
        sums = [factor for factor in factors if isinstance(factor, IndexSum)]
        square = _squared(program, sums[0].body) if len(sums) == 1 else None
        if square is None:
            rest.append(term)
        else:
            found.append((sympy.Mul(*(one for one in factors if one is not sums[0])), sums[0], square))
    if len(found) != 1:
        return None
    factor, total, value = found[0]
    axes = value.axes
    plain = all(isinstance(axis, Index) for axis in axes) and len(set(axes)) == len(axes)
    loose = tensors_of(sympy.Add(*rest)) | tensors_of(factor)
    if not plain or set(total.indices) - set(axes) or value.tensor in loose or (factor == 1 and not rest):
        return None
    if {axis for axis in axes if axis not in total.indices} != set(made.indices):
        return None
    return _Scale(made.tensor, value.tensor, tuple(axes.index(index) for index in made.indices))


def _squared(program: Program, body: sympy.Expr) -> Entry | None:
    """`r` where the expression is `r²`."""
    if isinstance(body, Entry):
        made = program.definition(body.tensor)
        body = body if made is None or made.pinned or not body.is_inside else made.at(body.axes)
    if isinstance(body, sympy.Pow) and body.exp == 2 and isinstance(body.base, Entry):
        return body.base if body.base.is_inside else None
    return None


def _with_quotients(
    program: Program,
    expr: sympy.Expr,
    scales: dict[Tensor, _Scale],
    made_here: dict[Tensor, Tensor],
    definitions: list[Definition],
) -> sympy.Expr:
    if not isinstance(expr, sympy.Mul):
        return expr
    for factor in expr.args:
        below = factor.base if isinstance(factor, sympy.Pow) and factor.exp == -1 else None
        scale = scales.get(below.tensor) if isinstance(below, Entry) else None
        if scale is None or not isinstance(below, Entry):
            continue
        others = [other for other in expr.args if other is not factor]
        split = _numerator(program, others, scale, below, _DEEPEST)
        if split is not None:
            value, rest = split
            tensor = made_here.get(scale.tensor)
            if tensor is None:
                tensor = _define(program, scale, definitions, made_here.values())
                made_here[scale.tensor] = tensor
            return sympy.Mul(*rest, Entry(tensor, *value.axes))
    return expr


def _numerator(
    program: Program, factors: list[sympy.Expr], scale: _Scale, below: Entry, depth: int
) -> tuple[Entry, list[sympy.Expr]] | None:
    """The value that is scaled, and the other factors, products looked through."""
    for place, factor in enumerate(factors):
        if not isinstance(factor, Entry):
            continue
        rest = factors[:place] + factors[place + 1 :]
        if scale.fits(factor, below):
            return factor, rest
        made = program.definition(factor.tensor)
        if depth and made is not None and isinstance(made.body, sympy.Mul) and factor.is_inside:
            inner = list(sympy.Mul.make_args(made.at(factor.axes)))
            found = None if made.pinned else _numerator(program, inner, scale, below, depth - 1)
            if found is not None:
                return found[0], [*found[1], *rest]
    return None


def _define(
    program: Program, scale: _Scale, definitions: list[Definition], taken: Iterable[Tensor]
) -> Tensor:
    values = scale.values
    indices = fresh(values.shape, (), FREE_LETTERS)
    name = next(one for one in _names(program, values) if _is_free(one, program, taken))
    tensor = Tensor(name, values.shape)
    below = Entry(scale.tensor, *(indices[place] for place in scale.batch))
    definitions.append(Definition(tensor, indices, Entry(values, *indices) / below, "", "standardised"))
    return tensor


def _names(program: Program, values: Tensor) -> Iterator[str]:
    """`xhat` after the array that is centred, or after the values themselves."""
    made = program.definition(values)
    named = [values] if made is None or made.pinned else [
        entry.tensor for entry in entries_in(made.body) if entry.axes == made.indices
    ]  # fmt: skip
    if len(named) == 1 and str(named[0].name).isalpha():
        yield f"{named[0].name}hat"
    yield from ("xhat" if values.rank < 2 else "Xhat", "zhat", "uhat")
    yield from (f"zhat{number}" for number in range(1, 1000))


def absorbed(program: Program) -> Program:
    """The program with `r = s x̂` where values stand above their scale, and `√c = s`."""
    quotients, roots = _known(program)
    if not quotients:
        return program
    definitions = []
    for made in _early(program, quotients):
        body = made.body
        if made.tensor not in quotients.values() and not isinstance(body, sympy.Pow):
            old = body
            body = _with_roots(body, roots)
            body = _absorbed(body, quotients)
            body = rebuild(body) if body != old else old
            body = _over_scale(body, quotients)
        definitions.append(made.with_body(body))
    return program.with_definitions(definitions)


def _early(program: Program, quotients: dict[_Scale, Tensor]) -> Iterator[Definition]:
    """The definitions in order, each standardised array directly behind its values and its scale."""
    there: set[Tensor] = set(program.inputs)
    moved: set[Tensor] = set()
    for made in program.definitions:
        if made.tensor in moved:
            continue
        yield made
        there.add(made.tensor)
        for scale, tensor in quotients.items():
            own = program.definition(tensor)
            if own is not None and tensor not in there | moved and {scale.tensor, scale.values} <= there:
                moved.add(tensor)
                yield own


def standards(program: Program) -> tuple[Tensor, ...]:
    """The standardised arrays of a program and their scales."""
    quotients, _ = _known(program)
    return tuple(tensor for scale, made in quotients.items() for tensor in (made, scale.tensor))


def _known(program: Program) -> tuple[dict[_Scale, Tensor], dict[Tensor, Tensor]]:
    """The standardised arrays by their scale, and the scales by the arrays that they are the roots of."""
    quotients: dict[_Scale, Tensor] = {}
    roots: dict[Tensor, Tensor] = {}
    for made in program.definitions:
        scale = _quotient(made)
        below = None if scale is None else program.definition(scale.tensor)
        if scale is None or below is None or not isinstance(below.body, sympy.Pow) or below.body.exp != _HALF:
            continue
        quotients[scale] = made.tensor
        if isinstance(below.body.base, Entry) and below.body.base.axes == below.indices:
            roots[below.body.base.tensor] = scale.tensor
    return quotients, roots


def _quotient(made: Definition) -> _Scale | None:
    """The scale of a definition of the form `x̂ = r/s`."""
    factors = sympy.Mul.make_args(made.body)
    if len(factors) != 2 or not all(isinstance(one.as_base_exp()[0], Entry) for one in factors):
        return None
    above = [one for one in factors if isinstance(one, Entry)]
    below = [one.base for one in factors if isinstance(one, sympy.Pow) and one.exp == -1]
    if len(above) != 1 or len(below) != 1 or above[0].axes != made.indices:
        return None
    if not all(axis in made.indices for axis in below[0].axes):
        return None
    return _Scale(below[0].tensor, above[0].tensor, tuple(made.indices.index(axis) for axis in below[0].axes))


def _over_scale(expr: sympy.Expr, quotients: dict[_Scale, Tensor]) -> sympy.Expr:
    """`u/s − v/s` as `(u − v)/s` for a scale s."""
    if not isinstance(expr, sympy.Add):
        return expr
    scales = {scale.tensor for scale in quotients}
    for divisor in sympy.Mul.make_args(expr.args[0]):
        base, exponent = divisor.as_base_exp()
        if isinstance(base, Entry) and base.tensor in scales and exponent == -1:
            rests = [_without(term, divisor) for term in expr.args]
            if all(rest is not None for rest in rests):
                return sympy.Mul(divisor, sympy.Add(*(rest for rest in rests if rest is not None)))
    return expr


def _without(term: sympy.Expr, divisor: sympy.Expr) -> sympy.Expr | None:
    """The term without a divisor that is a factor of it, also under a sum over other indices."""
    factors = list(sympy.Mul.make_args(term))
    if divisor in factors:
        factors.remove(divisor)
        return sympy.Mul(*factors)
    return None


def _with_roots(expr: sympy.Expr, roots: dict[Tensor, Tensor]) -> sympy.Expr:
    if not expr.args or roots.keys().isdisjoint(tensors_of(expr)):
        return expr
    if isinstance(expr, sympy.Pow) and isinstance(expr.base, Entry) and expr.base.tensor in roots:
        if (2 * expr.exp).is_odd:
            return Entry(roots[expr.base.tensor], *expr.base.axes) ** (2 * expr.exp)
        return expr
    return (
        expr if isinstance(expr, Entry) else with_args(expr, [_with_roots(arg, roots) for arg in expr.args])
    )


def _absorbed(expr: sympy.Expr, quotients: dict[_Scale, Tensor]) -> sympy.Expr:
    if isinstance(expr, Entry) or tensors_of(expr).isdisjoint(scale.tensor for scale in quotients):
        return expr
    inner = with_args(expr, [_absorbed(arg, quotients) for arg in expr.args])
    if not isinstance(inner, sympy.Mul):
        return inner
    for scale, tensor in quotients.items():
        inner = _absorbed_in(inner, scale, tensor)
    return inner


def _absorbed_in(expr: sympy.Expr, scale: _Scale, tensor: Tensor) -> sympy.Expr:
    """A product with as many values in terms of the standardised array as there are divisors."""
    for factor in sympy.Mul.make_args(expr):
        base, exponent = factor.as_base_exp()
        whole = exponent.is_Integer and exponent < 0
        if not whole or not isinstance(base, Entry) or base.tensor != scale.tensor:
            continue
        values = [one for one in _open_entries(expr) if scale.fits(one, base)]
        if not values or len(values) > -exponent:
            return expr
        return _put(expr, {value: base * Entry(tensor, *value.axes) for value in values})
    return expr


def _open_entries(expr: sympy.Expr) -> list[Entry]:
    """The entries that are factors of a product, also under sums."""
    found: list[Entry] = []
    for factor in sympy.Mul.make_args(expr):
        if isinstance(factor, Entry):
            found.append(factor)
        elif isinstance(factor, IndexSum):
            found += _open_entries(factor.body)
    return found


def _put(expr: sympy.Expr, values: dict[Entry, sympy.Expr]) -> sympy.Expr:
    if isinstance(expr, sympy.Mul):
        return sympy.Mul(*(_put(factor, values) for factor in expr.args))
    if isinstance(expr, IndexSum):
        return IndexSum(_put(expr.body, values), *expr.indices)
    return values.get(expr, expr) if isinstance(expr, Entry) else expr
