"""What a model is given, as text: `B,3,H,W` for an image, `B,T:integer` for numbers of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symderive.core.dims import Dim, Size, as_size
from symderive.core.tensors import DOMAINS
from symderive.errors import SymderiveError, did_you_mean

TYPES = {"integer": "int64", "count": "int64", "binary": "bool"}
"""The torch type of the entries of a domain; all others are numbers of the type of the model's own."""


@dataclass(frozen=True)
class Given:
    """One input: its sizes, and what its entries are; or a truth value, or nothing, as it is.

    Attributes:
        shape: the sizes.
        domain: what its entries are.
        plain: in brackets, what is given in place of an array.
    """

    shape: tuple[Size, ...]
    domain: str = "real"
    plain: tuple[bool | None, ...] = field(default=(), repr=False)

    def at(self, values: Mapping[Dim, Size]) -> Given:
        """The same input with numbers for some of its sizes."""
        return replace(self, shape=tuple(size.xreplace(dict(values)) for size in self.shape))


def given(text: Any, what: str = "input") -> Given:
    """An input from its text.

    Args:
        text: sizes separated by commas, numbers or names, and behind a colon the domain of the entries, as
            for `symderive.array`; "" for an input without axes.
        what: how the input is called in messages.

    Raises:
        SymderiveError: no text, or no such domain.
        ShapeError: not sizes.

    >>> given("B,3,H,W").shape, given("B, T:integer")
    ((B, 3, H, W), Given(shape=(B, T), domain='integer'))
    """
    if not isinstance(text, str):
        raise SymderiveError(
            f'{what}: {text!r} is no text; write the sizes as in "B,3,H,W" or "B,T:integer".'
        )
    sizes, colon, domain = (part.strip() for part in text.partition(":"))
    if colon and domain not in DOMAINS:
        raise SymderiveError(f"{what}: unknown domain {domain!r}{did_you_mean(domain, DOMAINS)}")
    words = [word.strip() for word in sizes.split(",")] if sizes else []
    shape = (as_size(int(word) if word.isdecimal() else word, what) for word in words)
    return Given(tuple(shape), domain or "real")


def all_given(texts: Any) -> tuple[list[Given], dict[str, Given]]:
    """Inputs in order, and inputs by the names of arguments.

    Args:
        texts: one text, several in order, or texts by name; of several, True, False and None are handed on.

    Raises:
        SymderiveError: no texts.
    """
    if texts is None:
        raise SymderiveError('no input is given; write its sizes, as in input="B,3,H,W" or "B,T:integer".')
    if isinstance(texts, Mapping):
        return [], {str(name): _one(text, f"input {name}") for name, text in texts.items()}
    many = texts if isinstance(texts, Sequence) and not isinstance(texts, str) else (texts,)
    if len(many) == 1:
        return [given(many[0])], {}
    return [_one(text, f"input {place}") for place, text in enumerate(many, 1)], {}


def _one(value: Any, what: str) -> Given:
    """One of several inputs: a text, or a truth value or None, which is handed on as it is."""
    return Given((), plain=(value,)) if value is None or isinstance(value, bool) else given(value, what)
