"""Write files whole or not at all, and never over somebody's work."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from symderive.errors import SymderiveError

__all__ = ["write_files"]


def write_files(contents: Mapping[Path, bytes], *, force: bool) -> None:
    """Write files, each of them atomically, and the folders they lie in.

    One file that may not be replaced stops all of them before anything is written.
    A file that has the content already may always be written again.

    Args:
        contents: Path to content.
        force: Replace files that have another content.

    Raises:
        SymderiveError: A file exists and ``force`` is not given, or a path is not a regular file.
        OSError: The system refuses.
    """
    for path, content in contents.items():
        _refuse(path, content, force=force)
    for path, content in contents.items():
        _write(path, content)


def _refuse(path: Path, content: bytes, *, force: bool) -> None:
    if not path.exists():
        return
    if not path.is_file():
        raise SymderiveError(f"writing {path}: it exists and is not a file; name a file.")
    if not force and path.read_bytes() != content:
        raise SymderiveError(
            f"writing {path}: the file exists; choose another name, or give --force to replace it."
        )


def _write(path: Path, content: bytes) -> None:
    target = path.resolve()  # a symbolic link stays one
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
