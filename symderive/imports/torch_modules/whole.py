"""Operations that torch takes apart before they are run, and that are one layer of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from string import ascii_letters as LETTERS
from typing import Any
from unittest.mock import patch

from symderive.imports.extras import extra
from symderive.imports.torch_modules.agreements import agree
from symderive.imports.torch_modules.tracing import Noting, bound, inner_function


def _linear(arguments: Mapping[str, Any]) -> Any:
    """The result of a linear layer."""
    x, weight = arguments["input"], arguments["weight"]
    return x.new_empty((*x.shape[:-1], weight.shape[0]))


def _bilinear(arguments: Mapping[str, Any]) -> Any:
    """The result of a bilinear layer."""
    x, weight = arguments["input1"], arguments["weight"]
    return x.new_empty((*x.shape[:-1], weight.shape[0]))


def _same_shape(arguments: Mapping[str, Any]) -> Any:
    """The result of a normalisation."""
    x = arguments["input"]
    return x.new_empty(x.shape)


def _attention(arguments: Mapping[str, Any]) -> Any:
    """The result of attention, which need not be computed to know its shape."""
    query, value = arguments["query"], arguments["value"]
    return query.new_empty((*query.shape[:-1], value.shape[-1]))


def _recurrent(arguments: Mapping[str, Any]) -> Any:
    """The result of a recurrent layer and its last states, without a loop over the steps."""
    x, hx, params = arguments["input"], arguments["hx"], arguments["params"]
    states = hx if isinstance(hx, (tuple, list)) else (hx,)
    handed = params[1].shape[1] * (2 if arguments["bidirectional"] else 1)
    return (x.new_empty((*x.shape[:-1], handed)), *(one.new_empty(one.shape) for one in states))


def _same(arguments: Mapping[str, Any]) -> Any:
    """A result of the shape of what is given."""
    x = arguments["self"]
    return x.new_empty(x.shape)


def _pooled(arguments: Mapping[str, Any]) -> Any:
    """The result of a pool along one axis, by an operation that knows symbolic sizes."""
    torch = extra("torch", "importing a torch model")
    names = ("self", "kernel_size", "stride", "padding", "dilation", "ceil_mode")
    return torch.ops.aten.max_pool1d_with_indices(*(arguments[name] for name in names))[0]


def _kron(arguments: Mapping[str, Any]) -> Any:
    """The Kronecker product of two arrays: along each axis the product of the sizes."""
    one, other = arguments["self"], arguments["other"]
    rank = max(one.dim(), other.dim())
    shapes = ([1] * (rank - x.dim()) + list(x.shape) for x in (one, other))
    return one.new_empty([left * right for left, right in zip(*shapes, strict=True)])


def _chain(arguments: Mapping[str, Any]) -> Any:
    """The product of several matrices; the first and the last may be vectors."""
    first, *between, last = arguments["tensors"]
    for one, other in pairwise((first, *between, last)):
        if one.shape[-1] != other.shape[0]:
            raise ValueError(f"{one.shape[-1]} columns of a matrix are multiplied by {other.shape[0]} rows")
    return first.new_empty((*first.shape[:-1], *last.shape[1:]))


def _grouped(arguments: Mapping[str, Any]) -> Any:
    """The products of rows with the matrices of their groups, in any type of numbers.

    The groups are an axis of the result where both of the two have such an axis, or neither.
    """
    one, other, ends = arguments["self"], arguments["mat2"], arguments["offs"]
    if one.dim() == other.dim():
        groups = one.shape[0] if one.dim() == 3 else ends.shape[0]
        return one.new_empty((groups, one.shape[-2], other.shape[-1]))
    return one.new_empty((one.shape[-2], other.shape[-1]))


def _unshuffled(arguments: Mapping[str, Any]) -> Any:
    """Positions moved to channels, where they can be divided."""
    x, by = arguments["self"], arguments["downscale_factor"]
    *front, channels, height, width = x.shape
    if height % by or width % by:
        raise ValueError(f"pixel_unshuffle: {by} does not divide {height}×{width} positions")
    return x.new_empty((*front, channels * by * by, height // by, width // by))


_SHORTCUTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "linear": _linear,
    "bilinear": _bilinear,
    "group_norm": _same_shape,
    "rms_norm": _same_shape,
    "scaled_dot_product_attention": _attention,
    "lstm": _recurrent,
    "gru": _recurrent,
    "rnn_tanh": _recurrent,
    "rnn_relu": _recurrent,
    "max_pool1d": _pooled,
    "kron": _kron,
    "linalg_multi_dot": _chain,
    "pixel_unshuffle": _unshuffled,
    "fake_quantize_per_tensor_affine": _same,
    "_grouped_mm": _grouped,
}
"""What has a result whose shape is known without running it; everything else is run, and not noted inside."""


@contextmanager
def noted_as_a_whole(torch: Any, noting: Noting) -> Iterator[None]:
    """For as long as this holds, calls of these functions are noted, and not what torch makes of them."""
    with ExitStack() as stack:
        for name, places in _homes(torch).items():
            place, attribute = places[0]
            replaced = _noted(torch, noting, name, getattr(place, attribute))
            for place, attribute in places:
                stack.enter_context(patch.object(place, attribute, replaced))
        stack.enter_context(patch.object(torch.Tensor, "contiguous", _copying(torch), create=True))
        stack.enter_context(patch.object(torch, "cond", partial(_chosen, noting)))
        yield


def _homes(torch: Any) -> Mapping[str, tuple[tuple[Any, str], ...]]:
    """Where the functions are found that are noted as a whole, and how they are called there."""
    own, functions, cells, matrices = torch, torch.nn.functional, torch._VF, torch.linalg
    plain = {
        "linear": (functions,),
        "scaled_dot_product_attention": (functions,),
        "lstm": (cells,),
        "gru": (cells,),
        "rnn_tanh": (cells,),
        "rnn_relu": (cells,),
        "einsum": (own, torch.functional),
        "bilinear": (own, functions),
        "group_norm": (own,),
        "rms_norm": (own,),
        "max_pool1d": (own,),
        "kron": (own, own.Tensor),
        "pixel_unshuffle": (own, functions),
        "fake_quantize_per_tensor_affine": (own,),
    }
    found = {name: tuple((place, name) for place in places) for name, places in plain.items()}
    return {
        **found,
        "linalg_multi_dot": ((matrices, "multi_dot"),),
        "linalg_vecdot": ((matrices, "vecdot"),),
        **_newer(torch),
    }


def _newer(torch: Any) -> Mapping[str, tuple[tuple[Any, str], ...]]:
    """Those that not every version of torch has."""
    places = ((torch, "_grouped_mm"), (torch.nn.functional, "grouped_mm"))
    there = tuple((place, name) for place, name in places if hasattr(place, name))
    return {"_grouped_mm": there} if there else {}


def whole(torch: Any, noting: Noting, target: Any) -> Callable[..., Any]:
    """An operation of a graph, noted as a whole if it is one of these functions."""
    packet = getattr(target, "overloadpacket", None)
    name = "" if packet is None else packet.__name__
    return _noted(torch, noting, name, target) if name in _homes(torch) else target


def _chosen(
    noting: Noting, pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Any = ()
) -> Any:
    """What the branch gives that a size chooses; torch would compile both."""
    function, given = inner_function("cond", (pred, true_fn, false_fn, operands), noting.record.place)
    return function(*given)


def _copying(torch: Any) -> Callable[..., Any]:
    def contiguous(tensor: Any, memory_format: Any = torch.contiguous_format) -> Any:
        """A copy; whether the tensor is contiguous already is not asked, for that depends on sizes."""
        return tensor.clone(memory_format=memory_format)

    return contiguous


def operands_of(args: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Subscripts as a text and operands as a list, however `einsum` is given them.

    >>> operands_of(("ij->ji", 7))
    ('ij->ji', [7])
    >>> operands_of((7, [0, 1], 8, [1, 27], [0, 27]))
    ('ab,bc->ac', [7, 8])
    >>> operands_of((7, [..., 3]))
    ('...a', [7])
    """
    if isinstance(args[0], str):
        written, *operands = args
        is_listed = len(operands) == 1 and isinstance(operands[0], (list, tuple))
        return written, list(operands[0]) if is_listed else operands
    count = len(args) // 2
    places = [*args[1 : 2 * count : 2], *args[2 * count :]]
    known = sorted({one for some in places for one in some if one is not ...})
    letters = dict(zip(known, LETTERS, strict=False))
    texts = ["".join("..." if one is ... else letters[one] for one in some) for some in places]
    return "->".join([",".join(texts[:count]), *texts[count:]]), list(args[: 2 * count : 2])


def _noted(torch: Any, noting: Noting, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    overloads = getattr(torch.ops.aten, name)
    schema = getattr(overloads, "input" if name in ("lstm", "gru", "rnn_tanh", "rnn_relu") else "default")

    def call(*args: Any, **kwargs: Any) -> Any:
        if not noting.is_on or (name == "lstm" and len(args) > 1 and not isinstance(args[1], (tuple, list))):
            return original(*args, **kwargs)
        plain = operands_of(args) if name == "einsum" else args
        arguments = bound(schema, plain, kwargs)
        if name == "linear" and arguments["weight"].dim() == 1:  # a product with a vector
            return original(*args, **kwargs)
        agree(name, arguments)
        noting.is_on = False
        try:
            shortcut = _SHORTCUTS.get(name)
            result = original(*args, **kwargs) if shortcut is None else shortcut(arguments)
        finally:
            noting.is_on = True
        return noting.note(name, arguments, result)

    return call
