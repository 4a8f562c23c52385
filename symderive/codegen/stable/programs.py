"""The rules over a program: named intermediate results are opened where a rule can use what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import sympy

from symderive.codegen.stable.concerned import HEADS, concerns
from symderive.codegen.stable.lowering import Lowering
from symderive.codegen.stable.positive_sums import as_exponentials
from symderive.codegen.stable.rational import is_active
from symderive.codegen.stable.rewriting import rewritten
from symderive.codegen.stable.shares import is_summed
from symderive.core.delta import Delta
from symderive.core.identity import tensors_of, with_args
from symderive.core.nodes import Binder, Entry, Index, IndexProduct, Tensor, TensorNode
from symderive.core.program import Definition, Program
from symderive.core.softmax_nodes import SoftmaxEntry

_LONGEST = 24  # operations in an equation that is opened
_LONG = 120  # the same, where it may be large beside what it is multiplied by
_MOST = 250  # operations in an equation that others are put into


def stabilised(program: Program, taken: Iterable[str] = ()) -> Program:
    """The program with equations that are exact far out too; what nothing uses any more is left out.

    Args:
        program: the equations.
        taken: names that no array may have.

    Returns:
        equations with equal results.
    """
    if not any(concerns(made.body) or _is_fraction(made.body) for made in program.definitions):
        return program
    known: dict[Tensor, Definition] = {}
    plain: list[Definition] = []
    opened: list[Definition] = []
    for made in program.definitions:
        whole = _opened(made.body, known)
        if _is_material(whole) or _is_summed(whole):
            known[made.tensor] = made.with_body(whole)
        straight = rewritten(made.body)
        inside = rewritten(whole)
        gains = inside != _opened(straight, known)
        if _is_loose(inside) and sympy.count_ops(whole) <= _LONG and _is_elementwise(whole):
            known[made.tensor] = made.with_body(whole)
        plain.append(made.with_body(straight))
        opened.append(made.with_body(inside if gains else straight))
    lowering = Lowering((*program.names, *taken))
    pairs = zip(_without_repetition(program, plain, opened), program.definitions, strict=True)
    chosen = [one for made, before in pairs for one in lowering.lowered(made, before)]
    slim = Program(program.inputs, tuple(chosen), program.outputs).needed(program.outputs)
    return Program(program.inputs, slim.definitions, program.outputs)


def _without_repetition(
    program: Program, plain: list[Definition], opened: list[Definition]
) -> list[Definition]:
    """The opened equations; those as they were that only repeat a bounded function that is there anyway."""
    alive = {
        made.tensor
        for made in Program(program.inputs, tuple(opened), program.outputs)
        .needed(program.outputs)
        .definitions
    }
    chosen = []
    for before, after, given in zip(plain, opened, program.definitions, strict=True):
        lost = tensors_of(before.body) - tensors_of(after.body)
        kept = lost and lost <= alive and not _is_fraction(given.body) and not given.body.has(sympy.log)
        bounded = kept and all(not _is_loose(one.body) for one in program.definitions if one.tensor in lost)
        chosen.append(before if bounded else after)
    return chosen


@lru_cache(maxsize=50_000)
def _is_fraction(expr: sympy.Basic) -> bool:
    """Whether something with arrays stands below a line."""
    if isinstance(expr, TensorNode):
        return False
    below = (
        isinstance(expr, sympy.Pow) and expr.exp.could_extract_minus_sign() and bool(tensors_of(expr.base))
    )
    return below or any(map(_is_fraction, expr.args))


def _opened(expr: sympy.Expr, known: Mapping[Tensor, Definition]) -> sympy.Expr:
    """The expression with the right-hand sides of elementwise equations put in."""
    if known.keys().isdisjoint(tensors_of(expr)) or sympy.count_ops(expr) > _MOST:
        return expr
    if isinstance(expr, Entry):
        made = known.get(expr.tensor)
        return made.at(expr.axes) if made is not None and expr.is_inside else expr
    if isinstance(expr, TensorNode):
        return expr
    if isinstance(expr, Binder):
        return expr.func(_opened(expr.body, known), *expr.indices)
    return with_args(expr, [_opened(arg, known) for arg in expr.args])


@lru_cache(maxsize=20_000)
def _is_material(body: sympy.Expr) -> bool:
    """Whether a right-hand side is elementwise, short, and has a function that the rules know."""
    return body.has(*HEADS) and sympy.count_ops(body) <= _LONGEST and _is_elementwise(body)


def _is_loose(body: sympy.Expr) -> bool:
    """Whether a right-hand side may overflow, although what it is used for need not."""
    return body.has(sympy.exp, sympy.cosh, sympy.sinh)


def _is_summed(body: sympy.Expr) -> bool:
    """Whether a right-hand side is a share or a multiple of one sum of exponentials: logarithms need it."""
    if isinstance(body, SoftmaxEntry):
        return True
    factors = [one for one in sympy.Mul.make_args(body) if tensors_of(one)]
    sums = [
        one for one in factors if _has_logarithm(one if isinstance(one, sympy.exp) else one.as_base_exp()[0])
    ]
    return len(sums) == 1 and all(one in sums or is_active(one) for one in factors)


def _has_logarithm(base: sympy.Expr) -> bool:
    """Whether the logarithm of a sum, or of a product, may be known."""
    return isinstance(base, IndexProduct) or is_summed(base) or as_exponentials(base) is not None


def _is_elementwise(expr: sympy.Basic) -> bool:
    if isinstance(expr, (Entry, Delta)):
        return True
    if isinstance(expr, (TensorNode, Binder, Index)):
        return False
    plain = not expr.args or isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow, sympy.Function))
    return plain and all(map(_is_elementwise, expr.args))
