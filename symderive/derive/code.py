"""The code of a derivation: for which library, and what the function returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

import sympy

from symderive.codegen.array_function import ArrayFunction, array_function
from symderive.codegen.contraction_order import for_sizes
from symderive.codegen.fixed_positions import with_rows_apart
from symderive.codegen.lengths import where_at_least_0
from symderive.codegen.new_names import NewNames
from symderive.codegen.numpy_source import NumpyFunction, numpy_function, sizes_of
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.together import summary_of, together
from symderive.errors import SymderiveError, did_you_mean
from symderive.notation.kronecker import kronecker_factors

if TYPE_CHECKING:
    from symderive.derive.derivation import Derivation


class CodeOptions(TypedDict, total=False):
    """What generated code returns and how it computes it; all may be left out.

    Attributes:
        with_value: whether the function returns the value before the derivatives.
        with_gradient: of a second derivative, whether it returns the gradient too, before the second
            derivative. What they have in common is computed once.
        rows_per_block: how many rows of the data are computed at a time, where rows are only summed over;
            `"auto"` for as many as stay in the cache. This saves memory, and time for many rows.
        sizes: numbers for some sizes, by name, such as `{"n": 100_000, "d": 50}`. Products are then done in
            the order that costs least for them; the code stays right for all sizes. By default the order is
            that for usual sizes: n rows are many, d columns fewer, k classes few.
    """

    with_value: bool
    with_gradient: bool
    rows_per_block: int | str | None
    sizes: Mapping[str, int]
    kronecker: bool


def numpy_code(derivation: Derivation, options: CodeOptions) -> NumpyFunction:
    """The function for NumPy.

    Raises:
        SymderiveError: an option that does not exist or does not fit the derivation.
    """
    program, summary = _wanted(derivation, options)
    sizes = _checked_sizes(program, options.get("sizes", {}))
    with for_sizes(sizes), where_at_least_0(derivation.slacks):
        return numpy_function(
            program,
            derivation.kind,
            summary,
            derivation.original.inputs,
            derivation.slacks,
            plan=True,
            rows_per_block=options.get("rows_per_block"),
        )


def library_code(derivation: Derivation, backend: str, options: CodeOptions) -> ArrayFunction:
    """The function for another array library.

    Raises:
        SymderiveError: an option that does not exist or does not fit the derivation, or a library that is
            not known or has not a function that occurs in it.
    """
    program, summary = _wanted(derivation, options)
    sizes = _checked_sizes(program, options.get("sizes", {}))
    with for_sizes(sizes), where_at_least_0(derivation.slacks):
        return array_function(
            with_rows_apart(program, derivation.slacks),
            derivation.kind,
            backend,
            summary,
            derivation.original.inputs,
            options.get("rows_per_block"),
        )


def _wanted(derivation: Derivation, options: CodeOptions) -> tuple[Program, str]:
    """The equations of what is returned, and the first lines of the docstring."""
    known = CodeOptions.__annotations__
    for option in options:
        if option not in known:
            raise SymderiveError(
                f"writing code: there is no option {option} ({', '.join(known)}){did_you_mean(option, known)}"
            )
    what = bool(options.get("with_value")), bool(options.get("with_gradient"))
    program, summary = together(derivation, *what), summary_of(derivation, *what)
    if not options.get("kronecker"):
        return program, summary
    program = in_factors(program, derivation)
    count = len(program.outputs) - sum(what)
    names = [str(tensor.name) for tensor in program.outputs[-count:]]
    pairs = " + ".join(f"{left} ⊗ {right}" for left, right in zip(names[::2], names[1::2], strict=True))
    return program, f"{summary}\n{', '.join(names)} with {derivation.results[0].left_text} = {pairs}"


def in_factors(program: Program, derivation: Derivation) -> Program:
    """The program with the factors of its last output, a sum of Kronecker products, instead of it.

    Raises:
        SymderiveError: it is none.
    """
    output = program.outputs[-1]
    made = program.definition(output)
    single = len(derivation.results) == 1 and not derivation.layout.turned and made is not None
    factors = kronecker_factors(made) if single and made is not None else None
    if factors is None:
        raise SymderiveError(
            f"writing code: the {derivation.word} is not a sum of Kronecker products of two matrices; leave "
            "kronecker out."
        )
    names = NewNames((program,), [size.name for size in sizes_of(program)])
    new = [
        replace(factor, tensor=Tensor(names.like(letter), factor.tensor.shape))
        for pair in factors
        for letter, factor in zip("PQ", pair, strict=True)
    ]
    kept = [one for one in program.definitions if one.tensor != output]
    outputs = (*program.outputs[:-1], *(one.tensor for one in new))
    return Program(program.inputs, (*kept, *new), outputs).needed(outputs)


def _checked_sizes(program: Program, sizes: Mapping[str, int]) -> Mapping[str, int]:
    """The sizes as given.

    Raises:
        SymderiveError: a size that the arrays do not have, or a number that is none.
    """
    known = [symbol.name for symbol in sizes_of(program)]
    for name, number in sizes.items():
        if name not in known:
            raise SymderiveError(
                f"writing code: no array has the size {name}; the sizes are {', '.join(known) or 'numbers'}."
            )
        if isinstance(number, bool) or not isinstance(number, (int, sympy.Integer)) or number < 1:
            raise SymderiveError(f"writing code: the size {name} is {number!r}; give a positive integer.")
    return {name: int(number) for name, number in sizes.items()}
