"""More losses, with the numbers at which they must be exact: labels, margins, tails, counts."""

from __future__ import annotations

from tests.codegen.stability_rows import EVERYWHERE, NOT_ZERO, POSITIVE, UP_TO_5, UP_TO_40, Row

_P, _Q = "special.expit(z)", "special.expit(y)"
_PT = f"(y * {_P} + (1 - y) * (1 - {_P}))"
_CHOSEN = f"np.where(y > 0.5, {_P}, 1 - {_P})"
_BINARY = {"y": (0.0, 1.0), "y_domain": "binary"}
_REAL = {"y": (0.0, 1.0)}
_POSITIVE = {"y_domain": "positive"}
_DENSITY = "np.exp(-z ** 2 / 2) / np.sqrt(2 * np.pi)"
_GAMMA = {"scalars": (("g", 1.5),)}


def _focal(power: str) -> str:
    return f"-np.sum(y * (1 - {_P}) ** {power} * np.log({_P}) + (1 - y) * {_P} ** {power} * np.log(1 - {_P}))"


LABELS = {
    "focal": Row(_focal("2"), **_BINARY),
    "focal, labels in an array": Row(_focal("2"), **_REAL),
    "focal of any power": Row(_focal("g"), **_BINARY, **_GAMMA),
    "focal of a small power": Row(_focal("g"), **_REAL, scalars=(("g", 0.3),)),
    "focal by p_t": Row(f"-np.sum((1 - {_PT}) ** 2 * np.log({_PT}))", **_BINARY),
    "focal by p_t, any power": Row(f"-np.sum((1 - {_PT}) ** g * np.log({_PT}))", **_BINARY, **_GAMMA),
    "focal by where": Row(
        f"-np.sum(np.where(y > 0.5, (1 - {_P}) ** 2 * np.log({_P}), {_P} ** 2 * np.log(1 - {_P})))", **_BINARY
    ),
    "focal where y is 1": Row(
        f"-np.sum(np.where(y == 1, (1 - {_P}) ** g * np.log({_P}), {_P} ** g * np.log(1 - {_P})))",
        **_BINARY, **_GAMMA,
    ),
    "focal by where in p_t": Row(f"-np.sum((1 - {_CHOSEN}) ** 2 * np.log({_CHOSEN}))", **_BINARY),
    "focal, powers by element": Row(
        f"-np.sum((1 - {_P}) ** y * np.log({_P}))", y=(2.0, 1.0, 0.5, 3.7), **_POSITIVE
    ),
    "balanced focal": Row(
        f"-np.sum(0.25 * y * (1 - {_P}) ** 2 * np.log({_P})"
        f" + 0.75 * (1 - y) * {_P} ** 2 * np.log(1 - {_P}))", **_BINARY,
    ),
    "label smoothing": Row(
        f"-np.sum((0.9 * y + 0.05) * np.log({_P}) + (0.95 - 0.9 * y) * np.log(1 - {_P}))", **_BINARY, given=1
    ),
    "weighted": Row(f"-np.sum(3 * y * np.log({_P}) + (1 - y) * np.log(1 - {_P}))", **_BINARY, given=3),
    "poly": Row(f"-np.sum(np.log({_P}) - 2 * (1 - {_P}))"),
    "generalised cross-entropy": Row(f"np.sum((1 - {_P} ** 0.7) / 0.7)"),
    "dice": Row(f"np.sum(1 - 2 * {_P} * y / ({_P} + y))", y=(1.0,), given=1),
    "divergence by logits": Row(
        f"np.sum({_Q} * (np.log({_Q}) - np.log({_P})) + (1 - {_Q}) * (np.log(1 - {_Q}) - np.log(1 - {_P})))",
        y=(1.0, -30.0), given=40,
    ),
    "Jensen-Shannon": Row(
        f"np.sum({_P} * np.log(2 * {_P} / ({_P} + {_Q})) + {_Q} * np.log(2 * {_Q} / ({_P} + {_Q})))",
        y=(1.0,), given=2,
    ),
    "likelihood by powers": Row(f"-np.sum(np.log({_P} ** y * (1 - {_P}) ** (1 - y)))", **_BINARY),
    "three pieces": Row(
        f"np.sum(np.where(z > 1, np.log(1 + np.exp(z)), np.where(z < -1, np.exp(z), z)) * {_P})",
        tuple(one for one in EVERYWHERE if abs(one) != 1),
    ),
    "hurdle and rate": Row(
        f"-np.sum(np.where(y > 0, y * z - np.exp(z) - np.log(1 - np.exp(-np.exp(z))), np.log({_P})))",
        UP_TO_5, y=(0.0, 2.0), given=10,
    ),
    "half of 1 + exp": Row("np.sum(np.log((1 + np.exp(z)) / 2))"),
    "power of a logistic density": Row("np.sum(np.exp(-z) / (1 + np.exp(-z)) ** 1.5)"),
}  # fmt: skip
MARGINS = {
    "root less number": Row("np.sum(np.sqrt(z ** 2 + 1) - z)"),
    "root and number": Row("np.sum(np.sqrt(z ** 2 + 3) + z)"),
    "root less size": Row("np.sum(np.sqrt(z ** 2 + 1) - np.abs(z))", NOT_ZERO),
    "root of an equation": Row("np.sum((z + np.sqrt(z ** 2 + 4 * y)) / 2)", y=(1.0, 0.01), **_POSITIVE),
    "1 less cosine": Row("np.sum(1 - z / np.sqrt(1 + z ** 2))"),
    "logarithm of root and number": Row("np.sum(np.log(np.sqrt(z ** 2 + 1) + z))"),
    "pseudo-Huber of any scale": Row(
        "np.sum(y ** 2 * (np.sqrt(1 + (z / y) ** 2) - 1))", y=(0.5, 100.0), **_POSITIVE
    ),
    "Charbonnier": Row("np.sum(np.sqrt(z ** 2 + y ** 2) - y)", y=(0.5, 1e-3), **_POSITIVE),
    "Huber": Row(
        "np.sum(np.where(np.abs(z) <= 1, 0.5 * z ** 2, np.abs(z) - 0.5))",
        tuple(one for one in EVERYWHERE if abs(one) != 1),
    ),
    "Geman-McClure": Row("np.sum(z ** 2 / (1 + z ** 2))"),
    "Welsch": Row("np.sum(1 - np.exp(-z ** 2 / 2))", UP_TO_40),
    "smooth hinge": Row("np.sum(np.log(1 + np.exp(5 * (1 - z))) / 5)"),
    "squared softplus": Row("np.sum(np.log(1 + np.exp(z)) ** 2)"),
    "softsign": Row("np.sum(z / (1 + np.abs(z)))", NOT_ZERO),
    "preference": Row("-np.sum(np.log(special.expit(0.1 * (z - y))))", y=(1.5, -40.5)),
    "Bradley-Terry": Row("-np.sum(np.log(np.exp(z) / (np.exp(z) + np.exp(y))))", y=(1.5, -40.5)),
    "Rao-Kupper, a tie": Row(
        "-np.sum(np.log(3 * np.exp(z) * np.exp(y)"
        " / ((np.exp(z) + 2 * np.exp(y)) * (2 * np.exp(z) + np.exp(y)))))", y=(1.5, -40.5),
    ),
    "Davidson, a tie": Row(
        "-np.sum(np.log(np.exp((z + y) / 2) / (np.exp(z) + np.exp(y) + np.exp((z + y) / 2))))",
        y=(1.5, -40.5),
    ),
    "Davidson, a win": Row(
        "-np.sum(np.log(np.exp(z) / (np.exp(z) + np.exp(y) + 0.5 * np.exp((z + y) / 2))))",
        y=(1.5, -40.5), given=40,
    ),
    "difference of slopes": Row("np.sum(np.log(np.tanh(z + 1) - np.tanh(z)))", digits=4),
    "width of a step": Row(
        "-np.sum(np.log(special.expit(y - z) - special.expit(-z)))", y=(1.0, 1e-3), **_POSITIVE
    ),
}  # fmt: skip
TAILS = {
    "Mills": Row(f"np.sum({_DENSITY} / special.ndtr(z))", UP_TO_40, digits=40),
    "Mills by log_ndtr": Row("np.sum(np.exp(-z ** 2 / 2 - special.log_ndtr(z)))", UP_TO_40, digits=40),
    "truncated normal": Row(
        "np.sum(0.5 * (y - z) ** 2 + np.log(1 - special.ndtr(-z)))", y=(0.5,),
        truth="np.sum(0.5 * (y - z) ** 2 + np.log(special.ndtr(z)))",
    ),
    "mean of a truncated normal": Row(
        f"np.sum(z + {_DENSITY} / (1 - special.ndtr(-z)))", UP_TO_40, digits=40,
        truth=f"np.sum(z + {_DENSITY} / special.ndtr(z))",
    ),
    "expected improvement": Row(f"np.sum(z * special.ndtr(z) + {_DENSITY})", UP_TO_40, digits=40),
    "its logarithm": Row(f"np.sum(np.log(z * special.ndtr(z) + {_DENSITY}))", UP_TO_40, digits=40),
    "CRPS of a normal": Row(
        f"np.sum(z * (2 * special.ndtr(z) - 1) + 2 * {_DENSITY} - 1 / np.sqrt(np.pi))", given=1,
        truth=f"np.sum(z * (special.ndtr(z) - special.ndtr(-z)) + 2 * {_DENSITY} - 1 / np.sqrt(np.pi))",
    ),
    "log-normal": Row(
        "-np.sum(np.log(special.ndtr(-(np.log(y) - z) / 2)))", y=(0.5, 1e3), **_POSITIVE,
    ),
    "log-normal by erfc": Row(
        "-np.sum(np.log(0.5 * special.erfc((np.log(y) - z) / (2 * np.sqrt(2)))))", y=(0.5,), **_POSITIVE,
        truth="-np.sum(np.log(special.ndtr((z - np.log(y)) / 2)))",
    ),
    "Student of any freedom": Row(
        "np.sum((y + 1) / 2 * np.log(1 + z ** 2 / y))", y=(3.0, 1e6), **_POSITIVE, digits=0
    ),
    "extreme value, small shape": Row(
        "np.sum(np.log(1 + y * z) / y)", (0.0, 1e-8, 1.0, 30.0, 40.0, 800.0, 1e4), y=(0.1, 1e-8), **_POSITIVE
    ),
    "extreme value": Row(
        "np.sum((1 + 1 / y) * np.log(1 + y * z) + (1 + y * z) ** (-1 / y))",
        (0.0, 1e-8, 1.0, 30.0, 40.0, 800.0, 1e4), y=(0.1, 0.5), **_POSITIVE,
    ),
    "Gumbel's upper tail": Row("-np.sum(np.log(1 - np.exp(-np.exp(-z))))", tuple(-one for one in UP_TO_5)),
    "von Mises": Row("np.sum(np.log(special.i0(z)) - y * z)", (1e-8, 1.0, 40.0, 800.0), y=(0.5,), given=1),
}  # fmt: skip
COUNTED = {
    "zero-inflated, rate": Row(
        "-np.sum(np.log(y + (1 - y) * np.exp(-z)))", POSITIVE, y=(0.3, 0.01), y_domain="unit"
    ),
    "zero-inflated, logarithm of the rate": Row(
        "-np.sum(np.log(y + (1 - y) * np.exp(-np.exp(z))))", UP_TO_40, y=(0.3, 0.01), y_domain="unit"
    ),
    "zero-inflated by logits": Row(
        f"-np.sum(np.log({_Q} + (1 - {_Q}) * np.exp(-np.exp(z))))", UP_TO_40, y=(0.3, -30.0)
    ),
    "zero-inflated, both cases": Row(
        "-np.sum(np.where(y == 0, np.log(0.3 + 0.7 * np.exp(-np.exp(z))), -np.exp(z) + y * z + np.log(0.7)))",
        UP_TO_40, y=(0.0, 3.0), given=10,
    ),
    "negative binomial, large r": Row(
        "np.sum((y + 1e6) * np.log(1 + np.exp(z) / 1e6) - y * z)", y=(0.0, 3.0), given=1e5
    ),
    "negative binomial by shares": Row(
        "-np.sum(y * np.log(np.exp(z) / (np.exp(z) + 2)) + 2 * np.log(2 / (2 + np.exp(z))))",
        y=(0.0, 3.0), given=1e5,
    ),
    "Tweedie": Row(
        "np.sum(2 * y * np.exp(-z / 2) + 2 * np.exp(z / 2))", UP_TO_40, y=(0.0, 3.0), y_domain="nonnegative"
    ),
    "Gamma": Row("np.sum(y * np.exp(-z) + z)", UP_TO_40, y=(0.5, 3.0), **_POSITIVE, given=40),
    "inverse Gaussian": Row(
        "np.sum((y - np.exp(z)) ** 2 / (2 * y * np.exp(2 * z)))", UP_TO_40, y=(0.5, 3.0), given=10,
        **_POSITIVE,
    ),
    "beta-binomial": Row(
        "np.sum(special.gammaln(z + y) - special.gammaln(z))", (1e-8, 1.0, 40.0), y=(2.0,), **_POSITIVE
    ),
    "1 less exp of softplus": Row("np.sum(np.log(1 - np.exp(-np.log(1 + np.exp(z)))))"),
}  # fmt: skip
MORE = {
    f"{family}: {name}": row
    for family, rows in (("labels", LABELS), ("margins", MARGINS), ("tails", TAILS), ("counted", COUNTED))
    for name, row in rows.items()
}
_Y, _CHOICE = (0.2, 0.3, 0.5), {"y": (1.0, 0.0, 1.0), "y_domain": "binary"}
MORE_COUPLED = {
    "some labels of many": Row("np.log(1 + np.sum(y * np.exp(z)))", **_CHOICE),
    "no label of many": Row("np.log(1 + np.sum(y * np.exp(z)))", y=(0.0, 0.0, 0.0), y_domain="binary"),
    "both sides of many labels": Row(
        "np.log(1 + np.sum((1 - y) * np.exp(z))) + np.log(1 + np.sum(y * np.exp(-z)))", **_CHOICE
    ),
    "weights of which some are 0": Row(
        "np.log(1 + np.sum(y * np.exp(z)))", y=(1.0, 0.0, 2.5), y_domain="nonnegative"
    ),
    "share of the chosen": Row("np.log(np.sum(np.exp(z))) - np.log(np.sum(y * np.exp(z)))", **_CHOICE),
    "scores that are softplus": Row("np.log(np.sum(np.exp(np.log(1 + np.exp(z))))) - np.sum(y * z)", y=_Y),
    "logsumexp of softplus": Row("special.logsumexp(np.log(1 + np.exp(-z)))"),
    "softmax of mish": Row("-np.sum(y * np.log(special.softmax(z * np.tanh(np.log(1 + np.exp(z))))))", y=_Y),
    "softmax of log sigmoids": Row("-np.sum(y * np.log(special.softmax(np.log(special.expit(z)))))", y=_Y),
    "logsumexp of roots": Row("special.logsumexp(np.sqrt(1 + z ** 2) - 1)"),
    "two sums": Row("np.log(1 + np.sum(np.exp(z)) * np.sum(np.exp(-y)))", y=_Y),
    "InfoNCE": Row("-np.sum(y * np.log(special.softmax(z / 0.07)))", y=_Y),
    "entropy of softmax": Row("-np.sum(special.softmax(z) * np.log(special.softmax(z)))"),
    "divergence of softmax": Row(
        "np.sum(special.softmax(z) * (special.log_softmax(z) - np.log(y)))", y=_Y, y_domain="positive"
    ),
    "difference of logsumexp": Row("special.logsumexp(z + y) - special.logsumexp(z)", y=_Y),
    "Plackett-Luce": Row("np.sum(np.log(np.cumsum(np.exp(z[::-1]))[::-1]) - z)"),
    "margin softmax": Row("-np.log(np.exp(z[0] - 0.5) / (np.exp(z[0] - 0.5) + np.exp(z[1]) + np.exp(z[2])))"),
    "focal softmax": Row("-np.sum(y * (1 - special.softmax(z)) ** 2 * np.log(special.softmax(z)))", y=_Y),
    "smoothed softmax": Row("-np.sum((0.9 * y + 0.1 / 3) * np.log(np.exp(z) / np.sum(np.exp(z))))", y=_Y),
    "Gini of softmax": Row("1 - np.sum(special.softmax(z) ** 2)"),
    "pooling": Row("np.log(np.mean(np.exp(3 * z))) / 3"),
    "soft dice": Row("1 - 2 * np.sum(y * special.expit(z)) / (np.sum(y) + np.sum(special.expit(z)))", y=_Y),
    "soft margin": Row("np.log(np.sum(np.exp(z + 1 - y))) - np.sum(y * z)", y=_Y),
    "product of sigmoids": Row("-np.log(np.prod(special.expit(z)))"),
}
