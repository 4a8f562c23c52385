"""What a question about a cost is about: a layer or a network with its sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.cost.counted import Counted
from symderive.cost.entry import cost
from symderive.errors import SymderiveError
from symderive.solutions.parts.layer_input import layer_from, layer_kind
from symderive.solutions.parts.network_cost_input import network_cost


def cost_of(kind: str, values: Mapping[str, Any]) -> Counted:
    """The cost that a question of a kind is about.

    Args:
        kind: `layer_cost` or `network_cost`.
        values: its keys.

    Raises:
        SymderiveError: no such layer or network, or sizes that do not fit.

    >>> cost_of("layer_cost", {"layer": "dense", "sizes": {"d_in": 784, "d_out": 10}}).macs
    7840
    """
    if kind == "layer_cost":
        return cost(layer_from(layer_kind(values["layer"]), values["sizes"]))
    if kind == "network_cost":
        return network_cost(values["network"], values["sizes"])[1]
    raise SymderiveError(f"a cost: {kind} is no kind of question about one layer or network.")
