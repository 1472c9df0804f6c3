"""Losses: each a single number to make small, with its algebra.

The one law of units: a sum over what one example holds, a mean over the examples; so a loss is in nats (or
squared units) per example, and terms can be added as the theory says.  `mse` alone is a mean over everything.
"""
import math
from functools import reduce

import numpy as np

from minidl import backend
from minidl.functions import softmax
from minidl.ops import (abs, add, exp, expand_dims, gram, log, logsumexp, matmul, mean, reshape, sigmoid,
                        softplus, sum, transpose)
from minidl.tensor import Tensor, describe, floats, leaves, primitive, value

def _alike(name, a, b, shape=True):
    """a and b as floats, an array in the precision of a Tensor beside it; of one shape, if that is asked."""
    a, b = floats(a), floats(b)
    if shape and a.shape != b.shape:
        raise ValueError(f"{name}({describe(value(a))}, {describe(value(b))}): the two must have one shape; "
                         "reshape one of them, so that nothing is broadcast by accident")
    if type(a) is not type(b):
        a, b = (a, b.astype(a.dtype, copy=False)) if type(a) is Tensor else (a.astype(b.dtype, copy=False), b)
    return a, b

def _shares(name, x):
    """An error if x, on the host, is not between 0 and 1, but for the nudge of a gradient check."""
    if isinstance(x, np.ndarray) and x.size and not (x.min() > -1e-4 and x.max() < 1 + 1e-4):
        raise ValueError(f"{name}: shares from 0 to 1 are needed, and these run from {x.min():.4g} to "
                         f"{x.max():.4g} (pixels: x / 255; a ReLU's codes: penalise their size instead)")

def _share(x):
    """1 / N, of a batch x (N, …) that is not empty."""
    if not len(x):
        raise ValueError(f"a loss is a mean over the examples, and {describe(value(x))} holds none")
    return 1 / len(x)

# --- how far is the answer? ---------------------------------------------------------------------------------
@primitive
def _cross_entropy(logits, labels):
    """−(1/N) Σ log p[label], with log p = s − log Σ eˢ."""
    chosen = np.take_along_axis(logits, labels[:, None], axis=1)
    return (logsumexp(logits, axis=1) - chosen).sum() * _share(labels)
def _cross_entropy_back(g, z, logits, labels):
    one_hot = value(labels)[:, None] == np.arange(logits.shape[1], like=value(labels))
    return (softmax(logits) - one_hot) * (g * (1 / len(labels)))
_cross_entropy.vjps = (_cross_entropy_back, None)               # ∂/∂s = (p − one-hot) / N

def cross_entropy(logits, labels):
    """Mean −log p of the right class, in nats; logits (N, K), labels (N,) whole numbers 0 … K − 1.

    p = softmax(logits).  Labels on the host are checked; on a GPU a wrong one would wrap round in silence.
    """
    logits, labels = floats(logits), value(labels) if type(labels) is Tensor else backend.as_array(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(f"cross_entropy({describe(value(logits))}, {describe(value(labels))}): logits are "
                         "(N, K) and labels (N,), whole numbers; for one-hot rows give labels.argmax(axis=1)")
    classes = logits.shape[1]
    if isinstance(labels, np.ndarray) and len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"cross_entropy: the labels run from {labels.min()} to {labels.max()}, but the "
                         f"{classes} columns of logits are for the classes 0 to {classes - 1}")
    return _cross_entropy(logits, labels)

def mse(x, target):
    """Mean squared error, over every number of x and target, of one shape."""
    x, target = _alike("mse", x, target)
    return mean((x - target) ** 2)

def squared_error(x, target):
    """Mean over the examples of ‖x − target‖², x and target (N, …)."""
    x, target = _alike("squared_error", x, target)
    return sum((x - target) ** 2) * _share(x)

@primitive
def _bce_with_logits(s, x):
    z = softplus(s)
    z -= x * s
    return z.sum() * _share(s)
_bce_with_logits.vjps = (lambda g, z, s, x: (sigmoid(s) - x) * (g * (1 / len(x))),  # ∂/∂s = (σ(s) − x) / N
                         lambda g, z, s, x: -s * (g * (1 / len(x))))                # ∂/∂x = −s / N

def bce_with_logits(s, x):
    """Mean over the examples of −Σ [x log σ(s) + (1 − x) log(1 − σ(s))], in nats; s and x (N, …).

    As log σ(s) = s − softplus(s) and log(1 − σ(s)) = −softplus(s), a term is softplus(s) − x s.  For grey
    targets x, between 0 and 1, it does not reach 0: its floor is the entropy of the pixels, Σ H(x).
    """
    s, x = _alike("bce_with_logits", s, x)
    if type(s) is Tensor:
        _shares("bce_with_logits", x)
    return _bce_with_logits(s, x)

def gaussian_nll(x, mean, log_var=0.0):
    """Mean over the examples of −log N(x; mean, var), in nats; x, mean (N, …), log_var too, or a number.

    −log N = ½ Σ [log 2π + log_var + (x − mean)² / var]
    """
    x, mean = _alike("gaussian_nll", x, mean)
    if np.broadcast_shapes(getattr(log_var, "shape", ()), x.shape) != x.shape:
        raise ValueError(f"gaussian_nll: log_var is a number or fits into x, {x.shape}, not {log_var.shape}")
    precision = exp(-log_var) if hasattr(log_var, "shape") else math.exp(-log_var)
    square = (x - mean) ** 2 * precision + log_var
    return (sum(square) * _share(x) + math.prod(x.shape[1:]) * math.log(2 * math.pi)) * 0.5

# --- how far is a distribution? -----------------------------------------------------------------------------
def gaussian_kl(mean, log_var):
    """Mean over the examples of KL(N(mean, e^log_var) ‖ N(0, I)), in nats; both (N, L).

    KL = E_q[log q − log p] = ½ Σ (mean² + var − 1 − log var)              (Kingma & Welling 2014, appendix B)
    """
    mean, log_var = _alike("gaussian_kl", mean, log_var)
    return sum(mean * mean + exp(log_var) - 1 - log_var) * (0.5 * _share(mean))

def sparsity_kl(activations, rho):
    """Σⱼ KL(ρ ‖ ρ̂ⱼ), in nats; activations (N, L) in 0–1, ρ̂ⱼ the mean of column j, ρ the wanted mean.

    KL(ρ ‖ ρ̂) = ρ log(ρ/ρ̂) + (1 − ρ) log((1 − ρ)/(1 − ρ̂))                 (Ng 2011, CS294A notes)

    For a unit that is always 0, or 1, it is ∞: ρ̂ becomes ε + (1 − 2ε)ρ̂, with the ε of its precision.
    """
    if not 0 < rho < 1:
        raise ValueError(f"sparsity_kl: ρ is a mean activation, 0 < ρ < 1, not {rho}")
    _shares("sparsity_kl", value(activations := floats(activations)))
    eps = float(np.finfo(activations.dtype).eps)
    actual = eps + (1 - 2 * eps) * mean(activations, axis=0)                    # (L,)
    floor = -rho * math.log(rho) - (1 - rho) * math.log(1 - rho)
    return sum(-rho * log(actual) - (1 - rho) * log(1 - actual) - floor)

def mmd(x, y, bandwidth=None):
    """Squared maximum mean discrepancy of two samples, x (N, D) and y (M, D); unbiased, so maybe below 0.

    MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean k(xᵢ, yⱼ), with k = exp(−‖·‖² / bandwidth)
    (Gretton et al. 2012, eq. 3).  The bandwidth is by default the median squared distance of the two samples
    together, held constant (their §8).
    """
    x, y = _alike("mmd", x, y, shape=False)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or min(len(x), len(y)) < 2:
        raise ValueError(f"mmd({describe(value(x))}, {describe(value(y))}): the samples are (N, D) and "
                         "(M, D), at least two points each; flatten images first")
    if bandwidth is None:
        bandwidth = median_bandwidth(value(x), value(y))
    elif isinstance(bandwidth, (int, float)) and not bandwidth > 0:
        raise ValueError(f"mmd: the bandwidth is a squared distance above 0, not {bandwidth}")
    n, m = len(x), len(y)
    kxx, kyy, kxy = (exp(-squared_distances(a, b) / bandwidth) for a, b in ((x, x), (y, y), (x, y)))
    within_x = (sum(kxx) - n) * (1 / (n * (n - 1)))             # k(x, x) = 1 goes out
    within_y = (sum(kyy) - m) * (1 / (m * (m - 1)))
    return within_x + within_y - sum(kxy) * (2 / (n * m))

def squared_distances(x, y):
    """‖xᵢ − yⱼ‖² = ‖xᵢ‖² + ‖yⱼ‖² − 2 xᵢ·yⱼ for all pairs, x (N, D), y (M, D) → (N, M): one product."""
    centre = value(x).mean(axis=0)                              # changes no distance, keeps squares small
    x, y = x - centre, y - centre
    return sum(x * x, axis=1, keepdims=True) + sum(y * y, axis=1) - 2 * matmul(x, transpose(y))

def median_bandwidth(x, y):
    """The median squared distance of different points of x (N, D) and y (M, D), arrays, taken together."""
    both = np.concatenate([x, y])
    ordered = np.sort(squared_distances(both, both), axis=None)
    median = np.median(ordered[len(both):])                     # the first ones are the ‖x − x‖² = 0
    return np.maximum(median, np.finfo(both.dtype).tiny)        # above 0, even where all points are one

# --- generative adversarial networks, on logits s: D = σ(s) -------------------------------------------------
def gan_value(real, fake):
    """V(D, G) = E log D(x) + E log(1 − D(G(z))), from logits of any shape.

    D maximises it and G minimises it; at the optimum it is −log 4   (Goodfellow et al. 2014, eq. 1).
    """
    return -mean(softplus(-real)) - mean(softplus(fake))        # log σ(s) = −softplus(−s)

def gan_discriminator(real, fake):
    """−V, what the discriminator makes small; logits of any shape."""
    return -gan_value(real, fake)

def gan_minimax(fake):
    """E log(1 − D(G(z))), what the generator of the minimax game makes small; its slope in s is −D."""
    return -mean(softplus(fake))

def gan_non_saturating(fake):
    """−E log D(G(z)), another game with the same fixed point; its slope in s is D − 1   (ibid., §3)."""
    return mean(softplus(-fake))

# --- penalties ----------------------------------------------------------------------------------------------
def jacobian_penalty(derivatives, weights):
    """Mean over the examples of ‖∂h/∂x‖²_F of h = φ(… φ(x W₁ + b₁) … W_L + b_L), written by hand.

    derivatives: [φ′ of layer 1 (N, n₁), …, of layer L (N, n_L)]; weights: [W₁ (D, n₁), …, W_L].  For one
    layer and the sigmoid, φ′ = h(1 − h), this is Σᵢ (hᵢ(1 − hᵢ))² Σⱼ Wⱼᵢ²     (Rifai et al. 2011, eq. 5).

    An example's Jacobian has a row for each output: R W₁ᵀ with R = diag(φ′_L) W_Lᵀ … W₂ᵀ diag(φ′₁) (n_L, n₁).
    A wide input is met once for all the examples, in n₁ × n₁ numbers: ‖R W₁ᵀ‖² = Σ (W₁ᵀW₁) ∘ (RᵀR).
    """
    widths, shapes = [d.shape[1] for d in derivatives], [tuple(w.shape) for w in weights]
    if not weights or shapes != list(zip([shapes[0][0], *widths], widths)):
        raise ValueError(f"jacobian_penalty: {len(derivatives)} derivatives for {len(weights)} weights; it "
                         f"takes one of each for every layer; weights {shapes}, outputs {widths}")
    n, d, w = len(derivatives[0]), derivatives[0], weights[0]
    if len(weights) == 1:
        return sum(d * d * sum(w * w, axis=0)) * _share(d)
    rows = expand_dims(derivatives[-1], 2) * transpose(weights[-1])             # (N, n_L, nₗ), l = L − 1
    for slope, later in zip(derivatives[-2:0:-1], weights[-2:0:-1]):
        rows = matmul(rows * expand_dims(slope, 1), transpose(later))           # nₗ falls to n₁
    rows = reshape(rows * expand_dims(d, 1), shape=(-1, w.shape[1]))            # (N·n_L, n₁)
    return (sum(matmul(rows, transpose(w)) ** 2) if w.shape[0] < w.shape[1] else
            sum(gram(transpose(w)) * gram(transpose(rows)))) * (1 / n)

def _weights(name, parameters):
    """The weights among the parameters of a model, or among Tensors: what has two axes or more; no biases."""
    tensors = parameters.parameters() if hasattr(parameters, "parameters") else parameters
    if type(tensors) is Tensor or any(type(w) is Tensor for w in tensors):
        tensors = leaves(name, tensors)
    weights = [w for w in tensors if w.ndim >= 2]
    if not weights:
        raise ValueError(f"{name}: a penalty on weights found none: all Tensors have fewer than two axes")
    return weights

def l1(parameters):
    """Σ |w| over the weights, no biases, of a model or a list of Tensors."""
    return reduce(add, [sum(abs(w)) for w in _weights("l1", parameters)])

def l2(parameters):
    """Σ w² over the weights, no biases, of a model or a list; ½ λ of it is SGD's weight_decay=λ."""
    return reduce(add, [sum(w * w) for w in _weights("l2", parameters)])

def elastic_net(parameters, mix=0.5):
    """mix · Σ |w| + (1 − mix)/2 · Σ w²   (Zou & Hastie 2005; mix = 1 is the lasso, 0 is ridge)."""
    if not 0 <= mix <= 1:
        raise ValueError(f"elastic_net: mix is a share from 0 (ridge) to 1 (lasso), not {mix}")
    return mix * l1(parameters) + (1 - mix) / 2 * l2(parameters)
