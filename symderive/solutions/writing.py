"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from symderive.errors import SymderiveError


def write_whole(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Writes a file so that it is never seen, or left behind, in part.

    The data go to a temporary file in the same folder, reach the disk, and take the place of the old file in
    one step.
    A symbolic link is followed; an existing file keeps its permissions.

    Args:
        path: The file to write or replace.
        data: Its content; a string is written as UTF-8, line ends as they are.

    Raises:
        SymderiveError: The file cannot be written; what stood there before is untouched.
    """
    if "\0" in os.fspath(path):
        raise SymderiveError(f"writing {os.fspath(path)!r}: the name has a null character; choose another.")
    content = data.encode("utf-8") if isinstance(data, str) else data
    target = Path(os.path.realpath(path))
    _refuse_impossible(Path(path), target)
    try:
        _replace(target, content)
    except PermissionError:
        raise SymderiveError(
            f"{os.fspath(path)}: cannot write into {target.parent}: permission denied; choose another place."
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SymderiveError(f"{os.fspath(path)}: cannot write: {reason}.") from None


def _refuse_impossible(shown: Path, target: Path) -> None:
    """Says in one sentence what the operating system would say in a code."""
    if target.is_dir():
        raise SymderiveError(f"{shown}: is a directory; name a file in it.")
    if not target.parent.exists():
        raise SymderiveError(f"{shown}: there is no directory {target.parent}; create it first.")
    if not target.parent.is_dir():
        raise SymderiveError(f"{shown}: {target.parent} is a file, not a directory.")
    if target.exists() and not target.is_file():
        raise SymderiveError(f"{shown}: is not an ordinary file; name another one.")
    if target.exists() and not os.access(target, os.W_OK):
        raise SymderiveError(f"{shown}: cannot write: permission denied.")


def _replace(target: Path, content: bytes) -> None:
    """Writes a temporary file beside the target and renames it."""
    descriptor, temporary = tempfile.mkstemp(
        prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent
    )
    part = Path(temporary)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(_mode(target))
        part.replace(target)
    except BaseException:  # after Ctrl-C too, nothing is left beside the target
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, else those of a new file under the umask."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        umask = os.umask(0o077)
        os.umask(umask)
        return 0o666 & ~umask
