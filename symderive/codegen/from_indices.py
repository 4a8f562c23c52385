"""Equations without matrix notation as NumPy code: broadcasting for elementwise parts, `einsum` for sums."""

from __future__ import annotations

import sympy

from symderive.codegen.from_forms import code, constant
from symderive.core.identity import free_indices
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Delta, Entry, Index, IndexSum, TensorNode
from symderive.core.program import Definition
from symderive.errors import SymderiveError
from symderive.functions import by_head
from symderive.notation.recover import whole_matrix

Labels = tuple[Index, ...]


def code_of(definition: Definition) -> str:
    """The NumPy expression of a right-hand side, with the axes of the left-hand side.

    Raises:
        SymderiveError: an entry at an affine position, for which there is no code yet.
    """
    if definition.body == 0 and definition.indices:
        return f"np.zeros(({''.join(constant(index.dim)[0] + ', ' for index in definition.indices).strip()}))"
    written, labels = _emit(definition.body)
    full = _spread(written, labels, definition.indices)
    if len(labels) == len(definition.indices):
        return full
    shape = ", ".join(constant(index.dim)[0] for index in definition.indices)
    return f"{full} * np.ones(({shape},))"


def _spread(written: str, labels: Labels, target: Labels) -> str:
    """Reorder axes to those of `target`, with axes of length 1 for missing ones."""
    if labels == target or not labels:
        return written
    order = [labels.index(label) for label in target if label in labels]
    if order != sorted(order):
        written = f"np.transpose({written}, {tuple(order)})"
    if len(labels) < len(target):
        slots = ", ".join(":" if label in labels else "None" for label in target)
        written = f"({written})[{slots}]"
    return written


def _emit(expr: sympy.Expr) -> tuple[str, Labels]:
    if not free_indices(expr) and not expr.has(TensorNode, IndexSum, Delta):
        return f"({constant(expr)[0]})", ()
    if isinstance(expr, Entry):
        return _entry(expr, str(expr.tensor.name))
    if isinstance(expr, MatrixNode):
        return _entry(expr, code(whole_matrix(expr)))
    if isinstance(expr, Delta):
        left, right = expr.args
        return _delta(left, right)
    if isinstance(expr, IndexSum):
        return _sum(expr)
    if isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        return _operator(expr)
    if isinstance(expr, sympy.Function):
        args, labels = _aligned(expr.args)
        return by_head()[type(expr)].numpy.format(*args), labels
    raise SymderiveError(f"writing code: {type(expr).__name__} has no code yet.")


def _delta(left: sympy.Expr, right: sympy.Expr) -> tuple[str, Labels]:
    """The identity matrix, or a row of it; a position past the end is compared, so that it gives zeros."""
    if isinstance(left, Index) and isinstance(right, Index):
        return f"np.eye({constant(left.dim)[0]})", (left, right)
    index, position = (left, right) if isinstance(left, Index) else (right, left)
    if not isinstance(index, Index) or free_indices(position):
        raise SymderiveError(f"writing code: delta({left}, {right}) at a computed position has no code yet.")
    return f"(np.arange({constant(index.dim)[0]}) == {constant(position)[0]}) * 1.0", (index,)


def _entry(expr: TensorNode, name: str) -> tuple[str, Labels]:
    if not expr.axes:
        return name, ()
    if not all(isinstance(axis, Index) or not free_indices(axis) for axis in expr.axes):
        raise SymderiveError(f"writing code: the entry {expr} at a computed position has no code yet.")
    labels = tuple(axis for axis in expr.axes if isinstance(axis, Index))
    if len(labels) < len(expr.axes):
        slots = ", ".join(":" if isinstance(axis, Index) else constant(axis)[0] for axis in expr.axes)
        name = f"{name}[{slots}]"
    unique = tuple(dict.fromkeys(labels))
    if len(unique) < len(labels):
        letters = _letters(labels)
        inside = "".join(letters[label] for label in labels)
        name = f'np.einsum("{inside}->{"".join(letters[label] for label in unique)}", {name})'
    return name, unique


def _letters(labels: Labels) -> dict[Index, str]:
    unique = tuple(dict.fromkeys(labels))
    if len(unique) > 26:
        raise SymderiveError("writing code: more than 26 indices in one product.")
    own = [label.name for label in unique]
    if len(set(own)) == len(own) and all(len(name) == 1 and name.isascii() for name in own):
        return dict(zip(unique, own, strict=True))
    return {label: chr(ord("a") + place) for place, label in enumerate(unique)}


def _aligned(parts: tuple[sympy.Expr, ...]) -> tuple[list[str], Labels]:
    emitted = [_emit(part) for part in parts]
    labels = tuple(dict.fromkeys(label for _, own in emitted for label in own))
    return [_spread(written, own, labels) for written, own in emitted], labels


def _operator(expr: sympy.Expr) -> tuple[str, Labels]:
    if isinstance(expr, sympy.Pow):
        if expr.exp == -1:
            written, labels = _emit(expr.base)
            return f"(1 / {written})", labels
        if expr.exp.is_number and expr.exp.could_extract_minus_sign():
            written, labels = _emit(expr.base ** (-expr.exp))
            return f"(1 / {written})", labels
        args, labels = _aligned(expr.args)
        return f"({args[0]} ** {args[1]})", labels
    args, labels = _aligned(expr.args)
    sign = " + " if isinstance(expr, sympy.Add) else " * "
    return f"({sign.join(args)})", labels


def _sum(expr: IndexSum) -> tuple[str, Labels]:
    emitted = [_emit(factor) for factor in sympy.Mul.make_args(expr.body)]
    plain = [written for written, own in emitted if not own]
    arrays = [(written, own) for written, own in emitted if own]
    labels = tuple(dict.fromkeys(label for _, own in arrays for label in own))
    loose = [index for index in expr.indices if index not in labels]
    plain.extend(f"({constant(index.dim)[0]})" for index in loose)
    letters = _letters(labels)
    out = tuple(label for label in labels if label not in expr.indices)
    spec = ",".join("".join(letters[label] for label in own) for _, own in arrays)
    target = "".join(letters[label] for label in out)
    written = f'np.einsum("{spec}->{target}", {", ".join(code for code, _ in arrays)})'
    return (f"({' * '.join([*plain, written])})" if plain else written), out
