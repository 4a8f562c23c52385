"""No index in a printed equation is called like a size or an array of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symderive as sd


def windows(first, second):
    """The gradient of a loss that needs index notation, with sizes of these names."""
    n, m = sd.dims(f"{first} {second}")
    y, f = sd.array("y", n, 2 * m + 1), sd.array("f", 3)
    return sd.gradient(np.sum(np.exp(sum(f[u] * y[:, u : m + u] for u in range(3))) * m), y)


@pytest.mark.parametrize("names", ["pr", "ij", "kp", "rs", "ip", "nm"])
def test_no_index_is_called_like_a_size(names):
    derivation = windows(*names)
    for line in (str(derivation.account.loss), *str(derivation).splitlines()):
        for bound in re.findall(r"Σ_\{([^}]*)\}", line):
            for one in bound.split(", "):
                index, _, size = one.partition(" < ")
                assert index not in names
                assert size in ("", *names)
    (left,) = re.findall(r"partial y_\{(\w+)\}", derivation.latex())
    assert names[1] not in left  # which stands in `[i < m]`


def test_the_index_of_a_sum_is_not_called_like_a_number_in_it():
    n = sd.dims("n")
    p, x = sd.array("p"), sd.array("x", n)
    loss = np.sum(np.exp(p * x[:-1]) * x[1:] ** 2)
    assert "L = Σ_{r < n−1} xᵣ₊₁² exp(p xᵣ)" in str(sd.gradient(loss, x))


def test_an_index_is_renamed_on_its_own_axis():
    derivation = windows("j", "i")
    assert re.findall(r"partial y_\{(\w+)\}", derivation.latex()) == ["kj"]
    assert derivation.check()
