"""A solution sheet with hand-made formulas, to judge how every kind of block looks."""

from symderive.solutions.document import (
    Code,
    Column,
    Conditions,
    Definition,
    Definitions,
    Display,
    Document,
    Emph,
    Heading,
    Math,
    Paragraph,
    Row,
    Section,
    Step,
    Steps,
    Table,
    Verdict,
    text,
)
from symderive.solutions.number_text import number

W1 = Math(r"W^{1}", "W¹")
W2 = Math(r"W^{2}", "W²")
EQUAL = Math("=", "=")
LONG = (
    r"-p\,(1-p)\; x^{\mathsf T}\Bigl( (W^{2})^{\mathsf T} \odot \sigma(x W^{1}) \odot"
    r" \bigl(1 - \sigma(x W^{1})\bigr) \Bigr)",
    r"+ \mathbf{0} \cdot h^{\mathsf T} h + \lambda \sum_{i=1}^{n}\sum_{j=1}^{h}"
    r" \bigl| W^{1}_{ij} \bigr|^2 \odot \mathbf{0}",
)


def m(latex: str, plain: str = "x = y", *lines: str) -> Math:
    return Math(latex, plain, lines)


STATEMENT = (
    Paragraph(
        text(
            "Check backpropagation against the analytic gradient for a network with two inputs, two hidden",
            " units and one output, for the single input ",
            m(r"x = [1, 1]"),
            ". Reported are the gradients of both weight matrices.",
        )
    ),
    Definitions(
        (
            Definition(m("h", "h"), m(r"\sigma(x W^{1})"), text("hidden units")),
            Definition(m("p", "p"), m(r"\sigma(h W^{2})"), text("output")),
            Definition(m("L", "L"), m(r"y - p"), text("loss, with ", m("y = 1"))),
            Definition(m(r"\sigma", "σ"), None, text("the logistic function")),
        )
    ),
)

STEPS = Steps(
    (
        Step(
            m(r"\delta^{2}"),
            EQUAL,
            m(r"\frac{\partial L}{\partial z^{2}} = -p\,(1-p)"),
            text("through ", m(r"p = \sigma(z^2)"), ", where ", m(r"\sigma' = \sigma(1-\sigma)")),
            "chain rule",
        ),
        Step(
            m(r"\nabla_{W^{2}} L"),
            EQUAL,
            m(r"h^{\mathsf T} \delta^{2}"),
            text("the adjoint of ", m("h"), " on the left"),
            "linear map",
        ),
        Step(
            m(r"\delta^{1}"),
            EQUAL,
            m(r"\bigl(\delta^{2} (W^{2})^{\mathsf T}\bigr) \odot h \odot (1 - h)"),
            text("back through the hidden sigmoids"),
            "chain rule",
        ),
        Step(
            m(r"\nabla_{W^{1}} L"),
            EQUAL,
            m(" ".join(LONG), "x", "& " + LONG[0], r"&\quad " + LONG[1]),
            text("a long line, which shows where its reason goes"),
            "linear map",
        ),
    )
)

NUMBERS = Table(
    (
        Column(text("entry")),
        Column(text("closed form"), "decimal"),
        Column(text("quotient"), "decimal"),
        Column(text("reported"), "decimal"),
        Column(text("noise"), "decimal"),
    ),
    (
        Row((text(m(r"W^{1}_{11}")), "-0.01638029", "-0.01637912", "-0.01637912", "1.1e-6"), "right"),
        Row((text(m(r"W^{1}_{12}")), "-0.02355442", "-0.02355449", "-0.02355449", "1.1e-6"), "right"),
        Row((text(m(r"W^{2}_{1}")), "-0.16096605", "-0.16096569", "-0.16504242", "1.1e-6"), "wrong"),
        Row((text(m(r"W^{2}_{2}")), "-0.16504206", "-0.16504242", "-0.16504242", "1.1e-6"), "right"),
        Row((text("at 10"), "12.5", "1,228,800", "−3", text("none")), "undecided"),
    ),
    text("Noise is that of a one-sided difference at ", m(r"\varepsilon = 10^{-10}"), "."),
)

WRONG = Verdict(
    "wrong",
    text(
        W2,
        "[0]: reported ",
        number("-0.16504242"),
        ", true ",
        number("-0.16096605"),
        ": off by 2.5 %, ",
        number(3670),
        " times the round-off of a one-sided difference. The reported value equals the quotient for ",
        W2,
        "[1]: one entry was probably written into both places.",
    ),
)

RESULT = Display(
    m(
        r"\nabla_{W^{2}} L = -p\,(1-p)\, h^{\mathsf T}, \qquad"
        r" \nabla_{W^{1}} L = x^{\mathsf T} \delta^{1}"
    ),
    boxed=True,
)


def network() -> Section:
    blocks = (
        Paragraph(text("The output layer comes first; it sends back to the hidden layer through ", W2, ".")),
        STEPS,
        RESULT,
        Conditions((text("every ", m(r"\sigma"), " is smooth, so the result holds everywhere"),)),
        Heading(text("Numbers")),
        NUMBERS,
        WRONG,
        Verdict("right", text("The other five entries agree within the noise of the difference quotient.")),
        Verdict("note", text("At ", m("x = [1,1]"), " the same mistake in ", W1, " would be invisible.")),
    )
    return Section(text("Gradients of a small network, two ways"), STATEMENT, blocks, "Question 1")


def convolution() -> Section:
    cost = r"k^2 \cdot C_{\mathrm{in}} \cdot H' \cdot W' \cdot C_{\mathrm{out}}"
    normal = m(cost + r" = 5^2\cdot 3\cdot 8\cdot 8\cdot 256 = 1{,}228{,}800")
    depthwise = m(r"k^2 \cdot C_{\mathrm{in}} \cdot H' \cdot W' = 4{,}800")
    blocks = (
        Steps(
            (
                Step(m(r"\text{normal}"), EQUAL, normal),
                Step(m(r"\text{depthwise}"), EQUAL, depthwise, text("one filter a channel")),
            )
        ),
        Conditions((text("bias is not counted"), text("zero padding: none"))),
        Code("python", "def f(x):\n    return f'{x}' + \"`_`\"  # " + "long " * 30),
        Verdict(
            "undecided",
            text("One copy prints ", number("1,28,800"), ", which lost a ", Emph("digit", strong=True), "."),
        ),
    )
    return Section(text("Multiplications of a convolution: 12×12×3 → 8×8×256"), (), blocks, "Question 2")


def demonstration() -> Document:
    return Document(
        text("Assignment 2: 50% & $x_1$ — θᵀx"),
        text("Zoë Çelik, Đỗ Nguyễn"),
        text("GNR638, IIT Bombay"),
        text("February 2024"),
        (network(), convolution()),
    )
