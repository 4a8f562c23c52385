"""Programs that `torch.export` wrote: run operation by operation, with the sizes that were left open."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from symderive.core.dims import Dim, Size, check_name, shape_text
from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.torch_modules.inputs import Given, all_given
from symderive.imports.torch_modules.record import Record
from symderive.imports.torch_modules.sizes import Sizes
from symderive.imports.torch_modules.tracing import Noting
from symderive.imports.torch_modules.whole import whole
from symderive.networks.extents import Extents

_DOMAINS = {"torch.int64": "integer", "torch.int32": "integer", "torch.bool": "binary"}


def is_exported(torch: Any, model: Any) -> bool:
    """Whether a model is an exported program."""
    return isinstance(model, torch.export.ExportedProgram)


class Exported:
    """An exported program.

    Attributes:
        inner: its graph as a module, with parameters and buffers.
        title: what the network is called.
    """

    title = "exported program"

    def __init__(self, torch: Any, program: Any) -> None:
        self._torch, self._program = torch, program
        self.inner = program.module(check_guards=False)
        self._inputs = [
            node.meta["val"]
            for node in program.graph.nodes
            if node.op == "placeholder" and node.name in program.graph_signature.user_inputs
        ]
        self._symbols: dict[Any, Dim] = {}

    def given(self, texts: Any) -> tuple[list[Given], dict[Dim, int]]:
        """The inputs with names for the sizes that are open, and the numbers of the example for these.

        Args:
            texts: other names, as for a module; None for those of the dimensions in torch.

        Raises:
            SymderiveError: another number of inputs or axes, or a name for a size that is fixed.
        """
        known = [one for one in self._inputs if hasattr(one, "shape")]
        renamed = [] if texts is None else self._texts(texts, len(known))
        point: dict[Dim, int] = {}
        found = []
        for place, value in enumerate(known):
            wanted = renamed[place].shape if renamed else (None,) * len(value.shape)
            if len(wanted) != len(value.shape):
                raise SymderiveError(
                    f"{self.title}: input {place + 1} has {len(value.shape)} axes, and {shape_text(wanted)} "
                    f"has {len(wanted)}; name each axis once."
                )
            shape = [self._size(*pair, point) for pair in zip(value.shape, wanted, strict=True)]
            found.append(Given(tuple(shape), _DOMAINS.get(str(value.dtype), "real")))
        return found, point

    def _texts(self, texts: Any, count: int) -> list[Given]:
        ordered, named = all_given(texts)
        found = [*ordered, *named.values()]
        if len(found) != count:
            raise SymderiveError(
                f"{self.title}: it has {count} inputs, and {len(found)} are given; give all."
            )
        return found

    def _size(self, value: Any, wanted: Size | None, point: dict[Dim, int]) -> Size:
        node = getattr(value, "node", None)
        if node is None:
            if wanted is not None and wanted != value:
                raise SymderiveError(
                    f"{self.title}: an axis is fixed to {value}, and {wanted} is given; export it with a "
                    "dynamic dimension, or write the number."
                )
            return sympy.Integer(int(value))
        if wanted is not None and not wanted.is_Atom:
            raise SymderiveError(f"{self.title}: an axis that is open takes a name, and {wanted} is given.")
        for symbol in sorted(node.expr.free_symbols - self._symbols.keys(), key=str):
            named = wanted if symbol == node.expr else None
            self._symbols[symbol] = dim = (
                named if isinstance(named, Dim) else Dim(self._name(symbol, node.shape_env))
            )
            point[dim] = _example(symbol, node.shape_env)
        sizes = Sizes(Extents(), {})
        sizes.symbols.update(self._symbols)
        return sizes.meaning(node.expr)

    def _name(self, symbol: Any, environment: Any) -> str:
        """The name of a dimension as it was declared, otherwise a letter."""
        for source in environment.var_to_sources.get(symbol, ()):
            name = environment.source_name_to_debug_name.get(_text(source.name))
            if name is not None:
                return check_name(name, "a size")
        taken = {dim.name for dim in self._symbols.values()}
        return next(letter for letter in string.ascii_lowercase if letter not in taken)

    def ranges(self) -> Iterator[Any]:
        """The ranges in which the program holds, where they are less than all positive numbers."""
        for symbol, dim in self._symbols.items():
            found = self._program.range_constraints.get(symbol)
            if found is not None:
                lower, upper = found.lower, found.upper
                yield from [sympy.Ge(dim, lower)] if lower.is_Integer and lower > 1 else []
                yield from [sympy.Le(dim, upper)] if upper.is_Integer else []

    def run(self, record: Record, noting: Noting, inputs: list[Any]) -> Any:
        """Run the graph, each operation in the modules that torch notes for it."""
        interpreter = extra("torch.fx", "importing an exported program").Interpreter
        torch = self._torch
        rest = iter(inputs)
        values = [next(rest) if hasattr(one, "shape") else one for one in self._inputs]

        class Following(interpreter):  # type: ignore[misc, valid-type]  # a class that is loaded when needed
            """Knows which modules the operation that is run belongs to."""

            def run_node(self, node: Any) -> Any:
                record.scope = _scope(node.meta.get("nn_module_stack", {}))
                return super().run_node(node)

            def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
                return whole(torch, noting, target)(*args, **kwargs)

        following = Following(self.inner)
        following.extra_traceback = False
        return following.run(*values, enable_io_processing=False)


def _scope(stack: Mapping[str, Any]) -> tuple[tuple[str, None], ...]:
    paths = [path for path, _ in stack.values()]
    path = paths[-1] if paths else ""
    return tuple((part, None) for part in str(path).split(".") if part.isidentifier() or part.isdecimal())


def _example(symbol: Any, environment: Any) -> int:
    """The number of the example for a symbol."""
    found = getattr(environment, "backed_var_to_val", None) or environment.var_to_val
    return int(found[symbol])


def _text(name: Any) -> str:
    return str(name() if callable(name) else name)
