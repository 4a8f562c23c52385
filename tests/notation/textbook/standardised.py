# ruff: noqa: E501 -- one formula a line
"""Means, variances and what normalisation layers compute."""

FORMULAS = [
    (
        "gradient",
        "v @ (g*(x - x.mean())/np.sqrt(np.var(x) + eps) + b)",
        "x=d; g=d; b=d; v=d; eps=:positive",
        "x",
        [
            "∇_x L = (1/s)(g ⊙ v − ((1/d)(Σᵢ gᵢ vᵢ x̂ᵢ)) x̂ − (1/d)(gᵀv) 𝟏)",
            "r = x − (1/d)(𝟏ᵀx) 𝟏",
            "s = √((1/d) ‖r‖² + ε)",
            "x̂ = (1/s) r",
        ],
        r"""\begin{aligned}
\nabla_{x} L &= \frac{1}{s} \left(g \odot v - \left(\frac{1}{d} \left(\sum_{i} g_{i} v_{i} \hat{x}_{i}\right)\right) \hat{x} - \frac{1}{d} (g^{\top} v) \mathbf{1}\right) \\
r &= x - \frac{1}{d} (\mathbf{1}^{\top} x) \mathbf{1} \\
s &= \sqrt{\frac{1}{d} \lVert r\rVert_{2}^{2} + \epsilon} \\
\hat{x} &= \frac{1}{s} r
\end{aligned}""",
    ),
    (
        "gradient",
        "v @ (g*x/np.sqrt((x**2).mean() + eps))",
        "x=d; g=d; v=d; eps=:positive",
        "x",
        ["∇_x L = (1/s)(g ⊙ v − ((1/d)(Σᵢ gᵢ vᵢ x̂ᵢ)) x̂)", "s = √((1/d) ‖x‖² + ε)", "x̂ = (1/s) x"],
        r"""\begin{aligned}
\nabla_{x} L &= \frac{1}{s} \left(g \odot v - \left(\frac{1}{d} \left(\sum_{i} g_{i} v_{i} \hat{x}_{i}\right)\right) \hat{x}\right) \\
s &= \sqrt{\frac{1}{d} \lVert x\rVert_{2}^{2} + \epsilon} \\
\hat{x} &= \frac{1}{s} x
\end{aligned}""",
    ),
    (
        "gradient",
        "np.sum(V*(X - X.mean(axis=0))/np.sqrt(np.var(X, axis=0) + eps))",
        "X=n,d; V=n,d; eps=:positive",
        "X",
        [
            "∇_X L = (V − (1/n) X̂ diag((V ⊙ X̂)ᵀ𝟏) − (1/n) 𝟏𝟏ᵀV) diag(1 ⊘ s)",
            "R = X − (1/n) 𝟏𝟏ᵀX",
            "s = √((1/n)(R^⊙2)ᵀ𝟏 + ε𝟏)",
            "X̂ = R diag(1 ⊘ s)",
        ],
        r"""\begin{aligned}
\nabla_{X} L &= \left(V - \frac{1}{n} \hat{X} \operatorname{diag}((V \odot \hat{X})^{\top} \mathbf{1}) - \frac{1}{n} \mathbf{1} \mathbf{1}^{\top} V\right) \operatorname{diag}(1 \oslash s) \\
R &= X - \frac{1}{n} \mathbf{1} \mathbf{1}^{\top} X \\
s &= \sqrt{\frac{1}{n} {(R^{\odot 2})}^{\top} \mathbf{1} + \epsilon \mathbf{1}} \\
\hat{X} &= R \operatorname{diag}(1 \oslash s)
\end{aligned}""",
    ),
    (
        "gradient",
        "np.std(x)",
        "x=n",
        "x",
        ["∇_x L = (1/(√n ‖r‖)) r", "r = x − (1/n)(𝟏ᵀx) 𝟏"],
        r"""\nabla_{x} L = \frac{1}{\sqrt{n} \lVert r\rVert_{2}} r,\quad r = x - \frac{1}{n} (\mathbf{1}^{\top} x) \mathbf{1}""",
    ),
    (
        "hessian",
        "np.var(x)",
        "x=n",
        "x",
        ["∇²_x L = (2/n)(I − (1/n) 𝟏𝟏ᵀ)"],
        r"""\nabla^2_{x} L = \frac{2}{n} \left(I - \frac{1}{n} \mathbf{1} \mathbf{1}^{\top}\right)""",
    ),
]
