"""Array libraries that generated code is run with: how arrays are made, read, and functions compiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from symderive.codegen.numpy_source import function_source
from symderive.errors import SymderiveError


@dataclass(frozen=True)
class Space:
    """One library with one kind of code.

    Attributes:
        name: of the test.
        backend: what the code is written for.
        needs: the packages without which it cannot run.
        make: an array of the library from one of NumPy.
        read: the other way round.
        compiled: what is done to a function before it is called.
    """

    name: str
    backend: str
    needs: tuple[str, ...]
    make: Callable[[Any], Any]
    read: Callable[[Any], Any] = np.asarray
    compiled: Callable[[Any], Any] = lambda function: function

    @property
    def is_here(self) -> bool:
        """Whether its packages are installed."""
        return all(find_spec(one) is not None for one in self.needs)

    def function(self, program):
        """The function of a program, from its source alone."""
        space: dict[str, Any] = {}
        exec(function_source(program, "f", "f", self.backend), space)
        return self.compiled(space["f"])

    def refusal(self, program) -> str:
        """Why the library has no code for a program; empty where it has."""
        try:
            self.function(program)
        except SymderiveError as error:
            return str(error)
        return ""

    def value(self, program, arrays, kind):
        """The output at arrays of a type of floats, and the name of its own type."""
        given = {name: self.make(np.asarray(one, kind)) for name, one in arrays.items()}
        made = self.function(program)(**given)
        if isinstance(made, (int, float)):
            return np.asarray(made, float), np.dtype(kind).name
        return np.asarray(self.read(made)), str(made.dtype).rsplit(".", 1)[-1]


def _jax(name: str) -> Any:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return import_module(name)


SPACES = (
    Space("numpy", "numpy", (), np.asarray),
    Space("array-api of numpy", "array-api", ("array_api_compat",), np.asarray),
    Space(
        "array-api of array_api_strict", "array-api", ("array_api_compat", "array_api_strict"),
        lambda one: import_module("array_api_strict").asarray(one),
    ),
    Space(
        "array-api of torch", "array-api", ("array_api_compat", "torch"),
        lambda one: import_module("torch").as_tensor(one), lambda one: one.numpy(),
    ),
    Space(
        "array-api of jax", "array-api", ("array_api_compat", "jax"),
        lambda one: _jax("jax.numpy").asarray(one), np.asarray, lambda one: _jax("jax").jit(one),
    ),
    Space(
        "torch", "torch", ("torch",), lambda one: import_module("torch").as_tensor(one),
        lambda one: one.numpy(),
    ),
    Space(
        "jax", "jax", ("jax",), lambda one: _jax("jax.numpy").asarray(one), np.asarray,
        lambda one: _jax("jax").jit(one),
    ),
)  # fmt: skip
HERE = [one for one in SPACES if one.is_here]
