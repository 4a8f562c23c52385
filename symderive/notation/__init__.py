"""Formulas as a person writes them: matrix notation where it exists, indices and sums where it does not."""
