"""What the project knows about one array library: how it writes what NumPy writes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """A call in NumPy code, with its arguments already written for the library.

    Attributes:
        name: of the function, such as `np.outer`.
        args: the arguments.
        atoms: the same, in brackets where an operator or an index could not follow otherwise.
        keywords: the keyword arguments.
        nodes: the arguments as they stand in the NumPy code.
        scalars: for each argument whether it is a number or made of sizes, no array.
        dtype: code that gives the floating type of the arrays.
        source: an input that shows type and device.
        single: for each argument whether it is one number, such as a comparison of two; it may then be one of
            Python, which has no methods of arrays.
    """

    name: str
    args: tuple[str, ...]
    atoms: tuple[str, ...]
    keywords: Mapping[str, str]
    nodes: tuple[ast.expr, ...]
    scalars: tuple[bool, ...]
    dtype: str
    source: str
    single: tuple[bool, ...] = ()

    def written(self, name: str, *, without: tuple[str, ...] = (), **added: str) -> str:
        """The call of a function of that name with the same arguments, but for some keywords."""
        words = {key: value for key, value in self.keywords.items() if key not in without} | added
        return f"{name}({', '.join([*self.args, *(f'{key}={value}' for key, value in words.items())])})"


Rule = str | Callable[[Call], str]


@dataclass(frozen=True)
class Library:
    """One array library; each file of this package holds one.

    Attributes:
        name: as it is asked for, `torch`.
        title: as people call it, `PyTorch`.
        prefix: what stands before its functions, `torch.`.
        imports: the import line for each word of the code that needs one.
        always: the word whose import line stands in all code.
        same: names of NumPy functions that it has too, with the same arguments.
        rules: for other functions, a template such as `torch.amax({0})`, or a function that writes the call;
            templates know `{0}`, `{a[0]}` with brackets, `{dtype}`, `{source}` and `{keywords}`.
        others: whether functions without a rule are written as they are.
        flips: how an axis is turned round where slices cannot have negative steps; empty where they can.
        first: a line before the others, such as `xp = array_namespace({inputs})`; empty for none.
        parts: functions written in front, for what the library has no function for.
        assigns: whether one may assign to parts of its arrays.
        words: names that arrays cannot have.
    """

    name: str
    title: str
    prefix: str
    imports: Mapping[str, str]
    always: str = ""
    same: frozenset[str] = frozenset()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    others: bool = False
    flips: str = ""
    first: str = ""
    parts: tuple[Callable[..., Any], ...] = ()
    assigns: bool = False
    words: frozenset[str] = frozenset()


def names(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(names("exp log"))
    ['exp', 'log']
    """
    return frozenset(text.split())


def pads_of(call: Call) -> list[tuple[str, str]]:
    """The numbers of zeros before and behind, for each axis of `np.pad`."""
    widths = call.nodes[1]
    elements = widths.elts if isinstance(widths, ast.Tuple) else []
    pairs = elements if elements and isinstance(elements[0], ast.Tuple) else [widths]
    ends = [pair.elts for pair in pairs if isinstance(pair, ast.Tuple)]
    return [(ast.unparse(before), ast.unparse(behind)) for before, behind in ends]
