"""What is said beside a derivative that is written as one matrix of pairs of positions."""

from __future__ import annotations

from collections.abc import Sequence

from symderive.core.dims import shape_text
from symderive.derive.equation import Equation
from symderive.notation.forms import walk
from symderive.notation.vectorised import Commutation

Piece = str | Commutation


def stacking(results: Sequence[Equation]) -> tuple[Piece, ...]:
    """The convention of vec and the meaning of K as words and forms; nothing where neither is used.

    >>> import symderive as sd
    >>> n, d = sd.dims("n d")
    >>> X = sd.array("X", n, d)
    >>> for piece in stacking(sd.jacobian(X.T, X).results):
    ...     print(piece)
    vec stacks the columns of a matrix: the matrix is the array of shape d×n×n×d reshaped with order="F"
    ;
    Commutation(rows=n, columns=d, is_script=False)
     vec(A) = vec(Aᵀ) for every n×d matrix A
    """
    found = [one for one in results if one.kronecker is not None]
    if not found:
        return ()
    shape = shape_text(found[0].definition.tensor.shape)
    which = f"the matrix is the array of shape {shape}" if len(found) == 1 else "each matrix is the array"
    pieces: list[Piece] = [f'vec stacks the columns of a matrix: {which} reshaped with order="F"']
    swaps = dict.fromkeys(part for one in found for part in walk(one.form) if isinstance(part, Commutation))
    for swap in swaps:
        pieces += [
            "; ",
            swap,
            f" vec(A) = vec(Aᵀ) for every {shape_text((swap.rows, swap.columns))} matrix A",
        ]
    return tuple(pieces)


def no_kronecker_form(results: Sequence[Equation]) -> Equation | None:
    """The first of the results that has more than two axes and no Kronecker form; None if there is none."""
    return next((one for one in results if one.definition.tensor.rank > 2 and one.kronecker is None), None)
