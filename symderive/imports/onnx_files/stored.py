"""Arrays and attributes as they stand in a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import sympy

from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.onnx_files.values import MOST_CONTENTS, OTHER, REAL, TRUTH, WHOLE, Value, contents_of

MOST_REALS = 64
"""Real numbers in larger arrays decide no shape."""

_TYPES = {REAL: np.float64, WHOLE: np.int64, TRUTH: np.bool_}


def kind_of(data_type: int) -> str:
    """What the entries of a type of ONNX are."""
    onnx = extra("onnx", "reading an ONNX file")
    name = {number: name for name, number in onnx.TensorProto.DataType.items()}.get(data_type, "")
    if name in ("BOOL",):
        return TRUTH
    if "INT" in name:
        return WHOLE
    return REAL if "FLOAT" in name or name == "DOUBLE" else OTHER


def stored(tensor: Any, name: str = "") -> Value:
    """A stored array; what it holds is read where it may decide a shape.

    Args:
        tensor: as it stands in the file.
        name: its name, if it is a weight; a constant of a node has none.

    Raises:
        SymderiveError: it has a negative size, or fewer entries than its shape says.
    """
    if any(size < 0 for size in tensor.dims):
        raise SymderiveError(f"the stored array {tensor.name!r} has a negative size.")
    shape, kind = tuple(map(sympy.Integer, tensor.dims)), kind_of(tensor.data_type)
    weights = (name,) if name and shape and kind != TRUTH else ()
    contents = _contents(tensor, kind)
    return Value(shape, kind, contents=contents, weights=weights)


def _contents(tensor: Any, kind: str) -> Any:
    """What a small array holds, if these are numbers."""
    onnx = extra("onnx", "reading an ONNX file")
    most = MOST_REALS if kind == REAL else MOST_CONTENTS
    outside = tensor.data_location == onnx.TensorProto.EXTERNAL
    if kind == OTHER or outside or math.prod(tensor.dims) > most:
        return None
    helper = extra("onnx.numpy_helper", "reading an ONNX file")
    try:
        with np.errstate(all="ignore"):
            numbers: Any = np.asarray(helper.to_array(tensor)).astype(_TYPES[kind])
        if not np.isfinite(numbers).all():
            return None
    except (ValueError, TypeError, AttributeError, KeyError):
        raise SymderiveError(
            f"the stored array {tensor.name!r} does not hold what its shape and type say."
        ) from None
    return contents_of(numbers)


def attribute_of(proto: Any, parameters: Mapping[str, Any]) -> Any:
    """The value of an attribute; one that refers to another by name is read from `parameters`."""
    if proto.ref_attr_name:
        return parameters.get(proto.ref_attr_name)
    onnx = extra("onnx", "reading an ONNX file")
    types = onnx.AttributeProto
    if proto.type == types.STRING:
        return proto.s.decode("utf-8", "replace")
    if proto.type == types.STRINGS:
        return [one.decode("utf-8", "replace") for one in proto.strings]
    simple = {types.FLOAT: "f", types.INT: "i", types.TENSOR: "t", types.GRAPH: "g"}
    listed = {types.FLOATS: "floats", types.INTS: "ints", types.GRAPHS: "graphs", types.TENSORS: "tensors"}
    if proto.type in simple:
        return getattr(proto, simple[proto.type])
    return list(getattr(proto, listed[proto.type])) if proto.type in listed else None


def without_weights(value: Value) -> Value:
    """The same array, as one that is no parameter."""
    return replace(value, weights=())
