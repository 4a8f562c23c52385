"""Equations without matrix notation as NumPy code: broadcasting for elementwise parts, `einsum` for sums."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symderive.codegen.from_forms import ATOM, POWER, PRODUCT, SUM, UNARY, Code, code, constant
from symderive.core.identity import free_indices, rename_bound
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import Delta, Entry, Index, IndexSum, TensorNode
from symderive.core.program import Definition
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry
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
        shape = ", ".join(constant(index.dim)[0] for index in definition.indices)
        return f"np.zeros(({shape}))" if len(definition.indices) > 1 else f"np.zeros({shape})"
    piece, labels = _emit(definition.body, definition.indices)
    full = _spread(piece, labels, definition.indices)
    if len(labels) == len(definition.indices):
        return full[0]
    shape = ", ".join(constant(index.dim)[0] for index in definition.indices)
    shape = f"({shape})" if len(definition.indices) > 1 else shape
    return f"{_within(full, UNARY)} * np.ones({shape})"


def _within(piece: Code, level: int) -> str:
    return piece[0] if piece[1] >= level else f"({piece[0]})"


def _arranged(labels: Iterable[Index], order: Labels) -> Labels:
    """The labels, each once: those of `order` in its order, then the others as they came."""
    unique = dict.fromkeys(labels)
    return (*(label for label in order if label in unique), *(one for one in unique if one not in order))


def _spread(piece: Code, labels: Labels, target: Labels) -> Code:
    """Reorder axes to those of `target`, with axes of length 1 for missing ones."""
    if labels == target or not labels:
        return piece
    order = [labels.index(label) for label in target if label in labels]
    if order != sorted(order):
        turned = (
            f"{_within(piece, ATOM)}.T" if len(order) == 2 else f"np.transpose({piece[0]}, {tuple(order)})"
        )
        piece = turned, ATOM
    if len(labels) < len(target):
        slots = ", ".join(":" if label in labels else "None" for label in target)
        piece = f"{_within(piece, ATOM)}[{slots}]", ATOM
    return piece


def _emit(expr: sympy.Expr, order: Labels) -> tuple[Code, Labels]:
    """Code and the labels of its axes, as far as it costs nothing in the given order."""
    if not free_indices(expr) and not expr.has(TensorNode, IndexSum, Delta):
        return constant(expr), ()
    if isinstance(expr, Entry):
        return _entry(expr, str(expr.tensor.name), order)
    if isinstance(expr, MatrixNode):
        return _entry(expr, code(whole_matrix(expr)), order)
    if isinstance(expr, Delta):
        left, right = expr.args
        return _delta(left, right, order)
    if isinstance(expr, IndexSum):
        return _sum(expr, order)
    if isinstance(expr, IndexLogSum):
        return _log_sum(expr, order)
    if isinstance(expr, SoftmaxEntry):
        return _softmax(expr, order)
    if isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        return _operator(expr, order)
    if isinstance(expr, sympy.Function):
        args, labels = _aligned(expr.args, order)
        return (by_head()[type(expr)].numpy.format(*(written for written, _ in args)), ATOM), labels
    raise SymderiveError(f"writing code: {type(expr).__name__} has no code yet.")


def _delta(left: sympy.Expr, right: sympy.Expr, order: Labels) -> tuple[Code, Labels]:
    """The identity matrix, or a row of it; a position past the end is compared, so that it gives zeros."""
    if isinstance(left, Index) and isinstance(right, Index):
        return (f"np.eye({constant(left.dim)[0]})", ATOM), _arranged((left, right), order)
    index, position = (left, right) if isinstance(left, Index) else (right, left)
    if not isinstance(index, Index) or free_indices(position):
        raise SymderiveError(f"writing code: delta({left}, {right}) at a computed position has no code yet.")
    hit = f"np.where(np.arange({constant(index.dim)[0]}) == {constant(position)[0]}, 1.0, 0.0)"
    return (hit, ATOM), (index,)


def _entry(expr: TensorNode, name: str, order: Labels) -> tuple[Code, Labels]:
    if not expr.axes:
        return (name, ATOM), ()
    if not all(isinstance(axis, Index) or not free_indices(axis) for axis in expr.axes):
        raise SymderiveError(f"writing code: the entry {expr} at a computed position has no code yet.")
    labels = tuple(axis for axis in expr.axes if isinstance(axis, Index))
    if len(labels) < len(expr.axes):
        slots = ", ".join(":" if isinstance(axis, Index) else constant(axis)[0] for axis in expr.axes)
        name = f"{name}[{slots}]"
    unique = tuple(dict.fromkeys(labels))
    if len(unique) < len(labels):
        unique = _arranged(labels, order)
        letters = _letters(labels)
        inside = "".join(letters[label] for label in labels)
        name = f'np.einsum("{inside}->{"".join(letters[label] for label in unique)}", {name})'
    return (name, ATOM), unique


def _letters(labels: Labels) -> dict[Index, str]:
    unique = tuple(dict.fromkeys(labels))
    if len(unique) > 26:
        raise SymderiveError("writing code: more than 26 indices in one product.")
    own = [label.name for label in unique]
    if len(set(own)) == len(own) and all(len(name) == 1 and name.isascii() for name in own):
        return dict(zip(unique, own, strict=True))
    return {label: chr(ord("a") + place) for place, label in enumerate(unique)}


def _aligned(parts: tuple[sympy.Expr, ...], order: Labels) -> tuple[list[Code], Labels]:
    emitted = [_emit(part, order) for part in parts]
    labels = _arranged((label for _, own in emitted for label in own), order)
    return [_spread(piece, own, labels) for piece, own in emitted], labels


def _operator(expr: sympy.Expr, order: Labels) -> tuple[Code, Labels]:
    if isinstance(expr, sympy.Pow):
        return _power(expr, order)
    if isinstance(expr, sympy.Mul):
        return _product(expr, order)
    terms = sorted(expr.args, key=lambda term: term.could_extract_minus_sign())
    flips = [place > 0 and term.could_extract_minus_sign() for place, term in enumerate(terms)]
    shown = tuple(-term if flip else term for term, flip in zip(terms, flips, strict=True))
    args, labels = _aligned(shown, order)
    written = args[0][0]
    for piece, flip in zip(args[1:], flips[1:], strict=True):
        written += f" {'-' if flip else '+'} {_within(piece, PRODUCT)}"
    return (written, SUM), labels


def _power(expr: sympy.Pow, order: Labels) -> tuple[Code, Labels]:
    if expr.exp == sympy.Rational(1, 2):
        (written, _), labels = _emit(expr.base, order)
        return (f"np.sqrt({written})", ATOM), labels
    if expr.exp.is_number and expr.exp.could_extract_minus_sign():
        piece, labels = _emit(expr.base ** (-expr.exp), order)
        return (f"1 / {_within(piece, UNARY)}", PRODUCT), labels
    (base, exponent), labels = _aligned(expr.args, order)
    return (f"{_within(base, ATOM)} ** {_within(exponent, ATOM)}", POWER), labels


def _product(expr: sympy.Mul, order: Labels) -> tuple[Code, Labels]:
    coefficient, rest = expr.as_coeff_Mul()
    if coefficient.is_negative:
        piece, labels = _emit(-coefficient * rest, order)
        return (f"-{_within(piece, PRODUCT)}", SUM), labels
    top = [one for one in expr.args if not _is_below(one)]
    bottom = [one for one in expr.args if _is_below(one)]
    args, labels = _aligned((*(top or [sympy.S.One]), *(1 / one for one in bottom)), order)
    above, below = args[: len(args) - len(bottom)], args[len(args) - len(bottom) :]
    written = " * ".join(
        _within(piece, UNARY if place else PRODUCT) for place, piece in enumerate(above)
    )  # fmt: skip
    if below:
        product = " * ".join(_within(piece, UNARY) for piece in below)
        written += f" / ({product})" if len(below) > 1 else f" / {product}"
    return (written, PRODUCT), labels


def _is_below(factor: sympy.Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_number and factor.exp.could_extract_minus_sign())


def _natural(factor: sympy.Expr, order: Labels) -> Labels:
    """The order in which the largest array of a factor has its axes: `einsum` takes any."""
    axes = [part.axes for part in sympy.preorder_traversal(factor) if isinstance(part, Entry)]
    longest = max(axes, key=len, default=())
    return _arranged((*(axis for axis in longest if axis in order), *order), ())


def _sum(expr: IndexSum, order: Labels) -> tuple[Code, Labels]:
    inner = (*order, *expr.indices)
    emitted = [_emit(factor, _natural(factor, inner)) for factor in sympy.Mul.make_args(expr.body)]
    plain = [piece for piece, own in emitted if not own]
    arrays = [(piece, own) for piece, own in emitted if own]
    labels = tuple(dict.fromkeys(label for _, own in arrays for label in own))
    loose = [index for index in expr.indices if index not in labels]
    plain.extend(constant(index.dim) for index in loose)
    letters = _letters(labels)
    out = _arranged((label for label in labels if label not in expr.indices), order)
    if len(arrays) == 1 and not out:
        written = f"np.sum({arrays[0][0][0]})"
    else:
        spec = ",".join("".join(letters[label] for label in own) for _, own in arrays)
        target = "".join(letters[label] for label in out)
        written = f'np.einsum("{spec}->{target}", {", ".join(piece for (piece, _), _ in arrays)})'
    factors = [*(_within(piece, UNARY) for piece in plain), written]
    return (" * ".join(factors), PRODUCT if plain else ATOM), out


def _log_sum(expr: IndexLogSum, order: Labels) -> tuple[Code, Labels]:
    """`special.logsumexp`, which takes the largest exponent out; weights are its argument `b`."""
    expr = away_from(expr, order)
    parts = (expr.exponent,) if expr.weight == 1 else (expr.exponent, expr.weight)
    pieces, labels = _aligned(parts, (*order, *expr.indices))
    weights = f", b={pieces[1][0]}" if len(pieces) > 1 else ""
    written = f"special.logsumexp({pieces[0][0]}{weights}{_axis(labels, expr.indices)})"
    return (written, ATOM), tuple(label for label in labels if label not in expr.indices)


def _softmax(expr: SoftmaxEntry, order: Labels) -> tuple[Code, Labels]:
    """`special.softmax`, or the exponential of a difference where there are weights or fixed positions."""
    total = away_from(expr.total, order)
    at = expr.positions
    plain = all(isinstance(one, Index) and one not in free_indices(total) for one in at)
    if total.weight != 1 or not plain or len(set(at)) < len(at):
        return _emit(expr.as_exponential, order)
    places = dict(zip(total.indices, at, strict=True))
    bound_at = {position: index for index, position in places.items()}
    inner = (*(bound_at.get(label, label) for label in order), *total.indices)
    piece, labels = _emit(total.exponent, tuple(dict.fromkeys(inner)))
    written = f"special.softmax({piece[0]}{_axis(labels, total.indices)})"
    return (written, ATOM), tuple(places.get(label, label) for label in labels)


def _axis(labels: Labels, summed: Labels) -> str:
    """The argument `axis`; none where the sum runs over everything."""
    axes = tuple(place for place, label in enumerate(labels) if label in summed)
    if len(axes) == len(labels):
        return ""
    return f", axis={axes[0] if len(axes) == 1 else axes}"


def away_from(expr: IndexLogSum, labels: Labels) -> IndexLogSum:
    """The same with bound indices that have none of the names of the labels."""
    made = rename_bound(expr, {label.name for label in labels})
    if not isinstance(made, IndexLogSum):
        raise SymderiveError(f"writing code: {expr} has no code yet.")
    return made
