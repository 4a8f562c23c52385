"""Networks with published gradients, and formulas for the tests that share no code with the package."""

from __future__ import annotations

import numpy as np

STEP = 1e-10

# IIT Bombay, GNR638, spring 2024, assignment 2: a report with one wrong entry. The printed blocks have hidden
# units in rows; here rows are inputs. Its weights are numpy.random.seed(0); rand(2, 2); rand(2, 1).
W1 = np.array([[0.5488135039273248, 0.7151893663724195], [0.6027633760716439, 0.5448831829968969]])
W2 = np.array([0.4236547993389047, 0.6458941130666561])
X = np.array([1.0, 1.0])
PRINTED_QUOTIENTS_W1 = np.array([[-0.01637912, -0.02355449], [-0.01637912, -0.02355449]])
PRINTED_QUOTIENTS_W2 = np.array([-0.16504242, -0.16504242])
PRINTED_BACKPROP_W1 = np.array([[-0.01638029, -0.02355442], [-0.01638029, -0.02355442]])
PRINTED_BACKPROP_W2 = np.array([-0.16096605, -0.16504206])
RIGHT_QUOTIENT_W2_0 = -0.16096569
PRINTED = 5e-9


class Sibling:
    """github.com/IITBProjects/GNR-638, Assignment2: biases, mean cross-entropy, x = [1, 1], target 0."""

    w1 = np.array([[0.7796910002727693, 0.596850157946487], [0.44583275285359114, 0.09997491581800289]])
    b1 = np.array([0.45924889196586716, 0.33370861113902184])
    w2 = np.array([[0.14286681792194078], [0.6508884729488529]])
    b2 = np.array([0.056411579027100256])
    db1 = np.array([0.012416813333871662, 0.08307470494107291])
    dw1 = np.array([db1, db1])  # x = [1, 1]
    dw2 = np.array([[0.5554729211595032], [0.48533144495771313]])
    db2 = np.array([0.6585057038369607])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss_of_w1(w1):
    return 1.0 - sigmoid(sigmoid(X @ w1) @ W2)


def loss_of_w2(w2):
    return 1.0 - sigmoid(sigmoid(X @ W1) @ w2)


def exact_gradients():
    """The chain rule by hand: δ = −p(1 − p), ∂L/∂W2_j = δ h_j, ∂L/∂W1_ij = x_i δ W2_j h_j (1 − h_j)."""
    h = sigmoid(X @ W1)
    p = sigmoid(h @ W2)
    delta = -p * (1 - p)
    return np.outer(X, delta * W2 * h * (1 - h)), delta * h


NAIVE = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "relu": lambda z: z * (np.real(z) > 0),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}
