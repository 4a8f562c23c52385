"""A network in one sentence, its forward equations, and the chain rule back through them."""

from __future__ import annotations

from collections.abc import Sequence

from symderive.calculus.condense import weight
from symderive.core.nodes import Tensor
from symderive.derive.derivation import Derivation, Equation
from symderive.derive.network import Layer, Network
from symderive.notation.names import latex_name, superscript
from symderive.solutions import document as doc
from symderive.solutions.formulas import checked, math, name, right_side, step, together, without_unit_sums
from symderive.solutions.parts.derivation_blocks import condition_blocks


def description(network: Network) -> doc.Paragraph:
    """The network in a few sentences."""
    hidden, last = network.layers[:-1], network.layers[-1]
    many = len(hidden) > 1
    layers = (
        [f"{'hidden layers' if many else 'a hidden layer'} of {_listed([_units(one) for one in hidden])}"]
        if hidden
        else []
    )
    layers.append(f"an output layer of {_units(last)}")
    rows = "one row, for one sample" if network.batch == 1 else f"one row for each of {network.batch} samples"
    samples = "" if network.batch is None else f" ({rows})"
    side = "input" if network.layout == "in-out" else "output"
    pieces: list[doc.Span | doc.Text] = [
        "A dense network with input ", shaped(network.x.tensor), samples,
        f", {' and '.join(layers)}{_biases(network.layers)}. Its parameters are ",
    ]  # fmt: skip
    for place, tensor in enumerate(network.parameters):
        lead = "" if not place else " and " if place == len(network.parameters) - 1 else ", "
        pieces += [lead, shaped(tensor)]
    pieces.append(f"; a weight matrix has a row for each {side}. Loss: {network.loss.title}.")
    return doc.Paragraph(doc.text(*pieces))


def _units(layer: Layer) -> str:
    kind = "linear" if layer.activation == "identity" else layer.activation
    return f"{layer.units} {kind} unit{'' if layer.units == 1 else 's'}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _biases(layers: Sequence[Layer]) -> str:
    without = [str(place) for place, layer in enumerate(layers, 1) if not layer.bias]
    if not without:
        return ""
    if len(without) == len(layers):
        return ", without biases" if len(layers) > 1 else ", without a bias"
    many = len(without) > 1
    return f"; layer{'s' if many else ''} {_listed(without)} {'have' if many else 'has'} no bias"


def shaped(tensor: Tensor) -> doc.Math:
    """An array with the space that it lies in."""
    sizes = [str(size) for size in tensor.shape]
    own = name(tensor)
    if tensor.shape in ((), (1,)):
        return doc.Math(rf"{own.latex} \in \mathbb{{R}}", f"{own.plain} ∈ ℝ")
    latex = r" \times ".join(size if size.isdigit() else latex_name(size) for size in sizes)
    raised = [superscript(size) or "" for size in sizes]
    plain = "ˣ".join(raised) if all(raised) else f"^({'×'.join(sizes)})" if len(sizes) > 1 else f"^{sizes[0]}"
    return doc.Math(rf"{own.latex} \in \mathbb{{R}}^{{{latex}}}", f"{own.plain} ∈ ℝ{plain}")


def forward_blocks(network: Network, derivation: Derivation) -> list[doc.Block]:
    """From the input to the loss."""
    activations = {
        str(value.name): layer.activation
        for value, layer in zip(network.activations, network.layers, strict=True)
        if layer.activation != "identity"
    }
    rows = []
    for one in derivation.steps:
        if one.rule == "definition":
            defined = str(one.statement.definition.tensor.name)
            rows.append(step(one.statement, activations.get(defined, "weighted sum")))
    rows.append(step(without_unit_sums(derivation.loss), network.loss.title))
    return [doc.Heading(doc.text("Forward equations")), doc.Steps(tuple(rows))]


def backward_blocks(derivation: Derivation) -> list[doc.Block]:
    """The adjoints from the last layer to the first, each with its law, then the gradients in a box."""
    tensors = [*derivation.original.inputs, *(made.tensor for made in derivation.original.definitions)]
    closed = {one.definition.tensor: one for one in derivation.lets}
    results = {one.definition.tensor for one in derivation.results}
    rows = []
    for one in derivation.steps:
        tensor = one.statement.definition.tensor
        if one.rule != "definition" and tensor not in results:
            rows.append(_adjoint(one.statement, one.why, closed.get(tensor), tensors))
    introduction = doc.text(
        "The chain rule runs from the loss to the first layer; ", doc.Math(r"\odot", "⊙"),
        " multiplies entry by entry, and every gradient has the shape of its variable.",
    )  # fmt: skip
    blocks: list[doc.Block] = [doc.Heading(doc.text("Backward equations")), doc.Paragraph(introduction)]
    blocks += [doc.Steps(tuple(rows))] if rows else []
    blocks.append(together(derivation.results))
    return [*blocks, *condition_blocks(derivation.conditions), checked(derivation.check())]


def _adjoint(statement: Equation, why: str, shorter: Equation | None, tensors: Sequence[Tensor]) -> doc.Step:
    """One line; where something cancels, the shorter form stands behind it."""
    if shorter is None or math(shorter.form) == math(statement.form):
        return step(statement, why, tensors=tensors)
    if weight(shorter.definition.body) >= weight(statement.definition.body):
        return step(statement, why, tensors=tensors)
    return step(statement, f"{why}; inserted and cancelled", right_side(shorter), tensors=tensors)
