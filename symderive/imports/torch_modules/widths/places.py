"""Where the numbers of a model stand: axes of its parameters and buffers, and attributes of its modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from symderive.core.dims import Dim
from symderive.errors import SymderiveError, did_you_mean

_LAST = re.compile(r"(?P<path>(?:.*\.)?)(?P<name>[^.\[\]]+)(?:\[(?P<at>\d+)\])?")
LENGTH = "length"
"""Behind a list of modules: how many there are."""


class Width(Dim):
    """The number at a place while it is open: another symbol than a size of the user's."""

    __slots__ = ()


@dataclass(frozen=True)
class Place:
    """One number of a model.

    Attributes:
        name: as it is written: `conv1.out_channels`, `conv1.weight[0]`.
        number: what stands there.
        owner: the module, or another object, whose attribute it is; of an axis the tensor.
        attribute: the name of the attribute; "" for an axis of an array.
        at: the axis, or the place in an attribute that is a tuple.
        symbol: stands for the number; one for each place, also where an array has two names.
    """

    name: str
    number: int
    owner: Any
    attribute: str
    at: int | None
    symbol: Width

    @property
    def is_axis(self) -> bool:
        """Whether it is an axis of an array."""
        return not self.attribute


class Places:
    """The places of a model, each once, however many names lead there."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.modules: dict[str, Any] = dict(model.named_modules())
        self._known: dict[tuple[int, str, int | None], Place] = {}
        self.by_symbol: dict[Dim, Place] = {}

    def axes(self, path: str) -> Iterator[Place]:
        """The axes of the parameters and buffers of one module."""
        for name, tensor in arrays_of(self.modules[path]).items():
            for axis in range(len(tensor.shape)):
                yield self.axis(path, name, axis)

    def axis(self, path: str, name: str, axis: int) -> Place:
        """One axis of a parameter or buffer."""
        tensor = arrays_of(self.modules[path])[name]
        written = f"{path}.{name}".lstrip(".") + f"[{axis}]"
        return self._place(written, int(tensor.shape[axis]), tensor, "", axis)

    def attributes(self, path: str, owner: Any) -> Iterator[Place]:
        """The attributes of a module, or of another object, that are whole numbers or several of them."""
        for name, value in vars(owner).items():
            if name.startswith("_"):
                continue
            if _is_number(value):
                yield self.attribute(path, owner, name, None)
            elif isinstance(value, (tuple, list)) and value and all(map(_is_number, value)):
                yield from (self.attribute(path, owner, name, at) for at in range(len(value)))

    def attribute(self, path: str, owner: Any, name: str, at: int | None) -> Place:
        """One attribute."""
        value = vars(owner)[name]
        written = f"{path}.{name}".lstrip(".") + ("" if at is None else f"[{at}]")
        return self._place(written, int(value if at is None else value[at]), owner, name, at)

    def _place(self, name: str, number: int, owner: Any, attribute: str, at: int | None) -> Place:
        key = (id(owner), attribute, at)
        if key not in self._known:
            symbol = Width(f"width_{len(self._known)}")
            self._known[key] = self.by_symbol[symbol] = Place(name, number, owner, attribute, at, symbol)
        return self._known[key]

    def named(self, pattern: str) -> list[Place]:
        """The places that a name means; `*` stands for any module at its level.

        Raises:
            SymderiveError: there is none.
        """
        owners, name, at = self._owners(pattern)
        found = [place for path, owner in owners for place in self._at(path, owner, name, at)]
        if not found:
            path, owner = owners[0]
            raise SymderiveError(f"symbols: {self._missing(pattern, path, owner, name)}")
        return found

    def lists(self, pattern: str) -> list[str] | None:
        """The paths of the lists of modules whose length a name means; None where it means none."""
        if not isinstance(pattern, str) or pattern.rpartition(".")[2] != LENGTH:
            return None
        owners, _, _ = self._owners(pattern)
        if any(LENGTH in vars(owner) for _, owner in owners):
            return None
        for path, owner in owners:
            if not isinstance(owner, Iterable):
                raise SymderiveError(
                    f'symbols: {path or "the model"} is no list of modules, so that "{pattern}" means '
                    "nothing; name a ModuleList or a Sequential."
                )
        return [path for path, _ in owners]

    def _owners(self, pattern: str) -> tuple[list[tuple[str, Any]], str, int | None]:
        """The modules, or other objects, of a pattern; the attribute; its place."""
        parts = _LAST.fullmatch(pattern) if isinstance(pattern, str) else None
        if parts is None:
            raise SymderiveError(
                f"symbols: {pattern!r} is no place; write a path and an attribute, as in "
                '"conv1.out_channels" or "layers.*.fc.weight[0]".'
            )
        path, at = parts["path"].rstrip("."), parts["at"]
        owners = [(name, one) for name, one in self.modules.items() if _matches(name, path)]
        owners = owners or list(self._objects(path))
        if not owners:
            stars = dict.fromkeys(map(starred, self.modules))
            raise SymderiveError(
                f'symbols: there is no module "{path}"{_listed(path, [one for one in stars if one])}'
            )
        return owners, parts["name"], None if at is None else int(at)

    def _objects(self, path: str) -> Iterator[tuple[str, Any]]:
        """What is no module and stands in one, as a configuration does."""
        above, _, name = path.rpartition(".")
        for module, owner in self.modules.items():
            found = vars(owner).get(name) if _matches(module, above) else None
            if found is not None and hasattr(found, "__dict__"):
                yield f"{module}.{name}".lstrip("."), found

    def _at(self, path: str, owner: Any, name: str, at: int | None) -> Iterator[Place]:
        arrays = arrays_of(owner)
        if name in arrays:
            axis = 0 if at is None and len(arrays[name].shape) == 1 else at
            if axis is not None and axis < len(arrays[name].shape):
                yield self.axis(path, name, axis)
            return
        for place in self.attributes(path, owner):
            is_only = place.at is None or len(vars(owner)[name]) == 1 if place.attribute == name else False
            if place.attribute == name and (place.at == at or (at is None and is_only)):
                yield place

    def _missing(self, pattern: str, path: str, owner: Any, name: str) -> str:
        known = [place.name.rpartition(".")[2] for place in self.attributes(path, owner)]
        known += [
            place.name.rpartition(".")[2] for place in (self.axes(path) if path in self.modules else ())
        ]
        inside = [] if path else [module for module in self.modules if module and "." not in module]
        known += [f"{module}.…" for module in inside]
        return f'there is no number at "{pattern}"{_listed(name, known, path or "the model")}'


def arrays_of(module: Any) -> Mapping[str, Any]:
    """The parameters and buffers of one module that have axes, without those of the modules in it."""
    own = {**vars(module).get("_parameters", {}), **vars(module).get("_buffers", {})}
    return {name: one for name, one in own.items() if one is not None and len(one.shape)}


def starred(name: str) -> str:
    """A name with `*` for the numbers in lists.

    >>> starred("transformer.h.11.attn.split_size")
    'transformer.h.*.attn.split_size'
    """
    return ".".join("*" if part.isdecimal() else part for part in name.split("."))


def _matches(path: str, pattern: str) -> bool:
    parts, wanted = path.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _is_number(value: Any) -> bool:
    return type(value) is int and value > 0


def _listed(word: str, known: list[str], where: str = "") -> str:
    near = did_you_mean(word, known)
    if near != "." or not known:
        return near
    some = list(dict.fromkeys(known))
    more = ", …" if len(some) > 12 else ""
    return f"; {where + ' has' if where else 'there are'} {', '.join(some[:12])}{more}."
