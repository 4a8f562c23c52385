"""Why some operations are not counted, in the words that stand behind their names."""

from __future__ import annotations

SEARCH = "how many comparisons it takes depends on the algorithm and on the entries"
FOURIER = "which algorithm computes it depends on the factors of the sizes"
FACTORED = "how it is split into blocks is a matter of its algorithm"
ITERATED = "its algorithm repeats until it has converged"
SERIES = "how many terms it takes depends on the entries"
RANDOM = "random numbers"
COMPLEX = "complex numbers"
SPARSE = "sparse arrays, of which only the data say how many entries there are"
BAGS = "bags of sizes that only the data say"
SMOOTHED = "how many entries are weighted depends on the ratio of the sizes"
