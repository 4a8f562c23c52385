"""Output formats: each file here is one, and is found by being here.

A file `name.py` has `FORMAT`, an `OutputFormat`; its template stands in the templates folder.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from symderive.errors import SymderiveError, did_you_mean
from symderive.solutions.document import Emph, Math
from symderive.solutions.raw import Raw


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What opens and closes the three things that jinja2 knows, in the templates of a format."""

    variable: tuple[str, str] = ("{{", "}}")
    block: tuple[str, str] = ("{%", "%}")
    comment: tuple[str, str] = ("{#", "#}")


def _encode(text: str) -> bytes:
    return text.encode("utf-8")


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """One way to write a document.

    Args:
        name: What `--format` takes; the name of its file.
        suffix: What its files end in.
        template: The template in the templates folder.
        escape: Plain text → what prints it literally.
        math: A formula in running text.
        emphasis: Text with emphasis; escapes it itself.
        filters: What else its templates call; a filter that returns `Raw` prints as it is.
        delimiters: The delimiters of its templates.
        finish: Rendered template → bytes of the file.
        missing: One sentence saying what must be installed before this format works here, or None.
    """

    name: str
    suffix: str
    template: str
    escape: Callable[[str], str]
    math: Callable[[Math], str]
    emphasis: Callable[[Emph], str]
    filters: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    delimiters: Delimiters = Delimiters()
    finish: Callable[[str], bytes] = _encode
    missing: Callable[[], str | None] = lambda: None


def raw_filter(function: Callable[..., str]) -> Callable[..., Raw]:
    """Declares that what a filter returns is finished output.

    >>> type(raw_filter(str.upper)("a")).__name__
    'Raw'
    """
    return lambda *arguments: Raw(function(*arguments))


def format_names() -> tuple[str, ...]:
    """The names of all formats, in alphabetical order.

    >>> "tex" in format_names()
    True
    """
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def format_named(name: str) -> OutputFormat:
    """The format of this name.

    Args:
        name: Such as `"tex"`.

    Returns:
        The format.

    Raises:
        SymderiveError: There is none; the message lists those there are.

    >>> format_named("tex").suffix
    '.tex'
    """
    if name not in format_names():
        near = did_you_mean(name, format_names())
        listed = f"Formats: {', '.join(format_names())}."
        raise SymderiveError(f'unknown format "{name}"{near} {listed}')
    found = importlib.import_module(f"{__name__}.{name}").FORMAT
    if not isinstance(found, OutputFormat) or found.name != name:
        raise TypeError(f"formats/{name}.py must have FORMAT, an OutputFormat named {name!r}.")
    return found


def format_of_suffix(suffix: str) -> OutputFormat:
    """The format whose files end in this.

    Args:
        suffix: Such as `".tex"`, in any case.

    Returns:
        The format.

    Raises:
        SymderiveError: There is none; the message lists the endings there are.

    >>> format_of_suffix(".MD").name
    'md'
    """
    formats = [format_named(name) for name in format_names()]
    for known in formats:
        if known.suffix == suffix.lower():
            return known
    endings = ", ".join(known.suffix for known in formats)
    what = (
        f"No format writes files that end in {suffix!r}"
        if suffix
        else "The output has no ending that names a format"
    )
    raise SymderiveError(f"{what}; use one of {endings}, or name the format.")


def format_for_output(name: str | None, output: str | os.PathLike[str]) -> OutputFormat:
    """The format to write a file in.

    Args:
        name: The format asked for, or None for that of the file's ending.
        output: The file.

    Returns:
        The format.

    Raises:
        SymderiveError: There is none, or the file's ending is that of another one.

    >>> format_for_output("txt", "README").name
    'txt'
    """
    suffix = Path(output).suffix.lower()
    if name is None:
        return format_of_suffix(suffix)
    chosen = format_named(name)
    if suffix != chosen.suffix and any(suffix == format_named(other).suffix for other in format_names()):
        raise SymderiveError(
            f"the format {name} does not fit the name {os.fspath(output)}; change one of them."
        )
    return chosen
