"""Costs written down: step by step, as tables, side by side, as files for other programs, as figures."""
