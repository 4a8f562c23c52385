"""Seeded random test points, one recipe for every domain, and the draws of NumPy's legacy generator.

A test point is generic: no recipe gives an array of all ones, one that is constant, or a symmetric matrix
that was not asked for, unless the domain and the shape leave nothing else. Draws of an open domain stay away
from its boundary, so that a difference quotient can step both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from symderive.errors import SymderiveError
from symderive.numeric.rounding import FloatArray

Shape = tuple[int, ...]
_ATTEMPTS = 100
_MATRIX_DOMAINS = ("symmetric", "spd", "diagonal", "lower", "upper", "skew", "invertible")


def _positive(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(np.exp(rng.uniform(-1.2, 1.2, size=shape)), dtype=np.float64)


def _symmetric(rng: Generator, shape: Shape) -> FloatArray:
    square = rng.normal(size=shape)
    return (square + np.swapaxes(square, -1, -2)) / 2


def _spd(rng: Generator, shape: Shape) -> FloatArray:
    square = rng.normal(size=shape)
    return np.asarray(square @ np.swapaxes(square, -1, -2) / shape[-1] + 0.5 * np.eye(shape[-1]))


def _diagonal(rng: Generator, shape: Shape) -> FloatArray:
    entries = rng.choice([-1.0, 1.0], size=shape[:-1]) * rng.uniform(0.6, 1.6, size=shape[:-1])
    return np.asarray(entries[..., None] * np.eye(shape[-1]))


def _lower(rng: Generator, shape: Shape) -> FloatArray:
    """Lower triangular; every other matrix, at random, has a positive diagonal, as a Cholesky factor has."""
    sign = rng.choice([-1.0, 1.0], size=shape[:-1]) if rng.uniform() < 0.5 else np.ones(shape[:-1])
    diagonal = sign * rng.uniform(0.6, 1.6, size=shape[:-1])
    return np.asarray(np.tril(rng.normal(size=shape), -1) + diagonal[..., None] * np.eye(shape[-1]))


def _upper(rng: Generator, shape: Shape) -> FloatArray:
    diagonal = rng.choice([-1.0, 1.0], size=shape[:-1]) * rng.uniform(0.6, 1.6, size=shape[:-1])
    return np.asarray(np.triu(rng.normal(size=shape), 1) + diagonal[..., None] * np.eye(shape[-1]))


def _skew(rng: Generator, shape: Shape) -> FloatArray:
    square = rng.normal(size=shape)
    return np.asarray((square - np.swapaxes(square, -1, -2)) / 2)


def _invertible(rng: Generator, shape: Shape) -> FloatArray:
    # U Σ Vᵀ with singular values in [½, 2]: conditioned at most 4.
    left, right = (np.linalg.qr(rng.normal(size=shape))[0] for _ in range(2))
    return np.asarray((left * rng.uniform(0.5, 2.0, size=(*shape[:-2], 1, shape[-1]))) @ right)


def _onehot(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(np.eye(shape[-1])[rng.integers(0, shape[-1], size=shape[:-1])])


def _simplex(rng: Generator, shape: Shape) -> FloatArray:
    weights = np.exp(rng.uniform(-1.2, 1.2, size=shape))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), dtype=np.float64)


def _real(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(rng.normal(size=shape))


def _unit(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(rng.uniform(0.05, 0.95, size=shape))


def _binary(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(rng.integers(0, 2, size=shape), dtype=np.float64)


def _sign(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(2.0 * rng.integers(0, 2, size=shape) - 1.0, dtype=np.float64)


def _count(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(rng.poisson(3.0, size=shape), dtype=np.float64)


def _integer(rng: Generator, shape: Shape) -> FloatArray:
    return np.asarray(rng.integers(-5, 6, size=shape), dtype=np.float64)


# Each recipe stands on its own: it is also written into files that are given away.
_RECIPES: Mapping[str, Callable[[Generator, Shape], FloatArray]] = {
    "real": _real,
    "positive": _positive,
    "nonnegative": _positive,
    "unit": _unit,
    "symmetric": _symmetric,
    "spd": _spd,
    "diagonal": _diagonal,
    "lower": _lower,
    "upper": _upper,
    "skew": _skew,
    "invertible": _invertible,
    "binary": _binary,
    "sign": _sign,
    "count": _count,
    "onehot": _onehot,
    "simplex": _simplex,
    "integer": _integer,
}
DOMAINS = tuple(_RECIPES)


def draw(shape: Shape, domain: str = "real", *, seed: int | Generator = 0) -> FloatArray:
    """Draw one generic test point.

    real: standard normal · positive, nonnegative: between 0.3 and 3.3 · unit: between 0.05 and 0.95 ·
    symmetric, spd, diagonal, lower, upper, skew, invertible: in the last two axes · binary: 0, 1 ·
    sign: ±1 · count: Poisson(3) · onehot, simplex: in the last axis · integer: −5 … 5.

    Args:
        shape: The shape, () for a number.
        domain: One of `DOMAINS`.
        seed: A seed, or a generator to go on drawing from.

    Returns:
        A float64 array of the shape.

    Raises:
        SymderiveError: if the domain is unknown, or the shape does not suit it.

    >>> draw((2, 3), seed=1).round(2)
    array([[ 0.35,  0.82,  0.33],
           [-1.3 ,  0.91,  0.45]])
    >>> draw((3, 2), "onehot", seed=1).sum(axis=-1)
    array([1., 1., 1.])
    """
    recipe = recipe_of(domain)
    if domain in _MATRIX_DOMAINS and (len(shape) < 2 or shape[-1] != shape[-2]):
        raise SymderiveError(f"test point: domain {domain!r} needs a square matrix, not shape {shape}.")
    if domain in ("onehot", "simplex") and (not shape or shape[-1] < 1):
        raise SymderiveError(
            f"test point: domain {domain!r} needs at least one entry in the last axis, not shape {shape}."
        )
    rng = np.random.default_rng(seed)
    point = recipe(rng, shape)
    for _ in range(_ATTEMPTS):
        if is_generic(point, symmetric=domain in ("symmetric", "spd", "diagonal")):
            break
        point = recipe(rng, shape)
    return point


def recipe_of(domain: str) -> Callable[[Generator, Shape], FloatArray]:
    """The function of a generator and a shape that draws from a domain, for code that is given away.

    Raises:
        SymderiveError: if the domain is unknown.

    >>> recipe_of("sign")(np.random.default_rng(1), (4,))
    array([-1.,  1.,  1.,  1.])
    """
    if domain not in _RECIPES:
        raise SymderiveError(f"test point: unknown domain {domain!r}; use one of {', '.join(DOMAINS)}.")
    return _RECIPES[domain]


def draw_all(spec: Mapping[str, tuple[Shape, str]], *, seed: int = 0) -> dict[str, FloatArray]:
    """Draw test points for several variables from one generator, in the order given.

    Args:
        spec: Name → (shape, domain).
        seed: The seed.

    Returns:
        Name → float64 array.

    Raises:
        SymderiveError: as for `draw`.

    >>> sorted(draw_all({"X": ((7, 3), "real"), "y": ((7,), "sign")}))
    ['X', 'y']
    """
    rng = np.random.default_rng(seed)
    return {name: draw(shape, domain, seed=rng) for name, (shape, domain) in spec.items()}


def is_generic(point: FloatArray, *, symmetric: bool = False) -> bool:
    """Whether an array is neither constant nor, unless that is wanted, a symmetric matrix.

    Args:
        point: Any shape; one entry is generic if it is neither 0 nor 1 in absolute value.
        symmetric: Whether a symmetric matrix is wanted.

    Returns:
        The answer; an array without entries is generic.

    >>> is_generic(np.ones((2, 3))), is_generic(np.eye(2)), is_generic(np.eye(2), symmetric=True)
    (False, False, True)
    """
    if point.size == 0:
        return True
    if point.size == 1:
        return float(abs(point.reshape(()))) not in (0.0, 1.0)
    if bool(np.all(point == point.flat[0])):
        return False
    square = point.ndim >= 2 and point.shape[-1] == point.shape[-2] > 1
    return symmetric or not square or not np.array_equal(point, np.swapaxes(point, -1, -2))


def legacy_draws(seed: int, order: Sequence[tuple[object, ...]]) -> dict[str, FloatArray]:
    """Reproduce numpy.random.seed(seed) followed by rand, randn, randint, with a generator of its own.

    Args:
        seed: As given to numpy.random.seed.
        order: In the order of the calls: (name, shape, "rand"), (name, shape, "randn"), or
            (name, shape, "randint", low, high) with high excluded.

    Returns:
        Name → float64 array.

    Raises:
        SymderiveError: if a draw is not one of the three, or a name occurs twice.

    >>> legacy_draws(0, [("W1", (2, 2), "rand"), ("W2", (2, 1), "rand")])["W2"].ravel()
    array([0.4236548 , 0.64589411])
    """
    state = np.random.RandomState(seed)
    values: dict[str, FloatArray] = {}
    for call in order:
        value: ArrayLike
        match call:
            case (str(name), tuple(shape), "rand"):
                value = state.random_sample(shape)
            case (str(name), tuple(shape), "randn"):
                value = state.standard_normal(shape)
            case (str(name), tuple(shape), "randint", int(low), int(high)):
                value = state.randint(low, high, size=shape)
            case _:
                raise SymderiveError(
                    f"legacy draws: {call!r} is not a draw; write (name, shape, 'rand'), "
                    "(name, shape, 'randn') or (name, shape, 'randint', low, high)."
                )
        if name in values:
            raise SymderiveError(f"legacy draws: {name!r} is drawn twice; give every draw its own name.")
        values[name] = np.asarray(value, dtype=np.float64)
    return values
