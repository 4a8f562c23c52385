"""Normalisations against NumPy code that does not know them, and what they cost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.core.dims import dims
from symderive.cost import cost
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.layers import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    RMSNorm,
)
from tests.cost.brute_force import random_arrays
from tests.profiles import examples

BATCH = {1: BatchNorm1d, 2: BatchNorm2d, 3: BatchNorm3d}
INSTANCE = {1: InstanceNorm1d, 2: InstanceNorm2d, 3: InstanceNorm3d}
small = st.integers(1, 3)
extents = st.lists(st.integers(2, 3), min_size=1, max_size=3).map(tuple)
eps = st.sampled_from([1e-5, 0.1])


def computed(layer):
    program = layer.program()
    arrays = random_arrays(program, 3)
    return evaluate(program, arrays), arrays


def standardised(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def per_channel(values, x):
    """One number per channel beside an array of (N, C, …)."""
    return values.reshape(-1, *[1] * (x.ndim - 2))


def rescaled(y, arrays, per_entry=lambda values, y: values):
    return y * per_entry(arrays.get("weight", np.ones(1)), y) + per_entry(arrays.get("bias", np.zeros(1)), y)


@settings(max_examples=examples(30), deadline=None)
@given(extents, small, eps, st.booleans(), st.booleans())
def test_a_layer_norm_computes_what_numpy_computes(sizes, batch, eps, affine, bias):
    layer = LayerNorm(sizes, (batch, 2), affine, bias, eps=eps)
    got, arrays = computed(layer)
    assert set(arrays) == {"x", *(["weight"] if affine else []), *(["bias"] if affine and bias else [])}
    expected = rescaled(standardised(arrays["x"], tuple(range(2, 2 + len(sizes))), eps), arrays)
    np.testing.assert_allclose(got["y"], expected, atol=1e-12)


@settings(max_examples=examples(30), deadline=None)
@given(extents, small, eps, st.booleans())
def test_an_rms_norm_has_no_mean(sizes, batch, eps, affine):
    got, arrays = computed(RMSNorm(sizes, batch, affine, eps=eps))
    x = arrays["x"]
    square = (x**2).mean(tuple(range(1, x.ndim)), keepdims=True)
    np.testing.assert_allclose(got["y"], rescaled(x / np.sqrt(square + eps), arrays), atol=1e-12)


@settings(max_examples=examples(30), deadline=None)
@given(extents, small, small, small, eps, st.booleans())
def test_a_group_norm_computes_what_numpy_computes(sizes, groups, per_group, batch, eps, affine):
    got, arrays = computed(GroupNorm(groups, groups * per_group, sizes, batch, affine, eps=eps))
    x = arrays["x"].reshape(batch, groups, -1)
    expected = standardised(x, (2,), eps).reshape(batch, groups * per_group, *sizes)
    flat = {name: array.ravel() for name, array in arrays.items()}
    expected = rescaled(
        expected, flat, lambda values, y: values if values.size == 1 else per_channel(values, y)
    )
    np.testing.assert_allclose(got["y"].reshape(expected.shape), expected, atol=1e-12)


@settings(max_examples=examples(30), deadline=None)
@given(extents, small, small, eps, st.booleans())
def test_an_instance_norm_computes_what_numpy_computes(sizes, channels, batch, eps, affine):
    got, arrays = computed(INSTANCE[len(sizes)](channels, *sizes, batch, affine, eps=eps))
    x = arrays["x"]
    expected = standardised(x, tuple(range(2, x.ndim)), eps)
    np.testing.assert_allclose(got["y"], rescaled(expected, arrays, per_channel), atol=1e-12)


@settings(max_examples=examples(30), deadline=None)
@given(extents, small, small, eps, st.booleans())
def test_a_batch_norm_computes_what_numpy_computes(sizes, channels, batch, eps, affine):
    kind = BATCH[len(sizes)]
    got, arrays = computed(kind(channels, *sizes, batch, False, affine, eps=eps))
    x, mean, var = arrays["x"], arrays["running_mean"], arrays["running_var"]
    expected = (x - per_channel(mean, x)) / np.sqrt(per_channel(var, x) + eps)
    np.testing.assert_allclose(got["y"], rescaled(expected, arrays, per_channel), atol=1e-12)

    got, arrays = computed(kind(channels, *sizes, batch, True, affine, eps=eps, momentum=0.3))
    x, axes = arrays["x"], (0, *range(2, len(sizes) + 2))
    np.testing.assert_allclose(
        got["y"], rescaled(standardised(x, axes, eps), arrays, per_channel), atol=1e-12
    )
    for name, seen in (("mean", x.mean(axes)), ("var", x.var(axes, ddof=1))):
        moved = 0.7 * arrays[f"running_{name}"] + 0.3 * seen
        np.testing.assert_allclose(got[f"next_{name}"], moved, atol=1e-12)


def test_a_batch_norm_without_positions_takes_the_mean_over_the_inputs():
    got, arrays = computed(BatchNorm1d(3, batch=5, training=True))
    assert arrays["x"].shape == got["y"].shape == (5, 3)
    expected = rescaled(standardised(arrays["x"], (0,), 1e-5), arrays)
    np.testing.assert_allclose(got["y"], expected, atol=1e-12)


def waves(shape, start, wave=np.sin):
    return wave(start + np.arange(np.prod(shape, dtype=int))).reshape(shape)


OF_TORCH = [
    (LayerNorm((4, 3), 2), 5, [0.6630152591510867, -4.415146396684446]),
    (RMSNorm((4, 3), 2), 5, [-0.18414727332971761, 0.08049768554356995]),
    (GroupNorm(2, 4, 3, 2), 5, [-0.4738017102323138, 0.255388001122103]),
    (InstanceNorm1d(4, 3, 2, affine=True), 5, [-0.05325333303806228, 2.2721607638933743]),
    (BatchNorm1d(4, 3, 2), 5, [-2.3497595502902264, 0.5042774501527729]),
    (
        BatchNorm1d(4, 3, 2, training=True),
        5,
        [-0.09347332750744185, 3.345990990463925, -0.6151565552852927, 0.26580285191676445],
    ),
]
"""PyTorch 2.15.0 in double precision, with x = sin(1), sin(2), … of shape (2, 4, 3), the weight cos(1), …,
the bias from cos(5) on, the running mean sin(2), … and the running variance |cos(3)|, …: the entry
y[1, 2, 1], the sum of all y·cos(1, …), and in training what the third channel's statistics become.
"""


@pytest.mark.parametrize(("layer", "bias", "expected"), OF_TORCH, ids=lambda one: type(one).__name__)
def test_a_normalisation_computes_what_pytorch_does(layer, bias, expected):
    program = layer.program()
    shapes = {one.name: [int(size) for size in one.shape] for one in program.inputs}
    starts = {"x": (1, np.sin), "weight": (1, np.cos), "bias": (bias, np.cos), "running_mean": (2, np.sin)}
    arrays = {name: waves(shapes[name], *starts[name]) for name in shapes if name in starts}
    if layer.buffers:
        arrays["running_var"] = np.abs(waves(shapes["running_var"], 3, np.cos))
    got = evaluate(program, arrays)
    y = got["y"].reshape(2, 4, 3)
    found = [y[1, 2, 1], np.sum(y * waves(y.shape, 1, np.cos))]
    found += [got[f"next_{name}"][2] for name in ("mean", "var") if f"next_{name}" in got]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_normalisation_has_no_macs_and_says_what_it_has():
    N, C, H, W, d = dims("N C H W d")
    trained, used = cost(BatchNorm2d(training=True)), cost(BatchNorm2d())
    for counted in (trained, used):
        assert (counted.macs, counted.params, counted.buffers) == (0, 2 * C, 2 * C)
        assert counted.unknown == ()
    assert used.muls == 2 * N * C * H * W
    assert used.quantity("sqrt") == used.quantity("divisions") == C
    assert trained.quantity("elementwise_muls") == 3 * N * C * H * W
    assert cost(LayerNorm(batch="N")).quantity("elementwise_muls") == 3 * N * d
    assert cost(RMSNorm(batch="N")).adds == N * (d - 1) + N
    assert cost(LayerNorm(batch="N")).buffers == 0
    assert cost(BatchNorm2d(64, 7, 7)).formula("buffers").write() == "2 · C"
    assert "buffers" in str(used)
    assert "needs       N · H · W ≥ 2" in "\n".join(
        " ".join(line.split(maxsplit=1)).replace("needs ", "needs       ")
        for line in str(trained).splitlines()
    )


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: GroupNorm(3, 8), "GroupNorm: 3 groups do not divide 8 channels; change one."),
        (lambda: LayerNorm(()), "LayerNorm: there is no last axis; give its size d."),
        (lambda: LayerNorm(0), "LayerNorm: d: 0 is not a size"),
        (lambda: LayerNorm(4, eps=0), "LayerNorm: eps: 0 is not a positive number; give one such as 1e-5."),
        (lambda: RMSNorm(4, eps="small"), "RMSNorm: eps: 'small' is not a positive number"),
        (lambda: RMSNorm(4, eps=float("nan")), "eps: nan is not a positive number"),
        (lambda: RMSNorm(4, eps=float("inf")), "eps: inf is not a positive number"),
        (
            lambda: BatchNorm1d(4, batch=1, training=True),
            "the mean is that of one entry, which leaves nothing",
        ),
        (lambda: BatchNorm2d(4, momentum=2), "BatchNorm2d: the momentum 2 is above 1; take less."),
        (lambda: InstanceNorm2d(4, 1, 1), "InstanceNorm2d: the mean is that of one entry"),
        (lambda: InstanceNorm1d(4, None), "InstanceNorm1d: length: None is not a size"),
        (lambda: cost(BatchNorm1d(training=True)).subs(N=1), "N ≥ 2 is needed, but N = 1"),
    ],
)
def test_what_does_not_fit_is_one_sentence(make, sentence):
    with pytest.raises(SymderiveError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
