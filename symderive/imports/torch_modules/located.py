"""A model by the place where it is defined: `package.module:Model`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from symderive.errors import SymderiveError, did_you_mean


def located(place: str) -> Any:
    """What is defined in a module; the module is imported, which runs it, and is also looked for here.

    Args:
        place: the module, a colon, and the name, which may have dots.

    Raises:
        SymderiveError: no such module, a module that fails, or no such name in it.

    >>> located("collections.abc:Mapping").__name__
    'Mapping'
    """
    module, _, path = place.partition(":")
    if not path or not all(part.isidentifier() for part in (*module.split("."), *path.split("."))):
        raise SymderiveError(f'cost: "{place[:80]}" is no place of a model; write package.module:Model.')
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        found: Any = import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        hint = "check the name" if missing == module.partition(".")[0] else "install it, or check the name"
        raise SymderiveError(f"cost: there is no module {missing}; {hint}.") from None
    except Exception as error:  # whatever the code of a module raises
        said = " ".join(str(error).split())[:200]
        raise SymderiveError(f"cost: importing {module} fails: {type(error).__name__}: {said}.") from None
    finally:
        sys.path.remove(here)
    for part in path.split("."):
        if not hasattr(found, part):
            near = did_you_mean(part, dir(found))
            raise SymderiveError(f"cost: {module} has no {part}{near}")
        found = getattr(found, part)
    return found
