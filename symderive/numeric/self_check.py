"""The self-check of a file that is given away: its functions are written into the file as they stand here.

They know NumPy alone and nothing of symderive. Every entry is compared on its own, within the error that its
own difference quotient shows; a value that is not a number fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def differences(function: Callable[..., Any], arrays: Arrays, name: str) -> tuple[Any, Any]:
    """Central differences of a function in every entry of one array, and a bound of the error of each.

    Several steps are tried for every entry: too large a step bends, too small a step drowns in round-off. The
    bound of a step is twice the disagreement with the steps next to it, and the round-off, which shows at the
    smallest step. The step with the least bound is taken.
    """
    steps = 10.0 ** np.arange(-2, -8, -1)
    start = np.array(arrays[name], dtype=float)
    centre = np.asarray(function(**arrays), dtype=float)
    quotients = np.empty((2, *centre.shape, *start.shape))
    for place in np.ndindex(start.shape):
        tried = []
        for step in steps:
            ahead, behind = start.copy(), start.copy()
            ahead[place] += step
            behind[place] -= step
            rise = np.subtract(function(**{**arrays, name: ahead}), function(**{**arrays, name: behind}))
            tried.append(rise / (ahead[place] - behind[place]))
        slopes = np.array(tried)
        jumps = np.abs(np.diff(slopes, axis=0))
        noise = max(steps[-1] * np.max(jumps[-1]), 4 * np.finfo(float).eps * np.max(np.abs(centre)))
        wide = steps[1:-1].reshape(-1, *[1] * centre.ndim)
        bounds = np.nan_to_num(2 * np.maximum(jumps[1:], jumps[:-1]) + noise / wide, nan=np.inf)
        best = np.argmin(bounds, axis=0)[None]
        quotients[(0, ..., *place)] = np.take_along_axis(slopes[1:-1], best, axis=0)[0]
        quotients[(1, ..., *place)] = np.take_along_axis(bounds, best, axis=0)[0]
    return quotients[0], quotients[1]


def compare(title: str, derived: Any, quotient: Any, bound: Any) -> tuple[bool, int, float]:
    """Compare entry by entry: whether all agree, how many were decided, the largest relative error of one.

    An entry is decided where the bound is far below the largest entry. Entries that differ are printed.
    """
    derived = np.asarray(derived, dtype=float)
    if derived.shape != quotient.shape:
        print(f"{title}: shape {derived.shape}, but the differences have shape {quotient.shape}")
        return False, 0, np.nan
    size = np.maximum(np.abs(derived), np.abs(quotient))
    gap = np.abs(derived - quotient)
    finite = np.isfinite(derived) & np.isfinite(quotient)
    wrong = ~(finite & (gap <= bound + 1e-12 * size))
    for place in np.argwhere(wrong)[:3].tolist():
        at = tuple(place)
        print(
            f"{title}{place or ''}: derived {derived[at]:.9g}, "
            f"central difference {quotient[at]:.9g} ± {bound[at]:.0e}: WRONG"
        )
    clear = bound <= 1e-4 * size
    decided = clear | (bound <= 1e-4 * np.max(size, initial=0)) | ((derived == 0) & (bound < 1e-6))
    return not wrong.any(), int(decided.sum()), float(np.max(gap[clear] / size[clear], initial=0))


def confirmed(checks: Any, random_data: Callable[[int], Arrays], value: Callable[..., Any]) -> bool:
    """Whether every derivative agrees with central differences at three random points, with a line for each.

    Args:
        checks: of each derivative the title, its function, the function whose derivative it is, and the
            names of the arrays it is taken in; of several arrays it returns a tuple.
        random_data: a seed to arrays of the right shapes and domains.
        value: points at which it is not finite are passed over.
    """
    with np.errstate(all="ignore"):
        drawn = (random_data(seed) for seed in range(60))
        points = [arrays for arrays in drawn if np.all(np.isfinite(value(**arrays)))][:3]
        good = bool(points)
        if not points:
            print("no random data were found at which the value is finite: nothing was checked")
        for title, derivative, function, names in checks if points else ():
            for number, name in enumerate(names):
                shown, found = (title if len(names) == 1 else f"{title} {name}"), []
                for arrays in points:
                    derived = derivative(**arrays) if len(names) == 1 else derivative(**arrays)[number]
                    found.append(compare(shown, derived, *differences(function, arrays, name)))
                right = all(one[0] for one in found)
                entries, worst = sum(one[1] for one in found), max(one[2] for one in found)
                verdict = "WRONG" if not right else "agree" if entries else "NOT CONFIRMED: all is round-off"
                print(
                    f"{shown}: {entries} entries against central differences, {len(points)} random points, "
                    f"largest relative error {worst:.0e}: {verdict}"
                )
                good = good and right and entries > 0
    return good
