"""A condition of a derivation, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sympy

from symderive.calculus.compared import without_common_terms
from symderive.calculus.condense import condense
from symderive.core.identity import free_indices, substitute, tensors_of
from symderive.core.matrix_nodes import Det, MatrixNode
from symderive.core.nodes import Index, Tensor
from symderive.core.program import Definition, Program
from symderive.derive.demands import Demand
from symderive.derive.intervals import ends
from symderive.derive.naming import is_unnamed
from symderive.errors import InternalError
from symderive.functions.choice import where
from symderive.functions.comparisons import equal
from symderive.functions.kinked import absolute
from symderive.functions.record import NONZERO, POSITIVE
from symderive.notation.components import component_of, put_inside
from symderive.notation.dialects import LATEX, TEXT
from symderive.notation.extents import unshown
from symderive.notation.forms import Apply, Basis, Const, Form, Leaf, NormSquared
from symderive.notation.index_notation import clear_bound, index_form
from symderive.notation.labelled import NoMatrixNotationError, laid_out
from symderive.notation.printing import latex, stated, text
from symderive.notation.recover import recover

AT_TIES = "(at ties: the mean over the places)"
MEAN = "the mean over the places where"
NOTHING: Mapping[Tensor, Form] = MappingProxyType({})
_OR_EQUAL = {">": ("≥", r"\ge"), "<": ("≤", r"\le")}


@dataclass(frozen=True)
class Condition:
    """Something that must hold, or was used.

    Attributes:
        text: in words and Unicode.
        latex: mathematics and words in LaTeX.
        kind: `domain` (must hold), `kink` (a convention was used) or `fact` (a declared domain was used).
        slack: of a condition on sizes, the expression that must be at least 0.
    """

    text: str
    latex: str
    kind: str
    slack: sympy.Expr | None = None

    def __str__(self) -> str:
        return self.text


OUTSIDE = Condition(
    "entries outside an array are 0", r"\text{entries outside an array are 0}", "fact"
)  # fmt: skip


def basis_vector(form: Basis) -> Condition:
    """What the name of a basis vector stands for."""
    plain, written = TEXT.position(form.position), LATEX.position(form.position)
    return Condition(
        f"{text(form)} for the vector that is 1 at position {plain}, counted from 0, and 0 elsewhere",
        rf"{latex(form)} \text{{ for the vector that is 1 at position }} {written}"
        r"\text{, counted from 0, and 0 elsewhere}",
        "fact",
    )


def symmetric_part(tensor: Tensor) -> Condition:
    """How the Cholesky factor of an input was differentiated."""
    return _about(
        tensor,
        "{0} is symmetric: derivatives are those of chol(½({0} + {0}ᵀ))",
        r"{0} \text{{ is symmetric: derivatives are those of }}"
        r"\operatorname{{chol}}\left(\tfrac{{1}}{{2}}({0} + {0}^{{\top}})\right)",
    )


def factor_removed(tensor: Tensor) -> Condition:
    """That a law has removed the Cholesky factor of an input."""
    law = r"{0} = L L^{{\top}} \text{{ for }} L = \operatorname{{chol}}({0})"
    return _about(tensor, "{0} = L Lᵀ for L = chol({0})", law)


def _about(tensor: Tensor, plain: str, written: str) -> Condition:
    """A fact about an array, from patterns in which its name is {0}."""
    return Condition(plain.format(text(Leaf(tensor))), written.format(latex(Leaf(tensor))), "fact")


def regularity(program: Program, made: Definition, tensor: Tensor, word: str) -> Condition:
    """That a matrix which stands in an equation is invertible, or positive definite."""
    if tensor.rank > 2:
        plain, written = (
            ("each matrix", r"\text{each matrix}")
            if is_unnamed(tensor.name)
            else (f"each matrix of {text(Leaf(tensor))}", rf"\text{{each matrix of }} {latex(Leaf(tensor))}")
        )
        return Condition(f"{plain} {word}", rf"{written} \text{{ {word}}}", "domain")
    form = _written_out(program, made, tensor)
    return Condition(f"{text(form)} {word}", rf"{latex(form)} \text{{ {word}}}", "domain")


def _written_out(program: Program, made: Definition, tensor: Tensor) -> Form:
    """A matrix that stands in an equation, in terms of inputs and named results."""
    indices = (Index("i", tensor.shape[0]), Index("j", tensor.shape[1]))
    body = _inlined(program, made, indices, tensor[indices])
    try:
        form = laid_out(recover(body), indices)
    except NoMatrixNotationError:
        return Leaf(tensor)
    inner = {one.tensor for one in body.atoms(MatrixNode) if one.tensor.rank == 2 and one.tensor != tensor}
    unnamed = sorted((one for one in inner if is_unnamed(one.name)), key=str)
    return put_inside(form, {one: _written_out(program, made, one) for one in unnamed})


def matrices_in(program: Program, made: Definition, body: sympy.Expr) -> dict[Tensor, Form]:
    """The matrices of which a condition names the determinant, written out."""
    found = sorted((one.tensor for one in body.atoms(Det) if one.tensor.rank == 2), key=str)
    return {one: _written_out(program, made, one) for one in found if program.definition(one) is not None}


def settled(program: Program, made: Definition, demand: Demand) -> tuple[sympy.Expr, sympy.Set]:
    """What a demand is about, in terms of inputs and named results at indices `i, j, k, l`, and its set."""
    guard = sympy.Mul(*demand.guards)
    whole = demand.argument if guard == 1 else where(guard, demand.argument, sympy.S.Zero)
    there = _in_letters(program, made, whole)
    return readable(without_common_terms(there) if isinstance(there, equal) else there, demand.domain)


def condition_of(
    demand: Demand,
    body: sympy.Expr,
    domain: sympy.Set,
    several: bool = False,
    inside: Mapping[Tensor, Form] = NOTHING,
) -> Condition:
    """A demand in words and in LaTeX.

    Args:
        demand: what it is.
        body: what it is about, at indices `i, j, k, l`.
        domain: the set that this must lie in.
        several: whether a maximum has ties as a rule.
        inside: what is written for a matrix under a determinant.
    """
    form = put_inside(_form_of(body), inside)
    only, only_latex = "", ""
    if isinstance(form, Apply) and form.head is where:
        held, form = form.args[:2]
        only, only_latex = f" wherever {stated(held, TEXT)}", rf"\text{{ wherever }} {stated(held, LATEX)}"
    every, latex_every = (one + other for one, other in zip((only, only_latex), _for_all(body), strict=True))
    if demand.kind == "kink":
        if isinstance(form, Const):  # what stands under the function cancels
            where_it_is = r"\text{everywhere at a kink}"
            return Condition(f"everywhere at a kink: {demand.word}", where_it_is, "kink")
        if not (isinstance(form, Apply) and form.head is equal):
            raise InternalError(f"a kink at {body} has no wording.")
        left, right = form.args
        return Condition(
            f"at {text(left)} = {text(right)}{only}: {demand.word}",
            rf"{latex(left)} \neq {latex(right)}{latex_every}",
            "kink",
        )
    if demand.kind == "tie" and several:
        plain, written = f"{MEAN} {text(form)} is attained", rf"\text{{{MEAN} }}{latex(form)}"
        return Condition(plain, rf"{written}\text{{ is attained}}", "fact")
    if demand.kind == "tie":
        return Condition(
            f"{text(form)} {demand.word}{every} {AT_TIES}",
            rf"{latex(form)} \text{{ {demand.word}}}{latex_every}\text{{ {AT_TIES}}}",
            "domain",
        )
    if isinstance(form, NormSquared) and domain in (POSITIVE, NONZERO):
        form, domain = form.inner, NONZERO
    plain, written = _membership(text(form), latex(form), domain)
    return Condition(f"{plain}{every}", f"{written}{latex_every}", demand.kind)


def why_never(demand: Demand, body: sympy.Expr, domain: sympy.Set) -> str:
    """Why a demand that is never met has no value: in words where a number stands under a function."""
    if tensors_of(body):
        return f"it needs: {condition_of(demand, body, domain)}"
    value = text(_form_of(body))
    if demand.word == "power":
        return f"it divides by {value}" if domain == NONZERO else f"it takes a root of {value}"
    return f"it takes {demand.word} of {value}"


def _for_all(body: sympy.Expr) -> tuple[str, str]:
    """`for all i, j`, with the extents that the entries do not show."""
    indices = sorted(free_indices(body), key=lambda index: str(index.name))
    if not indices:
        return "", ""
    loose = unshown(body, indices)
    plain, written = (
        ", ".join(
            marks.relation((index, "<", index.dim)) if index in loose else str(index.name)
            for index in indices
        )
        for marks in (TEXT, LATEX)
    )
    return f" for all {plain}", rf"\text{{ for all }} {written}"


def readable(argument: sympy.Expr, domain: sympy.Set) -> tuple[sympy.Expr, sympy.Set]:
    """`x² > 0`, `|x| > 0` and `√x ≠ 0` as `x ≠ 0`, `√x > 0` as `x > 0`."""
    if domain in (POSITIVE, NONZERO) and isinstance(argument, absolute):
        return argument.args[0], NONZERO
    if domain in (POSITIVE, NONZERO) and isinstance(argument, sympy.Pow) and argument.exp.is_positive:
        return argument.base, NONZERO if argument.exp.is_even else domain
    return argument, domain


def _membership(plain: str, written: str, domain: sympy.Set) -> tuple[str, str]:
    """`x lies in the domain` in text and LaTeX: an interval as inequalities, all but one number as ≠."""
    if domain == NONZERO:
        return f"{plain} ≠ 0", rf"{written} \neq 0"
    if not isinstance(domain, sympy.Interval):
        raise InternalError(f"a condition with the domain {domain} has no wording.")
    low, low_open, high, high_open = ends(domain)
    if low == -sympy.oo or high == sympy.oo:
        end, is_open, sign = (low, low_open, ">") if high == sympy.oo else (high, high_open, "<")
        plain_sign, written_sign = (sign, sign) if is_open else _OR_EQUAL[sign]
        return f"{plain} {plain_sign} {_number(end)}", f"{written} {written_sign} {sympy.latex(end)}"
    (first, first_written), (second, second_written) = (
        ("<", "<") if is_open else _OR_EQUAL["<"] for is_open in (low_open, high_open)
    )
    return (
        f"{_number(low)} {first} {plain} {second} {_number(high)}",
        f"{sympy.latex(low)} {first_written} {written} {second_written} {sympy.latex(high)}",
    )


def _number(value: sympy.Expr) -> str:
    return text(Const(value))


def _in_letters(program: Program, made: Definition, argument: sympy.Expr) -> sympy.Expr:
    """The argument in terms of inputs and named results, at indices `i, j, k, l`."""
    loose = tuple(sorted(free_indices(argument), key=lambda index: index.name))
    indices = tuple(Index(letter, index.dim) for letter, index in zip("ijkl", loose, strict=False))
    argument = substitute(argument, dict(zip(loose, indices, strict=True)))
    whole = _inlined(program, made, indices, argument)
    return whole.xreplace(_determinants_of_zeros(program, whole))


def _determinants_of_zeros(program: Program, argument: sympy.Expr) -> dict[sympy.Expr, sympy.Expr]:
    """`det 0 = 0` for the matrices of zeros among the results."""
    made = {node: program.definition(node.tensor) for node in argument.atoms(Det)}
    return {node: sympy.S.Zero for node, whole in made.items() if whole is not None and whole.body == 0}


def _form_of(body: sympy.Expr) -> Form:
    """An expression with its indices as subscripts."""
    try:
        labelled = recover(body)
        return component_of(labelled.form, labelled.labels)
    except NoMatrixNotationError:
        return index_form(clear_bound(body))


def _inlined(
    program: Program, made: Definition, indices: tuple[Index, ...], argument: sympy.Expr
) -> sympy.Expr:
    """An expression over what stands before `made`, in terms of inputs and named results."""
    probe = Tensor("_probe", tuple(index.dim for index in indices))
    place = program.definitions.index(made)
    definitions = (*program.definitions[:place], Definition(probe, indices, argument))
    needed = Program(program.inputs, definitions, (probe,)).needed((probe,))
    short = condense(needed, lambda d, n, c: n == 1 or is_unnamed(d.tensor.name) or not d.pinned, shown=True)
    return short.definitions[-1].body
