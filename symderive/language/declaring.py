"""How arrays get names: inputs are declared, intermediate results are named."""

from __future__ import annotations

from typing import Any

from symderive.core.dims import Dim, check_name, shape_text
from symderive.core.nodes import Tensor
from symderive.core.program import Definition
from symderive.errors import SymderiveError
from symderive.language.array import Array
from symderive.language.fingerprints import fingerprint


def array(name: str, *shape: Any, domain: str = "real", latex: str | None = None) -> Array:
    """Declare an input array.

    Args:
        name: a Python identifier; the argument name of generated code.
        shape: sizes, from `dims` or integers; none for a scalar.
        domain: what its entries are known to be: real, positive, nonnegative, unit (0 to 1), symmetric,
            spd, diagonal, lower and upper (triangular), skew (skew-symmetric), invertible, binary, sign,
            count, onehot (one-hot rows), simplex (rows that sum to 1), integer.
        latex: how it is written in LaTeX; by default derived from the name (`theta` is θ, `W1` is W with
            index 1).

    Returns:
        a symbolic array.

    Raises:
        SymderiveError: not a name, or an unknown domain.
        ShapeError: something that is not a size.

    >>> from symderive.core.dims import dims
    >>> n, d = dims("n d")
    >>> (array("X", n, d) @ array("w", d)).shape
    (n,)
    """
    from symderive.language.dispatch import apply_ufunc

    Dim.apply_ufunc = staticmethod(apply_ufunc)  # from here on NumPy's functions also take sizes
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = tuple(shape[0])
    check_name(name, "an array")
    tensor = Tensor(name, tuple(shape), domain, latex)
    return Array(tensor, None, (), fingerprint(name, shape_text(tensor.shape), domain, latex))


def let(name: str, value: Array, latex: str | None = None) -> Array:
    """Give an intermediate result a name that the derivation keeps.

    Args:
        name: a Python identifier.
        value: the symbolic array to name.
        latex: how the name is written in LaTeX.

    Returns:
        the same array under its new name.

    Raises:
        SymderiveError: not a name, or `value` is an input (which has a name).
    """
    check_name(name, "an intermediate result")
    if value.definition is None:
        raise SymderiveError(f"let {name}: {value.name} is an input and has a name already.")
    tensor = Tensor(name, value.shape, value.tensor.domain, latex)
    made = value.definition
    definition = Definition(tensor, made.indices, made.body, pinned=True)
    return Array(tensor, definition, value.operands, fingerprint(name, value.digest))
