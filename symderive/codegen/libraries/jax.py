"""JAX: pure functions that can be compiled by `jax.jit`; sizes are read off shapes, which are known then."""

from __future__ import annotations

from symderive.codegen.libraries.common_rules import chosen, counted
from symderive.codegen.libraries.record import Call, Library, Rule, names


def _like(call: Call) -> str:
    return call.written(f"jnp.{call.name[3:]}", dtype=f"{call.source}.dtype")


def _arange(call: Call) -> str:
    if "dtype" in call.keywords:
        return f"jnp.arange({call.args[0]}, dtype={call.source}.dtype)"
    return call.written("jnp.arange")


def _as_it_is(call: Call) -> str:
    return call.written(call.name)


_RULES: dict[str, Rule] = {
    "np.eye": _like,
    "np.ones": _like,
    "np.zeros": lambda call: f"jnp.zeros({call.args[0]}, dtype={call.source}.dtype)",
    "np.tri": lambda call: call.written("jnp.tri") if "dtype" in call.keywords else _like(call),
    "np.arange": _arange,
    "np.where": chosen("jnp.where", ".astype({source}.dtype)"),
    "np.sum": counted("jnp.sum", "{source}.dtype"),
}
_SPECIAL = names("""
    expit gammaln digamma erf erfc erfinv erfcx ndtr ndtri log_ndtr i0 i0e i1 i1e polygamma xlogy xlog1py
    gamma beta betaln logsumexp softmax log_softmax
""")

LIBRARY = Library(
    name="jax",
    title="JAX",
    prefix="jnp.",
    imports={
        "math": "import math",
        "jnp": "import jax.numpy as jnp",
        "special": "from jax.scipy import special",
    },
    same=names("""
        exp log log1p expm1 sqrt abs sign sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh
        arctanh arctan2 hypot logaddexp heaviside cbrt sinc floor maximum minimum max min prod cumsum clip
        outer trace tril triu diag diagonal einsum tensordot matmul transpose pad reshape stack repeat
        linalg.inv linalg.det linalg.slogdet linalg.solve linalg.cholesky linalg.matrix_power linalg.svd
        linalg.norm
    """),
    rules=_RULES | {f"special.{name}": _as_it_is for name in sorted(_SPECIAL)},
    words=names("jnp special math result"),
)
