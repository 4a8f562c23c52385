"""From what the chain rule gives to a derivation: names, closed form, conditions, steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy

from symderive.calculus.brackets import settled, without_said
from symderive.calculus.chains import links
from symderive.calculus.condense import (
    condense,
    entries_in,
    for_result_of,
    inverted,
    rename_all,
    weight,
    without_symmetry,
)
from symderive.calculus.domains import Fact
from symderive.calculus.places import counted
from symderive.calculus.standardised import absorbed, standards
from symderive.calculus.symmetry import symmetric_results
from symderive.calculus.tidy import tidy_program
from symderive.core.identity import tensors_of
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Tensor, TensorNode
from symderive.core.program import Definition, Program
from symderive.derive.derivation import Derivation
from symderive.derive.equation import Equation
from symderive.derive.headings import Heading
from symderive.derive.layout import Layout
from symderive.derive.names_apart import with_names_apart
from symderive.derive.naming import Slope, chosen_names
from symderive.derive.problem import Problem
from symderive.derive.structures import FreeEntries
from symderive.derive.ties import attained_several_times
from symderive.derive.valued import refuse_without_value
from symderive.derive.working import Working
from symderive.errors import InternalError
from symderive.notation.forms import Form, Leaf, walk
from symderive.notation.matrix_products import is_symmetric
from symderive.notation.recover import matrix_form

LONGEST_INSIDE, MOST_INSIDE = 4, 2  # entries of a matrix that stands under inverses, and times it is shown


@dataclass(frozen=True)
class Result:
    """One result of a chain-rule pass.

    Attributes:
        tensor: the array that holds it.
        name: its name in code.
        heading: how it is written on the left.
        by: the variables that it is a derivative by, in order.
        latex: how the name is written in LaTeX where it stands in an equation.
    """

    tensor: Tensor
    name: str
    heading: Heading
    by: tuple[Tensor, ...]
    latex: str | None = None


@dataclass(frozen=True)
class Chain:
    """What the chain rule gave, ready to be finished.

    Attributes:
        kind: `gradient`, `hessian`, …
        problem: what was differentiated.
        steps: the equations of all steps, tidied.
        raw: the same before they were tidied.
        results: the results.
        earlier: results of lower order that are shown among the steps: the gradient before its Hessian.
        slopes: of what each new tensor is the derivative.
        facts: facts about domains that were used.
        keep: intermediate results that stay in the closed form.
        fixed: tensors of which no domain is used, because derivatives are taken in them.
        layout: in what order the axes stand.
        direction: the direction, where the last derivative is one along a direction.
        again: derives the same with one operation in each step.
        entries: the equations that lead to gradients in the free entries of structured variables.
    """

    kind: str
    problem: Problem
    steps: Program
    raw: Program
    results: tuple[Result, ...]
    slopes: Mapping[Tensor, Slope]
    layout: Layout
    earlier: tuple[Result, ...] = ()
    facts: dict[Fact, None] = field(default_factory=dict)
    keep: Collection[Tensor] = ()
    fixed: tuple[Tensor, ...] = ()
    direction: Tensor | None = None
    again: Callable[[], Derivation] | None = None
    entries: FreeEntries | None = None


def finish(chain: Chain, first: Derivation | None = None) -> Derivation:
    """Names, closed form, conditions: the same for every kind of derivative."""
    problem, facts = chain.problem, dict(chain.facts)
    tied = attained_several_times(problem.start)
    chain = replace(chain, steps=counted(chain.steps, tied), raw=counted(chain.raw, tied))
    outputs = tuple(one.tensor for one in chain.results)
    worked = chain.steps.needed((*(one.tensor for one in chain.earlier), *outputs))
    entries = chain.entries
    choice = for_result_of(
        set(chain.slopes) - set(outputs) - set(chain.keep), set(outputs), second=chain.kind == "hessian"
    )
    if entries is not None:
        choice = entries.choice(choice)
    needed = chain.steps.needed(outputs)
    linked = links(needed, set(chain.slopes) - set(outputs))
    keep = linked.union(chain.keep, *(chain.slopes[one].below for one in linked))
    given = problem.slacks

    def decided(expr: sympy.Expr) -> sympy.Expr:
        return settled(expr, given)

    joined = absorbed(condense(needed, choice, keep.union(standards(needed)))).mapped(decided)
    short, used = tidy_program(joined, chain.fixed)
    facts.update(dict.fromkeys(used))
    again = absorbed(condense(short, choice, keep)).mapped(decided)  # what cancelled is shorter
    short, used = tidy_program(again.mapped(without_said), chain.fixed)
    refuse_without_value(short)
    facts.update(dict.fromkeys(used))
    whole = Program(problem.start.inputs, _all(problem.start, worked, problem.plain), outputs)
    names = chosen_names(
        whole,
        {made: slope for made, slope in chain.slopes.items() if made not in chain.keep},
        problem.symbol,
    )
    names |= {one.tensor: Tensor(one.name, one.tensor.shape, "real", one.latex) for one in chain.results}
    names |= {one.tensor: Tensor(one.name, one.tensor.shape, "real", one.latex) for one in chain.earlier}
    names |= {} if entries is None else entries.names(short, problem.symbol)
    at_last = _with_symmetry(whole, short, names, ())  # nothing is differentiated any more
    names = _with_symmetry(whole, short, names, problem.targets)
    original, start, written = rename_all((problem.plain, problem.start, problem.written), names)
    (short,) = rename_all((short,), at_last | {one: names[one] for one in short.outputs})
    heads = {names[one.tensor]: one.heading for one in (*chain.earlier, *chain.results)}
    inner = {} if entries is None else entries.inner_headings(names, problem.symbol)
    heads |= {tensor: Heading(*written) for tensor, written in inner.items()}
    inside = _written_inside(short)
    results = tuple(
        _equation(short, names[one.tensor], heads[names[one.tensor]], inside) for one in chain.results
    )
    hidden = {*short.outputs, *inside}
    lets = tuple(
        Equation(made, inner.get(made.tensor), inside=tuple(inside.items()))
        for made in short.definitions
        if made.tensor not in hidden
    )
    account = Working(
        problem, start, original, written, short, (worked, chain.raw, joined), names, heads, tuple(facts),
        tuple(one.by for one in chain.results), (*lets, *results),
    )  # fmt: skip
    _ = account.conditions  # what holds nowhere is refused at once
    made = Derivation(
        chain.kind,
        account,
        lets,
        results,
        short,
        original,
        problem.targets,
        first=first,
        blocks=tuple(one.by for one in chain.results),
        layout=chain.layout,
        direction=chain.direction,
        moves="alone" if entries is None else "free",
        written=written,
        forward=start,
        again=chain.again,
        slopes=_renamed(chain.slopes, names),
    )
    return with_names_apart(made)


def _renamed(
    slopes: Mapping[Tensor, Slope], names: Mapping[Tensor, Tensor]
) -> tuple[tuple[Tensor, Slope], ...]:
    return tuple(
        (
            names.get(made, made),
            Slope(
                None if slope.above is None else names.get(slope.above, slope.above),
                tuple(names.get(one, one) for one in slope.below),
                slope.along,
            ),
        )
        for made, slope in slopes.items()
    )


def _all(*programs: Program) -> tuple[Definition, ...]:
    """The definitions of several programs, each tensor once."""
    found: dict[Tensor, Definition] = {}
    for program in programs:
        for made in program.definitions:
            found.setdefault(made.tensor, made)
    return tuple(found.values())


def _equation(program: Program, output: Tensor, heading: Heading, inside: Mapping[Tensor, Form]) -> Equation:
    made = program.definition(output)
    if made is None:
        raise InternalError(f"the result {output.name} has no equation; this is a bug of symderive.")
    return Equation(made, heading, inside=tuple(inside.items()))


def _with_symmetry(
    program: Program, short: Program, names: Mapping[Tensor, Tensor], targets: Sequence[Tensor]
) -> dict[Tensor, Tensor]:
    """The names, with results such as `XᵀX` declared symmetric.

    The symmetry must not rest on that of a variable, whose entries are varied one by one. What one operation
    in each equation hides, the `short` equations show.
    """
    found = dict(names)
    matrices = inverted(program)
    free = without_symmetry(program, targets)
    by_equation = symmetric_results(free) | symmetric_results(without_symmetry(short, targets))
    for made in free.definitions:
        if made.tensor.domain != "real":
            continue
        form = matrix_form(made) if made.tensor in matrices else None
        if made.tensor in by_equation or (form is not None and is_symmetric(form)):
            old = names.get(made.tensor, made.tensor)
            found[made.tensor] = Tensor(old.name, old.shape, "symmetric", old.latex_name)
    return found


def _times_shown(made: Definition, tensor: Tensor) -> int:
    """How often a matrix stands in an equation as it is printed."""
    if tensor not in tensors_of(made.body):
        return 0
    form = matrix_form(made)
    if form is None:
        return sum(node.tensor == tensor for node in entries_in(made.body))
    return sum(isinstance(part, Leaf) and part.tensor == tensor for part in walk(form))


def _written_inside(program: Program) -> dict[Tensor, Form]:
    """Short matrices that only stand under an inverse or determinant: `(XᵀX)⁻¹` needs no name."""
    matrices = inverted(program)
    uses_of: dict[Tensor, list[TensorNode]] = {}
    for node in (node for made in program.definitions for node in entries_in(made.body)):
        if node.tensor in matrices:
            uses_of.setdefault(node.tensor, []).append(node)
    found: dict[Tensor, Form] = {}
    outputs = set(program.outputs)
    for made in program.definitions:
        uses = uses_of.get(made.tensor, [])
        plain = made.pinned or made.tensor in outputs or not uses or len(uses) > LONGEST_INSIDE
        if plain or not all(isinstance(node, MatrixNode) and node.is_algebraic for node in uses):
            continue
        if sum(_times_shown(one, made.tensor) for one in program.definitions) > MOST_INSIDE:
            continue
        form = matrix_form(made)
        short = weight(made.body) <= LONGEST_INSIDE and not has_kind(made.body, MatrixNode)
        if form is not None and short:
            found[made.tensor] = form
    return found
