"""A place in the tokens of one formula."""

from __future__ import annotations

import re

import numpy as np

from tests.notation.reader.tokens import DIGITS, SUBS, not_before, not_behind, tokens


class Cursor:
    """The tokens of one formula, how far they are read, and the indices that stand there."""

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
            re.compile("|".join(f"{not_behind(word)}{re.escape(word)}{not_before(word)}" for word in multi))
            if multi
            else None
        )
        for match in pattern.finditer(source) if pattern else ():
            self.tokens += [*tokens(source[position : match.start()]), ("known", match[0])]
            position = match.end()
        self.tokens += tokens(source[position:])
        self.place = 0
        self.lengths: list[int] = []  # of the basis vectors, which are not seen on the page

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        spot = self.place + ahead
        return self.tokens[spot] if spot < len(self.tokens) else ("end", "")

    def take(self, text: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if text is not None and token[1] != text:
            raise SyntaxError(f"expected {text} at {self.tokens[self.place : self.place + 6]}")
        self.place += 1
        return token

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
        apart = close == "}"  # in LaTeX `_{12}` and `_{tr}` are two indices each
        return [one for text in piece for one in (text if apart and text.isalnum() else [text])]
