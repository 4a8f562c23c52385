"""NumPy code as code of another array library, by the table of that library.

The writers of code write NumPy. Here each call of NumPy or SciPy in it is replaced by what the library has
for it; all else, names and brackets included, stays as it was written. What has no counterpart is refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Sequence

from symderive.codegen.libraries.record import Call, Library
from symderive.codegen.plain_source import plain_source
from symderive.core.nodes import Tensor
from symderive.errors import InternalError, SymderiveError

_Placed = ast.expr | ast.stmt | ast.keyword | ast.arg
_NEEDS_NO_BRACKETS = (
    ast.Call, ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Tuple, ast.List,
)  # fmt: skip
_NUMBERS = frozenset(
    ["sqrt", "log", "exp", "floor", "sin", "cos", "tan", "sinh", "cosh", "tanh", "log1p", "expm1", "cbrt"]
)
_CONSTANTS = ("np.pi", "np.e", "np.inf")
_MATH = {f"np.{name}": f"math.{name}" for name in _NUMBERS} | {
    "np.abs": "abs", "np.arctan": "math.atan", "np.arcsin": "math.asin", "np.arccos": "math.acos",
    "np.arcsinh": "math.asinh", "np.arccosh": "math.acosh", "np.arctanh": "math.atanh",
    "special.gammaln": "math.lgamma", "special.gamma": "math.gamma", "special.erf": "math.erf",
    "special.erfc": "math.erfc", "np.maximum": "max", "np.minimum": "min",
}  # fmt: skip


def translated(source: str, inputs: Sequence[Tensor], library: Library, single: Collection[str] = ()) -> str:
    """The source of one function for another library, without imports.

    Args:
        source: of a function in NumPy's words.
        inputs: its arguments.
        library: what to write for.
        single: names in it that stand for one number each.

    Raises:
        SymderiveError: a function that the library has not.
    """
    return _Translator(source, inputs, library, single).function()


def with_imports(source: str, library: Library) -> str:
    """The code of functions with the imports and the further functions that they use in front."""
    wanted = source
    for part in reversed(library.parts):  # each uses only what stands before it
        if re.search(rf"\b{part.__name__}\(", wanted):
            wanted = f"{plain_source(part).rstrip()}\n\n\n{wanted}"
    imports = imports_of(wanted, library)
    return f"{imports}\n\n{wanted}" if imports.strip() else wanted


def imports_of(source: str, library: Library) -> str:
    """The lines that import what a source uses."""
    code = re.sub(r'"""(?:.|\n)*?"""', "", source)
    lines = [
        line
        for word, line in library.imports.items()
        if word == library.always or re.search(rf"\b{word}\b[.(]", code)
    ]
    return "\n".join(_joined(lines)) + "\n"


def _joined(lines: list[str]) -> list[str]:
    """Names that come from one module on one line."""
    made: dict[str, list[str]] = {}
    for line in lines:
        module, _, name = line.partition(" import ")
        made.setdefault(module if name and " as " not in name else line, []).append(name)
    return [
        f"{module} import {', '.join(found)}" if " import " not in module and found[0] else module
        for module, found in made.items()
    ]


class _Translator:
    """The translation of one function.

    Attributes:
        whole: the source in bytes, as positions in the syntax tree count them.
        library: what is written for.
    """

    def __init__(
        self, source: str, inputs: Sequence[Tensor], library: Library, single: Collection[str]
    ) -> None:
        self.library = library
        self.whole = source.encode()
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line.encode()))
        (made,) = ast.parse(source).body
        if not isinstance(made, ast.FunctionDef):
            raise SymderiveError("writing code: what is translated is one function.")
        self.made = made
        self.inputs = inputs
        arrays = [one for one in inputs if one.rank] or list(inputs)
        real = [one for one in arrays if one.domain == "real"] or arrays
        self.source = str(real[0].name) if real else ""
        self.arrays = [str(one.name) for one in arrays]
        self.sizes = {
            target.id
            for node in ast.walk(made)
            if isinstance(node, ast.Assign) and ".shape[" in ast.unparse(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

        self.single = {*single, *self.sizes, *(str(one.name) for one in inputs if not one.rank)}

    def function(self) -> str:
        """The whole function."""
        first = self.made.body[0]
        head = self.whole[: self._end(first)].decode()
        rest = self._span(self._end(first), len(self.whole.rstrip()), self.made.body[1:])
        lines = []
        if self.library.first and re.search(r"\bxp\b", rest):
            names = ", ".join(str(one.name) for one in self.inputs)
            lines.append(self.library.first.format(inputs=names))
        if re.search(r"\bdtype=dtype\b|\(dtype\)", rest):
            lines.append(f"dtype = np.result_type({', '.join((*self.arrays, '1.0'))})")
        return head + "".join(f"\n    {line}" for line in lines) + rest + "\n"

    def _start(self, node: _Placed) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def _end(self, node: _Placed) -> int:
        if node.end_lineno is None or node.end_col_offset is None:
            raise InternalError("writing code: a part of it was not parsed, so it has no end.")
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def _span(self, begin: int, end: int, nodes: Iterable[_Placed]) -> str:
        """The text between two places, with the nodes in it translated."""
        pieces, place = [], begin
        for node in sorted(nodes, key=self._start):
            pieces += [self.whole[place : self._start(node)].decode(), self._written(node)]
            place = self._end(node)
        return "".join(pieces) + self.whole[place:end].decode()

    def _inside(self, node: _Placed) -> str:
        """The text of a node with the nodes below it translated."""
        children: list[_Placed] = []
        waiting = list(ast.iter_child_nodes(node))
        while waiting:  # arguments of a lambda and the like have no place of their own
            one = waiting.pop()
            if isinstance(one, _Placed):
                children.append(one)
            else:
                waiting += list(ast.iter_child_nodes(one))
        return self._span(self._start(node), self._end(node), children)

    def _written(self, node: _Placed) -> str:
        if isinstance(node, (ast.Assign, ast.AugAssign)) and not self.library.assigns:
            self._refuse_assignment(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in _CONSTANTS:
            return self._constant(node)
        if isinstance(node, ast.Subscript):
            return self._read(node)
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Attribute)):
            return self._operator(node)
        return self._inside(node)

    def _operator(self, node: ast.expr) -> str:
        """An operator, with brackets around operands that have become formulas themselves."""
        children = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
        pieces, place = [], self._start(node)
        for child in sorted(children, key=self._start):
            text = self._written(child)
            text = text if isinstance(node, ast.IfExp) else self._bracketed(child, text)
            pieces += [self.whole[place : self._start(child)].decode(), text]
            place = self._end(child)
        return "".join(pieces) + self.whole[place : self._end(node)].decode()

    def _bracketed(self, node: ast.expr, text: str) -> str:
        """The text of what was a call, in brackets if it is a formula now."""
        if isinstance(node, _NEEDS_NO_BRACKETS) and not _is_atom(text):
            return f"({text})"
        return text

    def _constant(self, node: ast.Attribute) -> str:
        return ast.unparse(node) if self.library.name == "numpy" else f"math.{node.attr}"

    def _call(self, node: ast.Call) -> str:
        name = ast.unparse(node.func)
        function = name.partition(".")[2]
        if not re.fullmatch(r"(np|special)(\.\w+)+", name):
            return self._method(node) if isinstance(node.func, ast.Attribute) else self._inside(node)
        args = tuple(self._written(one) for one in node.args)
        if node.args and all(map(self._is_number, node.args)) and name in _MATH:
            return f"{_MATH[name]}({', '.join(args)})"
        call = Call(
            name,
            args,
            tuple(one if _is_atom(one) else f"({one})" for one in args),
            {str(one.arg): self._written(one.value) for one in node.keywords},
            tuple(node.args),
            tuple(map(self._is_number, node.args)),
            f"{self.source}.dtype" if len(self.arrays) == 1 else "dtype",
            self.source,
            tuple(map(self._is_single, node.args)),
        )
        return self._by_rule(call, function)

    def _by_rule(self, call: Call, function: str) -> str:
        rule = self.library.rules.get(call.name)
        if isinstance(rule, str):
            if call.keywords:
                raise SymderiveError(
                    f"writing code: {call.name} with {', '.join(call.keywords)} has no rule."
                )
            return rule.format(*call.args, a=call.atoms, dtype=call.dtype, source=call.source)
        if rule is not None:
            return rule(call)
        if call.name.startswith("np.") and function in self.library.same:
            return call.written(self.library.prefix + function)
        if self.library.others:
            return call.written(call.name)
        raise SymderiveError(
            f"writing code: {self.library.title} has nothing for {_long(call.name)}; use the NumPy code."
        )

    def _method(self, node: ast.Call) -> str:
        """`X.sum(axis=0)`, which not every library has as a method."""
        if not isinstance(node.func, ast.Attribute):
            return self._inside(node)
        value, name = node.func.value, node.func.attr
        begin, end = self._start(node), self._end(node.func) - len(name) - 1
        array = self._span(begin, end, [value])
        words = [self._written(one) for one in node.args]
        words += [f"{one.arg}={self._written(one.value)}" for one in node.keywords]
        if self.library.others or name != "sum":
            return f"{self._bracketed(value, array)}.{name}({', '.join(words)})"
        inner = array if self._start(value) == begin else self._written(value)
        return f"{self.library.prefix}sum({', '.join([inner, *words])})"

    def _read(self, node: ast.Subscript) -> str:
        """`x[::-1]` as a call that turns the axis round."""
        slots = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        opening = self.whole.index(b"[", self._end(node.value))
        array = self._bracketed(node.value, self._span(self._start(node), opening, [node.value]))
        turned = [
            place
            for place, slot in enumerate(slots)
            if self.library.flips and isinstance(slot, ast.Slice) and _is_negative(slot.step)
        ]
        if not turned:
            return array + self._span(opening, self._end(node), [node.slice])
        written = [
            _upwards(slot) if place in turned and isinstance(slot, ast.Slice) else self._written(slot)
            for place, slot in enumerate(slots)
        ]
        whole = all(one == ":" for one in written)
        read = self._written(node.value) if whole else f"{array}[{', '.join(written)}]"
        kept = [place for place, slot in enumerate(slots) if isinstance(slot, ast.Slice) or _is_none(slot)]
        for place in turned:
            read = self.library.flips.format(array=read, axis=kept.index(place))
        return read

    def _is_number(self, node: ast.expr) -> bool:
        """Whether a part of the code is a number or made of sizes, no array."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, (int, float))
        if isinstance(node, ast.Name):
            return node.id in self.sizes
        if isinstance(node, ast.Attribute):
            return ast.unparse(node) in _CONSTANTS
        if isinstance(node, ast.Call):
            inside = all(map(self._is_number, node.args)) and not node.keywords
            return ast.unparse(node.func) in _MATH and inside
        if isinstance(node, (ast.BinOp, ast.UnaryOp)):
            return all(
                self._is_number(one) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)
            )
        return False

    def _is_single(self, node: ast.expr) -> bool:
        """Whether a part of the code is one number, or an operation on such."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id in self.single
        below = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
        return isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare)) and all(map(self._is_single, below))

    def _refuse_assignment(self, node: ast.Assign | ast.AugAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(not isinstance(one, ast.Name) for one in targets):
            raise SymderiveError(
                f"writing code: {self.library.title} cannot assign to a part of an array; use the NumPy code."
            )


def _upwards(slot: ast.Slice) -> str:
    """The slice `a:b:-1` read from its other end, before it is turned round.

    Raises:
        SymderiveError: its step is less than −1.
    """
    if slot.step is None or ast.unparse(slot.step) != "-1":
        raise SymderiveError("writing code: a slice with a step below -1 has no code for this library.")
    begin = "" if slot.upper is None else ast.unparse(ast.parse(f"({ast.unparse(slot.upper)}) + 1"))
    end = "" if slot.lower is None else ast.unparse(ast.parse(f"({ast.unparse(slot.lower)}) + 1"))
    return f"{begin}:{end}"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_negative(node: ast.expr | None) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _is_atom(text: str) -> bool:
    if text.startswith("*"):
        return True
    return isinstance(ast.parse(text.strip(), mode="eval").body, _NEEDS_NO_BRACKETS)


def _long(name: str) -> str:
    return name.replace("np.", "numpy.", 1) if name.startswith("np.") else f"scipy.{name}"
