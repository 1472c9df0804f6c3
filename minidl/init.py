"""Initial weights: noise, scaled so that signals neither grow nor fade from layer to layer.

fan_in and fan_out are the numbers of inputs of one output and of outputs of one input.
"""
import math

import numpy as np

from minidl import backend

def he(shape, fan_in, fan_out):
    """N(0, 2 / fan_in): keeps the mean square through a ReLU   (He et al. 2015, eq. 10)."""
    return backend.normal(shape, math.sqrt(2 / fan_in))

def glorot(shape, fan_in, fan_out):
    """U(−a, a) with a = √(6 / (fan_in + fan_out)), for tanh and sigmoid   (Glorot & Bengio 2010, eq. 16)."""
    a = math.sqrt(6 / (fan_in + fan_out))
    return backend.uniform(shape, -a, a)

def orthogonal(n):
    """A random rotation or reflection (n, n), uniformly drawn: the Q of Gaussian noise's QR decomposition."""
    q, r = np.linalg.qr(backend.rng().standard_normal((n, n)))
    return backend.to_device((q * np.sign(np.diag(r))).astype(np.float32))
