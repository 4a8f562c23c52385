"""Answers of one tool, case by case: JSON in, JSON out; the parent ends a case that is too slow."""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tests.benchmarks.translations.numpy_text import NotExpressedError


def answered(module: Any, case: dict[str, Any]) -> dict[str, Any]:
    """The answer to a case, or why there is none."""
    try:
        found: dict[str, Any] = module.answer(case)
    except NotExpressedError as error:
        return {"not expressed": str(error)}
    except Exception as error:  # whatever a tool raises is its answer
        return {"refused": f"{type(error).__name__}: {error}".splitlines()[0][:160]}
    return {**found, "text": found["text"][:2000]}


def main() -> None:
    """Say the version, then answer what comes in."""
    warnings.simplefilter("ignore")
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        module = importlib.import_module(f"tests.benchmarks.translations.{sys.argv[1]}")
        try:
            number = version(module.DISTRIBUTION)
        except PackageNotFoundError:
            number = sys.modules[module.DISTRIBUTION].__version__
        hello = {"version": number}
    except ImportError as error:
        hello = {"absent": str(error)}
    print(json.dumps(hello), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(answered(module, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
