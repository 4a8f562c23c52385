"""Equations ready to print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from symderive.core.nodes import Tensor
from symderive.core.program import Definition
from symderive.derive.headings import Heading, Partial, Stacked
from symderive.notation.blocks import Block, block_form
from symderive.notation.components import component_of, put_inside
from symderive.notation.dialects import LATEX, TEXT, Relation
from symderive.notation.expanded import expanded, spread_out
from symderive.notation.extents import unshown
from symderive.notation.forms import Component, Form, Leaf, Slice
from symderive.notation.index_notation import apart_from_arrays, index_form, readable_indices
from symderive.notation.kronecker import kronecker_form, summed_kronecker_form
from symderive.notation.printing import latex, text
from symderive.notation.recover import matrix_form

FORMS = ("closed", "expanded", "index", "kronecker", "blocks")


@dataclass(frozen=True)
class Equation:
    """`left = right`, ready to print.

    Attributes:
        definition: what it says.
        left: how the left-hand side is written, if not by the name: a heading, or (LaTeX, text).
        entrywise: whether it is about one entry, and so always written with indices.
        inside: matrices that are written out under an inverse or determinant: (name, form).
        written: the right-hand side in the order in which it was written, where that is known.
        style: `closed`, matrix notation where it exists; `expanded`, the same multiplied out; `index`, with
            indices and Σ; `kronecker`, derivatives with three or four axes as one matrix, or as a sum of
            such; `blocks`, derivatives with three or four axes entry by entry or block by block.
        names: arrays called `e`, `I` or `K` that stand elsewhere in it: the number e, the identity
            and the commutation matrix are written differently then.
    """

    definition: Definition
    left: Heading | tuple[str, str] | None = None
    entrywise: bool = False
    inside: tuple[tuple[Tensor, Form], ...] = ()
    written: Form | None = None
    style: str = "closed"
    names: frozenset[str] = frozenset()

    def styled(self, style: str) -> Equation:
        """The same equation in another style."""
        return self if style == self.style else replace(self, style=style)

    @cached_property
    def shown(self) -> Definition:
        """The definition with the letters and products that its style wants."""
        made = self.definition
        if self.style == "index" and not self.entrywise:
            made = readable_indices(made)
        elif self.style == "expanded":
            made = made.with_body(expanded(made.body))
        return made.with_body(apart_from_arrays(made.body))

    @cached_property
    def form(self) -> Form:
        """The right-hand side: matrix notation where it exists, otherwise index notation."""
        if self.entrywise:
            return self.entry_form
        if self.written is not None and self.style in ("closed", "kronecker", "blocks"):
            return self.written
        found = self._matrix_form if self.kronecker is None else self.kronecker
        if found is None and self.block is not None:
            found = self.block.form
        body = index_form(self.shown.body, rows=self.style != "index") if found is None else found
        made = put_inside(body, dict(self.inside))
        return spread_out(made) if self.style == "expanded" else made

    @cached_property
    def block(self) -> Block | None:
        """What it says at fixed positions of some axes, where only that has a matrix notation."""
        if self.entrywise or self.style == "index" or self._matrix_form is not None:
            return None
        if self.kronecker is not None:
            return None
        if isinstance(self.left, Partial) and len(self.left.below) > 2:
            return None  # a third derivative is read entry by entry
        return block_form(self.shown)

    @cached_property
    def kronecker(self) -> Form | None:
        """What it says as one matrix of pairs of positions, where that is how it is written."""
        stacked = self.stacked
        if stacked is None or self.entrywise or self.style in ("index", "blocks"):
            return None
        if self._matrix_form is not None:
            return None
        make = summed_kronecker_form if self.style == "kronecker" else kronecker_form
        return make(self.shown, stacked.rows, stacked.names | self.names)

    @property
    def stacked(self) -> Stacked | None:
        """The left-hand side as one matrix of pairs of positions."""
        return self.left.stacked if isinstance(self.left, Heading) else None

    @cached_property
    def _matrix_form(self) -> Form | None:
        return None if self.style == "index" else matrix_form(self.shown)

    @cached_property
    def left_form(self) -> Form:
        """The left-hand side by its name, with indices if the right-hand side has them."""
        leaf = Leaf(self.definition.tensor)
        if not self.definition.tensor.rank or self._matrix_form is not None:
            return leaf
        if self.block is None:
            return component_of(leaf, self.shown.indices)
        held = any(axis is not None for axis in self.block.axes)
        return Slice(self.definition.tensor, self.block.axes) if held else leaf

    @property
    def left_latex(self) -> str:
        """The left-hand side in LaTeX."""
        return latex(self.left_form, self.names) if self.left is None else self._heading[0]

    @property
    def left_text(self) -> str:
        """The left-hand side as text."""
        return text(self.left_form, self.names) if self.left is None else self._heading[1]

    @cached_property
    def _heading(self) -> tuple[str, str]:
        if self.left is None:
            return "", ""
        left = self.left if isinstance(self.left, Heading) else Heading(*self.left)
        whole = self.entrywise or not self.definition.tensor.rank or self._matrix_form is not None
        whole = whole or self.definition.body == 0
        if whole:
            return left.latex, left.text
        if self.kronecker is not None and self.stacked is not None:
            return self.stacked.latex, self.stacked.text
        if self.block is None:
            return left.at(self.shown.indices)
        return left.held(self.block.axes)

    @cached_property
    def index_form(self) -> Form:
        """The right-hand side in index notation: `i` over observations, `j, k` for entries of the result."""
        return index_form(readable_indices(self.definition).body)

    @cached_property
    def entry_form(self) -> Form:
        """One entry of the right-hand side in index notation, at the definition's own indices."""
        return index_form(self.definition.body)

    def index_latex(self, left: str = "") -> str:
        """The equation in index notation in LaTeX, with the left-hand side given or by name."""
        return f"{left or self.left_latex} = {latex(self.index_form, self.names)}"

    @property
    def right_latex(self) -> str:
        """The right-hand side in LaTeX, with the extents that it does not show."""
        said = ", ".join(map(LATEX.relation, self._extents))
        return latex(self.form, self.names) + (rf"\quad \text{{for }} {said}" if said else "")

    @property
    def right_text(self) -> str:
        """The right-hand side as text, with the extents that it does not show."""
        said = ", ".join(map(TEXT.relation, self._extents))
        return text(self.form, self.names) + (f" for {said}" if said else "")

    @cached_property
    def _extents(self) -> list[Relation]:
        """`i < 2` for an index of an intermediate result that numbers no whole axis on the right."""
        if self.left is not None or not isinstance(self.left_form, Component):
            return []
        return [(one, "<", one.dim) for one in unshown(self.shown.body, self.shown.indices)]

    def latex(self) -> str:
        """The equation in LaTeX."""
        return f"{self.left_latex} = {self.right_latex}"

    def __str__(self) -> str:
        return f"{self.left_text} = {self.right_text}"
