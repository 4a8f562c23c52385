"""A network may call its sizes what the layers call theirs: what each formula says stays the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from symderive import cost
from symderive.core.dims import Dim
from symderive.layers import LSTM, Attention, Conv2d, Dense, MultiHeadAttention
from symderive.networks import architecture


def image(x, width, kernel, layers):
    x = x.conv(width, kernel, 2, padding=1).repeated("rest", layers, _unit).repeated("grown", layers, _grown)
    return x.max_pool(3, 2, 1).gated(1).global_pool().dense(5)


def _unit(x):
    return x + x.conv_norm(x.channels, 3, groups=x.channels).conv(2 * x.channels, 3, 1, 1).conv(x.channels, 1)


def _grown(x):
    return x.concat(x.conv(2, 3, padding=1))


def text(x, vocabulary, width, layers, heads):
    x = x.embedded(vocabulary, 2 * heads * width)
    x = x.repeated("blocks", layers, _block, heads)
    x = x.step("memory", LSTM, x.width, heads, x.shape[1], batch=(x.shape[0],))
    return x.dense(vocabulary, bias=False)


def _block(x, heads):
    x = x + x.layer_norm().attention(heads, causal=True)
    x = x + x.rms_norm().grouped_attention(2 * heads, heads)
    return x.feed_forward(3 * heads, "gelu")


IMAGE = {"B": 2, "C": 3, "H": 11, "W": 14, "w": 4, "k": 3, "L": 2}
TEXT = {"B": 2, "T": 5, "V": 7, "d": 3, "L": 2, "h": 2}
KINDS = (Conv2d(bias=True), Dense(), Attention(), MultiHeadAttention(kv_heads="g"), LSTM())
TAKEN = sorted(
    {symbol.name for kind in KINDS for symbol in cost(kind).symbols} | IMAGE.keys() | TEXT.keys() | {"i"}
)


def values_of(net, sizes):
    """Every quantity from its formula with numbers put in, and what memory takes at these numbers."""
    found = cost(net)
    names = dict.fromkeys((*found.all_quantities, "valid_macs", "backward_macs", "saved_for_backward"))
    numbers = found.subs(**sizes)
    memory = (
        numbers.bytes_read(),
        numbers.bytes_written(),
        numbers.peak_activations,
        numbers.peak_in_training,
    )
    return {name: found.compile(name)(**sizes) for name in names}, memory


def nets(names):
    """Both networks with these names for their sizes, and what the names are there."""
    image_names, text_names = names[: len(IMAGE)], names[: len(TEXT)]
    b, c, h, w, width, kernel, layers = map(Dim, image_names)
    pictures = architecture("pictures", image, b, c, h, w, width=width, kernel=kernel, layers=layers)
    yield pictures, dict(zip(image_names, IMAGE.values(), strict=True))
    b, t, vocabulary, width, layers, heads = map(Dim, text_names)
    words = architecture("words", text, b, t, vocabulary=vocabulary, width=width, layers=layers, heads=heads)
    yield words, dict(zip(text_names, TEXT.values(), strict=True))


PLAIN = [values_of(*one) for one in nets([f"n{place}" for place in range(len(IMAGE))])]


@settings(deadline=None, max_examples=6)
@given(st.permutations(TAKEN))
def test_names_that_layers_use_too_change_no_formula(names):
    assert [values_of(*one) for one in nets(names)] == PLAIN
