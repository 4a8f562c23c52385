"""The record that every derivation is: problem, steps, result, conditions, checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Unpack

import sympy

from symderive.codegen.array_function import ArrayFunction
from symderive.codegen.numpy_source import NumpyFunction
from symderive.core.convert import to_sympy
from symderive.core.identity import FREE_LETTERS, fresh
from symderive.core.nodes import Entry, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.account import Account, Simplification, Step, StepCheck
from symderive.derive.code import CodeOptions, library_code, numpy_code
from symderive.derive.condition import Condition
from symderive.derive.equation import FORMS, Equation
from symderive.derive.layout import Layout
from symderive.derive.naming import Slope
from symderive.derive.stacking import no_kronecker_form, stacking_latex
from symderive.errors import SymderiveError, did_you_mean
from symderive.notation.forms import Leaf
from symderive.notation.printing import text
from symderive.notation.to_matrix import in_sympy_words, matrix_expressions

__all__ = ["Check", "Derivation", "Equation", "Simplification", "Step", "StepCheck", "entry_of"]


_WORDS = {
    "hessian": "Hessian", "jacobian": "Jacobian", "hessian_vector_product": "Hessian-vector product",
}  # fmt: skip


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
        account: how the result comes about: the equation that was differentiated, the steps, what cancels;
            where it holds.
        lets: named intermediate results of the closed form.
        results: the closed forms, one per variable.
        program: the equations that compute the results; code, formulas and checks come from it.
        original: the equations of the loss as it was written.
        wrt: the variables.
        first: of a second derivative, the derivation of the first.
        blocks: for each result, the variables that it is a derivative by, in order.
        layout: in what order the axes stand.
        direction: the direction, where the last derivative is one along a direction.
        forward: the equations that the chain rule ran over.
        slopes: of what each new array of a step is the derivative.
        again: derives the same with one operation in each step.
        structured: of a gradient in a symmetric, diagonal, triangular or skew-symmetric matrix whose entries
            are varied one by one, the derivation of the gradient in its free entries.
        moves: `alone`, or `free` where the entries of structured variables are varied together.
        verifier: how `check` compares, if not with differences of the loss.
        written: the equations of the loss, one operation each, for the slow evaluator; `original` by default.
    """

    kind: str
    account: Account = field(compare=False, repr=False)
    lets: tuple[Equation, ...]
    results: tuple[Equation, ...]
    program: Program
    original: Program
    wrt: tuple[Tensor, ...]
    first: Derivation | None = field(default=None, compare=False, repr=False)
    blocks: tuple[tuple[Tensor, ...], ...] = ()
    layout: Layout = field(default=Layout(), compare=False)
    direction: Tensor | None = None
    forward: Program | None = field(default=None, compare=False, repr=False)
    slopes: tuple[tuple[Tensor, Slope], ...] = field(default=(), compare=False, repr=False)
    again: Callable[[], Derivation] | None = field(default=None, compare=False, repr=False)
    structured: Derivation | None = field(default=None, compare=False, repr=False)
    moves: str = "alone"
    verifier: Callable[[Derivation, int], Check] | None = field(default=None, compare=False, repr=False)
    written: Program | None = field(default=None, compare=False, repr=False)
    _checks: list[Check] = field(default_factory=list, compare=False, repr=False)

    @property
    def loss(self) -> Equation:
        """The equation that was differentiated."""
        return self.account.loss

    @property
    def steps(self) -> tuple[Step, ...]:
        """The derivation, one law at a time."""
        return self.account.steps

    @property
    def simplifications(self) -> tuple[Simplification, ...]:
        """What cancels when steps are put into one another."""
        return self.account.simplifications

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Where the closed forms hold."""
        return self.account.conditions

    @property
    def worked(self) -> Program | None:
        """The equations of all steps."""
        return self.account.worked

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

    def to_numpy(self, **options: Unpack[CodeOptions]) -> NumpyFunction:
        """The closed form as a NumPy function of the arrays by keyword; `.source` is its code.

        Args:
            options: what it returns besides and how it computes, see `CodeOptions`: `with_value`,
                `with_gradient`, `rows_per_block`, `sizes`, `kronecker`.

        Raises:
            SymderiveError: there is no value or gradient to go with this derivation, or no such rows or
                sizes.

        >>> import symderive as sd
        >>> loss = sd.parse("np.sum((X @ w - y)**2)", X="n,d", w="d", y="n")
        >>> function = sd.gradient(loss, sd.parse("w", w="d")).to_numpy(with_value=True)
        >>> value, gradient = function(X=[[1.0, 2.0]], w=[1.0, 1.0], y=[1.0])
        >>> float(value), gradient
        (4.0, array([4., 8.]))
        """
        return numpy_code(self, options) if options else self._function

    def to_array_api(self, **options: Unpack[CodeOptions]) -> ArrayFunction:
        """The closed form as a function of arrays of any library that follows the array-API standard.

        One source for NumPy, PyTorch, JAX and CuPy; it finds the library of its arguments with the package
        `array_api_compat`.

        Args:
            options: as for `to_numpy`.

        Raises:
            SymderiveError: not all libraries have a function that occurs in it, or an option does not fit.
        """
        return library_code(self, "array-api", options)

    def to_torch(self, **options: Unpack[CodeOptions]) -> ArrayFunction:
        """The closed form as a function of tensors of PyTorch by keyword; `.source` is its code.

        Args:
            options: as for `to_numpy`.

        Raises:
            SymderiveError: PyTorch has not a function that occurs in it, or an option does not fit.
        """
        return library_code(self, "torch", options)

    def to_jax(self, **options: Unpack[CodeOptions]) -> ArrayFunction:
        """The closed form as a function of arrays of JAX by keyword, for `jax.jit`; `.source` is its code.

        Args:
            options: as for `to_numpy`.

        Raises:
            SymderiveError: JAX has not a function that occurs in it, or an option does not fit.
        """
        return library_code(self, "jax", options)

    def to_code(self, backend: str = "numpy", **options: Unpack[CodeOptions]) -> str:
        """The source of a function that computes the closed form.

        Args:
            backend: `numpy`, `array-api`, `torch` or `jax`.
            options: as for `to_numpy`.

        Raises:
            SymderiveError: the library is not known, or has not a function that occurs in it, or an option
                does not fit.
        """
        if backend == "numpy":
            return self.to_numpy(**options).source
        return library_code(self, backend, options).source

    @cached_property
    def _function(self) -> NumpyFunction:
        return numpy_code(self, {})

    @property
    def formula(self) -> str:
        """The results on one line, entry by entry or block by block where they have three axes or more."""
        whole = (one if one.kronecker is None else one.styled("blocks") for one in self.results)
        return "; ".join(map(str, whole))  # of the array, not of the matrix

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

    @property
    def slacks(self) -> tuple[sympy.Expr, ...]:
        """The conditions on sizes, as expressions that are at least 0."""
        return tuple(one.slack for one in self.conditions if one.slack is not None)

    @property
    def by(self) -> tuple[tuple[Tensor, ...], ...]:
        """For each result, the variables that it is a derivative by, in order."""
        if self.blocks:
            return self.blocks
        return tuple((one,) for one in self.wrt) if self.first is None else (self.wrt,)

    def lower_place(self, block: tuple[Tensor, ...]) -> int:
        """Which result of the derivation one order lower a block is the derivative of."""
        return 0 if self.first is None else self.first.by.index(block[:-1])

    @property
    def word(self) -> str:
        """What is derived, in words."""
        return _WORDS.get(self.kind, self.kind.replace("_", " "))

    @property
    def given(self) -> Program:
        """The equations that the chain rule ran over."""
        return self.original if self.forward is None else self.forward

    @cached_property
    def elementary(self) -> Derivation:
        """The same derived with one operation in each step; itself where there is no such derivation."""
        return self if self.again is None else self.again()

    def __getitem__(self, key: str | tuple[str, ...]) -> Equation:
        """The result for a variable, `D["w"]`, or for several in order, `D["w", "b"]`.

        Raises:
            SymderiveError: there is no such result.
        """
        wanted = (key,) if isinstance(key, str) else tuple(key)
        known = [tuple(str(one.name) for one in block) for block in self.by]
        for names, equation in zip(known, self.results, strict=True):
            if names == wanted:
                return equation
        have = ", ".join("[" + ", ".join(map(repr, names)) + "]" for names in known)
        raise SymderiveError(f"the {self.word} has no result {', '.join(map(repr, wanted))}; it has {have}.")

    def styled(self, form: str) -> tuple[tuple[Equation, ...], tuple[Equation, ...]]:
        """Results and named intermediate results in a form, one of `FORMS`.

        Raises:
            SymderiveError: the form is unknown, or `kronecker` and a result has no such form.
        """
        if form not in FORMS:
            known = ", ".join(f'"{one}"' for one in FORMS)
            raise SymderiveError(
                f'form: "{form}" is not known; it is one of {known}{did_you_mean(str(form), FORMS)}'
            )
        results = tuple(one.styled(form) for one in self.results)
        other = no_kronecker_form(results) if form == "kronecker" else None
        if other is not None:
            raise SymderiveError(
                f"form: {other.left_text} is no sum of Kronecker products of matrices; "
                'use form="closed" or form="index".'
            )
        return results, tuple(one.styled(form) for one in self.lets)

    def latex(self, form: str = "closed", *, conventions: bool = False) -> str:
        """The result in LaTeX, intermediates behind it.

        Args:
            form: `closed`, matrix notation where it exists; `expanded`, multiplied out; `index`, with Σ;
                `kronecker`, derivatives with three or four axes as one matrix with ⊗, vec stacking columns,
                or as a sum of such; `blocks`, the same entry by entry or block by block.
            conventions: whether what vec and K mean is said behind the formulas that they stand in.

        Raises:
            SymderiveError: the form is unknown, or `kronecker` and a result has no such form.
        """
        results, lets = self.styled(form)
        lines = [equation.latex() for equation in (*results, *lets)]
        said = stacking_latex(results) if conventions else ""
        if len(lines) < 3:
            return r",\quad ".join([*lines, said] if said else lines)
        return _aligned(lines, said)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex(conventions=True)}$"

    def __repr__(self) -> str:
        """The closed form on one line; `print` shows the derivation."""
        return f"<{self.word}: {'; '.join(map(str, self.results))}>"

    def __str__(self) -> str:
        return self.text()

    def text(self, detail: str = "standard", form: str = "closed") -> str:
        """The derivation for a terminal.

        Args:
            detail: `brief`, the result; `standard`, with its steps; `full`, every elementary step.
            form: of the result, as for `latex`.

        Raises:
            SymderiveError: the level of detail or the form is unknown.
        """
        from symderive.derive.report import report

        return report(self, detail, form)

    @property
    def convention(self) -> str:
        """What is varied, where a variable is a structured matrix; empty otherwise."""
        if self.structured is None:
            return ""
        names = [text(Leaf(one)) for one in self.wrt if one.is_structured]
        ties = [one.why for one in self.structured.steps if one.rule == "free entries"]
        laws = "; where ".join(one.replace(": ", ", the gradient is ") for one in ties)
        return f"every entry of {' and '.join(names)} is varied alone; where {laws}:"


def _aligned(lines: list[str], below: str) -> str:
    """Equations below one another at their equals signs, and what is said below them."""
    rows = [line.replace(" = ", " &= ", 1) for line in lines] + ([f"&{below}"] if below else [])
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def entry_of(tensor: Tensor) -> sympy.Expr:
    """The only entry of a scalar."""
    return Entry(tensor)
