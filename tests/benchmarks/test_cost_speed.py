"""The benchmark of costs: the formula is compared before it is timed, a wrong or absent tool is named."""

import sys

import pytest

from tests.benchmarks import cost_speed


def test_the_formula_is_exact_and_a_wrong_one_is_noticed(monkeypatch):
    assert cost_speed.mismatches(200) == 0
    real = cost_speed.complete
    monkeypatch.setattr(cost_speed, "complete", lambda *given: {
        symbol: values + (symbol.name == "H5") for symbol, values in real(*given).items()
    })  # fmt: skip
    assert cost_speed.mismatches(200) == 200


def test_shapes_are_counted_in_processor_time():
    assert cost_speed.timed(20_000, repeats=1) > 10_000


@pytest.mark.parametrize(
    ("macs", "params", "said"),
    [
        ([100, 200], None, "exact at 2 shapes |"),
        ([100, 201], 7, "wrong at 1 of 2 shapes, by up to +0.50 %; 7 parameters in place of 11,689,512 |"),
    ],
)
def test_a_tool_that_is_wrong_is_said_to_be(macs, params, said):
    answer = {"missing": "", "seconds": 0.5, "macs": macs, "params": params, "device": "meta"}
    row = cost_speed.row("it", answer, 2e6, [100, 200])
    assert row == f"| it (meta) | 2 | 1e+06 | {said}"


def test_an_absent_tool_is_said_to_be(tmp_path):
    answer = {"missing": "ModuleNotFoundError: No module named 'thop'"}
    assert (
        cost_speed.row("thop", answer, 1.0, [])
        == "| thop | | | ModuleNotFoundError: No module named 'thop' |"
    )
    broken = tmp_path / "broken"
    broken.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('it does not start')\n")
    broken.chmod(0o755)
    assert cost_speed.answer_of("thop", str(broken)) == {"missing": "it does not start"}
