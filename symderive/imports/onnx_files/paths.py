"""Where a node stands in the tree of modules, read from its name."""

from __future__ import annotations

import ast
from typing import Any

DEEPEST = 24
LONGEST = 60
_SCOPES = "pkg.torch.onnx.name_scopes"


def path_of(node: Any) -> tuple[str, ...]:
    """The names of the blocks around a node and its own: `/layer1/layer1.0/conv1/Conv` as four names.

    A name that begins with that of the block around it goes without it: `layer1.0` in `layer1` is `0`. A dot
    parts blocks, too: `h.0` is `0` in `h`.
    """
    scopes = _scopes(node)
    kind = text_of(node.op_type)
    return _cleaned(scopes, kind) if scopes else path_of_name(node.name, kind)


def path_of_name(name: Any, otherwise: str = "array") -> tuple[str, ...]:
    """The parts of a name with slashes."""
    return _cleaned([one for one in text_of(name).split("/") if one], otherwise)


def _cleaned(parts: list[str], otherwise: str) -> tuple[str, ...]:
    """Names of blocks, and that of the operation, as many as are shown."""
    *modules, own = parts or [otherwise]
    around, found = "", []
    for part in modules:
        short = part[len(around) + 1 :] if around and part.startswith(around + ".") else part
        found += [_plain(one) for one in short.split(".") if one]
        around = part
    last = own[len(around) + 1 :] if around and own.startswith(around + ".") else own
    return (*found[: DEEPEST - 1], _plain(last) or _plain(otherwise) or "node")


def _scopes(node: Any) -> list[str]:
    """The modules around a node as PyTorch's exporter writes them, and the name of the operation."""
    for one in getattr(node, "metadata_props", ()):
        if one.key == _SCOPES:
            try:
                listed = ast.literal_eval(one.value[:10_000])
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return []
            if isinstance(listed, list) and all(isinstance(part, str) for part in listed):
                return [part for part in listed[:-1] if part] + [node.name or node.op_type]
    return []


def text_of(name: Any) -> str:
    """A name as text; in a broken file it may be bytes."""
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _plain(name: str) -> str:
    """A name in which no dot, blank or control character stands."""
    return "".join(one if one.isprintable() and one not in ". " else "_" for one in name[:LONGEST])
