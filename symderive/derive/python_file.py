"""A derivation as one Python file to take away: value, derivatives, random data and a self-check.

The file needs NumPy alone (SciPy where special functions occur). The self-check is written into it as it
stands in `symderive.numeric.self_check`, and so are the recipes that symderive draws its test points with.
"""

from __future__ import annotations

import contextlib
import io
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from symderive.calculus.condense import without_symmetry
from symderive.codegen.fixed_positions import with_rows_apart
from symderive.codegen.from_forms import constant
from symderive.codegen.lengths import where_at_least_0
from symderive.codegen.libraries import library
from symderive.codegen.loading import loaded
from symderive.codegen.numpy_source import def_source, exact_far_out, plan_of
from symderive.codegen.plain_source import plain_source
from symderive.codegen.translation import imports_of
from symderive.core.dims import shape_text
from symderive.core.nodes import Tensor
from symderive.core.program import Program
from symderive.derive.derivation import Derivation, Equation
from symderive.derive.verification import usual_data
from symderive.errors import InternalError, SymderiveError
from symderive.numeric import self_check
from symderive.numeric.draws import recipe_of

KINDS = {"gradient": "gradient", "hessian": "Hessian"}
RESERVED = frozenset({"rng", "seed", "np", "special"})
_RUN = """if __name__ == "__main__":
    raise SystemExit(0 if confirmed(CHECKS, random_data, value) else 1)
"""
_LAYOUT = """
A gradient has the shape of its variable; a second derivative has the axes of both variables in turn.
Run this file to compare every entry of the derivatives with central differences at random data.
""".strip().split("\n")


def python_file(derivation: Derivation) -> str:
    """The text of a file that computes the value and its derivatives and checks itself when it is run.

    Args:
        derivation: a gradient or a second derivative of a scalar.

    Returns:
        the source; `python FILE` prints what was compared and exits with 1 if an entry disagrees.

    Raises:
        SymderiveError: it is another kind of derivation, or a size has a name that the file needs.
        InternalError: the derivation or the file does not pass its check.
    """
    if not is_for_a_file(derivation):
        what = "blocks of Hessians" if derivation.kind == "hessian" else f"the {derivation.word}"
        what = "rows and transposes" if derivation.layout.turned else what
        raise SymderiveError(
            f"Python file: it holds gradients and Hessians, not {what}; use to_numpy().source."
        )
    if not derivation.checks:
        raise InternalError("Python file: the derivation was not checked; do not use it.")
    orders = tuple(one for one in (derivation.first, derivation) if one is not None)
    functions = [_value(derivation), *(_derivative(one, derivation) for one in orders)]
    data, recipes = _random_data(derivation)
    tests: list[Callable[..., Any]] = [self_check.differences, self_check.compare, self_check.confirmed]
    parts = [*functions, data, *recipes, *(plain_source(one) for one in tests)]
    head = _docstring(_heading(derivation, orders))
    source = "\n\n".join([f"{head}\n\n{imports_of(''.join(parts), library('numpy'))}", *parts, _main(orders)])
    _confirm(source, derivation)
    return source


def is_for_a_file(derivation: Derivation) -> bool:
    """Whether `python_file` writes a file of this kind of derivation: a gradient or one second derivative."""
    one = derivation.kind == "gradient" or (derivation.kind == "hessian" and len(derivation.results) == 1)
    return one and derivation.verifier is None and not derivation.layout.turned


def _heading(derivation: Derivation, orders: Sequence[Derivation]) -> list[str]:
    """What the file is about: formulas, shapes, conditions."""
    title = ", ".join(["Value", *(f"{_word(one)} in {_variables(one)}" for one in orders)])
    lines = [f"{title}, derived by symderive.", "", f"    {derivation.loss}"]
    for one in orders:
        lines += [f"    {line}" for line in _formulas(one.results, one.lets)]
    lines += ["", f"Arrays: {', '.join(f'{one.name} {_shape(one)}' for one in derivation.original.inputs)}."]
    conditions = {str(one): one.kind for order in orders for one in order.conditions}
    lines += [f"{'Holds where' if kind == 'domain' else 'Uses'} {said}." for said, kind in conditions.items()]
    return [*lines, *_LAYOUT]


def _formulas(results: Sequence[Equation], lets: Sequence[Equation]) -> list[str]:
    """The closed forms, then the names in them."""
    where = (f"{'where' if place == 0 else '     '} {one}" for place, one in enumerate(lets))
    return [*map(str, results), *where]


def _word(derivation: Derivation) -> str:
    return KINDS[derivation.kind]


def _variables(derivation: Derivation) -> str:
    return " and ".join(dict.fromkeys(str(one.name) for one in derivation.wrt))


def _shape(tensor: Tensor) -> str:
    domain = "" if tensor.domain == "real" else f" ({tensor.domain})"
    return f"{shape_text(tensor.shape)}{domain}"


def _docstring(lines: Iterable[str]) -> str:
    return '"""' + "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''") + '\n"""'


def _value(derivation: Derivation) -> str:
    """The function that was differentiated, right also where a variable is not symmetric as declared."""
    program = exact_far_out(without_symmetry(derivation.original, derivation.wrt))
    with where_at_least_0(derivation.slacks):
        return def_source(program, "value", _words([derivation.loss], [], derivation, ()))


def _derivative(order: Derivation, derivation: Derivation) -> str:
    """The function of one derivative, with all arrays of the value as its arguments."""
    program = without_symmetry(with_rows_apart(order.program, order.slacks), derivation.wrt)
    inputs = without_symmetry(derivation.original, derivation.wrt).inputs
    whole = Program(inputs, program.definitions, program.outputs)
    words = _words(order.results, order.lets, derivation, program.outputs)
    with where_at_least_0(order.slacks):
        return def_source(plan_of(whole), order.kind, words)


def _words(
    results: Sequence[Equation], lets: Sequence[Equation], derivation: Derivation, outputs: Sequence[Tensor]
) -> list[str]:
    """The docstring of a function: formulas, arguments, what it returns."""
    shapes = [shape_text(one.shape) for one in outputs] or ["a number"]
    lines = _formulas(results, lets)
    lines += ["", "Args:", *(f"    {one.name}: {_shape(one)}" for one in derivation.original.inputs)]
    return [*lines, "", f"Returns: {', '.join(shapes)}"]


def _random_data(derivation: Derivation) -> tuple[str, list[str]]:
    """The function that draws arrays, and the recipes that it uses."""
    sizes, kind, scale = usual_data(derivation)
    if clash := [symbol.name for symbol in sizes if symbol.name in RESERVED]:
        raise SymderiveError(
            f"Python file: the size {clash[0]} has the name of something in the file; rename it."
        )
    recipes: dict[str, str] = {}
    rows = []
    for tensor in derivation.original.inputs:
        real = tensor.domain == "real"
        recipe = recipe_of(kind if real else str(tensor.domain))
        name = recipe.__name__.lstrip("_")
        recipes[name] = plain_source(recipe)
        factor = f"{scale} * " if real and scale != 1 else ""
        rows.append(f'        "{tensor.name}": {factor}draw_{name}(rng, {_extents(tensor)}),')
    lines = [
        "def random_data(seed):",
        '    """Random arrays of the right shapes and domains; the sizes are pairwise different."""',
        "    rng = np.random.default_rng(seed)",
    ]
    if sizes:
        lines.append(f"    {', '.join(one.name for one in sizes)} = {', '.join(map(str, sizes.values()))}")
    lines += ["    return {", *rows, "    }", ""]
    renamed = [made.replace(f"def _{name}(", f"def draw_{name}(") for name, made in recipes.items()]
    return "\n".join(lines), renamed


def _extents(tensor: Tensor) -> str:
    """The shape as code."""
    inside = ", ".join(constant(size)[0] for size in tensor.shape)
    return f"({inside},)" if tensor.rank == 1 else f"({inside})"


def _main(orders: Sequence[Derivation]) -> str:
    """What happens when the file is run."""
    rows = []
    before = "value"
    for order in orders:
        names = [str(one.name) for one in (order.wrt if order.first is None else order.wrt[-1:])]
        rows.append(f"    ({order.kind!r}, {order.kind}, {before}, {tuple(names)!r}),".replace("'", '"'))
        before = order.kind
    titles = "    # title, derivative, what it is the derivative of, with respect to"
    table = "\n".join(["CHECKS = (", titles, *rows, ")"])
    return f"{table}\n\n{_RUN}"


def _confirm(source: str, derivation: Derivation) -> None:
    """Run the self-check of the file before anybody gets it.

    Raises:
        InternalError: it fails.
    """
    space = loaded(source, "the Python file")
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            good = space["confirmed"](space["CHECKS"], space["random_data"], space["value"])
    except (ArithmeticError, ValueError) as error:
        printed.write(str(error))
        good = False
    if not good:
        found = textwrap.shorten(printed.getvalue(), 400)
        raise InternalError(f"the Python file of the {derivation.kind} does not pass its own check: {found}")
