"""The value, the gradient and the Hessian of one derivation in one program that shares their work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy

from symderive.calculus.condense import condense, for_result, rename, without_symmetry
from symderive.codegen.shared_parts import key_of
from symderive.core.identity import letters, tensors_of
from symderive.core.nodes import Tensor, TensorNode
from symderive.core.program import Definition, Program
from symderive.errors import SymderiveError

_LONGEST = 90  # characters of a formula in the docstring

if TYPE_CHECKING:
    from symderive.derive.derivation import Derivation


def together(derivation: Derivation, with_value: bool, with_gradient: bool) -> Program:
    """One program with the value and the gradient, if wanted, and then the results of a derivation.

    Args:
        derivation: a gradient, or a second derivative of a scalar.
        with_value: whether the value comes first.
        with_gradient: whether the gradient comes before the second derivative.

    Raises:
        SymderiveError: the derivation has no gradient of its own to go with it.
    """
    if not with_value and not with_gradient:
        return derivation.program
    if derivation.kind not in ("gradient", "hessian") or derivation.layout.turned:
        raise SymderiveError(
            f"writing code: value and gradient go with a gradient or Hessian; this is the {derivation.word}."
        )
    if with_gradient and derivation.first is None:
        raise SymderiveError(
            f"writing code: with_gradient goes with a second derivative; this is the {derivation.word}."
        )
    orders = [one for one in (derivation.first if with_gradient else None, derivation) if one is not None]
    programs = [without_symmetry(one.program, derivation.wrt) for one in orders]
    if with_value:
        value = without_symmetry(derivation.original, derivation.wrt)
        programs.insert(0, _named(condense(value, for_result), "value"))
    return joined(programs)


def summary_of(derivation: Derivation, with_value: bool, with_gradient: bool) -> str:
    """What the function returns, in the first line of its docstring."""
    if not with_value and not with_gradient:
        return derivation.formula if len(derivation.formula) < _LONGEST else f"The {derivation.word}."
    words = ["value"] * with_value + ["gradient"] * with_gradient + [derivation.word]
    *before, last = words
    orders = [one for one in (derivation.first if with_gradient else None, derivation) if one is not None]
    formulas = [str(derivation.loss)] * with_value + [one.formula for one in orders]
    short = [one for one in formulas if len(one) < _LONGEST]
    said = f"{', '.join(before)} and {last}{':' if short else '.'}"
    return "\n".join([said[0].upper() + said[1:], *(f"    {one}" for one in short)])


def _named(program: Program, name: str) -> Program:
    """The program with its only output called by a name, where nothing else is."""
    (output,) = program.outputs
    if name in program.names or program.definition(output) is None:
        return program
    return rename(program, {output: Tensor(name, output.shape)})


def joined(programs: Sequence[Program]) -> Program:
    """Several programs over the same inputs as one; equal equations are kept once, clashing names changed."""
    inputs: dict[str, Tensor] = {}
    for program in programs:
        for tensor in program.inputs:
            inputs.setdefault(str(tensor.name), tensor)
    known: dict[object, Tensor] = {}
    taken = set(inputs)
    definitions: list[Definition] = []
    outputs: list[Tensor] = []
    for program in programs:
        instead = {tensor: inputs[str(tensor.name)] for tensor in program.inputs}
        for made in program.definitions:
            body = _with_names(made.body, instead)
            key = key_of(body, made.indices)
            if key not in known:
                name = next(one for one in letters((str(made.tensor.name),)) if one not in taken)
                taken.add(name)
                old = made.tensor
                known[key] = old if name == old.name else Tensor(name, old.shape, old.domain)
                definitions.append(
                    Definition(known[key], made.indices, body, made.rule, made.why, made.pinned)
                )
            instead[made.tensor] = known[key]
        outputs += [instead[tensor] for tensor in program.outputs]
    return Program(tuple(inputs.values()), tuple(definitions), tuple(outputs))


def _with_names(expr: sympy.Expr, instead: dict[Tensor, Tensor]) -> sympy.Expr:
    if instead.keys().isdisjoint(tensors_of(expr)):
        return expr
    if isinstance(expr, TensorNode):
        return expr.func(instead.get(expr.tensor, expr.tensor), *expr.axes)
    return expr.func(*(_with_names(arg, instead) for arg in expr.args))
