"""An independent reader of the printed formulas: text or LaTeX → tokens → values.

It knows nothing of how symderive prints; it knows what the signs mean on a blackboard. From loose to tight: + and −;
Σ, which takes the product behind it; ⊙, ⊘ and /; products without a sign; powers and transposes; names, calls, brackets.
"""

from __future__ import annotations

import re

import numpy as np
from scipy import special

SUBS = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
DIGITS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
SUPERS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
CALLS = {
    "exp": np.exp, "log": np.log, "σ": special.expit, "softplus": lambda x: np.logaddexp(0, x), "tanh": np.tanh, "sin": np.sin,
    "cos": np.cos, "arctan": np.arctan, "erf": special.erf, "erfc": special.erfc, "Φ": special.ndtr, "sinh": np.sinh, "cosh": np.cosh,
    "arsinh": np.arcsinh, "sign": np.sign, "log Γ": special.gammaln, "ψ": special.digamma, "relu": lambda x: np.maximum(x, 0),
    "tr": np.trace, "tan": np.tan,
}  # fmt: skip


def from_latex(source: str) -> str:
    """LaTeX as the text form: only spelling changes here, no brackets are guessed."""
    s = source
    for command, sign in {
        r"\left": "", r"\right": "", r"\,": " ", r"\odot": "⊙", r"\oslash": "⊘", r"\cdot": "·", r"\log\Gamma": "log Γ", r"\pi": "π",
        r"\lVert": "‖", r"\rVert": "‖", r"\mathbf{1}": "𝟏", r"\Phi": "Φ", r"\sigma": "σ", r"\psi^{(1)}": "ψ⁽1⁾", r"\psi^{(2)}": "ψ⁽2⁾",
        r"\psi": "ψ", "-": "−",
    }.items():  # fmt: skip
        s = s.replace(command, sign)
    s = re.sub(r"\\operatorname\{(\w+)\}", r"\1", s)
    s = re.sub(r"\\(exp|log|tanh|sin|cos|arctan|sinh|cosh|tan)\b", r"\1", s)
    return s


TOKEN = re.compile(
    r"\\frac\{\\partial (?P<up>\{?[^{}]*(?:\{[^{}]*\})*\}?)\}\{\\partial (?P<low>[^{}]*(?:\{[^{}]*\})*)\}"
    r"|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<psi>ψ⁽\d⁾)|(?P<call>log Γ|softplus|arsinh|arctan|erfc|erf|exp|log|tanh|sinh|cosh|tan|sin|cos|sign|relu|diag|tr|σ(?=\()|Φ|ψ)(?![\w])"
    r"|(?P<slope>∂\w+/∂\w+)|(?P<latexname>\\mathrm\{\w+\})|(?P<frac>\\frac)|(?P<sqrt>\\sqrt)|(?P<sum>\\sum|Σ)|(?P<delta>\\delta(?=_)|δ(?=[ₐ-ₜᵢⱼ\[]))"
    r"|(?P<greek>\\[a-zA-Z]+)|(?P<step>𝟏\[|1\[)|(?P<ones>𝟏)|(?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)|(?P<sub>[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀₁₂₃₄₅₆₇₈₉]+)"
    r"|(?P<name>[^\W\d_])|(?P<sign>.)",
    re.S,
)


def tokens(source: str) -> list[tuple[str, str]]:
    """Kind and text of each token; blanks only separate."""
    found = []
    for match in TOKEN.finditer(source):
        if match.lastgroup is None or match[0].isspace():
            continue
        if match.lastgroup in ("up", "low"):
            found.append(("slope", match[0]))
        else:
            found.append((match.lastgroup, match[0]))
    return found


class Reader:
    """A recursive descent over the tokens of one formula; values are arrays, `env` gives those of indices."""

    def __init__(self, source: str, names: dict[str, np.ndarray], rows: dict[str, np.ndarray], sizes: dict[str, int]) -> None:
        words = sorted(names, key=len, reverse=True)
        self.names, self.rows, self.sizes = names, rows, sizes
        self.tokens: list[tuple[str, str]] = []
        position = 0
        # Known names of several characters are one token each.
        multi = [word for word in words if len(word) > 1]
        pattern = re.compile("|".join(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" for word in multi)) if multi else None
        for match in pattern.finditer(source) if pattern else ():
            self.tokens += tokens(source[position : match.start()]) + [("known", match[0])]
            position = match.end()
        self.tokens += tokens(source[position:])
        self.place = 0

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        spot = self.place + ahead
        return self.tokens[spot] if spot < len(self.tokens) else ("end", "")

    def take(self, text: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if text is not None and token[1] != text:
            raise SyntaxError(f"expected {text} at {self.tokens[self.place:self.place + 6]}")
        self.place += 1
        return token

    def read(self):
        tree = self.sum()
        if self.peek()[0] != "end":
            raise SyntaxError(f"left over: {self.tokens[self.place:self.place + 8]}")
        return tree

    # Each rule gives a function of the values of the indices.
    def sum(self):
        negative = self.peek()[1] in "−-" and self.take()
        terms = [(-1 if negative else 1, self.term())]
        while self.peek()[1] in ("+", "−"):
            sign = -1 if self.take()[1] == "−" else 1
            if self.peek()[1] in ("+", "−"):
                raise SyntaxError("two signs in a row")
            terms.append((sign, self.term()))
        if len(terms) == 1:
            (sign, only), = terms
            return only if sign == 1 else lambda env: -only(env)
        return lambda env: sum_of([sign * term(env) for sign, term in terms])

    def term(self):
        value = self.product()
        while self.peek()[1] in ("⊙", "⊘", "/"):
            sign = self.take()[1]
            left, right = value, self.product()
            if sign == "⊙":
                value = lambda env, a=left, b=right: hadamard(a(env), b(env))  # noqa: E731
            elif sign == "⊘":
                value = lambda env, a=left, b=right: a(env) / b(env)  # noqa: E731
            else:
                value = lambda env, a=left, b=right: a(env) / scalar(b(env))  # noqa: E731
        return value

    def product(self):
        factors = []
        while True:
            kind, text = self.peek()
            if kind == "sum":
                factors.append(self.big_sum())
                break
            if text == "·":
                self.take()
                continue
            if kind == "end" or text in ("+", "−", "⊙", "⊘", "/", ")", "]", "}", ",", ">", "|") or (text == "‖" and self.closing):
                break
            factors.append(self.power())
        if not factors:
            raise SyntaxError(f"nothing to read at {self.tokens[self.place:self.place + 6]}")
        return factors[0] if len(factors) == 1 else lambda env: multiplied([one(env) for one in factors])

    closing = 0

    def big_sum(self):
        self.take()
        letters = self.indices()
        body = self.term()
        return lambda env: self._summed(letters, body, env)

    def _summed(self, letters, body, env):
        ranges = [self.range_of(letter, body, env) for letter in letters]
        total = 0.0
        for point in np.ndindex(*ranges):
            total = total + body({**env, **dict(zip(letters, point, strict=True))})
        return total

    def range_of(self, letter, body, env):
        """The extent of an index: the largest position at which every entry that carries it exists."""
        others = {name: 0 for name in "ijklmopqrstu"} | env
        for extent in range(9):
            try:
                body({**others, letter: extent})
            except IndexError:
                return extent
        raise SyntaxError(f"the range of {letter} is not seen")

    def indices(self) -> list[str]:
        kind, text = self.take()
        if kind == "sub":
            return [SUBS.get(one) or DIGITS[one] for one in text]
        if text == "_":
            if self.peek()[1] != "{":
                return [self.take()[1]]
            self.take("{")
            close = "}"
        elif text == "[":
            close = "]"
        else:
            raise SyntaxError(f"no index at {text}")
        found = []
        while self.peek()[1] != close:
            text = self.take()[1]
            if text != ",":
                found += list(text) if text.isdigit() and close == "}" else [text]
        self.take(close)
        return found

    def power(self):
        value = self.atom()
        while True:
            kind, text = self.peek()
            if text == "ᵀ":
                self.take()
                value = lambda env, a=value: turned(a(env))  # noqa: E731
            elif kind == "super":
                self.take()
                number = int("".join(SUPERS[one] for one in text))
                value = lambda env, a=value, n=number: raised(a(env), n)  # noqa: E731
            elif text == "^":
                value = self.caret(value)
            elif kind == "sub" or text in ("_", "["):
                axes = self.indices()
                value = lambda env, a=value, x=axes: entry(a(env), [env[i] if i in env else int(i) for i in x])  # noqa: E731
            elif text == "!":
                self.take()
                value = lambda env, a=value: special.factorial(a(env))  # noqa: E731
            else:
                return value

    def caret(self, base):
        self.take("^")
        if self.peek()[1] == "⊙":
            self.take()
            exponent = self.group("(", ")") if self.peek()[1] == "(" else self.atom()
            return lambda env: np.asarray(base(env)) ** exponent(env)
        if self.peek()[1] == "(":
            exponent = self.group("(", ")")
            return lambda env: raised(base(env), exponent(env))
        if self.peek()[1] != "{":
            exponent = self.atom()
            return lambda env: raised(base(env), exponent(env))
        self.take("{")
        if self.peek()[1] == "\\top":
            self.take()
            self.take("}")
            return lambda env: turned(base(env))
        elementwise = self.peek()[1] == "⊙" and self.take()
        exponent = self.sum()
        self.take("}")
        if elementwise:
            return lambda env: np.asarray(base(env)) ** exponent(env)
        return lambda env: raised(base(env), exponent(env))

    def group(self, start: str, end: str):
        self.take(start)
        outer, self.closing = self.closing, 0
        inner = self.sum()
        self.closing = outer
        self.take(end)
        return inner

    def atom(self):
        kind, text = self.peek()
        rule = getattr(self, f"atom_{kind}", None)
        if rule is None:
            raise SyntaxError(f"cannot read {kind} {text}")
        return rule()

    def atom_sign(self):
        text = self.peek()[1]
        if text == "(":
            return self.group("(", ")")
        if text == "{":
            return self.group("{", "}")
        if text == "√":
            self.take()
            inner = self.group("(", ")") if self.peek()[1] == "(" else self.atom()
            return lambda env: np.sqrt(inner(env))
        if text == "|":
            inner = self.group("|", "|")
            return lambda env: np.abs(inner(env))
        if text == "‖":
            return self.norm()
        raise SyntaxError(f"cannot read {text} before {self.tokens[self.place:self.place + 6]}")

    def norm(self):
        self.take("‖")
        self.closing += 1
        inner = self.sum()
        self.closing -= 1
        self.take("‖")
        if self.peek()[1] == "_":
            self.take()
            braces = self.peek()[1] == "{" and self.take()
            self.take()
            if braces:
                self.take("}")
        return lambda env: np.sqrt(np.sum(np.square(inner(env))))

    def atom_number(self):
        number = float(self.take()[1])
        return lambda env: number

    def atom_ones(self):
        self.take()
        return lambda env: ONES

    def atom_step(self):
        self.take()
        inner = self.sum()
        self.take(">")
        self.take("0")
        self.take("]")
        return lambda env: np.heaviside(inner(env), 0)

    def atom_frac(self):
        self.take()
        top, bottom = self.group("{", "}"), self.group("{", "}")
        return lambda env: top(env) / scalar(bottom(env))

    def atom_sqrt(self):
        self.take()
        inner = self.group("{", "}")
        return lambda env: np.sqrt(inner(env))

    def atom_delta(self):
        self.take()
        left, right = self.indices()
        place = lambda env, name: env[name] if name in env else int(name)  # noqa: E731
        return lambda env: float(place(env, left) == place(env, right))

    def atom_call(self):
        word = self.take()[1]
        if word == "diag":
            inner = self.group("(", ")")
            return lambda env: np.diag(inner(env))
        if self.peek()[1] != "(":  # log y!
            inner = self.power()
        else:
            inner = self.group("(", ")")
        return lambda env: CALLS[word](inner(env))

    def atom_psi(self):
        order = int(self.take()[1][2])
        inner = self.group("(", ")")
        return lambda env: special.polygamma(order, inner(env))

    def atom_known(self):
        name = self.take()[1]
        return lambda env: self.names[name]

    atom_slope = atom_latexname = atom_greek = atom_known

    def atom_name(self):
        name = self.take()[1]
        if name in self.names:
            return lambda env: self.names[name]
        if name == "e":
            return lambda env: np.e
        if name == "π":
            return lambda env: np.pi
        if name == "I":
            return lambda env: EYE
        if name.upper() in self.rows and name not in self.names:  # xᵢ is row i of X
            return lambda env: self.rows[name.upper()]
        raise SyntaxError(f"no meaning for {name}")


class _Sized:
    """Ones and identities, whose size follows from what stands beside them."""

    def __init__(self, kind: str, turned: bool = False) -> None:
        self.kind, self.turned = kind, turned


ONES, EYE, ROW = _Sized("ones"), _Sized("eye"), _Sized("ones", True)


class Pending:
    """A product that contains ones or identities whose sizes are not known yet."""

    def __init__(self, factors: list) -> None:
        self.factors = factors

    def __mul__(self, other):
        return Pending([other, *self.factors])

    __rmul__ = __mul__

    def __neg__(self):
        return Pending([-1.0, *self.factors])

    def __truediv__(self, other):
        return Pending([1.0 / other, *self.factors])


_Sized.__mul__ = _Sized.__rmul__ = lambda self, other: Pending([other, self])
_Sized.__neg__ = lambda self: Pending([-1.0, self])


def is_pending(value) -> bool:
    return isinstance(value, (_Sized, Pending))


def scalar(value):
    if np.ndim(value):
        raise SyntaxError("division by an array without ⊘")
    return value


def multiplied(values: list):
    flat: list = []
    for value in values:
        flat += value.factors if isinstance(value, Pending) else [value]
    scalars = [value for value in flat if not isinstance(value, _Sized) and np.ndim(value) == 0]
    rest = [value for value in flat if isinstance(value, _Sized) or np.ndim(value)]
    number = float(np.prod(scalars)) if scalars else 1.0
    result: list = []
    for value in rest:
        result.append(value)
        while len(result) > 1:
            joined = join(result[-2], result[-1])
            if joined is None:
                break
            result[-2:] = [joined]
    # an opening vector may wait for what follows: fold again from the right
    while len(result) > 1:
        for place in range(len(result) - 1, 0, -1):
            joined = join(result[place - 1], result[place])
            if joined is not None:
                result[place - 1 : place + 1] = [joined]
                break
        else:
            return Pending([number, *result])
    if not result:
        return number
    (only,) = result
    if isinstance(only, _Sized):
        return Pending([number, only])
    if isinstance(only, Row):
        return Row(number * np.asarray(only))
    if np.shape(only) == (1, 1):
        return number * float(only[0, 0])
    return number * only


class Row(np.ndarray):
    """A vector that stands transposed."""

    def __new__(cls, values):
        return np.asarray(values).view(cls)


def join(left, right):
    if isinstance(left, _Sized) and left.kind == "eye":
        return right
    if isinstance(right, _Sized) and right.kind == "eye":
        return left
    if isinstance(left, _Sized):
        if not left.turned:
            if isinstance(right, Row):
                return None
            return None if isinstance(right, _Sized) else None
        if isinstance(right, _Sized):
            return None
        return Row(right.sum(axis=0)) if np.ndim(right) == 2 else float(np.sum(right))
    if isinstance(right, _Sized):
        if right.turned:
            return None
        if np.ndim(left) == 2:
            return left.sum(axis=1)
        return float(np.sum(left)) if isinstance(left, Row) else None
    a, b = np.asarray(left), np.asarray(right)
    if isinstance(left, Row):
        if isinstance(right, Row):
            raise SyntaxError("two rows side by side")
        made = a @ b
        return Row(made) if np.ndim(made) else made
    if isinstance(right, Row):
        if a.ndim != 1:
            raise SyntaxError("a matrix before a row")
        return np.outer(a, b)
    if a.ndim == 1:
        raise SyntaxError("a column before a matrix or a column")
    return a @ b


def turned(value):
    if value is ONES:
        return ROW
    if isinstance(value, Row):
        return np.asarray(value)
    return Row(value) if np.ndim(value) == 1 else np.asarray(value).T


def raised(value, exponent):
    if np.ndim(value):
        raise SyntaxError("a power of an array without ⊙")
    return value**exponent


def entry(value, axes: list[int]):
    return np.asarray(value)[tuple(axes)]


def hadamard(left, right):
    if np.ndim(left) != np.ndim(right) or np.shape(left) != np.shape(right):
        raise SyntaxError("⊙ of different shapes")
    return np.asarray(left) * np.asarray(right)


def sum_of(values: list):
    shapes = [np.shape(value) for value in values if not is_pending(value) and np.ndim(value)]
    shape = max(shapes, key=len, default=())
    if not shape and any(is_pending(value) for value in values):
        return Pending([1.0, *values]) if len(values) == 1 else _Sum(values)
    total = 0.0
    for value in values:
        total = total + (filled(value, shape) if is_pending(value) else np.asarray(value))
    return total


class _Sum(Pending):
    def __init__(self, values):
        self.values = values
        super().__init__([self])


def filled(value, shape):
    """A product with ones or an identity at a known shape."""
    factors = value.factors if isinstance(value, Pending) else [value]
    result = 1.0
    for factor in factors:
        if isinstance(factor, _Sized) and factor.kind == "eye":
            result = result * np.eye(shape[0])
        elif isinstance(factor, _Sized):
            continue
        elif isinstance(factor, Row):
            result = result * np.asarray(factor)[None, :]
        elif np.ndim(factor) == 1 and len(shape) == 2:
            result = result * np.asarray(factor)[:, None]
        else:
            result = result * factor
    return result * np.ones(shape)


def meaning(source: str, names, rows, shape: tuple[int, ...], indices: list[str]):
    """The value of a printed right-hand side: an array of the given shape."""
    tree = Reader(source, names, rows, {}).read()
    if indices:
        return np.array([tree(dict(zip(indices, point, strict=True))) for point in np.ndindex(*shape)], dtype=float).reshape(shape)
    value = tree({})
    if is_pending(value):
        return filled(value, shape)
    return np.broadcast_to(np.asarray(value, dtype=float), shape) if np.ndim(value) == 0 else np.asarray(value)
