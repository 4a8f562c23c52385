"""What a file becomes: the tree of its modules, its parameters, its open axes, and what is left out."""

import numpy as np
import pytest

import symderive
from symderive.cli import main
from symderive.core.dims import Dim
from symderive.errors import SymderiveError
from symderive.imports.onnx_files.call import Call
from tests.imports.onnx_counting import run, total_macs
from tests.imports.onnx_models import BOOL, INT64, Graph, convolution, helper, onnx


def costs(graph, *outputs, dims=None, functions=()):
    return symderive.cost(graph.model(*outputs, functions=functions), dims=dims)


def block(**names):
    """Two convolutions of a module, and a linear layer, with names as an exporter writes them."""
    g = Graph()
    x = g.input("x", "N", 3, "height", "width")
    y = g.Conv(x, g.weight(8, 3, 3, 3), pads=[1] * 4, called="/layer1/layer1.0/conv1/Conv")
    y = g.Relu(y, called="/layer1/layer1.0/relu/Relu")
    y = g.Conv(y, g.weight(8, 8, 1, 1), g.weight(8), called="/layer1/layer1.0/conv2/Conv")
    y = g.Flatten(g.GlobalAveragePool(y, called="/pool/GlobalAveragePool"), called="/Flatten")
    return g, g.Gemm(y, g.weight(10, 8), g.weight(10), transB=1, called="/fc/Gemm")


def test_names_of_nodes_give_the_tree():
    """A module with one operation is a layer; what only moves entries is not there."""
    g, y = block()
    found = costs(g, y, dims="B,H,W")
    names = [one.name for _, one in found.walk()]
    assert names == ["layer1", "0", "conv1", "relu", "conv2", "pool", "fc"]
    assert found["layer1.0.conv1"].formula().write() == "216 · B · H · W"
    assert found.formula().write() == "280 · B · H · W + 80 · B"
    assert (found.params, found["fc"].params) == (216 + 64 + 8 + 90, 90)


@pytest.mark.parametrize(
    ("dims", "formula"),
    [
        (None, "216 · N · height · width"),
        ("B,H,W", "216 · B · H · W"),
        ({"N": "B", "width": 5}, "1,080 · B · height"),
        ("1,H,8", "1,728 · H"),
        ({"x": "B,3,H,H"}, "216 · B · H²"),
        (["B", 3, "H", "W"], "216 · B · H · W"),
    ],
)
def test_open_axes_get_names_and_numbers(dims, formula):
    """By order, by name, or as the shape of the input."""
    g, y = block()
    assert costs(g, y, dims=dims)["layer1.0.conv1"].formula().write() == formula


def test_axes_without_a_name_are_called_by_their_place():
    """Until dims name them."""
    g = Graph()
    y = g.MatMul(g.input("x", None, 4), g.weight(4, 2))
    assert costs(g, y).formula().write() == "8 · x₀"
    assert costs(g, y, dims="B").formula().write() == "8 · B"
    assert costs(g, y, dims={"x[0]": "N"}).formula().write() == "8 · N"


def test_a_whole_shape_opens_axes_that_the_file_fixes():
    """What the file fixes elsewhere is a condition."""
    g = Graph()
    x = g.input("x", 1, 12)
    y = g.Reshape(g.MatMul(x, g.weight(12, 6)), g.whole([1, 6]))
    found = costs(g, g.MatMul(y, g.weight(6, 2)), dims="B,12")
    assert found.formula().write() == "72 · B + 12"
    assert [found.condition_text(one) for one in found.conditions] == ["B = 1"]


@pytest.mark.parametrize(
    ("dims", "match"),
    [
        ("B,H", r"2 dims are given; the open axes are N, height, width"),
        ({"batch": "B"}, r"neither an open axis nor an input 'batch'"),
        ({"x": "B,3"}, r"2 sizes are given for x, which has 4 axes"),
        ("B,H,2*W", "not a name"),
        ("B,-3,W", "not a name"),
        ({"N": 0}, "sizes are positive integers"),
    ],
)
def test_dims_that_do_not_fit_are_said(dims, match):
    g, y = block()
    with pytest.raises(SymderiveError, match=match):
        costs(g, y, dims=dims)


def test_dims_are_about_files():
    with pytest.raises(SymderiveError, match="dims name the open axes of an ONNX file"):
        symderive.cost(symderive.layers.Dense(), dims="B")


# Parameters.


def test_what_is_stored_once_counts_once():
    """A table that is also the last matrix, turned; running statistics are buffers."""
    g = Graph()
    table = g.weight(11, 6)
    x = g.Gather(table, g.input("t", "B", "T", kind=INT64))
    found = costs(g, g.MatMul(x, g.Transpose(table, perm=[1, 0])))
    assert (found.params, found.macs) == (66, 66 * Dim("B") * Dim("T"))
    g = Graph()
    x = g.input("x", "B", 6, "H", "W")
    found = costs(g, g.BatchNormalization(x, *(g.weight(6) for _ in range(4))))
    assert (found.params, found.buffers) == (12, 12)


def test_weights_that_are_made_of_stored_arrays_count_as_these():
    """A matrix scaled to have rows of a given length: what is known before there are data costs nothing."""
    g = Graph()
    direction, length = g.weight(5, 4), g.weight(5, 1)
    norm = g.ReduceL2(direction, g.whole([1]))
    matrix = g.Transpose(g.Mul(length, g.Div(direction, norm)), perm=[1, 0])
    found = costs(g, g.MatMul(g.input("x", "B", 4), matrix))
    assert (found.params, found.formula().write()) == (25, "20 · B")
    assert found.quantity("muls") == found.macs


def test_masks_numbers_and_whole_numbers_are_no_parameters():
    g = Graph()
    x, mask = g.input("x", "B", 4), g.whole([1, 0, 1, 0])
    y = g.Where(g.Cast(mask, to=BOOL), g.Mul(x, g.weight(1)), g.Add(x, g.weight()))
    found = costs(g, g.Add(y, g.weight(4)))
    assert (found.params, found.adds, found.muls) == (4, 8 * Dim("B"), 4 * Dim("B"))


# Operators that the reference does not compute, by hand or against what it computes.


def test_a_grouped_transposed_convolution_is_one_for_each_group():
    g = Graph()
    x = g.input("x", "B", 4, "H", "W")
    grouped = costs(g, g.ConvTranspose(x, g.weight(4, 3, 2, 3), group=2, strides=[2, 1]))
    g = Graph()
    parts = g.Split(g.input("x", "B", 4, "H", "W"), g.whole([2, 2]), axis=1, outputs=2)
    made = [g.ConvTranspose(one, g.weight(2, 3, 2, 3), strides=[2, 1]) for one in parts]
    apart = costs(g, g.Concat(*made, axis=1))
    assert (grouped.macs, grouped.params) == (apart.macs, apart.params)
    sizes = {"B": 2, "H": 3, "W": 4}
    model = g.model(*made)
    assert grouped.subs(sizes).macs == total_macs(model, run(model, sizes))


@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_recurrent_layers_in_both_directions(op, gates):
    """Each direction reads 3 entries and 5 of its own state at each step."""
    g = Graph()
    stored = [g.weight(2, gates * 5, 3), g.weight(2, gates * 5, 5), g.weight(2, 2 * gates * 5)]
    x = g.input("x", "T", "B", 3)
    y, _ = getattr(g, op)(x, *stored, hidden_size=5, direction="bidirectional", outputs=2)
    found = costs(g, y)
    assert found.formula().write() == f"{2 * gates * 5 * (3 + 5)} · T · B".replace(" 1,", " 1,")
    assert found.params == 2 * gates * 5 * (3 + 5 + 2)
    assert [str(size) for size in found.shape] == ["T", "2", "B", "5"]


def test_attention_as_one_operator():
    """Four heads that share two heads of keys; scores and their use, T² for each entry of a head."""
    g = Graph(opset=23)
    q = g.input("q", "B", "T", 32)
    k, v = (g.input(name, "B", "T", 16) for name in "kv")
    y = g.Attention(q, k, v, q_num_heads=4, kv_num_heads=2)
    found = costs(g, y)
    assert found.formula().write() == "64 · B · T²"
    assert [str(size) for size in found.shape] == ["B", "T", "32"]


def test_whole_numbers_are_multiplied_as_real_ones():
    """A quantised convolution and product: the same MACs, and what converts beside them."""
    g = Graph()
    x = g.input("x", "B", 2, "H", "W")
    scale, zero = g.weight(), g.whole(0)
    eight = g.QuantizeLinear(x, scale, zero)
    kernel = g.whole(np.ones((3, 2, 3, 3)))
    y = g.QLinearConv(eight, scale, zero, kernel, scale, zero, scale, zero, pads=[1] * 4)
    y = g.DequantizeLinear(y, scale, zero)
    z = g.MatMulInteger(g.Cast(y, to=INT64), g.input("w", "W", 5, kind=INT64))
    found = costs(g, z)
    assert (found.formula().write(), found.params, found.unknown) == ("69 · B · H · W", 54, ())


def test_group_norm_and_rms_norm():
    g = Graph(opset=21)
    x = g.input("x", "B", 6, "H")
    y = g.GroupNormalization(x, g.weight(6), g.weight(6), num_groups=3)
    assert costs(g, y).params == 12
    g = Graph(opset=23)
    x = g.input("x", "B", "T", 6)
    found = costs(g, g.RMSNormalization(x, g.weight(6)))
    assert (found.params, found.unknown) == (6, ())


# Branches, loops, functions.


def branches(condition, g):
    inner = [Graph() for _ in range(2)]
    for one, width in zip(inner, (4, 9), strict=True):
        one.MatMul("x", one.weight(3, width, name=f"w{width}"))
    graphs = [one.model(one.nodes[-1].output[0]).graph for one in inner]
    return g.If(condition, then_branch=graphs[0], else_branch=graphs[1])


def test_the_branch_that_is_taken():
    """Where sizes decide; else it is unknown."""
    g = Graph()
    x = g.input("x", "B", 3)
    y = branches(g.Equal(g.Gather(g.Shape(x), g.whole(1), axis=0), g.whole(3)), g)
    assert costs(g, y).formula().write() == "12 · B"
    g = Graph()
    x = g.input("x", "B", 3)
    y = branches(g.input("c", kind=BOOL), g)
    with pytest.raises(SymderiveError, match=r"If is not known \(which branch only the data say\)"):
        costs(g, y)


def test_loops_turn_by_turn_and_scans_as_often_as_there_are_positions():
    body = Graph()
    body.inputs = [
        helper.make_tensor_value_info("turn", INT64, []),
        helper.make_tensor_value_info("going", BOOL, []),
        helper.make_tensor_value_info("state", 1, None),
    ]
    again, state = body.Identity("going"), body.MatMul("state", body.weight(3, 3, name="inner"))
    g = Graph()
    x = g.input("x", "B", 3)
    y = g.Loop(g.whole(4), "", x, body=body.model(again, state).graph)
    found = costs(g, y)
    assert (found.formula().write(), found.params) == ("36 · B", 9)
    step = Graph()
    step.inputs = [helper.make_tensor_value_info(name, 1, None) for name in ("state", "each")]
    state = step.Tanh(step.Add(step.MatMul("state", step.weight(3, 3, name="inner")), "each"))
    g = Graph()
    start, x = g.input("s", "B", 3), g.input("x", "T", "B", 3)
    y = g.Scan(start, x, body=step.model(state).graph, num_scan_inputs=1)
    found = costs(g, y)
    assert (found.formula().write(), found.params) == ("9 · B · T", 9)
    assert found.backward == 18 * Dim("B") * Dim("T") - 9 * Dim("B")  # none by the state that is given


def test_functions_of_the_file_are_written_out():
    """With the attributes of the call."""
    attribute = onnx.AttributeProto(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="slope")
    inner = helper.make_node("LeakyRelu", ["h"], ["y"])
    inner.attribute.append(attribute)
    function = helper.make_function(
        "own", "Layer", ["x", "w"], ["y"],
        [helper.make_node("MatMul", ["x", "w"], ["h"]), inner],
        [helper.make_opsetid("", 18)], ["slope"],
    )  # fmt: skip
    g = Graph()
    x = g.input("x", "B", 3)
    y = g.Layer(x, g.weight(3, 4), domain="own", slope=0.1)
    found = costs(g, y, functions=[function])
    assert (found.formula().write(), found.params, found.unknown) == ("12 · B", 12, ())


# What is not counted.


def test_an_unknown_operator_is_named_and_never_a_zero():
    """Its place in the tree, its shape from the file; the total is a lower bound."""
    g = Graph()
    y = g.Ornament(g.input("x", "B", 3), called="/decoration/Ornament", domain="own")
    z = g.MatMul(y, g.weight(7, 2))
    model = g.model(z)
    model.graph.value_info.append(helper.make_tensor_value_info(y, 1, ["B", 7]))
    model.opset_import.append(helper.make_opsetid("own", 1))
    found = symderive.cost(model)
    assert found.unknown == ("Ornament of own in the equation of y (decoration)",)
    assert found.formula().write() == "14 · B"
    with pytest.raises(SymderiveError, match="Ornament"):
        symderive.cost(model, strict=True)


def reduced_at(reduction):
    """Entries of one array joined to another where positions say."""
    g = Graph()
    x, places, source = g.input("x", "B", 7), g.input("t", "B", 3, kind=INT64), g.input("s", "B", 3)
    return g, g.ScatterElements(x, places, source, axis=1, reduction=reduction)


def rotated_pairs():
    g = Graph(23)
    cos, sin = g.input("cos", 5, 4), g.input("sin", 5, 4)
    return g, g.RotaryEmbedding(g.input("x", "B", 2, "T", 8), cos, sin, g.input("t", "B", "T", kind=INT64))


def on_curves():
    """Twice as many along one axis: four products and three sums for each of them."""
    g = Graph()
    g.stored.append(onnx.numpy_helper.from_array(np.array([1, 1, 2], np.float32), "factors"))
    return g, g.Resize(g.input("x", "B", 2, "H"), "", "factors", mode="cubic")


def bounded_scores():
    g = Graph(23)
    q, k, v = (g.input(name, "B", 2, "T", 4) for name in "qkv")
    return g, g.Attention(q, k, v, softcap=30.0)


FURTHER = {
    "softcap": (bounded_scores, {"tanh": "2 · B · T²", "macs": "16 · B · T²"}),
    "max": (lambda: reduced_at("max"), {"larger": "3 · B"}),
    "mul": (lambda: reduced_at("mul"), {"elementwise_muls": "3 · B"}),
    "none": (lambda: reduced_at("none"), {"larger": "0"}),
    "rotated": (rotated_pairs, {"elementwise_muls": "32 · B · T", "elementwise_adds": "16 · B · T"}),
    "on curves": (on_curves, {"elementwise_muls": "16 · B · H", "elementwise_adds": "12 · B · H"}),
}


@pytest.mark.parametrize("name", FURTHER)
def test_what_is_counted_of_some_further_operators(name):
    make, expected = FURTHER[name]
    found = costs(*make())
    assert found.unknown == ()
    assert {one: found.formula(one).write() for one in expected if one in found.quantities} == {
        one: text for one, text in expected.items() if text != "0"
    }


def with_scores():
    """Attention whose scores are an output."""
    g = Graph(23)
    q, k, v = (g.input(name, "B", 2, "T", 4) for name in "qkv")
    y, _, _, scores = g.Attention(q, k, v, outputs=4)
    infos = {y: ["B", 2, "T", 4], scores: ["B", 2, "T", "T"]}
    return g, scores, {**infos, **{name: ["B", 2, "T", 4] for name in g.nodes[-1].output[1:3]}}


def dropped_in_training():
    g = Graph()
    x, always = g.input("x", "B", 3), g.whole(1)
    y = g.Dropout(x, "", g.Cast(always, to=BOOL))
    return g, y, {y: ["B", 3]}


def spectrum():
    g = Graph(20)
    y = g.DFT(g.input("x", "B", 8, 1))
    return g, y, {y: ["B", 8, 2]}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (with_scores, "Attention (with its scores as an output)"),
        (dropped_in_training, "Dropout (random numbers)"),
        (spectrum, "DFT (which algorithm computes it"),
    ],
)
def test_what_is_known_and_not_counted_says_why(make, said):
    g, y, shapes = make()
    model = g.model(y)
    del model.graph.output[:]
    for name, shape in shapes.items():
        info = helper.make_tensor_value_info(name, 1, shape)
        (model.graph.output if name == y else model.graph.value_info).append(info)
    found = symderive.cost(model)
    assert found.unknown
    assert all(one.startswith(said) for one in found.unknown)


def test_shapes_that_only_the_data_say_are_named():
    """What follows is a formula in a size of its own."""
    g = Graph()
    x = g.input("x", "B", 3)
    places = g.Transpose(g.NonZero(x), perm=[1, 0])
    found = costs(g, g.MatMul(g.Cast(places, to=1), g.weight(2, 5)))
    assert found.unknown == ("NonZero (its length only the data say) in the equation of y (NonZero)",)
    assert found.formula().write() == "10 · nonzero"
    g = Graph()
    x = g.input("x", "B", 3)
    values, _ = g.TopK(x, g.whole([2]), outputs=2)
    (said,) = costs(g, values).unknown
    assert said.startswith("TopK (how many comparisons it takes depends on")


def test_a_file_a_path_and_bytes(tmp_path):
    """All are the same network."""
    g, y = convolution()
    model = g.model(y)
    path = tmp_path / "small.onnx"
    onnx.save(model, path)
    written = [symderive.cost(one).formula().write() for one in (model, path, str(path), path.read_bytes())]
    assert len(set(written)) == 1


def test_operators_that_onnx_makes_of_others_are_written_out():
    """The mean and the variance of each channel, by the body that ONNX gives."""
    g = Graph()
    found = costs(g, g.MeanVarianceNormalization(g.input("x", "B", 6, "H", "W")))
    assert found.unknown == ()
    assert {"sum_adds", "divisions", "sqrt"} <= {*found.quantities}


def test_names_of_extents_are_not_those_of_the_file():
    """`H1` is an open axis of the file, and the extent behind the first step is called otherwise."""
    g = Graph()
    x = g.input("x", "B", 2, "H", "H1")
    found = costs(g, g.Conv(x, g.weight(3, 2, 3, 3), strides=[2, 2]))
    assert found.subs(B=1, H=5, H1=7).macs == 54 * 2 * 3


def test_the_command_and_a_problem_file(tmp_path, capsys):
    """With open axes by name, with numbers, and with dims that do not fit."""
    g, y = block()
    path = tmp_path / "small.onnx"
    onnx.save(g.model(y), path)
    assert main(["cost", str(path), "--dims", "B,H,W"]) == 0
    assert "280 · B · H · W + 80 · B" in capsys.readouterr().out
    assert main(["cost", str(path), "--dims", "B,H,W", "B=1", "H=8", "W=8"]) == 0
    assert "18,000" in capsys.readouterr().out
    assert main(["cost", str(path), "--dims", "B"]) == 2
    assert "the open axes are N, height, width" in capsys.readouterr().err
    assert main(["cost", "resnet18", "--dims", "B"]) == 2
    assert "--dims names the open axes of an ONNX file" in capsys.readouterr().err
    problem = tmp_path / "problem.toml"
    problem.write_text(
        "[[question]]\nkind = 'network_cost'\nnetwork = 'small.onnx'\ndims = 'B,H,W'\n", encoding="utf-8"
    )
    assert main(["solve", str(problem), "--format", "txt", "-o", "-"]) == 0
    assert "280 · B · H · W + 80 · B" in capsys.readouterr().out


def test_a_wrong_operator_is_caught(monkeypatch):
    """A convolution that forgets its groups gives other products than the reference."""
    graph, output = convolution(groups=2, bias=False)
    model, sizes = graph.model(output), {"B": 2, "H": 6, "W": 7}
    truth = total_macs(model, run(model, sizes))
    assert symderive.cost(model).subs(sizes).macs == truth
    usual = Call.attribute
    monkeypatch.setattr(
        Call,
        "attribute",
        lambda call, name, default=None: 1 if name == "group" else usual(call, name, default),
    )
    with pytest.raises(SymderiveError, match="4 differs from 2"):
        symderive.cost(model)
