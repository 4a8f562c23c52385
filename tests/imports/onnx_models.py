"""ONNX models built node by node: one for each way in which an operator can be used."""

import itertools
from dataclasses import dataclass, field

import numpy as np
import onnx

helper, FLOAT, INT64, BOOL = (
    onnx.helper,
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.INT64,
    onnx.TensorProto.BOOL,
)


@dataclass
class Graph:
    """A graph while it is written: `graph.Conv("x", weight, strides=[2, 2])` gives the name of the output."""

    opset: int = 18
    nodes: list = field(default_factory=list)
    inputs: list = field(default_factory=list)
    stored: list = field(default_factory=list)
    numbers: itertools.count = field(default_factory=itertools.count)
    scope: str = ""

    def input(self, name, *shape, kind=FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def weight(self, *shape, name=None):
        """A stored array of random positive numbers."""
        name = name or f"w{next(self.numbers)}"
        values = np.random.default_rng(len(self.stored)).uniform(0.1, 1, shape).astype(np.float32)
        self.stored.append(onnx.numpy_helper.from_array(values, name))
        return name

    def whole(self, values, name=None):
        """A stored array of whole numbers."""
        name = name or f"i{next(self.numbers)}"
        self.stored.append(onnx.numpy_helper.from_array(np.array(values, dtype=np.int64), name))
        return name

    def __getattr__(self, op):
        def node(*inputs, outputs=1, called="", domain="", **attributes):
            names = [f"{op.lower()}{next(self.numbers)}" for _ in range(outputs)]
            name = called or (f"{self.scope}/{op}" if self.scope else "")
            self.nodes.append(helper.make_node(op, inputs, names, name=name, domain=domain, **attributes))
            return names[0] if outputs == 1 else names

        return node

    def model(self, *outputs, functions=(), every=False):
        """The model with these outputs, or with everything that is made behind them."""
        made = dict.fromkeys(outputs)
        if every:
            made |= dict.fromkeys(name for node in self.nodes for name in node.output if name)
        infos = [helper.make_empty_tensor_value_info(name) for name in made]
        graph = helper.make_graph(self.nodes, "net", self.inputs, infos, self.stored)
        domains = {"": self.opset} | dict.fromkeys((one.domain for one in functions), 1)
        imports = [helper.make_opsetid(domain, version) for domain, version in domains.items()]
        return helper.make_model(graph, opset_imports=imports, functions=functions, ir_version=10)


def convolution(kernel=(3, 3), groups=1, bias=True, channels=(4, 6), **attributes):
    g = Graph()
    x = g.input("x", "B", channels[0], *("H", "W", "D")[: len(kernel)])
    inputs = [x, g.weight(channels[1], channels[0] // groups, *kernel)]
    inputs += [g.weight(channels[1])] if bias else []
    return g, g.Conv(*inputs, group=groups, **attributes)


def transposed(kernel=(3, 2), groups=1, bias=True, **attributes):
    g = Graph()
    x = g.input("x", "B", 4, *("H", "W")[: len(kernel)])
    inputs = [x, g.weight(4, 4 // groups, *kernel)]
    inputs += [g.weight(4)] if bias else []
    return g, g.ConvTranspose(*inputs, group=groups, **attributes)


def product(left, right, stored=()):
    g = Graph()
    names = [
        g.weight(*shape) if place in stored else g.input(name, *shape)
        for place, (name, shape) in enumerate((("x", left), ("y", right)))
    ]
    return g, g.MatMul(*names)


def gemm(bias, **attributes):
    g = Graph()
    a = (5, "B") if attributes.get("transA") else ("B", 5)
    b = (7, 5) if attributes.get("transB") else (5, 7)
    inputs = [g.input("x", *a), g.weight(*b)]
    inputs += [g.weight(*bias)] if bias is not None else []
    return g, g.Gemm(*inputs, **attributes)


def pool(op, **attributes):
    g = Graph()
    return g, getattr(g, op)(g.input("x", "B", 3, "H", "W"), **attributes)


def einsum(equation, *shapes):
    g = Graph()
    names = [g.input(f"x{place}", *shape) for place, shape in enumerate(shapes)]
    return g, g.Einsum(*names, equation=equation)


def attention_written_out():
    """Heads split by a shape that is computed, scores, softmax, and heads joined again."""
    g = Graph()
    x = g.input("x", "B", "T", 12)
    shape = g.Shape(x)
    batch, length = (g.Gather(shape, g.whole(place), axis=0) for place in (0, 1))
    ends = [g.Unsqueeze(one, g.whole([0])) for one in (batch, length)]
    split = g.Concat(*ends, g.whole([3]), g.whole([4]), axis=0)
    q, k, v = (
        g.Transpose(g.Reshape(g.Add(g.MatMul(x, g.weight(12, 12)), g.weight(12)), split), perm=[0, 2, 1, 3])
        for _ in range(3)
    )
    scores = g.Div(g.MatMul(q, g.Transpose(k, perm=[0, 1, 3, 2])), g.weight(1))
    mixed = g.Transpose(g.MatMul(g.Softmax(scores, axis=-1), v), perm=[0, 2, 1, 3])
    joined = g.Reshape(mixed, g.Concat(*ends, g.whole([-1]), axis=0))
    return g, g.MatMul(joined, g.weight(12, 12))


def recurrent(op, gates, direction="forward", bias=True):
    g = Graph()
    both = 2 if direction == "bidirectional" else 1
    inputs = [g.input("x", "T", "B", 3), g.weight(both, gates * 4, 3), g.weight(both, gates * 4, 4)]
    inputs += [g.weight(both, 2 * gates * 4)] if bias else []
    options = {"linear_before_reset": 1} if op == "GRU" else {}
    made = getattr(g, op)(*inputs, hidden_size=4, direction=direction, outputs=2, **options)
    return g, made[0]


def shapes_computed():
    """What exporters write around sizes: halves, remainders, ranges, choices, expanded constants."""
    g = Graph()
    x = g.input("x", "B", 3, "H", "W")
    height = g.Gather(g.Shape(x), g.whole(2), axis=0)
    half = g.Div(height, g.whole(2))
    rest = g.Sub(height, half)
    top = g.Slice(x, g.whole([0]), g.Unsqueeze(half, g.whole([0])), g.whole([2]))
    bottom = g.Slice(x, g.Unsqueeze(half, g.whole([0])), g.whole([2**62]), g.whole([2]))
    joined = g.Concat(bottom, top, axis=2)
    places = g.Range(g.whole(0), g.Mul(rest, g.whole(2)), g.whole(1))
    wanted = g.Concat(g.Shape(x, start=0, end=1), g.whole([-1]), axis=0)
    flat = g.Reshape(joined, wanted)
    ones = g.ConstantOfShape(g.Shape(flat))
    one = onnx.numpy_helper.from_array(np.array([1], dtype=np.int64))
    target = g.Concat(g.whole([2, 1]), g.Shape(x, start=1), axis=0)
    target = g.Reshape(target, g.whole([-1]))
    chosen = g.Where(g.Equal(target, g.whole(-1)), g.ConstantOfShape(g.Shape(target), value=one), target)
    wide = g.Expand(g.Unsqueeze(x, g.whole([0])), g.Cast(chosen, to=INT64))
    g.ReduceSum(wide, g.whole([0, -1]), keepdims=0)
    g.Cast(places, to=FLOAT)
    signed = g.Div(g.whole([-7, 7, -8]), g.whole([2, -2, 3]))
    g.Cast(g.Div(g.Cast(signed, to=FLOAT), g.Cast(g.whole(2), to=FLOAT)), to=INT64)
    g.Mod(g.Abs(signed), g.whole(3))
    g.Range(g.whole(9), g.whole(-2), g.whole(-4))
    return g, g.Add(flat, ones)


def moved():
    """Operators that only move entries."""
    g = Graph()
    x = g.input("x", "B", 8, "H", "W")
    first, second, third = g.Split(x, g.whole([1, 3, 4]), axis=1, outputs=3)
    padded = g.Pad(second, g.whole([0, 0, 1, 2, 0, 0, 3, 0]))
    g.Tile(padded, g.whole([1, 2, 1, 3]))
    g.DepthToSpace(third, blocksize=2)
    g.Flatten(first, axis=2)
    g.Squeeze(first, g.whole([1]))
    g.Transpose(x)
    g.Slice(x, g.whole([-1]), g.whole([-(2**62)]), g.whole([1]), g.whole([-2]))
    g.Slice(x, g.whole([1, 0]), g.whole([-1, 2**62]), g.whole([1, 3]), g.whole([3, 2]))
    g.Gather(x, g.whole([[0, 2], [1, 1]]), axis=1)
    g.Trilu(x)
    g.Identity(x)
    return g, g.Identity(third)


def resized(mode):
    g = Graph()
    x = g.input("x", "B", 2, "H", "W")
    g.stored.append(onnx.numpy_helper.from_array(np.array([1, 1, 2, 1.5], np.float32), "factors"))
    return g, g.Resize(x, "", "factors", mode=mode)


def norms():
    g = Graph()
    x = g.input("x", "B", 6, "H", "W")
    y = g.BatchNormalization(x, g.weight(6), g.weight(6), g.weight(6), g.weight(6))
    y = g.InstanceNormalization(y, g.weight(6), g.weight(6))
    y = g.LayerNormalization(g.Transpose(y, perm=[0, 2, 3, 1]), g.weight(6), g.weight(6))
    y = g.LpNormalization(y, axis=-1, p=2)
    return g, g.LRN(g.Transpose(y, perm=[0, 3, 1, 2]), size=3)


def entry_by_entry():
    g = Graph()
    x, y = g.input("x", "B", "T", 4), g.input("y", "T", 1)
    z = g.Mul(g.Sub(x, y), g.Sigmoid(g.Add(x, g.weight(4))))
    z = g.Max(g.Pow(g.Abs(z), g.weight(1)), g.Neg(x), y)
    z = g.Where(g.And(g.Greater(z, y), g.Not(g.LessOrEqual(z, x))), g.Exp(g.Clip(z)), g.Erf(x))
    for op in (
        "Relu",
        "LeakyRelu",
        "Elu",
        "Selu",
        "HardSigmoid",
        "HardSwish",
        "Softplus",
        "Softsign",
        "Tanh",
        "Mish",
    ):
        z = getattr(g, op)(z)
    z = g.PRelu(z, g.weight(4))
    z = g.LogSoftmax(g.Softmax(z, axis=1), axis=-1)
    return g, g.Sum(z, x, z)


def reductions():
    g = Graph()
    x = g.Abs(g.input("x", "B", "T", 4))
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "LogSumExp", "L1", "L2", "SumSquare", "LogSum"):
        name = f"Reduce{op}"
        getattr(g, name)(x, g.whole([1]))
        getattr(g, name)(x, g.whole([-1, 0]), keepdims=0)
    g.ReduceSum(x)
    g.ArgMax(x, axis=1)
    g.ArgMin(x, axis=-1, keepdims=0)
    return g, g.CumSum(x, g.whole(1))


def looked_up():
    g = Graph()
    t = g.input("t", "B", "T", kind=INT64)
    return g, g.MatMul(g.Gather(g.weight(11, 6), t), g.weight(6, 5))


def sampled(mode, axes=2, **attributes):
    """Entries at places that come from the data; the counter of the tests knows how many are weighted."""
    g = Graph(20)
    x = g.input("x", "B", 2, *("H", "W", "D")[:axes])
    grid = g.input("grid", "B", *("T", 3, 2)[:axes], axes)
    return g, g.GridSample(x, grid, mode=mode, **attributes)


def pools_and_windows():
    """Windows added up where they lie, pools of powers, and pools that are undone."""
    g = Graph()
    x = g.input("x", "B", 3, 8, 6)
    y = g.LpPool(x, kernel_shape=[3, 2], strides=[2, 1], p=3)
    g.Hardmax(y, axis=1)
    largest, places = g.MaxPool(x, kernel_shape=[2, 2], strides=[2, 2], outputs=2)
    g.MaxUnpool(largest, places, kernel_shape=[2, 2], strides=[2, 2])
    columns = g.input("columns", "B", 12, 12)
    return g, g.Col2Im(columns, g.whole([5, 7]), g.whole([2, 2]), strides=[1, 2])


def losses():
    g = Graph()
    x, weights = g.input("x", "B", 5, "T"), g.weight(5)
    target = g.input("t", "B", "T", kind=INT64)
    for reduction in ("none", "sum", "mean"):
        g.NegativeLogLikelihoodLoss(x, target, reduction=reduction)
        g.NegativeLogLikelihoodLoss(x, target, weights, reduction=reduction)
    loss, _ = g.SoftmaxCrossEntropyLoss(x, target, weights, outputs=2)
    return g, loss


def rotated(heads, turned=0):
    g = Graph(23)
    x = g.input("x", "B", "T", 8 * heads)
    cos, sin = (g.input(name, 9, (turned or 8) // 2) for name in ("cos", "sin"))
    places = g.input("places", "B", "T", kind=INT64)
    return g, g.RotaryEmbedding(x, cos, sin, places, num_heads=heads, rotary_embedding_dim=turned)


SIZES = {"B": (1, 4), "T": (1, 6), "H": (6, 13), "W": (6, 13), "D": (6, 9)}
MODELS = {
    "conv": lambda: convolution(),
    "conv strided, padded on one side": lambda: convolution((3, 2), strides=[2, 1], pads=[1, 0, 2, 1]),
    "conv grouped, without bias": lambda: convolution(groups=2, bias=False, pads=[1] * 4),
    "conv depthwise": lambda: convolution(groups=4, channels=(4, 8)),
    "conv dilated": lambda: convolution((2, 3), dilations=[3, 2]),
    "conv along one axis": lambda: convolution((4,), strides=[3]),
    "conv along three axes": lambda: convolution((2, 1, 3), pads=[0, 0, 1, 1, 0, 1]),
    "conv same upper": lambda: convolution((3, 4), auto_pad="SAME_UPPER", strides=[2, 3]),
    "conv same lower": lambda: convolution((4, 3), auto_pad="SAME_LOWER", strides=[3, 1]),
    "conv 1 × 1 same": lambda: convolution((1, 1), auto_pad="SAME_UPPER", strides=[2, 2]),
    "conv valid": lambda: convolution(auto_pad="VALID", strides=[2, 2]),
    "transposed": lambda: transposed(strides=[2, 1], pads=[1, 0, 0, 1]),
    "transposed without bias": lambda: transposed(bias=False, strides=[2, 2]),
    "transposed, output padded": lambda: transposed(strides=[3, 2], output_padding=[1, 1]),
    "transposed dilated": lambda: transposed(dilations=[2, 1]),
    "transposed same": lambda: transposed((3, 4), strides=[2, 2], auto_pad="SAME_UPPER"),
    "gemm": lambda: gemm((7,)),
    "gemm turned": lambda: gemm((1, 7), transA=1, transB=1),
    "gemm scaled": lambda: gemm((7,), alpha=0.5, beta=2.0),
    "gemm without bias": lambda: gemm(None, transB=1),
    "gemm with a number": lambda: gemm((1,)),
    "matmul": lambda: product(("B", 3, "T", 4), (3, 4, "T")),
    "matmul stretched": lambda: product(("B", 1, "T", 4), (3, 4, 5)),
    "matmul of a vector": lambda: product((4,), ("B", 4, 5)),
    "matmul with a vector": lambda: product(("B", "T", 4), (4,)),
    "matmul of vectors": lambda: product(("T",), ("T",)),
    "matmul with a weight": lambda: product(("B", "T", 4), (4, 5), stored=(1,)),
    "matmul of a weight": lambda: product((5, 4), ("B", 4, "T"), stored=(0,)),
    "matmul with several weights": lambda: product(("B", "T", 4), (3, 1, 4, 5), stored=(1,)),
    "einsum": lambda: einsum("bid,bjd->bij", ("B", "T", 4), ("B", 5, 4)),
    "einsum with an ellipsis": lambda: einsum("...ij,jk->...ik", ("B", 2, "T", 4), (4, 3)),
    "attention": attention_written_out,
    "lstm": lambda: recurrent("LSTM", 4),
    "gru": lambda: recurrent("GRU", 3, bias=False),
    "rnn": lambda: recurrent("RNN", 1),
    "average pool": lambda: pool("AveragePool", kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1]),
    "max pool": lambda: pool("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4),
    "max pool rounded up": lambda: pool("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "max pool dilated": lambda: pool("MaxPool", kernel_shape=[2, 2], dilations=[2, 3]),
    "global pools": lambda: pool("GlobalAveragePool"),
    "shapes": shapes_computed,
    "moved": moved,
    "nearest": lambda: resized("nearest"),
    "linear": lambda: resized("linear"),
    "norms": norms,
    "entry by entry": entry_by_entry,
    "reductions": reductions,
    "embedding": looked_up,
    "cubic": lambda: resized("cubic"),
    "sampled": lambda: sampled("linear"),
    "sampled along three axes": lambda: sampled("linear", 3, align_corners=1),
    "sampled on curves": lambda: sampled("cubic", padding_mode="border"),
    "sampled, the nearest": lambda: sampled("nearest"),
    "pools and windows": pools_and_windows,
    "losses": losses,
    "rotated": lambda: rotated(3),
    "rotated in part": lambda: rotated(2, 4),
}
