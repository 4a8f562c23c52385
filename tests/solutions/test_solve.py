"""A problem file to a sheet: all of it or nothing."""

import sys
from types import ModuleType

import pytest

from symderive.errors import ProblemError, SymderiveError
from symderive.solutions import questions
from symderive.solutions.document import Paragraph, Section, Verdict, text
from symderive.solutions.schema import Field, Integer, Table
from symderive.solutions.solve import solve_file, solve_text
from tests.solutions.latex import needs_pdflatex

FILE = 'title = "50% of $x_1$"\n[[question]]\nkind = "toy-kind"\nsize = 3\n'


@pytest.fixture(autouse=True)
def toy(tmp_path, monkeypatch):
    """A kind of question that can be found, loaded and solved; and a current directory of our own."""
    kind = ModuleType("toy_kind")
    kind.KIND = "toy_kind"
    kind.SCHEMA = Table(Field("size", Integer(least=1)))
    kind.outcome = "right"

    def solve(question):
        if question.values["size"] == 13:
            raise question.error("size", "13 cannot be solved.")
        verdict = Verdict(kind.outcome, text("size is ", str(question.values["size"])))
        return Section(text("Toy"), (), (Paragraph(text("x")), verdict))

    kind.solve = solve
    monkeypatch.setitem(sys.modules, "symderive.solutions.questions.toy_kind", kind)
    monkeypatch.setattr(questions, "kind_names", lambda: ("network", "toy_kind"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(FILE)
    return kind


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({"format": "md"}, "a.md"),
        ({"format": "tex"}, "a.tex"),
        ({"output": "b.md"}, "b.md"),
        ({"output": "b.out", "format": "tex"}, "b.out"),
    ],
)
def test_the_sheet_is_written_where_it_should_be(options, written, tmp_path):
    outcome = solve_file("a.toml", **options)
    assert str(outcome.path) == written
    assert (outcome.exit_code, outcome.messages) == (0, ())
    assert names(tmp_path) == sorted(["a.toml", written])
    assert "Question 1" in (tmp_path / written).read_text()


@needs_pdflatex
def test_a_pdf_is_the_default(tmp_path):
    assert solve_file("a.toml").path.read_bytes().startswith(b"%PDF")


def test_without_pdflatex_the_source_is_written_and_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    outcome = solve_file("a.toml")
    assert names(tmp_path) == ["a.tex", "a.toml"]
    assert len(outcome.messages) == 1
    assert "install TeX" in outcome.messages[0]
    with pytest.raises(SymderiveError, match="install TeX"):
        solve_file("a.toml", output="a.pdf")
    assert names(tmp_path) == ["a.tex", "a.toml"]


@pytest.mark.parametrize(
    ("outcome", "code", "messages"),
    [
        ("right", 0, ()),
        ("note", 0, ()),
        ("wrong", 1, ("Question 1: wrong: size is 3",)),
        ("undecided", 3, ("Question 1: undecided: size is 3",)),
    ],
)
def test_the_exit_code_is_what_the_verdicts_say(outcome, code, messages, toy):
    toy.outcome = outcome
    solved = solve_file("a.toml", format="md")
    assert (solved.exit_code, solved.messages) == (code, messages)


def test_stages_are_reported(tmp_path):
    (tmp_path / "a.toml").write_text(FILE + '[[question]]\nkind = "toy_kind"\nsize = 4\n')
    stages = []
    solve_file("a.toml", format="md", report=stages.append)
    assert stages == ["question 1", "question 2", "writing a.md"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            FILE.replace("toy-kind", "toy_kinf"),
            'unknown kind "toy_kinf"; did you mean "toy_kind"? Kinds: network, toy_kind.',
        ),
        (
            FILE.replace("size", "seize"),
            'a.toml, line 4: question 1: unknown key "seize"; did you mean "size"?',
        ),
        (FILE.replace("3", "13"), "a.toml, line 4: question 1: 13 cannot be solved."),
        (
            FILE + '[[question]]\nkind = "toy_kind"\n',
            'a.toml, line 5: question 2: the key "size" is missing.',
        ),
    ],
)
def test_nothing_is_written_when_a_question_is_wrong(source, expected, tmp_path):
    (tmp_path / "a.toml").write_text(source)
    (tmp_path / "a.md").write_text("old")
    with pytest.raises(ProblemError) as caught:
        solve_file("a.toml", format="md")
    assert expected in str(caught.value)
    assert (tmp_path / "a.md").read_text() == "old"
    assert names(tmp_path) == ["a.md", "a.toml"]


def test_nothing_is_written_when_the_template_fails(tmp_path):
    (tmp_path / "t.jinja").write_text("{{ nothing }}")
    with pytest.raises(ProblemError, match="'nothing' is undefined"):
        solve_file("a.toml", format="md", template="t.jinja")
    assert names(tmp_path) == ["a.toml", "t.jinja"]


def test_the_sheet_does_not_replace_what_it_is_made_from(tmp_path):
    (tmp_path / "t.jinja").write_text("x")
    (tmp_path / "link.md").symlink_to("a.toml")
    for output, template, what in [
        ("a.toml", None, "problem file"),
        ("link.md", None, "problem file"),
        ("t.jinja", "t.jinja", "template"),
    ]:
        with pytest.raises(SymderiveError, match=f"this is the {what} itself; name another output"):
            solve_file("a.toml", output=output, format="md", template=template)
    assert (tmp_path / "a.toml").read_text() == FILE


def test_python_users_get_the_document():
    document = solve_text(FILE)
    assert document.title == ("50% of $x_1$",)
    assert [section.label for section in document.sections] == ["Question 1"]


def test_every_kind_that_ships_can_be_loaded():
    import pkgutil

    listed = [module.name for module in pkgutil.iter_modules(questions.__path__)]
    for name in listed:
        assert questions.load_kind(name).name == name


def test_a_kind_must_have_its_parts(toy):
    del toy.SCHEMA
    with pytest.raises(TypeError, match=r"questions/toy_kind\.py must have"):
        questions.load_kind("toy_kind")


def test_listing_kinds_loads_none_of_them():
    import subprocess

    program = (
        "import sys; from symderive.solutions import questions; questions.kind_names();"
        "print([n for n in sys.modules if n.startswith('symderive.solutions.questions.') or n == 'sympy'])"
    )
    from pathlib import Path

    root = Path(__file__).parent.parent.parent
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
