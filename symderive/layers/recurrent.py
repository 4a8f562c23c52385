"""What recurrent layers share: cells that go along time, in several layers, in one or both directions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sympy

from symderive.core.dims import Size
from symderive.core.nodes import Entry, Index, IndexSum, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.layers.equations import defined, entry_of, indices_over, sizes_of
from symderive.layers.fields import size, sizes, whole
from symderive.layers.layer import Layer


@dataclass(frozen=True)
class Cell:
    """One cell of a recurrent layer: what goes along time once.

    Attributes:
        mark: what its arrays have behind their names; empty if it is the only one.
        read: how many entries it reads at each step.
        is_backward: whether it begins with the last step.
    """

    mark: str
    read: Size
    is_backward: bool

    def latex(self, letter: str, upper: str = "") -> str:
        r"""An array's name in LaTeX: `h`, or `h^{(2),\leftarrow}` in the second layer backward."""
        layer = self.mark.removesuffix("_back").removeprefix("_")
        above = [upper, f"({layer})" if layer else "", r"\leftarrow" if self.is_backward else ""]
        joined = ",".join(one for one in above if one)
        return f"{letter}^{{{joined}}}" if joined else letter


@dataclass(frozen=True)
class Recurrent(Layer):
    """Abstract: cells that read one step after the other and hand a state on to themselves.

    Each cell is a recurrence along t: `before[t] = h[t − 1]`, at the first step `start`, an input. What it
    makes of the input is one equation for all steps, what it makes of its state one for each step:
    `from_x[t, q, k] = Σ_m w_ih[q, k, m] · x[t, m] + b_ih[q, k]` and
    `from_h[t, q, k] = Σ_j w_hh[q, k, j] · before[t, j] + b_hh[q, k]`, with q over the gates.
    A backward cell reads x at T − 1 − t. The next layer reads the cells of one side by side.

    Args:
        d_in: entries of the input at each step.
        d_hidden: entries of the state.
        steps: how many steps there are, a number or a symbol.
        layers: how many layers, a number.
        bias: whether both products add one number for each gate and entry.
        bidirectional: whether each layer has a second cell that goes backward.
        batch: the sizes of the axes in front, one or a tuple; () or None for none.
        batch_first: whether these stand before the axis of the steps; else behind it.

    Raises:
        ShapeError: not a size, or a number of layers that is a symbol.
    """

    GATES: ClassVar[int]

    d_in: Any = size("d_in")
    d_hidden: Any = size("d_h")
    steps: Any = size("T")
    layers: Any = whole(1)
    bias: bool = True
    bidirectional: bool = False
    batch: Any = sizes("N", default=())
    batch_first: bool = True

    @property
    def handed(self) -> Size:
        """How many entries a cell hands on at each step."""
        return self.d_hidden

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def cells(self) -> Iterator[tuple[Cell, ...]]:
        """The cells of each layer."""
        read = self.d_in
        for layer in range(1, self.layers + 1):
            mark = f"_{layer}" if self.layers > 1 else ""
            both = (Cell(mark, read, is_backward=False), Cell(f"{mark}_back", read, is_backward=True))
            yield both[: self._directions]
            read = self._directions * self.handed

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """For each cell `w_ih` (gates, d_h, read), `w_hh` (gates, d_h, handed), and `b_ih`, `b_hh`."""
        return tuple(one for cells in self.cells() for cell in cells for one in self.arrays(cell))

    def arrays(self, cell: Cell) -> tuple[Tensor, ...]:
        """The parameters of one cell; a single gate has no axis."""
        rows = (*((sympy.Integer(self.GATES),) if self.GATES > 1 else ()), self.d_hidden)
        made = [
            self._array("W", "ih", cell, (*rows, cell.read)),
            self._array("W", "hh", cell, (*rows, self.handed)),
        ]
        biases = [self._array("b", name, cell, rows) for name in ("ih", "hh") if self.bias]
        return (*made, *biases)

    def _array(self, letter: str, name: str, cell: Cell, shape: tuple[Size, ...]) -> Tensor:
        return Tensor(f"{letter.lower()}_{name}{cell.mark}", shape, latex_name=cell.latex(letter, name))

    @property
    def output_shape(self) -> tuple[Size, ...]:
        """(*batch, T, what all cells of the last layer hand on), or with T in front."""
        return self._arranged(self.batch, self.steps, self._directions * self.handed)

    @property
    def size_order(self) -> tuple[Size, ...]:
        """Numbers of gates and directions, steps, batch, entries of the input, entries of the state."""
        counts = map(sympy.Integer, (self.GATES, self._directions))
        return (*counts, self.steps, *self.batch, self.d_in, self.d_hidden)

    def _arranged(self, batch: Sequence[Any], step: Any, *rest: Any) -> tuple[Any, ...]:
        """Batch and steps in the order that the layer has, and what stands behind them."""
        return (*batch, step, *rest) if self.batch_first else (step, *batch, *rest)

    def program(self) -> Program:
        """The equations with inputs x, for each state where it starts, and the parameters."""
        read = x = Tensor("x", self._arranged(self.batch, self.steps, self.d_in))
        equations: list[Definition] = []
        for cells in self.cells():
            made = [tuple(self._equations(Steps(self, cell), read)) for cell in cells]
            equations += [some[0] for some in made]
            equations += [one for some in made for one in some[1:]]
            equations += self._side_by_side(cells, [some[-1] for some in made])
            read = equations[-1].tensor
        starts = [start for cells in self.cells() for cell in cells for start in self.starts(cell)]
        return Program((x, *starts, *self.parameters), tuple(equations), (read,))

    def starts(self, cell: Cell) -> tuple[Tensor, ...]:
        """The states of a cell before its first step."""
        return (Steps(self, cell).start("h", self.handed),)

    def _equations(self, at: Steps, read: Tensor) -> Iterator[Definition]:
        """Those of one cell: one for all steps, then its recurrence; the last one is what it hands on."""
        w_ih, w_hh, *biases = self.arrays(at.cell)
        gate = (Index("q", self.GATES),) if self.GATES > 1 else ()
        k, m, j = Index("k", self.d_hidden), Index("m", at.cell.read), Index("j", self.handed)
        reads = Entry(read, *self._arranged(at.batch, at.last - at.t if at.cell.is_backward else at.t, m))
        before = at.before("h", j)
        bodies = (
            IndexSum(Entry(w_ih, *gate, k, m) * reads, m),
            IndexSum(Entry(w_hh, *gate, k, j) * entry_of(before), j),
        )
        with_bias = [
            body + Entry(biases[place], *gate, k) if self.bias else body for place, body in enumerate(bodies)
        ]
        from_x = defined("from_x" + at.cell.mark, at.free(*gate, k), with_bias[0], at.cell.latex("a"))
        from_h = at.step("from_h", (*gate, k), with_bias[1], "b")
        yield from_x
        yield before
        yield from_h
        yield from self.updates(at, k, (from_x.tensor, from_h.tensor))

    @abstractmethod
    def updates(self, at: Steps, k: Index, made: tuple[Tensor, Tensor]) -> Iterator[Definition]:
        """How the state of a cell follows; the last equation is that of `h`.

        Args:
            at: the step.
            k: the index of the entries of the state.
            made: `from_x` and `from_h`, with the axis of the gates before that of k if there are several.
        """

    def _side_by_side(self, cells: tuple[Cell, ...], made: list[Definition]) -> list[Definition]:
        """What both cells of a layer hand on, in the order of the steps; a single one needs no equation."""
        if len(cells) == 1:
            return []
        at, k, terms = Steps(self, cells[0]), Index("k", len(cells) * self.handed), []
        for place, (cell, one) in enumerate(zip(cells, made, strict=True)):
            inside = k - place * self.handed
            step = at.last - at.t if cell.is_backward else at.t
            entry = Entry.at(one.tensor, *self._arranged(at.batch, step, inside))
            terms.append(Inside(inside, self.handed) * entry)
        return [defined("y" + cells[0].mark, at.free(k), sympy.Add(*terms), cells[0].latex("y"))]


class Steps:
    """One cell at step t: how its equations are written.

    Attributes:
        cell: the cell.
        t: the index of the step.
        last: the number of the last step.
        batch: the indices of the batch.
    """

    def __init__(self, layer: Recurrent, cell: Cell) -> None:
        self.cell, self._layer = cell, layer
        self.t, self.last = Index("t", layer.steps), layer.steps - 1
        self.batch = indices_over("n", layer.batch)

    def free(self, *rest: Index) -> tuple[Index, ...]:
        """The indices of an array with one entry per step, input and value of the further indices."""
        return self._layer._arranged(self.batch, self.t, *rest)

    def step(self, name: str, rest: tuple[Index, ...], body: sympy.Expr, latex: str) -> Definition:
        """An equation of the recurrence."""
        return replace(
            defined(name + self.cell.mark, self.free(*rest), body, self.cell.latex(latex)), along=self.t
        )

    def start(self, name: str, count: Size) -> Tensor:
        """The input that a state starts with."""
        latex = self.cell.latex(name, "0")
        return Tensor(f"{name}_start{self.cell.mark}", (*sizes_of(self.batch), count), latex_name=latex)

    def before(self, name: str, j: Index) -> Definition:
        """The state of the step before."""
        free, latex = self.free(j), self.cell.latex(rf"\bar{{{name}}}")
        state = Tensor(name + self.cell.mark, sizes_of(free), latex_name=self.cell.latex(name))
        start = self.start(name, j.dim)
        return before_of(state, start, free, self.t, f"{name}_before{self.cell.mark}", latex)

    def gate(self, made: tuple[Tensor, Tensor], place: int, k: Index) -> tuple[Entry, Entry]:
        """What the input and what the state add to one gate."""
        from_x, from_h = (Entry(one, *self.free(sympy.Integer(place), k)) for one in made)
        return from_x, from_h


def before_of(
    state: Tensor, start: Tensor, free: tuple[Index, ...], t: Index, name: str, latex: str
) -> Definition:
    """A state one step before, `before[t, j] = [t = 0]·start[j] + [t ≥ 1]·h[t − 1, j]`, in its recurrence.

    Args:
        state: the array of the states at all steps.
        start: what stands before the first one; it has no axis of the steps.
        free: the indices of the state, t among them.
        t: the index of the steps.
        name: the name of the new array.
        latex: the same in LaTeX.
    """
    place = free.index(t)
    earlier = Entry(state, *free[:place], t - 1, *free[place + 1 :])
    first = Entry(start, *free[:place], *free[place + 1 :])
    body = Inside(t, 1) * first + Inside(t - 1, t.dim) * earlier
    return replace(defined(name, free, body, latex), along=t)
