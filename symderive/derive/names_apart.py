"""Arrays called `e`, `I` or `K`: what else has these letters is written differently in all equations.

These are the number e, the identity and the commutation matrix.
"""

from __future__ import annotations

from dataclasses import replace

from symderive.derive.derivation import Derivation, Simplification, Step
from symderive.derive.equation import Equation

_LETTERS = frozenset({"e", "I", "K"})


def with_names_apart(derivation: Derivation) -> Derivation:
    """The derivation whose equations all know that an input is called `e`, `I` or `K`.

    An equation alone does not show it: in `∇_I L = I` the array stands on the left only.
    """
    programs = (derivation.program, derivation.original)
    names = _LETTERS & {tensor.name for program in programs for tensor in program.inputs}
    if not names:
        return derivation

    def told(equation: Equation) -> Equation:
        return replace(equation, names=names)

    steps = [
        Step(one.rule, told(one.statement), one.why, None if one.before is None else told(one.before))
        for one in derivation.steps
    ]
    return replace(
        derivation,
        loss=told(derivation.loss),
        steps=tuple(steps),
        lets=tuple(map(told, derivation.lets)),
        results=tuple(map(told, derivation.results)),
        simplifications=tuple(
            Simplification(told(one.before), told(one.after)) for one in derivation.simplifications
        ),
    )
