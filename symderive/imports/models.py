"""Which of the imports a model takes."""

from __future__ import annotations

from os import PathLike
from typing import Any

from symderive.errors import SymderiveError
from symderive.networks.architecture import Architecture


def network_of(thing: Any, dims: Any = None, input: Any = None, symbols: Any = None) -> Architecture | None:
    """The network of a model of another library; None for something else.

    Args:
        thing: an ONNX file as a path, as bytes or as an `onnx.ModelProto`; a torch module, a class of modules
            or a function that gives one, or an exported program of torch.
        dims: names for the axes that a file leaves open; see `symderive.imports.onnx_files.onnx_file`.
        input: the sizes of the inputs of a torch model; see `symderive.imports.torch_modules.torch_network`.
        symbols: names for numbers of a torch module; see there.

    Raises:
        SymderiveError: a model that cannot be read, or dims, an input or symbols for something that has none.
    """
    if input is not None or _is_torch(thing):
        from symderive.imports.torch_modules import torch_network

        if dims is not None:
            raise SymderiveError(
                "cost: dims name the open axes of an ONNX file; for a torch model give input."
            )
        return torch_network(thing, input, symbols)
    if symbols is not None:
        raise SymderiveError(
            "cost: symbols name numbers of a torch module; for something else leave them out."
        )
    if isinstance(thing, (str, PathLike, bytes, bytearray)) or _library(thing) == "onnx":
        from symderive.imports.onnx_files import onnx_file

        return onnx_file(thing, dims)
    if dims is not None:
        raise SymderiveError(
            f"cost: dims name the open axes of an ONNX file, and {type(thing).__name__} is none; leave "
            "them out."
        )
    return None


def _is_torch(thing: Any) -> bool:
    """Whether something is an object or a class of torch; torch is not loaded to know."""
    kinds = thing.__mro__ if isinstance(thing, type) else type(thing).__mro__
    return any(kind.__module__.partition(".")[0] == "torch" for kind in kinds)


def _library(thing: Any) -> str:
    return type(thing).__module__.partition(".")[0]
