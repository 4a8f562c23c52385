"""NumPy: what is created has the type of the arguments, so that single precision stays single."""

from __future__ import annotations

from symderive.codegen.libraries.common_rules import chosen, counted
from symderive.codegen.libraries.record import Call, Library, Rule, names


def _created(call: Call) -> str:
    return call.written(call.name, dtype=call.dtype)


def _unless_typed(call: Call) -> str:
    """`np.tri(n, dtype=bool)` and `np.arange(n)` stay as they are."""
    wanted = call.keywords.get("dtype")
    if (call.name == "np.arange") == (wanted == "float"):
        return call.written(call.name, without=("dtype",), dtype=call.dtype)
    return call.written(call.name)


_RULES: dict[str, Rule] = {
    "np.eye": _created,
    "np.ones": _created,
    "np.zeros": lambda call: call.written("np.zeros") if len(call.args) > 1 else _created(call),
    "np.tri": lambda call: call.written("np.tri") if "dtype" in call.keywords else _created(call),
    "np.arange": _unless_typed,
    "np.where": chosen("np.where", ".astype({dtype})"),
    "np.sum": counted("np.sum", "{dtype}"),
    "special.polygamma": "special.polygamma({0}, {1}).astype({dtype})",
    "special.spherical_jn": "special.spherical_jn({0}, {1}).astype({dtype})",
}

LIBRARY = Library(
    name="numpy",
    title="NumPy",
    prefix="np.",
    imports={
        "math": "import math",
        "np": "import numpy as np",
        "special": "from scipy import special",
    },
    always="np",
    rules=_RULES,
    others=True,
    assigns=True,
    words=names("np special math result dtype"),
)
