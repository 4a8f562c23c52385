"""What the equations of an imported model compute, by plain loops: for models that only pass arrays on."""

import numpy as np

from tests.cost.brute_force import Loops


def replay(network, *arrays):
    """The first result of a network of known sizes, each of its steps by loops.

    An array that is read in another shape has to have the same entries in the same order there.

    Args:
        network: the network, whose inputs are numbers that are read in the order in which they are given.
        *arrays: the inputs.
    """
    held, waiting = {}, list(arrays)
    for _, step in network.root.steps():
        program = step.layer.program()
        reads = []
        for array in step.reads:
            if array not in held:
                held[array] = waiting.pop(0)
            reads.append(held[array])
        given = {
            tensor.name: np.asarray(value, dtype=float).reshape([int(size) for size in tensor.shape])
            for tensor, value in zip(program.inputs, reads, strict=True)
        }
        held[step.writes] = Loops(program, given).arrays[program.outputs[0].name]
    assert not waiting
    return held[network.root.gives[0]]
