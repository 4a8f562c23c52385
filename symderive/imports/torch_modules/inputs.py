"""What a model is given, as text: `B,3,H,W` for an image, `B,T:integer` for numbers of tokens.

A size that has to be divided says so as a product: `B,3,2*h,2*w`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, as_size, check_name
from symderive.core.tensors import DOMAINS
from symderive.cost.questions.terms import read_terms
from symderive.errors import ShapeError, SymderiveError, did_you_mean

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
        text: sizes separated by commas, numbers, names, or sums and products of them, and behind a colon the
            domain of the entries, as for `symderive.array`; "" for an input without axes.
        what: how the input is called in messages.

    Raises:
        SymderiveError: no text, or no such domain.
        ShapeError: not sizes.

    >>> given("B,3,H,W").shape, given("B, T:integer")
    ((B, 3, H, W), Given(shape=(B, T), domain='integer'))
    >>> given("B,3,2*h,4*w + 1").shape
    (B, 3, 2*h, 4*w + 1)
    """
    if not isinstance(text, str):
        shown = repr(text) if isinstance(text, (int, float)) else type(text).__name__
        raise SymderiveError(f'{what}: {shown} is no text; write the sizes as in "B,3,H,W" or "B,T:integer".')
    sizes, colon, domain = (part.strip() for part in text.partition(":"))
    if colon and domain not in DOMAINS:
        raise SymderiveError(f"{what}: unknown domain {domain!r}{did_you_mean(domain, DOMAINS)}")
    words = [word.strip() for word in sizes.split(",")] if sizes else []
    shape = (_size(word, what) for word in words)
    return Given(tuple(shape), domain or "real")


def _size(word: str, what: str) -> Size:
    """A number, a name, or a sum or product of them.

    Raises:
        ShapeError: something else, or what may be no positive whole number.
    """
    if word.isidentifier() or not any(sign in word for sign in "*+"):
        return as_size(int(word) if word.isdecimal() else word, what)
    try:
        found = sympy.expand(read_terms(word, lambda name: Dim(check_name(name, what))))
    except SymderiveError:
        raise ShapeError(f"{what}: {word!r} is no size; write a number, a name, or as in 2*h.") from None
    if not (found.is_integer and found.is_positive):
        raise ShapeError(f"{what}: {word} may be no positive whole number; write a size as in 2*h or h + 1.")
    return as_size(found, what)


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
