"""GPT-2 small as a graph of ONNX whose weights have shapes and no numbers, against our declaration of it."""

import pytest

import symderive
from symderive.cost import cost
from symderive.networks import network
from tests.imports.onnx_models import FLOAT, INT64, Graph, onnx

WIDTH, HEADS, LAYERS, VOCABULARY, LENGTH = 768, 12, 12, 50257, 1024


def apart(g, name, *shape):
    """A stored array that lies in a file which is not there."""
    tensor = onnx.TensorProto(name=name, data_type=FLOAT, dims=shape)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="nowhere.bin")
    g.stored.append(tensor)
    return name


def linear(g, x, name, wide, width=WIDTH):
    around, g.scope = g.scope, f"{g.scope}/{name}"
    made = g.MatMul(x, apart(g, f"{g.scope}/weight", width, wide))
    made = g.Add(made, apart(g, f"{g.scope}/bias", wide))
    g.scope = around
    return made


def norm(g, x, name):
    weights = [apart(g, f"{g.scope}/{name}/{one}", WIDTH) for one in ("weight", "bias")]
    return g.LayerNormalization(x, *weights, axis=-1, called=f"{g.scope}/{name}/LayerNormalization")


def layer(g, x):
    """Attention and a feed-forward layer, each behind a norm and added to what it reads."""
    three = linear(g, norm(g, x, "norm1"), "attention/all", 3 * WIDTH)
    parts = g.Split(three, g.whole([WIDTH] * 3), axis=2, outputs=3)
    split = g.whole([0, 0, HEADS, WIDTH // HEADS])
    q, k, v = (g.Transpose(g.Reshape(one, split), perm=[0, 2, 1, 3]) for one in parts)
    scores = g.Div(g.MatMul(q, g.Transpose(k, perm=[0, 1, 3, 2])), g.scale)
    mixed = g.MatMul(g.Softmax(g.Where(g.mask, scores, g.low), axis=-1), v)
    joined = g.Reshape(g.Transpose(mixed, perm=[0, 2, 1, 3]), g.whole([0, 0, WIDTH]))
    x = g.Add(x, linear(g, joined, "attention/output", WIDTH))
    inner = linear(g, norm(g, x, "norm2"), "mlp/widen", 4 * WIDTH)
    inner = g.Gelu(inner, approximate="tanh", called=f"{g.scope}/mlp/activation/Gelu")
    return g.Add(x, linear(g, inner, "mlp/project", WIDTH, 4 * WIDTH))


@pytest.fixture(scope="module")
def model():
    g = Graph(opset=20)
    numbers = g.input("tokens", "batch", "sequence", kind=INT64)
    table = apart(g, "wte", VOCABULARY, WIDTH)
    length = g.Gather(g.Shape(numbers), g.whole(1), axis=0)
    places = g.Range(g.whole(0), length, g.whole(1))
    x = g.Add(
        g.Gather(table, numbers, called="/wte/Gather"), g.Gather(apart(g, "wpe", LENGTH, WIDTH), places)
    )
    g.mask = g.LessOrEqual(g.Unsqueeze(places, g.whole([0])), g.Unsqueeze(places, g.whole([1])))
    g.scale, g.low = g.weight(), g.weight()
    for number in range(LAYERS):
        g.scope = f"/h.{number}"
        x = layer(g, x)
    g.scope = ""
    x = norm(g, x, "norm")
    return g.model(g.MatMul(x, g.Transpose(table, perm=[1, 0]), called="/head/MatMul"))


def test_gpt2_small_has_its_published_formula(model):
    """FLOPs and parameters, those of the matrix that is also the table once."""
    found = symderive.cost(model, dims="B,T", strict=True)
    assert found.formula("flops").write() == "36,864 · B · T² + 247,064,064 · B · T"
    assert found.params == 124_439_808
    declared = cost(network("gpt2"))
    for quantity in ("macs", "params"):
        assert found.formula(quantity).expr - declared.formula(quantity).expr == 0


def test_its_layers_are_the_blocks_of_the_tree(model):
    """Each has the parameters of 12 d² + 13 d."""
    found = symderive.cost(model, dims="B,T")
    layers = found["h"].children
    assert [one.name for one in layers] == [str(number) for number in range(LAYERS)]
    assert {one.params for one in layers} == {12 * WIDTH**2 + 13 * WIDTH}
    assert found["h.3.mlp"].formula().write() == f"{8 * WIDTH**2:,} · B · T"
