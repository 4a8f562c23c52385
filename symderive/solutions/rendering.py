"""A document as text or bytes of an output format, by the shipped template or the user's own."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from jinja2 import Template, TemplateError, TemplateNotFound, TemplateSyntaxError

from symderive.errors import ProblemError
from symderive.solutions.document import Document
from symderive.solutions.formats import OutputFormat, format_named
from symderive.solutions.locations import templates_directory
from symderive.solutions.template_environment import TemplateEnvironment

_FAILURES = (
    TemplateError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
)


def render(
    document: Document,
    format: str | OutputFormat,
    template: str | os.PathLike[str] | None = None,
) -> str:
    r"""Renders a document as the text of a format; of `pdf`, the LaTeX that is compiled.

    Args:
        document: The document.
        format: The format or its name.
        template: The user's own template instead of the shipped one. It can include, import and extend
            templates of
            its own folder and the shipped ones, these also as `symderive/NAME`.

    Returns:
        The text, ending in a line end.

    Raises:
        ProblemError: The template cannot be read or fails; the message carries its file and line.
        SymderiveError: There is no such format.

    >>> from symderive.solutions.document import text
    >>> render(Document(text("50% of x_1")), "md").strip()
    '# 50% of x\\_1'
    """
    output = format_named(format) if isinstance(format, str) else format
    own = None if template is None else Path(template)
    environment = TemplateEnvironment(
        output, templates_directory(), None if own is None else own.absolute().parent
    )
    shown = output.template if own is None else str(own)
    try:
        loaded = _load(environment, output.template if own is None else own.name, own)
        rendered = loaded.render(document=document)
    except _FAILURES as error:
        raise _explained(error, shown) from error
    return rendered.rstrip("\n") + "\n"


def produce(
    document: Document,
    format: str | OutputFormat,
    template: str | os.PathLike[str] | None = None,
) -> bytes:
    """Renders a document to the bytes of a file; arguments and errors as of `render`, and those of compiling.

    Args:
        document: The document.
        format: The format or its name.
        template: The user's own template.

    Returns:
        The bytes of the finished file.

    Raises:
        SymderiveError: As `render`, or LaTeX stopped at an error.
    """
    output = format_named(format) if isinstance(format, str) else format
    return output.finish(render(document, output, template))


def _load(environment: TemplateEnvironment, name: str, own: Path | None) -> Template:
    """The template; one that cannot be read is told in one sentence."""
    if own is not None and not own.is_file():
        what = "is a directory, not a template" if own.is_dir() else "there is no such template"
        raise ProblemError(f"{what}.", file=own)
    try:
        return environment.get_template(name)
    except UnicodeDecodeError:
        raise ProblemError("the template is not UTF-8 text; save it as UTF-8.", file=own or name) from None
    except OSError as error:
        raise ProblemError(f"cannot read the template: {error.strerror}.", file=own or name) from None


def _explained(error: Exception, shown: str) -> ProblemError:
    """What went wrong in a template, with the file and line where it did."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, TemplateSyntaxError):
        return ProblemError(
            _sentence(error.message or "syntax error"),
            file=_shorter(error.filename, shown),
            line=error.lineno,
        )
    file, line = _place(error, shown)
    if isinstance(error, TemplateNotFound):
        message = f"there is no template {error.name!r} beside this one, nor among the shipped ones"
    elif isinstance(error, RecursionError):
        message = "the template includes or calls itself without end"
    else:
        message = str(error) or type(error).__name__
    return ProblemError(_sentence(message), file=file, line=line)


def _place(error: Exception, shown: str) -> tuple[str, int | None]:
    """The innermost template line of a failure: jinja2 gives each template its own frames."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if not frame.filename.endswith(".py") and Path(frame.filename).is_file():
            return _shorter(frame.filename, shown), frame.lineno
    return shown, None


def _shorter(filename: str | None, shown: str) -> str:
    """The file as the user named it, where it is that one."""
    if filename is None or os.path.realpath(filename) == os.path.realpath(shown):
        return shown
    return filename


def _sentence(message: str) -> str:
    one_line = " ".join(message.split())
    return one_line if one_line.endswith((".", "?")) else one_line + "."
