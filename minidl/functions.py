"""The functions between a network's layers: activations, softmax, dropout, batch normalisation."""
import math

import numpy as np

from minidl import backend
from minidl.ops import logsumexp, mean, reshape, sqrt, sum
from minidl.ops import sigmoid, softplus, tanh                  # noqa: F401, part of this page
from minidl.tensor import Tensor, describe, elementwise, primitive, value

@elementwise
def relu(x):
    return x.clip(0, math.inf)                                  # max(x, 0), 2 times faster than np.maximum
relu.vjps = (lambda g, z, x: g * (value(x) > 0),)               # 0 at the kink, by convention

@elementwise
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, x * slope)
def _leaky_relu_back(g, z, x, slope=0.01):
    return g * np.where(value(x) > 0, 1.0, slope).astype(g.dtype)
leaky_relu.vjps = (_leaky_relu_back,)

@primitive
def softmax(x, axis=-1):
    """eˣ / Σ eˣ along `axis`; the maximum goes out first, so that e never overflows."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
def _softmax_back(g, p, x, axis=-1):
    return p * (g - sum(g * p, axis=axis, keepdims=True))       # ∂pᵢ/∂xⱼ = pᵢ (δᵢⱼ − pⱼ)
softmax.vjps = (_softmax_back,)

def log_softmax(x, axis=-1):
    """x − log Σ eˣ, the logarithm of the softmax, without its underflow."""
    return x - logsumexp(x, axis=axis)

def dropout(x, rate):
    """x with a share `rate` of its elements, drawn afresh, set to 0, the others divided by 1 − rate.

    The mean is kept, so that nothing need be rescaled when dropout is off (Srivastava et al. 2014, §10).
    """
    if not 0 <= rate < 1:
        raise ValueError(f"dropout: the rate is the share that is dropped, 0 ≤ rate < 1, not {rate}")
    drawn = backend.rng().random(math.prod(x.shape), np.float32)
    order = np.argsort([-s for s in value(x).strides], kind="stable")           # lie in memory as x does
    kept = (drawn >= rate).reshape([x.shape[i] for i in order]).transpose(np.argsort(order))
    return x * (backend.to_device(kept) * x.dtype.type(1 / (1 - rate)))

@primitive
def channel_dot(x, y):
    """Σ xy over all axes but the second, x and y (N, C, …) → (1, C, 1 …): one BLAS dot product a channel."""
    rows, columns = (t.transpose(1, *range(2, t.ndim), 0).reshape(t.shape[1], -1) for t in (x, y))
    return (rows[:, None] @ columns[:, :, None]).reshape(1, -1, *(1,) * (x.ndim - 2))
channel_dot.vjps = (lambda g, z, x, y: g * y,
                    lambda g, z, x, y: g * x)

def channel_mean(x):
    """The mean over all axes but the second, x (N, C, …) → (1, C, 1 …)."""
    return mean(x, axis=(0, *range(2, x.ndim)), keepdims=True)

@primitive
def normalise(x, gamma, beta, eps, moments):
    """γ (x − μ) / √(σ² + ε) + β by channel; μ and σ² are appended to the list `moments`."""
    mu = channel_mean(x)
    z = x - mu
    var = channel_dot(z, z) / (x.size / x.shape[1])
    moments += [mu, var]
    z *= gamma / np.sqrt(var + eps)
    z += beta
    return z
def _normalise_back(g, z, x, gamma, beta, eps, moments):
    """∂x = γr (g − mean(g) − x̂ mean(g x̂)), ∂γ = Σ g x̂, ∂β = Σ g, where x̂ = (x − μ)r   (ibid., §3)."""
    n, (mu, var) = x.size / x.shape[1], moments
    if type(x) is Tensor:                                       # functions of x, in the second derivative
        mu = channel_mean(x)
        var = channel_dot(x - mu, x - mu) / n
    r = 1 / sqrt(var + eps)
    g_mean = channel_mean(g)
    g_gamma = r * (channel_dot(g, x) - mu * (g_mean * n))
    a = gamma * r                                               # ∂x = a g + b x + c, a number a channel each
    b = -a * r * g_gamma / n
    gx = b * x
    gx += a * g
    gx += -a * g_mean - b * mu
    return gx, g_gamma, g_mean * n
normalise.vjps = _normalise_back

def batch_norm(x, gamma, beta, eps=1e-5, statistics=None):
    """Each channel brought to mean β and standard deviation γ, x (N, C) or (N, C, H, W), γ and β (C,).

    By the batch's own moments (Ioffe & Szegedy 2015, algorithm 1), or by given ones, `statistics` = (mean,
    variance), arrays of (C,), as at test time.
    """
    if statistics is None:
        return batch_norm_and_moments(x, gamma, beta, eps)[0]
    channels = _channels(x, gamma)
    mean, var = (s.reshape(channels) for s in statistics)
    scale = reshape(gamma, shape=channels) / np.sqrt(var + eps)
    return x * scale + (reshape(beta, shape=channels) - mean * scale)

def batch_norm_and_moments(x, gamma, beta, eps=1e-5):
    """batch_norm by the batch's own moments, and these, arrays: y, mean (C,), variance (C,)."""
    channels, moments = _channels(x, gamma), []
    y = normalise(x, reshape(gamma, shape=channels), reshape(beta, shape=channels), eps=eps, moments=moments)
    return y, *(m.reshape(-1) for m in moments)

def _channels(x, gamma):
    """The shape in which a number a channel (C,) broadcasts against x: (1, C) or (1, C, 1, 1)."""
    if x.ndim not in (2, 4) or x.shape[1] != gamma.shape[0]:
        raise ValueError(f"batch_norm({describe(value(x))}): x is (N, C) or (N, C, H, W), and C is "
                         f"{gamma.shape[0]}")
    return (1, -1) + (1,) * (x.ndim - 2)
