"""Which pass a question about a cost means: the forward pass, the backward pass, or a training step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from symderive.cost.counted import Counted
from symderive.cost.training.optimizers import optimizer
from symderive.cost.tree import CostTree
from symderive.errors import SymderiveError
from symderive.solutions.schema import Boolean, Field, ListOf, OneOf, String

Refuse = Callable[[str, str], SymderiveError]
"""Makes the error about a key, from what is wrong."""
NAMES = OneOf(String(), ListOf(String()))
DTYPE = "float32"
PASS_FIELDS = (
    Field(
        "train",
        String(),
        default=None,
        doc="an optimizer, sgd, momentum, adam or adamw: what a training step costs, in place of inference",
    ),
    Field(
        "recompute",
        NAMES,
        default=None,
        doc='of a training step: what is computed again and not kept: "full", or names of blocks or layers',
    ),
    Field("backward", Boolean(), default=False, doc="whether the backward pass is counted, and that alone"),
    Field("memory", Boolean(), default=False, doc="whether there is a part about memory"),
    Field(
        "dtype", String(), default=None, doc=f"the type of numbers for bytes, such as bfloat16; else {DTYPE}"
    ),
)
"""The keys for them, in every kind of question about a cost."""


@overload
def asked_pass(values: Mapping[str, Any], cost: CostTree, refuse: Refuse) -> CostTree: ...
@overload
def asked_pass(values: Mapping[str, Any], cost: Counted, refuse: Refuse) -> Counted: ...
def asked_pass(values: Mapping[str, Any], cost: Counted, refuse: Refuse) -> Counted:
    """What is asked about a cost.

    Args:
        values: those of the keys of `PASS_FIELDS`.
        cost: of a layer or a network.
        refuse: makes the error about a key.

    Raises:
        SymderiveError: what `refuse` makes, for keys that do not fit each other or the cost.
    """
    for key, others in _NEEDS.items():
        if values.get(key) is not None and not any(values.get(other) for other in others):
            given = f"{others[0]} too" if len(others) == 1 else "one of them"
            raise refuse(key, f"{key} is about {_listed(others)}; give {given}, or leave {key} out.")
    if values.get("train") is None:
        return _backward(cost, refuse) if values.get("backward") else cost
    if values.get("backward"):
        raise refuse("backward", "a training step has its backward pass in it; ask for train or backward.")
    name, again = values["train"], values.get("recompute") or ()
    try:
        optimizer(name)
    except SymderiveError as error:
        raise refuse("train", str(error)) from None
    try:
        return cost.train_step(name, (again,) if isinstance(again, str) else tuple(again))
    except SymderiveError as error:
        raise refuse("recompute" if again else "train", str(error)) from None


_NEEDS = {"recompute": ("train",), "dtype": ("memory", "train", "solve")}


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _backward(cost: Counted, refuse: Refuse) -> Counted:
    try:
        return cost.backward_pass()
    except SymderiveError as error:
        raise refuse("backward", str(error)) from None


def dtype_of(values: Mapping[str, Any]) -> str:
    """The type of numbers that is asked for."""
    return values.get("dtype") or DTYPE
