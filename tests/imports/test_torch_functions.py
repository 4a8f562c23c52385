"""Functions of torch as equations: their values by plain loops, and what is counted of them."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import symderive as sd
from symderive.errors import SymderiveError
from symderive.imports.torch_modules import torch_network
from symderive.networks.operations import Sampled
from tests.cost.brute_force import Loops
from tests.imports.replayed import replay

torch_sdpa = F.scaled_dot_product_attention  # as a model has it that imports the function itself


class Function(nn.Module):
    """A model that is a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *arrays):
        return self.function(*arrays)


def norm(order):
    return lambda x: torch.linalg.vector_norm(x, ord=order, dim=1)


PAIR = ("3,4", "3,4")
VALUES = {
    "mse": (lambda x, y: F.mse_loss(x, y), PAIR),
    "mse_sum": (lambda x, y: F.mse_loss(x, y, reduction="sum"), PAIR),
    "mse_none": (lambda x, y: F.mse_loss(x, y, reduction="none"), PAIR),
    "smooth_l1": (lambda x, y: F.smooth_l1_loss(x, y, beta=0.5), PAIR),
    "smooth_l1_0": (lambda x, y: F.smooth_l1_loss(x, y, beta=0.0), PAIR),
    "huber": (lambda x, y: F.huber_loss(x, y, delta=0.5), PAIR),
    "bce": (lambda x, y: F.binary_cross_entropy(x / 3, y / 3), PAIR),
    "bce_logits": (lambda x, y: F.binary_cross_entropy_with_logits(x, y), PAIR),
    "soft_margin": (lambda x, y: F.soft_margin_loss(x, y), PAIR),
    "kl": (lambda x, y: F.kl_div(x, y, reduction="sum"), PAIR),
    "poisson": (lambda x, y: F.poisson_nll_loss(x, y), PAIR),
    "dist": (lambda x, y: torch.dist(x, y, 3), PAIR),
    "norm3": (norm(3), ("3,4",)),
    "norm_half": (norm(0.5), ("3,4",)),
    "norm_inf": (norm(float("inf")), ("3,4",)),
    "norm_-inf": (norm(-float("inf")), ("3,4",)),
    "norm0": (norm(0), ("3,4",)),
    "aminmax": (lambda x: torch.aminmax(x, dim=1)[0], ("3,4",)),
    "nansum": (lambda x: x.nansum(1), ("3,4",)),
    "addmv": (lambda c, a, b: torch.addmv(c, a, b, alpha=2, beta=3), ("3", "3,4", "4")),
    "addr": (lambda c, a, b: torch.addr(c, a, b, alpha=2), ("3,4", "3", "4")),
    "addbmm": (lambda c, a, b: torch.addbmm(c, a, b, beta=2), ("3,5", "2,3,4", "2,4,5")),
    "vdot": (torch.vdot, ("4", "4")),
    "kron": (lambda a, b: torch.kron(a, b), ("2,3", "3,2")),
    "kron_unequal": (lambda a, b: torch.kron(a, b), ("3", "3,2")),
    "multi_dot": (lambda a, b, c: torch.linalg.multi_dot([a, b, c]), ("2,5", "5,3", "3,4")),
    "multi_dot_vectors": (lambda a, b, c: torch.linalg.multi_dot([a, b, c]), ("5", "5,3", "3")),
    "einsum_lists": (lambda a, b: torch.einsum(a, [0, 3], b, [3, 5], [5, 0]), ("2,3", "3,4")),
    "einsum_implied": (lambda a, b: torch.einsum(a, [0, 3], b, [3, 5]), ("2,3", "3,4")),
    "fold": (lambda x: F.fold(x, (4, 5), (2, 3), stride=(1, 2), padding=(0, 1)), ("2,12,9",)),
    "fold_dilated": (lambda x: F.fold(x, (5, 6), 2, dilation=2, stride=2), ("8,4",)),
    "weight_norm": (lambda v, g: torch._weight_norm(v, g, 0), ("3,4", "3,1")),
    "fake_quantised": (lambda x: torch.fake_quantize_per_tensor_affine(x, 0.25, 2, 0, 9), ("3,4",)),
    "logit": (lambda x: torch.logit(x / 3), ("3,4",)),
    "rrelu": (lambda x: F.rrelu(x - 1), ("3,4",)),
    "xlogy": (torch.xlogy, PAIR),
    "hypot": (torch.hypot, PAIR),
    "atan2": (torch.atan2, PAIR),
    "logaddexp": (torch.logaddexp, PAIR),
    "remainder": (lambda x, y: torch.remainder(x - 1, y), PAIR),
    "fmod": (lambda x, y: torch.fmod(x - 1, y), PAIR),
    "floor_divide": (lambda x, y: torch.floor_divide(x - 1, y), PAIR),
    "div_trunc": (lambda x, y: torch.div(x - 1, y, rounding_mode="trunc"), PAIR),
    "frac": (lambda x: torch.frac(x - 1), ("3,4",)),
    "copysign": (lambda x, y: torch.copysign(x, y - 1), PAIR),
    "heaviside": (lambda x, y: torch.heaviside(x - 1, y), PAIR),
    "lgamma": (torch.lgamma, ("3,4",)),
    "digamma": (torch.digamma, ("3,4",)),
    "erfc": (torch.erfc, ("3,4",)),
    "i0e": (torch.special.i0e, ("3,4",)),
    "log_ndtr": (torch.special.log_ndtr, ("3,4",)),
    "max_pool1d": (lambda x: F.max_pool1d(x, 2, 1), ("2,3,6",)),
    "attention": (torch_sdpa, ("1,2,3,4", "1,2,3,4", "1,2,3,4")),
    "bilinear": (F.bilinear, ("3,2", "3,4", "2,2,4")),
    "pairwise": (lambda x, y: F.pairwise_distance(x, y, p=3.0), PAIR),
}
LAST_FIRST = dict.fromkeys(("addmv", "addr", "addbmm"), (1, 2, 0))
TURNED = dict.fromkeys(("kl", "copysign"), (1, 0))
IN_ANOTHER_ORDER = {"bilinear": (0, 2, 1), **LAST_FIRST, **TURNED}
"""Where the arrays are read in another order than that of the arguments."""


def positive(place, text):
    """An array of numbers between 0 and 3, all of them different."""
    shape = [int(size) for size in text.split(",")]
    return (
        np.random.default_rng(place).permutation(np.linspace(0.21, 2.83, int(np.prod(shape)))).reshape(shape)
    )


@pytest.mark.parametrize("name", VALUES)
def test_the_equations_compute_what_torch_computes(name):
    function, shapes = VALUES[name]
    arrays = [positive(place, text) for place, text in enumerate(shapes)]
    expected = function(*map(torch.from_numpy, arrays)).numpy()
    network = torch_network(Function(function), shapes)
    assert not sd.cost(network).unknown
    order = IN_ANOTHER_ORDER.get(name, range(len(arrays)))
    found = replay(network, *(arrays[place] for place in order)).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, atol=1e-12)


IMAGE, WHOLE = "B,C,H,W", "integer"
COMPLEX = ("B,T,2", "B,T,2")


def complex_numbers(function):
    """A function of complex arrays, of which real ones hold the two parts."""
    return lambda *arrays: torch.view_as_real(function(*map(torch.view_as_complex, arrays)))


COUNTS = {
    # Four corners for each channel; of one weight each the two shares are worked out for all channels.
    "grid_sample": (
        lambda x, g: F.grid_sample(x, g), (IMAGE, "B,P,Q,2"),
        {"macs": "4*B*C*P*Q", "elementwise_muls": "4*B*P*Q", "floor": "2*B*P*Q"},
    ),
    "grid_sample_3d": (
        lambda x, g: F.grid_sample(x, g, padding_mode="border"), ("B,C,D,H,W", "B,P,Q,R,3"),
        {"macs": "8*B*C*P*Q*R", "elementwise_muls": "16*B*P*Q*R", "divisions": "3*B*P*Q*R"},
    ),
    "grid_sample_cubic": (
        lambda x, g: F.grid_sample(x, g, mode="bicubic"), (IMAGE, "B,P,Q,2"), {"macs": "16*B*C*P*Q"},
    ),
    "grid_sample_nearest": (
        lambda x, g: F.grid_sample(x, g, mode="nearest"), (IMAGE, "B,P,Q,2"),
        {"macs": "0", "floor": "2*B*P*Q"},
    ),
    "affine_grid": (
        lambda t: F.affine_grid(t, (t.shape[0], 4, 5, 6)), ("B,2,3",), {"macs": "180*B"},  # 5·6·2·3
    ),
    "cdist": (
        torch.cdist, ("B,P,D", "B,R,D"),
        {"macs": "B*D*P*R", "sqrt": "B*P*R", "muls": "B*D*P*R + B*D*P + B*D*R + B*P*R"},
    ),
    "cdist_1": (
        lambda x, y: torch.cdist(x, y, p=1.0), ("B,P,D", "B,R,D"),
        {"macs": "0", "adds": "2*B*D*P*R - B*P*R", "absolute": "B*D*P*R"},
    ),
    "pdist": (F.pdist, ("N,D",), {"sqrt": "N*(N - 1)//2", "adds": "(2*D - 1)*N*(N - 1)//2"}),
    "bag_sum": (nn.EmbeddingBag(10, 6, mode="sum"), (f"B,T:{WHOLE}",), {"adds": "6*B*(T - 1)"}),
    "bag_mean": (
        nn.EmbeddingBag(10, 6), (f"B,T:{WHOLE}",), {"adds": "6*B*(T - 1)", "divisions": "6*B"},
    ),
    "bag_weighted": (
        lambda i, s, w: F.embedding_bag(i, w, per_sample_weights=s, mode="sum"),
        (f"B,T:{WHOLE}", "B,T", "10,6"), {"macs": "6*B*T"},
    ),
    "nll": (F.nll_loss, ("B,V", f"B:{WHOLE}"), {"adds": "B - 1", "divisions": "1"}),
    "cross_entropy": (
        F.cross_entropy, ("B,V", f"B:{WHOLE}"), {"adds": "2*B*V - 1", "exp": "B*V", "log": "B"},
    ),
    "scatter_add": (
        lambda x, i, s: x.scatter_add(1, i, s), ("B,V", f"B,K:{WHOLE}", "B,K"), {"sum_adds": "B*K"},
    ),
    "scatter_add_of": (
        lambda x, i, s: x.scatter(1, i, s, reduce="add"), ("B,V", f"B,K:{WHOLE}", "B,K"), {"sum_adds": "B*K"},
    ),
    "index_put": (
        lambda x, i, s: x.index_put((i,), s, accumulate=True), ("N,V", f"M:{WHOLE}", "M,V"),
        {"sum_adds": "M*V"},
    ),
    "put": (lambda x, i, s: x.put(i, s, accumulate=True), ("N,V", f"M:{WHOLE}", "M"), {"sum_adds": "M"}),
    "index_add": (
        lambda x, i, s: x.index_add(0, i, s, alpha=2), ("N,V", f"M:{WHOLE}", "M,V"),
        {"sum_adds": "M*V", "muls": "M*V"},
    ),
    "complex_product": (
        complex_numbers(torch.mul), COMPLEX, {"elementwise_muls": "4*B*T", "elementwise_adds": "2*B*T"},
    ),
    "complex_sum": (complex_numbers(torch.add), COMPLEX, {"elementwise_adds": "2*B*T", "muls": "0"}),
    "complex_conjugate": (
        complex_numbers(lambda x, y: x * y.conj()), COMPLEX, {"elementwise_muls": "4*B*T"},
    ),
    "cross": (lambda x, y: torch.linalg.cross(x, y), ("N,3", "N,3"), {"muls": "6*N", "adds": "3*N"}),
    "trace": (torch.trace, ("N,N",), {"adds": "N - 1"}),
    "multi_dot": (
        lambda a, b, c: torch.linalg.multi_dot([a, b, c]), ("M", "M,K", "K"), {"macs": "K*M + M"},
    ),
    "whole_product": (lambda a, b: a @ b, (f"N,M:{WHOLE}", f"M,K:{WHOLE}"), {"macs": "K*M*N"}),
    "short_product": (
        lambda a, b: torch._int_mm(a.to(torch.int8), b.to(torch.int8)), (f"N,16:{WHOLE}", f"16,24:{WHOLE}"),
        {"macs": "384*N"},
    ),
    "short_weight": (
        lambda x, w, s: torch._weight_int8pack_mm(x, w.to(torch.int8), s), ("N,16", f"24,16:{WHOLE}", "24"),
        {"macs": "384*N", "elementwise_muls": "24*N"},
    ),
    "chosen": (lambda x: x.index_fill(1, torch.tensor([0]), 0.5), ("B,V",), {"macs": "0", "adds": "0"}),
    "infinite": (lambda x: x.isposinf(), ("B,V",), {"equal": "B*V"}),
    "cumulative": (lambda x: x.logcumsumexp(1), ("B,V",), {"adds": "2*B*V", "softplus": "B*V"}),
    "running_maximum": (lambda x: x.cummax(1)[0], ("B,V",), {"larger": "B*V"}),
    "all": (lambda x: x.all(1), ("B,V",), {"not_equal": "B*V", "comparisons": "B*(V - 1)"}),
    "logical": (torch.logical_or, ("B", "B"), {"not_equal": "2*B", "either": "B"}),
    "nan_to_num": (torch.nan_to_num, ("B",), {"not_equal": "B", "equal": "2*B", "where": "3*B"}),
    "unpooled": (
        lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2), ("B,C,8,6",),
        {"comparisons": "36*B*C"},
    ),
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, 2, 1), ("B,C,L",), {"comparisons": "2*B*C*(1 + (L - 1)//2)"}),
    "attention": (torch_sdpa, ("B,2,T,4", "B,2,S,4", "B,2,S,4"), {"macs": "16*B*S*T"}),
    "kron": (lambda a, b: torch.kron(a, b), ("M,K", "P,Q"), {"macs": "K*M*P*Q"}),
    "linear_of_a_vector": (lambda x, w: F.linear(x, w), ("B,T,D", "D"), {"macs": "B*D*T"}),
    "kron_of": (lambda a, b: a.kron(b), ("M,K", "P,Q"), {"macs": "K*M*P*Q"}),
    "spectral_norm": (
        nn.utils.parametrizations.spectral_norm(nn.Linear(6, 5)), ("B,6",),
        {"macs": "30*B + 35"},  # 30 for W v and 5 for u'Wv
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_counted(name):
    function, shapes, expected = COUNTS[name]
    model = function if isinstance(function, nn.Module) else Function(function)
    found = sd.cost(model, input=shapes if len(shapes) > 1 else shapes[0])
    assert not found.unknown
    free = [one for one in found.symbols if one not in found.relations]
    numbers = {str(one): 40 + 2 * place for place, one in enumerate(free)}
    for quantity, text in expected.items():
        value = eval(text, {}, numbers)  # a formula of this file
        assert found.subs(numbers).quantity(quantity) == value, quantity


REASONS = {
    "topk": (lambda x: x.topk(2)[0], "how many comparisons"),
    "median": (lambda x: x.median(1)[0], "how many comparisons"),
    "searchsorted": (lambda x: torch.searchsorted(torch.arange(5.0), x) + 0 * x, "how many comparisons"),
    "_fft_c2c": (lambda x: torch.fft.fft2(x).real, "which algorithm computes it"),
    "_fft_r2c": (lambda x: torch.fft.rfft(x).real, "which algorithm computes it"),
    "linalg_cholesky_ex": (lambda x: torch.linalg.cholesky(x.T @ x), "split into blocks"),
    "_linalg_svd": (lambda x: torch.linalg.svdvals(x), "until it has converged"),
    "exp": (lambda x: torch.exp(1j * torch.complex(x, x)).real, "complex numbers"),
    "mm": (lambda x: (torch.complex(x, x).T @ torch.complex(x, x)).real, "complex numbers"),
    "rand": (lambda x: x + torch.rand(x.shape), "random numbers"),
    "bernoulli": (lambda x: torch.bernoulli(x), "random numbers"),
    "native_dropout": (lambda x: F.dropout(x, training=True), "random numbers"),
    "normal": (lambda x: x * torch.empty(8).normal_(), "random numbers"),
    "scatter": (lambda x: x.scatter(1, x.long(), x, reduce="multiply"), ""),
}


@pytest.mark.parametrize("name", REASONS)
def test_what_is_not_counted_is_named_and_never_a_zero(name):
    function, reason = REASONS[name]
    found = sd.cost(Function(function), input="B,8")
    (text,) = [one for one in found.unknown if one.startswith(name)]
    assert reason in text


def test_a_lower_bound_is_one_also_in_a_list_of_costs():
    found = sd.cost(Function(lambda x: torch.linalg.inv(x.T @ x)), input="B,8")
    assert repr(found) == "<CostTree: macs ≥ 64 · B>"


class Remembering(nn.Module):
    """A weight that is computed before each run, and the last result."""

    def __init__(self):
        super().__init__()
        self.linear, self.last = nn.utils.spectral_norm(nn.Linear(6, 5)), None

    def forward(self, x):
        self.last = self.linear(x)
        return self.last


def test_what_a_model_writes_into_itself_is_taken_back():
    model = Remembering()
    before = model.linear.weight
    assert sd.cost(model, input="B,6").macs == 30 * sd.cost(model, input="B,6").symbols[0] + 35
    assert model.last is None
    assert model.linear.weight is before
    assert model.training
    assert model(torch.zeros(2, 6)).shape == (2, 5)


def packed(x):
    steps = torch.full((x.shape[0],), 3)
    return nn.utils.rnn.pack_padded_sequence(x, steps, batch_first=True)[0]


@pytest.mark.parametrize(
    ("function", "named"),
    [(packed, "_pack_padded_sequence"), (torch.unique, "_unique2"), (lambda x: x[x > 0], "index")],
)
def test_a_size_that_only_the_data_say_is_refused_by_the_name_of_the_operation(function, named):
    with pytest.raises(SymderiveError, match=f"{named} in the model itself: a size, u0, depends on the data"):
        sd.cost(Function(function), input="B,8,6")


def around(x, places, taps, is_clipped):
    """The entries of an array around places, as many along each axis; 0 outside, or those at the ends."""
    axes = len(places)
    near = np.zeros((*x.shape[:2], *places[0].shape[1:], *(taps,) * axes))
    for at in np.ndindex(places[0].shape):
        begin = [int(np.floor(one[at])) - (taps - 2) // 2 for one in places]
        for tap in itertools.product(range(taps), repeat=axes):
            where = [start + step for start, step in zip(begin, tap, strict=True)]
            sizes = x.shape[2:]
            if is_clipped:
                where = [min(max(one, 0), size - 1) for one, size in zip(where, sizes, strict=True)]
            if all(0 <= one < size for one, size in zip(where, sizes, strict=True)):
                near[at[0], :, *at[1:], *tap] = x[at[0], :, *where]
    return near


@pytest.mark.parametrize(("mode", "named"), [("linear", "bilinear"), ("cubic", "bicubic")])
@pytest.mark.parametrize("is_aligned", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border"])
def test_entries_between_positions_are_those_of_torch(mode, named, is_aligned, padding):
    """The values, and one product for each entry that is weighted."""
    draw = np.random.default_rng(3)
    x, grid = draw.normal(size=(1, 2, 4, 3)), draw.uniform(-1.3, 1.3, (1, 2, 3, 2))
    options = {"mode": named, "align_corners": is_aligned, "padding_mode": padding}
    expected = F.grid_sample(torch.from_numpy(x), torch.from_numpy(grid), **options).numpy()
    taps, is_clipped = {"linear": 2, "cubic": 4}[mode], padding == "border"
    layer = Sampled((1, 2), (4, 3), (2, 3), mode, is_aligned, is_clipped and mode == "linear")
    program = layer.program()
    first = {"grid": grid, "near": np.zeros([int(size) for size in program.inputs[1].shape])}
    places = [Loops(program, first).arrays[f"place_{axis}"] for axis in (1, 2)]
    loops = Loops(program, {"grid": grid, "near": around(x, places, taps, is_clipped)})
    np.testing.assert_allclose(loops.arrays["y"], expected, atol=1e-12)
    assert sd.cost(layer).macs == expected.size * taps**2
