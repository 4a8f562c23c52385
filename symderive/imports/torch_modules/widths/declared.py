"""What the modules of torch say of the sizes of their arrays, by the names of their attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from symderive.core.dims import Size
from symderive.cost.questions.terms import read_terms
from symderive.imports.torch_modules.widths.places import Place, Places, arrays_of

Rows = Mapping[str, tuple[str, ...]]
_NORM = ("num_features",)
_DECLARED: Mapping[str, Rows] = {
    "Linear": {"weight": ("out_features", "in_features"), "bias": ("out_features",)},
    "Bilinear": {"weight": ("out_features", "in1_features", "in2_features"), "bias": ("out_features",)},
    "_ConvNd": {"weight": ("out_channels", "in_channels / groups"), "bias": ("out_channels",)},
    "_ConvTransposeNd": {"weight": ("in_channels", "out_channels / groups"), "bias": ("out_channels",)},
    "Embedding": {"weight": ("num_embeddings", "embedding_dim")},
    "EmbeddingBag": {"weight": ("num_embeddings", "embedding_dim")},
    "_NormBase": {"weight": _NORM, "bias": _NORM, "running_mean": _NORM, "running_var": _NORM},
    "GroupNorm": {"weight": ("num_channels",), "bias": ("num_channels",)},
    "MultiheadAttention": {
        "in_proj_weight": ("3 * embed_dim", "embed_dim"),
        "in_proj_bias": ("3 * embed_dim",),
        "q_proj_weight": ("embed_dim", "embed_dim"),
        "k_proj_weight": ("embed_dim", "kdim"),
        "v_proj_weight": ("embed_dim", "vdim"),
        "out_proj.weight": ("embed_dim", "embed_dim"),
        "out_proj.bias": ("embed_dim",),
    },
}
"""By the name of the class; the taps of a convolution are behind what is listed."""
_GATES = {"LSTM": 4, "GRU": 3}


def is_of_torch(module: Any) -> bool:
    """Whether torch itself defines the class of a module."""
    return type(module).__module__.startswith("torch.nn.")


def equations(places: Places, path: str) -> Iterator[tuple[Place, Size, tuple[Place, ...]]]:
    """For axes of the arrays of a module, their size in the attributes of the module, which are given too.

    Args:
        places: the places of the model.
        path: the module.
    """
    module = places.modules[path]
    for written, sizes in _rows(module).items():
        inner, _, name = f"{path}.{written}".lstrip(".").rpartition(".")
        for axis, text in enumerate(sizes) if name in arrays_of(places.modules[inner]) else ():
            used: dict[str, Place] = {}

            def meaning(word: str, used: dict[str, Place] = used) -> Size:
                attribute, _, at = word.partition("__")
                used[word] = places.attribute(path, module, attribute, int(at) if at else None)
                return used[word].symbol

            size = read_terms(text, meaning)
            place = places.axis(inner, name, axis)
            if (
                size.xreplace({one.symbol: sympy.Integer(one.number) for one in used.values()})
                == place.number
            ):
                yield place, size, tuple(used.values())


def has_taps(places: Places, place: Place, path: str) -> bool:
    """Whether an axis is one of the taps of a convolution."""
    module = places.modules[path]
    kinds = {kind.__name__ for kind in type(module).__mro__}
    return "_ConvNd" in kinds and (place.at or 0) > 1


def _rows(module: Any) -> Rows:
    kinds = {kind.__name__: kind for kind in type(module).__mro__ if kind.__module__.startswith("torch.nn.")}
    if "RNNBase" in kinds:
        return dict(_recurrent(module))
    if kinds.keys() & {"LayerNorm", "RMSNorm"}:
        sizes = tuple(f"normalized_shape__{at}" for at in range(len(module.normalized_shape)))
        return {"weight": sizes, "bias": sizes}
    found = next((name for name in kinds if name in _DECLARED), None)
    rows = {} if found is None else _DECLARED[found]
    if "_ConvNd" in kinds:
        taps = (f"kernel_size__{at}" for at in range(len(module.kernel_size)))
        return {**rows, "weight": (*rows["weight"], *taps)}
    return rows


def _recurrent(module: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    gates = f"{_GATES.get(module.mode, 1)} * hidden_size"
    handed = "proj_size" if module.proj_size else "hidden_size"
    directions = 2 if module.bidirectional else 1
    for layer in range(module.num_layers):
        given = f"{directions} * {handed}" if layer else "input_size"
        for suffix in ("", "_reverse")[:directions]:
            end = f"l{layer}{suffix}"
            yield f"weight_ih_{end}", (gates, given)
            yield f"weight_hh_{end}", (gates, handed)
            yield f"bias_ih_{end}", (gates,)
            yield f"bias_hh_{end}", (gates,)
            yield f"weight_hr_{end}", (handed, "hidden_size")
