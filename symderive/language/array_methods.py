"""The methods that symbolic arrays share with NumPy's and that other files compute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symderive.language.axes import Axis

if TYPE_CHECKING:
    from symderive.language.array import Array


class ArrayMethods:
    """Abstract: methods that hand an array on to the function of the same name."""

    __slots__ = ()

    def max(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """The largest entry over `axis` (all axes by default), as `numpy.max`."""
        return self._folded("max", axis, keepdims, unsupported)

    def min(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """The smallest entry over `axis` (all axes by default), as `numpy.min`."""
        return self._folded("min", axis, keepdims, unsupported)

    def prod(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """The product of the entries over `axis` (all axes by default), as `numpy.prod`."""
        return self._folded("prod", axis, keepdims, unsupported)

    def any(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """Whether some entry over `axis` is not 0: 1 or 0."""
        return self._folded("any", axis, keepdims, unsupported)

    def all(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """Whether every entry over `axis` is not 0: 1 or 0."""
        return self._folded("all", axis, keepdims, unsupported)

    def _folded(self, what: str, axis: Axis, keepdims: bool, unsupported: dict[str, Any]) -> Array:
        from symderive.language.reductions import fold

        return fold(what, self, axis, keepdims, **unsupported)

    def var(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """The variance over `axis` (all axes by default), as `numpy.var`."""
        from symderive.language.dispatch import variance

        return variance(self, axis, keepdims, **unsupported)

    def std(self, axis: Axis = None, keepdims: bool = False, **unsupported: Any) -> Array:
        """The standard deviation over `axis` (all axes by default), as `numpy.std`."""
        from symderive.language.dispatch import call_ufunc

        return call_ufunc("sqrt", (self.var(axis, keepdims, **unsupported),))

    def dot(self, other: Any) -> Array:
        """The matrix product, as `numpy.dot` for up to two axes."""
        from symderive.language import linear

        return linear.dot(self, other)

    def trace(self) -> Array:
        """The sum of the diagonal of a square matrix."""
        from symderive.language import triangles

        return triangles.trace(self)

    def reshape(self, *shape: Any, order: str = "C") -> Array:
        """The entries in another shape, as `numpy.reshape`."""
        from symderive.language import shaping

        single = len(shape) == 1 and isinstance(shape[0], (tuple, list))
        return shaping.reshape(self, shape[0] if single else shape, order)

    def ravel(self, order: str = "C") -> Array:
        """All entries in a row, as `numpy.ravel`."""
        from symderive.language import shaping

        return shaping.ravel(self, order)

    def flatten(self, order: str = "C") -> Array:
        """All entries in a row, as `ndarray.flatten`."""
        return self.ravel(order)

    def squeeze(self, axis: Axis = None) -> Array:
        """The array without axes of size 1, as `numpy.squeeze`."""
        from symderive.language import shaping

        return shaping.squeeze(self, axis)

    def cumsum(self, axis: Any = None) -> Array:
        """Running sums, as `numpy.cumsum`."""
        from symderive.language import shifting

        return shifting.cumsum(self, axis)

    def cumprod(self, axis: Any = None) -> Array:
        """Running products, as `numpy.cumprod`."""
        from symderive.language import running

        return running.cumprod(self, axis)

    def clip(self, min: Any = None, max: Any = None) -> Array:
        """The entries within bounds, as `numpy.clip`."""
        from symderive.language.dispatch import clip

        return clip(self, min, max)

    def take(self, indices: Any, axis: Any = None) -> Array:
        """Entries by their positions, as `numpy.take`."""
        from symderive.language import indexing

        return indexing.taken(self, indices, axis)

    def repeat(self, repeats: Any, axis: Any = None) -> Array:
        """Every entry several times, as `numpy.repeat`."""
        from symderive.language import shaping

        return shaping.repeat(self, repeats, axis)

    def diagonal(self, offset: Any = 0) -> Array:
        """A diagonal, as `numpy.diagonal`."""
        from symderive.language import triangles

        return triangles.diagonal(self, offset)

    @property
    def mT(self) -> Array:
        """The array with its last two axes exchanged."""
        from symderive.language.array_standard import matrix_transpose

        return matrix_transpose(self)
