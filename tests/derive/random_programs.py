# ruff: noqa: E501 -- grammars and operator tables, one entry a line
"""Random losses, written once as NumPy source: read with symbolic arrays they are programs, with numbers they are values.

The same text is evaluated in three spaces: symbolic arrays (what is tested), plain NumPy and SciPy, and functions
that also take complex numbers, for complex-step derivatives. None of the last two knows anything of symderive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from hypothesis import strategies as st
from scipy import special

import symderive as sd
from symderive.numeric import draw_all

SIZES = {"n": 7, "d": 3, "k": 5, "h": 4}
SHAPES: dict[str, tuple[str, ...]] = {
    "X": ("n", "d"), "W": ("d", "k"), "B": ("n", "k"), "A": ("d", "d"), "S": ("d", "d"), "Q": ("d", "d"),
    "P": ("n", "d"), "w": ("d",), "v": ("d",), "y": ("n",), "u": ("k",), "q": ("n",), "s": ("n",), "t": ("n",),
    "c": (), "r": (), "col": ("n", "1"), "row": ("1", "d"), "T": ("n", "d", "k"), "z": ("h",), "H": ("h", "d"),
}  # fmt: skip
DOMAINS = {
    "S": "symmetric",
    "Q": "spd",
    "P": "positive",
    "q": "positive",
    "r": "positive",
    "s": "sign",
    "t": "binary",
}
POSITIVE = {name for name, domain in DOMAINS.items() if domain == "positive"}
SMOOTH = ["np.tanh({})", "np.sin({})", "np.cos({})", "np.arctan({})", "special.expit({})", "np.logaddexp(0, {})",
          "special.erf({})", "special.ndtr({})", "np.exp(np.tanh({}))", "np.exp(-({}) ** 2)", "np.arcsinh({})",
          "np.sinh(np.tanh({}))", "special.log_expit({})", "np.expm1(np.sin({}))", "np.exp({})", "special.erfc({})"]  # fmt: skip
KINKED = [
    "np.abs({})",
    "np.maximum({}, 0)",
    "np.maximum(0.3, {})",
    "np.minimum({}, 0.2)",
    "np.clip({}, -0.7, 0.8)",
    "np.maximum(0.7 * ({0}), -0.3 * ({0}))",
    "np.minimum(({0}) + 0.1, c * ({0}) + 0.1)",
]
SAFE = [
    "np.log({0})",
    "np.sqrt({0})",
    "1 / {0}",
    "({0}) ** 1.5",
]  # of an argument that is positive in its branch
OF_POSITIVE = ["np.log({})", "np.sqrt({})", "1 / ({})", "special.gammaln({})", "np.log1p({})", "({}) ** 0.5",
               "({}) ** -1.5", "({}) ** 1.5", "np.log2({})", "np.reciprocal({})", "special.digamma({})"]  # fmt: skip
MAKE_POSITIVE = [
    "1 + ({}) ** 2",
    "np.exp(np.sin({}))",
    "special.expit({})",
    "np.logaddexp(0, {})",
    "1.5 + np.cos({})",
]


class _Special:
    """`scipy.special`, with the public functions of symderive where SciPy's take numbers alone."""

    softmax = staticmethod(sd.softmax)
    logsumexp = staticmethod(sd.logsumexp)
    log_softmax = staticmethod(sd.log_softmax)

    def __getattr__(self, name: str):
        return getattr(special, name)


SYMBOLIC_SPECIAL = _Special()


@lru_cache(maxsize=1)
def symbolic_space() -> dict[str, object]:
    """The arrays as symderive's, with NumPy and SciPy themselves."""
    sizes = {name: sd.dims(name) for name in SIZES}
    arrays = {
        name: sd.array(name, *(sizes.get(size, 1) for size in shape), domain=DOMAINS.get(name, "real"))
        for name, shape in SHAPES.items()
    }
    return {"np": np, "special": SYMBOLIC_SPECIAL, **sizes, **arrays}


def numbers(seed: int) -> dict[str, np.ndarray]:
    """A random point of the declared domains, sizes pairwise different."""
    spec = {
        name: (tuple(SIZES.get(size, 1) for size in shape), DOMAINS.get(name, "real"))
        for name, shape in SHAPES.items()
    }
    return dict(draw_all(spec, seed=seed))


def _complex_safe() -> dict[str, object]:
    def norm(x, axis=None):
        return np.sqrt(np.sum(x * x, axis=axis))

    def var(x, axis=None, keepdims=False):
        return np.mean((x - np.mean(x, axis=axis, keepdims=True)) ** 2, axis=axis, keepdims=keepdims)

    def larger(x, y):
        return np.where(np.real(x) > np.real(y), x, y)

    def softplus(x):
        sign = np.where(np.real(x) > 0, 1, -1)
        return np.where(sign > 0, x, 0) + np.log1p(np.exp(-x * sign))

    def expit(x):
        return 1 / (1 + np.exp(-x))

    def shifted(x, axis):
        return x - np.max(np.real(x), axis=axis, keepdims=True)

    def softmax(x, axis=None):
        raised = np.exp(shifted(x, axis))
        return raised / np.sum(raised, axis=axis, keepdims=True)

    def logsumexp(x, axis=None):
        total = np.log(np.sum(np.exp(shifted(x, axis)), axis=axis))
        return total + np.max(np.real(x), axis=axis)

    def log_softmax(x, axis=None):
        return np.log(softmax(x, axis))

    own = {name: getattr(np, name) for name in (
        "exp", "tanh", "sin", "cos", "arctan", "arcsinh", "sinh", "expm1", "log", "sqrt", "log1p", "log2", "reciprocal",
        "sum", "mean", "outer", "diag", "trace", "einsum", "transpose", "square", "log10", "exp2", "dot", "cosh", "tan", "where", "max", "min", "prod",
    )}  # fmt: skip
    own |= {"linalg": SimpleNamespace(norm=norm), "var": var, "std": lambda *a, **k: np.sqrt(var(*a, **k)), "maximum": larger,
            "minimum": lambda x, y: -larger(-x, -y), "clip": lambda x, low, high: -larger(-larger(x, low), -high), "abs": lambda x: x * np.sign(np.real(x)),
            "logaddexp": lambda x, y: x + softplus(y - x)}  # fmt: skip
    functions = {"expit": expit, "erf": special.erf, "erfc": special.erfc, "ndtr": special.ndtr, "log_expit": lambda x: -softplus(-x),
                 "gammaln": special.loggamma, "digamma": special.digamma,
                 "softmax": softmax, "logsumexp": logsumexp, "log_softmax": log_softmax}  # fmt: skip
    return {"np": SimpleNamespace(**own), "special": SimpleNamespace(**functions), **SIZES}


COMPLEX = _complex_safe()
PLAIN = {"np": np, "special": special, **SIZES}


@dataclass(frozen=True)
class RandomLoss:
    """One loss: its source and what to differentiate with respect to."""

    source: str
    wrt: str

    @property
    def symbolic(self):
        """The loss as a symbolic scalar."""
        return eval(self.source, dict(symbolic_space()))

    @property
    def variable(self):
        """The variable as a symbolic array."""
        return symbolic_space()[self.wrt]

    @property
    def names(self) -> list[str]:
        """The arrays that occur."""
        return names_in(self.source)

    def value(self, arrays, space=PLAIN):
        """The loss at numbers."""
        return eval(self.code, {**space, **arrays})

    @property
    def code(self):
        """The compiled source."""
        return _compiled(self.source)


@lru_cache(maxsize=500)
def _compiled(source: str):
    return compile(source, "<loss>", "eval")


def names_in(source: str) -> list[str]:
    """The arrays that occur in a source text."""
    return [name for name in SHAPES if re.search(rf"(?<![\w.'\"]){name}(?![\w'\"(=])", source)]


class _Writer:
    """Draws expressions of a wanted shape; earlier pieces of the same shape are used again now and then."""

    def __init__(self, draw, kinks: bool) -> None:
        self.draw, self.kinks = draw, kinks
        self.made: dict[tuple[str, ...], list[str]] = {}

    def pick(self, options):
        return self.draw(st.sampled_from(list(options)))

    def atom(self, shape: tuple[str, ...]) -> str:
        return self.pick([name for name, own in SHAPES.items() if own == shape] + _ATOMS.get(shape, []))

    def positive(self, shape, depth: int) -> str:
        known = [name for name in POSITIVE if SHAPES[name] == shape]
        kind = self.draw(st.integers(0, 3))
        if known and (kind <= 1 or depth <= 0):
            return self.pick(sorted(known))
        if kind == 2 and depth > 0:
            return f"({self.positive(shape, depth - 1)} {self.pick('+*/')} {self.positive(shape, depth - 1)})"
        return f"({self.pick(MAKE_POSITIVE).format(self.expr(shape, depth - 1))})"

    def expr(self, shape: tuple[str, ...], depth: int) -> str:
        again = self.made.get(shape, [])
        if depth <= 0 or (again and self.draw(st.integers(0, 4)) == 4):
            return self.pick([*again, self.atom(shape)]) if again else self.atom(shape)
        made = self._compound(shape, depth - 1)
        self.made.setdefault(shape, []).append(made)
        return made

    def _compound(self, shape, depth: int) -> str:
        options = [
            "binary",
            "binary",
            "function",
            "quotient",
            "power",
            "scaled",
            *_SPECIAL.get(len(shape), []),
        ]
        if "1" in shape:
            options = ["binary", "function", "quotient", "keepdims", "keepdims"]
        return getattr(self, "_" + self.pick(options))(shape, depth)

    def _binary(self, shape, depth: int) -> str:
        left, right = self.expr(shape, depth), self.expr(self._fitting(shape), depth)
        if self.draw(st.booleans()):
            left, right = right, left
        return f"({left} {self.pick('+-**')} {right})"

    def _fitting(self, shape) -> tuple[str, ...]:
        """A shape that broadcasts to `shape`."""
        others = [shape, shape, ()]
        if len(shape) == 2 and "1" not in shape:
            others += [
                shape[1:],
                *([("n", "1")] if shape[0] == "n" else []),
                *([("1", "d")] if shape[1] == "d" else []),
            ]
        return self.pick(others)

    def _function(self, shape, depth: int) -> str:
        kind = self.draw(st.integers(0, 5))
        if kind == 0 and self.kinks and self.draw(st.booleans()):
            return self._choice(shape, depth)
        if kind == 0 and self.kinks:
            return self.pick(KINKED).format(self.expr(shape, depth))
        if kind <= 2:
            return f"({self.pick(OF_POSITIVE).format(self.positive(shape, depth))})"
        return self.pick(SMOOTH).format(self.expr(shape, depth))

    def _condition(self, shape, depth: int) -> str:
        left, right = self.expr(self._fitting(shape), depth), self.expr(shape, depth)
        return f"({left} {self.pick(['>', '>=', '<', '<='])} {right})"

    def _choice(self, shape, depth: int) -> str:
        """`np.where`, also with a branch that has no value where it is not chosen, and conditions as numbers."""
        kind = self.draw(st.integers(0, 3))
        if kind == 0:
            part = self.expr(shape, depth)
            return f"np.where({part} > 0, {self.pick(SAFE).format(f'({part})')}, {self.expr(shape, depth)})"
        condition = self._condition(shape, depth)
        if kind == 1:
            condition = f"({condition} {self.pick('&|')} {self._condition(shape, depth)})"
        if kind == 2:
            return f"({condition} * {self.expr(shape, depth)})"
        return f"np.where({condition}, {self.expr(shape, depth)}, {self.expr(self._fitting(shape), depth)})"

    def _quotient(self, shape, depth: int) -> str:
        return f"({self.expr(shape, depth)} / {self.positive(self._fitting(shape), depth)})"

    def _power(self, shape, depth: int) -> str:
        return f"({self.expr(shape, depth)}) ** {self.pick([2, 3])}"

    def _scaled(self, shape, depth: int) -> str:
        scale = self.pick(["2 *", "-", "0.5 *", "-3 *", "np.sqrt(d) *", "n *", "(1 - d) *"])
        tail = self.pick(["", " / n", " / 2", " / np.sqrt(k)", " / (n * d)"])
        return f"({scale} {self.expr(shape, depth)}{tail})"

    def _keepdims(self, shape, depth: int) -> str:
        axis = shape.index("1")
        inner = tuple({"n": "n", "1": "d" if shape[0] == "n" else "n"}.get(size, size) for size in shape)
        word = self.pick(["np.sum", "np.mean", "np.var"])
        return f"{word}({self.expr(inner, depth)}, axis={axis}, keepdims=True)"

    def _total(self, shape, depth: int) -> str:
        inner = self.pick([("n",), ("d",), ("n", "d"), ("d", "d"), ("d", "k"), ("h",), ("n", "k")])
        kind = self.draw(st.integers(0, 5))
        if kind == 0 and self.kinks:
            return f"{self.pick(['np.max', 'np.min'])}({self.expr(inner, depth)})"
        if kind == 1:
            return f"np.prod({self.positive(inner, depth)})"
        word = self.pick(["np.sum", "np.sum", "np.mean", "np.linalg.norm", "np.var"])
        return (
            f"{word}({self.expr(inner, depth)})"
            if word != "np.linalg.norm"
            else f"{word}(2 + {self.expr(inner, depth)})"
        )

    def _inner(self, shape, depth: int) -> str:
        size = self.pick(["n", "d", "k"])
        return f"({self.expr((size,), depth)} @ ({self.expr((size,), depth)}))"

    def _trace(self, shape, depth: int) -> str:
        return f"np.trace({self.expr(('d', 'd'), depth)})"

    def _quadratic(self, shape, depth: int) -> str:
        return (
            f"({self.expr(('d',), depth)} @ ({self.expr(('d', 'd'), depth)}) @ ({self.expr(('d',), depth)}))"
        )

    def _matvec(self, shape, depth: int) -> str:
        other = self.pick(_PARTNERS[shape[0]])
        if self.draw(st.booleans()):
            return f"({self.matrix((shape[0], other), depth)} @ ({self.expr((other,), depth)}))"
        return f"({self.expr((other,), depth)} @ ({self.matrix((other, shape[0]), depth)}))"

    def matrix(self, shape, depth: int) -> str:
        """A matrix, possibly as the transpose of another."""
        if shape in _MATRICES and self.draw(st.integers(0, 2)):
            return self.expr(shape, depth)
        turned = shape[::-1]
        return f"({self.expr(turned, depth)}).T" if turned in _MATRICES else self.expr(shape, depth)

    def _reduced(self, shape, depth: int) -> str:
        inner = self.pick(
            [pair for pair in _MATRICES if shape[0] in pair and pair[0] != pair[1]] or [("d", "d")]
        )
        axis = 1 - inner.index(shape[0])
        kind = self.draw(st.integers(0, 5))
        if kind == 0 and self.kinks:
            return f"{self.pick(['np.max', 'np.min'])}({self.expr(inner, depth)}, axis={axis})"
        if kind == 1:
            return f"np.prod({self.positive(inner, depth)}, axis={axis})"
        return f"{self.pick(['np.sum', 'np.mean', 'np.var'])}({self.expr(inner, depth)}, axis={axis})"

    def _diagonal(self, shape, depth: int) -> str:
        if shape != ("d",):
            return self._reduced(shape, depth)
        return f"np.diag({self.expr(('d', 'd'), depth)})"

    def _position(self, shape, depth: int) -> str:
        inner = self.pick(
            [pair for pair in _MATRICES if shape[0] in pair and pair[0] != pair[1]] or [("d", "d")]
        )
        place = self.pick([0, 1, -1])
        return f"({self.expr(inner, depth)})[{f'{place}, :' if inner[1] == shape[0] else f':, {place}'}]"

    def _einsum_vector(self, shape, depth: int) -> str:
        (size,) = shape
        if size == "d":
            return self.pick([
                f"np.einsum('ii->i', {self.expr(('d', 'd'), depth)})",
                f"np.einsum('ni,ni,n->i', {self.expr(('n', 'd'), depth)}, {self.expr(('n', 'd'), depth)}, {self.expr(('n',), depth)})",
                f"np.einsum('ij,ji,i->j', {self.expr(('d', 'd'), depth)}, {self.expr(('d', 'd'), depth)}, {self.expr(('d',), depth)})",
                f"np.einsum('nik,n,k->i', T, {self.expr(('n',), depth)}, {self.expr(('k',), depth)})",
            ])  # fmt: skip
        return self._matvec(shape, depth)

    def _product(self, shape, depth: int) -> str:
        between = self.pick(
            [size for size in "ndkh" if (shape[0], size) in _BOTH and (size, shape[1]) in _BOTH]
        )
        return f"({self.matrix((shape[0], between), depth)} @ ({self.matrix((between, shape[1]), depth)}))"

    def _outer(self, shape, depth: int) -> str:
        return f"np.outer({self.expr(shape[:1], depth)}, {self.expr(shape[1:], depth)})"

    def _turned(self, shape, depth: int) -> str:
        if shape[::-1] in _MATRICES:
            return f"({self.expr(shape[::-1], depth)}).T"
        return self._outer(shape, depth)

    def _spread(self, shape, depth: int) -> str:
        if shape[0] == shape[1]:
            return f"np.diag({self.expr(shape[:1], depth)})"
        return f"(({self.expr(shape[:1], depth)})[:, None] {self.pick('+-*')} {self.expr(shape[1:], depth)})"

    def _contracted(self, shape, depth: int) -> str:
        if shape == ("n", "k"):
            return f"np.einsum('idk,d->ik', T, {self.expr(('d',), depth)})"
        if shape == ("d", "d"):
            return f"np.einsum('ni,nj,n->ij', {self.expr(('n', 'd'), depth)}, {self.expr(('n', 'd'), depth)}, {self.expr(('n',), depth)})"
        return self._product(shape, depth)

    def _standardised(self, shape, depth: int) -> str:
        """Values less their mean over their spread, as in layer, batch and RMS normalisation."""
        x = self.expr(shape, depth)
        axis = self.pick(list(range(len(shape))))
        centred = f"({x} - np.mean({x}, axis={axis}, keepdims=True))"
        return self.pick([
            f"({centred} / np.sqrt(np.var({x}, axis={axis}, keepdims=True) + 0.3))",
            f"({self.expr(shape, depth)} * {centred} / np.sqrt(np.mean({centred} ** 2, axis={axis}, keepdims=True) + 1e-2))",
            f"({x} / np.sqrt(np.mean(({x}) ** 2, axis={axis}, keepdims=True) + 0.1))",
            f"({x} / np.sqrt(np.sum(({x}) ** 2, axis={axis}, keepdims=True) + c ** 2 + 0.5))",
        ])  # fmt: skip

    def _exponentials(self, shape, depth: int) -> str:
        """A softmax, as a word or written out, or a log-sum-exp of the wanted shape."""
        word = "np.tanh({})" if self.draw(st.booleans()) else "{}"
        if not shape:
            inner = word.format(self.expr(self.pick([("n",), ("d",), ("n", "k")]), depth))
            weights = self.pick(["", "", "2 * ", "c ** 2 * "])
            return self.pick([f"special.logsumexp({inner})", f"np.log({weights}np.sum(np.exp({inner})))"])
        inner = word.format(self.expr(shape, depth))
        axis = self.pick(list(range(len(shape))))
        if len(shape) == 1 and shape[0] in "nd" and self.draw(st.booleans()):
            matrix = word.format(self.expr(("n", "d"), depth))
            along = 1 if shape[0] == "n" else 0
            weighted = (
                f"np.log(np.exp({matrix}) @ v ** 2)" if shape[0] == "n" else f"np.log(q @ np.exp({matrix}))"
            )
            return self.pick([f"special.logsumexp({matrix}, axis={along})", weighted])
        return self.pick([
            f"special.softmax({inner}, axis={axis})",
            f"special.log_softmax({inner}, axis={axis})",
            f"(np.exp({inner}) / np.sum(np.exp({inner}), axis={axis}, keepdims=True))",
            f"np.exp({inner} - np.log(np.sum(np.exp({inner}), axis={axis}, keepdims=True)))",
        ])  # fmt: skip


_MATRICES = [("n", "d"), ("d", "k"), ("n", "k"), ("d", "d"), ("h", "d")]
_BOTH = {*_MATRICES, *(pair[::-1] for pair in _MATRICES)}
_PARTNERS = {"n": "dk", "d": "nkdh", "k": "dn", "h": "d"}
_ATOMS: dict[tuple[str, ...], list[str]] = {
    ("n", "k"): ["(X @ W)"], ("n",): ["(X @ w)"], ("1", "d"): ["w[None, :]"], ("n", "1"): ["y[:, None]"], (): ["(c - 2.0)", "w[0]"],
}  # fmt: skip
_SPECIAL = {
    0: ["total", "total", "inner", "trace", "quadratic", "exponentials"],
    1: [
        "matvec",
        "matvec",
        "reduced",
        "diagonal",
        "position",
        "einsum_vector",
        "exponentials",
        "standardised",
    ],
    2: ["product", "product", "outer", "turned", "spread", "contracted", "exponentials", "standardised"],
}


def with_variable(draw, source: str, largest: int) -> RandomLoss:
    """A text with a variable of at most `largest` entries that it depends on."""
    present = names_in(source)
    shown = {size for name in present for size in SHAPES[name]}
    for size in sorted(set(SIZES) - shown):  # a size that no array has is not part of the language: a number
        source = re.sub(rf"(?<![\w'\"]){size}(?![\w'\"(])", str(SIZES[size]), source)
    sizes = {name: int(np.prod([SIZES.get(size, 1) for size in SHAPES[name]])) for name in present}
    candidates = [name for name in present if sizes[name] <= largest and DOMAINS.get(name) != "spd"]
    if not candidates:
        source, candidates = f"({source}) * np.sum(w ** 2)", ["w"]
    return RandomLoss(source, draw(st.sampled_from(candidates)))


@st.composite
def losses(draw, depth: int = 4, kinks: bool = True, largest: int = 21) -> RandomLoss:
    """A random loss with a variable of at most `largest` entries that it depends on."""
    source = _Writer(draw, kinks).expr((), depth)
    return with_variable(draw, source, largest)
