"""`jacobian`: tangents of an array of any shape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from symderive.calculus.chain import tangents
from symderive.calculus.shares import with_shares
from symderive.calculus.tidy import tidy_program
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.derivation import Derivation
from symderive.derive.finish import Chain, Result, finish
from symderive.derive.headings import code_name, derivative_heading
from symderive.derive.layout import jacobian_layout
from symderive.derive.naming import Slope
from symderive.derive.problem import Problem, array_problem, elementary, variables_of
from symderive.derive.turned import turned
from symderive.language.array import Array
from symderive.language.kinks import with_slope_at_kinks
from symderive.notation.names import text_name


def jacobian(
    output: Array,
    wrt: Array | Sequence[Array],
    *,
    layout: str = "numerator",
    subgradient: str | float | None = None,
) -> Derivation:
    """Derive the Jacobian of an array of any shape.

    Args:
        output: a symbolic array.
        wrt: the input to differentiate with respect to, or several.
        layout: `numerator`, the axes of the output first, then those of the variable; `denominator`, the
            other way round.
        subgradient: the slope that is taken at kinks, as in `gradient`.

    Returns:
        a derivation.

    Raises:
        SymderiveError: `output` does not depend on `wrt`, `wrt` is not an input, or an unknown layout.

    >>> import numpy as np
    >>> import symderive as sd
    >>> n, d, k = sd.dims("n d k")
    >>> X, w, A, B = sd.array("X", n, d), sd.array("w", d), sd.array("A", k, n), sd.array("B", d, k)
    >>> print(sd.jacobian(X @ w, w).results[0])
    ∂f/∂w = X
    >>> print(sd.jacobian(A @ X @ B, X).results[0])
    ∂vec(F)/∂vec(X)ᵀ = Bᵀ ⊗ A
    """
    output = with_slope_at_kinks(output, subgradient) if isinstance(output, Array) else output
    problem = array_problem(output, variables_of(wrt), "Jacobian")
    return jacobian_of(problem, problem.targets, layout)


def jacobian_of(problem: Problem, fixed: Sequence[Tensor], layout: str = "numerator") -> Derivation:
    """The Jacobian; of the arrays in `fixed` no domain is used, because derivatives are taken in them."""
    output, targets = problem.output, problem.targets
    arranged = jacobian_layout(layout, text_name(problem.symbol), (*output.shape, *targets[0].shape), targets)
    raw, slopes = tangents_in(problem, targets)
    if arranged.turned:
        raw = turned(raw, range(len(targets)), output.rank)
        slopes |= {made: Slope(output, (of,)) for made, of in zip(raw.outputs, targets, strict=True)}
    steps, used = tidy_program(raw, fixed)
    results = []
    for tensor, target in zip(raw.outputs, targets, strict=True):
        made_of = derivative_heading(problem.symbol, output.rank, (target,), fraction=True)
        heading = made_of.whole if arranged.turned else made_of
        results.append(
            Result(tensor, code_name(problem.symbol, (target,)), heading, (target,), heading.latex)
        )
    return finish(
        Chain(
            "jacobian", problem, steps, raw, tuple(results), slopes, arranged,
            facts=dict.fromkeys(used), fixed=tuple(fixed),
            again=partial(elementary, jacobian_of, problem, fixed, layout),
        )
    )  # fmt: skip


def tangents_in(problem: Problem, targets: Sequence[Tensor]) -> tuple[Program, dict[Tensor, Slope]]:
    """The equations with the tangents in each of `targets`, and of what they are the derivatives."""
    start, slopes = problem.start, dict[Tensor, Slope]()
    definitions, outputs = list(start.definitions), list[Tensor]()
    for place, target in enumerate(targets):
        made = tangents(start, start.outputs, target, f"∂{place}·")
        slopes |= {tangent: Slope(of, (target,)) for tangent, of in made.of.items()}
        definitions += made.program.definitions[len(start.definitions) :]
        outputs += made.program.outputs
    program = Program(start.inputs, tuple(definitions), tuple(outputs))
    return with_shares(program).needed(program.outputs), slopes
