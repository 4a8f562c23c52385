# ruff: noqa: E741 -- names of arrays as in the formulas
"""The tasks in JAX, compiled beforehand: `jit(grad)` for gradients, `jit(hessian)` for Hessians."""

from __future__ import annotations

import jax
import numpy as np
from jax import numpy as jnp

from tests.benchmarks.generated_data import loss_of

jax.config.update("jax_enable_x64", True)
DISTRIBUTION, PEER = "jax", True


def logistic(X, w, y):
    return jnp.sum(jnp.logaddexp(0, -y * (X @ w)))


def poisson(X, w, y):
    z = X @ w
    return jnp.sum(jnp.exp(z) - y * z)


def layers(X, W1, b1, W2, b2, Y):
    return jnp.sum((jnp.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2) / 2


def factorisation(M, U, V):
    return jnp.sum((M - U @ V.T) ** 2) / 2


def softmax(X, W, T):
    Z = X @ W
    return jnp.sum(jax.nn.logsumexp(Z, axis=1)) - jnp.sum(T * Z)


def attention(Q, K, V, G):
    return jnp.sum(G * (jax.nn.softmax(Q @ K.T / jnp.sqrt(Q.shape[1]), axis=1) @ V))


def convolution(I, F, R, stride=1):
    out = jax.lax.conv_general_dilated(I, F, (stride, stride), "VALID")
    return jnp.sum((out - R) ** 2) / 2


def strided(I, F, R):
    return convolution(I, F, R, stride=2)


def prepared(task, arrays):
    """The call to be measured, and what turns its result into arrays of NumPy."""
    loss, names = loss_of(task, globals())
    given = {name: jnp.asarray(value) for name, value in arrays.items()}
    rest = {name: value for name, value in given.items() if name not in names}

    def of(values, others):
        return loss(**others, **dict(zip(names, values, strict=True)))

    def wanted(values, others):
        value, gradients = jax.value_and_grad(of)(values, others)
        if "Hessian" not in task:
            return gradients
        second = jax.hessian(lambda one: of([one, *values[1:]], others))(values[0])
        if "gradient" not in task and "score" not in task:
            return (second,)
        return (value, *gradients, second) if "value" in task else (*gradients, second)

    values = [given[name] for name in names]
    compiled = jax.jit(wanted).lower(values, rest).compile()
    return (lambda: jax.block_until_ready(compiled(values, rest))), lambda made: [
        np.asarray(one) for one in made
    ]


def threads() -> str:
    """What decides on threads."""
    return "the thread pool of XLA"
