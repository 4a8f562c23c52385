"""How many products are neither against padding, nor masked, nor cropped, in words."""

from __future__ import annotations

import sympy

from symderive.cost.collecting import collected, substituted
from symderive.cost.counted import Counted
from symderive.cost.formula import Formula
from symderive.cost.writing import TEXT

MOST_CHARACTERS = 80
"""How long a formula may be that stands in a sentence."""


def valid_text(cost: Counted) -> str:
    """How many products are valid; empty where all are, or a formula is too long for a line.

    >>> from symderive.layers import Conv1d
    >>> from symderive.cost import cost
    >>> valid_text(cost(Conv1d(kernel=3, padding=1)).subs(C_in=2))
    '2 · (3 · L′ − 2) · C_out, without those against zero padding'
    """
    said = valid_said(cost)
    return "" if said is None else f"{said[0].write()}, {said[1]}"


def valid_said(cost: Counted) -> tuple[Formula, str] | None:
    """The formula or number of `valid_text`, and the words behind it."""
    macs, kinds = cost.macs, " and ".join(cost.kinds_of_padding())
    if not kinds:
        return None
    if not macs.is_Integer:
        terms = cost.valid_formula(cost.numbers).terms
        formula = collected((substituted(term, cost.numbers) for term in terms), cost.order)
        return (formula, f"without those {kinds}") if len(formula.write()) <= MOST_CHARACTERS else None
    valid = int(cost.valid_macs)
    return Formula.of(sympy.Integer(valid)), f"without the {TEXT.number(int(macs) - valid)} {kinds}"
