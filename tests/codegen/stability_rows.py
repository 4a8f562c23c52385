"""Losses as people write them, each with the numbers at which value, gradient and Hessian must be exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EVERYWHERE = (0.0, 1e-8, -1e-8, 1.0, -1.0, 30.0, -30.0, 40.0, -40.0, 800.0, -800.0, 1e4, -1e4)
POSITIVE = tuple(one for one in EVERYWHERE if one > 0)
FROM_1 = tuple(one for one in EVERYWHERE if one >= 1)
NOT_ZERO = tuple(one for one in EVERYWHERE if one)
UP_TO_40 = tuple(one for one in EVERYWHERE if abs(one) <= 40)


@dataclass(frozen=True)
class Row:
    """One loss.

    Attributes:
        text: as it is written.
        at: the values of z.
        truth: another way to write it, for the numbers with many digits; the same by default.
        y: values of y, if there is one.
        y_domain: its domain.
        given: what the data can say: an error of some roundings of a number of this size is no fault of the
            code, as in `σ(z) − y` for a y that happens to be 1, or where a loss has a zero.
        digits: how many times as many digits the truth needs.
        scalars: names and values of positive numbers beside z and y.
    """

    text: str
    at: tuple[float, ...] = EVERYWHERE
    truth: str = ""
    y: tuple[float, ...] = ()
    y_domain: str = "real"
    given: float = 0.0
    digits: int = 1
    scalars: tuple[tuple[str, float], ...] = ()


_P = "special.expit(z)"
_H = "(1 / (1 + np.exp(-z)))"
_BINARY = {"y": (0.0, 1.0), "y_domain": "binary"}
_ERF = "special.erf(z / np.sqrt(2))"

LOGISTIC = {
    "log(1 + exp)": Row("np.sum(np.log(1 + np.exp(-z)))"),
    "log1p(exp)": Row("np.sum(np.log1p(np.exp(-z)))"),
    "log(exp(0) + exp)": Row("np.sum(np.log(np.exp(z) + 1))"),
    "signed labels": Row("np.sum(np.log(1 + np.exp(-y * z)))", y=(1.0, -1.0), y_domain="sign"),
    "signed sigmoid": Row("-np.sum(np.log(special.expit(y * z)))", y=(1.0, -1.0), y_domain="sign"),
    "logaddexp - yz": Row("np.sum(np.logaddexp(0, z) - y * z)", **_BINARY, given=1e4),
    "log sigmoid": Row(f"-np.sum(np.log({_P}))"),
    "log(1 - sigmoid)": Row(f"-np.sum(np.log(1 - {_P}))"),
    "log1p(-sigmoid)": Row(f"-np.sum(np.log1p(-{_P}))"),
    "cross-entropy": Row(f"-np.sum(y * np.log({_P}) + (1 - y) * np.log(1 - {_P}))", **_BINARY, given=1),
    "cross-entropy by hand": Row(f"-np.sum(y * np.log({_H}) + (1 - y) * np.log(1 - {_H}))", **_BINARY),
    "cross-entropy by log_expit": Row(
        "-np.sum(y * special.log_expit(z) + (1 - y) * special.log_expit(-z))", **_BINARY
    ),
    "two branches": Row(
        "np.sum(np.where(z > 0, z + np.log(1 + np.exp(-z)), np.log(1 + np.exp(z))))", NOT_ZERO
    ),
    "max and abs": Row("np.sum(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))", NOT_ZERO),
    "sigmoid slope": Row(f"np.sum({_P} * (1 - {_P}))"),
    "exp/(1 + exp)": Row("np.sum(np.exp(z) / (1 + np.exp(z)))"),
    "1/(1 + exp)": Row(f"np.sum({_H})"),
    "squared complement": Row(f"np.sum((1 - {_P}) ** 2)"),
    "focal loss": Row(f"-np.sum((1 - {_P}) ** 2 * np.log({_P}))"),
    "Brier score": Row(f"np.sum((y - {_P}) ** 2)", **_BINARY, given=1),
    "logit of sigmoid": Row(f"np.sum(special.logit({_P}))"),
    "log odds": Row(f"np.sum(np.log({_P} / (1 - {_P})))"),
    "exp times sigmoid": Row("np.sum(special.expit(-z) * np.exp(z))"),
    "sigmoid difference": Row("np.sum(special.expit(z + 1) - special.expit(z))"),
    "1 - 2 sigmoid": Row(f"np.sum(1 - 2 * {_P})"),
    "Bernoulli entropy": Row(f"-np.sum({_P} * np.log({_P}) + (1 - {_P}) * np.log(1 - {_P}))", given=1),
    "entropy by scores": Row("np.sum(np.logaddexp(0, z) - z * special.expit(z))"),
    "2 less two sigmoids": Row("np.sum(2 - special.expit(z) - special.expit(z - y))", y=(1.5,)),
    "focal loss of both labels": Row(
        f"-np.sum(y * (1 - {_P}) ** 2 * np.log({_P}) + (1 - y) * {_P} ** 2 * np.log(1 - {_P}))",
        **_BINARY,
    ),
    "silu": Row("np.sum(z * special.expit(z))"),
    "silu by hand": Row("np.sum(z / (1 + np.exp(-z)))"),
    "mish": Row("np.sum(z * np.tanh(np.log(1 + np.exp(z))))"),
}
NORMAL = {
    "log_ndtr": Row("-np.sum(special.log_ndtr(z))"),
    "log(ndtr)": Row("-np.sum(np.log(special.ndtr(z)))"),
    "log(1 - ndtr)": Row("-np.sum(np.log(1 - special.ndtr(z)))", truth="-np.sum(np.log(special.ndtr(-z)))"),
    "probit": Row(
        "-np.sum(y * np.log(special.ndtr(z)) + (1 - y) * np.log(1 - special.ndtr(z)))",
        truth="-np.sum(y * np.log(special.ndtr(z)) + (1 - y) * np.log(special.ndtr(-z)))", **_BINARY,
    ),
    "log((1 + erf)/2)": Row(f"-np.sum(np.log(0.5 * (1 + {_ERF})))", truth="-np.sum(np.log(special.ndtr(z)))"),
    "log(erfc)": Row("-np.sum(np.log(special.erfc(z)))", given=1),
    "gelu": Row("np.sum(z * special.ndtr(z))"),
    "gelu by erf": Row(f"np.sum(0.5 * z * (1 + {_ERF}))", truth="np.sum(z * special.ndtr(z))"),
    "gelu by tanh": Row("np.sum(0.5 * z * (1 + np.tanh(0.8 * (z + 0.04 * z ** 3))))", UP_TO_40, digits=300),
}  # fmt: skip
COUNTS = {
    "Poisson": Row("np.sum(np.exp(z) - y * z)", UP_TO_40, y=(0.0, 3.0), given=10),
    "truncated at zero": Row("np.sum(np.log(1 - np.exp(-z)))", POSITIVE),
    "log(expm1)": Row("np.sum(np.log(np.expm1(z)))", POSITIVE, given=1),
    "log(exp - 1)": Row("np.sum(np.log(np.exp(z) - 1))", POSITIVE, given=1),
    "inverse softplus": Row("np.sum(z + np.log(-np.expm1(-z)))", POSITIVE, given=1),
    "hurdle": Row("np.sum(z - y * np.log(z) + np.log(1 - np.exp(-z)))", FROM_1, y=(1.0, 5.0), given=1e3),
    "Gumbel": Row("np.sum(z + np.exp(-z))", tuple(one for one in EVERYWHERE if one >= -40)),
    "negative binomial": Row("np.sum((y + 2) * np.log(1 + np.exp(z) / 2) - y * z)", y=(0.0, 3.0), given=1e5),
    "the same, 2 + exp": Row("np.sum((y + 2) * np.log(2 + np.exp(z)) - y * z)", y=(0.0, 3.0), given=1e5),
    "zero-inflated": Row(f"-np.sum(np.log({_P} + (1 - {_P}) * np.exp(-y)))", y=(0.5, 3.0)),
    "1 - exp": Row("np.sum(1 - np.exp(-z))", tuple(one for one in EVERYWHERE if one >= -40)),
    "exponentials less their number": Row("np.sum(np.exp(z)) - len(z)", UP_TO_40),
    "elu": Row("np.sum(np.where(z > 0, z, np.exp(z) - 1))", NOT_ZERO),
    "celu": Row("np.sum(np.maximum(0, z) + np.minimum(0, 2 * (np.exp(z / 2) - 1)))", NOT_ZERO),
    "selu": Row("np.sum(np.where(z <= 0, 1.67 * (np.exp(z) - 1), z))", NOT_ZERO),
}
HYPERBOLIC = {
    "log-cosh": Row("np.sum(np.log(np.cosh(z)))"),
    "log-cosh by hand": Row("np.sum(np.log((np.exp(z) + np.exp(-z)) / 2))"),
    "log-cosh by one exponential": Row("np.sum(z + np.log(1 + np.exp(-2 * z)) - np.log(2))"),
    "two slopes of tanh": Row("np.sum(2 - np.tanh(z) ** 2 - np.tanh(z - y) ** 2)", y=(1.0,)),
    "slope of tanh in a sum": Row("np.sum(y * z - 1 + np.tanh(z) ** 2)", y=(0.0,)),
    "sech": Row("np.sum(1 / np.cosh(z))"),
    "squared sech": Row("np.sum(1 / np.cosh(z) ** 2)"),
    "logistic density": Row("np.sum(np.exp(-z) / (1 + np.exp(-z)) ** 2)"),
    "tanh": Row("np.sum(np.tanh(z))"),
    "squared tanh": Row("np.sum(np.tanh(z) ** 2)"),
    "log(1 - tanh²)": Row("np.sum(np.log(1 - np.tanh(z) ** 2))", digits=2),
    "tanh by hand": Row("np.sum((np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))"),
    "tanh of one exponential": Row("np.sum((1 - np.exp(-2 * z)) / (1 + np.exp(-2 * z)))", digits=2),
    "log(sinh)": Row("np.sum(np.log(np.sinh(z)))", POSITIVE, given=1),
}
ROOTS = {
    "pseudo-Huber": Row("np.sum(np.sqrt(1 + z ** 2) - 1)"),
    "pseudo-Huber of scale 2": Row("np.sum(np.sqrt(4 + z ** 2) - 2)"),
    "hypot of large numbers": Row("np.sum(np.hypot(z, y))", (1e200, -1e160), y=(1e200,), digits=0),
    "hypot of small numbers": Row("np.sum(np.hypot(z, y))", (1e-200, -1e-160), y=(1e-200,), digits=0),
    "hypot": Row("np.sum(np.hypot(z, y))", y=(1.0, 1e3)),
    "Student": Row("np.sum(np.log(1 + z ** 2 / 3))"),
    "Cauchy": Row("np.sum(np.log1p(z ** 2))"),
    "squared hinge": Row("np.sum(np.maximum(0, 1 - z) ** 2)", tuple(one for one in EVERYWHERE if one != 1)),
}
RATIOS = {
    "Gaussian ratio": Row(
        "np.sum(np.exp(-z ** 2) / (np.exp(-z ** 2) + np.exp(-(z - 1) ** 2)))", UP_TO_40, digits=45,
        given=1e-15,
    ),
    "mixture of Gaussians": Row(
        "-np.sum(np.log(0.3 * np.exp(-z ** 2 / 2) + 0.7 * np.exp(-(z - 3) ** 2 / 2)))", UP_TO_40, digits=25
    ),
    "log(exp + exp)": Row("np.sum(np.log(np.exp(z) + np.exp(y)))", y=(1.0, -40.0)),
    "log(exp - exp)": Row("np.sum(np.log(np.exp(z) - np.exp(z - y)))", y=(1.0, 1e-5), y_domain="positive",
                           given=1),
    "exp/exp": Row("np.sum(np.exp(z) / np.exp(z - 1))"),
    "exp/(exp + exp)": Row("np.sum(np.exp(z) / (np.exp(z) + np.exp(y)))", y=(1.5, -40.5)),
    "log exp": Row("np.sum(np.log(np.exp(z)))"),
    "root of exp": Row("np.sum(np.sqrt(np.exp(z)) * np.exp(-z / 2))"),
    "Bernoulli divergence": Row(
        f"np.sum({_P} * (np.log({_P}) - np.log(special.expit(y)))"
        f" + (1 - {_P}) * (np.log(1 - {_P}) - np.log(1 - special.expit(y))))", y=(1.0, -30.0), given=40,
    ),
}  # fmt: skip
ORDINAL = {
    "a logit": Row("-np.sum(np.log(special.expit(z + 1) - special.expit(z)))"),
    "between thresholds": Row("-np.sum(np.log(special.expit(2 - z) - special.expit(y - z)))", y=(1.0, 0.0)),
    "by hand": Row("-np.sum(np.log(1 / (1 + np.exp(z - 2)) - 1 / (1 + np.exp(z - y))))", y=(1.0, 0.0)),
    "discretised logistic": Row(
        "-np.sum(np.log(special.expit((y + 0.5 - z) / 2) - special.expit((y - 0.5 - z) / 2)))",
        y=(0.0, 3.0),
        given=1,
    ),
}


def _between(low: str, high: str, middle: str) -> tuple[str, str]:
    """Minus the log-probability between two numbers; the same with the nearer tails for the truth."""
    plain = f"special.ndtr({high}) - special.ndtr({low})"
    mirrored = f"special.ndtr(-({low})) - special.ndtr(-({high}))"
    return f"-np.sum(np.log({plain}))", f"-np.sum(np.log(np.where({middle} > 0, {mirrored}, {plain})))"


def _interval(low: str, high: str, **about: Any) -> Row:
    text, truth = _between(low, high, f"({low}) + ({high})")
    return Row(text, truth=truth, **about)


INTERVALS = {
    "of width 1": _interval("z", "z + 1"),
    "of any width": _interval("z", "z + y", y=(1.0, 0.05, 5.0), y_domain="positive"),
    "ordinal probit": _interval("y - z", "2 - z", y=(1.0, 0.0)),
    "discretised normal": _interval("(y - 0.5 - z) / 2", "(y + 0.5 - z) / 2", y=(0.0, 3.0), given=1),
    "by erf": Row(
        f"-np.sum(np.log((special.erf((z + 1) / np.sqrt(2)) - {_ERF}) / 2))",
        truth=_between("z", "z + 1", "z + 0.5")[1],
    ),
    "log-normal, censored above": Row(
        "-np.sum(np.log(1 - special.ndtr((np.log(y) - z) / 2)))", y=(0.5,), y_domain="positive",
        truth="-np.sum(np.log(special.ndtr((z - np.log(y)) / 2)))",
    ),
    "Tobit": Row(
        "np.sum(np.where(y > 0, 0.5 * (y - z) ** 2, -np.log(special.ndtr(-z))))", y=(0.0, 1.5), given=1
    ),
}  # fmt: skip
NEAR_ZERO = (*NOT_ZERO, 1e-3, -1e-3, 0.1, -0.1)
ABOVE, BELOW = (tuple(one for one in NEAR_ZERO if sign * one >= -40) for sign in (1, -1))
UP_TO_5 = (*(one for one in EVERYWHERE if one < 5), -4.0, -7.0, -20.0)
_RATE = "np.log(1 + np.exp(z))"
LINKS = {
    "complementary log-log": Row(
        "-np.sum(y * np.log(1 - np.exp(-np.exp(z))) - (1 - y) * np.exp(z))", UP_TO_5, **_BINARY
    ),
    "the same by expm1": Row("-np.sum(np.log(-np.expm1(-np.exp(z))))", (*UP_TO_5, 30.0, 40.0)),
    "Gumbel's upper tail": Row("-np.sum(np.log(1 - np.exp(-np.exp(-z))))", tuple(-one for one in UP_TO_5)),
    "hurdle": Row(
        "np.sum(np.exp(z) - y * z + np.log(1 - np.exp(-np.exp(z))))", UP_TO_5, y=(1.0, 5.0), given=10
    ),
    "logarithm of softplus": Row(f"np.sum(np.log({_RATE}))", (*EVERYWHERE, -4.0, -7.0, -20.0)),
    "Poisson of softplus": Row(f"np.sum({_RATE} - y * np.log({_RATE}))", y=(0.0, 3.0)),
    "normal of scale softplus": Row(
        f"np.sum(np.log({_RATE}) + y ** 2 / (2 * {_RATE} ** 2))", ABOVE, y=(0.5,)
    ),
    "root of softplus": Row(f"np.sum(np.sqrt({_RATE}))"),
    "root of sigmoid": Row(f"-np.sum((1 - {_P}) ** 0.5 * np.log({_P}))"),
    "(exp - 1)/z": Row("np.sum((np.exp(z) - 1) / z)", BELOW),
    "z/(exp - 1)": Row("np.sum(z / (np.exp(z) - 1))", NEAR_ZERO),
    "(1 - exp(-z))/z": Row("np.sum((1 - np.exp(-z)) / z)", ABOVE),
    "expm1/z": Row("np.sum(np.expm1(z) / z)", BELOW),
    "Gompertz": Row("np.sum((np.exp(y * z) - 1) / z)", BELOW, y=(1.5, 0.0, -2.0)),
    "continuous Bernoulli": Row(
        "np.sum(np.log((np.exp(z) - 1) / z) - y * z)", NEAR_ZERO, y=(0.3,), given=1e4
    ),
    "log(sinh/z)": Row("np.sum(np.log(np.sinh(z) / z))", NEAR_ZERO, given=1),
    "tanh/z": Row("np.sum(np.tanh(z) / z)", NEAR_ZERO),
}  # fmt: skip
FAMILIES = {
    "logistic": LOGISTIC, "normal": NORMAL, "counts": COUNTS, "hyperbolic": HYPERBOLIC, "roots": ROOTS,
    "ratios": RATIOS, "ordinal": ORDINAL, "links": LINKS, "intervals": INTERVALS,
}  # fmt: skip
ROWS = {f"{family}: {name}": row for family, rows in FAMILIES.items() for name, row in rows.items()}
_Y = (0.2, 0.3, 0.5)
COUPLED = {
    "softmax cross-entropy": Row("np.log(np.sum(np.exp(z))) - np.sum(y * z)", y=_Y),
    "log of a quotient": Row("-np.sum(y * np.log(np.exp(z) / np.sum(np.exp(z))))", y=_Y),
    "log of softmax": Row("-np.sum(y * np.log(special.softmax(z)))", y=_Y),
    "log_softmax": Row("-np.sum(y * special.log_softmax(z))", y=_Y),
    "logsumexp": Row("special.logsumexp(z) - np.sum(y * z)", y=_Y),
    "shifted by the maximum": Row(
        "np.max(z) + np.log(np.sum(np.exp(z - np.max(z)))) - np.sum(y * z)", y=_Y,
        truth="np.log(np.sum(np.exp(z))) - np.sum(y * z)",
    ),
    "temperature": Row("np.log(np.sum(np.exp(z / 2))) - np.sum(y * z)", y=_Y),
    "attention": Row("np.sum(special.softmax(z) * y) ** 2", y=_Y),
    "expected by hand": Row("np.sum(np.exp(z) * y) / np.sum(np.exp(z))", y=_Y),
    "log of a mean": Row("np.log(np.mean(np.exp(z)))", truth="np.log(np.sum(np.exp(z)) / 3)"),
    "weighted": Row("np.log(np.sum(y * np.exp(z)))", y=_Y, y_domain="positive"),
    "Cox": Row("np.sum(np.log(np.cumsum(np.exp(z))) - z)"),
    "risk sets": Row(
        "sum(np.log(np.sum(np.exp(z)[y >= y[i]])) - z[i] for i in range(len(z)))", y=(1.0, 2.0, 3.0),
        truth="np.sum(np.log(np.cumsum(np.exp(z)[::-1])[::-1]) - z)",
    ),
    "with a class that has score 0": Row("np.log(1 + np.sum(np.exp(z))) - np.sum(y * z)", y=_Y),
    "log1p of a sum": Row("np.log1p(np.sum(np.exp(z)))"),
    "2 and a sum": Row("np.log(2 + np.sum(np.exp(z)))"),
    "shares beside 1": Row("np.sum(y * np.exp(z) / (1 + np.sum(np.exp(z))))", y=_Y),
    "expected beside 1": Row("np.sum(y * np.exp(z)) / (1 + np.sum(np.exp(z)))", y=_Y),
    "paths": Row(
        "-np.log(np.exp(z[0] + z[1]) + np.exp(z[1] + z[2]) + np.exp(z[0] + z[2])) + np.log(np.sum(np.exp(z)))"
    ),
    "norm": Row("np.sqrt(1 + np.sum(z ** 2))"),
}  # fmt: skip
