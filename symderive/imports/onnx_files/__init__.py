"""ONNX files as networks: every operator as a layer of ours, with the sizes that the file leaves open."""

from __future__ import annotations

from symderive.imports.onnx_files.entry import onnx_file

__all__ = ["onnx_file"]
