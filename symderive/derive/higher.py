"""`hessian` and `derivative`: tangents of the derivative one order lower."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from symderive.calculus.chain import reverse, tangents
from symderive.calculus.condense import condense, for_result
from symderive.calculus.domains import Fact
from symderive.calculus.shares import with_shares
from symderive.calculus.tidy import tidy_program
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.derivation import Derivation
from symderive.derive.finish import Chain, Result, finish
from symderive.derive.gradient import gradient, gradient_of
from symderive.derive.headings import code_name, derivative_heading
from symderive.derive.jacobian import jacobian, jacobian_of, tangents_in
from symderive.derive.layout import Layout, higher_layout
from symderive.derive.naming import Slope
from symderive.derive.problem import Problem, array_problem, elementary, scalar_problem
from symderive.errors import SymderiveError
from symderive.language.array import Array
from symderive.language.kinks import with_slope_at_kinks

_WORDS = {2: "hessian", 3: "third_derivative"}


def hessian(
    loss: Array,
    wrt: Array | Sequence[Array],
    other: Array | None = None,
    *,
    subgradient: str | float | None = None,
) -> Derivation:
    """Derive the Hessian of a scalar, a mixed second derivative, or all blocks for several variables.

    Args:
        loss: a scalar symbolic array.
        wrt: the input to differentiate with respect to; of several, all pairs are derived.
        other: the second variable; `wrt` by default.
        subgradient: the slope that is taken at kinks, as in `gradient`.

    Returns:
        a derivation; the Hessian has the axes of `wrt` followed by those of `other`. Of several variables the
        results stand row by row, and `D["w", "b"]` is the block of w and b.

    Raises:
        ShapeError: `loss` is not a scalar.
        SymderiveError: `loss` does not depend on the variables, or they are not inputs.

    >>> import numpy as np
    >>> import symderive as sd
    >>> n, d = sd.dims("n d")
    >>> X, w, y, b = sd.array("X", n, d), sd.array("w", d), sd.array("y", n), sd.array("b")
    >>> print(sd.hessian(np.sum((X @ w - y) ** 2), w).results[0])
    ∇²_w L = 2 XᵀX
    >>> print(sd.hessian(np.sum((X @ w + b - y) ** 2), [w, b])["w", "b"])
    ∇_w ∇_b L = 2 Xᵀ𝟏
    """
    loss = with_slope_at_kinks(loss, subgradient) if isinstance(loss, Array) else loss
    if isinstance(wrt, (list, tuple)):
        if other is not None:
            raise SymderiveError("Hessian: give a list of variables, or one variable and another, not both.")
        problem = scalar_problem(loss, wrt, "Hessian")
        targets = tuple(dict.fromkeys(problem.targets))
        return _raised(problem, tuple((one, two) for one in targets for two in targets))
    problem = scalar_problem(loss, (wrt, wrt if other is None else other), "Hessian")
    return _raised(problem, (problem.targets,))


def derivative(output: Array, *wrt: Array, subgradient: str | float | None = None) -> Derivation:
    """Derive the derivative with respect to several variables in turn, of any order.

    Args:
        output: a symbolic array, of any shape.
        wrt: the inputs, one for each order; one twice for a second derivative in it.
        subgradient: the slope that is taken at kinks, as in `gradient`.

    Returns:
        a derivation; the result has the axes of `output`, then those of the first variable, and so on.

    Raises:
        SymderiveError: no variable, or `output` does not depend on one.

    >>> import numpy as np
    >>> import symderive as sd
    >>> d = sd.dims("d")
    >>> w = sd.array("w", d)
    >>> print(sd.derivative(np.sum(w**4), w, w, w).results[0])
    ∂³L/∂wᵢ∂wⱼ∂wₖ = 24 δᵢⱼ δᵢₖ wᵢ
    """
    if len(wrt) < 2:
        scalar = isinstance(output, Array) and not output.ndim
        if not wrt:
            raise SymderiveError("derivative: no variable given.")
        first = gradient if scalar else jacobian
        return first(output, wrt[0], subgradient=subgradient)
    output = with_slope_at_kinks(output, subgradient) if isinstance(output, Array) else output
    what = "derivative"
    scalar = isinstance(output, Array) and not output.ndim
    problem = scalar_problem(output, wrt, what) if scalar else array_problem(output, wrt, what)
    return _raised(problem, (problem.targets,))


@dataclass(frozen=True)
class _Stage:
    """The derivatives of one order.

    Attributes:
        program: all equations so far, tidied; the outputs are those of the highest order.
        raw: the same before they were tidied.
        made: for each output, the variables that it is a derivative by.
        slopes: of what each new tensor is the derivative.
        facts: facts about domains that were used.
        earlier: the derivatives of lower order.
    """

    program: Program
    raw: Program
    made: tuple[tuple[Tensor, ...], ...]
    slopes: dict[Tensor, Slope]
    facts: dict[Fact, None]
    earlier: tuple[Tensor, ...] = ()


def _raised(problem: Problem, blocks: tuple[tuple[Tensor, ...], ...]) -> Derivation:
    """The derivatives of all `blocks`, which have one order."""
    order, fixed = len(blocks[0]), tuple(dict.fromkeys(problem.targets))
    stage = _first_stage(problem, tuple(dict.fromkeys(block[0] for block in blocks)), fixed)
    earlier: list[Result] = []
    for place in range(1, order):
        earlier += _results(problem, stage)
        wanted = tuple(dict.fromkeys(block[: place + 1] for block in blocks))
        stage = _next_stage(stage, wanted, fixed)
    kind = _WORDS.get(order, f"derivative_of_order_{order}")
    layout = higher_layout(kind, blocks[0]) if len(blocks) == 1 else Layout(
        "", "layout: each block has the axes of its first variable, then those of its second"
    )  # fmt: skip
    if problem.rank:
        layout = replace(
            layout,
            sentence=layout.sentence.replace("the axes of", f"the axes of {problem.symbol}, then of", 1),
        )
    chain = Chain(
        kind, problem, stage.program, stage.raw, tuple(_results(problem, stage)), stage.slopes, layout,
        earlier=tuple(earlier), facts=stage.facts, fixed=fixed,
        again=partial(elementary, _raised, problem, blocks),
    )  # fmt: skip
    return finish(chain, first=_lower(problem, blocks, fixed))


def _lower(problem: Problem, blocks: tuple[tuple[Tensor, ...], ...], fixed: tuple[Tensor, ...]) -> Derivation:
    """The derivation one order lower, which the check takes differences of."""
    lower = tuple(dict.fromkeys(block[:-1] for block in blocks))
    if len(lower[0]) > 1:
        return _raised(replace(problem, targets=fixed), lower)
    narrow = replace(problem, targets=tuple(block[0] for block in lower))
    return jacobian_of(narrow, fixed) if problem.rank else gradient_of(narrow, {}, fixed)


def _first_stage(problem: Problem, variables: tuple[Tensor, ...], fixed: tuple[Tensor, ...]) -> _Stage:
    if problem.rank:
        raw, slopes = tangents_in(problem, variables)
    else:
        chained = reverse(problem.start, problem.output, variables)
        raw, slopes = chained.program, {made: Slope(None, (of,)) for made, of in chained.of.items()}
    raw = with_shares(raw).needed(raw.outputs)
    slim = raw if problem.is_elementary else with_short_slopes(raw, slopes)
    tidied, used = tidy_program(slim, fixed)
    return _Stage(tidied, slim, tuple((one,) for one in variables), slopes, dict.fromkeys(used))


def with_short_slopes(program: Program, slopes: Collection[Tensor]) -> Program:
    """The equations with derivatives that are used once put into one another."""
    return condense(
        program, lambda made, n, consumer: made.tensor in slopes and for_result(made, n, consumer)
    )


def _next_stage(stage: _Stage, wanted: tuple[tuple[Tensor, ...], ...], fixed: tuple[Tensor, ...]) -> _Stage:
    """One order more: the tangents of the outputs."""
    held = dict(zip(stage.made, stage.program.outputs, strict=True))
    program, slopes, found = stage.program, dict(stage.slopes), dict[tuple[Tensor, ...], Tensor]()
    for place, variable in enumerate(dict.fromkeys(block[-1] for block in wanted)):
        mine = [block for block in wanted if block[-1] == variable]
        outputs = tuple(held[block[:-1]] for block in mine)
        start = replace(stage.program, outputs=outputs)
        known = _known_tangents(start, slopes, variable)
        made = tangents(start, outputs, variable, f"∂{len(wanted[0])}{place}·", known=known)
        there = {one.tensor for one in program.definitions}
        new = tuple(one for one in made.program.definitions if one.tensor not in there)
        program = Program(program.inputs, (*program.definitions, *new), made.program.outputs)
        slopes |= {
            tangent: _sloped(of, stage.slopes, variable)
            for tangent, of in made.of.items()
            if tangent not in slopes
        }
        found |= dict(zip(mine, made.program.outputs, strict=True))
    earlier = (*stage.earlier, *stage.program.outputs)
    raw = replace(program, outputs=(*earlier, *(found[block] for block in wanted)))
    raw = with_shares(raw).needed(raw.outputs)
    tidied, used = tidy_program(raw, fixed)
    last = tuple(found[block] for block in wanted)
    return _Stage(
        replace(tidied, outputs=last), replace(raw, outputs=last), wanted, slopes,
        {**stage.facts, **dict.fromkeys(used)}, earlier,
    )  # fmt: skip


def _known_tangents(program: Program, slopes: dict[Tensor, Slope], variable: Tensor) -> dict[Tensor, Tensor]:
    """The tangents by `variable` that a program has, by the arrays that they belong to."""
    made = {slope: tensor for tensor, slope in slopes.items() if program.definition(tensor) is not None}
    pairs = ((one.tensor, made.get(_sloped(one.tensor, slopes, variable))) for one in program.definitions)
    return {tensor: tangent for tensor, tangent in pairs if tangent is not None}


def _sloped(of: Tensor, slopes: dict[Tensor, Slope], variable: Tensor) -> Slope:
    """The derivative of `of` by one more variable."""
    known = slopes.get(of)
    return Slope(of, (variable,)) if known is None else Slope(known.above, (*known.below, variable))


def _results(problem: Problem, stage: _Stage) -> list[Result]:
    results = []
    for tensor, by in zip(stage.program.outputs, stage.made, strict=True):
        name, heading = code_name(problem.symbol, by), derivative_heading(problem.symbol, problem.rank, by)
        results.append(Result(tensor, name, heading, by, heading.latex))
    return results
