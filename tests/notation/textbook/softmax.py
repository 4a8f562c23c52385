# ruff: noqa: E501 -- one formula a line
"""Softmax, log-sum-exp, cross-entropy, attention, mixtures."""

FORMULAS = [
    (
        "gradient",
        "np.sum(np.log(np.sum(P * np.exp(v), axis=1)) * c)",
        "P=n,k:positive; v=k; c=n",
        "v",
        ["∇_v L = Rᵀc", "R = diag(1 ⊘ P exp(v)) P diag(exp(v))"],
        r"""\nabla_{v} L = R^{\top} c,\quad R = \operatorname{diag}(1 \oslash P \exp(v)) P \operatorname{diag}(\exp(v))""",
    ),
    (
        "gradient",
        "np.sum(np.log(np.sum(P * np.exp(v)[:, None], axis=0)) * c)",
        "P=n,k:positive; v=n; c=k",
        "v",
        ["∇_v L = Rᵀc", "R = diag(1 ⊘ Pᵀ exp(v)) Pᵀ diag(exp(v))"],
        r"""\nabla_{v} L = R^{\top} c,\quad R = \operatorname{diag}(1 \oslash P^{\top} \exp(v)) P^{\top} \operatorname{diag}(\exp(v))""",
    ),
    (
        "gradient",
        "-np.sum(t*special.log_softmax(z))",
        "z=c; t=c:simplex",
        "z",
        ["∇_z L = softmax(z) − t"],
        r"""\nabla_{z} L = \operatorname{softmax}(z) - t""",
    ),
    (
        "hessian",
        "special.logsumexp(z)",
        "z=c",
        "z",
        ["∇²_z L = diag(p) − ppᵀ", "p = softmax(z)"],
        r"""\nabla^2_{z} L = \operatorname{diag}(p) - p p^{\top},\quad p = \operatorname{softmax}(z)""",
    ),
    (
        "hessian",
        "-np.sum(t*(z - np.log(np.sum(np.exp(z)))))",
        "z=c; t=c",
        "z",
        ["∇²_z L = (𝟏ᵀt)(diag(p) − ppᵀ)", "p = softmax(z)"],
        r"""\nabla^2_{z} L = (\mathbf{1}^{\top} t) (\operatorname{diag}(p) - p p^{\top}),\quad p = \operatorname{softmax}(z)""",
    ),
    (
        "gradient",
        "special.logsumexp(A @ x + b)",
        "A=m,n; x=n; b=m",
        "x",
        ["∇_x L = Aᵀ softmax(Ax + b)"],
        r"""\nabla_{x} L = A^{\top} \operatorname{softmax}(A x + b)""",
    ),
    (
        "hessian",
        "special.logsumexp(A @ x + b)",
        "A=m,n; x=n; b=m",
        "x",
        ["∇²_x L = Aᵀ(diag(p) − ppᵀ)A", "p = softmax(Ax + b)"],
        r"""\nabla^2_{x} L = A^{\top} (\operatorname{diag}(p) - p p^{\top}) A,\quad p = \operatorname{softmax}(A x + b)""",
    ),
    (
        "gradient",
        "-np.mean(np.sum(Y*np.log(special.softmax(X @ W, axis=1)), axis=1))",
        "X=n,d; W=d,c; Y=n,c:onehot",
        "W",
        ["∇_W L = −(1/n) Xᵀ(Y − softmax_rows(XW))"],
        r"""\nabla_{W} L = -\frac{1}{n} X^{\top} (Y - \operatorname{softmax}_{\mathrm{rows}}(X W))""",
    ),
    (
        "gradient",
        "-np.sum(((1-eps)*Y + eps/c)*special.log_softmax(X @ W, axis=1))",
        "X=n,d; W=d,c; Y=n,c:onehot; eps=",
        "W",
        ["∇_W L = Xᵀ(softmax_rows(XW) − (1 − ε)Y − (ε/c) 𝟏𝟏ᵀ)"],
        r"""\nabla_{W} L = X^{\top} \left(\operatorname{softmax}_{\mathrm{rows}}(X W) - (1 - \epsilon) Y - \frac{\epsilon}{c} \mathbf{1} \mathbf{1}^{\top}\right)""",
    ),
    (
        "hessian",
        "np.sum(special.logsumexp(X @ W, axis=1) - np.sum(Y*(X @ W), axis=1))",
        "X=n,d; W=d,c; Y=n,c:onehot",
        "W",
        ["(∇²_W L)[:,j,:,l] = Xᵀ diag(P[:, j] ⊙ (δⱼₗ 𝟏 − P[:, l])) X", "P = softmax_rows(XW)"],
        r"""\left(\nabla^2_{W} L\right)_{:j:l} = X^{\top} \operatorname{diag}(P_{:j} \odot (\delta_{jl} \mathbf{1} - P_{:l})) X,\quad P = \operatorname{softmax}_{\mathrm{rows}}(X W)""",
    ),
    (
        "gradient",
        "np.sum((special.softmax(Q @ K.T/np.sqrt(d), axis=1) @ V)**2)/2",
        "Q=n,d; K=m,d; V=m,k",
        "Q",
        [
            "∇_Q L = (1/√d)(P ⊙ (∂L/∂P) − diag((P ⊙ (∂L/∂P)) 𝟏) P) K",
            "P = softmax_rows((1/√d) QKᵀ)",
            "∂L/∂P = PVVᵀ",
        ],
        r"""\begin{aligned}
\nabla_{Q} L &= \frac{1}{\sqrt{d}} \left(P \odot \frac{\partial L}{\partial P} - \operatorname{diag}\left(\left(P \odot \frac{\partial L}{\partial P}\right) \mathbf{1}\right) P\right) K \\
P &= \operatorname{softmax}_{\mathrm{rows}}\left(\frac{1}{\sqrt{d}} Q K^{\top}\right) \\
\frac{\partial L}{\partial P} &= P V V^{\top}
\end{aligned}""",
    ),
    (
        "gradient",
        "np.sum((special.softmax(Q @ K.T/np.sqrt(d), axis=1) @ V)**2)/2",
        "Q=n,d; K=m,d; V=m,k",
        "K",
        [
            "∇_K L = (1/√d)(P ⊙ (∂L/∂P) − diag((P ⊙ (∂L/∂P)) 𝟏) P)ᵀ Q",
            "P = softmax_rows((1/√d) QKᵀ)",
            "∂L/∂P = PVVᵀ",
        ],
        r"""\begin{aligned}
\nabla_{K} L &= \frac{1}{\sqrt{d}} \left(P \odot \frac{\partial L}{\partial P} - \operatorname{diag}\left(\left(P \odot \frac{\partial L}{\partial P}\right) \mathbf{1}\right) P\right)^{\top} Q \\
P &= \operatorname{softmax}_{\mathrm{rows}}\left(\frac{1}{\sqrt{d}} Q K^{\top}\right) \\
\frac{\partial L}{\partial P} &= P V V^{\top}
\end{aligned}""",
    ),
    (
        "gradient",
        "np.sum((special.softmax(Q @ K.T/np.sqrt(d), axis=1) @ V)**2)/2",
        "Q=n,d; K=m,d; V=m,k",
        "V",
        ["∇_V L = PᵀPV", "P = softmax_rows((1/√d) QKᵀ)"],
        r"""\nabla_{V} L = P^{\top} P V,\quad P = \operatorname{softmax}_{\mathrm{rows}}\left(\frac{1}{\sqrt{d}} Q K^{\top}\right)""",
    ),
    (
        "gradient",
        "np.sum(np.log(np.exp(-(x[:, None] - mu)**2/2) @ pi))",
        "x=n; mu=k; pi=k:simplex",
        "mu",
        ["∇_μ L = (R ⊙ (x𝟏ᵀ − 𝟏μᵀ))ᵀ𝟏", "Rᵢⱼ = 𝛑ⱼ exp(−(1/2)(xᵢ − μⱼ)²)/(Σₚ 𝛑ₚ exp(−(1/2)(xᵢ − μₚ)²))"],
        r"""\nabla_{\mu} L = {(R \odot (x \mathbf{1}^{\top} - \mathbf{1} \mu^{\top}))}^{\top} \mathbf{1},\quad R_{ij} = \frac{\boldsymbol{\pi}_{j} \exp\left(-\frac{1}{2} (x_{i} - \mu_{j})^{2}\right)}{\sum_{p} \boldsymbol{\pi}_{p} \exp\left(-\frac{1}{2} (x_{i} - \mu_{p})^{2}\right)}""",
    ),
]
