# ruff: noqa: E501 -- one formula a line
"""Networks of two layers, by each of their arrays."""

FORMULAS = [
    (
        "gradient",
        "np.sum((W2 @ np.tanh(W1 @ x + b1) + b2 - y)**2)/2",
        "W2=k,h; W1=h,d; x=d; b1=h; b2=k; y=k",
        "W1",
        ["∇_W₁ L = ((1 − a^⊙2) ⊙ W₂ᵀ(W₂a + b₂ − y))xᵀ", "a = tanh(W₁x + b₁)"],
        r"""\nabla_{W_{1}} L = ((1 - a^{\odot 2}) \odot W_{2}^{\top} (W_{2} a + b_{2} - y)) x^{\top},\quad a = \tanh(W_{1} x + b_{1})""",
    ),
    (
        "gradient",
        "np.sum((W2 @ np.tanh(W1 @ x + b1) + b2 - y)**2)/2",
        "W2=k,h; W1=h,d; x=d; b1=h; b2=k; y=k",
        "W2",
        ["∇_W₂ L = (W₂a + b₂ − y)aᵀ", "a = tanh(W₁x + b₁)"],
        r"""\nabla_{W_{2}} L = (W_{2} a + b_{2} - y) a^{\top},\quad a = \tanh(W_{1} x + b_{1})""",
    ),
    (
        "hessian",
        "np.sum((W2 @ np.tanh(W1 @ x + b1) + b2 - y)**2)/2",
        "W2=k,h; W1=h,d; x=d; b1=h; b2=k; y=k",
        "W2",
        ["∂²L/∂vec(W₂)∂vec(W₂)ᵀ = aaᵀ ⊗ I", "a = tanh(W₁x + b₁)"],
        r"""\frac{\partial^{2} L}{\partial \operatorname{vec}(W_{2})\,\partial \operatorname{vec}(W_{2})^{\top}} = a a^{\top} \otimes I,\quad a = \tanh(W_{1} x + b_{1})""",
    ),
    (
        "gradient",
        "np.sum((W2 @ np.maximum(W1 @ x, 0) - y)**2)/2",
        "W2=k,h; W1=h,d; x=d; y=k",
        "W1",
        ["∇_W₁ L = (W₂ᵀ(W₂ relu(z) − y) ⊙ 1[z > 0])xᵀ", "z = W₁x"],
        r"""\nabla_{W_{1}} L = (W_{2}^{\top} (W_{2} \operatorname{relu}(z) - y) \odot \mathbf{1}[z > 0]) x^{\top},\quad z = W_{1} x""",
    ),
    (
        "hessian",
        "np.sum((np.tanh(X @ W) @ V - Y)**2)",
        "X=n,d; W=d,h; V=h,k; Y=n,k",
        "W",
        [
            "(∇²_W L)[:,j,:,l] = 2 Xᵀ diag((1 − H[:, j]^⊙2) ⊙ ((V[j, :]ᵀ V[l, :])(1 − H[:, l]^⊙2) − 2 δⱼₗ (H[:, j] ⊙ (HV − Y) V[j, :]))) X",
            "H = tanh(XW)",
        ],
        r"""\left(\nabla^2_{W} L\right)_{:j:l} = 2 X^{\top} \operatorname{diag}((1 - H_{:j}^{\odot 2}) \odot ((V_{j:}^{\top} V_{l:}) (1 - H_{:l}^{\odot 2}) - 2 \delta_{jl} (H_{:j} \odot (H V - Y) V_{j:}))) X,\quad H = \tanh(X W)""",
    ),
    (
        "gradient",
        "np.sum((np.tanh(X @ W + b) @ V + c - Y)**2)",
        "X=n,d; W=d,h; b=h; V=h,k; c=k; Y=n,k",
        "c",
        ["∇_c L = 2(tanh(XW + 𝟏bᵀ) V + 𝟏cᵀ − Y)ᵀ𝟏"],
        r"""\nabla_{c} L = 2 {(\tanh(X W + \mathbf{1} b^{\top}) V + \mathbf{1} c^{\top} - Y)}^{\top} \mathbf{1}""",
    ),
]
