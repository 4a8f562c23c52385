"""Random programs of windows: convolutions of any stride, dilation, padding and groups, sums over windows.

Some are written out tap by tap, as people write them with slices; some as `Σ_p G[p] W[k − p]`, as
derivatives are. Positions may lie outside of the arrays, where an entry is 0.
"""

from __future__ import annotations

import functools
import itertools
import random

import numpy as np
import sympy

import symderive as sd
from symderive.core.identity import free_indices, substitute
from symderive.core.nodes import Delta, Entry, Index, IndexSum, Tensor
from symderive.core.program import Definition, Program

N, M, B = sd.dims("n m b")
ROWS = ((5, 4, 2), (7, 3, 1), (0, 4, 2), (1, 6, 3), (4, 1, 0), (2, 0, 1))
SIZES = tuple(dict(zip("nmb", row, strict=True)) for row in ROWS)
CHANNELS = (1, 2, 3)


class Writer:
    """Draws one program."""

    def __init__(self, seed: int, inside: bool) -> None:
        self.draw = random.Random(seed)
        self.inside = inside
        self.inputs: list[Tensor] = []

    def tensor(self, name: str, shape: list) -> Tensor:
        """One more input."""
        self.inputs.append(Tensor(name, tuple(map(sympy.sympify, shape))))
        return self.inputs[-1]

    def program(self) -> Program:
        """A convolution, and what its adjoint is, with as many sliding axes as it draws."""
        self.tensor("q", [N, M, B])
        slides = self.draw.choice((1, 1, 2))
        channels = self.draw.random() < 0.7
        grouped = self.draw.random() < 0.3
        batch = [Index("a", B)] if self.draw.random() < 0.5 else []
        group = [Index("g", 2)] if grouped else []
        o = [Index("o", self.draw.choice(CHANNELS))] if channels else []
        c = [Index("c", self.draw.choice(CHANNELS))] if channels else []
        places = [Index(name, self.draw.choice((N, M, N + 1, 4))) for name in ("i", "j")[:slides]]
        taps = [Index(name, self.draw.choice((1, 2, 3, 3))) for name in ("u", "v")[:slides]]
        pairs = [self.position(place, tap) for place, tap in zip(places, taps, strict=True)]
        axes, source = zip(*pairs, strict=True)
        last = self.draw.random() < 0.2 and bool(c)
        sizes = [one.dim for one in (*batch, *group)]
        x = self.tensor("x", [*sizes, *source, *(one.dim for one in c)] if last else
                        [*sizes, *(one.dim for one in c), *source])  # fmt: skip
        read = Entry(x, *batch, *group, *((*axes, *c) if last else (*c, *axes)))
        w = self.tensor("w", [*(one.dim for one in (*group, *o, *c, *taps))])
        weight = Entry(w, *group, *o, *c, *taps)
        out = (*batch, *group, *o, *places)
        y = Tensor("y", tuple(one.dim for one in out))
        body = self.written(weight * read, (*c, *taps), taps)
        if self.draw.random() < 0.5:
            body = body - Entry(self.tensor("r", list(y.shape)), *out)
        first = Definition(y, out, body)
        dw = self.adjoint(first, read, weight, "dw")
        dx = self.slid(first, places, taps, x, w, (batch, group, o, c))
        made = [first, dw, *dx]
        return Program(tuple(self.inputs), tuple(made), tuple(one.tensor for one in made))

    def position(self, place: Index, tap: Index) -> tuple[sympy.Expr, sympy.Expr]:
        """An affine position, often inside, sometimes outside, and the length of the axis."""
        step, stride = self.draw.choice((1, 1, 1, 2, 3)), self.draw.choice((1, 1, 2, -1))
        span = abs(stride) * (tap.dim - 1)
        if self.inside:
            return step * place + stride * tap + (span if stride < 0 else 0), step * place.dim + span
        where = step * place + stride * tap + self.draw.choice((0, 0, 0, -1, 1, -2, 2))
        return where, step * place.dim + self.draw.choice((0, 1, 2, span))

    def written(self, body: sympy.Expr, summed: tuple, taps: list[Index]) -> sympy.Expr:
        """The sum, now and then written out over the taps."""
        if self.draw.random() < 0.5:
            return IndexSum(body, *summed) if summed else body
        inner = [one for one in summed if one not in taps]
        terms = [IndexSum(body, *inner) if inner else body]
        for tap in taps:
            terms = [substitute(one, {tap: sympy.Integer(at)}) for one in terms for at in range(int(tap.dim))]
        return sympy.Add(*(one for one in terms if not _is_nothing(one)))

    def adjoint(self, made: Definition, read: sympy.Expr, weight: Entry, name: str) -> Definition:
        """`Σ y x` at every position of the weight, now and then tap by tap with deltas."""
        labels = weight.axes
        tensor = Tensor(name, weight.tensor.shape)
        body = Entry(made.tensor, *made.indices) * read
        summed = tuple(one for one in made.indices if one not in labels)
        whole = IndexSum(body, *summed)
        if self.draw.random() < 0.5:
            return Definition(tensor, labels, whole)
        tap = labels[-1]
        terms = [
            Delta(sympy.Integer(at), tap) * substitute(whole, {tap: sympy.Integer(at)})
            for at in range(int(tap.dim))
        ]
        return Definition(tensor, labels, sympy.Add(*(one for one in terms if not _is_nothing(one))))

    def slid(self, made, places, taps, x, w, leading) -> list[Definition]:
        """`Σ_p y[p] w[k − p]`, or the same tap by tap, for the positions of an array."""
        batch, group, o, c = leading
        more = [int(tap.dim) - 1 if self.inside else self.draw.choice((0, 1, 2)) for tap in taps]
        new = [Index(name, one.dim + some) for name, one, some in zip("kl", places, more, strict=False)]
        shift = 0 if self.inside else self.draw.choice((0, 0, 1, -1))
        out = (*batch, *group, *c, *new)
        tensor = Tensor("dx", tuple(one.dim for one in out))
        if self.draw.random() < 0.5:
            spots = [one - place + shift for one, place in zip(new, places, strict=True)]
            body = Entry(made.tensor, *batch, *group, *o, *places) * Entry(w, *group, *o, *c, *spots)
            return [Definition(tensor, out, IndexSum(body, *o, *places))]
        spots = [one - tap + shift for one, tap in zip(new, taps, strict=True)]
        body = Entry(made.tensor, *batch, *group, *o, *spots) * Entry(w, *group, *o, *c, *taps)
        return [Definition(tensor, out, self.written(body, (*o, *taps), taps))]


def random_pooling(seed: int) -> tuple[sd.Array, list[sd.Array]]:
    """A loss of what windows hold, as people write it with slices or with axes in two; and its variables."""
    draw = random.Random(seed)
    side, count = draw.choice((2, 3)), draw.choice((1, 1, 2))
    lead = [B] if draw.random() < 0.5 else []
    many = [N, M][:count]
    y = sd.array("y", *lead, *(side * one for one in many))
    variables = [y]
    kind = draw.choice(("max", "mean", "weighted", "sum"))
    if draw.random() < 0.4 and kind != "weighted":
        split = y.reshape(*lead, *(size for one in many for size in (one, side)))
        axes = tuple(len(lead) + 2 * place + 1 for place in range(count))
        pooled = {"max": np.max, "mean": np.mean, "sum": np.sum}[kind](split, axis=axes)
    else:
        overlap = draw.random() < 0.4
        pooled, more = _by_slices(draw, y, lead, many, side, kind, overlap)
        variables += more
    function = draw.choice((np.tanh, np.exp, lambda one: one**2, lambda one: one))
    weight = sd.array("G", *pooled.shape) if draw.random() < 0.5 else 1
    return np.sum(weight * function(pooled)), variables


def random_strided(seed: int) -> tuple[sd.Array, list[sd.Array]]:
    """A loss of a convolution of any stride and dilation, by slices of axes that are longer than it needs."""
    draw = random.Random(seed)
    count = draw.choice((1, 1, 2))
    lead = [B] if draw.random() < 0.5 else []
    many, plans = [N, M][:count], []
    for one in many:
        stride, dilation, taps = draw.choice((1, 2, 3)), draw.choice((1, 1, 2, 3)), draw.choice((1, 2, 3))
        reach = stride * (one - 1) + 1
        plans.append((stride, dilation, taps, reach, reach + dilation * (taps - 1) + draw.choice((0, 1, 2))))
    y = sd.array("y", *lead, *(plan[-1] for plan in plans))
    f = sd.array("f", *(plan[2] for plan in plans))
    parts = []
    for where in itertools.product(*(range(plan[2]) for plan in plans)):
        slices = [
            slice(dilation * at, dilation * at + reach, stride)
            for at, (stride, dilation, _, reach, _) in zip(where, plans, strict=True)
        ]
        part = y[(*(slice(None) for _ in lead), *slices)]
        parts.append(part * f[where if len(where) > 1 else where[0]])
    function = draw.choice((np.tanh, np.exp, lambda one: one**2))
    weight = sd.array("G", *parts[0].shape) if draw.random() < 0.5 else 1
    return np.sum(weight * function(sum(parts))), [y, f]


def _by_slices(draw, y, lead, many, side, kind, overlap):
    """The parts of all windows joined: a slice of the array for each position in a window."""
    taps = [range(side) for _ in many]
    parts = []
    f = sd.array("f", *(side for _ in many))
    for where in itertools.product(*taps):
        slices = [
            slice(at, side * one - side + 1 + at) if overlap else slice(at, None, side)
            for at, one in zip(where, many, strict=True)
        ]
        part = y[(*(slice(None) for _ in lead), *slices)]
        parts.append(part * f[where if len(where) > 1 else where[0]] if kind == "weighted" else part)
    if kind == "max":
        return functools.reduce(np.maximum, parts), []
    return sum(parts) / (side if kind == "mean" else 1), [f] if kind == "weighted" else []


def _is_nothing(term: sympy.Expr) -> bool:
    """Whether all that a term reads lies outside of its arrays."""
    return any(
        part == 0 or (isinstance(part, IndexSum) and part.body == 0) for part in sympy.Mul.make_args(term)
    )


def random_program(seed: int, inside: bool = False) -> Program:
    """The program of a seed; the same one each time.

    Args:
        seed: the number of the program.
        inside: whether all positions lie inside of the arrays, also where an axis has length 0.
    """
    return Writer(seed, inside).program()


def random_arrays(program: Program, seed: int, sizes: dict[str, int], kind=np.float64, layout="plain"):
    """Arrays for the inputs of a program: plain, read-only, of other strides, or from behind."""
    rng = np.random.default_rng(seed)
    made = {}
    for tensor in program.inputs:
        shape = tuple(
            int(size.subs({one: sizes[one.name] for one in size.free_symbols})) for size in tensor.shape
        )
        value = np.asarray(rng.normal(size=shape), kind)
        if layout == "strided" and value.ndim:
            value = np.repeat(value, 2, axis=-1)[..., ::2]
        if layout == "turned" and value.ndim:
            value = np.asfortranarray(value)[::-1].copy(order="F")[::-1]
            value = np.asarray(value)
        value.flags.writeable = layout != "read-only" and value.base is None
        made[str(tensor.name)] = value
    return made


__all__ = ["SIZES", "B", "M", "N", "free_indices", "random_arrays", "random_program"]
