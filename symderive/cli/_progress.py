"""Show on a terminal what is being done; stay silent everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner on stderr while the block runs, if stderr is a terminal.

    Colours follow ``NO_COLOR``; nothing is written to a file or a pipe.

    Args:
        title: What is being done.

    Yields:
        A function that takes a sentence about the present stage.

    Example:
        >>> with progress("solving a.toml") as report:  # stderr is no terminal here: nothing is written
        ...     report("question 1")
    """
    if not sys.stderr.isatty():
        yield lambda _stage: None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status(Text(title)) as status:
        yield lambda stage: status.update(Text(f"{title}: {stage}"))
