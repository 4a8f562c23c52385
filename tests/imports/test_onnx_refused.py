"""Broken and hostile files: one sentence that names the file or the node; never a traceback, never a hang."""

import contextlib
import time

import pytest

import symderive
from symderive.errors import SymderiveError
from tests.imports.onnx_models import Graph, helper, onnx


def small():
    g = Graph()
    return g, g.MatMul(g.input("x", "B", 3), g.weight(3, 4))


def cyclic():
    g = Graph()
    g.input("x", 3)
    g.nodes = [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]
    return g.model("b")


def reads_nothing():
    g = Graph()
    g.nodes = [helper.make_node("Relu", ["nowhere"], ["y"], name="lost")]
    return g.model("y")


def named(axis):
    g = Graph()
    return g.model(g.Relu(g.input("x", axis, 3)))


def cut_off():
    g, y = small()
    model = g.model(y)
    model.graph.initializer[0].dims[:] = [-3, 4]
    return model


def too_few_numbers():
    g = Graph()
    y = g.Reshape(g.input("x", "B", 6), g.whole([0, 2, 3]))
    model = g.model(y)
    model.graph.initializer[0].raw_data = b"12345"
    return model


def recursive():
    function = helper.make_function(
        "own", "Again", ["x"], ["y"],
        [helper.make_node("Again", ["x"], ["y"], domain="own")], [helper.make_opsetid("own", 1)],
    )  # fmt: skip
    g = Graph()
    return g.model(g.Again(g.input("x", "B"), domain="own"), functions=[function])


def doubling():
    """Each function calls the one before it twice, thirty times over."""
    functions = [
        helper.make_function("own", "F0", ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])],
                             [helper.make_opsetid("", 18)])
    ]  # fmt: skip
    for level in range(1, 31):
        twice = [
            helper.make_node(f"F{level - 1}", [read], [made], domain="own")
            for read, made in (("x", "h"), ("h", "y"))
        ]
        imports = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
        functions.append(helper.make_function("own", f"F{level}", ["x"], ["y"], twice, imports))
    g = Graph()
    return g.model(g.F30(g.input("x", "B"), domain="own"), functions=functions)


def node(op, *shapes, **attributes):
    g = Graph()
    inputs = [g.input(f"x{place}", *shape) for place, shape in enumerate(shapes)]
    return g.model(getattr(g, op)(*inputs, called="the/node", **attributes))


CASES = {
    "no file": (lambda: "/nowhere/at/all.onnx", "No such file or directory; give the path of an ONNX file"),
    "a zero in the path": (lambda: "a\0.onnx", "give the path of an ONNX file"),
    "no model": (lambda: b"\x80 this is no model", "it is no ONNX model, or it is cut off"),
    "nothing": (lambda: b"", "there is no graph in it"),
    "a circle": (cyclic, "reads 'b', which nothing before it gives; the nodes are not in order"),
    "nothing gives it": (reads_nothing, r"node 'lost' \(Relu\) reads 'nowhere'"),
    "a name with a blank": (lambda: named("batch size"), "'batch size' is not a name"),
    "a name that is code": (lambda: named("__import__('os')"), "is not a name"),
    "a negative size": (lambda: named(-4), "sizes are positive integers"),
    "a negative stored size": (cut_off, "has a negative size"),
    "too few numbers": (too_few_numbers, "does not hold what its shape and type say"),
    "a function of itself": (recursive, "nested more than 40 deep"),
    "other inner sizes": (lambda: node("MatMul", ("B", 3), (4, 5)), "the inner sizes: 3 differs from 4"),
    "other shapes": (lambda: node("Add", (2, 3), (4, 3)), "2 differs from 4"),
    "too few inputs": (lambda: node("MatMul", ("B", 3)), r"\(MatMul\): input 2 is missing"),
    "too many axes": (lambda: node("Conv", (1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 6)), "has 6 axes"),
    "no such axis": (lambda: node("Softmax", ("B", 3), axis=7), "there is no axis 7 in an array with 2"),
    "another order": (lambda: node("Transpose", (2, 3), perm=[0, 0]), r"perm \[0, 0\] is no order of 2 axes"),
    "a text for a number": (lambda: node("Softmax", ("B", 3), axis="x"), "are not those of Softmax"),
    "a window that is too large": (
        lambda: node("MaxPool", (1, 2, 3, 3), kernel_shape=[5, 5]),
        "the kernel covers 5 positions",
    ),
    "a stride of 0": (lambda: node("MaxPool", (1, 2, 3, 3), kernel_shape=[1, 1], strides=[0, 0]), "stride"),
    "another number of strides": (
        lambda: node("MaxPool", (1, 2, 3, 3), kernel_shape=[1, 1], strides=[1]),
        "1 strides",
    ),
    "subscripts": (lambda: node("Einsum", (2, 3), equation="i!->i"), "einsum"),
    "an empty body": (lambda: node("Loop", (2, 3)), "Loop"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_is_one_sentence(name):
    make, match = CASES[name]
    with pytest.raises(SymderiveError, match=match) as caught:
        symderive.cost(make())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_functions_that_double_are_not_written_out_to_the_end(monkeypatch):
    """A thousand million nodes in a file of some kilobytes."""
    monkeypatch.setattr("symderive.imports.onnx_files.walk.MOST_NODES", 500)
    with pytest.raises(SymderiveError, match="written out it has more than 500 nodes"):
        symderive.cost(doubling())


def test_every_byte_changed_is_a_network_or_a_sentence():
    """A small model with one byte changed at each place."""
    g, y = small()
    data = g.model(g.Softmax(g.Reshape(y, g.whole([-1, 2])), axis=1)).SerializeToString()
    for place in range(0, len(data), 3):
        for value in (0, 7, 255):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            with contextlib.suppress(SymderiveError):
                symderive.cost(changed)


def test_huge_sizes_are_numbers_like_others():
    g = Graph()
    y = g.MatMul(g.input("x", 2**40, 2**40), g.input("y", 2**40, 2**40))
    assert symderive.cost(g.model(y)).macs == 2**120


def test_a_constant_of_a_huge_shape_is_not_made():
    """`ConstantOfShape`, `Range`, `Tile` and `Expand` say shapes, and no array is filled."""
    g = Graph()
    big = g.ConstantOfShape(g.whole([2**40, 2**40]))
    g.Tile(g.Expand(g.whole([1]), g.whole([2**40])), g.whole([2**10]))
    g.Range(g.whole(0), g.whole(2**60), g.whole(1))
    y = g.Add(g.input("x", "B", 1, 1), big)
    found = symderive.cost(g.model(y, every=True))
    assert found.formula("adds").expr.as_coeff_Mul()[0] == 2**80


def test_deep_names_and_odd_names_are_blocks_all_the_same():
    g = Graph()
    x = g.input("x", "B", 3)
    x = g.MatMul(x, g.weight(3, 3), called="/".join(f"a{place}" for place in range(500)))
    x = g.MatMul(x, g.weight(3, 3), called="./..//\n\t.")
    found = symderive.cost(g.model(x))
    assert found.formula().write() == "18 · B"
    assert all("." not in one.name and "\n" not in one.name for _, one in found.walk())


def test_time_grows_with_the_number_of_nodes():
    """Four times the nodes take no more than eight times the time."""
    taken = []
    for count in (500, 2000):
        g = Graph()
        x, w = g.input("x", "B", 3), g.weight(3, 3)
        for place in range(count):
            x = g.Relu(g.MatMul(x, w), called=f"/layer{place // 50}/relu/Relu")
        model = g.model(x)
        start = time.process_time()
        found = symderive.cost(model)
        taken.append(time.process_time() - start)
        assert found.formula().write() == f"{9 * count:,} · B"
    assert taken[1] < 8 * taken[0]


def test_onnx_is_asked_for_in_one_sentence(monkeypatch):
    """Where it is not installed."""
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(SymderiveError, match=r"needs onnx; install symderive\[onnx\]"):
        symderive.cost("model.onnx")


def test_weights_in_another_file_are_not_needed(tmp_path):
    g, y = small()
    model = g.model(y)
    path = tmp_path / "apart.onnx"
    onnx.save(model, path, save_as_external_data=True, size_threshold=0, location="weights.bin")
    (tmp_path / "weights.bin").unlink()
    assert symderive.cost(path).formula().write() == "12 · B"


def test_the_weights_of_an_operation_that_is_not_known_are_parameters():
    g = Graph()
    x = g.input("x", "B", 3)
    made = helper.make_node("Magic", [x, g.weight(3, 4), g.weight(4)], ["y"], domain="com.acme")
    g.nodes.append(made)
    model = g.model("y")
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", 1, ["B", 4]))
    found = symderive.cost(model)
    assert (found.params, found.macs) == (16, 0)
    assert "Magic of com.acme" in found.unknown[0]
    with pytest.raises(SymderiveError, match=r"not counted are Magic of com\.acme"):
        symderive.cost(model, strict=True)
