"""Sums and products of complex numbers; what else is computed of them is not counted."""

from __future__ import annotations

from collections.abc import Mapping

from symderive.imports.torch_modules.call import Call, Operation, is_tensor
from symderive.networks import Feature
from symderive.networks.operations import ComplexArithmetic
from symderive.networks.shapes import missing_axes


def _combined(call: Call) -> Feature | None:
    """Two complex arrays entry by entry, as they are."""
    given = (call["self"], call["other"])
    is_scaled = call["alpha"] not in (None, 1)
    if is_scaled or not all(is_tensor(one) and one.is_complex() for one in given):
        return None
    one, other = map(call.record.feature, given)
    shape = call.record.sizes.together(one.shape, other.shape)
    missing = (missing_axes(one.shape, shape), missing_axes(other.shape, shape))
    reads = [one, one, other, other]
    return call.step(reads, ComplexArithmetic, shape, called=call.name, missing=missing, name=call.name)


ON_PAIRS: Mapping[str, Operation] = dict.fromkeys(("add", "sub", "mul"), _combined)
