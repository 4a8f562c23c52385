"""What stands on the left of a derivative: as a whole, and one entry of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from symderive.core.nodes import Index, Tensor
from symderive.notation.blocks import held_subscript
from symderive.notation.names import latex_name, subscript, superscript, text_name

Written = tuple[str, str]  # LaTeX, text


@dataclass(frozen=True)
class Stacked:
    """A derivative as one matrix: `∂vec(F)/∂vec(X)ᵀ`.

    Attributes:
        latex: the derivative in LaTeX.
        text: the derivative as text.
        rows: how many axes number the rows.
        names: the names of the arrays in it.
    """

    latex: str
    text: str
    rows: int
    names: frozenset[str]


@dataclass(frozen=True)
class Heading:
    """The left-hand side of a result.

    Attributes:
        latex: the whole array in LaTeX.
        text: the whole array as text.
    """

    latex: str
    text: str

    def at(self, indices: Sequence[Index]) -> Written:
        """One entry: the whole in brackets with subscripts."""
        return (
            rf"\left({self.latex}\right)_{{{_joined(indices)}}}",
            f"({self.text}){subscript(''.join(index.name for index in indices))}",
        )

    def held(self, axes: Sequence[sympy.Expr | None]) -> Written:
        """The part at fixed positions of some axes, None for a whole one: `(∇²_X L)[:,j,:,l]`."""
        parts = [held_subscript(tuple(axes), kind) for kind in ("latex", "text")]
        if not any(parts):
            return self.latex, self.text
        return rf"\left({self.latex}\right){parts[0]}", f"({self.text}){parts[1]}"

    @property
    def whole(self) -> Heading:
        """The same, with entries in brackets: for axes that stand in another order."""
        return Heading(self.latex, self.text)

    @property
    def stacked(self) -> Stacked | None:
        """How it is written as one matrix of pairs of positions, where it has three or four axes."""
        return None


@dataclass(frozen=True)
class Partial(Heading):
    """The left-hand side of a derivative, whose entries are partial derivatives.

    Attributes:
        above: what is differentiated: LaTeX, text, number of axes.
        below: the variables, in order.
    """

    above: tuple[str, str, int] = ("", "", 0)
    below: tuple[Tensor, ...] = ()

    def at(self, indices: Sequence[Index]) -> Written:
        """One entry: `∂²L/∂wⱼ∂wₖ`."""
        latex, text, rank = self.above
        own, rest = tuple(indices[:rank]), list(indices[rank:])
        order = str(len(self.below)) if len(self.below) > 1 else ""
        lows_latex, lows_text = "", ""
        for tensor in self.below:
            taken, rest = rest[: tensor.rank], rest[tensor.rank :]
            lows_latex += rf"\partial {with_indices(latex_of(tensor), taken)}\,"
            lows_text += f"∂{with_text_indices(text_of(tensor), taken)}"
        raised = rf"\partial^{{{order}}}" if order else r"\partial"
        top = rf"{raised} {with_indices(latex, own)}"
        return (
            rf"\frac{{{top}}}{{{lows_latex.removesuffix(chr(92) + ',')}}}",
            f"∂{superscript(order) if order else ''}{with_text_indices(text, own)}/{lows_text}",
        )

    def held(self, axes: Sequence[sympy.Expr | None]) -> Written:
        """The part at fixed first positions: `∂L/∂Qᵢ`."""
        names = [str(axis) for axis in axes if axis is not None]
        leading = all(axis is not None for axis in axes[: len(names)])
        if self.above[2] or len(self.below) != 1 or not leading or not names:
            return super().held(axes)
        low, low_text = latex_of(self.below[0]), text_of(self.below[0])
        joined = "".join(names) if all(len(name) == 1 for name in names) else ", ".join(names)
        return (
            rf"\frac{{\partial {self.above[0]}}}{{\partial {_below(low, joined)}}}",
            f"∂{self.above[1]}/∂{low_text}{subscript(joined)}",
        )

    @property
    def whole(self) -> Heading:
        """The same with the axes of the variable first."""
        return _VariableFirst(self.latex, self.text, self)

    @property
    def stacked(self) -> Stacked | None:
        """`∂vec(F)/∂vec(X)ᵀ`, `∂²L/∂vec(X)∂vec(Y)ᵀ`."""
        return self.stacked_with(False)

    def stacked_with(self, variable_first: bool) -> Stacked | None:
        """The same with the axes of the variable, and not those of the output, in the rows."""
        latex, text, rank = self.above
        ranks = ([rank] if rank else []) + [one.rank for one in self.below]
        if sorted(ranks) not in ([1, 2], [2, 2]):
            return None
        order = str(len(self.below)) if len(self.below) > 1 else ""
        above = _stacked((latex, text), rank, variable_first) if rank else (latex, text)
        low = [
            _stacked(
                (latex_of(one), text_of(one)), one.rank, place == len(self.below) - 1 and not variable_first
            )
            for place, one in enumerate(self.below)
        ]
        below = rf"\partial {low[0][0]}" + "".join(rf"\,\partial {one[0]}" for one in low[1:])
        top = (rf"\partial^{{{order}}}" if order else r"\partial") + f" {above[0]}"
        return Stacked(
            rf"\frac{{{top}}}{{{below}}}",
            f"∂{superscript(order) if order else ''}{above[1]}/" + "".join(f"∂{one[1]}" for one in low),
            ranks[-1] if variable_first else ranks[0],
            frozenset((text, *(str(one.name) for one in self.below))),
        )


@dataclass(frozen=True)
class _VariableFirst(Heading):
    """The left-hand side of a Jacobian that has the axes of the variable first."""

    of: Partial | None = None

    @property
    def stacked(self) -> Stacked | None:
        """`∂vec(F)ᵀ/∂vec(X)`."""
        return None if self.of is None else self.of.stacked_with(True)


def _stacked(name: Written, rank: int, is_row: bool) -> Written:
    """`vec(X)ᵀ`; a vector is its own vec."""
    latex, text = name if rank < 2 else (rf"\operatorname{{vec}}({name[0]})", f"vec({name[1]})")
    if not is_row:
        return latex, text
    return (f"{{{latex}}}^{{\\top}}" if "^" in latex else f"{latex}^{{\\top}}"), f"{text}ᵀ"


def latex_of(tensor: Tensor) -> str:
    """The name of an array in LaTeX."""
    return tensor.latex_name or latex_name(str(tensor.name))


def text_of(tensor: Tensor) -> str:
    """The name of an array as text."""
    return text_name(str(tensor.name))


def with_indices(name: str, indices: Sequence[Index]) -> str:
    """`W_{ij}`; subscripts that the name has already come first."""
    return _below(name, _joined(indices)) if indices else name


def _below(name: str, joined: str) -> str:
    if "_" not in name:
        return f"{name}_{{{joined}}}"
    return f"{name[:-1]},{joined}}}" if name.endswith("}") and "^" not in name else f"{{{name}}}_{{{joined}}}"


def with_text_indices(name: str, indices: Sequence[Index]) -> str:
    """`Wᵢⱼ`."""
    return name + subscript("".join(index.name for index in indices)) if indices else name


def _joined(indices: Sequence[Index]) -> str:
    names = [index.name for index in indices]
    return "".join(names) if all(len(name) == 1 for name in names) else ", ".join(names)


def _nabla(symbol: str, targets: tuple[Tensor, ...]) -> Partial:
    """`∇_w L`, `∇²_w L`, `∇_w ∇_v L`, `∇³_w L`."""
    loss = latex_name(symbol), text_name(symbol)
    order = str(len(targets))
    if len(targets) == 1 or len(set(targets)) > 1:
        latex = " ".join(rf"\nabla_{{{latex_of(one)}}}" for one in targets)
        text = " ".join(f"∇_{text_of(one)}" for one in targets)
    else:
        latex, text = (
            rf"\nabla^{order}_{{{latex_of(targets[0])}}}",
            f"∇{superscript(order)}_{text_of(targets[0])}",
        )
    return Partial(f"{latex} {loss[0]}", f"{text} {loss[1]}", (*loss, 0), targets)


def derivative_heading(
    symbol: str, rank: int, targets: tuple[Tensor, ...], fraction: bool = False
) -> Partial:
    """`∇_w L` of a scalar, `∂f/∂w` of an array or where a fraction is asked for; higher orders likewise."""
    if not rank and not fraction:
        return _nabla(symbol, targets)
    latex, text = latex_name(symbol), text_name(symbol)
    order = str(len(targets)) if len(targets) > 1 else ""
    equal = len(targets) > 1 and len(set(targets)) == 1
    shown = targets[:1] if equal else targets
    power = order if equal else ""
    low = r"\,".join(rf"\partial {latex_of(one)}" + (f"^{{{power}}}" if power else "") for one in shown)
    low_text = "".join(f"∂{text_of(one)}{superscript(power) if power else ''}" for one in shown)
    top = rf"\partial^{{{order}}} {latex}" if order else rf"\partial {latex}"
    return Partial(
        rf"\frac{{{top}}}{{{low}}}",
        f"∂{superscript(order) if order else ''}{text}/{low_text}",
        (latex, text, rank),
        targets,
    )


def code_name(symbol: str, targets: Sequence[Tensor]) -> str:
    """The name of a derivative in code: `dL_dw`, `d2L_dw_dv`."""
    order = str(len(targets)) if len(targets) > 1 else ""
    return f"d{order}{symbol}_" + "_".join(f"d{target.name}" for target in targets)
