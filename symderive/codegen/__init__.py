"""From a program to NumPy source that a person could have written."""
