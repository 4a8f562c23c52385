"""Models as they are given, the numbers at which they run, and what is said when they do not."""

from __future__ import annotations

import inspect
import logging
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from symderive.core.dims import Dim
from symderive.errors import SymderiveError
from symderive.imports.torch_modules.inputs import Given
from symderive.imports.torch_modules.symbols import place_of
from symderive.layers.layer import free_dims

POINTS = (
    ((7, 233, 271), (5, 61, 67)),
    ((5, 224, 448), (5, 8011, 9001)),
    ((6, 224, 225), (6, 448, 192)),
    ((5, 448, 672), (5, 48, 32)),
    ((4, 96, 64), (4, 12, 8)),
    ((3, 32, 32), (3, 6, 5)),
)
"""The numbers at which a model runs: those of the sizes of images, and of sequences; the first that work.

They differ and are no round numbers, so that no two sizes are taken for the same; where a model needs long
inputs, as of sound, or sizes that can be divided, or small ones, the next are tried."""
FEW = ((4, 96, 64), (4, 12, 8))
"""As a point, small numbers: a loop over a size is short there."""


def numbers_for(
    inputs: Iterable[Given], images: tuple[int, ...], sequences: tuple[int, ...]
) -> dict[Dim, int]:
    """A number for each symbol in the sizes of the inputs, all of them different."""
    found: dict[Dim, int] = {}
    for given in inputs:
        numbers = images if len(given.shape) > 3 else sequences
        written = dict.fromkeys(one for size in given.shape for one in free_dims(size))
        symbols = [one for one in written if one not in found]
        for symbol, number in zip(symbols, _endless(numbers), strict=False):
            taken = set(found.values())
            found[symbol] = next(one for one in (number, *range(number + 1, number + 99)) if one not in taken)
    return found


def _endless(numbers: tuple[int, ...]) -> Iterator[int]:
    yield from numbers
    while True:
        yield numbers[-1]


def model_of(torch: Any, given: Any) -> Any:
    """The module that is given, or that a class or a function without arguments gives.

    Raises:
        SymderiveError: there is none.
    """
    module = given
    if not isinstance(given, torch.nn.Module) and callable(given):
        needed = _needed(given)
        if needed:
            raise SymderiveError(
                f"{getattr(given, '__name__', 'the model')} needs {', '.join(needed)}; give an instance, "
                "or a function without arguments that makes one."
            )
        module = _called(given)
    if isinstance(module, torch.jit.ScriptModule):
        raise SymderiveError(
            "importing a torch model: TorchScript hides the sizes; give the module that it was made of."
        )
    if not isinstance(module, torch.nn.Module):
        raise SymderiveError(
            f"importing a torch model: {type(module).__name__} is no torch.nn.Module; give one."
        )
    lazy = torch.nn.parameter.is_lazy
    open_ones = [name for name, one in (*module.named_parameters(), *module.named_buffers()) if lazy(one)]
    if open_ones:
        raise SymderiveError(
            f"{type(module).__name__}: {open_ones[0]} has no sizes before the model has run once, as it is "
            "made of lazy modules; run it on an input first."
        )
    return module


def _called(function: Any) -> Any:
    try:
        return function()
    except Exception as error:  # whatever the code of a model raises
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise SymderiveError(f"making the model fails: {type(error).__name__}: {said}.") from None


def _needed(function: Any) -> list[str]:
    """The arguments without a default."""
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    found = inspect.signature(function).parameters.values()
    return [one.name for one in found if one.default is one.empty and one.kind not in free]


@contextmanager
def at_inference(torch: Any, module: Any) -> Iterator[None]:
    """For as long as this holds, a module computes as at inference, and says nothing on the terminal.

    What its code puts into attributes meanwhile, such as weights that are computed anew, is taken back.
    """
    modules = list(module.modules())
    attributes = [(one.__dict__, dict(one.__dict__)) for one in modules]
    fast, level = torch.backends.mha.get_fastpath_enabled(), logging.root.manager.disable
    for one in modules:
        if one.training:
            one.training = False
    torch.backends.mha.set_fastpath_enabled(False)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        torch.backends.mha.set_fastpath_enabled(fast)
        for found, before in attributes:
            found.clear()
            found.update(before)


_FINAL = {
    "DataDependentOutputException": "a number that it computes from the entries decides what it does",
    "GuardOnDataDependentSymNode": "a number that it computes from the entries decides what it does",
    "PendingUnbackedSymbolNotFound": "a shape depends on the entries and not only on the sizes of the input",
    "DynamicOutputShapeException": "a shape depends on the entries and not only on the sizes of the input",
    "UnsupportedOperatorException": "torch does not know the shape of the result of an operation",
}


_ON_NUMBERS = ("DataDependentOutputException", "GuardOnDataDependentSymNode", "PendingUnbackedSymbolNotFound")
"""What torch says of these is about its own symbols."""


def _line(error: Exception) -> str:
    """Where in the code of the model it came up, in words; empty where torch itself did it."""
    places = map(place_of, reversed(traceback.extract_tb(error.__traceback__)))
    return next(filter(None, places), "")


def is_final(error: Exception) -> bool:
    """Whether a model fails at all sizes."""
    return type(error).__name__ in _FINAL


def sentence(error: Exception) -> str:
    """Why a model did not run."""
    name, said = type(error).__name__, " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if name in _FINAL:
        where = _line(error) if name in _ON_NUMBERS else f" ({said.partition(' (unhinted')[0][:120]})"
        return f"{_FINAL[name]}{where}; give a model without it, or count its parts."
    hint = '; write ":integer" behind the sizes of numbers of tokens' if "types: Long" in said else ""
    return f"it does not run on inputs of these sizes: {said[:200]}{hint}."
