"""Pieces of code whose axes carry labels: reordered, broadcast, put in brackets."""

from __future__ import annotations

from collections.abc import Iterable

from symderive.codegen.from_forms import ATOM, Code
from symderive.core.nodes import Index

Labels = tuple[Index, ...]
Labelled = tuple[Code, Labels]


def within(piece: Code, level: int) -> str:
    """The code, in brackets unless it binds at least as tightly as `level`."""
    return piece[0] if piece[1] >= level else f"({piece[0]})"


def arranged(labels: Iterable[Index], order: Labels) -> Labels:
    """The labels, each once: those of `order` in its order, then the others as they came."""
    unique = dict.fromkeys(labels)
    return (*(label for label in order if label in unique), *(one for one in unique if one not in order))


def spread(piece: Code, labels: Labels, target: Labels) -> Code:
    """Reorder axes to those of `target`, with axes of length 1 for missing ones."""
    if labels == target or not labels:
        return piece
    order = [labels.index(label) for label in target if label in labels]
    if order != sorted(order):
        if len(order) == 2:
            turned = f"{within(piece, ATOM)}.T"
        elif order == [*range(len(order) - 2), len(order) - 1, len(order) - 2]:
            turned = f"{within(piece, ATOM)}.mT"
        else:
            turned = f"np.transpose({piece[0]}, {tuple(order)})"
        piece = turned, ATOM
    if len(labels) < len(target):
        slots = ", ".join(":" if label in labels else "None" for label in target)
        piece = f"{within(piece, ATOM)}[{slots}]", ATOM
    return piece
