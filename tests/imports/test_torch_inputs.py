"""What a torch model may be and may not be: one sentence, or an operation that is named; never a zero."""

import pytest
import torch
from torch import nn

import symderive as sd
from symderive.errors import SymderiveError
from symderive.imports.torch_modules.located import located
from tests.imports.models_convolutions import ResNet
from tests.imports.models_sequences import Recurrent


class Doing(nn.Module):
    """A model that does what a function says, with a linear layer of 8 entries."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function, self.linear = function, nn.Linear(8, 8)
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs)


class Swish(torch.autograd.Function):
    """An operation with a derivative of its own."""

    @staticmethod
    def forward(ctx, x):
        return x * torch.sigmoid(x)


@torch.library.custom_op("symderive_tests::opaque", mutates_args=())
def opaque(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


opaque.register_fake(torch.empty_like)

KERNEL = torch.zeros(5, 3, 3, 3)


def torch_attention(*arrays, **options):
    return nn.functional.scaled_dot_product_attention(*arrays, **options)


REFUSED = {
    "a shape of the data": (lambda m, x: m.linear(x[x.sum(1) > 0]), "B,8", "depends on the data"),
    "nonzero": (lambda m, x: x.nonzero(), "B,8", "depends on the data"),
    "a branch on the data": (
        lambda m, x: m.linear(x) if x.sum() > 0 else x, "B,8", "a number that it computes from"
    ),
    "numbers of the data": (lambda m, x: torch.tensor(m.linear(x).tolist()), "B,8", "a number that it comp"),
    "a fixed size": (lambda m, x: m.linear(x.view(1, 8)), "B,8", "does not run on inputs of these sizes"),
    "a loop over a size": (
        lambda m, x: torch.stack([m.linear(x[:, i]) for i in range(x.shape[1])], 1),
        "B,T,8",
        "the model needs a number for T (in <lambda>",
    ),
    "another width": (lambda m, x: m.linear(x), "B,9", "reads 8 entries, and is given 9"),
    "two sizes": (lambda m, x, y: m.linear(x) + y, ("B,8", "C,8"), "must match"),
    "an unknown domain": (lambda m, x: x, "B,8:colour", "unknown domain 'colour'"),
    "no size": (lambda m, x: x, "B,-8", "'-8' is not a name"),
    "a size that may be 0": (lambda m, x: x, "B,2*h-2", "2*h-2 may be no positive whole number"),
    "no expression": (lambda m, x: x, "B,2*", "'2*' is no size"),
    "no input": (lambda m, x: x, None, 'no input is given; write its sizes, as in input="B,3,H,W"'),
    "something else": (lambda m, x: x, 5, "5 is no text"),
    "a tensor": (lambda m, x: x, torch.zeros(2, 8), "Tensor is no text"),
    "a part that the data say": (lambda m, x: x[: int(x.max())], "B,8", "what it does (in <lambda>, test_"),
    "a branch of torch's own": (
        lambda m, x: nn.functional.gaussian_nll_loss(x, x, x), "B,8", "what it does (in <lambda>, test_"
    ),
    "a number for an array": (lambda m, x: m.linear(x), "", "is given a number, which has no axis"),
    "channels": (lambda m, x: nn.functional.conv2d(x, KERNEL), "2,4,9,9", "of 3 channels is given 4"),
    "channels backwards": (
        lambda m, x: nn.functional.conv_transpose2d(x, KERNEL), "2,3,9,9", "of 5 channels is given 3"
    ),
    "too much behind": (
        lambda m, x: nn.functional.conv_transpose2d(x, KERNEL, stride=2, output_padding=2), "2,5,9,9",
        "an output padding of 2 has to be smaller than the stride 2 or the dilation 1",
    ),
    "groups": (lambda m, x: nn.functional.group_norm(x, 2), "2,3,4", "2 groups do not divide 3 channels"),
    "half positions": (
        lambda m, x: nn.functional.pixel_unshuffle(x, 2), "1,3,5,4", "2 does not divide 5×4 positions"
    ),
    "heads": (
        lambda m, x, y: torch_attention(x, y, y), ("2,4,5,8", "2,2,5,8"),
        "the queries have 4 where the keys have 2; enable_gqa=True lets queries share keys",
    ),
    "shared heads": (
        lambda m, x, y: torch_attention(x, y, y, enable_gqa=True), ("2,5,4,8", "2,2,4,8"),
        "2 heads of keys do not divide 5 heads of queries",
    ),
    "no entries": (
        lambda m, x: nn.functional.interpolate(x, scale_factor=0.1), "1,3,8,8", "1×3×0×0, has no entries"
    ),
    "no entries between": (
        lambda m, x: nn.functional.adaptive_avg_pool2d(x, 0), "1,3,8,8", "1×3×0×0, has no entries"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_counted_is_one_sentence(name):
    function, text, said = REFUSED[name]
    with pytest.raises(SymderiveError) as caught:
        sd.cost(Doing(function), input=text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "unhinted" not in str(caught.value)
    assert len(str(caught.value)) < 420


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (3, "int is no torch.nn.Module"),
        (nn.Sequential(nn.LazyLinear(6)), "0.weight has no sizes before the model has run once"),
        (nn.Linear, "Linear needs in_features, out_features; give an instance"),
        (lambda: 1 / 0, "making the model fails: ZeroDivisionError"),
        (Recurrent(), "is no text"),
    ],
)
def test_what_is_no_model_is_one_sentence(thing, said):
    with pytest.raises(SymderiveError, match=said.replace("(", r"\(")):
        sd.cost(thing, input=5 if isinstance(thing, Recurrent) else "B,8")


def test_tokens_without_a_domain_are_told_how_to_write_them():
    with pytest.raises(SymderiveError, match='write ":integer" behind the sizes of numbers of tokens'):
        sd.cost(Recurrent(nn.GRU), input="B,T")


def windows(m, x):
    """Windows of 4×4 positions, each of which is one row."""
    batch, height, width, channels = x.shape
    cut = x.view(batch, height // 4, 4, width // 4, 4, channels).permute(0, 1, 3, 2, 4, 5)
    return nn.functional.linear(cut.reshape(-1, 16 * channels), torch.ones(5, 16 * channels))


MULTIPLES = {
    "windows": (windows, "B,4*h,4*w,3", "240 · B · h · w"),
    "unshuffled": (lambda m, x: torch.einsum("bchw,dc->bdhw", nn.functional.pixel_unshuffle(x, 2), WEIGHT),
                   "B,2,2*h,2*w", "40 · B · h · w"),
    "halves": (lambda m, x: m.linear(x.reshape(x.shape[0], x.shape[1] // 2, 8)), "B,2*T,4", "64 · B · T"),
    "one more": (lambda m, x: m.linear(x[:, 1:]), "B,T + 1,8", "64 · B · T"),
}  # fmt: skip
WEIGHT = torch.zeros(5, 8)


@pytest.mark.parametrize("name", MULTIPLES)
def test_a_size_that_is_divided_is_written_as_a_multiple(name):
    function, text, formula = MULTIPLES[name]
    assert sd.cost(Doing(function), input=text).formula().write() == formula


def test_positions_that_become_channels_have_to_be_even():
    found = sd.cost(nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 5, 1)), input="B,3,H,W")
    assert [found.condition_text(one) for one in found.conditions] == ["H is even", "W is even"]
    assert found.subs(B=1, H=8, W=6).macs == 12 * 5 * 4 * 3
    assert found.params == 65


def test_remainders_in_conditions_are_written():
    found = sd.cost(Doing(lambda m, x: x.view(x.shape[0], -1, 2, 4)), input="B,T,4")
    assert "mod 2) = 0" in str(found)


BRANCHES = {
    "more": (lambda m, x: m.linear(x) if x.shape[0] > 3 else x, "B ≥ 4"),
    "other": (lambda m, x: m.linear(x) if x.shape[0] != 3 else x, "B ≠ 3"),
    "even": (lambda m, x: x if x.shape[0] % 2 else m.linear(x), "B is even"),
    "thirds": (lambda m, x: x if x.shape[0] % 3 else m.linear(x), "3 divides B"),
    "a rest": (lambda m, x: m.linear(x if x.shape[0] % 11 else x + x), "11 does not divide B"),
    "either": (lambda m, x: m.linear(x) if x.shape[0] == 1 or x.shape[0] > 4 else x, "B ≥ 5"),
    "none": (lambda m, x: m.linear(x) if x.shape[0] > 0 else x, ""),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_on_a_size_is_a_condition(name):
    function, said = BRANCHES[name]
    found = sd.cost(Doing(function), input="B,8")
    assert found.formula().write() == "64 · B"
    assert [found.condition_text(one) for one in found.conditions] == ([said] if said else [])


def test_what_torch_asks_for_the_layout_does_not_answer_the_model():
    def function(m, x):
        y = m.linear(x) + x
        return m.linear(y) if x.shape[0] > 1 else y

    found = sd.cost(Doing(function), input="B,8")
    assert [found.condition_text(one) for one in found.conditions] == ["B ≥ 2"]
    assert found.macs == 128 * found.symbols[0]


def test_a_model_runs_where_its_sizes_can_be_divided_if_it_asks():
    """Windows as of a Swin Transformer: what is padded where 7 does not divide the height."""

    def windows(m, x):
        rest = -x.shape[1] % 7
        if rest:
            x = torch.nn.functional.pad(x, (0, 0, 0, rest))
        return m.linear(x.reshape(x.shape[0], x.shape[1] // 7, 7, 8))

    found = sd.cost(Doing(windows), input="B,H,8")
    assert found.subs({"B": 1, "H": 56}).macs == 56 * 64
    assert [found.condition_text(one) for one in found.conditions] == ["7 divides H"]


def test_a_size_with_a_remainder_is_written_and_counted():
    def padded(m, x):
        x = torch.nn.functional.pad(x, (0, 0, 0, -x.shape[1] % 16))
        return m.linear(x).reshape(x.shape[0], -1, 16, 8).softmax(2)

    found = sd.cost(Doing(padded), input="B,T,8")
    assert [int(found.subs({"B": 1, "T": length}).macs) for length in (1, 16, 17, 61)] == [
        64 * size for size in (16, 16, 32, 64)
    ]
    assert "mod 16" in found.formula().write()


def test_a_model_of_sound_runs_at_long_inputs():
    """Seven convolutions with strides of a Wav2Vec2, of which 400 entries become one."""
    sizes = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))
    model = torch.nn.Sequential(*(torch.nn.Conv1d(1, 1, kernel, stride) for kernel, stride in sizes))
    found = sd.cost(model, input="B,1,T")
    assert [found.condition_text(one) for one in found.conditions] == ["T ≥ 400"]
    assert found.subs({"B": 1, "T": 16000}).macs == 10 * 3199 + 3 * (1599 + 799 + 399 + 199) + 2 * (99 + 49)


@pytest.mark.parametrize(
    "texts", [{"x": "B,8", "twice": True, "mask": None}, ("B,8", True, None), {"twice": True, "x": "B,8"}]
)
def test_truth_values_and_nothing_are_handed_on(texts):
    def function(m, x, twice=False, mask=1):
        return m.linear(m.linear(x)) if twice and mask is not None else m.linear(x) + x[:, :1]

    found = sd.cost(Doing(function), input=texts)
    assert found.formula().write() == ("64 · B" if "mask" in texts or len(texts) == 3 else "128 · B")


def test_a_pool_of_images_whose_channels_are_last_leaves_nothing_out():
    def pooled(m, x):
        return torch.nn.functional.adaptive_avg_pool2d(m.linear(x).permute(0, 3, 1, 2), 1).flatten(1)

    found = sd.cost(Doing(pooled), input="B,H,W,8", strict=True)
    assert found.formula().write() == "64 · B · H · W"


def test_a_part_without_entries_adds_nothing():
    def turned(m, x):
        y = m.linear(x)
        return torch.cat([y[..., :8] * 2, y[..., 8:] + 1], -1)

    assert sd.cost(Doing(turned), input="B,8").formula().write() == "64 · B"


UNKNOWN = {
    "symderive_tests::opaque": lambda m, x: opaque(m.linear(x)),
    "sort": lambda m, x: m.linear(x).sort(-1)[0],
    "_fft_r2c": lambda m, x: torch.fft.rfft(m.linear(x)).real,
    "special_bessel_j0": lambda m, x: torch.special.bessel_j0(m.linear(x)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_operation_is_named(name):
    found = sd.cost(Doing(UNKNOWN[name]), input="B,8")
    assert [name in one for one in found.unknown] == [True]
    assert found.formula().write() == "64 · B"
    with pytest.raises(SymderiveError, match=r"not counted are .*without strict the total is a lower bound"):
        sd.cost(Doing(UNKNOWN[name]), input="B,8", strict=True)


def test_an_operation_with_a_derivative_of_its_own_is_counted():
    found = sd.cost(Doing(lambda m, x: Swish.apply(m.linear(x))), input="B,8")
    assert not found.unknown
    assert found.formula("sigmoid").write() == found.formula("elementwise_muls").write() == "8 · B"


def test_parameters_count_once_and_frozen_ones_are_named():
    shared = nn.Linear(8, 8)
    found = sd.cost(Doing(lambda m, x: m.a(m.linear(m.b(x))), a=shared, b=shared), input="B,8")
    assert (found.params, found.buffers, found.macs.coeff(found.symbols[0])) == (144, 0, 192)
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    model[0].bias.requires_grad_(False)
    found = sd.cost(model, input="B,8")
    assert (found.params, found.buffers) == (136, 8)
    assert "0.bias (frozen)" in [f"{found.children[0].name}.{one.name}" for one in found.children[0].children]
    unused = sd.cost(Doing(lambda m, x: m.linear(x), u=nn.Linear(3, 3)), input="B,8")
    assert unused.params == 84
    assert unused["not used"].params == 12


def into_zeros(m, x):
    """Written into a part of an array of zeros, which is known before there are data until then."""
    into = torch.zeros(x.shape[0], 8)
    into[:, :3] = x[:, :3]
    return into @ into.T


def into_rows(m, x):
    """The same by an earlier view, and by positions."""
    into = torch.zeros(x.shape[0], 2, 8)
    first = into[:, 0]
    into.select(1, 0).view(x.shape[0], 8).copy_(x)
    other = torch.zeros(x.shape[0], 8)
    other[:, torch.tensor([0, 1])] = x[:, :2]
    return first @ first.T + other @ other.T


@pytest.mark.parametrize(("function", "often"), [(into_zeros, 1), (into_rows, 2)])
def test_what_is_written_into_an_array_of_zeros_is_no_constant(function, often):
    found = sd.cost(Doing(function), input="B,8")
    assert not found.unknown
    assert found.formula().write() == f"{8 * often} · B²"


def test_several_inputs_in_order_and_by_name():
    model = Doing(lambda m, x, y: m.linear(x) + y[..., None])
    ordered = sd.cost(model, input=("B,T,8", "B,T:integer"))
    named = sd.cost(model, input={"y": "B,T:integer", "x": "B,T,8"})
    assert ordered.formula().write() == named.formula().write() == "64 · B · T"


def test_the_model_is_left_in_the_mode_in_which_it_was():
    model = nn.Sequential(ResNet(width=4, classes=3), nn.Dropout()).train()
    model[0].layer2.eval()
    before = [one.training for one in model.modules()]
    fast = torch.backends.mha.get_fastpath_enabled()
    assert sd.cost(model, input="B,3,H,W").buffers > 0
    assert [one.training for one in model.modules()] == before
    assert torch.backends.mha.get_fastpath_enabled() == fast
    assert "contiguous" not in vars(torch.Tensor)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("collections", "is no place of a model"),
        ("collections:", "is no place of a model"),
        ("no_such_module_here:Model", "there is no module no_such_module_here"),
        ("collections:OrderedDic", 'did you mean "OrderedDict"'),
    ],
)
def test_a_place_without_a_model_is_one_sentence(place, said):
    with pytest.raises(SymderiveError, match=said):
        located(place)


def test_a_place_in_our_own_files_is_not_shown():
    with pytest.raises(SymderiveError, match=r"^Linear: the model fixes B to 3; write 3 in place of B"):
        sd.cost(nn.Linear(3, 4), input="B")


class Two(nn.Module):
    """Gives what it computes first, too."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow, self.last = nn.Linear(4, 100), nn.Linear(100, 3), nn.Linear(3, 50)

    def forward(self, x):
        wide = self.wide(x)
        return self.last(self.narrow(wide)), wide


def test_everything_that_a_model_gives_is_alive_to_the_end():
    found = sd.cost(Two(), input="B,4")
    (batch,) = found.symbols
    assert found.peak_activations == (100 + 3 + 50) * batch
