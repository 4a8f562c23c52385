"""Jacobians, directional derivatives and Hessian-vector products: as exact far out as Hessians."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.codegen.stable import quotients, rewriting
from tests.codegen.exact import exact
from tests.codegen.stability import LARGEST, called, is_right, points, symbols
from tests.codegen.stability_rows import ROWS, Row

NAMES = (
    "logistic: log(1 + exp)", "logistic: cross-entropy by hand", "logistic: focal loss", "logistic: silu",
    "normal: probit", "normal: gelu", "counts: log(expm1)", "counts: elu", "hyperbolic: log-cosh",
    "hyperbolic: squared tanh", "roots: pseudo-Huber", "ratios: log(exp + exp)",
    "ordinal: between thresholds",
    "links: complementary log-log", "links: Poisson of softplus", "links: (exp - 1)/z",
    "intervals: of width 1", "intervals: ordinal probit",
)  # fmt: skip
ALONG = 0.75


def derived(row: Row) -> dict[str, Any]:
    """The code of the Jacobian of the terms, of the slope along v, and of the Hessian times v."""
    arrays = symbols(row)
    z, loss = arrays["z"], sd.parse(row.text, **arrays)
    terms = sd.parse(row.text.replace("np.sum(", "(", 1), **arrays)
    return {
        "Jacobian": sd.jacobian(terms, z).to_numpy(),
        "slope along v": sd.directional(loss, z, "v").to_numpy(),
        "Hessian times v": sd.hessian_vector_product(loss, z, "v").to_numpy(),
    }


def product_faults(row: Row, functions: dict[str, Any]) -> list[str]:
    """What is wrong with them, in words."""
    found = []
    for arrays in points(row):
        truth = exact(row.truth or row.text, arrays, 0, 0, times=row.digits)
        wanted = {"Jacobian": truth.a, "slope along v": ALONG * truth.a, "Hessian times v": ALONG * truth.c}
        for word, function in functions.items():
            given = arrays if word == "Jacobian" else arrays | {"v": np.array([ALONG])}
            result, warning = called(function, given)
            got = float(result.ravel()[0])
            large = abs(truth.a) > LARGEST or abs(truth.c) > LARGEST
            if not is_right(got, wanted[word], row.given) or (warning and not large):
                found.append(f"{word} at {arrays['z'][0]:g}: {got!r}, but {float(wanted[word])!r} {warning}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_products_are_exact_far_out(name: str) -> None:
    assert not product_faults(ROWS[name], derived(ROWS[name]))


def test_products_that_nothing_rewrites_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    rewriting.rewritten.cache_clear()
    quotients._combined.cache_clear()
    for name in rewriting.RULES:
        monkeypatch.setitem(rewriting.RULES, name, lambda expr: expr)
    row = ROWS["links: complementary log-log"]
    try:
        found = product_faults(row, derived(row))
        assert all(any(word in one for one in found) for word in ("Jacobian", "along", "times"))
    finally:
        rewriting.rewritten.cache_clear()
        quotients._combined.cache_clear()
