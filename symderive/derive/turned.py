"""Results with their axes in another order, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from symderive.core.identity import FREE_LETTERS, fresh, tensors_of
from symderive.core.nodes import Entry, Index, Tensor
from symderive.core.program import Definition, Program


def turned(program: Program, places: Iterable[int], split: int | None = None) -> Program:
    """The program with some outputs in the other layout.

    Args:
        program: the equations.
        places: which outputs.
        split: the number of axes that go behind the others; by default all axes are reversed, and a vector
            becomes a row of shape 1×d.
    """
    definitions, outputs = list(program.definitions), list(program.outputs)
    for place in places:
        old = outputs[place]
        (made,) = (one for one in definitions if one.tensor == old)
        indices = _reordered(made.indices, split)
        if indices == made.indices:
            continue
        tensor = Tensor(f"∂ᵀ{old.name}", tuple(index.dim for index in indices))
        used = any(old in tensors_of(one.body) for one in definitions) or outputs.count(old) > 1
        if used:
            new = Definition(tensor, indices, Entry(old, *made.indices), "layout", "transposed")
        else:
            new = Definition(tensor, indices, made.body, made.rule, made.why)
            definitions.remove(made)
        definitions.append(new)
        outputs[place] = tensor
    return Program(program.inputs, tuple(definitions), tuple(outputs))


def _reordered(indices: tuple[Index, ...], split: int | None) -> tuple[Index, ...]:
    if split is not None:
        return (*indices[split:], *indices[:split])
    if len(indices) == 1:
        (row,) = fresh((1,), (index.name for index in indices), FREE_LETTERS)
        return (row, *indices)
    return indices[::-1]


def turned_back(value: Any, shape: tuple[int, ...], split: int | None = None) -> Any:
    """Numbers in the other layout in the usual one.

    Args:
        value: the numbers.
        shape: the usual shape.
        split: as for `turned`.
    """
    array = np.asarray(value)
    if split is None:
        return array.reshape(shape) if len(shape) < 2 else np.transpose(array)
    count = len(shape) - split
    return np.transpose(array, (*range(count, len(shape)), *range(count)))
