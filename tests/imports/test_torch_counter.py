"""Where the counter of torch is wrong: the table in docs/benchmarks.md, measured again."""

import copy
import itertools
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

import symderive as sd
from symderive.errors import SymderiveError
from tests.imports.test_torch_functions import Function

TABLE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def loops(*sizes):
    """How many multiplications so many loops within each other make, counted one by one."""
    return sum(1 for _ in itertools.product(*map(range, sizes)))


def bag(weights, table):
    places = torch.zeros(weights.shape, dtype=torch.int64, device=weights.device)
    return F.embedding_bag(places, table, per_sample_weights=weights, mode="sum")


def short(x, y):
    return torch._int_mm(x.to(torch.int8), y.to(torch.int8))


def sampled(x, grid):
    return F.grid_sample(x, grid, align_corners=False)


def placed(theta):
    return F.affine_grid(theta, (2, 4, 5, 6), align_corners=False)


def attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v)


class Self(nn.Module):
    """Attention of an array to itself."""

    def __init__(self):
        super().__init__()
        self.heads = nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        return self.heads(x, x, x, need_weights=False)[0]


QKV = ("1,2,3,4", "1,2,5,4", "1,2,5,4")
ENCODER = loops(10, 18, 6) + 2 * loops(2, 2, 5, 5, 3) + loops(10, 6, 6)
FORWARD = {
    "`nn.Bilinear(4, 5, 6)`": (nn.Bilinear(4, 5, 6), ("3,4", "3,5"), loops(3, 6, 4, 5) + loops(3, 6, 5)),
    "`torch.dot`, `vdot`": (torch.dot, ("7", "7"), loops(7)),
    "`torch.linalg.vecdot`": (lambda x, y: torch.linalg.vecdot(x, y), ("3,7", "3,7"), loops(3, 7)),
    "`torch.mv`, `addmv`": (torch.addmv, ("3", "3,7", "7"), loops(3, 7)),
    "`x @ w`, w a vector": (torch.matmul, ("2,3,7", "7"), loops(2, 3, 7)),
    "`torch.outer`, `addr`": (torch.outer, ("3", "4"), loops(3, 4)),
    "`torch.kron`": (lambda x, y: torch.kron(x, y), ("3,4", "2,5"), loops(3, 4, 2, 5)),
    "`torch.addbmm`": (torch.addbmm, ("3,5", "2,3,4", "2,4,5"), loops(2, 3, 4, 5)),
    "`torch.cdist` by products": (torch.cdist, ("2,30,4", "2,31,4"), loops(2, 30, 31, 4)),
    "`F.grid_sample`": (sampled, ("2,3,4,5", "2,6,7,2"), loops(2, 3, 6, 7, 4)),
    "`F.affine_grid`": (placed, ("2,2,3",), loops(2, 5, 6, 2, 3)),
    "`F.embedding_bag`, weighted": (bag, ("3,4", "10,6"), loops(3, 4, 6)),
    "`torch.conv_tbc`": (torch.conv_tbc, ("7,2,4", "3,4,5", "5"), loops(5, 2, 3, 4, 5)),
    "`torch._int_mm`": (short, ("32,16", "16,24"), loops(32, 16, 24)),
    "`F.scaled_dot_product_attention` on the CPU": (attention, QKV, 2 * loops(2, 3, 5, 4)),
    "`nn.LSTM(4, 5)` on the CPU": (nn.LSTM(4, 5), ("7,3,4",), loops(7, 3, 20, 4) + loops(7, 3, 20, 5)),
    "`nn.MultiheadAttention` at inference": (Self(), ("2,5,6",), ENCODER),
    "`nn.TransformerEncoderLayer` at inference": (
        nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), ("2,5,6",), ENCODER + 2 * loops(10, 6, 8)
    ),
}  # fmt: skip
BACKWARD = {
    "`nn.Conv2d`, 2 groups": (nn.Conv2d(4, 8, 3, groups=2), ("2,4,7,8",), 2 * loops(2, 8, 5, 6, 2, 3, 3)),
    "`nn.Conv2d`, depthwise": (nn.Conv2d(4, 4, 3, groups=4), ("2,4,7,8",), 2 * loops(2, 4, 5, 6, 1, 3, 3)),
    "`nn.Conv1d`, 2 groups": (nn.Conv1d(4, 8, 3, groups=2), ("2,4,9",), 2 * loops(2, 8, 7, 2, 3)),
    "`nn.ConvTranspose2d`, 2 groups": (
        nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), ("2,4,7,8",), 2 * loops(2, 4, 7, 8, 3, 3, 3)
    ),
    "`nn.Bilinear(4, 5, 6)`, backward": (
        nn.Bilinear(4, 5, 6), ("3,4", "3,5"), 2 * (loops(3, 6, 4, 5) + loops(3, 6, 5))
    ),
    "`F.scaled_dot_product_attention` on the CPU, backward": (attention, QKV, 4 * loops(2, 3, 5, 4)),
}  # fmt: skip
NOT_COUNTED = {
    "complex `x @ y`": (
        lambda x, y: torch.view_as_real(torch.complex(x, x) @ torch.complex(y, y)), ("3,4", "4,5")
    ),
    "`torch.fft.rfft`": (lambda x: torch.fft.rfft(x).real, ("3,8",)),
    "`torch.linalg.inv`": (torch.linalg.inv, ("5,5",)),
    "`torch.linalg.eigh`": (lambda x: torch.linalg.eigh(x)[0], ("5,5",)),
    "`torch.sparse.mm`": (lambda x: torch.sparse.mm(torch.eye(4).to_sparse(), x), ("4,3",)),
}  # fmt: skip


def einsum(equation):
    return lambda *arrays: torch.einsum(equation, *arrays)


def chain(*arrays):
    return torch.linalg.multi_dot(arrays)


def in_groups(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)


def causal(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


PLAIN = {
    "conv1d": (nn.Conv1d(4, 6, 3, dilation=2), ("2,4,9",)),
    "conv2d": (nn.Conv2d(4, 6, (3, 2), stride=2, padding=1), ("2,4,7,8",)),
    "conv3d": (nn.Conv3d(2, 4, 2, bias=False), ("2,2,3,4,5",)),
    "conv_same": (nn.Conv2d(4, 6, 3, padding="same", padding_mode="circular"), ("2,4,7,8",)),
    "conv_unbatched": (nn.Conv2d(4, 6, 3), ("4,7,8",)),
    "transposed": (nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1), ("2,4,7,8",)),
    "linear": (nn.Linear(6, 5), ("2,3,6",)),
    "linear_vector": (nn.Linear(6, 5, bias=False), ("6",)),
    "mm": (torch.mm, ("3,4", "4,5")),
    "addmm": (torch.addmm, ("3,5", "3,4", "4,5")),
    "bmm": (torch.bmm, ("2,3,4", "2,4,5")),
    "baddbmm": (torch.baddbmm, ("2,3,5", "2,3,4", "2,4,5")),
    "matmul": (torch.matmul, ("2,1,3,4", "3,4,5")),
    "tensordot": (lambda x, y: torch.tensordot(x, y, 2), ("2,3,4", "3,4,5")),
    "inner": (torch.inner, ("3,4", "5,4")),
    "einsum_pairs": (einsum("bhqd,bhkd->bhqk"), ("2,3,4,5", "2,3,6,5")),
    "einsum_chain": (einsum("ij,jk,kl->il"), ("2,3", "3,4", "4,5")),
    "einsum_form": (einsum("bi,oij,bj->bo"), ("3,4", "2,4,5", "3,5")),
    "einsum_all": (einsum("ij,ij->"), ("3,4", "3,4")),
    "einsum_vector": (einsum("bij,j->bi"), ("3,4,5", "5")),
    "einsum_dots": (einsum("...ij,...jk"), ("2,3,4,5", "2,3,5,6")),
    "chain": (chain, ("3,9", "9,2", "2,7", "7,4")),
    "power": (lambda x: torch.linalg.matrix_power(x, 5), ("4,4",)),
    "powers": (lambda x: torch.matrix_power(x, 7), ("2,4,4",)),
    "lstm": (nn.LSTM(4, 5, 2, bidirectional=True), ("7,3,4",)),
    "lstm_projected": (nn.LSTM(4, 5, proj_size=3), ("7,3,4",)),
    "gru": (nn.GRU(4, 5), ("7,3,4",)),
    "rnn": (nn.RNN(4, 5, batch_first=True), ("3,7,4",)),
    "lstm_cell": (nn.LSTMCell(4, 5), ("3,4",)),
    "gru_cell": (nn.GRUCell(4, 5), ("3,4",)),
    "attention": (attention, QKV),
    "attention_in_groups": (in_groups, ("1,4,3,4", "1,2,5,4", "1,2,5,4")),
    "attention_causal": (causal, ("1,2,5,4",) * 3),
    "heads": (Self(), ("2,5,6",)),
    "encoder": (nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), ("2,5,6",)),
    "transformer": (nn.Transformer(6, 2, 1, 1, 8, batch_first=True), ("2,3,6", "2,5,6")),
    "layer_norm": (nn.LayerNorm(6), ("2,6",)),
}  # fmt: skip
ALSO_BACKWARD = (
    "conv1d",
    "conv2d",
    "conv3d",
    "transposed",
    "linear",
    "mm",
    "bmm",
    "einsum_pairs",
    "attention",
)


def row(name):
    """The numbers of a row of the table: multiplications, torch, symderive."""
    (line,) = [one for one in TABLE.read_text().splitlines() if one.startswith(f"| {name} |")]
    return [one.strip() for one in line.strip("|").split("|")][1:]


def module_of(function):
    return function.eval() if isinstance(function, nn.Module) else Function(function)


def arrays_of(shapes, differentiated=False):
    """Arrays on the CPU, whose kernels the counter sees there."""
    sizes = ([int(size) for size in text.split(",")] for text in shapes)
    draw = torch.Generator().manual_seed(0)
    return [torch.rand(one, generator=draw, requires_grad=differentiated) for one in sizes]


def counted(run):
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() // 2


def ours(model, shapes):
    return sd.cost(model, input=shapes if len(shapes) > 1 else shapes[0])


@pytest.mark.parametrize("name", PLAIN)
def test_where_the_counter_of_torch_is_right_it_agrees(name):
    """On the meta device, where attention and recurrent layers are no kernels of a processor."""
    function, shapes = PLAIN[name]
    found = ours(module_of(function), shapes)
    assert not found.unknown
    model = copy.deepcopy(module_of(function)).to("meta")
    is_backward = name in ALSO_BACKWARD
    arrays = [one.detach().to("meta").requires_grad_(is_backward) for one in arrays_of(shapes)]
    results = []
    with torch.set_grad_enabled(is_backward):
        theirs = counted(lambda: results.append(model(*arrays)))
    assert found.macs == theirs
    if is_backward:
        backward = counted(lambda: results[0].sum().backward())
        assert found.backward_pass(input_gradient=True).macs == backward


@pytest.mark.parametrize("name", FORWARD)
def test_what_the_counter_of_torch_misses_forward(name):
    function, shapes, expected = FORWARD[name]
    model = module_of(function)
    with torch.no_grad():
        theirs = counted(lambda: model(*arrays_of(shapes)))
    found = ours(model, shapes)
    assert not found.unknown
    assert found.macs == expected
    assert row(name) == [f"{expected:,}", f"{theirs:,}", f"{expected:,}"]
    assert theirs != expected


@pytest.mark.parametrize("name", BACKWARD)
def test_what_the_counter_of_torch_makes_of_a_backward_pass(name):
    function, shapes, expected = BACKWARD[name]
    model = module_of(function)
    result = model(*arrays_of(shapes, differentiated=True))
    theirs = counted(lambda: result.sum().backward())
    assert ours(model, shapes).backward_pass(input_gradient=True).macs == expected
    assert row(name) == [f"{expected:,}", f"{theirs:,}", f"{expected:,}"]
    assert theirs != expected


@pytest.mark.parametrize("name", NOT_COUNTED)
def test_what_nobody_counts_is_named(name):
    """Torch says 0, or counts complex numbers as real ones; ours is a named lower bound, or refuses."""
    function, shapes = NOT_COUNTED[name]
    model = module_of(function)
    with torch.no_grad():
        theirs = counted(lambda: model(*arrays_of(shapes)))
    try:
        found = ours(model, shapes)
        said = "unknown"
        assert found.unknown
    except SymderiveError:
        said = "refused"
    assert row(name)[1:] == [f"{theirs:,}", said]


def test_every_row_of_the_table_is_measured():
    text = TABLE.read_text().split("## Where torch's counter is wrong")[1].split("\n## ")[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")]
    assert set(rows) - {"forward", "backward", "not counted"} == {*FORWARD, *BACKWARD, *NOT_COUNTED}
