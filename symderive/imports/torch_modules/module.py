"""A torch model as a network in our own terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import Any

import sympy

from symderive.core.dims import Dim, Size
from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.torch_modules.arrays import Arrays, Own
from symderive.imports.torch_modules.blocks import nested
from symderive.imports.torch_modules.depth import Listed, symbols_of, with_depths
from symderive.imports.torch_modules.exported import Exported, is_exported
from symderive.imports.torch_modules.inputs import TYPES, Given, all_given
from symderive.imports.torch_modules.models import (
    FEW,
    POINTS,
    at_inference,
    is_final,
    model_of,
    numbers_for,
    sentence,
)
from symderive.imports.torch_modules.modules import followed
from symderive.imports.torch_modules.ones import also_at_one
from symderive.imports.torch_modules.plain_conditions import leaves_a_remainder
from symderive.imports.torch_modules.record import Record, check_entries
from symderive.imports.torch_modules.shortcuts import Shortcuts
from symderive.imports.torch_modules.sizes import Sizes
from symderive.imports.torch_modules.spoken import in_names_of_the_user
from symderive.imports.torch_modules.symbols import FixedSizeError, Symbols, without_implied
from symderive.imports.torch_modules.tracing import Noting, dispatch_mode, tensors_in
from symderive.imports.torch_modules.whole import noted_as_a_whole
from symderive.imports.torch_modules.widths.swapped import swapped
from symderive.imports.torch_modules.widths.unify import Settled, opened, settled
from symderive.imports.torch_modules.widths.wanted import Wanted, wanted_of
from symderive.layers.layer import free_dims
from symderive.networks import Architecture, Block, Feature, Step
from symderive.networks.block import Array
from symderive.networks.extents import needs
from symderive.networks.trace import Trace


def torch_network(
    model: Any,
    input: Any = None,  # as in the command: --input
    symbols: Any = None,
) -> Architecture:
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
            tuple, or by the names of the arguments; of several, True, False and None are handed on. A size
            that the model divides is best written as a multiple, as in "B,3,2*h,2*w". An exported program has
            the sizes with which it was exported; a text gives other names to those that are open.
        symbols: names for numbers of a module, by their places: `{"conv1.out_channels": "w"}`. A place is a
            path with `*` for any module at a level, and an attribute that is a number, an axis of an array as
            in "conv1.weight[0]", or "length" behind a list of modules, all of which do the same. What is
            given is a name or an expression such as "4*d" or "d/h". Places that have to be equal to one that
            is named change with it; all others keep their numbers. All places are open in a first run, which
            takes long for deep models: with a symbol for its length, a list needs two modules only.

    Returns:
        the network. Shared parameters count once; frozen ones are buffers, named as such.

    Raises:
        SymderiveError: no such model, or one that cannot run on sizes alone: shapes that depend on the data,
            or a size that it fixes; a place that is not there, or a name that cannot change because other
            numbers of the model would have to change with it.
        ShapeError: not sizes.
    """
    torch = extra("torch", "importing a torch model")
    if is_exported(torch, model):
        if symbols is not None:
            raise SymderiveError(
                "symbols: the numbers of an exported program are fixed; give the module that it was made of."
            )
        exported = Exported(torch, model)
        ordered, point = exported.given(input)
        try:
            return _Run(torch, exported.inner, point, exported).network(ordered, {})
        except SymderiveError:
            raise
        except Exception as error:  # whatever an operation raises
            raise SymderiveError(f"{exported.title}: {sentence(error)}") from None
    module = model_of(torch, model)
    ordered, named = all_given(input)
    wanted = None if symbols is None else wanted_of(module, symbols)
    runs = _runs(torch, module, wanted, (ordered, named))
    chosen = first = next(runs)
    if any(map(leaves_a_remainder, first[0].conditions)):
        others = islice(runs, OTHERS)
        chosen = next((one for one in others if not any(map(leaves_a_remainder, one[0].conditions))), first)
    return also_at_one(*chosen)


Inputs = tuple[list[Given], Mapping[str, Given]]
Run = Callable[[Mapping[Dim, Size]], Architecture]
OTHERS = 2
"""How often a model runs again that asks whether its sizes can be divided and where they can not."""


def _runs(
    torch: Any, module: Any, wanted: Wanted | None, inputs: Inputs
) -> Iterator[tuple[Architecture, Run]]:
    """The network at each of the points where the model runs, and how it is run again with other sizes.

    Raises:
        SymderiveError: it runs at none, or is refused at the first one where it runs.
    """
    problems: list[Exception] = []
    is_found = False
    for images, sequences in POINTS:
        point = numbers_for([*inputs[0], *inputs[1].values()], images, sequences)
        try:
            run = _run(torch, module, wanted, point, inputs)
            made = run({}), run
        except FixedSizeError as error:
            if not is_found:
                raise _fixed(torch, module, wanted, inputs, error) from None
        except SymderiveError:
            if not is_found:
                raise
        except Exception as error:  # whatever the code of a model raises
            problems.append(error)
            if is_final(error):
                break
        else:
            is_found = True
            yield made
    if not is_found:
        raise SymderiveError(f"{type(module).__name__}: {sentence(problems[0])}")


def _fixed(
    torch: Any, module: Any, wanted: Wanted | None, inputs: Inputs, error: FixedSizeError
) -> SymderiveError:
    """What is to be said of a model that fixes a size: at small numbers it may fix it to another one."""
    point = numbers_for([*inputs[0], *inputs[1].values()], *FEW)
    try:
        _run(torch, module, wanted, point, inputs)({})
    except FixedSizeError as other:
        return error.also(other)
    except Exception:  # whatever the code of a model raises: it does not run there
        return error
    return error


def _run(torch: Any, module: Any, wanted: Wanted | None, point: Mapping[Dim, int], inputs: Inputs) -> Run:
    """How a module is run, with symbols for some of its numbers if there are any.

    Then it runs first with all of them open, to see which belong together.
    """
    sizes: Settled | None = None
    if wanted is not None:
        point = {**point, **wanted.numbers}
        open_run = _opened(torch, module, wanted, point, inputs)
        given = (*inputs[0], *inputs[1].values())
        fixed = [size for one in given for size in one.shape if size.is_Integer]
        sizes = settled(wanted, open_run.symbols.equalities(), point, fixed)

    def run(values: Mapping[Dim, Size]) -> Architecture:
        ordered, named = ([one.at(values) for one in inputs[0]], _each_at(inputs[1], values))
        return _Run(torch, module, point, sizes=sizes, wanted=wanted).network(ordered, named)

    return run


def _each_at(named: Mapping[str, Given], values: Mapping[Dim, Size]) -> Mapping[str, Given]:
    return {name: one.at(values) for name, one in named.items()}


def _opened(torch: Any, module: Any, wanted: Wanted, point: Mapping[Dim, int], inputs: Inputs) -> _Run:
    """A run with all numbers open that may have to change."""

    def run(*, is_wide: bool) -> _Run:
        sizes = opened(wanted, is_wide=is_wide)
        made = _Run(torch, module, {**point, **sizes.numbers}, sizes=sizes)
        made.run(*inputs)
        return made

    try:
        return run(is_wide=True)
    except Exception:  # code may use an attribute that is opened for what only a number can be
        return run(is_wide=False)


class _Run:
    """A model on its way through one run."""

    def __init__(
        self,
        torch: Any,
        module: Any,
        point: Mapping[Dim, int],
        exported: Exported | None = None,
        sizes: Settled | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        self.torch, self.module, self.exported, self.point = torch, module, exported, point
        self.settled, self.wanted = sizes, wanted
        self.name = type(module).__name__ if exported is None else exported.title
        self.trace = Trace(dim.name for dim in point)
        self.sizes = Sizes(self.trace.extents, point)
        self.symbols = Symbols(self.sizes)
        self.record = Record(self.trace, self.sizes, Arrays(()))

    def network(self, ordered: list[Given], named: Mapping[str, Given]) -> Architecture:
        """Run the model; what it computes as a network."""
        result = self.run(ordered, named)
        replaced = list(self.symbols.replaced(self.name))
        outputs = [self.record.feature(one) for one in tensors_in(result)]
        for one in outputs:
            check_entries(one.shape, self.name)
        arrays = [one for one in (*ordered, *named.values()) if not one.plain]
        return self._architecture(arrays, outputs, replaced)

    def run(self, ordered: list[Given], named: Mapping[str, Given]) -> Any:
        """Run the model; what it gives."""
        from torch._dispatch.python import enable_python_dispatcher
        from torch._subclasses.fake_tensor import FakeTensorMode

        noting = Noting(self.record, Shortcuts(self.torch, self.record, self.symbols))
        mode = FakeTensorMode(shape_env=self.symbols.environment, allow_non_fake_inputs=True)
        mode.cache_enabled = False  # hardly any operation comes twice with the same symbols
        with ExitStack() as stack:
            for context in (at_inference(self.torch, self.module), mode, self.torch.no_grad()):
                stack.enter_context(context)
            stack.enter_context(in_names_of_the_user(self.sizes.symbols, self.point))
            if self.settled is not None:
                self.symbols.divide(self.settled.divisors)
                stack.enter_context(
                    swapped(self.torch, self.settled.places, self.settled.sizes, self.symbols.integer)
                )
            self.record.arrays = Arrays(self._owned())
            inputs = [self._input(one) for one in ordered]
            by_name = {name: self._input(one) for name, one in named.items()}
            stack.enter_context(followed(self.torch, self.record, self.module))
            stack.enter_context(noted_as_a_whole(self.torch, noting))
            stack.enter_context(dispatch_mode(noting))
            stack.enter_context(enable_python_dispatcher())
            if self.exported is not None:
                return self.exported.run(self.record, noting, inputs)
            return self.module(*inputs, **by_name)

    def _input(self, given: Given) -> Any:
        if given.plain:
            return given.plain[0]
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
            scope = [(name, None) for name in own.name.split(".")[:-1]] if self._lists() else []
            self.record.scope = (("not used" if own.is_parameter else "kept", None), *scope)
            self.record.put_aside(own)
        shape, arrays = next((one.shape for one in outputs), ()), tuple(one.array for one in outputs)
        steps = self.trace.rooted(self.name, shape, arrays).children
        meanings = self.trace.extents.meanings
        placed = with_depths(list(zip(steps, self.record.scopes, strict=True)), self._lists(), arrays)
        self._check_used([step for step, _ in placed])
        root = nested(self.name, [step for step, _ in placed], [scope for _, scope in placed], shape)
        root = replace(root, gives=arrays)
        found = without_implied([*replaced, *self.symbols.conditions()], self.trace.extents)
        ranges = () if self.exported is None else self.exported.ranges()
        named = {} if self.settled is None else self.settled.numbers
        divided = {} if self.settled is None else self.settled.divisors
        wholes = [sympy.Eq(sympy.Mod(size, by), 0) for size, by in divided.items()]
        conditions = [*self.trace.conditions, *ranges, *wholes, *found]
        symbols = [symbol for one in inputs for size in one.shape for symbol in free_dims(size)]
        order = tuple(dict.fromkeys([*symbols, *named, *meanings]))
        return Architecture(
            self.name, inputs[0].shape if inputs else (), root, meanings, needs(conditions, meanings), order
        )

    def _lists(self) -> list[Listed]:
        """The lists of modules whose length is a symbol."""
        found = {} if self.wanted is None else self.wanted.depths
        modules = dict(self.module.named_modules()) if found else {}
        return [
            Listed(path, [name for name, _ in modules[path].named_children()], times)
            for path, times in found.items()
        ]

    def _check_used(self, steps: Iterable[Block | Step]) -> None:
        """Check that each name that a user gives is a size of something.

        Raises:
            SymderiveError: one is not.
        """
        if self.wanted is not None:
            meanings = self.trace.extents.meanings
            used = {
                one
                for step in steps
                for size in symbols_of(step)
                for one in free_dims(meanings.get(size, size))
            }
            for symbol, name in self.wanted.names.items():
                if symbol not in used:
                    raise SymderiveError(
                        f"symbols: nothing that is computed depends on {name}, so that {symbol} has no "
                        "meaning; leave it out, or name the number that the model reads."
                    )

    def _owned(self) -> Iterator[Own]:
        for name, tensor in self.module.named_parameters():
            yield Own(name, tensor, self.sizes.shape(tensor), True, bool(tensor.requires_grad))
        for name, tensor in self.module.named_buffers():
            yield Own(name, tensor, self.sizes.shape(tensor), False, False)
