"""Equations without matrix notation as NumPy code: broadcasting for elementwise parts, `einsum` for sums."""

from __future__ import annotations

import sympy

from symderive.codegen.axes import Labels, arranged, spread, within
from symderive.codegen.brackets import (
    over_ranges,
    padded,
    restricted,
    running_sum,
)
from symderive.codegen.coarse import repeated_read
from symderive.codegen.contractions import contracted
from symderive.codegen.from_forms import ATOM, POWER, PRODUCT, SUM, UNARY, Code, code, constant, length
from symderive.codegen.pairs import letters_of
from symderive.codegen.positions import both, bracket, comparisons, delta, exists, parts_read, position, test
from symderive.codegen.stable.weights import capped
from symderive.codegen.windows import windows_read
from symderive.core.identity import free_indices, rename_bound
from symderive.core.idle import without_idle
from symderive.core.matrix_nodes import MatrixNode
from symderive.core.nodes import (
    Delta,
    Entry,
    Fold,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    TensorNode,
)
from symderive.core.positions import Inside, Quotient, Remainder, is_surely_inside
from symderive.core.program import Definition
from symderive.core.softmax_nodes import IndexLogSum, SoftmaxEntry, split_exponential
from symderive.errors import SymderiveError
from symderive.functions import by_head
from symderive.functions.choice import where
from symderive.functions.comparisons import SIGNS
from symderive.functions.outside import is_finite_outside
from symderive.notation.recover import whole_matrix


def code_of(definition: Definition) -> str:
    """The NumPy expression of a right-hand side, with the axes of the left-hand side.

    Raises:
        SymderiveError: a node or function for which there is no code.
    """
    if definition.body == 0 and definition.indices:
        return _zeros(definition.indices)
    piece, labels = _emit(definition.body, definition.indices)
    full = spread(piece, labels, definition.indices)
    if len(labels) == len(definition.indices):
        return full[0]
    shape = ", ".join(length(index.dim) for index in definition.indices)
    shape = f"({shape})" if len(definition.indices) > 1 else shape
    return f"{within(full, UNARY)} * np.ones({shape})"


def labelled_code(expr: sympy.Expr, order: Labels) -> tuple[Code, Labels]:
    """The code of an expression and the labels of its axes, in the given order as far as it costs nothing."""
    return _emit(expr, order)


def _zeros(labels: Labels) -> str:
    shape = ", ".join(length(index.dim) for index in labels)
    return f"np.zeros(({shape}))" if len(labels) > 1 else f"np.zeros({shape})"


def _emit(expr: sympy.Expr, order: Labels) -> tuple[Code, Labels]:
    """Code and the labels of its axes, as far as it costs nothing in the given order."""
    if not free_indices(expr) and not expr.has(TensorNode, IndexSum, Fold, Delta, Inside):
        return constant(expr), ()
    if isinstance(expr, Entry):
        return _entry(expr, str(expr.tensor.name), order)
    if isinstance(expr, MatrixNode):
        return _entry(expr, code(whole_matrix(expr, batch=True)), order)
    if isinstance(expr, Delta):
        return delta(expr, order)
    if isinstance(expr, Inside):
        return bracket(expr, order)
    if isinstance(expr, (Index, Quotient, Remainder)):
        return position(expr, order, "float")
    if isinstance(expr, IndexSum):
        return _sum(expr, order)
    if isinstance(expr, Fold):
        return _fold(expr, order)
    if isinstance(expr, IndexLogSum):
        return _log_sum(expr, order)
    if isinstance(expr, SoftmaxEntry):
        return _softmax(expr, order)
    if isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        return _operator(expr, order)
    if isinstance(expr, where) and type(expr.args[0]) in SIGNS:
        comparison, *branches = expr.args
        sign = SIGNS[type(comparison)][2]
        (left, right, *rest), labels = _aligned((*comparison.args, *branches), order)
        written = ", ".join([f"{left[0]} {sign} {right[0]}", *(piece for piece, _ in rest)])
        return (f"np.where({written})", ATOM), labels
    if isinstance(expr, sympy.Function):
        args, labels = _aligned(expr.args, order)
        return (by_head()[type(expr)].numpy.format(*(written for written, _ in args)), ATOM), labels
    raise SymderiveError(f"writing code: {type(expr).__name__} has no code yet.")


_FOLDS: dict[type[Fold], str] = {IndexMax: "max", IndexMin: "min", IndexProduct: "prod"}


def _fold(expr: Fold, order: Labels) -> tuple[Code, Labels]:
    """`np.max(…, axis=…)` and the like; over an index that does not occur there is nothing to compare."""
    plain = without_idle(expr)
    if plain is not expr:
        return _emit(plain, order)
    (written, _), labels = _emit(expr.body, (*order, *expr.indices))
    if not set(expr.indices) <= set(labels):
        raise SymderiveError(f"writing code: {expr} is over an index that does not occur in it.")
    axes = tuple(place for place, label in enumerate(labels) if label in expr.indices)
    left = tuple(label for label in labels if label not in expr.indices)
    axis = f", axis={axes[0] if len(axes) == 1 else axes}" if left else ""
    return (f"np.{_FOLDS[type(expr)]}({written}{axis})", ATOM), left


def _entry(expr: TensorNode, name: str, order: Labels) -> tuple[Code, Labels]:
    if not expr.axes:
        return (name, ATOM), ()
    sizes = expr.tensor.shape
    labels = tuple(axis for axis in expr.axes if isinstance(axis, Index))
    if len(labels) < len(expr.axes):
        read = parts_read(name, expr.axes, sizes)
        if read is None and isinstance(expr, Entry):
            read = windows_read(name, expr) or repeated_read(name, expr)
        if read is None:
            return _gathered(expr, name, order)
        name, labels = read
    unique = tuple(dict.fromkeys(labels))
    if len(unique) < len(labels):
        unique = arranged(labels, order)
        letters = letters_of(labels)
        inside = "".join(letters[label] for label in labels)
        name = f'np.einsum("{inside}->{"".join(letters[label] for label in unique)}", {name})'
    return (name, ATOM), unique


def _gathered(expr: TensorNode, name: str, order: Labels) -> tuple[Code, Labels]:
    """The entries at arrays of positions; 0 where one of them lies outside."""
    pieces = [position(axis, order) for axis in expr.axes]
    labels = arranged((label for _, own in pieces for label in own), order)
    places, tests = [], []
    for (piece, own), axis, size in zip(pieces, expr.axes, expr.tensor.shape, strict=True):
        spot = spread(piece, own, labels)[0]
        if not is_surely_inside(axis, size):
            tests += comparisons(within(spread(piece, own, labels), SUM), axis, size)
            spot = f"np.clip({spot}, 0, {constant(size - 1)[0]})"
        places.append(spot)
    read = f"{name}[{', '.join(places)}]"
    if tests:
        read = f"np.where({both(tests)}, {read}, 0.0)"
    return (read, ATOM), labels


def _aligned(parts: tuple[sympy.Expr, ...], order: Labels) -> tuple[list[Code], Labels]:
    emitted = [_emit(part, order) for part in parts]
    labels = arranged((label for _, own in emitted for label in own), order)
    return [spread(piece, own, labels) for piece, own in emitted], labels


def _operator(expr: sympy.Expr, order: Labels) -> tuple[Code, Labels]:
    if isinstance(expr, sympy.Pow):
        return _power(expr, order)
    if isinstance(expr, sympy.Mul):
        return _product(expr, order)
    terms = sorted(expr.args, key=lambda term: term.could_extract_minus_sign())
    flips = [place > 0 and term.could_extract_minus_sign() for place, term in enumerate(terms)]
    shown = tuple(-term if flip else term for term, flip in zip(terms, flips, strict=True))
    args, labels = _aligned(shown, order)
    written = within(args[0], SUM)
    for piece, flip in zip(args[1:], flips[1:], strict=True):
        written += f" {'-' if flip else '+'} {within(piece, PRODUCT)}"
    return (written, SUM), labels


def _power(expr: sympy.Pow, order: Labels) -> tuple[Code, Labels]:
    if expr.exp == sympy.Rational(1, 2):
        (written, _), labels = _emit(expr.base, order)
        return (f"np.sqrt({written})", ATOM), labels
    if expr.exp.is_number and expr.exp.could_extract_minus_sign():
        piece, labels = _emit(expr.base ** (-expr.exp), order)
        return (f"1 / {within(piece, UNARY)}", PRODUCT), labels
    (base, exponent), labels = _aligned(expr.args, order)
    return (f"{within(base, ATOM)} ** {within(exponent, ATOM)}", POWER), labels


def _product(expr: sympy.Mul, order: Labels) -> tuple[Code, Labels]:
    if any(isinstance(factor, Inside) for factor in expr.args):
        return _bracketed(expr, order)
    coefficient, rest = expr.as_coeff_Mul()
    if coefficient.is_negative:
        piece, labels = _emit(-coefficient * rest, order)
        return (f"-{within(piece, PRODUCT)}", SUM), labels
    grouped = _by_labels(expr)
    if grouped is not None:
        made = [_emit(factor, order) for factor in grouped]
        labels = arranged((label for _, own in made for label in own), order)
        pieces = [spread(piece, own, labels) for piece, own in made]
        return (" * ".join(within(piece, UNARY) for piece in pieces), PRODUCT), labels
    top = [one for one in expr.args if not _is_below(one)]
    bottom = [one for one in expr.args if _is_below(one)]
    whole = free_indices(expr)
    if len(whole) > 2 and all(len(free_indices(one)) < len(whole) for one in top):
        top.sort(
            key=lambda one: tuple(place for place, index in enumerate(order) if index in free_indices(one))
        )
    args, labels = _aligned((*(top or [sympy.S.One]), *(1 / one for one in bottom)), order)
    above, below = args[: len(args) - len(bottom)], args[len(args) - len(bottom) :]
    written = " * ".join(
        within(piece, UNARY if place else PRODUCT) for place, piece in enumerate(above)
    )  # fmt: skip
    if below:
        product = " * ".join(within(piece, UNARY) for piece in below)
        written += f" / ({product})" if len(below) > 1 else f" / {product}"
    return (written, PRODUCT), labels


def _by_labels(expr: sympy.Mul) -> list[sympy.Expr] | None:
    """The factors of a product with three axes or more, those with the same axes multiplied first."""
    whole = free_indices(expr)
    if len(whole) < 3:
        return None
    groups: dict[frozenset[Index], sympy.Expr] = {}
    for factor in sorted(expr.args, key=lambda one: -len(free_indices(one))):
        labels = free_indices(factor)
        wider = [one for one in groups if labels <= one != whole]
        home = min(wider, key=len, default=labels) if labels else labels
        groups[home] = groups.get(home, sympy.S.One) * factor
    numbers = groups.pop(frozenset(), sympy.S.One)
    if len(groups) < 2 or not any(one.is_Mul for one in groups.values()):
        return None
    smallest, *others = sorted(groups, key=len)
    groups[smallest] = numbers * groups[smallest]
    return [groups[labels] for labels in (smallest, *others)]


def _is_below(factor: sympy.Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_number and factor.exp.could_extract_minus_sign())


def _natural(factor: sympy.Expr, order: Labels) -> Labels:
    """The order in which the largest array of a factor has its axes: `einsum` takes any."""
    axes = [part.axes for part in sympy.preorder_traversal(factor) if isinstance(part, Entry)]
    longest = max(axes, key=len, default=())
    return arranged((*(axis for axis in longest if axis in order), *order), ())


def _bracketed(expr: sympy.Mul, order: Labels) -> tuple[Code, Labels]:
    """A product with brackets: computed where they are 1 and padded with zeros, or masked."""
    fixed = [factor for factor in expr.args if isinstance(factor, Inside) and not free_indices(factor)]
    if fixed:
        piece, labels = _emit(sympy.Mul(*(factor for factor in expr.args if factor not in fixed)), order)
        zeros = _zeros(labels) if labels else "0.0"
        return (f"{within(piece, SUM)} if {exists(fixed)} else {zeros}", 0), labels
    part = restricted(expr, order)
    if part is not None:
        piece, labels = _emit(part.body, part.order)
        return padded(piece, labels, part)
    brackets = tuple(factor for factor in expr.args if isinstance(factor, Inside))
    rest = sympy.Mul(*(factor for factor in expr.args if factor not in brackets))
    if rest == 1 or is_finite_outside(rest):
        args, labels = _aligned((*((rest,) if rest != 1 else ()), *brackets), order)
        return (" * ".join(within(piece, UNARY) for piece in args), PRODUCT), labels
    tests = [test(one, order) for one in brackets]
    piece, own = _emit(rest, order)
    labels = arranged([*own, *(label for _, some in tests for label in some)], order)
    masks = [spread(mask, some, labels)[0] for mask, some in tests]
    return (f"np.where({both(masks)}, {spread(piece, own, labels)[0]}, 0.0)", ATOM), labels


def _sum(expr: IndexSum, order: Labels) -> tuple[Code, Labels]:
    expr = over_ranges(expr)
    found = running_sum(expr)
    if found is not None:
        piece, labels = _emit(found.body, (found.index, *order))
        if found.index in labels:
            return found.code(piece, labels)
    inner = (*order, *expr.indices)
    factors = sympy.Mul.make_args(expr.body)
    if any(isinstance(one, Inside) for one in factors) and not is_finite_outside(expr.body):
        factors = (expr.body,)
    emitted = [_emit(factor, _natural(factor, inner)) for factor in factors]
    plain = [piece for piece, own in emitted if not own]
    arrays = [(piece, own) for piece, own in emitted if own]
    labels = tuple(dict.fromkeys(label for _, own in arrays for label in own))
    loose = [index for index in expr.indices if index not in labels]
    plain.extend((length(index.dim), constant(index.dim)[1]) for index in loose)
    if not arrays:
        return (" * ".join(within(piece, UNARY) for piece in plain), PRODUCT), ()
    made, out = contracted(arrays, tuple(index for index in expr.indices if index in labels), order)
    if not plain:
        return made, out
    pieces = [*(within(piece, UNARY) for piece in plain), within(made, POWER)]
    return (" * ".join(pieces), PRODUCT), out


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
    if total.weight != 1 or not expr.runs_freely or free_indices(total) & set(at):
        return _emit(_within_share(expr.as_exponential), order)
    places = dict(zip(total.indices, at, strict=True))
    bound_at = {position: index for index, position in places.items()}
    inner = (*(bound_at.get(label, label) for label in order), *total.indices)
    piece, labels = _emit(total.exponent, tuple(dict.fromkeys(inner)))
    written = f"special.softmax({piece[0]}{_axis(labels, total.indices)})"
    return (written, ATOM), tuple(places.get(label, label) for label in labels)


def _within_share(expr: sympy.Expr) -> sympy.Expr:
    """What has no share, because its weight is 0, must not overflow."""
    weight, exponent = split_exponential(expr)
    return weight * sympy.exp(capped(weight, exponent))


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
