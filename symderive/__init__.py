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
    "cost": "symderive.cost",
    "let": "symderive.language.array",
    "hessian": "symderive.derive.gradient",
    "gradient": "symderive.derive.gradient",
    "dims": "symderive.core.dims",
    "array": "symderive.language.array",
    "Derivation": "symderive.derive.derivation",
    "Array": "symderive.language.array",
    "InternalError": "symderive.errors",
    "ProblemError": "symderive.errors",
    "ShapeError": "symderive.errors",
    "SymderiveError": "symderive.errors",
}

# What type checkers and editors read.
if TYPE_CHECKING:
    from symderive.cost import cost as cost
    from symderive.language.array import let as let
    from symderive.derive.gradient import hessian as hessian
    from symderive.derive.gradient import gradient as gradient
    from symderive.core.dims import dims as dims
    from symderive.language.array import array as array
    from symderive.derive.derivation import Derivation as Derivation
    from symderive.language.array import Array as Array
    from symderive.errors import InternalError as InternalError
    from symderive.errors import ProblemError as ProblemError
    from symderive.errors import ShapeError as ShapeError
    from symderive.errors import SymderiveError as SymderiveError

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
