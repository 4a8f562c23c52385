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
    (
        "gradient",
        "np.sum((expit(W4 @ expit(W3 @ expit(W2 @ expit(W1 @ x)))) - y)**2)",
        "x=d; W1=d,d; W2=d,d; W3=d,d; W4=d,d; y=d",
        "W1",
        [
            "∇_W₁ L = ((W₂ᵀ(∂L/∂v)) ⊙ p ⊙ (1 − p)) xᵀ",
            "p = σ(W₁x)",
            "v = W₂p",
            "s = σ(v)",
            "u = W₃s",
            "q = σ(u)",
            "g = W₄q",
            "∂L/∂g = 2((σ(g) − y) ⊙ σ(−g) ⊙ σ(g))",
            "∂L/∂u = (W₄ᵀ(∂L/∂g)) ⊙ q ⊙ (1 − q)",
            "∂L/∂v = (W₃ᵀ(∂L/∂u)) ⊙ s ⊙ (1 − s)",
        ],
        r"""\begin{aligned}
\nabla_{W_{1}} L &= \left(\left(W_{2}^{\top} \frac{\partial L}{\partial v}\right) \odot p \odot (1 - p)\right) x^{\top} \\
p &= \sigma(W_{1} x) \\
v &= W_{2} p \\
s &= \sigma(v) \\
u &= W_{3} s \\
q &= \sigma(u) \\
g &= W_{4} q \\
\frac{\partial L}{\partial g} &= 2 ((\sigma(g) - y) \odot \sigma(-g) \odot \sigma(g)) \\
\frac{\partial L}{\partial u} &= \left(W_{4}^{\top} \frac{\partial L}{\partial g}\right) \odot q \odot (1 - q) \\
\frac{\partial L}{\partial v} &= \left(W_{3}^{\top} \frac{\partial L}{\partial u}\right) \odot s \odot (1 - s)
\end{aligned}""",
    ),
]
