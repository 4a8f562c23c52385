"""Arrays called `e`, `I` or `K`: what else has these letters is written differently in all equations.

These are the number e, the identity and the commutation matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from symderive.core.program import Program
from symderive.derive.account import Account, Simplification, Step
from symderive.derive.condition import Condition
from symderive.derive.derivation import Derivation
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

    return replace(
        derivation,
        account=Told(derivation.account, names),
        lets=tuple(told(one, names) for one in derivation.lets),
        results=tuple(told(one, names) for one in derivation.results),
    )


def told(equation: Equation, names: frozenset[str]) -> Equation:
    """The equation that knows of arrays called by these letters."""
    return replace(equation, names=names)


@dataclass(frozen=True)
class Told:
    """An `Account` whose equations know of arrays called by some letters.

    Attributes:
        account: the account without that knowledge.
        names: the letters.
    """

    account: Account
    names: frozenset[str]

    @cached_property
    def loss(self) -> Equation:
        """The equation that was differentiated."""
        return told(self.account.loss, self.names)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The derivation, one law at a time."""
        return tuple(
            Step(
                one.rule,
                told(one.statement, self.names),
                one.why,
                None if one.before is None else told(one.before, self.names),
            )
            for one in self.account.steps
        )

    @cached_property
    def simplifications(self) -> tuple[Simplification, ...]:
        """What cancels when steps are put into one another."""
        return tuple(
            Simplification(told(one.before, self.names), told(one.after, self.names))
            for one in self.account.simplifications
        )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Where the result holds."""
        return self.account.conditions

    @property
    def worked(self) -> Program | None:
        """The equations of all steps."""
        return self.account.worked
