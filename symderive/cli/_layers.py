"""Layers and their sizes as they stand on a command line: `k=5`, `k=3,5`, `padding=1:0,2`, `bias=true`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symderive.cli._arrays import as_size
from symderive.errors import SymderiveError

__all__ = ["family_names", "layer_names", "read_sizes"]

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def layer_names() -> list[str]:
    """The layers, as `symderive.layers.kinds` has them; read off their files, because help imports nothing.

    >>> {"conv2d", "lstm"} <= set(layer_names())
    True
    """
    folder = Path(__file__).parent.parent / "layers"
    return sorted(name for path in folder.glob("*.py") for name in _classes_with_examples(path))


def family_names() -> list[str]:
    """The families of networks; read off their files, because help imports nothing.

    >>> {"resnet", "gpt"} <= set(family_names())
    True
    """
    folder = Path(__file__).parent.parent / "networks" / "families"
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def _classes_with_examples(path: Path) -> set[str]:
    """The classes of a file that its `EXAMPLES` are made of, in small letters."""
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    classes = {one.name for one in statements if isinstance(one, ast.ClassDef)}
    examples = [
        one.value
        for one in statements
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "EXAMPLES"
    ]
    named = {one.id for example in examples for one in ast.walk(example) if isinstance(one, ast.Name)}
    return {name.lower() for name in classes & named}


def read_sizes(named: Mapping[str, str]) -> dict[str, Any]:
    """Sizes by name; a comma parts the axes, a colon the two sides of one axis.

    Raises:
        SymderiveError: a size is missing.

    >>> read_sizes({"k": "3,5", "padding": "1:0,2", "c_in": "C", "bias": "true"})
    {'k': [3, 5], 'padding': [[1, 0], 2], 'c_in': 'C', 'bias': True}
    """
    return {name: _read(name, written.strip()) for name, written in named.items()}


def _read(name: str, written: str) -> Any:
    if not written:
        raise SymderiveError(f"{name}: a size is missing; write for example {name}=3 or {name}=a_name.")
    if written.lower() in _TRUTH:
        return _TRUTH[written.lower()]
    if "->" in written or ("," not in written and ":" not in written):
        return as_size(written)
    return [_side(name, part) for part in written.removesuffix(",").split(",")]


def _side(name: str, part: str) -> Any:
    sides = [_read(name, one.strip()) for one in part.split(":")]
    return sides if len(sides) > 1 else sides[0]
