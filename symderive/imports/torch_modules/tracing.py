"""Running a model on tensors that have sizes and no entries, and noting each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.reasons import COMPLEX, RANDOM, SPARSE
from symderive.imports.torch_modules.agreements import agree
from symderive.imports.torch_modules.call import Call, is_tensor
from symderive.imports.torch_modules.operations import (
    contractions,
    moves,
    operations,
    operations_on_pairs,
    reasons,
)
from symderive.imports.torch_modules.record import Record
from symderive.imports.torch_modules.shortcuts import SHORT, Shortcuts
from symderive.imports.torch_modules.sizes import OpenSizeError
from symderive.networks import Feature


@dataclass
class Noting:
    """What is done with each operation of a model.

    Attributes:
        record: where it is noted.
        shortcuts: results without torch's own symbolic computation.
        is_on: whether operations are noted; not inside of one that is noted as a whole.
    """

    record: Record
    shortcuts: Shortcuts
    is_on: bool = True

    def note(self, name: str, arguments: Mapping[str, Any], result: Any, is_random: bool = False) -> Any:
        """Add one operation to the record; its result as the model goes on with it.

        What has no entries costs nothing, nor does what depends neither on the inputs nor on the parameters,
        unless it is random and drawn again each time. What neither reads nor makes real or complex numbers
        is no arithmetic, but for matrix products and convolutions.
        """
        tensors = tuple(tensors_in(result))
        call = Call(self.record, name, arguments, tensors)
        given = list(call.given())
        is_random = is_random and name not in operations()
        if all(map(is_empty, tensors)) or (all(map(self.record.is_known, given)) and not is_random):
            return result
        is_whole = not any(one.is_floating_point() or one.is_complex() for one in (*given, *tensors))
        if is_whole and not is_random and name not in contractions():
            call = Call(self.record, "clone", arguments, tensors)
        made = known(call)
        if made is None:
            self.record.unknown(call.name, RANDOM if is_random else why(call), given, tensors)
        else:
            self.record.results(tensors, made, map(self.record.feature, given))
        return self._simplified(result)

    def _simplified(self, result: Any) -> Any:
        if isinstance(result, (tuple, list)):
            return type(result)(map(self._simplified, result))
        if not is_tensor(result):
            return result
        simple = self.shortcuts.simpler(result)
        if simple is not result:
            self.record.bind(simple, self.record.feature(result))
            self.record.surround(simple, self.record.surrounded(result))
        return simple

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run an operation of torch and note it; its result as the model goes on with it.

        Raises:
            SymderiveError: its result has a size that depends on the data, or that has no meaning here.
        """
        try:
            return self._run(func, args, kwargs)
        except OpenSizeError as problem:
            raise SymderiveError(f"{plain_name(func)} in {self.record.place}: {problem}") from None

    def _run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if not self.is_on or func.namespace == "prim":
            return func(*args, **kwargs)
        if is_view(func):
            result = func(*args, **kwargs)
            view_of(self.record, args[0], result)
            return result
        plain = plain_name(func)
        arguments = bound(func, args, kwargs)
        agree(plain, arguments)
        if is_in_place(func):
            self.record.changing(args[0])
        given = list(Call(self.record, plain, arguments, ()).given())
        if plain in SHORT and not all(map(self.record.is_known, given)):
            return self._in_short(func, args, kwargs, Call(self.record, plain, arguments, ()))
        result = func(*args, **kwargs)
        is_random = any(tag.name == "nondeterministic_seeded" for tag in func.tags)
        noted = self.note(plain, arguments, result, is_random) if given or is_random else result
        if is_in_place(func) and given:
            self.record.written(args[0])
        return noted

    def _in_short(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], call: Call) -> Any:
        made, *_ = known(call) or (None,)
        if made is None:
            return self.note(call.name, call.arguments, func(*args, **kwargs))
        result = args[0] if is_in_place(func) else self.shortcuts.results(func, args, kwargs, made)
        for tensor in tensors_in(result):
            self.record.bind(tensor, made)
        return result


def known(call: Call) -> tuple[Feature, ...] | None:
    """What an operation is in our terms; None where it is not known, or has no layer of ours in this form."""
    operation = operations().get(call.name)
    if is_sparse(call):
        return None
    if is_complex(call) and call.name not in moves():
        operation = operations_on_pairs().get(call.name)
    try:
        made = None if operation is None else operation(call)
    except SymderiveError:
        return None
    return (made,) if isinstance(made, Feature) else made


def why(call: Call) -> str:
    """Why an operation is not counted, in words; empty where it is not known."""
    if is_sparse(call):
        return SPARSE
    return reasons().get(call.name, COMPLEX if is_complex(call) else "")


def is_complex(call: Call) -> bool:
    """Whether there are complex numbers in what an operation reads or makes."""
    return any(one.is_complex() for one in (*call.given(), *call.tensors))


def is_sparse(call: Call) -> bool:
    """Whether there is an array in what an operation reads or makes that does not hold all entries."""
    return any(str(one.layout) != "torch.strided" for one in (*call.given(), *call.tensors))


def is_empty(tensor: Any) -> bool:
    """Whether a tensor has no entries, whatever the sizes of the inputs are."""
    return any(type(size) is int and size == 0 for size in tensor.shape)


def tensors_in(value: Any) -> Iterator[Any]:
    """The tensors in a result, which may be nested."""
    if is_tensor(value):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from tensors_in(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from tensors_in(one)


def plain_name(func: Any) -> str:
    """The name of an operation of torch without that of its overload, and the same for one in place."""
    name: str = func.overloadpacket.__name__
    return name.removesuffix("_") if func.namespace == "aten" else str(func.name())


def is_view(func: Any) -> bool:
    """Whether an operation of torch gives a view of what it is given, and changes nothing."""
    return any(one.alias_info is not None and not one.alias_info.is_write for one in func._schema.returns)


def is_in_place(func: Any) -> bool:
    """Whether an operation of torch changes what it is given first, and gives it back."""
    return any(one.alias_info is not None and one.alias_info.is_write for one in func._schema.returns)


def bound(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an operation by name, with defaults."""
    declared = func._schema.arguments
    given = dict(zip((one.name for one in declared), args, strict=False))
    defaults = {one.name: one.default_value for one in declared if one.has_default_value()}
    return {
        **given,
        **kwargs,
        **{name: one for name, one in defaults.items() if name not in {**given, **kwargs}},
    }


def view_of(record: Record, source: Any, result: Any) -> None:
    """Note views: parts of a feature map, or a parameter as a whole in another shape."""
    own = record.arrays.of(source)
    for tensor in tensors_in(result):
        shape = record.sizes.shape(tensor)
        record.view(tensor, source)
        if own is not None and record.sizes.is_same(own.shape, shape):
            record.arrays.view(tensor, own)
        elif not record.is_known(source):
            record.results([tensor], [record.feature(source)], [record.feature(source)])


def inner_function(name: str, args: Sequence[Any], place: str) -> tuple[Callable[..., Any], Sequence[Any]]:
    """The function that an operation on functions calls once, and what it is given.

    A branch that a size chooses is a condition on that size.

    Raises:
        SymderiveError: the entries decide which function is called, or it is called more than once.
    """
    if name.startswith("wrap_with_"):
        place_of = next(at for at, one in enumerate(args) if callable(one))
        return args[place_of], args[place_of + 1 :]
    if name == "cond" and not is_tensor(args[0]):
        return (args[1] if bool(args[0]) else args[2]), args[3]
    reason = "which branch it takes depends on the entries"
    if name != "cond":
        reason = "what it runs inside, and how often, is not counted"
    raise SymderiveError(f"{name} in {place}: {reason}; give a model without it, or count its parts.")


def dispatch_mode(noting: Noting) -> Any:
    """The mode of torch in which operations are noted as they are run."""
    mode = extra("torch.utils._python_dispatch", "importing a torch model").TorchDispatchMode

    class Run(mode):  # type: ignore[misc, valid-type]  # a class of a library that is loaded when it is needed
        """Notes each operation."""

        supports_higher_order_operators = True

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if not hasattr(func, "overloadpacket"):
                function, given = inner_function(func.name(), args, noting.record.place)
                with self:
                    return function(*given)
            return noting.run(func, args, kwargs or {})

    return Run()
