# ruff: noqa: E731 -- rules give functions of the indices
"""How the parts of a formula are joined, from loose to tight."""

from __future__ import annotations

import numpy as np
from scipy import special

from tests.notation.reader.atoms import RELATIONS, Atoms
from tests.notation.reader.tokens import SUPERS
from tests.notation.reader.values import (
    entry,
    entry_by_entry,
    entrywise,
    multiplied,
    raised,
    scalar,
    sum_of,
    times,
    turned,
)


class Reader(Atoms):
    """A recursive descent over the tokens of one formula; values are arrays, `env` gives those of indices."""

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
                or text in ("+", "−", "⊙", "⊘", "/", ")", "]", "}", ",", *RELATIONS)
                or kind == "word"
                or (text == self.closing)
            ):
                break
            factors.append(self.power())
        if not factors:
            raise SyntaxError(f"nothing to read at {self.tokens[self.place : self.place + 6]}")
        return factors[0] if len(factors) == 1 else lambda env: multiplied([one(env) for one in factors])

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
