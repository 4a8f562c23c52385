"""What is said beside a derivative that is written as one matrix of pairs of positions."""

from __future__ import annotations

from collections.abc import Sequence

from symderive.core.dims import shape_text
from symderive.derive.equation import Equation
from symderive.notation.forms import Const, walk
from symderive.notation.printing import latex
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
    found = _stacked(results)
    if not found:
        return ()
    shape = shape_text(found[0].definition.tensor.shape)
    which = f"the matrix is the array of shape {shape}" if len(found) == 1 else "each matrix is the array"
    pieces: list[Piece] = [f'vec stacks the columns of a matrix: {which} reshaped with order="F"']
    for swap in _swaps(found):
        size = shape_text((swap.rows, swap.columns))
        pieces += ["; ", swap, f" vec(A) = vec(Aᵀ) for every {size} matrix A"]
    return tuple(pieces)


def stacking_latex(results: Sequence[Equation]) -> str:
    r"""The same in LaTeX, to stand behind a formula; empty where there is nothing to say.

    >>> import symderive as sd
    >>> n, d, k = sd.dims("n d k")
    >>> A, X = sd.array("A", k, n), sd.array("X", n, d)
    >>> print(stacking_latex(sd.jacobian(A @ X, X).results))
    \text{where } \operatorname{vec} \text{ stacks the columns of a matrix}
    """
    found = _stacked(results)
    if not found:
        return ""
    pieces = [r"\text{where } \operatorname{vec} \text{ stacks the columns of a matrix}"]
    for swap in _swaps(found):
        size = r" \times ".join(latex(Const(one)) for one in (swap.rows, swap.columns))
        pieces.append(
            rf"{latex(swap)} \operatorname{{vec}}(A) = \operatorname{{vec}}(A^{{\top}}) "
            rf"\text{{ for every }} {size} \text{{ matrix }} A"
        )
    return r"\text{, and }".join(pieces)


def _stacked(results: Sequence[Equation]) -> list[Equation]:
    return [one for one in results if one.kronecker is not None]


def _swaps(found: Sequence[Equation]) -> list[Commutation]:
    """The commutation matrices in the results, each once."""
    return list(
        dict.fromkeys(part for one in found for part in walk(one.form) if isinstance(part, Commutation))
    )


def no_kronecker_form(results: Sequence[Equation]) -> Equation | None:
    """The first of the results that has more than two axes and no Kronecker form; None if there is none."""
    return next((one for one in results if one.definition.tensor.rank > 2 and one.kronecker is None), None)
