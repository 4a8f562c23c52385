"""LaTeX to PDF with pdflatex: no shell, no files outside the job, a time limit, the same bytes each time."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from symderive.errors import SymderiveError

INSTALL = "install TeX: on Debian or Ubuntu `apt install texlive-latex-base`, elsewhere TeX Live or MiKTeX"
_RUNS = 3
_JOB = "document"
_OVERFULL = re.compile(r"^Overfull \\[hv]box \(([\d.]+)pt too \w+\)(.*)$", re.MULTILINE)
_LINE = re.compile(r"lines? (\d+)")
_AGAIN = re.compile(r"Rerun (?:to get|LaTeX)|Table widths have changed", re.IGNORECASE)
_KEPT = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP", "TEXMFHOME", "TEXMFVAR", "TEXMFCONFIG")


@dataclass(frozen=True, slots=True)
class PdfResult:
    """A compiled document.

    Args:
        pdf: The bytes of the file.
        overfull: How many points each line or page sticks out, and the line of the source (0: not known).
    """

    pdf: bytes
    overfull: list[tuple[float, int]]


def find_pdflatex() -> str | None:
    """The path of pdflatex, or None where it is not installed."""
    return shutil.which("pdflatex")


def missing_pdflatex() -> str | None:
    """One sentence saying what to install, or None where pdflatex is there."""
    return None if find_pdflatex() else f"A PDF needs pdflatex, which is not installed: {INSTALL}."


def compile_pdf(tex: str, *, seconds: float = 60.0) -> PdfResult:
    """Compiles LaTeX in an empty temporary folder, as often as its tables and references need.

    Args:
        tex: The source.
        seconds: The most wall-clock time of one run; there are at most three.

    Returns:
        The PDF and what sticks out of its lines.

    Raises:
        SymderiveError: pdflatex is missing, takes too long, or stops at an error; the message has LaTeX's
        own lines.
    """
    program = find_pdflatex()
    if program is None:
        raise SymderiveError(missing_pdflatex() or "pdflatex is missing.")
    with tempfile.TemporaryDirectory(prefix="symderive-") as name:
        folder = Path(name)
        (folder / f"{_JOB}.tex").write_text(tex, encoding="utf-8", newline="\n")
        log = _run(program, folder, seconds)
        for _ in range(_RUNS - 1):
            if _AGAIN.search(log):
                log = _run(program, folder, seconds)
        result = folder / f"{_JOB}.pdf"
        if not result.is_file():
            raise SymderiveError("pdflatex made no pages: the document is empty.")
        return PdfResult(result.read_bytes(), _overfull(log))


def _run(program: str, folder: Path, seconds: float) -> str:
    """One run; its log."""
    process = subprocess.Popen(
        [
            program,
            "-no-shell-escape",
            "-interaction=nonstopmode",
            "-halt-on-error",
            "-file-line-error",
            f"-jobname={_JOB}",
            rf"\pdftrailerid{{}}\input{{{_JOB}.tex}}",
        ],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        status = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise SymderiveError(f"pdflatex did not finish within {seconds:g} seconds and was stopped.") from None
    finally:
        _end(process)
    log_file = folder / f"{_JOB}.log"
    log = log_file.read_text(encoding="utf-8", errors="replace") if log_file.is_file() else ""
    if status != 0:
        raise SymderiveError(f"pdflatex stopped: {_first_error(log)}")
    return log


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a run that is still going, with the programs that it started."""
    if process.poll() is not None:
        return
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _environment() -> dict[str, str]:
    """Only what pdflatex needs: no reading or writing elsewhere, and no clock in the output."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "openin_any": "p",
        "openout_any": "p",
        "shell_escape": "f",
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "0"),
        "FORCE_SOURCE_DATE": "1",
        "max_print_line": "10000",
        "LC_ALL": "C",
    }


def _first_error(log: str) -> str:
    """The first error of a log and the source line where it stands."""
    lines = log.splitlines()
    for position, line in enumerate(lines):
        if re.match(rf"(\./)?{_JOB}\.tex:\d+: ", line) or line.startswith("! "):
            where = next((text for text in lines[position + 1 : position + 8] if text.startswith("l.")), "")
            return " ".join(f"{line.removeprefix('./')} {where}".split())
    return "it wrote no error message; the TeX installation may be broken."


def _overfull(log: str) -> list[tuple[float, int]]:
    """What the last run reported as sticking out."""
    found = []
    for match in _OVERFULL.finditer(log):
        line = _LINE.search(match[2])
        found.append((float(match[1]), int(line[1]) if line else 0))
    return found
