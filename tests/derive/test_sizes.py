"""The sizes at which derivations are checked."""

from __future__ import annotations

import symderive as sd
from symderive.derive import verification
from symderive.derive.sizes import fitting_sizes
from symderive.language.evaluate import evaluate


def test_sizes_are_the_usual_ones_in_the_order_of_the_symbols():
    made = sd.gradient(sd.parse("np.sum((X @ w) ** 2)", X="n,d", w="d"), sd.parse("w", w="d"))
    assert [int(size) for size in fitting_sizes(made.original, ()).values()] == [7, 3]


def test_four_kronecker_factors_are_checked_at_sizes_that_are_quick(monkeypatch):
    counted = []

    def counting(program, arrays, **words):
        counted.append(arrays["X"].shape[0] * arrays["X"].shape[1] * arrays["A"].size ** 3)
        return evaluate(program, arrays, **words)

    monkeypatch.setattr(verification, "evaluate", counting)
    text = "np.sum(np.kron(np.kron(np.tanh(np.kron(X, A)), A), A) ** 2)"
    made = sd.gradient(sd.parse(text, X="n,d", A="d,d"), sd.parse("X", X="n,d"))
    check = made.check()
    assert check.passed
    assert max(counted) < 1_000
    assert len(counted) == check.draws  # one value at each point
    sizes = fitting_sizes(made.original, ())
    assert len(set(sizes.values())) == len(sizes)


def test_sizes_that_slices_need_come_before_quick_ones():
    made = sd.gradient(
        sd.parse("np.sum(np.kron(np.outer(x[:8], x), np.kron(A, A)) ** 2)", x="n", A="n,n"),
        sd.parse("A", A="n,n"),
    )
    assert [int(size) for size in fitting_sizes(made.original, made.slacks).values()] == [9]
