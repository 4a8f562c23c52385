"""Text that a template printed: the only strings that reach an output as they are."""

from __future__ import annotations

from collections.abc import Iterable


class Raw(str):
    """Finished output of one format.

    Joining, slicing or changing a `Raw` gives a plain `str`, which is escaped again when it is printed:
    whatever is
    done to finished output, no user text becomes markup by it.

    >>> type(Raw("a") + "b") is str
    True
    """

    __slots__ = ()


def joined(parts: Iterable[str]) -> Raw:
    """Finished pieces as one; what jinja2 calls `concat`.

    >>> joined(["a", "b"])
    'ab'
    """
    return Raw("".join(parts))
