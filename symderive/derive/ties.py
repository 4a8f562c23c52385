"""Maxima and minima that are attained at several places at once, not by chance but by how they are built.

The derivative of a maximum is the mean over the places at which it is attained. Where it is attained once,
the mean needs no mention: `1[x = m]` and the condition say it. A maximum of `np.stack([x, x])`, or of values
that are clipped, is attained several times at random points too; then the number of places is written out.
"""

from __future__ import annotations

import numpy as np

from symderive.core.identity import free_indices
from symderive.core.nodes import Entry, IndexMax, IndexMin, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.size_conditions import slacks
from symderive.derive.sizes import fitting_sizes
from symderive.derive.verification import MOODS
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.numeric.draws import draw_all

_DRAWS = 6
_NEAR = 1e-9  # values that only rounding tells apart


def attained_several_times(program: Program) -> frozenset[Tensor]:
    """The maxima and minima of a program that have ties at random points.

    >>> import symderive as sd
    >>> from symderive.language.programs import program_of
    >>> x = sd.array("x", sd.dims("n"))
    >>> attained_several_times(program_of(np.max(x)))
    frozenset()
    >>> len(attained_several_times(program_of(np.max(np.stack([x, x])))))
    1
    """
    probes: dict[Tensor, Tensor] = {}
    definitions: list[Definition] = []
    for made in program.definitions:
        definitions.append(made)
        if isinstance(made.body, (IndexMax, IndexMin)) and isinstance(made.body.body, Entry):
            free = tuple(index for index in made.indices if index in free_indices(made.body))
            indices = (*free, *made.body.indices)
            probe = Tensor(f"_values_{len(probes)}", tuple(index.dim for index in indices))
            definitions.append(Definition(probe, indices, made.body.body))
            probes[probe] = made.tensor
    if not probes:
        return frozenset()
    found: set[Tensor] = set()
    extended = Program(program.inputs, tuple(definitions), tuple(probes))
    bound = {probe: probe.rank - _kept(program, made) for probe, made in probes.items()}
    is_maximum = {probe: _is_maximum(program, made) for probe, made in probes.items()}
    for values in _at_random(extended):
        for probe, made in probes.items():
            signed = values[str(probe.name)] if is_maximum[probe] else -values[str(probe.name)]
            rows = signed.reshape(*signed.shape[: probe.rank - bound[probe]], -1)
            if np.isfinite(rows).all() and rows.size and _has_tie(rows):
                found.add(made)
    return frozenset(found)


def _kept(program: Program, tensor: Tensor) -> int:
    made = program.definition(tensor)
    return 0 if made is None else sum(index in free_indices(made.body) for index in made.indices)


def _is_maximum(program: Program, tensor: Tensor) -> bool:
    made = program.definition(tensor)
    return made is not None and isinstance(made.body, IndexMax)


def _has_tie(rows: np.ndarray) -> bool:
    largest = rows.max(axis=-1, keepdims=True)
    close = rows >= largest - _NEAR * np.maximum(np.abs(largest), 1e-3)
    return bool((close.sum(axis=-1) > 1).any())


def _at_random(program: Program) -> list[dict[str, np.ndarray]]:
    """The outputs of a program at random points of the declared domains, as far as they have values there."""
    sizes = fitting_sizes(program, slacks(program))
    if sizes is None:
        return []
    shapes = {
        str(tensor.name): (tuple(int(size.xreplace(sizes)) for size in tensor.shape), str(tensor.domain))
        for tensor in program.inputs
    }
    found = []
    for seed in range(_DRAWS):
        mood, scale = MOODS[seed % len(MOODS)]
        chosen = {name: (shape, mood if own == "real" else own) for name, (shape, own) in shapes.items()}
        arrays = draw_all(chosen, seed=seed)
        arrays |= {name: scale * arrays[name] for name, (_, own) in shapes.items() if own == "real"}
        try:
            with np.errstate(all="ignore"):
                found.append(evaluate(program, arrays, sizes))
        except (ValueError, ArithmeticError, SymderiveError):
            continue
    return found
