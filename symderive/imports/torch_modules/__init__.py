"""Torch modules: run once on sizes alone, each operation a layer of ours."""

from __future__ import annotations

from symderive.imports.torch_modules.module import torch_network

__all__ = ["torch_network"]
