"""Why some operations are not counted, in the words that stand behind their names."""

from __future__ import annotations

SEARCH = "how many comparisons it takes depends on the algorithm and on the entries"
FOURIER = "it is computed by algorithms of several kinds, and the factors of the sizes decide which"
FACTORED = "its algorithm works in blocks and chooses pivots, which no formula in the sizes says"
ITERATED = "its algorithm repeats until it has converged"
SERIES = "how many terms it takes depends on the entries"
RANDOM = "random numbers"
COMPLEX = "complex numbers"
SPARSE = "sparse arrays, of which only the data say how many entries there are"
BAGS = "bags of sizes that only the data say"
SMOOTHED = "how many entries are weighted depends on the ratio of the sizes"
