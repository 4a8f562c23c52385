"""The keys of a convolution question as layers, with the kernel inferred where it is not given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.core.dims import check_name
from symderive.cost.infer import Inference, infer_kernel
from symderive.cost.output.report import Report, report
from symderive.derive.costs import cost
from symderive.errors import SymderiveError, did_you_mean
from symderive.layers import Conv2d, SeparableConv2d
from symderive.solutions.problem_file import Question

LAYERS: Mapping[str, Any] = {"normal": Conv2d, "separable": SeparableConv2d}
LARGEST = 10**9
"""The largest size that is given as a number."""
_WIDEST = 100_000
"""The largest height and width from which a kernel is inferred: all strides and paddings are tried."""


def check(question: Question) -> None:
    """Checks what the schema cannot say.

    Raises:
        ProblemError: sizes that do not go together, or an unknown kind of convolution.
    """
    values = question.values
    for key in ("input", "output"):
        sizes = values[key]
        if sizes is not None and len(sizes) != 3:
            count = f"{len(sizes)} size{'' if len(sizes) == 1 else 's'}"
            raise question.error(key, f"{key} has {count}; give height, width and channels.")
        for place, size in enumerate(sizes or ()):
            _check_size(question, (key, place), size)
    for key in ("c_out", "kernel"):
        _check_size(question, (key,), values[key])
    if values["output"] is not None and values["c_out"] is not None:
        raise question.error(
            "c_out", "the output channels are given twice: in c_out and as the last size of output."
        )
    _check_kinds(question)


def _check_kinds(question: Question) -> None:
    names = question.values["compare"]
    if not names:
        raise question.error(
            "compare", 'nothing to count; write for example compare = ["normal", "separable"].'
        )
    for place, name in enumerate(names):
        if name not in LAYERS:
            near = did_you_mean(name, LAYERS)
            listed = near if near != "." else f"; there are {' and '.join(LAYERS)}."
            raise question.error(("compare", place), f'unknown convolution "{name[:60]}"{listed}')
        if name in names[:place]:
            raise question.error(("compare", place), f'"{name}" is listed twice.')


def _check_size(question: Question, path: tuple[str | int, ...], size: Any) -> None:
    if isinstance(size, str):
        try:
            check_name(size, "a size")
        except SymderiveError as error:
            raise question.error(path, str(error)) from None
    elif size is not None and size > LARGEST:
        raise question.error(path, f"the size {str(size)[:20]} is too large; {LARGEST:,} is the most.")


def inferred(question: Question) -> Inference | None:
    """The kernel from the two shapes; None where no output is given.

    Raises:
        ProblemError: a size is a name, or no kernel fits.
    """
    values = question.values
    if values["output"] is None:
        return None
    sizes = (*values["input"], *values["output"])
    if not all(isinstance(size, int) for size in sizes):
        raise question.error(
            "output", "the kernel follows from numbers only; leave output out, or give numbers."
        )
    if max(*values["input"][:2], *values["output"][:2]) > _WIDEST:
        raise question.error("input", f"the kernel is inferred for heights and widths up to {_WIDEST:,}.")
    if isinstance(values["kernel"], str):
        raise question.error("kernel", "input and output determine the kernel; leave the symbol out.")
    try:
        found = infer_kernel(
            values["input"], values["output"], kernel=values["kernel"], stride=values["stride"],
            padding=values["padding"], dilation=values["dilation"],
        )  # fmt: skip
    except SymderiveError as error:
        raise question.error("output", str(error)) from None
    if found.status == "impossible":
        raise question.error("output", f"{found}; change the shapes, the kernel, the stride or the padding.")
    return found


def report_of(question: Question, found: Inference | None) -> Report:
    """The costs of the convolutions that are compared.

    Raises:
        ProblemError: the sizes do not fit each other.
    """
    values = question.values
    height, width, c_in = values["input"]
    c_out = values["output"][2] if values["output"] is not None else values["c_out"] or "C_out"
    settings = {"c_in": c_in, "c_out": c_out, "height": height, "width": width, **_window(values, found)}
    try:
        return report({name: cost(LAYERS[name](**settings)) for name in values["compare"]}, found)
    except SymderiveError as error:
        raise question.error((), str(error)) from None


def _window(values: Mapping[str, Any], found: Inference | None) -> dict[str, Any]:
    """Kernel, stride, padding and dilation; a number for both axes where they agree."""
    if found is None:
        return {
            "kernel": values["kernel"] or "k",
            "stride": values["stride"] or 1,
            "padding": values["padding"] or 0,
            "dilation": values["dilation"],
        }
    pairs = {key: getattr(found.choices[0], key) for key in ("kernel", "stride", "padding", "dilation")}
    return {key: pair[0] if pair[0] == pair[1] else pair for key, pair in pairs.items()}
