"""The one exception that symderive raises for input it cannot accept."""

from __future__ import annotations


class SymderiveError(ValueError):
    """What was being done, what is wrong, and what to do about it."""
