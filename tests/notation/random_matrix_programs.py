"""Random matrix-valued functions of a matrix X, and losses of them, as NumPy source with their shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import strategies as st

SIZES = {"n": 3, "p": 2, "m": 4, "q": 5}
ARRAYS = {
    "A": ("m", "n"), "B": ("p", "q"), "C": ("n", "p"), "D": ("p", "p"), "E": ("n", "n"), "W": ("q", "m"),
    "a": ("n",), "b": ("p",), "c": (), "S": ("n", "n"),
}  # fmt: skip
DOMAINS = {"S": "spd"}
FUNCTIONS = ["np.tanh({})", "np.sin({})", "np.exp(np.tanh({}))", "({}) ** 2", "np.logaddexp(0, {})"]


@dataclass(frozen=True)
class Drawn:
    """One program: its source, the shape of X, and what to derive."""

    source: str
    x: tuple[str, ...]
    kind: str

    @property
    def shapes(self) -> dict[str, str]:
        """The shapes as `sd.parse` takes them, of the arrays that occur."""
        letters = set(re.findall(r"(?<![\w.])[A-Za-z](?!\w)", self.source))
        arrays = {"X": self.x, **ARRAYS}
        return {
            name: ",".join(shape) + (f":{DOMAINS[name]}" if name in DOMAINS else "")
            for name, shape in arrays.items()
            if name in letters
        }


class _Maker:
    def __init__(self, draw, x: tuple[str, ...]) -> None:
        self.draw, self.arrays = draw, {"X": x, **ARRAYS}

    def pick(self, options):
        return self.draw(st.sampled_from(list(options)))

    def leaf(self, shape) -> str:
        fitting = [name for name, own in self.arrays.items() if own == shape]
        fitting += [f"{name}.T" for name, own in self.arrays.items() if len(own) == 2 and own[::-1] == shape]
        fitting += ["np.outer(a, b)"] * (shape == ("n", "p"))
        x = [one for one in fitting if one[0] == "X"]
        if x and self.draw(st.integers(0, 2)):
            return self.pick(x)
        return self.pick(fitting) if fitting else self.product(shape, 0)

    def product(self, shape, depth) -> str:
        through = [
            size
            for size in SIZES
            if depth or (self._known((shape[0], size)) and self._known((size, shape[1])))
        ]
        size = self.pick(through or ["n"])
        return f"{self.matrix((shape[0], size), depth - 1)} @ {self.matrix((size, shape[1]), depth - 1)}"

    def _known(self, shape) -> bool:
        return any(own in (shape, shape[::-1]) for own in self.arrays.values())

    def matrix(self, shape, depth) -> str:
        if depth <= 0:
            return self.leaf(shape) if self._known(shape) else f"({self.product(shape, 0)})"
        kind = self.draw(st.integers(0, 9))
        if kind <= 3:
            return f"({self.product(shape, depth)})"
        if kind <= 5:
            return f"({self.matrix(shape, depth - 1)} {self.pick('+-')} {self.matrix(shape, depth - 1)})"
        if kind == 6:
            return self.pick(FUNCTIONS).format(self.matrix(shape, depth - 1))
        if kind == 7:
            return f"({self.matrix(shape, depth - 1)} * {self.leaf(shape) if self._known(shape) else 'c'})"
        if kind == 8 and shape[0] == shape[1] == "n":
            return f"np.linalg.inv(S + {self.matrix(shape, 0)} @ {self.matrix(shape, 0)}.T)"
        return f"({self.scalar(depth - 1)} * {self.matrix(shape, depth - 1)})"

    def scalar(self, depth) -> str:
        inner = self.matrix(self.pick([self.arrays["X"], ("n", "q"), ("m", "p")]), depth)
        square = self.matrix(self.pick([("n", "n"), ("p", "p")]), depth)
        return self.pick(
            [
                f"np.sum({inner} ** 2)", f"np.trace({square})", "c", "3", f"np.sum({inner})",
                f"np.sum(np.logaddexp(0, {inner}))",
                f"np.linalg.slogdet(S + {self.matrix(('n', 'n'), 0)})[1]",
            ]
        )  # fmt: skip


@st.composite
def programs(draw) -> Drawn:
    """A Jacobian of a matrix or a vector in X, or a Hessian of a loss."""
    x = draw(st.sampled_from([("n", "p"), ("n", "p"), ("n", "n")]))
    maker = _Maker(draw, x)
    kind = draw(st.sampled_from(["jacobian", "hessian"]))
    depth = draw(st.integers(1, 2))
    if kind == "hessian":
        terms = [maker.scalar(depth) for _ in range(draw(st.integers(1, 2)))]
        source = " + ".join(terms)
    else:
        shape = draw(st.sampled_from([x, x[::-1], ("m", "q"), ("n", "n"), ("p", "p")]))
        source = maker.matrix(shape, depth)
        ends = {"n": " @ a", "p": " @ b"}
        if shape[1] in ends and not draw(st.integers(0, 4)):
            source = f"({source}){ends[shape[1]]}"
    return Drawn(source, x, kind)
