"""Results that are symmetric by their equations: `XPXᵀ + S`; what their symmetry rests on is said."""

import itertools

import pytest

import symderive as sd
from symderive.derive.detail import at_detail

ARRAYS = {"X": "n,d", "y": "n", "S": "n,n:spd", "P": "d,d:spd", "s": "n:positive", "M": "n,n", "F": "d,d"}
GAUSSIAN = "y @ np.linalg.inv({0}) @ y + np.linalg.slogdet({0})[1]"


def by_x(loss, **arrays):
    arrays = arrays or ARRAYS
    return sd.gradient(sd.parse(loss, **arrays), sd.parse("X", **arrays))


@pytest.mark.parametrize(
    ("covariance", "printed", "behind", "facts"),
    [
        ("X @ X.T + np.diag(s)", "XXᵀ + diag(s)", "X", ()),
        (
            "X @ P @ X.T + S",
            "XPXᵀ + S",
            "XP",
            ("Pᵀ = P, since P is symmetric", "Sᵀ = S, since S is symmetric"),
        ),
    ],
)
def test_the_gradient_of_a_gaussian_log_likelihood_by_a_factor_of_the_covariance(
    covariance, printed, behind, facts
):
    made = by_x(GAUSSIAN.format(covariance))
    assert [str(one) for one in made.lets] == [f"Z = {printed}"]
    assert str(made.results[0]) == f"∇_X L = 2(Z⁻¹ − Z⁻¹y yᵀZ⁻¹){behind}"
    assert tuple(str(one) for one in made.conditions if one.kind == "fact") == facts
    assert made.check().passed


@pytest.mark.parametrize("covariance", ["X @ P @ X.T + M", "X @ F @ X.T + S", "X @ X.T + np.diag(s) @ M"])
def test_what_is_not_symmetric_is_not_taken_to_be(covariance):
    made = by_x(GAUSSIAN.format(covariance))
    assert not str(made.results[0]).startswith("∇_X L = 2")
    assert made.check().passed


def test_one_operation_in_each_step_sees_the_symmetry_too():
    made = sd.gradient(
        sd.parse("np.trace(np.linalg.inv(A @ A.T + np.eye(n)) @ B)", A="n,n", B="n,n"), sd.parse("A", A="n,n")
    )
    shown = at_detail(made, "full")
    assert str(shown.derivation.results[0]) == "∇_A L = −(AAᵀ + I)⁻¹(B + Bᵀ)(AAᵀ + I)⁻¹A"
    lines = [str(line.equation) for line in shown.lines]
    assert all(one != other for one, other in itertools.pairwise(lines))
    assert "dM⁻¹ = −M⁻¹ dM M⁻¹" in [line.reason for line in shown.lines]  # A is an array of the loss


@pytest.mark.parametrize(
    ("domain", "printed", "second"),
    [
        ("spd", "(1/2)(V⁻¹ − V⁻¹y yᵀV⁻¹)", "−𝒦[n,n] (V⁻¹ ⊗ V⁻¹)"),
        ("symmetric", "(1/2)(V⁻¹ − V⁻¹y yᵀV⁻¹)", "−𝒦[n,n] (V⁻¹ ⊗ V⁻¹)"),
        ("real", "(1/2)(V⁻¹ − V⁻¹y yᵀV⁻¹)ᵀ", "−𝒦[n,n] (V⁻ᵀ ⊗ V⁻¹)"),
    ],
)
def test_a_result_is_symmetric_where_the_variable_is_though_its_entries_are_varied_alone(
    domain, printed, second
):
    arrays = {"K": f"n,n:{domain}", "y": "n", "s": ":positive"}
    K = sd.parse("K", **arrays)
    made = sd.gradient(sd.parse(f"0.5 * ({GAUSSIAN.format('(K + s * np.eye(n))')})", **arrays), K)
    assert [str(one) for one in (*made.lets, *made.results)] == ["V = sI + K", f"∇_K L = {printed}"]
    assert made.check().passed
    made = sd.hessian(sd.parse("np.linalg.slogdet(K + s * np.eye(n))[1]", **arrays), K)
    whole = second.replace("V", "(sI + K)")
    assert str(made.results[0]) == f"∂²L/∂vec(K)∂vec(K)ᵀ = {whole}"
    assert made.check().passed


def test_a_matrix_that_stands_under_an_inverse_twice_needs_no_name():
    made = sd.gradient(
        sd.parse("np.trace(np.linalg.inv(A + B) @ C)", A="n,n", B="n,n", C="n,n"), sd.parse("A", A="n,n")
    )
    assert not made.lets
    assert str(made.results[0]) == "∇_A L = −(A + B)⁻ᵀCᵀ(A + B)⁻ᵀ"


@pytest.mark.parametrize(
    ("kind", "printed"),
    [
        ("gradient", "∇_s L = (1/2)(tr((sI + K)⁻¹) − ‖(sI + K)⁻¹y‖²)"),
        ("hessian", "∇²_s L = yᵀV⁻³y − (1/2) ‖V⁻¹‖_F²"),
    ],
)
def test_sums_of_traces_and_norms_with_inverses_are_written_one_by_one(kind, printed):
    arrays = {"K": "n,n:spd", "y": "n", "s": ":positive"}
    loss = sd.parse(f"0.5 * ({GAUSSIAN.format('(K + s * np.eye(n))')})", **arrays)
    made = getattr(sd, kind)(loss, sd.parse("s", **arrays))
    assert str(made.results[0]) == printed
    assert made.check().passed
