"""Array-API code on a graphics card, compared with NumPy and timed: `python -m tests.benchmarks.gpu`.

It runs the derived code on whatever is installed: PyTorch with CUDA, CuPy, JAX on a GPU; else the same
libraries on the processor. Every value is asserted to agree with the NumPy code in double and in single
precision, and to have stayed on the device and in the type of its arguments; it exits with 1 if one does not.
`--scale 10` makes the data ten times as long. `--write FOLDER` only writes the derived code, and
`--read FOLDER` runs what was written, on a machine without symderive.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

LOGISTIC = (
    "np.mean(np.logaddexp(0, -y * (X @ w)))",
    {"X": "n,d", "w": "d", "y": "n:sign"}, "w", {"n": 10_000, "d": 100},
)  # fmt: skip
ROWS = {
    "logistic gradient": ("gradient", *LOGISTIC),
    "logistic Hessian": ("hessian", *LOGISTIC),
    "softmax regression": (
        "gradient", "-np.mean(np.sum(Y * special.log_softmax(X @ W, axis=1), axis=1))",
        {"X": "n,d", "W": "d,k", "Y": "n,k:onehot"}, "W", {"n": 5_000, "d": 64, "k": 10},
    ),
    "two-layer network": (
        "gradient", "np.mean((np.tanh(X @ W) @ V - y) ** 2)",
        {"X": "n,d", "W": "d,h", "V": "h", "y": "n"}, "W", {"n": 5_000, "d": 64, "h": 128},
    ),
    "attention": (
        "gradient", "np.sum((special.softmax(Q @ K.T, axis=1) @ V) ** 2)",
        {"Q": "n,d", "K": "n,d", "V": "n,d"}, "K", {"n": 1_000, "d": 64},
    ),
    "matrix factorisation Hessian": (
        "hessian", "np.sum((X - U @ V.T) ** 2)",
        {"X": "n,m", "U": "n,k", "V": "m,k"}, "U", {"n": 200, "m": 300, "k": 5},
    ),
    "normal log-likelihood": (
        "gradient", "np.linalg.slogdet(S)[1] + x @ np.linalg.solve(S, x)",
        {"S": "d,d:spd", "x": "d"}, "S", {"d": 300},
    ),
}  # fmt: skip
TOLERANCE = {"float64": 1e-9, "float32": 2e-3}
REPETITIONS = 7


@dataclass(frozen=True)
class Device:
    """Where code runs.

    Attributes:
        name: of the library and the device.
        put: an array of NumPy on the device.
        get: the other way round.
        wait: until a value has been computed.
        compiled: what is done to a function first.
        is_there: whether a value lies on the device.
    """

    name: str
    put: Callable[[Any], Any]
    get: Callable[[Any], Any]
    wait: Callable[[Any], Any]
    compiled: Callable[[Any], Any]
    is_there: Callable[[Any], bool]


def devices() -> Iterator[Device]:
    """The libraries that are installed, each with its best device."""
    if importlib.util.find_spec("torch"):
        torch = importlib.import_module("torch")
        where = "cuda" if torch.cuda.is_available() else "cpu"

        def wait(value: Any) -> None:
            if where == "cuda":
                torch.cuda.synchronize()

        yield Device(
            f"torch on {where}", lambda one: torch.as_tensor(one, device=where),
            lambda one: one.cpu().numpy(), wait, lambda function: function,
            lambda one: one.device.type == where,
        )  # fmt: skip
    if importlib.util.find_spec("cupy"):
        cupy = importlib.import_module("cupy")
        yield Device(
            "cupy", cupy.asarray, cupy.asnumpy, lambda one: cupy.cuda.Device().synchronize(),
            lambda function: function, lambda one: isinstance(one, cupy.ndarray),
        )  # fmt: skip
    if importlib.util.find_spec("jax"):
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        where = jax.devices()[0].platform
        yield Device(
            f"jax on {where}", lambda one: jax.device_put(one, jax.devices()[0]), np.asarray,
            lambda one: one.block_until_ready(), jax.jit,
            lambda one: {each.platform for each in one.devices()} == {where},
        )  # fmt: skip


def written() -> dict[str, dict[str, str]]:
    """The derived code by row and library."""
    import symderive as sd

    made: dict[str, dict[str, str]] = {}
    for name, (kind, text, shapes, wrt, _) in ROWS.items():
        arrays = {one: sd.parse(one, **{one: shape}) for one, shape in shapes.items()}
        derived = getattr(sd, kind)(sd.parse(text, **arrays), arrays[wrt])
        made[name] = {one: derived.to_code(one) for one in ("numpy", "array-api", "torch", "jax")}
    return made


def drawn(shapes: dict[str, str], sizes: dict[str, int]) -> dict[str, Any]:
    """Arrays of moderate size."""
    rng = np.random.default_rng(7)
    made = {}
    for name, declared in shapes.items():
        axes, _, domain = declared.partition(":")
        shape = tuple(sizes[size] for size in axes.split(","))
        values = rng.normal(size=shape)
        if domain == "sign":
            values = np.sign(values)
        elif domain == "onehot":
            values = np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]
        elif domain == "spd":
            values = values @ values.T / shape[0] + np.eye(shape[0])
        made[name] = values * (0.1 if not domain else 1.0)
    return made


def loaded(source: str) -> Any:
    """The function that a source defines."""
    space: dict[str, Any] = {}
    exec(compile(source, "derived", "exec"), space)
    return next(space[name] for name in ("gradient", "hessian") if name in space)


def accepted(function: Any, arrays: dict[str, Any]) -> dict[str, Any]:
    """The arrays that a function takes."""
    return {name: arrays[name] for name in function.__code__.co_varnames[: function.__code__.co_argcount]}


def timed(call: Callable[[], Any], wait: Callable[[Any], Any]) -> float:
    """The median time of a call in milliseconds, after one for warming up."""
    wait(call())
    times = []
    for _ in range(REPETITIONS):
        begin = time.perf_counter()
        wait(call())
        times.append(1e3 * (time.perf_counter() - begin))
    return median(times)


def compare(name: str, sources: dict[str, str], backend: str, kind: str, device: Device, scale: int) -> str:
    """One line of the table; the value is asserted to be right, of the right type and on the device."""
    _, _, shapes, _, sizes = ROWS[name]
    arrays = drawn(shapes, {size: one * (scale if size == "n" else 1) for size, one in sizes.items()})
    plain = loaded(sources["numpy"])
    expected = plain(**accepted(plain, arrays))
    single = {key: one.astype(kind) for key, one in accepted(plain, arrays).items()}
    reference = timed(lambda: plain(**single), lambda one: one)
    function = loaded(sources[backend])
    given = {key: device.put(one) for key, one in single.items()}
    compiled = device.compiled(function)
    value = compiled(**given)
    if str(value.dtype).rsplit(".", 1)[-1] != kind:
        raise AssertionError(f"{name}, {backend}, {device.name}: {value.dtype} for {kind}")
    if not device.is_there(value):
        raise AssertionError(f"{name}, {backend}, {device.name}: the value is not on the device")
    error = np.abs(device.get(value) - expected).max() / max(np.abs(expected).max(), 1e-300)
    if not error < TOLERANCE[kind]:
        raise AssertionError(f"{name}, {backend}, {device.name}, {kind}: relative error {error:.1e}")
    own = timed(lambda: compiled(**given), device.wait)
    figures = f"{own:10.3f} {reference:12.3f} {reference / own:8.1f} {error:9.0e}"
    return f"{name:30s} {backend:10s} {kind:8s} {figures}"


def main() -> int:
    """Write, or run and print the table; 1 if a value is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", type=Path, help="only write the derived code into this folder")
    parser.add_argument("--read", type=Path, help="run the code in this folder")
    parser.add_argument("--scale", type=int, default=1, help="how many times as long the data are")
    args = parser.parse_args()
    if args.write:
        args.write.mkdir(parents=True, exist_ok=True)
        (args.write / "derived.json").write_text(json.dumps(written()), encoding="utf-8")
        return 0
    made = json.loads((args.read / "derived.json").read_text(encoding="utf-8")) if args.read else written()
    wrong = 0
    for device in devices():
        backends = ["array-api"] if importlib.util.find_spec("array_api_compat") else []
        own = device.name.split()[0]
        print(
            f"\n{device.name}\n{'':30s} {'code':10s} {'type':8s} "
            f"{'ms':>10s} {'NumPy ms':>12s} {'ratio':>8s} error"
        )
        for name, sources in made.items():
            for backend in [*backends, *([own] if own in sources else [])]:
                for kind in TOLERANCE:
                    try:
                        print(compare(name, sources, backend, kind, device, args.scale), flush=True)
                    except Exception as error:  # a driver may raise anything: it counts as wrong
                        wrong += 1
                        print(f"{name:30s} {backend:10s} {kind:8s} WRONG {type(error).__name__}: {error}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
