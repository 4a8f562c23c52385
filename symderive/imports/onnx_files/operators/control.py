"""Branches and loops, written out where what decides them is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from symderive.errors import SymderiveError
from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.values import Value, entries_of, known

MOST_TURNS = 1000


def branch(call: Call) -> list[Value]:
    """The branch that is taken, if that is known."""
    condition = entries_of(call.input(0))
    if len(condition) != 1:
        raise Uncounted("which branch only the data say")
    graph = call.attribute("then_branch" if condition[0] == sympy.true else "else_branch")
    return call.walk.graph(graph, {})


def loop(call: Call) -> list[Value]:
    """A loop with a known number of turns, turn by turn."""
    body = call.attribute("body")
    if not call.has(0) or call.input(0).contents is None:
        raise Uncounted("how many turns only the data say")
    (turns,) = entries_of(call.input(0))
    if not turns.is_Integer or turns > MOST_TURNS:
        raise Uncounted(f"{turns} turns, of at most {MOST_TURNS} that are written out")
    state = [call.given(place) for place in range(2, len(call.inputs))]
    scanned: list[list[Value]] = []
    going = call.given(1) or known(True)
    for turn in range(int(turns)):
        if going.contents is None:
            raise Uncounted("when it ends only the data say")
        if entries_of(going)[0] == sympy.false:
            break
        values = dict(zip((one.name for one in body.input), (known(turn), going, *state), strict=False))
        going, *rest = call.walk.graph(body, {name: one for name, one in values.items() if one is not None})
        state = list(rest[: len(state)])
        scanned.append(rest[len(state) :])
    stacked = [_stacked(call, some) for some in zip(*scanned, strict=True)]
    return [*(one for one in state if one is not None), *stacked]


def scan(call: Call) -> list[Value]:
    """A loop over the positions of an axis: its body as often as there are positions, with one state."""
    body, count = call.attribute("body"), int(call.attribute("num_scan_inputs", 0))
    first = len(call.inputs) - count
    if call.version < 9 or count < 1 or first < 0:
        raise SymderiveError("a Scan has at least one array to go along, and version 9 or later.")
    if first > 1:
        raise Uncounted(f"with {first} states, of at most one")
    read, sizes = _positions(call, first, call.attribute("scan_input_axes", [0] * count))
    for size in sizes[1:]:
        call.same(size, sizes[0], "the lengths of a Scan")
    names = [one.name for one in body.input]

    def once(*state: Value) -> list[Value]:
        return call.walk.graph(body, dict(zip(names, [*state, *read], strict=True)))

    made = call.walk.repeated(sizes[0], once, *call.all[:first])
    for before, after in zip(call.all[:first], made[:first], strict=True):
        for one, other in zip(before.shape, after.shape, strict=True):
            call.same(one, other, "the state of a Scan")
    places = call.attribute("scan_output_axes", [0] * (len(made) - first))
    rest = [_with_axis(call, one, at, sizes[0]) for one, at in zip(made[first:], places, strict=True)]
    return [*made[:first], *rest]


def _positions(call: Call, first: int, axes: list[int]) -> tuple[list[Value], list[Any]]:
    """What one turn reads of each array that a Scan goes along, and how many turns there are."""
    read, sizes = [], []
    for place, axis in enumerate(axes):
        value = call.input(first + place)
        at = call.place(axis, len(value.shape))
        sizes.append(value.shape[at])
        read.append(call.view(value, (*value.shape[:at], *value.shape[at + 1 :])))
    return read, sizes


def _with_axis(call: Call, value: Value, axis: int, size: Any) -> Value:
    at = call.place(axis, len(value.shape) + 1)
    return call.view(value, (*value.shape[:at], size, *value.shape[at:]))


def _stacked(call: Call, values: Any) -> Value:
    return _with_axis(call, values[0], 0, sympy.Integer(len(values)))


OPERATORS: Mapping[str, Callable[[Call], Any]] = {"If": branch, "Loop": loop, "Scan": scan}
