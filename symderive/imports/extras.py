"""Libraries that are needed for some imports only."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from symderive.errors import SymderiveError


def extra(module: str, doing: str) -> Any:
    """A module of a library that may be absent, loaded now.

    Args:
        module: its name, such as "torch.fx"; what stands before the first dot is also the name of the extra.
        doing: what it is needed for, for the message.

    Raises:
        SymderiveError: the library is not installed.

    >>> extra("absent.part", "reading such a file")
    Traceback (most recent call last):
        ...
    symderive.errors.SymderiveError: reading such a file needs absent; install symderive[absent].
    """
    library = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != library:
            raise
        raise SymderiveError(f"{doing} needs {library}; install symderive[{library}].") from None
