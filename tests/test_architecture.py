"""The architecture page and the tree say the same."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = sorted(
    path.name
    for path in (ROOT / "symderive").iterdir()
    if (path.is_dir() and any(path.rglob("*.py"))) or path.name == "examples"
)


@pytest.mark.parametrize("room", ROOMS)
def test_the_page_says_what_a_room_is_for(room):
    lines = [line for line in PAGE.splitlines() if line.split()[:1] == [f"{room}/"]]
    assert len(lines) == 1, f"docs/architecture.md: the picture has {len(lines)} lines for {room}/"
    assert len(lines[0].split()) > 3, f"docs/architecture.md does not say what {room}/ is for"


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "symderive").glob("[a-z]*.py")))
def test_the_page_says_what_a_module_is_for(name):
    assert any(line.split()[:1] == [name] for line in PAGE.splitlines())


MOST_LINES = 500


@pytest.mark.parametrize("room", ["symderive", "tests"])
def test_no_file_is_too_long_to_read(room):
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted((ROOT / room).rglob("*.py"))
    }
    assert lines
    crowded = {name: count for name, count in lines.items() if count > MOST_LINES}
    assert not crowded, f"more than {MOST_LINES} lines; split along a seam: {crowded}"
