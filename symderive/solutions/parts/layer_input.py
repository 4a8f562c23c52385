"""A layer from its name and its sizes, as a problem file or a command line gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from symderive.errors import SymderiveError, did_you_mean
from symderive.layers import Layer, kinds

SHORT = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "g": "groups", "n": "batch"}
"""Letters that people write for fields, where a layer has the field and no size of this name."""
LARGEST = 10**9
"""The largest size that is given as a number."""


def layer_kind(name: str) -> type[Layer]:
    """The class of layers with this name; capitals, `_` and `-` do not matter.

    Raises:
        SymderiveError: there is none.

    >>> layer_kind("conv_transpose2d").__name__
    'ConvTranspose2d'
    """
    known = kinds()
    plain = name.lower().replace("_", "").replace("-", "")
    if plain not in known:
        near = did_you_mean(plain, known)
        listed = near if near != "." else f"; there are {', '.join(known)}."
        raise SymderiveError(f'unknown layer "{name[:60]}"{listed}')
    return known[plain]


def field_names(kind: type[Layer]) -> dict[str, str]:
    """How each field may be called: by its own name, or by the usual letter of its size, as `k` and `h`.

    >>> from symderive.layers import Conv2d
    >>> field_names(Conv2d)["h"], field_names(Conv2d)["k"], field_names(Conv2d)["s"]
    ('height', 'kernel', 'stride')
    """
    own = {field.name: field.name for field in fields(kind)}
    letters: dict[str, str] = {}
    for field, sizes in kind().roles().items():
        if len(set(sizes)) == 1:
            letters.setdefault(sizes[0].lower(), field)
    short = {letter: field for letter, field in SHORT.items() if field in own}
    return {**short, **letters, **own}


def layer_from(kind: type[Layer], sizes: Mapping[str, Any]) -> Layer:
    """The layer with these sizes; those that are not given stay symbols.

    Raises:
        SymderiveError: a name that is none of its fields, one given twice, or sizes that do not fit.
    """
    names = field_names(kind)
    given: dict[str, Any] = {}
    for name, value in sizes.items():
        field = names.get(name, names.get(name.lower()))
        if field is None:
            known = ", ".join(dict.fromkeys(names.values()))
            near = did_you_mean(name, names)
            hint = near if near != "." else f"; give some of {known}."
            raise SymderiveError(f"{kind.__name__}: there is no {name[:60]}{hint}")
        if field in given:
            raise SymderiveError(f"{kind.__name__}: {field} is given twice.")
        given[field] = _settled(kind, field, value)
    return kind(**given)


def _settled(kind: type[Layer], field: str, value: Any) -> Any:
    """Lists as tuples; a truth value only where the field is one."""
    (default,) = (one.default for one in fields(kind) if one.name == field)
    if isinstance(default, bool) is not isinstance(value, bool):
        wanted = "true or false" if isinstance(default, bool) else "a size"
        raise SymderiveError(f"{kind.__name__}: {field} is {wanted}, not {str(value)[:60]}.")
    if isinstance(value, list):
        return tuple(_settled(kind, field, one) for one in value)
    if isinstance(value, int) and not isinstance(value, bool) and value > LARGEST:
        raise SymderiveError(
            f"{kind.__name__}: the size {str(value)[:20]} is too large; {LARGEST:,} is the most."
        )
    return value
