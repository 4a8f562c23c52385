"""Entries that are read, or written, at positions which an array holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy

from symderive.functions.kinked import larger, smaller
from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.arithmetic import is_parameter, pointwise
from symderive.imports.onnx_files.values import Value, known
from symderive.layers import Embedding
from symderive.networks.operations import Gather


def gather(call: Call) -> Value:
    """Slices along an axis at given positions; of a stored table, an embedding."""
    table, places = call.input(0), call.input(1)
    axis = call.axis(len(table.shape), 0)
    shape = (*table.shape[:axis], *places.shape, *table.shape[axis + 1 :])
    if table.contents is not None and places.contents is not None:
        positions = places.contents.astype(np.int64)
        return known(np.take(table.contents, positions, axis), table.kind)
    if not places.is_data:
        return call.view(table, shape)
    if is_parameter(table) and len(table.shape) == 2 and axis == 0:
        layer = Embedding(*table.shape, batch=places.shape)
        return call.apply(layer, places, weights=[table], kind=table.kind)
    return call.apply(Gather(table.shape, axis, places.shape), table, places)


def gather_elements(call: Call) -> Value:
    """One entry for each position."""
    table, places = call.input(0), call.input(1)
    return call.view(_either(table, places), places.shape, kind=table.kind)


def gather_nd(call: Call) -> Value:
    """Slices at positions along several axes."""
    table, places = call.input(0), call.input(1)
    batch = int(call.attribute("batch_dims", 0))
    depth = int(places.shape[-1])
    shape = (*places.shape[:-1], *table.shape[batch + depth :])
    return call.view(_either(table, places), shape, kind=table.kind)


def _either(table: Value, places: Value) -> Value:
    return table if table.is_data or not places.is_data else places


def scatter(call: Call) -> Value:
    """Entries written at positions, or joined to what is there: one operation for each of them."""
    target, source = call.input(0), call.input(2)
    before = sympy.Symbol("before", real=True)
    bodies = {
        "add": lambda x: x + before,
        "mul": lambda x: x * before,
        "max": lambda x: larger(x, before),
        "min": lambda x: smaller(x, before),
    }
    wanted = call.attribute("reduction", "none")
    if wanted in bodies and source.is_data:
        source = pointwise(call, bodies[wanted], [source], name=wanted)
    if source.is_data and not target.is_data:
        return call.view(source, target.shape)
    return call.view(target, target.shape)


OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "Scatter": scatter,
    "ScatterElements": scatter,
    "ScatterND": scatter,
}
