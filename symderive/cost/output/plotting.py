"""A cost against one size, stacked by layer; matplotlib is loaded when a figure is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symderive.cost.compiled import compiled
from symderive.cost.counted import Counted
from symderive.cost.evaluation import by_name, underived
from symderive.cost.formula import Formula
from symderive.cost.output.lines import lines_of
from symderive.cost.output.report import label_of
from symderive.cost.tree import CostTree
from symderive.cost.writing import Writer
from symderive.errors import SymderiveError

MOST_LAYERS = 12
"""With more layers than these, the blocks at the top are stacked."""


def stacked(cost: Counted, symbol: str, sizes: Sequence[int], quantity: str) -> dict[str, list[int]]:
    """What each part needs at each of some sizes; parts that need nothing are left out.

    Args:
        cost: of a layer, a program or a network.
        symbol: the size.
        sizes: its values.
        quantity: which quantity.

    Raises:
        SymderiveError: another size is open, an unknown quantity, or no sizes.
        ShapeError: sizes that do not fit each other.

    >>> from symderive.cost import cost
    >>> from symderive.layers import SeparableConv2d
    >>> layer = cost(SeparableConv2d()).subs(C_in=3, C_out=8, k=3, W=9)
    >>> stacked(layer, "H", [3, 4], "macs")
    {'depthwise': [189, 378], 'pointwise': [168, 336]}
    """
    known = {one.name: one for one in cost.symbols}
    (asked,) = by_name({symbol: None}, known, "plotting a cost")
    if not sizes:
        raise SymderiveError(
            f"plotting a cost: no value of {symbol} is given; give for example range(1, 65)."
        )
    values = {one: value for one, value in underived(cost.values, cost.relations).items() if one != asked}
    found = {}
    for part, formula in _parts(cost, cost.checked_name(quantity)):
        function = compiled({part: formula}, cost.symbols, cost.relations, cost.conditions, values)
        found[part] = [int(one) for one in function(**{asked.name: list(sizes)})]
    return found


def _parts(cost: Counted, quantity: str) -> list[tuple[str, Formula]]:
    """The layers, or the blocks at the top of a network with many of them."""
    parts = [(line.part, line.formulas[quantity]) for line in lines_of(cost, (quantity,))]
    parts = [(name, formula) for name, formula in parts if formula.terms]
    if len(parts) > MOST_LAYERS and isinstance(cost, CostTree):
        blocks = ((branch.name, cost.only(branch.name)) for branch in cost.branches)
        found = [(name, one.formula(quantity)) for name, one in blocks if quantity in one.all_quantities]
        return [(name, formula) for name, formula in found if formula.terms]
    return parts


def plot(cost: Counted, symbol: str, sizes: Iterable[int], quantity: str) -> Any:
    """A figure of matplotlib; see `symderive.cost.counted.Counted.plot`."""
    values = list(sizes)
    parts = stacked(cost, symbol, values, quantity)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SymderiveError(
            'plotting a cost: matplotlib is not installed; install it with pip install "symderive[plot]".'
        ) from None
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    axes.stackplot(values, [[float(one) for one in part] for part in parts.values()], labels=list(parts))
    axes.set_xlabel(Writer().write(next(one for one in cost.symbols if one.name == symbol)))
    axes.set_ylabel(label_of(quantity))
    axes.set_xlim(min(values), max(values))
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left")
    return figure
