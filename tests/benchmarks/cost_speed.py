"""Costs at many shapes, against tools that count one at a time: `python -m tests.benchmarks.cost_speed`.

Every tool counts the multiply-accumulates of ResNet-18 and its parameters, at random batches and image sizes.
The formula is compiled once and gets all shapes as arrays; the others run the model, on the meta device where
they can. The formula is compared with a count from the layers' own shapes, which a forward pass on the meta
device gives, at every shape that the others are timed at, and with Python's integers at a thousand random
shapes, huge ones among them. A tool whose number differs is said to be wrong, and by how much. `--python` is
the interpreter that has the tools (torch, fvcore, thop, calflops); one that is absent is said to be.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symderive.cost import cost
from symderive.cost.evaluation import complete
from symderive.networks import network

SHAPES = 10_000_000
PEER_SHAPES = 6
PARAMETERS = 11_689_512


@dataclass(frozen=True)
class Answer:
    """What a tool gave.

    Attributes:
        seconds: for one shape, the least of its runs.
        macs: for each shape.
        params: of the model; None where the tool does not say.
        missing: why it has no answer.
    """

    seconds: float = 0.0
    macs: tuple[int, ...] = ()
    params: int | None = None
    missing: str = ""


def shapes(count: int, largest: int = 1024, seed: int = 1) -> dict[str, np.ndarray]:
    """Random batches, heights and widths, each evenly spread."""
    draw = np.random.default_rng(seed)
    return {
        "B": draw.integers(1, 65, count),
        "H": draw.integers(32, largest + 1, count),
        "W": draw.integers(32, largest + 1, count),
    }


def peer_shapes() -> list[tuple[int, int, int]]:
    """The shapes that the other tools are asked for; the first is the usual one."""
    drawn = shapes(PEER_SHAPES - 1, 256)
    return [(1, 224, 224), *zip(*(column.tolist() for column in drawn.values()), strict=True)]


def timed(count: int = SHAPES, repeats: int = 3) -> float:
    """Shapes per second of processor time of the compiled formula, the best of several runs."""
    macs, given = cost(network("resnet18")).compile(), shapes(count)
    macs(B=1, H=224, W=224)
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        macs(**given)
        best = min(best, time.process_time() - start)
    return count / best


def mismatches(count: int = 1000) -> int:
    """At how many random shapes, half of them huge, the compiled formula is not what it is exactly."""
    counted = cost(network("resnet18"))
    given = {
        name: np.concatenate([values, values * 10**7]) for name, values in shapes(count // 2, seed=2).items()
    }
    symbols = {symbol.name: symbol for symbol in counted.symbols}
    exact = complete(
        {symbols[name]: values.astype(object) for name, values in given.items()}, counted.relations
    )
    wanted = counted.formula().value(exact)
    return sum(int(one) != int(other) for one, other in zip(counted.compile()(**given), wanted, strict=True))


def model_of() -> Any:
    """ResNet-18 as a torch module, on the meta device."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.bn1, self.bn2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)
            self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.relu = nn.ReLU()
            self.shortcut = (
                nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
                if stride != 1 or before != after
                else nn.Identity()
            )

        def forward(self, x: Any) -> Any:
            inside = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            return self.relu(inside + self.shortcut(x))

    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    before = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(before, width, stride), Block(width, width, 1)]
        before = width
    with torch.device("meta"):
        model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))
    return model.to("meta").eval()


def by_shapes(model: Any, shape: tuple[int, int, int]) -> int:
    """Multiply-accumulates from the shapes that each convolution and linear layer really has."""
    import torch

    total = 0

    def add(layer: Any, inputs: Any, output: Any) -> None:
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    kinds = (torch.nn.Conv2d, torch.nn.Linear)
    hooks = [one.register_forward_hook(add) for one in model.modules() if isinstance(one, kinds)]
    batch, height, width = shape
    model(torch.empty(batch, 3, height, width, device="meta"))
    for hook in hooks:
        hook.remove()
    return total


def _torch(model: Any, x: Any) -> tuple[int, int | None]:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(x)
    return counter.get_total_flops() // 2, None


def _fvcore(model: Any, x: Any) -> tuple[int, int | None]:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, x)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.total()), None


def _thop(model: Any, x: Any) -> tuple[int, int | None]:
    import thop

    macs, params = thop.profile(model, (x,), verbose=False)
    return int(macs), int(params)


def _calflops(model: Any, x: Any) -> tuple[int, int | None]:
    import calflops

    _, macs, params = calflops.calculate_flops(
        model, args=[x], print_results=False, print_detailed=False, output_as_string=False
    )
    return int(macs), int(params)


PEERS: dict[str, Callable[[Any, Any], tuple[int, int | None]]] = {
    "torch.utils.flop_counter": _torch,
    "fvcore": _fvcore,
    "thop": _thop,
    "calflops": _calflops,
}


def asked(tool: str, device: str) -> Answer:
    """What one tool counts at the shapes, and how long it takes for one of them."""
    import torch

    macs, best, params = [], float("inf"), None
    for batch, height, width in peer_shapes():
        model = model_of()
        if device != "meta":
            model = model.to_empty(device=device)
        x = torch.empty(batch, 3, height, width, device=device)
        start = time.process_time()
        found, params = PEERS[tool](model, x)
        best = min(best, time.process_time() - start)
        macs.append(found)
    return Answer(best, tuple(macs), params)


def child(tool: str) -> None:
    """Run in the interpreter that has the tools: print an answer as JSON, on the meta device if it can."""
    quiet = io.StringIO()
    answer = Answer(missing="no device")
    for device in ("meta", "cpu"):
        try:
            with contextlib.redirect_stdout(quiet), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = asked(tool, device)
            break
        except Exception as error:  # whatever a tool raises is its answer
            answer = Answer(missing=f"{type(error).__name__}: {error}"[:120])
    model = model_of()
    print(
        json.dumps(
            {**vars(answer), "device": device, "by_shapes": [by_shapes(model, one) for one in peer_shapes()]}
        )
    )


def answer_of(tool: str, python: str) -> dict[str, Any]:
    """The answer of a tool in a process of its own."""
    run = subprocess.run(
        [python, "-m", "tests.benchmarks.cost_speed", "--child", tool],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        return {"missing": run.stderr.strip().splitlines()[-1][:120]}
    return dict(json.loads(run.stdout.strip().splitlines()[-1]))


def row(tool: str, answer: dict[str, Any], ours: float, wanted: list[int]) -> str:
    """One line of the table."""
    if answer["missing"]:
        return f"| {tool} | | | {answer['missing']} |"
    rate = 1 / answer["seconds"]
    wrong = [(one, other) for one, other in zip(answer["macs"], wanted, strict=True) if one != other]
    if wrong:
        counted, true = max(wrong, key=lambda pair: abs(pair[0] / pair[1] - 1))
        verdict = (
            f"wrong at {len(wrong)} of {len(wanted)} shapes, by up to {100 * (counted / true - 1):+.2f} %"
        )
    else:
        verdict = f"exact at {len(wanted)} shapes"
    if answer["params"] not in (None, PARAMETERS):
        verdict += f"; {answer['params']:,} parameters in place of {PARAMETERS:,}"
    return f"| {tool} ({answer['device']}) | {rate:,.3g} | {ours / rate:,.3g} | {verdict} |"


def main() -> int:
    """Print the table; fails where the formula is not exact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the tools")
    parser.add_argument("--child", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--shapes", type=int, default=SHAPES, help="how many shapes the formula gets")
    args = parser.parse_args()
    if args.child:
        child(args.child)
        return 0
    wrong = mismatches()
    if wrong:
        raise AssertionError(f"the compiled formula is wrong at {wrong} of 1,000 shapes")
    ours = timed(args.shapes)
    if cost(network("resnet18")).params != PARAMETERS:
        raise AssertionError("the parameters are not those that were published")
    formula = cost(network("resnet18")).compile()
    wanted = [formula(B=batch, H=height, W=width) for batch, height, width in peer_shapes()]
    print(f"{platform.platform()}, Python {platform.python_version()}, NumPy {np.__version__}")
    print("| tool | shapes/s | symderive is faster by | numbers |\n|---|---|---|---|")
    print(f"| symderive, compiled | {ours:,.3g} | 1 | exact at 1,000 random shapes, sizes up to 10¹⁰ |")
    for tool in PEERS:
        answer = answer_of(tool, args.python)
        if not answer["missing"] and answer["by_shapes"] != wanted:
            raise AssertionError(f"the formula gives {wanted}, the layers' shapes {answer['loops']}")
        print(row(tool, answer, ours, wanted))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
