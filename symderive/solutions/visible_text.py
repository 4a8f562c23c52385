"""Characters that would not be seen, or that a terminal would act on, as their code points."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"


def visible(character: str) -> str:
    r"""A character, or its code point where it would not be seen.

    >>> visible("é"), visible("\x1b")
    ('é', '[U+001B]')
    """
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Co") or (category == "Cf" and character not in _JOINERS):
        return f"[U+{ord(character):04X}]"
    return character


def visible_line(text: str) -> str:
    r"""A text without control characters; white space of any kind is one space.

    >>> visible_line("a\n\tb\x07")
    'a b[U+0007]'
    """
    return "".join(map(visible, " ".join(text.split())))
