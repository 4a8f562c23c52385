"""LaTeX as the text form."""

from __future__ import annotations

import re

SIGNS = {
    r"\left": "",
    r"\right": "",
    r"\,": " ",
    r"\odot": "⊙",
    r"\oslash": "⊘",
    r"\cdot": "·",
    r"\log\Gamma": "log Γ",
    r"\log\Phi": "log Φ",
    r"\det": "det",
    r"\pi": "π",
    r"\lVert": "‖",
    r"\rVert": "‖",
    r"\mathbf{1}": "𝟏",
    r"\mathbf{e}": "𝐞",
    r"\Phi": "Φ",
    r"\sigma": "σ",
    r"\psi^{(1)}": "ψ⁽1⁾",
    r"\psi^{(2)}": "ψ⁽2⁾",
    r"\psi": "ψ",
    "-": "−",
}
WORDS = {  # no letter may follow
    r"\le": "≤",
    r"\ge": "≥",
    r"\neq": "≠",
    r"\max": "max",
    r"\min": "min",
    r"\prod": "Π",
}
CASES = re.compile(r"\\begin\{cases\}((?:(?!\\begin\{cases\}).)*?)\\end\{cases\}", re.S)


def from_latex(source: str) -> str:
    """LaTeX as the text form: only spelling changes here, no brackets are guessed."""
    s = source
    for command, sign in SIGNS.items():
        s = s.replace(command, sign)
    s = re.sub(r"\\operatorname\{(\w+)\}_\{\\mathrm\{(\w+)\}\}", r"\1_\2", s)
    for command, sign in WORDS.items():
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
