"""Generated functions for other array libraries than NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symderive.codegen.arguments import check_names, check_shapes
from symderive.codegen.generated import Generated
from symderive.codegen.libraries import library
from symderive.codegen.loading import loaded
from symderive.codegen.numpy_source import function_source, plan_of, with_sizes
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.errors import SymderiveError


@dataclass(frozen=True)
class ArrayFunction(Generated):
    """A generated function for arrays of another library; `.source` is its code.

    It computes where the arrays are and in their type. `jax.jit(function)` and `torch.compile` take it.

    The code runs with that library alone (array-API code also needs `array_api_compat`).

    Attributes:
        backend: the library, one of `numpy`, `array-api`, `torch`, `jax`.
    """

    backend: str

    def __call__(self, **arrays: Any) -> Any:
        """Compute the outputs.

        Args:
            arrays: one array of the library per input, by name; other arrays of the loss may be given too.

        Returns:
            the output, or a tuple of outputs.

        Raises:
            SymderiveError: a missing or unknown name, what is no array, or the library is not installed.
            ShapeError: an array whose shape does not fit.
        """
        inputs = self.arguments(arrays)
        check_names(inputs, arrays, self.name)
        for name, value in arrays.items():
            if not hasattr(value, "shape"):
                raise SymderiveError(
                    f"{self.name}: {name} is no array ({type(value).__name__}); "
                    f"give an array of {library(self.backend).title}."
                )
        check_shapes(inputs, {name: tuple(value.shape) for name, value in arrays.items()}, self.name)
        return self._loaded(**self.needed(arrays))

    @cached_property
    def _loaded(self) -> Any:
        try:
            return loaded(self.source, self.name)[self.name]
        except ImportError as error:
            raise SymderiveError(
                f"{self.name}: the code for {library(self.backend).title} needs {error.name}, which is not "
                "installed; install it, or use to_numpy()."
            ) from error


def array_function(
    program: Program,
    name: str,
    backend: str,
    summary: str = "",
    accepted: tuple[Tensor, ...] = (),
    rows_per_block: int | str | None = None,
) -> ArrayFunction:
    """Write the code of a program for an array library.

    Args:
        program: the equations, in order.
        name: the name of the function.
        backend: the library.
        summary: first line of its docstring.
        accepted: arrays that a call may give although the equations do not use them.
        rows_per_block: how many rows are computed at a time, as for `function_source`.

    Raises:
        SymderiveError: a library that is not known, a function that it has not, a name that clashes, a size
            that cannot be read off an array, or no blocks of rows.
    """
    program = with_sizes(program, accepted)
    source = function_source(plan_of(program), name, summary, backend, rows_per_block)
    return ArrayFunction(program, source, name, accepted, backend)
