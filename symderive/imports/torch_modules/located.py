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
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise SymderiveError(f"cost: importing {module} fails: {type(error).__name__}: {said}.") from None
    finally:
        sys.path.remove(here)
    where = module
    for part in path.split("."):
        if not hasattr(found, part):
            raise SymderiveError(f"cost: {where} has no {part}{_there_is(found, part, where)}")
        found, where = getattr(found, part), f"{where}.{part}"
    return found


def _there_is(place: Any, wanted: str, where: str) -> str:
    """The end of a sentence: what is near, else the models and functions that are defined there."""
    near = did_you_mean(wanted, [name for name in dir(place) if not name.startswith("_")])
    if near != ".":
        return near
    names = [
        name
        for name, one in vars(place).items()
        if callable(one) and not name.startswith("_") and getattr(one, "__module__", None) == where
    ]
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    if not names:
        return f"; {where} defines no model and no function: name another place."
    return f"; it defines {', '.join(names[:12])}{more}: name one of them."
