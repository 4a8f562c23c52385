"""JAX: a program traced at sizes that are numbers; it has no formula to print, so its jaxpr is printed."""

from __future__ import annotations

import jax
import jax.numpy as jnp

DISTRIBUTION, PRINTS = "jax", "program, text; sizes are numbers"
_SIZES = {"n": 7, "d": 3, "h": 5, "k": 4, "m": 6}


def _traced(function, *shapes):
    arrays = [jax.ShapeDtypeStruct(tuple(_SIZES[size] for size in shape), jnp.float32) for shape in shapes]
    return str(jax.make_jaxpr(function)(*arrays))


def _logistic(w, X, y):
    return jnp.mean(jnp.logaddexp(0, -y * (X @ w)))


def logistic_gradient():
    return _traced(jax.grad(_logistic), "d", "nd", "n")


def logistic_hessian():
    return _traced(jax.hessian(_logistic), "d", "nd", "n")


def two_layers():
    def loss(W1, W2, X, Y):
        return jnp.sum((jax.nn.sigmoid(jax.nn.sigmoid(X @ W1) @ W2) - Y) ** 2)

    return _traced(jax.grad(loss), "dh", "hk", "nd", "nk")


def network(depth):
    def loss(first, *others):
        *rest, x, y = others
        a = x
        for W in (first, *rest):
            a = jax.nn.sigmoid(W @ a)
        return jnp.sum((a - y) ** 2)

    return _traced(jax.grad(loss), *["dd"] * depth, "d", "d")


def attention():
    def loss(Q, K, V, Y):
        P = jax.nn.softmax(Q @ K.T / jnp.sqrt(Q.shape[1]), axis=1)
        return jnp.sum((P @ V - Y) ** 2)

    return _traced(jax.grad(loss), "nk", "mk", "md", "nd")


def layer_norm():
    def loss(x, g, b, y, eps):
        z = g * (x - jnp.mean(x)) / jnp.sqrt(jnp.var(x) + eps) + b
        return jnp.sum((z - y) ** 2)

    return _traced(jax.grad(loss), "d", "d", "d", "d", "")


def factorisation_hessian():
    def loss(U, V, R):
        return jnp.sum((U @ V.T - R) ** 2)

    return _traced(jax.hessian(loss), "nk", "dk", "nd")


TASKS = {
    "logistic, gradient": logistic_gradient,
    "logistic, Hessian": logistic_hessian,
    "two layers": two_layers,
    **{f"{depth} layers": (lambda depth=depth: network(depth)) for depth in (4, 16, 64, 256)},
    "attention": attention,
    "layer norm": layer_norm,
    "factorisation, Hessian": factorisation_hessian,
}
