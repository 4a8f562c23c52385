"""`directional` and `hessian_vector_product`: derivatives along a direction, without a matrix of slopes."""

from __future__ import annotations

from functools import partial
from typing import Any

from symderive.calculus.chain import reverse, tangents
from symderive.calculus.shares import with_shares
from symderive.calculus.tidy import tidy_program
from symderive.core.dims import same_size, shape_text
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.derivation import Derivation
from symderive.derive.finish import Chain, Result, finish
from symderive.derive.gradient import gradient_of
from symderive.derive.headings import Heading, code_name, derivative_heading, latex_of, text_of
from symderive.derive.higher import with_short_slopes
from symderive.derive.layout import Layout
from symderive.derive.naming import Slope
from symderive.derive.problem import Problem, array_problem, elementary, scalar_problem
from symderive.errors import ShapeError, SymderiveError
from symderive.language.array import Array
from symderive.language.declaring import array
from symderive.language.kinks import with_slope_at_kinks
from symderive.notation.names import latex_name, text_name


def directional(
    output: Array, wrt: Array, direction: Array | str, *, subgradient: str | float | None = None
) -> Derivation:
    """Derive the derivative along a direction: `⟨∇_w L, v⟩` of a scalar, `(∂f/∂w) v` of an array.

    It comes from one forward pass, in which no array is larger than those of the loss.

    Args:
        output: a symbolic array of any shape.
        wrt: the input that moves.
        direction: a declared array of the shape of `wrt`, or a name for one.
        subgradient: the slope that is taken at kinks, as in `gradient`.

    Returns:
        a derivation of the shape of `output`.

    Raises:
        ShapeError: the direction has another shape.
        SymderiveError: `output` does not depend on `wrt`, or the direction is no declared array.

    >>> import numpy as np
    >>> import symderive as sd
    >>> n, d = sd.dims("n d")
    >>> X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    >>> print(sd.directional(np.sum((X @ w - y) ** 2), w, "v").results[0])
    ⟨∇_w L, v⟩ = 2(Xw − y)ᵀXv
    """
    what = "directional derivative"
    output = with_slope_at_kinks(output, subgradient) if isinstance(output, Array) else output
    scalar = isinstance(output, Array) and not output.ndim
    problem = scalar_problem(output, (wrt,), what) if scalar else array_problem(output, (wrt,), what)
    along = _direction(direction, wrt, problem, what)
    return _directional(problem.with_inputs(along), along)


def _directional(problem: Problem, along: Tensor) -> Derivation:
    fixed = problem.targets
    chained = tangents(problem.start, (problem.output,), fixed[0], "∂v·", along=along)
    raw = chained.program.needed(chained.program.outputs)
    steps, used = tidy_program(raw, fixed)
    slopes = {made: Slope(of, (), along) for made, of in chained.of.items()}
    if not problem.rank:
        slopes |= {made: Slope(None, (), along) for made, of in chained.of.items() if of == problem.output}
    result = _result(problem, raw.outputs[0], fixed[0], along)
    chain = Chain(
        "directional_derivative", problem, steps, raw, (result,), slopes, _shaped_like(problem),
        facts=dict.fromkeys(used), fixed=fixed, direction=along,
        again=partial(elementary, _directional, problem, along),
    )  # fmt: skip
    return finish(chain)


def hessian_vector_product(
    loss: Array, wrt: Array, direction: Array | str, *, subgradient: str | float | None = None
) -> Derivation:
    """Derive the Hessian of a scalar times a direction, of the shape of the variable.

    It is the forward pass along the direction over the equations of the gradient, so that the Hessian itself
    is never formed (Pearlmutter, Neural Computation 6, 1994).

    Args:
        loss: a scalar symbolic array.
        wrt: the input to differentiate with respect to.
        direction: a declared array of the shape of `wrt`, or a name for one.
        subgradient: the slope that is taken at kinks, as in `gradient`.

    Returns:
        a derivation of the shape of `wrt`.

    Raises:
        ShapeError: `loss` is not a scalar, or the direction has another shape.
        SymderiveError: `loss` does not depend on `wrt`, or the direction is no declared array.

    >>> import numpy as np
    >>> import symderive as sd
    >>> n, d = sd.dims("n d")
    >>> X, w, y = sd.array("X", n, d), sd.array("w", d), sd.array("y", n)
    >>> print(sd.hessian_vector_product(np.sum((X @ w - y) ** 2), w, "v").results[0])
    ∇²_w L v = 2 XᵀXv
    """
    what = "Hessian-vector product"
    loss = with_slope_at_kinks(loss, subgradient) if isinstance(loss, Array) else loss
    problem = scalar_problem(loss, (wrt,), what)
    along = _direction(direction, wrt, problem, what)
    return _hessian_vector_product(problem.with_inputs(along), along)


def _hessian_vector_product(problem: Problem, along: Tensor) -> Derivation:
    fixed = problem.targets
    backward = reverse(problem.start, problem.output, fixed)
    adjoints = with_shares(backward.program).needed(backward.program.outputs)
    short = adjoints if problem.is_elementary else with_short_slopes(adjoints, backward.of)
    slim, facts = tidy_program(short, fixed)
    chained = tangents(slim, slim.outputs, fixed[0], "∂v·", along=along)
    (gradient,) = slim.outputs
    whole = Program(chained.program.inputs, chained.program.definitions, (gradient, *chained.program.outputs))
    raw = with_shares(whole).needed(whole.outputs)
    steps, used = tidy_program(raw, fixed)
    slopes = {made: Slope(None, (of,)) for made, of in backward.of.items()}
    slopes |= {made: _along(of, slopes, along) for made, of in chained.of.items()}
    heading = derivative_heading(problem.symbol, 0, fixed)
    earlier = Result(gradient, code_name(problem.symbol, fixed), heading, fixed, heading.latex)
    result = _product(problem, chained.program.outputs[0], fixed[0], along)
    name = text_name(str(fixed[0].name))
    chain = Chain(
        "hessian_vector_product", problem, steps, raw, (result,), slopes,
        Layout("", f"layout: the product has the shape of {name}"),
        earlier=(earlier,), facts=dict.fromkeys((*facts, *used)), fixed=fixed, direction=along,
        again=partial(elementary, _hessian_vector_product, problem, along),
    )  # fmt: skip
    return finish(chain, first=gradient_of(problem, {}, fixed))


def _along(of: Tensor, slopes: dict[Tensor, Slope], along: Tensor) -> Slope:
    known = slopes.get(of)
    return Slope(of, (), along) if known is None else Slope(known.above, known.below, along)


def _direction(direction: Any, wrt: Array, problem: Problem, what: str) -> Tensor:
    """The tensor of the direction.

    Raises:
        ShapeError: it has another shape than the variable.
        SymderiveError: it is no declared array, or its name is that of another one.
    """
    if isinstance(direction, str):
        made = array(direction, *wrt.shape)
        if made.tensor.name in problem.written.names:
            raise SymderiveError(
                f"{what}: the loss has an array {direction} already; give the direction another name, "
                "or the array itself."
            )
        return made.tensor
    if not isinstance(direction, Array) or direction.definition is not None:
        label = direction.label if isinstance(direction, Array) else f"a {type(direction).__name__}"
        raise SymderiveError(f"{what}: the direction is {label}; give a declared array, or a name for one.")
    tensor = direction.tensor
    fits = tensor.rank == wrt.ndim and all(map(same_size, tensor.shape, wrt.shape))
    if not fits:
        raise ShapeError(
            f"{what}: the direction {tensor.name} has shape {shape_text(tensor.shape)}, but {wrt.name} has "
            f"shape {shape_text(wrt.shape)}; declare {tensor.name} with the shape of {wrt.name}."
        )
    if tensor not in problem.written.inputs and tensor.name in problem.written.names:
        raise SymderiveError(
            f"{what}: the loss has another array {tensor.name}; give the direction another name."
        )
    return tensor


def _shaped_like(problem: Problem) -> Layout:
    name = text_name(problem.symbol)
    return Layout("", f"layout: the derivative has the shape of {name}" if problem.rank else "")


def _result(problem: Problem, tensor: Tensor, wrt: Tensor, along: Tensor) -> Result:
    """`⟨∇_w L, v⟩` or `(∂f/∂w) v`."""
    v, v_text = latex_of(along), text_of(along)
    if problem.rank:
        of = derivative_heading(problem.symbol, problem.rank, (wrt,))
        heading = Heading(*_applied(of, wrt, v, v_text, "(", ")"))
    else:
        of = derivative_heading(problem.symbol, 0, (wrt,))
        heading = Heading(rf"\langle {of.latex}, {v} \rangle", f"⟨{of.text}, {v_text}⟩")
    name = f"{problem.symbol}_along_{along.name}"
    return Result(tensor, name, heading, (wrt,), rf"D_{{{v}}} {latex_name(problem.symbol)}")


def _product(problem: Problem, tensor: Tensor, wrt: Tensor, along: Tensor) -> Result:
    """`∇²_w L v`; `∇²_W L[V]` where the variable is no vector."""
    of = derivative_heading(problem.symbol, 0, (wrt, wrt))
    latex, text = _applied(of, wrt, latex_of(along), text_of(along), "", "")
    name = f"{code_name(problem.symbol, (wrt,))}_along_{along.name}"
    return Result(tensor, name, Heading(latex, text), (wrt, wrt), latex)


def _applied(of: Heading, wrt: Tensor, v: str, v_text: str, left: str, right: str) -> tuple[str, str]:
    """A derivative applied to a direction: a product with a vector, brackets around an array."""
    if wrt.rank == 1:
        return rf"{of.latex}\, {v}", f"{left}{of.text}{right} {v_text}"
    return f"{of.latex}[{v}]", f"{left}{of.text}{right}[{v_text}]"
