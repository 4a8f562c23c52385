"""Conditions as people write them: `y > f`, `x > 0 and z = 1`."""

from __future__ import annotations

from collections.abc import Callable

import sympy

from symderive.functions.comparisons import SIGNS, either
from symderive.functions.kinked import step
from symderive.notation.forms import Apply, Const, Form, Times

ZERO, ONE = Const(sympy.S.Zero), Const(sympy.S.One)


def proposition(form: Form, write: Callable[[Form], str], signs: int, words: tuple[str, str]) -> str:
    """The indicator of a condition as the condition itself.

    Args:
        form: what is 1 where the condition holds, and 0 elsewhere.
        write: writes one side of a comparison.
        signs: which column of `SIGNS` to use: text, LaTeX or code.
        words: what stands for `and` and `or`.
    """
    if isinstance(form, Apply) and form.head in SIGNS:
        left, right = form.args
        return f"{write(left)} {SIGNS[form.head][signs]} {write(right)}"
    if isinstance(form, Apply) and form.head is step:
        return f"{write(form.args[0])} > {write(ZERO)}"
    if isinstance(form, Apply) and form.head is either:
        return words[1].join(_joined(one, write, signs, words) for one in form.args)
    if isinstance(form, Times) and form.coefficient == 1:
        return words[0].join(_joined(one, write, signs, words) for one in (*form.scalars, *form.arrays))
    return f"{write(form)} {'==' if signs == 2 else '='} {write(ONE)}"


def _joined(form: Form, write: Callable[[Form], str], signs: int, words: tuple[str, str]) -> str:
    written = proposition(form, write, signs, words)
    single = isinstance(form, Apply) and form.head in SIGNS
    return written if single and signs != 2 else f"({written})"
