"""Products with inverses as `np.linalg.solve`, which is faster and more accurate than the inverse itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symderive.core.nodes import Tensor
from symderive.notation.forms import Form, Inverse, Leaf, Transposed
from symderive.notation.matrix_products import chain, transposed


def ready(written: str, rank: int) -> Form:
    """Code that is written already, in the place of an array: its name is the code."""
    return Leaf(Tensor(written, (1,) * rank))


def inverted(form: Form) -> Form | None:
    """The matrix that `form` is the inverse of: A for `A⁻¹`, Aᵀ for `A⁻ᵀ`; None for other forms."""
    if isinstance(form, Inverse):
        return form.inner
    inner = form.inner if isinstance(form, Transposed) else None
    return transposed(inner.inner) if isinstance(inner, Inverse) else None


def contains_inverse(factors: Iterable[Form]) -> bool:
    """Whether a factor is an inverse or the transpose of one."""
    return any(inverted(factor) is not None for factor in factors)


def with_solves_by(code: Callable[[Form], str], factors: list[Form]) -> list[Form]:
    """The factors of a matrix product with the inverses put into calls of `np.linalg.solve`.

    `A⁻¹ M` is the solution of `A Y = M`, and `M A⁻¹` the transpose of the solution of `Aᵀ Y = Mᵀ`. Only an
    inverse that nothing stands beside is computed as such.

    Args:
        code: writes a form.
        factors: of a matrix product, a row vector in front or a column vector behind included.
    """
    places = [place for place, factor in enumerate(factors) if inverted(factor) is not None]
    if not places or len(factors) == 1:
        return factors
    before_last = [place for place in places if place < len(factors) - 1]
    if before_last:
        place = before_last[-1]
        right = chain(*factors[place + 1 :])
        solved = ready(f"np.linalg.solve({_of(code, factors[place])}, {code(right)})", right.rank)
        return with_solves_by(code, [*factors[:place], solved])
    left = transposed(chain(*factors[:-1])) if factors[0].rank == 2 else factors[0]
    turned = f"np.linalg.solve({_of(code, transposed(factors[-1]))}, {code(left)})"
    return [ready(f"{turned}.T" if left.rank == 2 else turned, left.rank)]


def _of(code: Callable[[Form], str], inverse: Form) -> str:
    inner = inverted(inverse)
    return code(inverse if inner is None else inner)
