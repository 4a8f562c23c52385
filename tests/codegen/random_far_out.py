"""Random positive formulas of exponentials and sigmoids, as text."""

from __future__ import annotations

from hypothesis import strategies as st

ARGUMENTS = ("z", "(-z)", "(2 * z)", "(z - 1)", "(1 - 2 * z)", "(z / 2)")
SIMPLE = (
    "np.exp({0})", "special.expit({0})", "(1 + np.exp({0}))", "(1 / (1 + np.exp({0})))", "np.cosh({0})",
    "(1 - special.expit({0}))", "(1 - np.tanh({0}) ** 2)", "(1 + np.tanh({0}))", "(2 + np.exp({0}))",
    "(np.exp({0}) + np.exp({1}))", "(1 / np.cosh({0}))", "special.ndtr({0})", "(1 - special.ndtr({0}))",
    "(special.expit({0}) * special.expit({1}))", "(np.exp({0}) * special.expit({1}))", "np.exp({0}) ** 2",
    "(np.exp({0}) / (np.exp({0}) + np.exp({1})))", "(special.expit({0}) / special.expit({1}))",
)  # fmt: skip
JOINED = ("({0} * {1})", "({0} / {1})", "({0} + {1})", "({0} / ({0} + {1}))", "{0} ** 2", "{0} ** 2 / {1}")
LOSSES = ("np.sum({0})", "np.sum(np.log({0}))", "np.sum(1 / {0})", "-np.sum(np.log({0}))")
COMPLEMENT = {"(1 - special.ndtr({0}))": "special.ndtr(-({0}))"}


@st.composite
def losses(draw: st.DrawFn, most: int = 2) -> tuple[str, str]:
    """A loss as it is written, and the same for the truth, without the complement of a tail."""
    made: list[tuple[str, str]] = []
    for _ in range(draw(st.integers(1, most))):
        form = draw(st.sampled_from(SIMPLE))
        places = [draw(st.sampled_from(ARGUMENTS)) for _ in range(2)]
        made.append((form.format(*places), COMPLEMENT.get(form, form).format(*places)))
    while len(made) > 1:
        form = draw(st.sampled_from(JOINED))
        (one, one_truth), (two, two_truth) = made.pop(), made.pop()
        made.append((form.format(one, two), form.format(one_truth, two_truth)))
    outer = draw(st.sampled_from(LOSSES))
    return outer.format(made[0][0]), outer.format(made[0][1])
