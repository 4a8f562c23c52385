"""`cost` with backward passes: layers, networks and programs, counted from their equations."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any, overload

from symderive.core.dims import Size
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.cost.entry import cost as counted
from symderive.cost.protocols import Costable, Network
from symderive.cost.record import Cost
from symderive.cost.training.pulling import Derivatives, Pulled
from symderive.cost.tree import CostTree
from symderive.imports.models import network_of
from symderive.language.array import Array
from symderive.language.programs import program_of


@overload
def cost(
    thing: Network | str | PathLike[str] | bytes,
    *,
    parameters: Iterable[str] = (),
    strict: bool = False,
    dims: Any = None,
    **sizes: int,
) -> CostTree: ...
@overload
def cost(
    thing: Any,
    *,
    input: Any,
    symbols: Any = None,
    parameters: Iterable[str] = (),
    strict: bool = False,
    dims: Any = None,
    **sizes: int,
) -> CostTree: ...
@overload
def cost(
    thing: Any, *, parameters: Iterable[str] = (), strict: bool = False, dims: Any = None, **sizes: int
) -> Cost: ...
def cost(
    thing: Any,
    *,
    parameters: Iterable[str] = (),
    strict: bool = False,
    dims: Any = None,
    input: Any = None,
    symbols: Any = None,
    **sizes: int,
) -> Cost | CostTree:
    """What a layer, a network or a program costs, forward and backward, counted from its index equations.

    Args:
        thing: a layer, a network, a symbolic array, a `Program`, what has a `.program`, as a derivation has,
            an ONNX file as a path, as bytes or as an `onnx.ModelProto`, or a torch module, a class of modules
            that takes no arguments, a function that gives one, or an exported program.
        parameters: for an array or a bare program, the names of the inputs that are trained.
        strict: whether an operation that is not counted is an error; otherwise it stands in `unknown`.
        dims: of an ONNX file, names or numbers for the axes that it leaves open, in order, as in "B,H,W"; a
            whole shape of its only input, as in "B,3,H,W", which opens axes that the file fixes; or names by
            name, as in `{"batch": "B"}`, and shapes by input.
        input: of a torch model, the sizes of its input, as in "B,3,H,W", or "B,T:integer" for numbers of
            tokens; several as a tuple, or by the names of the arguments.
        symbols: of a torch module, names for its own numbers by their places, as in
            `{"conv1.out_channels": "w", "layers.*.linear1.out_features": "4*d", "layers.length": "L"}`; see
            `symderive.imports.torch_modules.torch_network`.
        sizes: numbers for its symbols, as in `Cost.subs`.

    Returns:
        a cost in symbols. Integer sizes of a layer get the customary name of their role (`C_in`, `k`, `H`)
        and their value, so that formula and number are both there. That of a network is a tree of blocks.
        The backward pass is derived when it is asked for, in `backward`, `backward_pass` or `train_step`.

    Raises:
        SymderiveError: not something that has equations, a size or parameter that it does not have, or with
            `strict` an operation that is not counted; in the backward pass when that is asked for.
        ShapeError: sizes that do not fit each other.

    >>> from symderive.layers import Conv2d
    >>> normal = cost(Conv2d(3, 256, 5, 12, 12))
    >>> normal.formula().write(), normal.macs, normal.params
    ('k² · C_in · H′ · W′ · C_out', 1228800, 19200)
    >>> normal.formula("backward_macs").write(), normal.backward
    ('2 · k² · C_in · H′ · W′ · C_out', 2457600)
    """
    derivatives = Derivatives(_differentiated, _kept, is_strict=strict)
    countable = _countable(thing, dims, input, symbols)
    return counted(countable, parameters=parameters, strict=strict, derivatives=derivatives, **sizes)


def _countable(thing: Any, dims: Any, texts: Any, symbols: Any) -> Any:
    """What can be counted as it is; a model of another library becomes a network here."""
    if isinstance(thing, Array) and symbols is None:
        return program_of(thing)
    return network_of(thing, dims, texts, symbols) or thing


def _differentiated(
    program: Program, results: tuple[Tensor, ...], wanted: tuple[Tensor, ...], order: tuple[Size, ...]
) -> tuple[Pulled, ...]:
    from symderive.derive.backward import pulled  # the chain rule is loaded when it is asked for

    return pulled(program, results, wanted, order)


def _kept(layer: Costable, varying: tuple[str, ...], again: tuple[str, ...]) -> tuple[Tensor, ...]:
    from symderive.derive.kept import kept  # likewise

    return kept(layer, varying, again)
