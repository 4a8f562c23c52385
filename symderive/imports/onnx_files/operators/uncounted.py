"""Operators that are known and not counted, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symderive.imports.onnx_files.call import Call
from symderive.imports.onnx_files.operators.sizes import of_data
from symderive.imports.reasons import FACTORED, FOURIER, RANDOM

OPERATORS: Mapping[str, Callable[[Call], Any]] = {
    "DFT": of_data(FOURIER),
    "STFT": of_data(FOURIER),
    "Det": of_data(FACTORED),
    "Bernoulli": of_data(RANDOM),
    "Multinomial": of_data(RANDOM),
}
