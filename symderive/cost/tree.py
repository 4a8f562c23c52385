"""The cost of a whole network: a tree of blocks and layers whose counts add up to the total."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import sympy

from symderive.core.dims import Dim, Size
from symderive.cost.collecting import collected, multiplied_out, repeated, substituted
from symderive.cost.count import MACS
from symderive.cost.counted import ACTIVATIONS, ALWAYS, ARRAYS, BACKWARD, FLOPS, PARAMS, SUMS, VALID, Counted
from symderive.cost.formula import Formula, Product
from symderive.cost.memory.peak import Peak, peak_of
from symderive.cost.memory.quantities import SAVED
from symderive.cost.memory.saved import Saved, is_parameter, of_tree
from symderive.cost.memory.training_peak import training_peak
from symderive.cost.protocols import Costable, Looped, Stored
from symderive.cost.record import Cost
from symderive.cost.training.pulling import Keeper
from symderive.errors import SymderiveError, did_you_mean

if TYPE_CHECKING:
    from symderive.cost.training.backward import BackwardTree


@dataclass(frozen=True)
class Applied:
    """A layer of a network between the arrays of the network.

    Attributes:
        layer: the layer, in the names of its roles.
        reads: the arrays that it is applied to, in the order of its inputs.
        writes: the array that it makes.
    """

    layer: Costable
    reads: tuple[Stored, ...]
    writes: Stored


@dataclass(frozen=True)
class Place:
    """A layer at its place: what such layers cost, and the sizes here.

    Attributes:
        kind: the cost of all layers of this kind, in the names of their roles.
        sizes: what each of these names is at this place.
        shape: the shape of the output.
        is_trained: whether the parameters are counted here.
        is_run: whether it is computed at inference.
        adjoints: the inputs that have an adjoint, because something that is trained stands before them.
        input_adjoints: those that have one only if the network's input has.
        late: those of `adjoints` that have none in the first repetition, unless the network's input has.
        applied: the layer and its arrays; None for something else, as an update of parameters.
    """

    kind: Cost
    sizes: Mapping[Dim, Size]
    shape: tuple[Size, ...]
    is_trained: bool = True
    is_run: bool = True
    adjoints: tuple[str, ...] = ()
    input_adjoints: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    applied: Applied | None = None

    def between(self) -> Applied:
        """The layer and its arrays.

        Raises:
            SymderiveError: it is no layer of a network.
        """
        if self.applied is None:
            raise SymderiveError(
                "memory: which arrays are read and written is known of layers and networks only; ask the "
                "cost of one for saved(), peak() or bytes_read()."
            )
        return self.applied

    @property
    def is_array(self) -> bool:
        """Whether it is no layer but an array of the network."""
        return self.applied is not None and is_parameter(self.applied.layer)

    @property
    def quantities(self) -> Iterator[str]:
        """The names of the quantities that are not 0."""
        return (one for one in self.kind.quantities if self.is_there(one))

    def is_there(self, quantity: str) -> bool:
        """Whether a quantity counts at this place."""
        return self.is_trained if quantity in ARRAYS else self.is_run

    def formula(self, quantity: str, order: tuple[Size, ...]) -> Formula:
        """The count of a quantity in the sizes of the network."""
        if not self.is_there(quantity):
            return Formula(order=order)
        if quantity == ACTIVATIONS:  # the shape is in the sizes of the network already
            made = [substituted(Product.of(self.shape), {})] if self.kind.outputs else []
            return collected(made, order)
        terms = self.kind.formula(quantity).terms if quantity in (*SUMS, *self.kind.quantities) else ()
        return collected((substituted(term, self.sizes) for term in terms), order)

    def valid(self, order: tuple[Size, ...], put: Mapping[Dim, Size]) -> Formula:
        """The products that are not against padding, in the sizes of the network, with others put in."""
        if not self.is_there(MACS):
            return Formula(order=order)
        sizes = {symbol: size.xreplace(dict(put)) for symbol, size in self.sizes.items()}
        terms = self.kind.valid_formula(sizes).terms
        return collected((substituted(term, {}) for term in terms), order)

    def traffic(self, quantity: str, dtype: str, order: tuple[Size, ...]) -> Formula:
        """The bytes that are read or written, in the sizes of the network."""
        if not self.is_run or self.is_array:
            return Formula(order=order)
        terms = self.kind.traffic(quantity, dtype).terms
        return collected((substituted(term, self.sizes) for term in terms), order)


@dataclass(frozen=True, repr=False)
class CostTree(Counted):
    """What a network costs: formulas in its own sizes, block by block.

    A block costs the sum of what its children cost, as often as it is repeated. A child of a repeated block
    stands for one repetition, where its sizes depend on it for the one of number `index`.

    Attributes:
        told: the quantities of its table; `totalled` those below it.
        name: how the block is called.
        branches: the children without the numbers of this cost; `children` has them with the numbers.
        place: for a layer, its kind and its sizes.
        shape: the shape of the output.
        times: how often it comes.
        index: the number of the repetition, where sizes depend on it.
        loop: of a repeated block, the arrays that go round.
        is_late: whether what goes round depends on a parameter only behind the first repetition.
        gives: where what it gives is stored.
        varies: the arrays of the network that a parameter stands before.
        reached: the arrays of the network that its input stands before.
        memo: the formulas that were asked for.
    """

    told: ClassVar[tuple[str, ...]] = (PARAMS, MACS)
    totalled: ClassVar[tuple[str, ...]] = (PARAMS, MACS, FLOPS)
    name: str
    branches: tuple[CostTree, ...] = ()
    place: Place | None = None
    shape: tuple[Size, ...] = ()
    times: Size = sympy.S.One
    index: Dim | None = None
    loop: Looped | None = None
    is_late: bool = False
    gives: tuple[Stored, ...] = ()
    varies: AbstractSet[Stored] = field(default=frozenset(), compare=False, repr=False)
    reached: AbstractSet[Stored] = field(default=frozenset(), compare=False, repr=False)
    memo: dict[str, Formula] = field(default_factory=dict, compare=False, repr=False)

    @property
    def children(self) -> tuple[CostTree, ...]:
        """What the block consists of, with the numbers put in so far."""
        return tuple(replace(branch, values=self.values) for branch in self.branches)

    def __getitem__(self, path: str) -> CostTree:
        """The block or layer at a path such as `stage1.first.conv1`.

        Raises:
            SymderiveError: there is none.
        """
        found = self
        for name in path.split("."):
            named = {child.name: child for child in found.children}
            if name not in named:
                near = did_you_mean(name, named)
                hint = near if near != "." else f"; there are {', '.join(named)}."
                raise SymderiveError(f"reading the cost of {found.name}: it has no part {name!r}{hint}")
            found = named[name]
        return found

    def layer_paths(self) -> Iterator[str]:
        """The path of every layer, in order."""
        for branch in self.branches:
            if branch.place is not None:
                yield branch.name
            yield from (f"{branch.name}.{path}" for path in branch.layer_paths())

    def only(self, *paths: str) -> CostTree:
        """The same tree with some of its parts only, repeated as often as they are there.

        Args:
            paths: of blocks and layers, as in `stage1.first.conv1`.

        Raises:
            SymderiveError: there is no such part.

        >>> from symderive.cost import cost
        >>> from symderive.networks import network
        >>> cost(network("gpt2")).only("blocks.dense1", "blocks.dense2").formula("params").write()
        '56,669,184'
        """
        if "" in paths:
            return self
        inside: dict[str, list[str]] = {}
        for path in paths:
            name, _, rest = path.partition(".")
            self[name]
            inside.setdefault(name, []).append(rest)
        kept = tuple(one.only(*inside[one.name]) for one in self.branches if one.name in inside)
        return replace(self, branches=kept, memo={})

    def walk(self, depth: int = 0) -> Iterator[tuple[int, CostTree]]:
        """Every block and layer below this one with its depth, in order."""
        for child in self.children:
            yield depth, child
            yield from child.walk(depth + 1)

    def places(self) -> Iterator[Place]:
        """Every layer, once for each place where it is written down."""
        if self.place is not None:
            yield self.place
        for branch in self.branches:
            yield from branch.places()

    def formula(self, quantity: str = MACS) -> Formula:
        """The formula of a quantity in symbols, all repetitions together, like terms added.

        Raises:
            SymderiveError: an unknown quantity.
        """
        is_known = quantity in ALWAYS or quantity.startswith(BACKWARD)
        return self._formula(quantity if is_known else self.checked_name(quantity))

    def backward_pass(self, input_gradient: bool | None = None) -> BackwardTree:
        """What the backward pass costs, block by block.

        Args:
            input_gradient: whether the gradient by the network's input is counted. By default it is not, so
                that the first layer has that of its parameters only, also where it is repeated; without
                any parameters it is, as there is nothing else to differentiate by.

        Raises:
            SymderiveError: the cost was counted without a way to differentiate.
        """
        from symderive.cost.training.backward import backward_tree

        return backward_tree(self, self.is_free if input_gradient is None else input_gradient)

    @property
    def is_free(self) -> bool:
        """Whether the network has no parameters, so that it is differentiated by its input."""
        return not self.varies

    def _formula(self, quantity: str) -> Formula:
        if quantity == FLOPS:
            return self._formula(MACS).times(2)
        if quantity == SAVED:
            return self.saved_formula()
        if quantity == VALID:
            return self.valid_formula({})
        if quantity.startswith(BACKWARD):
            if quantity not in self.memo:
                self.memo[quantity] = self.backward_pass().formula(quantity.removeprefix(BACKWARD))
            return self.memo[quantity]
        return self._summed(quantity, lambda place: place.formula(quantity, self.order))

    def _summed(self, key: str, of_place: Callable[[Place], Formula]) -> Formula:
        """What adds up over the layers; remembered by a key."""
        if key not in self.memo:
            if self.place is not None:
                once = of_place(self.place)
            else:
                terms = (term for branch in self.branches for term in branch._summed(key, of_place).terms)
                opened = (one for term in terms for one in multiplied_out(term, self.relations))
                once = collected(opened, self.order)
            self.memo[key] = repeated(once, self.times, self.index)
        return self.memo[key]

    def valid_formula(self, sizes: Mapping[Dim, Size]) -> Formula:
        """The formula of `valid_macs` with something put in for sizes, which may make it shorter."""
        meanings = {one: meaning.xreplace(dict(sizes)) for one, meaning in self.relations.items()}
        put = {**sizes, **meanings} if sizes else {}
        return self._summed(
            f"{VALID} {sorted(sizes.items(), key=str)}", lambda place: place.valid(self.order, put)
        )

    def traffic(self, quantity: str, dtype: str) -> Formula:
        """The formula of the bytes that are read or written; see `bytes_read`."""
        return self._summed(f"{quantity} {dtype}", lambda place: place.traffic(quantity, dtype, self.order))

    def peak(self, training: bool = False, dtype: str | None = None) -> Peak:
        """The most entries, or bytes, that are alive at one time; see `Memory.peak`."""
        if training:
            return training_peak(self, self.values, self.derived(), dtype)
        return peak_of(self, self.values, dtype)

    def _saved(self, keeper: Keeper, again: tuple[str, ...]) -> Saved:
        return of_tree(self, keeper, again)

    def _put_in(self, expr: sympy.Expr) -> sympy.Expr:
        return expr.xreplace(self.numbers).xreplace(dict(self.relations)).xreplace(self.numbers)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of all quantities that are not 0, functions by their own name."""
        found = dict.fromkeys(name for place in self.places() for name in place.quantities)
        return (*(one for one in found if one not in ARRAYS), *(one for one in ARRAYS if one in found))

    @property
    def unknown(self) -> tuple[str, ...]:
        """What was not counted and where, in words; empty if everything was."""
        return tuple(dict.fromkeys(self._unknown("")))

    def _unknown(self, path: str) -> Iterator[str]:
        if self.place is not None and self.place.is_run:
            yield from (f"{one} ({path})" for one in self.place.kind.unknown)
        for branch in self.branches:
            yield from branch._unknown(f"{path}.{branch.name}" if path else branch.name)

    def counts(self) -> Iterator[Formula]:
        """The formulas of all quantities."""
        return (self.formula(quantity) for quantity in self.quantities)

    @property
    def symbols(self) -> tuple[Dim, ...]:
        """The sizes in the order in which they are written; those of the input, then the named extents."""
        own = (self.index,) if self.index is not None else ()
        written = (symbol for size in self.order for symbol in sorted(size.free_symbols, key=str))
        return tuple(dict.fromkeys((*written, *self.relations, *own)))

    def kinds_of_padding(self) -> Iterator[str]:
        """Which products are in `macs` and not in `valid_macs`, in words."""
        run = (place for place in self.places() if place.is_run)
        return iter(dict.fromkeys(one for place in run for one in place.kind.kinds_of_padding()))

    @property
    def convention(self) -> str:
        """What is counted, in one line."""
        notes = [f"products {which} count" for which in self.kinds_of_padding()]
        rest = "everything else (biases, norms, activations, means) stands under its own name, not in MACs"
        return "; ".join(["multiplications of the contractions", *notes, rest, "1 MAC = 2 FLOPs"])

    def __str__(self) -> str:
        from symderive.cost.output.tree_report import table_of

        return table_of(self)
