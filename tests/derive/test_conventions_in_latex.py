"""What vec and K mean can stand behind a formula in LaTeX."""

import numpy as np

import symderive as sd

n, d, k = sd.dims("n d k")
X = sd.array("X", n, d)
VEC = r"\text{where } \operatorname{vec} \text{ stacks the columns of a matrix}"
SWAP = (
    r"K_{d,n} \operatorname{vec}(A) = \operatorname{vec}(A^{\top}) \text{ for every } d \times n "
    r"\text{ matrix } A"
)


def test_the_convention_of_vec_stands_behind_a_kronecker_product():
    made = sd.jacobian(sd.array("A", k, n) @ X, X)
    assert made.latex(conventions=True) == made.latex() + rf",\quad {VEC}"
    assert VEC in made._repr_latex_()


def test_the_commutation_matrix_is_explained():
    made = sd.hessian(np.log(np.linalg.det(X.T @ X)), X)
    assert made.latex(conventions=True) == made.latex() + rf",\quad {VEC}\text{{, and }}{SWAP}"


def test_nothing_is_said_where_neither_stands():
    made = sd.hessian(np.log(np.linalg.det(X.T @ X)), X)
    for form in ("index", "blocks"):
        assert made.latex(form, conventions=True) == made.latex(form)
    gradient = sd.gradient(np.sum(X**2), X)
    assert gradient.latex(conventions=True) == gradient.latex()


def test_the_convention_is_the_last_of_many_lines():
    made = sd.hessian(np.sum(np.max(X, axis=0) * np.min(X, axis=0)), X)
    *_, said, end = made.latex(conventions=True).splitlines()
    assert (said, end) == (f"&{VEC}", r"\end{aligned}")


def test_the_command_line_says_it(capsys):
    from symderive.cli import main

    code = main(["derive", "A @ X", "A=k,n", "X=n,d", "--wrt", "X", "--jacobian", "--format", "latex"])
    assert code == 0
    assert VEC in capsys.readouterr().out
