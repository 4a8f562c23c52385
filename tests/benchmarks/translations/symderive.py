"""symderive's answers: the lambdas are called on symbolic arrays as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

import symderive as sd
from symderive.codegen.numpy_source import numpy_function
from symderive.errors import SymderiveError
from symderive.language.programs import program_of
from symderive.notation.recover import matrix_form

DISTRIBUTION = "symderive"
_SPACE = {"np": np, "sc": special, "expit": special.expit, "erf": special.erf}


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """The values at the points of a case, the printed text, and whether it is matrix notation."""
    arrays = {
        name: sd.array(name, *(sd.dims(size) for size in shape), domain=case["domains"].get(name, "real"))
        for name, shape in case["shapes"].items()
    }
    try:
        loss = eval(case["function"], dict(_SPACE))(**arrays)
    except SymderiveError:  # what Python itself refuses to symbolic sizes, as len(X), is read as text
        loss = sd.parse(case["function"], **arrays)
    variables = [arrays[name] for name in case["variables"]]
    if not variables:
        code, text, readable = numpy_function(program_of(loss), "value"), "", True
    else:
        made = sd.gradient(loss, variables[0]) if len(variables) == 1 else sd.hessian(loss, *variables)
        equations = [*made.results, *made.lets]
        written = [
            matrix_form(one.definition) is not None or one.definition.tensor.rank > 2 for one in equations
        ]
        code, text, readable = made.to_numpy(), made.latex(), all(written)
    names = [tensor.name for tensor in code.program.inputs]
    values = [
        np.asarray(code(**{name: np.asarray(point[name]) for name in names})).tolist()
        for point in case["points"]
    ]
    return {"values": values, "text": text, "readable": readable}
