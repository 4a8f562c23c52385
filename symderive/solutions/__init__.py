"""Worked solutions: problem files in, documents out."""
