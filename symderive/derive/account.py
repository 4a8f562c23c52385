"""How a result comes about: the equation that is differentiated, the steps, and what cancels between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from symderive.core.program import Program
from symderive.derive.condition import Condition
from symderive.derive.equation import Equation


@dataclass(frozen=True)
class StepCheck:
    """A comparison of the derivative that one step states with difference quotients.

    Attributes:
        method: what it was compared with.
        entries: the number of entries that could be decided.
        largest_error: the largest of their relative errors.
        passed: whether an entry was decided, and all that were agreed within the noise.
    """

    method: str
    entries: int
    largest_error: float
    passed: bool


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Attributes:
        rule: the law that it applies.
        statement: the equation that it states.
        why: the reason in words, possibly empty.
        before: the same as the law gave it, where it has been simplified.
    """

    rule: str
    statement: Equation
    why: str = ""
    before: Equation | None = field(default=None, compare=False, repr=False)
    _checks: list[StepCheck] = field(default_factory=list, compare=False, repr=False)

    @property
    def check(self) -> StepCheck | None:
        """The newest comparison with difference quotients; None before a check, and for a `let`."""
        return self._checks[-1] if self._checks else None

    def checked(self, outcome: StepCheck) -> None:
        """Keep the outcome of a comparison."""
        self._checks.append(outcome)

    def __str__(self) -> str:
        return f"{self.statement}    {self.why or self.rule}"


@dataclass(frozen=True)
class Simplification:
    """Where putting steps into one another lets something cancel.

    Attributes:
        before: the equation with the steps put into one another.
        after: the same equation as it is shown.
    """

    before: Equation
    after: Equation


class Account(Protocol):
    """What is shown of a derivation beside its result; it may be written down only when it is asked for."""

    @property
    def loss(self) -> Equation:
        """The equation that was differentiated."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The derivation, one law at a time."""

    @property
    def simplifications(self) -> tuple[Simplification, ...]:
        """What cancels when steps are put into one another."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Where the result holds."""

    @property
    def worked(self) -> Program | None:
        """The equations of all steps."""


@dataclass(frozen=True)
class Written:
    """An account that is written down already; its attributes are those of `Account`."""

    loss: Equation
    steps: tuple[Step, ...]
    conditions: tuple[Condition, ...]
    simplifications: tuple[Simplification, ...] = ()
    worked: Program | None = None
