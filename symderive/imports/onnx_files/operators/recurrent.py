"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.values import Value
from symderive.layers import GRU, LSTM, RNN

USUAL: Mapping[Any, tuple[str, ...]] = {
    LSTM: ("sigmoid", "tanh", "tanh"),
    GRU: ("sigmoid", "tanh"),
    RNN: ("tanh",),
}


def _recurrent(kind: Any) -> Callable[[Call], Any]:
    """A layer with one state for each step; padded steps count, too."""

    def operator(call: Call) -> list[Value]:
        x, weights = call.input(0), [call.input(1), call.input(2)]
        first, second, read = call.rank(x, 3, 3)
        turned = bool(call.attribute("layout", 0))
        batch, steps = (first, second) if turned else (second, first)
        directions, _, hidden = call.rank(weights[1], 3, 3)
        weights += [one for one in (call.given(3),) if one is not None]
        options = {"bias": call.has(3), "bidirectional": directions == 2, "batch": batch}
        options |= _functions(call, kind, int(directions))
        layer = kind(read, hidden, steps, batch_first=turned, **options)
        made = call.apply(layer, x, weights=weights)
        states = [call.view(made, (directions, batch, hidden))] * 2
        if turned:
            states = [call.view(made, (batch, directions, hidden))] * 2
            return [call.view(made, (batch, steps, directions, hidden)), *states]
        return [call.view(made, (steps, directions, batch, hidden)), *states]

    return operator


def _functions(call: Call, kind: Any, directions: int) -> dict[str, str]:
    """The functions of the cells, where they are those of the layer.

    Raises:
        Uncounted: they are others, or the gates look at the memory.
    """
    given = tuple(one.lower() for one in call.attribute("activations", USUAL[kind] * directions))
    if kind is LSTM and call.has(7):
        raise Uncounted("with peepholes")
    if call.attribute("clip") is not None:
        raise Uncounted("with a clip")
    if kind is RNN and given == ("relu",) * directions:
        return {"function": "relu"}
    if given != USUAL[kind] * directions:
        raise Uncounted(f"with {', '.join(given)}")
    return {}


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "LSTM": _recurrent(LSTM),
    "GRU": _recurrent(GRU),
    "RNN": _recurrent(RNN),
}
