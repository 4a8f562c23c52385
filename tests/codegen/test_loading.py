"""What generated code may not do: it is looked through before it is run."""

from __future__ import annotations

import pytest

from symderive.codegen.loading import loaded
from symderive.errors import InternalError

HARMFUL = {
    "def f(x):\n    return open(x)\n": "open",
    "def f(x):\n    return eval(x)\n": "eval",
    "def f(x):\n    return __import__('os')\n": "__import__",
    "def f(x):\n    return x.__class__\n": "__class__",
    "def f(x, y=missing):\n    return x\n": "missing",
    "import numpy as np\n\ndef f(x):\n    return numpy.sin(x)\n": "numpy",
    "def f(x):\n    return sum(a + b for a in x)\n": "b",
}


@pytest.mark.parametrize("source", HARMFUL)
def test_a_name_that_is_not_defined_is_refused_before_anything_runs(source):
    with pytest.raises(
        InternalError, match=f"the code of f reads {HARMFUL[source]}, which it does not define"
    ):
        loaded(source, "f")


def test_a_library_that_is_absent_is_an_import_error():
    with pytest.raises(ImportError, match="no_such_library"):
        loaded("import no_such_library\n\ndef f(x):\n    return no_such_library.sin(x)\n", "f")
