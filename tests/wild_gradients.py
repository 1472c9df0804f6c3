"""Wrong backward passes as they are met elsewhere, in issues and in courses, each with the right one.

They were written before the signatures of the diagnosis were widened, without a look at how it names things;
nothing in it was tuned to the odd ones (CASES[1::2]): these tell how often a mistake from outside is named.
By accept and words as they stood first (all 48 are rejected, and every right one passes):

                named   near   unnamed   misnamed
    all 48         23      1        21          3
    odd 24          8      0        14          2

A name in KNOWN (those of that time) is judged by accept, a later one also by its text; near: one in NEUTRAL.
What is said of the three "misnamed" is true, read one by one; they stand in accept now, and in BY_READING:
- squeeze and excite, mean-path-missing: the gate is made of x's mean, and that path is what is lost. Named;
- group norm, transposed: γ S g for S γ g is "two factors in the wrong order". Named, but the text read "the
  factors swapped" when the odd ones were first run, and "each @ of this line" leads nowhere: there is none;
- softplus, factor-left-out: where the two conditions differ, σ(x) is left out. Near: the condition is wrong.
A fourth had no name then: weighted cross-entropy, normaliser-path-missing, "or weighed wrongly".
"""
from functools import partial
from typing import NamedTuple

import numpy as np

_rng = np.random.default_rng(1411)
normal, uniform = _rng.standard_normal, _rng.uniform
SLIP = "a typical slip"
CASES = []
BY_READING = {"squeeze and excite": "mean-path-missing", "group norm": "transposed",
              "softplus with a threshold": "factor-left-out",
              "cross-entropy with weights that do not sum to 1": "normaliser-path-missing"}
NEUTRAL = {"constant-factor", "few-entries", "wrong-places", "path-missing", "wrong-shape"}
KNOWN = set("""
    random-forward random-backward low-precision input-mutated cotangent-mutated accumulates stale-cache
    backward-raised wrong-count no-gradient not-finite not-linear gradients-swapped missing-batch-sum
    missing-broadcast-sum axis-not-reinserted transposed inverse-permutation right-numbers-wrong-shape
    padding-kept edges-missing vector-transpose wrong-shape zeros sign stray-factor missing-1/N extra-1/N
    constant-factor cotangent-ignored output-for-gradient flipped kernel-flipped wrong-places
    elementwise-for-matmul mask-missing mask-inverted different-mask wrong-on-one-side x-for-y
    wrong-local-derivative local-derivative-forgotten passed-through branch-lost data-loss-lost
    mean-path-missing variance-path-missing statistics-constant norm-path-missing normaliser-path-missing
    row-factor extra-elementwise-factor variance-for-deviation diagonal-only wrong-axis path-missing
    contributions-lost entries-missed few-entries""".split())


class Case(NamedTuple):
    name: str                                   # operation: the mistake
    source: str                                 # a public issue, or SLIP
    accept: tuple                               # the causes that are right
    words: str                                  # what the text of a cause not in KNOWN has to match
    forward: object
    wrong: object
    right: object
    arrays: tuple


def case(name, source, accept, words, forward, wrong, right, *arrays):
    CASES.append(Case(name, source, tuple(accept.split()), words, forward, wrong, right, arrays))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def softmax_back(d, p):
    return p * (d - (d * p).sum(-1, keepdims=True))


def log_sum(x, axis):
    m = x.max(axis)
    return m + np.log(np.exp(x - np.expand_dims(m, axis)).sum(axis))


# --- dense --------------------------------------------------------------------------------------------------


def net(x, w1, b1, w2, b2):
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def net_back(g, x, w1, b1, w2, b2, dw=1, db=1):
    h = np.maximum(x @ w1 + b1, 0)
    d = (g @ w2.T) * (h > 0)
    return d @ w1.T, x.T @ d, db * d.sum(0), dw * h.T @ g, g.sum(0)


case("two layers: a 4 is left in the hidden bias, a 2 in the last weights",
     "bighuang624/Andrew-Ng-Deep-Learning-notes#10", "stray-factor", r"factor|times 4|4 ?×|× ?4",
     net, partial(net_back, dw=2, db=4), net_back,
     normal((5, 3)), normal((3, 7)), normal(7), normal((7, 2)), normal(2))


def two_sigmoids(x, a, b):
    return sigmoid(sigmoid(x @ a) @ b)


def two_sigmoids_back(g, x, a, b, last=True):
    h, y = sigmoid(x @ a), two_sigmoids(x, a, b)
    d = g * y * (1 - y) if last else g
    e = (d @ b.T) * h * (1 - h)
    return e @ a.T, x.T @ e, h.T @ d


case("two layers: the slope of the output's sigmoid is forgotten", "Bot-Academy/NeuralNetworkFromScratch#3",
     "local-derivative-forgotten", "slope|derivative|activation|sigmoid",
     two_sigmoids, partial(two_sigmoids_back, last=False), two_sigmoids_back,
     normal((5, 3)), normal((3, 7)), normal((7, 2)))

KEPT = (_rng.random((5, 7)) > 0.4) / 0.6
case("dropout before a dense layer: divided by what is kept, but not masked", "ddbourgin/numpy-ml#94",
     "mask-missing", "mask|dropped|dropout", lambda x, w: (x * KEPT) @ w,
     lambda g, x, w: (g @ w.T / 0.6, (x * KEPT).T @ g),
     lambda g, x, w: (g @ w.T * KEPT, (x * KEPT).T @ g), normal((5, 7)), normal((7, 3)))


# --- recurrent ----------------------------------------------------------------------------------------------


def rnn(x, u, w):
    h, out = np.zeros((len(x), len(w))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ u + h @ w)
        out.append(h)
    return np.stack(out, 1)


def rnn_back(g, x, u, w, late=False):
    h = rnn(x, u, w)
    dx, du, dw, carry = np.zeros_like(x), np.zeros_like(u), np.zeros_like(w), 0
    for t in reversed(range(x.shape[1])):
        d = (g[:, t] + carry) * (1 - h[:, t] ** 2)
        if t or late:
            dw += h[:, t if late else t - 1].T @ d
        du += x[:, t].T @ d
        dx[:, t], carry = d @ u.T, d @ w.T
    return dx, du, dw


case("rnn: the recurrent weights meet h[t], not h[t − 1]", SLIP, "",
     r"previous|h\[t|off by one|shifted|(wrong|same|one) step|(state|step|time) (before|after)",
     rnn, partial(rnn_back, late=True), rnn_back, normal((3, 5, 2)), normal((2, 4)), 0.6 * normal((4, 4)))


def gates(x, h, w, u):
    a, b, k = x @ w, h @ u, h.shape[1]
    r, z = sigmoid(a[:, :k] + b[:, :k]), sigmoid(a[:, k:2 * k] + b[:, k:2 * k])
    return r, z, b[:, 2 * k:], np.tanh(a[:, 2 * k:] + r * b[:, 2 * k:])


def gru(x, h, w, u):
    """The reset gate stands behind the matrix."""
    _, z, _, n = gates(x, h, w, u)
    return (1 - z) * n + z * h


def gru_back(g, x, h, w, u, of_state=False, turned=False):
    r, z, b, n = gates(x, h, w, u)
    dn = g * (1 - z) * (1 - n * n)
    dr, dz = dn * (h if of_state else b) * r * (1 - r), g * (h - n) * z * (1 - z)
    da, db = np.concatenate([dr, dz, dn], 1), np.concatenate([dr, dz, dn * r], 1)
    return da @ w.T, db @ u.T + g * (1 - z if turned else z), x.T @ da, h.T @ db


CELL = normal((5, 2)), normal((5, 3)), normal((2, 9)), normal((3, 9))
case("gru, reset after the matrix: dr is multiplied by h, not by h Un", SLIP, "wrong-local-derivative",
     "gate|reset|derivative", gru, partial(gru_back, of_state=True), gru_back, *CELL)
case("gru: the carried part of dh has 1 − z for z", "fatchord/WaveRNN#7", "",
     "gate|1 [−-] z|carr|complement|blend", gru, partial(gru_back, turned=True), gru_back, *CELL)


# --- attention ----------------------------------------------------------------------------------------------


def attend(q, k, v):
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def attend_back(g, q, k, v, causal=False):
    s = q @ k.T / np.sqrt(q.shape[1])
    p = softmax(np.where(np.tri(*s.shape) > 0, s, -1e9) if causal else s)
    d = softmax_back(g @ v.T, p) / np.sqrt(q.shape[1])
    return d @ k, d.T @ q, p.T @ g


case("attention: dQ and dK change places", "ooples/AiDotNet.Tensors#49", "gradients-swapped",
     "swap|order|exchang|interchang", attend, lambda g, *z: [attend_back(g, *z)[i] for i in (1, 0, 2)],
     attend_back, normal((5, 3)), normal((5, 3)), normal((5, 4)))
case("attention without a mask: the way back masks causally all the same", "triton-lang/triton#5660",
     "different-mask", "mask|causal|triang", attend, partial(attend_back, causal=True), attend_back,
     normal((5, 3)), normal((5, 3)), normal((5, 4)))

COS, SIN = np.cos(uniform(0, 3, (5, 6))), np.sin(uniform(0, 3, (5, 6)))


def half_turn(x, sign=1):
    return np.concatenate([-sign * x[:, 3:], sign * x[:, :3]], 1)


case("rotary embedding: turned first and multiplied by the sine then", "PaddlePaddle/Paddle#74716", "",
     "sine|rotat|turned|halves|permut", lambda x: x * COS + half_turn(x) * SIN,
     lambda g, x: g * COS + half_turn(g, -1) * SIN, lambda g, x: g * COS + half_turn(g * SIN, -1),
     normal((5, 6)))
case("split into heads: put back by reshape alone, not transposed", SLIP, "wrong-places transposed",
     "transpos|reshape|permut|axes", lambda x: x.reshape(2, 5, 3, 4).transpose(0, 2, 1, 3).copy(),
     lambda g, x: g.reshape(2, 5, 12), lambda g, x: g.transpose(0, 2, 1, 3).reshape(2, 5, 12),
     normal((2, 5, 12)))


def shared_keys(q, k):
    """Several heads of queries, one of keys."""
    return softmax(q @ k.T)


def shared_keys_back(g, q, k, every=True):
    d = softmax_back(g, shared_keys(q, k))
    dk = d.swapaxes(1, 2) @ q
    return d @ k, dk.sum(0) if every else dk[-1]


case("multi-query attention: of the heads that share the keys only the last one counts", SLIP,
     "contributions-lost", "head|accumul|overwrit|share|contribution|summed",
     shared_keys, partial(shared_keys_back, every=False), shared_keys_back, normal((3, 5, 2)), normal((7, 2)))


# --- convolution and resampling -----------------------------------------------------------------------------


def taps(x, w, groups, step, gap):
    """For each output and tap: its channel and place, the first channel and the place that it reads."""
    o, c, k = w.shape
    for j in range(o):
        for t in range((x.shape[2] - (k - 1) * gap - 1) // step + 1):
            for i in range(k):
                yield j, t, j // (o // groups) * c, t * step + i * gap, i


def frame(x, pad):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad)))


def conv(x, w, groups=1, step=1, gap=1, pad=0):
    """x (N, C, T), w (O, C / groups, K)."""
    x, (o, c, k) = frame(x, pad), w.shape
    y = np.zeros((len(x), o, (x.shape[2] - (k - 1) * gap - 1) // step + 1))
    for j, t, first, spot, i in taps(x, w, groups, step, gap):
        y[:, j, t] += x[:, first:first + c, spot] @ w[j, :, i]
    return y


def conv_back(g, x, w, groups=1, step=1, gap=1, pad=0, bug=None):
    size, c, x = x.shape[2], w.shape[1], frame(x, pad)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for j, t, first, spot, i in taps(x, w, groups, step, gap):
        dx[:, first:first + c, t + i if bug == "gap" else spot] += g[:, j, t:t + 1] * w[j, :, i]
        read = 0 if bug == "group" else first
        if bug != "last" or i < w.shape[2] - 1 or t < g.shape[2] - 1:
            dw[j, :, i] += g[:, j, t] @ x[:, read:read + c, spot]
    start = 0 if bug == "crop" else pad
    return dx[:, :, start:start + size], dw


def convolution(name, source, accept, words, bug, x, w, **how):
    case(name, source, accept, words, partial(conv, **how), partial(conv_back, bug=bug, **how),
         partial(conv_back, **how), normal(x), normal(w))


convolution("grouped convolution: the weights of every group meet the channels of the first",
            "pytorch/pytorch#51430", "", "group|channel", "group", (3, 4, 7), (6, 2, 3), groups=2)
convolution("dilated convolution: dx is written without the dilation", SLIP, "", "dilat|spacing|stride|gap",
            "gap", (2, 2, 9), (3, 2, 3), gap=2)
convolution("padded convolution: dx is cut from 0, not from where the padding ends", SLIP, "padding-kept",
            "pad|shift|offset|crop", "crop", (2, 2, 7), (3, 2, 3), pad=1)
case("convolution, same size: dx correlates with the kernel as it stands, not turned round", SLIP,
     "kernel-flipped flipped", "flip|revers|turned round|rotated", lambda x: np.convolve(x, FIVE, "same"),
     lambda g, x: np.convolve(g, FIVE, "same"), lambda g, x: np.convolve(g, FIVE[::-1], "same"), normal(11))
FIVE = normal(5)
convolution("strided convolution: the last output is left out for the kernel's last tap",
            "pytorch/pytorch#50042", "contributions-lost", "edge|last|border|tap|contribution",
            "last", (3, 2, 6), (2, 2, 3), step=2, pad=1)

NEAREST = np.array([0, 0, 1, 2, 2, 3, 4, 4])


def nearest_back(g, x):
    d = np.zeros_like(x)
    np.add.at(d, (slice(None), NEAREST), g)
    return d


case("nearest upsampling: each input takes one of the outputs that were copied from it",
     "pytorch/pytorch#97135", "contributions-lost", "copies|copied|repeat|accumul|overwrit|contribution",
     lambda x: x[:, NEAREST], lambda g, x: g[:, np.unique(NEAREST, return_index=True)[1]], nearest_back,
     normal((3, 5)))


# --- normalisation ------------------------------------------------------------------------------------------


def in_groups(x):
    z = x.reshape(len(x), 3, 2, -1)
    s = np.sqrt(z.var((2, 3), keepdims=True) + 1e-5)
    return (z - z.mean((2, 3), keepdims=True)) / s, s


def group_norm(x, c):
    return in_groups(x)[0].reshape(x.shape) * c[:, None]


def group_norm_back(g, x, c, outside=False):
    h, s = in_groups(x)
    k = (g if outside else g * c[:, None]).reshape(h.shape)
    d = (k - k.mean((2, 3), keepdims=True) - h * (k * h).mean((2, 3), keepdims=True)) / s
    d = d.reshape(x.shape)
    return d * c[:, None] if outside else d, (g * h.reshape(x.shape)).sum((0, 2))


case("group norm: γ is multiplied on behind the means, not before them", "uxlfoundation/oneDNN#3543",
     "transposed",                              # true: γ S g for S γ g
     r"γ|gamma|\bweights?\b|scale[sd]? (before|after|behind)", group_norm,
     partial(group_norm_back, outside=True), group_norm_back,
     normal((3, 6, 4)), np.array([0.4, 2.5, -1.3, 0.8, 1.9, 3.0]))


def rms_norm(x, c):
    return c * x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-6)


def rms_norm_back(g, x, c, through=True):
    s = np.sqrt((x * x).mean(1, keepdims=True) + 1e-6)
    return g * c / s - through * x * (g * c * x).mean(1, keepdims=True) / s ** 3, (g * x / s).sum(0)


case("rms norm: the root mean square is taken for a constant", "ooples/AiDotNet#695",
     "statistics-constant norm-path-missing normaliser-path-missing variance-path-missing",
     "norm|statistic|mean square|held constant",
     rms_norm, partial(rms_norm_back, through=False), rms_norm_back, normal((3, 7)), normal(7))


# --- indices ------------------------------------------------------------------------------------------------

WORDS = np.array([4, 0, 2, 4, 0, 5, 1])


def embedding_back(g, table, skip=None, less=0):
    d = np.zeros_like(table)
    for row, word in zip(g, WORDS):
        if word != skip:
            d[word - less] += row
    return d


case("embedding: the padding's row gets nothing, though it was looked up like any other",
     "pytorch/pytorch#93950", "entries-missed contributions-lost", "padding|rows|missed|left out",
     lambda table: table[WORDS], partial(embedding_back, skip=0), embedding_back, normal((7, 3)))
case("embedding: the gradient is written to the row before", "nntrainer/nntrainer#988", "wrong-places",
     "shift|off by one|indices|wrong row|rows|neighbour", lambda table: table[WORDS],
     partial(embedding_back, less=1), embedding_back, normal((7, 3)))


def top_3_back(g, x, found=True):
    d = np.zeros_like(x)
    np.put_along_axis(d, np.argsort(-x, 1)[:, :3] if found else np.arange(3)[None], g, 1)
    return d


case("top 3: written to the first three places, not to where they were found", SLIP,
     "wrong-places inverse-permutation", "position|permut|scatter|indices|wrong places|where they",
     lambda x: -np.sort(-x, 1)[:, :3], partial(top_3_back, found=False), top_3_back, normal((5, 7)))


def median_back(g, x, both=True):
    d = np.zeros_like(x)
    middle = np.argsort(x, 1)[:, 2:4 if both else 3]
    np.put_along_axis(d, middle, g[:, None] / middle.shape[1], 1)
    return d


case("median of six: the lower of the two in the middle gets everything", SLIP,
     "contributions-lost entries-missed", "middle|median|half|tie|split|shared",
     lambda x: np.median(x, 1), partial(median_back, both=False), median_back, normal((5, 6)))


# --- losses -------------------------------------------------------------------------------------------------

ONE_HOT = np.eye(4)[[1, 3, 0, 1, 2]]
YES = np.array([1, 0, 0, 1, 1, 0, 1.0])


def focal(s):
    p = (softmax(s) * ONE_HOT).sum(1)
    return -((1 - p) ** 2 * np.log(p)).sum()


def focal_back(g, s, other=False):
    p = softmax(s)
    t = np.where(ONE_HOT > 0, p, p if other else (p * ONE_HOT).sum(1, keepdims=True))
    return g * (2 * (1 - t) * np.log(t) * t - (1 - t) ** 2) * (ONE_HOT - p)


case("focal loss over classes: the other classes' share is computed with their own p",
     "unsky/focal-loss#1", "", "class|label|diagonal|target",
     focal, partial(focal_back, other=True), focal_back, normal((5, 4)))


def binary_focal(s):
    p = sigmoid(s)
    return -(YES * (1 - p) ** 2 * np.log(p) + (1 - YES) * p ** 2 * np.log(1 - p)).sum()


def binary_focal_back(g, s, sign=1):
    p = sigmoid(s)
    one = 2 * p * (1 - p) ** 2 * np.log(p) - (1 - p) ** 3
    zero = -2 * p ** 2 * (1 - p) * np.log(1 - p) + sign * p ** 3
    return g * (YES * one + (1 - YES) * zero)


case("focal loss, two classes: for label 0 one of the two terms has the wrong sign",
     "jhwjhw0123/Imbalance-XGBoost#1", "", "sign|label|class|target",
     binary_focal, partial(binary_focal_back, sign=-1), binary_focal_back, normal(7))
WANTED = uniform(0, 1.2, (5, 4))
case("cross-entropy with weights that do not sum to 1: softmax − y, as if they did", "kvark/meganeura#102",
     "normaliser-path-missing", "sums? to|label|target|row sum|normalis|probabilit",
     lambda s: -(WANTED * np.log(softmax(s))).sum(1),
     lambda g, s: g[:, None] * (softmax(s) - WANTED),
     lambda g, s: g[:, None] * (softmax(s) * WANTED.sum(1, keepdims=True) - WANTED), normal((5, 4)))
TRUTH = softmax(normal((5, 4)))
case("kl divergence of log-probabilities: q − p, as if they were scores", SLIP, "",
     "softmax|score|logit|log-prob|already normal", lambda q: (TRUTH * (np.log(TRUTH) - q)).sum(1),
     lambda g, q: g[:, None] * (np.exp(q) - TRUTH), lambda g, q: -g[:, None] * TRUTH,
     np.log(softmax(normal((5, 4)))))


def kernel(a, b):
    return np.exp(-((a[:, None] - b) ** 2).sum(2) / 2)


def mmd(x, y):
    return kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()


def mmd_back(g, x, y, uses=2):
    def pull(a, b):
        return (kernel(a, b)[:, :, None] * (b - a[:, None])).sum(1) / len(a) / len(b)
    return g * (uses * pull(x, x) - 2 * pull(x, y)), g * (uses * pull(y, y) - 2 * pull(y, x))


case("mmd: k(x, x) is differentiated by one of its arguments only", SLIP, "branch-lost contributions-lost",
     "both|twice|argument|half|second use|branch|symm", mmd, partial(mmd_back, uses=1), mmd_back,
     normal((5, 2)), normal((7, 2)) + 0.5)


def triplet(a, p, n):
    return np.maximum(((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + 1, 0)


def triplet_back(g, a, p, n, own=1):
    k = 2 * (g * (triplet(a, p, n) > 0))[:, None]
    return k * (n - p), k * (own * p - a), k * (a - own * n)


case("triplet loss: −a for p − a, and a for a − n", "luhaofang/tripletloss#41",
     "branch-lost contributions-lost", "term|branch|lost|missing|own",
     triplet, partial(triplet_back, own=0), triplet_back, normal((7, 3)), normal((7, 3)), normal((7, 3)))


def cosine(a, b):
    return 1 - (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))


def cosine_back(g, a, b, sign=-1):
    u, v = (np.sqrt((x * x).sum(1, keepdims=True)) for x in (a, b))
    c, g = (a * b).sum(1, keepdims=True) / u / v, sign * g[:, None]
    return g * (b / v - c * a / u) / u, g * (a / u - c * b / v) / v


case("cosine loss, in batches: the negative of what it should be", "torch/torch7#298", "sign",
     "sign|negative|minus", cosine, partial(cosine_back, sign=1), cosine_back, normal((5, 3)), normal((5, 3)))


def group_lasso(w, x):
    return ((x @ w - 1) ** 2).sum() + np.sqrt((w * w).sum(1)).sum()


def group_lasso_back(g, w, x, squared=False):
    r, norm = 2 * g * (x @ w - 1), 1 if squared else np.sqrt((w * w).sum(1, keepdims=True))
    return x.T @ r + g * w / norm, r @ w.T


case("group lasso: λw, as for a squared norm, where the norm is not squared", SLIP, "",
     "penalt|regular|norm|squar", group_lasso, partial(group_lasso_back, squared=True), group_lasso_back,
     2 * normal((3, 2)), normal((7, 3)))


# --- scans and linear algebra -------------------------------------------------------------------------------

STEP = normal((4, 4))


def forward_messages(s):
    a = [s[0]]
    for row in s[1:]:
        a.append(row + log_sum(a[-1][:, None] + STEP, 0))
    return np.array(a)


def chain(s):
    """The log partition function of a linear chain: s (T, 4), fixed transitions."""
    return log_sum(forward_messages(s)[-1], 0)


def chain_back(g, s, later=True):
    b = [np.zeros(4)]
    for row in s[:0:-1]:
        b.append(log_sum(STEP + row + b[-1], 1))
    return g * softmax(forward_messages(s) + later * np.array(b[::-1]))


case("chain's partition function: filtered probabilities, without what comes later", SLIP, "",
     "later|future|backward (part|messag|variab|recurs)|suffix|steps? after",
     chain, partial(chain_back, later=False), chain_back, normal((5, 4)))
case("solve: nothing comes back to the matrix", "tensor4all/tenferro-rs#772", "no-gradient zeros",
     "none|no gradient|nothing|missing", np.linalg.solve, lambda g, a, b: (None, np.linalg.solve(a.T, g)),
     lambda g, a, b: (-np.linalg.solve(a.T, g) @ np.linalg.solve(a, b).T, np.linalg.solve(a.T, g)),
     normal((4, 4)) + 4 * np.eye(4), normal((4, 3)))


def cholesky(a):
    return np.linalg.cholesky((a + a.T) / 2)


def cholesky_back(g, a, share=0.5):
    l = cholesky(a)
    p = np.tril(l.T @ np.tril(g))
    i = np.linalg.inv(l)
    s = i.T @ (p - share * np.diag(np.diag(p))) @ i
    return (s + s.T) / 2


POSITIVE = normal((4, 4))
POSITIVE = POSITIVE @ POSITIVE.T + 2 * np.eye(4)
case("cholesky: the diagonal is not halved before it is made symmetric", "pytorch/pytorch#18825", "",
     "diagonal|halv|symm|triang", cholesky, partial(cholesky_back, share=0), cholesky_back, POSITIVE)
case("det: the adjugate, and what comes from above is not used", "google/tangent#35", "cotangent-ignored",
     "incoming|ignor|upstream|cotangent", np.linalg.det, lambda g, a: np.linalg.det(a) * np.linalg.inv(a).T,
     lambda g, a: g * np.linalg.det(a) * np.linalg.inv(a).T, normal((4, 4)))


def eigenvalues_back(g, a, turned=False):
    v = np.linalg.eigh((a + a.T) / 2)[1]
    return (v.T * g) @ v if turned else (v * g) @ v.T


case("eigenvalues: vᵀ diag(g) v for v diag(g) vᵀ", SLIP, "transposed", "transpos",
     lambda a: np.linalg.eigvalsh((a + a.T) / 2), partial(eigenvalues_back, turned=True), eigenvalues_back,
     POSITIVE)

SPOTS, HEARD = normal((6, 3)), normal(6)
FAR = (SPOTS[:, None] - SPOTS) ** 2


def evidence(s):
    k = np.exp(-(FAR / s ** 2).sum(2) / 2) + 0.3 * np.eye(6)
    return -0.5 * HEARD @ np.linalg.solve(k, HEARD) - 0.5 * np.linalg.slogdet(k)[1]


def evidence_back(g, s, power=3):
    free = np.exp(-(FAR / s ** 2).sum(2) / 2)
    inv = np.linalg.inv(free + 0.3 * np.eye(6))
    m = (np.outer(inv @ HEARD, inv @ HEARD) - inv) * free / 2
    return g * (m[:, :, None] * FAR).sum((0, 1)) / s ** power


case("gaussian process: the gradient by log ℓ is handed over as that by ℓ", "scikit-learn/scikit-learn#31366",
     "extra-elementwise-factor wrong-local-derivative local-derivative-forgotten",
     r"\blog\b|log-|factor|derivative|multiplied by",
     evidence, partial(evidence_back, power=2), evidence_back, np.array([0.7, 1.6, 2.4]))


# --- elementwise --------------------------------------------------------------------------------------------

case("softplus with a threshold: the way back compares the output with it", "pytorch/pytorch#55587",
     "different-mask factor-left-out",          # true: where only the output is past 0.6, σ(x) is left out
     "thresh|mask|piece|condition|switch", lambda x: np.where(x > 0.6, x, np.log1p(np.exp(x))),
     lambda g, x: g * np.where(np.log1p(np.exp(x)) > 0.6, 1, sigmoid(x)),
     lambda g, x: g * np.where(x > 0.6, 1, sigmoid(x)), normal((5, 7)))
case("leaky relu with a slope of −2: its side is told by the output", "pytorch/pytorch#31938",
     "wrong-on-one-side mask-missing", "side|negative|slope|mask", lambda x: np.where(x > 0, x, -2 * x),
     lambda g, x: g * np.where(x == 0, -2, 1), lambda g, x: g * np.where(x > 0, 1, -2), normal((5, 3)))
case("silu: a pair of brackets is missing round the numerator", "chelsea0x3b/dfdx#915",
     "wrong-local-derivative", "derivative|bracket|paren|slope|rule", lambda x: x / (1 + np.exp(-x)),
     lambda g, x: g * (1 + np.exp(-x) + x * np.exp(-x) / (1 + np.exp(-x)) ** 2),
     lambda g, x: g * (1 + np.exp(-x) + x * np.exp(-x)) / (1 + np.exp(-x)) ** 2, normal((5, 3)))
case("atan2: each of the two gets the other's derivative", "getkeops/keops#155", "gradients-swapped",
     "swap|order|exchang|interchang", np.arctan2,
     lambda g, y, x: (-g * y / (x * x + y * y), g * x / (x * x + y * y)),
     lambda g, y, x: (g * x / (x * x + y * y), -g * y / (x * x + y * y)),
     normal((5, 3)) + 1, normal((5, 3)) + 2)


# --- masks, caches, copies, mixtures ------------------------------------------------------------------------

_dice = np.random.default_rng(8)
case("dropout: a new mask is drawn on the way back", "Benny-Nottonson/voodoo#19",
     "random-backward different-mask", "random|new mask|drawn|mask", lambda x: x * KEPT,
     lambda g, x: g * (_dice.random(x.shape) > 0.4) / 0.6, lambda g, x: g * KEPT, normal((5, 7)))
case("dropout: the mask is told from output over input, 1 where the input is 0", "kaldi-asr/kaldi#3890",
     "different-mask mask-missing", "mask|input (is|of) (0|zero)|quotient", lambda x: x * KEPT,
     lambda g, x: g * np.where(x == 0, 1, KEPT), lambda g, x: g * KEPT, np.maximum(normal((5, 7)), 0))
EARLIER = sigmoid(normal((5, 4)))


def hidden(x, w):
    return sigmoid(x @ w)


def hidden_back(g, x, w, kept=None):
    y = hidden(x, w) if kept is None else kept
    return (g * y * (1 - y)) @ w.T, x.T @ (g * y * (1 - y))


case("dense and sigmoid: the output that was kept is of the batch before", SLIP,
     "stale-cache wrong-local-derivative", "cache|kept|stale|earlier|derivative|slope",
     hidden, partial(hidden_back, kept=EARLIER), hidden_back, normal((5, 3)), 2 * normal((3, 4)))
case("repeat: the copies are added up as if tile had made them", SLIP, "wrong-places",
     "tile|repeat|interleav|reshape|copies|permut|order of", lambda x: np.repeat(x, 2, 1),
     lambda g, x: g.reshape(3, 2, 5).sum(1), lambda g, x: g.reshape(3, 5, 2).sum(2), normal((3, 5)))
CLOUD, SHARE = 1.2 * normal((7, 2)), np.array([0.2, 0.5, 0.3])


def closeness(m):
    return np.log(SHARE) - ((CLOUD[:, None] - m) ** 2).sum(2) / 2


def mixture_back(g, m, hard=False):
    c = closeness(m)
    r = np.eye(3)[c.argmax(1)] if hard else softmax(c)
    return (g[:, None, None] * r[:, :, None] * (CLOUD[:, None] - m)).sum(0)


case("mixture of gaussians: a point pulls at its nearest mean alone", SLIP, "",
     "responsib|softmax|nearest|argmax|hard|assign",
     lambda m: log_sum(closeness(m), 1), partial(mixture_back, hard=True), mixture_back, normal((3, 2)))


def gated(x, w):
    return x * sigmoid(x.mean(2) @ w)[:, :, None]


def gated_back(g, x, w, through=True):
    s = sigmoid(x.mean(2) @ w)
    d = (g * x).sum(2) * s * (1 - s)
    return g * s[:, :, None] + through * (d @ w.T)[:, :, None] / x.shape[2], x.mean(2).T @ d


case("squeeze and excite: the way through the gate is left out", SLIP,
     "branch-lost path-missing mean-path-missing",      # the last is true: the gate is made of x's mean
     "gate|path|branch|lost|product", gated, partial(gated_back, through=False), gated_back,
     2 * normal((2, 3, 5)), 3 * normal((3, 3)))


def free_energy_back(g, v, w, c, sampled=False):
    p = sigmoid(v @ w + c)
    h = -g[:, None] * ((p > 0.5) if sampled else p)
    return h @ w.T, v.T @ h, h.sum(0)


case("free energy of an rbm: hidden states of 0 and 1 for their probabilities",
     "deeplearning4j/deeplearning4j#3057", "wrong-local-derivative",
     "sigmoid|probab|sampl|derivative|slope|step function|rounded|thresh",
     lambda v, w, c: -np.logaddexp(0, v @ w + c).sum(1), partial(free_energy_back, sampled=True),
     free_energy_back, normal((5, 3)), normal((3, 4)), normal(4))
