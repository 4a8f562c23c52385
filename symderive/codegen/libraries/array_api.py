"""The array-API standard 2024.12: one source for NumPy, PyTorch, JAX, CuPy and others.

The functions are those of the namespace `xp` of the arrays, as `array_api_compat` gives it. Special functions
come from the library of the arrays; those that not all libraries have are refused.
"""

from __future__ import annotations

import ast

from symderive.codegen.libraries import array_parts
from symderive.codegen.libraries.common_rules import bounded, condition
from symderive.codegen.libraries.record import Call, Library, Rule, names, pads_of

_LIKE = "dtype={source}.dtype, device=device({source})"
_OWN = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "transpose": "permute_dims", "cumsum": "cumulative_sum",
    "trace": "linalg.trace", "outer": "linalg.outer", "diagonal": "linalg.diagonal",
}  # fmt: skip


_SPECIAL = names("gammaln digamma erf erfc erfinv erfcx ndtr ndtri log_ndtr i0 i0e i1 i1e")


def _renamed(name: str) -> Rule:
    return lambda call: call.written(f"xp.{name}")


def _of_arrays(name: str) -> Rule:
    """A function of two arrays, of which one may be a number."""

    def rule(call: Call) -> str:
        given = [
            f"xp.asarray({arg}, {_LIKE.format(source=call.source)})" if scalar else arg
            for arg, scalar in zip(call.args, call.scalars, strict=True)
        ]
        return f"xp.{name}({', '.join(given)})"

    return rule


def _as_floats(mask: str, call: Call) -> str:
    return f"xp.astype({mask}, {call.source}.dtype)"


def _where(call: Call) -> str:
    if call.args[1:] == ("1.0", "0.0"):
        if call.single[0]:
            return f"xp.asarray({call.args[0]}, {_LIKE.format(source=call.source)})"
        return _as_floats(call.args[0], call)
    given = [condition(call), *call.args[1:]]
    for place in (1, 2):
        if call.scalars[place]:
            given[place] = f"xp.asarray({given[place]}, {_LIKE.format(source=call.source)})"
    return f"xp.where({', '.join(given)})"


def _sum(call: Call) -> str:
    if isinstance(call.nodes[0], ast.Compare):
        return call.written("xp.sum").replace(call.args[0], _as_floats(call.args[0], call), 1)
    return call.written("xp.sum")


def _on(size: str, call: Call) -> str:
    return f"xp.arange({size}, device=device({call.source}))"


def _arange(call: Call) -> str:
    if "dtype" in call.keywords:
        return f"xp.arange({call.args[0]}, {_LIKE.format(source=call.source)})"
    return _on(call.args[0], call)


def _tri(call: Call) -> str:
    rows, columns, shift = (*call.args, "")[:3] if len(call.args) > 1 else (call.args[0], call.args[0], "")
    mask = f"{_on(rows, call)}[:, None]{f' + {shift}' if shift else ''} >= {_on(columns, call)}[None, :]"
    return mask if "dtype" in call.keywords else _as_floats(mask, call)


def _eye(call: Call) -> str:
    sizes = ", ".join(call.args[:2])
    shift = f"k={call.args[2]}, " if len(call.args) > 2 else ""
    return f"xp.eye({sizes}, {shift}{_LIKE.format(source=call.source)})"


def _tensordot(call: Call) -> str:
    """`axes=(0, 1)` as two sequences."""
    axes = (one if isinstance(one, tuple) else (one,) for one in ast.literal_eval(call.keywords["axes"]))
    return f"xp.tensordot({call.args[0]}, {call.args[1]}, axes={tuple(axes)})"


def _triangle(call: Call) -> str:
    return f"xp.{call.name[3:]}({call.args[0]}{f', k={call.args[1]}' if len(call.args) > 1 else ''})"


def _pad(call: Call) -> str:
    widths = ", ".join(f"({before}, {behind})" for before, behind in pads_of(call))
    return f"_pad(xp, {call.args[0]}, [{widths}])"


def _part(name: str) -> Rule:
    return lambda call: call.written(f"_{name}").replace("(", "(xp, ", 1)


_RULES: dict[str, Rule] = {
    "np.copy": "xp.asarray({0}, copy=True)",
    **{f"np.{name}": _renamed(own) for name, own in _OWN.items()},
    **{f"np.{name}": _of_arrays(name) for name in ("logaddexp", "hypot")},
    "np.arctan2": _of_arrays("atan2"),
    **{f"np.{name}": _part(name) for name in ("einsum", "sinc")},
    **{f"special.{name}": _part(name) for name in ("logsumexp", "softmax", "expit")},
    **{
        f"special.{name}": f'_special(xp, "{name}", {{0}})'
        for name in sorted(_SPECIAL)
    },
    **{
        f"special.{name}": f'_special(xp, "{name}", {{0}}, {{1}})'
        for name in ("polygamma", "xlogy", "xlog1py")
    },
    "special.betaln": '_special(xp, "gammaln", {0}) + _special(xp, "gammaln", {1})'
    ' - _special(xp, "gammaln", {a[0]} + {a[1]})',
    "np.eye": _eye,
    "np.ones": "xp.ones({0}, " + _LIKE + ")",
    "np.zeros": "xp.zeros({0}, " + _LIKE + ")",
    "np.tri": _tri,
    "np.tril": _triangle,
    "np.triu": _triangle,
    "np.arange": _arange,
    "np.where": _where,
    "np.sum": _sum,
    "np.maximum": bounded("xp.clip", "min", "xp.maximum"),
    "np.minimum": bounded("xp.clip", "max", "xp.minimum"),
    "np.heaviside": lambda call: _as_floats(f"{call.atoms[0]} > 0", call),
    "np.cbrt": "xp.sign({0}) * xp.abs({0}) ** (1 / 3)",
    "np.pad": _pad,
    "np.tensordot": _tensordot,
    "np.linalg.norm": "xp.linalg.matrix_norm({0}, ord={1})",
    "np.diag": "_diag(xp, {0})",
}  # fmt: skip

_PARTS = "special product without diagonals pair einsum diag pad logsumexp softmax sinc expit"

LIBRARY = Library(
    name="array-api",
    title="the array-API standard",
    prefix="xp.",
    imports={
        "importlib": "import importlib",
        "math": "import math",
        "array_namespace": "from array_api_compat import array_namespace",
        "device": "from array_api_compat import device",
    },
    same=names("""
        exp log log1p expm1 sqrt abs sign sin cos tan sinh cosh tanh floor max min prod clip matmul
        reshape stack repeat
        linalg.inv linalg.det linalg.slogdet linalg.solve linalg.cholesky linalg.matrix_power linalg.svd
    """),
    rules=_RULES,
    flips="xp.flip({array}, axis={axis})",
    first="xp = array_namespace({inputs})",
    parts=tuple(getattr(array_parts, f"_{name}") for name in _PARTS.split()),
    words=names("xp importlib math array_namespace device result"),
)  # fmt: skip
