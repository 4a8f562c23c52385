"""Files are written whole or not at all."""

import os
import stat

import pytest

from symderive.errors import SymderiveError
from symderive.solutions.writing import write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a.tex", "é\n")
    finally:
        os.umask(before)
    assert (tmp_path / "a.tex").read_bytes() == b"\xc3\xa9\n"
    assert stat.S_IMODE((tmp_path / "a.tex").stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.tex"]


def test_a_replaced_file_keeps_its_permissions(tmp_path):
    target = tmp_path / "a.pdf"
    target.write_bytes(b"old")
    target.chmod(0o604)
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.parametrize("step", ["fsync", "fdopen", "replace", "chmod"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_leaves_no_part_and_keeps_the_old_file(step, exists, tmp_path, monkeypatch):
    target = tmp_path / "a.tex"
    if exists:
        target.write_text("old")

    def fail(*arguments, **named):
        raise OSError(28, "No space left on device")

    place = "pathlib.Path" if step in ("replace", "chmod") else "os"
    monkeypatch.setattr(f"{place}.{step}", fail)
    with pytest.raises(SymderiveError, match=r"a\.tex: cannot write: no space left on device\.$"):
        write_whole(target, "new")
    monkeypatch.undo()
    assert names(tmp_path) == (["a.tex"] if exists else [])
    assert not exists or target.read_text() == "old"


def test_an_interruption_leaves_no_part(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.tex", "new")
    assert names(tmp_path) == []


def test_impossible_targets_are_told_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    for target, expected in [
        (tmp_path, "is a directory; name a file in it."),
        (tmp_path / "no" / "a.tex", "there is no directory"),
        (tmp_path / "file" / "a.tex", "is a file, not a directory."),
        ("/dev/null", "is not an ordinary file"),
    ]:
        with pytest.raises(SymderiveError) as caught:
            write_whole(target, "x")
        assert expected in str(caught.value)
    assert names(tmp_path) == ["file"]


def test_a_refused_permission_is_told(tmp_path, monkeypatch):
    def refuse(**named):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(SymderiveError, match="permission denied; choose another place"):
        write_whole(tmp_path / "a.tex", "x")
