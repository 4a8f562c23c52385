"""Which of the imports a model takes."""

from __future__ import annotations

from os import PathLike
from typing import Any

from symderive.errors import SymderiveError
from symderive.networks.architecture import Architecture


def network_of(thing: Any, dims: Any = None) -> Architecture | None:
    """The network of a model of another library; None for something else.

    Args:
        thing: an ONNX file as a path, as bytes or as an `onnx.ModelProto`.
        dims: names for the axes that a file leaves open; see `symderive.imports.onnx_files.onnx_file`.

    Raises:
        SymderiveError: a model that cannot be read, or dims for something that is no file.
    """
    if isinstance(thing, (str, PathLike, bytes, bytearray)) or _library(thing) == "onnx":
        from symderive.imports.onnx_files import onnx_file

        return onnx_file(thing, dims)
    if dims is not None:
        raise SymderiveError(
            f"cost: dims name the open axes of an ONNX file, and {type(thing).__name__} is none; leave "
            "them out."
        )
    return None


def _library(thing: Any) -> str:
    return type(thing).__module__.partition(".")[0]
