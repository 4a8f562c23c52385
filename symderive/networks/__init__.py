"""Whole networks with symbolic sizes: declared as functions of feature maps, known members by name."""

from __future__ import annotations

from symderive.networks.architecture import Architecture, Feature, architecture
from symderive.networks.block import Array, Block, Loop, Step
from symderive.networks.families import families, members
from symderive.networks.named import family_of, network

__all__ = [
    "Architecture",
    "Array",
    "Block",
    "Feature",
    "Loop",
    "Step",
    "architecture",
    "families",
    "family_of",
    "members",
    "network",
]
