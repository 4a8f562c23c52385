"""Problem files: what is accepted, and what is said, with which line, about everything else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symderive.errors import ProblemError
from symderive.solutions.problem_file import LARGEST, read_problem, read_problem_text
from symderive.solutions.schema import (
    Boolean,
    Field,
    Integer,
    ListOf,
    MapOf,
    Number,
    Numbers,
    OneOf,
    String,
    Table,
)
from tests.processor_time import slowness

SCHEMA = Table(
    Field("kernel", Integer(least=1, most=99), default=3, check=lambda k: None if k % 2 else "must be odd."),
    Field("rate", Number(least=0), default=0.5),
    Field("bias", Boolean(), default=False),
    Field("loss", String(), default="mse", choices=("mse", "cross-entropy")),
    Field("W", Numbers((2,)), default=None),
    Field("any", Numbers(), default=None),
    Field("weights", MapOf(Numbers()), default={}),
    Field("padding", OneOf(Integer(least=0), String(), ListOf(Integer())), default=0),
    Field("reported", ListOf(Table(Field("value", Number(), doc="what was reported"))), default=()),
)


def question(body):
    return read_problem_text('[[question]]\nkind = "cost"\n' + body, file="a.toml").questions[0]


def complaint(body):
    with pytest.raises(ProblemError) as caught:
        question(body).checked(SCHEMA)
    return str(caught.value)


def test_values_are_read_and_completed():
    values = (
        question("kernel = 5\nW = [[1, 2], [3, 4.5]]\nweights = {a = [1]}\npadding = 'same'")
        .checked(SCHEMA)
        .values
    )
    assert values["W"] == [[1.0, 2.0], [3.0, 4.5]]
    assert all(type(entry) is float for row in values["W"] for entry in row)
    assert (values["kernel"], values["rate"], values["bias"], values["padding"]) == (5, 0.5, False, "same")
    assert values["weights"] == {"a": [1.0]}
    assert list(values) == [field.name for field in SCHEMA.fields]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("\nkernal = 5", 'line 4: question 1: unknown key "kernal"; did you mean "kernel"?'),
        (
            'kernel = "5"',
            'line 3: question 1: "kernel" must be a whole number between 1 and 99, not the string "5".',
        ),
        ("kernel = 5.0", 'line 3: question 1: "kernel" must be a whole number between 1 and 99, not 5.0.'),
        ("kernel = true", 'line 3: question 1: "kernel" must be a whole number between 1 and 99, not true.'),
        ("kernel = 4", 'line 3: question 1: "kernel" must be odd.'),
        ("rate = nan", 'line 3: question 1: "rate" must be a finite number of at least 0, not nan.'),
        ("rate = -1", 'line 3: question 1: "rate" must be a finite number of at least 0, not -1.'),
        ("rate = 1e999", 'line 3: question 1: "rate" must be a finite number of at least 0, not inf.'),
        ("bias = 1", 'line 3: question 1: "bias" must be true or false, not 1.'),
        (
            'loss = "mes"',
            'line 3: question 1: "loss" is "mes", which is not one of "mse", "cross-entropy"; did you mean',
        ),
        ('loss = " "', 'line 3: question 1: "loss" is empty; write a text or leave the key out.'),
        (
            "W = [[1, 2],\n\n[3]]",
            'line 5: question 1: "W" is ragged: row 2 has 1 entry, but row 1 has 2 entries.',
        ),
        ("W = [[1], 2]", 'line 3: question 1: "W" is ragged: row 2 is a number, but row 1 has 1 entry.'),
        ("W = [1]", 'line 3: question 1: "W" must be a matrix (a list of rows), not a list of numbers.'),
        ("W = 1", 'line 3: question 1: "W" must be a matrix (a list of rows), not a number.'),
        ("W = [[]]", 'line 3: question 1: "W" is empty; it must hold at least one number.'),
        (
            'W = [[1,\n"a"]]',
            'line 4: question 1: "W", row 1, entry 2 must be a finite number, not the string "a".',
        ),
        (
            "any = 3",
            'line 3: question 1: "any" must be a list of numbers, or of rows of numbers, not a number.',
        ),
        ("weights = 3", 'line 3: question 1: "weights" must be a table, not 3.'),
        ("padding = -1", 'line 3: question 1: "padding" must be a whole number of at least 0 or a string or'),
        (
            'padding = [1, "a"]',
            'line 3: question 1: "padding", entry 2 must be a whole number, not the string "a".',
        ),
        (
            "[[question.reported]]\nvalue = 1\n[[question.reported]]\n",
            "line 5: question 1, reported 2: the key",
        ),
        (
            "[[question.reported]]\nvalu = 1",
            'line 4: question 1, reported 1: unknown key "valu"; did you mean "value"?',
        ),
        (
            "[question.reported]\nvalue = 1",
            "a list of tables, not a table; write [[reported]] instead of [reported].",
        ),
    ],
)
def test_complaints_name_line_and_key(body, expected):
    told = complaint(body)
    assert expected in told
    assert told.startswith("a.toml, line ")
    assert "\n" not in told


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "a.toml: there is no question; add a [[question]] table with a kind."),
        ('titel = "a"', 'a.toml, line 1: unknown key "titel"; did you mean "title"?'),
        (
            "\n[question]\nx = 1",
            'line 2: "question" must be a list of tables, not a table; write [[question]]',
        ),
        ("question = 3", 'a.toml, line 1: "question" must be a list of tables, not 3.'),
        (
            "[[question]]\nx = 1",
            'a.toml, line 1: question 1: the key "kind" (what kind of question) is missing.',
        ),
        ("\n\na = = 1", "a.toml, line 3: not valid TOML: invalid value, at column 5."),
        ("a = 1\na = 2", "a.toml, line 2: not valid TOML: cannot overwrite a value, at"),
        ('a = "b', "a.toml, line 1: not valid TOML: unterminated string, at the end of the file."),
        ("\nx = " + "[" * 40 + "]" * 40, "a.toml, line 2: values stand more than 32 deep inside each other"),
        (
            "x = " + "[" * 9000,
            "a.toml, line 1: values stand more than 32 deep inside each other; make this flatter.",
        ),
        ("x = " + "9" * 5000, "a whole number has more digits than can be read."),
    ],
)
def test_complaints_about_the_file(source, expected):
    with pytest.raises(ProblemError) as caught:
        read_problem_text(source, file="a.toml")
    assert expected in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_header_is_read():
    source = 'title = "T"\nauthor = ["A", "B"]\ncourse = "C"\ndate = 2024-02-01\n[[question]]\nkind = "x"\n'
    problem = read_problem_text(source)
    assert (problem.title, problem.author, problem.course, problem.date) == ("T", "A, B", "C", "2024-02-01")


def test_a_question_can_complain_about_its_keys():
    found = question("kernel = 5\n[[question.reported]]\nvalue = 1")
    assert str(found.error("kernel", "is odd.")) == "a.toml, line 3: question 1: is odd."
    assert str(found.error(("reported", 0, "value"), "no.")) == "a.toml, line 5: question 1, reported 1: no."
    assert str(found.error(("absent", "key"), "no.")) == "a.toml, line 1: question 1: no."


def test_files_that_cannot_be_read(tmp_path):
    for name, content, expected in [
        ("latin.toml", b'\n\ntitle = "\xe9"', "line 3: this is not UTF-8 text; save the file as UTF-8."),
        ("huge.toml", b"#" * (LARGEST + 1), "at most 1 MiB; this one is larger."),
        ("absent.toml", None, "there is no such file."),
    ]:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ProblemError, match=name) as caught:
            read_problem(tmp_path / name)
        assert expected in str(caught.value)
    with pytest.raises(ProblemError, match="this is a directory"):
        read_problem(tmp_path)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "a.toml").write_bytes(b'\xef\xbb\xbf[[question]]\r\nkind = "x"\r\n')
    assert read_problem(tmp_path / "a.toml").questions[0].kind == "x"


def test_a_large_file_is_read_in_time():
    source = "[[question]]\nkind = 'x'\nW = [" + "[1, 2, 3],\n" * 60_000 + "]\n"
    started = time.process_time()
    read_problem_text(source)
    assert time.process_time() - started < 10 * slowness()


@pytest.mark.parametrize(
    ("part", "refused"), [("a.", True), ('"a" . ', True), ("a", False), ("a ", False), ("'", False)]
)
def test_a_hostile_file_is_refused_in_time(part, refused):
    started = time.process_time()
    with pytest.raises(ProblemError) as caught:
        read_problem_text("\n" + part * (LARGEST // len(part) - 9) + "a = 1")
    assert ("line 2: a key has more than 1000 parts." in str(caught.value)) == refused
    assert time.process_time() - started < 10 * slowness()


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_sentence(source):
    with pytest.raises(ProblemError) as caught:
        read_problem_text(source, file="a.toml")
    assert str(caught.value).startswith("a.toml")
    assert "\n" not in str(caught.value)
