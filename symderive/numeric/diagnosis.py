"""Name the likely slip behind wrong entries: transposed, permuted, sign, factor, an entry written twice.

A slip is asserted only if it explains the values within the noise and no other slip does: an array that is
wrong for two possible reasons gets none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symderive.numeric.comparison import bound_array
from symderive.numeric.differences import Difference
from symderive.numeric.rounding import FloatArray
from symderive.numeric.wording import entry_name, signed

Kind = Literal["transposed", "sign", "factor", "rows permuted", "columns permuted", "copied entry"]
Index = tuple[int, ...]
_TELLS_APART = 2.0


@dataclass(frozen=True)
class Slip:
    """A likely cause of wrong entries.

    Attributes:
        kind: Which slip.
        message: One or two sentences for the author of the values.
        evidence: What it rests on: the factor, the order of the rows, or the two entries, and how many
            entries it explains.
    """

    kind: Kind
    message: str
    evidence: Mapping[str, object]


def diagnose(
    expected: ArrayLike,
    actual: ArrayLike,
    *,
    noise: ArrayLike | Difference,
    name: str = "value",
    quotients: ArrayLike | None = None,
    resolution: ArrayLike = 0.0,
    sizes: Mapping[str, int] | None = None,
) -> tuple[Slip, ...]:
    """Say what was probably done wrong in an array with wrong entries.

    Args:
        expected: The exact values, any shape.
        actual: The values to explain.
        noise: Bound of the difference between right values: a number, an array of the shape of `expected`, or
            the `Difference` that the actual values are meant to be.
        name: Name of the array.
        quotients: Difference quotients of the same entries, by default those of `noise`. A copied entry must
            equal the exact value of its source within the noise; the message says if it equals the quotient.
        resolution: Half a unit in the last printed place of the actual values.
        sizes: Named dimensions, such as {"n": 7}, that may turn up as a factor n or 1/n.

    Returns:
        One slip that explains the whole array, or one for every wrong entry that has an explanation; empty
        if nothing is wrong or nothing explains it unambiguously.

    Raises:
        SymderiveError: if the noise or the resolution is negative or does not fit the shape.

    >>> [slip.kind for slip in diagnose([1.0, 2.0, 3.0], [-1.0, -2.0, -3.0], noise=1e-6)]
    ['sign']
    >>> print(diagnose([0.1610, 0.1650], [0.1650, 0.1650], noise=1e-5, name="W2")[0].message)
    The reported value equals the true value for W2[1]: one entry was probably written into both places.
    """
    wanted, found = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    fine = bound_array(resolution, wanted.shape, name, "resolution")
    if isinstance(noise, Difference):
        quotients, noise = noise.value if quotients is None else quotients, noise.noise
    bound = bound_array(noise, wanted.shape, name, "noise") + fine
    if not all(np.isfinite(part).all() for part in (wanted, found, bound)):
        return ()
    if wanted.shape != found.shape:
        slip = _transposed(wanted, found, bound, name)
        return () if slip is None else (slip,)
    wrong = np.abs(found - wanted) > bound
    if not wrong.any():
        return ()
    candidates = (
        _transposed(wanted, found, bound, name),
        _scaled(wanted, found, bound, name, sizes or {}),
        _permuted(wanted, found, bound, name, 0) if wanted.ndim else None,
        _permuted(wanted, found, bound, name, -1) if wanted.ndim > 1 else None,
    )
    whole = tuple(slip for slip in candidates if slip is not None)
    if whole:
        return whole if len(whole) == 1 else ()
    known = None if quotients is None else np.asarray(quotients, dtype=np.float64)
    return tuple(_entry_slips(wanted, found, wrong, bound, fine, known, name))


def _transposed(wanted: FloatArray, found: FloatArray, bound: FloatArray, name: str) -> Slip | None:
    """The values are those of the transpose."""
    if wanted.ndim != 2 or found.shape != wanted.T.shape or bool(np.any(np.abs(found - wanted.T) > bound.T)):
        return None
    message = f"{name} is transposed: its entry (i, j) holds the value for (j, i)."
    return Slip("transposed", message, {"shape": wanted.shape, "explained": wanted.size})


def _scaled(
    wanted: FloatArray, found: FloatArray, bound: FloatArray, name: str, sizes: Mapping[str, int]
) -> Slip | None:
    """All values are off by one factor, which several entries or a usual factor vouch for."""
    weight = float(np.sum(wanted**2))
    if weight == 0.0:
        return None
    factor = float(np.sum(wanted * found)) / weight
    named = [
        (text, value)
        for text, value in _usual_factors(sizes)
        if bool(np.all(np.abs(found - value * wanted) <= bound * (1 + abs(value))))
    ]
    large = int(np.sum(np.abs(wanted) > _TELLS_APART * bound))
    if named:
        if len({value for _, value in named}) > 1:
            return None
        text, factor = " = ".join(dict.fromkeys(text for text, _ in named)), named[0][1]
    elif (
        large > 1
        and factor != 0
        and bool(np.all(np.abs(found - factor * wanted) <= bound * (1 + abs(factor))))
    ):
        text = signed(factor, 6)
    else:
        return None
    evidence = {"factor": factor, "explained": wanted.size}
    if factor == -1.0:
        return Slip("sign", f"{name} has the opposite sign in every entry.", evidence)
    return Slip("factor", f"{name} is the true value times {text} in every entry.", evidence)


def _usual_factors(sizes: Mapping[str, int]) -> list[tuple[str, float]]:
    usual = [("−1", -1.0), ("2", 2.0), ("1/2", 0.5), ("−2", -2.0), ("−1/2", -0.5)]
    for size_name, size in sizes.items():
        if size > 1:
            usual += [(size_name, float(size)), (f"1/{size_name}", 1 / size)]
    return usual


def _permuted(wanted: FloatArray, found: FloatArray, bound: FloatArray, name: str, axis: int) -> Slip | None:
    """The rows (axis 0) or columns (axis −1) are the right ones in another order, the only one that fits."""
    rows, given, allowed = (np.moveaxis(array, axis, 0) for array in (wanted, found, bound))
    fits = np.array(
        [
            [bool(np.all(np.abs(row - right) <= limit)) for right, limit in zip(rows, allowed, strict=True)]
            for row in given
        ]
    )
    order = [int(column) for column in fits.argmax(axis=1)]
    one_each = bool((fits.sum(axis=0) == 1).all() and (fits.sum(axis=1) == 1).all())
    if not one_each or order == list(range(len(rows))):
        return None
    part = "columns" if axis == -1 else "rows"
    what = "entries" if wanted.ndim == 1 else part
    message = f"The {what} of {name} are in another order: places 0, 1, … hold {', '.join(map(str, order))}."
    return Slip("columns permuted" if axis == -1 else "rows permuted", message, {"order": tuple(order)})


def _entry_slips(
    wanted: FloatArray,
    found: FloatArray,
    wrong: NDArray[np.bool_],
    bound: FloatArray,
    fine: FloatArray,
    quotients: FloatArray | None,
    name: str,
) -> list[Slip]:
    """Explain wrong entries one by one: the value of another entry, or the opposite sign."""
    slips = []
    for index in (tuple(map(int, row)) for row in np.argwhere(wrong)):
        value, label = float(found[index]), entry_name(name, index)
        close = np.asarray(np.abs(wanted - value) <= bound)
        close[index] = False
        flipped = abs(value + wanted[index]) <= bound[index]
        sources: list[Index] = [tuple(map(int, row)) for row in np.argwhere(close)]
        if len(sources) == 1 and not flipped:
            source = sources[0]
            matches_quotient = quotients is not None and abs(quotients[source] - value) <= max(
                float(fine[index]), float(np.spacing(abs(value)))
            )
            slips.append(
                _copied(entry_name(name, source), index, source, matches_quotient, not wrong[source])
            )
        elif flipped and not sources:
            message = f"{label} has the opposite sign."
            slips.append(Slip("sign", message, {"entry": index, "factor": -1.0, "explained": 1}))
    return slips


def _copied(origin: str, entry: Index, source: Index, quotient: bool, both: bool) -> Slip:
    what = "quotient" if quotient else "true value"
    guess = (
        "one entry was probably written into both places" if both else "two entries were probably mixed up"
    )
    return Slip(
        "copied entry",
        f"The reported value equals the {what} for {origin}: {guess}.",
        {"entry": entry, "source": source, "matches": "quotient" if quotient else "exact value"},
    )
