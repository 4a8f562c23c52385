"""Which kernels turn an input of one shape into an output of another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from symderive.cost.writing import LATEX, TEXT, Style
from symderive.errors import ShapeError, SymderiveError

Pair = tuple[int, int]
NAMED = 6


@dataclass(frozen=True, order=True)
class Choice:
    """One convolution that fits: kernel (height, width), and stride, padding and dilation of both axes."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    def __str__(self) -> str:
        """As in `5×5 (stride 1, no padding)`."""
        return f"{self.kernel[0]}×{self.kernel[1]} ({settings(self.stride, self.padding, self.dilation)})"


@dataclass(frozen=True)
class Inference:
    """What follows from the two shapes.

    Attributes:
        before: the input's shape as given.
        after: the output's shape as given.
        spatial: the input's and the output's height and width.
        choices: all convolutions that fit, square kernels first, then by size.
        given: what was known, in words.
        open: which of kernel, stride, padding and dilation were not known.
        bounds: what was assumed to keep the list finite.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    spatial: tuple[Pair, Pair]
    choices: tuple[Choice, ...]
    given: str
    open: tuple[str, ...]
    bounds: str

    @property
    def kernels(self) -> tuple[Pair, ...]:
        """The kernels that fit, each once."""
        return tuple(dict.fromkeys(choice.kernel for choice in self.choices))

    @property
    def status(self) -> str:
        """`determined`, `not determined` or `impossible`."""
        return ("impossible", "determined", "not determined")[min(len(self.kernels), 2)]

    @property
    def kernel(self) -> Pair:
        """The kernel (height, width).

        Raises:
            SymderiveError: it is not determined, or there is none.
        """
        if self.status != "determined":
            raise SymderiveError(f"inferring the kernel: {self}.")
        return self.kernels[0]

    def text(self, style: Style = TEXT) -> str:
        """The conclusion in one line, with the calculation where there is one."""
        latex = style is LATEX
        times, arrow, therefore = (
            (r" \times ", r" \to ", r" \;\Rightarrow\; ") if latex else ("×", " → ", " ⇒ ")
        )
        shapes = arrow.join(times.join(map(str, shape)) for shape in (self.before, self.after))
        given = (
            rf",\ \text{{{self.given}}}" if latex and self.given else f", {self.given}" if self.given else ""
        )
        if self.status == "determined":
            return shapes + given + therefore + self._calculation(style) + self._only(latex)
        words = self.words.replace("×", r"\ensuremath{\times}") if latex else self.words
        return shapes + given + (rf":\ \text{{{words}}}" if latex else f": {words}")

    @property
    def words(self) -> str:
        """Why the kernel is not determined, with what fits, or that nothing fits; empty if it is."""
        among = f" among {self.bounds}" if self.bounds else ""
        if self.status == "determined":
            return ""
        if self.status == "impossible":
            return f"no kernel fits{among}"
        unknown = f", because {_listed(self.open)} not given" if self.open else ", because the stride rounds"
        more = len(self.choices) - NAMED
        shown = ", ".join(map(str, self.choices[:NAMED])) + (f" and {more} more" if more > 0 else "")
        return f"the kernel is not determined{unknown}; {len(self.choices)} choices fit{among}: {shown}"

    def _only(self, latex: bool) -> str:
        """The unknown settings that turn out to have one possible value."""
        first = self.choices[0]
        single = {
            name: getattr(first, name)
            for name in self.open
            if len({getattr(choice, name) for choice in self.choices}) == 1
        }
        words = settings(single.get("stride"), single.get("padding"), single.get("dilation"))
        return "" if not words else rf"\ \text{{(only {words} fits)}}" if latex else f" (only {words} fits)"

    def _calculation(self, style: Style) -> str:
        choice = self.choices[0]
        lines = [self._axis(choice, place, style) for place in (0, 1)]
        if lines[0] == lines[1] or (_same_sides(choice) and self.spatial[0][0] == self.spatial[0][1]):
            return f"k = {lines[0]}"
        names = (style.name("k_h"), style.name("k_w"))
        comma = r",\; " if style is LATEX else ", "
        return f"{names[0]} = {lines[0]}{comma}{names[1]} = {lines[1]}"

    def _axis(self, choice: Choice, place: int, style: Style) -> str:
        """`12 − 8 + 1 = 5`, or only the number where the stride rounds."""
        before, after = self.spatial[0][place], self.spatial[1][place]
        step, pad, spread = choice.stride[place], choice.padding[place], choice.dilation[place]
        kernel = choice.kernel[place]
        if step != 1 or spread != 1 or len({one.padding for one in self.choices}) > 1:
            return str(kernel)
        padded = f" + 2{style.dot}{pad}" if pad else ""
        return f"{before}{padded} {style.minus} {after} + 1 = {kernel}"

    def latex(self) -> str:
        """The conclusion in LaTeX, for math mode."""
        return self.text(LATEX)

    def __str__(self) -> str:
        return self.text()


def infer_kernel(
    before: Sequence[int],
    after: Sequence[int],
    *,
    kernel: int | Pair | None = None,
    stride: int | Pair | None = None,
    padding: int | Pair | None = None,
    dilation: int | Pair | None = 1,
    channels: str = "last",
) -> Inference:
    """Find every kernel that turns one shape into another.

    An output of `⌊(H + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1` positions is what a convolution
    gives; everything that is None is unknown and tried. Unknown stride, padding and dilation are the same
    for both axes, unknown strides go up to the input's size. Unknown padding is tried up to half the kernel,
    with kernels no larger than the input; otherwise the list would not end.

    Args:
        before: input shape: (height, width) or (height, width, channels).
        after: output shape in the same form.
        kernel: what is known of the kernel, one number or (height, width).
        stride: the stride, if known.
        padding: the zeros on each side, if known.
        dilation: the dilation, if known; 1 unless said otherwise.
        channels: "last" or "first", where three numbers are given.

    Returns:
        all that fits, and whether that determines the kernel.

    Raises:
        ShapeError: a shape that is not two or three positive whole numbers.

    >>> found = infer_kernel((12, 12, 3), (8, 8, 256), stride=1, padding=0)
    >>> found.kernel, str(found)
    ((5, 5), '12×12×3 → 8×8×256, stride 1, no padding ⇒ k = 12 − 8 + 1 = 5')
    >>> infer_kernel((12, 12), (8, 8), stride=1).status
    'not determined'
    """
    shapes = (_spatial(before, channels, "input"), _spatial(after, channels, "output"))
    known = {
        "kernel": _pair(kernel, "kernel", 1),
        "stride": _pair(stride, "stride", 1),
        "padding": _pair(padding, "padding", 0),
        "dilation": _pair(dilation, "dilation", 1),
    }
    choices = sorted(
        set(_search(*shapes, known)), key=lambda one: (one.kernel[0] != one.kernel[1], max(one.kernel), one)
    )
    given = settings(known["stride"], known["padding"], known["dilation"])
    return Inference(
        tuple(int(size) for size in before),
        tuple(int(size) for size in after),
        shapes,
        tuple(choices),
        f"kernel {_each(known['kernel'])}, {given}".rstrip(", ") if known["kernel"] else given,
        tuple(name for name in ("stride", "padding", "dilation") if known[name] is None),
        "kernels no larger than the input and padding up to half a kernel" if padding is None else "",
    )


def _search(before: Pair, after: Pair, known: dict[str, Pair | None]) -> Iterator[Choice]:
    largest = max(before)
    strides = [known["stride"]] if known["stride"] else [(step, step) for step in range(1, largest + 1)]
    pads = [known["padding"]] if known["padding"] else [(pad, pad) for pad in range(largest // 2 + 1)]
    spreads = [known["dilation"]] if known["dilation"] else [(one, one) for one in range(1, largest)]
    for stride, padding in itertools.product(strides, pads):
        reaches = [
            _reaches(before[place], after[place], stride[place], padding[place], known["padding"] is None)
            for place in (0, 1)
        ]
        for dilation in spreads if all(reaches) else ():
            axes = [_kernels(reaches[place], dilation[place], known["kernel"], place) for place in (0, 1)]
            for kernel in itertools.product(*axes):
                if not (known["dilation"] is None and dilation != (1, 1) and kernel == (1, 1)):
                    yield Choice((kernel[0], kernel[1]), stride, padding, dilation)


def _reaches(before: int, after: int, stride: int, padding: int, tried: bool) -> range:
    """The reaches r = dilation·(kernel − 1) that fit along one axis.

    `stride·(after − 1) ≤ before + 2·padding − r − 1 < stride·after`; for padding that is only `tried`, the
    kernel is no larger than the input and covers the padding twice.
    """
    room = before + 2 * padding - 1
    least, most = max(0, room - stride * after + 1), room - stride * (after - 1)
    return range(max(least, 2 * padding), min(most, before - 1) + 1) if tried else range(least, most + 1)


def _kernels(reaches: range, dilation: int, chosen: Pair | None, place: int) -> list[int]:
    """The kernels with one of these reaches."""
    sizes = [reach // dilation + 1 for reach in reaches if reach % dilation == 0]
    return sizes if chosen is None else [size for size in sizes if size == chosen[place]]


def settings(stride: Pair | None, padding: Pair | None, dilation: Pair | None) -> str:
    """What is known of a convolution, in words: `stride 1, no padding`."""
    parts = []
    if stride is not None:
        parts.append(f"stride {_each(stride)}")
    if padding is not None:
        parts.append("no padding" if padding == (0, 0) else f"padding {_each(padding)}")
    if dilation is not None and dilation != (1, 1):
        parts.append(f"dilation {_each(dilation)}")
    return ", ".join(parts)


def _each(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"


def _same_sides(choice: Choice) -> bool:
    pairs = (choice.kernel, choice.stride, choice.padding, choice.dilation)
    return all(first == second for first, second in pairs)


def _listed(names: Sequence[str]) -> str:
    many = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{many} {'are' if len(names) > 1 else 'is'}"


def _spatial(shape: Sequence[int], channels: str, what: str) -> Pair:
    if channels not in ("last", "first"):
        raise SymderiveError(f'inferring the kernel: channels are {channels!r}; say "last" or "first".')
    sizes = tuple(shape)
    if len(sizes) not in (2, 3) or any(not _is_count(size, 1) for size in sizes):
        raise ShapeError(
            f"inferring the kernel: the {what} shape is {sizes}; give positive height, width and channels."
        )
    spatial = sizes if len(sizes) == 2 else sizes[:2] if channels == "last" else sizes[1:]
    return int(spatial[0]), int(spatial[1])


def _pair(value: Any, what: str, least: int) -> Pair | None:
    if value is None:
        return None
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or any(not _is_count(one, least) for one in both):
        raise ShapeError(
            f"inferring the kernel: {what} is {value!r}; give a whole number from {least}, or two of them."
        )
    return int(both[0]), int(both[1])


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
