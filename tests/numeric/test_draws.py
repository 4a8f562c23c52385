"""Test points lie in their domain, are generic, and are the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from symderive.errors import SymderiveError
from symderive.numeric import DOMAINS, draw, draw_all, is_generic, legacy_draws
from tests.numeric import networks as net
from tests.profiles import examples

SYMMETRIC = ("symmetric", "spd", "diagonal")
SQUARE = (*SYMMETRIC, "lower", "upper", "skew", "invertible")
MEMBERSHIP = {
    "real": lambda a: np.isfinite(a).all() and (a < 0).any(),
    "positive": lambda a: (a > 0).all(),
    "nonnegative": lambda a: (a >= 0).all(),
    "unit": lambda a: ((a > 0) & (a < 1)).all(),
    "symmetric": lambda a: np.array_equal(a, a.T),
    "spd": lambda a: np.array_equal(a, a.T) and np.linalg.eigvalsh(a).min() > 0.1,
    "diagonal": lambda a: np.array_equal(a, np.diag(np.diag(a))) and np.linalg.cond(a) < 3,
    "lower": lambda a: np.array_equal(a, np.tril(a)) and np.abs(np.diag(a)).min() > 0.5,
    "upper": lambda a: np.array_equal(a, np.triu(a)) and np.abs(np.diag(a)).min() > 0.5,
    "skew": lambda a: np.array_equal(a, -a.T),
    "invertible": lambda a: np.linalg.cond(a) <= 4.0001,
    "binary": lambda a: set(np.unique(a)) == {0.0, 1.0},
    "sign": lambda a: set(np.unique(a)) == {-1.0, 1.0},
    "count": lambda a: (a >= 0).all() and (a == a.round()).all() and a.max() > 1,
    "onehot": lambda a: ((a == 0) | (a == 1)).all() and (a.sum(axis=-1) == 1).all(),
    "simplex": lambda a: (a > 0).all() and np.allclose(a.sum(axis=-1), 1, rtol=1e-15),
    "integer": lambda a: (a == a.round()).all() and np.abs(a).max() > 1,
}


def test_every_domain_is_tested():
    assert set(MEMBERSHIP) == set(DOMAINS)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("seed", range(20))
def test_draws_lie_in_their_domain_and_are_generic(domain, seed):
    point = draw((5, 5) if domain in SQUARE else (7, 4), domain, seed=seed)
    assert point.dtype == np.float64
    assert MEMBERSHIP[domain](point)
    assert is_generic(point, symmetric=domain in SYMMETRIC)


@pytest.mark.parametrize("domain", sorted(set(DOMAINS) - set(SYMMETRIC)))
@settings(deadline=None, max_examples=examples(50))
@given(seed=st.integers(0, 10**6))
def test_a_square_draw_is_not_symmetric_and_never_constant(domain, seed):
    for shape in ((2, 2), (3, 3)):
        point = draw(shape, domain, seed=seed)
        assert not np.array_equal(point, point.T)
        assert np.unique(point).size > 1


@settings(deadline=None, max_examples=examples(50))
@given(
    seed=st.integers(0, 10**6), domain=st.sampled_from(["binary", "sign", "count", "integer", "real", "unit"])
)
def test_short_vectors_are_not_constant(seed, domain):
    assert np.unique(draw((2,), domain, seed=seed)).size == 2


def test_one_hot_rows_are_not_all_the_same():
    for seed in range(50):
        assert np.unique(draw((7, 3), "onehot", seed=seed), axis=0).shape[0] > 1


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_same_seed_gives_the_same_point_and_another_seed_another(domain):
    shape = (4, 4)
    assert_array_equal(draw(shape, domain, seed=3), draw(shape, domain, seed=3))
    assert not np.array_equal(draw(shape, domain, seed=3), draw(shape, domain, seed=4))


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    draw_all({name: ((3, 3), name) for name in DOMAINS}, seed=1)
    legacy_draws(5, [("a", (3,), "rand"), ("b", (), "randn")])
    assert_array_equal(np.random.get_state()[1], before)


def test_several_variables_come_from_one_generator():
    points = draw_all({"X": ((7, 3), "real"), "w": ((7, 3), "real"), "y": ((7,), "count")}, seed=1)
    assert list(points) == ["X", "w", "y"]
    assert not np.array_equal(points["X"], points["w"])
    assert_array_equal(points["X"], draw((7, 3), seed=1))


def test_stacks_of_matrices_and_scalars():
    stack = draw((2, 3, 3), "spd", seed=2)
    assert_array_equal(stack, np.swapaxes(stack, -1, -2))
    assert draw((), "positive", seed=1).shape == ()
    assert draw((0, 3)).shape == (0, 3)
    assert draw((1, 1), "spd", seed=1) > 0
    assert all(draw((), "real", seed=seed) not in (0.0, 1.0) for seed in range(50))


def test_a_shape_that_leaves_only_ones_gives_ones():
    assert_array_equal(draw((3, 1), "onehot"), np.ones((3, 1)))
    assert_allclose(draw((3, 1), "simplex"), np.ones((3, 1)))


@pytest.mark.parametrize(
    ("shape", "domain", "message"),
    [
        ((2, 3), "spd", "needs a square matrix"),
        ((3,), "symmetric", "needs a square matrix"),
        ((), "onehot", "at least one entry in the last axis"),
        ((3, 0), "simplex", "at least one entry in the last axis"),
        ((3,), "complex", "unknown domain 'complex'; use one of real, positive"),
    ],
)
def test_shapes_and_domains_that_do_not_fit(shape, domain, message):
    with pytest.raises(SymderiveError, match=message):
        draw(shape, domain)


def test_legacy_draws_are_the_weights_of_the_report():
    drawn = legacy_draws(0, [("W1", (2, 2), "rand"), ("W2", (2, 1), "rand")])
    assert_array_equal(drawn["W1"], net.W1)
    assert_array_equal(drawn["W2"].ravel(), net.W2)


def test_legacy_draws_are_the_weights_of_the_sibling_report():
    drawn = legacy_draws(
        42,
        [
            ("X", (1, 2), "rand"),
            ("T", (1, 1), "randint", 0, 2),
            ("W1", (2, 2), "rand"),
            ("b1", (1, 2), "rand"),
            ("W2", (2, 1), "rand"),
            ("b2", (1, 1), "rand"),
        ],
    )
    assert_array_equal(drawn["T"], [[0.0]])
    assert_array_equal(drawn["W1"], net.Sibling.w1)
    assert_array_equal(drawn["b1"].ravel(), net.Sibling.b1)
    assert_array_equal(drawn["W2"], net.Sibling.w2)
    assert_array_equal(drawn["b2"].ravel(), net.Sibling.b2)


def test_randn_is_that_of_numpy():
    """numpy.random.seed(0); numpy.random.randn(3), as in many tutorials."""
    assert_allclose(
        legacy_draws(0, [("w", (3,), "randn")])["w"], [1.76405235, 0.40015721, 0.97873798], atol=5e-9
    )


@pytest.mark.parametrize(
    "call",
    [("W", (2,), "uniform"), ("W", (2,), "randint"), ("W", [2], "rand"), ("W", (2,)), (1, (2,), "rand")],
)
def test_a_draw_that_is_none_is_refused(call):
    with pytest.raises(SymderiveError, match="is not a draw"):
        legacy_draws(0, [call])


def test_a_name_that_is_drawn_twice_is_refused():
    with pytest.raises(SymderiveError, match="'W' is drawn twice"):
        legacy_draws(0, [("W", (2,), "rand"), ("W", (2,), "rand")])


def test_generic():
    assert is_generic(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert not is_generic(np.array([[1.0, 2.0], [2.0, 4.0]]))
    assert is_generic(np.array([[1.0, 2.0], [2.0, 4.0]]), symmetric=True)
    assert not is_generic(np.full((2, 3), 0.7))
    assert not is_generic(np.array(1.0))
    assert not is_generic(np.array([0.0]))
    assert is_generic(np.array(0.3))
