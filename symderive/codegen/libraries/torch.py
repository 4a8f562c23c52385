"""PyTorch: tensors of any type on any device; differentiable code, no copy to NumPy."""

from __future__ import annotations

import ast

from symderive.codegen.libraries import torch_parts
from symderive.codegen.libraries.common_rules import bounded, chosen, counted
from symderive.codegen.libraries.record import Call, Library, Rule, names, pads_of

_LIKE = "dtype={source}.dtype, device={source}.device"


def _tensor(call: Call, place: int) -> str:
    """An argument, as a tensor where it is a number."""
    if not call.scalars[place]:
        return call.args[place]
    return f"torch.tensor({call.args[place]}, {_LIKE.format(source=call.source)})"


def _of_tensors(name: str) -> Rule:
    return lambda call: f"{name}({', '.join(_tensor(call, place) for place in range(len(call.args)))})"


def _arange(call: Call) -> str:
    kind = f"dtype={call.source}.dtype, " if "dtype" in call.keywords else ""
    return f"torch.arange({call.args[0]}, {kind}device={call.source}.device)"


def _on(size: str, call: Call) -> str:
    return f"torch.arange({size}, device={call.source}.device)"


def _tri(call: Call) -> str:
    rows, columns, shift = (*call.args, *call.args[:1], "")[:3] if len(call.args) < 3 else call.args
    mask = f"{_on(rows, call)}[:, None]{f' + {shift}' if shift else ''} >= {_on(columns, call)}"
    return mask if "dtype" in call.keywords else f"({mask}).to({call.source}.dtype)"


def _eye(call: Call) -> str:
    if len(call.args) < 3:
        return call.written("torch.eye", dtype=f"{call.source}.dtype", device=f"{call.source}.device")
    rows, columns, shift = call.args
    mask = f"{_on(rows, call)}[:, None] + {shift} == {_on(columns, call)}"
    return f"({mask}).to({call.source}.dtype)"


def _pad(call: Call) -> str:
    """The last axis comes first."""
    widths = ", ".join(f"{before}, {behind}" for before, behind in reversed(pads_of(call)))
    return f"torch.nn.functional.pad({call.args[0]}, ({widths}))"


def _whole(name: str) -> Rule:
    """What needs an axis, over all of them."""

    def rule(call: Call) -> str:
        if "b" in call.keywords:
            return call.written("_logsumexp")
        if "axis" in call.keywords:
            return call.written(name)
        flat = f"torch.ravel({call.args[0]})"
        return f"{name}({flat}, axis=0)" + (f".reshape({call.atoms[0]}.shape)" if "softmax" in name else "")

    return rule


def _product(call: Call) -> str:
    """One axis at a time."""
    axis = call.keywords.get("axis", "")
    if not axis.startswith("("):
        return call.written("torch.prod")
    written = call.args[0]
    for one in sorted((int(part) for part in axis.strip("()").split(",") if part.strip()), reverse=True):
        written = f"torch.prod({written}, axis={one})"
    return written


_SPECIAL = names("expit gammaln digamma erf erfc erfinv erfcx ndtr ndtri log_ndtr i0 i0e i1 i1e")


def _tensordot(call: Call) -> str:
    """`axes=(0, (1, 2))` as lists of axes."""
    axes = ast.literal_eval(call.keywords["axes"])
    lists = ", ".join(str(list(one) if isinstance(one, tuple) else [one]) for one in axes)
    return f"torch.tensordot({call.args[0]}, {call.args[1]}, dims=({lists}))"


_RULES: dict[str, Rule] = {
    "np.eye": _eye,
    "np.ones": "torch.ones({0}, " + _LIKE + ")",
    "np.zeros": "torch.zeros({0}, " + _LIKE + ")",
    "np.tri": _tri,
    "np.arange": _arange,
    "np.where": chosen("torch.where", ".to({source}.dtype)"),
    "np.sum": counted("torch.sum", "{source}.dtype"),
    "np.maximum": bounded("torch.clip", "min", "torch.maximum"),
    "np.minimum": bounded("torch.clip", "max", "torch.minimum"),
    "np.logaddexp": _of_tensors("torch.logaddexp"),
    "np.hypot": _of_tensors("torch.hypot"),
    "np.arctan2": _of_tensors("torch.arctan2"),
    "np.heaviside": "({a[0]} > 0).to({source}.dtype)",
    "np.cbrt": "torch.sign({0}) * torch.abs({0}) ** (1 / 3)",
    "np.max": lambda call: call.written("torch.amax"),
    "np.min": lambda call: call.written("torch.amin"),
    "np.prod": _product,
    "np.cumsum": lambda call: call.written("torch.cumsum", axis=call.keywords.get("axis", "0")),
    "np.pad": _pad,
    "np.repeat": lambda call: call.written("torch.repeat_interleave"),
    "np.transpose": lambda call: call.written("torch.permute"),
    "np.tensordot": _tensordot,
    "np.linalg.norm": lambda call: call.written("torch.linalg.matrix_norm"),
    "special.betaln": "torch.special.gammaln({0}) + torch.special.gammaln({1})"
    " - torch.special.gammaln({a[0]} + {a[1]})",
    "special.xlogy": _of_tensors("torch.special.xlogy"),
    "special.xlog1py": _of_tensors("torch.special.xlog1py"),
    "special.logsumexp": _whole("torch.logsumexp"),
    "special.softmax": _whole("torch.softmax"),
    "special.log_softmax": _whole("torch.log_softmax"),
    "special.polygamma": "torch.special.polygamma({0}, {1})",
    **{f"special.{name}": f"torch.special.{name}({{0}})" for name in sorted(_SPECIAL)},
}

LIBRARY = Library(
    name="torch",
    title="PyTorch",
    prefix="torch.",
    imports={"math": "import math", "torch": "import torch"},
    same=names("""
        exp log log1p expm1 sqrt abs sign sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh
        arctanh sinc floor outer trace tril triu diag diagonal einsum matmul clip maximum minimum
        reshape stack
        linalg.inv linalg.det linalg.slogdet linalg.solve linalg.cholesky linalg.matrix_power linalg.svd
    """),
    rules=_RULES,
    flips="torch.flip({array}, ({axis},))",
    parts=(torch_parts._logsumexp,),
    words=names("torch math result"),
)
