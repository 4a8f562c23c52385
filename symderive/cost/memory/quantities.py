"""What a cost says about memory: what is kept for the backward pass, and the bytes that go back and forth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import sympy

from symderive.core.dims import Dim
from symderive.cost.formula import Formula
from symderive.cost.memory.peak import Peak
from symderive.cost.memory.saved import Saved
from symderive.cost.memory.widths import REAL, width_of
from symderive.cost.training.again import Recompute, names_of
from symderive.cost.training.pulling import Keeper
from symderive.errors import SymderiveError

if TYPE_CHECKING:
    from symderive.cost.memory.summary import MemorySummary

SAVED = "saved_for_backward"
READ, WRITTEN = "bytes_read", "bytes_written"
ACTIVATION_BYTES, SAVED_BYTES, INTENSITY = "activation_bytes", "saved_bytes", "intensity"
PEAK, PEAK_BYTES = "peak_activations", "peak_activation_bytes"
TRAINING_PEAK, TRAINING_PEAK_BYTES = "peak_in_training", "peak_bytes_in_training"
OF_MEMORY = (
    READ, WRITTEN, ACTIVATION_BYTES, SAVED_BYTES, INTENSITY, PEAK, PEAK_BYTES, TRAINING_PEAK,
    TRAINING_PEAK_BYTES,
)  # fmt: skip
"""What `Memory.memory` says besides `saved_for_backward`."""


class Memory(ABC):
    """Abstract: the part of a cost that is about arrays and not about operations.

    Attributes:
        keeper: what a layer keeps for its backward pass; None where the cost was counted without derivatives.
    """

    keeper: Keeper | None

    @property
    @abstractmethod
    def numbers(self) -> dict[Dim, sympy.Integer]:
        """The values as SymPy's integers."""

    @abstractmethod
    def quantity(self, name: str) -> sympy.Expr:
        """The value of a quantity: a number where all its sizes have values, otherwise an expression."""

    @abstractmethod
    def formula(self, quantity: str = "macs") -> Formula:
        """The formula of a quantity in symbols."""

    @abstractmethod
    def _value(self, formula: Formula) -> sympy.Expr:
        """A formula with the numbers put in."""

    @abstractmethod
    def _saved(self, keeper: Keeper, again: tuple[str, ...]) -> Saved:
        """What is kept."""

    @abstractmethod
    def traffic(self, quantity: str, dtype: str) -> Formula:
        """The formula of the bytes that are read or written.

        Args:
            quantity: "bytes_read" or "bytes_written".
            dtype: the type of numbers that are computed with.
        """

    @abstractmethod
    def check_at(self, conditions: tuple[object, ...]) -> None:
        """Check conditions with the numbers put in.

        Raises:
            ShapeError: one is false.
        """

    def saved(self, recompute: Recompute = False) -> Saved:
        """Which arrays of the forward pass are kept for the backward pass, each of them once.

        They are the arrays that the derivatives of the layers are made of; parameters and buffers are not
        counted, nor what is not computed at inference, as an auxiliary head.

        The kernels of PyTorch's autograd may keep other arrays. A fused attention keeps its result and the
        logarithm of each sum of exponentials in place of the shares, which `recompute=("scores", "weights")`
        leaves out; a bilinear layer works out again what `recompute="left"` leaves out. A convolution keeps
        the padded copy of its input that it makes where the two sides of the padding differ. A mean or
        maximum over windows keeps its input for the shape alone, a matrix product keeps copies of operands
        that are stretched, and an LSTM keeps the tanh of each memory, or on some processors a workspace of
        its own.

        Args:
            recompute: what is not kept and computed again in the backward pass: "full" or True for every
                block of several layers at the top of the network; or names of blocks, layers or equations,
                such as "attention" or ("scores", "weights"). Of a block, and of each repetition of a repeated
                one, only what it is given is kept.

        Raises:
            SymderiveError: a name that nothing has, or a cost that was counted without derivatives.

        >>> from symderive.derive.costs import cost
        >>> from symderive.networks import network
        >>> step = cost(network("gpt"))
        >>> step.saved("full").entries().write()
        'B · T · d · L + 2 · B · T · d + 3 · B · T + T'
        """
        return self._saved(self.derived(), names_of(recompute))

    def derived(self) -> Keeper:
        """What a layer keeps.

        Raises:
            SymderiveError: the cost was counted without derivatives.
        """
        if self.keeper is None:
            raise SymderiveError(
                "what is kept for the backward pass: this is no cost of a layer or network with derivatives; "
                "import symderive as sd, and give one to sd.cost."
            )
        return self.keeper

    @property
    def saved_for_backward(self) -> sympy.Expr:
        """Entries of the arrays that are kept for the backward pass; see `saved`.

        Raises:
            SymderiveError: a layer that cannot be differentiated; `saved` has the others.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Softmax
        >>> cost(Softmax("d", "N")).saved_for_backward
        N*d
        """
        return self.quantity(SAVED)

    def saved_formula(self) -> Formula:
        """The formula of the entries that are kept.

        Raises:
            SymderiveError: a layer that cannot be differentiated.
        """
        return self.whole(self.saved()).entries()

    def saved_bytes(self, dtype: str = "float32", recompute: Recompute = False) -> sympy.Expr:
        """Bytes of the arrays that are kept for the backward pass.

        Args:
            dtype: the type of numbers that are computed with; positions have 8 bytes and truths 1.
            recompute: what is computed again; see `saved`.

        Raises:
            SymderiveError: an unknown type, or a layer that cannot be differentiated.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import MaxPool1d
        >>> cost(MaxPool1d(3, 2, 8)).saved_bytes()
        96
        """
        return self._value(self.whole(self.saved(recompute)).bytes(dtype))

    def whole(self, saved: Saved) -> Saved:
        """What is kept, checked.

        Raises:
            ShapeError: sizes with which it is something else.
            SymderiveError: a layer that cannot be differentiated.
        """
        self.check_at(saved.conditions)
        if saved.unknown:
            raise SymderiveError(
                f"what is kept for the backward pass: not derived are {'; '.join(saved.unknown)}; "
                "saved() has the other arrays."
            )
        return saved

    def bytes_read(self, dtype: str = "float32") -> sympy.Expr:
        """Bytes that are read: by each layer its inputs, parameters and buffers once; nothing is fused.

        Inside a layer each contraction reads its operands once, and so does what stands between two.

        Args:
            dtype: the type of numbers that are computed with.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> layer = cost(Dense("d", "m", bias=False, batch="B"))
        >>> layer.bytes_read(), layer.bytes_written()
        (4*B*d + 4*d*m, 4*B*m)
        """
        return self._value(self.traffic(READ, dtype))

    def bytes_written(self, dtype: str = "float32") -> sympy.Expr:
        """Bytes that are written: by each layer its output once; see `bytes_read`.

        Args:
            dtype: the type of numbers that are computed with.
        """
        return self._value(self.traffic(WRITTEN, dtype))

    def intensity(self, dtype: str = "float32") -> sympy.Expr:
        """Arithmetic intensity: flops for each byte that is read or written.

        Args:
            dtype: the type of numbers that are computed with.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> cost(Dense(64, 64, bias=False, batch=64)).intensity()
        32/3
        """
        return self.quantity("flops") / (self.bytes_read(dtype) + self.bytes_written(dtype))

    @abstractmethod
    def peak(self, training: bool = False, dtype: str | None = None) -> Peak:
        """The most entries, or bytes, that are alive at one time; see `peak_activations`.

        Args:
            training: whether it is that of a training step and not of inference. What the backward pass of a
                layer reads is then kept from the forward pass until that layer is done, and so is the
                gradient of an array from the last layer that reads the array to the one that makes it.
            dtype: the type of numbers that are computed with, for bytes; without it entries are counted.

        Raises:
            SymderiveError: an unknown type, or in training a layer that cannot be differentiated.
        """

    @property
    def peak_activations(self) -> sympy.Expr:
        """The most entries that are alive at one time at inference, layer by layer in their order.

        An array lives from when it is written until it was read last, nothing is computed in place, and
        parameters are not counted; nor is anything fused: see `bytes_read` for what is one pass. With sizes
        that are symbols it is a `Max` where they decide.

        Raises:
            SymderiveError: it holds only from some number of repetitions, and that is a symbol; `peak` says
                from which.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> from symderive.networks import network
        >>> cost(Dense("d", "m", batch="B")).peak_activations
        B*d + B*m
        >>> cost(network("resnet18", B=1, H=224, W=224)).peak_activations == 2 * 64 * 112**2
        True
        """
        return self._largest(self.peak())

    @property
    def peak_in_training(self) -> sympy.Expr:
        """The most entries that are alive at one time in a training step; see `peak`.

        Gradients by arrays count, those by parameters do not.

        Raises:
            SymderiveError: as `peak_activations`, or a layer that cannot be differentiated.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> cost(Dense("d", "m", batch="B")).peak_in_training
        2*B*d + B*m
        """
        return self._largest(self.peak(training=True))

    def _largest(self, peak: Peak) -> sympy.Expr:
        undecided = [one for one in peak.conditions if one.xreplace(self.numbers) != sympy.true]
        if undecided:
            raise SymderiveError(
                f"the peak of what is alive: it has one formula only where {undecided[0]}; put in a "
                "number, or ask peak(), which has the formulas and the conditions."
            )
        found = [self._value(one) for one in peak.candidates]
        are_numbers = all(one.is_number for one in found)
        return found[0] if len(found) == 1 else sympy.Max(*found, evaluate=are_numbers)

    def held(self, dtype: str = "float32") -> Mapping[str, Formula]:
        """Bytes that are there all the time, besides the arrays of a network: `parameter_bytes`.

        Of a training step also `gradient_bytes` and `optimizer_state_bytes`.

        Args:
            dtype: their type.

        Raises:
            SymderiveError: an unknown type.
        """
        return {"parameter_bytes": self.formula("params").times(width_of(REAL, dtype))}

    def memory(self, dtype: str = "float32") -> MemorySummary:
        """Everything about memory in one record; a quantity that is refused stands there with the reason.

        Args:
            dtype: the type of numbers that are computed with; positions have 8 bytes and truths 1.

        Raises:
            SymderiveError: an unknown type.

        >>> from symderive.derive.costs import cost
        >>> from symderive.layers import Dense
        >>> found = cost(Dense("d", "m", bias=False, batch="B")).memory("bfloat16")
        >>> [one.write() for one in found.amounts["bytes_read"].formulas], found.names[-2:]
        (['2 · d · m + 2 · B · d'], ('peak_in_training', 'peak_bytes_in_training'))
        """
        from symderive.cost.memory.summary import memory_summary

        return memory_summary(self, dtype)  # type: ignore[arg-type]

    def activation_bytes(self, dtype: str = "float32") -> sympy.Expr:
        """Bytes of the outputs of all layers.

        Args:
            dtype: the type of numbers that are computed with.
        """
        return self.quantity("activations") * width_of(REAL, dtype)
