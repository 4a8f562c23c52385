"""Arrays continued beyond their ends before a window reads them: reflected, repeated or in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy

from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.positions import Inside, Remainder
from symderive.core.program import Definition
from symderive.layers.window import SYMBOLS, Window

MODES = ("zeros", "reflect", "replicate", "circular")


def mode_conditions(mode: str, window: Window, layer: str) -> list[tuple[Any, str]]:
    """What the padding needs of the axis that it is read off; with what to say if that is not there."""
    holds, why = {
        "reflect": (sympy.Lt, "besides the one at the end"),
        "circular": (sympy.Le, "at most once around"),
    }.get(mode, (None, ""))
    if holds is None:
        return []
    return [
        (
            holds(side, window.size),
            f'{layer}: padding mode "{mode}" reads {side} positions of the {window.axis} {why}, and it has '
            f"{window.size}; take less padding.",
        )
        for side in dict.fromkeys((window.before, window.after))
    ]


def padded_input(
    mode: str, x: Tensor, sliding: tuple[Window, ...]
) -> tuple[tuple[Definition, ...], tuple[Window, ...]]:
    """The equations that continue `x` along each padded axis, and the windows over the result.

    `padded[i] = [i < p]·x[p − i] + [p ≤ i < p + n]·x[i − p] + [p + n ≤ i]·x[2n + p − 2 − i]` for "reflect";
    the brackets exclude each other, so that each entry is one entry of `x`, copied.

    Args:
        mode: "reflect", "replicate", "circular", or "in line": repeated at the step of the dilation.
        x: the array; its last axes are those of the windows.
        sliding: the windows over `x`.
    """
    made: list[Definition] = []
    over: list[Window] = []
    first = x.rank - len(sliding)
    for place, window in enumerate(sliding, first):
        if window.before == 0 and window.behind == 0:
            over.append(window)
            continue
        source = made[-1].tensor if made else x
        shape = (*source.shape[:place], window.room, *source.shape[place + 1 :])
        letter = SYMBOLS[window.axis]
        into = Tensor(f"padded_{window.axis}", shape, latex_name=rf"\bar{{x}}^{{{letter}}}")
        free = tuple(Index(_letter(axis, first), size) for axis, size in enumerate(shape))
        terms = [
            bracket * Entry.at(source, *free[:place], position, *free[place + 1 :])
            for bracket, position in _pieces(mode, window, free[place])
        ]
        made.append(Definition(into, free, sympy.Add(*terms), pinned=True))
        nothing = sympy.S.Zero
        over.append(replace(window, size=window.room, before=nothing, after=nothing, beyond=nothing))
    return tuple(made), tuple(over)


def _pieces(mode: str, window: Window, i: Index) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """In front, inside, behind: where it holds, and which position of the axis is read there.

    What is repeated is the first or last position that stands in line with those of a dilated window.
    """
    n, before, after, step = window.size, window.before, window.behind, window.dilation
    inside = i - before
    ends = {
        "reflect": (-inside, 2 * n - 2 - inside),
        "replicate": (sympy.S.Zero, n - 1),
        "in line": (Remainder(inside, step), n - 1 - Remainder(n - 1 - inside, step)),
        "circular": (inside + n, inside - n),
    }[mode]
    if before != 0:
        yield Inside(i, before), ends[0]
    yield Inside(inside, n), inside
    if after != 0:
        yield Inside(inside - n, after), ends[1]


def _letter(axis: int, first: int) -> str:
    """Names for the free indices: letters for the axes of the window, numbered ones in front."""
    return "ijl"[axis - first] if axis >= first else f"c{axis}" if first > 1 else "c"
