"""Every entry of the catalogue of elementwise functions, against central differences, NumPy and SciPy."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.special as special
import sympy

from symderive.functions import by_call, by_head, by_name, catalogue
from symderive.functions.record import Elementwise, Indicator, OwnFunction

ENTRIES = catalogue()
HEADS = [entry for entry in ENTRIES if entry.head is not None]
EVERY = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
PRINTED = pytest.mark.parametrize("entry", HEADS, ids=lambda entry: entry.name)
STEP = 1e-5


def arguments(entry):
    """The sample points: for two arguments all pairs, and orders 1 to 3 of the polygamma function."""
    if entry.arity == 1:
        return [(x,) for x in entry.examples]
    if entry.has_order:
        return [(k, x) for k in (1, 2, 3) for x in entry.examples]
    if entry.arity == 3:
        return [(c, x, y) for c in (0, 1) for x in entry.examples for y in entry.examples]
    return [(x, y) for x in entry.examples for y in entry.examples if x != y]


def places(entry):
    """The arguments, counted from 1, in which there is a derivative: no order, no condition."""
    first = 2 if entry.arity == 3 or entry.has_order else 1
    return range(first, entry.arity + 1)


FLAT = {entry.name for entry in ENTRIES if isinstance(entry.head, type) and issubclass(entry.head, Indicator)}
FLAT.add("sign")


def scalar(expr):
    """The value of a SymPy expression without free symbols, by the scalar functions of the catalogue."""
    if expr.is_Number or isinstance(expr, sympy.NumberSymbol):
        return float(expr)
    values = [scalar(arg) for arg in expr.args]
    if isinstance(expr, sympy.Add):
        return math.fsum(values)
    if isinstance(expr, sympy.Mul):
        return math.prod(values)
    if isinstance(expr, sympy.Pow):
        return values[0] ** values[1]
    return float(by_head()[type(expr)].scalar(*values))


def numpy_value(entry, *args):
    code = entry.numpy.format(*(f"x{place}" for place in range(len(args))))
    names = {f"x{place}": np.float64(arg) for place, arg in enumerate(args)}
    return float(eval(code, {"np": np, "special": special, "__builtins__": {}}, names))


def slope(function, args, place):
    before, x, behind = args[: place - 1], args[place - 1], args[place:]
    return (function(*before, x + STEP, *behind) - function(*before, x - STEP, *behind)) / (2 * STEP)


def wrong_derivatives(entry):
    """The sample points at which the declared derivatives differ from a central difference."""
    wrong = []
    for args in arguments(entry):
        symbols = [sympy.Symbol(f"x{place}", real=True) for place in range(entry.arity)]
        point = dict(zip(symbols, map(sympy.Float, args), strict=True))
        if entry.has_order:
            point[symbols[0]] = sympy.Integer(args[0])
        for place in places(entry):
            derived = [scalar(entry.make(*symbols).fdiff(place).xreplace(point))]
            expected = slope(entry.scalar, args, place)
            wrong += [args for value in derived if not close(value, expected)]
        if entry.of_output is not None:
            y = sympy.Symbol("y")
            value = sympy.Float(entry.scalar(*args))
            derived = scalar(entry.of_output(symbols[-1], y).xreplace({**point, y: value}))
            wrong += [] if close(derived, slope(entry.scalar, args, entry.arity)) else [args]
    return wrong


def close(value, expected):
    return math.isclose(value, expected, rel_tol=1e-7, abs_tol=1e-9)


@EVERY
def test_an_entry_has_what_it_needs(entry):
    assert entry.name.isidentifier()
    assert entry.examples
    made = entry.make(*(sympy.Symbol(f"x{place}") for place in range(entry.arity)))
    assert isinstance(made, sympy.Expr)
    heads = {type(node) for node in sympy.preorder_traversal(made) if isinstance(node, sympy.Function)}
    assert heads <= set(by_head()), "it is made of functions that are not in the catalogue"
    if entry.head is None:
        assert not (entry.numpy)
        assert not (entry.latex)
        assert not (entry.text)
        assert not (entry.scalar)
        assert not (entry.law)
    else:
        assert isinstance(made, entry.head)
        for template in (entry.numpy, entry.latex, entry.text):
            assert template.format("A", "B", "C") != template
        assert entry.law
        assert entry.scalar is not None


def test_names_calls_and_heads_are_unique():
    names = [entry.name for entry in ENTRIES]
    calls = [call for entry in ENTRIES for call in entry.calls]
    assert sorted(set(names)) == sorted(names) == sorted(by_name())
    assert sorted(set(calls)) == sorted(calls) == sorted(by_call())
    assert len(by_head()) == len(HEADS)


def test_no_two_calls_have_one_short_name_for_different_functions():
    short = {}
    for call, entry in by_call().items():
        assert short.setdefault(call.rpartition(".")[2], entry) is entry


def test_every_own_function_is_in_the_catalogue():
    heads = {*OwnFunction.__subclasses__(), *Indicator.__subclasses__()} - {Indicator}
    assert heads <= set(by_head())


@PRINTED
def test_the_derivative_agrees_with_central_differences(entry):
    assert wrong_derivatives(entry) == []


@PRINTED
@pytest.mark.parametrize("factor", [1.001, 0.999])
def test_a_planted_wrong_derivative_is_caught(entry, factor):
    symbols = sympy.symbols(f"x0:{entry.arity - 1}", real=True)

    def wrong(x, y):
        return sympy.Float(factor) * entry.make(*symbols, x).fdiff(entry.arity)

    planted = replace(entry, of_output=wrong)
    flat = entry.name in FLAT
    assert bool(wrong_derivatives(planted)) is not flat
    if flat:
        assert wrong_derivatives(replace(entry, of_output=lambda x, y: sympy.Float(0.001)))


@PRINTED
def test_scalar_and_numpy_code_agree(entry):
    for args in arguments(entry):
        assert entry.scalar(*args) == pytest.approx(numpy_value(entry, *args), rel=1e-13, abs=1e-15)


def inside(entry, x):
    return bool(entry.domain.contains(sympy.Float(x)) == sympy.true)


@pytest.mark.parametrize(
    ("entry", "x"),
    [
        pytest.param(entry, x, id=f"{entry.name}-{x}")
        for entry in HEADS
        for x in (-800.0, -40.0, -1e-9, 1e-9, 0.0, 40.0, 800.0)
        if entry.arity == 1 and (inside(entry, x) or x == 0)
    ],
)
def test_scalar_and_numpy_code_agree_at_extremes(entry, x):
    with np.errstate(all="ignore"):
        expected = numpy_value(entry, x)
    if x in entry.kinks or math.isnan(expected):
        return
    assert entry.scalar(x) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@EVERY
def test_the_expression_agrees_with_the_functions_it_stands_for(entry):
    for call in entry.calls:
        module, _, name = call.rpartition(".")
        function = getattr({"numpy": np, "scipy.special": special}[module], name)
        for args in arguments(entry):
            point = [sympy.Integer(arg) if isinstance(arg, int) else sympy.Float(arg) for arg in args]
            assert scalar(entry.make(*point)) == pytest.approx(float(function(*args)), rel=1e-12, abs=1e-14)


@EVERY
def test_samples_lie_in_the_domain_and_values_in_the_range(entry):
    for args in arguments(entry):
        assert inside(entry, args[-1])
        point = [sympy.Integer(arg) if isinstance(arg, int) else sympy.Float(arg) for arg in args]
        assert entry.values.contains(sympy.Float(scalar(entry.make(*point)))) == sympy.true
        assert args[-1] not in entry.kinks


@pytest.mark.parametrize(
    "entry",
    [entry for entry in HEADS if entry.arity == 1 and not inside(entry, -1.5)],
    ids=lambda entry: entry.name,
)
def test_outside_the_domain_there_is_no_finite_value(entry):
    try:
        value = entry.scalar(-1.5)
    except ValueError:
        return
    assert not math.isfinite(value)


@PRINTED
def test_at_a_kink_the_one_sided_slopes_or_values_differ(entry):
    for kink in entry.kinks:
        for other in (0.0,) if entry.arity == 1 else entry.examples:
            at, rest = kink + other, (other,) * (entry.arity - 1)
            here = entry.scalar(at, *rest)
            right = entry.scalar(at + STEP, *rest) - here
            left = here - entry.scalar(at - STEP, *rest)
            assert abs(right - left) > STEP / 2 or abs(right) > 0.5
            derivative = entry.head(*(sympy.Rational(str(one)) for one in (at, *rest))).fdiff(1)
            assert math.isfinite(scalar(derivative)), "the convention at the kink has no value"


@PRINTED
def test_a_function_is_smooth_where_no_kink_is_declared(entry):
    for x in entry.examples:
        args = (*(2, 1)[: entry.arity - 1], x)
        before, after = (*args[:-1], x - STEP), (*args[:-1], x + STEP)
        bend = entry.scalar(*after) - 2 * entry.scalar(*args) + entry.scalar(*before)
        assert abs(bend) < 1e-5


@PRINTED
def test_calls_survive_pickling_and_rebuilding(entry):
    import pickle

    made = entry.make(*(sympy.Symbol(f"x{place}", real=True) for place in range(entry.arity)))
    assert pickle.loads(pickle.dumps(made)) == made
    assert made.func(*made.args) == made


def test_a_new_entry_needs_only_its_record():
    entry = Elementwise("cube", lambda x: x**3, ())
    assert entry.make(sympy.Integer(2)) == 8
