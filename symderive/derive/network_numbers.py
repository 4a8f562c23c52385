"""A network with numbers: closed form, backprop by hand, difference quotients, and what others reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symderive.core.dims import shape_text
from symderive.derive.network import Network
from symderive.errors import InternalError, ShapeError, SymderiveError
from symderive.numeric.backprop import DenseLayer, backward, forward, loss_value
from symderive.numeric.comparison import Comparison, compare, join
from symderive.numeric.diagnosis import Slip, diagnose
from symderive.numeric.differences import Difference, central, complex_step, one_sided
from symderive.numeric.losses import BinaryCrossEntropy, Loss, OutputDifference, SquaredError
from symderive.numeric.rounding import reported_resolution
from symderive.numeric.steps import Method, default_epsilon, regime

FloatArray = NDArray[np.float64]
METHODS: dict[str, tuple[Method, Callable[..., Difference]]] = {
    "one-sided": ("one-sided", one_sided),
    "central": ("central", central),
    "complex-step": ("complex-step", complex_step),
}
_ROUNDING = 2.0**-40


def _loss_of(network: Network) -> Loss:
    """The hand-written loss that belongs to the symbolic one."""
    made: dict[str, Loss] = {
        "difference": OutputDifference(),
        "squared_error": SquaredError(),
        "half_squared_error": SquaredError(half=True),
        "binary_cross_entropy": BinaryCrossEntropy(),
    }
    if network.loss_name not in made:
        raise SymderiveError(f"backprop: there is no hand-written backprop for the loss {network.loss_name}.")
    return made[network.loss_name]


@dataclass(frozen=True)
class ParameterNumbers:
    """The gradient of one parameter, computed three ways.

    Attributes:
        name: of the parameter.
        closed: from the derived closed form.
        backprop: from the hand-written backprop.
        quotient: difference quotients, with their noise.
    """

    name: str
    closed: FloatArray
    backprop: FloatArray
    quotient: Difference


@dataclass(frozen=True)
class Reported:
    """Numbers that somebody reported for the gradients.

    Attributes:
        title: what they are called there.
        values: arrays by parameter name.
        method: how they were computed according to the report: `one-sided`, `central`, or `exact`.
        epsilon: the step of the quotient, None for `exact`.
        layout: the layout of its weight gradients.
    """

    title: str
    values: Mapping[str, Any]
    method: str = "exact"
    epsilon: float | None = None
    layout: str = "in-out"


@dataclass(frozen=True)
class Judgement:
    """What was found about a report.

    Attributes:
        reported: the report.
        comparison: all its entries against the true values.
        slips: what was probably done wrong.
        rows: parameter name, comparison of that parameter.
    """

    reported: Reported
    comparison: Comparison
    slips: tuple[Slip, ...]
    rows: tuple[tuple[str, Comparison], ...]

    @property
    def verdict(self) -> str:
        """`right`, `wrong` or `undecided`."""
        return {"equal": "right", "different": "wrong", "undecided": "undecided"}[self.comparison.verdict]


@dataclass
class NetworkNumbers:
    """The numbers of a network at one point.

    Args:
        network: with numeric sizes, or symbolic ones that the arrays determine.
        arrays: input, target and all parameters by name; shapes as declared (a row may be flat).
        method: the difference quotient.
        epsilon: its step; the best one by default.

    Raises:
        SymderiveError: an array is missing or unknown.
        ShapeError: an array has another shape than declared.
    """

    network: Network
    arrays: Mapping[str, Any]
    method: str = "central"
    epsilon: float | None = None
    _given: dict[str, FloatArray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise SymderiveError(
                f"difference quotient: unknown method {self.method!r}; use {', '.join(METHODS)}."
            )
        if self.epsilon is None:
            self.epsilon = default_epsilon(self._method)
        self._given = {}
        wanted = [self.network.x.tensor, self.network.y.tensor, *self.network.parameters]
        unknown = sorted(set(self.arrays) - {str(tensor.name) for tensor in wanted})
        if unknown:
            raise SymderiveError(
                f"network data: {unknown[0]} is not an array of this network; it has "
                f"{', '.join(str(tensor.name) for tensor in wanted)}."
            )
        sizes: dict[Any, int] = {}
        for tensor in wanted:
            self._given[str(tensor.name)] = _fitted(tensor, self.arrays, sizes)

    def value(self, name: str) -> FloatArray:
        """An array as it is used, in its declared shape."""
        return self._given[name]

    @cached_property
    def loss(self) -> float:
        """The loss at this point, from the hand-written forward pass."""
        return self._loss({})

    @cached_property
    def output(self) -> FloatArray:
        """The output of the network."""
        return forward(self._layers({}), self._given[self.network.x.name]).output

    def _layers(self, replaced: Mapping[str, FloatArray]) -> list[DenseLayer]:
        values = {**self._given, **replaced}
        layout: Any = self.network.layout
        return [
            DenseLayer(values[f"W{number}"], values.get(f"b{number}"), layer.activation, layout)
            for number, layer in enumerate(self.network.layers, start=1)
        ]

    def _loss(self, replaced: Mapping[str, FloatArray]) -> float:
        layers = self._layers(replaced)
        trace = forward(layers, self._given[self.network.x.name])
        target = self._given[self.network.y.name]
        return loss_value(layers, trace, _loss_of(self.network), target) / self._count

    @property
    def _count(self) -> int:
        """The number of samples that the loss averages over."""
        return 1 if self.network.batch is None else len(self._given[self.network.x.name])

    @cached_property
    def parameters(self) -> tuple[ParameterNumbers, ...]:
        """The gradients of all parameters, three ways.

        Raises:
            InternalError: closed form and backprop disagree.
        """
        function = self.network.derivation.to_numpy()
        names = [str(tensor.name) for tensor in self.network.parameters]
        values = function(
            **{str(tensor.name): self._given[str(tensor.name)] for tensor in function.program.inputs}
        )
        closed = dict(zip(names, values if isinstance(values, tuple) else (values,), strict=True))
        by_hand = self._backprop()
        # Of the whole gradient: 1 − tanh² of a saturated unit loses digits.
        scale = max(float(np.abs(one).max()) for one in by_hand.values())
        made = []
        for name in names:
            if not np.allclose(closed[name], by_hand[name], rtol=_ROUNDING, atol=_ROUNDING * scale):
                raise InternalError(
                    f"closed form and backprop disagree for {name}: {closed[name]} against {by_hand[name]}."
                )
            made.append(
                ParameterNumbers(
                    name, closed[name], by_hand[name], self.quotient(name, self.method, self.epsilon)
                )
            )
        return tuple(made)

    def _backprop(self) -> dict[str, FloatArray]:
        layers = self._layers({})
        trace = forward(layers, self._given[self.network.x.name])
        made: dict[str, FloatArray] = {}
        for number, one in enumerate(
            backward(layers, trace, _loss_of(self.network), self._given[self.network.y.name]), start=1
        ):
            made[f"W{number}"] = one.weight / self._count
            if one.bias is not None:
                made[f"b{number}"] = one.bias / self._count
        return made

    def quotient(self, name: str, method: str, epsilon: float | None) -> Difference:
        """Difference quotients of the loss with respect to one parameter."""
        step = METHODS[method][1]
        return step(lambda point: self._loss({name: point}), self._given[name], epsilon=epsilon)

    @property
    def regime(self) -> str:
        """Which error dominates the quotients, as a sentence."""
        return regime(self._method, self.epsilon or 1.0).sentence

    @property
    def _method(self) -> Method:
        return METHODS[self.method][0]

    def judge(self, reported: Reported) -> Judgement:
        """Compare reported gradients with the true ones, entry by entry.

        Raises:
            SymderiveError: a name that is no parameter.
            ShapeError: an array that has not as many entries as its parameter.
        """
        known = {one.name: one for one in self.parameters}
        rows: list[tuple[str, Comparison]] = []
        slips: list[Slip] = []
        for name, values in reported.values.items():
            if name not in known:
                raise SymderiveError(
                    f"{reported.title}: {name} is not a parameter; there are {', '.join(known)}."
                )
            comparison, found = self._judged(reported, known[name], values)
            rows.append((name, comparison))
            slips.extend(found)
        return Judgement(reported, join([comparison for _, comparison in rows]), tuple(slips), tuple(rows))

    def _judged(
        self, reported: Reported, truth: ParameterNumbers, values: Any
    ) -> tuple[Comparison, Sequence[Slip]]:
        found = np.asarray(values, dtype=float)
        if found.ndim == 2 and reported.layout != self.network.layout and truth.name.startswith("W"):
            found = found.T
        expected = np.asarray(truth.closed)
        if found.shape != expected.shape:
            if np.squeeze(found).shape != np.squeeze(expected).shape:
                raise ShapeError(
                    f"{reported.title}: {truth.name} has shape {found.shape}, "
                    f"the gradient has {expected.shape}; "
                    'give the layout of the report with weights = "in-out" or "out-in".'
                )
            found = found.reshape(expected.shape)
        shape = np.squeeze(expected).shape
        resolution = min(reported_resolution(repr(float(value))) for value in found.ravel())
        noise: Any = _ROUNDING * np.abs(expected).max()
        if reported.method != "exact":
            noise = _squeezed(self.quotient(truth.name, reported.method, reported.epsilon), shape)
        flat, wanted = found.reshape(shape), expected.reshape(shape)
        comparison = compare(wanted, flat, noise=noise, resolution=resolution, name=truth.name)
        return comparison, diagnose(wanted, flat, noise=noise, resolution=resolution, name=truth.name)


def _squeezed(difference: Difference, shape: tuple[int, ...]) -> Difference:
    """The same quotients without axes of length 1."""
    parts = {
        name: np.asarray(getattr(difference, name)).reshape(shape)
        for name in ("value", "noise", "truncation", "round_off", "quantum")
    }
    return Difference(**parts, method=difference.method, epsilon=difference.epsilon)


def _fitted(tensor: Any, arrays: Mapping[str, Any], sizes: dict[Any, int]) -> FloatArray:
    """The array in the declared shape."""
    name = str(tensor.name)
    if name not in arrays:
        raise SymderiveError(
            f"network data: {name} ({shape_text(tensor.shape)}) is missing; give its values or draw it."
        )
    value = np.asarray(arrays[name], dtype=float)
    expected = [
        size.xreplace(sizes) if not size.is_Symbol else sizes.get(size, size) for size in tensor.shape
    ]
    if value.ndim != tensor.rank and all(getattr(size, "is_number", True) for size in expected):
        wanted = tuple(int(size) for size in expected)
        if np.squeeze(value).shape == np.squeeze(np.empty(wanted)).shape:
            value = value.reshape(wanted)
    fits = value.ndim == tensor.rank and all(
        not getattr(size, "is_number", True) or int(size) == extent
        for size, extent in zip(expected, value.shape, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"network data: {name} has shape {value.shape}, but {shape_text(tensor.shape)} is needed."
        )
    if not np.all(np.isfinite(value)):
        raise SymderiveError(f"network data: {name} has an entry that is not a finite number.")
    for size, extent in zip(tensor.shape, value.shape, strict=True):
        if size.is_Symbol:
            sizes[size] = extent
    return value
