"""Which LaTeX prints which character; text and symbols that the base packages have."""

from __future__ import annotations

import unicodedata
from typing import Final

SPECIAL: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": "{}`{}",
    "'": "'{}",
    "-": "-{}",
    ",": ",{}",
}
"""Characters that LaTeX would act on, or join with the one that follows."""

TYPOGRAPHIC: Final = {
    "\u00a0": "~", "\u00ad": r"\-", "\u2009": r"\,", "\u200a": r"\,", "\u202f": r"\,",
    "\u2002": r"\enspace{}",
    "\u2003": r"\quad{}", "\u2007": r"\enspace{}", "\u2010": "-{}", "\u2011": r"\mbox{-}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}", "‘": r"\textquoteleft{}", "’": r"\textquoteright{}", "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}", "„": r"\quotedblbase{}", "‚": r"\quotesinglbase{}",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}", "‹": r"\guilsinglleft{}", "›": r"\guilsinglright{}", "…": r"\dots{}",
    "¡": r"\textexclamdown{}",
    "¿": r"\textquestiondown{}", "§": r"\S{}", "¶": r"\P{}", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "ȷ": r"\j{}",
    "ð": r"\dh{}",
    "Ð": r"\DH{}", "þ": r"\th{}", "Þ": r"\TH{}", "đ": r"\dj{}", "Đ": r"\DJ{}", "ŋ": r"\ng{}", "Ŋ": r"\NG{}",
    "₹": r"Rs.\,",
    "€": r"EUR\,", "£": r"GBP\,", "½": r"\ensuremath{\tfrac{1}{2}}", "¼": r"\ensuremath{\tfrac{1}{4}}",
    "¾": r"\ensuremath{\tfrac{3}{4}}", "†": r"\ensuremath{\dagger}", "‡": r"\ensuremath{\ddagger}",
    "•": r"\ensuremath{\bullet}", "©": r"(c)", "®": r"(R)", "™": r"\ensuremath{^{\mathrm{TM}}}",
    "№": r"No.\,",
    "ª": r"\ensuremath{^{\mathrm{a}}}", "º": r"\ensuremath{^{\mathrm{o}}}", "¥": r"\ensuremath{\yen}",
}  # fmt: skip
"""Punctuation, spaces and letters."""


def _pairs(words: str) -> dict[str, str]:
    """Characters and command names in turn, as a table."""
    listed = words.split()
    return {listed[k]: "\\" + listed[k + 1] for k in range(0, len(listed), 2)}


_GREEK = _pairs(
    "α alpha β beta γ gamma δ delta ε varepsilon ϵ epsilon ζ zeta η eta θ theta ϑ vartheta ι iota κ kappa"
    " λ lambda μ mu µ mu ν nu ξ xi π pi ϖ varpi ρ rho ϱ varrho σ sigma ς varsigma τ tau υ upsilon φ varphi"
    " ϕ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω"
    " Omega ∆ Delta ∏ prod ∑ sum"
)
_GREEK_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
_SYMBOLS = _pairs(
    "± pm ∓ mp × times ÷ div · cdot ⋅ cdot ∗ ast ⋆ star ∘ circ ∙ bullet √ surd ∞ infty ∂ partial ∇ nabla"
    " ∫ int ∮ oint ∀ forall ∃ exists ∄ nexists ∅ emptyset ∈ in ∉ notin ∋ ni ⊂ subset ⊃ supset ⊆ subseteq ⊇"
    " supseteq ∪ cup ∩ cap ∧ wedge ∨ vee ¬ neg ⊕ oplus ⊖ ominus ⊗ otimes ⊘ oslash ⊙ odot ≤ le ≥ ge ≠ ne ≈"
    " approx ≅ cong ≃ simeq ∼ sim ≡ equiv ∝ propto ≪ ll ≫ gg ≺ prec ≻ succ ⪯ preceq ⪰ succeq ← leftarrow →"
    " rightarrow ↔ leftrightarrow ↑ uparrow ↓ downarrow ⇐ Leftarrow ⇒ Rightarrow ⇔ Leftrightarrow ↦ mapsto"
    " ⟵ longleftarrow ⟶ longrightarrow ⟹ Longrightarrow ∥ parallel ∣ mid ⊥ perp ∠ angle ∴ therefore ∵"
    " because ⟨ langle ⟩ rangle ⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil ℓ ell ℏ hbar ℜ Re ℑ Im ℵ aleph ⊤ top ⊢"
    " vdash ⊨ models ⋯ cdots ⋮ vdots ⋱ ddots □ square ■ blacksquare △ triangle ✓ checkmark ✔ checkmark"
    " ≔ mathrel{:=} ∖ setminus ‖ Vert ≜ triangleq ⊀ nprec ∎"
    " blacksquare ▪ blacksquare ★ bigstar ♠ spadesuit ♥ heartsuit ♦ diamondsuit ♣ clubsuit ◦ circ"
)
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᵏᵐᵖᵗᵛˣʸ", "0123456789+-=()niabcdekmptvxy", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789+-=()aeoxhklmnpstijruv", strict=True))
_LETTERLIKE = {
    "ℂ": r"\mathbb{C}", "ℕ": r"\mathbb{N}", "ℙ": r"\mathbb{P}", "ℚ": r"\mathbb{Q}", "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}",
    "𝔼": r"\mathbb{E}", "𝟙": r"\mathbf{1}", "ℒ": r"\mathcal{L}", "ℋ": r"\mathcal{H}", "ℱ": r"\mathcal{F}",
    "ℬ": r"\mathcal{B}", "ℰ": r"\mathcal{E}", "ℳ": r"\mathcal{M}", "ℛ": r"\mathcal{R}", "ℐ": r"\mathcal{I}",
    "ᵀ": r"^{\mathsf{T}}", "⊺": r"^{\mathsf{T}}", "ᵗ": r"^{t}", "°": r"^{\circ}", "−": "-", "⁄": "/",
    "∕": "/",
    "′": r"^{\prime}", "″": r"^{\prime\prime}", "‴": r"^{\prime\prime\prime}",
    "✗": r"\times", "✘": r"\times", "✕": r"\times",
}  # fmt: skip

MATHEMATICAL: Final = {
    **_GREEK,
    **{greek: rf"\mathrm{{{latin}}}" for greek, latin in _GREEK_LATIN.items()},
    **_SYMBOLS,
    **{mark: f"^{{{digit}}}" for mark, digit in _RAISED.items()},
    **{mark: f"_{{{digit}}}" for mark, digit in _LOWERED.items()},
    **_LETTERLIKE,
}
"""Characters that are mathematics wherever they stand."""

ACCENTS: Final = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0331": "b", "\u0328": "k",
}  # fmt: skip
"""Combining marks and the LaTeX accent that prints them."""

BELOW: Final = frozenset("\u0323\u0327\u0331\u0328")
"""The marks that stand under their letter."""

MATH_ACCENTS: Final = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar",
    "\u0306": "breve",
    "\u0307": "dot", "\u0308": "ddot", "\u030a": "mathring", "\u030c": "check",
}  # fmt: skip
"""The marks that can stand over anything, as accents of mathematics."""

_STYLES = (
    ("BOLD SCRIPT", "mathcal"), ("SCRIPT", "mathcal"), ("FRAKTUR", "mathfrak"), ("DOUBLE-STRUCK", "mathbb"),
    ("MONOSPACE", "mathtt"), ("SANS-SERIF", "mathsf"), ("BOLD", "mathbf"), ("ITALIC", "mathit"),
)  # fmt: skip


def styled_letter(character: str) -> str | None:
    r"""The LaTeX of a letter or digit of the block Mathematical Alphanumeric Symbols.

    Args:
        character: One character.

    Returns:
        Such as `\mathbf{x}`, or None where it is not such a letter or has no such face.

    >>> styled_letter("𝐱")
    '\\mathbf{x}'
    """
    if not "\U0001d400" <= character <= "\U0001d7ff":
        return None
    base = unicodedata.normalize("NFKC", character)
    name = unicodedata.name(character, "")
    if not (len(base) == 1 and base.isascii() and base.isalnum()):
        return None
    for word, command in _STYLES:
        if word in name:
            capital_only = command in ("mathcal", "mathbb") and not base.isupper()
            return None if capital_only else rf"\{command}{{{base}}}"
    return None
