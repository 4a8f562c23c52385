"""From an ONNX file to a network."""

from __future__ import annotations

from typing import Any

from symderive.errors import SymderiveError
from symderive.imports.onnx_files.naming import Names, axes_of
from symderive.imports.onnx_files.reading import model_of
from symderive.imports.onnx_files.stored import kind_of
from symderive.imports.onnx_files.values import Value
from symderive.imports.onnx_files.walk import Walk
from symderive.networks.architecture import Architecture, assembled
from symderive.networks.block import Array
from symderive.networks.shapes import Shape
from symderive.networks.trace import Trace


def onnx_file(source: Any, dims: Any = None) -> Architecture:
    """The network in an ONNX file, over the sizes that it leaves open.

    Nothing of the file is run, and weights that lie in other files are not needed. The nodes are read in
    order; what their names say of modules gives the blocks. Parameters are the stored arrays that layers have
    as weights, and stored arrays of real numbers with more than one entry that are combined with data, each
    once; running statistics are buffers. What is known before there are data costs nothing. An operator that
    is not known, or of which only the data say how much it gives, is listed as unknown.

    Args:
        source: a path, the bytes of a file, or an `onnx.ModelProto`.
        dims: names or numbers for the axes that the inputs leave open, in order, as in "B,H,W"; a whole shape
            of the only input, as in "B,3,H,W", which opens axes that the file fixes; or names by name, as in
            `{"batch": "B"}`, and shapes by input, as in `{"image": "B,3,H,W"}`. Without it the names of the
            file.

    Raises:
        SymderiveError: no file, none of ONNX, a node that does not fit, or dims that do not fit the inputs;
            onnx is not installed.
        ShapeError: sizes that do not fit each other.
    """
    name, shapes, walk, outputs = read(source, dims)
    first = outputs[0] if outputs else Value(())
    arrays = tuple(one.array for one in outputs if one.array is not None)
    root = walk.trace.rooted(name, tuple(first.shape), arrays)
    return assembled(name, shapes, walk.trace, root)


def read(source: Any, dims: Any) -> tuple[str, tuple[Shape, ...], Walk, list[Value]]:
    """The name of a network, the shapes of its inputs, the walk over it, and its outputs."""
    model, name = model_of(source)
    graph = model.graph
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [one for one in graph.input if one.name not in stored]
    axes = {one.name: axes_of(one) for one in inputs}
    missing = [one for one, found in axes.items() if found is None]
    if missing:
        raise SymderiveError(f"{name}: the input {missing[0]!r} has no shape in the file; write one into it.")
    names = Names({one: found or () for one, found in axes.items()}, dims, name)
    shapes = {one.name: names.shape(one.name) for one in inputs}
    symbols = (symbol for shape in shapes.values() for size in shape for symbol in size.free_symbols)
    declared = (axis for one in (*graph.value_info, *graph.output) for axis in axes_of(one) or ())
    walk = Walk(model, names, Trace(map(str, (*symbols, *declared))), name)
    values = {
        one.name: Value(shapes[one.name], kind_of(one.type.tensor_type.elem_type), Array(shapes[one.name]))
        for one in inputs
    }
    return name, tuple(shapes.values()), walk, walk.graph(graph, values)
