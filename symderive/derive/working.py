"""The account of what the chain rule gave, written down when it is first asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import sympy

from symderive.calculus.chain import in_free_letters
from symderive.calculus.condense import condense, entries_in, powers_joined, rename_all, weight
from symderive.calculus.domains import Fact
from symderive.core.identity import free_indices
from symderive.core.kinds import has_kind
from symderive.core.nodes import Delta, Fold, Tensor
from symderive.core.program import Program
from symderive.derive.account import Simplification, Step
from symderive.derive.condition import MEAN, OUTSIDE, Condition, basis_vector
from symderive.derive.conditions import conditions_of, factor_facts
from symderive.derive.demands import TIE
from symderive.derive.equation import Equation
from symderive.derive.headings import Heading
from symderive.derive.problem import Problem
from symderive.derive.singular_facts import singular_facts
from symderive.derive.size_conditions import reads_outside
from symderive.derive.ties import attained_several_times
from symderive.notation.composed import composed
from symderive.notation.forms import Basis, walk
from symderive.notation.names import latex_name, text_name
from symderive.notation.recover import matrix_form

LONGEST_STATEMENT, DEEPEST_STATEMENT = 24, 8


@dataclass(frozen=True)
class Working:
    """The equations that a chain-rule pass went through; an `Account`.

    Attributes:
        problem: what was differentiated.
        start: the equations that the chain rule ran over, with their final names.
        original: the same with nothing recognised in them.
        written: the equations as written, one operation each, with their final names.
        short: the closed form, with its final names.
        programs: the equations of all steps tidied, the same before they were tidied, and the closed form
            before anything cancelled, with the names that the chain rule gave.
        names: the final names.
        heads: how the results are written on the left.
        facts: facts about domains that were used.
        blocks: for each result, the variables that it is a derivative by, in order.
        equations: the results and the named intermediate results, as they are printed.
    """

    problem: Problem
    start: Program
    original: Program
    written: Program
    short: Program
    programs: tuple[Program, Program, Program]
    names: Mapping[Tensor, Tensor]
    heads: Mapping[Tensor, Heading]
    facts: tuple[Fact, ...]
    blocks: tuple[tuple[Tensor, ...], ...]
    equations: tuple[Equation, ...]

    @cached_property
    def _named(self) -> tuple[Program, Program, Program]:
        worked, raw, joined = rename_all(self.programs, self.names)
        return worked, raw, joined

    @property
    def worked(self) -> Program:
        """The equations of all steps."""
        return self._named[0]

    @cached_property
    def loss(self) -> Equation:
        """The equation that was differentiated, with `|u|²` where a person wrote it."""
        joined = powers_joined(self.written) != self.written
        shown = self.written if joined else self.original
        return replace(_loss_equation(shown, self.start, self.problem), written=composed(self.written))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The derivation, one law at a time."""
        return _steps(self.start, *self._named[:2], self.heads, self.loss)

    @cached_property
    def simplifications(self) -> tuple[Simplification, ...]:
        """What cancels when steps are put into one another."""
        return _simplifications(self._named[2], self.short, self.heads)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Where the result holds."""
        given = self.problem.slacks
        found = _conditions(self.written, self.start, self.short, self.blocks, self.facts, given)
        return found + tuple(map(basis_vector, _basis_vectors(self.equations)[:1]))  # one says it for all


def _conditions(
    written: Program,
    start: Program,
    short: Program,
    blocks: Sequence[tuple[Tensor, ...]],
    facts: Collection[Fact],
    given: tuple[sympy.Expr, ...],
) -> tuple[Condition, ...]:
    made = conditions_of(written, blocks, attained_several_times(written), given)
    ties = [one for one in made if TIE in one.text or one.text.startswith(MEAN)]
    if ties and not any(has_kind(one.body, Fold) for one in start.needed(start.outputs).definitions):
        made = tuple(one for one in made if one not in ties)  # a shift by the maximum has cancelled
    found = made + factor_facts(written, start)
    found += singular_facts(short)
    found += tuple(Condition(*one, "fact") for one in facts)
    return (*found, OUTSIDE) if any(reads_outside(made, given) for made in short.definitions) else found


def _basis_vectors(equations: Sequence[Equation]) -> list[Basis]:
    bodies = ((one, one.definition.body) for one in equations)
    deltas = ((one, body.atoms(Delta)) for one, body in bodies if has_kind(body, Delta))
    found = [one for one, own in deltas if any(map(_is_at_one_position, own))]
    return [part for one in found for part in walk(one.form) if isinstance(part, Basis)]


def _is_at_one_position(delta: Delta) -> bool:
    return any(not free_indices(position) for position in delta.args)


def _length_written_out(program: Program) -> int:
    """The number of entries in the last equation with all others put in, before anything cancels."""
    lengths: dict[Tensor, int] = {}
    for made in program.definitions:
        lengths[made.tensor] = sum(lengths.get(entry.tensor, 1) for entry in entries_in(made.body))
    return lengths[program.definitions[-1].tensor]


def _functions_inside_functions(program: Program) -> int:
    """How deep elementwise functions are nested in the last equation with all others put in."""
    depths: dict[Tensor, int] = {}
    for made in program.definitions:
        inner = max((depths.get(entry.tensor, 0) for entry in entries_in(made.body)), default=0)
        depths[made.tensor] = inner + has_kind(made.body, sympy.Function)
    return depths[program.definitions[-1].tensor]


def _loss_equation(original: Program, start: Program, problem: Problem) -> Equation:
    whole = start
    short = _length_written_out(original) <= LONGEST_STATEMENT + 6  # putting in can also make it shorter
    if short and _functions_inside_functions(original) <= DEEPEST_STATEMENT:
        whole = condense(original, lambda made, count, consumer: True, shown=True)
        if weight(whole.definitions[-1].body) > LONGEST_STATEMENT:
            whole = start
    *before, made = whole.definitions
    forms = [] if whole is start else [(one.tensor, matrix_form(one)) for one in before if not one.pinned]
    return Equation(
        made,
        (latex_name(problem.symbol), text_name(problem.symbol)) if not problem.rank else None,
        inside=tuple((tensor, form) for tensor, form in forms if form is not None),
    )


def _steps(
    original: Program, program: Program, raw: Program, heads: Mapping[Tensor, Heading], loss: Equation
) -> tuple[Step, ...]:
    forward_names = {made.tensor for made in original.definitions}
    said = not original.outputs[0].rank or loss.definition == original.definitions[-1]
    given = original.definitions[:-1] if said else original.definitions
    taken = original.names | program.names
    made_steps = [Step("definition", Equation(made), made.why or "let") for made in given]
    for made in program.definitions:
        if made.tensor not in forward_names:
            head, untidied = heads.get(made.tensor), raw.definition(made.tensor)
            changed = untidied is not None and untidied.body != made.body
            before = Equation(untidied, head) if changed and untidied is not None else None
            made_steps.append(Step(made.rule, Equation(made, head), in_free_letters(made.why, taken), before))
    return tuple(made_steps)


def _simplifications(
    joined: Program, short: Program, heads: Mapping[Tensor, Heading]
) -> tuple[Simplification, ...]:
    """Where putting the steps into one another lets something cancel: the line before and the line after."""
    found = []
    for after in short.definitions:
        before = joined.definition(after.tensor)
        if before is None or before.body == after.body:
            continue
        head = heads.get(after.tensor)
        found.append(Simplification(Equation(before, head), Equation(after, head)))
    return tuple(found)
