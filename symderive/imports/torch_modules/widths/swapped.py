"""A module with symbolic sizes in place of some of its numbers, and as it was afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from symderive.core.dims import Size
from symderive.imports.torch_modules.widths.places import Place, Places


@contextmanager
def swapped(
    torch: Any, places: Places, sizes: Mapping[Place, Size], integer: Callable[[Size], Any]
) -> Iterator[None]:
    """For as long as this holds, the model has these sizes.

    Nothing of an array is copied; the arrays that stand in its place have no entries.

    Args:
        torch: the library.
        places: the places of the model.
        sizes: for some of them.
        integer: a size as torch takes it.
    """
    made = dict(_arrays(torch, sizes, integer))
    with ExitStack() as stack:
        for path in places.modules:
            module = places.modules[path]
            for kind in ("_parameters", "_buffers"):
                new = {name: made[id(one)] for name, one in vars(module)[kind].items() if id(one) in made}
                stack.enter_context(patch.dict(vars(module)[kind], new))
            _swap_lists(stack, module, made)
        by_owner: dict[tuple[int, str], list[Place]] = {}
        for place in sizes:
            if not place.is_axis:
                by_owner.setdefault((id(place.owner), place.attribute), []).append(place)
        for some in by_owner.values():
            _swap_attribute(stack, some, sizes, integer)
        stack.enter_context(patch.object(math, "sqrt", _root(torch, math.sqrt)))
        stack.enter_context(patch.object(torch.nn.functional, "float", _real(torch), create=True))
        yield


def _arrays(torch: Any, sizes: Mapping[Place, Size], integer: Callable[[Size], Any]) -> Iterator[Any]:
    """New arrays by the identity of the old ones."""
    tensors = {id(place.owner): place.owner for place in sizes if place.is_axis}
    for key, old in tensors.items():
        shape: list[Any] = list(old.shape)
        for place, size in sizes.items():
            if place.owner is old:
                shape[place.at or 0] = integer(size)
        new = torch.empty(shape, dtype=old.dtype, device=old.device)
        yield key, new.requires_grad_(old.requires_grad)


def _swap_lists(stack: ExitStack, module: Any, made: Mapping[int, Any]) -> None:
    """Lists of arrays that a module keeps beside its parameters, as recurrent ones do."""
    for name, value in list(vars(module).items()):
        if isinstance(value, (list, tuple)) and any(id(one) in made for one in value):
            new = type(value)(made.get(id(one), one) for one in value)
            stack.enter_context(patch.dict(vars(module), {name: new}))


def _swap_attribute(
    stack: ExitStack, places: list[Place], sizes: Mapping[Place, Size], integer: Callable[[Size], Any]
) -> None:
    owner, name = places[0].owner, places[0].attribute
    new: Any = integer(sizes[places[0]])
    if places[0].at is not None:
        several = list(vars(owner)[name])
        for place in places:
            several[place.at or 0] = integer(sizes[place])
        new = tuple(several)
    stack.enter_context(patch.dict(vars(owner), {name: new}))


def _root(torch: Any, plain: Callable[[Any], float]) -> Callable[[Any], Any]:
    def root(x: Any) -> Any:
        """As `math.sqrt`; that of a symbolic number is one."""
        return torch.sym_sqrt(x) if hasattr(x, "node") else plain(x)

    return root


def _real(torch: Any) -> Callable[..., Any]:
    def real(x: Any = 0.0) -> Any:
        """As `float`; a symbolic number stays one."""
        return torch.sym_float(x) if hasattr(x, "node") else float(x)

    return real
