"""The Matrix Cookbook: every row agrees with the published formula, and the page is what is derived."""

import re

import pytest

from symderive.notation.recover import matrix_form
from tests.catalogue import cookbook
from tests.catalogue.cookbook import CLOSE, DATA, FIRST, LAST, PAGE, ROWS

COVERED = cookbook.covered()
NAMES = [ROWS[number]["eq"] for number in COVERED]


@pytest.mark.parametrize("number", COVERED, ids=NAMES)
def test_agrees_with_the_book(number):
    assert cookbook.error(number) < CLOSE
    assert cookbook.derivation(number).check().passed


@pytest.mark.parametrize("number", COVERED, ids=NAMES)
def test_is_written_in_matrix_notation(number):
    made = cookbook.derivation(number)
    for equation in (*made.results, *made.lets):
        if equation.definition.tensor.rank <= 2:
            assert matrix_form(equation.definition) is not None


def test_gradients_and_hessians_are_all_covered():
    kinds = {1: "gradient", 2: "Hessian"}
    missing = [row["eq"] for n, row in enumerate(ROWS) if row["order"] in kinds and n not in COVERED]
    assert missing in ([], ["105", "120"])  # Kronecker products


def test_the_page_is_what_is_derived():
    """Up to the last digit of the errors, which depends on the machine."""
    written, derived = PAGE.read_text(encoding="utf-8"), cookbook.page()
    error = re.compile(r"\| \S+ \|$", re.M)
    assert error.sub("|", written) == error.sub("|", derived)


def test_every_equation_has_one_place():
    numbers = [int(row["eq"]) for row in ROWS]
    assert len(set(numbers)) == len(numbers)
    assert all(row["order"] in (1, 2, "jacobian", "structured") for row in ROWS)
    gaps = {int(n) for one in DATA["others"] for part in one["eq"].split(", ") for n in _range(part)}
    assert not gaps & set(numbers)
    assert set(range(FIRST, LAST + 1)) - gaps == set(numbers)


def _range(part):
    first, _, last = part.partition("–")
    return range(int(first), int(last or first) + 1)
