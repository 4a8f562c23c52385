"""Random losses with inverses, solutions and determinants against derivatives of the same NumPy text."""

from types import SimpleNamespace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import symderive as sd
from symderive.numeric import central, draw_all
from tests.derive.random_programs import COMPLEX, PLAIN
from tests.derive.test_random_gradients import agree_everywhere, agrees, called, quiet
from tests.notation.test_printed_formulas_mean_what_the_code_computes import check
from tests.profiles import examples

SIZES = {"n": 7, "d": 3}
SHAPES = {
    "X": ("n", "d"), "M": ("d", "d"), "R": ("d", "d"), "Q": ("d", "d"), "v": ("d",), "w": ("d",), "y": ("n",),
}  # fmt: skip
DOMAINS = {"R": "invertible", "Q": "spd"}
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}
LARGEST = 1e5


def symbolic():
    sizes = {name: sd.dims(name) for name in SIZES}
    arrays = {
        name: sd.array(name, *(sizes[size] for size in shape), domain=DOMAINS.get(name, "real"))
        for name, shape in SHAPES.items()
    }
    return {"np": np, **arrays}


SPACE = symbolic()


def _complex_linalg():
    def slogdet(matrix):
        value = np.linalg.det(matrix)
        sign = np.sign(np.real(value))
        return sign, np.log(sign * value)

    linalg = SimpleNamespace(inv=np.linalg.inv, det=np.linalg.det, solve=np.linalg.solve, slogdet=slogdet)
    return {**COMPLEX, "np": SimpleNamespace(**{**vars(COMPLEX["np"]), "linalg": linalg})}


ANALYTIC = _complex_linalg()
REGULAR = ["R", "Q", "(Q + M.T @ M)", "(X.T @ X + Q)", "(X.T @ X)", "np.linalg.inv(R)", "R.T", "(R @ Q)",
           "(R + M / 9)", "(2 * Q)", "np.diag(1 + v ** 2)", "(Q + np.outer(v, v))"]  # fmt: skip


@st.composite
def sources(draw, depth=2):
    """The text of a scalar in which a matrix is inverted."""

    def pick(options):
        return draw(st.sampled_from(options))

    def matrix(level):
        if level <= 0:
            return pick(["M", "R", "Q"])
        kind = pick(["inv", "inv", "solve", "product", "sum", "tanh", "outer", "turned"])
        return {
            "inv": lambda: f"np.linalg.inv({pick(REGULAR)})",
            "solve": lambda: f"np.linalg.solve({pick(REGULAR)}, {matrix(level - 1)})",
            "product": lambda: f"({matrix(level - 1)} @ {matrix(level - 1)})",
            "sum": lambda: f"({matrix(level - 1)} {pick('+-*')} {matrix(level - 1)})",
            "tanh": lambda: f"np.tanh({matrix(level - 1)})",
            "outer": lambda: f"np.outer({vector(level - 1)}, {vector(level - 1)})",
            "turned": lambda: f"({matrix(level - 1)}).T",
        }[kind]()

    def vector(level):
        if level <= 0:
            return pick(["v", "w", "(X.T @ y)"])
        kind = pick(["solve", "solve", "matvec", "diag", "sum", "sin"])
        return {
            "solve": lambda: f"np.linalg.solve({pick(REGULAR)}, {vector(level - 1)})",
            "matvec": lambda: f"({matrix(level - 1)} @ {vector(level - 1)})",
            "diag": lambda: f"np.diag({matrix(level)})",
            "sum": lambda: f"({vector(level - 1)} {pick('+-*')} {vector(level - 1)})",
            "sin": lambda: f"np.sin({vector(level - 1)})",
        }[kind]()

    def number():
        kind = pick(["slogdet", "det", "sign", "dot", "trace", "quadratic", "sum", "log"])
        return {
            "slogdet": lambda: f"np.linalg.slogdet({pick(REGULAR)})[1]",
            "det": lambda: f"np.linalg.det({pick(REGULAR)})",
            "sign": lambda: f"np.linalg.slogdet({pick(REGULAR)})[0] * ({vector(1)} @ w)",
            "dot": lambda: f"({vector(depth)} @ {vector(depth - 1)})",
            "trace": lambda: f"np.trace({matrix(depth)})",
            "quadratic": lambda: f"({vector(1)} @ np.linalg.inv({pick(REGULAR)}) @ {vector(1)})",
            "sum": lambda: f"np.sum(np.cos({matrix(depth)}))",
            "log": lambda: f"np.log(1 + np.linalg.det({pick(REGULAR)}) ** 2)",
        }[kind]()

    text = f"{number()} {pick(['+', '*', '-'])} {number()}"
    if "linalg" not in text:
        text += " + np.linalg.slogdet(R)[1]"
    present = [name for name in SHAPES if name in text.replace("np.", "").replace("linalg.", "")]
    return text, draw(st.sampled_from(present))


def point(seed):
    spec = {
        name: (tuple(SIZES[size] for size in shape), DOMAINS.get(name, "real"))
        for name, shape in SHAPES.items()
    }
    return dict(draw_all(spec, seed=seed))  # fmt: skip


def value(text, arrays, space=PLAIN):
    return eval(text, {**space, **arrays})


def complex_gradient(text, wrt, arrays, step=1e-30):
    at = arrays[wrt]
    result = np.empty(at.shape)
    for place in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[place] += 1j * step
        result[place] = np.imag(value(text, {**arrays, wrt: moved}, ANALYTIC)) / step
    return result


def depends(loss, wrt):
    from symderive.language.array import inputs_of

    return any(one.name == wrt for one in inputs_of(loss))


@settings(max_examples=examples(120), **SETTINGS)
@given(sources(), st.integers(0, 3))
def test_gradient_code_and_print(source, seed):
    text, wrt = source
    arrays = point(seed)
    assume(abs(quiet(lambda: value(text, arrays))) < LARGEST)
    loss = value(text, {}, SPACE)
    assume(depends(loss, wrt))
    derived = sd.gradient(loss, SPACE[wrt])
    quotient = quiet(lambda: central(lambda at: value(text, {**arrays, wrt: at}), arrays[wrt]))
    assume(np.isfinite(quotient.noise).any())
    agrees(quotient.value, np.asarray(called(derived, arrays)), quotient)
    agree_everywhere(derived.original, arrays)
    agree_everywhere(derived.to_numpy().program, arrays)
    check(derived, arrays)


@settings(max_examples=examples(60), **SETTINGS)
@given(sources(depth=1), st.integers(0, 3))
def test_hessian(source, seed):
    text, wrt = source
    assume(wrt not in ("X", "y"))
    arrays = point(seed)
    assume(abs(quiet(lambda: value(text, arrays))) < LARGEST)
    loss = value(text, {}, SPACE)
    assume(depends(loss, wrt))
    derived = sd.hessian(loss, SPACE[wrt])
    quotient = quiet(
        lambda: central(lambda at: complex_gradient(text, wrt, {**arrays, wrt: at}), arrays[wrt])
    )
    assume(np.isfinite(quotient.noise).any())
    agrees(quotient.value, np.asarray(called(derived, arrays)), quotient)
    agree_everywhere(derived.to_numpy().program, arrays)
    if len(SHAPES[wrt]) == 1:  # four axes are slow to read back
        check(derived, arrays)
