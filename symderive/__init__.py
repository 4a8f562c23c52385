"""symderive derives, checks, costs and typesets the mathematics of machine learning.

The public names are loaded on first use, so that ``import symderive`` costs nothing.
To add a name, write it in both lists below; a test holds them equal and resolves every name.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# What runs: public name -> the module that defines it.
_PUBLIC = {
    "Array": "symderive.language.array",
    "Bernoulli": "symderive.likelihoods.bernoulli",
    "Derivation": "symderive.derive.derivation",
    "Exponential": "symderive.likelihoods.exponential",
    "GLM": "symderive.derive.glm",
    "InternalError": "symderive.errors",
    "Layer": "symderive.derive.network",
    "Network": "symderive.derive.network",
    "Normal": "symderive.likelihoods.normal",
    "Poisson": "symderive.likelihoods.poisson",
    "ProblemError": "symderive.errors",
    "ShapeError": "symderive.errors",
    "SymderiveError": "symderive.errors",
    "arange": "symderive.language.creating",
    "array": "symderive.language.declaring",
    "cost": "symderive.derive.costs",
    "derivative": "symderive.derive.higher",
    "dims": "symderive.core.dims",
    "directional": "symderive.derive.directional",
    "eye": "symderive.language.creating",
    "from_function": "symderive.language.text",
    "from_sympy": "symderive.language.from_sympy",
    "full": "symderive.language.creating",
    "gradient": "symderive.derive.gradient",
    "hessian": "symderive.derive.higher",
    "hessian_vector_product": "symderive.derive.directional",
    "jacobian": "symderive.derive.jacobian",
    "let": "symderive.language.declaring",
    "log_softmax": "symderive.language.extras",
    "logsumexp": "symderive.language.extras",
    "ones": "symderive.language.creating",
    "parse": "symderive.language.text",
    "softmax": "symderive.language.extras",
    "zeros": "symderive.language.creating",
}

# What type checkers and editors read.
if TYPE_CHECKING:
    from symderive.core.dims import dims as dims
    from symderive.derive.costs import cost as cost
    from symderive.derive.derivation import Derivation as Derivation
    from symderive.derive.directional import directional as directional
    from symderive.derive.directional import hessian_vector_product as hessian_vector_product
    from symderive.derive.glm import GLM as GLM
    from symderive.derive.gradient import gradient as gradient
    from symderive.derive.higher import derivative as derivative
    from symderive.derive.higher import hessian as hessian
    from symderive.derive.jacobian import jacobian as jacobian
    from symderive.derive.network import Layer as Layer
    from symderive.derive.network import Network as Network
    from symderive.errors import InternalError as InternalError
    from symderive.errors import ProblemError as ProblemError
    from symderive.errors import ShapeError as ShapeError
    from symderive.errors import SymderiveError as SymderiveError
    from symderive.language.array import Array as Array
    from symderive.language.creating import arange as arange
    from symderive.language.creating import eye as eye
    from symderive.language.creating import full as full
    from symderive.language.creating import ones as ones
    from symderive.language.creating import zeros as zeros
    from symderive.language.declaring import array as array
    from symderive.language.declaring import let as let
    from symderive.language.extras import log_softmax as log_softmax
    from symderive.language.extras import logsumexp as logsumexp
    from symderive.language.extras import softmax as softmax
    from symderive.language.from_sympy import from_sympy as from_sympy
    from symderive.language.text import from_function as from_function
    from symderive.language.text import parse as parse
    from symderive.likelihoods.bernoulli import Bernoulli as Bernoulli
    from symderive.likelihoods.exponential import Exponential as Exponential
    from symderive.likelihoods.normal import Normal as Normal
    from symderive.likelihoods.poisson import Poisson as Poisson

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        from symderive.errors import did_you_mean

        raise AttributeError(f'symderive has no public name "{name}"{did_you_mean(name, _PUBLIC)}')
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *_PUBLIC})


class _Package(ModuleType):
    """The package object: a public name wins over a subpackage of the same name.

    Importing the subpackage ``symderive.cost`` binds it as an attribute of the package. Without this class,
    ``symderive.cost`` would be the function or the subpackage according to what was imported first.
    Import from such a subpackage with ``from symderive.cost.MODULE import NAME``.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
