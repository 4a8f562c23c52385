import ast
import os
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import symderive

PACKAGE = Path(symderive.__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
TABLE = symderive._PUBLIC


def names_for_type_checkers():
    """Return what the TYPE_CHECKING block of the package imports: public name -> module."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imports = [node for node in ast.walk(block) if isinstance(node, ast.ImportFrom)]
    return {alias.asname: node.module for node in imports for alias in node.names}


def test_type_checkers_and_the_running_package_know_the_same_names():
    assert names_for_type_checkers() == TABLE


def test_the_table_is_sorted():
    assert list(TABLE) == sorted(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_public_name_resolves_to_something_documented(name):
    value = getattr(symderive, name)
    assert value is getattr(import_module(TABLE[name]), name)
    assert value.__doc__
    assert name in symderive.__all__
    assert name in dir(symderive)


def test_public_names_win_over_subpackages_of_the_same_name():
    for module in pkgutil.walk_packages([str(PACKAGE)], prefix="symderive."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for name, module in TABLE.items():
        assert getattr(symderive, name) is getattr(import_module(module), name)
    before = symderive.ShapeError
    symderive.ShapeError = ModuleType("symderive.ShapeError")
    assert symderive.ShapeError is before


def test_star_import_brings_all_of_it():
    names = {}
    exec("from symderive import *", names)
    assert set(symderive.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error_with_the_nearest_name():
    with pytest.raises(AttributeError, match='did you mean "ShapeError"'):
        _ = symderive.ShapeEror
    assert not hasattr(symderive, "nothing_like_that")


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, symderive; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    loaded = result.stdout.split()
    assert "symderive" in loaded
    assert not {"sympy", "numpy", "scipy", "jinja2", "rich"} & set(loaded)
