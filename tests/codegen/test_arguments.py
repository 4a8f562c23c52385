"""Wrong arrays: one sentence with the argument, the shape that was given and the one that is needed."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.arguments import check_shapes, checked_arrays
from symderive.core.nodes import Tensor
from symderive.errors import ShapeError, SymderiveError

n, d, k = sd.dims("n d k")
X, w, y, B, c = Tensor("X", (n, d)), Tensor("w", (d,)), Tensor("y", (n,)), Tensor("B", (d, k)), Tensor("c")
T, U = Tensor("T", (n + d,)), Tensor("U", (3, k))


@pytest.mark.parametrize(
    ("tensors", "shapes", "sentence"),
    [
        ((X, w, y), ((4, 3), (3,), (5,)), "y has shape (5,), but X with shape (4, 3) needs (4,)."),
        ((y, X), ((5,), (4, 3)), "X has shape (4, 3), but y with shape (5,) needs (5, d)."),
        ((X, B), ((4, 3), (2, 6)), "B has shape (2, 6), but X with shape (4, 3) needs (3, k)."),
        ((X, w), ((4,), (3,)), "X has shape (4,), but w with shape (3,) needs (n, 3)."),
        ((X, w), ((4, 3), (3, 1)), "w has shape (3, 1), but X with shape (4, 3) needs (3,)."),
        ((w,), ((3, 1),), "w has shape (3, 1), but it needs (d,)."),
        ((c, w), ((2,), (3,)), "c has shape (2,), but it needs ()."),
        ((U,), ((4, 3),), "U has shape (4, 3), but it needs (3, k)."),
        ((T, X), ((8,), (4, 3)), "T has shape (8,), but X with shape (4, 3) needs (7,)."),
        ((T, w, y), ((8,), (3,), (4,)),
         "T has shape (8,), but w with shape (3,) and y with shape (4,) need (7,)."),
    ],
)  # fmt: skip
def test_wrong_shapes(tensors, shapes, sentence):
    given = {str(tensor.name): shape for tensor, shape in zip(tensors, shapes, strict=True)}
    with pytest.raises(ShapeError) as found:
        check_shapes(tensors, given, "gradient")
    assert str(found.value) == f"gradient: {sentence}"


def test_right_shapes_pass():
    check_shapes((T, X, w, y, B, c, U), {
        "T": (7,), "X": (4, 3), "w": (3,), "y": (4,), "B": (3, 2), "c": (), "U": (3, 2),
    }, "f")  # fmt: skip


@pytest.mark.parametrize(
    ("arrays", "kind"),
    [
        ({"w": np.ones(3, np.float32), "c": 0.5}, np.float32),
        ({"w": np.ones(3, np.float32), "c": 2}, np.float32),
        ({"w": np.ones(3, int), "c": np.float32(2)}, np.float32),
        ({"w": np.ones(3, int), "c": 2}, np.float64),
        ({"w": [1, 2, 3], "c": True}, np.float64),
        ({"w": np.ones(3, np.float32), "c": np.float64(2)}, np.float64),
        ({"w": np.ones(3, np.uint8), "c": np.array(2.0, np.float32)}, np.float32),
    ],
)
def test_the_most_precise_float_among_the_arrays_decides(arrays, kind):
    made = checked_arrays((w, c), arrays, "f")
    assert {one.dtype for one in made.values()} == {np.dtype(kind)}


def test_floats_are_not_copied():
    given = np.ones(3)
    assert checked_arrays((w,), {"w": given}, "f")["w"] is given


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"w": np.ones(3)}, "f: c is missing; it takes w, c."),
        ({"w": np.ones(3), "c": 1.0, "z": 1.0}, "f: z is not an argument; it takes w, c."),
        ({"w": np.array([1.0, None]), "c": 1.0}, "f: w is not an array of real numbers (dtype object)."),
        ({"w": np.ones(3), "c": 1j}, "f: c is not an array of real numbers (dtype complex128)."),
        (
            {"w": np.ma.masked_array([1.0]), "c": 1},
            "f: w is a masked array; fill its gaps or leave them out.",
        ),
    ],
)
def test_what_is_no_array_of_real_numbers(arrays, sentence):
    with pytest.raises(SymderiveError) as found:
        checked_arrays((w, c), arrays, "f")
    assert str(found.value) == sentence


def test_an_array_that_is_too_short_for_a_position():
    made = sd.gradient(sd.parse("np.sum(X[1, :] * w) ** 2", X="n,d", w="d"), sd.parse("w", w="d"))
    with pytest.raises(ShapeError) as found:
        made.to_numpy()(X=np.ones((1, 3)), w=np.ones(3))
    assert str(found.value) == (
        "gradient: the formula reads a position that an array does not have (index 1 is out of bounds for "
        "axis 0 with size 1); the shapes are X (1, 3), w (3,); give longer arrays, see the conditions of the "
        "derivation."
    )
    assert [str(one) for one in made.conditions] == ["n ≥ 2"]
