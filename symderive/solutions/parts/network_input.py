"""The keys of a network question as a network, its arrays, and what was reported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from symderive.core.dims import Dim, check_name, shape_text
from symderive.derive.network import LAYOUTS, Layer, Network
from symderive.derive.network_numbers import METHODS, NetworkNumbers, Reported
from symderive.errors import SymderiveError, did_you_mean
from symderive.numeric.draws import legacy_draws
from symderive.numeric.steps import default_epsilon
from symderive.solutions.problem_file import Question
from symderive.solutions.schema import Field, Number, Numbers, String, Table

MOST_LAYERS = 64
MOST_NUMBERS = 10_000
"""How many parameters may have numbers: each costs a difference quotient."""
_ARRAY = Numbers(ranks=(0, 1, 2))
REPORTED = Table(
    Field("title", String(), doc="what the report calls these numbers"),
    Field("method", String(), default="exact", choices=("exact", *METHODS), doc="how they were computed"),
    Field("epsilon", Number(least=1e-300), default=None, doc="the step of the difference quotient"),
    Field(
        "weights",
        String(),
        default=None,
        choices=(None, *LAYOUTS),
        doc="its layout, if not that of the network",
    ),
    open=True,
)
_NAMED = re.compile(r"network data: (?P<name>\w+) ")


def network_of(question: Question) -> Network:
    """The network of a question.

    Raises:
        ProblemError: there is none, or a size has no usable name.
    """
    values = question.values
    count = len(values["layers"])
    if not 0 < count <= MOST_LAYERS:
        what = (
            "has no layers; give at least one"
            if not count
            else f"has {count} layers; {MOST_LAYERS} are the most"
        )
        raise question.error("layers", f"the network {what}.")
    layers = [
        Layer(_size(question, ("layers", place, "units"), one["units"]), one["activation"], one["bias"])
        for place, one in enumerate(values["layers"])
    ]
    inputs = _size(question, ("inputs",), values["inputs"])
    batch = None if values["batch"] is None else _size(question, ("batch",), values["batch"])
    network = Network(inputs, layers, values["loss"], weights=values["weights"], batch=batch)
    _refuse_large(question, network)
    return network


def _size(question: Question, path: tuple[str | int, ...], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        name = check_name(value, "a size")
    except SymderiveError as error:
        raise question.error(path, str(error)) from None
    if re.fullmatch(r"[xyXYLpP]|[WbzaZA]\d+", name):
        raise question.error(
            path, f'the name "{name}" is taken by an array of the network; call the size something else.'
        )
    return Dim(name)


def _refuse_large(question: Question, network: Network) -> None:
    """A network with numbers for its sizes is checked at these sizes, which takes time for each entry."""
    arrays = [network.x.tensor, *network.parameters]
    entries = sum(int(sympy.prod(one.shape)) for one in arrays if all(size.is_number for size in one.shape))
    if entries > MOST_NUMBERS:
        raise question.error(
            "layers",
            f"the network has {entries:,} inputs and parameters; {MOST_NUMBERS:,} are the most; "
            'use names for the sizes, as in units = "h".',
        )


def arrays_of(question: Question, network: Network) -> dict[str, Any] | None:
    """All arrays by name, given and drawn; None where the question has no data.

    Raises:
        ProblemError: an array is unknown, given twice, no rectangle of finite numbers, or cannot be drawn.
    """
    values = question.values
    if values["seed"] is not None and not values["draw"]:
        raise question.error("seed", 'a seed is given, but nothing is drawn; add for example draw = ["W1"].')
    if values["data"] is None and not values["draw"]:
        return None
    shapes = {str(t.name): t.shape for t in (network.x.tensor, network.y.tensor, *network.parameters)}
    arrays: dict[str, Any] = {}
    for given, value in (values["data"] or {}).items():
        if given not in shapes:
            raise question.error(("data", given), _unknown(given, shapes))
        arrays[given] = question.read(_ARRAY, value, ("data", given))
    calls = list(_calls(question, shapes, arrays))
    return arrays | (legacy_draws(values["seed"], calls) if calls else {})


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    near = did_you_mean(name, known)
    listed = "" if near != "." else f"; it has {', '.join(known)}."
    return f'"{name}" is not an array of this network{listed or near}'


def _calls(
    question: Question, shapes: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """The calls of numpy.random, in order: name, shape, function."""
    values = question.values
    if values["draw"] and values["seed"] is None:
        raise question.error("draw", "drawing arrays needs a seed; add for example seed = 0.")
    done: set[str] = set()
    for place, one in enumerate(values["draw"]):
        name, how = (one, "rand") if isinstance(one, str) else (one["name"], one["with"])
        if name not in shapes:
            raise question.error(("draw", place), _unknown(name, shapes))
        if name in given or name in done:
            raise question.error(("draw", place), f"{name} has values already; give it once.")
        if any(not size.is_number for size in shapes[name]):
            raise question.error(("draw", place), f"{name} has a symbolic size; give numbers for the sizes.")
        done.add(name)
        yield name, tuple(int(size) for size in shapes[name]), how


def numbers_of(question: Question, network: Network, arrays: Mapping[str, Any]) -> NetworkNumbers:
    """The network with its numbers.

    Raises:
        ProblemError: an array is missing or has another shape than the network needs.
    """
    try:
        return NetworkNumbers(network, arrays, question.values["method"], question.values["epsilon"])
    except SymderiveError as error:
        found = _NAMED.match(str(error))
        path = (
            ("data", found["name"])
            if found and found["name"] in (question.values["data"] or {})
            else ("data",)
        )
        raise question.error(path, str(error).removeprefix("network data: ")) from None


def reported_of(question: Question, network: Network, place: int) -> Reported:
    """What was reported, by its place in the question.

    Raises:
        ProblemError: nothing was reported, or for something that is no parameter.
    """
    one = question.values["reported"][place]
    known = {str(tensor.name): tensor.shape for tensor in network.parameters}
    names = {field.name for field in REPORTED.fields}
    arrays = {}
    for key, value in one.items():
        if key in names:
            continue
        path = ("reported", place, key)
        if key not in known:
            near = did_you_mean(key, [*known, *names])
            listed = "" if near != "." else f"; its parameters are {', '.join(known)}."
            raise question.error(path, f'unknown key "{key}"{listed or near}')
        arrays[key] = question.read(_ARRAY, value, path)
    if not arrays:
        example = next(iter(known))
        raise question.error(
            ("reported", place),
            f"no reported numbers are given; add those of {example} {shape_text(known[example])}.",
        )
    return Reported(
        one["title"], arrays, one["method"], _epsilon(question, one), one["weights"] or network.layout
    )


def _epsilon(question: Question, one: Mapping[str, Any]) -> float | None:
    """The step of a reported quotient: its own, else that of the question, else the best one."""
    if one["method"] == "exact":
        return None
    same = question.values["epsilon"] if one["method"] == question.values["method"] else None
    given = one["epsilon"] if one["epsilon"] is not None else same
    return float(given) if given is not None else default_epsilon(one["method"])
