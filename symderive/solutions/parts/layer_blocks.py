"""A layer's cost line by line: its equations, the products, the parameters, and all other operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symderive.cost.count import MACS, SUM_ADDS
from symderive.cost.counted import Counted
from symderive.cost.output.report import label_of, report
from symderive.cost.record import ADDS, BUFFERS, FLOPS, PARAMS, Cost
from symderive.cost.training.backward import BackwardCost
from symderive.cost.tree import CostTree
from symderive.cost.writing import LATEX, TEXT, Writer
from symderive.layers import Layer
from symderive.solutions import document as doc
from symderive.solutions.parts.convolution_blocks import (
    convention_blocks,
    count_steps,
    equation_blocks,
    needs_blocks,
    relation_blocks,
)
from symderive.solutions.parts.network_cost_blocks import tree_blocks, valid_blocks

_HIDDEN = (SUM_ADDS, "elementwise_adds")  # both are in the additions


def layer_blocks(
    name: str, cost: Cost, asked: Counted | None = None, quantities: Sequence[str] = ()
) -> list[doc.Block]:
    """The whole answer.

    Args:
        name: how the layer is called.
        cost: what it costs.
        asked: the pass that is asked about, if not this one.
        quantities: which ones are shown; all that are not 0 where none is named.

    Raises:
        SymderiveError: an unknown quantity.
    """
    made = report({name: cost})
    (products,) = made.variants
    blocks: list[doc.Block] = [doc.Heading(doc.text("The layer")), *equation_blocks(products)]
    blocks += [*relation_blocks(made.variants), *needs_blocks(made)]
    if isinstance(asked, CostTree):
        return [*blocks, doc.Heading(doc.text("A training step")), *tree_blocks(asked, 2, quantities)]
    if isinstance(asked, BackwardCost):
        made = report({name: asked})
        (products,) = made.variants
        blocks += [doc.Heading(doc.text("Its backward pass")), *equation_blocks(products)]
        cost = asked
    blocks.append(doc.Heading(doc.text("What it costs")))
    for quantity in map(cost.checked_name, quantities or _quantities(cost)):
        (variant,) = report({name: cost}, quantity=quantity).variants
        blocks.append(count_steps(label_of(quantity), variant))
    return [*blocks, *valid_blocks(cost), *convention_blocks(made)]


def shape_of(layer: Layer) -> doc.Math:
    """The shape of the output, with the names that the equations use."""
    names = {meaning: size for size, meaning in layer.relations.items()}
    sizes = [names.get(size, size) for size in layer.output_shape]
    if not sizes:
        return doc.Math("1", "one number")
    latex, text = (
        Writer(replace(style, dot=dot), layer.size_order) for style, dot in ((LATEX, " "), (TEXT, "·"))
    )
    return doc.Math(r" \times ".join(map(latex.factor, sizes)), "×".join(map(text.factor, sizes)))


def _quantities(cost: Cost) -> list[str]:
    arrays = [one for one, some in ((PARAMS, cost.trained), (BUFFERS, cost.kept)) if some]
    first = [MACS, FLOPS, *arrays, *([ADDS] if cost.formula(ADDS).terms else [])]
    return [*first, *(one for one in cost.quantities if one not in (*first, *_HIDDEN))]
