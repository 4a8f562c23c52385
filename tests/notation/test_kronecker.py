# ruff: noqa: E501 -- one formula a line
"""Derivatives with three or four axes as one matrix: `∂vec(F)/∂vec(X)ᵀ = Bᵀ ⊗ A`, to the letter and in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, seed, settings

import symderive as sd
from symderive.core.identity import tensors_of
from symderive.errors import SymderiveError
from symderive.language.evaluate import evaluate
from symderive.notation.names import latex_name, text_name
from symderive.numeric import draw_all
from tests.notation.kronecker_reader import agrees, commutation, matrix_of
from tests.notation.random_matrix_programs import SIZES, programs
from tests.notation.reader import from_latex
from tests.notation.test_printed_formulas_mean_what_the_code_computes import right_side
from tests.profiles import examples

DIMS = {**SIZES, "d": 6, "k": 7}

FORMULAS = [
    # kind, formula, arrays, variables, text, LaTeX of the right-hand side
    ("jacobian", "A @ X @ B", "A=m,n; X=n,p; B=p,q", "X", "∂vec(F)/∂vec(X)ᵀ = Bᵀ ⊗ A", r"B^{\top} \otimes A"),
    ("jacobian", "A @ X", "A=m,n; X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = I ⊗ A", r"I \otimes A"),
    ("jacobian", "X @ B", "X=n,p; B=p,q", "X", "∂vec(F)/∂vec(X)ᵀ = Bᵀ ⊗ I", r"B^{\top} \otimes I"),
    ("jacobian", "X.T", "X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = K[n,p]", r"K_{n,p}"),
    ("jacobian", "A @ X.T @ B", "A=m,p; X=n,p; B=n,q", "X", "∂vec(F)/∂vec(X)ᵀ = K[q,m] (A ⊗ Bᵀ)", r"K_{q,m} (A \otimes B^{\top})"),
    ("jacobian", "X.T @ X", "X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = (I + K[p,p])(I ⊗ Xᵀ)", r"(I + K_{p,p}) (I \otimes X^{\top})"),
    ("jacobian", "X @ X.T", "X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = (I + K[n,n])(X ⊗ I)", r"(I + K_{n,n}) (X \otimes I)"),
    ("jacobian", "X @ X", "X=n,n", "X", "∂vec(F)/∂vec(X)ᵀ = Xᵀ ⊗ I + I ⊗ X", r"X^{\top} \otimes I + I \otimes X"),
    ("jacobian", "np.linalg.inv(X)", "X=n,n", "X", "∂vec(F)/∂vec(X)ᵀ = −(X⁻ᵀ ⊗ X⁻¹)", r"-(X^{-\top} \otimes X^{-1})"),
    ("jacobian", "np.linalg.solve(A, X)", "A=n,n; X=n,m", "A", "∂vec(F)/∂vec(A)ᵀ = −(XᵀA⁻ᵀ ⊗ A⁻¹)", r"-(X^{\top} A^{-\top} \otimes A^{-1})"),
    ("jacobian", "np.exp(X)", "X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = diag(vec(exp(X)))", r"\operatorname{diag}(\operatorname{vec}(\exp(X)))"),
    ("jacobian", "A * X", "A=n,p; X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = diag(vec(A))", r"\operatorname{diag}(\operatorname{vec}(A))"),
    ("jacobian", "np.tanh(X @ W)", "X=n,d; W=d,k", "W", "∂vec(F)/∂vec(W)ᵀ = diag(vec(1 − tanh(XW)^⊙2)) (I ⊗ X)", r"\operatorname{diag}(\operatorname{vec}(1 - \tanh(X W)^{\odot 2})) (I \otimes X)"),
    ("jacobian", "X @ w", "X=n,p; w=p", "X", "∂f/∂vec(X)ᵀ = wᵀ ⊗ I", r"w^{\top} \otimes I"),
    ("jacobian", "np.outer(x, x)", "x=n", "x", "∂vec(F)/∂xᵀ = x ⊗ I + I ⊗ x", r"x \otimes I + I \otimes x"),
    ("jacobian", "x * np.trace(X)", "X=n,n; x=n", "X", "∂f/∂vec(X)ᵀ = x vec(I)ᵀ", r"x \operatorname{vec}(I)^{\top}"),
    ("jacobian", "X / np.linalg.norm(X)", "X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = (1/‖X‖_F)(I − (1/‖X‖_F²) vec(X) vec(X)ᵀ)", r"\frac{1}{\lVert X\rVert_{F}} \left(I - \frac{1}{\lVert X\rVert_{F}^{2}} \operatorname{vec}(X) \operatorname{vec}(X)^{\top}\right)"),
    ("jacobian", "X @ np.linalg.inv(X.T @ X) @ X.T", "X=n,p", "X", "∂vec(F)/∂vec(X)ᵀ = (I + K[n,n])(XZ⁻¹ ⊗ (I − XZ⁻¹Xᵀ))", r"(I + K_{n,n}) (X Z^{-1} \otimes (I - X Z^{-1} X^{\top}))"),
    ("hessian", "np.sum((A @ X @ B - C)**2)", "A=m,n; X=n,p; B=p,q; C=m,q", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2(BBᵀ ⊗ AᵀA)", r"2 (B B^{\top} \otimes A^{\top} A)"),
    ("hessian", "np.sum((X @ W - Y)**2) + lam * np.sum(W**2)", "X=n,d; W=d,k; Y=n,k; lam=", "W", "∂²L/∂vec(W)∂vec(W)ᵀ = 2(I ⊗ (XᵀX + λI))", r"2 (I \otimes (X^{\top} X + \lambda I))"),
    ("hessian", "np.linalg.slogdet(X)[1]", "X=n,n", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = −K[n,n] (X⁻ᵀ ⊗ X⁻¹)", r"-K_{n,n} (X^{-\top} \otimes X^{-1})"),
    ("hessian", "np.linalg.slogdet(X.T @ X)[1]", "X=n,p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2(Z⁻¹ ⊗ (I − XZ⁻¹Xᵀ) − K[p,n] (XZ⁻¹ ⊗ Z⁻¹Xᵀ))", r"2 (Z^{-1} \otimes (I - X Z^{-1} X^{\top}) - K_{p,n} (X Z^{-1} \otimes Z^{-1} X^{\top}))"),
    ("hessian", "np.linalg.det(X)", "X=n,n", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = det(X) (vec(X⁻ᵀ) vec(X⁻ᵀ)ᵀ − K[n,n] (X⁻ᵀ ⊗ X⁻¹))", r"\det(X) (\operatorname{vec}(X^{-\top}) {\operatorname{vec}(X^{-\top})}^{\top} - K_{n,n} (X^{-\top} \otimes X^{-1}))"),
    ("hessian", "np.trace(X @ X)", "X=n,n", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2 K[n,n]", r"2 K_{n,n}"),
    ("hessian", "np.trace(X)**2", "X=n,n", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2 vec(I) vec(I)ᵀ", r"2 \operatorname{vec}(I) \operatorname{vec}(I)^{\top}"),
    ("hessian", "np.trace(X.T @ A @ X @ B)", "A=n,n; X=n,p; B=p,p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = Bᵀ ⊗ A + B ⊗ Aᵀ", r"B^{\top} \otimes A + B \otimes A^{\top}"),
    ("hessian", "np.trace(X @ A @ X @ B)", "A=p,n; X=n,p; B=p,n", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = K[p,n] (Bᵀ ⊗ A + Aᵀ ⊗ B)", r"K_{p,n} (B^{\top} \otimes A + A^{\top} \otimes B)"),
    ("hessian", "np.trace(np.linalg.inv(X) @ A)", "A=n,n; X=n,n", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = K[n,n] (X⁻ᵀAᵀX⁻ᵀ ⊗ X⁻¹ + X⁻ᵀ ⊗ X⁻¹AX⁻¹)", r"K_{n,n} (X^{-\top} A^{\top} X^{-\top} \otimes X^{-1} + X^{-\top} \otimes X^{-1} A X^{-1})"),
    ("hessian", "np.sum(X**2)", "X=n,p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2I", r"2 I"),
    ("hessian", "np.sum(X**4)", "X=n,p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 12 diag(vec(X^⊙2))", r"12 \operatorname{diag}(\operatorname{vec}(X^{\odot 2}))"),
    ("hessian", "np.sum(X)**2", "X=n,p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2𝟏𝟏ᵀ", r"2 \mathbf{1} \mathbf{1}^{\top}"),
    ("hessian", "(a @ X @ b)**2", "a=n; X=n,p; b=p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2(bbᵀ ⊗ aaᵀ)", r"2 (b b^{\top} \otimes a a^{\top})"),
    ("hessian", "np.sum((X.T @ X - Y)**2)", "X=n,p; Y=p,p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2((R + Rᵀ) ⊗ I + 2(I ⊗ XXᵀ) + 2 K[p,n] (X ⊗ Xᵀ))", r"2 ((R + R^{\top}) \otimes I + 2 (I \otimes X X^{\top}) + 2 K_{p,n} (X \otimes X^{\top}))"),
    ("hessian", "np.sum((X - U @ V.T)**2)", "X=n,m; U=n,k; V=m,k", "U", "∂²L/∂vec(U)∂vec(U)ᵀ = 2(VᵀV ⊗ I)", r"2 (V^{\top} V \otimes I)"),
    ("hessian", "np.sum((X - U @ V.T)**2)", "X=n,m; U=n,k; V=m,k", "U V", "∂²L/∂vec(U)∂vec(V)ᵀ = 2(K[k,n] (U ⊗ Vᵀ) − I ⊗ (X − UVᵀ))", r"2 (K_{k,n} (U \otimes V^{\top}) - I \otimes (X - U V^{\top}))"),
    ("hessian", "np.sum((X @ W + b - Y)**2)", "X=n,d; W=d,k; b=k; Y=n,k", "W b", "∂²L/∂vec(W)∂bᵀ = 2(I ⊗ Xᵀ𝟏)", r"2 (I \otimes X^{\top} \mathbf{1})"),
    ("hessian", "np.sum(np.logaddexp(0, X @ W))", "X=n,d; W=d,k", "W", "∂²L/∂vec(W)∂vec(W)ᵀ = (I ⊗ Xᵀ) diag(vec(σ(−Z) ⊙ σ(Z))) (I ⊗ X)", r"(I \otimes X^{\top}) \operatorname{diag}(\operatorname{vec}(\sigma(-Z) \odot \sigma(Z))) (I \otimes X)"),
    ("hessian", "np.sum(np.exp(A @ X @ B))", "A=m,n; X=n,p; B=p,q", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = (B ⊗ Aᵀ) diag(vec(exp(AXB))) (Bᵀ ⊗ A)", r"(B \otimes A^{\top}) \operatorname{diag}(\operatorname{vec}(\exp(A X B))) (B^{\top} \otimes A)"),
    ("hessian", "np.sum(np.logaddexp(0, X @ X))", "X=n,n", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = (X ⊗ I + I ⊗ Xᵀ) diag(vec((1 − σ(X²)) ⊙ σ(X²))) (Xᵀ ⊗ I + I ⊗ X) + K[n,n] (I ⊗ σ(X²)ᵀ + σ(X²) ⊗ I)", r"(X \otimes I + I \otimes X^{\top}) \operatorname{diag}(\operatorname{vec}((1 - \sigma(X^{2})) \odot \sigma(X^{2}))) (X^{\top} \otimes I + I \otimes X) + K_{n,n} (I \otimes {\sigma(X^{2})}^{\top} + \sigma(X^{2}) \otimes I)"),
    ("hessian", "np.sum(np.exp(X @ X.T))", "X=n,p", "X", "∂²L/∂vec(X)∂vec(X)ᵀ = 2((Xᵀ ⊗ I) diag(vec(exp(XXᵀ))) (I + K[n,n])(X ⊗ I) + I ⊗ exp(XXᵀ))", r"2 ((X^{\top} \otimes I) \operatorname{diag}(\operatorname{vec}(\exp(X X^{\top}))) (I + K_{n,n}) (X \otimes I) + I \otimes \exp(X X^{\top}))"),
]  # fmt: skip


def array(name: str, shapes: dict[str, str]):
    sizes, _, domain = shapes[name].partition(":")
    return sd.array(name, *(sd.dims(size) for size in sizes.split(",") if size), domain=domain or "real")


def derived(kind: str, formula: str, arrays: str, variables: str, **options) -> sd.Derivation:
    shapes = dict(one.split("=") for one in arrays.split("; "))
    wanted = [array(name, shapes) for name in variables.split()]
    return getattr(sd, kind)(sd.parse(formula, **shapes), *wanted, **options)


def values(derivation: sd.Derivation) -> tuple[dict, np.ndarray]:
    """The inputs and named results at a random point, and the result of the generated code."""
    sizes = {sd.dims(name): value for name, value in DIMS.items()}
    inputs = {
        one.name: (tuple(int(size.subs(sizes)) for size in one.shape), one.domain)
        for one in derivation.original.inputs
    }
    arrays = dict(draw_all(inputs, seed=1))
    used = {one.name for one in derivation.program.inputs}
    lets = [one.definition.tensor for one in derivation.lets]
    shown = {k: v for k, v in arrays.items() if k in used}
    known = evaluate(derivation.program, shown, sizes, outputs=lets)
    return {**arrays, **known}, derivation.to_numpy()(**arrays)


def means_what_the_code_computes(derivation: sd.Derivation, equation) -> bool:
    """Whether text and LaTeX, read by themselves, are the array of the code reshaped in column-major order."""
    by_name, computed = values(derivation)
    wanted = matrix_of(computed, equation.stacked.rows)
    sizes = {name: float(size) for name, size in DIMS.items()}
    lets = {one.definition.tensor.name: one.definition.tensor for one in derivation.lets}
    plain = {text_name(name): np.asarray(value, float) for name, value in by_name.items()}
    typeset = {}
    for name, value in by_name.items():
        own = lets[name].latex_name if name in lets else None
        typeset[from_latex(own or latex_name(name))] = np.asarray(value, float)
    choices = tuple(DIMS.values())
    return agrees(right_side(str(equation)), sizes | plain, {}, choices, wanted) and agrees(
        right_side(equation.latex()), sizes | typeset, {}, choices, wanted, is_latex=True
    )


@pytest.mark.parametrize(
    ("kind", "formula", "arrays", "variables", "text", "latex"),
    FORMULAS,
    ids=[f"{row[0]} of {row[1]} by {row[3]}" for row in FORMULAS],
)
def test_to_the_letter_and_in_numbers(kind, formula, arrays, variables, text, latex):
    made = derived(kind, formula, arrays, variables)
    assert str(made.results[0]) == text
    assert right_side(made.results[0].latex()) == latex
    assert made.check().passed
    assert means_what_the_code_computes(made, made.results[0])


RANDOM = settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))


def drawn_derivation(drawn) -> sd.Derivation:
    assume("X" in drawn.shapes)
    arrays = "; ".join(f"{name}={shape}" for name, shape in drawn.shapes.items())
    return derived(drawn.kind, drawn.source, arrays, "X")


def must_have_the_form(derivation: sd.Derivation) -> bool:
    """All but zeros, and contractions with a named derivative that itself has three or four axes."""
    body = derivation.results[0].definition.body
    return body != 0 and all(tensor.rank <= 2 for tensor in tensors_of(body))


@RANDOM
@given(programs())
def test_random_programs(drawn):
    made = drawn_derivation(drawn)
    equation = made.results[0]
    if equation.kronecker is None:
        assert not must_have_the_form(made), equation
    else:
        assert means_what_the_code_computes(made, equation), equation
    assert made.check().passed


def test_most_random_programs_have_the_form():
    """So that the test above does not pass because it looks at nothing."""
    seen = {True: 0, False: 0}

    @seed(1)
    @settings(RANDOM, max_examples=examples(60), database=None)
    @given(programs())
    def count(drawn):
        (equation,) = drawn_derivation(drawn).results
        if equation.definition.body != 0:
            seen[equation.kronecker is not None] += 1

    count()
    assert sum(seen.values()) > examples(40), seen
    assert seen[True] > 3 * seen[False], seen


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Bᵀ ⊗ A", "A ⊗ Bᵀ"), ("Bᵀ ⊗ A", "B ⊗ A"), ("Bᵀ ⊗ A", "−(Bᵀ ⊗ A)"), ("Bᵀ ⊗ A", "1.001(Bᵀ ⊗ A)"),
        ("Bᵀ ⊗ A", "Bᵀ ⊗ A + 0 I"),
    ],
)  # fmt: skip
def test_the_reader_finds_planted_errors(right, wrong):
    made = derived("jacobian", *FORMULAS[0][1:4])
    by_name, computed = values(made)
    wanted = matrix_of(computed, 2)
    names = {name: np.asarray(value, float) for name, value in by_name.items()}
    choices = tuple(DIMS.values())
    assert agrees(right, names, {}, choices, wanted)
    assert not agrees(wrong, names, {}, choices, wanted)


def test_the_commutation_matrix_and_vec():
    draw = np.random.default_rng(4)
    A, X, B = draw.normal(size=(4, 3)), draw.normal(size=(3, 2)), draw.normal(size=(2, 5))

    def vec(matrix):
        return matrix.reshape(-1, order="F")

    assert np.allclose(commutation(3, 2) @ vec(X), vec(X.T))
    assert np.allclose(vec(A @ X @ B), np.kron(B.T, A) @ vec(X))
    array = np.einsum("ik,lj->ijkl", A, B)
    assert np.allclose(matrix_of(array, 2), np.kron(B.T, A))


def test_the_convention_is_said():
    made = derived("jacobian", "X.T @ X", "X=n,p", "X")
    assert (
        'vec stacks the columns of a matrix: the matrix is the array of shape p×p×n×p reshaped with order="F"; '
        "K[p,p] vec(A) = vec(Aᵀ) for every p×p matrix A"
    ) in made.text("brief")
    assert "vec stacks" not in made.text("brief", "index")
    assert "vec stacks" not in derived("gradient", "np.sum(X**2)", "X=n,p", "X").text()


def test_the_axes_of_the_variable_first():
    made = derived("jacobian", "X.T @ X", "X=n,p", "X", layout="denominator")
    assert str(made.results[0]) == "∂vec(F)ᵀ/∂vec(X) = (I ⊗ X)(I + K[p,p])"
    assert (
        made.results[0]
        .latex()
        .startswith(r"\frac{\partial \operatorname{vec}(F)^{\top}}{\partial \operatorname{vec}(X)}")
    )
    assert "(n×p×p×p)" in made.text("brief")
    assert means_what_the_code_computes(made, made.results[0])


def test_an_array_called_k_leaves_its_letter_to_it():
    made = derived("jacobian", "K.T @ K", "K=n,p", "K")
    assert str(made.results[0]) == "∂vec(F)/∂vec(K)ᵀ = (I + 𝒦[p,p])(I ⊗ Kᵀ)"
    assert r"\mathcal{K}_{p,p}" in made.latex()
    assert means_what_the_code_computes(made, made.results[0])


SOFTMAX = ("np.sum(np.log(np.sum(np.exp(X @ W), axis=1))) - np.sum(Y * (X @ W))", "X=n,d; W=d,k; Y=n,k", "W")


def test_a_sum_of_kronecker_products_on_request():
    made = derived("hessian", *SOFTMAX)
    (equation,) = made.styled("kronecker")[0]
    assert str(equation) == "∂²L/∂vec(W)∂vec(W)ᵀ = Σₚ (diag(P[p, :]) − P[p, :] P[p, :]ᵀ) ⊗ X[p, :] X[p, :]ᵀ"
    assert str(made.results[0]).startswith("(∇²_W L)[:,j,:,l] = Xᵀ diag(")  # by default in blocks
    assert means_what_the_code_computes(made, equation)


def test_entries_and_blocks_on_request():
    made = derived("jacobian", "A @ X @ B", "A=m,n; X=n,p; B=p,q", "X")
    assert str(made.styled("blocks")[0][0]) == "∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ"
    assert str(made.styled("index")[0][0]) == "∂Fⱼₖ/∂Xₗₘ = Aⱼₗ Bₘₖ"
    assert "∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ" in made.to_numpy().source  # which returns the array, not the matrix


@pytest.mark.parametrize("form", ["kronecker", "blocks"])
def test_the_form_of_a_gradient_is_as_it_was(form):
    made = derived("gradient", "np.sum((A @ X - C)**2)", "A=m,n; X=n,p; C=m,p", "X")
    assert made.text("brief", form) == made.text("brief")


def test_where_there_is_no_such_form_it_is_said():
    made = derived("jacobian", "np.kron(A, X)", "A=m,n; X=n,p", "X")
    with pytest.raises(
        SymderiveError, match=r"is no sum of Kronecker products of matrices; use form=\"closed\""
    ):
        made.latex("kronecker")
    third = sd.derivative(np.sum(sd.array("w", sd.dims("d")) ** 4), *[sd.array("w", sd.dims("d"))] * 3)
    with pytest.raises(SymderiveError, match="is no sum of Kronecker products"):
        third.text("brief", "kronecker")
