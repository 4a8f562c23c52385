"""A torch model as a network in our own terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import sympy

from symderive.core.dims import Dim
from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.torch_modules.arrays import Arrays, Own
from symderive.imports.torch_modules.blocks import nested
from symderive.imports.torch_modules.exported import Exported, is_exported
from symderive.imports.torch_modules.inputs import TYPES, Given, all_given
from symderive.imports.torch_modules.models import (
    POINTS,
    at_inference,
    is_final,
    model_of,
    numbers_for,
    sentence,
)
from symderive.imports.torch_modules.modules import followed
from symderive.imports.torch_modules.record import Record
from symderive.imports.torch_modules.shortcuts import Shortcuts
from symderive.imports.torch_modules.sizes import Sizes
from symderive.imports.torch_modules.spoken import in_names_of_the_user
from symderive.imports.torch_modules.symbols import Symbols, without_implied
from symderive.imports.torch_modules.tracing import Noting, dispatch_mode, tensors_in
from symderive.imports.torch_modules.whole import noted_as_a_whole
from symderive.layers.layer import free_dims
from symderive.networks import Architecture, Feature
from symderive.networks.block import Array
from symderive.networks.extents import needs
from symderive.networks.trace import Trace


def torch_network(model: Any, input: Any = None) -> Architecture:  # as in the command: --input
    """A `torch.nn.Module` as a network, with symbolic sizes of its inputs.

    The model runs once, as at inference, on tensors that have sizes and no entries; nothing is trained and
    nothing of it is changed. Each operation becomes a layer, in blocks with the names of the modules; one
    that is not known, or not counted by a formula, is listed in `unknown` of the cost, with the reason where
    there is one. What depends neither on the inputs nor on the parameters is known before there are data and
    costs nothing, but for random numbers, which are drawn again; and likewise arithmetic on whole numbers and
    truth values, but for matrix products and convolutions. Entries that are only moved or chosen are no
    layer. A branch that the model takes because of a size becomes a condition.

    Args:
        model: a module, a class of modules that takes no arguments, a function that gives a module, or a
            `torch.export.ExportedProgram`.
        input: the sizes of its input, such as "B,3,H,W", or "B,T:integer" for numbers of tokens; several as a
            tuple, or by the names of the arguments. An exported program has the sizes with which it was
            exported; a text gives other names to those that are open.

    Returns:
        the network. Shared parameters count once; frozen ones are buffers, named as such.

    Raises:
        SymderiveError: no such model, or one that cannot run on sizes alone: shapes that depend on the data,
            or a size that it fixes.
        ShapeError: not sizes.
    """
    torch = extra("torch", "importing a torch model")
    if is_exported(torch, model):
        exported = Exported(torch, model)
        ordered, point = exported.given(input)
        return _Run(torch, exported.inner, point, exported).network(ordered, {})
    module = model_of(torch, model)
    ordered, named = all_given(input)
    problems: list[Exception] = []
    for images, sequences in POINTS:
        point = numbers_for([*ordered, *named.values()], images, sequences)
        try:
            return _Run(torch, module, point).network(ordered, named)
        except SymderiveError:
            raise
        except Exception as error:  # whatever the code of a model raises
            problems.append(error)
            if is_final(error):
                break
    raise SymderiveError(f"{type(module).__name__}: {sentence(problems[0])}")


class _Run:
    """A model on its way through one run."""

    def __init__(
        self, torch: Any, module: Any, point: Mapping[Dim, int], exported: Exported | None = None
    ) -> None:
        self.torch, self.module, self.exported, self.point = torch, module, exported, point
        self.name = type(module).__name__ if exported is None else exported.title
        self.trace = Trace(dim.name for dim in point)
        self.sizes = Sizes(self.trace.extents, point)
        self.symbols = Symbols(self.sizes)
        self.record = Record(self.trace, self.sizes, Arrays(_owned(module)))

    def network(self, ordered: list[Given], named: Mapping[str, Given]) -> Architecture:
        """Run the model; what it computes as a network."""
        from torch._dispatch.python import enable_python_dispatcher
        from torch._subclasses.fake_tensor import FakeTensorMode

        noting = Noting(self.record, Shortcuts(self.torch, self.record, self.symbols))
        mode = FakeTensorMode(shape_env=self.symbols.environment, allow_non_fake_inputs=True)
        with ExitStack() as stack:
            for context in (at_inference(self.torch, self.module), mode, self.torch.no_grad()):
                stack.enter_context(context)
            stack.enter_context(in_names_of_the_user(self.sizes.symbols, self.point))
            inputs = [self._input(one) for one in ordered]
            by_name = {name: self._input(one) for name, one in named.items()}
            stack.enter_context(followed(self.torch, self.record, self.module))
            stack.enter_context(noted_as_a_whole(self.torch, noting))
            stack.enter_context(dispatch_mode(noting))
            stack.enter_context(enable_python_dispatcher())
            if self.exported is not None:
                result = self.exported.run(self.record, noting, inputs)
            else:
                result = self.module(*inputs, **by_name)
        replaced = list(self.symbols.replaced(self.name))
        outputs = [self.record.feature(one) for one in tensors_in(result)]
        return self._architecture([*ordered, *named.values()], outputs, replaced)

    def _input(self, given: Given) -> Any:
        own = [*self.module.parameters(), *self.module.buffers()]
        numbers = [one for one in own if one.is_floating_point()]
        kind = getattr(self.torch, TYPES[given.domain]) if given.domain in TYPES else None
        kind = kind or (numbers[0].dtype if numbers else self.torch.get_default_dtype())
        sizes = [self.symbols.integer(size) for size in given.shape]
        made = self.torch.empty(sizes, dtype=kind, device=own[0].device if own else "cpu")
        self.record.bind(made, Feature(given.shape, self.trace, Array(given.shape)))
        return made

    def _architecture(self, inputs: list[Given], outputs: list[Feature], replaced: list[Any]) -> Architecture:
        for own in self.record.arrays.left():
            self.record.scope = (("not used" if own.is_parameter else "kept", None),)
            self.record.put_aside(own)
        shape, arrays = next((one.shape for one in outputs), ()), tuple(one.array for one in outputs)
        steps = self.trace.rooted(self.name, shape, arrays).children
        meanings = self.trace.extents.meanings
        root = replace(nested(self.name, steps, self.record.scopes, shape), gives=arrays)
        found = without_implied([*replaced, *self.symbols.conditions()], self.trace.extents)
        ranges = () if self.exported is None else self.exported.ranges()
        conditions = [*self.trace.conditions, *ranges, *found]
        symbols = [symbol for one in inputs for size in one.shape for symbol in free_dims(size)]
        order = tuple(dict.fromkeys([*symbols, *meanings]))
        return Architecture(
            self.name, inputs[0].shape if inputs else (), root, meanings, needs(conditions, meanings), order
        )


def _owned(module: Any) -> Iterator[Own]:
    for name, tensor in module.named_parameters():
        yield Own(name, tensor, tuple(map(sympy.Integer, tensor.shape)), True, bool(tensor.requires_grad))
    for name, tensor in module.named_buffers():
        yield Own(name, tensor, tuple(map(sympy.Integer, tensor.shape)), False, False)
