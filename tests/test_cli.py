import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import symderive
from symderive.cli import main
from symderive.cli._commands import find_commands
from tests.processor_time import best_of

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
EXAMPLES = sorted((ROOT / "symderive" / "examples").glob("*.toml"))


def run(*arguments, code="import sys; from symderive.cli import main; sys.exit(main())", **options):
    """Run the command line in a process of its own."""
    environment = {**ENVIRONMENT, **options.pop("env", {})}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "check": False, **options}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        text=True,
        encoding="utf-8",
        **options,
    )


def test_help_answers_at_once():
    """0.2 s; on a slow machine, no more than a few bare interpreters."""
    asked = best_of([sys.executable, "-m", "symderive", "--help"], 5, env=ENVIRONMENT)
    assert asked < max(0.2, 6 * best_of([sys.executable, "-c", "pass"], 5, env=ENVIRONMENT))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *[[c.NAME, "--help"] for c in find_commands()]]
)
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys; from symderive.cli import main; code = main();"
        "print({'sympy', 'numpy', 'scipy', 'jinja2', 'rich'} & set(sys.modules), code)"
    )
    result = run(*arguments, code=code)
    assert result.stdout.splitlines()[-1] == "set() 0"


def test_version_and_module_run():
    result = subprocess.run(
        [sys.executable, "-m", "symderive", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    assert result.stdout == f"symderive {symderive.__version__}\n"


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    commands = find_commands()
    files = {path.stem for path in (ROOT / "symderive" / "cli").glob("[a-z]*.py")}
    assert {command.__name__.rpartition(".")[2] for command in commands} == files
    for command in commands:
        assert f"    {command.NAME}" in text


def test_without_a_command_the_help_goes_to_stderr(capsys):
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: symderive")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["slove"], 'unknown command "slove"; did you mean "solve"?'),
        (["zzz"], 'unknown command "zzz". Choose from cost, derive, example, '),
        (["--versoin"], 'unknown option "--versoin"; did you mean "--version"?'),
        (["solve"], 'solve: the following arguments are required: FILE. Run "symderive solve --help" for'),
        (["solve", "a.toml", "--fromat=pdf"], 'solve: unknown option "--fromat"; did you mean "--format"?'),
        (
            ["solve", "a.toml", "--format", "pfd"],
            'solve: unknown value of --format "pfd"; did you mean "pdf"?',
        ),
        (["solve", "a.toml", "b.toml"], 'solve: unexpected argument "b.toml". Run'),
        (["solve", "a.toml", "--out", "b.pdf"], 'solve: unknown option "--out"; did you mean "--output"?'),
        (["solve", "a.toml", "-o"], "solve: argument -o/--output: expected one argument. Run"),
        (["solve", "a.toml", "-o", "a.docx"], "No format writes files that end in '.docx'; use one of .md, "),
        (["solve", "a.toml", "-o", "a.tex", "--format", "md"], "the format md does not fit the name a.tex"),
        (["example", "-o", "a.toml"], "example: nothing to write to a.toml"),
    ],
)
def test_a_slip_in_the_arguments_is_one_sentence(arguments, sentence, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"symderive: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        ("SymderiveError('x + y: no.')", 2, "symderive: x + y: no."),
        ("ProblemError('no.', file='a.toml', line=3)", 2, "symderive: a.toml, line 3: no."),
        (
            "FileNotFoundError(2, 'No such file or directory', 'a.toml')",
            2,
            "symderive: a.toml: no such file or ",
        ),
        ("OSError('odd')", 2, "symderive: odd."),
        ("KeyboardInterrupt()", 130, "symderive: interrupted"),
        (
            "InternalError('two\\nlines')",
            70,
            "symderive: internal error: InternalError: two lines; please report; ",
        ),
        (
            "ZeroDivisionError()",
            70,
            "symderive: internal error: ZeroDivisionError; please report; run with SYM",
        ),
        ("RecursionError('deep')", 70, "symderive: internal error: RecursionError: deep; please report;"),
    ],
)
@pytest.mark.parametrize("debug", ["", "1"])
def test_no_error_reaches_the_user_as_a_traceback(error, code, line, debug):
    program = (
        "import sys; import symderive.cli as cli; from symderive.errors import *\n"
        f"def fail(argv): raise {error}\n"
        "cli._run = fail; sys.exit(cli.main())"
    )
    result = run(code=program, env={"SYMDERIVE_DEBUG": debug})
    assert result.returncode == code
    assert result.stderr.splitlines()[-1].startswith(line)
    assert ("Traceback" in result.stderr) == bool(debug)
    assert debug or result.stderr.count("\n") == 1


def test_a_reader_that_leaves_is_no_error():
    program = (
        "import sys; import symderive.cli as cli\n"
        "def fill(argv):\n    while True: print('x' * 1000)\n"
        "cli._run = fill; sys.exit(cli.main())"
    )
    reading, writing = os.pipe()
    os.close(reading)
    result = run(code=program, stdout=writing)
    os.close(writing)
    assert (result.returncode, result.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_sentence(unbuffered):
    program = (
        "import symderive.cli as cli; cli._run = lambda argv: print('x') or 0; raise SystemExit(cli.main())"
    )
    with Path("/dev/full").open("w") as full:
        result = run(code=program, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
    assert (result.returncode, result.stderr) == (2, "symderive: no space left on device.\n")


def test_a_terminal_without_greek_letters_is_no_error():
    program = (
        "import sys; import symderive.cli as cli\n"
        "cli._run = lambda argv: print('Σ') or 0; sys.exit(cli.main())"
    )
    result = run(code=program, env={"PYTHONIOENCODING": "ascii"})
    assert (result.returncode, result.stdout) == (0, "\\u03a3\n")


def test_examples_are_listed_with_their_titles(capsys):
    assert main(["example"]) == 0
    lines = capsys.readouterr().out.splitlines()
    titles = {path.stem: tomllib.loads(path.read_text(encoding="utf-8"))["title"] for path in EXAMPLES}
    assert dict(line.split(maxsplit=1) for line in lines) == titles
    assert titles


def test_an_example_is_printed_and_written_byte_for_byte(tmp_path, capsysbinary):
    path = EXAMPLES[0]
    assert main(["example", path.stem]) == 0
    assert capsysbinary.readouterr().out == path.read_bytes()
    for name in (path.stem, path.name):
        target = tmp_path / "new" / f"{name}.copy"
        assert main(["example", name, "-o", str(target)]) == 0
        assert target.read_bytes() == path.read_bytes()
        assert [entry.name for entry in target.parent.glob(".*")] == []


def test_an_example_does_not_replace_somebodys_work(tmp_path, capsys):
    target = tmp_path / "a.toml"
    target.write_text("my own work")
    arguments = ["example", EXAMPLES[0].stem, "-o", str(target)]
    assert main(arguments) == 2
    assert "the file exists; choose another name, or give --force" in capsys.readouterr().err
    assert target.read_text() == "my own work"
    assert main([*arguments, "--force"]) == 0
    assert target.read_bytes() == EXAMPLES[0].read_bytes()
    assert main(arguments) == 0, "the same content again is no loss"


def test_a_folder_is_not_overwritten(tmp_path, capsys):
    assert main(["example", EXAMPLES[0].stem, "-o", str(tmp_path), "--force"]) == 2
    assert "it exists and is not a file" in capsys.readouterr().err


def test_an_unknown_example_names_the_nearest(capsys):
    name = EXAMPLES[0].stem
    assert main(["example", name[:-1] + "Z"]) == 2
    assert f'did you mean "{name}"?' in capsys.readouterr().err


def test_templates_are_listed_and_copied(tmp_path, capsys):
    sources = {path.relative_to(ROOT / "templates"): path for path in (ROOT / "templates").rglob("*.*")}
    assert main(["templates"]) == 0
    listed = capsys.readouterr().out
    assert sources
    for name in sources:
        assert f"  {name.as_posix()}\n" in listed
    target = tmp_path / "mine"
    assert main(["templates", "--copy", str(target)]) == 0
    for name, source in sources.items():
        assert (target / name).read_bytes() == source.read_bytes()


def test_copied_templates_do_not_replace_adapted_ones(tmp_path, capsys):
    assert main(["templates", "--copy", str(tmp_path)]) == 0
    first, *others = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    first.write_text("adapted")
    for other in others:
        other.unlink()
    assert main(["templates", "--copy", str(tmp_path)]) == 2
    assert first.read_text() == "adapted"
    assert not any(other.exists() for other in others), "one refusal stops all of them"
    assert main(["templates", "--copy", str(tmp_path), "--force"]) == 0
    assert first.read_text() != "adapted"


def test_the_help_of_cost_lists_every_layer():
    from symderive.cli._layers import layer_names
    from symderive.layers import kinds

    assert layer_names() == list(kinds())
    shown = run("cost", "--help").stdout.replace("\n", " ")
    assert all(name in shown for name in kinds())
