"""The program of the equations behind symbolic arrays."""

from __future__ import annotations

from symderive.core.program import Program
from symderive.errors import SymderiveError
from symderive.language.array import Array


def inputs_of(value: Array) -> tuple[Array, ...]:
    """The input arrays that `value` depends on, in the order in which they are first used."""
    return tuple(node for node in ordered(value) if node.definition is None)


def ordered(*values: Array) -> list[Array]:
    """All arrays that `values` are made of, operands first, without recursion and each once.

    Raises:
        SymderiveError: two different arrays have one name.
    """
    done: dict[str, Array] = {}
    stack = [(value, False) for value in reversed(values)]
    while stack:
        node, expanded = stack.pop()
        if node.name in done:
            if done[node.name].digest != node.digest:
                raise SymderiveError(
                    f"building the program: {node.name} is declared twice; give each array its own name."
                )
            continue
        if expanded or not node.operands:
            done[node.name] = node
            continue
        stack.append((node, True))
        stack.extend((operand, False) for operand in reversed(node.operands))
    return list(done.values())


def program_of(*outputs: Array) -> Program:
    """The program of the equations behind `outputs`.

    Raises:
        SymderiveError: two different arrays with one name.
    """
    nodes = ordered(*outputs)
    inputs = tuple(node.tensor for node in nodes if node.definition is None)
    definitions = tuple(node.definition for node in nodes if node.definition is not None)
    return Program(inputs, definitions, tuple(output.tensor for output in outputs))
