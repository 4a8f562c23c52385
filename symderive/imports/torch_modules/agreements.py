"""Sizes that operations need to be equal, asked of torch where a result is known without running them.

At numbers torch would find a mismatch itself. A symbolic size has to be compared: torch notes that two sizes
are equal, so that the widths of neighbouring layers become one, or that a size is a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Pairs = Iterator[tuple[Any, Any]]


def agree(name: str, arguments: Mapping[str, Any]) -> None:
    """Compare the sizes that have to be equal; where numbers differ, torch says so if it runs the operation.

    Args:
        name: the operation of torch.
        arguments: what it is given, by name.

    Raises:
        ValueError: two differ.
    """
    rule = _RULES.get(name)
    for left, right in () if rule is None else rule(arguments):
        if _hint(left) == _hint(right):
            bool(left == right)  # torch notes it
        elif name in _NOT_RUN:
            raise ValueError(f"{name}: sizes that have to be equal are {left} and {right}")


def _each(vectors: Iterable[Any], size: Any) -> Pairs:
    """Arrays with one axis, of that size."""
    return ((one.shape[0], size) for one in vectors if one is not None)


def _linear(given: Mapping[str, Any]) -> Pairs:
    if not given["input"].shape:
        raise ValueError("a linear layer is given a number, which has no axis")
    x, weight = given["input"].shape[-1], given["weight"].shape
    if _hint(x) != _hint(weight[1]):
        raise ValueError(f"a linear layer reads {weight[1]} entries, and is given {x}")
    yield x, weight[1]
    yield from _each([given["bias"]], weight[0])


def _bilinear(given: Mapping[str, Any]) -> Pairs:
    weight = given["weight"].shape
    yield given["input1"].shape[-1], weight[1]
    yield given["input2"].shape[-1], weight[2]
    yield from _each([given["bias"]], weight[0])


def _convolution(given: Mapping[str, Any]) -> Pairs:
    weight, groups = given["weight"].shape, given["groups"]
    channels = given["input"].shape[1 - len(weight)]
    first, second = weight[0], weight[1] * groups
    wanted = first if given["transposed"] else second
    if _hint(channels) != _hint(wanted):
        raise ValueError(f"a convolution of {wanted} channels is given {channels}")
    if given["transposed"]:
        _check_added(given)
    yield channels, wanted
    yield from _each([given["bias"]], second if given["transposed"] else first)


def _check_added(given: Mapping[str, Any]) -> None:
    """Check what a transposed convolution adds behind, of which torch asks only where it has entries."""
    rank = len(given["weight"].shape) - 2
    names = ("output_padding", "stride", "dilation")
    each = ([*given[name]] * rank if len(given[name]) == 1 else given[name] for name in names)
    for added, stride, dilation in zip(*each, strict=True):
        if _hint(added) >= max(_hint(stride), _hint(dilation)):
            raise ValueError(
                f"an output padding of {added} has to be smaller than the stride {stride} or the dilation "
                f"{dilation}"
            )


def _channels(*names: str) -> Callable[[Mapping[str, Any]], Pairs]:
    return lambda given: _each((given.get(name) for name in names), given["input"].shape[1])


def _group_norm(given: Mapping[str, Any]) -> Pairs:
    channels, groups = given["input"].shape[1], given["num_groups"]
    if _hint(channels) % groups:
        raise ValueError(f"{groups} groups do not divide {channels} channels")
    yield channels % groups, 0
    yield from _channels("weight", "bias")(given)


def _layer_norm(given: Mapping[str, Any]) -> Pairs:
    own = given["normalized_shape"]
    last = given["input"].shape[-len(own) :]
    for one in (last, *(given[name].shape for name in ("weight", "bias") if given.get(name) is not None)):
        yield from zip(one, own, strict=True)


def _attention(given: Mapping[str, Any]) -> Pairs:
    q, k, v = (given[name].shape for name in ("query", "key", "value"))
    yield q[-1], k[-1]
    yield k[-2], v[-2]
    _check_heads(given, q[:-2], k[:-2])
    for axis in range(
        len(q) - 2
    ):  # one that is repeated is no pair, as a head of keys for several of queries
        yield from ((one, k[axis]) for one in (q[axis], v[axis]) if _hint(one) == _hint(k[axis]))


def _check_heads(given: Mapping[str, Any], queries: Sequence[Any], keys: Sequence[Any]) -> None:
    """Check that queries and keys have as many heads, or that several queries may share one head of keys.

    Whether symbols divide each other is a condition of the layer.
    """
    for place, (one, other) in enumerate(zip(reversed(queries), reversed(keys), strict=False)):
        some, others = _hint(one), _hint(other)
        if place == 0 and given.get("enable_gqa"):
            if isinstance(one, int) and isinstance(other, int) and one % other:
                raise ValueError(f"attention: {other} heads of keys do not divide {one} heads of queries")
        elif some != others and 1 not in (some, others):
            hint = "; enable_gqa=True lets queries share keys" if place == 0 and some % others == 0 else ""
            raise ValueError(f"attention: the queries have {one} where the keys have {other}{hint}")


def _product(left: str, right: str) -> Callable[[Mapping[str, Any]], Pairs]:
    """A product of two matrices, or of several pairs."""

    def pairs(given: Mapping[str, Any]) -> Pairs:
        one, other = given[left].shape, given[right].shape
        yield one[-1], other[-2]
        yield from zip(one[:-2], other[:-2], strict=True)

    return pairs


def _sum_with_product(left: str, right: str) -> Callable[[Mapping[str, Any]], Pairs]:
    def pairs(given: Mapping[str, Any]) -> Pairs:
        yield from _product(left, right)(given)
        added, columns = given["self"].shape, given[right].shape[-1]
        if added[-1] is not columns and not (isinstance(added[-1], int) and added[-1] == 1):
            yield added[-1], columns

    return pairs


def _recurrent(given: Mapping[str, Any]) -> Pairs:
    """Each cell has two matrices, perhaps two biases, and perhaps a matrix to fewer entries."""
    states = given["hx"] if isinstance(given["hx"], (tuple, list)) else (given["hx"],)
    handed, hidden = states[0].shape[-1], states[-1].shape[-1]
    directions, biases = 1 + bool(given["bidirectional"]), 2 * bool(given["has_biases"])
    cells = _cells(given["params"], int(given["num_layers"]) * directions)
    gates = _hint(cells[0][0].shape[0]) // _hint(hidden)
    for place, (to_gates, between, *rest) in enumerate(cells):
        yield (given["input"].shape[-1] if place < directions else directions * handed), to_gates.shape[1]
        yield to_gates.shape[0], gates * hidden
        yield from zip(between.shape, (gates * hidden, handed), strict=True)
        yield from _each(rest[:biases], gates * hidden)
        for projection in rest[biases:]:
            yield from zip(projection.shape, (handed, hidden), strict=True)
        if len(rest) == biases:
            yield handed, hidden


def _cells(params: Sequence[Any], count: int) -> list[Sequence[Any]]:
    each = len(params) // count
    return [params[start : start + each] for start in range(0, len(params), each)]


def _hint(size: Any) -> int:
    """The number that a size is where the model runs; nothing is noted."""
    node = getattr(size, "node", None)
    return size if node is None else node.hint


_NOT_RUN = (
    "bilinear",
    "scaled_dot_product_attention",
    "group_norm",
    "rms_norm",
    "lstm",
    "gru",
    "rnn_tanh",
    "rnn_relu",
)
"""Whose results are known without torch; a linear layer says itself what it reads."""
_RULES: Mapping[str, Callable[[Mapping[str, Any]], Pairs]] = {
    "linear": _linear,
    "bilinear": _bilinear,
    "convolution": _convolution,
    **dict.fromkeys(
        ("_native_batch_norm_legit", "_native_batch_norm_legit_no_training", "native_batch_norm"),
        _channels("weight", "bias", "running_mean", "running_var"),
    ),
    "group_norm": _group_norm,
    "native_layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "scaled_dot_product_attention": _attention,
    "mm": _product("self", "mat2"),
    "bmm": _product("self", "mat2"),
    "addmm": _sum_with_product("mat1", "mat2"),
    "baddbmm": _sum_with_product("batch1", "batch2"),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
}
