"""Random losses of structured matrices against differences that vary the tied entries together."""

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.core.nodes import STRUCTURES
from symderive.numeric import central, draw
from symderive.numeric.structures import moved
from tests.derive.test_random_gradients import agree_everywhere, agrees, called, quiet
from tests.derive.test_random_inverses import LARGEST, SPACE, depends, point, sources, value
from tests.notation.test_printed_formulas_mean_what_the_code_computes import check
from tests.profiles import examples


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(sources(depth=1), st.sampled_from(STRUCTURES), st.integers(0, 3))
def test_gradient_in_the_free_entries(source, domain, seed):
    text, _ = source
    size = sd.dims("d")
    matrix = sd.array("M", size, size, domain=domain)
    loss = value(text, {**SPACE, "M": matrix}, {})
    assume(depends(loss, "M"))
    start = np.asarray(draw((3, 3), domain, seed=seed))
    arrays = {**point(seed), "M": start}
    assume(abs(quiet(lambda: value(text, arrays))) < LARGEST)
    derived = sd.gradient(loss, matrix)
    free = derived.structured
    quotient = quiet(
        lambda: central(lambda at: value(text, {**arrays, "M": moved(start, domain, at - start)}), start)
    )
    assume(np.isfinite(quotient.noise).any())
    agrees(quotient.value, np.asarray(called(free, arrays)), quotient)
    agree_everywhere(free.to_numpy().program, arrays)
    check(free, arrays)
    alone = quiet(lambda: central(lambda at: value(text, {**arrays, "M": at}), start))
    agrees(alone.value, np.asarray(called(derived, arrays)), alone)
