# ruff: noqa: E741 -- names of arrays as in the formulas
"""The tasks in PyTorch: `torch.autograd.grad` for gradients, `torch.func.hessian` for Hessians."""

from __future__ import annotations

import torch
from torch.nn import functional

from tests.benchmarks.generated_data import loss_of

DISTRIBUTION, PEER = "torch", True


def logistic(X, w, y):
    return functional.softplus(-y * (X @ w)).sum()


def poisson(X, w, y):
    z = X @ w
    return (torch.exp(z) - y * z).sum()


def layers(X, W1, b1, W2, b2, Y):
    return ((torch.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2).sum() / 2


def factorisation(M, U, V):
    return ((M - U @ V.T) ** 2).sum() / 2


def softmax(X, W, T):
    Z = X @ W
    return torch.logsumexp(Z, dim=1).sum() - (T * Z).sum()


def attention(Q, K, V, G):
    return (G * (torch.softmax(Q @ K.T / Q.shape[1] ** 0.5, dim=1) @ V)).sum()


def convolution(I, F, R):
    return ((functional.conv2d(I, F) - R) ** 2).sum() / 2


def strided(I, F, R):
    return ((functional.conv2d(I, F, stride=2) - R) ** 2).sum() / 2


def prepared(task, arrays):
    """The call to be measured, and what turns its result into arrays of NumPy."""
    loss, names = loss_of(task, globals())
    given = {name: torch.from_numpy(value.copy()) for name, value in arrays.items()}

    def of_first(value):
        return loss(**{**given, names[0]: value})

    def value_and_gradient():
        variables = [given[name].requires_grad_() for name in names]
        value = loss(**given)
        return value, torch.autograd.grad(value, variables)

    hessian = torch.func.hessian(of_first)

    def call():
        if "Hessian" not in task:
            return value_and_gradient()[1]
        if "gradient" not in task and "score" not in task:
            return (hessian(given[names[0]].detach()),)
        value, gradients = value_and_gradient()
        made = (*gradients, hessian(given[names[0]].detach()))
        return (value, *made) if "value" in task else made

    return call, lambda made: [one.detach().numpy() for one in made]


def threads() -> str:
    """What decides on threads."""
    return f"{torch.get_num_threads()} thread(s)"
