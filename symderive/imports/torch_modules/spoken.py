"""What torch says about sizes, in the user's names: `s47` is T, and 61 the number that T has in the run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from symderive.core.dims import Dim
from symderive.errors import SymderiveError


@contextmanager
def in_names_of_the_user(names: Mapping[Any, Any], numbers: Mapping[Dim, int]) -> Iterator[None]:
    """For as long as this holds, an error about symbols of torch is one about sizes of the input.

    Args:
        names: the size that each symbol of torch stands for.
        numbers: the numbers at which the model runs.
    """
    try:
        yield
    except SymderiveError:
        raise
    except Exception as error:  # whatever the code of a model raises
        error.args = (spoken(str(error), names, numbers),)
        raise


def spoken(said: str, names: Mapping[Any, Any], numbers: Mapping[Dim, int]) -> str:
    """A message with other names, and where a number of the run stands in it, with what that number is.

    >>> batch, length = Dim("B"), Dim("T")
    >>> spoken("got [4*s44, s47] and [5]", {"s44": batch, "s47": length}, {batch: 5, length: 61})
    'got [4*B, T] and [5] (in this run B is 5)'
    """
    known = {str(symbol): str(size) for symbol, size in names.items()}
    found = re.sub(r"\b[a-z]+\d+\b", lambda one: known.get(one.group(), one.group()), said)
    in_it = set(re.findall(r"(?<![\w.])\d+(?![\w.]*\d)", said))
    used = [f"{size} is {number}" for size, number in numbers.items() if str(number) in in_it]
    if not used:
        return found
    return f"{found.rstrip('.')} (in this run {' and '.join(used)})"
