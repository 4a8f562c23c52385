"""A cost against one size, as one line or stacked by layer; matplotlib is loaded when a figure is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symderive.core.dims import Dim
from symderive.cost.collecting import collected
from symderive.cost.compiled import compiled
from symderive.cost.counted import FLOPS, Counted
from symderive.cost.evaluation import by_name, complete, underived
from symderive.cost.formula import Formula
from symderive.cost.memory.quantities import INTENSITY, OF_MEMORY, READ, WRITTEN
from symderive.cost.memory.summary import Amount, unit_of
from symderive.cost.output.lines import lines_of
from symderive.cost.output.report import label_of
from symderive.cost.tree import CostTree
from symderive.cost.writing import Writer
from symderive.errors import SymderiveError

MOST_LAYERS = 10
"""With more layers than these, the blocks at the top are stacked; of more blocks the largest ones."""
OTHERS = "others"
"""What stands for the smallest blocks, where there are too many."""


def stacked(
    cost: Counted, symbol: str, sizes: Sequence[int], quantity: str, dtype: str = "float32"
) -> dict[str, list[int]]:
    """What each part needs at each of some sizes; parts that need nothing are left out.

    Args:
        cost: of a layer, a program or a network.
        symbol: the size.
        sizes: its values.
        quantity: which quantity.
        dtype: the type of numbers that are computed with, for bytes.

    Raises:
        SymderiveError: another size is open, an unknown quantity, one that does not add up, or no sizes.
        ShapeError: sizes that do not fit each other.

    >>> from symderive.cost import cost
    >>> from symderive.layers import SeparableConv2d
    >>> layer = cost(SeparableConv2d()).subs(C_in=3, C_out=8, k=3, W=9)
    >>> stacked(layer, "H", [3, 4], "macs")
    {'depthwise': [189, 378], 'pointwise': [168, 336]}
    """
    cost, asked = _opened(cost, symbol, sizes)
    found = {
        part: [int(one) for one in _at(cost, quantity, Amount((formula,)), asked, sizes)]
        for part, formula in _parts(cost, quantity, dtype)
    }
    if len(found) <= MOST_LAYERS:
        return found
    large = set(sorted(found, key=lambda part: -max(found[part]))[: MOST_LAYERS - 1])
    rest = [values for part, values in found.items() if part not in large]
    return {part: found[part] for part in found if part in large} | {
        OTHERS: [sum(column) for column in zip(*rest, strict=True)]
    }


def line(
    cost: Counted, symbol: str, sizes: Sequence[int], quantity: str, dtype: str = "float32"
) -> list[int | float]:
    """A quantity at each of some sizes; also a peak, and the intensity.

    Args:
        cost: of a layer, a program or a network.
        symbol: the size.
        sizes: its values.
        quantity: which quantity.
        dtype: the type of numbers that are computed with, for bytes.

    Raises:
        SymderiveError: another size is open, an unknown or refused quantity, or no sizes.
        ShapeError: sizes that do not fit each other.

    >>> from symderive.cost import cost
    >>> from symderive.layers import Dense
    >>> line(cost(Dense("d", 8, bias=False)), "d", [4, 8], "peak_activation_bytes")
    [48, 64]
    """
    cost, asked = _opened(cost, symbol, sizes)
    if quantity == INTENSITY:
        flops, *moved = (line(cost, symbol, sizes, name, dtype) for name in (FLOPS, READ, WRITTEN))
        return [one / (read + written) for one, read, written in zip(flops, *moved, strict=True)]
    amount = _amount(cost, quantity, dtype) if quantity in OF_MEMORY else None
    amount = amount or Amount((cost.formula(cost.checked_name(quantity)),))
    return [int(one) for one in _at(cost, quantity, amount, asked, sizes)]


def _opened(cost: Counted, symbol: str, sizes: Sequence[int]) -> tuple[Counted, Dim]:
    """The cost without a number for a size, and the size."""
    (asked,) = by_name({symbol: None}, {one.name: one for one in cost.symbols}, "plotting a cost")
    if not sizes:
        raise SymderiveError(
            f"plotting a cost: no value of {symbol} is given; give for example range(1, 65)."
        )
    values = {one: value for one, value in underived(cost.values, cost.relations).items() if one != asked}
    return replace(cost, values=complete(values, cost.relations)), asked


def _at(cost: Counted, name: str, amount: Amount, asked: Dim, sizes: Sequence[int]) -> Any:
    """The largest of some formulas at each size."""
    formulas = {name + "′" * place: formula for place, formula in enumerate(amount.formulas)}
    conditions = (*cost.conditions, *amount.conditions)
    function = compiled(formulas, cost.symbols, cost.relations, conditions, cost.values)
    found = function(**{asked.name: list(sizes)})
    every = list(found.values()) if isinstance(found, dict) else [found]
    return np.max([np.broadcast_to(one, len(sizes)) for one in every], axis=0)


def _amount(cost: Counted, quantity: str, dtype: str) -> Amount:
    memory = cost.memory(dtype)
    if quantity in memory.refused:
        raise SymderiveError(f"plotting a cost: {memory.refused[quantity]}")
    return memory.amounts[quantity]


def _parts(cost: Counted, quantity: str, dtype: str) -> list[tuple[str, Formula]]:
    """The layers, or the blocks at the top of a network with many of them."""
    if quantity in OF_MEMORY:
        _amount(cost, quantity, dtype)
        every: Mapping[str, Mapping[str, Formula]] = cost.memory(dtype).parts
        parts = [(name, formulas[quantity]) for name, formulas in every.items() if quantity in formulas]
        if not parts:
            raise SymderiveError(
                f"plotting a cost: {label_of(quantity)} is not known by parts; plot it without stacking."
            )
    else:
        name = cost.checked_name(quantity)
        parts = [(one.part, one.formulas[name]) for one in lines_of(cost, (name,))]
    parts = [(name, formula) for name, formula in parts if formula.terms]
    if len(parts) <= MOST_LAYERS or not isinstance(cost, CostTree):
        return parts
    blocks: dict[str, list[Formula]] = {}
    for path, formula in parts:
        blocks.setdefault(path.partition(".")[0], []).append(formula)
    return [
        (block, collected((term for one in some for term in one.terms), cost.order))
        for block, some in blocks.items()
    ]


def plot(
    cost: Counted,
    symbol: str,
    sizes: Iterable[int],
    quantity: str,
    by_part: bool = True,
    dtype: str = "float32",
) -> Any:
    """A figure of matplotlib; see `symderive.cost.counted.Counted.plot`."""
    values = list(sizes)
    if by_part:
        parts = stacked(cost, symbol, values, quantity, dtype)
    else:
        parts = {label_of(quantity): line(cost, symbol, values, quantity, dtype)}  # type: ignore[dict-item]
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import EngFormatter, MaxNLocator
    except ImportError:
        raise SymderiveError(
            'plotting a cost: matplotlib is not installed; install it with pip install "symderive[plot]".'
        ) from None
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    heights = [[float(one) for one in part] for part in parts.values()]
    if by_part:
        axes.stackplot(values, heights, labels=list(parts))
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1, 1))
    else:
        axes.plot(values, heights[0], marker="o" if len(values) == 1 else None)
    axes.set_xlabel(Writer().write(next(one for one in cost.symbols if one.name == symbol)))
    axes.set_ylabel(_said(cost, quantity, dtype))
    axes.set_title(cost.name if isinstance(cost, CostTree) else "")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(EngFormatter(unit="B" if _is_bytes(quantity) else ""))
    if len(values) > 1:
        axes.set_xlim(min(values), max(values))
    axes.set_ylim(bottom=0)
    return figure


def _is_bytes(quantity: str) -> bool:
    return quantity in OF_MEMORY and unit_of(quantity) == "bytes"


def _said(cost: Counted, quantity: str, dtype: str) -> str:
    """What stands at the axis: the quantity, its unit, and whether something is missing in it."""
    unit = unit_of(quantity)
    notes = [dtype] if _is_bytes(quantity) or quantity == INTENSITY else []
    notes = [unit, *notes] if unit != "bytes" else notes
    notes += ["lower bound"] if cost.unknown else []
    return f"{label_of(quantity)} ({', '.join(notes)})" if notes else label_of(quantity)
