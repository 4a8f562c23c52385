"""Results of frequent operations straight from the shapes of our layers, checked at the numbers of the run.

Torch works out symbolic shapes by running its own decompositions, which takes most of the time of an import.
Where the layer says the shape already, torch is asked at numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderive.core.dims import Size
from symderive.errors import InternalError
from symderive.imports.extras import extra
from symderive.imports.torch_modules.call import is_tensor
from symderive.imports.torch_modules.record import Record
from symderive.imports.torch_modules.symbols import Symbols
from symderive.layers.activation import KINDS
from symderive.networks import Feature

SHORT = frozenset(
    {
        "convolution",
        "_native_batch_norm_legit",
        "_native_batch_norm_legit_no_training",
        "native_layer_norm",
        "hardtanh",
        "leaky_relu",
        "elu",
        "_softmax",
    }
    | {"mm", "bmm", "addmm", "baddbmm", "embedding"}
    | {f"max_pool{axes}d_with_indices" for axes in (1, 2, 3)}
    | {f"avg_pool{axes}d" for axes in (1, 2, 3)}
    | set(KINDS)
)
"""The operations whose first result has the shape of the layer."""


class Shortcuts:
    """Results with symbolic sizes, without torch's own symbolic computation."""

    def __init__(self, torch: Any, record: Record, symbols: Symbols) -> None:
        self._torch, self._record, self._symbols = torch, record, symbols
        self._numbers: dict[int, Any] = {}

    def results(self, func: Any, args: Any, kwargs: Any, made: Feature) -> Any:
        """What the operation gives: the first result has the shape of `made`.

        Raises:
            InternalError: torch gives another shape where the model runs.
        """
        with extra("torch._subclasses.fake_tensor", "importing a torch model").unset_fake_temporarily():
            found = func(*self._plain(args), **self._plain(kwargs))
        first = found[0] if isinstance(found, tuple) else found
        numbers = [int(self._record.sizes.value(size)) for size in made.shape]
        if numbers != list(first.shape):
            raise InternalError(
                f"importing {self._record.place}: {made.shape} are {numbers}, where torch has "
                f"{list(first.shape)}."
            )
        device = next(one.device for one in args if is_tensor(one))
        if not isinstance(found, tuple):
            return self._open(found, made.shape, device)
        return tuple(self._open(one, made.shape, device) for one in found)

    def simpler(self, tensor: Any) -> Any:
        """A tensor whose sizes are written with floors as one with symbols for them."""
        sizes = self._record.sizes
        if not any(sizes.is_written_out(size) for size in tensor.shape):
            return tensor
        return self._empty(sizes.shape(tensor), tensor.dtype, tensor.device)

    def _open(self, found: Any, shape: tuple[Size, ...], device: Any) -> Any:
        """A result with the symbolic sizes of the axes that it shares with the first one."""
        if len(found.shape) != len(shape):
            return self._empty(found.shape, found.dtype, device)
        pairs = zip(shape, found.shape, strict=True)
        sizes = [own if self._record.sizes.value(own) == number else number for own, number in pairs]
        return self._empty(sizes, found.dtype, device)

    def _empty(self, sizes: Any, kind: Any, device: Any) -> Any:
        whole = [size if isinstance(size, int) else self._symbols.integer(size) for size in sizes]
        return self._torch.empty(whole, dtype=kind, device=device)

    def _plain(self, value: Any) -> Any:
        """Arguments with tensors that have only numbers for sizes."""
        if is_tensor(value):
            return self._plain_tensor(value)
        if isinstance(value, (tuple, list)):
            return type(value)(map(self._plain, value))
        if isinstance(value, Mapping):
            return {name: self._plain(one) for name, one in value.items()}
        node = getattr(value, "node", None)
        return value if node is None else node.hint

    def _plain_tensor(self, tensor: Any) -> Any:
        if id(tensor) not in self._numbers:
            shape = [self._plain(size) for size in tensor.shape]
            self._numbers[id(tensor)] = self._torch.empty(shape, dtype=tensor.dtype, device="meta")
            self._record.keep(tensor)
        return self._numbers[id(tensor)]
