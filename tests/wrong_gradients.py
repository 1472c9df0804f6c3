"""Backward passes as students write them: wrong ones, each with the cause that it should get, and right ones.

A row: the operation, the mistake, the cause's name, a forward and a backward pass, the arrays to try them on.
The rows of HELD_OUT were written before the diagnosis was, and nothing in it was changed for their sake.
"""
from typing import NamedTuple

import numpy as np

_rng = np.random.default_rng(11)
CALLS = {"dropout": 0}                          # what a student leaves lying about between two calls
CACHE = {}


class Case(NamedTuple):
    op: str
    mistake: str
    cause: str
    forward: object
    backward: object
    arrays: tuple


def normal(*shape):
    return _rng.standard_normal(shape)


def positive(*shape):
    return _rng.uniform(0.5, 2.0, shape)


# --- operations in plain NumPy ------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x):
    return np.log(softmax(x))


def dense(x, w, b):
    return x @ w + b


def standardise(x, axis=0):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + 1e-5)


def standardise_back(g, x, axis=0, mean_path=1, var_path=1):
    h, s = standardise(x, axis), np.sqrt(x.var(axis, keepdims=True) + 1e-5)
    return (g - mean_path * g.mean(axis, keepdims=True) - var_path * h * (g * h).mean(axis,
                                                                                      keepdims=True)) / s


def cross_entropy(s, labels):
    return -log_softmax(s)[np.arange(len(s)), labels].mean()


def cross_entropy_back(g, s, labels):
    d = softmax(s)
    d[np.arange(len(s)), labels] -= 1
    return g * d / len(s)


def max_pool(x, size=3, stride=2):
    return np.stack([x[:, i:i + size].max(1) for i in range(0, x.shape[1] - size + 1, stride)], 1)


def max_pool_back(g, x, size=3, stride=2, add=True):
    d = np.zeros_like(x)
    for n in range(len(x)):
        for j in range(g.shape[1]):
            i = j * stride + x[n, j * stride:j * stride + size].argmax()
            d[n, i] = g[n, j] + (d[n, i] if add else 0)
    return d


def avg_pool(x, size=3):
    return np.stack([x[:, i:i + size].mean(1) for i in range(x.shape[1] - size + 1)], 1)


def conv1d(x, w):
    """x (N, C, T), w (O, C, K) → (N, O, T − K + 1)."""
    k = w.shape[2]
    return np.stack([np.einsum("nck,ock->no", x[:, :, t:t + k], w) for t in range(x.shape[2] - k + 1)], 2)


def conv1d_back(g, x, w, add=True, flip=False, last=None):
    dx, dw, k = np.zeros_like(x), np.zeros_like(w), w.shape[2]
    for t in range(g.shape[2] if last is None else last):
        part = np.einsum("no,ock->nck", g[:, :, t], w[:, :, ::-1] if flip else w)
        dx[:, :, t:t + k] = part + (dx[:, :, t:t + k] if add else 0)
        dw += np.einsum("no,nck->ock", g[:, :, t], x[:, :, t:t + k])
    return dx, dw


def strided_conv(x, w, stride=2):
    """x (N, T), w (K,) → (N, ⌊(T − K)/stride⌋ + 1)."""
    return np.stack([x[:, t:t + len(w)] @ w for t in range(0, x.shape[1] - len(w) + 1, stride)], 1)


def strided_conv_back(g, x, w, stride=2):
    """As many columns as the windows cover, and no more."""
    dx = np.zeros((len(x), (g.shape[1] - 1) * stride + len(w)))
    dw = np.zeros_like(w)
    for j in range(g.shape[1]):
        t = j * stride
        dx[:, t:t + len(w)] += g[:, j:j + 1] * w
        dw += g[:, j] @ x[:, t:t + len(w)]
    return dx, dw


def rnn(x, u, w):
    h, states = np.zeros((len(x), len(w))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ u + h @ w)
        states.append(h)
    return np.stack(states, 1)


def rnn_back(g, x, u, w, add=True, through_time=True, turned=False):
    h = rnn(x, u, w)
    dx, du, dw, later = np.zeros_like(x), np.zeros_like(u), np.zeros_like(w), 0
    for t in reversed(range(x.shape[1])):
        d = (g[:, t] + later) * (1 - h[:, t] ** 2)
        before = h[:, t - 1] if t else np.zeros_like(h[:, 0])
        dx[:, t] = d @ u.T
        du = x[:, t].T @ d + (du if add else 0)
        dw = before.T @ d + dw
        later = d @ (w if turned else w.T) if through_time else 0
    return dx, du, dw


def sample(mean, log_var, noise):
    return mean + np.exp(0.5 * log_var) * noise


def gaussian_kl(mean, log_var):
    return -0.5 * np.sum(1 + log_var - mean ** 2 - np.exp(log_var)) / len(mean)


def unit_rows(x):
    return x / np.sqrt((x * x).sum(1, keepdims=True))


def mse(x, t):
    return ((x - t) ** 2).mean()


def two_layers(x, w1, w2):
    return relu(x @ w1) @ w2


def two_layers_back(g, x, w1, w2):
    h = x @ w1
    d = g @ w2.T                                # and the mask?
    return d @ w1.T, x.T @ d, relu(h).T @ g


NOISE = normal(5, 3)
MASK = (_rng.random((5, 7)) > 0.4) / 0.6
OTHER_MASK = (_rng.random((5, 7)) > 0.4) / 0.6
SQUARE = normal(5, 5)
ORDER = np.array([2, 0, 4, 1, 3])
LABELS = np.array([2, 0, 1, 1, 2])
WORDS = np.array([3, 1, 3, 6, 1])

HELD_OUT = [
    Case("dense", "the bias is not summed over the batch", "missing-batch-sum",
         dense, lambda g, x, w, b: (g @ w.T, x.T @ g, g), (normal(5, 3), normal(3, 7), normal(7))),
    Case("dense", "the factors of the outer product swapped", "transposed",
         dense, lambda g, x, w, b: (g @ w.T, g.T @ x, g.sum(0)), (normal(5, 3), normal(3, 7), normal(7))),
    Case("mse", "divided by N once more", "extra-1/N",
         mse, lambda g, x, t: (g * 2 * (x - t) / x.size / len(x), -g * 2 * (x - t) / x.size / len(x)),
         (normal(5, 7), normal(5, 7))),
    Case("gate", "each input's own values instead of the other's", "gradients-swapped",
         lambda z, h: z * h, lambda g, z, h: (g * z, g * h), (normal(5, 3), normal(5, 3))),
    Case("layer norm", "the variance is held constant", "variance-path-missing",
         lambda x: standardise(x, 1), lambda g, x: standardise_back(g, x, 1, var_path=0), (normal(3, 7),)),
    Case("instance norm", "the mean is held constant", "mean-path-missing",
         lambda x: standardise(x, (2, 3)), lambda g, x: standardise_back(g, x, (2, 3), mean_path=0),
         (normal(2, 3, 5, 2),)),
    Case("two layers", "the hidden relu is not masked", "mask-missing",
         two_layers, two_layers_back, (normal(5, 3), normal(3, 7), normal(7, 2))),
    Case("average pool", "= where windows overlap", "contributions-lost", avg_pool,
         lambda g, x: _avg_pool_overwrites(g, x),
         (normal(3, 7),)),
    Case("embedding", "= where an index repeats", "contributions-lost",
         lambda table: table[WORDS], lambda g, table: _embedding_overwrites(g, table), (normal(7, 3),)),
    Case("sigmoid", "y(1 + y)", "wrong-local-derivative",
         sigmoid, lambda g, x: g * sigmoid(x) * (1 + sigmoid(x)), (normal(5, 3),)),
    Case("attention", "the sum over the queries instead of the keys", "wrong-axis",
         softmax, lambda g, s: softmax(s) * (g - (g * softmax(s)).sum(-2, keepdims=True)),
         (normal(2, 5, 3),)),
    Case("vae sample", "exp(log σ²) for σ", "variance-for-deviation",
         lambda m, v: sample(m, v, NOISE), lambda g, m, v: (g, g * NOISE * 0.5 * np.exp(v)),
         (normal(5, 3), normal(5, 3))),
    Case("gaussian kl", "the minus in front forgotten", "sign",
         gaussian_kl, lambda g, m, v: (g * m / len(m), g * 0.5 * (1 - np.exp(v)) / len(m)),
         (normal(5, 3), normal(5, 3))),
    Case("transpose", "the same permutation backwards", "inverse-permutation",
         lambda x: x.transpose(0, 2, 3, 1), lambda g, x: g.transpose(0, 2, 3, 1), (normal(2, 3, 5, 7),)),
    Case("conv1d", "the kernel is turned round", "kernel-flipped",
         conv1d, lambda g, x, w: conv1d_back(g, x, w, flip=True), (normal(2, 3, 7), normal(5, 3, 3))),
    Case("unit rows", "the norm is held constant", "norm-path-missing",
         unit_rows, lambda g, x: g / np.sqrt((x * x).sum(1, keepdims=True)), (normal(5, 3),)),
    Case("residual block", "the skip connection is forgotten", "branch-lost",
         lambda x: x + relu(x @ SQUARE), lambda g, x: (g * (x @ SQUARE > 0)) @ SQUARE.T, (normal(3, 5),)),
    Case("cross-entropy", "not divided by N", "missing-1/N",
         cross_entropy, lambda g, s, labels: cross_entropy_back(g, s, labels) * len(s),
         (normal(5, 3), LABELS)),
]


def _avg_pool_overwrites(g, x, size=3):
    d = np.zeros_like(x)
    for i in range(g.shape[1]):
        d[:, i:i + size] = g[:, i:i + 1] / size
    return d


def _embedding_overwrites(g, table):
    d = np.zeros_like(table)
    d[WORDS] = g
    return d


# --- held out, too: ordinary mistakes, written once the diagnosis was there, before it was tried on them ----


def attend(q, k, v):
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def attend_back(g, q, k, v, scaled=True, turned=False):
    p = softmax(q @ k.T / np.sqrt(q.shape[1]))
    d = g @ v.T
    d = p * (d - (d * p).sum(1, keepdims=True)) / (np.sqrt(q.shape[1]) if scaled else 1)
    return d @ k, d.T @ q, (p if turned else p.T) @ g


def tied(x, w):
    return np.tanh(x @ w) @ w.T


def tied_back(g, x, w):
    h = np.tanh(x @ w)
    d = (g @ w) * (1 - h ** 2)
    return d @ w.T, (h.T @ g).T                 # and the encoder's use?


def last_state(x, u, w):
    return rnn(x, u, w)[:, -1]


def last_state_back(g, x, u, w):
    every = np.zeros((len(x), x.shape[1], len(w)))
    every[:, -1] = g
    return rnn_back(every, x, u, w, add=False)


def prelu(x, slope):
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


HELD_OUT_LATER = [
    Case("mse", "the features' 1/D, too", "extra-1/N",
         lambda x: ((x - 1) ** 2).sum(1).mean(), lambda g, x: g * 2 * (x - 1) / x.size, (normal(5, 7),)),
    Case("bce with logits", "the sigmoid's slope once more", "extra-elementwise-factor",
         lambda s: (np.log1p(np.exp(s)) - 0.3 * s).mean(),
         lambda g, s: g * (sigmoid(s) - 0.3) * sigmoid(s) * (1 - sigmoid(s)) / s.size, (normal(5, 3),)),
    Case("attention", "without the 1/√d", "constant-factor",
         attend, lambda g, q, k, v: attend_back(g, q, k, v, scaled=False),
         (normal(5, 7), normal(3, 7), normal(3, 2))),
    Case("attention", "the weights not transposed", "transposed",
         attend, lambda g, q, k, v: attend_back(g, q, k, v, turned=True),
         (normal(5, 7), normal(5, 7), normal(5, 2))),
    Case("tied autoencoder", "the decoder's use only", "branch-lost", tied, tied_back,
         (normal(5, 7), normal(7, 3))),
    Case("rnn", "= where time steps share the weights, and only the last state counts", "contributions-lost",
         last_state, last_state_back, (normal(2, 5, 3), normal(3, 2), normal(2, 2))),
    Case("cumsum", "summed in the same direction", "transposed",
         lambda x: np.cumsum(x, 1), lambda g, x: np.cumsum(g, 1), (normal(3, 5),)),
    Case("difference", "only one of the two terms", "contributions-lost",
         lambda x: np.diff(x), lambda g, x: np.pad(g, ((0, 0), (1, 0))), (normal(3, 7),)),
    Case("upsampling", "one of the copies", "contributions-lost",
         lambda x: np.repeat(x, 2, 1), lambda g, x: g[:, ::2], (normal(3, 5),)),
    Case("average pool", "not divided", "missing-1/N",
         lambda x: x.reshape(2, 3, 3).mean(2), lambda g, x: np.repeat(g, 3, 1), (normal(2, 9),)),
    Case("variance", "not divided", "missing-1/N",
         lambda x: x.var(0), lambda g, x: g * 2 * (x - x.mean(0)), (normal(5, 3),)),
    Case("deviation", "not divided by σ", "row-factor",
         lambda x: x.std(0), lambda g, x: g * (x - x.mean(0)) / len(x), (normal(5, 3),)),
    Case("dense", "the weights not transposed", "backward-raised",
         dense, lambda g, x, w, b: (g @ w, x.T @ g, g.sum(0)), (normal(5, 3), normal(3, 7), normal(7))),
    Case("prelu", "the slope's gradient not summed", "missing-batch-sum",
         prelu, lambda g, x, s: (g * np.where(x > 0, 1, s), g * np.minimum(x, 0)),
         (normal(5, 3), np.array(0.2))),
    Case("outer sum", "summed over the other axis", "wrong-shape",
         lambda x, y: x + y, lambda g, x, y: (g.sum(0, keepdims=True), g.sum(0)), (normal(5, 1), normal(3))),
    Case("dropout", "not divided by the share that is kept", "constant-factor",
         lambda x: x * MASK, lambda g, x: g * (MASK > 0), (normal(5, 7),)),
    Case("hinge loss", "no mask", "mask-missing",
         lambda s: np.maximum(0, 1 - s).sum(), lambda g, s: -g * np.ones_like(s), (normal(5, 3),)),
    Case("logsumexp", "not normalised", "row-factor",
         lambda x: np.log(np.exp(x).sum(1)), lambda g, x: g[:, None] * np.exp(x), (normal(5, 3),)),
    Case("lstm cell", "the forget gate forgotten", "passed-through",
         lambda c, f, u: c * f + u, lambda g, c, f, u: (g, g * c, g),
         (normal(5, 3), normal(5, 3), normal(5, 3))),
    Case("image bias", "not summed over the columns", "missing-broadcast-sum",
         lambda b: np.zeros((2, 3, 5, 7)) + b[:, None, None], lambda g, b: g.sum((0, 2)), (normal(3),)),
]


# --- the seeded set -----------------------------------------------------------------------------------------


def _conv2d(x, w):
    """x (N, H, W) with one filter w (KH, KW) → (N, OH, OW)."""
    kh, kw = w.shape
    return sum(w[i, j] * x[:, i:i + x.shape[1] - kh + 1, j:j + x.shape[2] - kw + 1] for i in range(kh)
               for j in range(kw))


def _conv2d_back(g, x, w, add=True, rows=None):
    d, (kh, kw) = np.zeros_like(x), w.shape
    for i in range(g.shape[1] if rows is None else rows):
        for j in range(g.shape[2]):
            d[:, i:i + kh, j:j + kw] = g[:, i, j, None, None] * w + (d[:, i:i + kh, j:j + kw] if add else 0)
    dw = np.array([[(g * x[:, i:i + g.shape[1], j:j + g.shape[2]]).sum() for j in range(kw)]
                   for i in range(kh)])
    return d, dw


def _padded_conv(x, w):
    return _conv2d(np.pad(x, ((0, 0), (1, 1), (1, 1))), w)


def _padded_conv_back(g, x, w):
    return _conv2d_back(g, np.pad(x, ((0, 0), (1, 1), (1, 1))), w)


def _drop_seeded(x):
    return x * (np.random.default_rng(3).random(x.shape) > 0.4) / 0.6


def _drop_unseeded(x):
    CALLS["dropout"] += 1
    return x * (np.random.default_rng(CALLS["dropout"]).random(x.shape) > 0.4) / 0.6


def _drop_again(g, x):
    CALLS["dropout"] += 1
    return g * (np.random.default_rng(CALLS["dropout"]).random(x.shape) > 0.4) / 0.6


def _sigmoid_caching_once(x):
    CACHE.setdefault("y", sigmoid(x))
    return sigmoid(x)


def _adding_up(g, x):
    CACHE["total"] = CACHE.get("total", 0) + g * 2 * x
    return CACHE["total"]


def _halve_in_place(g, x):
    g *= 0.5
    return g


def _relu_in_place(x):
    x[x < 0] = 0
    return x.copy()


def _max_back_everywhere(g, x):
    return np.repeat(g[:, None], x.shape[1], 1)


def _shared_over_time(g, x, w):
    """The same w at every step of x (N, T, I)."""
    for t in range(x.shape[1]):
        dw = x[:, t].T @ g[:, t]
    return g @ w.T, dw


def _ridge(w, x, y):
    return ((x @ w - y) ** 2).sum() + 0.1 * (w ** 2).sum()


def _margins(s):
    return s - s[np.arange(len(s)), LABELS][:, None] + 1


def _hinge(s):
    return (np.maximum(_margins(s), 0) * (np.arange(4) != LABELS[:, None])).sum()


def _lasso(w, x, y):
    return ((x @ w - y) ** 2).sum() + 0.1 * np.abs(w).sum()


def _sum_rows(g, x):
    return np.broadcast_to(g, x.shape)          # x is square, so that nothing complains


def _clip_back(g, x):
    return g * (x < 1)                          # and below −1?


WRONG = [
    Case("square", "an array like the labels", "cast", lambda x: ((x - LABELS) ** 2).sum(),
         lambda g, x: (2 * g * (x - LABELS)).astype(LABELS.dtype), (30 * normal(5),)),
    Case("sigmoid", "a complex array", "cast", sigmoid, lambda g, x: 1j * g, (normal(5, 3),)),
    Case("sigmoid", "float16", "low-precision", sigmoid,
         lambda g, x: (g * sigmoid(x) * (1 - sigmoid(x))).astype(np.float16), (normal(5, 3),)),
    Case("sigmoid", "a key that is not there", "backward-raised", sigmoid, lambda g, x: {}["y"] * g,
         (normal(5, 3),)),
    Case("inverse", "of a singular matrix", "backward-raised", np.linalg.inv,
         lambda g, x: np.linalg.inv(0 * x), (normal(3, 3) + 3 * np.eye(3),)),
    Case("bias", "the mean over the batch", "extra-1/N",
         lambda x, b: x + b, lambda g, x, b: (g, g.mean(0)), (normal(5, 3), normal(3))),
    Case("bias", "summed over the features", "wrong-axis",
         lambda b: np.zeros((5, 5)) + b, lambda g, b: g.sum(1), (normal(5),)),
    Case("column scale", "not summed over the broadcast axis", "missing-broadcast-sum",
         lambda s, x: s * x, lambda g, s, x: (g * x, g * s), (normal(5, 1), normal(5, 3))),
    Case("scalar scale", "not summed at all", "missing-batch-sum",
         lambda x, s: x * s, lambda g, x, s: (g * s, g * x), (normal(5, 3), normal())),
    Case("row scale", "only the first example", "contributions-lost",
         lambda s, x: s * x, lambda g, s, x: ((g * x)[0], g * s), (normal(3), normal(5, 3))),
    Case("matmul", "the weights not transposed, and square", "transposed",
         lambda x, w: x @ w, lambda g, x, w: (g @ w, x.T @ g), (normal(3, 5), normal(5, 5))),
    Case("matmul", "a square outer product the other way round", "transposed",
         lambda x, w: x @ w, lambda g, x, w: (g @ w.T, g.T @ x), (normal(3, 5), normal(5, 5))),
    Case("matmul", "x instead of x.T, and square", "transposed",
         lambda x, w: x @ w, lambda g, x, w: (g @ w.T, x @ g), (normal(5, 5), normal(5, 3))),
    Case("matmul", "* for @", "elementwise-for-matmul",
         lambda x, w: x @ w, lambda g, x, w: (g * w, x * g), (normal(5, 5), normal(5, 5))),
    Case("matmul", "the two gradients in the wrong order", "gradients-swapped",
         lambda x, w: x @ w, lambda g, x, w: (x.T @ g, g @ w.T), (normal(3, 5), normal(5, 7))),
    Case("matmul", "the output where g belongs", "output-for-gradient",
         lambda x, w: x @ w, lambda g, x, w: ((x @ w) @ w.T, x.T @ (x @ w)), (normal(3, 5), normal(5, 7))),
    Case("matvec", ".T of a vector turns nothing", "vector-transpose",
         lambda w, x: w @ x, lambda g, w, x: (g @ x.T, w.T @ g), (normal(5, 5), normal(5))),
    Case("matvec", "* for an outer product", "vector-transpose",
         lambda w, x: w @ x, lambda g, w, x: (g * x, w.T @ g), (normal(5, 5), normal(5))),
    Case("matvec", "the weights not transposed", "transposed",
         lambda w, x: w @ x, lambda g, w, x: (np.outer(g, x), w @ g), (normal(5, 5), normal(5))),
    Case("einsum", "the letters of the first factor in the wrong order", "transposed",
         lambda a, b: np.einsum("nij,njk->nik", a, b),
         lambda g, a, b: (np.einsum("nik,njk->nji", g, b), np.einsum("nij,nik->njk", a, g)),
         (normal(2, 3, 5), normal(2, 5, 7))),
    Case("subtract", "the minus of the second input", "sign",
         lambda x, y: x - y, lambda g, x, y: (g, g), (normal(5, 3), normal(5, 3))),
    Case("divide", "the minus of −x/y²", "sign",
         lambda x, y: x / y, lambda g, x, y: (g / y, g * x / y ** 2), (normal(5, 3), positive(5, 3))),
    Case("multiply", "the other factor forgotten", "passed-through",
         lambda x, y: x * y, lambda g, x, y: (g, g * x), (normal(5, 3), normal(5, 3))),
    Case("multiply", "itself instead of the other factor", "wrong-local-derivative",
         lambda x, y: x * y, lambda g, x, y: (g * x, g * x), (normal(5, 3), normal(5, 3))),
    Case("square", "g forgotten", "cotangent-ignored",
         lambda x: x ** 2, lambda g, x: 2 * x, (normal(5, 3),)),
    Case("square", "one use of two", "stray-factor",
         lambda x: x * x, lambda g, x: g * x, (normal(5, 3),)),
    Case("square", "added to last time's", "accumulates",
         lambda x: x ** 2, _adding_up, (normal(5, 3),)),
    Case("cube", "the exponent not lowered", "extra-elementwise-factor",
         lambda x: x ** 3, lambda g, x: g * 3 * x ** 3, (normal(5, 3),)),
    Case("sigmoid", "x for y", "x-for-y",
         sigmoid, lambda g, x: g * x * (1 - x), (normal(5, 3),)),
    Case("sigmoid", "y alone", "wrong-local-derivative",
         sigmoid, lambda g, x: g * sigmoid(x), (normal(5, 3),)),
    Case("sigmoid", "the first batch's y kept", "stale-cache",
         _sigmoid_caching_once, lambda g, x: g * CACHE["y"] * (1 - CACHE["y"]), (normal(5, 3),)),
    Case("sigmoid layer", "the slope of the sigmoid forgotten", "local-derivative-forgotten",
         lambda x, w: sigmoid(x @ w), lambda g, x, w: (g @ w.T, x.T @ g), (normal(5, 3), normal(3, 7))),
    Case("tanh", "x for y", "x-for-y",
         np.tanh, lambda g, x: g * (1 - x ** 2), (normal(5, 3),)),
    Case("tanh", "the square forgotten", "wrong-local-derivative",
         np.tanh, lambda g, x: g * (1 - np.tanh(x)), (normal(5, 3),)),
    Case("tanh", "all zeros", "zeros",
         np.tanh, lambda g, x: np.zeros_like(x), (normal(5, 3),)),
    Case("exp", "x for y", "x-for-y",
         np.exp, lambda g, x: g * x, (normal(5, 3),)),
    Case("log", "x for 1/x", "wrong-local-derivative",
         np.log, lambda g, x: g * x, (positive(5, 3),)),
    Case("log", "1/y", "x-for-y",
         np.log, lambda g, x: g / np.log(x), (positive(5, 3) + 2,)),
    Case("sqrt", "x under the line", "x-for-y",
         np.sqrt, lambda g, x: g / (2 * x), (positive(5, 3),)),
    Case("sqrt", "the 2 forgotten", "stray-factor",
         np.sqrt, lambda g, x: g / np.sqrt(x), (positive(5, 3),)),
    Case("relu", "no mask", "mask-missing",
         relu, lambda g, x: g, (normal(5, 3),)),
    Case("relu", "the mask the wrong way round", "mask-inverted",
         relu, lambda g, x: g * (x < 0), (normal(5, 3),)),
    Case("relu", "the mask of g", "not-linear",
         relu, lambda g, x: g * (g > 0), (normal(5, 3),)),
    Case("relu", "the input overwritten", "input-mutated",
         _relu_in_place, lambda g, x: g * (x > 0), (normal(5, 3),)),
    Case("relu layer", "no mask", "mask-missing",
         lambda x, w, b: relu(x @ w + b), lambda g, x, w, b: (g @ w.T, x.T @ g, g.sum(0)),
         (normal(5, 3), normal(3, 7), normal(7))),
    Case("leaky relu", "the slope below 0 forgotten", "wrong-on-one-side",
         lambda x: np.where(x > 0, x, 0.1 * x), lambda g, x: g * (x > 0), (normal(5, 3),)),
    Case("abs", "the sign forgotten", "wrong-on-one-side",
         np.abs, lambda g, x: g, (normal(5, 3),)),
    Case("clip", "one of the two ends", "mask-missing",
         lambda x: np.clip(x, -1, 1), _clip_back, (2 * normal(5, 7),)),
    Case("halve", "g overwritten", "cotangent-mutated",
         lambda x: 0.5 * x, _halve_in_place, (normal(5, 3),)),
    Case("halve", "nothing returned", "no-gradient",
         lambda x: 0.5 * x, lambda g, x: None, (normal(5, 3),)),
    Case("softmax", "the diagonal only", "diagonal-only",
         softmax, lambda g, x: g * softmax(x) * (1 - softmax(x)), (normal(5, 3),)),
    Case("softmax", "the normaliser held constant", "normaliser-path-missing",
         softmax, lambda g, x: g * softmax(x), (normal(5, 3),)),
    Case("softmax", "the sum over the batch", "wrong-axis",
         softmax, lambda g, x: softmax(x) * (g - (g * softmax(x)).sum(0, keepdims=True)), (normal(5, 3),)),
    Case("log-softmax", "the normaliser held constant", "normaliser-path-missing",
         log_softmax, lambda g, x: g, (normal(5, 3),)),
    Case("cross-entropy", "the one-hot forgotten", "few-entries",
         cross_entropy, lambda g, s, labels: g * softmax(s) / len(s), (normal(5, 7), LABELS)),
    Case("cross-entropy", "divided by N in the loss and again in the layer", "extra-1/N",
         cross_entropy, lambda g, s, labels: cross_entropy_back(g, s, labels) / len(s),
         (normal(5, 3), LABELS)),
    Case("cross-entropy", "upside down", "sign",
         cross_entropy, lambda g, s, labels: -cross_entropy_back(g, s, labels), (normal(5, 3), LABELS)),
    Case("mse", "the 2 forgotten", "stray-factor",
         mse, lambda g, x, t: (g * (x - t) / x.size, -g * (x - t) / x.size), (normal(5, 7), normal(5, 7))),
    Case("mse", "summed, not averaged", "missing-1/N",
         mse, lambda g, x, t: (g * 2 * (x - t), -g * 2 * (x - t)), (normal(5, 7), normal(5, 7))),
    Case("mse", "g forgotten", "cotangent-ignored",
         mse, lambda g, x, t: (2 * (x - t) / x.size, -2 * (x - t) / x.size), (normal(5, 7), normal(5, 7))),
    Case("batch norm", "mean and variance held constant", "statistics-constant",
         standardise, lambda g, x: standardise_back(g, x, mean_path=0, var_path=0), (normal(5, 3),)),
    Case("batch norm", "the mean held constant", "mean-path-missing",
         standardise, lambda g, x: standardise_back(g, x, mean_path=0), (normal(5, 3),)),
    Case("batch norm", "the variance held constant", "variance-path-missing",
         standardise, lambda g, x: standardise_back(g, x, var_path=0), (normal(5, 3),)),
    Case("batch norm", "not divided by the deviation", "row-factor",
         standardise, lambda g, x: standardise_back(g, x) * np.sqrt(x.var(0) + 1e-5), (normal(5, 3),)),
    Case("batch norm", "the statistics of the examples", "wrong-axis",
         standardise, lambda g, x: standardise_back(g, x, axis=1), (normal(5, 3),)),
    Case("batch norm", "γ not summed over the batch", "missing-batch-sum",
         lambda x, c, b: standardise(x) * c + b,
         lambda g, x, c, b: (standardise_back(g * c, x), g * standardise(x), g.sum(0)),
         (normal(5, 3), normal(3), normal(3))),
    Case("centre", "the mean held constant", "mean-path-missing",
         lambda x: x - x.mean(0), lambda g, x: g, (normal(5, 3),)),
    Case("shares", "the total held constant", "mean-path-missing",
         lambda x: x / x.sum(1, keepdims=True), lambda g, x: g / x.sum(1, keepdims=True), (positive(5, 3),)),
    Case("sum", "g put back along the wrong axis", "axis-not-reinserted",
         lambda x: x.sum(1), _sum_rows, (normal(5, 5),)),
    Case("sum", "g not put back", "axis-not-reinserted",
         lambda x: x.sum(1), lambda g, x: g, (normal(5, 3),)),
    Case("sum", "two arrays of different lengths", "backward-raised",
         lambda x: x.sum(1), lambda g, x: g * np.ones_like(x), (normal(5, 3),)),
    Case("mean", "not divided", "missing-1/N",
         lambda x: x.mean(1), lambda g, x: np.repeat(g[:, None], x.shape[1], 1), (normal(5, 3),)),
    Case("max", "to every entry, not the largest", "mask-missing",
         lambda x: x.max(1), _max_back_everywhere, (normal(5, 3),)),
    Case("max", "the smallest entry", "different-mask",
         lambda x: x.max(1), lambda g, x: g[:, None] * (x == x.min(1, keepdims=True)), (normal(5, 3),)),
    Case("max pool", "= where windows overlap", "contributions-lost",
         max_pool, lambda g, x: max_pool_back(g, x, add=False), (normal(3, 11),)),
    Case("conv1d", "= where windows overlap", "contributions-lost",
         conv1d, lambda g, x, w: conv1d_back(g, x, w, add=False), (normal(2, 3, 7), normal(5, 3, 3))),
    Case("conv1d", "the last window left out", "contributions-lost",
         conv1d, lambda g, x, w: conv1d_back(g, x, w, last=g.shape[2] - 1),
         (normal(2, 3, 7), normal(5, 3, 3))),
    Case("strided conv", "the columns that no window reaches", "edges-missing",
         strided_conv, strided_conv_back, (normal(3, 8), normal(3))),
    Case("conv2d", "= where windows overlap", "contributions-lost",
         _conv2d, lambda g, x, w: _conv2d_back(g, x, w, add=False), (normal(2, 5, 7), normal(3, 2))),
    Case("conv2d", "the filter's gradient turned round", "flipped",
         _conv2d, lambda g, x, w: (_conv2d_back(g, x, w)[0], _conv2d_back(g, x, w)[1][::-1, ::-1]),
         (normal(2, 5, 7), normal(3, 2))),
    Case("conv2d", "the frame not cut off", "padding-kept",
         _padded_conv, _padded_conv_back, (normal(2, 5, 7), normal(3, 3))),
    Case("permute", "the permutation for its inverse", "inverse-permutation",
         lambda x: x[ORDER], lambda g, x: g[ORDER], (normal(5, 3),)),
    Case("transpose", "reshaped back", "wrong-places",
         lambda x: x.T, lambda g, x: g.reshape(x.shape), (normal(5, 3),)),
    Case("flatten", "not reshaped back", "right-numbers-wrong-shape",
         lambda x: x.reshape(len(x), -1), lambda g, x: g, (normal(2, 3, 5),)),
    Case("roll", "rolled the same way", "inverse-permutation",
         lambda x: np.roll(x, 2, 1), lambda g, x: np.roll(g, 2, 1), (normal(3, 5),)),
    Case("time-shared dense", "= where time steps share the weights", "contributions-lost",
         lambda x, w: x @ w, _shared_over_time, (normal(2, 5, 3), normal(3, 7))),
    Case("rnn", "= where time steps share the weights", "wrong-between-steps",
         rnn, lambda g, x, u, w: rnn_back(g, x, u, w, add=False),
         (normal(2, 5, 3), normal(3, 2), normal(2, 2))),
    Case("rnn", "nothing from the next step", "contributions-lost",
         rnn, lambda g, x, u, w: rnn_back(g, x, u, w, through_time=False),
         (normal(2, 5, 3), normal(3, 2), normal(2, 2))),
    Case("dropout", "another mask backwards", "different-mask",
         lambda x: x * MASK, lambda g, x: g * OTHER_MASK, (normal(5, 7),)),
    Case("dropout", "the mask drawn again", "random-backward",
         _drop_seeded, _drop_again, (normal(5, 7),)),
    Case("dropout", "never seeded", "random-forward",
         _drop_unseeded, _drop_again, (normal(5, 7),)),
    Case("dropout", "the mask forgotten", "mask-missing",
         lambda x: x * MASK, lambda g, x: g / 0.6, (normal(5, 7),)),
    Case("vae sample", "the ½ of ½ log σ²", "stray-factor",
         lambda m, v: sample(m, v, NOISE), lambda g, m, v: (g, g * NOISE * np.exp(0.5 * v)),
         (normal(5, 3), normal(5, 3))),
    Case("vae sample", "the noise forgotten", "wrong-local-derivative",
         lambda m, v: sample(m, v, NOISE), lambda g, m, v: (g, g * 0.5 * np.exp(0.5 * v)),
         (normal(5, 3), normal(5, 3))),
    Case("fork", "one branch of two", "branch-lost",
         lambda x: x ** 2 + np.sin(x), lambda g, x: g * 2 * x, (normal(5, 3),)),
    Case("batch norm", "fixed statistics differentiated as the batch's", "extra-path",
         lambda x: (x - 0.3) / 1.7, lambda g, x: standardise_back(g, x) * x.std(0) / 1.7, (normal(7, 3),)),
    Case("vae sample", "the exponential forgotten", "exponential-off",
         lambda m, v: sample(m, v, NOISE), lambda g, m, v: (g, g * 0.5 * NOISE),
         (normal(5, 3), normal(5, 3))),
    Case("hinge", "the right class gets nothing", "nothing-arrives",
         _hinge, lambda g, s: g * ((_margins(s) > 0) & (np.arange(4) != LABELS[:, None])), (normal(5, 4),)),
    Case("ridge", "the penalty with another factor", "penalty-off",
         lambda w: (w ** 4).sum() + 0.15 * (w * w).sum(), lambda g, w: g * (4 * w ** 3 + 0.6 * w),
         (normal(5, 3),)),
    Case("rnn", "the weights not transposed between steps", "wrong-between-steps",
         rnn, lambda g, x, u, w: rnn_back(g, x, u, w, turned=True),
         (normal(2, 5, 3), normal(3, 2), normal(2, 2))),
    Case("swish", "one half of the product rule", "branch-lost",
         lambda x: x * sigmoid(x), lambda g, x: g * sigmoid(x), (normal(5, 3),)),
    Case("residual block", "the skip connection alone", "passed-through",
         lambda x: x + np.tanh(x @ SQUARE), lambda g, x: g, (normal(3, 5),)),
    Case("ridge", "the penalty forgotten", "penalty-off",
         _ridge, lambda g, w, x, y: (g * 2 * x.T @ (x @ w - y), g * 2 * (x @ w - y) @ w.T,
                                     -g * 2 * (x @ w - y)),
         (normal(3, 2), normal(7, 3), normal(7, 2))),
    Case("ridge", "the penalty alone", "data-loss-lost",
         _ridge, lambda g, w, x, y: (g * 0.2 * w, g * 2 * (x @ w - y) @ w.T, -g * 2 * (x @ w - y)),
         (normal(3, 2), normal(7, 3), normal(7, 2))),
    Case("lasso", "the penalty forgotten", "penalty-off",
         _lasso, lambda g, w, x, y: (g * 2 * x.T @ (x @ w - y), g * 2 * (x @ w - y) @ w.T,
                                     -g * 2 * (x @ w - y)),
         (normal(3, 2), normal(7, 3), normal(7, 2))),
    Case("concatenate", "the parts in the wrong order", "gradients-swapped",
         lambda x, y: np.concatenate([x, y], 1), lambda g, x, y: (g[:, 3:], g[:, :3]),
         (normal(5, 3), normal(5, 3))),
    Case("pad", "nothing cut off", "padding-kept",
         lambda x: np.pad(x, 2), lambda g, x: g, (normal(3, 5),)),
    Case("take", "only the first of a repeated index", "contributions-lost",
         lambda x: x[[0, 1, 1, 3]], lambda g, x: _take_back(g, x), (normal(5),)),
    Case("norm", "the root forgotten", "constant-factor",
         lambda x: np.sqrt((x * x).sum()), lambda g, x: g * x, (normal(5, 3),)),
    Case("log of zero", "a nan", "not-finite",
         relu, lambda g, x: g * np.where(x > 0, 1, np.nan), (normal(5, 3),)),
]


def _take_back(g, x):
    d = np.zeros_like(x)
    d[0], d[1], d[3] = g[0], g[1], g[3]
    return d


# --- two mistakes at once -----------------------------------------------------------------------------------

TWO_AT_ONCE = [
    Case("tanh", "x for y, and a 2", "", np.tanh, lambda g, x: 2 * g * (1 - x ** 2), (normal(5, 3),)),
    Case("relu", "no mask, and a minus", "", relu, lambda g, x: -g, (normal(5, 3),)),
    Case("softmax", "the diagonal only, twice", "", softmax,
         lambda g, x: 2 * g * softmax(x) * (1 - softmax(x)), (normal(5, 3),)),
    Case("batch norm", "the mean path, and 1/N", "", standardise,
         lambda g, x: standardise_back(g, x, mean_path=0) / len(x), (normal(5, 3),)),
    Case("matmul", "transposed, and a ½", "wrong-shape", lambda w: normal_5x3 @ w,
         lambda g, w: 0.5 * (normal_5x3.T @ g).T, (normal(3, 7),)),
    Case("dense", "the output for g, and transposed", "cotangent-ignored", lambda w: normal_5x3 @ w,
         lambda g, w: (normal_5x3.T @ (normal_5x3 @ w)).T, (normal(3, 3),)),
    Case("sigmoid layer", "no slope, and the weights not transposed", "", lambda x: sigmoid(x @ SQUARE),
         lambda g, x: g @ SQUARE, (normal(3, 5),)),
    Case("conv1d", "turned round, and = for +=", "", lambda x: conv1d(x, filters),
         lambda g, x: conv1d_back(g, x, filters, add=False, flip=True)[0], (normal(2, 3, 7),)),
    Case("layer norm", "the variance path and a 2", "", lambda x: standardise(x, 1),
         lambda g, x: 2 * standardise_back(g, x, 1, var_path=0), (normal(3, 7),)),
    Case("mean", "not divided, and g ignored", "cotangent-ignored", lambda x: x.mean(1),
         lambda g, x: np.ones_like(x), (normal(5, 3),)),
    Case("square", "g forgotten, and the 2", "cotangent-ignored", lambda x: x ** 2, lambda g, x: x,
         (normal(5, 3),)),
    Case("exp", "the output squared, and a 3", "wrong-local-derivative", np.exp,
         lambda g, x: 3 * g * np.exp(2 * x), (normal(5, 3),)),
]
normal_5x3, filters = normal(5, 3), normal(5, 3, 3)


# --- right ones, written in other ways ----------------------------------------------------------------------


def _looped_matmul(g, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(x.shape[0]):
        for j in range(w.shape[1]):
            for k in range(x.shape[1]):
                dx[i, k] += g[i, j] * w[k, j]
                dw[k, j] += x[i, k] * g[i, j]
    return dx, dw


def _softmax_by_jacobian(g, x):
    p = softmax(x)
    return np.stack([(np.diag(r) - np.outer(r, r)) @ h for r, h in zip(p, g)])


def _softmax_in_place(g, x):
    d = g.copy()
    p = softmax(x)
    d *= p
    d -= p * d.sum(1, keepdims=True)
    return d


def _relu_in_a_copy(g, x):
    d = g.copy()
    d[x <= 0] = 0
    return d


def _batch_norm_staged(g, x):
    """The stages of a well-known course: variance, mean, input."""
    n, centre, s = len(x), x - x.mean(0), np.sqrt(x.var(0) + 1e-5)
    d_var = (g * centre * -0.5 * s ** -3).sum(0)
    d_mean = (-g / s).sum(0) + d_var * (-2 * centre).mean(0)
    return g / s + d_var * 2 * centre / n + d_mean / n


def _caching(x):
    CACHE["x"] = x
    return np.tanh(x)


def _embedding_at(g, table):
    d = np.zeros_like(table)
    np.add.at(d, WORDS, g)
    return d


def _unit_rows_back(g, x):
    y = unit_rows(x)
    return (g - y * (g * y).sum(1, keepdims=True)) / np.sqrt((x * x).sum(1, keepdims=True))


def _right(op, way, forward, backward, *arrays):
    return Case(op, way, "", forward, backward, arrays)


RIGHT = [
    _right("dense", "vectorised", dense, lambda g, x, w, b: (g @ w.T, x.T @ g, g.sum(0)), normal(5, 3),
           normal(3, 7), normal(7)),
    _right("matmul", "looped", lambda x, w: x @ w, _looped_matmul, normal(3, 5), normal(5, 2)),
    _right("matmul", "einsum", lambda x, w: x @ w,
           lambda g, x, w: [np.einsum("ij,kj->ik", g, w), np.einsum("ik,ij->kj", x, g)], normal(3, 5),
           normal(5, 7)),
    _right("softmax", "by its Jacobian", softmax, _softmax_by_jacobian, normal(5, 3)),
    _right("softmax", "in place", softmax, _softmax_in_place, normal(5, 3)),
    _right("relu", "in a copy", relu, _relu_in_a_copy, normal(5, 3)),
    _right("relu", "np.where", relu, lambda g, x: np.where(x > 0, g, 0), normal(5, 3)),
    _right("batch norm", "in one line", standardise, standardise_back, normal(5, 3)),
    _right("batch norm", "in stages", standardise, _batch_norm_staged, normal(5, 3)),
    _right("layer norm", "in one line", lambda x: standardise(x, 1), lambda g, x: standardise_back(g, x, 1),
           normal(3, 7)),
    _right("cross-entropy", "with labels", cross_entropy, cross_entropy_back, normal(5, 3), LABELS),
    _right("cross-entropy", "None for the labels", cross_entropy,
           lambda g, s, labels: (cross_entropy_back(g, s, labels), None), normal(5, 3), LABELS),
    _right("mse", "both inputs", mse, lambda g, x, t: (g * 2 * (x - t) / x.size, g * 2 * (t - x) / x.size),
           normal(5, 7), normal(5, 7)),
    _right("tanh", "by its output", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), normal(5, 3)),
    _right("tanh", "from a cache", _caching, lambda g, x: g / np.cosh(CACHE["x"]) ** 2, normal(5, 3)),
    _right("sigmoid", "written as e⁻ˣ/(1 + e⁻ˣ)²", sigmoid,
           lambda g, x: g * np.exp(-x) / (1 + np.exp(-x)) ** 2, normal(5, 3)),
    _right("max pool", "looped", max_pool, max_pool_back, normal(3, 11)),
    _right("conv1d", "looped", conv1d, conv1d_back, normal(2, 3, 7), normal(5, 3, 3)),
    _right("conv2d", "looped", _conv2d, _conv2d_back, normal(2, 5, 7), normal(3, 2)),
    _right("rnn", "through time", rnn, rnn_back, normal(2, 5, 3), normal(3, 2), normal(2, 2)),
    _right("embedding", "np.add.at", lambda table: table[WORDS], _embedding_at, normal(7, 3)),
    _right("sum", "broadcast, which cannot be written to", lambda x: x.sum(1),
           lambda g, x: np.broadcast_to(g[:, None], x.shape), normal(5, 3)),
    _right("permute", "argsort", lambda x: x[ORDER], lambda g, x: g[np.argsort(ORDER)], normal(5, 3)),
    _right("transpose", "a view", lambda x: x.T, lambda g, x: g.T, normal(5, 3)),
    _right("unit rows", "in one line", unit_rows,
           _unit_rows_back, normal(5, 3)),
    _right("vae sample", "both", lambda m, v: sample(m, v, NOISE),
           lambda g, m, v: (g, g * NOISE * 0.5 * np.exp(0.5 * v)),
           normal(5, 3), normal(5, 3)),
    _right("dropout", "the same mask", lambda x: x * MASK, lambda g, x: g * MASK, normal(5, 7)),
]


# --- wrong ones that got their names later ------------------------------------------------------------------


def gated(x, z):
    """x through a gate, beside x itself: (N, 2D)."""
    return np.concatenate([x * sigmoid(z), x], 1)


def two_tanh(x, w1, w2):
    return np.tanh(x @ w1) @ w2


def states(x, w):
    """h[t] = tanh(x[t] + h[t − 1] w), from h = 0: (N, T, D)."""
    h, out = np.zeros_like(x[:, 0]), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] + h @ w)
        out.append(h)
    return np.stack(out, 1)


def states_back(g, x, w):
    h, dx, dw, later = states(x, w), np.zeros_like(x), np.zeros_like(w), 0
    for t in reversed(range(x.shape[1])):
        dx[:, t] = d = (g[:, t] + later) * (1 - h[:, t] ** 2)
        dw += h[:, t - 1].T @ d                 # also for t = 0
        later = d @ w.T
    return dx, dw


def huber(x):
    return np.where(np.abs(x) < 0.7, x * x / 2, 0.7 * (np.abs(x) - 0.35))


def strided(x):
    return np.stack([x[:, t:t + 3] @ np.array([0.3, -1.2, 0.7]) for t in range(0, x.shape[1] - 2, 2)], 1)


def _as_if_stride_1(g, x):
    d = np.zeros_like(x)
    for t in range(g.shape[1]):
        d[:, t:t + 3] += g[:, t:t + 1] * np.array([0.3, -1.2, 0.7])
    return d


def _with_another_eps(g, x):
    r = 1 / np.sqrt(x.var(0) + 1e-6)
    h = (x - x.mean(0)) * r
    return r * (g - g.mean(0) - h * (g * h).mean(0))


WRONG += [
    Case("padding", "a side without padding is cut to nothing", "empty-slice",
         lambda x: np.pad(x, ((1, 0), (2, 1))), lambda g, x: g[1:-0, 2:-1], (normal(3, 5),)),
    Case("mean", "divided by the number of rows", "wrong-size", lambda x: x.mean(1),
         lambda g, x: np.repeat(g[:, None] / len(x), x.shape[1], 1), (normal(3, 5),)),
    Case("likelihood", "a ¼ for a ½", "term-off", lambda v: -0.5 * (v + np.exp(-v)).sum(),
         lambda g, v: g * (-0.25 + 0.5 * np.exp(-v)), (normal(5, 3),)),
    Case("two gates", "the slope of one is half there", "factor-left-out",
         lambda z, w: (sigmoid(z) * w).sum(1),
         lambda g, z, w: (g[:, None] * sigmoid(z) * w, g[:, None] * sigmoid(z)),
         (normal(5, 3), normal(5, 3))),
    Case("gate beside a bypass", "the gate is left out", "factor-left-out", gated,
         lambda g, x, z: (g[:, :3] + g[:, 3:], g[:, :3] * x * sigmoid(z) * (1 - sigmoid(z))),
         (normal(5, 3), normal(5, 3))),
    Case("two layers", "the hidden tanh's slope is forgotten", "slope-inside", two_tanh,
         lambda g, x, w1, w2: (g @ w2.T @ w1.T, x.T @ (g @ w2.T), np.tanh(x @ w1).T @ g),
         (normal(5, 3), normal(3, 7), normal(7, 2))),
    Case("huber", "δ is forgotten in the linear part", "factor-in-part", huber,
         lambda g, x: g * np.where(np.abs(x) < 0.7, x, np.sign(x)), (normal(5, 7),)),
    Case("group norm", "over the whole row", "too-wide",
         lambda x: standardise(x.reshape(3, 2, 5), 2).reshape(3, 10),
         lambda g, x: standardise_back(g, x, 1), (normal(3, 10),)),
    Case("rnn", "the state before the first step is the last one", "wraps-around", states, states_back,
         (normal(2, 5, 3), 0.5 * normal(3, 3))),
    Case("two biases", "both get the gradient of the first", "gradient-copied",
         lambda b, c: np.tanh(normal_5x3 + b) * (normal_5x3 - c) ** 2,
         lambda g, b, c: [(g * (1 - np.tanh(normal_5x3 + b) ** 2) * (normal_5x3 - c) ** 2).sum(0)] * 2,
         (normal(3), normal(3))),
    Case("batch norm", "another ε than forwards", "constant-off", lambda x: standardise(x, 0),
         lambda g, x: _with_another_eps(g, x), (normal(5, 3),)),
    Case("strided convolution", "as if the stride were 1", "wrong-places", strided, _as_if_stride_1,
         (normal(2, 11),)),
    Case("x xᵀ", "one factor of two", "branch-lost", lambda x: x @ x.T, lambda g, x: g @ x, (normal(5, 3),)),
    Case("product and sum", "a term without g", "cotangent-missing", lambda x: np.sin(2 * x) + x,
         lambda g, x: 2 * g * np.cos(2 * x) + 1, (normal(5, 3),)),
    Case("cross-entropy", "without the normaliser's path", "normaliser-path-missing",
         lambda s: -np.log(softmax(s))[np.arange(5), [2, 0, 1, 1, 2]].mean(),
         lambda g, s: -g * np.eye(3)[[2, 0, 1, 1, 2]] / 5, (normal(5, 3),)),
    Case("gelu", "half of the product rule", "branch-lost", lambda x: 0.5 * x * (1 + np.tanh(0.8 * x)),
         lambda g, x: g * 0.5 * (1 + np.tanh(0.8 * x)), (normal(5, 3),)),
]
