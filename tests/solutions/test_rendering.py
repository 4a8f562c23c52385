"""Templates: the shipped ones and the user's, what they can reach, and what is said when they fail."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import symderive.solutions.document as document_module
from symderive.errors import ProblemError, SymderiveError
from symderive.solutions.document import Document, Math, Section, text
from symderive.solutions.formats import format_named, format_names, format_of_suffix
from symderive.solutions.locations import templates_directory
from symderive.solutions.rendering import produce, render
from tests.solutions.demonstration import demonstration
from tests.solutions.latex import compiled, needs_pdflatex

ROOT = Path(__file__).parent.parent.parent
BLOCKS = sorted(
    kind.kind
    for kind in vars(document_module).values()
    if dataclasses.is_dataclass(kind) and isinstance(getattr(kind, "kind", None), str)
)
INJECTED = Document(text(r"\input{/etc/passwd} $x_1$ & 50% {"), sections=(Section(text("S"), label="Q"),))


def rendered(tmp_path, source, format="tex", document=INJECTED):
    template = tmp_path / "mine.jinja"
    template.write_text(source, encoding="utf-8")
    return render(document, format, template)


def refused(tmp_path, source, format="tex"):
    with pytest.raises(ProblemError) as caught:
        rendered(tmp_path, source, format)
    told = str(caught.value)
    assert "\n" not in told
    return told.replace(f"{tmp_path}{os.sep}", "")


@pytest.mark.parametrize(
    "format", sorted({format_named(name).template.split(".")[1] for name in format_names()})
)
def test_every_block_has_a_template(format):
    found = {path.name.split(".")[0] for path in (templates_directory() / format).iterdir()}
    assert len(BLOCKS) == 9
    assert set(BLOCKS) <= found


@pytest.mark.parametrize("format", ["tex", "md"])
def test_the_demonstration_uses_every_block(format):
    used = {
        block.kind for section in demonstration().sections for block in (*section.statement, *section.blocks)
    }
    assert used == set(BLOCKS)
    assert render(demonstration(), format).endswith("\n")


@needs_pdflatex
def test_the_demonstration_compiles_to_the_same_bytes():
    first, second = (produce(demonstration(), "pdf") for _ in range(2))
    assert first == second
    assert compiled(render(demonstration(), "pdf")) == first


def test_the_demonstration_is_markdown():
    source = render(demonstration(), "md")
    page = MarkdownIt("commonmark").enable("table").render(source)
    assert page.count("<h2>") == 2
    assert page.count("<table>") == 1
    assert page.count("<tr>") == 6
    assert "<ol>" not in page
    assert "\n\n\n" not in source


def test_output_does_not_depend_on_the_hash_seed():
    program = (
        "from symderive.solutions.rendering import render\n"
        "from tests.solutions.demonstration import demonstration\n"
        "print(ascii(render(demonstration(), 'tex') + render(demonstration(), 'md')))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 5000


ESCAPED = r"\textbackslash{}input\{/etc/passwd\} \$x\_1\$ \& 50\% \{"


@pytest.mark.parametrize(
    "source",
    [
        r"\VAR{document.title}",
        r"\VAR{document.title[0]}",
        r"\BLOCK{for span in document.title}\VAR{span}\BLOCK{endfor}",
        r"\BLOCK{macro m(x)}\VAR{x}\BLOCK{endmacro}\VAR{m(document.title)}",
        r"\BLOCK{set t}\VAR{document.title}\BLOCK{endset}\VAR{t}",
        r"\VAR{document.title[0] ~ ''}",
        r"\VAR{document.title|join('')}",
        r"\VAR{'%s'|format(document.title[0])}",
    ],
)
def test_text_is_escaped_however_a_template_prints_it(source, tmp_path):
    assert rendered(tmp_path, source) == ESCAPED + "\n"


def test_joining_finished_output_with_text_escapes_it_again(tmp_path):
    source = r"\BLOCK{set t}\textbf\BLOCK{endset}\VAR{t}\VAR{t ~ document.title[0]}"
    assert rendered(tmp_path, source).startswith(r"\textbf\textbackslash{}textbf\textbackslash{}input")


def test_only_mathematics_is_printed_as_it_is(tmp_path):
    document = Document(text("a_1 ", Math("a_1", "a₁")))
    assert rendered(tmp_path, r"\VAR{document.title}", document=document) == "a\\_1 \\(a_1\\)\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\n\\BLOCK{if}", "mine.jinja, line 2: "),
        ("\\BLOCK{for x in y}\n\n", "mine.jinja, line "),
        ("\n\n\\VAR{documnet.title}", "mine.jinja, line 3: 'documnet' is undefined."),
        (
            "\n\\VAR{document.titel}",
            "mine.jinja, line 2: 'symderive.solutions.document.Document object' has no",
        ),
        ("\\VAR{document.title|safe}", "mine.jinja, line 1: No filter named 'safe'."),
        (
            "\\VAR{document}",
            "mine.jinja, line 1: a template cannot print a Document; print one of its fields.",
        ),
        ("\\VAR{none}", "a template cannot print a NoneType"),
        ("\n\\VAR{1/0}", "mine.jinja, line 2: division by zero."),
        (
            "\n\\BLOCK{include 'absent.tex'}",
            "mine.jinja, line 2: there is no template 'absent.tex' beside this one",
        ),
        ("\\BLOCK{include '../secret.txt'}", "there is no template '../secret.txt'"),
        ("\\BLOCK{include '/etc/passwd'}", "there is no template '/etc/passwd'"),
        ("\\BLOCK{extends 'mine.jinja'}", "the template includes or calls itself without end."),
        (
            "\n\\VAR{document.__class__}",
            "mine.jinja, line 2: a template has no access to '__class__' of Document.",
        ),
        ("\\VAR{''.__class__.__mro__}", "a template has no access to '__class__' of str."),
        ("\\VAR{document.title.__init__.__globals__}", "a template has no access to '__init__' of tuple."),
        ("\\VAR{(document|attr('__module__'))}", "a template has no access to '__module__' of Document."),
        ("\\VAR{document['__class__']}", "a template has no access to '__class__' of Document."),
        ("\\BLOCK{set t}X\\BLOCK{endset}\\VAR{t.format(1)}", "a template has no access to 'format' of Raw."),
        ("\\BLOCK{for i in range(999999999)}\\BLOCK{endfor}", "Range too big."),
    ],
)
def test_failing_templates_are_told_with_file_and_line(source, expected, tmp_path):
    (tmp_path.parent / "secret.txt").write_text("secret")
    assert expected in refused(tmp_path, source)


def test_a_failing_included_template_is_told_by_its_own_name(tmp_path):
    (tmp_path / "part.tex").write_text("\n\n\n\\VAR{nothing}")
    told = refused(tmp_path, "\\BLOCK{include 'part.tex'}")
    assert told == "part.tex, line 4: 'nothing' is undefined."


def test_templates_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.jinja").write_bytes(b"\xe9")
    for path, expected in [
        (tmp_path / "absent.jinja", "there is no such template."),
        (tmp_path, "is a directory, not a template."),
        (tmp_path / "latin.jinja", "the template is not UTF-8 text; save it as UTF-8."),
    ]:
        with pytest.raises(ProblemError) as caught:
            render(INJECTED, "tex", path)
        assert str(caught.value) == f"{path}: {expected}"


def test_a_template_can_extend_the_shipped_one_of_the_same_name(tmp_path):
    template = tmp_path / "solution.tex.jinja"
    template.write_text(
        r"\BLOCK{extends 'symderive/solution.tex.jinja'}\BLOCK{block heading}MINE\BLOCK{endblock}"
    )
    tex = render(INJECTED, "tex", template)
    assert "MINE" in tex
    assert "passwd" not in tex
    assert r"\symsection{Q}{S}" in tex


def test_a_template_beside_the_users_replaces_the_shipped_one(tmp_path):
    (tmp_path / "md").mkdir()
    (tmp_path / "md" / "heading.md.jinja").write_text("HEAD {{ block.text }}")
    template = tmp_path / "mine.md.jinja"
    template.write_bytes((templates_directory() / "solution.md.jinja").read_bytes())
    assert "HEAD Numbers" in render(demonstration(), "md", template)


def test_formats_are_found_by_name_and_suffix():
    assert [format_named(name).name for name in format_names()] == list(format_names())
    assert format_of_suffix(".PDF").name == "pdf"
    with pytest.raises(SymderiveError, match=r'unknown format "texx"; did you mean "tex"\? Formats: .*tex'):
        format_named("texx")
    with pytest.raises(SymderiveError, match=r"'\.docx'; use one of .*\.tex.*, or name the format\."):
        format_of_suffix(".docx")
    with pytest.raises(SymderiveError, match="The output has no ending"):
        format_of_suffix("")


def test_the_templates_are_found_in_a_wheel_first(tmp_path):
    package = tmp_path / "site" / "symderive"
    with pytest.raises(SymderiveError, match="install symderive again"):
        templates_directory(package)
    for folder in (package.parent / "templates", package / "templates"):
        folder.mkdir(parents=True)
        (folder / "solution.tex.jinja").touch()
        assert templates_directory(package) == folder
