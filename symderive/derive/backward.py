"""The gradient program of a layer, counted: what it takes to pull the adjoint of its results back.

The chain rule is the one that `gradient` uses. What is read at computed positions, as a window is, first gets
an equation of its own, `r[c, i, u] = x[c, s·i + u]`, so that its adjoint is added where it was read: one
addition for each entry that was read, whatever the stride, and no product with a position that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import sympy

from symderive.calculus.chain import active_tensors, pulled_back, reverse
from symderive.calculus.condense import rename
from symderive.calculus.sums import in_one_sum
from symderive.core.dims import Size, same_size
from symderive.core.identity import (
    BOUND_LETTERS,
    FREE_LETTERS,
    free_indices,
    fresh,
    index_names,
    substitute,
    tensors_of,
)
from symderive.core.kinds import has_kind
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.positions import bare
from symderive.core.program import Definition, Program
from symderive.cost.count import Contraction, Part, count, count_additions, count_pulled
from symderive.cost.formula import Formula
from symderive.cost.training.pulling import Pulled
from symderive.notation.names import latex_name

PREFIX = "∂"


@dataclass(frozen=True)
class Share:
    """What one equation adds to the adjoint of one array.

    Attributes:
        made: the equation that reads the array.
        used: the array.
        term: what is added, in the first free letters.
        is_contraction: whether the equation multiplies and accumulates what it reads.
    """

    made: Definition
    used: Tensor
    term: sympy.Expr
    is_contraction: bool


@dataclass(frozen=True)
class GradientProgram:
    """The gradient program of `Σ ȳ·y` over the results y.

    Attributes:
        program: the equations of the layer, those of what is read at computed positions, and the adjoints.
        adjoints: for each adjoint the array that it belongs to.
        shares: what each equation adds to which adjoint.
        reads: the equations of what is read at computed positions.
        seeds: for each result its adjoint, which is given.
    """

    program: Program
    adjoints: Mapping[Tensor, Tensor]
    shares: tuple[Share, ...]
    reads: Mapping[Tensor, Definition]
    seeds: Mapping[Tensor, Tensor]


@lru_cache(maxsize=512)
def gradient_program(
    program: Program, results: tuple[Tensor, ...], wanted: tuple[Tensor, ...]
) -> GradientProgram:
    """Differentiate `Σ ȳ·y` by arrays.

    Args:
        program: the equations.
        results: those of its outputs whose adjoints are given.
        wanted: the inputs that it is differentiated by.

    Raises:
        SymderiveError: a node without a derivative rule; its name is in the message.

    >>> from symderive.layers import Conv1d
    >>> layer = Conv1d(1, 1, 2, 5, stride=2)
    >>> found = gradient_program(layer.program(), layer.results, layer.data)
    >>> for made in found.program.definitions[-2:]:
    ...     print(made)
    ∂read_x[i, j, k] = Sum[p](∂y[p, i]*weight[p, j, k])
    ∂x[i, j] = Sum[p, s](delta(j, 2*p + s)*∂read_x[p, i, s])
    """
    seeds = {result: Tensor(f"seed_{result.name}", result.shape) for result in results}
    whole, loss = _with_loss(program, seeds)
    opened, reads = with_reads(whole, active_tensors(whole, wanted))
    recorder = _Recorder(reads)
    chained = reverse(opened, loss, wanted, PREFIX, recorder.pull)
    return GradientProgram(chained.program, chained.of, tuple(recorder.shares), reads, seeds)


def _with_loss(program: Program, seeds: Mapping[Tensor, Tensor]) -> tuple[Program, Tensor]:
    terms = []
    for result, seed in seeds.items():
        indices = fresh(result.shape, (), FREE_LETTERS)
        product = Entry(seed, *indices) * Entry(result, *indices)
        terms.append(IndexSum(product, *indices) if indices else product)
    loss = Definition(Tensor("pulled back", ()), (), sympy.Add(*terms))
    inputs = (*program.inputs, *seeds.values())
    return Program(inputs, (*program.definitions, loss), (loss.tensor,)).needed((loss.tensor,)), loss.tensor


def with_reads(program: Program, active: set[sympy.Basic]) -> tuple[Program, dict[Tensor, Definition]]:
    """The program with an equation for every read of an active array at positions of several indices.

    Returns:
        the program, and these equations by the array that they define.
    """
    made: list[Definition] = []
    reads: dict[Tensor, Definition] = {}
    known: dict[Entry, Entry] = {}
    taken = set(program.names)
    for definition in program.definitions:
        found = [one for one in _entries(definition) if one.tensor in active and _is_computed(one)]
        for entry in found if definition.along is None else ():
            if entry not in known:
                read = _read(entry, definition, taken)
                made.append(read)
                reads[read.tensor] = read
                known[entry] = Entry(read.tensor, *read.indices)
        new = definition.body.xreplace({entry: known[entry] for entry in found if entry in known})
        made.append(definition.with_body(new))
    return program.with_definitions(made), reads


def _entries(definition: Definition) -> list[Entry]:
    return sorted(definition.body.atoms(Entry), key=sympy.default_sort_key)


def _is_computed(entry: Entry) -> bool:
    """Whether a position along an axis is no single index that goes one step at a time."""
    if any(index.within for index in free_indices(entry)):
        return False  # no array has an axis whose extent depends on a position; a sum over it adds as well
    for axis in entry.axes:
        position = bare(axis)
        indices = free_indices(position)
        if len(indices) > 1 or any(abs(position.coeff(index)) != 1 for index in indices):
            return True
    return False


def _read(entry: Entry, definition: Definition, taken: set[str]) -> Definition:
    """`read[…] = entry`, over the indices that its positions depend on."""
    name = f"read_{entry.tensor.name}"
    while name in taken:
        name += "_"
    taken.add(name)
    order = [*definition.indices, *sorted(free_indices(entry), key=lambda one: (str(one.name), str(one.dim)))]
    indices = tuple(dict.fromkeys(one for one in order if one in free_indices(entry)))
    tensor = Tensor(name, tuple(one.dim for one in indices), entry.tensor.domain)
    return Definition(tensor, indices, entry)


@lru_cache(maxsize=512)
def pulled(
    program: Program, results: tuple[Tensor, ...], wanted: tuple[Tensor, ...], order: tuple[Size, ...]
) -> tuple[Pulled, ...]:
    """The counts of the gradient program, adjoint by adjoint.

    Args:
        program: the equations of a layer.
        results: those of its outputs whose adjoints are given.
        wanted: the inputs whose adjoints are asked for.
        order: the sizes in the order in which they are written.

    Raises:
        SymderiveError: a node without a derivative rule; its name is in the message.
    """
    found = gradient_program(program, results, wanted)
    bars = {tensor: adjoint for adjoint, tensor in found.adjoints.items()}
    counted = []
    for made, shown in zip(found.program.definitions, _in_print(found).definitions, strict=True):
        used = found.adjoints.get(made.tensor)
        is_given = isinstance(made.body, Entry) and made.body.tensor in found.seeds.values()
        if used is not None and not is_given:
            shares = [one for one in found.shares if one.used == used]
            array = found.reads[used].body.tensor if used in found.reads else used
            counted.append(Pulled(str(array.name), _part(shown, shares, bars, found.reads, order)))
    return tuple(counted)


def _part(
    adjoint: Definition,
    shares: Sequence[Share],
    bars: Mapping[Tensor, Tensor],
    reads: Mapping[Tensor, Definition],
    order: tuple[Size, ...],
) -> Part:
    """The counts of one adjoint: those of all shares, and their sum."""
    free = fresh(adjoint.tensor.shape, (), FREE_LETTERS)
    parts = []
    for share in shares:
        made = Definition(adjoint.tensor, free, share.term)
        bar = bars.get(share.made.tensor, adjoint.tensor)
        part = count_pulled(made, bar, share.is_contraction, order)
        landing = _at(reads[share.used], free) if share.used in reads else None
        contractions = (_as_read(one, reads, landing) for one in part.contractions)
        parts.append(replace(part, contractions=tuple(contractions)))
    joined = Definition(adjoint.tensor, free, sympy.S.Zero)
    parts.append(count_additions(joined, [share.term for share in shares], order))
    return _together(adjoint, parts)


def _together(adjoint: Definition, parts: Iterable[Part]) -> Part:
    """Several parts as one."""
    counts: dict[str, Formula] = {}
    contractions: list[Contraction] = []
    unknown: list[str] = []
    for part in parts:
        for name, formula in part.counts.items():
            counts[name] = (counts[name] + formula).joined() if name in counts else formula
        contractions += part.contractions
        unknown += part.unknown
    return Part(adjoint, counts, tuple(contractions), tuple(dict.fromkeys(unknown)))


def _as_read(
    contraction: Contraction, reads: Mapping[Tensor, Definition], landing: sympy.Expr | None
) -> Contraction:
    """A contraction with the entries that were read, and the entry that its products are added to in the end.

    Products with padding, and those that are added to it, are so seen as such.
    """
    entries = []
    for entry in contraction.entries:
        body = reads[entry.tensor].body if entry.tensor in reads else entry
        moved = _at(reads[entry.tensor], entry.axes) if entry.tensor in reads else body
        entries.append(moved if isinstance(moved, Entry) else body)  # 0 where nothing is ever read
    found = (landing,) if isinstance(landing, Entry) else ()
    return replace(contraction, entries=(*entries, *found))


def _at(read: Definition, positions: Sequence[sympy.Expr]) -> sympy.Expr:
    """What is read for one entry of the array that an equation of a read defines."""
    return substitute(read.body, dict(zip(read.indices, positions, strict=True)))


def _in_print(found: GradientProgram) -> Program:
    """The same equations with names for LaTeX: an adjoint has a line over its array, what is read a tilde."""
    names = {tensor: rf"\tilde{{{_latex(tensor, found.reads)}}}" for tensor in found.reads}
    names |= {seed: rf"\overline{{{_latex(result, {})}}}" for result, seed in found.seeds.items()}
    latex = {tensor: names.get(tensor) or _latex(tensor, {}) for tensor in found.adjoints.values()}
    names |= {adjoint: rf"\overline{{{latex[tensor]}}}" for adjoint, tensor in found.adjoints.items()}
    shown = {
        tensor: Tensor(str(tensor.name), tensor.shape, tensor.domain, written)
        for tensor, written in names.items()
    }
    return rename(found.program, shown)


def _latex(tensor: Tensor, reads: Mapping[Tensor, Definition]) -> str:
    array = reads[tensor].body.tensor if tensor in reads else tensor
    return array.latex_name or latex_name(str(array.name))


@dataclass
class _Recorder:
    """Pulls equations back and remembers what each of them adds to which adjoint."""

    reads: Mapping[Tensor, Definition]
    shares: list[Share] = field(default_factory=list)

    def pull(self, definition: Definition, bar: Tensor | sympy.Expr, used: Tensor) -> sympy.Expr:
        """What the equation adds to the adjoint of `used`, term by term of the equation."""
        if definition.tensor in self.reads and isinstance(bar, Tensor):
            return self._noted(definition, used, _landed(definition, bar), is_contraction=False)
        total = sympy.S.Zero
        for term in sympy.Add.make_args(definition.body):
            if used in tensors_of(term):
                alone = definition.with_body(term)
                (part,) = count(Program(tuple(tensors_of(term)), (replace(alone, along=None),), ()))
                pulled = _gathered(pulled_back(alone, bar, used))
                total += self._noted(definition, used, pulled, bool(part.contractions))
        return total

    def _noted(
        self, definition: Definition, used: Tensor, term: sympy.Expr, is_contraction: bool
    ) -> sympy.Expr:
        if term != 0:
            self.shares.append(Share(definition, used, term, is_contraction))
        return term


def _gathered(term: sympy.Expr) -> sympy.Expr:
    """A sum over an index whose extent depends on that of another sum as one sum with it."""
    sums = term.atoms(IndexSum) if has_kind(term, IndexSum) else ()
    return in_one_sum(term) if any(index.within for one in sums for index in one.indices) else term


def _landed(read: Definition, bar: Tensor) -> sympy.Expr:
    """`Σ r̄[c, i, u] δ(k, s·i + u)`: each entry is added where it was read."""
    entry = read.body
    at = fresh(entry.tensor.shape, (), FREE_LETTERS)
    own = fresh(bar.shape, {index.name for index in at} | index_names(entry), BOUND_LETTERS)
    names: dict[sympy.Basic, sympy.Expr] = dict(zip(read.indices, own, strict=True))
    axes = [bare(axis) for axis in entry.axes]
    rest: list[tuple[Index, sympy.Expr]] = []
    for place, axis in zip(at, axes, strict=True):
        alone = sum(axis in free_indices(other) for other in axes) == 1 if isinstance(axis, Index) else False
        if alone and same_size(axis.dim, place.dim):
            names[axis] = place
        else:
            rest.append((place, axis))
    deltas = (Delta(place, substitute(axis, names)) for place, axis in rest)
    body = substitute(Entry(bar, *read.indices), names)
    bound = [index for index in own if index in names.values()]
    return IndexSum(sympy.Mul(body, *deltas), *bound)
