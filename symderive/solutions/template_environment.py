"""The jinja2 environment of a format: everything is escaped, and only the document is in reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined, Undefined
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from symderive.solutions.document import Emph, Math
from symderive.solutions.formats import OutputFormat
from symderive.solutions.raw import Raw, joined

SHIPPED = "symderive"
"""The prefix by which a user's template names a shipped one, also where both have the same name."""

_UNESCAPING = ("safe", "e", "escape", "forceescape", "xmlattr", "urlize", "tojson", "pprint")


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which only `Math` and what templates themselves print are printed unescaped.

    Args:
        output: The format that says how to escape.
        shipped: The folder of the templates that ship with symderive.
        own: The folder of the user's template, searched first.
    """

    concat = staticmethod(joined)

    def __init__(self, output: OutputFormat, shipped: Path, own: Path | None = None) -> None:
        folders = [str(shipped)] if own is None else [str(own), str(shipped)]
        shipped_loader = FileSystemLoader(str(shipped))
        marks = output.delimiters
        super().__init__(
            block_start_string=marks.block[0],
            block_end_string=marks.block[1],
            variable_start_string=marks.variable[0],
            variable_end_string=marks.variable[1],
            comment_start_string=marks.comment[0],
            comment_end_string=marks.comment[1],
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
            undefined=StrictUndefined,
            finalize=_printer(output),
            loader=ChoiceLoader([FileSystemLoader(folders), PrefixLoader({SHIPPED: shipped_loader})]),
        )
        for name in _UNESCAPING:
            self.filters.pop(name, None)
        self.filters.update(output.filters)
        self.globals.pop("lipsum", None)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Forbids also formatting finished output, which would put user text into it unescaped."""
        if isinstance(obj, Raw) and attr in ("format", "format_map"):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Refuses the same where jinja2 hands out a formatting method without asking `is_safe_attribute`."""
        owner = getattr(value, "__self__", None)
        if isinstance(owner, Raw) and getattr(value, "__name__", "") in ("format", "format_map"):
            return cast(Callable[..., str], self.unsafe_undefined(owner, value.__name__))
        return super().wrap_str_format(value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Tells what was refused, in one sentence."""
        message = f"a template has no access to {attribute!r} of {type(obj).__name__}"
        return self.undefined(message, name=attribute, obj=obj, exc=SecurityError)


def _printer(output: OutputFormat) -> Callable[[Any], str]:
    """What turns each printed value into text of the format."""

    def printed(value: Any) -> str:
        if isinstance(value, Raw):
            return str(value)
        if isinstance(value, Math):
            return output.math(value)
        if isinstance(value, Emph):
            return output.emphasis(value)
        if isinstance(value, tuple):
            return "".join(map(printed, value))
        if isinstance(value, str):
            return output.escape(str(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return output.escape(str(value))
        if isinstance(value, Undefined):
            return str(value)
        raise TemplateRuntimeError(
            f"a template cannot print a {type(value).__name__}; print one of its fields"
        )

    return printed
