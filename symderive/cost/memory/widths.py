"""How many bytes an entry of an array takes."""

from __future__ import annotations

from collections.abc import Mapping

from symderive.errors import SymderiveError, did_you_mean

BYTES: Mapping[str, int] = {
    "float64": 8,
    "float32": 4,
    "tfloat32": 4,
    "float16": 2,
    "bfloat16": 2,
    "float8": 1,
    "int8": 1,
}
"""Bytes of an entry by the type of what is computed."""
REAL, POSITIONS, TRUTHS = "real", "count", "binary"
"""Domains of arrays; the entries of the last two have a type of their own."""
OWN: Mapping[str, int] = {POSITIONS: 8, TRUTHS: 1}
"""Bytes of whole numbers that are positions (int64) and of entries that are 0 or 1 (bool), as in PyTorch."""


def width_of(domain: str, dtype: str) -> int:
    """The bytes of an entry.

    Args:
        domain: what the entries of the array are.
        dtype: the type of numbers that are computed with.

    Raises:
        SymderiveError: an unknown type.

    >>> width_of("real", "bfloat16"), width_of("count", "bfloat16"), width_of("binary", "float64")
    (2, 8, 1)
    """
    if dtype not in BYTES:
        raise SymderiveError(
            f"bytes: unknown type {str(dtype)[:60]!r}{did_you_mean(str(dtype), BYTES)} "
            f"The types are {', '.join(BYTES)}."
        )
    return OWN.get(domain, BYTES[dtype])
