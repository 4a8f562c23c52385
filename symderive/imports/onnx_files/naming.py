"""The open axes of the inputs, and the names that the user gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from symderive.core.dims import Dim, Size, as_size, check_name
from symderive.errors import SymderiveError
from symderive.layers.layer import unused

Axis = str | int
"""An axis as the file has it: a number, or the name of an open one."""


def axes_of(info: Any) -> tuple[Axis, ...] | None:
    """The axes that a file declares for an array; one without a name is `""`. None where it declares none."""
    kind = info.type.WhichOneof("value")
    if kind != "tensor_type" or not info.type.tensor_type.HasField("shape"):
        return None
    return tuple(
        one.dim_value if one.WhichOneof("value") == "dim_value" else one.dim_param
        for one in info.type.tensor_type.shape.dim
    )


class Names:
    """The sizes of the axes that a file leaves open.

    Args:
        inputs: the axes of each input as the file has them.
        given: None; names or numbers for the open axes in their order, as in "B,H,W"; a whole shape of the
            only input, as in "B,3,H,W", which also opens axes that the file fixes; or by name of an open axis
            or of an input, as in `{"batch": "B"}` and `{"image": "B,3,H,W"}`.
        what: the file, for messages.

    Raises:
        SymderiveError: another number of names than of open axes, or something that is no name and no size.
    """

    def __init__(self, inputs: Mapping[str, Sequence[Axis]], given: Any, what: str) -> None:
        self._what, self._inputs = what, inputs
        self._sizes: dict[str, Size] = {}
        self._shapes: dict[str, tuple[Size, ...]] = {}
        self._made: dict[str, Dim] = {}
        found = ((name, place, one) for name, axes in inputs.items() for place, one in enumerate(axes))
        self.open = tuple(
            dict.fromkeys(one or f"{name}[{place}]" for name, place, one in found if not isinstance(one, int))
        )
        if isinstance(given, Mapping):
            self._by_name(given)
        elif given is not None:
            self._in_order(_listed(given))

    def _in_order(self, given: list[Any]) -> None:
        if len(given) == len(self.open):
            self._sizes = {one: self._size(size, one) for one, size in zip(self.open, given, strict=True)}
            return
        if len(self._inputs) == 1:
            ((name, axes),) = self._inputs.items()
            if len(axes) == len(given):
                self._shapes[name] = tuple(self._size(size, name) for size in given)
                return
        raise SymderiveError(f"{self._what}: {len(given)} dims are given; {self._wanted()}.")

    def _wanted(self) -> str:
        inputs = "; ".join(
            f"{name}: {'×'.join(str(one or '?') for one in axes) or 'a scalar'}"
            for name, axes in self._inputs.items()
        )
        if not self.open:
            return f'no axis is open ({inputs}); to open some, give the whole shape, as in "B,3,H,W"'
        return f"the open axes are {', '.join(self.open)} ({inputs}); give one name for each"

    def _by_name(self, given: Mapping[Any, Any]) -> None:
        for key, value in given.items():
            if key in self.open:
                self._sizes[key] = self._size(value, key)
            elif key in self._inputs:
                shape = tuple(self._size(size, key) for size in _listed(value))
                if len(shape) != len(self._inputs[key]):
                    raise SymderiveError(
                        f"{self._what}: {len(shape)} sizes are given for {key}, which has "
                        f"{len(self._inputs[key])} axes; give one for each."
                    )
                self._shapes[key] = shape
            else:
                raise SymderiveError(
                    f"{self._what}: there is neither an open axis nor an input {key!r}; {self._wanted()}."
                )

    def _size(self, value: Any, axis: str) -> Size:
        text = value.strip() if isinstance(value, str) else value
        is_number = isinstance(text, str) and text.isdecimal()
        return as_size(int(text) if is_number else text, f"{self._what}: dims for {axis}")

    def shape(self, name: str) -> tuple[Size, ...]:
        """The shape of an input."""
        if name in self._shapes:
            return self._shapes[name]
        axes = self._inputs[name]
        return tuple(self.size(one, f"{name}[{place}]") for place, one in enumerate(axes))

    def size(self, axis: Axis, place: str) -> Size:
        """The size of an axis, by its number or its name; one without a name is called by its place.

        Raises:
            SymderiveError: a negative number, or a name that is none for a size.
        """
        if isinstance(axis, int):
            return as_size(axis, f"{self._what}: {place}")
        key = axis or place
        if key in self._sizes:
            return self._sizes[key]
        if not axis:
            return self.fresh(place.replace("[", "_").rstrip("]"), key)
        return Dim(check_name(axis, f"{self._what}: an axis, for which dims can give another name"))

    def fresh(self, wanted: str, key: str = "") -> Dim:
        """A size with a name that nothing has; for the same key the same one."""
        key = key or f"{wanted} {len(self._made)}"
        if key not in self._made:
            plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in wanted).strip("_")
            name = plain if plain and plain.isidentifier() else f"n_{plain}".rstrip("_")
            self._made[key] = Dim(check_name(unused(name[:40], self.taken()), f"{self._what}: an axis"))
        return self._made[key]

    def taken(self) -> set[str]:
        """All names in use."""
        sizes = (*self._sizes.values(), *(one for shape in self._shapes.values() for one in shape))
        symbols = {str(symbol) for size in sizes for symbol in size.free_symbols}
        return symbols | set(self.open) | {one.name for one in self._made.values()}


def _listed(given: Any) -> list[Any]:
    """What is given as text with commas, or as a list."""
    if isinstance(given, str):
        return [one.strip() for one in given.split(",") if one.strip()]
    return list(given) if isinstance(given, Iterable) else [given]
