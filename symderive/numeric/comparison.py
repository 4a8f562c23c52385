"""Compare two arrays entry by entry, each entry against its own noise.

Never by one norm: over the six gradients of a 2-2-1 network a relative norm error of 0.9 % hid one entry
that was wrong by 2.5 %. There are three verdicts, and "equal" needs evidence: no entries, NaN, a kink, or
noise as large as the value is "undecided".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from symderive.errors import SymderiveError
from symderive.numeric.differences import Difference
from symderive.numeric.rounding import FloatArray
from symderive.numeric.wording import entry_name, multiple, percent, signed, step

Verdict = Literal["equal", "different", "undecided"]
_ZERO = 2.0**-48
_RESOLVED = 1e-3
_TELLS = 0.1


@dataclass(frozen=True)
class EntryComparison:
    """One entry of a comparison.

    Attributes:
        name: The entry as in Python, such as `W2[0]`.
        index: Its index, () for a scalar.
        expected: The value that should be there.
        actual: The value that is there.
        difference: actual − expected.
        noise: Largest difference that inexact numbers can explain.
        ratio: |difference| / noise; 0 where both are 0.
        verdict: "equal", "different" or "undecided".
        sentence: What to print.
    """

    name: str
    index: tuple[int, ...]
    expected: float
    actual: float
    difference: float
    noise: float
    ratio: float
    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """Verdicts of all entries of one array or, joined, of several.

    Attributes:
        entries: One record for every entry, in row-major order; none if the shapes differ.
        obstacle: Why nothing could be compared entry by entry: shapes that differ, or no entries; else "".
        shapes_differ: Whether the obstacle is that the shapes differ.
    """

    entries: tuple[EntryComparison, ...]
    obstacle: str = ""
    shapes_differ: bool = False

    @property
    def verdict(self) -> Verdict:
        """Different if an entry or the shape is; else undecided if an entry is or none exist; else equal."""
        verdicts = {entry.verdict for entry in self.entries}
        if self.shapes_differ or "different" in verdicts:
            return "different"
        if self.obstacle or not verdicts or "undecided" in verdicts:
            return "undecided"
        return "equal"

    @property
    def worst(self) -> EntryComparison | None:
        """The entry to show first: wrong, then undecided, then equal, by ratio; None without entries."""
        order = {"different": 2, "undecided": 1, "equal": 0}
        ranked = sorted(
            self.entries, key=lambda e: (order[e.verdict], -1.0 if math.isnan(e.ratio) else e.ratio)
        )
        return ranked[-1] if ranked else None

    def summary(self) -> str:
        """How many entries got which verdict, and one sentence for every entry that is not equal."""
        counts = [
            (sum(e.verdict == verdict for e in self.entries), verdict) for verdict in ("equal", "different")
        ]
        counts.append((sum(e.verdict == "undecided" for e in self.entries), "undecided"))
        total = len(self.entries)
        noun = "entry" if total == 1 else "entries"
        head = (
            f"{total} {noun}: {', '.join(f'{k} {verdict}' for k, verdict in counts if k)}." if total else ""
        )
        lines = [head, self.obstacle, *(e.sentence for e in self.entries if e.verdict != "equal")]
        return "\n".join(line for line in lines if line)


def compare(
    expected: ArrayLike,
    actual: ArrayLike,
    *,
    noise: ArrayLike | Difference,
    resolution: ArrayLike = 0.0,
    name: str = "value",
    words: tuple[str, str] = ("true", "reported"),
    scale: float | None = None,
) -> Comparison:
    """Compare two arrays entry by entry.

    An entry is different if |actual − expected| > noise + resolution. It is undecided if a value or the noise
    is not finite, or if the two agree only within a noise of more than a tenth of their size, which says too
    little. An entry that one side has as zero (below 2⁻⁴⁸ of the scale) may agree if the noise is below a
    thousandth of the scale.

    Args:
        expected: The values that should be there, any shape.
        actual: The values that are there, the same shape.
        noise: Bound of the difference between right values: a number, an array that broadcasts to the shape,
            or the `Difference` from which one of the sides comes; that also gives sentences in units of its
            round-off.
        resolution: Added to the noise: half a unit in the last place that a report prints
            (`reported_resolution`).
        name: Name of the array.
        words: What the sentences call the expected and the actual value.
        scale: Size of a typical entry, by default the largest |expected|, or 1 if all are zero.

    Returns:
        The comparison; shapes that differ give "different" with a sentence, no entries give "undecided".

    Raises:
        SymderiveError: if the noise or the resolution is negative or does not fit the shape.

    >>> print(compare([1.0, 2.0], [1.0, 2.02], noise=1e-6, name="w").summary())
    2 entries: 1 equal, 1 different.
    w[1]: reported 2.02, true 2: off by 1 %, 20,000 times the noise.
    >>> compare([], [], noise=0.0).verdict, compare([1.0], [float("nan")], noise=1.0).verdict
    ('undecided', 'undecided')
    """
    wanted, found = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if wanted.shape != found.shape:
        sides = f"{words[0]} {wanted.shape}, {words[1]} {found.shape}"
        return Comparison((), f"{name}: shapes differ: {sides}; compare arrays of one shape.", True)
    if wanted.size == 0:
        return Comparison((), f"{name}: there are no entries, so nothing has been compared.")
    noises = bound_array(noise.noise if isinstance(noise, Difference) else noise, wanted.shape, name, "noise")
    noises = noises + bound_array(resolution, wanted.shape, name, "resolution")
    yardstick = _Yardstick.of(noise, noises)
    typical = scale if scale is not None else _scale(wanted)
    entries = []
    for index in np.ndindex(wanted.shape):
        values = float(wanted[index]), float(found[index]), float(noises[index])
        entries.append(_entry(entry_name(name, index), index, values, typical, yardstick, words))
    return Comparison(tuple(entries))


def join(comparisons: Sequence[Comparison]) -> Comparison:
    """Put the comparisons of several arrays together, such as all parameters of a network.

    Args:
        comparisons: In the order in which to list them.

    Returns:
        One comparison with all entries and all obstacles.

    >>> both = [compare([1.0], [1.0], noise=0.1, name="a"), compare([], [], noise=0.1, name="b")]
    >>> join(both).verdict, len(join(both).entries)
    ('undecided', 1)
    """
    return Comparison(
        tuple(entry for comparison in comparisons for entry in comparison.entries),
        "\n".join(comparison.obstacle for comparison in comparisons if comparison.obstacle),
        any(comparison.shapes_differ for comparison in comparisons),
    )


@dataclass(frozen=True)
class _Yardstick:
    """The unit in which a sentence states a deviation, entry by entry."""

    units: FloatArray
    phrase: str

    @classmethod
    def of(cls, noise: ArrayLike | Difference, noises: FloatArray) -> _Yardstick:
        if not isinstance(noise, Difference) or noise.method == "complex-step":
            return cls(noises, "the noise")
        if bool(np.any(noise.truncation > noise.round_off)):
            return cls(noises, f"the noise of a {noise.method} difference at ε = {step(noise.epsilon)}")
        units = np.broadcast_to(noise.quantum, noises.shape)
        return cls(units, f"the round-off of a {noise.method} difference at ε = {step(noise.epsilon)}")


def _entry(
    name: str,
    index: tuple[int, ...],
    values: tuple[float, float, float],
    scale: float,
    yardstick: _Yardstick,
    words: tuple[str, str],
) -> EntryComparison:
    expected, actual, noise = values
    difference = actual - expected
    off = abs(difference)
    ratio = off / noise if noise > 0 else (0.0 if off == 0 else math.inf)
    verdict, why = _judge(expected, actual, noise, scale)
    shown = f"{name}: {words[1]} {signed(actual)}, {words[0]} {signed(expected)}"
    if verdict == "undecided":
        sentence = f"{shown}: undecided, {why}."
    elif verdict == "equal":
        sentence = f"{shown}: equal within the noise {signed(noise, 2)}."
    else:
        unit = float(yardstick.units[index])
        apart = f"off by {percent(off / abs(expected))}" if expected else f"off by {signed(off, 2)}"
        sentence = f"{shown}: {apart}" + (
            f", {multiple(off / unit)} times {yardstick.phrase}." if unit > 0 else "."
        )
    return EntryComparison(name, index, expected, actual, difference, noise, ratio, verdict, sentence)


def _judge(expected: float, actual: float, noise: float, scale: float) -> tuple[Verdict, str]:
    """Verdict of one entry, with the reason if it is undecided."""
    if not (math.isfinite(expected) and math.isfinite(actual)):
        return "undecided", "a value is not finite"
    if not math.isfinite(noise):
        return "undecided", "the reference says nothing here (a kink, or values that are not finite)"
    if abs(actual - expected) > noise:
        return "different", ""
    smaller, larger = sorted((abs(expected), abs(actual)))
    zero = smaller <= _ZERO * scale
    if noise <= _TELLS * larger or noise == 0 or (zero and noise <= _RESOLVED * scale):
        return "equal", ""
    return "undecided", f"the noise {signed(noise, 2)} is too large for values of this size"


def _scale(expected: FloatArray) -> float:
    finite = np.abs(expected[np.isfinite(expected)])
    return float(finite.max(initial=0.0)) or 1.0


def bound_array(bound: ArrayLike, shape: tuple[int, ...], name: str, what: str) -> FloatArray:
    """A bound as an array of the shape; NaN counts as infinite."""
    given = np.asarray(bound, dtype=np.float64)
    try:
        spread = np.broadcast_to(given, shape)
    except ValueError as error:
        raise SymderiveError(
            f"comparing {name}: the {what} has shape {given.shape}, the values {shape}; "
            f"give one number or an array of shape {shape}."
        ) from error
    if bool(np.any(spread < 0)):
        raise SymderiveError(
            f"comparing {name}: the {what} is negative ({spread.min():g}); give a bound of |difference|."
        )
    return np.where(np.isnan(spread), np.inf, spread)
