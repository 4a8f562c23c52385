# ruff: noqa: E501 -- operations, many to a line
"""NumPy 2's further functions: values against NumPy, and random losses of them against central differences."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import special

import symderive as sd
from symderive.calculus import rules
from symderive.errors import InternalError
from symderive.functions import by_head
from symderive.functions.angle import arctan2
from symderive.language.programs import program_of
from tests.derive import numpys_values
from tests.profiles import examples

SHAPES = {
    "x": "n",
    "y": "n",
    "z": "n",
    "w": "d",
    "X": "n,d",
    "Y": "n,d",
    "A": "d,d",
    "P": "n:positive",
    "q": "4",
}
SIZES = {"n": 7, "d": 3}
VECTORS = [
    "np.arctan2({0}, 2 + np.sin({1}))", "np.arctan2({0}, {1})", "np.sinc({0})", "np.sinc({0}) * {1}", "np.copysign({0}, {1})",
    "special.binom(2 + np.sin({0}), np.tanh({1}) / 2)", "np.hypot({0}, {1})", "np.logaddexp2({0}, {1})", "np.fmax({0}, {1})",
    "np.fmin({0}, {1})", "np.cbrt({0})", "np.exp2(np.tanh({0}))", "np.log2(P + ({0}) ** 2)", "np.deg2rad({0})", "np.radians({0})",
    "np.square({0})", "np.reciprocal(1 + ({0}) ** 2)", "np.positive({0})", "np.negative({0})", "np.cumprod(1.5 + np.sin({0}))",
    "np.polyval([1, -2, 3], {0})", "np.polyval(q, np.tanh({0}))", "np.polyval(w, np.cos({0}))", "np.matvec(X, np.vecmat({0}, X))",
    "np.vecdot(X, np.vander({0}, X.shape[1]))", "({0}).clip(-0.7, 0.8)", "np.cumulative_sum({0})", "np.i0(np.tanh({0}))",
    "np.linalg.vecdot(np.linalg.outer({0}, w), Y)", "np.linalg.vector_norm(np.linalg.outer({0}, w) + X, axis=1)",
]  # fmt: skip
TOTALS = [
    "np.sum({0} * z)", "np.linalg.vector_norm({0})", "np.linalg.vector_norm(1 + ({0}) ** 2, ord=3)", "np.ptp({0})",
    "np.linalg.matrix_norm(np.linalg.outer({0}, w))", "np.trapezoid({0})", "np.trapezoid({0}, y)", "np.vecdot({0}, {0})",
    "np.linalg.trace(np.linalg.matmul(np.linalg.outer({0}, w), X.mT))", "np.sum(np.vander({0}, X.shape[1]) * X)", "np.prod(1.5 + np.sin({0}))",
]  # fmt: skip
RANDOM = settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def losses(draw, steps: int = 3) -> tuple[str, str]:
    """A loss as text, and a variable in it."""
    made = ["x", "y"]
    for _ in range(draw(st.integers(1, steps))):
        template = draw(st.sampled_from(VECTORS))
        made.append(template.format(*(draw(st.sampled_from(made[::-1])) for _ in range(2))))
    text = draw(st.sampled_from(TOTALS)).format(made[-1])
    names = [
        tensor.name for tensor in program_of(sd.parse(text, **SHAPES)).inputs if tensor.name in "xyzwqXY"
    ]
    return (text, draw(st.sampled_from(names))) if names else (f"{text} * np.sum(x)", "x")


def has_numpys_value(text):
    numpys_values.has_numpys_value(text, SHAPES, SIZES)


VALUES = [
    *VECTORS, *TOTALS, "np.vander({0})", "np.vander({0}, 3, increasing=True)", "np.cumprod(X, axis=1)", "np.ptp(X, axis=0)", "np.ptp(X, axis=1, keepdims=True)",
    "np.linalg.matrix_norm(X)", "np.linalg.matrix_norm(X, ord=1)", "np.linalg.matrix_norm(X, ord=-np.inf)", "np.linalg.vector_norm(X, ord=3)",
    "np.linalg.vector_norm(X, keepdims=True)", "np.linalg.vector_norm({0}, ord=np.inf)", "np.linalg.diagonal(A)", "np.linalg.matrix_transpose(X)",
    "np.matrix_transpose(X)", "np.linalg.tensordot(X, A, axes=1)", "np.linalg.cross(q[:3], q[1:])", "np.cumulative_prod(X, axis=0)", "np.cumprod(X, axis=0)", "np.permute_dims(X, (1, 0))",
    "np.trapezoid(X, axis=0)", "np.trapezoid(X, {0}, axis=0)", "X.clip(-1, None)", "X.cumprod(axis=0)", "X.take(1, axis=1)", "X.conj()", "X.mT", "np.acos(np.tanh({0}))",
    "np.polyval([4], {0})", "np.polyval({0}, 0.5)",
]  # fmt: skip


@pytest.mark.parametrize("template", VALUES)
def test_a_function_has_numpys_value(template):
    has_numpys_value(template.format("x", "y"))


@pytest.mark.parametrize("template", VECTORS)
def test_functions_called_on_symbolic_arrays_are_those_of_the_text(template):
    text = template.format("x", "y")
    arrays = {name: sd.parse(name, **SHAPES) for name in SHAPES}
    called = eval(text, {"np": np, "special": special, **arrays})
    assert called.digest == sd.parse(text, **SHAPES).digest


@RANDOM
@given(losses())
def test_gradients_are_what_central_differences_say(case):
    loss, name = case
    has_numpys_value(loss)
    assert sd.gradient(sd.parse(loss, **SHAPES), sd.parse(name, **SHAPES)).check().passed


@RANDOM
@given(losses(steps=1))
def test_hessians_are_what_central_differences_say(case):
    loss, name = case
    assert sd.hessian(sd.parse(loss, **SHAPES), sd.parse(name, **SHAPES)).check().passed


def test_a_wrong_slope_of_a_running_product_is_found(monkeypatch):
    monkeypatch.setattr(rules, "chosen_factor", lambda body: (sympy.S.One, getattr(body, "base", body)))
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(sd.parse("np.sum(np.cumprod(x) * y)", **SHAPES), sd.parse("x", **SHAPES)).check()


def test_a_wrong_slope_of_the_angle_is_found(monkeypatch):
    monkeypatch.setattr(
        arctan2, "fdiff", lambda self, argindex=1: self.args[2 - argindex] / sum(a**2 for a in self.args)
    )
    assert by_head()[arctan2].name == "arctan2"
    with pytest.raises(InternalError, match="does not agree"):
        sd.gradient(sd.parse("np.sum(np.arctan2(y, x) * P)", **SHAPES), sd.parse("x", **SHAPES)).check()


CONDITIONS = {
    "np.sum(np.arctan2(x, y))": ["√(xᵢ² + yᵢ²) + yᵢ > 0 for all i"],
    "np.sum(np.arctan2(x, P))": [],
    "np.sum(np.sinc(x))": [],
    "np.sum(special.binom(x, y))": ["xᵢ > −1 for all i", "yᵢ > −1 for all i", "xᵢ − yᵢ > −1 for all i"],
    "np.sum(np.cumprod(x))": ["xᵢ ≠ 0 for all i"],
    "np.sum(np.vander(x, 3))": ["xᵢ ≠ 0 for all i"],
    "np.sum(np.hypot(x, y))": ["xᵢ² + yᵢ² > 0 for all i"],
}  # fmt: skip


@pytest.mark.parametrize("loss", CONDITIONS)
def test_conditions_are_stated(loss):
    derived = sd.gradient(sd.parse(loss, **SHAPES), sd.parse("x", **SHAPES))
    assert [one.text for one in derived.conditions] == CONDITIONS[loss]


REFUSED = {
    "np.nansum(x)": "nansum: not supported on symbolic arrays: symbolic arrays hold numbers and no NaN",
    "np.median(x)": "median: not supported on symbolic arrays: which entry stands where depends on the numbers",
    "np.sort(x)": "sort: not supported on symbolic arrays: which entry",
    "np.interp(x, y, z)": "interp: not supported on symbolic arrays: between which samples",
    "np.floor(x)": "floor: not supported on symbolic arrays: it is constant between jumps",
    "np.mod(x, 2)": "remainder: not supported on symbolic arrays: it jumps",
    "np.vander(X)": "vander: takes a vector, not n×d",
    "np.vecdot(x, w)": "vecdot: the sizes n and d along axis -1 differ",
    "x.ptp()": 'arrays have no "ptp"; write ptp(…)',
    "x.sort()": 'arrays have no "sort"; write sort(…)',
}  # fmt: skip


WITHOUT_DERIVATIVE = [
    "np.nan_to_num(x)", "np.nansum(x)", "np.nanmean(x)", "np.nanmax(x)", "np.nanmin(x)", "np.nanprod(x)", "np.nanstd(x)", "np.nanvar(x)",
    "np.nancumsum(x)", "np.nancumprod(x)", "np.nanmedian(x)", "np.nanpercentile(x,50)", "np.nanquantile(x,0.5)", "np.nanargmax(x)",
    "np.nanargmin(x)", "np.sort(x)", "np.argsort(x)", "np.partition(x,1)", "np.argpartition(x,1)", "np.lexsort(x)", "np.median(x)",
    "np.percentile(x,50)", "np.quantile(x,0.5)", "np.unique(x)", "np.searchsorted(x,0.5)", "np.interp(x,y,z)", "np.digitize(x,y)",
    "np.histogram(x)", "np.bincount(x)", "np.round(x)", "np.around(x)", "np.fix(x)", "np.nonzero(x)", "np.corrcoef(x)", "np.gradient(x)",
    "np.polyfit(x,y,1)", "np.floor(x)", "np.ceil(x)", "np.trunc(x)", "np.rint(x)", "np.floor_divide(x,2)", "np.remainder(x,2)",
    "np.mod(x,2)", "np.fmod(x,2)", "np.divmod(x,2)", "np.isnan(x)", "np.isfinite(x)", "np.signbit(x)", "np.linalg.eig(A)",
    "np.linalg.eigh(A)", "np.linalg.eigvals(A)", "np.linalg.eigvalsh(A)", "np.linalg.svd(A)", "np.linalg.svdvals(A)", "np.linalg.qr(A)",
    "np.linalg.lstsq(A,w)", "np.linalg.matrix_rank(A)", "np.linalg.tensorinv(A)", "np.linalg.tensorsolve(A,w)",
]  # fmt: skip


@pytest.mark.parametrize("text", WITHOUT_DERIVATIVE)
def test_a_function_without_derivative_says_why(text):
    arrays = {name: sd.parse(name, **SHAPES) for name in "xyzAw"}
    for read in (lambda: sd.parse(text, **SHAPES), lambda: eval(text, {"np": np, **arrays})):
        with pytest.raises(sd.SymderiveError, match=r"not supported on symbolic arrays: .+[.]$"):
            read()


@pytest.mark.parametrize("text", REFUSED)
def test_refused_in_one_sentence(text):
    with pytest.raises(sd.SymderiveError) as caught:
        sd.parse(text, **SHAPES)
    assert REFUSED[text] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_record_may_restrict_several_arguments_together():
    entry = by_head()[arctan2]
    without = dataclasses.replace(entry, joint=None)
    x, y = sympy.symbols("x y")
    assert without.joint is None
    assert entry.joint(y, x)[0] == x + sympy.sqrt(x**2 + y**2)
