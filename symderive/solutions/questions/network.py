"""Gradients of a dense network: closed form, numbers three ways, and reported numbers judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symderive.core.dims import Dim, check_name
from symderive.core.nodes import Tensor
from symderive.derive.derivation import Derivation, Equation
from symderive.derive.network import ACTIVATIONS, LAYOUTS, LOSSES, Layer, Network
from symderive.derive.network_numbers import METHODS, Judgement, NetworkNumbers, Reported
from symderive.errors import SymderiveError
from symderive.notation.names import latex_name
from symderive.numeric.draws import legacy_draws
from symderive.numeric.wording import percent, step as step_text
from symderive.solutions import document as doc
from symderive.solutions.formulas import (
    array_math, checked, math, name, right_side, step, together, without_unit_sums,
)  # fmt: skip
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Boolean, Field, Integer, ListOf, Number, Numbers, OneOf, String, Table

KIND = "network"
_SIZE = OneOf(Integer(least=1), String())
_LAYER = Table(
    Field("units", _SIZE, doc="the number of outputs, a number or a name"),
    Field("activation", String(), default="sigmoid", choices=ACTIVATIONS, doc="the activation function"),
    Field("bias", Boolean(), default=True, doc="whether a bias is added"),
)
_DRAW = Table(
    Field("name", String(), doc="the array"),
    Field("with", String(), default="rand", choices=("rand", "randn"), doc="the function of numpy.random"),
)
_REPORTED = Table(
    Field("title", String(), doc="what the report calls these numbers"),
    Field("method", String(), default="exact", choices=("exact", *METHODS), doc="how they were computed"),
    Field("epsilon", Number(least=1e-300), default=None, doc="the step of the difference quotient"),
    Field("weights", String(), default="in-out", choices=LAYOUTS, doc="the layout of the reported weights"),
    open=True,
)
SCHEMA = Table(
    Field("title", String(), default="Gradients of a network", doc="the heading"),
    Field("text", String(), default="", doc="the question as it was set"),
    Field("inputs", _SIZE, doc="the number of inputs, a number or a name"),
    Field("batch", _SIZE, default=None, doc="the number of samples; one input vector without it"),
    Field("layers", ListOf(_LAYER), doc="the layers, first to last"),
    Field("loss", String(), choices=tuple(LOSSES), doc="the loss"),
    Field("weights", String(), default="in-out", choices=LAYOUTS, doc="in-out: rows of W are inputs"),
    Field("method", String(), default="central", choices=tuple(METHODS), doc="the difference quotient"),
    Field("epsilon", Number(least=1e-300), default=None, doc="its step"),
    Field("seed", Integer(least=0, most=2**32 - 1), default=None, doc="the seed of numpy.random for `draw`"),
    Field("draw", ListOf(OneOf(String(), _DRAW)), default=(), doc="arrays drawn, in the order of the calls"),
    Field("data", Table(open=True), default=None, doc="arrays by name"),
    Field("reported", ListOf(_REPORTED), default=(), doc="numbers to judge"),
)
_TOP = ("title", "method", "epsilon", "weights")


def solve(question: Question) -> doc.Section:
    """Derive, compute and judge.

    Raises:
        ProblemError: the question cannot be solved as it stands.
    """
    values = question.values
    network = _network(question)
    derivation = network.derivation
    blocks: list[doc.Block] = [*_forward(network, derivation), *_backward(derivation)]
    blocks.append(checked(derivation.check()))
    arrays = _arrays(question, network)
    if arrays is not None:
        numbers = _numbers(question, network, arrays)
        blocks += _number_blocks(network, numbers)
        for place, one in enumerate(values["reported"]):
            blocks += _reported_blocks(question, numbers, place, one)
    elif values["reported"]:
        raise question.error(("reported", 0), "reported numbers need data to compare with; give [question.data] or seed and draw.")
    statement = (*doc.paragraphs(values["text"]), _description(network))
    return doc.Section(doc.text(values["title"]), statement, tuple(blocks))


def _size(question: Question, path: tuple[str | int, ...], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return Dim(check_name(value, "a size"))
    except SymderiveError as error:
        raise question.error(path, str(error)) from None


def _network(question: Question) -> Network:
    values = question.values
    if not values["layers"]:
        raise question.error("layers", "the network has no layers; give at least one.")
    layers = [
        Layer(_size(question, ("layers", place, "units"), one["units"]), one["activation"], one["bias"])
        for place, one in enumerate(values["layers"])
    ]
    inputs = _size(question, ("inputs",), values["inputs"])
    batch = None if values["batch"] is None else _size(question, ("batch",), values["batch"])
    try:
        return Network(inputs, layers, values["loss"], weights=values["weights"], batch=batch)
    except SymderiveError as error:
        raise question.error((), str(error)) from None


def _shaped(tensor: Tensor) -> doc.Math:
    sizes = [str(size) for size in tensor.shape]
    latex = r" \times ".join(latex_name(size) if not size.isdigit() else size for size in sizes)
    own = name(tensor)
    if tensor.shape in ((), (1,)):
        return doc.Math(rf"{own.latex} \in \mathbb{{R}}", f"{own.plain} ∈ ℝ")
    return doc.Math(rf"{own.latex} \in \mathbb{{R}}^{{{latex}}}", f"{own.plain} ∈ ℝ^({'×'.join(sizes)})")


def _description(network: Network) -> doc.Paragraph:
    """The network in one sentence."""
    pieces: list[doc.Span | doc.Text] = ["A dense network with input ", _shaped(network.x.tensor), " and layers of "]
    words = []
    for layer in network.layers:
        bias = "" if layer.bias else ", no bias"
        words.append(f"{layer.units} ({layer.activation}{bias})")
    pieces.append(", then ".join(words) + " units; parameters ")
    for place, tensor in enumerate(network.parameters):
        pieces += [", " if place else "", _shaped(tensor)]
    rows = "inputs" if network.layout == "in-out" else "outputs"
    pieces.append(f" (rows of a weight matrix belong to {rows}); loss: {network.loss.title}.")
    return doc.Paragraph(doc.text(*pieces))


def _forward(network: Network, derivation: Derivation) -> list[doc.Block]:
    activations = {str(value.name): layer.activation for value, layer in zip(network.activations, network.layers, strict=True)}
    rows = []
    for one in derivation.steps:
        if one.rule != "definition":
            continue
        defined = str(one.statement.definition.tensor.name)
        rows.append(step(one.statement, activations.get(defined, "weighted sum")))
    rows.append(step(without_unit_sums(derivation.loss), network.loss.title))
    return [doc.Heading(doc.text("Forward equations")), doc.Steps(tuple(rows))]


def _backward(derivation: Derivation) -> list[doc.Block]:
    """The adjoints from the last layer to the first, each with its law, then the gradients in a box."""
    tensors = [*derivation.original.inputs, *(made.tensor for made in derivation.original.definitions)]
    closed = {one.definition.tensor: one for one in derivation.lets}
    results = {one.definition.tensor for one in derivation.results}
    rows = []
    for one in derivation.steps:
        tensor = one.statement.definition.tensor
        if one.rule == "definition" or tensor in results:
            continue
        shorter = closed.get(tensor)
        if shorter is not None and math(shorter.form) != math(one.statement.form) and not _inserted_only(shorter, one.statement):
            why = f"{one.why}; inserted and cancelled"
            rows.append(step(one.statement, why, right_side(shorter), tensors=tensors))
        else:
            rows.append(step(one.statement, one.why, tensors=tensors))
    blocks: list[doc.Block] = [
        doc.Heading(doc.text("Backward equations")),
        doc.Paragraph(
            doc.text(
                "The chain rule runs from the loss to the first layer; ", doc.Math(r"\odot", "⊙"),
                " multiplies entry by entry, and every gradient has the shape of its variable.",
            )
        ),
        doc.Steps(tuple(rows)),
    ]  # fmt: skip
    blocks.append(together(derivation.results))
    return blocks


def _inserted_only(shorter: Equation, longer: Equation) -> bool:
    """Whether the shorter form merely has an intermediate put in, without cancelling anything."""
    from symderive.calculus.condense import weight

    return weight(shorter.definition.body) >= weight(longer.definition.body)


def _arrays(question: Question, network: Network) -> dict[str, Any] | None:
    """All arrays by name: given ones and drawn ones; None where the question has no data."""
    values = question.values
    if values["data"] is None and not values["draw"]:
        return None
    arrays: dict[str, Any] = {}
    for given, value in (values["data"] or {}).items():
        path = ("question", question.index - 1, "data", given)
        arrays[given] = Numbers(ranks=(0, 1, 2)).read(value, path, question.source.error)
    if values["draw"] and values["seed"] is None:
        raise question.error("draw", "drawing arrays needs a seed; add for example seed = 0.")
    shapes = {str(t.name): t.shape for t in (network.x.tensor, network.y.tensor, *network.parameters)}
    calls: list[tuple[object, ...]] = []
    for place, one in enumerate(values["draw"]):
        drawn, how = (one, "rand") if isinstance(one, str) else (one["name"], one["with"])
        if drawn not in shapes:
            raise question.error(("draw", place), f"{drawn} is not an array of this network; it has {', '.join(shapes)}.")
        if drawn in arrays or any(drawn == call[0] for call in calls):
            raise question.error(("draw", place), f"{drawn} has values already; give it once.")
        if any(not size.is_number for size in shapes[drawn]):
            raise question.error(("draw", place), f"{drawn} has a symbolic size; give numbers for the sizes.")
        calls.append((drawn, tuple(int(size) for size in shapes[drawn]), how))
    if calls:
        arrays.update(legacy_draws(values["seed"], calls))
    return arrays


def _numbers(question: Question, network: Network, arrays: Mapping[str, Any]) -> NetworkNumbers:
    try:
        return NetworkNumbers(network, arrays, question.values["method"], question.values["epsilon"])
    except SymderiveError as error:
        raise question.error("data", str(error)) from None


def _entries(array: Any) -> list[tuple[int, ...]]:
    return [tuple(index) for index in np.ndindex(np.squeeze(np.asarray(array)).shape)]


def _entry_name(array: str, index: Sequence[int]) -> str:
    return f"{array}[{', '.join(map(str, index))}]" if index else array


def _number_blocks(network: Network, numbers: NetworkNumbers) -> list[doc.Block]:
    values = [
        doc.Definition(name(tensor), array_math(numbers.value(str(tensor.name))))
        for tensor in (network.x.tensor, network.y.tensor, *network.parameters)
    ]
    epsilon = step_text(numbers.epsilon or 0.0)
    rows = []
    for one in numbers.parameters:
        closed, hand, quotient = (np.squeeze(part) for part in (one.closed, one.backprop, one.quotient.value))
        noise = np.squeeze(one.quotient.noise)
        for index in _entries(closed):
            inside = abs(quotient[index] - closed[index]) <= noise[index]
            rows.append(
                doc.Row(
                    (_entry_name(one.name, index), f"{closed[index]:.8f}", f"{hand[index]:.8f}",
                     f"{quotient[index]:.8f}", f"{noise[index]:.1e}"),
                    "right" if inside else "undecided",
                )
            )  # fmt: skip
    table = doc.Table(
        (doc.Column(doc.text("entry")), doc.Column(doc.text("closed form"), "decimal"),
         doc.Column(doc.text("backprop"), "decimal"), doc.Column(doc.text(f"{numbers.method} difference"), "decimal"),
         doc.Column(doc.text("its noise"), "right")),
        tuple(rows),
        doc.text(f"The gradient three ways; the difference quotient has step {epsilon}."),
    )  # fmt: skip
    return [
        doc.Heading(doc.text("Numbers")),
        doc.Definitions(tuple(values)),
        doc.Paragraph(doc.text(f"The output is {_array_text(numbers.output)}, the loss {numbers.loss:.8f}.")),
        table,
        doc.Paragraph(doc.text(f"{_capital(numbers.regime)}{_generic(network, numbers)}")),
    ]


def _generic(network: Network, numbers: NetworkNumbers) -> str:
    point = numbers.value(network.x.name)
    if point.size > 1 and bool(np.all(point == point.flat[0])):
        return (
            " All inputs are equal here, so that exchanged rows of the first weight matrix would not show; "
            "the closed form was therefore also checked at generic random points (above)."
        )
    return ""


def _capital(sentence: str) -> str:
    return sentence if sentence.startswith("ε") else sentence[:1].upper() + sentence[1:]


def _array_text(array: Any) -> str:
    """An array as text with eight significant digits."""
    value = np.asarray(array)
    if value.ndim == 0:
        return f"{float(value):.8g}"
    return "[" + ", ".join(_array_text(part) for part in value) + "]"


def _reported_blocks(
    question: Question, numbers: NetworkNumbers, place: int, one: Mapping[str, Any]
) -> list[doc.Block]:
    arrays: dict[str, Any] = {}
    for key, value in one.items():
        if key not in _TOP:
            path = ("question", question.index - 1, "reported", place, key)
            arrays[key] = Numbers(ranks=(0, 1, 2)).read(value, path, question.source.error)
    if not arrays:
        raise question.error(("reported", place), "no reported numbers are given; add for example W1 = [[0.1, 0.2]].")
    epsilon = one["epsilon"] if one["epsilon"] is not None else question.values["epsilon"]
    reported = Reported(one["title"], arrays, one["method"], epsilon, one["weights"])
    try:
        judgement = numbers.judge(reported)
    except SymderiveError as error:
        raise question.error(("reported", place), str(error)) from None
    return _judged_blocks(judgement)


def _judged_blocks(judgement: Judgement) -> list[doc.Block]:
    reported = judgement.reported
    marks = {"equal": "right", "different": "wrong", "undecided": "undecided"}
    rows = tuple(
        doc.Row(
            (entry.name, f"{entry.actual:.8f}", f"{entry.expected:.8f}", _off(entry.difference, entry.expected), f"{entry.noise:.1e}"),
            marks[entry.verdict],  # type: ignore[arg-type]  # one of the three marks
        )
        for entry in judgement.comparison.entries
    )
    exact = reported.method == "exact"
    words = "the printed digits" if exact else f"the noise of a {reported.method} difference at ε = {step_text(reported.epsilon or 0.0)}"
    columns = ("entry", "reported", "true", "off by", "allowed")
    table = doc.Table(
        tuple(
            doc.Column(doc.text(header), "left" if header == "entry" else "decimal" if place < 3 else "right")
            for place, header in enumerate(columns)
        ),
        rows,
        doc.text(f"“{reported.title}” as reported, against the closed form; allowed is {words}."),
    )
    blocks: list[doc.Block] = [doc.Heading(doc.text(f"Reported: {reported.title}")), table]
    good = sum(entry.verdict == "equal" for entry in judgement.comparison.entries)
    total = len(judgement.comparison.entries)
    if judgement.verdict == "right":
        blocks.append(doc.Verdict("right", doc.text(f"All {total} entries are right within {words}.")))
        return blocks
    sentences = [entry.sentence for entry in judgement.comparison.entries if entry.verdict != "equal"]
    sentences += [slip.message for slip in judgement.slips]
    if judgement.comparison.obstacle:
        sentences.insert(0, judgement.comparison.obstacle)
    kind = "wrong" if judgement.verdict == "wrong" else "undecided"
    head = f"{good} of {total} entries are right within {words}. "
    blocks.append(doc.Verdict(kind, doc.text(head + " ".join(sentences))))  # type: ignore[arg-type]  # two of the kinds
    return blocks


def _off(difference: float, expected: float) -> str:
    return percent(abs(difference / expected)) if expected else f"{difference:.1e}"

