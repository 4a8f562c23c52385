"""The tasks of the benchmark of generated code: sizes and random data, the same for every tool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

TASKS = (
    "logistic, gradient",
    "logistic, Hessian",
    "logistic, value + gradient + Hessian",
    "Poisson, score + Hessian",
    "two layers, gradient",
    "two layers, Hessian",
    "factorisation, gradient",
    "factorisation, Hessian",
    "softmax, gradient",
    "softmax, Hessian",
    "attention, gradient",
    "attention, Hessian",
    "convolution, gradient",
    "strided convolution, gradient",
)
SIZES = {
    "logistic": {"n": 10_000, "d": 100},
    "Poisson": {"n": 1_000_000, "d": 20},
    "two layers, gradient": {"n": 2_000, "d": 64, "h": 128, "k": 10},
    "two layers, Hessian": {"n": 500, "d": 20, "h": 24, "k": 5},
    "factorisation, gradient": {"m": 1_000, "n": 800, "r": 20},
    "factorisation, Hessian": {"m": 100, "n": 80, "r": 8},
    "softmax, gradient": {"n": 10_000, "d": 50, "k": 10},
    "softmax, Hessian": {"n": 2_000, "d": 30, "k": 8},
    "attention, gradient": {"n": 512, "m": 512, "d": 64, "p": 64},
    "attention, Hessian": {"n": 32, "m": 48, "d": 16, "p": 16},
    "convolution": {"b": 8, "c": 8, "k": 16, "H": 34, "W": 34},
    "strided convolution": {"b": 8, "c": 8, "k": 16, "h": 32, "w": 32},
}
SHAPES = {
    "logistic": {"X": "nd", "w": "d", "y": "n"},
    "Poisson": {"X": "nd", "w": "d", "y": "n"},
    "two layers": {"X": "nd", "W1": "dh", "b1": "h", "W2": "hk", "b2": "k", "Y": "nk"},
    "factorisation": {"M": "mn", "U": "mr", "V": "nr"},
    "softmax": {"X": "nd", "W": "dk", "T": "nk"},
    "attention": {"Q": "nd", "K": "md", "V": "mp", "G": "np"},
    "convolution": {"I": "bcHW", "F": "kc33", "R": "bkhw"},
    "strided convolution": {"I": "bcHW", "F": "kc33", "R": "bkhw"},
}
VARIABLES = {
    "logistic": ["w"], "Poisson": ["w"], "two layers": ["W1", "b1", "W2", "b2"], "factorisation": ["U", "V"],
    "softmax": ["W"], "attention": ["Q", "K", "V"], "convolution": ["I", "F"],
    "strided convolution": ["I", "F"],
}  # fmt: skip

FUNCTIONS = {
    "logistic": "logistic", "Poisson": "poisson", "two layers": "layers", "factorisation": "factorisation",
    "softmax": "softmax", "attention": "attention", "convolution": "convolution",
    "strided convolution": "strided",
}  # fmt: skip


def loss_of(task: str, module: dict[str, Any]) -> tuple[Callable[..., Any], list[str]]:
    """The loss that a task differentiates, out of what a module defines, and the names of its variables."""
    model = task.split(",")[0]
    return module[FUNCTIONS[model]], VARIABLES[model]


def sizes_of(task: str) -> dict[str, int]:
    """The sizes of a task."""
    model = task.split(",")[0]
    return SIZES.get(task) or SIZES[model]


def data(task: str) -> dict[str, np.ndarray]:
    """The arrays of a task, double precision, drawn anew with one seed."""
    rng = np.random.default_rng(7)
    sizes = {**sizes_of(task), "3": 3}
    if "H" in sizes:
        sizes |= {"h": sizes["H"] - 2, "w": sizes["W"] - 2}
    elif "w" in sizes:
        sizes |= {"H": 2 * sizes["h"] + 1, "W": 2 * sizes["w"] + 1}
    model = task.split(",")[0]
    made = {}
    for name, shape in SHAPES[model].items():
        extents = tuple(sizes[letter] for letter in shape)
        spread = 0.3 if name in ("w", "W", "W1", "W2", "b1", "b2") else 1.0
        made[name] = spread * rng.normal(size=extents)
    if model == "logistic":
        made["y"] = np.sign(made["y"])
    if model == "Poisson":
        made["X"] /= 5
        made["y"] = rng.poisson(1.0, size=sizes["n"]).astype(float)
    if model == "softmax":
        made["T"] = np.eye(sizes["k"])[rng.integers(0, sizes["k"], sizes["n"])]
    return made
