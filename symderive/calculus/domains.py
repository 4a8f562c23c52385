"""What declared domains say: powers of ±1, entries of structured matrices, as sentences too."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import sympy

from symderive.core.identity import (
    FREE_LETTERS,
    fresh,
    tensors_of,
)
from symderive.core.matrix_nodes import InverseEntry
from symderive.core.nodes import Entry, Tensor
from symderive.notation.forms import Leaf
from symderive.notation.index_notation import index_form
from symderive.notation.printing import latex, text

Fact = tuple[str, str]  # a sentence as text and in LaTeX
Facts = dict[Fact, None]  # in the order in which they are used
NONE_KNOWN: Mapping[Tensor, Facts] = MappingProxyType({})
STRUCTURE_WORDS = {
    "symmetric": "symmetric", "spd": "symmetric", "diagonal": "diagonal", "lower": "lower triangular",
    "upper": "upper triangular", "skew": "skew-symmetric",
}  # fmt: skip


def domain_facts(
    expr: sympy.Expr, excluded: set[Tensor], used: Facts, symmetric: Mapping[Tensor, Facts] = NONE_KNOWN
) -> sympy.Expr:
    """Powers of ±1 and 0/1 entries as what they equal; entries of structured matrices in one order, or 0.

    Args:
        expr: the right-hand side.
        excluded: tensors whose domain must not be used.
        used: the facts about domains that were used are added here.
        symmetric: results that are symmetric by their equations, with the facts by which they are.
    """
    if not any(
        tensor in symmetric or (_special(tensor) and tensor not in excluded) for tensor in tensors_of(expr)
    ):
        return expr
    if isinstance(expr, Entry):
        if expr.tensor in symmetric:
            axes = sorted(expr.axes, key=str)
            used.update(symmetric[expr.tensor] if list(expr.axes) != axes else {})
            return Entry(expr.tensor, *axes)
        return expr if expr.tensor in excluded else _structured_entry(expr, used)
    if isinstance(expr, InverseEntry):
        return _ordered_inverse(expr, excluded, used, symmetric)
    inner = (
        expr.func(*(domain_facts(arg, excluded, used, symmetric) for arg in expr.args)) if expr.args else expr
    )
    if isinstance(inner, sympy.Pow) and isinstance(inner.base, Entry) and inner.base.tensor not in excluded:
        return _power_of_entry(inner, used)
    return inner


def _ordered_inverse(
    expr: InverseEntry, excluded: set[Tensor], used: Facts, symmetric: Mapping[Tensor, Facts]
) -> InverseEntry:
    """`(S⁻¹)_ji = (S⁻¹)_ij` for symmetric S."""
    tensor, axes = expr.tensor, sorted(expr.axes, key=str)
    known = tensor in symmetric or (tensor.is_symmetric and tensor not in excluded)
    if not known or list(expr.axes) == axes:
        return expr
    if tensor in symmetric:
        used.update(symmetric[tensor])
    else:
        _structured_entry(Entry(tensor, *expr.axes), used)
    return InverseEntry(tensor, *axes)


def _structured_entry(expr: Entry, used: Facts) -> sympy.Expr:
    """`S_ji = S_ij` for symmetric S, `K_ji = −K_ij` for skew-symmetric K, zeros outside a triangle."""
    tensor = expr.tensor
    if not tensor.is_structured:
        return expr
    if tensor.is_zero_at(*expr.axes):
        one = index_form(expr)
        used[_structure_fact(tensor, text(one) + " = 0", latex(one) + " = 0")] = None
        return sympy.S.Zero
    axes = sorted(expr.axes, key=str)
    if not (tensor.is_symmetric or tensor.is_skew) or list(expr.axes) == axes:
        return expr
    name, typeset = text(Leaf(tensor)), latex(Leaf(tensor))
    plain, dashed = ("−", "-") if tensor.is_skew else ("", "")
    turned = f"{name}ᵀ = {plain}{name}", rf"{typeset}^{{\top}} = {dashed}{typeset}"
    used[_structure_fact(tensor, *turned)] = None
    return -Entry(tensor, *axes) if tensor.is_skew else Entry(tensor, *axes)


def _structure_fact(tensor: Tensor, plain: str, typeset: str) -> Fact:
    """`plain`, since the tensor is declared as it is."""
    name, written, words = text(Leaf(tensor)), latex(Leaf(tensor)), STRUCTURE_WORDS[tensor.domain]
    return (
        f"{plain}, since {name} is {words}",
        rf"{typeset}\text{{, since }}{written}\text{{ is {words}}}",
    )


def _power_of_entry(expr: sympy.Pow, used: Facts) -> sympy.Expr:
    tensor, exponent = expr.base.tensor, expr.exp
    if not exponent.is_Integer:
        return expr
    if tensor.domain == "binary" and not tensor.name[0].isalpha():  # an unnamed condition is 0 or 1 by itself
        return expr.base if exponent > 0 else expr
    whole, one = Leaf(tensor), index_form(Entry(tensor, *fresh(tensor.shape, (), FREE_LETTERS)))
    plain, typeset, name, entry = text(whole), latex(whole), text(one), latex(one)
    if tensor.domain == "sign":
        sentence = f"{name}² = 1, since the entries of {plain} are ±1"
        typeset = rf"{entry}^{{2}} = 1\text{{, since the entries of }}{typeset}\text{{ are }}\pm 1"
        used[sentence, typeset] = None
        return sympy.S.One if exponent % 2 == 0 else expr.base
    if tensor.domain in ("binary", "onehot") and exponent > 0:
        sentence = f"{name}² = {name}, since the entries of {plain} are 0 or 1"
        typeset = rf"{entry}^{{2}} = {entry}\text{{, since the entries of }}{typeset}\text{{ are 0 or 1}}"
        used[sentence, typeset] = None
        return expr.base
    return expr


def _special(tensor: sympy.Basic) -> bool:
    domain = getattr(tensor, "domain", "real")
    return domain in ("sign", "binary", "onehot") or domain in STRUCTURE_WORDS
