"""What differs between LaTeX and the terminal; everything else about printing is common."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy

from symderive.core.identity import free_indices
from symderive.core.nodes import Index, Tensor
from symderive.functions import by_head
from symderive.notation.levels import ATOM, HADAMARD, OPEN, POWER, PRODUCT
from symderive.notation.names import latex_name, subscript, superscript, text_name
from symderive.notation.positions import position_text

_OPENING, _CLOSING = "([⁽", ")]⁾"
Relation = tuple[sympy.Expr | str, ...]
Relations = Sequence[Relation]
_NUMBER_PI = re.compile(r"\bpi\b")
_TALL = re.compile(r"\\frac|\\sum|\\left|\\sqrt\{\\|\\begin")


@dataclass(frozen=True)
class Dialect(ABC):
    """Abstract: the marks of one output language."""

    hadamard: str
    divide: str
    minus: str
    ones: str
    basis: str
    identity: str
    tensor_product: str
    taken: frozenset[str] = frozenset()

    def is_barred(self, head: Any) -> bool:
        """Whether the function is written with bars around its argument."""
        return by_head()[head].text.startswith("|")

    def bare_arguments(self, head: Any) -> tuple[bool, ...]:
        """For each argument of a function whether it stands outside all brackets, as in `y!`."""
        entry = by_head()[head]
        bare, depth, bars = [False] * entry.arity, 0, 0  # what is not printed is in no brackets
        for part in re.findall(r"\{\d\}|.", entry.text):
            depth += (part in _OPENING) - (part in _CLOSING)
            bars += part == "|"
            if len(part) > 1:
                bare[int(part[1])] = not depth and bars % 2 == 0
        return tuple(bare)

    @abstractmethod
    def name(self, tensor: Tensor) -> str:
        """The name of an array."""

    @abstractmethod
    def plain(self, value: sympy.Expr) -> str:
        """A number, a symbol or a function of sizes."""

    @abstractmethod
    def position(self, value: sympy.Expr) -> str:
        """A position made of indices and sizes."""

    def relation(self, parts: tuple[sympy.Expr | str, ...]) -> str:
        """Positions with the signs between them."""
        return " ".join(self.sign(one) if isinstance(one, str) else self.position(one) for one in parts)

    def sign(self, word: str) -> str:
        """`≤`, `<` or `≥`."""
        return word


class LatexDialect(Dialect):
    """LaTeX with amsmath and amssymb."""

    @property
    def unit_matrix(self) -> str:
        """The identity matrix, by another name where an array is called I."""
        return r"\mathrm{Id}" if "I" in self.taken else self.identity

    def commutation(self, rows: sympy.Expr, columns: sympy.Expr, is_script: bool) -> str:
        """The commutation matrix."""
        letter = r"\mathcal{K}" if is_script else "K"
        return f"{letter}_{{{self.position(rows)},{self.position(columns)}}}"

    connectives = 1, (r" \text{ and } ", r" \text{ or } ")

    def choice(self, rows: list[tuple[str, str]], otherwise: str) -> tuple[str, int]:
        """One of several values: (value, condition) and the value where none holds."""
        lines = [rf"{value} & \text{{if }} {condition}" for value, condition in rows]
        inner = r" \\ ".join([*lines, rf"{otherwise} & \text{{otherwise}}"])
        return rf"\begin{{cases}} {inner} \end{{cases}}", OPEN

    def indicator(self, condition: str) -> str:
        """1 where a condition holds, otherwise 0."""
        return rf"\mathbf{{1}}[{condition}]"

    def name(self, tensor: Tensor) -> str:
        """The declared LaTeX of the array, or one made from its name."""
        return tensor.latex_name or latex_name(tensor.name)

    def name_level(self, tensor: Tensor) -> int:
        """How tightly the name binds: a derivative is a fraction, one along a direction a product."""
        name = self.name(tensor)
        return PRODUCT if r"\frac" in name or "_along_" in tensor.name else ATOM

    def plain(self, value: sympy.Expr) -> str:
        """SymPy's LaTeX, with the project's names."""
        if value.is_Integer:
            return str(value.p)
        if isinstance(value, sympy.Symbol):
            return latex_name(value.name)
        names = {symbol: latex_name(symbol.name) for symbol in value.free_symbols}
        return str(sympy.latex(value, symbol_names=names))

    def decimal(self, value: sympy.Rational) -> str:
        """A rational number as a decimal."""
        return decimal(value, r"{}\cdot 10^{{{}}}", "10^{{{}}}")

    def part(self, base: str, axes: tuple[sympy.Expr | None, ...]) -> str:
        """A row or column."""
        if len(axes) > 2 and not any(axis is not None for axis in axes[axes.index(None) :]):
            axes = axes[: axes.index(None)]  # the matrix Q_b
        written = [":" if axis is None else str(sympy.latex(axis)) for axis in axes]
        subscripts = "".join(written) if all(len(one) == 1 for one in written) else ", ".join(written)
        if r"\frac" in base:  # the rows of a derivative
            return f"{self.bracket(base)}_{{{subscripts}}}"
        return f"{{{base}}}_{{{subscripts}}}" if "_" in base or "^" in base else f"{base}_{{{subscripts}}}"

    def bracket(self, inner: str) -> str:
        """Round brackets that fit."""
        return rf"\left({inner}\right)" if _TALL.search(inner) else f"({inner})"

    def fraction(self, top: tuple[str, int], bottom: tuple[str, int]) -> tuple[str, int]:
        """A fraction."""
        return rf"\frac{{{top[0]}}}{{{bottom[0]}}}", PRODUCT

    def power(self, base: str, exponent: str, elementwise: bool) -> str:
        """A power; elementwise ones carry ⊙."""
        mark = r"\odot " if elementwise else ""
        return f"{{{base}}}^{{{mark}{exponent}}}" if "^" in base else f"{base}^{{{mark}{exponent}}}"

    def root(self, inner: str) -> str:
        """A square root."""
        return rf"\sqrt{{{inner}}}"

    def transpose(self, inner: str) -> str:
        """A transpose."""
        return rf"{{{inner}}}^{{\top}}" if "^" in inner else rf"{inner}^{{\top}}"

    def inverse(self, inner: str, transposed: bool) -> str:
        """An inverse, or the transpose of one."""
        base = f"{{{inner}}}" if "^" in inner and not inner.startswith(("(", r"\left(")) else inner
        return rf"{base}^{{-\top}}" if transposed else f"{base}^{{-1}}"

    def log_determinant(self, inner: str, positive: bool) -> str:
        """The logarithm of the absolute value of a determinant."""
        written = self.call("det", inner)
        return rf"\log {written}" if positive else rf"\log \left|{written}\right|"

    def call(self, word: str, inner: str) -> str:
        """A named operator."""
        if word == "det":
            return rf"\det{self.bracket(inner)}"
        return rf"\operatorname{{{word}}}{self.bracket(inner)}"

    def call_along(self, word: str, along: str, inner: str) -> str:
        """A named operator that works along the rows or columns of a matrix."""
        axis = rf"_{{\mathrm{{{along}}}}}" if along else ""
        return rf"\operatorname{{{word}}}{axis}{self.bracket(inner)}"

    def norm(self, inner: str, kind: str, power: str) -> str:
        """A norm to a power."""
        raised = f"^{{{power}}}" if power != "1" else ""
        bars = (r"\left\lVert ", r"\right\rVert") if _TALL.search(inner) else (r"\lVert ", r"\rVert")
        return f"{bars[0]}{inner}{bars[1]}_{{{kind}}}{raised}"

    def component(self, base: str, axes: tuple[sympy.Expr, ...]) -> str:
        """A subscripted entry."""
        written = [self.position(axis) for axis in axes]
        joined = "".join(written) if all(len(one) == 1 for one in written) else ", ".join(written)
        if "_" not in base:
            return f"{base}_{{{joined}}}"
        return (
            f"{{{base}}}_{{{joined}}}" if not base.endswith("}") or "^" in base else f"{base[:-1]},{joined}}}"
        )

    def position(self, value: sympy.Expr) -> str:
        """A position made of indices and sizes."""
        return position_text(value, latex_name, True)

    def sign(self, word: str) -> str:
        """`≤`, `<` or `≥`."""
        return {"≤": r"\le", "≥": r"\ge"}.get(word, word)

    def iverson(self, parts: tuple[sympy.Expr | str, ...]) -> str:
        """Iverson's bracket."""
        return f"[{self.relation(parts)}]"

    def big_sum(self, indices: tuple[Index, ...], inner: str, relations: Relations = ()) -> str:
        """A sum over indices, those of a relation as it says."""
        return rf"\sum_{{{', '.join(under_sum(indices, relations, self))}}} {inner}"

    def big_fold(self, kind: str, indices: tuple[Index, ...], inner: str, relations: Relations = ()) -> str:
        """A maximum, minimum or product over indices, those of a relation as it says."""
        return rf"\{kind}_{{{', '.join(under_sum(indices, relations, self))}}} {inner}"

    def delta(self, left: str, right: str) -> str:
        """Kronecker's delta."""
        return (
            rf"\delta_{{{left}{right}}}" if len(left) == len(right) == 1 else rf"\delta_{{{left}, {right}}}"
        )

    def apply(self, head: Any, args: list[str], scalar: bool) -> str:
        """An elementwise function; e^x for scalars."""
        if head is sympy.exp and scalar and "e" not in self.taken and not _TALL.search(args[0]):
            return f"e^{{{args[0]}}}"
        template = by_head()[head].latex
        if any(_TALL.search(arg) for arg in args) and "({0})" in template:
            template = template.replace("({0})", r"\left({0}\right)")
        if any(_TALL.search(arg) for arg in args) and "}}[" in template:
            template = re.sub(r"\}\}\[(.*)\]$", r"}}\\left[\1\\right]", template)
        return template.format(*args)

    def juxtapose(self, parts: list[str]) -> str:
        """A product without a sign; a small space between words, a dot before a number."""
        joined = parts[0]
        for before, part in pairwise(parts):
            words = _WORD_BEHIND.search(before) and part.startswith(r"\mathrm")
            dot = part[0] in "0123456789" and before[-1] in "0123456789"
            joined += (r" \, " if words else r" \cdot " if dot else " ") + part
        return joined


class TextDialect(Dialect):
    """Unicode text."""

    @property
    def unit_matrix(self) -> str:
        """The identity matrix, by another name where an array is called I."""
        return "Id" if "I" in self.taken else self.identity

    def commutation(self, rows: sympy.Expr, columns: sympy.Expr, is_script: bool) -> str:
        """The commutation matrix."""
        letter = "𝒦" if is_script else "K"
        return f"{letter}[{self.position(rows)},{self.position(columns)}]"

    connectives = 0, (" and ", " or ")

    def choice(self, rows: list[tuple[str, str]], otherwise: str) -> tuple[str, int]:
        """One of several values: (value, condition) and the value where none holds."""
        written = otherwise
        for value, condition in reversed(rows):
            written = f"where({condition}, {value}, {written})"
        return written, ATOM

    def indicator(self, condition: str) -> str:
        """1 where a condition holds, otherwise 0."""
        return f"1[{condition}]"

    def name(self, tensor: Tensor) -> str:
        """The name with Greek letters and index digits."""
        return text_name(tensor.name)

    def name_level(self, tensor: Tensor) -> int:
        """How tightly the name binds: a derivative is a quotient, one along a direction a product."""
        name = self.name(tensor)
        if "_along_" in tensor.name:
            return PRODUCT
        return HADAMARD if "/" in name else ATOM

    def plain(self, value: sympy.Expr) -> str:
        """SymPy's text, with the project's names."""
        named = value.xreplace({s: sympy.Symbol(text_name(s.name)) for s in value.free_symbols})
        return _NUMBER_PI.sub("π", str(named))

    def decimal(self, value: sympy.Rational) -> str:
        """A rational number as a decimal."""
        return decimal(value, "{}e{}", "1e{}")

    def part(self, base: str, axes: tuple[sympy.Expr | None, ...]) -> str:
        """A row or column."""
        written = [":" if axis is None else str(axis) for axis in axes]
        if len(axes) > 2 and not any(axis is not None for axis in axes[axes.index(None) :]):
            written = written[: axes.index(None)]  # the matrix Q_b
            if all(len(one) == 1 for one in written):
                return base + subscript("".join(written))
        return f"{base}[{', '.join(written)}]"

    def bracket(self, inner: str) -> str:
        """Round brackets."""
        return f"({inner})"

    def fraction(self, top: tuple[str, int], bottom: tuple[str, int]) -> tuple[str, int]:
        """A quotient on one line: products may stand above, only single pieces below."""
        high = top[0] if top[1] >= PRODUCT else f"({top[0]})"
        low = bottom[0] if bottom[1] >= POWER else f"({bottom[0]})"
        return f"{high}/{low}", HADAMARD

    def power(self, base: str, exponent: str, elementwise: bool) -> str:
        """A power; elementwise ones carry ⊙."""
        if elementwise:
            return f"{base}^⊙{exponent}" if len(exponent) == 1 else f"{base}^⊙({exponent})"
        raised = superscript(exponent)
        return (
            base + raised if raised else f"{base}^({exponent})" if len(exponent) > 1 else f"{base}^{exponent}"
        )

    def root(self, inner: str) -> str:
        """A square root."""
        return f"√{inner}" if len(inner) == 1 else f"√({inner})"

    def transpose(self, inner: str) -> str:
        """A transpose."""
        return f"{inner}ᵀ"

    def inverse(self, inner: str, transposed: bool) -> str:
        """An inverse, or the transpose of one."""
        return f"{inner}⁻{'ᵀ' if transposed else '¹'}"

    def log_determinant(self, inner: str, positive: bool) -> str:
        """The logarithm of the absolute value of a determinant."""
        written = self.call("det", inner)
        return f"log {written}" if positive else f"log |{written}|"

    def call(self, word: str, inner: str) -> str:
        """A named operator."""
        return f"{word}({inner})"

    def call_along(self, word: str, along: str, inner: str) -> str:
        """A named operator that works along the rows or columns of a matrix."""
        return f"{word}_{along}({inner})" if along else f"{word}({inner})"

    def norm(self, inner: str, kind: str, power: str) -> str:
        """A norm to a power."""
        mark = "" if kind == "2" else f"_{kind}"
        return f"‖{inner}‖{mark}{superscript(power) if power != '1' else ''}"

    def component(self, base: str, axes: tuple[sympy.Expr, ...]) -> str:
        """A subscripted entry."""
        written = [self.position(axis) for axis in axes]
        if len(written) == 1 or all(len(one) == 1 for one in written):
            low = subscript("".join(written))
            return base + (low if "[" not in low else f"[{', '.join(written)}]")
        return f"{base}[{', '.join(written)}]"

    def position(self, value: sympy.Expr) -> str:
        """A position made of indices and sizes."""
        return position_text(value, text_name, False)

    def iverson(self, parts: tuple[sympy.Expr | str, ...]) -> str:
        """Iverson's bracket."""
        return f"[{self.relation(parts)}]"

    def big_sum(self, indices: tuple[Index, ...], inner: str, relations: Relations = ()) -> str:
        """A sum over indices, those of a relation as it says."""
        return f"Σ{self._below(indices, relations)} {inner}"

    def big_fold(self, kind: str, indices: tuple[Index, ...], inner: str, relations: Relations = ()) -> str:
        """A maximum, minimum or product over indices, those of a relation as it says."""
        word = {"prod": "Π"}.get(kind, kind)
        return f"{word}{self._below(indices, relations)} {inner}"

    def _below(self, indices: tuple[Index, ...], relations: Relations) -> str:
        if relations:
            return f"_{{{', '.join(under_sum(indices, relations, self))}}}"
        return subscript("".join(index.name for index in indices))

    def delta(self, left: str, right: str) -> str:
        """Kronecker's delta."""
        return f"δ{subscript(left + right)}" if len(left) == len(right) == 1 else f"δ[{left},{right}]"

    def apply(self, head: Any, args: list[str], scalar: bool) -> str:
        """An elementwise function."""
        return by_head()[head].text.format(*args)

    def juxtapose(self, parts: list[str]) -> str:
        """A product: single letters stand together, words apart."""
        joined = parts[0]
        for before, part in pairwise(parts):
            fraction = before.startswith("(") and "/" in before and part[0] != "("
            opens = _SHORT.fullmatch(before) or before[0] == "(" or before[-1] == "ᵀ"
            if before[-1] in "0123456789" and part[0] in "0123456789":
                joined += f"·{part}"
                continue
            joined += (
                part if not fraction and opens and (_SHORT.fullmatch(part) or part[0] == "(") else f" {part}"
            )
        return joined


def under_sum(indices: tuple[Index, ...], relations: Relations, marks: Dialect) -> list[str]:
    """What stands under the sign Σ: the relations, then the indices without one."""
    used = {index for parts in relations for one in parts if not isinstance(one, str)
            for index in free_indices(one)}  # fmt: skip
    return [*map(marks.relation, relations), *(index.name for index in indices if index not in used)]


_SHORT = re.compile(r"\d*[^\W\d_][ᵀ₀-₉²³⁻¹⁴-⁹]*|\d+|𝟏ᵀ?|𝐞[₀-₉]+ᵀ?")
_WORD_BEHIND = re.compile(r"\\mathrm\{\w+\}(_\{[^{}]*(\{[^{}]*\})?[^{}]*\})?$")


def decimal(value: sympy.Rational, general: str, unit: str) -> str:
    """A rational number as a decimal, short and exact where it is a power of ten."""
    digits = repr(float(value))
    mantissa, _, exponent = f"{float(value):.15e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = int(exponent)
    if mantissa == "1" and abs(power) > 3:
        return unit.format(power)
    return general.format(mantissa, power) if abs(power) > 4 else digits


LATEX = LatexDialect(r"\odot", r"\oslash", "-", r"\mathbf{1}", r"\mathbf{e}", "I", r"\otimes")
TEXT = TextDialect("⊙", "⊘", "−", "𝟏", "𝐞", "I", "⊗")
