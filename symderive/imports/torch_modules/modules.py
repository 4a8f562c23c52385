"""Where in a model each operation stands: the modules that are running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from symderive.imports.torch_modules.record import Record, Scope


@contextmanager
def followed(torch: Any, record: Record, model: Any) -> Iterator[None]:
    """For as long as this holds, the record knows which modules of a model are running."""
    paths = {id(module): tuple(path.split(".")) for path, module in model.named_modules() if path}
    numbers, stack = count(), []

    def enter(module: Any, _: Any) -> None:
        stack.append(record.scope)
        path = paths.get(id(module))
        if path is not None:
            record.scope = inner(record.scope, path, next(numbers))

    def leave(_: Any, __: Any, ___: Any) -> None:
        record.scope = stack.pop()

    hooks = torch.nn.modules.module
    handles = [
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave, always_call=True),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def inner(scope: Scope, path: tuple[str, ...], number: int) -> Scope:
    """The scope of a module that is called in another one; the lists on the way have no call of their own.

    >>> inner((("layer1", 0),), ("layer1", "blocks", "3"), 7)
    (('layer1', 0), ('blocks', None), ('3', 7))
    """
    around = tuple(name for name, _ in scope)
    rest = path[len(around) :] if path[: len(around)] == around else path
    return (*scope, *((name, None) for name in rest[:-1]), (rest[-1], number)) if rest else scope
