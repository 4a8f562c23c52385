"""Operations that torch takes apart before they are run, and that are one layer of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from symderive.imports.torch_modules.agreements import agree
from symderive.imports.torch_modules.tracing import Noting, bound


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
}
"""What has a result whose shape is known without running it; everything else is run, and not noted inside."""


@contextmanager
def noted_as_a_whole(torch: Any, noting: Noting) -> Iterator[None]:
    """For as long as this holds, calls of these functions are noted, and not what torch makes of them."""
    with ExitStack() as stack:
        for name, places in _homes(torch).items():
            replaced = _noted(torch, noting, name, getattr(places[0], name))
            for place in places:
                stack.enter_context(patch.object(place, name, replaced))
        stack.enter_context(patch.object(torch.Tensor, "contiguous", _copying(torch), create=True))
        yield


def _homes(torch: Any) -> Mapping[str, tuple[Any, ...]]:
    """Where the functions are found that are noted as a whole."""
    return {
        "linear": (torch.nn.functional,),
        "scaled_dot_product_attention": (torch.nn.functional,),
        "lstm": (torch._VF,),
        "gru": (torch._VF,),
        "rnn_tanh": (torch._VF,),
        "rnn_relu": (torch._VF,),
        "einsum": (torch, torch.functional),
        "bilinear": (torch, torch.nn.functional),
        "group_norm": (torch,),
        "rms_norm": (torch,),
    }


def whole(torch: Any, noting: Noting, target: Any) -> Callable[..., Any]:
    """An operation of a graph, noted as a whole if it is one of these functions."""
    packet = getattr(target, "overloadpacket", None)
    name = "" if packet is None else packet.__name__
    return _noted(torch, noting, name, target) if name in _homes(torch) else target


def _copying(torch: Any) -> Callable[..., Any]:
    def contiguous(tensor: Any, memory_format: Any = torch.contiguous_format) -> Any:
        """A copy; whether the tensor is contiguous already is not asked, for that depends on sizes."""
        return tensor.clone(memory_format=memory_format)

    return contiguous


def _noted(torch: Any, noting: Noting, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    overloads = getattr(torch.ops.aten, name)
    schema = getattr(overloads, "input" if name in ("lstm", "gru", "rnn_tanh", "rnn_relu") else "default")

    def call(*args: Any, **kwargs: Any) -> Any:
        if not noting.is_on or (name == "lstm" and len(args) > 1 and not isinstance(args[1], (tuple, list))):
            return original(*args, **kwargs)
        plain = args
        if name == "einsum":  # the operands may stand in a list or one by one
            operands = args[1] if len(args) == 2 and isinstance(args[1], (list, tuple)) else args[1:]
            plain = (args[0], list(operands))
        arguments = bound(schema, plain, kwargs)
        agree(name, arguments)
        noting.is_on = False
        try:
            shortcut = _SHORTCUTS.get(name)
            result = original(*args, **kwargs) if shortcut is None else shortcut(arguments)
        finally:
            noting.is_on = True
        return noting.note(name, arguments, result)

    return call
