"""Where the templates are: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from symderive.errors import SymderiveError

_PACKAGE = Path(__file__).resolve().parent.parent


def templates_directory(package: Path = _PACKAGE) -> Path:
    """The folder of the templates that ship with symderive.

    Args:
        package: The folder of the package; another one only in tests.

    Returns:
        `symderive/templates` where a wheel was installed, else `templates` beside the package in a checkout.

    Raises:
        SymderiveError: Neither is there: the installation is broken.

    >>> (templates_directory() / "solution.tex.jinja").is_file()
    True
    """
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "solution.tex.jinja").is_file():
            return folder
    raise SymderiveError(
        f"The templates are missing: neither {package / 'templates'} nor"
        f" {package.parent / 'templates'} has them; install symderive again."
    )
