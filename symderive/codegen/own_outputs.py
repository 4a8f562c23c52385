"""Outputs that share no memory with an argument: whoever changes a gradient in place keeps their data."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from symderive.core.nodes import Tensor

_VIEWS = frozenset({
    "broadcast_to", "diag", "diagonal", "einsum", "expand_dims", "flip", "moveaxis", "ravel", "reshape",
    "rot90", "squeeze", "swapaxes", "transpose",
})  # fmt: skip


def with_own_outputs(lines: Sequence[str], inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[str]:
    """The lines of a function, the last of which returns copies of what are arguments, or views of them.

    Args:
        lines: the statements; the last one returns the outputs.
        inputs: the arguments.
        outputs: what is returned, in order.
    """
    *before, last = lines
    shared = {str(tensor.name) for tensor in inputs if tensor.rank}
    for made in ast.parse("\n".join(before)).body:
        if isinstance(made, ast.Assign) and isinstance(made.targets[0], ast.Name):
            changed = shared.add if _is_view(made.value, shared) else shared.discard
            changed(made.targets[0].id)
    text = last.removeprefix("return ")
    whole = ast.parse(text, mode="eval").body
    parts = whole.elts if isinstance(whole, ast.Tuple) and len(outputs) > 1 else [whole]
    written = []
    for part, tensor in zip(parts, outputs, strict=True):
        code = ast.get_source_segment(text, part) or text
        taken = tensor.rank and _is_view(part, shared)
        written.append(f"np.copy({code})" if taken else code)
        if isinstance(part, ast.Name):
            shared.add(part.id)  # an array that is returned twice
    return [*before, f"return {', '.join(written)}"]


def _is_view(node: ast.expr, shared: Collection[str]) -> bool:
    """Whether an expression is one of the arrays that are shared, or may be a view of one."""
    if isinstance(node, ast.Name):
        return node.id in shared
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        return _is_view(node.value, shared)
    if isinstance(node, ast.IfExp):
        return _is_view(node.body, shared) or _is_view(node.orelse, shared)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
        of_numpy = isinstance(node.func.value, ast.Name) and node.func.value.id == "np"
        arrays = [one for one in node.args if not isinstance(one, ast.Constant)]
        if node.func.attr == "einsum" and len(arrays) > 1:
            return False
        return any(_is_view(one, shared) for one in (arrays if of_numpy else [node.func.value]))
    return False
