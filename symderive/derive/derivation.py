"""The record that every derivation is: problem, steps, result, conditions, checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy

from symderive.codegen.numpy_source import NumpyFunction, numpy_function
from symderive.core.convert import to_sympy
from symderive.core.identity import FREE_LETTERS, fresh
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.conditions import Condition
from symderive.notation.blocks import Block, block_form, held_subscript
from symderive.notation.components import component_of, put_inside
from symderive.notation.forms import Form, Leaf, Slice
from symderive.notation.index_notation import index_form, readable_indices
from symderive.notation.printing import latex, text
from symderive.notation.recover import matrix_form
from symderive.notation.to_matrix import in_sympy_words, matrix_expressions


@dataclass(frozen=True)
class Equation:
    """`left = right`, ready to print.

    Attributes:
        definition: what it says.
        left: how the left-hand side is written, if not by the name of the tensor: (LaTeX, text).
        entrywise: whether it is about one entry, and so always written with indices.
        inside: matrices that are written out under an inverse or determinant: (name, form).
        written: the right-hand side in the order in which it was written, where that is known.
    """

    definition: Definition
    left: tuple[str, str] | None = None
    entrywise: bool = False
    inside: tuple[tuple[Tensor, Form], ...] = ()
    written: Form | None = None

    @cached_property
    def form(self) -> Form:
        """The right-hand side: matrix notation where it exists, otherwise index notation."""
        if self.entrywise:
            return self.entry_form
        if self.written is not None:
            return self.written
        found = matrix_form(self.definition)
        if found is None:
            found = self.block.form if self.block is not None else index_form(self.definition.body)
        return put_inside(found, dict(self.inside))

    @cached_property
    def block(self) -> Block | None:
        """What it says at fixed positions of some axes, where only that has a matrix notation."""
        if self.entrywise or matrix_form(self.definition) is not None:
            return None
        return block_form(self.definition)

    @cached_property
    def left_form(self) -> Form:
        """The left-hand side by its name, with indices if the right-hand side has them."""
        leaf = Leaf(self.definition.tensor)
        if not self.definition.tensor.rank or matrix_form(self.definition) is not None:
            return leaf
        if self.block is None:
            return component_of(leaf, self.definition.indices)
        held = any(axis is not None for axis in self.block.axes)
        return Slice(self.definition.tensor, self.block.axes) if held else leaf

    @property
    def left_latex(self) -> str:
        """The left-hand side in LaTeX."""
        return latex(self.left_form) if self.left is None else self.left[0] + self._subscript("latex")

    @property
    def left_text(self) -> str:
        """The left-hand side as text."""
        return text(self.left_form) if self.left is None else self.left[1] + self._subscript("text")

    def _subscript(self, kind: str) -> str:
        if self.entrywise or not self.definition.tensor.rank or matrix_form(self.definition) is not None:
            return ""
        if self.block is not None:
            return held_subscript(self.block.axes, kind)
        names = "".join(index.name for index in self.definition.indices)
        return f"_{{{names}}}" if kind == "latex" else f"[{','.join(names)}]"

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
        return f"{left or self.left_latex} = {latex(self.index_form)}"

    def latex(self) -> str:
        """The equation in LaTeX."""
        return f"{self.left_latex} = {latex(self.form)}"

    def __str__(self) -> str:
        return f"{self.left_text} = {text(self.form)}"


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Attributes:
        rule: the law that it applies.
        statement: the equation that it states.
        why: the reason in words, possibly empty.
    """

    rule: str
    statement: Equation
    why: str = ""

    def __str__(self) -> str:
        return f"{self.statement}    {self.why or self.rule}"


@dataclass(frozen=True)
class Check:
    """A comparison of the result with an independent computation.

    Attributes:
        method: what it was compared with.
        draws: the number of random points.
        sizes: the sizes used, as text.
        largest_error: the largest relative error of an entry.
        passed: whether every entry agreed within the noise of the method.
        undecided: variables whose derivative is so small that round-off hides it.
    """

    method: str
    draws: int
    sizes: str
    largest_error: float
    passed: bool
    undecided: tuple[str, ...] = ()

    def __str__(self) -> str:
        word = "checked" if self.passed else "NOT CONFIRMED"
        hidden = (
            f"; hidden by round-off, so not decided: {', '.join(self.undecided)}" if self.undecided else ""
        )
        return (
            f"{word}: NumPy code against {self.method}, {self.draws} draw{'' if self.draws == 1 else 's'}, "
            f"{self.sizes}, largest relative error {self.largest_error:.0e}{hidden}"
        )


@dataclass(frozen=True)
class Derivation:
    """A derived formula with everything that belongs to it.

    Attributes:
        kind: `gradient`, `hessian`, …
        loss: the equation that was differentiated.
        steps: the derivation, one law at a time.
        lets: named intermediate results of the closed form.
        results: the closed forms, one per variable.
        conditions: where they hold.
        program: the equations that compute the results; code, formulas and checks come from it.
        original: the equations of the loss as it was written.
        wrt: the variables.
        first: of a second derivative, the derivation of the first.
        structured: of a gradient in a symmetric, diagonal, triangular or skew-symmetric matrix whose entries
            are varied one by one, the derivation of the gradient in its free entries.
        moves: `alone`, or `free` where the entries of structured variables are varied together.
        verifier: how `check` compares, if not with differences of the loss.
        written: the equations of the loss, one operation each, for the slow evaluator; `original` by default.
    """

    kind: str
    loss: Equation
    steps: tuple[Step, ...]
    lets: tuple[Equation, ...]
    results: tuple[Equation, ...]
    conditions: tuple[Condition, ...]
    program: Program
    original: Program
    wrt: tuple[Tensor, ...]
    first: Derivation | None = field(default=None, compare=False, repr=False)
    structured: Derivation | None = field(default=None, compare=False, repr=False)
    moves: str = "alone"
    verifier: Callable[[Derivation, int], Check] | None = field(default=None, compare=False, repr=False)
    written: Program | None = field(default=None, compare=False, repr=False)
    _checks: list[Check] = field(default_factory=list, compare=False, repr=False)

    @property
    def result(self) -> Any:
        """The right-hand side of the closed form; a tuple where there are several variables."""
        forms = tuple(equation.form for equation in self.results)
        return forms[0] if len(forms) == 1 else forms

    @property
    def checks(self) -> tuple[Check, ...]:
        """The comparisons made, newest last; made on first use."""
        if not self._checks:
            self.check()
        return tuple(self._checks)

    def check(self, seed: int = 0) -> Check:
        """Compare the NumPy code with central differences of the loss at random points.

        Args:
            seed: of the random points.

        Returns:
            the comparison.

        Raises:
            InternalError: an entry disagrees; the message shows the witness.
            SymderiveError: no point could be drawn at which the loss has a value.
        """
        from symderive.derive.verification import verify_by_differences

        made = (self.verifier or verify_by_differences)(self, seed)
        self._checks.append(made)
        return made

    def to_numpy(self) -> NumpyFunction:
        """The closed form as a NumPy function of the arrays by keyword; `.source` is its code."""
        return self._function

    @cached_property
    def _function(self) -> NumpyFunction:
        summary = "; ".join(str(equation) for equation in self.results)
        summary = summary if len(summary) < 90 else f"The {self.kind}."
        return numpy_function(self.program, self.kind, summary, self.original.inputs)

    def to_python(self) -> str:
        """A Python file with the value, the derivatives and a self-check, as text; it needs NumPy alone.

        Raises:
            SymderiveError: the derivation is not a gradient or a second derivative.
            InternalError: the derivation or the file does not pass its check.
        """
        from symderive.derive.python_file import python_file

        return python_file(self)

    def to_sympy(self) -> Any:
        """The closed form in SymPy, named intermediates put in; a tuple for several variables.

        A `MatrixExpr` where matrix notation exists (vectors are n×1, a scalar is an expression), otherwise a
        `Sum` of `Indexed` over the free indices `i, j, k, …`, one per axis of the result in this order.
        """
        matrices = matrix_expressions(self.program)
        made = tuple(
            matrices[equation.definition.tensor]
            if equation.definition.tensor in matrices
            else self._indexed(equation.definition.tensor)
            for equation in self.results
        )
        return made[0] if len(made) == 1 else made

    def _indexed(self, tensor: Tensor) -> sympy.Expr:
        from symderive.calculus.condense import replace_entries

        bodies: dict[Tensor, Definition] = {}
        for made in self.program.definitions:
            bodies[made.tensor] = made.with_body(replace_entries(made.body, bodies))
        axes = fresh(tensor.shape, (), FREE_LETTERS)
        return in_sympy_words(to_sympy(bodies[tensor].at(axes), matrix_expressions(self.program)))

    def latex(self) -> str:
        """The closed form in LaTeX, intermediates behind it."""
        lines = [equation.latex() for equation in self.results]
        lines += [equation.latex() for equation in self.lets]
        return r",\quad ".join(lines) if len(lines) < 3 else _aligned(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        """The closed form on one line; `print` shows the derivation."""
        return f"<{self.kind.replace('_', ' ')}: {'; '.join(map(str, self.results))}>"

    def __str__(self) -> str:
        lines = [str(self.loss), ""]
        lines += [f"  {number:<3}{step}" for number, step in enumerate(self.steps, start=1)]
        lines.append("")
        where = [str(equation) for equation in self.lets]
        for place, equation in enumerate(self.results):
            tail = f",   {', '.join(where)}" if where and place == len(self.results) - 1 else ""
            lines.append(f"  {equation}{tail}")
        lines += self._in_free_entries()
        if self.conditions:
            lines += [
                "",
                *(f"  holds where {c}" if c.kind == "domain" else f"  uses {c}" for c in self.conditions),
            ]
        lines += ["", *(str(check) for check in self.checks)]
        return "\n".join(lines)

    @property
    def convention(self) -> str:
        """What is varied, where a variable is a structured matrix; empty otherwise."""
        if self.structured is None:
            return ""
        names = [text(Leaf(one)) for one in self.wrt if one.is_structured]
        ties = [one.why for one in self.structured.steps if one.rule == "free entries"]
        laws = "; where ".join(one.replace(": ", ", the gradient is ") for one in ties)
        return f"every entry of {' and '.join(names)} is varied alone; where {laws}:"

    def _in_free_entries(self) -> list[str]:
        """The gradient in the free entries of structured variables, with what is varied."""
        if self.structured is None:
            return []
        free = self.structured
        pairs = zip(free.results, free.wrt, strict=True)
        shown = [str(one) for one, variable in pairs if variable.is_structured]
        where = ", ".join(str(one) for one in free.lets if one not in self.lets)
        shown[-1] += f",   {where}" if where else ""
        _ = free.checks  # confirmed before it is shown
        return ["", f"  {self.convention}", *(f"  {one}" for one in shown)]


def _aligned(lines: list[str]) -> str:
    rows = " \\\\\n".join(line.replace(" = ", " &= ", 1) for line in lines)
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"


def entry_of(tensor: Tensor) -> sympy.Expr:
    """The only entry of a scalar."""
    return Entry(tensor)
