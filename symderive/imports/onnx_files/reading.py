"""From a file, its bytes or a loaded model to a model whose text and numbers may be read; nothing is run."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Any

from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.onnx_files.paths import text_of

LARGEST_FILE = 2**31
"""Bytes; a protocol buffer is not larger."""
MOST_NODES = 50_000


def model_of(source: Any) -> tuple[Any, str]:
    """A model, and what to call it.

    Args:
        source: a path, the bytes of a file, or an `onnx.ModelProto`. Weights in files of their own are not
            loaded.

    Raises:
        SymderiveError: no such file, one that is no ONNX model, or one that is too large.
    """
    onnx = extra("onnx", "reading an ONNX file")
    if isinstance(source, onnx.ModelProto):
        return _checked(source, text_of(source.graph.name) or "model")
    if isinstance(source, (bytes, bytearray)):
        return _checked(_parsed(onnx, bytes(source), "the bytes"), "model")
    if not isinstance(source, (str, PathLike)):
        raise SymderiveError(
            f"reading an ONNX file: {type(source).__name__} is neither a path, nor bytes, nor a ModelProto."
        )
    path = Path(fspath(source))
    return _checked(_parsed(onnx, _bytes_of(path), str(path)), path.stem or "model", str(path))


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SymderiveError(
                f"reading {path}: it has more than {LARGEST_FILE:,} bytes; store the weights in a file of "
                "their own (external data), which is not needed here."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, SymderiveError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise SymderiveError(f"reading {path}: {reason}; give the path of an ONNX file.") from None


def _parsed(onnx: Any, data: bytes, what: str) -> Any:
    """The model in some bytes.

    Raises:
        SymderiveError: they are none.
    """
    decoding = extra("google.protobuf.message", "reading an ONNX file")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (decoding.DecodeError, RecursionError, ValueError, SystemError):
        raise SymderiveError(
            f"reading {what}: it is no ONNX model, or it is cut off; give a file written by an exporter."
        ) from None
    return model


def _checked(model: Any, name: str, what: str = "") -> tuple[Any, str]:
    """The model, if there is something in it.

    Raises:
        SymderiveError: it is empty, or has too many nodes.
    """
    what = what or name
    if not model.HasField("graph") or not (model.graph.node or model.graph.output):
        raise SymderiveError(f"reading {what}: there is no graph in it; give a file written by an exporter.")
    if len(model.graph.node) > MOST_NODES:
        raise SymderiveError(
            f"reading {what}: it has {len(model.graph.node):,} nodes; at most {MOST_NODES:,} are read."
        )
    return model, name
