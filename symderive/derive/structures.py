"""Gradients in the free entries of a structured matrix: symmetric, diagonal, triangular, skew-symmetric.

The gradient G of a matrix of no structure varies every entry alone. The entries of a structured matrix
vary together: those of a symmetric matrix in pairs, `dL = Σ_{i≤j} (G_ij + G_ji − δ_ij G_ij) dS_ij`
(Petersen & Pedersen, The Matrix Cookbook, 2012, section 2.8). The result has the shape of the matrix, with
the derivative of each free entry in every place where the entry stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy

from symderive.calculus.chain import Chained
from symderive.calculus.condense import Choice, weight
from symderive.core.identity import FREE_LETTERS, fresh
from symderive.core.nodes import STRUCTURES, Delta, Index, Tensor
from symderive.core.positions import Inside
from symderive.core.program import Definition, Program
from symderive.errors import SymderiveError
from symderive.notation.matrix_products import is_symmetric
from symderive.notation.names import latex_name, text_name
from symderive.notation.recover import matrix_form

_LONGEST_INSIDE = 3  # entries of a gradient that is written out in place of its name
Heading = tuple[str, str]


@dataclass(frozen=True)
class Structure:
    """How the entries of a matrix depend on each other, and what that does to a gradient.

    Attributes:
        mark: the superscript of ∇, in LaTeX and as text.
        law: the gradient in terms of the unconstrained gradient G.
        varied: what is varied together, with `{0}` for the name of the matrix.
        entry: the derivative in the free entry at i, j.
    """

    mark: Heading
    law: str
    varied: str
    entry: Callable[[Tensor, Index, Index], sympy.Expr]


_SYMMETRIC = Structure(
    (r"\mathrm{sym}", "ˢʸᵐ"),
    "G + Gᵀ − G ⊙ I",
    "{0}ᵢⱼ and {0}ⱼᵢ vary together",
    lambda g, i, j: g[i, j] + g[j, i] - Delta(i, j) * g[i, j],
)
BY_DOMAIN: Mapping[str, Structure] = {
    "symmetric": _SYMMETRIC,
    "spd": _SYMMETRIC,
    "diagonal": Structure(
        (r"\mathrm{diag}", "ᵈⁱᵃᵍ"),
        "G ⊙ I",
        "only the diagonal of {0} varies",
        lambda g, i, j: Delta(i, j) * g[i, j],
    ),
    "lower": Structure(
        (r"\mathrm{tril}", "ᵗʳⁱˡ"),
        "tril(G)",
        "only the entries of {0} on and below the diagonal vary",
        lambda g, i, j: Inside(i - j, i.dim) * g[i, j],
    ),
    "upper": Structure(
        (r"\mathrm{triu}", "ᵗʳⁱᵘ"),
        "triu(G)",
        "only the entries of {0} on and above the diagonal vary",
        lambda g, i, j: Inside(j - i, i.dim) * g[i, j],
    ),
    "skew": Structure(
        (r"\mathrm{skew}", "ˢᵏᵉʷ"),
        "G − Gᵀ",
        "{0}ᵢⱼ and {0}ⱼᵢ = −{0}ᵢⱼ vary together",
        lambda g, i, j: g[i, j] - g[j, i],
    ),
}


def structured(variables: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The variables that have a structure."""
    return tuple(one for one in variables if one.domain in BY_DOMAIN)


def check_structured(variables: Sequence[Tensor]) -> None:
    """Raise where no variable has a structure.

    Raises:
        SymderiveError: names the domains that there are.
    """
    if not structured(variables):
        names = ", ".join(str(one.name) for one in variables)
        known = ", ".join(STRUCTURES)
        raise SymderiveError(
            f"gradient in the free entries: {names} has no structure; "
            f"declare it with one of the domains {known}."
        )


@dataclass(frozen=True)
class FreeEntries:
    """The equations that lead from unconstrained gradients to those in the free entries.

    Attributes:
        gradients: for each structured variable, the tensor of its unconstrained gradient.
        made: for each of them, the new output.
        letters: for each of them, the name that it gets.
    """

    gradients: Mapping[Tensor, Tensor]
    made: Mapping[Tensor, Tensor]
    letters: Mapping[Tensor, str]

    def choice(self, usual: Choice) -> Choice:
        """Fusion for the closed form: short unconstrained gradients are written in place of their names."""

        def choose(made: Definition, count: int, consumer: Definition | None) -> bool:
            whole = not any(factor.is_Add for factor in sympy.Mul.make_args(made.body))
            short = made.tensor in self.made and whole and weight(made.body) <= _LONGEST_INSIDE
            return short or usual(made, count, consumer)

        return choose

    def names(self, short: Program, symbol: str) -> dict[Tensor, Tensor]:
        """Names of the unconstrained gradients and of the results."""
        found: dict[Tensor, Tensor] = {}
        for variable, gradient in self.gradients.items():
            made = short.definition(gradient)
            form = None if made is None else matrix_form(made)
            domain = "symmetric" if form is not None and is_symmetric(form) else "real"
            found[gradient] = Tensor(self.letters[gradient], gradient.shape, domain)
            latex, _ = self.heading(variable, symbol)
            output = self.made[gradient]
            found[output] = Tensor(f"d{symbol}_d{variable.name}_free", output.shape, "real", latex)
        return found

    def heading(self, variable: Tensor, symbol: str) -> Heading:
        """How the gradient in the free entries of a variable is written."""
        mark = BY_DOMAIN[variable.domain].mark
        name = variable.latex_name or latex_name(variable.name)
        return (
            rf"\nabla^{{{mark[0]}}}_{{{name}}} {latex_name(symbol)}",
            f"∇{mark[1]}_{text_name(variable.name)} {text_name(symbol)}",
        )

    def headings(
        self, usual: Sequence[Heading], targets: Sequence[Tensor], symbol: str
    ) -> tuple[Heading, ...]:
        """The left-hand sides of the results: of variables of no structure the usual ones."""
        pairs = zip(targets, usual, strict=True)
        return tuple(
            self.heading(one, symbol) if one in self.gradients else heading for one, heading in pairs
        )

    def inner_headings(self, names: Mapping[Tensor, Tensor], symbol: str) -> dict[Tensor, Heading]:
        """`G = ∇_S L` for the unconstrained gradients, under their new names."""
        found: dict[Tensor, Heading] = {}
        for variable, gradient in self.gradients.items():
            letter, name = self.letters[gradient], variable.latex_name or latex_name(variable.name)
            found[names.get(gradient, gradient)] = (
                rf"{latex_name(letter)} = \nabla_{{{name}}} {latex_name(symbol)}",
                f"{text_name(letter)} = ∇_{text_name(variable.name)} {text_name(symbol)}",
            )
        return found


def in_free_entries(chained: Chained, targets: Sequence[Tensor]) -> tuple[Chained, FreeEntries]:
    """The program with one equation more for each structured variable, and what it needs to be written."""
    program = chained.program
    new: list[Definition] = []
    outputs = list(program.outputs)
    gradients: dict[Tensor, Tensor] = {}
    made: dict[Tensor, Tensor] = {}
    letters: dict[Tensor, str] = {}
    taken = set(program.names) | _sizes(program)
    alone = len(structured(targets)) == 1
    for place, (variable, gradient) in enumerate(zip(targets, program.outputs, strict=True)):
        structure = BY_DOMAIN.get(variable.domain)
        if structure is None:
            continue
        i, j = fresh(variable.shape, (), FREE_LETTERS)
        output = Tensor(f"{gradient.name}·", variable.shape)
        body = structure.entry(gradient, i, j)
        why = f"{structure.varied.format(text_name(variable.name))}: {structure.law}"
        new.append(Definition(output, (i, j), body, "free entries", why))
        outputs[place] = output
        candidates = ["G", "H", "Gamma"] if alone else []
        letter = next((one for one in candidates if one not in taken), f"G_{variable.name}")
        while letter in taken:
            letter += "_"
        taken.add(letter)
        gradients[variable], made[gradient], letters[gradient] = gradient, output, letter
    extended = Program(program.inputs, (*program.definitions, *new), tuple(outputs))
    of = {adjoint: tensor for adjoint, tensor in chained.of.items() if adjoint not in made}
    return replace(chained, program=extended, of=of), FreeEntries(gradients, made, letters)


def _sizes(program: Program) -> set[str]:
    return {str(symbol) for tensor in program.inputs for size in tensor.shape for symbol in size.free_symbols}


__all__ = ["BY_DOMAIN", "FreeEntries", "Structure", "check_structured", "in_free_entries", "structured"]
