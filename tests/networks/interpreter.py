"""A slow interpreter of networks: every repetition one after the other, every array an object of its own."""

from dataclasses import dataclass

import sympy

from symderive.cost.count import count
from symderive.cost.evaluation import evaluate
from symderive.cost.memory.kernels import kernels
from symderive.cost.memory.widths import OWN, width_of
from symderive.derive.kept import kept
from symderive.networks.operations import Learned

DTYPE = "float16"


@dataclass(eq=False)
class Made:
    """An array that was made: its shape in numbers, whether it is a parameter, and depends on one."""

    shape: tuple
    is_parameter: bool = False
    varies: bool = False
    domain: str = "real"

    @property
    def entries(self):
        total = 1
        for size in self.shape:
            total *= size
        return total

    def size(self, dtype):
        """Its bytes, or without a type its entries."""
        return self.entries * (1 if dtype is None else width_of(self.domain, dtype))

    def seen_as(self, tensor):
        """Note what a layer takes the array for: positions and truths have widths of their own."""
        if tensor.domain in OWN:
            self.domain = tensor.domain
        return self


class Interpreter:
    """Runs a network and notes which arrays are kept for the backward pass, and whether training is possible.

    Args:
        net: the network.
        values: a number for each symbol of its input.
        keeps: what a layer keeps.
    """

    def __init__(self, net, values, keeps=kept):
        self.values = {symbol: values[symbol.name] for symbol in self._symbols(net) if symbol.name in values}
        for name, meaning in net.relations.items():
            self.values[name] = int(evaluate(meaning, self.values))
        self.known, self.held, self.keeps = {}, {}, keeps
        self.passes, self.training, self.fits = [], [], True
        self.read = self.written = 0
        self.run(net.root, self.values)
        self.result = self.known[net.root.gives[0]]

    @staticmethod
    def _symbols(net):
        return {*net.root.symbols(), *(one for size in net.input_shape for one in size.free_symbols)}

    def number(self, size, values):
        return int(evaluate(sympy.sympify(size), values))

    def run(self, block, values):
        for child in block.children:
            if hasattr(child, "layer"):
                if child.is_run:
                    self.step(child, values)
            elif child.loop is None:
                self.run(child, values)
            else:
                self.loop(child, values)

    def loop(self, block, values):
        loop = block.loop
        now = self.array(loop.start, values)
        for number in range(1, self.number(block.times, values) + 1):
            self.known[loop.enter] = now
            inside = values | ({block.index: number} if block.index is not None else {})
            self.run(block, inside)
            now = self.array(loop.leave, inside)
        self.known[loop.end] = now

    def array(self, array, values):
        if array not in self.known:
            self.known[array] = Made(tuple(self.number(size, values) for size in array.shape))
        return self.known[array]

    def step(self, step, values):
        reads = [self.array(one, values) for one in step.reads]
        generic, sizes = step.layer.generic()
        trained = generic.in_training()
        varies = bool(step.layer.parameters) or any(one.varies for one in reads)
        made = Made(
            tuple(self.number(size, values) for size in step.shape), isinstance(step.layer, Learned), varies
        )
        self.known[step.writes] = made
        if made.is_parameter:
            return
        named = dict(zip((one.name for one in trained.data), reads, strict=False))
        wanted = tuple(
            one.name
            for one in trained.data
            if one.domain != "count" and one.name in named and named[one.name].varies
        )
        named |= {one.name: made for one in trained.results}
        roles = self.roles(generic, sizes, values)
        self.move(generic, reads, made, roles)
        numbers = {symbol: sympy.Integer(value) for symbol, value in roles.items()}
        self.fits &= all(condition.xreplace(numbers) == sympy.true for condition in trained.conditions)
        saves = []
        for tensor in self.keeps(trained, wanted):
            if tensor.name not in named:
                named[tensor.name] = Made(tuple(self.number(size, roles) for size in tensor.shape))
            array = named[tensor.name]
            if not array.is_parameter:
                array.seen_as(tensor)
                self.held.setdefault(array, tensor.domain)
                saves.append(array)
        self.train(trained, named, saves, roles)

    def train(self, layer, named, saves, roles):
        """Note the passes of a layer in training."""
        program, own, steps = layer.program(), {*layer.parameters, *layer.buffers}, []
        for one in kernels(count(program), layer.results):
            found = ([], [])
            for place, tensors in enumerate(([tensor for tensor, _ in one.reads], one.writes)):
                for tensor in tensors:
                    if tensor in own:
                        continue
                    if tensor.name not in named:
                        named[tensor.name] = Made(tuple(self.number(size, roles) for size in tensor.shape))
                    found[place].append(named[tensor.name].seen_as(tensor))
            reads, writes = found
            if any(one.varies for one in reads) or any(tensor in layer.parameters for tensor, _ in one.reads):
                for array in writes:
                    array.varies = True
            steps.append([[one for one in reads if not one.is_parameter], writes, []])
        there = [array for reads, writes, _ in steps for array in (*reads, *writes)]
        steps[-1][1] += [array for array in saves if array not in there]
        steps[0][2] += saves
        self.training += steps

    def roles(self, generic, sizes, values):
        found = {symbol: self.number(size, values) for symbol, size in sizes.items()}
        for symbol, size in generic.relations.items():
            found[symbol] = self.number(size, found)
        return found

    def move(self, layer, reads, made, roles):
        """Note the passes of a layer over memory."""
        program, own = layer.program(), {*layer.parameters, *layer.buffers}
        arrays = dict(zip(layer.data, reads, strict=False)) | dict.fromkeys(layer.results, made)
        for one in kernels(count(program), layer.results):
            touched = ([], [])
            moved = ([shape for _, shape in one.reads], [tensor.shape for tensor in one.writes])
            for place, tensors in enumerate(([tensor for tensor, _ in one.reads], one.writes)):
                for tensor, shape in zip(tensors, moved[place], strict=True):
                    numbers = tuple(self.number(size, roles) for size in shape)
                    if place == 0:
                        self.read += Made(numbers).entries * width_of(tensor.domain, DTYPE)
                    else:
                        self.written += Made(numbers).entries * width_of(tensor.domain, DTYPE)
                    if tensor not in own:
                        touched[place].append(arrays.setdefault(tensor, Made(numbers)).seen_as(tensor))
            self.passes.append(touched)

    @property
    def peak(self):
        """The most entries alive at one time."""
        return self.largest(None)

    @property
    def training_peak(self):
        """The most entries alive in a training step."""
        return self.largest_in_training(None)

    def largest(self, dtype):
        """The most bytes alive at one time: each pass looks at what was written and is read later."""
        passes = [([one for one in reads if not one.is_parameter], writes) for reads, writes in self.passes]
        first, last = {}, {}
        for place, (reads, writes) in enumerate(passes):
            for array in (*reads, *writes):
                last[array] = place
                first.setdefault(array, place if array in writes else 0)
        last[self.result] = len(passes)
        return max(
            sum(array.size(dtype) for array in last if first.get(array, 0) <= place <= last[array])
            for place in range(len(passes))
        )

    def largest_in_training(self, dtype):
        """The most bytes alive in a training step, each array and each gradient by when it lives."""
        ahead, lives, gradients = len(self.training), {}, {self.result: [len(self.training), None]}

        def live(array, place):
            lives.setdefault(array, [place, place])[1] = place

        for place, (reads, writes, _) in enumerate(self.training):
            for array in reads:
                lives.setdefault(array, [0, place])  # given, if nothing has made it
                live(array, place)
            for array in writes:
                live(array, place)
        live(self.result, ahead - 1)
        for place, (reads, writes, saves) in enumerate(reversed(self.training), ahead):
            for array in saves:
                live(array, place)
            own = [array for array in writes if array in gradients]
            for array in reads if own else ():
                if array.varies and not array.is_parameter:
                    gradients.setdefault(array, [place, None])
            for array in own:
                gradients[array][1] = place
        spans = [(array.size(dtype), *span) for array, span in lives.items()]
        spans += [(one.size(dtype), begin, end) for one, (begin, end) in gradients.items() if end is not None]
        return max(
            sum(size for size, begin, end in spans if begin <= place <= end) for place in range(2 * ahead)
        )

    @property
    def entries(self):
        """How many entries are kept."""
        return sum(array.entries for array in self.held)

    def bytes(self, dtype):
        """How many bytes are kept."""
        return sum(array.entries * width_of(domain, dtype) for array, domain in self.held.items())


def without(name):
    """A planted error: what a layer keeps, less the array of this name."""

    def keeps(layer, varying, again=()):
        return tuple(one for one in kept(layer, varying, again) if one.name != name)

    return keeps
