"""Link functions: how the linear predictor η determines the parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from symderive.errors import SymderiveError, did_you_mean
from symderive.functions.sigmoid import sigmoid
from symderive.functions.special import ndtr


@dataclass(frozen=True)
class Link:
    """A link `g` with `g(parameter) = η`.

    Attributes:
        name: how it is called.
        inverse: the parameter as a function of η.
    """

    name: str
    inverse: Callable[[sympy.Expr], sympy.Expr]


def _itself(eta: sympy.Expr) -> sympy.Expr:
    return eta


def _reciprocal(eta: sympy.Expr) -> sympy.Expr:
    return 1 / eta


LINKS = {
    link.name: link
    for link in (
        Link("identity", _itself),
        Link("log", sympy.exp),
        Link("logit", sigmoid),
        Link("probit", ndtr),
        Link("inverse", _reciprocal),
    )
}


def link(name: str) -> Link:
    """The link called `name`.

    Raises:
        SymderiveError: there is none; names the nearest.
    """
    if name not in LINKS:
        raise SymderiveError(f'choosing a link: "{name}" is not known{did_you_mean(name, LINKS)}')
    return LINKS[name]
