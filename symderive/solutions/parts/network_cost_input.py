"""A network and its cost from a name and sizes, as a problem file or a command line gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.cost.tree import CostTree
from symderive.derive.costs import cost
from symderive.errors import SymderiveError, did_you_mean
from symderive.imports.onnx_files import onnx_file
from symderive.imports.torch_modules import torch_network
from symderive.networks import Architecture, family_of, network


def is_file(name: str) -> bool:
    """Whether a network is given by the path of an ONNX file."""
    return name.lower().endswith(".onnx")


def network_cost(
    name: str, sizes: Mapping[str, Any], dims: str | None = None
) -> tuple[Architecture, CostTree]:
    """A network, and its cost with the sizes put in.

    Args:
        name: that of the network; capitals and `-` do not matter. Or the path of an ONNX file.
        sizes: those of the input by letter (`B`, `H`, `W`, `T`), options of the family, and values of the
            symbols of the network (`d`, `L`). A number for a letter of the input is put in, a name replaces
            it. Of a file, numbers for its symbols.
        dims: of a file, names for its open axes.

    Raises:
        SymderiveError: no such network, or a size that it does not have.
        ShapeError: sizes that do not fit.

    >>> net, found = network_cost("ResNet18", {"H": 224, "W": 224, "B": 1})
    >>> found.macs
    1814073344
    """
    if is_file(name):
        net = onnx_file(name, dims)
        return net, cost(net).subs(_numbers(name, net, sizes, ()))
    plain = name.lower().replace("-", "_")
    if dims is not None:
        raise SymderiveError(f"{plain}: dims name the open axes of an ONNX file; give its sizes by letter.")
    family = family_of(plain)
    letters: dict[str, Any] = {}
    options: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for key, size in sizes.items():
        letter = key.upper() if key.upper() in family.sizes else key
        if letter in letters or letter in values:
            raise SymderiveError(f"{plain}: {letter} is given twice.")
        if letter in family.sizes:
            if isinstance(size, (list, bool)):
                raise SymderiveError(f"{plain}: {letter} is {str(size)[:60]}; give one number or name.")
            is_number = isinstance(size, int) and family.sizes[letter] == letter
            (values if is_number else letters)[letter] = size
        elif key in family.options:
            options[key] = tuple(size) if isinstance(size, list) else size
        else:
            values[key] = size
    net = network(plain, **letters, **options)
    return net, cost(net).subs(_numbers(plain, net, values, (*family.sizes, *family.options)))


def imported_cost(
    name: str, model: Any, texts: Any, sizes: Mapping[str, Any], symbols: Mapping[str, str] | None = None
) -> tuple[Architecture, CostTree]:
    """A model of torch as a network, and its cost with the sizes put in.

    Args:
        name: how it is called in messages.
        model: the model; see `symderive.imports.torch_modules.torch_network`.
        texts: the sizes of its inputs; see there.
        sizes: numbers for the symbols in them.
        symbols: names for numbers of the model by their places; see there.

    Raises:
        SymderiveError: a model that cannot be counted, or a size that it does not have.
        ShapeError: sizes that do not fit.
    """
    net = torch_network(model, texts, symbols)
    return net, cost(net).subs(_numbers(name, net, sizes, ()))


def _numbers(
    name: str, net: Architecture, values: Mapping[str, Any], others: tuple[str, ...]
) -> dict[str, int]:
    """Numbers for symbols; a name or a number for something else is a mistake."""
    symbols = [symbol.name for symbol in net.size_order if symbol not in net.relations]
    for key, size in values.items():
        choices = list(dict.fromkeys((*symbols, *others)))
        if key not in symbols:
            near = did_you_mean(key, choices)
            hint = near if near != "." else f"; give some of {', '.join(choices)}."
            raise SymderiveError(f"{name}: there is no {key[:60]}{hint}")
        if not isinstance(size, int) or isinstance(size, bool):
            raise SymderiveError(f"{name}: {key} is {repr(size)[:60]}; give a positive whole number.")
    return dict(values)
