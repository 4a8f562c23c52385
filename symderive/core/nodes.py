"""The node types inside an equation: indices, entries, sums over an index, Kronecker's delta.

Everything else in a right-hand side is ordinary SymPy. The nodes do not simplify what they are given; the
laws that rewrite them (`Σ_j δ_ij f_j = f_i` and so on) live in `symderive.calculus`.

SymPy's operations apply to the nodes. Three things to know:

- `subs` respects binding: a bound index is never replaced, and never captures what is put in.
- `xreplace` is SymPy's exact replacement of subtrees and knows nothing of binding, as for SymPy's own `Sum`.
- `cse` knows nothing of binding either; give it the bound indices as `ignore`.
"""

from symderive.core.binders import Binder, Fold, IndexMax, IndexMin, IndexProduct, IndexSum
from symderive.core.delta import Delta
from symderive.core.tensors import DOMAINS, STRUCTURES, Entry, Index, Tensor, TensorNode, fitted

__all__ = [
    "DOMAINS",
    "STRUCTURES",
    "Binder",
    "Delta",
    "Entry",
    "Fold",
    "Index",
    "IndexMax",
    "IndexMin",
    "IndexProduct",
    "IndexSum",
    "Tensor",
    "TensorNode",
    "fitted",
]
