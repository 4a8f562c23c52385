"""Comparing generated code with the truth, at numbers where naive formulas overflow or cancel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from mpmath import mp, mpf

import symderive as sd
from symderive.codegen.numpy_source import NumpyFunction, numpy_function
from tests.codegen.exact import Jet, exact
from tests.codegen.stability_rows import Row

RELATIVE, ROUNDINGS, UNDERFLOW = 1e-10, 4e-16, 1e-300
LARGEST = 1e308


def symbols(row: Row) -> dict[str, sd.Array]:
    """The arrays of a loss."""
    arrays = {"z": sd.array("z", sd.dims("n"))}
    if row.y:
        arrays["y"] = sd.array("y", sd.dims("n"), domain=row.y_domain)
    return arrays | {name: sd.array(name, domain="positive") for name, _ in row.scalars}


def functions(row: Row) -> tuple[NumpyFunction, NumpyFunction, NumpyFunction]:
    """The code of the loss, of its gradient and of its Hessian by z."""
    arrays = symbols(row)
    loss = sd.parse(row.text, **arrays)
    first = sd.gradient(loss, arrays["z"])
    value = numpy_function(first.original, "loss")
    return value, first.to_numpy(), sd.hessian(loss, arrays["z"]).to_numpy()


def points(row: Row) -> Iterator[dict[str, Any]]:
    """The arrays of length one at which a loss is looked at."""
    scalars = {name: np.array(value) for name, value in row.scalars}
    for z in row.at:
        for y in row.y or (None,):
            yield {"z": np.array([z])} | ({} if y is None else {"y": np.array([y])}) | scalars


def called(function: NumpyFunction, arrays: Mapping[str, Any]) -> tuple[Any, str]:
    """The result, and the first warning."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        result = np.asarray(function.unchecked(arrays))
    return result, str(seen[0].message) if seen else ""


def is_right(got: float, truth: Any, given: float = 0.0) -> bool:
    """Whether a number is the truth to ten digits, or as exact as the data."""
    if not np.isfinite(got):
        return bool(abs(truth) > LARGEST)
    with mp.workdps(60):
        allowed = RELATIVE * abs(truth) + UNDERFLOW + ROUNDINGS * given
        return bool(abs(mpf(float(got)) - truth) <= allowed)


def faults(row: Row, made: tuple[NumpyFunction, ...]) -> list[str]:
    """What is wrong with the code of a loss, in words."""
    found = []
    for arrays in points(row):
        truth = _truth(row, arrays)
        for word, function, wanted in zip(
            ("value", "gradient", "Hessian"), made, (truth.v, truth.a, truth.c), strict=True
        ):
            result, warning = called(function, arrays)
            got = float(result.ravel()[0])
            large = abs(wanted) > LARGEST
            if not is_right(got, wanted, row.given) or (warning and not large):
                at = ", ".join(f"{name} = {value.item():g}" for name, value in arrays.items())
                found.append(f"{word} at {at}: {got!r}, but {float(wanted)!r} {warning}")
    return found


def _truth(row: Row, arrays: Mapping[str, Any]) -> Jet:
    return exact(row.truth or row.text, arrays, 0, 0, times=row.digits)


def coupled_faults(row: Row) -> list[str]:
    """What is wrong with the code of a loss of three numbers that meet in sums, in words.

    What is 1 less a share is exact to roundings of 1, a share to roundings of the exponents: an error of some
    roundings of the largest number is allowed.
    """
    made = functions(row)
    found = []
    for z in row.at:
        point = {"z": np.array([z, -z / 2, 1.0])} | ({"y": np.array(row.y)} if row.y else {})
        point |= {name: np.array(value) for name, value in row.scalars}
        results = [called(function, point) for function in made]
        given = max(4.0, 2 * abs(z))
        found += [f"at {z}: {warning}" for _, warning in results if warning]
        for i in range(3):
            for j in range(i + 1):
                truth = exact(row.truth or row.text, point, i, j, times=2)
                pairs = (
                    (results[0][0], truth.v, given),
                    (results[1][0][i], truth.a, given),
                    (results[2][0][i, j], truth.c, given),
                )
                found += [
                    f"z = {z}, entry {i, j}: {float(got)!r}, but {float(wanted)!r}"
                    for got, wanted, size in pairs
                    if not is_right(float(got), wanted, size)
                ]
    return found
