"""The functions between a network's layers: activations, softmax, dropout, batch normalisation."""
import math

import numpy as np

from minidl import backend
from minidl.ops import exp, logsumexp, mean, reshape, sigmoid, softplus, sqrt, sum, tanh, var
from minidl.tensor import Tensor, describe, elementwise, primitive, value

__all__ = ["relu", "leaky_relu", "sigmoid", "tanh", "softplus", "softmax", "log_softmax", "dropout", "batch_norm"]

@elementwise
def relu(x):
    return np.maximum(x, 0)
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
softmax.vjps = (lambda g, p, x, axis=-1: p * (g - sum(g * p, axis=axis, keepdims=True)),)   # ∂pᵢ/∂xⱼ = pᵢ(δᵢⱼ − pⱼ)

def log_softmax(x, axis=-1):
    """x − log Σ eˣ, the logarithm of the softmax, without its underflow."""
    return x - logsumexp(x, axis=axis)

def dropout(x, rate):
    """x with a share `rate` of its elements, drawn afresh, set to 0 and the others divided by 1 − rate.

    The mean is kept, so that nothing need be rescaled when dropout is off (Srivastava et al. 2014, §10: "inverted"
    dropout).  The rate is held to the nearest 1/65536: two random bytes an element, 3 times faster than a float.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"dropout: the rate is the share that is dropped, 0 ≤ rate < 1, not {rate}")
    bits = np.frombuffer(backend.rng().bytes(2 * math.prod(x.shape)), np.uint16).reshape(x.shape)
    kept = backend.to_device(bits >= round(rate * 65536))
    return x * (kept * np.asarray(1 / (1 - rate), x.dtype)[()])

@primitive
def channel_dot(x, y):
    """Σ xy over all axes but the second, x and y (N, C, …) → (1, C, 1 …): one BLAS dot product a channel."""
    rows, columns = (t.swapaxes(0, 1).reshape(t.shape[1], -1) if t.ndim == 2 else
                     t.transpose(1, 2, 3, 0).reshape(t.shape[1], -1) for t in (x, y))
    return (rows[:, None] @ columns[:, :, None]).reshape(1, -1, *(1,) * (x.ndim - 2))
channel_dot.vjps = (lambda g, z, x, y: g * y,
                    lambda g, z, x, y: g * x)

def moments(x):
    """Mean and variance of each channel over all axes but the second, x (N, C, …) → (1, C, 1 …) twice."""
    axes = (0, *range(2, x.ndim))
    return mean(x, axis=axes, keepdims=True), var(x, axis=axes, keepdims=True)

@primitive
def normalise(x, gamma, beta, mean, var, eps):
    """γ (x − μ) / √(σ² + ε) + β, with μ and σ² the moments of x, computed beforehand; one scale and one shift."""
    scale = gamma / np.sqrt(var + eps)
    z = x * scale
    z += beta - mean * scale
    return z
def _normalise_back(g, z, x, gamma, beta, mean, var, eps):
    """Ioffe & Szegedy 2015, with x̂ = (x − μ)r: ∂x = γr (g − mean(g) − x̂ mean(g x̂)), ∂γ = Σ g x̂, ∂β = Σ g."""
    if type(x) is Tensor:
        mean, var = moments(x)                                  # functions of x again, for the second derivative
    n, r = x.size / x.shape[1], 1 / sqrt(var + eps)
    g_beta = channel_dot(g, np.ones_like(value(x)))
    g_gamma = r * (channel_dot(g, x) - mean * g_beta)
    a = gamma * r                                               # ∂x = a g + b x + c, a number a channel each
    b = -a * r * g_gamma / n
    c = -a * g_beta / n - b * mean
    return a * g + (b * x + c), g_gamma, g_beta, None, None
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
    channels = _channels(x, gamma)
    mean, var = moments(value(x))
    y = normalise(x, reshape(gamma, shape=channels), reshape(beta, shape=channels), mean, var, eps=eps)
    return y, mean.reshape(-1), var.reshape(-1)

def _channels(x, gamma):
    """The shape in which a number a channel (C,) broadcasts against x: (1, C) or (1, C, 1, 1)."""
    if x.ndim not in (2, 4) or x.shape[1] != gamma.shape[0]:
        raise ValueError(f"batch_norm({describe(value(x))}): x is (N, C) or (N, C, H, W), with C = {gamma.shape[0]}")
    return (1, -1) + (1,) * (x.ndim - 2)
