"""The walk over a graph: every node in order, what it reads and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from itertools import groupby
from typing import Any

import sympy

from symderive.core.dims import Size, same_size
from symderive.errors import SymderiveError
from symderive.imports.extras import extra
from symderive.imports.onnx_files.call import Call, Uncounted
from symderive.imports.onnx_files.naming import Names, axes_of
from symderive.imports.onnx_files.operators import operators
from symderive.imports.onnx_files.paths import path_of, path_of_name, text_of
from symderive.imports.onnx_files.reading import MOST_NODES
from symderive.imports.onnx_files.stored import attribute_of, stored
from symderive.imports.onnx_files.values import OTHER, REAL, Value, all_weights
from symderive.layers.layer import Layer
from symderive.networks.block import Array, Loop
from symderive.networks.operations import Learned, Opaque
from symderive.networks.trace import Trace

DEEPEST = 40
"""Graphs within graphs, and functions within functions."""
Entries = Sequence[tuple[tuple[str, ...], Any]]


class Walk:
    """What is known while a graph is read.

    Attributes:
        names: the names of open axes.
        trace: the record of the network.
        what: the file, for messages.
    """

    def __init__(self, model: Any, names: Names, trace: Trace, what: str) -> None:
        self.names, self.trace, self.what = names, trace, what
        self._versions = {one.domain: int(one.version) for one in model.opset_import}
        self._functions = {(one.domain, one.name): one for one in model.functions}
        self._scopes: list[dict[str, Value]] = [{}]
        self._declared: dict[str, Any] = {}
        self._stored: dict[str, Value] = {}
        self._graphs: dict[int, tuple[Any, dict[str, Value]]] = {}
        self._claimed: dict[str, Array | None] = {}
        self._known: dict[int, tuple[Value, Array]] = {}
        self._parameters: list[Mapping[str, Any]] = [{}]
        self._before: list[Any] | None = None
        self._depth = self._walked = 0

    # Graphs.

    def graph(self, graph: Any, inputs: Mapping[str, Value]) -> list[Value]:
        """The outputs of a graph for given inputs.

        Raises:
            SymderiveError: a node that cannot be read, or an output that nothing gives.
        """
        with self.scope(inputs):
            self.declare(graph)
            self.store(graph)
            self.run([(path_of(node), node) for node in graph.node])
            return [self.value(one.name, "the graph gives") for one in graph.output]

    def declare(self, graph: Any) -> None:
        """Note the shapes that a graph declares for its arrays."""
        for info in (*graph.value_info, *graph.output):
            self._declared[info.name] = info

    def store(self, graph: Any) -> None:
        """Note the arrays that are stored in a graph; they are the same ones each time it is walked."""
        if id(graph) not in self._graphs:
            own: dict[str, Value] = {}
            for tensor in graph.initializer:
                is_new = tensor.name not in self._stored
                name = tensor.name if is_new else f"{tensor.name} {len(self._stored)}"
                self._stored[name] = own[tensor.name] = stored(tensor, name)
            self._graphs[id(graph)] = graph, own
        self._scopes[-1].update(self._graphs[id(graph)][1])

    @contextmanager
    def scope(self, values: Mapping[str, Value], is_apart: bool = False) -> Iterator[None]:
        """A graph within the graph, which sees the values around it unless it is apart."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise SymderiveError(f"{self.what}: graphs or functions are nested more than {DEEPEST} deep.")
        before, self._scopes = self._scopes, [*([] if is_apart else self._scopes), dict(values)]
        try:
            yield
        finally:
            self._scopes = before
            self._depth -= 1

    def value(self, name: str, doing: str) -> Value:
        """The value of a name.

        Raises:
            SymderiveError: nothing gives it, or only what comes later.
        """
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        raise SymderiveError(
            f"{self.what}: {doing} {name!r}, which nothing before it gives; the nodes are not in order, go "
            "round in a circle, or the file is incomplete."
        )

    def run(self, entries: Entries, depth: int = 0) -> None:
        """The nodes in order; those in a row whose names begin alike are a block."""
        for name, group in groupby(entries, lambda one: one[0][depth] if len(one[0]) > depth + 1 else None):
            inside = list(group)
            if name is not None:
                is_module = all(len(path) == depth + 2 for path, _ in inside)
                self.blocked(name, partial(self.run, inside, depth + 1), is_module)
                continue
            for path, node in inside:
                self.blocked(path[-1], partial(self.node, node), True)

    def blocked(self, name: str, run: Callable[[], None], is_module: bool) -> None:
        """What `run` applies as a block; a module with one layer is that layer, one without is nothing."""
        block, _ = self.trace.recorded(name, run)
        if is_module and len(block.children) == 1:
            self.trace.put(replace(block.children[0], name=name))
        elif block.children:
            self.trace.put(block)

    # Nodes.

    def node(self, node: Any) -> None:
        """Work out what a node gives.

        Raises:
            SymderiveError: it reads what nothing gives, or does not fit its operation.
        """
        name = text_of(node.name or (node.output[0] if node.output else ""))
        called = f"node {name[:80]!r} ({text_of(node.op_type)[:80]})"
        self._walked += 1
        if self._walked > MOST_NODES:
            raise SymderiveError(
                f"{self.what}: with loops and functions written out it has more than {MOST_NODES:,} nodes; "
                "export it without them."
            )
        inputs = [self.value(name, f"{called} reads") if name else None for name in node.input]
        try:
            call = Call(node, self._versions.get(node.domain, 1), inputs, self)
            found = self._given(node, call)
        except SymderiveError as error:
            text = str(error)
            if text.startswith(f"{self.what}: "):
                raise
            raise type(error)(f"{self.what}: {called}: {text}") from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise SymderiveError(
                f"{self.what}: {called}: its inputs or attributes are not those of {node.op_type} ({error})."
            ) from None
        for name, value in zip(node.output, found, strict=False):
            if name:
                self._scopes[-1][name] = value

    def _given(self, node: Any, call: Call) -> Sequence[Value]:
        """What a node gives: by our own operator, by a function of the file, or as something not counted."""
        function = self._functions.get((node.domain, node.op_type))
        is_plain = node.domain in ("", "ai.onnx")
        own = operators().get(node.op_type if is_plain else f"{node.domain}:{node.op_type}")
        try:
            if own is not None:
                found = own(call)
                return [found] if isinstance(found, Value) else found
            if function is not None:
                return self._function(function, call)
            return self._written_out(node, call)
        except Uncounted as reason:
            return self._uncounted(call, str(reason))

    def _written_out(self, node: Any, call: Call) -> list[Value]:
        """An operator by the body that ONNX itself gives, if it is made of others.

        Raises:
            Uncounted: it is not.
        """
        schemas = extra("onnx.defs", "reading an ONNX file")
        try:
            schema = schemas.get_schema(node.op_type, call.version, node.domain)
        except (schemas.SchemaError, TypeError):
            raise Uncounted("") from None
        if not schema.has_function:
            raise Uncounted("")
        usual = {name: one.default_value for name, one in schema.attributes.items()}
        call.attributes = {
            name: attribute_of(one, {}) for name, one in usual.items() if one.name
        } | call.attributes
        return self._function(schema.function_body, call)

    def _function(self, function: Any, call: Call) -> list[Value]:
        """The body of a function with the inputs and attributes of a call."""
        values = {name: value for name, value in zip(function.input, call.inputs, strict=False) if value}
        defaults = {one.name: attribute_of(one, {}) for one in function.attribute_proto}
        versions = self._versions
        self._versions = {**versions, **{one.domain: int(one.version) for one in function.opset_import}}
        self._parameters.append({**defaults, **call.attributes})
        try:
            with self.scope(values, is_apart=True):
                self.run([(path_of(node), node) for node in function.node])
                return [self.value(name, f"{function.name} gives") for name in function.output]
        finally:
            self._versions = versions
            self._parameters.pop()

    def attribute(self, proto: Any) -> Any:
        """The value of an attribute; in a function it may be that of an attribute of the call."""
        return attribute_of(proto, self._parameters[-1])

    def _uncounted(self, call: Call, reason: str) -> list[Value]:
        """An operation of which only the shape of the result is known, from what the file declares."""
        made = []
        own = f"{call.op} of {call.domain}" if call.domain else call.op
        called = f"{own} ({reason})" if reason else own
        for name in call.outputs:
            info = self._declared.get(name)
            axes = axes_of(info) if info is not None and name else None
            if name and axes is None:
                raise SymderiveError(
                    f"{own} is not known{f' ({reason})' if reason else ''}, and the file does not "
                    f"declare the shape of its result {name!r}; write shapes into it with "
                    "onnx.shape_inference."
                )
            shape = tuple(
                self.size(self.names.size(one, f"{name}[{place}]")) for place, one in enumerate(axes or ())
            )
            made.append(self.opaque(called, shape, call.all))
        return made

    def opaque(self, called: str, shape: tuple[Size, ...], inputs: Sequence[Value]) -> Value:
        """What an operation makes that is not counted; the stored arrays that it is given are parameters."""
        for name in all_weights(inputs):
            if self._stored[name].kind == REAL:
                self._learn(name)
        read = [value for value in inputs if value.is_data]
        layer = Opaque(shape, called, tuple(value.shape for value in read))
        name = called.partition(" ")[0]
        return Value(shape, OTHER, self._add([self._read(value) for value in read], name, layer))

    def repeated(self, times: Size, run: Callable[..., list[Value]], *state: Value) -> list[Value]:
        """What `run` gives in a block that comes so many times; all of them share their parameters.

        Args:
            times: how often.
            run: takes the state of the repetition before, if there is one, and gives the next one first.
            state: what the first repetition is given.
        """
        around, self._before = self._before, []
        entered = tuple(replace(one, array=Array(one.shape), contents=None) for one in state)
        block, found = self.trace.recorded("each", partial(run, *entered))
        before, self._before = self._before, around
        for child in before:
            self._put_before(child)
        for start, enter, leave in zip(state, entered, list(found), strict=False):
            found[0] = replace(leave, array=Array(leave.shape))
            around_it = Loop(*(self._read(one) for one in (start, enter, leave, found[0])))
            block = replace(block, loop=around_it)
        if block.children:
            self.trace.put(replace(block, times=times))
        return found

    def _put_before(self, child: Any) -> None:
        """Add a step before the repeated block that is open, if there is one."""
        if self._before is None:
            self.trace.put(child)
        else:
            self._before.append(child)

    # What is applied.

    def apply(
        self, name: str, layer: Layer, inputs: Sequence[Value], weights: Sequence[Value], kind: str = REAL
    ) -> Value:
        """A layer of some values.

        Args:
            name: how the step is called.
            layer: the layer.
            inputs: what it reads, in the order of its inputs.
            weights: what its parameters and buffers are.
            kind: what the result holds.

        Returns:
            what it makes. Where no data are read it is known, and costs nothing.
        """
        if not any(value.is_data for value in (*inputs, *weights)):
            shape = tuple(map(self.trace.extents.settled, _facts(layer)[0]))
            return Value(shape, kind, weights=all_weights((*inputs, *weights)))
        array = self._add([self._read(value) for value in inputs], name, layer, self._claim(layer, weights))
        return Value(array.shape, kind, array)

    def _add(self, reads: Iterable[Array], name: str, layer: Layer, is_trained: bool = False) -> Array:
        shape, conditions = _facts(layer)
        return self.trace.add(reads, name, layer, shape, conditions, is_trained=is_trained)

    def _read(self, value: Value) -> Array:
        """Where a value is in the data flow; stored arrays that no layer has claimed are parameters."""
        if value.array is not None:
            return value.array
        if id(value) not in self._known:
            learned = [self._learn(name) for name in value.weights if self._stored[name].kind == REAL]
            alone = len(learned) == 1 and same_size(self._stored[value.weights[0]].count, value.count)
            array = learned[0] if alone else None
            self._known[id(value)] = value, array or Array(value.shape, is_known=True)
        return self._known[id(value)][1]

    def _learn(self, name: str) -> Array | None:
        """A stored array as a trained one, if no layer has it as its parameter."""
        if name not in self._claimed:
            layer, label = Learned(self._stored[name].shape), path_of_name(name)[-1]
            add = partial(self._add, (), label, layer, is_trained=True)
            block, self._claimed[name] = self.trace.recorded(label, add)
            self._put_before(block.children[0])
        return self._claimed[name]

    def _claim(self, layer: Layer, weights: Sequence[Value]) -> bool:
        """Whether the parameters of a layer are its own, and are counted with it.

        They are not where another layer has them, where data decide them, or where they are made of stored
        arrays of another size; then the stored arrays are counted beside it.
        """
        names = all_weights(weights)
        fresh = [name for name in names if name not in self._claimed]
        own = sympy.Add(*(sympy.Mul(*tensor.shape) for tensor in (*layer.parameters, *layer.buffers)))
        all_of_them = sympy.Add(*(self._stored[name].count for name in names))
        if fresh == list(names) != [] and self._before is None and same_size(own, all_of_them):
            self._claimed |= dict.fromkeys(names)
            return True
        for name in fresh:
            self._learn(name)
        return False

    def is_new(self, value: Value) -> bool:
        """Whether no layer has claimed what a value is made of."""
        return not any(name in self._claimed for name in value.weights)

    def size(self, size: Any) -> Size:
        """A size of a feature map, in the names of extents.

        Raises:
            ShapeError: it is not positive.
        """
        settled = self.trace.extents.settled(sympy.expand(size))
        if not settled.is_positive:
            self.trace.require(sympy.Ge(settled, 1), f"an axis would have {settled} positions.")
        return settled


@lru_cache(maxsize=8192)
def _facts(layer: Layer) -> tuple[tuple[Size, ...], tuple[Any, ...]]:
    """The shape of a layer's output, and its conditions."""
    return layer.output_shape, layer.conditions
