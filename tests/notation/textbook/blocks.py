# ruff: noqa: E501 -- one formula a line
"""Arrays of three axes, written as a matrix for each position, and a factor of a matrix."""

FORMULAS = [
    (
        "gradient",
        "np.sum((np.linalg.cholesky(S) @ u - y)**2)",
        "S=d,d:spd; u=d; y=d",
        "u",
        ["∇_u L = 2 chol(S)ᵀ(chol(S) u − y)"],
        r"""\nabla_{u} L = 2 \operatorname{chol}(S)^{\top} (\operatorname{chol}(S) u - y)""",
    ),
    (
        "gradient",
        "np.sum((Q @ W - Y)**2)",
        "Q=b,n,d; W=d,k; Y=b,n,k",
        "W",
        ["∇_W L = 2 Σₚ Qₚᵀ(Qₚ W − Yₚ)"],
        r"""\nabla_{W} L = 2 \sum_{p} Q_{p}^{\top} (Q_{p} W - Y_{p})""",
    ),
    (
        "gradient",
        "np.sum((Q @ W - Y)**2)",
        "Q=b,n,d; W=d,k; Y=b,n,k",
        "Q",
        ["∂L/∂Qᵢ = 2(Qᵢ W − Yᵢ)Wᵀ"],
        r"""\frac{\partial L}{\partial Q_{i}} = 2 (Q_{i} W - Y_{i}) W^{\top}""",
    ),
    (
        "gradient",
        "np.sum(np.tanh(np.einsum('ijk,j,k->i', T, u, u)))",
        "T=m,d,d; u=d",
        "u",
        ["∇_u L = Σₚ (1 − tanh(uᵀ Tₚ u)²)(Tₚ + Tₚᵀ)u"],
        r"""\nabla_{u} L = \sum_{p} (1 - {\tanh(u^{\top} T_{p} u)}^{2}) (T_{p} + T_{p}^{\top}) u""",
    ),
    (
        "gradient",
        "np.sum(np.exp(Q @ np.swapaxes(K, -1, -2)) @ V)",
        "Q=b,n,d; K=b,n,d; V=b,n,d",
        "K",
        ["∂L/∂Kᵢ = diag(Vᵢ 𝟏) exp(Kᵢ Qᵢᵀ) Qᵢ"],
        r"""\frac{\partial L}{\partial K_{i}} = \operatorname{diag}(V_{i} \mathbf{1}) \exp(K_{i} Q_{i}^{\top}) Q_{i}""",
    ),
]
