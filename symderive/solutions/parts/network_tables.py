"""A network's numbers: the point, the gradient three ways, and reported numbers judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symderive.derive.network import Network
from symderive.derive.network_numbers import Judgement, NetworkNumbers, ParameterNumbers, Reported
from symderive.numeric.wording import entry_name, percent, step
from symderive.solutions import document as doc
from symderive.solutions.formulas import EQUALS, array_math, joined, name

MOST_ROWS = 48
"""A longer table shows only the entries that stand out."""
_SHOWN = 24
_TOLD = 4
_MARKS: Mapping[str, doc.Mark] = {"equal": "right", "different": "wrong", "undecided": "undecided"}
_WIDEST = 6
_TALLEST = 8


def number_blocks(network: Network, numbers: NetworkNumbers) -> list[doc.Block]:
    """The point, the values there, and the gradient three ways."""
    tensors = (network.x.tensor, network.y.tensor, *network.parameters)
    given = tuple(_given(name(tensor), numbers.value(str(tensor.name))) for tensor in tensors)
    return [
        doc.Heading(doc.text("Numbers")),
        doc.Definitions(given),
        doc.Paragraph(_values(network, numbers)),
        _three_ways(numbers),
        doc.Paragraph(doc.text(_sentence(numbers.regime), _generic(network, numbers))),
    ]


def _given(symbol: doc.Math, value: Any) -> doc.Definition:
    """An array with its numbers, or only its shape where there are too many."""
    shape = np.shape(value)
    if (len(shape) == 2 and (shape[1] > _WIDEST or shape[0] > _TALLEST)) or (
        len(shape) == 1 and shape[0] > _WIDEST
    ):
        return doc.Definition(symbol, None, doc.text(f"has {'×'.join(map(str, shape))} numbers, as given"))
    return doc.Definition(symbol, array_math(value))


def _values(network: Network, numbers: NetworkNumbers) -> doc.Text:
    loss = doc.text("the loss is ", joined(doc.Math("L", "L"), EQUALS, array_math(numbers.loss)), ".")
    if np.size(numbers.output) > _WIDEST:
        return doc.text("Here ", loss)
    symbol = name(network.output.tensor)
    return doc.text(
        "The output is ", joined(symbol, EQUALS, array_math(np.squeeze(numbers.output))), "; ", loss
    )


def _three_ways(numbers: NetworkNumbers) -> doc.Table:
    rows = [row for one in numbers.parameters for row in _parameter_rows(one)]
    total = len(rows)
    places: Sequence[int] = range(total)
    if total > MOST_ROWS:
        places = sorted(sorted(places, key=lambda place: rows[place][0])[-_SHOWN:])
    short = (
        ""
        if total <= MOST_ROWS
        else f" Of {total:,} entries, the {_SHOWN} whose quotients deviate most are shown."
    )
    caption = (
        f"The gradient three ways; the difference quotient has step {step(numbers.epsilon or 0.0)}.{short}"
    )
    return doc.Table(
        _columns("entry", "closed form", "backprop", f"{numbers.method} difference", "its noise"),
        tuple(rows[place][1] for place in places),
        doc.text(caption),
    )


def _parameter_rows(one: ParameterNumbers) -> Iterator[tuple[float, doc.Row]]:
    """For each entry how far the quotient is off in units of its noise, and its row."""
    closed, hand, quotient, noise = (
        np.squeeze(part) for part in (one.closed, one.backprop, one.quotient.value, one.quotient.noise)
    )
    for index in np.ndindex(closed.shape):
        off, allowed = float(abs(quotient[index] - closed[index])), float(noise[index])
        cells = (
            entry_name(one.name, index),
            f"{closed[index]:.8f}",
            f"{hand[index]:.8f}",
            f"{quotient[index]:.8f}",
            f"{allowed:.1e}",
        )
        yield off / allowed if allowed else 0.0, doc.Row(cells, _mark(off, allowed))


def _mark(off: float, noise: float) -> doc.Mark:
    return "right" if off <= noise else "undecided"


def _columns(*headers: str) -> tuple[doc.Column, ...]:
    aligns: Sequence[doc.Align] = ("left", "decimal", "decimal", "decimal", "right")
    return tuple(doc.Column(doc.text(header), align) for header, align in zip(headers, aligns, strict=True))


def _sentence(words: str) -> str:
    return words if words.startswith("ε") else words[:1].upper() + words[1:]


def _generic(network: Network, numbers: NetworkNumbers) -> str:
    point = numbers.value(network.x.name)
    if point.shape[-1] > 1 and bool(np.all(point == point[..., :1])):
        return (
            " All inputs are equal here, so that exchanged rows of the first weight matrix would not show; "
            "the closed form was therefore also checked at generic random points (above)."
        )
    return ""


def report_blocks(judgement: Judgement) -> list[doc.Block]:
    """The table of reported numbers, and the verdict."""
    reported = judgement.reported
    words = _allowed(reported)
    entries = sorted(judgement.comparison.entries, key=lambda entry: entry.verdict == "equal")
    total = len(entries)
    kept = entries if total <= MOST_ROWS else entries[:_SHOWN]
    shown = [entry for entry in judgement.comparison.entries if entry in kept]
    rows = tuple(
        doc.Row(
            (
                entry.name,
                *_as_printed(entry.actual, entry.expected),
                _off(entry.difference, entry.expected),
                f"{entry.noise:.1e}",
            ),
            _MARKS[entry.verdict],
        )
        for entry in shown
    )
    short = (
        ""
        if total == len(kept)
        else f" Of {total:,} entries, {len(kept)} are shown, wrong ones first of all."
    )
    caption = doc.text(f"“{reported.title}” as reported, against the closed form; allowed is {words}.{short}")
    columns = _columns("entry", "reported", "true", "off by", "allowed")
    columns = (*columns[:3], doc.Column(columns[3].header, "right"), columns[4])
    heading = doc.Heading(doc.text(f"Reported: {reported.title}"))
    return [heading, doc.Table(columns, rows, caption), _verdict(judgement, words)]


def _as_printed(reported: float, true: float) -> tuple[str, str]:
    """Both numbers with as many digits behind the point as the report shows, and at least 8."""
    digits = min(18, max(8, len(repr(float(reported)).partition(".")[2].partition("e")[0])))
    return f"{reported:.{digits}f}", f"{true:.{digits}f}"


def _allowed(reported: Reported) -> str:
    if reported.method == "exact":
        return "the rounding of the printed digits"
    return f"the noise of a {reported.method} difference at ε = {step(reported.epsilon or 0.0)}"


def _verdict(judgement: Judgement, words: str) -> doc.Verdict:
    entries = judgement.comparison.entries
    total = len(entries)
    if judgement.verdict == "right":
        every = "The entry is" if total == 1 else f"All {total} entries are"
        return doc.Verdict("right", doc.text(f"{every} right within {words}."))
    sentences = [judgement.comparison.obstacle] if judgement.comparison.obstacle else []
    order = {"different": 0, "undecided": 1}
    poor = sorted(
        (entry for entry in entries if entry.verdict in order), key=lambda entry: order[entry.verdict]
    )
    found = [entry.sentence for entry in poor]
    sentences += found[:_TOLD]
    sentences += [f"{len(found) - _TOLD} more are marked in the table."] if len(found) > _TOLD else []
    sentences += [slip.message for slip in judgement.slips]
    good = sum(entry.verdict == "equal" for entry in entries)
    head = f"{good} of {total} {'entry is' if total == 1 else 'entries are'} right within {words}. "
    outcome: doc.VerdictKind = "wrong" if judgement.verdict == "wrong" else "undecided"
    return doc.Verdict(outcome, doc.text(head + " ".join(sentences)))


def _off(difference: float, expected: float) -> str:
    if not expected:
        return f"{difference:.1e}"
    fraction = abs(difference / expected)
    return percent(fraction) if fraction >= 1e-6 else "< 0.0001 %"
