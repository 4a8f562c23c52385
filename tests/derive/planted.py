"""Rules that are wrong on purpose, and caches that neither keep nor hide them."""

from __future__ import annotations

import sympy

from symderive.calculus import chain, rules, sums, tidy


def clear_caches() -> None:
    """Forget what was derived."""
    for module in (chain, rules, sums, tidy):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    sympy.core.cache.clear_cache()


def replaced_rule(monkeypatch, kind, wrong) -> None:
    """Put `wrong(rule)` in the place of the rule of a node."""
    monkeypatch.setattr(
        rules, "RULES", tuple((k, wrong(rule) if k is kind else rule) for k, rule in rules.RULES)
    )


def scaled(factor):
    """The rule with its result multiplied."""
    return lambda rule: lambda expr, entry_rule: factor * rule(expr, entry_rule)
