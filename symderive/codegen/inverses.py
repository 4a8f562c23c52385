"""Inverses and factors that are read entry by entry in several places, computed once.

In matrix notation a product with an inverse solves a system; an equation with more than two axes, such as
`∂Fᵢⱼ/∂Sₖₗ = −(S⁻¹)ᵢₖ(S⁻¹)ₗⱼ`, needs the inverse itself.
"""

from __future__ import annotations

from symderive.codegen.new_names import NewNames
from symderive.core.identity import FREE_LETTERS, fresh
from symderive.core.kinds import has_kind
from symderive.core.matrix_nodes import CHOLESKY, InverseEntry
from symderive.core.nodes import Entry, TensorNode
from symderive.core.program import Definition, Program
from symderive.core.singular_nodes import SingularEntry

_COSTLY = (InverseEntry, *CHOLESKY, SingularEntry)

Found = tuple[type[TensorNode], object]


def with_inverses_named(program: Program, names: NewNames) -> Program:
    """The program with such inverses as arrays of their own.

    Args:
        program: the equations, in order.
        names: gives the new names.
    """
    reads: dict[Found, list[TensorNode]] = {}
    for made in program.definitions:
        if made.tensor.rank > 2 and has_kind(made.body, _COSTLY):
            for node in sorted(made.body.atoms(*_COSTLY), key=str):
                reads.setdefault((type(node), node.tensor), []).append(node)
    arrays: dict[Found, Definition] = {}
    for key, nodes in reads.items():
        if len(nodes) > 1:
            labels = fresh(nodes[0].tensor.shape, (), FREE_LETTERS)
            whole = nodes[0].func(nodes[0].tensor, *labels)
            arrays[key] = Definition(names.tensor(labels), labels, whole)
    if not arrays:
        return program
    definitions: list[Definition] = []
    for made in program.definitions:
        own = [one for one in made.body.atoms(*_COSTLY) if (type(one), one.tensor) in arrays]
        if made.tensor.rank <= 2 or not own:
            definitions.append(made)
            continue
        used = dict.fromkeys((type(one), one.tensor) for one in sorted(own, key=str))
        definitions += [arrays[key] for key in used if arrays[key] not in definitions]
        instead = {one: Entry(arrays[type(one), one.tensor].tensor, *one.axes) for one in own}
        definitions.append(made.with_body(made.body.xreplace(instead)))
    return Program(program.inputs, tuple(definitions), program.outputs)
