# ruff: noqa: E501 -- one formula a line
"""Norms, and the angle between two vectors."""

FORMULAS = [
    (
        "gradient",
        "np.linalg.norm(x)",
        "x=n",
        "x",
        ["∇_x L = (1/‖x‖) x"],
        r"""\nabla_{x} L = \frac{1}{\lVert x\rVert_{2}} x""",
    ),
    (
        "hessian",
        "np.linalg.norm(x)",
        "x=n",
        "x",
        ["∇²_x L = (1/‖x‖)(I − (1/‖x‖²) xxᵀ)"],
        r"""\nabla^2_{x} L = \frac{1}{\lVert x\rVert_{2}} \left(I - \frac{1}{\lVert x\rVert_{2}^{2}} x x^{\top}\right)""",
    ),
    (
        "gradient",
        "np.linalg.norm(A @ x - b)",
        "A=m,n; x=n; b=m",
        "x",
        ["∇_x L = (1/‖r‖) Aᵀr", "r = Ax − b"],
        r"""\nabla_{x} L = \frac{1}{\lVert r\rVert_{2}} A^{\top} r,\quad r = A x - b""",
    ),
    (
        "hessian",
        "np.linalg.norm(A @ x - b)",
        "A=m,n; x=n; b=m",
        "x",
        ["∇²_x L = (1/‖r‖)(AᵀA − (1/‖r‖²) Aᵀr rᵀA)", "r = Ax − b"],
        r"""\nabla^2_{x} L = \frac{1}{\lVert r\rVert_{2}} \left(A^{\top} A - \frac{1}{\lVert r\rVert_{2}^{2}} A^{\top} r r^{\top} A\right),\quad r = A x - b""",
    ),
    (
        "gradient",
        "(x @ y)/(np.linalg.norm(x)*np.linalg.norm(y))",
        "x=n; y=n",
        "x",
        ["∇_x L = (1/(‖x‖ ‖y‖))(y − (xᵀy/‖x‖²) x)"],
        r"""\nabla_{x} L = \frac{1}{\lVert x\rVert_{2} \lVert y\rVert_{2}} \left(y - \frac{x^{\top} y}{\lVert x\rVert_{2}^{2}} x\right)""",
    ),
]
