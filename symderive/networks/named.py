"""A network by the name that people know it by."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from symderive.errors import SymderiveError, did_you_mean
from symderive.networks.architecture import Architecture, architecture
from symderive.networks.families import members
from symderive.networks.family import Family


def network(name: str, **given: Any) -> Architecture:
    """A member of a family, with symbols for all sizes of its input that are not given.

    Args:
        name: such as "resnet18" or "gpt2".
        given: sizes of the input by letter (`B=1`, `H=224`), numbers or names, and options of the family
            (`classes=10`).

    Raises:
        SymderiveError: no such network, or none of its sizes and options.
        ShapeError: sizes that do not fit.

    >>> network("resnet18").output_shape, network("resnet18", B=1, H=224, W=224, classes="V").output_shape
    ((B, 1000), (1, V))
    """
    family = family_of(name)
    for key in given:
        if key not in (*family.sizes, *family.options):
            choices = (*family.sizes, *family.options)
            near = did_you_mean(key, choices)
            hint = near if near != "." else f"; give some of {', '.join(choices)}."
            raise SymderiveError(f"{name}: there is no {key[:60]}{hint}")
    shape = {key: given.get(key, size) for key, size in family.sizes.items()}
    options = {
        key: _checked(f"{name}: {key}", family.options[key], value)
        for key, value in given.items()
        if key not in family.sizes
    }
    return architecture(name, family.declare, *shape.values(), **{**family.members[name], **options})


def family_of(name: str) -> Family:
    """The family of a member.

    Raises:
        SymderiveError: no such network.

    >>> family_of("gpt2").options["layers"]
    'Any'
    """
    known = members()
    if name not in known:
        near = did_you_mean(name, known)
        listed = near if near != "." else f"; there are {', '.join(known)}."
        raise SymderiveError(f'unknown network "{name[:60]}"{listed}')
    return known[name]


def _checked(what: str, kind: str, value: Any) -> Any:
    """The value of an option whose annotation is `kind`.

    Raises:
        SymderiveError: another kind of value.
    """
    wanted = _KINDS.get(kind)
    if wanted is None:
        raise SymderiveError(f"{what} belongs to the member; call the function of the family to set it.")
    if kind.startswith("Sequence"):
        if not isinstance(value, (tuple, list)):
            raise SymderiveError(f"{what} is {value!r}; give {wanted[1]}.")
        return tuple(_checked(what, "int" if kind == "Sequence[int]" else "Any", one) for one in value)
    is_truth = isinstance(value, bool)
    if is_truth != (kind == "bool") or not isinstance(value, wanted[0]):
        raise SymderiveError(f"{what} is {value!r}; give {wanted[1]}.")
    if isinstance(value, int) and not 0 <= value <= LARGEST:
        raise SymderiveError(f"{what} is {value}; give a number from 0 to {LARGEST:,}.")
    return value


LARGEST = 10**6
"""The largest number that an option takes."""
_SIZES = (int, str, float, Fraction, sympy.Expr, type(None))
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "Any": (_SIZES, "a number or a name"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "Sequence[Any]": ((), "several numbers or names, as in (3, 4, 6, 3)"),
    "Sequence[int]": ((), "several whole numbers"),
}
