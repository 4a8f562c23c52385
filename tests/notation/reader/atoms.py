# ruff: noqa: E731 -- rules give functions of the indices
"""What a formula is made of: names, numbers, calls, brackets, conditions."""

from __future__ import annotations

import numpy as np
from scipy import special

from tests.notation.reader.cursor import Cursor
from tests.notation.reader.values import (
    EYE,
    ONES,
    Matrix,
    chosen,
    closed,
    diagonal,
    entrywise,
    scalar,
    times,
    wrapped,
)

CALLS = {
    "exp": np.exp,
    "log": np.log,
    "σ": special.expit,
    "softplus": lambda x: np.logaddexp(0, x),
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "arctan": np.arctan,
    "erf": special.erf,
    "erfc": special.erfc,
    "Φ": special.ndtr,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "arsinh": np.arcsinh,
    "sign": np.sign,
    "log Γ": special.gammaln,
    "log Φ": special.log_ndtr,
    "ψ": special.digamma,
    "relu": lambda x: np.maximum(x, 0),
    "tan": np.tan,
}
PARTS = {"tril": np.tril, "triu": np.triu, "chol": np.linalg.cholesky}
ALONG = {"": None, "_rows": 1, "_columns": 0, "_all": None}
SUMS_OF_EXPONENTIALS = {
    f"{word}{end}": (getattr(special, word), axis)
    for word in ("softmax", "logsumexp")
    for end, axis in ALONG.items()
}
RELATIONS = {
    "<": np.less,
    ">": np.greater,
    "≤": np.less_equal,
    "≥": np.greater_equal,
    "=": np.equal,
    "≠": np.not_equal,
}


class Atoms(Cursor):
    """One rule for each kind of token; brackets ask the grammar for the `sum` inside."""

    closing = ""

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

    def atom_basis(self):
        """The vector that is 1 at one position; its length is the next one of `lengths`."""
        self.take()
        (position,) = self.indices()
        vector = np.zeros(self.lengths.pop(0))
        if int(position) < len(vector):
            vector[int(position)] = 1
        return lambda env: wrapped(vector)

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
        if word in PARTS:
            inner = self.group("(", ")")
            return lambda env: Matrix(PARTS[word](closed(inner(env))))
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
