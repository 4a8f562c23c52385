"""A family of networks: one declaration, and the members that people know by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symderive.networks.architecture import Feature

IMAGES = {"B": "B", "C": 3, "H": "H", "W": "W"}
"""Batch, channels, height, width of the input."""
TEXTS = {"B": "B", "T": "T"}
"""Batch and length of the input, which are numbers of tokens."""


@dataclass(frozen=True)
class Family:
    """One declaration with options, and the options of each member.

    Attributes:
        declare: applies layers to the input and returns the output.
        members: the options by the name of the member.
        source: where the architecture is written down.
        sizes: the sizes of the input by the letters that people use for them.
    """

    declare: Callable[..., Feature]
    members: Mapping[str, Mapping[str, Any]]
    source: str
    sizes: Mapping[str, Any] = field(default_factory=lambda: IMAGES)

    @property
    def options(self) -> Mapping[str, str]:
        """What can be set besides the sizes of the input, and the annotation of each."""
        _, *found = inspect.signature(self.declare).parameters.values()
        return {one.name: str(one.annotation) for one in found}
