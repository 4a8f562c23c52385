"""The families of networks: one file each, holding a declaration and the members by name.

A file defines `FAMILY`. Being in this folder is all that it takes to be in `families` and in the tests
over it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from symderive.networks.family import Family

__all__ = ["families", "members"]


@cache
def families() -> Mapping[str, Family]:
    """Every family by the name of its file, in alphabetical order.

    >>> "resnet" in families()
    True
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").FAMILY for name in names}


@cache
def members() -> Mapping[str, Family]:
    """The family of every member, by the member's name.

    >>> members()["resnet18"] is families()["resnet"]
    True
    """
    return {name: family for family in families().values() for name in family.members}
