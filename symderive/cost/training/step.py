"""A training step: forward, what is computed again, backward, and the update of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from symderive.core.dims import Dim, Size
from symderive.cost.count import MACS
from symderive.cost.counted import ADDS, FLOPS, MULS, PARAMS, Counted
from symderive.cost.formula import Formula
from symderive.cost.memory.peak import Peak
from symderive.cost.memory.saved import Saved
from symderive.cost.memory.widths import REAL, width_of
from symderive.cost.protocols import Alone
from symderive.cost.record import Cost
from symderive.cost.training.again import FULL, Recompute, blocks_of, check_names, names_of
from symderive.cost.training.backward import backward_tree
from symderive.cost.training.optimizers import optimizer as named_optimizer
from symderive.cost.training.pulling import Keeper, with_adjoint
from symderive.cost.training.update import ENTRIES, STATES, Update
from symderive.cost.tree import Applied, CostTree, Place
from symderive.errors import SymderiveError

FORWARD, AGAIN, BACKWARD_PASS, UPDATE = "forward", "again", "backward", "update"
_NO_PASSES = (
    "memory of a training step: its passes are not counted one by one; ask the cost of the layer or network "
    "itself."
)


@dataclass(frozen=True, repr=False)
class TrainStep(CostTree):
    """What a training step costs: a tree of its four parts, each of them a tree over the network.

    `step["forward"]` is the cost of the network, `step["backward"]` that of its backward pass,
    `step["update"]` that of the optimizer, and `step["again"]`, where something is recomputed, that of
    computing it once more. Every quantity is their sum: `macs`, `flops`, `compile("flops")` and so on.

    What is kept for the backward pass, `saved`, is that of the network, less what is computed again, and so
    is `peak_in_training`; other questions about memory are refused, as nobody counted how a backward pass
    goes over it.

    Attributes:
        said: what is counted, in one line.
        again: the names of what is computed again.
    """

    told: ClassVar[tuple[str, ...]] = (MACS, STATES)
    totalled: ClassVar[tuple[str, ...]] = (PARAMS, STATES, MACS, FLOPS, MULS, ADDS)
    said: str = ""
    again: tuple[str, ...] = ()

    @property
    def optimizer_state(self) -> Any:
        """The entries that the optimizer keeps from step to step: for Adam two for each parameter."""
        return self._put_in(self.formula(STATES).expr)

    def held(self, dtype: str = "float32") -> Mapping[str, Formula]:
        """Bytes that are there all the time, besides the arrays of the network.

        Args:
            dtype: the type of the parameters, their gradients and what the optimizer keeps.

        Returns:
            `parameter_bytes`, `gradient_bytes` and `optimizer_state_bytes`.

        Raises:
            SymderiveError: an unknown type.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> step = cost(Dense("d", "m", bias=False)).train_step("adam")
        >>> [formula.write() for formula in step.held("bfloat16").values()]
        ['2 · d · m', '2 · d · m', '4 · d · m']
        """
        parameters = super().held(dtype)
        (trained,) = parameters.values()
        states = self.formula(STATES).times(width_of(REAL, dtype))
        return {**parameters, "gradient_bytes": trained, f"{STATES}_bytes": states}

    def _saved(self, keeper: Keeper, again: tuple[str, ...]) -> Saved:
        found = self[FORWARD]._saved(keeper, again or self.again)
        rows = (replace(row, path=f"{FORWARD}.{row.path}") if row.path else row for row in found.rows)
        return replace(found, rows=tuple(rows))

    def peak(self, training: bool = False, dtype: str | None = None) -> Peak:
        """The most entries, or bytes, that are alive at one time in training; see `Memory.peak`.

        Raises:
            SymderiveError: something is computed again, or the peak at inference is asked for.
        """
        if self.again:
            raise SymderiveError(
                "the peak of a training step: what is computed again is not in it; ask one without recompute."
            )
        if not training:
            raise SymderiveError(_NO_PASSES)
        return self[FORWARD].peak(training, dtype)

    def traffic(self, quantity: str, dtype: str) -> Formula:
        """None is known.

        Raises:
            SymderiveError: always; the passes of the backward pass are not counted one by one.
        """
        raise SymderiveError(_NO_PASSES)

    def formula(self, quantity: str = "macs") -> Formula:
        """The formula of a quantity; `optimizer_state` is one more, also where it is 0.

        Raises:
            SymderiveError: an unknown quantity.
        """
        return self._formula(quantity) if quantity == STATES else super().formula(quantity)

    @property
    def convention(self) -> str:
        """What is counted, in one line."""
        return self.said


def train_step(
    cost: Counted, optimizer: str = "sgd", recompute: Recompute = False, input_gradient: bool | None = None
) -> TrainStep:
    """A training step of a layer or a network; see `Counted.train_step`."""
    tree, update = as_tree(cost), named_optimizer(optimizer)
    by_default = cost.is_free if isinstance(cost, CostTree) else True
    wants_input = by_default if input_gradient is None else input_gradient
    again = _again(tree, recompute)
    parts = [
        replace(tree, name=FORWARD),
        *([] if again is None else [replace(again, name=AGAIN)]),
        replace(backward_tree(tree, wants_input), name=BACKWARD_PASS),
        _update(tree, update),
    ]
    branches = tuple(replace(part, values={}) for part in parts)
    said = [
        "forward and backward pass, each equation as it stands, and the update",
        f"of {optimizer} for each parameter",
        "" if again is None else "what is computed again is counted again",
        "" if wants_input else "no gradient by the network's input",
        "1 MAC = 2 FLOPs",
    ]
    return TrainStep(
        "training step",
        branches,
        **tree.sized,
        values=tree.values,
        keeper=tree.keeper,
        said="; ".join([" ".join(said[:2]), *(one for one in said[2:] if one)]),
        again=names_of(recompute),
    )


def as_tree(cost: Counted) -> CostTree:
    """A layer as a network of one."""
    if isinstance(cost, CostTree):
        return cost
    if not isinstance(cost, Cost):
        raise SymderiveError(f"training step: {type(cost).__name__} is no cost of a layer or network.")
    shape = cost.outputs[0].shape if cost.outputs else ()
    data = tuple(str(one.name) for one in cost.pull.data) if cost.pull is not None else ()
    sizes: dict[Dim, Size] = {symbol: symbol for symbol in cost.symbols}
    applied, varies = None, set[Alone]()
    if cost.layer is not None:
        inputs = {tensor: Alone(tensor.shape) for tensor in cost.layer.data}
        varies = {inputs[tensor] for tensor in with_adjoint(cost.layer.data)}
        applied = Applied(cost.layer, tuple(inputs.values()), Alone(shape))
    place = Place(cost.symbolic, sizes, shape, input_adjoints=data, applied=applied)
    gives = () if applied is None else (applied.writes,)
    sized = {**cost.sized, "order": tuple(dict.fromkeys((*cost.order, *cost.symbols)))}
    tree = CostTree("layer", place=place, shape=shape, values=cost.values, **sized)
    return replace(tree, gives=gives, varies=varies, keeper=cost.keeper)


def _update(tree: CostTree, update: Update) -> CostTree:
    """The update of all parameters."""
    place = Place(update.cost, {ENTRIES: tree.formula("params").expr}, ())
    return CostTree(UPDATE, place=place, **tree.sized)


def _again(tree: CostTree, recompute: Recompute) -> CostTree | None:
    """What is computed once more in the backward pass, because it was not kept.

    Raises:
        SymderiveError: a name that no block, layer or equation has, or "full" where there is no block.
    """
    wanted = names_of(recompute)
    if not wanted:
        return None
    if wanted == (FULL,):
        blocks = [one.name for one in blocks_of(tree)]
        if not blocks and tree.place is None:
            raise SymderiveError(
                f"training step: recompute={recompute!r} is about blocks of several layers, and {tree.name} "
                "has none; name the layers."
            )
        return _chosen(tree, "", _Names(dict.fromkeys(blocks, False)), is_whole=not blocks)
    names = _Names(dict.fromkeys(wanted, False))
    chosen = _chosen(tree, "", names)
    check_names("training step", [name for name, is_found in names.found.items() if not is_found], tree)
    return chosen


@dataclass
class _Names:
    """Names that are looked for, and whether each was found."""

    found: dict[str, bool]

    def has(self, *given: str) -> bool:
        """Whether one of these is looked for."""
        wanted = [one for one in given if one in self.found]
        self.found.update(dict.fromkeys(wanted, True))
        return bool(wanted)


def _chosen(tree: CostTree, path: str, names: _Names, is_whole: bool = False) -> CostTree | None:
    """The part of a network with these names, its parameters and outputs not counted again."""
    is_whole = is_whole or (bool(path) and names.has(path, tree.name))
    if tree.place is not None:
        parts = tuple(one for one in tree.place.kind.parts if is_whole or names.has(one.name))
        kind = replace(tree.place.kind, parts=parts, outputs=())
        place = replace(tree.place, kind=kind, is_trained=False)
        return replace(tree, place=place, memo={}) if parts else None
    below = (
        _chosen(one, f"{path}.{one.name}" if path else one.name, names, is_whole) for one in tree.branches
    )
    branches = tuple(one for one in below if one is not None)
    return replace(tree, branches=branches, memo={}) if branches else None
