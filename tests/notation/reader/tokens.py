"""Text as tokens."""

from __future__ import annotations

import re

SUBS = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
DIGITS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
SUPERS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
TOKEN = re.compile(
    r"\\frac\{\\partial (?P<up>\{?[^{}]*(?:\{[^{}]*\})*\}?)\}\{\\partial (?P<low>[^{}]*(?:\{[^{}]*\})*)\}"
    r"|(?P<step>𝟏\[|1\[)"
    r"|(?P<word>(?<= )(?:and|or)(?= ))"
    r"|(?P<several>(?:where|max|min)(?=\())"
    r"|(?P<fold>Π|(?:max|min)(?=[_\[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ]))"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)"
    r"|(?P<psi>ψ⁽\d⁾)"
    r"|(?P<sums>(?:softmax|logsumexp)(?:_rows|_columns|_all)?)(?=\()"
    r"|(?P<call>log Γ|log Φ|det|softplus|arsinh|arctan|erfc|erf|exp|log"
    r"|tanh|sinh|cosh|tan|sin|cos|sign|relu|diag|tril|triu|tr|chol|σ(?=\()|Φ|ψ)(?![\w])"
    r"|(?P<slope>∂\w+/∂\w+)"
    r"|(?P<latexname>\\mathrm\{\w+\})"
    r"|(?P<frac>\\frac)"
    r"|(?P<sqrt>\\sqrt)"
    r"|(?P<sum>\\sum|Σ)"
    r"|(?P<delta>\\delta(?=_)|δ(?=[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀-₉\[]))"
    r"|(?P<greek>\\[a-zA-Z]+)"
    r"|(?P<ones>𝟏)"
    r"|(?P<basis>𝐞)"
    r"|(?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)"
    r"|(?P<sub>[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀₁₂₃₄₅₆₇₈₉₋]+)"
    r"|(?P<name>[^\W\d_])"
    r"|(?P<sign>.)",
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


def not_before(word: str) -> str:
    """What must not stand behind a name: a letter, unless it ends in a mark, as `W₁` in `W₁x`."""
    return "(?![A-Za-z])" if word[-1].isalpha() else ""
