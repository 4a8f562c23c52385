# ruff: noqa: E501 -- one formula a line
"""Entries, rows and columns at fixed positions: basis vectors."""

FORMULAS = [
    (
        "gradient",
        "-scipy.special.log_softmax(W @ x)[3]",
        "W=k,d; x=d",
        "W",
        ["∇_W L = (softmax(Wx) − 𝐞₃)xᵀ"],
        r"""\nabla_{W} L = (\operatorname{softmax}(W x) - \mathbf{e}_{3}) x^{\top}""",
    ),
    (
        "gradient",
        "x[2]**2 * np.sum(x**2)",
        "x=n",
        "x",
        ["∇_x L = 2x₂(‖x‖² 𝐞₂ + x₂x)"],
        r"""\nabla_{x} L = 2 x_{2} (\lVert x\rVert_{2}^{2} \mathbf{e}_{2} + x_{2} x)""",
    ),
    (
        "hessian",
        "x[2]**2 * np.sum(x**2)",
        "x=n",
        "x",
        ["∇²_x L = 2(‖x‖² 𝐞₂𝐞₂ᵀ + 2x₂ 𝐞₂xᵀ + 2x₂ x𝐞₂ᵀ + x₂²I)"],
        r"""\nabla^2_{x} L = 2 (\lVert x\rVert_{2}^{2} \mathbf{e}_{2} \mathbf{e}_{2}^{\top} + 2 x_{2} \mathbf{e}_{2} x^{\top} + 2 x_{2} x \mathbf{e}_{2}^{\top} + x_{2}^{2} I)""",
    ),
    (
        "gradient",
        "np.sum((X[:, 0] - y)**2)",
        "X=n,d; y=n",
        "X",
        ["∇_X L = 2(X[:, 0] − y)𝐞₀ᵀ"],
        r"""\nabla_{X} L = 2 (X_{:0} - y) \mathbf{e}_{0}^{\top}""",
    ),
    (
        "gradient",
        "np.sum((X @ W)[:, 1]**2)",
        "X=n,d; W=d,k",
        "W",
        ["∇_W L = 2 Xᵀ Z[:, 1] 𝐞₁ᵀ", "Z = XW"],
        r"""\nabla_{W} L = 2 X^{\top} Z_{:1} \mathbf{e}_{1}^{\top},\quad Z = X W""",
    ),
    (
        "gradient",
        "np.sum(X[0])**2 + X[1] @ w",
        "X=n,d; w=d",
        "X",
        ["∇_X L = 2(𝟏ᵀ X[0, :]) 𝐞₀𝟏ᵀ + 𝐞₁wᵀ"],
        r"""\nabla_{X} L = 2 (\mathbf{1}^{\top} X_{0:}) \mathbf{e}_{0} \mathbf{1}^{\top} + \mathbf{e}_{1} w^{\top}""",
    ),
    (
        "gradient",
        "np.sum(x) * x[-1]",
        "x=n",
        "x",
        ["∇_x L = (𝟏ᵀx) 𝐞ₙ₋₁ + xₙ₋₁ 𝟏"],
        r"""\nabla_{x} L = (\mathbf{1}^{\top} x) \mathbf{e}_{n-1} + x_{n-1} \mathbf{1}""",
    ),
]
