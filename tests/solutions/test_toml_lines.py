"""The locator: every key that tomllib reads is found, on the line where it stands."""

import itertools
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symderive.solutions.toml_lines import NestingError, key_lines

BARE = st.text(alphabet="abcdefgh_-0123456789", min_size=1, max_size=5)
QUOTED = st.text(alphabet='ab .#=[]{}"\\é\t', max_size=6)
GAPS = st.sampled_from(["", "\n", "\n  # [not.a.table] x = 1\n", " \n\n"])


def quoted(key):
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def written(key, style):
    """Write one part of a key."""
    bare = bool(key) and set(key) <= set("abcdefgh_-0123456789")
    if style == 0 and bare:
        return key
    return f"'{key}'" if style == 1 and "'" not in key else quoted(key)


class Writer:
    """Draws TOML in which every scalar is a different marker, so that its line can be read off the text."""

    def __init__(self, draw):
        self.draw = draw
        self.markers = itertools.count(700001)

    def key(self):
        return self.draw(st.one_of(BARE, QUOTED))

    def keys(self, most=4):
        return self.draw(st.lists(st.one_of(BARE, QUOTED), max_size=most, unique=True))

    def part(self, key):
        return written(key, self.draw(st.integers(0, 2)))

    def scalar(self):
        marker = next(self.markers)
        forms = [
            f"{marker}",
            f'"{marker} # [a] \\" = "',
            f"'{marker} \\'",
            f'"""{marker}\n[x]\ny = 1 """""',
            f"'''{marker}\n[[x]]\n \"\"\" \\'''",
            f'"""{marker} \\\\ \\""" \\\n   end"""',
            f"{marker}.5e3",
        ]
        return self.draw(st.sampled_from(forms))

    def value(self, depth=0):
        kind = self.draw(st.integers(0, 5 if depth < 3 else 3))
        if kind < 4:
            return self.scalar()
        if kind == 4:
            gaps = [self.draw(GAPS) for _ in range(self.draw(st.integers(0, 3)))]
            entries = [f"{gap}{self.value(depth + 1)} {self.draw(GAPS)}" for gap in gaps]
            comma = self.draw(st.sampled_from(["", ","])) if entries else ""
            return "[" + ",".join(entries) + comma + self.draw(GAPS) + "]"
        pairs = [f"{self.part(key)} = {self.value(depth + 1)}" for key in self.keys(3)]
        return "{ " + " , ".join(pairs) + " }"

    def pairs(self):
        lines = []
        for key in self.keys():
            dotted = self.draw(st.booleans())
            name = f"{self.part(key)} . {self.part(self.key())}" if dotted else self.part(key)
            lines.append(f"  {name} = {self.value()} # c")
            lines.append(self.draw(GAPS))
        return lines

    def document(self):
        lines = self.pairs()
        for name in self.draw(st.lists(BARE, max_size=3, unique=True)):
            head = f"T{name}"
            if self.draw(st.booleans()):
                lines += [f"[ {head} ]", *self.pairs(), f"[{head}.'S.x'.D]", *self.pairs()]
                continue
            for _ in range(self.draw(st.integers(1, 3))):
                lines += [f"[[{head}]] # x", *self.pairs()]
                for _ in range(self.draw(st.integers(0, 2))):
                    lines += [f"[[ {head} . R ]]", *self.pairs(), f'[{head}."R".E]', *self.pairs()]
        return "\n".join(lines) + "\n"


def leaves(value, path=()):
    """Yield each path and value, containers too."""
    if path:
        yield path, value
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from leaves(child, (*path, key))


@given(st.data())
def test_every_path_has_the_line_where_it_stands(data):
    source = Writer(data.draw).document()
    values = tomllib.loads(source)
    lines = key_lines(source)
    found = dict(leaves(values))
    assert set(lines) == set(found)
    for path, value in found.items():
        if not isinstance(value, dict | list):
            marker = str(int(value / 1000)) if isinstance(value, float) else str(value)[:6]
            assert lines[path] == source[: source.index(marker)].count("\n") + 1, path


EXAMPLE = """\
title = "x" # [question]
[[question]]
kind = "cost"
kernel = [
  [1, 2],   # row
  [3,
   4],
]
[[question.reported]]
value = 1
[question.reported.at]
x.y = 2
[[question.reported]]
"a b" = {c = 1, 'd' = [5]}

[[question]]
kind = '''
[[question]]
'''
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 1),
        (("question",), 2),
        (("question", 0), 2),
        (("question", 0, "kernel"), 4),
        (("question", 0, "kernel", 0, 1), 5),
        (("question", 0, "kernel", 1, 1), 7),
        (("question", 0, "reported", 0, "at", "x", "y"), 12),
        (("question", 0, "reported", 1), 13),
        (("question", 0, "reported", 1, "a b", "d", 0), 14),
        (("question", 1), 16),
        (("question", 1, "kind"), 17),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_lines_of_an_example(path, line, ends):
    assert key_lines(EXAMPLE.replace("\n", ends))[path] == line


def test_a_header_of_an_implicit_table_has_its_first_line():
    lines = key_lines("[a.b]\n[a]\nx = 1\n")
    assert lines[("a",)] == 1
    assert lines[("a", "x")] == 3


def test_depth_is_limited_with_its_line():
    with pytest.raises(NestingError) as caught:
        key_lines("a = 1\nb = " + "[" * 9 + "]" * 9, deepest=8)
    assert caught.value.line == 2
