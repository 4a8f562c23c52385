"""How names are written: `theta` as θ, `W1` as W with index 1, `c_in` with an upright index."""

from __future__ import annotations

import re

_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
]
_LETTERS = "αβγδεζηθικλμνξπρστυφχψω"
_CAPITALS = {"Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
             "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω"}  # fmt: skip
_TEXT = {
    **dict(zip(_GREEK, _LETTERS, strict=True)),
    **_CAPITALS,
    "lam": "λ",
    "eps": "ε",
    "ell": "ℓ",
    "pi": "𝛑",
}  # bold, because π is a number
_LATEX = {name: f"\\{name}" for name in [*_GREEK, *_CAPITALS]} | {
    "lam": r"\lambda",
    "eps": r"\epsilon",
    "ell": r"\ell",
    "pi": r"\boldsymbol{\pi}",
}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_SLOPE = re.compile(r"d([A-Za-z]\w*?)_d([A-Za-z]\w*)\Z")
_HIGHER_SLOPE = re.compile(r"d([2-9])([A-Za-z]\w*?)_d([A-Za-z]\w*)\Z")
_ALONG = re.compile(r"([A-Za-z]\w*)_along_([A-Za-z]\w*)\Z")
_PARTS = re.compile(r"([A-Za-z]+)(\d*)\Z")


def latex_name(name: str) -> str:
    r"""The LaTeX of a name.

    >>> latex_name("theta"), latex_name("W1"), latex_name("c_in"), latex_name("loss"), latex_name("xhat")
    ('\\theta', 'W_{1}', 'c_{\\mathrm{in}}', '\\mathrm{loss}', '\\hat{x}')
    """
    head, *tail = name.split("_")
    base, index = _split(head)
    base, primes = _primed(base)
    base, hat = _hatted(base)
    written = _LATEX.get(base) or (base if len(base) == 1 else rf"\mathrm{{{_plain(base)}}}")
    written = rf"\hat{{{written}}}" if hat else written + "'" * primes
    indices = ([index] if index else []) + [_index(part) for part in tail if part]
    return f"{written}_{{{','.join(indices)}}}" if indices else written


def _index(part: str) -> str:
    base, digits = _split(part)
    if base in _LATEX:
        return _LATEX[base] + digits
    return part if part.isdigit() or len(part) == 1 else rf"\mathrm{{{_plain(part)}}}"


def _plain(part: str) -> str:
    r"""A name inside \mathrm; letters that LaTeX's default fonts lack are written by their code."""
    return "".join(
        letter if letter.isascii() and letter.isalnum() else f"U{ord(letter):X}" for letter in part
    )


def _split(part: str) -> tuple[str, str]:
    found = _PARTS.match(part)
    return (found.group(1), found.group(2)) if found else (part, "")


def _primed(base: str) -> tuple[str, int]:
    """A letter or Greek name without the `prime`s behind it, and their number; other names stay whole."""
    letter, primes = base, 0
    while letter.endswith("prime"):
        letter, primes = letter.removesuffix("prime"), primes + 1
    return (letter, primes) if len(letter) == 1 or letter in _LATEX else (base, 0)


def _hatted(base: str) -> tuple[str, bool]:
    """A letter or Greek name without the `hat` behind it, and whether there was one."""
    letter = base.removesuffix("hat")
    return (letter, True) if letter != base and (len(letter) == 1 or letter in _LATEX) else (base, False)


def text_name(name: str) -> str:
    """The name in a terminal.

    >>> text_name("theta"), text_name("W1"), text_name("c_in"), text_name("Hprime")
    ('θ', 'W₁', 'c_in', 'H′')
    """
    along = _ALONG.match(name)
    if along:
        inner = text_name(along.group(1))
        return f"D_{text_name(along.group(2))}" + (f"({inner})" if "/" in inner else f" {inner}")
    slope = _SLOPE.match(name)
    if slope:
        return f"∂{text_name(slope.group(1))}/∂{text_name(slope.group(2))}"
    higher = _HIGHER_SLOPE.match(name)
    if higher:
        low = "".join(f"∂{text_name(part)}" for part in higher.group(3).split("_d"))
        return f"∂{superscript(higher.group(1))}{text_name(higher.group(2))}/{low}"
    head, underscore, tail = name.partition("_")
    base, index = _split(head)
    base, primes = _primed(base)
    base, hat = _hatted(base)
    written = _TEXT.get(base, base) + ("\u0302" if hat else "′" * primes) + index.translate(_SUBSCRIPTS)
    if underscore and tail.isdigit():
        return written + tail.translate(_SUBSCRIPTS)
    return written + underscore + tail


def superscript(number: str) -> str | None:
    """An integer in superscript digits; None if it is not one."""
    return number.translate(_SUPERSCRIPTS) if re.fullmatch(r"[-+]?\d+", number) else None


_LETTER_SUBSCRIPTS = str.maketrans("aehijklmnoprstuvx0123456789+−()", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀₁₂₃₄₅₆₇₈₉₊₋₍₎")


def subscript(indices: str) -> str:
    """Indices in subscript letters where Unicode has all of them, in brackets otherwise."""
    lowered = indices.translate(_LETTER_SUBSCRIPTS)
    changed = all(a != b for a, b in zip(indices, lowered, strict=True))
    return lowered if changed else f"[{','.join(indices)}]"
