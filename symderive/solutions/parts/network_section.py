"""The section about what a network costs: what is asked, the shapes, the table, and further answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.cost.questions.algebra import NoQuantityError
from symderive.cost.tree import CostTree
from symderive.networks import Architecture
from symderive.solutions import document as doc
from symderive.solutions.parts.cost_answers import COST_FIELDS, cost_answers, quantities_of
from symderive.solutions.parts.cost_passes import Refuse, asked_pass
from symderive.solutions.parts.network_cost_blocks import network_cost_blocks, network_sentence

LEVELS = 2
"""How many levels of blocks a table shows unless it is said."""
TITLE = "Cost of a network"


def network_section(
    net: Architecture, cost: CostTree, keys: Mapping[str, Any], refuse: Refuse
) -> doc.Section:
    """The section about a network.

    Args:
        net: the network.
        cost: what it costs, with the sizes put in.
        keys: the keys of `network_cost` that are given.
        refuse: makes the error about a key.

    Raises:
        SymderiveError: what `refuse` makes, for a question that has no answer.
    """
    given = {key: value for key, value in keys.items() if value is not None}
    values = {field.name: field.default for field in COST_FIELDS} | given
    sentence = network_sentence(net, cost)
    asked_cost = asked_pass(values, cost, refuse)
    try:
        blocks = network_cost_blocks(asked_cost, values.get("levels", LEVELS), quantities_of(values))
    except NoQuantityError as error:
        raise refuse("quantity", str(error)) from None
    blocks += cost_answers(values, asked_cost, refuse)
    statement = (*doc.paragraphs(values.get("text", "")), sentence)
    return doc.Section(doc.text(values.get("title", TITLE)), statement, tuple(blocks))
