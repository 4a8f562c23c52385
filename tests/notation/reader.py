# ruff: noqa: E501, E731 -- grammars and operator tables, one entry a line
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
    "arsinh": np.arcsinh, "sign": np.sign, "log Γ": special.gammaln, "log Φ": special.log_ndtr, "ψ": special.digamma, "relu": lambda x: np.maximum(x, 0),
    "tan": np.tan,
}  # fmt: skip
ALONG = {"": None, "_rows": 1, "_columns": 0, "_all": None}
SUMS_OF_EXPONENTIALS = {
    f"{word}{end}": (getattr(special, word), axis) for word in ("softmax", "logsumexp") for end, axis in ALONG.items()
}  # fmt: skip


def from_latex(source: str) -> str:
    """LaTeX as the text form: only spelling changes here, no brackets are guessed."""
    s = source
    for command, sign in {
        r"\left": "", r"\right": "", r"\,": " ", r"\odot": "⊙", r"\oslash": "⊘", r"\cdot": "·", r"\log\Gamma": "log Γ", r"\log\Phi": "log Φ", r"\det": "det", r"\pi": "π",
        r"\lVert": "‖", r"\rVert": "‖", r"\mathbf{1}": "𝟏", r"\Phi": "Φ", r"\sigma": "σ", r"\psi^{(1)}": "ψ⁽1⁾", r"\psi^{(2)}": "ψ⁽2⁾",
        r"\psi": "ψ", "-": "−",
    }.items():  # fmt: skip
        s = s.replace(command, sign)
    s = re.sub(r"\\operatorname\{(\w+)\}_\{\\mathrm\{(\w+)\}\}", r"\1_\2", s)
    for command, sign in {
        r"\le": "≤",
        r"\ge": "≥",
        r"\neq": "≠",
        r"\max": "max",
        r"\min": "min",
        r"\prod": "Π",
    }.items():
        s = re.sub(re.escape(command) + r"(?![a-zA-Z])", sign, s)
    s = re.sub(r"\\text\{( and | or )\}", r"\1", s)
    while (found := CASES.search(s)) is not None:  # the innermost one
        *rows, last = found[1].split(r"\\")
        written = last.split("&")[0]
        for row in reversed(rows):
            value, condition = row.split(r"& \text{if }")
            written = f"where({condition}, {value}, {written})"
        s = s[: found.start()] + written + s[found.end() :]
    s = re.sub(r"\\operatorname\{(\w+)\}", r"\1", s)
    return re.sub(r"\\(exp|log|tanh|sin|cos|arctan|sinh|cosh|tan)\b", r"\1", s)


CASES = re.compile(r"\\begin\{cases\}((?:(?!\\begin\{cases\}).)*?)\\end\{cases\}", re.S)
RELATIONS = {
    "<": np.less,
    ">": np.greater,
    "≤": np.less_equal,
    "≥": np.greater_equal,
    "=": np.equal,
    "≠": np.not_equal,
}
TOKEN = re.compile(
    r"\\frac\{\\partial (?P<up>\{?[^{}]*(?:\{[^{}]*\})*\}?)\}\{\\partial (?P<low>[^{}]*(?:\{[^{}]*\})*)\}"
    r"|(?P<step>𝟏\[|1\[)|(?P<word>(?<= )(?:and|or)(?= ))|(?P<several>(?:where|max|min)(?=\())|(?P<fold>Π|(?:max|min)(?=[_\[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ]))|(?P<number>[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)|(?P<psi>ψ⁽\d⁾)|(?P<sums>(?:softmax|logsumexp)(?:_rows|_columns|_all)?)(?=\()|(?P<call>log Γ|log Φ|det|softplus|arsinh|arctan|erfc|erf|exp|log|tanh|sinh|cosh|tan|sin|cos|sign|relu|diag|tril|triu|tr|σ(?=\()|Φ|ψ)(?![\w])"
    r"|(?P<slope>∂\w+/∂\w+)|(?P<latexname>\\mathrm\{\w+\})|(?P<frac>\\frac)|(?P<sqrt>\\sqrt)|(?P<sum>\\sum|Σ)|(?P<delta>\\delta(?=_)|δ(?=[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀-₉\[]))"
    r"|(?P<greek>\\[a-zA-Z]+)|(?P<ones>𝟏)|(?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)|(?P<sub>[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀₁₂₃₄₅₆₇₈₉₋]+)"
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


def not_behind(word: str) -> str:
    """What must not stand before a name: a letter, unless the name is one letter with a mark behind it."""
    return "" if re.fullmatch(r"[A-Za-z][^A-Za-z_\\]+", word) else "(?<![A-Za-z])"


class Reader:
    """A recursive descent over the tokens of one formula; values are arrays, `env` gives those of indices."""

    def __init__(
        self, source: str, names: dict[str, np.ndarray], rows: dict[str, np.ndarray], sizes: dict[str, int]
    ) -> None:
        words = sorted(names, key=len, reverse=True)
        self.names, self.rows, self.sizes = names, rows, sizes
        self.tokens: list[tuple[str, str]] = []
        position = 0
        # Known names of several characters are one token each.
        multi = [word for word in words if len(word) > 1]
        pattern = (
            re.compile("|".join(rf"{not_behind(word)}{re.escape(word)}(?![A-Za-z])" for word in multi))
            if multi
            else None
        )
        for match in pattern.finditer(source) if pattern else ():
            self.tokens += [*tokens(source[position : match.start()]), ("known", match[0])]
            position = match.end()
        self.tokens += tokens(source[position:])
        self.place = 0

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        spot = self.place + ahead
        return self.tokens[spot] if spot < len(self.tokens) else ("end", "")

    def take(self, text: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if text is not None and token[1] != text:
            raise SyntaxError(f"expected {text} at {self.tokens[self.place : self.place + 6]}")
        self.place += 1
        return token

    def read(self):
        tree = self.sum()
        if self.peek()[0] != "end":
            raise SyntaxError(f"left over: {self.tokens[self.place : self.place + 8]}")
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
            ((sign, only),) = terms
            return only if sign == 1 else lambda env: times(-1.0, only(env))
        return lambda env: sum_of([times(float(sign), term(env)) for sign, term in terms])

    def term(self):
        value = self.product()
        while self.peek()[1] in ("⊙", "⊘", "/"):
            value = self.joined(self.take()[1], value, self.product())
        return value

    def joined(self, sign, left, right):
        if sign == "⊙":
            return lambda env: entry_by_entry(left(env), right(env))
        if sign == "⊘":
            return lambda env: entrywise(np.divide, left(env), right(env))
        return lambda env: times(1.0 / scalar(right(env)), left(env))

    def product(self):
        factors = []
        while True:
            kind, text = self.peek()
            if kind == "sum":
                factors.append(self.big_sum())
                break
            if kind == "fold":
                factors.append(self.big_fold())
                break
            if text == "·":
                self.take()
                continue
            if (
                kind == "end"
                or text in ("+", "−", "⊙", "⊘", "⊗", "/", ")", "]", "}", ",", *RELATIONS)
                or kind == "word"
                or (text == self.closing)
            ):
                break
            factors.append(self.power())
        if not factors:
            raise SyntaxError(f"nothing to read at {self.tokens[self.place : self.place + 6]}")
        return factors[0] if len(factors) == 1 else lambda env: multiplied([one(env) for one in factors])

    closing = ""

    def big_sum(self):
        self.take()
        letters = self.indices()
        body = self.term()
        return lambda env: self._summed(letters, body, env)

    def big_fold(self):
        word = self.take()[1]
        letters = self.indices()
        body = self.term()
        join = {"Π": np.multiply, "max": np.maximum, "min": np.minimum}[word]
        start = {"Π": 1.0, "max": -np.inf, "min": np.inf}[word]

        def folded(env):
            value = start
            for point in np.ndindex(*(self.range_of(letter, body, env) for letter in letters)):
                value = entrywise(join, value, body({**env, **dict(zip(letters, point, strict=True))}))
            return value

        return folded

    def _summed(self, letters, body, env):
        ranges = [self.range_of(letter, body, env) for letter in letters]
        total = 0.0
        for point in np.ndindex(*ranges):
            total = sum_of([total, body({**env, **dict(zip(letters, point, strict=True))})])
        return total

    def range_of(self, letter, body, env):
        """The extent of an index: the largest position at which every entry that carries it exists."""
        others = dict.fromkeys("ijklmopqrstu", 0) | env
        for extent in range(9):
            try:
                body({**others, letter: extent})
            except IndexError:
                if not extent:
                    raise  # another index is out of its range
                return extent
        raise SyntaxError(f"the range of {letter} is not seen")

    def indices(self) -> list[str]:
        kind, text = self.take()
        if kind == "sub":
            return [self._place(one) for one in re.findall(r".₋.|.", text)]
        if text == "_":
            if self.peek()[1] != "{":
                return [self.take()[1]]
            self.take("{")
            close = "}"
        elif text == "[":
            close = "]"
        else:
            raise SyntaxError(f"no index at {text}")
        found: list[str] = []
        piece: list[str] = []
        while self.peek()[1] != close:
            text = self.take()[1]
            if text == ",":
                found += self._axes(piece, close)
                piece = []
            else:
                piece.append(text)
        self.take(close)
        return found + self._axes(piece, close)

    def _place(self, written: str) -> str:
        """A letter or number that stands below; `ₙ₋₁` as the number that it is."""
        if len(written) == 3:
            return str(int(self.names[SUBS[written[0]]]) - int(DIGITS[written[2]]))
        return SUBS.get(written) or DIGITS[written]

    def _axes(self, piece: list[str], close: str) -> list[str]:
        """Letters and numbers one by one, `n − 1` as the number that it is."""
        if len(piece) == 3 and piece[1] in "-−":
            return [str(int(self.names[piece[0]]) - int(piece[2]))]
        return [one for text in piece for one in (text if text.isdigit() and close == "}" else [text])]

    def power(self):
        value = self.atom()
        while True:
            kind, text = self.peek()
            if text == "ᵀ":
                self.take()
                value = lambda env, a=value: turned(a(env))
            elif kind == "super":
                self.take()
                if text == "⁻" and self.peek()[1] == "ᵀ":
                    value = lambda env, a=value: raised(a(env), -1)
                    continue
                number = int("".join(SUPERS[one] for one in text))
                value = lambda env, a=value, n=number: raised(a(env), n)
            elif text == "^":
                value = self.caret(value)
            elif kind == "sub" or text in ("_", "["):
                axes = self.indices()
                value = lambda env, a=value, x=axes: entry(
                    a(env), [env[i] if i in env else i if i == ":" else int(i) for i in x]
                )
            elif text == "!":
                self.take()
                value = lambda env, a=value: entrywise(special.factorial, a(env))
            else:
                return value

    def caret(self, base):
        self.take("^")
        if self.peek()[1] == "⊙":
            self.take()
            exponent = self.group("(", ")") if self.peek()[1] == "(" else self.atom()
            return lambda env: entrywise(np.power, base(env), exponent(env))
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
        if self.peek()[1] == "−" and self.peek(1)[1] == "\\top":
            for sign in ("−", "\\top", "}"):
                self.take(sign)
            return lambda env: turned(raised(base(env), -1))
        elementwise = self.peek()[1] == "⊙" and self.take()
        exponent = self.sum()
        self.take("}")
        if elementwise:
            return lambda env: entrywise(np.power, base(env), exponent(env))
        return lambda env: raised(base(env), exponent(env))

    def group(self, start: str, end: str):
        self.take(start)
        outer, self.closing = self.closing, end if end == "|" else ""
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
            return lambda env: entrywise(np.sqrt, inner(env))
        if text == "|":
            inner = self.group("|", "|")
            return lambda env: entrywise(np.abs, inner(env))
        if text == "‖":
            return self.norm()
        raise SyntaxError(f"cannot read {text} before {self.tokens[self.place : self.place + 6]}")

    def norm(self):
        self.take("‖")
        outer, self.closing = self.closing, "‖"
        inner = self.sum()
        self.closing = outer
        self.take("‖")
        if self.peek()[1] == "_":
            self.take()
            braces = self.peek()[1] == "{" and self.take()
            self.take()
            if braces:
                self.take("}")
        return lambda env: float(np.linalg.norm(closed(inner(env))))

    def atom_number(self):
        number = float(self.take()[1])
        return lambda env: number

    def atom_ones(self):
        self.take()
        return lambda env: ONES

    def atom_step(self):
        self.take()
        condition = self.condition()
        self.take("]")
        return condition

    def condition(self):
        """Comparisons joined by `and` and `or`: 1 where they hold."""
        parts, words = [self.comparison()], []
        while self.peek()[0] == "word":
            words.append(self.take()[1])
            parts.append(self.comparison())
        if len(set(words)) > 1:
            raise SyntaxError("and and or without brackets")
        join = np.minimum if words[:1] == ["and"] else np.maximum
        value = parts[0]
        for part in parts[1:]:
            value = lambda env, a=value, b=part: entrywise(join, a(env), b(env))
        return value

    def comparison(self):
        start = self.place
        try:
            left = self.sum()
            relation = RELATIONS[self.take()[1]]
            right = self.sum()
        except (SyntaxError, KeyError):
            self.place = start
            return self.bracketed_condition()
        return lambda env: entrywise(lambda a, b: relation(a, b).astype(float), left(env), right(env))

    def bracketed_condition(self):
        self.take("(")
        condition = self.condition()
        self.take(")")
        return condition

    def atom_several(self):
        word = self.take()[1]
        self.take("(")
        if word == "where":
            condition = self.condition()
            self.take(",")
        first = self.sum()
        self.take(",")
        second = self.sum()
        self.take(")")
        if word == "where":
            return lambda env: chosen(condition(env), first(env), second(env))
        join = np.maximum if word == "max" else np.minimum
        return lambda env: entrywise(join, first(env), second(env))

    def atom_frac(self):
        self.take()
        top, bottom = self.group("{", "}"), self.group("{", "}")
        return lambda env: times(1.0 / scalar(bottom(env)), top(env))

    def atom_sqrt(self):
        self.take()
        inner = self.group("{", "}")
        return lambda env: entrywise(np.sqrt, inner(env))

    def atom_delta(self):
        self.take()
        left, right = self.indices()
        place = lambda env, name: env[name] if name in env else int(name)
        return lambda env: float(place(env, left) == place(env, right))

    def atom_call(self):
        word = self.take()[1]
        if word == "tr":
            inner = self.group("(", ")")
            return lambda env: float(np.trace(closed(inner(env))))
        if word == "det":
            inner = self.group("(", ")")
            return lambda env: float(np.linalg.det(closed(inner(env))))
        if word == "diag":
            inner = self.group("(", ")")
            return lambda env: diagonal(inner(env))
        if word in ("tril", "triu"):
            inner, part = self.group("(", ")"), np.tril if word == "tril" else np.triu
            return lambda env: Matrix(part(closed(inner(env))))
        inner = self.group("(", ")") if self.peek()[1] == "(" else self.power()  # log y! has no brackets
        return lambda env: entrywise(CALLS[word], inner(env))

    def atom_sums(self):
        make, axis = SUMS_OF_EXPONENTIALS[self.take()[1]]
        inner = self.group("(", ")")
        return lambda env: wrapped(make(closed(inner(env)), axis=axis))

    def atom_psi(self):
        order = int(self.take()[1][2])
        inner = self.group("(", ")")
        return lambda env: entrywise(lambda x: special.polygamma(order, x), inner(env))

    def atom_known(self):
        name = self.take()[1]
        return lambda env: wrapped(self.names[name])

    atom_slope = atom_latexname = atom_greek = atom_known

    def atom_name(self):
        name = self.take()[1]
        if name in self.names:
            return lambda env: wrapped(self.names[name])
        if name == "e":
            return lambda env: np.e
        if name == "π":
            return lambda env: np.pi
        if name == "I":
            return lambda env: EYE
        if name.upper() in self.rows and name not in self.names:  # xᵢ is row i of X
            return lambda env: wrapped(self.rows[name.upper()])
        raise SyntaxError(f"no meaning for {name}")


class Matrix:
    """A matrix or a column whose open axes have an unknown size, along which it is constant, plus a multiple of I."""

    def __init__(self, values, free=(False, False), eye: float = 0.0) -> None:
        self.values, self.free, self.eye = np.asarray(values, float), free, eye


ONES = Matrix([[1.0]], (True, False))
EYE = Matrix([[0.0]], (True, True), 1.0)


def wrapped(value):
    """A number as a number, a vector as a column, a matrix as it is; more axes stay an array."""
    if np.ndim(value) == 0:
        return float(value)
    if np.ndim(value) > 2:
        return value
    return Matrix(np.reshape(value, (-1, 1)) if np.ndim(value) == 1 else value)


def scalar(value) -> float:
    if isinstance(value, Matrix):
        raise SyntaxError("division by an array without ⊘")
    return value


def closed(value):
    if not isinstance(value, Matrix):
        return value
    if value.eye or any(value.free):
        raise SyntaxError("the size is not seen")
    return value.values


def times(number: float, value):
    if not isinstance(value, Matrix):
        return number * value
    return Matrix(number * value.values, value.free, number * value.eye)


def settled(value: Matrix):
    """A 1×1 product is a number."""
    if value.values.shape == (1, 1) and not any(value.free) and not value.eye:
        return float(value.values[0, 0])
    return value


def multiplied(values: list):
    result = values[0]
    for value in values[1:]:
        if isinstance(result, Matrix) and isinstance(value, Matrix):
            result = settled(matrix_product(result, value))
        else:
            result = times(result, value) if isinstance(value, Matrix) else times(value, result)
    return result


def matrix_product(a: Matrix, b: Matrix) -> Matrix:
    made = None
    if np.any(a.values) and np.any(b.values):
        if a.free[1] and b.free[0]:
            raise SyntaxError("the size of the inner axis is not seen")
        if a.free[1]:
            values = a.values[:, :1] * b.values.sum(axis=0, keepdims=True)
        elif b.free[0]:
            values = a.values.sum(axis=1, keepdims=True) * b.values[:1, :]
        else:
            values = a.values @ b.values
        made = Matrix(values, (a.free[0], b.free[1]))
    parts = [
        part
        for part in (made, times(a.eye, b) if a.eye else None, times(b.eye, a) if b.eye else None)
        if part
    ]
    if a.eye and b.eye:
        parts[-1] = Matrix(parts[-1].values, parts[-1].free)  # the product of the identities is counted once
    return (
        sum_of(parts)
        if parts
        else Matrix(np.zeros((a.values.shape[0], b.values.shape[1])), (a.free[0], b.free[1]))
    )


def spread(values: list[Matrix]) -> tuple[bool, bool]:
    """The axes that stay open; closed ones must have one size."""
    for axis in (0, 1):
        sizes = {value.values.shape[axis] for value in values if not value.free[axis]}
        if len(sizes) > 1:
            raise SyntaxError(f"sizes {sizes} side by side")
    return tuple(all(value.free[axis] for value in values) for axis in (0, 1))


def entry_by_entry(left, right):
    """The elementwise product; with the identity, of the diagonal alone."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Matrix) and one.eye and not np.any(one.values) and isinstance(other, Matrix):
            full = closed(other)
            return Matrix(one.eye * np.diag(np.diag(full)))
    return entrywise(np.multiply, left, right)


def entrywise(make, *values):
    matrices = [value for value in values if isinstance(value, Matrix)]
    if not matrices:
        return float(make(*values))
    sizes = {
        size
        for value in matrices
        for size, open_ in zip(value.values.shape, value.free, strict=True)
        if not open_
    }
    if any(value.eye for value in matrices) and len(sizes) == 1:
        (size,) = sizes
        values = (opened(value, size) if isinstance(value, Matrix) else value for value in values)
        return entrywise(make, *values)
    if any(value.eye for value in matrices):
        raise SyntaxError("an entrywise operation on I")
    free = spread(matrices)
    return Matrix(make(*(value.values if isinstance(value, Matrix) else value for value in values)), free)


def opened(value, size: int):
    """A matrix with a multiple of I in it as the numbers that it has at a size; any other as it is."""
    if not value.eye:
        return value
    return Matrix(np.broadcast_to(value.values, (size, size)) + value.eye * np.eye(size))


def chosen(condition, first, second):
    """One of two values, entry by entry; the other may have no value."""
    return entrywise(lambda c, a, b: np.where(np.asarray(c) > 0.5, a, b), condition, first, second)


def sum_of(values: list):
    matrices = [value for value in values if isinstance(value, Matrix)]
    numbers = float(sum(value for value in values if not isinstance(value, Matrix)))
    if not matrices:
        return numbers
    if numbers and any(value.eye for value in matrices):
        raise SyntaxError("a number beside I")
    free = spread(matrices)
    return Matrix(
        sum(value.values for value in matrices) + numbers, free, sum(value.eye for value in matrices)
    )


def turned(value):
    if not isinstance(value, Matrix):
        raise SyntaxError("the transpose of a number")
    return Matrix(value.values.T, value.free[::-1], value.eye)


def raised(value, exponent):
    if isinstance(value, Matrix) and exponent == -1:
        return Matrix(np.linalg.inv(closed(value)))
    if isinstance(value, Matrix):
        matrix = closed(value)
        if exponent != int(exponent) or abs(exponent) < 2 or matrix.shape[0] != matrix.shape[1]:
            raise SyntaxError("a power of an array without ⊙")
        return Matrix(np.linalg.matrix_power(matrix, int(exponent)))
    return value**exponent


def diagonal(value):
    if not isinstance(value, Matrix):
        return Matrix([[0.0]], (True, True), value)
    if value.free[0] and value.values.shape[1] == 1 and not value.free[1]:
        return Matrix([[0.0]], (True, True), float(value.values[0, 0]))
    values = closed(value)
    return Matrix(np.diag(values[:, 0]) if values.shape[1] == 1 else np.diag(values).reshape(-1, 1))


def entry(value, axes: list):
    if not isinstance(value, Matrix):
        return wrapped(np.asarray(value)[tuple(slice(None) if axis == ":" else axis for axis in axes)])
    places = [slice(None) if axis == ":" else axis for axis in axes]
    for axis, place in enumerate(places):
        if value.free[axis] and place != slice(None):
            places[axis] = 0
    if value.eye:
        raise SyntaxError("an entry of I")
    if len(places) == 1:
        column = value.values.shape[1] == 1 and not value.free[1]
        return float(value.values[places[0], 0]) if column else wrapped(value.values[places[0]])
    return wrapped(value.values[tuple(places)])


def meaning(source: str, names, rows, shape: tuple[int, ...], axes: list[str | None]):
    """The value of a printed right-hand side: an array of the given shape.

    `axes` has a letter for each axis at which the left-hand side stands at one position, None for a whole axis.
    """
    tree = Reader(source, names, rows, {}).read()
    held = {place: letter for place, letter in enumerate(axes) if letter is not None}
    block = tuple(size for place, size in enumerate(shape) if place not in held)
    result = np.empty(shape)
    for point in np.ndindex(*(shape[place] for place in held)):
        spot: list = [slice(None)] * len(shape)
        for place, position in zip(held, point, strict=True):
            spot[place] = position
        result[tuple(spot)] = block_of(tree(dict(zip(held.values(), point, strict=True))), block)
    return result


def block_of(value, shape: tuple[int, ...]):
    if not isinstance(value, Matrix):
        return np.broadcast_to(np.asarray(value, dtype=float), shape)
    wide = shape if len(shape) == 2 else (*shape, 1)
    full = np.broadcast_to(value.values, wide)
    if value.eye:
        full = full + value.eye * np.eye(wide[0])
    return full.reshape(shape)
