"""In what order the axes of a derivative stand, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symderive.core.dims import shape_text
from symderive.core.nodes import Tensor
from symderive.errors import SymderiveError, did_you_mean
from symderive.notation.names import text_name

LAYOUTS = ("denominator", "numerator")


@dataclass(frozen=True)
class Layout:
    """A convention for the axes.

    Attributes:
        name: `denominator` or `numerator`; empty where there is nothing to choose.
        sentence: what the output says about it; empty for nothing.
        turned: whether the axes stand in the reverse of the usual order.
    """

    name: str = ""
    sentence: str = ""
    turned: bool = False


def check_layout(name: str) -> str:
    """The name of a layout.

    Raises:
        SymderiveError: it is unknown.

    >>> check_layout("numerator")
    'numerator'
    """
    if name not in LAYOUTS:
        raise SymderiveError(
            f'layout: "{name}" is not known; it is "denominator" or "numerator"'
            f"{did_you_mean(str(name), LAYOUTS)}"
        )
    return name


def gradient_layout(name: str, targets: Sequence[Tensor]) -> Layout:
    """The layout of a gradient: of the shape of its variable, or transposed."""
    check_layout(name)
    names = _listed(targets)
    several = len(targets) > 1
    if name == "denominator":
        whose = (
            "each gradient has the shape of its variable"
            if several
            else f"the gradient has the shape of {names}"
        )
        return Layout(name, f"denominator layout: {whose}")
    if several:
        return Layout(name, "numerator layout: each derivative is the transpose of the gradient", True)
    row = "a row" if targets[0].rank == 1 else "the transpose of the gradient"
    return Layout(name, f"numerator layout: ∂L/∂{names} is {row}", True)


def jacobian_layout(name: str, output: str, shape: Sequence[object], targets: Sequence[Tensor]) -> Layout:
    """The layout of a Jacobian: the axes of the output first, or those of the variable."""
    check_layout(name)
    if len(shape) == sum(len(one.shape) for one in targets[:1]):
        whose = "of its variable" if len(targets) > 1 else f"of {_listed(targets)}"
        return Layout("", f"layout: {output} is a number, so its derivative has the shape {whose}")
    first, then = (output, _listed(targets)) if name == "numerator" else (_listed(targets), output)
    own = len(shape) - len(targets[0].shape)
    arranged = shape if name == "numerator" else (*shape[own:], *shape[:own])
    axes = f" ({_shape(arranged)})" if len(targets) == 1 else ""
    return Layout(
        name, f"{name} layout: the axes of {first} first, then those of {then}{axes}", name == "denominator"
    )


def higher_layout(kind: str, targets: Sequence[Tensor]) -> Layout:
    """The axes of a derivative of higher order: those of the variables in order."""
    names = [text_name(str(one.name)) for one in targets]
    if len(set(names)) > 1:
        return Layout("", f"layout: the axes of {', then of '.join(names)}")
    times = {2: "twice", 3: "three times"}.get(len(names), f"{len(names)} times")
    return Layout("", f"layout: the axes of {names[0]} {times}")


def _listed(targets: Sequence[Tensor]) -> str:
    return ", ".join(text_name(str(one.name)) for one in targets)


def _shape(shape: Sequence[object]) -> str:
    return shape_text(tuple(shape))
