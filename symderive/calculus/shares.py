"""Softmax and standardised values as named arrays in what the chain rule gave."""

from __future__ import annotations

from symderive.calculus.softmax import with_named_shares
from symderive.calculus.standardised import absorbed
from symderive.core.program import Program


def with_shares(program: Program) -> Program:
    """The same with every softmax as a named array, and divided values in terms of standardised ones."""
    return absorbed(with_named_shares(program))
