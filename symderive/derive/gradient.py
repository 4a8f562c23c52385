"""`gradient` and `hessian`: the chain rule, then names, then the closed form."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from symderive.calculus.chain import Chained, active_tensors, forward, reverse
from symderive.calculus.condense import (
    condense,
    entries_in,
    for_result,
    for_result_of,
    for_steps,
    inverted,
    powers_joined,
    rename,
    rename_all,
    weight,
    without_symmetry,
)
from symderive.calculus.factors import without_factors
from symderive.calculus.opened import opened
from symderive.calculus.sharing import with_shared
from symderive.calculus.tidy import Fact, symmetric_results, tidy_program
from symderive.calculus.unit_axes import drop_unit_axes
from symderive.core.dims import shape_text
from symderive.core.identity import tensors_of
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Tensor, TensorNode
from symderive.core.program import Definition, Program
from symderive.derive.branches import within_branches
from symderive.derive.conditions import Condition, conditions_of, factor_facts
from symderive.derive.derivation import Derivation, Equation, Step
from symderive.derive.naming import Slope, chosen_names
from symderive.derive.structures import FreeEntries, check_structured, in_free_entries
from symderive.derive.structures import structured as with_structure
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array, program_of
from symderive.notation.composed import composed
from symderive.notation.forms import Form
from symderive.notation.matrix_products import is_symmetric
from symderive.notation.names import latex_name, text_name
from symderive.notation.recover import matrix_form

LONGEST_STATEMENT = 24
LONGEST_INSIDE = 4


def gradient(
    loss: Array,
    wrt: Array | Sequence[Array],
    *,
    structured: bool = False,
    adjoints: Mapping[str, tuple[str, str]] | None = None,
) -> Derivation:
    r"""Derive the gradient of a scalar.

    Args:
        loss: a scalar symbolic array.
        wrt: the input to differentiate with respect to, or several.
        structured: of a symmetric, diagonal, triangular or skew-symmetric variable, whether to give the
            gradient in its free entries, which vary together, and not that of a matrix of no structure.
        adjoints: names for the derivatives with respect to named intermediates, e.g.
            `{"z1": ("delta1", r"\delta^{1}")}`.

    Returns:
        a derivation; the gradient has the shape of its variable (denominator layout). The entries of a
        structured variable are varied one by one, as those of any other matrix; the gradient in the free
        entries is printed beside it, as `.structured`.

    Raises:
        ShapeError: `loss` is not a scalar.
        SymderiveError: `loss` does not depend on `wrt`, or `wrt` is not an input; `structured` is asked of
            variables that have no structure.

    >>> import numpy as np
    >>> import symderive as sd
    >>> n, d = sd.dims("n d")
    >>> X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    >>> print(sd.gradient(np.sum((X @ w - y) ** 2), w).results[0])
    ∇_w L = 2 Xᵀ(Xw − y)
    >>> S = sd.array("S", d, d, domain="spd")
    >>> print(sd.gradient(np.linalg.slogdet(S)[1], S, structured=True).results[0])
    ∇ˢʸᵐ_S L = 2S⁻¹ − S⁻¹ ⊙ I
    """
    variables = tuple(wrt) if isinstance(wrt, (list, tuple)) else (wrt,)
    targets = tuple(variable.tensor for variable in variables if isinstance(variable, Array))
    if structured:
        check_structured(targets)
        return _gradient(loss, variables, adjoints or {}, targets, free=True)
    made = _gradient(loss, variables, adjoints or {}, targets)
    if not with_structure(targets):
        return made
    return replace(made, structured=_gradient(loss, variables, adjoints or {}, targets, free=True))


def _gradient(
    loss: Array,
    variables: tuple[Array, ...],
    adjoints: Mapping[str, tuple[str, str]],
    fixed: Sequence[Tensor],
    free: bool = False,
) -> Derivation:
    """The gradient, in the free entries if asked for.

    Of the arrays in `fixed` no domain is used, because derivatives are taken in them.
    """
    written, start = _forward_program(loss, variables, "gradient")
    targets = tuple(variable.tensor for variable in variables)
    output = start.outputs[0]
    chained = reverse(start, output, targets)
    chained = _with_adjoint_names(chained, adjoints)
    entries: FreeEntries | None = None
    if free:
        chained, entries = in_free_entries(chained, targets)
    facts: dict[Fact, None] = {}
    steps, used = tidy_program(chained.program, fixed)
    facts.update(dict.fromkeys(used))
    chosen = set(adjoints)
    outputs = set(chained.program.outputs)
    keep = {made for made, of in chained.of.items() if of.name in chosen and made not in outputs}
    return _finish("gradient", loss, written, start, chained, steps, targets, facts, keep, fixed, entries)


def hessian(loss: Array, wrt: Array, other: Array | None = None) -> Derivation:
    """Derive the Hessian of a scalar, or a mixed second derivative.

    Args:
        loss: a scalar symbolic array.
        wrt: the input to differentiate with respect to.
        other: the second variable; `wrt` by default.

    Returns:
        a derivation; the Hessian has the axes of `wrt` followed by those of `other`.

    Raises:
        ShapeError: `loss` is not a scalar.
        SymderiveError: `loss` does not depend on the variables, or they are not inputs.

    >>> import numpy as np
    >>> import symderive as sd
    >>> n, d = sd.dims("n d")
    >>> X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    >>> print(sd.hessian(np.sum((X @ w - y) ** 2), w).results[0])
    ∇²_w L = 2 XᵀX
    """
    second = wrt if other is None else other
    written, start = _forward_program(loss, (wrt, second), "Hessian")
    first = reverse(start, start.outputs[0], (wrt.tensor,))
    slim = first.program.needed(first.program.outputs)
    facts: dict[Fact, None] = {}
    slim = condense(
        slim, lambda made, count, consumer: made.tensor in first.of and for_result(made, count, consumer)
    )
    slim, used = tidy_program(slim, fixed=(wrt.tensor, second.tensor))
    facts.update(dict.fromkeys(used))
    if second.tensor not in active_tensors(slim, (second.tensor,)) or not _depends(slim, second.tensor):
        return _zero_hessian(loss, written, start, wrt, second)
    chained = forward(slim, slim.outputs[0], second.tensor)
    program = chained.program.needed(chained.program.outputs)
    steps, used = tidy_program(program, fixed=(wrt.tensor, second.tensor))
    facts.update(dict.fromkeys(used))
    of = {tangent: tensor for tangent, tensor in chained.of.items() if tensor not in first.of}
    made = _finish(
        "hessian", loss, written, start, Chained(program, of), steps, (wrt.tensor, second.tensor), facts, ()
    )
    return replace(made, first=_gradient(loss, (wrt,), {}, (wrt.tensor, second.tensor)))


def _depends(program: Program, tensor: Tensor) -> bool:
    active = active_tensors(program, (tensor,))
    return any(output in active for output in program.outputs)


def _zero_hessian(loss: Array, written: Program, start: Program, wrt: Array, second: Array) -> Derivation:
    import sympy

    from symderive.language.array import free_axes

    shape = wrt.shape + second.shape
    tensor = Tensor("_zero", shape)
    made = Definition(
        tensor, free_axes(shape), sympy.S.Zero, "chain rule", f"the gradient does not contain {second.name}"
    )
    program = Program(start.inputs, (*start.definitions, made), (tensor,))
    targets = (wrt.tensor, second.tensor)
    made_zero = _finish("hessian", loss, written, start, Chained(program, {}), program, targets, {}, ())
    return replace(made_zero, first=gradient(loss, wrt))


def _forward_program(loss: Array, variables: tuple[Array, ...], what: str) -> tuple[Program, Program]:
    """The equations as written, one operation each, and fused to the steps of a derivation."""
    if not isinstance(loss, Array):
        raise SymderiveError(
            f"{what}: the loss is a {type(loss).__name__}, not a symbolic array; "
            "build it from symderive.array."
        )
    if loss.ndim and any(size != 1 for size in loss.shape):
        raise ShapeError(f"{what}: the loss has shape {shape_text(loss.shape)}; sum it to a scalar.")
    program = program_of(loss)
    if not variables:
        raise SymderiveError(f"{what}: no variable given.")
    inputs = set(program.inputs)
    for variable in variables:
        if not isinstance(variable, Array):
            raise SymderiveError(
                f"{what}: the variable is a {type(variable).__name__}, not a symbolic array."
            )
        if variable.definition is not None:
            raise SymderiveError(
                f"{what}: {variable.label} is not an input; differentiate with respect to declared arrays."
            )
        if variable.tensor not in inputs:
            raise SymderiveError(f"{what}: the loss does not contain {variable.name}.")
    if not program.definitions:
        raise SymderiveError(f"{what}: the loss is the variable {loss.name} itself; its derivative is 1.")
    if loss.ndim:
        program = program_of(loss.sum())
    written = with_shared(within_branches(drop_unit_axes(program)))
    return written, _inputs_as_used(without_factors(condense(opened(powers_joined(written)), for_steps)))


def _inputs_as_used(program: Program) -> Program:
    """The inputs in the order in which the equations use them; those that have cancelled stand last."""
    order: dict[Tensor, None] = {}
    for made in program.definitions:
        order.update(dict.fromkeys(sorted(tensors_of(made.body), key=lambda tensor: str(tensor.name))))
    given = set(program.inputs)
    used = [tensor for tensor in order if tensor in given]
    return Program(
        (*used, *(t for t in program.inputs if t not in order)), program.definitions, program.outputs
    )


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


def _finish(
    kind: str,
    loss: Array,
    written: Program,
    start: Program,
    chained: Chained,
    steps: Program,
    targets: tuple[Tensor, ...],
    facts: dict[Fact, None],
    keep: Collection[Tensor],
    fixed: Sequence[Tensor] = (),
    entries: FreeEntries | None = None,
) -> Derivation:
    """Names, closed form, conditions: the same for every kind of derivative."""
    needed = steps.needed(steps.outputs)
    short = needed
    slopes = chained.of.keys() - set(keep)
    choice = for_result_of(slopes, set(needed.outputs))
    if entries is not None:
        choice = entries.choice(choice)
    for _ in range(2):  # cancelling can leave a definition with a single use
        short, used = tidy_program(condense(short, choice, keep), fixed)
        facts.update(dict.fromkeys(used))
    symbol = loss.name if loss.definition is not None and loss.definition.pinned else _loss_symbol(start)
    adjoint_of: dict[Tensor, Slope] = {}
    for made, of in chained.of.items():
        if made not in keep:
            adjoint_of[made] = (None, of) if kind == "gradient" else (of, targets[1])
    names = chosen_names(Program(start.inputs, _all(start, needed), needed.outputs), adjoint_of, symbol)
    names = {**names, **_output_names(kind, needed, targets, symbol)}
    names.update({} if entries is None else entries.names(short, symbol))
    names = _with_symmetry(Program(start.inputs, _all(start, needed), needed.outputs), names, targets)
    original, needed, short, as_written = rename_all((start, needed, short, written), names)
    headings = tuple(_heading(kind, symbol, targets, place) for place in range(len(needed.outputs)))
    inner: dict[Tensor, tuple[str, str]] = {}
    if entries is not None:
        headings = entries.headings(headings, targets, symbol)
        inner = entries.inner_headings(names, symbol)
    conditions = (
        conditions_of(as_written, targets)
        + factor_facts(as_written, original)
        + tuple(_fact(one) for one in facts)
    )
    inside = _written_inside(short)
    results = tuple(
        replace(_equation(short, out, head), inside=tuple(inside.items()))
        for out, head in zip(short.outputs, headings, strict=True)
    )
    hidden = {*short.outputs, *inside}
    lets = tuple(
        Equation(made, inner.get(made.tensor), inside=tuple(inside.items()))
        for made in short.definitions
        if made.tensor not in hidden
    )
    shown = replace(_loss_equation(original, symbol), written=composed(as_written))
    return Derivation(
        kind,
        shown,
        _steps(original, needed, headings, inner),
        lets,
        results,
        conditions,
        short,
        original,
        targets,
        moves="free" if entries is not None else "alone",
        written=as_written,
    )


def _loss_symbol(program: Program) -> str:
    """A name for the loss that nothing else has."""
    return next(letter for letter in ("L", "J", "F", "ell", "loss_") if letter not in program.names)


def _with_symmetry(
    program: Program, names: Mapping[Tensor, Tensor], targets: Sequence[Tensor]
) -> dict[Tensor, Tensor]:
    """The names, with results such as `XᵀX` declared symmetric.

    The symmetry must not rest on that of a variable, whose entries are varied one by one.
    """
    found = dict(names)
    matrices = inverted(program)
    free = without_symmetry(program, targets)
    by_equation = symmetric_results(free)
    for made in free.definitions:
        if made.tensor.domain != "real":
            continue
        form = matrix_form(made) if made.tensor in matrices else None
        if made.tensor in by_equation or (form is not None and is_symmetric(form)):
            old = names.get(made.tensor, made.tensor)
            found[made.tensor] = Tensor(old.name, old.shape, "symmetric", old.latex_name)
    return found


def _written_inside(program: Program) -> dict[Tensor, Form]:
    """Short matrices that only stand under an inverse or determinant: `(XᵀX)⁻¹` needs no name."""
    matrices = inverted(program)
    uses_of: dict[Tensor, list[TensorNode]] = {}
    for node in (node for made in program.definitions for node in entries_in(made.body)):
        if node.tensor in matrices:
            uses_of.setdefault(node.tensor, []).append(node)
    found: dict[Tensor, Form] = {}
    for made in program.definitions:
        uses = uses_of.get(made.tensor, [])
        plain = made.pinned or made.tensor in program.outputs or not uses or len(uses) > LONGEST_INSIDE
        if plain or not all(isinstance(node, MatrixNode) for node in uses):
            continue
        form = matrix_form(made)
        short = weight(made.body) <= LONGEST_INSIDE and not made.body.has(MatrixNode)
        if form is not None and short:
            found[made.tensor] = form
    return found


def _all(start: Program, needed: Program) -> tuple[Definition, ...]:
    there = {made.tensor for made in start.definitions}
    return start.definitions + tuple(made for made in needed.definitions if made.tensor not in there)


def _output_names(
    kind: str, program: Program, targets: tuple[Tensor, ...], symbol: str
) -> dict[Tensor, Tensor]:
    if kind == "hessian":
        first, second = targets
        (output,) = program.outputs
        return {output: Tensor(f"d2{symbol}_d{first.name}_d{second.name}", output.shape)}
    return {
        output: Tensor(
            f"d{symbol}_d{target.name}",
            output.shape,
            "real",
            rf"\nabla_{{{_name(target)}}} {latex_name(symbol)}",
        )
        for output, target in zip(program.outputs, targets, strict=True)
    }


def _name(tensor: Tensor) -> str:
    return tensor.latex_name or latex_name(tensor.name)


def _heading(kind: str, symbol: str, targets: tuple[Tensor, ...], place: int) -> tuple[str, str]:
    if kind == "gradient":
        target = targets[place]
        return (
            rf"\nabla_{{{_name(target)}}} {latex_name(symbol)}",
            f"∇_{text_name(target.name)} {text_name(symbol)}",
        )
    first, second = targets
    if first == second:
        return (
            rf"\nabla^2_{{{_name(first)}}} {latex_name(symbol)}",
            f"∇²_{text_name(first.name)} {text_name(symbol)}",
        )
    return (
        rf"\nabla_{{{_name(first)}}} \nabla_{{{_name(second)}}} {latex_name(symbol)}",
        f"∇_{text_name(first.name)} ∇_{text_name(second.name)} {text_name(symbol)}",
    )


def _equation(program: Program, output: Tensor, heading: tuple[str, str]) -> Equation:
    made = program.definition(output)
    if made is None:
        raise SymderiveError(f"{output.name} has no equation.")
    return Equation(made, heading)


def _loss_equation(original: Program, symbol: str) -> Equation:
    whole = original
    if _length_written_out(original) <= LONGEST_STATEMENT + 6:  # putting in can also make it shorter
        whole = condense(original, lambda made, count, consumer: True)
        if weight(whole.definitions[-1].body) > LONGEST_STATEMENT:
            whole = original
    return Equation(whole.definitions[-1], (latex_name(symbol), text_name(symbol)))


def _length_written_out(program: Program) -> int:
    """The number of entries in the last equation with all others put in, before anything cancels."""
    lengths: dict[Tensor, int] = {}
    for made in program.definitions:
        lengths[made.tensor] = sum(lengths.get(entry.tensor, 1) for entry in entries_in(made.body))
    return lengths[program.definitions[-1].tensor]


def _steps(
    original: Program,
    program: Program,
    headings: Sequence[tuple[str, str]],
    inner: Mapping[Tensor, tuple[str, str]],
) -> tuple[Step, ...]:
    forward_names = {made.tensor for made in original.definitions}
    made_steps = []
    for made in original.definitions[:-1]:
        made_steps.append(Step("definition", Equation(made), "let"))
    outputs = {**inner, **dict(zip(program.outputs, headings, strict=True))}
    for made in program.definitions:
        if made.tensor not in forward_names:
            made_steps.append(Step(made.rule, Equation(made, outputs.get(made.tensor)), made.why))
    return tuple(made_steps)


def _fact(fact: Fact) -> Condition:
    return Condition(*fact, "fact")
