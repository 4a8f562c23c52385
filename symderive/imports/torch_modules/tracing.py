"""Running a model on tensors that have sizes and no entries, and noting each operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.torch_modules.agreements import agree
from symderive.imports.torch_modules.call import Call, is_tensor
from symderive.imports.torch_modules.operations import operations
from symderive.imports.torch_modules.record import Record
from symderive.imports.torch_modules.shortcuts import SHORT, Shortcuts
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

    def note(self, name: str, arguments: Mapping[str, Any], result: Any) -> Any:
        """Add one operation to the record; its result as the model goes on with it.

        What depends neither on the inputs nor on the parameters costs nothing, and what neither reads nor
        makes floating-point numbers is no arithmetic.
        """
        tensors = tuple(tensors_in(result))
        call = Call(self.record, name, arguments, tensors)
        given = list(call.given())
        if not tensors or all(map(self.record.is_known, given)):
            return result
        if not any(one.is_floating_point() for one in (*given, *tensors)):
            call = Call(self.record, "clone", arguments, tensors)
        made = known(call)
        if made is None:
            self.record.unknown(call.name, given, tensors)
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
        return simple

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run an operation of torch and note it; its result as the model goes on with it."""
        if not self.is_on or func.namespace == "prim":
            return func(*args, **kwargs)
        if is_view(func):
            result = func(*args, **kwargs)
            view_of(self.record, args[0], result)
            return result
        plain = func.overloadpacket.__name__.removesuffix("_") if func.namespace == "aten" else func.name()
        arguments = bound(func, args, kwargs)
        agree(plain, arguments)
        given = list(Call(self.record, plain, arguments, ()).given())
        if plain in SHORT and not all(map(self.record.is_known, given)):
            return self._in_short(func, args, kwargs, Call(self.record, plain, arguments, ()))
        result = func(*args, **kwargs)
        noted = self.note(plain, arguments, result) if given else result
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
    try:
        made = None if operation is None else operation(call)
    except SymderiveError:
        return None
    return (made,) if isinstance(made, Feature) else made


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


def dispatch_mode(noting: Noting) -> Any:
    """The mode of torch in which operations are noted as they are run."""
    mode = extra("torch.utils._python_dispatch", "importing a torch model").TorchDispatchMode

    class Run(mode):  # type: ignore[misc, valid-type]  # a class of a library that is loaded when it is needed
        """Notes each operation."""

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return noting.run(func, args, kwargs or {})

    return Run()
