"""Models of other libraries as networks in our own terms: torch modules and exported programs, ONNX files."""
