"""Recurrent layers, which torch computes as one operation over all steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.core.dims import Size
from symderive.imports.torch_modules.call import Call, Made, Operation
from symderive.layers import GRU, LSTM, RNN
from symderive.networks import Feature


def _recurrent(call: Call, kind: Any, **options: Any) -> Made:
    """One layer for all cells; the last states are views of what it gives."""
    x = call.feature("input")
    has_batch = len(x.shape) > 2
    steps_at = 1 if call["batch_first"] and has_batch else 0
    d_hidden, handed = _state(call)
    if kind is LSTM and handed != d_hidden:
        options["projection"] = handed
    made = call.step(
        [x],
        kind,
        x.shape[-1],
        d_hidden,
        x.shape[steps_at],
        int(call["num_layers"]),
        bool(call["has_biases"]),
        bool(call["bidirectional"]),
        tuple(size for place, size in enumerate(x.shape[:-1]) if place != steps_at),
        steps_at == 1 or not has_batch,
        **options,
        weights=call["params"],
    )
    for tensor in call.tensors[1:]:
        state = Feature(call.record.sizes.shape(tensor), made.trace, made.array)
        call.record.bind(tensor, state)
    return made


def _state(call: Call) -> tuple[Size, Size]:
    """The entries of a state, and how many of them are handed on: the matrix of the first cell says both."""
    gates = {"lstm": 4, "gru": 3}.get(call.name, 1)
    rows, handed = call.record.sizes.shape(call["params"][1])
    return rows / gates, handed


OPERATIONS: Mapping[str, Operation] = {
    "lstm": lambda call: _recurrent(call, LSTM),
    "gru": lambda call: _recurrent(call, GRU),
    "rnn_tanh": lambda call: _recurrent(call, RNN),
    "rnn_relu": lambda call: _recurrent(call, RNN, function="relu"),
}
