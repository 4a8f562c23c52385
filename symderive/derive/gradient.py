"""`gradient`: adjoints backward, then names, then the closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from symderive.calculus.chain import Chained, reverse
from symderive.calculus.condense import rename
from symderive.calculus.shares import with_shares
from symderive.calculus.tidy import tidy_program
from symderive.core.nodes import Tensor
from symderive.derive.derivation import Derivation
from symderive.derive.finish import Chain, Result, finish
from symderive.derive.headings import Heading, code_name, derivative_heading, latex_of
from symderive.derive.layout import check_layout, gradient_layout
from symderive.derive.naming import Slope
from symderive.derive.problem import Problem, elementary, scalar_problem, variables_of
from symderive.derive.structures import FreeEntries, check_structured, in_free_entries
from symderive.derive.structures import structured as with_structure
from symderive.derive.turned import turned
from symderive.errors import SymderiveError
from symderive.language.array import Array
from symderive.language.kinks import with_slope_at_kinks
from symderive.notation.names import latex_name


def gradient(
    loss: Array,
    wrt: Array | Sequence[Array],
    *,
    structured: bool = False,
    layout: str = "denominator",
    subgradient: str | float | None = None,
    adjoints: Mapping[str, tuple[str, str]] | None = None,
) -> Derivation:
    r"""Derive the gradient of a scalar.

    Args:
        loss: a scalar symbolic array.
        wrt: the input to differentiate with respect to, or several.
        structured: of a symmetric, diagonal, triangular or skew-symmetric variable, whether to give the
            gradient in its free entries, which vary together, and not that of a matrix of no structure.
        layout: `denominator`, the gradient has the shape of its variable; `numerator`, its axes are reversed,
            and that of a vector is a row of shape 1×d.
        subgradient: the slope that is taken at kinks: `"zero"` (by default), `"left"`, `"middle"`, or
            `"right"`; or the share of the slope from the right, 0, 0.5 or 1. The conditions say it. Where a
            maximum over an axis is attained several times, the derivative is the mean over these places.
        adjoints: names for the derivatives with respect to named intermediates, e.g.
            `{"z1": ("delta1", r"\delta^{1}")}`.

    Returns:
        a derivation. The entries of a structured variable are varied one by one, as those of any other
        matrix; the gradient in the free entries is printed beside it, as `.structured`.

    Raises:
        ShapeError: `loss` is not a scalar.
        SymderiveError: `loss` does not depend on `wrt`, `wrt` is not an input, or an unknown layout;
            `structured` is asked of variables that have no structure, or in numerator layout.

    >>> import numpy as np
    >>> import symderive as sd
    >>> n, d = sd.dims("n d")
    >>> X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    >>> loss = np.sum((X @ w - y) ** 2)
    >>> print(sd.gradient(loss, w).results[0])
    ∇_w L = 2 Xᵀ(Xw − y)
    >>> print(sd.gradient(loss, w, layout="numerator").results[0])
    ∂L/∂w = 2(Xw − y)ᵀX
    >>> S = sd.array("S", d, d, domain="spd")
    >>> print(sd.gradient(np.linalg.slogdet(S)[1], S, structured=True).results[0])
    ∇ˢʸᵐ_S L = 2S⁻¹ − S⁻¹ ⊙ I
    """
    loss = with_slope_at_kinks(loss, subgradient) if isinstance(loss, Array) else loss
    problem = scalar_problem(loss, variables_of(wrt), "gradient")
    targets = problem.targets
    if structured:
        check_structured(targets)
        if check_layout(layout) == "numerator":
            raise SymderiveError(
                "gradient in the free entries: it has the shape of its variable; leave layout out."
            )
        return gradient_of(problem, adjoints or {}, targets, layout, True)
    made = gradient_of(problem, adjoints or {}, targets, layout)
    if made.layout.turned or not with_structure(targets):
        return made
    return replace(made, structured=gradient_of(problem, adjoints or {}, targets, layout, True))


def gradient_of(
    problem: Problem,
    adjoints: Mapping[str, tuple[str, str]],
    fixed: Sequence[Tensor],
    layout: str = "denominator",
    free: bool = False,
) -> Derivation:
    """The gradient, in the free entries if asked for.

    Of the arrays in `fixed` no domain is used, because derivatives are taken in them.
    """
    targets = problem.targets
    arranged = gradient_layout(layout, targets)
    backward = reverse(problem.start, problem.output, targets)
    chained = _with_adjoint_names(Chained(with_shares(backward.program), backward.of), adjoints)
    outputs = chained.program.outputs
    keep = {made for made, of in chained.of.items() if of.name in adjoints and made not in set(outputs)}
    slopes = {made: Slope(None, (of,)) for made, of in chained.of.items()}
    entries: FreeEntries | None = None
    if free:
        chained, entries = in_free_entries(chained, targets)
    raw = turned(chained.program, range(len(outputs))) if arranged.turned else chained.program
    steps, used = tidy_program(raw, fixed)
    whole = {made: Slope(None, (of,)) for made, of in zip(raw.outputs, targets, strict=True)}
    slopes |= {} if free else whole
    results = []
    for tensor, target in zip(raw.outputs, targets, strict=True):
        made_of = derivative_heading(problem.symbol, 0, (target,), fraction=arranged.turned)
        heading = made_of.whole if arranged.turned else made_of
        if entries is not None and target in entries.gradients:
            heading = Heading(*entries.heading(target, problem.symbol))
        latex = rf"\nabla_{{{latex_of(target)}}} {latex_name(problem.symbol)}"
        results.append(Result(tensor, code_name(problem.symbol, (target,)), heading, (target,), latex))
    return finish(
        Chain(
            "gradient", problem, steps, raw, tuple(results), slopes, arranged,
            facts=dict.fromkeys(used), keep=keep, fixed=tuple(fixed),
            entries=entries,
            again=partial(elementary, gradient_of, problem, adjoints, fixed, layout, free),
        )
    )  # fmt: skip


def _with_adjoint_names(chained: Chained, names: Mapping[str, tuple[str, str]]) -> Chained:
    outputs = set(chained.program.outputs)
    chosen = {
        adjoint: Tensor(names[of.name][0], adjoint.shape, "real", names[of.name][1])
        for adjoint, of in chained.of.items()
        if of.name in names and adjoint not in outputs
    }
    if not chosen:
        return chained
    program = rename(chained.program, chosen)
    return Chained(program, {chosen.get(adjoint, adjoint): of for adjoint, of in chained.of.items()})
