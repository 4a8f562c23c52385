"""Multiply-accumulates of a model by the shapes that ONNX's reference evaluator finds at given sizes."""

import math
import string

import numpy as np
from onnx.reference import ReferenceEvaluator

from tests.imports.onnx_models import INT64


def run(model, sizes, seed=0):
    """The arrays of a model at given sizes by name, inputs and stored arrays among them."""
    rng = np.random.default_rng(seed)
    feeds = {}
    for one in model.graph.input:
        shape = [sizes[d.dim_param] if d.dim_param else d.dim_value for d in one.type.tensor_type.shape.dim]
        is_whole = one.type.tensor_type.elem_type == INT64
        feeds[one.name] = rng.integers(0, 5, shape) if is_whole else rng.normal(size=shape).astype(np.float32)
    evaluator = ReferenceEvaluator(model)
    with np.errstate(all="ignore"):
        found = evaluator.run(None, feeds, intermediate=True)
    return {**evaluator.rt_inits_, **feeds, **found}


def macs_of(node, arrays):
    """The products of one contraction, one for each entry of the result and of what is summed."""
    shapes = [np.shape(arrays[name]) for name in node.input if name]
    out = np.shape(arrays[node.output[0]])
    if node.op_type in ("Conv", "ConvInteger"):
        return math.prod(out) * math.prod(shapes[1][1:])
    if node.op_type == "ConvTranspose":
        return math.prod(shapes[0]) * math.prod(shapes[1][1:])
    if node.op_type in ("MatMul", "MatMulInteger"):
        return math.prod(out) * shapes[0][-1]
    if node.op_type == "Gemm":
        turned = any(one.name == "transA" and one.i for one in node.attribute)
        return math.prod(out) * shapes[0][0 if turned else 1]
    if node.op_type in ("LSTM", "GRU", "RNN"):
        steps, batch, _ = shapes[0]
        return steps * batch * (math.prod(shapes[1]) + math.prod(shapes[2]))
    if node.op_type == "GridSample":
        mode = next(one.s.decode() for one in node.attribute if one.name == "mode")
        return math.prod(out) * {"nearest": 0, "linear": 2, "cubic": 4}[mode] ** (len(out) - 2)
    if node.op_type == "Einsum":
        return _einsum(node, shapes)
    return 0


def _einsum(node, shapes):
    """Of two operands: the product of the sizes of all letters."""
    equation = next(one.s.decode() for one in node.attribute if one.name == "equation")
    extents = {}
    for letters, shape in zip(equation.split("->")[0].split(","), shapes, strict=True):
        dots = len(shape) - len(letters.replace("...", ""))
        letters = letters.replace("...", string.ascii_uppercase[:dots])
        extents |= dict(zip(letters, shape, strict=True))
    return math.prod(extents.values())


def total_macs(model, arrays):
    return sum(macs_of(node, arrays) for node in model.graph.node)
