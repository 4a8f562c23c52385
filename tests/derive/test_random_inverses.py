"""Random losses with inverses, solutions and determinants against derivatives of the same NumPy text."""

import dataclasses
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

    def norm(x, ord=2):
        if ord in (2, "fro"):
            return np.sqrt(np.sum(x * x))
        return np.sum((x * np.sign(np.real(x))) ** ord) ** (1 / ord)

    def pinv(matrix):
        return np.linalg.solve(matrix.T @ matrix, matrix.T)

    linalg = SimpleNamespace(
        inv=np.linalg.inv, det=np.linalg.det, solve=np.linalg.solve, slogdet=slogdet, norm=norm, pinv=pinv,
        matrix_power=np.linalg.matrix_power, multi_dot=np.linalg.multi_dot, cholesky=factor,
    )  # fmt: skip
    return {**COMPLEX, "np": SimpleNamespace(**{**vars(COMPLEX["np"]), "linalg": linalg})}


def factor(matrix):
    """The Cholesky factor of the symmetric part, for complex numbers too, column by column."""
    matrix = (matrix + matrix.T) / 2
    made = np.zeros_like(matrix)
    for j in range(len(matrix)):
        made[j, j] = np.sqrt(matrix[j, j] - made[j, :j] @ made[j, :j])
        made[j + 1 :, j] = (matrix[j + 1 :, j] - made[j + 1 :, :j] @ made[j, :j]) / made[j, j]
    return made


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
        kind = pick(["inv", "inv", "solve", "product", "sum", "tanh", "outer", "turned", "power", "pseudo"])
        return {
            "inv": lambda: f"np.linalg.inv({pick(REGULAR)})",
            "solve": lambda: f"np.linalg.solve({pick(REGULAR)}, {matrix(level - 1)})",
            "product": lambda: f"({matrix(level - 1)} @ {matrix(level - 1)})",
            "sum": lambda: f"({matrix(level - 1)} {pick('+-*')} {matrix(level - 1)})",
            "tanh": lambda: f"np.tanh({matrix(level - 1)})",
            "outer": lambda: f"np.outer({vector(level - 1)}, {vector(level - 1)})",
            "turned": lambda: f"({matrix(level - 1)}).T",
            "power": lambda: f"np.linalg.matrix_power({pick(['R', 'Q', 'M'])}, {pick([0, 1, 2, 3, 4])})",
            "pseudo": lambda: (
                f"np.linalg.multi_dot([np.linalg.pinv(X), np.outer(y, v), {matrix(level - 1)}])"
            ),
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
        kind = pick(["slogdet", "det", "sign", "dot", "trace", "quadratic", "sum", "log", "norm", "power"])
        return {
            "slogdet": lambda: f"np.linalg.slogdet({pick(REGULAR)})[1]",
            "det": lambda: f"np.linalg.det({pick(REGULAR)})",
            "sign": lambda: f"np.linalg.slogdet({pick(REGULAR)})[0] * ({vector(1)} @ w)",
            "dot": lambda: f"({vector(depth)} @ {vector(depth - 1)})",
            "trace": lambda: f"np.trace({matrix(depth)})",
            "quadratic": lambda: f"({vector(1)} @ np.linalg.inv({pick(REGULAR)}) @ {vector(1)})",
            "sum": lambda: f"np.sum(np.cos({matrix(depth)}))",
            "log": lambda: f"np.log(1 + np.linalg.det({pick(REGULAR)}) ** 2)",
            "norm": lambda: f"np.linalg.norm(2 + {vector(1)}, {pick([1, 2, 3, 4])})",
            "power": lambda: f"np.trace(np.linalg.matrix_power({pick(['R', 'Q'])}, {pick([-3, -2, -1, 5])}))",
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
    from symderive.language.programs import inputs_of

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


def along_symmetric(second):
    """A second derivative in a matrix, with both pairs of axes symmetrised."""
    second = (second + np.swapaxes(second, 0, 1)) / 2
    return (second + np.swapaxes(second, 2, 3)) / 2


DEFINITE = ["Q", "(Q + M.T @ M)", "(X.T @ X + Q)", "(2 * Q)", "(Q + np.outer(v, v))"]


@st.composite
def factors(draw):
    """The text of a scalar with Cholesky factors."""

    def pick(options):
        return draw(st.sampled_from(options))

    def one():
        made = f"np.linalg.cholesky({pick(DEFINITE)})"
        return pick([
            f"np.sum(np.log(np.diag({made})))", f"(v @ {made} @ w)", f"(w @ np.linalg.solve({made}, v))",
            f"np.trace({made} @ M)", f"np.sum(np.tanh({made} @ M))",
            f"np.sum(np.linalg.solve({made}, w) ** 2)",
            f"np.linalg.slogdet({made})[1]", f"np.linalg.norm({made}, 'fro')",
            f"np.sum(np.linalg.inv({made}).T @ v)",
        ])  # fmt: skip

    text = f"{one()} {pick(['+', '*'])} {one()}"
    present = [name for name in SHAPES if name in text.replace("np.", "").replace("linalg.", "")]
    return text, draw(st.sampled_from([name for name in present if name != "X"]))


@settings(max_examples=examples(40), **SETTINGS)
@given(factors(), st.integers(0, 3), st.booleans())
def test_cholesky_factors(source, seed, second):
    """Against complex steps through the factor of the symmetric part, written out column by column."""
    text, wrt = source
    arrays, loss = point(seed), value(text, {}, SPACE)
    assume(depends(loss, wrt))
    np.testing.assert_allclose(value(text, arrays), value(text, arrays, ANALYTIC), rtol=1e-9)
    derived = sd.gradient(loss, SPACE[wrt])
    expected = complex_gradient(text, wrt, arrays)
    scale = np.abs(expected).max(initial=1e-3)
    np.testing.assert_allclose(called(derived, arrays), expected, rtol=1e-7, atol=1e-8 * scale)
    agree_everywhere(derived.original, arrays)
    agree_everywhere(derived.to_numpy().program, arrays)
    if second:
        derived = sd.hessian(loss, SPACE[wrt])
        quotient = central(lambda at: complex_gradient(text, wrt, {**arrays, wrt: at}), arrays[wrt])
        found = np.asarray(called(derived, arrays))
        if wrt != "Q":
            agrees(quotient.value, found, quotient)
            return
        # Along symmetric directions: log det Q need not be symmetrised, its factor is.
        found, wanted, noise = (along_symmetric(one) for one in (found, quotient.value, quotient.noise))
        agrees(wanted, found, dataclasses.replace(quotient, value=wanted, noise=noise))
