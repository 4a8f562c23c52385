"""Forward and backward passes as anybody would write them with loops, counting the products of contractions.

They know nothing of equations or extents. Products with padding are in `products`, and not in `valid`.
"""

import itertools

import numpy as np


class Tally:
    """Counts products one by one."""

    def __init__(self):
        self.products = self.valid = 0

    def __call__(self, left, right, is_valid=True):
        self.products += 1
        self.valid += is_valid
        return left * right


def taps(x, weight, stride, padding, dilation, groups):
    """All products of a convolution: the places of output, input and weight, and whether there is input."""
    c_out, per_group, k_h, k_w = weight.shape
    _, height, width = x.shape
    rows = len(range(-padding, height + padding - dilation * (k_h - 1), stride))
    columns = len(range(-padding, width + padding - dilation * (k_w - 1), stride))
    for o, i, j in itertools.product(range(c_out), range(rows), range(columns)):
        group = o // (c_out // groups)
        for c, u, v in itertools.product(range(per_group), range(k_h), range(k_w)):
            row, column = i * stride - padding + u * dilation, j * stride - padding + v * dilation
            is_valid = 0 <= row < height and 0 <= column < width
            yield (o, i, j), (group * per_group + c, row, column), (o, c, u, v), is_valid


def convolution_backward(x, weight, above, *options):
    """The gradients by input and weight, each with the tally of its products."""
    by_x, by_weight = np.zeros_like(x), np.zeros_like(weight)
    tallies = {"x": Tally(), "weight": Tally()}
    for out, read, tap, is_valid in taps(x, weight, *options):
        to_x = tallies["x"](above[out], weight[tap], is_valid)
        to_weight = tallies["weight"](above[out], x[read] if is_valid else 0.0, is_valid)
        if is_valid:
            by_x[read] += to_x
        by_weight[tap] += to_weight
    return {"x": by_x, "weight": by_weight}, tallies


def transposed_taps(x, weight, shape, stride, padding, dilation, groups):
    """All products of a transposed convolution: where they land, input, weight, and whether that is there."""
    c_in, per_group, k_h, k_w = weight.shape
    for c, i, j in np.ndindex(x.shape):
        group = c // (c_in // groups)
        for o, u, v in itertools.product(range(per_group), range(k_h), range(k_w)):
            row, column = i * stride - padding + u * dilation, j * stride - padding + v * dilation
            is_valid = 0 <= row < shape[1] and 0 <= column < shape[2]
            yield (group * per_group + o, row, column), (c, i, j), (c, o, u, v), is_valid


def transposed_backward(x, weight, above, *options):
    """The gradients by input and weight, each with the tally of its products."""
    by_x, by_weight = np.zeros_like(x), np.zeros_like(weight)
    tallies = {"x": Tally(), "weight": Tally()}
    for out, read, tap, is_valid in transposed_taps(x, weight, above.shape, *options):
        there = above[out] if is_valid else 0.0
        by_x[read] += tallies["x"](there, weight[tap], is_valid)
        by_weight[tap] += tallies["weight"](there, x[read], is_valid)
    return {"x": by_x, "weight": by_weight}, tallies


def product(tally, left, right):
    """A matrix product with three loops."""
    made = np.zeros((left.shape[0], right.shape[1]))
    for i, j, p in itertools.product(*map(range, (*made.shape, left.shape[1]))):
        made[i, j] += tally(left[i, p], right[p, j])
    return made


def attention_backward(arrays, above):
    """One head: the gradients by queries, keys and values, and the tally of all products."""
    q, k, v = (arrays[name][0] for name in "qkv")
    tally, above, scale = Tally(), above[0], np.sqrt(q.shape[1])
    raised = np.exp(q @ k.T / scale)
    weights = raised / raised.sum(axis=1, keepdims=True)
    by_v = product(tally, weights.T, above)
    by_weights = product(tally, above, v.T)
    by_scores = weights * (by_weights - (weights * by_weights).sum(axis=1, keepdims=True)) / scale
    by_q, by_k = product(tally, by_scores, k), product(tally, by_scores.T, q)
    return {name: one[None] for name, one in (("q", by_q), ("k", by_k), ("v", by_v))}, tally


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_backward(arrays, above):
    """Backpropagation through time: the gradients by input and weights, and the tally of all products."""
    x, w_ih, w_hh = arrays["x"], arrays["w_ih"], arrays["w_hh"]
    steps, size = len(x), w_hh.shape[2]
    h, c, seen = arrays["h_start"], arrays["c_start"], []
    for t in range(steps):
        z = w_ih @ x[t] + w_hh @ h + arrays["b_ih"] + arrays["b_hh"]
        i, f, g, o = sigmoid(z[0]), sigmoid(z[1]), np.tanh(z[2]), sigmoid(z[3])
        seen.append((h, c, i, f, g, o))
        c = f * c + i * g
        h = o * np.tanh(c)
        seen[-1] += (c,)
    tally, found = Tally(), {name: np.zeros_like(arrays[name]) for name in ("x", "w_ih", "w_hh")}
    by_h, by_c = np.zeros(size), np.zeros(size)
    for t in reversed(range(steps)):
        before, c_before, i, f, g, o, c = seen[t]
        by_h = by_h + above[t]
        by_c = by_c + by_h * o * (1 - np.tanh(c) ** 2)
        by_gates = (
            by_c * g * i * (1 - i), by_c * c_before * f * (1 - f), by_c * i * (1 - g**2),
            by_h * np.tanh(c) * o * (1 - o),
        )  # fmt: skip
        by_h, by_c = np.zeros(size), by_c * f
        for q, k in np.ndindex(4, size):
            for m in range(x.shape[1]):
                found["w_ih"][q, k, m] += tally(by_gates[q][k], x[t, m])
                found["x"][t, m] += tally(by_gates[q][k], w_ih[q, k, m])
            for j in range(size):
                found["w_hh"][q, k, j] += tally(by_gates[q][k], before[j])
                by_h[j] += tally(by_gates[q][k], w_hh[q, k, j])
    return found, tally
