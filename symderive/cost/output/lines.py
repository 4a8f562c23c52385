"""A cost line by line: what each layer, equation or array adds to each quantity, with all repetitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symderive.core.nodes import Tensor
from symderive.cost.count import MACS
from symderive.cost.counted import ACTIVATIONS, ARRAYS, BACKWARD, BUFFERS, FLOPS, PARAMS, SUMS, VALID, Counted
from symderive.cost.formula import Formula, Product
from symderive.cost.memory.quantities import SAVED
from symderive.cost.memory.saved import GIVEN
from symderive.cost.output.tree_report import formula_of
from symderive.cost.record import Cost
from symderive.cost.tree import CostTree
from symderive.errors import SymderiveError


@dataclass(frozen=True)
class Line:
    """One part of a cost.

    Attributes:
        part: the path of a layer, as `stage1.first.conv1`, or the name of an array.
        formulas: quantity → what the part adds to it, all repetitions together.
    """

    part: str
    formulas: Mapping[str, Formula]


def shown_quantities(cost: Counted) -> tuple[str, ...]:
    """The quantities of a record: those that are not 0, sums of counts first, and MACs in any case."""
    first = (MACS, FLOPS, *SUMS, PARAMS, BUFFERS, ACTIVATIONS)
    valid = (VALID,) if any(cost.kinds_of_padding()) else ()
    names = dict.fromkeys((*first, *valid, *cost.quantities))
    return tuple(name for name in names if name == MACS or cost.formula(name).terms)


def lines_of(cost: Counted, quantities: tuple[str, ...]) -> list[Line]:
    """The parts of a cost; in every quantity that is counted by parts they add up to the total.

    Args:
        cost: of a layer, a program or a network.
        quantities: which quantities.

    Returns:
        the layers of a network; of a layer its equations, then its arrays.

    >>> from symderive.cost import cost
    >>> from symderive.layers import Dense
    >>> for line in lines_of(cost(Dense("d", "m")), ("macs", "params")):
    ...     print(line.part, {name: formula.write() for name, formula in line.formulas.items()})
    y {'macs': 'd · m', 'params': '0'}
    weight {'macs': '0', 'params': 'd · m'}
    bias {'macs': '0', 'params': 'm'}
    """
    if isinstance(cost, CostTree):
        return list(_of_tree(cost, quantities))
    if isinstance(cost, Cost):
        return list(_of_layer(cost, quantities))
    raise SymderiveError(f"the parts of a cost: {type(cost).__name__} has none.")


def _of_tree(cost: CostTree, quantities: tuple[str, ...]) -> Iterator[Line]:
    kept = cost.saved().by_part() if SAVED in quantities else {}
    for path in (GIVEN, *cost.layer_paths()):
        part = cost.only() if path == GIVEN else cost.only(path)
        formulas = {
            name: kept.get(path, Formula(order=cost.order)) if name == SAVED else formula_of(part, name)
            for name in quantities
        }
        if any(formula.terms for formula in formulas.values()):
            yield Line(path, formulas)


def _of_layer(cost: Cost, quantities: tuple[str, ...]) -> Iterator[Line]:
    results = {tensor.name: _entries(cost, tensor) for tensor in cost.outputs}
    for place, part in enumerate(cost.parts, 1):
        entries = {ACTIVATIONS: results.get(part.name, Formula(order=cost.order))}
        formulas = {
            name: entries.get(name, cost.part_formula(part, name).joined())
            for name in quantities
            if name not in ARRAYS
        }
        name = f"equation {place}" if part.name.startswith("_") else part.name
        yield Line(name, _complete(cost, formulas, quantities))
    for quantity, tensors in ((PARAMS, cost.trained), (BUFFERS, cost.kept)):
        for tensor in tensors:
            yield Line(str(tensor.name), _complete(cost, {quantity: _entries(cost, tensor)}, quantities))
    for row in cost.saved().rows if SAVED in quantities else ():
        yield Line(row.name, _complete(cost, {SAVED: row.entries}, quantities))
    backward = {name: name.removeprefix(BACKWARD) for name in quantities if name.startswith(BACKWARD)}
    if backward:
        adjoints = cost.backward_pass()
        for part in adjoints.parts:
            formulas = {name: adjoints.part_formula(part, of).joined() for name, of in backward.items()}
            yield Line(part.name, _complete(cost, formulas, quantities))


def _entries(cost: Cost, tensor: Tensor) -> Formula:
    return Formula((Product.of(tensor.shape, cost.order),), cost.order)


def _complete(cost: Cost, formulas: dict[str, Formula], quantities: tuple[str, ...]) -> dict[str, Formula]:
    """A formula for each quantity; one that is not there is 0."""
    return {name: formulas.get(name, Formula(order=cost.order)) for name in quantities}
